/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.c: laying out a chunk in its piece: head, records, hashes. */
#include "data/chunk.h"

#include "base/pool.h"

enum { HEAD = 128, TAIL = 64 }; /* strings in place may be read a little past the last record */
enum {
    LINE = 64,          /* of a cache, in bytes .. */
    LINES = 64,         /* .. and how many a page has */
    STAGGER_SHARE = 16, /* of a piece at most is given up for the place of its records */
};
_Static_assert(sizeof(wadi__chunk) <= HEAD, "the head of a chunk");

static void chunk_destroy(wadi__counted *counted) {
    wadi__chunk *chunk = (wadi__chunk *)counted;
    wadi__pool_put(chunk, chunk->piece_bytes);
}
/* Records begin `shift` bytes behind the head. */
static void lay_out(wadi__chunk *chunk, size_t shift, bool with_hashes) {
    const size_t size = chunk->record_size, begin = HEAD + shift;
    size_t each = size + (with_hashes ? sizeof(uint64_t) : 0);
    size_t room = (chunk->piece_bytes - begin - TAIL - 8) / each;
    chunk->capacity = room > UINT32_MAX ? UINT32_MAX : (uint32_t)room;
    chunk->rows = (char *)chunk + begin;
    size_t hashes_at = (begin + (size_t)chunk->capacity * size + TAIL + 7) & ~(size_t)7;
    chunk->hashes = with_hashes ? (uint64_t *)(void *)((char *)chunk + hashes_at) : NULL;
}
wadi__chunk *wadi__chunk_new(size_t record_size, size_t capacity, bool with_hashes) {
    size_t each = record_size + (with_hashes ? sizeof(uint64_t) : 0);
    if (capacity > (SIZE_MAX / 4) / each || capacity > UINT32_MAX) return NULL;
    size_t bytes = wadi__pool_round(HEAD + TAIL + 8 + capacity * each);
    wadi__chunk *chunk = wadi__pool_get(bytes);
    if (chunk == NULL) return NULL;
    wadi__counted_init(&chunk->counted, chunk_destroy);
    chunk->piece_bytes = bytes;
    chunk->record_size = (uint32_t)record_size;
    chunk->count = 0;
    lay_out(chunk, 0, with_hashes);
    return chunk;
}
void wadi__chunk_stagger(wadi__chunk *chunk, uint32_t number, size_t capacity) {
    const bool with_hashes = chunk->hashes != NULL;
    lay_out(chunk, number % (chunk->piece_bytes / STAGGER_SHARE / LINE) % LINES * LINE,
            with_hashes);
    if (chunk->capacity < capacity) lay_out(chunk, 0, with_hashes);
}
