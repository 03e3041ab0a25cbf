/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c: making and freeing batches. */
#include "stream/batch.h"

wadi__batch *wadi__batch_new(int64_t time_ms, size_t job_count_max) {
    wadi__batch *batch = wadi__calloc(1, sizeof *batch + job_count_max * sizeof batch->jobs[0]);
    if (batch == NULL) return NULL;
    batch->time_ms = time_ms;
    batch->submission_ms = batch->start_ms = batch->end_ms = -1;
    wadi__scope_init(&batch->scope, time_ms);
    return batch;
}
void wadi__batch_free(wadi__batch *batch) {
    for (size_t i = 0; i < batch->job_count; i++) {
        wadi__scope_fini(&batch->jobs[i].scope);
        wadi_rdd_unref(&batch->jobs[i].rdd);
    }
    wadi__scope_fini(&batch->scope);
    wadi__free(batch);
}
