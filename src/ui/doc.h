/* SPDX-License-Identifier: Apache-2.0 */
/* doc.h: JSON as it is written: objects, arrays, members, with all text escaped. Commas come by
 * themselves; a NULL key is for elements of arrays.
 *
 *     wadi__doc doc = {0};
 *     wadi__doc_open(&doc, NULL, '{'); wadi__doc_int(&doc, "jobId", 3); wadi__doc_close(&doc, '}');
 *
 * Bytes that are no UTF-8 become U+FFFD. */
#ifndef WADI_UI_DOC_H
#define WADI_UI_DOC_H
#include "data/print.h"

typedef struct wadi__doc { /* zero: nothing yet */
    wadi__text text;       /* text.failed: there was no memory */
    bool needs_comma;
} wadi__doc;

void wadi__doc_open(wadi__doc *doc, const char *key, char bracket); /* { or [ */
void wadi__doc_close(wadi__doc *doc, char bracket);                 /* } or ] */
void wadi__doc_int(wadi__doc *doc, const char *key, int64_t value);
void wadi__doc_double(wadi__doc *doc, const char *key, double value); /* null if it is no number */
void wadi__doc_bool(wadi__doc *doc, const char *key, bool value);
void wadi__doc_string(wadi__doc *doc, const char *key, const char *value); /* NULL: null */
void wadi__doc_null(wadi__doc *doc, const char *key);
/* "2015-02-28T18:20:01.123GMT", as Spark writes times. */
void wadi__doc_time(wadi__doc *doc, const char *key, int64_t time_ms);

/* The same, left out where there is none: a negative number, NULL. */
void wadi__doc_some_int(wadi__doc *doc, const char *key, int64_t value);
void wadi__doc_some_time(wadi__doc *doc, const char *key, int64_t time_ms);
void wadi__doc_some_string(wadi__doc *doc, const char *key, const char *value);

/* Text of any form. */
void wadi__text_put(wadi__text *text, const char *string);
void wadi__text_printf(wadi__text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Text for a page: & < > " ' are spelt out, bytes that are no UTF-8 become U+FFFD. */
void wadi__text_escape(wadi__text *text, const char *string);
/* How many bytes of text, at least 1, make its first character; *is_good: it is one of UTF-8. */
size_t wadi__utf8_step(const char *text, size_t size, bool *is_good);
#endif
