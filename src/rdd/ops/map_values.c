/* SPDX-License-Identifier: Apache-2.0 */
/* map_values.c: one record out of each record, with the same key; so partitions and hashes stay. */
#include "rdd/ops/ops.h"

typedef struct map_values_op {
    wadi__sink sink;
    wadi__sink *next;
    wadi__task *task;
    wadi__call_site site;
    wadi__output output;
    size_t in_size, out_size, key_size;
    uint32_t rows_max;
} map_values_op;

static void map_values_push(wadi__sink *sink, const wadi__slice *in) {
    map_values_op *op = (map_values_op *)sink;
    for (uint32_t from = 0; from < in->count && !wadi__task_is_over(op->task); from += op->rows_max) {
        uint32_t count = in->count - from < op->rows_max ? in->count - from : op->rows_max;
        bool with_hashes = in->hashes != NULL;
        wadi__chunk *out = wadi__output_chunk(&op->output, op->task, op->out_size, count, with_hashes);
        if (out == NULL) return;
        wadi_call call = {.count = count, .out = out->rows};
        call.in = in->selected != NULL ? in->rows : (const char *)in->rows + from * op->in_size;
        call.rows = in->selected != NULL ? in->selected + from : NULL;
        wadi__call_site_run(&op->site, &call);
        if (op->task->user.failed) return;
        for (uint32_t i = 0; i < count; i++) {
            size_t row = in->selected != NULL ? in->selected[from + i] : from + i;
            memcpy(out->rows + i * op->out_size, (const char *)in->rows + row * op->in_size, op->key_size);
            if (with_hashes) out->hashes[i] = in->hashes[row];
        }
        out->count = count;
        wadi__slice slice = {out->rows, count, NULL, with_hashes ? out->hashes : NULL, out};
        wadi__push(op->next, &slice);
    }
}
static wadi__cursor *map_values_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                     wadi__sink *sink) {
    map_values_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__call_site_init(&op->site, rdd, rdd->fn, task)) return NULL;
    op->site.sets_key = true;
    op->sink = (wadi__sink){.push = map_values_push, .wants_hashes = sink->wants_hashes};
    op->next = sink;
    op->task = task;
    op->in_size = rdd->parents[0].rdd->type->pub.size;
    op->out_size = rdd->type->pub.size;
    op->key_size = rdd->key->pub.size;
    op->rows_max = wadi__chunk_rows_max(op->out_size);
    return wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
}
const wadi__rdd_ops wadi__rdd_map_values_ops = {.name = "map_values", .open = map_values_open};

wadi_rdd *wadi__rdd_make_map_values(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_MAP_VALUES, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_MAP, in->type, NULL)) wadi__rdd_keep_key(rdd, in);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_map_values(wadi_rdd *in, wadi_map_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_map_values(in, WADI__FN_ARG(f), options);
}
