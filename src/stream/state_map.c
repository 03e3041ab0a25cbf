/* SPDX-License-Identifier: Apache-2.0 */
/* state_map.c: mapWithState: the function for each record, in the order of the partition, with the
 * state of its key; then, in batches that look for them, for keys that have been idle for too long.
 *
 * The records of a key in one call share a handle and a copy of the state: those of the first of
 * them. A key that is not there gets a row at once, which goes again when nothing was put into it.
 *
 * Rows lie far apart. So those of the next call are looked for before the function is called, and
 * what leads to them before that. */
#include "exec/input.h"
#include "rdd/gather.h"
#include "stream/state_calls.h"

#include <string.h>

enum {
    CALL = 32, /* the most slots in a call: more would leave the nearest cache */
    PLACE_BITS = 7,
    PLACES = 1 << PLACE_BITS, /* well above CALL */
};

typedef struct map_op {
    wadi__cursor cursor;
    wadi__state_calls calls;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__gather gather;
    wadi__emit_op emit;
    wadi__sink sink; /* of the records */
    wadi__key_hashes hashes;
    size_t record_size;
    char *copies; /* room for records that do not lie side by side; made when it is needed */
    wadi_state handles[CALL]; /* by slot */
    uint32_t is_shared;       /* bits by slot: it has the handle of an earlier one */
    uint8_t places[PLACES];   /* by row: the slot that has its handle, plus 1 */
    wadi__state_row *next;    /* guesses for the records of the next call */
    uint64_t turn;            /* of the store, at the oldest guess */
} map_op;

/* ---- Handles of a call ---- */

static void begin_slots(map_op *op) {
    wadi__state_calls *calls = &op->calls;
    for (size_t i = 0; i < CALL; i++) {
        op->handles[i].task = &calls->writing.task->user;
        calls->slots[i] =
            (wadi_state_slot){.value = wadi__state_calls_value(calls, i), .state = &op->handles[i]};
    }
}
/* Slot i, whose row is there, and whose value is the row's state, is a key's first. */
static inline void begin_slot(map_op *op, size_t i, const void *key, bool exists, bool timing_out) {
    wadi_state *handle = &op->handles[i];
    op->calls.slots[i].key = key;
    handle->exists = exists;
    handle->timing_out = timing_out;
    handle->updated = handle->removed = false;
}
/* A further record of a key whose first one has slot h. */
static void share_slot(map_op *op, size_t i, const void *key, size_t h) {
    op->calls.slots[i] = op->calls.slots[h];
    op->calls.slots[i].key = key;
    op->is_shared |= 1u << i;
}
static inline void fill_slot(map_op *op, size_t i, const void *key, bool is_new) {
    const wadi__state_row *rows = op->calls.rows;
    size_t at = (rows[i] * 0x9E3779B1u) >> (32 - PLACE_BITS);
    for (; op->places[at] != 0; at = (at + 1) % PLACES)
        if (rows[op->places[at] - 1] == rows[i]) {
            share_slot(op, i, key, op->places[at] - 1u);
            return;
        }
    begin_slot(op, i, key, !is_new, false);
    op->places[at] = (uint8_t)(i + 1);
}
static void forget_slots(map_op *op) {
    if (op->is_shared != 0) begin_slots(op);
    op->is_shared = 0;
    memset(op->places, 0, sizeof op->places);
}
/* What the function did with a key whose state it has not updated. False: the task has failed. */
static bool settle(map_op *op, size_t h) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_writing *writing = &calls->writing;
    const wadi_state *handle = &op->handles[h];
    if (!handle->exists || handle->timing_out) return wadi__state_calls_drop(calls, calls->rows[h]);
    if (writing->state->timeout_ms == 0 ||
        wadi__state_store_touch(writing->store, calls->rows[h], writing->batch_ms))
        return true;
    wadi__state_no_memory(writing);
    return false;
}
static bool is_shared(const map_op *op, size_t h) { return (op->is_shared >> h & 1) != 0; }
/* How many slots in a row were updated. */
static size_t updated_from(const map_op *op, size_t from, size_t count) {
    size_t h = from;
    while (h < count && op->handles[h].updated && op->handles[h].exists && !is_shared(op, h)) h++;
    return h - from;
}
static bool settle_all(map_op *op, size_t count) {
    for (size_t h = 0; h < count;) {
        size_t updated = updated_from(op, h, count);
        bool is_done = updated > 0 ? wadi__state_calls_keep_some(&op->calls, h, updated)
                                   : is_shared(op, h) || settle(op, h);
        if (!is_done) return false;
        h += updated > 0 ? updated : 1;
    }
    return true;
}
static bool call(map_op *op, const char *records, size_t count) {
    wadi__state_calls *calls = &op->calls;
    wadi_call call = {
        .count = count, .in = records, .slots = calls->slots, .emitter = &op->emit.base};
    wadi__call_site_run(&calls->site, &call);
    if (wadi__task_is_over(calls->writing.task) || !settle_all(op, count)) return false;
    forget_slots(op);
    return true;
}

/* ---- Records ---- */

/* Makes a row for the key of slot i, unless an earlier record has. False: the task has failed. */
static bool make_row(map_op *op, size_t i, const char *record, uint64_t hash, bool *is_new) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_row row = wadi__state_calls_row(calls, record, hash, is_new);
    if (row == WADI__STATE_NO_ROW) return false;
    calls->rows[i] = row;
    wadi__row_copy(wadi__state_calls_value(calls, i), wadi__state_record(calls->writing.store, row),
                   calls->state_size);
    return true;
}
static bool map_records(map_op *op, const wadi__state_keys *keys) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_store_take(calls->writing.store, keys, calls->rows, calls->values);
    const char *record = keys->rows;
    for (size_t i = 0; i < keys->count; i++, record += keys->stride) {
        bool is_new = false;
        if (calls->rows[i] == WADI__STATE_NO_ROW &&
            !make_row(op, i, record, keys->hashes[i], &is_new))
            return false;
        fill_slot(op, i, record, is_new);
    }
    return call(op, keys->rows, keys->count);
}
/* Side by side, as functions take them. NULL: the task has failed. */
static const char *side_by_side(map_op *op, const wadi__slice *in, size_t from, size_t count) {
    if (in->selected == NULL) return (const char *)in->rows + from * op->record_size;
    if (op->copies == NULL)
        op->copies = wadi__task_room(op->calls.writing.task, CALL * op->record_size);
    for (size_t i = 0; op->copies != NULL && i < count; i++)
        wadi__row_copy(op->copies + i * op->record_size,
                       (const char *)in->rows + in->selected[from + i] * op->record_size,
                       op->record_size);
    return op->copies;
}
/* The rows of the next call are those that were guessed, or are guessed anew when keys have come
 * or gone. */
static void take_guesses(map_op *op, const uint64_t *hashes, size_t count) {
    wadi__state_calls *calls = &op->calls;
    const wadi__state_store *store = calls->writing.store;
    wadi__state_row *rows = op->next;
    op->next = calls->rows;
    calls->rows = rows;
    if (op->turn != store->turn) wadi__state_store_guess(store, hashes, count, rows);
    op->turn = store->turn;
}
static size_t at_most(size_t count, size_t most) { return count < most ? count : most; }
static void map_push(wadi__sink *sink, const wadi__slice *in) {
    map_op *op = (map_op *)(void *)((char *)sink - offsetof(map_op, sink));
    const wadi__state_store *store = op->calls.writing.store;
    if (wadi__task_is_over(op->calls.writing.task)) return;
    const uint64_t *hashes = wadi__key_hashes_of(&op->hashes, in);
    if (hashes == NULL) return;
    const size_t all = in->count, most = op->calls.slots_max;
    size_t end = at_most(all, most), next_end = end + at_most(all - end, most);
    wadi__state_store_fetch(store, hashes, next_end);
    wadi__state_store_guess(store, hashes, end, op->next);
    op->turn = store->turn;
    for (size_t from = 0; from < all; from = end, end = next_end) {
        take_guesses(op, hashes + from, end - from);
        next_end = end + at_most(all - end, most);
        wadi__state_store_fetch(store, hashes + next_end, at_most(all - next_end, most));
        wadi__state_store_guess(store, hashes + end, next_end - end, op->next);
        const wadi__state_keys keys = {side_by_side(op, in, from, end - from), op->record_size,
                                       hashes + from, end - from};
        if (keys.rows == NULL || !map_records(op, &keys)) return;
    }
}
static bool map_all(map_op *op) {
    if (!wadi__state_node_of(op->rdd)->has_data) return true;
    wadi__task *task = op->calls.writing.task;
    op->hashes = wadi__key_hashes_for(op->rdd, 0, op->rdd->parents[0].is_wide, task);
    op->record_size = op->rdd->parents[0].rdd->type->pub.size;
    op->sink = (wadi__sink){.push = map_push, .wants_hashes = true};
    wadi__input_drain(op->rdd, 0, op->partition, task, &op->sink);
    return !wadi__task_is_over(task);
}

/* ---- Keys that time out ---- */

static bool end_idle(map_op *op) {
    wadi__state_calls *calls = &op->calls;
    const wadi__state_writing *writing = &calls->writing;
    const wadi__state_store *store = writing->store;
    int64_t limit_ms = writing->batch_ms - writing->state->timeout_ms;
    size_t count = 0;
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++) {
            if (chunk->times_ms[slot] >= limit_ms || !wadi__state_bit(chunk->is_live, slot))
                continue;
            char *value = wadi__state_calls_value(calls, count);
            calls->rows[count] = wadi__state_row_at(store, c, slot);
            wadi__row_copy(value, wadi__state_record(store, calls->rows[count]), calls->state_size);
            begin_slot(op, count++, value, true, true);
            if (count == calls->slots_max) {
                if (!call(op, NULL, count)) return false;
                count = 0;
            }
        }
    }
    return count == 0 || call(op, NULL, count);
}

/* ---- The task ---- */

/* What was emitted, so that it may stay when the batch has gone. */
static bool take_output(map_op *op) {
    wadi__state_writing *writing = &op->calls.writing;
    wadi__block *from = op->gather.block;
    if (from->row_count == 0) return true;
    if (from->type->has_outside) {
        writing->output = wadi__block_copy(from);
    } else {
        writing->output = wadi__block_new(from->type, NULL);
        for (size_t i = 0; writing->output != NULL && i < from->chunks.count; i++)
            if (!wadi__block_add(writing->output, from->chunks.items[i])) {
                wadi__block_unref(writing->output);
                writing->output = NULL;
            }
    }
    if (writing->output != NULL) return true;
    wadi__task_fail(writing->task, WADI_E_NOMEM, "no memory for the records that were emitted");
    return false;
}
static bool map_step(wadi__cursor *cursor) {
    map_op *op = (map_op *)cursor;
    wadi__state_writing *writing = &op->calls.writing;
    bool is_done = wadi__state_calls_begin_with(&op->calls, op->rdd, op->partition, false) &&
                   map_all(op) && (!wadi__state_node_of(op->rdd)->ends_idle || end_idle(op));
    if (is_done) wadi__emit_op_flush(&op->emit);
    writing->is_done = is_done && !wadi__task_is_over(writing->task) && take_output(op);
    return false;
}
static bool nothing_step(wadi__cursor *cursor) {
    (void)cursor;
    return false;
}
typedef struct drop_block {
    wadi__at_close at_close;
    wadi__block *block;
} drop_block;
static void drop_close(wadi__at_close *at_close) {
    wadi__block_unref(((drop_block *)at_close)->block);
}
static bool open_output(map_op *op, wadi__task *task) {
    const wadi__type *out = op->rdd->fn->out;
    drop_block *drop = wadi__task_scratch(task, sizeof *drop);
    if (drop == NULL || !wadi__gather_init(&op->gather, task, out, UINT64_MAX)) return false;
    *drop = (drop_block){{drop_close, NULL}, op->gather.block};
    wadi__task_on_close(task, &drop->at_close);
    begin_slots(op);
    op->next = wadi__task_room(task, CALL * sizeof *op->next);
    return op->next != NULL && wadi__emit_op_init(&op->emit, task, out, &op->gather.sink);
}
static wadi__cursor *map_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                              wadi__sink *sink) {
    (void)sink;
    map_op *op = wadi__task_scratch(task, sizeof *op);
    bool has_batch;
    if (op == NULL || !wadi__state_calls_init(&op->calls, rdd, partition, task, CALL, &has_batch))
        return NULL;
    op->cursor.step = has_batch ? nothing_step : map_step;
    op->rdd = rdd;
    op->partition = partition;
    return has_batch || open_output(op, task) ? &op->cursor : NULL;
}
const wadi__state_node_ops wadi__state_map_ops = {.open = map_open};
