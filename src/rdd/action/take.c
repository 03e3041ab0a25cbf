/* SPDX-License-Identifier: Apache-2.0 */
/* take.c: the first records: of the first partition, and of further ones while they do not suffice, four
 * times as many partitions in each further job (as RDD.take of Spark). */
#include "rdd/action/job.h"
#include "rdd/gather.h"

static void take_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                     wadi__task_result *result) {
    wadi__gather gather;
    if (!wadi__gather_init(&gather, task, rdd->type, action->limit)) return;
    result->rows = gather.block;
    wadi__action_drive(rdd, task, &gather.sink, &gather.is_full);
}
const wadi__action_ops wadi__action_take_ops = {"take", take_run};

typedef struct taking {
    wadi__rows rows;
    uint64_t limit;
} taking;

static bool add_rows(uint32_t partition, wadi__task_result *result, void *arg) {
    taking *taken = arg;
    (void)partition;
    if (taken->rows.count >= taken->limit) return false;
    return wadi__rows_add(&taken->rows, result->rows);
}
const void *wadi__take_named(wadi_rdd *rdd, const char *name, const wadi_type *type, size_t limit, size_t *n) {
    wadi__action action = {.kind = WADI__ACTION_TAKE, .limit = limit};
    taking taken = {.limit = limit};
    if (!wadi__rows_init(&taken.rows, rdd, name, type) || limit == 0) return wadi__rows_none(n);
    uint32_t tried = 0;
    for (uint32_t some = 1; tried < rdd->partition_count && taken.rows.count < limit && !taken.rows.has_no_memory; some *= 4) {
        uint32_t until = rdd->partition_count - tried < some ? rdd->partition_count : tried + some;
        if (!wadi__job_run_some(rdd, tried, until, &action, add_rows, &taken)) return wadi__rows_drop(&taken.rows, n);
        tried = until;
    }
    if (taken.rows.count > limit) taken.rows.count = limit;
    return wadi__rows_take(&taken.rows, n);
}
const void *wadi__take(wadi_rdd *rdd, const wadi_type *type, size_t limit, size_t *n) {
    return wadi__take_named(rdd, "take", type, limit, n);
}
const void *wadi__first(wadi_rdd *rdd, const wadi_type *type) {
    return wadi__take_named(rdd, "first", type, 1, NULL);
}
bool wadi_is_empty(wadi_rdd *rdd) {
    size_t n = 0;
    wadi__take_named(rdd, "is_empty", &rdd->type->pub, 1, &n);
    return n == 0;
}
