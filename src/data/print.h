/* SPDX-License-Identifier: Apache-2.0 */
/* print.h: values as text, the way Spark's Scala programs print them: numbers as Java does (1.0, NaN,
 * 1.0E10), true and false, records (a,b,c), sequences and arrays [a, b], options Some(x) and None,
 * strings as their bytes. */
#ifndef WADI_DATA_PRINT_H
#define WADI_DATA_PRINT_H
#include "data/type.h"

typedef struct wadi__text { /* grows; wadi__text_fini() releases. Zero is empty. */
    char *bytes;
    size_t size, room;
    bool failed; /* no memory: some of the text is missing */
} wadi__text;
void wadi__text_add(wadi__text *text, const void *bytes, size_t size);
void wadi__text_fini(wadi__text *text);

void wadi__print_value(wadi__text *text, const wadi__type *type, const void *value);
/* Java's Double.toString and Float.toString. `out` holds 32 bytes. Returns the length. */
size_t wadi__print_double(double value, char *out);
size_t wadi__print_float(float value, char *out);
#endif
