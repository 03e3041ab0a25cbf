/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c: making and freeing batches. */
#include "stream/batch.h"

#include "base/log.h"
#include "exec/shared_vars.h"
#include "stream/stream_context.h"

#include <inttypes.h>

wadi__batch *wadi__batch_new(const wadi_stream_context *ssc, int64_t time_ms) {
    wadi__batch *batch =
        wadi__calloc(1, sizeof *batch + ssc->outputs.count * sizeof batch->jobs[0]);
    if (batch == NULL) return NULL;
    batch->additions = wadi__batch_additions_begin(ssc->sc, time_ms);
    if (batch->additions == NULL) {
        wadi__free(batch);
        return NULL;
    }
    batch->time_ms = time_ms;
    batch->submission_ms = batch->start_ms = batch->end_ms = -1;
    batch->is_run_again = ssc->checkpoint_dir != NULL;
    wadi__scope_init(&batch->scope, time_ms);
    batch->scope.additions = batch->additions;
    return batch;
}
void wadi__batch_add_job(wadi__batch *batch, wadi__output_op *output, wadi_rdd *rdd) {
    wadi__job *job = &batch->jobs[batch->job_count++];
    *job = (wadi__job){.output = output, .rdd = rdd, .start_ms = -1, .end_ms = -1};
    wadi__scope_init(&job->scope, batch->time_ms);
    job->scope.output_id = output->id;
    job->scope.additions = batch->additions;
}
wadi_status wadi__batch_end(wadi__batch *batch, wadi_error *err) {
    bool counts = !(batch->has_failed && batch->is_run_again);
    return wadi__batch_additions_end(&batch->additions, counts, err);
}
/* A batch that is given up: it counts as one that failed. */
static void give_up(wadi__batch *batch) {
    wadi_error err = WADI_ERROR_INIT;
    batch->has_failed = true;
    if (wadi__batch_end(batch, &err) != WADI_OK) wadi__log_error("stream", "%s", err.message);
}
void wadi__batch_free(wadi__batch *batch) {
    if (batch->additions != NULL) give_up(batch);
    for (size_t i = 0; i < batch->job_count; i++) {
        wadi__scope_fini(&batch->jobs[i].scope);
        wadi_rdd_unref(&batch->jobs[i].rdd);
    }
    wadi__scope_fini(&batch->scope);
    wadi__input_reports_fini(&batch->inputs);
    wadi__free(batch);
}
