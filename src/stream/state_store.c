/* SPDX-License-Identifier: Apache-2.0 */
/* state_store.c: rows of states, and the index over them. Changes and their log: state_log.c. */
#include "stream/state_store.h"

#include "base/pool.h"
#include "data/value.h"
#include "stream/state_log.h"

#include <string.h>

enum {
    CHUNK_BYTES = 256 << 10, /* of a whole chunk .. */
    CHUNK_ROWS_MIN = 64,     /* .. unless that is fewer rows */
    BIT_COLUMNS = 5,
    INDEX_MIN = 64,
    FIND_AT_ONCE = 256,
    AHEAD = 16, /* entries of the index that are on their way */
};

/* ---- Chunks: columns in one piece ---- */

static size_t align_up(size_t offset) { return (offset + 15) & ~(size_t)15; }
static size_t bits_bytes(size_t rows) { return rows / 64 * sizeof(uint64_t); }

/* Rows come in multiples of 64, so that bits fill whole words. */
static size_t columns_bytes(const wadi__state_store *store, size_t rows) {
    size_t times = store->keeps_times ? rows * sizeof(int64_t) : 0;
    return rows * sizeof(uint64_t) + times + align_up(rows * store->type->pub.size) +
           BIT_COLUMNS * bits_bytes(rows);
}
static size_t rows_in(const wadi__state_store *store, size_t bytes) {
    size_t each = sizeof(uint64_t) * (store->keeps_times ? 2 : 1) + store->type->pub.size + 1;
    size_t rows = bytes / each / 64 * 64;
    return rows > 0 ? rows : CHUNK_ROWS_MIN;
}
static void lay_out(const wadi__state_store *store, wadi__state_chunk *chunk) {
    char *at = chunk->piece;
    size_t rows = chunk->capacity;
    chunk->hashes = (uint64_t *)(void *)at;
    at += rows * sizeof(uint64_t);
    chunk->times_ms = store->keeps_times ? (int64_t *)(void *)at : NULL;
    if (store->keeps_times) at += rows * sizeof(int64_t);
    chunk->rows = at;
    at += align_up(rows * store->type->pub.size);
    chunk->is_live = (uint64_t *)(void *)at;
    chunk->is_logged = chunk->is_live + rows / 64;
    chunk->is_seen = chunk->is_logged + rows / 64;
    chunk->is_dirty = chunk->is_seen + rows / 64;
    chunk->is_saved = chunk->is_dirty + rows / 64;
}
static bool chunk_init(const wadi__state_store *store, wadi__state_chunk *chunk, size_t rows) {
    *chunk = (wadi__state_chunk){.capacity = (uint32_t)rows};
    chunk->piece_bytes = wadi__pool_round(columns_bytes(store, rows));
    chunk->piece = wadi__pool_get(chunk->piece_bytes);
    if (chunk->piece == NULL) return false;
    lay_out(store, chunk);
    memset(chunk->is_live, 0, BIT_COLUMNS * bits_bytes(rows));
    return true;
}
/* The first chunk grows, so that a small state stays small. */
static bool chunk_grow(const wadi__state_store *store, wadi__state_chunk *chunk) {
    size_t rows = rows_in(store, chunk->piece_bytes * 2);
    if (rows > store->chunk_rows) rows = store->chunk_rows;
    wadi__state_chunk larger;
    if (!chunk_init(store, &larger, rows)) return false;
    larger.count = chunk->count;
    memcpy(larger.hashes, chunk->hashes, chunk->count * sizeof *chunk->hashes);
    if (store->keeps_times)
        memcpy(larger.times_ms, chunk->times_ms, chunk->count * sizeof *chunk->times_ms);
    memcpy(larger.rows, chunk->rows, (size_t)chunk->count * store->type->pub.size);
    memcpy(larger.is_live, chunk->is_live, bits_bytes(chunk->capacity));
    memcpy(larger.is_logged, chunk->is_logged, bits_bytes(chunk->capacity));
    memcpy(larger.is_seen, chunk->is_seen, bits_bytes(chunk->capacity));
    memcpy(larger.is_dirty, chunk->is_dirty, bits_bytes(chunk->capacity));
    memcpy(larger.is_saved, chunk->is_saved, bits_bytes(chunk->capacity));
    wadi__pool_put(chunk->piece, chunk->piece_bytes);
    *chunk = larger;
    return true;
}
static bool add_chunk(wadi__state_store *store) {
    size_t number = store->chunks.count, most = (size_t)1 << (32 - store->slot_bits);
    wadi__state_chunk chunk;
    if (number + 1 >= most || !wadi__vec_reserve(&store->chunks, 1)) return false;
    size_t rows = number == 0 ? rows_in(store, WADI__POOL_PIECE_MIN) : store->chunk_rows;
    if (rows > store->chunk_rows) rows = store->chunk_rows;
    if (!chunk_init(store, &chunk, rows)) return false;
    store->chunks.items[store->chunks.count++] = chunk;
    return true;
}

/* ---- Life ---- */

void wadi__state_store_init(wadi__state_store *store, const wadi__type *type, bool keeps_times) {
    *store = (wadi__state_store){
        .type = type, .key = type->key, .keeps_times = keeps_times, .free = WADI__STATE_NO_ROW};
    for (uint32_t i = 1; i < type->pub.field_count; i++)
        store->has_outside |= wadi__type_inner(type->pub.fields[i].type)->has_outside;
    store->chunk_rows = (uint32_t)rows_in(store, CHUNK_BYTES);
    while ((1u << store->slot_bits) < store->chunk_rows) store->slot_bits++;
}
void wadi__state_store_fini(wadi__state_store *store) {
    wadi__state_log_free(store->open);
    for (size_t i = 0; i < store->logs.count; i++) wadi__state_log_free(store->logs.items[i]);
    wadi__vec_fini(&store->logs);
    for (size_t i = 0; i < store->chunks.count; i++)
        wadi__pool_put(store->chunks.items[i].piece, store->chunks.items[i].piece_bytes);
    wadi__vec_fini(&store->chunks);
    wadi__pool_put(store->index, store->index_capacity * sizeof *store->index);
    wadi__keep_unref(store->keep);
    wadi__keep_unref(store->older);
    wadi__block_unref(store->removed);
    wadi__free(store->scratch);
    *store = (wadi__state_store){.free = WADI__STATE_NO_ROW};
}
size_t wadi__state_store_bytes(const wadi__state_store *store) {
    size_t bytes = store->index_capacity * sizeof *store->index;
    for (size_t i = 0; i < store->chunks.count; i++) bytes += store->chunks.items[i].piece_bytes;
    if (store->keep != NULL) bytes += store->keep->arena.size_bytes;
    if (store->older != NULL) bytes += store->older->arena.size_bytes;
    for (size_t i = 0; i < store->logs.count; i++) {
        const wadi__state_log *log = store->logs.items[i];
        bytes += log->images.size_bytes + log->entries.room * sizeof(wadi__state_undo);
    }
    return bytes;
}
void wadi__state_store_clear_seen(wadi__state_store *store) {
    for (size_t i = 0; i < store->chunks.count; i++)
        memset(store->chunks.items[i].is_seen, 0, bits_bytes(store->chunks.items[i].capacity));
}

/* ---- The index: 32 bits of the hash, and the row's number plus 1 ---- */

static size_t home(const wadi__state_store *store, uint64_t hash) {
    return (size_t)(hash >> 4) & (store->index_capacity - 1);
}
static uint64_t entry_of(uint64_t hash, wadi__state_row row) {
    return (hash & ~(uint64_t)UINT32_MAX) | (row + 1u);
}
static wadi__state_row row_of(uint64_t entry) { return (wadi__state_row)entry - 1; }
static bool same_tag(uint64_t entry, uint64_t hash) { return ((entry ^ hash) >> 32) == 0; }

static bool has_key(const wadi__state_store *store, wadi__state_row row, const void *key) {
    const char *own = wadi__state_record(store, row);
    if (store->key->form == WADI__FORM_STR && memcmp(own, key, sizeof(wadi_str)) == 0) return true;
    return wadi__value_equal(store->key, own, key);
}
static uint64_t hash_at(const wadi__state_store *store, wadi__state_row row) {
    return wadi__state_chunk_of(store, row)->hashes[wadi__state_slot_of(store, row)];
}
/* The place of a key's entry, or of the empty one where it would be. */
static size_t seek(const wadi__state_store *store, const void *key, uint64_t hash) {
    size_t at = home(store, hash), mask = store->index_capacity - 1;
    for (; store->index[at] != 0; at = (at + 1) & mask)
        if (same_tag(store->index[at], hash) && has_key(store, row_of(store->index[at]), key))
            break;
    return at;
}
/* What a change of the row reads and writes; a record may lie in two lines. Inline: as a function
 * of its own it would do nothing that gcc minds, and be left out. */
static inline __attribute__((always_inline)) void prefetch_row(const wadi__state_store *store,
                                                               wadi__state_row row) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    const char *record = chunk->rows + (size_t)slot * store->type->pub.size;
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + store->type->pub.size - 1, 1);
    if (store->keeps_times) __builtin_prefetch(&chunk->times_ms[slot], 1);
    __builtin_prefetch(&chunk->is_logged[slot / 64], 1);
}
/* The rows that the keys of some hashes probably have; NO_ROW: such a key is not there. */
static void guess(const wadi__state_store *store, const uint64_t *hashes, size_t count,
                  wadi__state_row *found) {
    size_t mask = store->index_capacity - 1;
    for (size_t i = 0; i < count && i < AHEAD; i++)
        __builtin_prefetch(&store->index[home(store, hashes[i])], 1);
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) __builtin_prefetch(&store->index[home(store, hashes[i + AHEAD])], 1);
        size_t at = home(store, hashes[i]);
        while (store->index[at] != 0 && !same_tag(store->index[at], hashes[i]))
            at = (at + 1) & mask;
        found[i] = store->index[at] != 0 ? row_of(store->index[at]) : WADI__STATE_NO_ROW;
        if (store->index[at] != 0) prefetch_row(store, found[i]);
    }
}
void wadi__state_store_find(const wadi__state_store *store, const void *rows, size_t stride,
                            const uint64_t *hashes, size_t count, wadi__state_row *found) {
    if (store->index_capacity == 0) {
        for (size_t i = 0; i < count; i++) found[i] = WADI__STATE_NO_ROW;
        return;
    }
    for (size_t from = 0; from < count; from += FIND_AT_ONCE) {
        size_t end = count - from < FIND_AT_ONCE ? count : from + FIND_AT_ONCE;
        guess(store, hashes + from, end - from, found + from);
        for (size_t i = from; i < end; i++) {
            const char *key = (const char *)rows + i * stride;
            if (found[i] == WADI__STATE_NO_ROW || has_key(store, found[i], key)) continue;
            size_t at = seek(store, key, hashes[i]);
            found[i] = store->index[at] != 0 ? row_of(store->index[at]) : WADI__STATE_NO_ROW;
        }
    }
}
void wadi__state_store_prefetch(const wadi__state_store *store, const uint64_t *hashes,
                                size_t count) {
    wadi__state_row found[FIND_AT_ONCE];
    for (size_t from = 0; store->index_capacity > 0 && from < count; from += FIND_AT_ONCE)
        guess(store, hashes + from, count - from < FIND_AT_ONCE ? count - from : FIND_AT_ONCE,
              found);
}
static bool index_grow(wadi__state_store *store, size_t keys) {
    wadi__state_store larger = *store;
    larger.index_capacity = store->index_capacity > 0 ? store->index_capacity * 2 : INDEX_MIN;
    while (keys > larger.index_capacity / 4 * 3) larger.index_capacity *= 2;
    larger.index = wadi__pool_get(larger.index_capacity * sizeof *larger.index);
    if (larger.index == NULL) return false;
    /* A small piece has room for more. */
    while (larger.index_capacity * 2 * sizeof *larger.index <= WADI__POOL_PIECE_MIN)
        larger.index_capacity *= 2;
    memset(larger.index, 0, larger.index_capacity * sizeof *larger.index);
    for (size_t i = 0; i < store->index_capacity; i++) {
        if (store->index[i] == 0) continue;
        uint64_t hash = hash_at(store, row_of(store->index[i]));
        size_t at = home(&larger, hash);
        while (larger.index[at] != 0) at = (at + 1) & (larger.index_capacity - 1);
        larger.index[at] = store->index[i];
    }
    wadi__pool_put(store->index, store->index_capacity * sizeof *store->index);
    store->index = larger.index;
    store->index_capacity = larger.index_capacity;
    return true;
}
bool wadi__state_index_reserve(wadi__state_store *store, size_t more) {
    size_t keys = store->count + more;
    return keys <= store->index_capacity / 4 * 3 || index_grow(store, keys);
}
void wadi__state_index_add(wadi__state_store *store, wadi__state_row row) {
    uint64_t hash = hash_at(store, row);
    size_t at = home(store, hash);
    while (store->index[at] != 0) at = (at + 1) & (store->index_capacity - 1);
    store->index[at] = entry_of(hash, row);
}
/* Those that follow move up, so that no gap cuts them off (Knuth, vol. 3, 6.4, algorithm R). */
void wadi__state_index_remove(wadi__state_store *store, wadi__state_row row) {
    uint64_t hash = hash_at(store, row), entry = entry_of(hash, row);
    size_t mask = store->index_capacity - 1, gap = home(store, hash);
    while (store->index[gap] != entry) gap = (gap + 1) & mask;
    for (size_t at = (gap + 1) & mask; store->index[at] != 0; at = (at + 1) & mask) {
        size_t wanted = home(store, hash_at(store, row_of(store->index[at])));
        if (((at - wanted) & mask) < ((at - gap) & mask)) continue; /* it may not go so far */
        store->index[gap] = store->index[at];
        gap = at;
    }
    store->index[gap] = 0;
}
wadi__state_row wadi__state_index_find(const wadi__state_store *store, const void *key,
                                       uint64_t hash) {
    if (store->index_capacity == 0) return WADI__STATE_NO_ROW;
    size_t at = seek(store, key, hash);
    return store->index[at] != 0 ? row_of(store->index[at]) : WADI__STATE_NO_ROW;
}

/* ---- Rows ---- */

bool wadi__state_row_reserve(wadi__state_store *store) {
    if (store->free != WADI__STATE_NO_ROW) return true;
    if (store->chunks.count == 0) return add_chunk(store);
    wadi__state_chunk *last = &store->chunks.items[store->chunks.count - 1];
    if (last->count < last->capacity) return true;
    return last->capacity < store->chunk_rows ? chunk_grow(store, last) : add_chunk(store);
}
wadi__state_row wadi__state_row_take(wadi__state_store *store) {
    wadi__state_row row = store->free;
    if (row != WADI__STATE_NO_ROW) {
        memcpy(&store->free,
               &wadi__state_chunk_of(store, row)->hashes[wadi__state_slot_of(store, row)],
               sizeof store->free);
    } else {
        size_t chunk = store->chunks.count - 1;
        row = wadi__state_row_at(store, chunk, store->chunks.items[chunk].count++);
    }
    wadi__state_bit_set(wadi__state_chunk_of(store, row)->is_live, wadi__state_slot_of(store, row));
    store->count++;
    return row;
}
void wadi__state_row_give(wadi__state_store *store, wadi__state_row row) {
    wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    memcpy(&chunk->hashes[slot], &store->free, sizeof store->free);
    wadi__state_bit_clear(chunk->is_live, slot);
    wadi__state_bit_clear(chunk->is_saved, slot);
    store->free = row;
    store->count--;
}
