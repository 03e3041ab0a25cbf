/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_columns.c: records as columns: their names, their types, what fits them. */
#include "sink/postgres_columns.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static bool is_plain(const wadi__type *type) {
    wadi_kind kind = type->pub.kind;
    return kind == WADI_KIND_BOOL || kind == WADI_KIND_INT || kind == WADI_KIND_UINT ||
           kind == WADI_KIND_FLOAT || kind == WADI_KIND_STR;
}
/* The element of a sequence or option, without aliases. */
static const wadi__type *element_of(const wadi__type *type) {
    return wadi__type_plain(wadi__type_inner(type->pub.element));
}
/* What an option holds, else the type itself. */
static const wadi__type *within_option(const wadi__type *type) {
    return type->pub.kind == WADI_KIND_OPTION ? element_of(type) : type;
}
/* The type of which a column may be an array; NULL: it is none. */
static const wadi__type *items_of(const wadi__postgres_column *column) {
    const wadi__type *items = NULL, *inner = within_option(column->type);
    if (column->count > 1)
        items = column->type;
    else if (inner->pub.kind == WADI_KIND_SEQ)
        items = element_of(inner);
    return items != NULL && is_plain(within_option(items)) ? items : NULL;
}

/* ---- The columns of a type ---- */

/* NULL: every part has a text form. Else the kind that has none. */
static const char *without_form(const wadi__type *type) {
    switch (type->pub.kind) {
    case WADI_KIND_BROADCAST: return "a broadcast";
    case WADI_KIND_ACCUMULATOR: return "an accumulator";
    case WADI_KIND_SEQ:
    case WADI_KIND_OPTION:
    case WADI_KIND_ALIAS: return without_form(wadi__type_inner(type->pub.element));
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const char *found = without_form(wadi__type_inner(type->pub.fields[i].type));
            if (found != NULL) return found;
        }
        return NULL;
    default: return NULL;
    }
}
static wadi__postgres_form best_form(const wadi__postgres_column *column) {
    if (items_of(column) != NULL) return WADI__POSTGRES_ARRAY;
    return column->count == 1 && is_plain(within_option(column->type)) ? WADI__POSTGRES_PLAIN
                                                                       : WADI__POSTGRES_JSON;
}
static bool is_taken(const wadi__postgres_columns *columns, const char *name) {
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->items[i].name, name) == 0) return true;
    return false;
}
static bool add_column(wadi__postgres_columns *columns, wadi__postgres_column column,
                       wadi_error *err) {
    const char *problem = without_form(column.type);
    if (column.name == NULL)
        wadi_error_context(err, WADI_E_NOMEM, "no memory for the name of a column");
    else if (problem != NULL)
        wadi_error_context(err, WADI_E_TYPE, "field '%s' is or has %s, which has no column",
                           column.name, problem);
    else if (is_taken(columns, column.name))
        wadi_error_context(err, WADI_E_TYPE, "two fields have the column '%s'", column.name);
    else if (!wadi__vec_push(columns, column))
        wadi_error_context(err, WADI_E_NOMEM, "no memory for a column");
    else
        return true;
    wadi__free(column.name);
    return false;
}
/* The columns of a record that begins at `offset`; `outer` stands before their names. */
static bool add_fields(wadi__postgres_columns *columns, const wadi__type *record, uint32_t offset,
                       const char *outer, wadi_error *err) {
    bool done = true;
    for (uint32_t i = 0; i < record->pub.field_count && done; i++) {
        const wadi_field *field = &record->pub.fields[i];
        wadi__postgres_column column = {
            .name = wadi__format("%s%s%s", outer, outer[0] != 0 ? "_" : "", field->name),
            .type = wadi__type_plain(wadi__type_inner(field->type)),
            .offset = offset + field->offset,
            .count = field->count,
        };
        if (column.type->pub.kind == WADI_KIND_RECORD && column.count == 1 && column.name != NULL) {
            done = add_fields(columns, column.type, column.offset, column.name, err);
            wadi__free(column.name);
        } else {
            column.form = best_form(&column);
            done = add_column(columns, column, err);
        }
    }
    return done;
}
bool wadi__postgres_columns_of(const wadi__type *type, wadi__postgres_columns *columns,
                               wadi_error *err) {
    *columns = (wadi__postgres_columns){0};
    type = wadi__type_plain(type);
    bool done;
    if (type->pub.kind == WADI_KIND_RECORD) {
        done = add_fields(columns, type, 0, "", err);
    } else {
        wadi__postgres_column column = {.name = wadi__strdup("value"), .type = type, .count = 1};
        column.form = best_form(&column);
        done = add_column(columns, column, err);
    }
    if (!done) wadi__postgres_columns_fini(columns);
    return done;
}
void wadi__postgres_columns_fini(wadi__postgres_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) wadi__free(columns->items[i].name);
    wadi__vec_fini(columns);
}

/* ---- As SQL ---- */

static void add(wadi__text *sql, const char *text) { wadi__text_add(sql, text, strlen(text)); }

static const char *plain_type(const wadi__type *type) {
    bool is_signed = type->pub.kind == WADI_KIND_INT;
    switch (type->pub.kind) {
    case WADI_KIND_BOOL: return "boolean";
    case WADI_KIND_FLOAT: return type->pub.size == 4 ? "real" : "double precision";
    case WADI_KIND_STR: return "text";
    default: break;
    }
    switch (type->pub.size) {
    case 1: return "smallint";
    case 2: return is_signed ? "smallint" : "integer";
    case 4: return is_signed ? "integer" : "bigint";
    default: return is_signed ? "bigint" : "numeric(20)";
    }
}
void wadi__postgres_column_declare(const wadi__postgres_column *column, wadi__text *sql) {
    const wadi__type *items = items_of(column);
    if (items != NULL) {
        add(sql, plain_type(within_option(items)));
        add(sql, "[]");
    } else if (column->count == 1 && is_plain(within_option(column->type))) {
        add(sql, plain_type(within_option(column->type)));
    } else {
        add(sql, "jsonb");
    }
    if (column->count > 1 || column->type->pub.kind != WADI_KIND_OPTION) add(sql, " NOT NULL");
}
void wadi__postgres_quote(wadi__text *sql, const char *name, size_t size) {
    wadi__text_add(sql, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (name[i] == '"') wadi__text_add(sql, "\"", 1);
        wadi__text_add(sql, name + i, 1);
    }
    wadi__text_add(sql, "\"", 1);
}

/* ---- What fits ---- */

/* Bits of a whole number that a column of this type holds with its sign; 0: it holds none. */
static unsigned whole_bits(const char *type) {
    if (strcmp(type, "smallint") == 0) return 16;
    if (strcmp(type, "integer") == 0) return 32;
    if (strcmp(type, "bigint") == 0) return 64;
    return 0;
}
static bool fits_plain(const wadi__type *value, const char *type, char category) {
    bool is_real = strcmp(type, "real") == 0, is_double = strcmp(type, "double precision") == 0;
    unsigned bits = whole_bits(type), wanted = value->pub.size * 8;
    switch (value->pub.kind) {
    case WADI_KIND_BOOL: return category == 'B';
    case WADI_KIND_STR: return strchr("NBA", category) == NULL;
    case WADI_KIND_FLOAT: return category == 'N' && bits == 0 && (!is_real || value->pub.size == 4);
    default: break;
    }
    if (category != 'N' || is_real || is_double) return false;
    /* The server refuses unsigned numbers of 8 bytes that are too large for bigint. */
    if (value->pub.kind == WADI_KIND_UINT && wanted < 64) wanted++;
    return bits == 0 || bits >= wanted;
}
bool wadi__postgres_column_fit(wadi__postgres_column *column, const char *type, char category) {
    const wadi__type *inner = within_option(column->type);
    if (column->count == 1 && is_plain(inner)) {
        column->form = WADI__POSTGRES_PLAIN;
        return fits_plain(inner, type, category);
    }
    if (strcmp(type, "json") == 0 || strcmp(type, "jsonb") == 0) {
        column->form = WADI__POSTGRES_JSON;
        return true;
    }
    const wadi__type *items = items_of(column);
    size_t size = strlen(type);
    if (items == NULL || category != 'A' || size < 3) return false;
    char element[100];
    snprintf(element, sizeof element, "%.*s", (int)(size - 2), type); /* without its [] */
    static const struct {
        const char *name;
        char category;
    } known[] = {{"smallint", 'N'}, {"integer", 'N'},          {"bigint", 'N'}, {"numeric", 'N'},
                 {"real", 'N'},     {"double precision", 'N'}, {"boolean", 'B'}};
    char of_element = strncmp(element, "numeric(", 8) == 0 ? 'N' : 'S';
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(element, known[i].name) == 0) of_element = known[i].category;
    column->form = WADI__POSTGRES_ARRAY;
    return fits_plain(within_option(items), element, of_element);
}
