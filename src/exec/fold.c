/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c: all records into one, in partition 0 (reduce, fold, aggregate, count): each map task
 * folds its own first, and the reduce task merges what they give, in their order.
 *
 * Without a zero the first record is where the sum begins, and of nothing comes nothing. With one
 * every map task begins with it, and so does the merge, so there is always a result. */
#include "exec/input.h"

#include <string.h>

typedef struct folding {
    wadi__sink sink;
    wadi__call_site site;
    size_t row_size, acc_size;
    bool has_record;
    bool combines; /* the function takes records of another type */
    bool *is_new;  /* combines: true for the first record of all */
    char *acc;
} folding;

static void folding_push(wadi__sink *sink, const wadi__slice *in) {
    folding *fold = (folding *)sink;
    if (in->count == 0 || fold->site.task->user.failed) return;
    wadi_call call = {.count = in->count,
                      .in = in->rows,
                      .rows = in->selected,
                      .acc = fold->acc,
                      .is_new = fold->is_new};
    if (!fold->has_record) {
        size_t row = in->selected != NULL ? in->selected[0] : 0;
        memcpy(fold->acc, (const char *)in->rows + row * fold->row_size, fold->row_size);
        fold->has_record = true;
        call.count--;
        if (in->selected != NULL)
            call.rows++;
        else
            call.in = (const char *)in->rows + fold->row_size;
    }
    if (call.count > 0) wadi__call_site_run(&fold->site, &call);
    if (fold->combines) fold->is_new[0] = false;
}
/* `fn` merges records of `row` into the accumulator. */
static bool folding_init(folding *fold, const wadi_rdd *rdd, const wadi__bound_fn *fn,
                         const wadi__type *row, wadi__task *task) {
    fold->sink.push = folding_push;
    fold->row_size = row->pub.size;
    fold->acc_size = rdd->type->pub.size;
    fold->combines = fn->kind == WADI_FN_COMBINE;
    fold->acc = wadi__task_scratch(task, fold->acc_size);
    if (fold->acc == NULL || !wadi__call_site_init(&fold->site, rdd, fn, task)) return false;
    if (fold->combines) {
        fold->is_new = wadi__task_scratch(task, WADI__CHUNK_ROWS * sizeof *fold->is_new);
        if (fold->is_new == NULL) return false;
        fold->is_new[0] = true;
    }
    if (rdd->zero_keep == NULL) return true;
    fold->has_record = true;
    if (rdd->zero != NULL) memcpy(fold->acc, rdd->zero, fold->acc_size);
    return wadi__task_keep(task, &rdd->zero_keep->counted);
}

/* ---- Map side ---- */

static void map_end(wadi__map_side *side) {
    folding *fold = (folding *)side->sink;
    if (!fold->has_record) return;
    wadi__slice slice = {fold->acc, 1, NULL, NULL, NULL};
    side->writer.spread = 0; /* to partition 0 */
    wadi__partition_writer_push(&side->writer, &slice, NULL);
}
static bool fold_open_map(wadi__map_side *side) {
    folding *fold = wadi__task_scratch(side->task, sizeof *fold);
    const wadi__type *row = side->rdd->parents[side->parent].rdd->type;
    if (fold == NULL || !folding_init(fold, side->rdd, side->rdd->fn, row, side->task))
        return false;
    side->sink = &fold->sink;
    side->end = map_end;
    return true;
}

/* ---- Reduce side ---- */

typedef struct fold_op {
    wadi__cursor cursor;
    folding fold;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__sink *sink;
} fold_op;

static bool fold_step(wadi__cursor *cursor) {
    fold_op *op = (fold_op *)cursor;
    wadi__task *task = op->fold.site.task;
    if (op->partition > 0) return false;
    wadi__input_drain(op->rdd, 0, op->partition, task, &op->fold.sink);
    if (op->fold.has_record && !wadi__task_is_over(task)) {
        wadi__slice slice = {op->fold.acc, 1, NULL, NULL, NULL};
        wadi__push(op->sink, &slice);
    }
    return false;
}
static wadi__cursor *fold_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    fold_op *op = wadi__task_scratch(task, sizeof *op);
    const wadi__bound_fn *fn = rdd->merge != NULL ? rdd->merge : rdd->fn;
    if (op == NULL || !folding_init(&op->fold, rdd, fn, rdd->type, task)) return NULL;
    op->cursor.step = fold_step;
    op->rdd = rdd;
    op->partition = partition;
    op->sink = sink;
    return &op->cursor;
}
const wadi__wide_ops wadi__wide_fold_ops = {.open_map = fold_open_map, .open = fold_open};
