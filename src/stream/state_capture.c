/* SPDX-License-Identifier: Apache-2.0 */
/* state_capture.c: what a store hands over to be saved, and takes back after a restart.
 *
 * Rows are copied as structs; long strings stay where they are, in keeps that the capture holds. A
 * key that goes before a capture had it leaves no trace. Keys that went are few as a rule; when
 * they come to outnumber those that are there, all rows are captured anew instead. */
#include "data/value.h"
#include "stream/state_log.h"

#include <string.h>

enum {
    REMOVED_MIN = 64 << 10, /* keys that went are noted up to this, or as many as there are keys */
    LOAD_AT_ONCE = 64,
};

/* ---- Keys that went ---- */

static void lose_removed(wadi__state_store *store) {
    wadi__block_unref(store->removed);
    store->removed = NULL;
    store->has_lost = true;
}
static bool make_removed(wadi__state_store *store) {
    if (store->removed != NULL) return true;
    wadi__keep *keep = wadi__keep_new();
    if (keep != NULL) store->removed = wadi__block_new(store->key, keep);
    wadi__keep_unref(keep);
    return store->removed != NULL;
}
bool wadi__state_note_removed(wadi__state_store *store, wadi__state_row row, bool *is_noted) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    *is_noted = store->is_captured && !store->has_lost &&
                wadi__state_bit(chunk->is_saved, wadi__state_slot_of(store, row));
    if (!*is_noted) return true;
    if (store->removed != NULL && store->removed->row_count >= REMOVED_MIN + store->count) {
        lose_removed(store);
        *is_noted = false;
        return true;
    }
    if (!make_removed(store)) return false;
    char *key = store->scratch;
    memcpy(key, wadi__state_record(store, row), store->key->pub.size);
    return wadi__value_own(store->key, key, &store->removed->keep->arena) &&
           wadi__block_append(store->removed, key, 1);
}
void wadi__state_unnote_removed(wadi__state_store *store, uint64_t count) {
    if (store->removed != NULL) wadi__block_truncate(store->removed, count);
}

/* ---- Capturing ---- */

static uint64_t wanted_of(const wadi__state_chunk *chunk, uint32_t word, bool all) {
    return chunk->is_live[word] & (all ? ~(uint64_t)0 : chunk->is_dirty[word]);
}
static bool copy_chunk(const wadi__state_chunk *chunk, bool all, wadi__row_copies *to) {
    enum { AHEAD = 8 };
    const size_t size = to->row_size;
    uint32_t next[64];
    for (uint32_t base = 0; base < chunk->count; base += 64) {
        uint32_t count = 0;
        for (uint64_t bits = wanted_of(chunk, base / 64, all); bits != 0; bits &= bits - 1)
            next[count++] = base + (uint32_t)__builtin_ctzll(bits);
        for (uint32_t i = 0; i < count; i++) {
            if (i + AHEAD < count) __builtin_prefetch(chunk->rows + next[i + AHEAD] * size);
            int64_t time_ms = to->notes != NULL ? chunk->times_ms[next[i]] : 0;
            char *row = wadi__row_copies_next(to, time_ms);
            if (row == NULL) return false;
            wadi__row_copy(row, chunk->rows + next[i] * size, size);
        }
    }
    return true;
}
static bool copy_rows(const wadi__state_store *store, bool all, wadi__capture *capture) {
    wadi__row_copies copies = {0};
    wadi__keep *keep = wadi__keep_new();
    bool copied = keep != NULL &&
                  (store->keep == NULL || wadi__keep_add(keep, &store->keep->counted)) &&
                  (store->older == NULL || wadi__keep_add(keep, &store->older->counted)) &&
                  wadi__row_copies_begin(&copies, store->type, keep, store->keeps_times);
    wadi__keep_unref(keep);
    for (size_t c = 0; copied && c < store->chunks.count; c++)
        copied = copy_chunk(&store->chunks.items[c], all, &copies);
    return wadi__row_copies_end(&copies, copied, capture, WADI__SECTION_ROWS, 0);
}
static void mark_captured(wadi__state_store *store) {
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        size_t bytes = chunk->capacity / 64 * sizeof(uint64_t);
        memset(chunk->is_dirty, 0, bytes);
        memcpy(chunk->is_saved, chunk->is_live, bytes);
    }
    store->has_lost = false;
}
bool wadi__state_store_capture(wadi__state_store *store, bool all, wadi__capture *capture) {
    size_t before = capture->sections.count;
    bool has_removed = !all && store->removed != NULL && store->removed->row_count > 0;
    if (store->has_lost && !all) return false;
    if (has_removed) {
        wadi__block_ref(store->removed);
        has_removed = wadi__capture_add(
            capture, (wadi__section){WADI__SECTION_REMOVED, 0, store->removed, NULL});
        if (!has_removed) return false;
    }
    if (!copy_rows(store, all, capture)) {
        wadi__capture_cut(capture, before);
        return false;
    }
    wadi__block_unref(store->removed);
    store->removed = NULL;
    mark_captured(store);
    return true;
}

/* ---- Loading ---- */

static bool begin_load(wadi__state_store *store) {
    if (store->scratch == NULL && (store->scratch = wadi__calloc(1, store->type->pub.size)) == NULL)
        return false;
    return store->keep != NULL || !store->type->has_outside ||
           (store->keep = wadi__keep_new()) != NULL;
}
bool wadi__state_store_expect(wadi__state_store *store, size_t count) {
    return wadi__state_index_reserve(store, count);
}
static void put_row(wadi__state_store *store, wadi__state_row row, const char *record,
                    int64_t time_ms) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    wadi__row_copy(wadi__state_record(store, row), record, store->type->pub.size);
    if (store->keeps_times) chunk->times_ms[slot] = time_ms;
    wadi__state_bit_clear(chunk->is_dirty, slot);
    if (store->is_captured) wadi__state_bit_set(chunk->is_saved, slot);
}
/* `row`: where its key is; NO_ROW: it is new. */
static bool load_one(wadi__state_store *store, wadi__state_row row, const char *record,
                     uint64_t hash, int64_t time_ms) {
    size_t outside = 0;
    if (store->type->has_outside) {
        memcpy(store->scratch, record, store->type->pub.size);
        if (!wadi__state_own(store, store->scratch, &outside)) return false;
        record = store->scratch;
    }
    if (row == WADI__STATE_NO_ROW) {
        if (!wadi__state_index_reserve(store, 1) || !wadi__state_row_reserve(store)) return false;
        row = wadi__state_row_take(store);
        wadi__state_chunk_of(store, row)->hashes[wadi__state_slot_of(store, row)] = hash;
        wadi__state_index_add(store, row);
    } else {
        store->outside_bytes -=
            wadi__value_outside_bytes(store->type, wadi__state_record(store, row));
    }
    store->outside_bytes += outside;
    put_row(store, row, record, time_ms);
    return true;
}
bool wadi__state_store_load(wadi__state_store *store, const wadi__state_rows *rows) {
    const size_t size = store->type->pub.size;
    if (!begin_load(store)) return false;
    for (size_t from = 0; from < rows->count; from += LOAD_AT_ONCE) {
        size_t count = rows->count - from < LOAD_AT_ONCE ? rows->count - from : LOAD_AT_ONCE;
        uint64_t hashes[LOAD_AT_ONCE];
        for (size_t i = 0; i < count; i++) {
            size_t at = rows->selected != NULL ? rows->selected[from + i] : from + i;
            hashes[i] = rows->hashes[at];
        }
        wadi__state_store_prefetch(store, hashes, count);
        for (size_t i = 0; i < count; i++) {
            size_t at = rows->selected != NULL ? rows->selected[from + i] : from + i;
            const char *record = rows->rows + at * size;
            wadi__state_row row = wadi__state_index_find(store, record, hashes[i]);
            int64_t time_ms = rows->times_ms != NULL ? rows->times_ms[at] : 0;
            if (!load_one(store, row, record, hashes[i], time_ms)) return false;
        }
    }
    return true;
}
void wadi__state_store_unload(wadi__state_store *store, const void *key, uint64_t hash) {
    wadi__state_row row = wadi__state_index_find(store, key, hash);
    if (row == WADI__STATE_NO_ROW) return;
    store->outside_bytes -= wadi__value_outside_bytes(store->type, wadi__state_record(store, row));
    wadi__state_index_remove(store, row);
    wadi__state_row_give(store, row);
}
