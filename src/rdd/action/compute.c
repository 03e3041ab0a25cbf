/* SPDX-License-Identifier: Apache-2.0 */
/* compute.c: computes partitions for nothing but what is stored on the way. */
#include "rdd/action/job.h"

static void nothing_push(wadi__sink *sink, const wadi__slice *in) { (void)sink, (void)in; }
static void compute_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                        wadi__task_result *result) {
    (void)action, (void)result;
    wadi__sink sink = {.push = nothing_push};
    wadi__action_drive(rdd, task, &sink, NULL);
}
const wadi__action_ops wadi__action_compute_ops = {"compute", compute_run};
