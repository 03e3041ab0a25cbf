/* SPDX-License-Identifier: Apache-2.0 */
/* state_log.c: steps of a state: each change is first logged, so that all can be undone, and what
 * states point at is first copied.
 *
 * A row's record is logged before its first change in a step; that a key came or went always is.
 * When keys that came and went are undone in reverse order, and then the changes, the rows and the
 * list of free ones are what they were: no row is first changed when its key came in the step. */
#include "stream/state_log.h"

#include "base/assert.h"
#include "data/chunk.h"
#include "data/value.h"

#include <string.h>

enum {
    GARBAGE_MIN = 256 << 10,   /* bytes that are not worth a move */
    MOVED_MIN = 64,            /* rows that a step moves, and .. */
    MOVED_PER_CHANGE = 8,      /* .. more for each change: so a move ends before the next is due */
    WAS_ROOM_MIN = 16,         /* rows of a piece of the log .. */
    WAS_BYTES_MAX = 128 << 10, /* .. unless they take more than this */
};

#define INLINE static inline __attribute__((always_inline))

static size_t size_of(const wadi__state_store *store) { return store->type->pub.size; }

/* ---- The log ---- */

void wadi__state_log_free(wadi__state_log *log) {
    if (log == NULL) return;
    wadi__vec_fini(&log->undo);
    wadi__arena_fini(&log->arena);
    wadi__keep_unref(log->keep);
    wadi__keep_unref(log->older);
    wadi__free(log);
}
static wadi__keep *keep_ref(wadi__keep *keep) {
    if (keep != NULL) wadi__counted_ref(&keep->counted);
    return keep;
}
/* Rows that the next piece of the log is to hold: as many as the step before changed, then twice as
 * many as the piece before. */
static uint32_t was_room(const wadi__state_store *store, size_t each) {
    const wadi__state_log *log = store->open;
    size_t wanted = log->was == NULL ? store->changes : log->was->room * (size_t)2,
           most = WAS_BYTES_MAX / each;
    if (wanted < WAS_ROOM_MIN) wanted = WAS_ROOM_MIN;
    if (wanted > most) wanted = most;
    return wanted > 0 ? (uint32_t)wanted : 1;
}
/* False: no memory. */
static bool add_was(wadi__state_store *store) {
    wadi__state_log *log = store->open;
    const size_t time = store->keeps_times ? sizeof(int64_t) : 0;
    const uint32_t room = was_room(store, size_of(store) + time + sizeof(wadi__state_row));
    const size_t rows_bytes = (room * sizeof(wadi__state_row) + 15) & ~(size_t)15,
                 times_bytes = (room * time + 15) & ~(size_t)15;
    wadi__state_was *was = wadi__arena_alloc(&log->arena, sizeof *was);
    char *columns =
        was != NULL
            ? wadi__arena_alloc(&log->arena, rows_bytes + times_bytes + room * size_of(store))
            : NULL;
    if (columns == NULL) return false;
    *was = (wadi__state_was){.before = log->was, .room = room};
    was->rows = (wadi__state_row *)(void *)columns;
    was->times_ms = time > 0 ? (int64_t *)(void *)(columns + rows_bytes) : NULL;
    was->records = columns + rows_bytes + times_bytes;
    log->was = was;
    return true;
}
static bool has_was_room(wadi__state_store *store) {
    const wadi__state_was *was = store->open->was;
    return (was != NULL && was->count < was->room) || add_was(store);
}
/* Before the first change of a row in this step. False: no memory. */
static bool log_change(wadi__state_store *store, wadi__state_row row) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    const uint32_t slot = wadi__state_slot_of(store, row);
    if (wadi__state_bit(chunk->is_logged, slot)) return true;
    if (!has_was_room(store)) return false;
    wadi__state_was *was = store->open->was;
    const uint32_t i = was->count++;
    was->rows[i] = row;
    if (was->times_ms != NULL) was->times_ms[i] = chunk->times_ms[slot];
    wadi__row_copy(was->records + i * size_of(store), wadi__state_record(store, row),
                   size_of(store));
    wadi__state_bit_set(chunk->is_logged, slot);
    return true;
}
static bool log_removed(wadi__state_store *store, wadi__state_row row) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    wadi__state_image *image =
        wadi__arena_alloc(&store->open->arena, sizeof *image + size_of(store));
    if (image == NULL) return false;
    image->hash = chunk->hashes[slot];
    image->time_ms = store->keeps_times ? chunk->times_ms[slot] : 0;
    wadi__row_copy(image->record, wadi__state_record(store, row), size_of(store));
    bool was_saved = wadi__state_bit(chunk->is_saved, slot);
    return wadi__vec_push(&store->open->undo, (wadi__state_undo){row, was_saved, image});
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
        !wadi__vec_reserve(&store->open->undo, 1) ||
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
    (void)wadi__vec_push(&store->open->undo, (wadi__state_undo){row, false, NULL});
    return row;
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
/* Of records that point at nothing behind their keys: as many as the log has room for. Their
 * number. `size`, `key`: of a record, of its key; known to the compiler as a rule. */
INLINE size_t set_while_room(wadi__state_store *store, const wadi__state_row *rows,
                             const char *records, size_t count, int64_t time_ms, size_t size,
                             size_t key) {
    const wadi__state_chunk *chunks = store->chunks.items;
    const uint32_t bits = store->slot_bits;
    const wadi__state_was to = *store->open->was;
    uint32_t logged = to.count;
    size_t i = 0;
    for (; i < count && logged < to.room; i++, records += size) {
        const wadi__state_chunk *chunk = &chunks[rows[i] >> bits];
        const uint32_t slot = rows[i] & ((1u << bits) - 1);
        char *own = chunk->rows + (size_t)slot * size;
        if (wadi__state_same_bytes(records + key, own + key, size - key) &&
            (to.times_ms == NULL || chunk->times_ms[slot] == time_ms))
            continue;
        if (!wadi__state_bit(chunk->is_logged, slot)) {
            wadi__state_bit_set(chunk->is_logged, slot);
            to.rows[logged] = rows[i];
            if (to.times_ms != NULL) to.times_ms[logged] = chunk->times_ms[slot];
            wadi__row_copy(to.records + logged++ * size, own, size);
        }
        wadi__row_copy(own + key, records + key, size - key);
        if (to.times_ms != NULL) chunk->times_ms[slot] = time_ms;
    }
    store->open->was->count = logged;
    return i;
}
INLINE bool set_some_plain(wadi__state_store *store, const wadi__state_row *rows,
                           const char *records, size_t count, int64_t time_ms, size_t size,
                           size_t key) {
    for (size_t i = 0; i < count;) {
        if (!has_was_room(store)) return false;
        i += set_while_room(store, rows + i, records + i * size, count - i, time_ms, size, key);
    }
    return true;
}
static bool set_some_outside(wadi__state_store *store, const wadi__state_row *rows,
                             const char *records, size_t count, int64_t time_ms) {
    for (size_t i = 0; i < count; i++)
        if (!set_outside(store, rows[i], records + i * size_of(store)) ||
            !wadi__state_store_touch(store, rows[i], time_ms))
            return false;
    return true;
}
bool wadi__state_store_set_some(wadi__state_store *store, const wadi__state_row *rows,
                                const void *records, size_t count, int64_t time_ms) {
    const size_t size = size_of(store), key = store->key->pub.size;
    if (store->has_outside) return set_some_outside(store, rows, records, count, time_ms);
    if (size == 24 && key == 16)
        return set_some_plain(store, rows, records, count, time_ms, 24, 16);
    if (size == 16 && key == 8) return set_some_plain(store, rows, records, count, time_ms, 16, 8);
    return set_some_plain(store, rows, records, count, time_ms, size, key);
}
bool wadi__state_store_set(wadi__state_store *store, wadi__state_row row, const void *record,
                           int64_t time_ms) {
    return wadi__state_store_set_some(store, &row, record, 1, time_ms);
}
bool wadi__state_store_touch(wadi__state_store *store, wadi__state_row row, int64_t time_ms) {
    if (!store->keeps_times) return true;
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    if (chunk->times_ms[slot] == time_ms) return true;
    if (!log_change(store, row)) return false;
    chunk->times_ms[slot] = time_ms;
    return true;
}
bool wadi__state_store_remove(wadi__state_store *store, wadi__state_row row) {
    bool is_noted;
    if (!wadi__state_note_removed(store, row, &is_noted)) return false;
    if (!log_removed(store, row)) {
        if (is_noted) wadi__state_unnote_removed(store, store->removed->row_count - 1);
        return false;
    }
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
    store->open->keep = keep_ref(store->keep);
    store->open->older = keep_ref(store->older);
    store->removed_before = store->removed != NULL ? store->removed->row_count : 0;
    return true;
}
/* is_dirty: the row counts as changed since the last capture. One that is gone does no harm. */
static inline void end_row(const wadi__state_store *store, wadi__state_row row, bool is_dirty) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    chunk->is_logged[slot / 64] = 0; /* that of other rows is over as well */
    if (is_dirty) wadi__state_bit_set(chunk->is_dirty, slot);
}
static void end(wadi__state_store *store, bool is_dirty) {
    const wadi__state_log *log = store->open;
    for (const wadi__state_was *was = log->was; was != NULL; was = was->before)
        for (uint32_t i = 0; i < was->count; i++) end_row(store, was->rows[i], is_dirty);
    for (size_t i = 0; i < log->undo.count; i++) end_row(store, log->undo.items[i].row, is_dirty);
    store->open = NULL;
}
size_t wadi__state_log_changes(const wadi__state_log *log) {
    size_t changes = 0;
    for (const wadi__state_was *was = log->was; was != NULL; was = was->before)
        changes += was->count;
    return changes;
}
void wadi__state_store_commit(wadi__state_store *store, int64_t batch_ms) {
    wadi__state_log *log = store->open;
    store->changes = wadi__state_log_changes(log);
    size_t changes = store->changes + log->undo.count;
    end(store, store->is_captured);
    log->batch_ms = batch_ms;
    if (changes > 0)
        (void)wadi__vec_push(&store->logs, log);
    else
        wadi__state_log_free(log);
    tidy(store, changes);
}
static void restore(wadi__state_store *store, wadi__state_row row, const char *was,
                    int64_t time_ms) {
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    if (store->keeps_times) chunk->times_ms[wadi__state_slot_of(store, row)] = time_ms;
    store->outside_bytes += wadi__value_outside_bytes(store->type, was);
    memcpy(wadi__state_record(store, row), was, size_of(store));
}
static void undo_one(wadi__state_store *store, const wadi__state_undo *entry) {
    wadi__state_row row = entry->row;
    if (entry->image == NULL) {
        store->outside_bytes -=
            wadi__value_outside_bytes(store->type, wadi__state_record(store, row));
        wadi__state_index_remove(store, row);
        wadi__state_row_give(store, row);
        return;
    }
    wadi__state_row taken = wadi__state_row_take(store);
    WADI_ASSERT(taken == row);
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, row);
    uint32_t slot = wadi__state_slot_of(store, row);
    chunk->hashes[slot] = entry->image->hash;
    restore(store, row, entry->image->record, entry->image->time_ms);
    wadi__state_index_add(store, row);
    if (entry->was_saved) wadi__state_bit_set(chunk->is_saved, slot);
}
static void undo_changes(wadi__state_store *store, const wadi__state_was *was) {
    for (uint32_t i = 0; i < was->count; i++) {
        store->outside_bytes -=
            wadi__value_outside_bytes(store->type, wadi__state_record(store, was->rows[i]));
        restore(store, was->rows[i], was->records + i * size_of(store),
                was->times_ms != NULL ? was->times_ms[i] : 0);
    }
}
void wadi__state_store_undo(wadi__state_store *store) {
    wadi__state_log *log = store->open;
    if (log == NULL) return;
    for (size_t i = log->undo.count; i > 0; i--) undo_one(store, &log->undo.items[i - 1]);
    for (const wadi__state_was *was = log->was; was != NULL; was = was->before)
        undo_changes(store, was);
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
