/* SPDX-License-Identifier: Apache-2.0 */
/* state_update.c: updateStateByKey: a batch's records by key, and then the function for every key
 * that has some or has a state: first those with records, then all others, chunk by chunk. */
#include "data/value.h"
#include "exec/grouping.h"
#include "stream/state_calls.h"

#include <string.h>

enum {
    CALL = 256, /* the most slots in a call */
    LINE = 64,  /* of a cache */
    /* Rows are asked for so far ahead, as processors look no further than the page. */
    AHEAD = 96 * LINE,
};

typedef struct state_run { /* rows side by side */
    wadi__state_row row;
    uint32_t count;
    const char *records;
} state_run;

typedef struct update_op {
    wadi__cursor cursor;
    wadi__state_calls calls;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__grouping grouping;
    wadi_group_view views[CALL];
    state_run runs[CALL]; /* of a call */
    size_t run_count;
} update_op;

/* Runs the function over the first `count` slots. False: the task has failed. */
static bool run_function(update_op *op, size_t count) {
    wadi__state_calls *calls = &op->calls;
    wadi_call call = {.count = count, .groups = op->views, .slots = calls->slots};
    wadi__call_site_run(&calls->site, &call);
    return !wadi__task_is_over(calls->writing.task);
}
/* Does what it wants. False: the task has failed. */
static bool write_back(update_op *op, size_t count) {
    wadi__state_calls *calls = &op->calls;
    wadi__state_store *store = calls->writing.store;
    for (size_t i = 0; i < count; i++) {
        const char *value = wadi__state_calls_value(calls, i);
        wadi__state_row row = calls->rows[i];
        bool is_same =
            calls->slots[i].exists &&
            wadi__state_same_bytes(value, wadi__state_record(store, row), calls->state_size);
        if (!calls->slots[i].keep) {
            if (!wadi__state_calls_drop(calls, row)) return false;
        } else if (!is_same && !wadi__state_calls_keep(calls, row, value)) {
            return false;
        }
    }
    return true;
}
static bool call(update_op *op, size_t count) {
    return run_function(op, count) && write_back(op, count);
}
static void fill_slot(update_op *op, size_t i, wadi__state_row row, bool exists) {
    wadi__state_calls *calls = &op->calls;
    char *value = wadi__state_calls_value(calls, i);
    wadi__row_copy(value, wadi__state_record(calls->writing.store, row), calls->state_size);
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
/* The records of the next keys, and the hashes of these. */
static void view_groups(update_op *op, uint32_t k, size_t count, uint64_t *hashes) {
    for (size_t i = 0; i < count; i++) {
        wadi_group_view *view = &op->views[i];
        *view = (wadi_group_view){0};
        view->key = view->in =
            wadi__grouping_rows(&op->grouping, 0, k + (uint32_t)i, &view->in_count);
        hashes[i] = wadi__value_hash(op->rdd->key, view->key);
    }
    wadi__state_store_prefetch(op->calls.writing.store, hashes, count);
}
static bool fill_group(update_op *op, size_t i, uint64_t hash) {
    wadi__state_calls *calls = &op->calls;
    bool is_new;
    wadi__state_row row = wadi__state_calls_row(calls, op->views[i].key, hash, &is_new);
    if (row == WADI__STATE_NO_ROW) return false;
    const wadi__state_store *store = calls->writing.store;
    wadi__state_bit_set(wadi__state_chunk_of(store, row)->is_seen, wadi__state_slot_of(store, row));
    fill_slot(op, i, row, !is_new);
    return true;
}
static bool update_groups(update_op *op) {
    uint64_t hashes[CALL];
    for (uint32_t k = 0; k < op->grouping.key_count;) {
        size_t left = op->grouping.key_count - k, most = op->calls.slots_max;
        size_t count = left < most ? left : most;
        view_groups(op, k, count, hashes);
        for (size_t i = 0; i < count; i++)
            if (!fill_group(op, i, hashes[i])) return false;
        if (!call(op, count)) return false;
        k += (uint32_t)count;
    }
    return true;
}

/* ---- All others: runs of keys side by side ---- */

/* What is the same for all of them is filled in once. */
static void begin_others(update_op *op) {
    for (size_t i = 0; i < CALL; i++) {
        op->calls.slots[i] =
            (wadi_state_slot){.value = wadi__state_calls_value(&op->calls, i), .exists = true};
        op->views[i] = (wadi_group_view){0};
    }
}
/* Adds a run of rows to a call that has `at` already. */
static void fill_run(update_op *op, size_t at, state_run run) {
    const size_t size = op->calls.state_size;
    for (size_t i = 0; i < run.count * size; i += LINE)
        __builtin_prefetch((const void *)((uintptr_t)run.records + AHEAD + i));
    memcpy(wadi__state_calls_value(&op->calls, at), run.records, run.count * size);
    for (size_t i = 0; i < run.count; i++) {
        op->views[at + i].key = run.records + i * size;
        op->calls.rows[at + i] = run.row + (wadi__state_row)i;
    }
    op->runs[op->run_count++] = run;
}
/* Whether the function keeps all states as they are, which is the rule. */
static bool is_unchanged(const update_op *op, size_t count) {
    const wadi__state_calls *calls = &op->calls;
    bool keeps_all = true;
    for (size_t i = 0; i < count; i++) keeps_all &= calls->slots[i].keep;
    const char *value = wadi__state_calls_value(calls, 0);
    for (size_t i = 0; keeps_all && i < op->run_count; i++) {
        size_t bytes = op->runs[i].count * calls->state_size;
        if (memcmp(value, op->runs[i].records, bytes) != 0) return false;
        value += bytes;
    }
    return keeps_all;
}
static bool call_others(update_op *op, size_t count) {
    if (!run_function(op, count)) return false;
    bool is_done = is_unchanged(op, count) || write_back(op, count);
    op->run_count = 0;
    return is_done;
}
/* The next rows side by side that have a key and were not seen; *bits are those of 64 rows. */
static state_run next_run(const wadi__state_store *store, size_t c, uint32_t base, uint64_t *bits,
                          size_t most) {
    uint32_t first = (uint32_t)__builtin_ctzll(*bits);
    uint64_t holes = ~(*bits >> first);
    uint32_t count = holes != 0 ? (uint32_t)__builtin_ctzll(holes) : 64 - first;
    if (count > most) count = (uint32_t)most;
    uint64_t taken = count < 64 ? ((uint64_t)1 << count) - 1 : UINT64_MAX;
    *bits &= ~(taken << first);
    return (state_run){wadi__state_row_at(store, c, base + first), count,
                       store->chunks.items[c].rows +
                           ((size_t)base + first) * store->type->pub.size};
}
static bool update_others(update_op *op) {
    const wadi__state_store *store = op->calls.writing.store;
    const size_t most = op->calls.slots_max;
    size_t count = 0;
    begin_others(op);
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t base = 0; base < chunk->count; base += 64) {
            uint64_t bits = chunk->is_live[base / 64] & ~chunk->is_seen[base / 64];
            while (bits != 0) {
                state_run run = next_run(store, c, base, &bits, most - count);
                fill_run(op, count, run);
                count += run.count;
                if (count < most) continue;
                if (!call_others(op, count)) return false;
                count = 0;
            }
        }
    }
    return count == 0 || call_others(op, count);
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
    if (op == NULL || !wadi__state_calls_init(&op->calls, rdd, partition, task, CALL, &has_batch))
        return NULL;
    op->cursor.step = has_batch ? nothing_step : update_step;
    op->rdd = rdd;
    op->partition = partition;
    return &op->cursor;
}
const wadi__state_node_ops wadi__state_update_ops = {.open = update_open};
