/* SPDX-License-Identifier: Apache-2.0 */
/* doc.c: JSON, and text for pages, with what must be escaped. */
#include "ui/doc.h"

#include "base/mem.h"
#include "ui/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Text ---- */

void wadi__text_put(wadi__text *text, const char *string) {
    wadi__text_add(text, string, strlen(string));
}
void wadi__text_printf(wadi__text *text, const char *fmt, ...) {
    char few[512];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int size = vsnprintf(few, sizeof few, fmt, args);
    if (size >= 0 && (size_t)size < sizeof few) {
        wadi__text_add(text, few, (size_t)size);
    } else if (size >= 0) {
        char *many = wadi__malloc((size_t)size + 1);
        if (many == NULL)
            text->failed = true;
        else
            wadi__text_add(text, many, (size_t)vsnprintf(many, (size_t)size + 1, fmt, again));
        wadi__free(many);
    }
    va_end(again);
    va_end(args);
}
size_t wadi__utf8_step(const char *text, size_t size, bool *is_good) {
    const unsigned char *at = (const unsigned char *)text;
    *is_good = true;
    if (at[0] < 0x80) return 1;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    unsigned low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;  /* no overlong forms .. */
    unsigned high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf; /* .. nor surrogates */
    *is_good = at[0] >= 0xc2 && at[0] <= 0xf4 && length <= size && at[1] >= low && at[1] <= high;
    for (size_t i = 2; i < length && *is_good; i++) *is_good = at[i] >> 6 == 2;
    return *is_good ? length : 1;
}
/* Adds a string; `special` gives what stands for an ASCII character, or NULL. */
static void add_escaped(wadi__text *text, const char *string,
                        const char *(*special)(unsigned char c, char *room)) {
    size_t size = strlen(string), plain = 0, at = 0;
    while (at < size) {
        char room[8];
        bool is_good = true;
        size_t step = wadi__utf8_step(string + at, size - at, &is_good);
        const char *instead =
            is_good && step == 1 ? special((unsigned char)string[at], room) : NULL;
        if (!is_good) instead = "\xef\xbf\xbd";
        if (instead != NULL) {
            wadi__text_add(text, string + plain, at - plain);
            wadi__text_put(text, instead);
            plain = at + step;
        }
        at += step;
    }
    wadi__text_add(text, string + plain, size - plain);
}
static const char *special_of_page(unsigned char c, char *room) {
    (void)room;
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return c < 0x20 && c != '\n' && c != '\t' ? "\xef\xbf\xbd" : NULL;
    }
}
void wadi__text_escape(wadi__text *text, const char *string) {
    add_escaped(text, string, special_of_page);
}

/* ---- JSON ---- */

static const char *special_of_json(unsigned char c, char *room) {
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\t': return "\\t";
    case '\r': return "\\r";
    default: break;
    }
    if (c >= 0x20 && c != 0x7f) return NULL;
    snprintf(room, 8, "\\u%04x", c);
    return room;
}
static void put_quoted(wadi__text *text, const char *string) {
    wadi__text_put(text, "\"");
    add_escaped(text, string, special_of_json);
    wadi__text_put(text, "\"");
}
static void begin(wadi__doc *doc, const char *key) {
    if (doc->needs_comma) wadi__text_put(&doc->text, ",");
    doc->needs_comma = true;
    if (key == NULL) return;
    put_quoted(&doc->text, key);
    wadi__text_put(&doc->text, ":");
}
void wadi__doc_open(wadi__doc *doc, const char *key, char bracket) {
    begin(doc, key);
    wadi__text_add(&doc->text, &bracket, 1);
    doc->needs_comma = false;
}
void wadi__doc_close(wadi__doc *doc, char bracket) {
    wadi__text_add(&doc->text, &bracket, 1);
    doc->needs_comma = true;
}
void wadi__doc_int(wadi__doc *doc, const char *key, int64_t value) {
    char number[32];
    begin(doc, key);
    wadi__text_add(&doc->text, number, (size_t)snprintf(number, sizeof number, "%" PRId64, value));
}
void wadi__doc_double(wadi__doc *doc, const char *key, double value) {
    char number[32];
    begin(doc, key);
    if (!isfinite(value))
        wadi__text_put(&doc->text, "null");
    else
        wadi__text_add(&doc->text, number, wadi__print_double(value, number));
}
void wadi__doc_bool(wadi__doc *doc, const char *key, bool value) {
    begin(doc, key);
    wadi__text_put(&doc->text, value ? "true" : "false");
}
void wadi__doc_string(wadi__doc *doc, const char *key, const char *value) {
    begin(doc, key);
    if (value == NULL)
        wadi__text_put(&doc->text, "null");
    else
        put_quoted(&doc->text, value);
}
void wadi__doc_null(wadi__doc *doc, const char *key) { wadi__doc_string(doc, key, NULL); }
void wadi__doc_time(wadi__doc *doc, const char *key, int64_t time_ms) {
    char time[40];
    wadi__format_iso_time(time, sizeof time, time_ms);
    wadi__doc_string(doc, key, time);
}
void wadi__doc_some_int(wadi__doc *doc, const char *key, int64_t value) {
    if (value >= 0) wadi__doc_int(doc, key, value);
}
void wadi__doc_some_time(wadi__doc *doc, const char *key, int64_t time_ms) {
    if (time_ms >= 0) wadi__doc_time(doc, key, time_ms);
}
void wadi__doc_some_string(wadi__doc *doc, const char *key, const char *value) {
    if (value != NULL) wadi__doc_string(doc, key, value);
}
