/* SPDX-License-Identifier: Apache-2.0 */
/* state_store.c: rows of states, and the index over them. Changes and their log: state_log.c. */
#include "stream/state_store.h"

#include "base/pool.h"
#include "data/chunk.h"
#include "data/value.h"
#include "stream/state_log.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    CHUNK_BYTES = 256 << 10, /* of a whole chunk .. */
    CHUNK_ROWS_MIN = 64,     /* .. unless that is fewer rows */
    BIT_COLUMNS = 5,
    INDEX_MIN = 64,
    LINE_LAST = 7, /* the last entry in a line of the cache */
    FIND_AT_ONCE = 64,
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
        bytes += log->arena.size_bytes + log->undo.room * sizeof(wadi__state_undo);
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

/* `form` is the key's. */
INLINE bool same_key(const wadi__type *key, wadi__form form, const void *a, const void *b) {
    uint64_t x[2], y[2];
    if (form == WADI__FORM_8) {
        memcpy(x, a, sizeof x[0]);
        memcpy(y, b, sizeof y[0]);
        return x[0] == y[0];
    }
    if (form == WADI__FORM_STR) {
        memcpy(x, a, sizeof x);
        memcpy(y, b, sizeof y);
        if (((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0) return true;
    }
    return wadi__value_equal(key, a, b);
}
static bool has_key(const wadi__state_store *store, wadi__state_row row, const void *key) {
    return same_key(store->key, store->key->form, wadi__state_record(store, row), key);
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

/* ---- Finding many: what is needed is fetched some time before ---- */

void wadi__state_store_fetch(const wadi__state_store *store, const uint64_t *hashes, size_t count) {
    if (store->index_capacity == 0) return;
    for (size_t i = 0; i < count; i++) __builtin_prefetch(&store->index[home(store, hashes[i])], 1);
}
/* The entry that a key of this hash probably has; 0: none. Most lie at most two places behind their
 * home, in the same line; which of these it is costs no branch, since it cannot be foretold. */
static inline uint64_t probable_entry(const uint64_t *index, size_t mask, uint64_t hash) {
    const size_t at = (size_t)(hash >> 4) & mask;
    const size_t second = at + ((at & LINE_LAST) != LINE_LAST),
                 third = second + ((second & LINE_LAST) != LINE_LAST);
    const uint64_t is_first = -(uint64_t)same_tag(index[at], hash),
                   is_second = -(uint64_t)same_tag(index[second], hash);
    uint64_t entry = (index[second] & is_second) | (index[third] & ~is_second);
    entry = (index[at] & is_first) | (entry & ~is_first);
    if (entry != 0 && same_tag(entry, hash)) return entry;
    for (size_t i = at; index[i] != 0; i = (i + 1) & mask)
        if (same_tag(index[i], hash)) return index[i];
    return 0;
}
/* What finding rows reads again and again. */
typedef struct places {
    const uint64_t *index; /* NULL: there is no key */
    const wadi__state_chunk *chunks;
    size_t mask, size;
    uint32_t slot_bits;
    bool keeps_times;
} places;
static places places_of(const wadi__state_store *store) {
    return (places){store->index,          store->chunks.items, store->index_capacity - 1,
                    store->type->pub.size, store->slot_bits,    store->keeps_times};
}
/* Fetches what a change of the row reads and writes, too; a record may lie in two lines. */
INLINE wadi__state_row guess_one(const places *at, uint64_t hash) {
    const uint64_t entry = at->index != NULL ? probable_entry(at->index, at->mask, hash) : 0;
    if (entry == 0) return WADI__STATE_NO_ROW;
    const wadi__state_chunk *chunk = &at->chunks[row_of(entry) >> at->slot_bits];
    const uint32_t slot = row_of(entry) & ((1u << at->slot_bits) - 1);
    const char *record = chunk->rows + slot * at->size;
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + at->size - 1, 1);
    if (at->keeps_times) __builtin_prefetch(&chunk->times_ms[slot], 1);
    __builtin_prefetch(&chunk->is_logged[slot / 64], 1);
    return row_of(entry);
}
void wadi__state_store_guess(const wadi__state_store *store, const uint64_t *hashes, size_t count,
                             wadi__state_row *rows) {
    const places at = places_of(store);
    for (size_t i = 0; i < count; i++) rows[i] = guess_one(&at, hashes[i]);
}
/* `form` is the key's; record_size 0: not known to the compiler. */
INLINE void take(const wadi__state_store *store, const wadi__state_keys *keys,
                 wadi__state_row *rows, char *copies, wadi__form form, size_t record_size) {
    const wadi__state_chunk *chunks = store->chunks.items;
    const uint32_t bits = store->slot_bits;
    const size_t size = record_size != 0 ? record_size : store->type->pub.size;
    const size_t stride = keys->stride, count = keys->count;
    const char *key = keys->rows;
    for (size_t i = 0; i < count; i++, key += stride) {
        const wadi__state_row row = rows[i];
        if (row == WADI__STATE_NO_ROW) continue;
        const char *record = chunks[row >> bits].rows + (row & ((1u << bits) - 1)) * size;
        if (!same_key(store->key, form, record, key)) {
            rows[i] = wadi__state_index_find(store, key, keys->hashes[i]);
            if (rows[i] == WADI__STATE_NO_ROW) continue;
            record = wadi__state_record(store, rows[i]);
        }
        wadi__row_copy(copies + i * size, record, size);
    }
}
void wadi__state_store_take(const wadi__state_store *store, const wadi__state_keys *keys,
                            wadi__state_row *rows, void *copies) {
    const wadi__form form = store->key->form;
    const size_t size = store->type->pub.size;
    if (form == WADI__FORM_STR && size == 24)
        take(store, keys, rows, copies, WADI__FORM_STR, 24);
    else if (form == WADI__FORM_8 && size == 16)
        take(store, keys, rows, copies, WADI__FORM_8, 16);
    else
        take(store, keys, rows, copies, form, 0);
}

static size_t at_once(size_t count) { return count < FIND_AT_ONCE ? count : FIND_AT_ONCE; }
void wadi__state_store_find(const wadi__state_store *store, const void *rows, size_t stride,
                            const uint64_t *hashes, size_t count, wadi__state_row *found) {
    wadi__state_store_fetch(store, hashes, at_once(count));
    for (size_t from = 0, next; from < count; from = next) {
        next = from + at_once(count - from);
        wadi__state_store_fetch(store, hashes + next, at_once(count - next));
        wadi__state_store_guess(store, hashes + from, next - from, found + from);
        for (size_t i = from; i < next; i++) {
            const char *key = (const char *)rows + i * stride;
            if (found[i] != WADI__STATE_NO_ROW && !has_key(store, found[i], key))
                found[i] = wadi__state_index_find(store, key, hashes[i]);
        }
    }
}
void wadi__state_store_prefetch(const wadi__state_store *store, const uint64_t *hashes,
                                size_t count) {
    wadi__state_row rows[FIND_AT_ONCE];
    wadi__state_store_fetch(store, hashes, at_once(count));
    for (size_t from = 0, next; from < count; from = next) {
        next = from + at_once(count - from);
        wadi__state_store_fetch(store, hashes + next, at_once(count - next));
        wadi__state_store_guess(store, hashes + from, next - from, rows);
    }
}

/* ---- Changing the index ---- */

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
    store->turn++;
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
    store->turn++;
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
