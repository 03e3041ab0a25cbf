/* SPDX-License-Identifier: Apache-2.0 */
/* flat_map.c: any number of records out of each record. */
#include "rdd/ops/ops.h"

typedef struct flat_map_op {
    wadi__sink sink;
    wadi__call_site site;
    wadi__emit_op emit;
} flat_map_op;

static void flat_map_push(wadi__sink *sink, const wadi__slice *in) {
    flat_map_op *op = (flat_map_op *)sink;
    wadi_call call = {.count = in->count, .in = in->rows, .rows = in->selected, .emitter = &op->emit.base};
    if (!op->site.task->user.failed) wadi__call_site_run(&op->site, &call);
}
static wadi__cursor *flat_map_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                   wadi__sink *sink) {
    flat_map_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__call_site_init(&op->site, rdd, rdd->fn, task) ||
        !wadi__emit_op_init(&op->emit, task, rdd->type, sink))
        return NULL;
    op->sink.push = flat_map_push;
    wadi__cursor *cursor = wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
    if (cursor != NULL) wadi__cursor_on_end(cursor, &op->emit.at_end);
    return cursor;
}
const wadi__rdd_ops wadi__rdd_flat_map_ops = {.name = "flat_map", .open = flat_map_open};

wadi_rdd *wadi__rdd_make_flat_map(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_FLAT_MAP, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_FLAT_MAP, in->type, NULL)) wadi__rdd_retype(rdd, rdd->fn->out);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_flat_map(wadi_rdd *in, wadi_flat_map_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_flat_map(in, WADI__FN_ARG(f), options);
}
