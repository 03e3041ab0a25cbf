/* SPDX-License-Identifier: Apache-2.0 */
/* foreach.c: a function of each record, for its effects. */
#include "rdd/action/job.h"

typedef struct foreach_sink {
    wadi__sink sink;
    wadi__call_site site;
} foreach_sink;

static void foreach_push(wadi__sink *sink, const wadi__slice *in) {
    foreach_sink *op = (foreach_sink *)sink;
    wadi_call call = {.count = in->count, .in = in->rows, .rows = in->selected};
    if (!op->site.task->user.failed) wadi__call_site_run(&op->site, &call);
}
static void foreach_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                        wadi__task_result *result) {
    (void)result;
    foreach_sink op = {{.push = foreach_push}, {0}};
    if (!wadi__call_site_init(&op.site, rdd, action->fn, task)) return;
    op.site.action_name = wadi__action_ops_of(action->kind)->name;
    wadi__action_drive(rdd, task, &op.sink, NULL);
}
const wadi__action_ops wadi__action_foreach_ops = {"foreach", foreach_run};

/* The whole partition in one call, which takes records when it wants them. */
static void foreach_partition_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                                  wadi__task_result *result) {
    (void)result;
    wadi__call_site site;
    if (!wadi__call_site_init(&site, rdd, action->fn, task)) return;
    site.action_name = wadi__action_ops_of(action->kind)->name;
    wadi__pull *pull = wadi__pull_open(rdd, task->partition_index, task);
    if (pull == NULL) return;
    wadi_call call = {.count = 1, .iterator = &pull->base};
    wadi__call_site_run(&site, &call);
    wadi__pull_explain(pull);
    wadi__pull_close(pull);
}
const wadi__action_ops wadi__action_foreach_partition_ops = {"foreach_partition", foreach_partition_run};

static bool nothing(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition, (void)result, (void)arg;
    return true;
}
void wadi__rdd_run_foreach(wadi_rdd *in, wadi__action_kind kind, wadi__fn_arg f, wadi_fn_kind fn_kind) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__bound_fn *fn = f.bound;
    if (wadi__rdd_is_broken(in)) return;
    if (fn == NULL) fn = wadi__bound_fn_new(f.fn, fn_kind, f.env, in->type, NULL, &err);
    if (fn == NULL) {
        wadi__job_fail(in, wadi__action_ops_of(kind)->name, &err);
        return;
    }
    wadi__action action = {.kind = kind, .fn = fn};
    wadi__job_run(in, &action, nothing, NULL);
    if (f.bound == NULL) wadi__bound_fn_unref(fn);
}
void wadi_rdd_foreach(wadi_rdd *in, wadi_foreach_fn f, const wadi_op_options *options) {
    (void)options;
    wadi__rdd_run_foreach(in, WADI__ACTION_FOREACH, WADI__FN_ARG(f), WADI_FN_FOREACH);
}
void wadi_rdd_foreach_partition(wadi_rdd *in, wadi_foreach_partition_fn f, const wadi_op_options *options) {
    (void)options;
    wadi__rdd_run_foreach(in, WADI__ACTION_FOREACH_PARTITION, WADI__FN_ARG(f), WADI_FN_FOREACH_PARTITION);
}
