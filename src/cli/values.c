/* SPDX-License-Identifier: Apache-2.0 */
/* values.c: records as JSON (RFC 8259) and text. */
#include "cli/values.h"

#include "cli/command.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wadi/str.h>

static void add(wadi__text *text, const char *s) { wadi__text_add(text, s, strlen(s)); }
void wadi__cli_format(wadi__text *text, const char *fmt, ...) {
    char made[512], *long_one = NULL;
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(made, sizeof made, fmt, args);
    if (length >= (int)sizeof made) {
        long_one = wadi__cli_must(wadi__malloc((size_t)length + 1));
        vsnprintf(long_one, (size_t)length + 1, fmt, again);
    }
    va_end(again);
    va_end(args);
    add(text, long_one != NULL ? long_one : made);
    wadi__free(long_one);
}
void wadi__cli_flush(wadi__text *text) {
    if (text->failed) wadi__cli_must(NULL);
    (void)!fwrite(text->bytes, 1, text->size, stdout); /* main looks at ferror */
    text->size = 0;
}
const char *wadi__cli_time(int64_t ms, char text[32]) {
    int64_t rest_ms = ((ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((ms - rest_ms) / 1000);
    struct tm at;
    if (localtime_r(&seconds, &at) == NULL) {
        snprintf(text, 32, "%" PRId64 " ms", ms);
        return text;
    }
    size_t used = strftime(text, 32, "%Y-%m-%d %H:%M:%S", &at);
    snprintf(text + used, 32 - used, ".%03d", (int)rest_ms);
    return text;
}

/* ---- Strings ---- */

/* How long the UTF-8 sequence is that bytes begin with; 0: it is none. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    size_t length = at[0] < 0x80                    ? 1
                    : at[0] >= 0xC2 && at[0] < 0xE0 ? 2
                    : (at[0] & 0xF0) == 0xE0        ? 3
                    : at[0] >= 0xF0 && at[0] < 0xF5 ? 4
                                                    : 0;
    if (length == 0 || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    bool is_overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
    bool is_outside = (at[0] == 0xED && at[1] >= 0xA0) || (at[0] == 0xF4 && at[1] >= 0x90);
    return is_overlong || is_outside ? 0 : length;
}
void wadi__cli_json_string(wadi__text *text, const char *bytes, size_t size) {
    add(text, "\"");
    for (size_t i = 0; i < size;) {
        unsigned char c = (unsigned char)bytes[i];
        size_t length = utf8_length((const unsigned char *)bytes + i, size - i);
        if (c == '"' || c == '\\')
            wadi__cli_format(text, "\\%c", c);
        else if (c < 32 || c == 127)
            wadi__cli_format(text, "\\u%04x", c);
        else if (length == 0)
            add(text, "\\ufffd");
        else
            wadi__text_add(text, bytes + i, length);
        i += length > 0 ? length : 1;
    }
    add(text, "\"");
}

/* ---- Values ---- */

static void json_number(wadi__text *text, const wadi__type *type, const void *value) {
    double real = 0;
    float narrow = 0;
    if (type->pub.size == 8) memcpy(&real, value, 8);
    if (type->pub.size == 4) memcpy(&narrow, value, 4), real = (double)narrow;
    bool is_plain = isfinite(real);
    if (!is_plain) add(text, "\"");
    wadi__print_value(text, type, value);
    if (!is_plain) add(text, "\"");
}
static void json_items(wadi__text *text, const wadi__type *element, const char *items,
                       size_t count) {
    add(text, "[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) add(text, ",");
        wadi__cli_json_value(text, element, items + i * element->pub.size);
    }
    add(text, "]");
}
static void json_record(wadi__text *text, const wadi__type *type, const char *value) {
    add(text, "{");
    for (uint32_t i = 0; i < type->pub.field_count; i++) {
        const wadi_field *field = &type->pub.fields[i];
        const wadi__type *of = wadi__type_inner(field->type);
        if (i > 0) add(text, ",");
        wadi__cli_json_string(text, field->name, strlen(field->name));
        add(text, ":");
        if (field->count > 1)
            json_items(text, of, value + field->offset, field->count);
        else
            wadi__cli_json_value(text, of, value + field->offset);
    }
    add(text, "}");
}
void wadi__cli_json_value(wadi__text *text, const wadi__type *type, const void *value) {
    const char *at = value;
    switch (type->pub.kind) {
    case WADI_KIND_STR: {
        wadi_str s;
        memcpy(&s, value, sizeof s);
        wadi__cli_json_string(text, wadi_str_data(&s), s.len);
        break;
    }
    case WADI_KIND_FLOAT: json_number(text, type, value); break;
    case WADI_KIND_RECORD: json_record(text, type, at); break;
    case WADI_KIND_SEQ: {
        struct {
            const char *items;
            size_t count;
        } seq;
        memcpy(&seq, value, sizeof seq);
        json_items(text, wadi__type_inner(type->pub.element), seq.items, seq.count);
        break;
    }
    case WADI_KIND_OPTION:
        if (at[type->pub.element->size] != 0)
            wadi__cli_json_value(text, wadi__type_inner(type->pub.element), value);
        else
            add(text, "null");
        break;
    case WADI_KIND_ALIAS:
        wadi__cli_json_value(text, wadi__type_inner(type->pub.element), value);
        break;
    case WADI_KIND_BOOL:
    case WADI_KIND_INT:
    case WADI_KIND_UINT: wadi__print_value(text, type, value); break;
    case WADI_KIND_BROADCAST:
    case WADI_KIND_ACCUMULATOR: {
        uint64_t id;
        memcpy(&id, value, sizeof id);
        wadi__cli_format(text, "%" PRIu64, id);
    }
    }
}
void wadi__cli_print_rows(const wadi__type *type, const wadi__block *block, bool as_json) {
    wadi__text text = {0};
    for (size_t c = 0; c < block->chunks.count; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count; i++) {
            const char *row = chunk->rows + (size_t)i * type->pub.size;
            if (as_json)
                wadi__cli_json_value(&text, type, row);
            else
                wadi__print_value(&text, type, row);
            add(&text, "\n");
        }
        wadi__cli_flush(&text);
    }
    wadi__text_fini(&text);
}
