/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_line.c: records as lines of COPY's text form: values with tabs between, NULL as \N.
 * Arrays and JSON are written aside first, since what COPY escapes may stand in them. */
#include "sink/postgres_columns.h"

#include <wadi/str.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static void add(wadi__text *text, const char *s) { wadi__text_add(text, s, strlen(s)); }

/* What an option holds, NULL for none; other values are themselves. *type becomes that of the
 * result. */
static const void *value_in(const wadi__type **type, const void *value) {
    while (value != NULL &&
           ((*type)->pub.kind == WADI_KIND_OPTION || (*type)->pub.kind == WADI_KIND_ALIAS)) {
        const wadi__type *inner = wadi__type_inner((*type)->pub.element);
        if ((*type)->pub.kind == WADI_KIND_OPTION && ((const char *)value)[inner->pub.size] == 0)
            value = NULL;
        *type = inner;
    }
    return value;
}

/* ---- Escapes ---- */

static const char *copy_escape(char c) {
    switch (c) {
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
    }
}
static const char *array_escape(char c) { return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL; }
static const char *json_escape(char c) {
    static const char *const controls[] = {
        "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
        "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",     "\\u000e", "\\u000f",
        "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
        "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f"};
    return (unsigned char)c < 32 ? controls[(unsigned char)c] : array_escape(c);
}
static void add_escaped(wadi__text *text, const char *bytes, size_t size,
                        const char *(*escape)(char c)) {
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        const char *as = escape(bytes[i]);
        if (as == NULL) continue;
        wadi__text_add(text, bytes + from, i - from);
        add(text, as);
        from = i + 1;
    }
    wadi__text_add(text, bytes + from, size - from);
}
static void add_quoted(wadi__text *text, const wadi_str *s, const char *(*escape)(char c)) {
    add(text, "\"");
    add_escaped(text, wadi_str_data(s), s->len, escape);
    add(text, "\"");
}

/* ---- Items of a sequence or small array ---- */

typedef struct items {
    const wadi__type *type;
    const char *at;
    size_t count;
} items;
static items items_of_seq(const wadi__type *type, const void *value) {
    const wadi_str_list *seq = value; /* all sequences have this layout */
    return (items){wadi__type_inner(type->pub.element), (const char *)seq->items, seq->count};
}
static void add_items(wadi__text *text, items all, const char *ends,
                      void (*add_one)(wadi__text *text, const wadi__type *type,
                                      const void *value)) {
    wadi__text_add(text, ends, 1);
    for (size_t i = 0; i < all.count; i++) {
        if (i > 0) add(text, ",");
        add_one(text, all.type, all.at + i * all.type->pub.size);
    }
    wadi__text_add(text, ends + 1, 1);
}
static void add_array_item(wadi__text *text, const wadi__type *type, const void *value) {
    value = value_in(&type, value);
    if (value == NULL)
        add(text, "NULL");
    else if (type->pub.kind == WADI_KIND_STR)
        add_quoted(text, value, array_escape);
    else
        wadi__print_value(text, type, value);
}

/* ---- JSON ---- */

static void add_json(wadi__text *text, const wadi__type *type, const void *value);
static void add_json_record(wadi__text *text, const wadi__type *type, const char *record) {
    for (uint32_t i = 0; i < type->pub.field_count; i++) {
        const wadi_field *field = &type->pub.fields[i];
        const wadi__type *inner = wadi__type_inner(field->type);
        add(text, i == 0 ? "{\"" : ",\"");
        add(text, field->name);
        add(text, "\":");
        if (field->count > 1)
            add_items(text, (items){inner, record + field->offset, field->count}, "[]", add_json);
        else
            add_json(text, inner, record + field->offset);
    }
    add(text, "}");
}
static void add_json(wadi__text *text, const wadi__type *type, const void *value) {
    value = value_in(&type, value);
    if (value == NULL) {
        add(text, "null");
        return;
    }
    switch (type->pub.kind) {
    case WADI_KIND_STR: add_quoted(text, value, json_escape); return;
    case WADI_KIND_SEQ: add_items(text, items_of_seq(type, value), "[]", add_json); return;
    case WADI_KIND_RECORD: add_json_record(text, type, value); return;
    case WADI_KIND_FLOAT:
        if (!isfinite(wadi__type_to_double(type, value))) {
            add(text, "null");
            return;
        }
        break;
    default: break;
    }
    wadi__print_value(text, type, value);
}

/* ---- A line ---- */

static void add_aside(const wadi__postgres_column *column, const wadi__type *type,
                      const char *value, wadi__text *aside) {
    bool is_array = column->form == WADI__POSTGRES_ARRAY;
    if (column->count == 1 && type->pub.kind != WADI_KIND_SEQ) {
        add_json(aside, type, value);
        return;
    }
    items all = column->count > 1 ? (items){type, value, column->count} : items_of_seq(type, value);
    add_items(aside, all, is_array ? "{}" : "[]", is_array ? add_array_item : add_json);
}
static void add_value(const wadi__postgres_column *column, const char *record, wadi__text *line,
                      wadi__text *scratch) {
    const wadi__type *type = column->type;
    const char *value = record + column->offset;
    if (column->count == 1) value = value_in(&type, value);
    if (value == NULL) {
        add(line, "\\N");
    } else if (column->form != WADI__POSTGRES_PLAIN) {
        scratch->size = 0;
        add_aside(column, type, value, scratch);
        add_escaped(line, scratch->bytes, scratch->size, copy_escape);
        line->failed |= scratch->failed;
    } else if (type->pub.kind == WADI_KIND_STR) {
        const wadi_str *s = (const wadi_str *)(const void *)value;
        add_escaped(line, wadi_str_data(s), s->len, copy_escape);
    } else {
        wadi__print_value(line, type, value);
    }
}
void wadi__postgres_line_add(const wadi__postgres_columns *columns, const void *record,
                             wadi__text *line, wadi__text *scratch) {
    for (size_t i = 0; i < columns->count; i++) {
        wadi__text_add(line, "\t", 1);
        add_value(&columns->items[i], record, line, scratch);
    }
}
