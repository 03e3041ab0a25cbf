/* SPDX-License-Identifier: Apache-2.0 */
/* pair_with_one.c: (value, 1) for each value: the first half of countByValue and countByKey. */
#include "rdd/ops/ops.h"

typedef struct pair_op {
    wadi__sink sink;
    wadi__sink *next;
    wadi__task *task;
    wadi__output output;
    size_t in_size, out_size, value_size, one_offset;
    uint32_t rows_max;
} pair_op;

static void pair_push(wadi__sink *sink, const wadi__slice *in) {
    pair_op *op = (pair_op *)sink;
    for (uint32_t from = 0; from < in->count && !wadi__task_is_over(op->task); from += op->rows_max) {
        uint32_t count = in->count - from < op->rows_max ? in->count - from : op->rows_max;
        wadi__chunk *out = wadi__output_chunk(&op->output, op->task, op->out_size, count, false);
        if (out == NULL) return;
        char *to = out->rows;
        for (uint32_t i = 0; i < count; i++, to += op->out_size) {
            size_t row = in->selected != NULL ? in->selected[from + i] : from + i;
            memcpy(to, (const char *)in->rows + row * op->in_size, op->value_size);
            *(int64_t *)(void *)(to + op->one_offset) = 1;
        }
        out->count = count;
        wadi__slice slice = {out->rows, count, NULL, NULL, out};
        wadi__push(op->next, &slice);
    }
}
static wadi__cursor *pair_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task, wadi__sink *sink) {
    pair_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->sink.push = pair_push;
    op->next = sink;
    op->task = task;
    op->in_size = rdd->parents[0].rdd->type->pub.size;
    op->out_size = rdd->type->pub.size;
    op->value_size = rdd->key->pub.size;
    op->one_offset = rdd->type->pub.fields[1].offset;
    op->rows_max = wadi__chunk_rows_max(op->out_size);
    return wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
}
const wadi__rdd_ops wadi__rdd_pair_with_one_ops = {.name = "map", .open = pair_open};

const wadi__type *wadi__type_make_count_pair(const wadi__type *value, wadi_error *err) {
    static const char *const names[] = {"value", "count"};
    const wadi__type *types[] = {value, wadi__type_int64()};
    return types[1] != NULL ? wadi__type_make_record(names, types, 2, err) : NULL;
}
wadi_rdd *wadi__rdd_make_pair_with_one(wadi_rdd *in, const wadi__type *value, const wadi_op_options *options) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_PAIR_WITH_ONE, in, &options->where);
    const wadi__type *pair = wadi__rdd_is_broken(rdd) ? NULL : wadi__type_make_count_pair(value, &err);
    if (pair != NULL) wadi__rdd_retype(rdd, pair);
    else wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_count_by_value(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *pairs = wadi__rdd_make_pair_with_one(in, in->type, options);
    return wadi_rdd_reduce_by_key(pairs, wadi_add, options);
}
wadi_rdd *(wadi_count_by_key)(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *pairs = wadi__rdd_make_pair_with_one(in, in->type->key, options);
    return wadi_rdd_reduce_by_key(pairs, wadi_add, options);
}
