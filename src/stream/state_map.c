/* SPDX-License-Identifier: Apache-2.0 */
/* state_map.c: mapWithState: the function for each record, in the order of the partition, with the
 * state of its key; then, in batches that look for them, for keys that have been idle for too long.
 *
 * The records of a key in one call share a handle and a copy of the state. A key that is not there
 * gets a row at once, which goes again when nothing was put into it. */
#include "exec/input.h"
#include "rdd/gather.h"
#include "stream/state_calls.h"

#include <string.h>

enum { HANDLE_PLACES = 1024 }; /* a power of two, well above WADI__STATE_CALL */

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
    wadi_state handles[WADI__STATE_CALL];
    size_t handle_count;
    uint16_t places[HANDLE_PLACES]; /* by row: the number of its handle, plus 1 */
} map_op;

/* ---- Handles of a call ---- */

/* A handle with a copy of the row's state. */
static size_t add_handle(map_op *op, wadi__state_row row, wadi_state handle) {
    wadi__state_calls *calls = &op->calls;
    size_t h = op->handle_count++;
    handle.task = &calls->writing.task->user;
    op->handles[h] = handle;
    calls->rows[h] = row;
    wadi__row_copy(wadi__state_calls_value(calls, h), wadi__state_record(calls->writing.store, row),
                   calls->state_size);
    return h;
}
static size_t handle_of(map_op *op, wadi__state_row row, bool is_new) {
    size_t at = (row * 0x9E3779B1u) >> 22;
    for (; op->places[at] != 0; at = (at + 1) % HANDLE_PLACES)
        if (op->calls.rows[op->places[at] - 1] == row) return op->places[at] - 1u;
    size_t h = add_handle(op, row, (wadi_state){.exists = !is_new});
    op->places[at] = (uint16_t)(h + 1);
    return h;
}
static void forget_handles(map_op *op) {
    op->handle_count = 0;
    memset(op->places, 0, sizeof op->places);
}
/* What the function did with a key. False: the task has failed. */
static bool settle(map_op *op, size_t h) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_writing *writing = &calls->writing;
    const wadi_state *handle = &op->handles[h];
    if (!handle->exists || handle->timing_out) return wadi__state_calls_drop(calls, calls->rows[h]);
    if (handle->updated)
        return wadi__state_calls_keep(calls, calls->rows[h], wadi__state_calls_value(calls, h));
    if (writing->state->timeout_ms == 0 ||
        wadi__state_store_touch(writing->store, calls->rows[h], writing->batch_ms))
        return true;
    wadi__state_no_memory(writing);
    return false;
}
static bool call(map_op *op, const char *records, size_t count) {
    wadi__state_calls *calls = &op->calls;
    wadi_call call = {
        .count = count, .in = records, .slots = calls->slots, .emitter = &op->emit.base};
    wadi__call_site_run(&calls->site, &call);
    if (wadi__task_is_over(calls->writing.task)) return false;
    for (size_t h = 0; h < op->handle_count; h++)
        if (!settle(op, h)) return false;
    forget_handles(op);
    return true;
}
static void fill_slot(map_op *op, size_t i, const void *key, size_t h) {
    op->calls.slots[i] = (wadi_state_slot){
        .key = key, .value = wadi__state_calls_value(&op->calls, h), .state = &op->handles[h]};
}

/* ---- Records ---- */

static bool map_records(map_op *op, const char *records, const uint64_t *hashes, size_t count) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_row found[WADI__STATE_CALL];
    wadi__state_store_find(calls->writing.store, records, op->record_size, hashes, count, found);
    for (size_t i = 0; i < count; i++) {
        const char *record = records + i * op->record_size;
        bool is_new = false;
        if (found[i] == WADI__STATE_NO_ROW)
            found[i] = wadi__state_calls_row(calls, record, hashes[i], &is_new);
        if (found[i] == WADI__STATE_NO_ROW) return false;
        fill_slot(op, i, record, handle_of(op, found[i], is_new));
    }
    return call(op, records, count);
}
/* Side by side, as functions take them. NULL: the task has failed. */
static const char *side_by_side(map_op *op, const wadi__slice *in, size_t from, size_t count) {
    if (in->selected == NULL) return (const char *)in->rows + from * op->record_size;
    if (op->copies == NULL)
        op->copies = wadi__task_room(op->calls.writing.task, WADI__STATE_CALL * op->record_size);
    for (size_t i = 0; op->copies != NULL && i < count; i++)
        wadi__row_copy(op->copies + i * op->record_size,
                       (const char *)in->rows + in->selected[from + i] * op->record_size,
                       op->record_size);
    return op->copies;
}
static void map_push(wadi__sink *sink, const wadi__slice *in) {
    map_op *op = (map_op *)(void *)((char *)sink - offsetof(map_op, sink));
    if (wadi__task_is_over(op->calls.writing.task)) return;
    const uint64_t *hashes = wadi__key_hashes_of(&op->hashes, in);
    for (size_t from = 0; hashes != NULL && from < in->count;) {
        size_t left = in->count - from, most = op->calls.slots_max;
        size_t count = left < most ? left : most;
        const char *records = side_by_side(op, in, from, count);
        if (records == NULL || !map_records(op, records, hashes + from, count)) return;
        from += count;
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
    const wadi__state_writing *writing = &op->calls.writing;
    const wadi__state_store *store = writing->store;
    int64_t limit_ms = writing->batch_ms - writing->state->timeout_ms;
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++) {
            if (chunk->times_ms[slot] >= limit_ms || !wadi__state_bit(chunk->is_live, slot))
                continue;
            wadi__state_row row = wadi__state_row_at(store, c, slot);
            size_t h = add_handle(op, row, (wadi_state){.exists = true, .timing_out = true});
            fill_slot(op, h, wadi__state_calls_value(&op->calls, h), h);
            if (op->handle_count == op->calls.slots_max && !call(op, NULL, op->handle_count))
                return false;
        }
    }
    return op->handle_count == 0 || call(op, NULL, op->handle_count);
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
    return wadi__emit_op_init(&op->emit, task, out, &op->gather.sink);
}
static wadi__cursor *map_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                              wadi__sink *sink) {
    (void)sink;
    map_op *op = wadi__task_scratch(task, sizeof *op);
    bool has_batch;
    if (op == NULL || !wadi__state_calls_init(&op->calls, rdd, partition, task, &has_batch))
        return NULL;
    op->cursor.step = has_batch ? nothing_step : map_step;
    op->rdd = rdd;
    op->partition = partition;
    return has_batch || open_output(op, task) ? &op->cursor : NULL;
}
const wadi__state_node_ops wadi__state_map_ops = {.open = map_open};
