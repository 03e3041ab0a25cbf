/* SPDX-License-Identifier: Apache-2.0 */
/* glom.c: a sequence of all records of each partition, empty ones included. */
#include "rdd/ops/ops.h"

typedef struct glom_op {
    wadi__cursor cursor;
    wadi__sink sink;
    wadi__sink *next;
    const wadi_rdd *parent;
    uint32_t partition;
    wadi__task *task;
    WADI__VEC(wadi__chunk *) chunks; /* of records, in order; released by the task */
    wadi_str_list seq;               /* all sequences have this layout */
    wadi__at_close at_close;
} glom_op;

static void no_memory(const glom_op *op) {
    wadi__task_fail(op->task, WADI_E_NOMEM,
                    "no memory for the records of a partition side by side");
}
static void glom_close(wadi__at_close *at_close) {
    glom_op *op = (glom_op *)(void *)((char *)at_close - offsetof(glom_op, at_close));
    for (size_t i = 0; i < op->chunks.count; i++) wadi__chunk_unref(op->chunks.items[i]);
    wadi__vec_fini(&op->chunks);
}
static void glom_push(wadi__sink *sink, const wadi__slice *in) {
    glom_op *op = (glom_op *)(void *)((char *)sink - offsetof(glom_op, sink));
    const size_t size = op->parent->type->pub.size;
    wadi__chunk *last = op->chunks.count > 0 ? op->chunks.items[op->chunks.count - 1] : NULL;
    if (last == NULL || last->capacity - last->count < in->count) {
        size_t rows = last == NULL ? in->count : wadi__chunk_rows_max(size) * 4ull;
        last = wadi__chunk_new(size, rows > in->count ? rows : in->count, false);
        if (last == NULL || !wadi__vec_push(&op->chunks, last)) {
            wadi__chunk_unref(last);
            no_memory(op);
            return;
        }
    }
    for (uint32_t i = 0; i < in->count; i++) {
        size_t row = in->selected != NULL ? in->selected[i] : i;
        wadi__row_copy(last->rows + (last->count + i) * size, (const char *)in->rows + row * size,
                       size);
    }
    last->count += in->count;
    op->seq.count += in->count;
}
static bool glom_step(wadi__cursor *cursor) {
    glom_op *op = (glom_op *)cursor;
    const size_t size = op->parent->type->pub.size;
    wadi__cursor *parent = wadi__engine_used->open(op->parent, op->partition, op->task, &op->sink);
    while (parent != NULL && wadi__cursor_step(parent, op->task)) continue;
    if (wadi__task_is_over(op->task)) return false;
    char *items =
        op->seq.count > 0 ? wadi__arena_alloc(&op->task->keep->arena, op->seq.count * size) : NULL;
    if (items == NULL && op->seq.count > 0) {
        no_memory(op);
        return false;
    }
    op->seq.items = (const wadi_str *)(void *)items;
    for (size_t i = 0; items != NULL && i < op->chunks.count; i++) {
        const wadi__chunk *chunk = op->chunks.items[i];
        memcpy(items, chunk->rows, chunk->count * size);
        items += chunk->count * size;
    }
    wadi__slice slice = {&op->seq, 1, NULL, NULL, NULL};
    wadi__push(op->next, &slice);
    return false;
}
static wadi__cursor *glom_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    glom_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = glom_step;
    op->sink.push = glom_push;
    op->next = sink;
    op->parent = rdd->parents[0].rdd;
    op->partition = partition;
    op->task = task;
    op->at_close.close = glom_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_glom_ops = {.name = "glom", .open = glom_open};

wadi_rdd *wadi_rdd_glom(wadi_rdd *in, const wadi_op_options *options) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_GLOM, in, &options->where);
    const wadi__type *seq = wadi__rdd_is_broken(rdd) ? NULL : wadi__type_make_seq(in->type, &err);
    if (seq != NULL)
        wadi__rdd_retype(rdd, seq);
    else
        wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    return wadi__rdd_done(rdd, options);
}
