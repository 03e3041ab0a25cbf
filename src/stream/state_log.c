/* SPDX-License-Identifier: Apache-2.0 */
/* state_log.c: steps of a state: each change is first logged, so that all can be undone, and what
 * states point at is first copied.
 *
 * A row's record is logged before its first change in a step; that a key came or went always is.
 * Undone in reverse order, the rows and the list of free ones are what they were. */
#include "stream/state_log.h"

#include "base/assert.h"
#include "data/chunk.h"
#include "data/value.h"

#include <string.h>

enum {
    GARBAGE_MIN = 256 << 10, /* bytes that are not worth a move */
    MOVED_MIN = 64,          /* rows that a step moves, and .. */
    MOVED_PER_CHANGE = 8,    /* .. more for each change: so a move ends before the next is due */
    IMAGES_AT_ONCE = 16,
    EXPECTED_MAX = 4096, /* entries that a log has room for at first */
};

static size_t size_of(const wadi__state_store *store) { return store->type->pub.size; }

/* ---- The log ---- */

void wadi__state_log_free(wadi__state_log *log) {
    if (log == NULL) return;
    wadi__vec_fini(&log->entries);
    wadi__arena_fini(&log->images);
    wadi__keep_unref(log->keep);
    wadi__keep_unref(log->older);
    wadi__free(log);
}
static wadi__keep *keep_ref(wadi__keep *keep) {
    if (keep != NULL) wadi__counted_ref(&keep->counted);
    return keep;
}
/* Room for an image. NULL: no memory. */
static inline wadi__state_image *next_image(const wadi__state_store *store) {
    wadi__state_log *log = store->open;
    const size_t bytes = (sizeof(wadi__state_image) + size_of(store) + 15) & ~(size_t)15;
    if (log->spares == 0) {
        log->spare = wadi__arena_alloc(&log->images, IMAGES_AT_ONCE * bytes);
        if (log->spare == NULL) return NULL;
        log->spares = IMAGES_AT_ONCE;
    }
    log->spares--;
    log->spare += bytes;
    return (wadi__state_image *)(void *)(log->spare - bytes);
}
static wadi__state_image *image_of(wadi__state_store *store, wadi__state_row row,
                                   wadi__state_change change) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    wadi__state_image *image = next_image(store);
    if (image == NULL) return NULL;
    image->hash =
        change == WADI__STATE_REMOVED ? chunk->hashes[slot] : 0; /* which costs a cache line */
    image->time_ms = store->keeps_times ? chunk->times_ms[slot] : 0;
    wadi__row_copy(image->record, wadi__state_record(store, row), size_of(store));
    return image;
}
static bool log_image(wadi__state_store *store, wadi__state_row row, wadi__state_change change) {
    wadi__state_image *image = image_of(store, row, change);
    return image != NULL && wadi__vec_push(&store->open->entries,
                                           (wadi__state_undo){row, (uint16_t)change, false, image});
}
/* Before the first change of a row's record in this step. */
static bool log_change(wadi__state_store *store, wadi__state_row row) {
    uint64_t *is_logged = wadi__state_chunk_of(store, row)->is_logged;
    uint32_t slot = wadi__state_slot_of(store, row);
    if (wadi__state_bit(is_logged, slot)) return true;
    if (!log_image(store, row, WADI__STATE_CHANGED)) return false;
    wadi__state_bit_set(is_logged, slot);
    return true;
}

/* ---- Changes ---- */

bool wadi__state_own(wadi__state_store *store, void *record, size_t *outside) {
    *outside = wadi__value_outside_bytes(store->type, record);
    return *outside == 0 || wadi__value_own(store->type, record, &store->keep->arena);
}
/* What lies where it lay before is the store's already. */
static bool own_changed(wadi__state_store *store, char *record, const char *old) {
    const wadi_type *type = &store->type->pub;
    for (uint32_t i = 1; i < type->field_count; i++) {
        const wadi_field *field = &type->fields[i];
        size_t size = field->type->size;
        for (uint32_t k = 0; k < field->count; k++) {
            size_t offset = field->offset + k * size;
            if (memcmp(record + offset, old + offset, size) != 0 &&
                !wadi__value_own(wadi__type_inner(field->type), record + offset,
                                 &store->keep->arena))
                return false;
        }
    }
    return true;
}
wadi__state_row wadi__state_store_insert(wadi__state_store *store, const void *key, uint64_t hash,
                                         bool *is_new) {
    wadi__state_row row = wadi__state_index_find(store, key, hash);
    *is_new = row == WADI__STATE_NO_ROW;
    if (!*is_new) return row;
    size_t outside;
    memset(store->scratch, 0, size_of(store));
    memcpy(store->scratch, key, store->key->pub.size);
    if (!wadi__state_index_reserve(store, 1) || !wadi__state_row_reserve(store) ||
        !wadi__vec_reserve(&store->open->entries, 1) ||
        !wadi__state_own(store, store->scratch, &outside))
        return WADI__STATE_NO_ROW;
    row = wadi__state_row_take(store);
    wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    chunk->hashes[slot] = hash;
    if (store->keeps_times) chunk->times_ms[slot] = 0;
    memcpy(wadi__state_record(store, row), store->scratch, size_of(store));
    wadi__state_index_add(store, row);
    wadi__state_bit_set(chunk->is_logged, slot); /* to be undone as a whole */
    store->outside_bytes += outside;
    (void)wadi__vec_push(&store->open->entries,
                         (wadi__state_undo){row, WADI__STATE_INSERTED, false, NULL});
    return row;
}
/* Of a record that points at nothing, behind its key. */
static bool set_plain(wadi__state_store *store, wadi__state_row row, const char *record) {
    const size_t key = store->key->pub.size, size = size_of(store) - key;
    char *old = wadi__state_record(store, row) + key;
    if (wadi__state_same_bytes(record + key, old, size)) return true;
    if (!log_change(store, row)) return false;
    wadi__row_copy(old, record + key, size);
    return true;
}
static bool set_outside(wadi__state_store *store, wadi__state_row row, const char *record) {
    char *old = wadi__state_record(store, row), *made = store->scratch;
    wadi__row_copy(made, record, size_of(store));
    wadi__row_copy(made, old, store->key->pub.size);
    if (wadi__state_same_bytes(made, old, size_of(store))) return true;
    if (!log_change(store, row) || !own_changed(store, made, old)) return false;
    store->outside_bytes += wadi__value_outside_bytes(store->type, made);
    store->outside_bytes -= wadi__value_outside_bytes(store->type, old);
    wadi__row_copy(old, made, size_of(store));
    return true;
}
bool wadi__state_store_set(wadi__state_store *store, wadi__state_row row, const void *record,
                           int64_t time_ms) {
    bool is_set =
        store->has_outside ? set_outside(store, row, record) : set_plain(store, row, record);
    return is_set && wadi__state_store_touch(store, row, time_ms);
}
bool wadi__state_store_touch(wadi__state_store *store, wadi__state_row row, int64_t time_ms) {
    if (!store->keeps_times) return true;
    int64_t *time = &wadi__state_chunk_of(store, row)->times_ms[wadi__state_slot_of(store, row)];
    if (*time == time_ms) return true;
    if (!log_change(store, row)) return false;
    *time = time_ms;
    return true;
}
bool wadi__state_store_remove(wadi__state_store *store, wadi__state_row row) {
    bool is_noted;
    if (!wadi__state_note_removed(store, row, &is_noted)) return false;
    if (!log_image(store, row, WADI__STATE_REMOVED)) {
        if (is_noted) wadi__state_unnote_removed(store, store->removed->row_count - 1);
        return false;
    }
    wadi__state_log *log = store->open;
    log->entries.items[log->entries.count - 1].was_saved = wadi__state_bit(
        wadi__state_chunk_of(store, row)->is_saved, wadi__state_slot_of(store, row));
    store->outside_bytes -= wadi__value_outside_bytes(store->type, wadi__state_record(store, row));
    wadi__state_index_remove(store, row);
    wadi__state_row_give(store, row);
    return true;
}

/* ---- Garbage: what states point at moves to a new keep, row by row ---- */

/* False: no memory, and the row stays where it is. */
static bool move_row(wadi__state_store *store, char *record) {
    size_t outside;
    memcpy(store->scratch, record, size_of(store));
    if (!wadi__state_own(store, store->scratch, &outside)) return false;
    memcpy(record, store->scratch, size_of(store));
    return true;
}
static void move_some(wadi__state_store *store, size_t rows) {
    for (; rows > 0 && store->moved_chunk < store->chunks.count; rows--) {
        wadi__state_chunk *chunk = &store->chunks.items[store->moved_chunk];
        if (store->moved_slot < chunk->count) {
            uint32_t slot = store->moved_slot;
            if (wadi__state_bit(chunk->is_live, slot) &&
                !move_row(store, chunk->rows + slot * size_of(store)))
                return;
            store->moved_slot++;
        } else {
            store->moved_chunk++;
            store->moved_slot = 0;
        }
    }
    if (store->moved_chunk < store->chunks.count) return;
    wadi__keep_unref(store->older);
    store->older = NULL;
}
static void tidy(wadi__state_store *store, size_t changes) {
    if (store->keep == NULL) return;
    bool is_due = store->keep->arena.size_bytes > GARBAGE_MIN + 3 * store->outside_bytes;
    if (store->older == NULL && is_due) {
        wadi__keep *keep = wadi__keep_new();
        if (keep == NULL) return; /* another time */
        store->older = store->keep;
        store->keep = keep;
        store->moved_chunk = store->moved_slot = 0;
    }
    if (store->older != NULL) move_some(store, MOVED_MIN + MOVED_PER_CHANGE * changes);
}

/* ---- Steps ---- */

bool wadi__state_store_begin(wadi__state_store *store) {
    if (store->scratch == NULL && (store->scratch = wadi__calloc(1, size_of(store))) == NULL)
        return false;
    if (store->keep == NULL && store->type->has_outside && (store->keep = wadi__keep_new()) == NULL)
        return false;
    if (!wadi__vec_reserve(&store->logs, 1)) return false; /* so that a commit cannot fail */
    store->open = wadi__calloc(1, sizeof *store->open);
    if (store->open == NULL) return false;
    (void)wadi__vec_reserve(&store->open->entries, store->changes);
    store->open->keep = keep_ref(store->keep);
    store->open->older = keep_ref(store->older);
    store->removed_before = store->removed != NULL ? store->removed->row_count : 0;
    return true;
}
/* is_dirty: the rows count as changed since the last capture. A row that is gone does no harm. */
static void end(wadi__state_store *store, bool is_dirty) {
    wadi__state_log *log = store->open;
    for (size_t i = 0; i < log->entries.count; i++) {
        wadi__state_row row = log->entries.items[i].row;
        const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
        uint32_t slot = wadi__state_slot_of(store, row);
        wadi__state_bit_clear(chunk->is_logged, slot);
        if (is_dirty) wadi__state_bit_set(chunk->is_dirty, slot);
    }
    store->open = NULL;
}
void wadi__state_store_commit(wadi__state_store *store, int64_t batch_ms) {
    wadi__state_log *log = store->open;
    size_t changes = log->entries.count;
    end(store, store->is_captured);
    log->batch_ms = batch_ms;
    store->changes = changes < EXPECTED_MAX ? changes : EXPECTED_MAX;
    if (changes > 0)
        (void)wadi__vec_push(&store->logs, log);
    else
        wadi__state_log_free(log);
    tidy(store, changes);
}
static void restore(wadi__state_store *store, wadi__state_row row, const wadi__state_image *image) {
    wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    if (image->hash != 0) chunk->hashes[slot] = image->hash;
    if (store->keeps_times) chunk->times_ms[slot] = image->time_ms;
    char *record = wadi__state_record(store, row);
    store->outside_bytes += wadi__value_outside_bytes(store->type, image->record);
    memcpy(record, image->record, size_of(store));
}
static void undo_one(wadi__state_store *store, const wadi__state_undo *entry) {
    size_t outside = 0;
    if (entry->change != WADI__STATE_REMOVED)
        outside = wadi__value_outside_bytes(store->type, wadi__state_record(store, entry->row));
    switch ((wadi__state_change)entry->change) {
    case WADI__STATE_INSERTED:
        wadi__state_index_remove(store, entry->row);
        wadi__state_row_give(store, entry->row);
        break;
    case WADI__STATE_REMOVED: {
        wadi__state_row row = wadi__state_row_take(store);
        WADI_ASSERT(row == entry->row);
        restore(store, row, entry->image);
        wadi__state_index_add(store, row);
        if (entry->was_saved)
            wadi__state_bit_set(wadi__state_chunk_of(store, row)->is_saved,
                                wadi__state_slot_of(store, row));
        break;
    }
    case WADI__STATE_CHANGED: restore(store, entry->row, entry->image); break;
    }
    store->outside_bytes -= outside;
}
void wadi__state_store_undo(wadi__state_store *store) {
    wadi__state_log *log = store->open;
    if (log == NULL) return;
    for (size_t i = log->entries.count; i > 0; i--) undo_one(store, &log->entries.items[i - 1]);
    end(store, false);
    wadi__state_unnote_removed(store, store->removed_before);
    wadi__state_log_free(log);
}
void wadi__state_store_forget(wadi__state_store *store, int64_t batch_ms) {
    size_t old = 0;
    while (old < store->logs.count && store->logs.items[old]->batch_ms <= batch_ms)
        wadi__state_log_free(store->logs.items[old++]);
    store->logs.count -= old;
    if (old > 0 && store->logs.count > 0)
        memmove(store->logs.items, store->logs.items + old,
                store->logs.count * sizeof store->logs.items[0]);
}
