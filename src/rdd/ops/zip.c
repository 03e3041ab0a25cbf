/* SPDX-License-Identifier: Apache-2.0 */
/* zip.c: the n-th record of each partition with the n-th of the other's. */
#include "rdd/ops/ops.h"
#include "rdd/pair_call.h"
#include "rdd/ready/ready.h"

#include <inttypes.h>

typedef struct zip_op {
    wadi__cursor cursor;
    wadi__pair_call pairs;
    wadi__at_close at_close;
    uint32_t partition;
    wadi__pull *sides[2];
} zip_op;

static void zip_close(wadi__at_close *at_close) {
    zip_op *op = (zip_op *)(void *)((char *)at_close - offsetof(zip_op, at_close));
    for (int s = 0; s < 2; s++)
        if (op->sides[s] != NULL) wadi__pull_close(op->sides[s]);
}
/* How many records are at hand; 0: the side has come to its end. */
static size_t at_hand(wadi__pull *side) {
    if (side->base.at == side->base.end && !wadi__next_more(&side->base)) return 0;
    return (size_t)((const char *)side->base.end - (const char *)side->base.at) / side->record_size;
}
static uint64_t count_rest(wadi__pull *side) {
    while (at_hand(side) > 0) side->base.at = side->base.end;
    return wadi__pull_handed_out(side);
}
static void fail_unequal(zip_op *op) {
    uint64_t left = count_rest(op->sides[0]), right = count_rest(op->sides[1]);
    if (wadi__task_is_over(op->pairs.site.task)) return;
    wadi__task_fail(op->pairs.site.task, WADI_E_USER,
                    "zip: partition %u has %" PRIu64 " records on the left and %" PRIu64
                    " on the right; both sides must have the same number",
                    op->partition, left, right);
}
static bool zip_step(wadi__cursor *cursor) {
    zip_op *op = (zip_op *)cursor;
    wadi__task *task = op->pairs.site.task;
    for (int s = 0; s < 2; s++)
        if (op->sides[s] == NULL &&
            (op->sides[s] = wadi__pull_open(op->pairs.rdd->parents[s].rdd, op->partition, task)) == NULL)
            return false;
    size_t left = at_hand(op->sides[0]), right = at_hand(op->sides[1]);
    if (wadi__task_is_over(task) || (left == 0 && right == 0)) return false;
    if (left == 0 || right == 0) {
        fail_unequal(op);
        return false;
    }
    uint32_t count = op->pairs.pairs_max;
    if (left < count) count = (uint32_t)left;
    if (right < count) count = (uint32_t)right;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < count; i++) {
            op->pairs.pointers[s][i] = op->sides[s]->base.at;
            op->sides[s]->base.at = (const char *)op->sides[s]->base.at + op->sides[s]->record_size;
        }
    return wadi__pair_call_push(&op->pairs, count);
}
static wadi__cursor *zip_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                              wadi__sink *sink) {
    zip_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__pair_call_init(&op->pairs, rdd, task, sink)) return NULL;
    op->cursor.step = zip_step;
    op->partition = partition;
    op->at_close.close = zip_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_zip_ops = {.name = "zip", .open = zip_open};

wadi_rdd *(wadi_zip)(wadi_rdd *in, wadi_rdd *other, wadi_join_fn f,
                     const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_ZIP, in, &options->where);
    wadi__rdd_add_parent(rdd, other);
    if (!wadi__rdd_is_broken(rdd) && in->partition_count != other->partition_count)
        wadi__rdd_set_error(rdd, WADI_E_INVALID,
                            "one side has %u partitions, the other %u; they must be as many",
                            in->partition_count, other->partition_count);
    if (wadi__rdd_bind(rdd, WADI__FN_ARG(f), WADI_FN_JOIN, in->type, other->type) &&
        wadi__ready_fields_check(rdd, false, WADI__JOIN_INNER))
        wadi__rdd_retype(rdd, rdd->fn->out);
    return wadi__rdd_done(rdd, options);
}
