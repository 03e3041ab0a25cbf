/* SPDX-License-Identifier: Apache-2.0 */
/* count.c: how many records there are. */
#include "rdd/action/job.h"

typedef struct count_sink {
    wadi__sink sink;
    int64_t count;
} count_sink;

static void count_push(wadi__sink *sink, const wadi__slice *in) { ((count_sink *)sink)->count += in->count; }
static void count_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                      wadi__task_result *result) {
    (void)action;
    count_sink count = {{count_push}, 0};
    wadi__action_drive(rdd, task, &count.sink, NULL);
    result->count = count.count;
}
const wadi__action_ops wadi__action_count_ops = {"count", count_run};

static bool add_count(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition;
    *(int64_t *)arg += result->count;
    return true;
}
int64_t wadi_rdd_count(wadi_rdd *in, const wadi_op_options *options) {
    (void)options;
    wadi__action action = {.kind = WADI__ACTION_COUNT};
    int64_t count = 0;
    return wadi__job_run(in, &action, add_count, &count) ? count : 0;
}
