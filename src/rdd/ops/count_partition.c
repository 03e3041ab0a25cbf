/* SPDX-License-Identifier: Apache-2.0 */
/* count_partition.c: how many records a partition has, as its one record. */
#include "rdd/ops/ops.h"

typedef struct count_op {
    wadi__sink sink;
    wadi__sink *next;
    wadi__at_end at_end;
    int64_t count;
} count_op;

static void count_push(wadi__sink *sink, const wadi__slice *in) { ((count_op *)sink)->count += in->count; }
static void count_end(wadi__at_end *at_end) {
    count_op *op = (count_op *)(void *)((char *)at_end - offsetof(count_op, at_end));
    wadi__slice slice = {&op->count, 1, NULL, NULL, NULL};
    wadi__push(op->next, &slice);
}
static wadi__cursor *count_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task, wadi__sink *sink) {
    count_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->sink.push = count_push;
    op->next = sink;
    op->at_end.end = count_end;
    wadi__cursor *cursor = wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
    if (cursor != NULL) wadi__cursor_on_end(cursor, &op->at_end);
    return cursor;
}
const wadi__rdd_ops wadi__rdd_count_partition_ops = {.name = "count", .open = count_open};

wadi_rdd *wadi__rdd_make_count_partition(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_COUNT_PARTITION, in, &options->where);
    if (!wadi__rdd_is_broken(rdd)) wadi__rdd_retype(rdd, wadi__type_int64());
    return wadi__rdd_done(rdd, options);
}
