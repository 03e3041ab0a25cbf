/* SPDX-License-Identifier: Apache-2.0 */
/* cartesian.c: all pairs of records: partition i x m + j has those of partition i of the left side
 * with those of partition j of the right one's m. The right partition is held in memory, the left
 * one passes. */
#include "rdd/gather.h"
#include "rdd/ops/ops.h"
#include "rdd/pair_call.h"
#include "rdd/ready/ready.h"

typedef struct cartesian_op {
    wadi__cursor cursor;
    wadi__pair_call pairs;
    wadi__at_close at_close;
    uint32_t partition;
    wadi__pull *left;   /* NULL: not opened yet */
    wadi__block *right; /* all of it */
    const char *at;     /* the left record that is being paired; NULL: the next one is wanted .. */
    size_t chunk;       /* .. with the right ones from this chunk .. */
    uint32_t row;       /* .. and row on */
} cartesian_op;

static void cartesian_close(wadi__at_close *at_close) {
    cartesian_op *op =
        (cartesian_op *)(void *)((char *)at_close - offsetof(cartesian_op, at_close));
    if (op->left != NULL) wadi__pull_close(op->left);
    wadi__block_unref(op->right);
}
/* Takes in the right side, and opens the left one. False: there are no pairs. */
static bool start(cartesian_op *op) {
    wadi__task *task = op->pairs.site.task;
    const wadi_rdd *left = op->pairs.rdd->parents[0].rdd, *right = op->pairs.rdd->parents[1].rdd;
    wadi__gather gather;
    if (!wadi__gather_init(&gather, task, right->type, UINT64_MAX)) return false;
    op->right = gather.block;
    wadi__cursor *cursor =
        wadi__engine_used->open(right, op->partition % right->partition_count, task, &gather.sink);
    while (cursor != NULL && wadi__cursor_step(cursor, task)) continue;
    if (wadi__task_is_over(task) || op->right->row_count == 0) return false;
    op->left = wadi__pull_open(left, op->partition / right->partition_count, task);
    return op->left != NULL;
}
/* Pairs the current left record with more of the right side. */
static uint32_t pair_up(cartesian_op *op, uint32_t count) {
    const size_t size = op->right->type->pub.size;
    while (count < op->pairs.pairs_max && op->chunk < op->right->chunks.count) {
        const wadi__chunk *chunk = op->right->chunks.items[op->chunk];
        for (; op->row < chunk->count && count < op->pairs.pairs_max; op->row++, count++) {
            op->pairs.pointers[0][count] = op->at;
            op->pairs.pointers[1][count] = chunk->rows + op->row * size;
        }
        if (op->row < chunk->count) return count;
        op->row = 0;
        op->chunk++;
    }
    if (op->chunk == op->right->chunks.count) op->at = NULL;
    return count;
}
/* As many pairs as a call takes; fewer when the left records at hand are used up, which are gone
 * once more are asked for. */
static uint32_t next_pairs(cartesian_op *op) {
    wadi_iterator *left = &op->left->base;
    uint32_t count = 0;
    while (count < op->pairs.pairs_max) {
        if (op->at == NULL) {
            if (left->at == left->end && (count > 0 || !wadi__next_more(left))) break;
            op->at = left->at;
            left->at = op->at + op->left->record_size;
            op->chunk = op->row = 0;
        }
        count = pair_up(op, count);
    }
    return count;
}
static bool cartesian_step(wadi__cursor *cursor) {
    cartesian_op *op = (cartesian_op *)cursor;
    wadi__task *task = op->pairs.site.task;
    if (op->left == NULL && !start(op)) return false;
    uint32_t count = next_pairs(op);
    if (count == 0 || wadi__task_is_over(task)) return false;
    return wadi__pair_call_push(&op->pairs, count);
}
static wadi__cursor *cartesian_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                    wadi__sink *sink) {
    cartesian_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__pair_call_init(&op->pairs, rdd, task, sink)) return NULL;
    op->cursor.step = cartesian_step;
    op->partition = partition;
    op->at_close.close = cartesian_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_cartesian_ops = {.name = "cartesian", .open = cartesian_open};

wadi_rdd *(wadi_cartesian)(wadi_rdd *in, wadi_rdd *other, wadi_join_fn f,
                           const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_CARTESIAN, in, &options->where);
    wadi__rdd_add_parent(rdd, other);
    uint64_t partitions = (uint64_t)in->partition_count * other->partition_count;
    if (partitions > UINT32_MAX) wadi__rdd_set_error(rdd, WADI_E_INVALID, "too many partitions");
    if (wadi__rdd_bind(rdd, WADI__FN_ARG(f), WADI_FN_JOIN, in->type, other->type) &&
        wadi__ready_fields_check(rdd, false, WADI__JOIN_INNER)) {
        wadi__rdd_retype(rdd, rdd->fn->out);
        rdd->partition_count = (uint32_t)partitions;
    }
    return wadi__rdd_done(rdd, options);
}
