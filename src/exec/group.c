/* SPDX-License-Identifier: Apache-2.0 */
/* group.c: a function of all records of a key, of one side or of several (groupByKey, cogroup). */
#include "exec/grouping.h"

enum { GROUPS = 256 }; /* at most so many in a call */

typedef struct group_op {
    wadi__cursor cursor;
    wadi__call_site site;
    wadi__emit_op emit;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__grouping grouping;
    uint32_t next; /* key number */
    bool is_built;
    wadi_group_view *views;
} group_op;

static bool build(group_op *op) {
    const wadi_rdd *rdd = op->rdd;
    wadi__task *task = op->site.task;
    wadi__held_input *inputs = wadi__task_scratch(task, rdd->parent_count * sizeof *inputs);
    op->views = wadi__task_room(task, (size_t)GROUPS * rdd->parent_count * sizeof *op->views);
    if (inputs == NULL || op->views == NULL) return false;
    for (uint32_t s = 0; s < rdd->parent_count; s++)
        if (!wadi__held_input_init(&inputs[s], rdd, s, op->partition, task)) return false;
    return wadi__grouping_build(&op->grouping, inputs, rdd->parent_count, rdd, task);
}
/* A view for each side of the key. */
static void view_sides(const group_op *op, uint32_t k, wadi_group_view *views) {
    const char *key = NULL;
    for (uint32_t s = 0; s < op->grouping.side_count; s++) {
        views[s] = (wadi_group_view){0};
        views[s].in = wadi__grouping_rows(&op->grouping, s, k, &views[s].in_count);
        if (key == NULL) key = views[s].in;
    }
    for (uint32_t s = 0; s < op->grouping.side_count; s++) views[s].key = key;
}
/* One view for both sides of the key. */
static void view_both(const group_op *op, uint32_t k, wadi_group_view *view) {
    view->in = wadi__grouping_rows(&op->grouping, 0, k, &view->in_count);
    view->other = wadi__grouping_rows(&op->grouping, 1, k, &view->other_count);
    view->key = view->in != NULL ? view->in : view->other;
}
static bool group_step(wadi__cursor *cursor) {
    group_op *op = (group_op *)cursor;
    if (!op->is_built && !build(op)) return false;
    op->is_built = true;
    uint32_t left = op->grouping.key_count - op->next, count = left < GROUPS ? left : GROUPS;
    if (count == 0) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (op->site.fn->kind == WADI_FN_COGROUP)
            view_both(op, op->next + i, &op->views[i]);
        else
            view_sides(op, op->next + i, &op->views[(size_t)i * op->grouping.side_count]);
    }
    op->next += count;
    wadi_call call = {.count = count, .groups = op->views, .emitter = &op->emit.base};
    wadi__call_site_run(&op->site, &call);
    return true;
}
static wadi__cursor *group_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                wadi__sink *sink) {
    group_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__call_site_init(&op->site, rdd, rdd->fn, task) ||
        !wadi__emit_op_init(&op->emit, task, rdd->type, sink))
        return NULL;
    op->cursor.step = group_step;
    op->rdd = rdd;
    op->partition = partition;
    wadi__cursor_on_end(&op->cursor, &op->emit.at_end);
    return &op->cursor;
}
/* Records as they came and by key, their hashes and numbers, and a table of keys. */
static uint64_t group_need(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    uint64_t need = 0, rows = 0;
    for (uint32_t s = 0; s < rdd->parent_count; s++) {
        uint64_t count = wadi__input_rows_guess(rdd, s, partition, task);
        need += count * (2ull * rdd->parents[s].rdd->type->pub.size + sizeof(uint64_t) + sizeof(uint32_t));
        rows += count;
    }
    return need + wadi__input_keys_guess(rdd, rows, task) * 3 * (rdd->key->pub.size + 16ull);
}
const wadi__wide_ops wadi__wide_group_ops = {
    .open = group_open, .with_hashes = true, .need = group_need};
