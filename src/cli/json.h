/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: reading JSON that a program has sent (RFC 8259). A value is a piece of the text, which
 * was checked as a whole before; looking something up in it scans it. */
#ifndef WADI_CLI_JSON_H
#define WADI_CLI_JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__JSON_DEPTH_MAX = 32 };

typedef struct wadi__json {
    const char *at;
    size_t size; /* 0: there is no such value */
} wadi__json;

/* The value that the text is. size 0: it is none, or nested deeper than WADI__JSON_DEPTH_MAX. */
wadi__json wadi__json_of(const char *text, size_t size);
/* The member of an object (the first of that name, which has no escapes), the item of an array. */
wadi__json wadi__json_member(wadi__json object, const char *name);
wadi__json wadi__json_item(wadi__json array, size_t i);
/* A whole number; anything else gives `otherwise`. */
int64_t wadi__json_int(wadi__json value, int64_t otherwise);
bool wadi__json_is_true(wadi__json value);
/* The text of a string, cut to `size`, control characters as blanks; of anything else "". */
void wadi__json_text(wadi__json value, char *out, size_t size);
#endif
