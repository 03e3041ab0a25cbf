/* SPDX-License-Identifier: Apache-2.0 */
/* count.c: how many records there are. */
#include "data/scan.h"
#include "rdd/action/job.h"

typedef struct count_sink {
    wadi__sink sink;
    int64_t count;
} count_sink;

static void count_push(wadi__sink *sink, const wadi__slice *in) { ((count_sink *)sink)->count += in->count; }
static void count_push_text(wadi__sink *sink, const char *text, size_t size_bytes) {
    ((count_sink *)sink)->count +=
        (int64_t)(wadi__scan_count_lines(text, size_bytes) + (text[size_bytes - 1] != '\n'));
}
static void count_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                      wadi__task_result *result) {
    (void)action;
    count_sink count = {{.push = count_push, .push_text = count_push_text}, 0};
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
