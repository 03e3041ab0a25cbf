/* SPDX-License-Identifier: Apache-2.0 */
/* range.c: the numbers from one up to another. */
#include "rdd/ops/ops.h"

typedef struct range_state {
    int64_t from, until;
} range_state;

typedef struct range_op {
    wadi__cursor cursor;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    int64_t at, until;
} range_op;

static bool range_step(wadi__cursor *cursor) {
    range_op *op = (range_op *)cursor;
    if (op->at >= op->until) return false;
    wadi__chunk *out = wadi__output_chunk(&op->output, op->task, sizeof(int64_t), WADI__CHUNK_ROWS, false);
    if (out == NULL) return false;
    uint64_t left = (uint64_t)op->until - (uint64_t)op->at;
    out->count = left < WADI__CHUNK_ROWS ? (uint32_t)left : WADI__CHUNK_ROWS;
    int64_t *rows = (int64_t *)(void *)out->rows;
    for (uint32_t i = 0; i < out->count; i++) rows[i] = op->at + i;
    op->at += out->count;
    wadi__slice slice = {out->rows, out->count, NULL, NULL, out};
    wadi__push(op->sink, &slice);
    return true;
}
/* Where partition number i begins. */
static int64_t bound(const range_state *state, uint64_t i, uint64_t count) {
    uint64_t length = (uint64_t)state->until - (uint64_t)state->from;
    return (int64_t)((uint64_t)state->from + length / count * i + length % count * i / count);
}
static wadi__cursor *range_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                wadi__sink *sink) {
    const range_state *state = (const range_state *)rdd->state;
    range_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = range_step;
    op->task = task;
    op->sink = sink;
    op->at = bound(state, partition, rdd->partition_count);
    op->until = bound(state, partition + 1ull, rdd->partition_count);
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_range_ops = {.name = "range", .state_size = sizeof(range_state), .open = range_open};

wadi_rdd *(wadi_range)(wadi_context *sc, int64_t from, int64_t until, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_RANGE, NULL, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    wadi__rdd_retype(rdd, wadi__type_int64());
    rdd->partition_count = options->partitions != 0 ? options->partitions : sc->default_parallelism;
    *(range_state *)rdd->state = (range_state){from, until > from ? until : from};
    return wadi__rdd_done(rdd, options);
}
