/* SPDX-License-Identifier: Apache-2.0 */
/* lag.c: counting slow batches. */
#include "stream/lag.h"

#include "base/log.h"
#include "stream/dstream.h"

#include <inttypes.h>

/* NULL: no job has run. */
static const wadi__job *slowest(const wadi__batch *batch) {
    const wadi__job *most = NULL;
    for (size_t i = 0; i < batch->job_count; i++) {
        const wadi__job *job = &batch->jobs[i];
        if (job->end_ms < 0) continue;
        if (most == NULL || job->end_ms - job->start_ms > most->end_ms - most->start_ms) most = job;
    }
    return most;
}
static void tell(const wadi__batch *batch, int64_t interval_ms) {
    const wadi__job *job = slowest(batch);
    if (job == NULL) return;
    const wadi__output_op *output = job->output;
    wadi__log_warn("stream",
                   "the last %d batches took longer than their %" PRId64
                   " ms, so delays grow: that of %" PRId64 " ms took %" PRId64
                   " ms, of which %" PRId64 " ms went into output operation %d (%s at %s:%d, of "
                                            "%s). More cores or partitions, a longer "
                   "batch interval, or less input helps: spark.streaming.backpressure.enabled=true "
                   "lets receivers take as much as is processed",
                   WADI__LAG_BATCHES, interval_ms, batch->time_ms, batch->end_ms - batch->start_ms,
                   job->end_ms - job->start_ms, output->id, output->ops->name,
                   output->where.file != NULL ? output->where.file : "?", output->where.line,
                   output->stream->ops->name);
}
void wadi__lag_completed(wadi__lag *self, const wadi__batch *batch, int64_t interval_ms) {
    if (batch->end_ms < 0) return; /* it had nothing to do */
    bool is_slow = batch->end_ms - batch->start_ms > interval_ms;
    self->slow_count = is_slow ? self->slow_count + 1 : 0;
    if (is_slow && !self->is_told && self->slow_count >= WADI__LAG_BATCHES) {
        tell(batch, interval_ms);
        self->is_told = true;
    } else if (!is_slow && self->is_told) {
        wadi__log_info("stream", "batches take no longer than their %" PRId64 " ms any more",
                       interval_ms);
        self->is_told = false;
    }
}
