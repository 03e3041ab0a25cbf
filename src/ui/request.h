/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: what a request says, from bytes that anybody may have sent. */
#ifndef WADI_UI_REQUEST_H
#define WADI_UI_REQUEST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__REQUEST_VALUE_MAX = 256 }; /* bytes of a value, with its end */

/* The next `name` of a query, "a=b&name=value", decoded; *at is where to look, and goes behind it.
 * False: there is none. One that is too long, or has a zero in it, is "". */
bool wadi__query_next(const char **at, const char *name, char value[WADI__REQUEST_VALUE_MAX]);

/* Splits a path, "/a/b/", into its parts; at most `most`. They lie in `room`, of 1024 bytes.
 * Returns how many; most + 1: more, or too long. Empty ones, . and .. count as parts. */
size_t wadi__path_split(const char *path, char *room, char **parts, size_t most);

/* A whole number, all digits. False: it is none, or larger than fits. */
bool wadi__parse_number(const char *text, int64_t *value);

/* Whether an Authorization header is one of those that are wanted: "Basic" with user and password,
 * or "Bearer" with the token; what is NULL is not wanted. Takes the same time wherever they differ.
 */
bool wadi__is_authorized(const char *header, const char *user, const char *password,
                         const char *token);
#endif
