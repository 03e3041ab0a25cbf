/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h: what fuzz targets share. An input is a few bytes that choose how, and then the text. */
#ifndef WADI_TESTS_FUZZ_H
#define WADI_TESTS_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz {
    const uint8_t *at;
    size_t size; /* bytes that are left */
} fuzz;

static inline void fuzz_check_at(bool holds, int line) {
    if (holds) return;
    fprintf(stderr, "fuzz: line %d does not hold\n", line);
    abort();
}
#define fuzz_check(holds) fuzz_check_at((holds), __LINE__)

/* The next byte; 0 at the end. */
static inline unsigned fuzz_byte(fuzz *in) {
    if (in->size == 0) return 0;
    in->size--;
    return *in->at++;
}
/* All that is left, in memory of just that size, so that a byte too far is seen. */
static inline char *fuzz_rest(const fuzz *in) {
    char *copy = malloc(in->size > 0 ? in->size : 1);
    if (copy == NULL) abort();
    if (in->size > 0) memcpy(copy, in->at, in->size);
    return copy;
}
/* The same with a zero at its end. */
static inline char *fuzz_text(const fuzz *in) {
    char *copy = calloc(1, in->size + 1);
    if (copy == NULL) abort();
    if (in->size > 0) memcpy(copy, in->at, in->size);
    return copy;
}
#endif
