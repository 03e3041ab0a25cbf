/* SPDX-License-Identifier: Apache-2.0 */
/* must.h: memory for the tests' own things. It comes straight from libc, so that neither the counts
 * nor the refusals of base/mem.h see it, and there is always some. */
#ifndef WADI_TESTING_MUST_H
#define WADI_TESTING_MUST_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *wadi__must(void *p) {
    if (p != NULL) return p;
    fprintf(stderr, "wadi testing: no memory\n");
    abort();
}
static inline void *wadi__must_calloc(size_t count, size_t size_bytes) {
    return wadi__must(calloc(count != 0 ? count : 1, size_bytes));
}
static inline void *wadi__must_realloc(void *old, size_t size_bytes) {
    return wadi__must(realloc(old, size_bytes != 0 ? size_bytes : 1));
}
static inline char *wadi__must_strdup(const char *text) { return wadi__must(strdup(text)); }
#endif
