/* SPDX-License-Identifier: Apache-2.0 */
/* foreach.c: functions of the user's on each batch: foreachRDD on the driver, foreach and
 * foreachPartition in tasks. */
#include "rdd/action/job.h"
#include "stream/output.h"

#include <wadi/dstream.h>

static void foreach_rdd_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    wadi__fn_entry entry;
    wadi_error err = WADI_ERROR_INIT;
    if (!wadi__fn_lookup(output->fn->name, &entry)) {
        wadi_error_context(&err, WADI_E_STATE, "function '%s' is not there any more", output->fn->name);
        wadi__job_fail(rdd, "foreach_rdd", &err);
        return;
    }
    wadi_call call = {.fn = entry.fn, .env = output->fn->env, .rdds = &rdd, .rdd_count = 1, .batch_ms = batch_ms,
                      .context = rdd->sc};
    entry.fn->run(&call);
}
static const wadi__output_ops foreach_rdd_ops = {.name = "foreach_rdd", .run = foreach_rdd_run};

void (wadi_foreach_rdd)(wadi_dstream *in, wadi_foreach_rdd_fn f, const wadi_op_options *given) {
    wadi_op_options options;
    wadi__output_op *output = wadi__output_new_with(in, &foreach_rdd_ops, 0, given, &options, sizeof options);
    if (output != NULL) wadi__output_bind(output, WADI__FN_ARG(f), WADI_FN_FOREACH_RDD);
}

static void foreach_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    (void)batch_ms;
    wadi__rdd_run_foreach(rdd, WADI__ACTION_FOREACH, WADI__FN_BOUND(output->fn), WADI_FN_FOREACH);
}
static const wadi__output_ops foreach_ops = {.name = "foreach", .run = foreach_run};

void wadi_dstream_foreach(wadi_dstream *in, wadi_foreach_fn f, const wadi_op_options *given) {
    wadi_op_options options;
    wadi__output_op *output = wadi__output_new_with(in, &foreach_ops, 0, given, &options, sizeof options);
    if (output != NULL) wadi__output_bind(output, WADI__FN_ARG(f), WADI_FN_FOREACH);
}

static void foreach_partition_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    (void)batch_ms;
    wadi__rdd_run_foreach(rdd, WADI__ACTION_FOREACH_PARTITION, WADI__FN_BOUND(output->fn), WADI_FN_FOREACH_PARTITION);
}
static const wadi__output_ops foreach_partition_ops = {.name = "foreach_partition", .run = foreach_partition_run};

void wadi_dstream_foreach_partition(wadi_dstream *in, wadi_foreach_partition_fn f, const wadi_op_options *given) {
    wadi_op_options options;
    wadi__output_op *output = wadi__output_new_with(in, &foreach_partition_ops, 0, given, &options, sizeof options);
    if (output != NULL) wadi__output_bind(output, WADI__FN_ARG(f), WADI_FN_FOREACH_PARTITION);
}
