/* SPDX-License-Identifier: Apache-2.0 */
/* set.c: records of the left side by whether the right side has their key (intersection, subtract,
 * subtractByKey). The right side's keys are put into a table; the left side passes by it, and only
 * a list of rows is made. */
#include "exec/engine.h"
#include "exec/hash_table.h"
#include "exec/input.h"

typedef struct set_op {
    wadi__cursor cursor;
    wadi__sink left_sink, right_sink;
    wadi__sink *next;
    wadi__at_close at_close;
    wadi__hash_table table; /* the key, and at seen_offset whether the left side has had it */
    size_t seen_offset;
    wadi__key_hashes hashes[2];
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__task *task;
    wadi__cursor *left; /* NULL: not opened yet */
    void *accs[WADI__HASH_TABLE_BATCH];
    bool is_new[WADI__HASH_TABLE_BATCH];
    uint32_t *selected;
} set_op;

static void set_close(wadi__at_close *at_close) {
    wadi__hash_table_fini(
        &((set_op *)(void *)((char *)at_close - offsetof(set_op, at_close)))->table);
}
/* Records from number `from` on of a slice of side s, as many as the table takes at once. */
static wadi__hash_batch batch_of(set_op *op, int s, const wadi__slice *in, const uint64_t *hashes,
                                 uint32_t from) {
    size_t left = in->count - from,
           count = left < WADI__HASH_TABLE_BATCH ? left : WADI__HASH_TABLE_BATCH;
    size_t row_size = op->hashes[s].row_size;
    return (wadi__hash_batch){
        .rows = in->selected != NULL ? in->rows : (const char *)in->rows + from * row_size,
        .row_size = row_size,
        .selected = in->selected != NULL ? in->selected + from : NULL,
        .hashes = hashes + from,
        .count = count,
        .ahead = left - count,
        .accs = op->accs,
        .is_new = op->is_new};
}
static void right_push(wadi__sink *sink, const wadi__slice *in) {
    set_op *op = (set_op *)(void *)((char *)sink - offsetof(set_op, right_sink));
    const uint64_t *hashes = wadi__key_hashes_of(&op->hashes[1], in);
    for (uint32_t from = 0; hashes != NULL && from < in->count; from += WADI__HASH_TABLE_BATCH) {
        wadi__hash_batch batch = batch_of(op, 1, in, hashes, from);
        if (wadi__hash_table_find(&op->table, &batch)) continue;
        wadi__task_fail(op->task, WADI_E_NOMEM, "no memory for a table of %zu keys",
                        op->table.count);
        return;
    }
}
static bool is_chosen(const set_op *op, char *found) {
    if (found == NULL || op->rdd->is_negated) return (found == NULL) == op->rdd->is_negated;
    if (op->rdd->is_first_only && found[op->seen_offset] != 0) return false;
    found[op->seen_offset] = 1;
    return true;
}
static void left_push(wadi__sink *sink, const wadi__slice *in) {
    set_op *op = (set_op *)(void *)((char *)sink - offsetof(set_op, left_sink));
    const uint64_t *hashes =
        wadi__task_is_over(op->task) ? NULL : wadi__key_hashes_of(&op->hashes[0], in);
    uint32_t count = 0;
    for (uint32_t from = 0; hashes != NULL && from < in->count; from += WADI__HASH_TABLE_BATCH) {
        wadi__hash_batch batch = batch_of(op, 0, in, hashes, from);
        wadi__hash_table_seek(&op->table, &batch);
        for (uint32_t i = 0; i < batch.count; i++)
            if (is_chosen(op, op->accs[i]))
                op->selected[count++] = in->selected != NULL ? in->selected[from + i] : from + i;
    }
    wadi__slice slice = *in;
    slice.count = count;
    if (count < in->count) slice.selected = op->selected;
    if (!wadi__wide_key_is_first(op->rdd)) {
        slice.hashes = NULL;
        slice.chunk = NULL; /* whose hashes are not those of the first field */
    }
    if (count > 0) wadi__push(op->next, &slice);
}
static bool start(set_op *op) {
    wadi__task *task = op->task;
    const wadi_rdd *rdd = op->rdd;
    for (uint32_t s = 0; s < 2; s++)
        op->hashes[s] = wadi__key_hashes_for(rdd, s, rdd->parents[s].is_wide, task);
    op->selected = wadi__task_room(task, WADI__CHUNK_ROWS * sizeof *op->selected);
    if (op->selected == NULL) return false;
    op->seen_offset = rdd->key->pub.size;
    size_t expected = wadi__engine_expected_keys(task->sc, rdd, false);
    uint64_t rows = wadi__input_row_count(rdd, 1, op->partition, task);
    if (task->user.failed) return false;
    if (!wadi__hash_table_init(&op->table, rdd->key, op->seen_offset + 1, expected, rows, NULL)) {
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for a table of keys");
        return false;
    }
    op->at_close.close = set_close;
    wadi__task_on_close(task, &op->at_close);
    wadi__input_drain(rdd, 1, op->partition, task, &op->right_sink);
    wadi__engine_note_keys(task, rdd, op->table.count);
    if (wadi__task_is_over(task) || (op->table.count == 0 && !rdd->is_negated)) return false;
    op->left = wadi__input_open(rdd, 0, op->partition, task, &op->left_sink);
    return op->left != NULL;
}
static bool set_step(wadi__cursor *cursor) {
    set_op *op = (set_op *)cursor;
    if (op->left == NULL && !start(op)) return false;
    return wadi__cursor_step(op->left, op->task);
}
static wadi__cursor *set_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                              wadi__sink *sink) {
    set_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = set_step;
    op->left_sink = (wadi__sink){.push = left_push, .wants_hashes = true};
    op->right_sink = (wadi__sink){.push = right_push, .wants_hashes = true};
    op->next = sink;
    op->rdd = rdd;
    op->partition = partition;
    op->task = task;
    return &op->cursor;
}
/* A table of the right side's keys. */
static uint64_t set_need(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    uint64_t rows = wadi__input_rows_guess(rdd, 1, partition, task);
    return wadi__input_keys_guess(rdd, rows, task) * 3 * (rdd->key->pub.size + 16ull);
}
const wadi__wide_ops wadi__wide_set_ops = {.open = set_open, .with_hashes = true, .need = set_need};
