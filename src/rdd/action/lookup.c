/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c: the records with a key. Where keys lie by their hash, only one partition is looked at.
 */
#include "data/value.h"
#include "rdd/action/job.h"

typedef struct lookup_sink {
    wadi__sink sink;
    wadi__task *task;
    const wadi__action *action;
    wadi__block *block;
    bool is_enough;
} lookup_sink;

static void lookup_push(wadi__sink *sink, const wadi__slice *in) {
    lookup_sink *look = (lookup_sink *)sink;
    const wadi__type *type = look->block->type, *key = type->key;
    for (uint32_t i = 0; i < in->count && !look->is_enough; i++) {
        const char *row = (const char *)in->rows +
                          (in->selected != NULL ? in->selected[i] : i) * (size_t)type->pub.size;
        if (!wadi__value_equal(key, row, look->action->key)) continue;
        if (!wadi__block_append(look->block, row, 1)) {
            wadi__task_fail(look->task, WADI_E_NOMEM, "no memory for the records of a key");
            return;
        }
        look->is_enough = look->block->row_count >= look->action->limit;
    }
}
static void lookup_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                       wadi__task_result *result) {
    wadi__keep *keep = wadi__keep_new();
    lookup_sink look = {
        {.push = lookup_push}, task, action, keep != NULL ? wadi__block_new(rdd->type, keep) : NULL, false};
    wadi__keep_unref(keep);
    if (look.block != NULL) wadi__action_drive(rdd, task, &look.sink, &look.is_enough);
    result->rows = look.block;
    if (look.block == NULL || (!wadi__task_is_over(task) && !wadi__block_own(look.block)))
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for the records of a key");
}
const wadi__action_ops wadi__action_lookup_ops = {"lookup", lookup_run};

typedef struct looking {
    wadi__rows rows;
    uint64_t limit;
} looking;
static bool add_rows(uint32_t partition, wadi__task_result *result, void *arg) {
    looking *found = arg;
    (void)partition;
    return wadi__rows_add(&found->rows, result->rows) && found->rows.count < found->limit;
}
static const void *look_up(wadi_rdd *rdd, const wadi_type *type, const void *key, size_t limit,
                           size_t *n) {
    wadi__action action = {.kind = WADI__ACTION_LOOKUP, .limit = limit, .key = key};
    looking found = {.limit = limit};
    if (!wadi__rows_init(&found.rows, rdd, "lookup", type)) return wadi__rows_none(n);
    if (key == NULL) {
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_INVALID, "no key is given");
        wadi__job_fail(rdd, "lookup", &err);
        return wadi__rows_none(n);
    }
    uint32_t from = 0, until = rdd->partition_count;
    if (rdd->partitioner.kind == WADI__PARTITION_HASH &&
        rdd->partitioner.count == rdd->partition_count) {
        from = wadi__partition_of(wadi__value_hash(rdd->type->key, key), rdd->partitioner.count);
        until = from + 1;
    }
    if (!wadi__job_run_some(rdd, from, until, &action, add_rows, &found))
        return wadi__rows_drop(&found.rows, n);
    if (found.rows.count > limit) found.rows.count = limit;
    return wadi__rows_take(&found.rows, n);
}
const void *wadi__lookup(wadi_rdd *rdd, const wadi_type *type, const void *key) {
    return look_up(rdd, type, key, 1, NULL);
}
const void *wadi__lookup_all(wadi_rdd *rdd, const wadi_type *type, const void *key, size_t *n) {
    return look_up(rdd, type, key, SIZE_MAX, n);
}
