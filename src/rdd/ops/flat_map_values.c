/* SPDX-License-Identifier: Apache-2.0 */
/* flat_map_values.c: any number of records out of each record, with the same key.
 *
 * The function runs for one record at a time, since what it emits must be given that record's key. */
#include "rdd/ops/ops.h"

typedef struct flat_map_values_op {
    wadi__sink sink;
    wadi__call_site site;
    wadi__emit_op emit;
    size_t in_size, out_size, key_size;
    const char *key; /* of the record that is being worked on */
    char *first;     /* that it emitted into the current chunk; NULL: the chunk's first one */
} flat_map_values_op;

static void set_keys(flat_map_values_op *op, char *rows, char *end) {
    for (char *at = op->first != NULL ? op->first : rows; at < end; at += op->out_size)
        memcpy(at, op->key, op->key_size);
}
static void before_push(wadi__emit_op *emit, char *rows, uint32_t count) {
    flat_map_values_op *op =
        (flat_map_values_op *)(void *)((char *)emit - offsetof(flat_map_values_op, emit));
    set_keys(op, rows, rows + count * op->out_size);
    op->first = NULL;
}
static void flat_map_values_push(wadi__sink *sink, const wadi__slice *in) {
    flat_map_values_op *op = (flat_map_values_op *)sink;
    for (uint32_t i = 0; i < in->count && !wadi__task_is_over(op->site.task); i++) {
        const char *row = (const char *)in->rows + (in->selected != NULL ? in->selected[i] : i) * op->in_size;
        op->key = row;
        op->first = op->emit.base.at;
        wadi_call call = {.count = 1, .in = row, .emitter = &op->emit.base};
        wadi__call_site_run(&op->site, &call);
        if (op->site.task->user.failed) return;
        set_keys(op, op->emit.output.chunk->rows, op->emit.base.at);
        op->first = op->emit.base.at;
    }
}
static wadi__cursor *flat_map_values_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                          wadi__sink *sink) {
    flat_map_values_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__call_site_init(&op->site, rdd, rdd->fn, task) ||
        !wadi__emit_op_init(&op->emit, task, rdd->type, sink))
        return NULL;
    op->sink.push = flat_map_values_push;
    op->emit.before_push = before_push;
    op->in_size = rdd->parents[0].rdd->type->pub.size;
    op->out_size = rdd->type->pub.size;
    op->key_size = rdd->key->pub.size;
    wadi__cursor *cursor = wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
    if (cursor != NULL) wadi__cursor_on_end(cursor, &op->emit.at_end);
    return cursor;
}
const wadi__rdd_ops wadi__rdd_flat_map_values_ops = {.name = "flat_map_values", .open = flat_map_values_open};

wadi_rdd *wadi__rdd_make_flat_map_values(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_FLAT_MAP_VALUES, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_FLAT_MAP, in->type, NULL)) wadi__rdd_keep_key(rdd, in);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_flat_map_values(wadi_rdd *in, wadi_flat_map_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_flat_map_values(in, WADI__FN_ARG(f), options);
}
