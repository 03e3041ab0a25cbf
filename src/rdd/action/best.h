/* SPDX-License-Identifier: Apache-2.0 */
/* best.h: the first records in an order, of any number that go by. At most twice as many as are
 * wanted are held; a worse one than all that are wanted costs one comparison. One thread. */
#ifndef WADI_RDD_ACTION_BEST_H
#define WADI_RDD_ACTION_BEST_H
#include "data/block.h"

typedef struct wadi__best {
    const wadi__type *type;
    const wadi__type *by; /* what is compared, `offset` into the record; NULL: ranks alone */
    size_t offset;
    bool is_descending;
    size_t limit;       /* records that are wanted */
    wadi__chunk *chunk; /* records, and in the column of hashes their ranks; NULL: none yet */
    bool is_full;       /* the last record of the chunk is the worst that is wanted */
} wadi__best;

/* Ranks tell what comes first, the lower one, among equals, or with `by` NULL at all. */
void wadi__best_init(wadi__best *best, const wadi__type *type, const wadi__type *by, size_t offset,
                     bool is_descending, size_t limit);
/* Adds a record. False: no memory. */
bool wadi__best_add(wadi__best *best, const void *row, uint64_t rank);
/* Puts those that are wanted in order. False: no memory. */
bool wadi__best_finish(wadi__best *best);
void wadi__best_fini(wadi__best *best);
#endif
