/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.h: records side by side in one piece of the pool, with room for a column of hashes of their
 * keys. The unit in which the engine moves data: up to WADI__CHUNK_ROWS records, as many as stay in
 * the second-level cache with what the operators put beside them. Immutable once shared. */
#ifndef WADI_DATA_CHUNK_H
#define WADI_DATA_CHUNK_H
#include "base/counted.h"
#include "data/type.h"

#include <string.h>

enum {
    WADI__CHUNK_ROWS = 4096,         /* the most records that travel at once .. */
    WADI__CHUNK_BYTES = 256 << 10,   /* .. and bytes, unless one record is larger */
};

typedef struct wadi__chunk {
    wadi__counted counted;
    size_t piece_bytes;
    uint32_t record_size;
    uint32_t count, capacity; /* records */
    char *rows;
    uint64_t *hashes; /* of the keys, with capacity entries; NULL: none kept */
} wadi__chunk;

/* How many records of this size travel at once. */
static inline uint32_t wadi__chunk_rows_max(size_t record_size) {
    size_t rows = WADI__CHUNK_BYTES / record_size;
    return rows >= WADI__CHUNK_ROWS ? WADI__CHUNK_ROWS : rows > 0 ? (uint32_t)rows : 1;
}
/* Copies one record; the commonest sizes without a call. */
static inline void wadi__row_copy(void *to, const void *from, size_t record_size) {
    switch (record_size) {
    case 8: memcpy(to, from, 8); return;
    case 16: memcpy(to, from, 16); return;
    case 24: memcpy(to, from, 24); return;
    case 32: memcpy(to, from, 32); return;
    case 40: memcpy(to, from, 40); return;
    default: memcpy(to, from, record_size); return;
    }
}
/* Room for at least `capacity` records, and for as many more as the piece holds. NULL: no memory. */
wadi__chunk *wadi__chunk_new(size_t record_size, size_t capacity, bool with_hashes);
/* Moves where an empty chunk's records begin by some cache lines, others for another number, but
 * leaves room for at least `capacity`. For chunks that are written to in turns: pieces are aligned
 * to powers of two, so records of the same number would all lie in the same few lines of the
 * caches.
 */
void wadi__chunk_stagger(wadi__chunk *chunk, uint32_t number, size_t capacity);
static inline void wadi__chunk_ref(wadi__chunk *chunk) { wadi__counted_ref(&chunk->counted); }
static inline void wadi__chunk_unref(wadi__chunk *chunk) {
    if (chunk != NULL) wadi__counted_unref(&chunk->counted);
}
#endif
