/* SPDX-License-Identifier: Apache-2.0 */
/* values.h: records on standard output, as text or as JSON. */
#ifndef WADI_CLI_VALUES_H
#define WADI_CLI_VALUES_H
#include "data/block.h"
#include "data/print.h"

/* Appends a value: records are objects, sequences and arrays are arrays, none is null, NaN and
 * infinities are strings; bytes that are no UTF-8 become U+FFFD. */
void wadi__cli_json_value(wadi__text *text, const wadi__type *type, const void *value);
void wadi__cli_json_string(wadi__text *text, const char *bytes, size_t size);
void wadi__cli_format(wadi__text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints what was gathered, and empties it. */
void wadi__cli_flush(wadi__text *text);
/* Each record of a block on a line of its own. */
void wadi__cli_print_rows(const wadi__type *type, const wadi__block *block, bool as_json);
/* "2026-11-21 20:15:00.250", of milliseconds since the epoch. */
const char *wadi__cli_time(int64_t ms, char text[32]);
#endif
