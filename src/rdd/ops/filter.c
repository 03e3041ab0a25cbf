/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: some of the records. They stay where they are; only a list of rows is made. */
#include "rdd/ops/ops.h"

typedef struct filter_op {
    wadi__sink sink;
    wadi__sink *next;
    wadi__call_site site;
    uint32_t *selected;
    wadi__output lines; /* those cut out of text */
} filter_op;

static void filter_push(wadi__sink *sink, const wadi__slice *in) {
    filter_op *op = (filter_op *)sink;
    if (op->site.task->user.failed) return;
    wadi_call call = {.count = in->count, .in = in->rows, .rows = in->selected, .selected = op->selected};
    wadi__call_site_run(&op->site, &call);
    if (op->site.task->user.failed || call.selected_count == 0) return;
    bool is_all = call.selected_count == in->count;
    wadi__slice slice = *in;
    slice.count = (uint32_t)call.selected_count;
    slice.selected = is_all ? in->selected : op->selected;
    wadi__push(op->next, &slice);
}
static void filter_push_text(wadi__sink *sink, const char *text, size_t size_bytes) {
    filter_op *op = (filter_op *)sink;
    const wadi__bound_fn *fn = op->site.fn;
    while (size_bytes > 0) {
        wadi__chunk *out =
            wadi__output_chunk(&op->lines, op->site.task, sizeof(wadi_str), WADI__CHUNK_ROWS, false);
        if (out == NULL) return;
        size_t used;
        out->count = (uint32_t)fn->ready->cut(fn->env, text, size_bytes, (wadi_str *)(void *)out->rows,
                                              WADI__CHUNK_ROWS, &used);
        wadi__slice slice = {out->rows, out->count, NULL, NULL, out};
        if (out->count > 0) wadi__push(op->next, &slice);
        text += used;
        size_bytes -= used;
    }
}
static wadi__cursor *filter_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    filter_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__call_site_init(&op->site, rdd, rdd->fn, task)) return NULL;
    /* One more than the rows: loops write before they know whether to keep. */
    op->selected = wadi__task_scratch(task, (WADI__CHUNK_ROWS + 1) * sizeof *op->selected);
    if (op->selected == NULL) return NULL;
    op->sink = (wadi__sink){.push = filter_push, .wants_hashes = sink->wants_hashes};
    if (rdd->fn->ready != NULL && rdd->fn->ready->cut != NULL) op->sink.push_text = filter_push_text;
    op->next = sink;
    return wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
}
const wadi__rdd_ops wadi__rdd_filter_ops = {.name = "filter", .open = filter_open};

wadi_rdd *wadi__rdd_make_filter(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_FILTER, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_FILTER, in->type, NULL)) rdd->partitioner = in->partitioner;
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_filter(wadi_rdd *in, wadi_filter_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_filter(in, WADI__FN_ARG(f), options);
}
