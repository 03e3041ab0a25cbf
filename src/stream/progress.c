/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c: counting batches, and a line for each. */
#include "stream/progress.h"

#include "base/log.h"
#include "stream/batch.h"
#include "stream/stream_context.h"

#include <inttypes.h>

static void tell(const wadi__progress_batch *ended) {
    const wadi__log_field fields[] = {{"batch_ms", ended->batch_ms},
                                      {"records", ended->records},
                                      {"scheduling_delay_ms", ended->scheduling_ms},
                                      {"processing_ms", ended->processing_ms},
                                      {"total_delay_ms", ended->total_ms},
                                      {"failed", ended->has_failed}};
    wadi__log_with(WADI__LOG_INFO, "stream", fields, sizeof fields / sizeof fields[0],
                   "batch %" PRId64 " ms %s: %" PRId64 " records, scheduling delay %" PRId64
                   " ms, processing %" PRId64 " ms, total delay %" PRId64 " ms",
                   ended->batch_ms, ended->has_failed ? "failed" : "completed", ended->records,
                   ended->scheduling_ms, ended->processing_ms, ended->total_ms);
}
void wadi__progress_ended(wadi_stream_context *ssc, const wadi__batch *batch) {
    wadi__progress_batch ended = {.batch_ms = batch->time_ms,
                                  .scheduling_ms = batch->start_ms - batch->submission_ms,
                                  .processing_ms = batch->end_ms - batch->start_ms,
                                  .has_failed = batch->has_failed};
    ended.total_ms = ended.scheduling_ms + ended.processing_ms;
    for (size_t i = 0; i < batch->inputs.count; i++)
        ended.records += batch->inputs.items[i].record_count;
    pthread_mutex_lock(&ssc->lock);
    wadi__progress *self = &ssc->progress;
    self->last[self->completed++ % WADI__PROGRESS_KEPT] = ended;
    self->failed += ended.has_failed;
    self->records += ended.records;
    pthread_mutex_unlock(&ssc->lock);
    tell(&ended);
}
wadi__progress wadi__progress_now(wadi_stream_context *ssc) {
    pthread_mutex_lock(&ssc->lock);
    wadi__progress now = ssc->progress;
    pthread_mutex_unlock(&ssc->lock);
    return now;
}
