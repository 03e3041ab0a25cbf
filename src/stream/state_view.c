/* SPDX-License-Identifier: Apache-2.0 */
/* state_view.c: reading states of now, or of an earlier batch.
 *
 * Rows are pushed where they lie. Of a row that later batches changed, the oldest of their logs
 * tells what it was: such rows are left out first, and pushed from the logs at the end. */
#include "stream/state_view.h"

#include "data/value.h"

#include <string.h>

typedef struct older_row {
    const char *record;
    uint64_t hash; /* of its key; 0: not known */
} older_row;
typedef struct state_view {
    wadi__cursor cursor;
    const wadi__state_store *store;
    wadi__task *task;
    wadi__sink *sink;
    size_t record_size;
    uint32_t rows_max;
    size_t chunk;
    uint32_t slot;      /* the next row */
    uint64_t **changed; /* by chunk: bits of rows that the logs tell of; NULL: none is changed */
    uint32_t *selected; /* room for rows_max */
    older_row *older;   /* what such rows were */
    size_t older_count, next_older;
    wadi__output output;
} state_view;

/* ---- What later batches changed ---- */

static size_t changes_after(const wadi__state_store *store, int64_t batch_ms) {
    size_t count = 0;
    for (size_t i = 0; i < store->logs.count; i++) {
        const wadi__state_log *log = store->logs.items[i];
        if (log->batch_ms > batch_ms) count += wadi__state_log_changes(log) + log->undo.count;
    }
    return count;
}
static bool make_room(state_view *view, size_t changes) {
    const wadi__state_store *store = view->store;
    view->older = wadi__task_room(view->task, changes * sizeof *view->older);
    view->changed = wadi__task_room(view->task, store->chunks.count * sizeof(uint64_t *));
    if (view->older == NULL || view->changed == NULL) return false;
    for (size_t c = 0; c < store->chunks.count; c++) {
        size_t bytes = store->chunks.items[c].capacity / 64 * sizeof(uint64_t);
        view->changed[c] = wadi__task_scratch(view->task, bytes);
        if (view->changed[c] == NULL) return false;
    }
    return true;
}
/* `record`: what the row was; NULL: it had no key. */
static void look_at(state_view *view, wadi__state_row row, const char *record, uint64_t hash) {
    uint64_t *changed = view->changed[row >> view->store->slot_bits];
    uint32_t slot = wadi__state_slot_of(view->store, row);
    if (wadi__state_bit(changed, slot)) return; /* what is older has told */
    wadi__state_bit_set(changed, slot);
    if (record != NULL) view->older[view->older_count++] = (older_row){record, hash};
}
/* In a log, too, what a row was before it changed is older than that its key came or went. */
static void look_through(state_view *view, const wadi__state_log *log) {
    for (const wadi__state_was *was = log->was; was != NULL; was = was->before)
        for (uint32_t i = 0; i < was->count; i++)
            look_at(view, was->rows[i], was->records + i * view->record_size, 0);
    for (size_t i = 0; i < log->undo.count; i++) {
        const wadi__state_undo *undo = &log->undo.items[i];
        look_at(view, undo->row, undo->image != NULL ? undo->image->record : NULL,
                undo->image != NULL ? undo->image->hash : 0);
    }
}
static bool look_back(state_view *view, int64_t batch_ms) {
    const wadi__state_store *store = view->store;
    size_t changes = changes_after(store, batch_ms);
    if (changes == 0) return true;
    if (!make_room(view, changes)) return false;
    for (size_t i = 0; i < store->logs.count; i++) {
        const wadi__state_log *log = store->logs.items[i];
        if (log->batch_ms <= batch_ms) continue;
        if ((log->keep != NULL && !wadi__task_keep(view->task, &log->keep->counted)) ||
            (log->older != NULL && !wadi__task_keep(view->task, &log->older->counted)))
            return false;
        look_through(view, log);
    }
    return true;
}

/* ---- Pushing ---- */

/* The rows of [from, from + count) that count, into view->selected; their number. */
static uint32_t select_rows(const state_view *view, uint32_t from, uint32_t count) {
    const wadi__state_chunk *chunk = &view->store->chunks.items[view->chunk];
    const uint64_t *changed = view->changed != NULL ? view->changed[view->chunk] : NULL;
    uint32_t selected = 0;
    for (uint32_t slot = from, end = from + count; slot < end; slot = (slot / 64 + 1) * 64) {
        uint64_t bits = chunk->is_live[slot / 64] & ~(changed != NULL ? changed[slot / 64] : 0);
        bits &= ~(uint64_t)0 << slot % 64;
        if (end / 64 == slot / 64) bits &= ~(~(uint64_t)0 << end % 64);
        for (uint32_t base = slot / 64 * 64; bits != 0; bits &= bits - 1)
            view->selected[selected++] = base + (uint32_t)__builtin_ctzll(bits) - from;
    }
    return selected;
}
static void push_rows(state_view *view) {
    const wadi__state_chunk *chunk = &view->store->chunks.items[view->chunk];
    uint32_t from = view->slot, left = chunk->count - from;
    uint32_t count = left < view->rows_max ? left : view->rows_max;
    uint32_t selected = select_rows(view, from, count);
    wadi__slice slice = {chunk->rows + from * view->record_size, selected,
                         selected < count ? view->selected : NULL, chunk->hashes + from, NULL};
    view->slot += count;
    if (view->slot == chunk->count) {
        view->slot = 0;
        view->chunk++;
    }
    if (selected > 0) wadi__push(view->sink, &slice);
}
static void push_older(state_view *view) {
    size_t left = view->older_count - view->next_older, size = view->record_size;
    uint32_t count = left < view->rows_max ? (uint32_t)left : view->rows_max;
    wadi__chunk *out = wadi__output_chunk(&view->output, view->task, size, count, true);
    if (out == NULL) return;
    for (uint32_t i = 0; i < count; i++) {
        const older_row *older = &view->older[view->next_older++];
        wadi__row_copy(out->rows + i * size, older->record, size);
        out->hashes[i] =
            older->hash != 0 ? older->hash : wadi__value_hash(view->store->key, older->record);
    }
    out->count = count;
    wadi__slice slice = {out->rows, count, NULL, out->hashes, out};
    wadi__push(view->sink, &slice);
}
static bool view_step(wadi__cursor *cursor) {
    state_view *view = (state_view *)cursor;
    const wadi__state_store *store = view->store;
    while (view->chunk < store->chunks.count && store->chunks.items[view->chunk].count == 0)
        view->chunk++;
    if (view->chunk < store->chunks.count)
        push_rows(view);
    else if (view->next_older < view->older_count)
        push_older(view);
    else
        return false;
    return true;
}
wadi__cursor *wadi__state_view_open(const wadi__state_store *store, int64_t batch_ms,
                                    wadi__task *task, wadi__sink *sink) {
    state_view *view = wadi__task_scratch(task, sizeof *view);
    if (view == NULL) return NULL;
    view->cursor.step = view_step;
    view->store = store;
    view->task = task;
    view->sink = sink;
    view->record_size = store->type->pub.size;
    view->rows_max = wadi__chunk_rows_max(view->record_size);
    view->selected = wadi__task_room(task, view->rows_max * sizeof *view->selected);
    bool kept = (store->keep == NULL || wadi__task_keep(task, &store->keep->counted)) &&
                (store->older == NULL || wadi__task_keep(task, &store->older->counted));
    return view->selected != NULL && kept && look_back(view, batch_ms) ? &view->cursor : NULL;
}
