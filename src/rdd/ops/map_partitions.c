/* SPDX-License-Identifier: Apache-2.0 */
/* map_partitions.c: a function of a whole partition, which takes records when it wants them. */
#include "rdd/ops/ops.h"

typedef struct map_partitions_op {
    wadi__cursor cursor;
    wadi__call_site site;
    wadi__emit_op emit;
    const wadi_rdd *parent;
    uint32_t partition;
} map_partitions_op;

/* The whole partition is one step. */
static bool map_partitions_step(wadi__cursor *cursor) {
    map_partitions_op *op = (map_partitions_op *)cursor;
    wadi__task *task = op->site.task;
    wadi__pull *pull = wadi__pull_open(op->parent, op->partition, task);
    if (pull == NULL) return false;
    wadi_call call = {.count = 1, .iterator = &pull->base, .emitter = &op->emit.base};
    wadi__call_site_run(&op->site, &call);
    wadi__pull_explain(pull);
    wadi__pull_close(pull);
    return false;
}
static wadi__cursor *map_partitions_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                         wadi__sink *sink) {
    map_partitions_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__call_site_init(&op->site, rdd, rdd->fn, task) ||
        !wadi__emit_op_init(&op->emit, task, rdd->type, sink))
        return NULL;
    op->cursor.step = map_partitions_step;
    op->parent = rdd->parents[0].rdd;
    op->partition = partition;
    wadi__cursor_on_end(&op->cursor, &op->emit.at_end);
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_map_partitions_ops = {.name = "map_partitions", .open = map_partitions_open};

wadi_rdd *wadi__rdd_make_map_partitions(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_MAP_PARTITIONS, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_MAP_PARTITION, in->type, NULL)) wadi__rdd_retype(rdd, rdd->fn->out);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_map_partitions(wadi_rdd *in, wadi_map_partition_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_map_partitions(in, WADI__FN_ARG(f), options);
}
