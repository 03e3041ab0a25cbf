/* SPDX-License-Identifier: Apache-2.0 */
/* state_update.c: updateStateByKey: a batch's records by key, and then the function for every key
 * that has some or has a state: first those with records, then all others, chunk by chunk. */
#include "data/value.h"
#include "exec/grouping.h"
#include "stream/state_calls.h"

#include <string.h>

typedef struct update_op {
    wadi__cursor cursor;
    wadi__state_calls calls;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__grouping grouping;
    wadi_group_view views[WADI__STATE_CALL];
} update_op;

/* Runs the function over the first `count` slots and does what it wants. False: the task has
 * failed. */
static bool call(update_op *op, size_t count) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_store *store = calls->writing.store;
    wadi_call call = {.count = count, .groups = op->views, .slots = calls->slots};
    wadi__call_site_run(&calls->site, &call);
    if (wadi__task_is_over(calls->writing.task)) return false;
    for (size_t i = 0; i < count; i++) {
        const char *value = wadi__state_calls_value(calls, i);
        wadi__state_row row = calls->rows[i];
        bool is_same = calls->slots[i].exists &&
                       memcmp(value, wadi__state_record(store, row), calls->state_size) == 0;
        if (!calls->slots[i].keep) {
            if (!wadi__state_calls_drop(calls, row)) return false;
        } else if (!is_same && !wadi__state_calls_keep(calls, row, value)) {
            return false;
        }
    }
    return true;
}
static void fill_slot(update_op *op, size_t i, wadi__state_row row, bool exists) {
    wadi__state_calls *calls = &op->calls;
    char *value = wadi__state_calls_value(calls, i);
    memcpy(value, wadi__state_record(calls->writing.store, row), calls->state_size);
    calls->rows[i] = row;
    calls->slots[i] = (wadi_state_slot){.value = value, .exists = exists};
}

/* ---- Keys with records ---- */

static bool group(update_op *op) {
    wadi__task *task = op->calls.writing.task;
    wadi__held_input *input = wadi__task_scratch(task, sizeof *input);
    return input != NULL && wadi__held_input_init(input, op->rdd, 0, op->partition, task) &&
           wadi__grouping_build(&op->grouping, input, 1, op->rdd, task);
}
static bool fill_group(update_op *op, size_t i, uint32_t k) {
    wadi__state_calls *calls = &op->calls;
    size_t count;
    const char *in = wadi__grouping_rows(&op->grouping, 0, k, &count);
    bool is_new;
    wadi__state_row row =
        wadi__state_calls_row(calls, in, wadi__value_hash(op->rdd->key, in), &is_new);
    if (row == WADI__STATE_NO_ROW) return false;
    const wadi__state_store *store = calls->writing.store;
    wadi__state_bit_set(wadi__state_chunk_of(store, row)->is_seen, wadi__state_slot_of(store, row));
    op->views[i] = (wadi_group_view){.key = in, .in = in, .in_count = count};
    fill_slot(op, i, row, !is_new);
    return true;
}
static bool update_groups(update_op *op) {
    for (uint32_t k = 0; k < op->grouping.key_count;) {
        size_t count = 0;
        for (; count < op->calls.slots_max && k < op->grouping.key_count; count++, k++)
            if (!fill_group(op, count, k)) return false;
        if (!call(op, count)) return false;
    }
    return true;
}

/* ---- All others ---- */

static void fill_other(update_op *op, size_t i, wadi__state_row row) {
    fill_slot(op, i, row, true);
    op->views[i] = (wadi_group_view){.key = wadi__state_record(op->calls.writing.store, row)};
}
static bool update_others(update_op *op) {
    const wadi__state_store *store = op->calls.writing.store;
    size_t count = 0;
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t base = 0; base < chunk->count; base += 64) {
            uint64_t bits = chunk->is_live[base / 64] & ~chunk->is_seen[base / 64];
            for (; bits != 0; bits &= bits - 1) {
                uint32_t slot = base + (uint32_t)__builtin_ctzll(bits);
                fill_other(op, count++, wadi__state_row_at(store, c, slot));
                if (count < op->calls.slots_max) continue;
                if (!call(op, count)) return false;
                count = 0;
            }
        }
    }
    return count == 0 || call(op, count);
}

/* ---- The task ---- */

static bool update_step(wadi__cursor *cursor) {
    update_op *op = (update_op *)cursor;
    const wadi__state_node *node = wadi__state_node_of(op->rdd);
    wadi__state_writing *writing = &op->calls.writing;
    wadi__state_store_clear_seen(writing->store);
    writing->is_done = wadi__state_calls_begin_with(&op->calls, op->rdd, op->partition, true) &&
                       (!node->has_data || (group(op) && update_groups(op))) && update_others(op);
    return false;
}
static bool nothing_step(wadi__cursor *cursor) {
    (void)cursor;
    return false;
}
static wadi__cursor *update_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    (void)sink;
    update_op *op = wadi__task_scratch(task, sizeof *op);
    bool has_batch;
    if (op == NULL || !wadi__state_calls_init(&op->calls, rdd, partition, task, &has_batch))
        return NULL;
    op->cursor.step = has_batch ? nothing_step : update_step;
    op->rdd = rdd;
    op->partition = partition;
    return &op->cursor;
}
const wadi__state_node_ops wadi__state_update_ops = {.open = update_open};
