/* SPDX-License-Identifier: Apache-2.0 */
/* conf_value.h: what the text of a setting means, by the type and range of its row in the table. */
#ifndef WADI_BASE_CONF_VALUE_H
#define WADI_BASE_CONF_VALUE_H
#include "base/conf.h"

typedef struct wadi__conf_number {
    int64_t whole; /* BOOL: 0 or 1; INT, BYTES, MS, SECONDS: in the row's unit */
    double real;   /* the same; DOUBLE: the value */
} wadi__conf_number;

/* Reads `text` as a value of `row`, as Spark reads it: spaces around it and the case of suffixes
 * and of true and false do not count; a time is a whole number and us, ms, s, m, min, h or d, a
 * size one and b, k, kb, m, mb, g, gb, t, tb, p or pb, in powers of 1024; times are cut to the
 * row's unit. False: `why` says what is wrong, with the text: "is 'abc', which is no whole number".
 */
bool wadi__conf_value_parse(const wadi__conf_entry *row, const char *text,
                            wadi__conf_number *number, char *why, size_t why_size);
#endif
