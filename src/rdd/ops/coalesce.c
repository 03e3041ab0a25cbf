/* SPDX-License-Identifier: Apache-2.0 */
/* coalesce.c: fewer partitions without a shuffle: each new one is a run of old ones, one after
 * another (Spark's DefaultPartitionCoalescer where no place is preferred). */
#include "rdd/ops/ops.h"

typedef struct coalesce_op {
    wadi__cursor cursor;
    const wadi_rdd *parent;
    uint32_t next, end; /* partitions of the parent still to be opened */
    wadi__task *task;
    wadi__sink *sink;
    wadi__cursor *current;
} coalesce_op;

static bool coalesce_step(wadi__cursor *cursor) {
    coalesce_op *op = (coalesce_op *)cursor;
    if (op->current == NULL) {
        if (op->next == op->end) return false;
        op->current = wadi__engine_used->open(op->parent, op->next++, op->task, op->sink);
        if (op->current == NULL) return false;
    }
    if (!wadi__cursor_step(op->current, op->task)) op->current = NULL;
    return true;
}
static wadi__cursor *coalesce_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                   wadi__sink *sink) {
    const wadi_rdd *parent = rdd->parents[0].rdd;
    coalesce_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    uint64_t old = parent->partition_count, count = rdd->partition_count;
    *op = (coalesce_op){.cursor = {.step = coalesce_step},
                        .parent = parent,
                        .next = (uint32_t)(old * partition / count),
                        .end = (uint32_t)(old * (partition + 1ull) / count),
                        .task = task,
                        .sink = sink};
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_coalesce_ops = {.name = "coalesce", .open = coalesce_open};

wadi_rdd *(wadi_coalesce)(wadi_rdd *in, uint32_t partitions, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_COALESCE, in, &options->where);
    if (partitions == 0) wadi__rdd_set_error(rdd, WADI_E_INVALID, "the number of partitions is 0");
    if (!wadi__rdd_is_broken(rdd)) {
        rdd->partitioner = (wadi__partitioner){0};
        if (partitions < rdd->partition_count) rdd->partition_count = partitions;
    }
    return wadi__rdd_done(rdd, options);
}
