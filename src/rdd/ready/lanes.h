/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.h: ready-made reductions over plain arrays.
 *
 * Where whole numbers of 8 bytes are all that follows the key, what follows the keys of many
 * records is an array of such numbers, so many "lanes" a record. Sums, the least and the largest
 * need nothing else, cannot fail, and have a number that changes nothing, which stands where there
 * is no record. So columns by number are reduced in plain loops. */
#ifndef WADI_RDD_READY_LANES_H
#define WADI_RDD_READY_LANES_H
#include "rdd/bound_fn.h"

typedef struct wadi__lanes {
    uint64_t none;                  /* changes nothing */
    bool is_commutative;            /* what makes what does not matter, nor in which order */
    const struct wadi__lanes *undo; /* takes out again what this one put in; NULL: nothing does */
    /* Reduces record i of `from` into record numbers[i] of `to`; a number may come again. */
    void (*scatter)(uint64_t *to, const uint32_t *numbers, const uint64_t *from, size_t count,
                    uint32_t lanes);
    /* Reduces from[i] into to[i]. */
    void (*merge)(uint64_t *restrict to, const uint64_t *restrict from, size_t count);
    /* to[i] is made of a[i], b[i] and c[i]; c may be NULL. */
    void (*mix)(uint64_t *restrict to, const uint64_t *a, const uint64_t *b, const uint64_t *c,
                size_t count);
} wadi__lanes;

/* Of a function that works on the bytes at..at + size of its records, and on nothing else. NULL: it
 * is not ready-made, or they are something else too. */
const wadi__lanes *wadi__lanes_of(const wadi__bound_fn *f, size_t at, size_t size);
#endif
