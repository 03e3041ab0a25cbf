/* SPDX-License-Identifier: Apache-2.0 */
/* block.h: a stored partition, or what a receiver cut off: chunks of one type of records, and the keep
 * of the bytes that they point at. Counted; immutable once shared. */
#ifndef WADI_DATA_BLOCK_H
#define WADI_DATA_BLOCK_H
#include "data/chunk.h"
#include "data/keep.h"

typedef struct wadi__block {
    wadi__counted counted;
    const wadi__type *type;
    wadi__keep *keep; /* NULL: the records point at nothing */
    WADI__VEC(wadi__chunk *) chunks;
    uint64_t row_count;
    size_t size_bytes; /* of the chunks' pieces and the keep's own arena */
} wadi__block;

/* Takes a reference to `keep`, which may be NULL. NULL: no memory. */
wadi__block *wadi__block_new(const wadi__type *type, wadi__keep *keep);
/* Takes one more reference to the chunk. False: no memory. */
bool wadi__block_add(wadi__block *block, wadi__chunk *chunk);
/* Copies records to the block's end. False: no memory. */
bool wadi__block_append(wadi__block *block, const void *rows, size_t count);
/* Takes records off the end until row_count are left. Only while the block is not shared. */
void wadi__block_truncate(wadi__block *block, uint64_t row_count);
/* The same records with their own copy of all that they point at. NULL: no memory. */
wadi__block *wadi__block_copy(const wadi__block *block);
/* Moves all that the records point at into the block's own keep, which must be new and its own. */
bool wadi__block_own(wadi__block *block);
static inline void wadi__block_ref(wadi__block *block) { wadi__counted_ref(&block->counted); }
static inline void wadi__block_unref(wadi__block *block) {
    if (block != NULL) wadi__counted_unref(&block->counted);
}
#endif
