/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: options structs of callers that were built with other headers. Each begins with its
 * size and the caller's place; fields are only ever added at the end. */
#ifndef WADI_STREAM_OPTIONS_H
#define WADI_STREAM_OPTIONS_H
#include <wadi/macro.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct wadi__options_head { /* how each options struct begins */
    size_t size;
    wadi_where where;
} wadi__options_head;

/* Copies what both sides know of `given`, which may be NULL, into `to`, a struct of `size` bytes; the
 * rest is zero, which is every option's default. False: an option that is not known here is set. */
bool wadi__options_take(void *to, size_t size, const void *given);
#define WADI__OPTION_UNKNOWN "an option is given that this version of the library does not know"
#endif
