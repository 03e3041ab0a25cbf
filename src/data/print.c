/* SPDX-License-Identifier: Apache-2.0 */
/* print.c: text forms by descriptor. */
#include "data/print.h"

#include "base/mem.h"

#include <wadi/str.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wadi__text_add(wadi__text *text, const void *bytes, size_t size) {
    if (text->room - text->size < size) {
        size_t room = text->room * 2 > text->size + size ? text->room * 2 : text->size + size + 256;
        char *moved = wadi__realloc(text->bytes, room, 1);
        if (moved == NULL) {
            text->failed = true;
            return;
        }
        text->bytes = moved;
        text->room = room;
    }
    if (size > 0) memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}
void wadi__text_fini(wadi__text *text) {
    wadi__free(text->bytes);
    *text = (wadi__text){NULL, 0, 0, false};
}
static void add(wadi__text *text, const char *s) { wadi__text_add(text, s, strlen(s)); }

/* Digits d1d2d3.. with d1.d2d3.. x 10^exponent in Java's layout. */
static size_t java_layout(bool negative, const char *digits, size_t count, int exponent, char *out) {
    char *at = out;
    if (negative) *at++ = '-';
    if (exponent >= -3 && exponent < 7) {
        if (exponent < 0) {
            *at++ = '0';
            *at++ = '.';
            for (int i = -1; i > exponent; i--) *at++ = '0';
            for (size_t i = 0; i < count; i++) *at++ = digits[i];
        } else {
            size_t whole = (size_t)exponent + 1;
            for (size_t i = 0; i < whole; i++) *at++ = (char)(i < count ? digits[i] : '0');
            *at++ = '.';
            if (count <= whole) *at++ = '0';
            for (size_t i = whole; i < count; i++) *at++ = digits[i];
        }
    } else {
        *at++ = digits[0];
        *at++ = '.';
        if (count == 1) *at++ = '0';
        for (size_t i = 1; i < count; i++) *at++ = digits[i];
        at += sprintf(at, "E%d", exponent);
    }
    *at = 0;
    return (size_t)(at - out);
}
/* The fewest digits that read back as the same number, but at least two: those nearest to it. A normal
 * number for which DBL_DIG (FLT_DIG) digits do has its fewest among them, with zeros behind. */
static size_t print_shortest(double value, bool is_float, char *out) {
    if (isnan(value)) return (size_t)sprintf(out, "NaN");
    if (isinf(value)) return (size_t)sprintf(out, value < 0 ? "-Infinity" : "Infinity");
    if (value == 0) return (size_t)sprintf(out, signbit(value) ? "-0.0" : "0.0");
    bool is_normal = fabs(value) >= (is_float ? (double)FLT_MIN : DBL_MIN);
    int needed = !is_normal ? 2 : is_float ? FLT_DIG : DBL_DIG, most = is_float ? 9 : 17;
    char text[40];
    for (; needed <= most; needed++) {
        snprintf(text, sizeof text, "%.*e", needed - 1, fabs(value));
        if (is_float ? strtof(text, NULL) == (float)fabs(value) : strtod(text, NULL) == fabs(value)) break;
    }
    char *e = strchr(text, 'e'), digits[24] = "0";
    size_t count = 0;
    for (const char *at = text; at < e; at++) /* the point may be a comma, or whatever the locale has */
        if (*at >= '0' && *at <= '9') digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0') count--;
    return java_layout(value < 0, digits, count, (int)strtol(e + 1, NULL, 10), out);
}
size_t wadi__print_double(double value, char *out) { return print_shortest(value, false, out); }
size_t wadi__print_float(float value, char *out) { return print_shortest((double)value, true, out); }

static void print_int(wadi__text *text, const wadi__type *type, const void *value) {
    char out[32];
    uint64_t v = 0;
    size_t size = type->pub.size;
    memcpy(&v, value, size);
    if (type->pub.kind == WADI_KIND_INT) {
        unsigned shift = (unsigned)(64 - 8 * size);
        snprintf(out, sizeof out, "%" PRId64, (int64_t)(v << shift) >> shift);
    } else {
        snprintf(out, sizeof out, "%" PRIu64, v);
    }
    add(text, out);
}
static void print_items(wadi__text *text, const wadi__type *type, const char *items, size_t count) {
    add(text, "[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) add(text, ", ");
        wadi__print_value(text, type, items + i * type->pub.size);
    }
    add(text, "]");
}
void wadi__print_value(wadi__text *text, const wadi__type *type, const void *value) {
    const char *at = value;
    char out[32];
    switch (type->pub.kind) {
    case WADI_KIND_BOOL: add(text, at[0] != 0 ? "true" : "false"); return;
    case WADI_KIND_FLOAT: {
        double v = wadi__type_to_double(type, value);
        size_t n = type->pub.size == 4 ? wadi__print_float((float)v, out) : wadi__print_double(v, out);
        wadi__text_add(text, out, n);
        return;
    }
    case WADI_KIND_STR: {
        const wadi_str *s = value;
        wadi__text_add(text, wadi_str_data(s), s->len);
        return;
    }
    case WADI_KIND_SEQ: {
        const wadi_str_list *seq = value;
        print_items(text, wadi__type_inner(type->pub.element), (const char *)seq->items, seq->count);
        return;
    }
    case WADI_KIND_OPTION: {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        if (at[element->pub.size] == 0) {
            add(text, "None");
        } else {
            add(text, "Some(");
            wadi__print_value(text, element, value);
            add(text, ")");
        }
        return;
    }
    case WADI_KIND_ALIAS: wadi__print_value(text, wadi__type_inner(type->pub.element), value); return;
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            add(text, i == 0 ? "(" : ",");
            const wadi__type *inner = wadi__type_inner(field->type);
            if (field->count > 1) print_items(text, inner, at + field->offset, field->count);
            else wadi__print_value(text, inner, at + field->offset);
        }
        add(text, ")");
        return;
    default: print_int(text, type, value);
    }
}

size_t wadi__record_text(const wadi_type *pub, const void *record, char *bytes, size_t size) {
    wadi__text text = {0};
    const wadi__type *type = wadi__type_intern(pub, NULL);
    if (type != NULL) wadi__print_value(&text, type, record);
    bool is_whole = type != NULL && !text.failed;
    size_t length = is_whole ? text.size : 0;
    if (size > 0) {
        size_t copied = length < size - 1 ? length : size - 1;
        if (copied > 0) memcpy(bytes, text.bytes, copied);
        bytes[copied] = 0;
    }
    wadi__text_fini(&text);
    return is_whole ? length : SIZE_MAX;
}
