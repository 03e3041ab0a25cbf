/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c: all records of an RDD, side by side, on the driver. */
#include "rdd/action/job.h"
#include "rdd/gather.h"

static void collect_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                        wadi__task_result *result) {
    wadi__gather gather;
    (void)action;
    if (!wadi__gather_init(&gather, task, rdd->type, UINT64_MAX)) return;
    result->rows = gather.block;
    wadi__action_drive(rdd, task, &gather.sink, NULL);
}
const wadi__action_ops wadi__action_collect_ops = {"collect", collect_run};

static bool add_rows(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition;
    return wadi__rows_add(arg, result->rows);
}
const void *wadi__collect(wadi_rdd *rdd, const wadi_type *type, size_t *n) {
    wadi__action action = {.kind = WADI__ACTION_COLLECT};
    wadi__rows rows;
    if (!wadi__rows_init(&rows, rdd, "collect", type)) return wadi__rows_none(n);
    if (!wadi__job_run(rdd, &action, add_rows, &rows)) return wadi__rows_drop(&rows, n);
    return wadi__rows_take(&rows, n);
}
