/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h: one interval of the stream: its jobs, and what belongs to it. Made by the generator, run by job
 * threads, freed by the generator when it is completed. */
#ifndef WADI_STREAM_BATCH_H
#define WADI_STREAM_BATCH_H
#include "rdd/context.h"
#include "stream/input_info.h"
#include "stream/output.h"

typedef struct wadi__job { /* one output operation of one batch */
    wadi__output_op *output;
    wadi_rdd *rdd;      /* one reference */
    wadi__scope scope;  /* rows and errors of this job alone */
    int64_t start_ms, end_ms; /* -1: not yet */
    bool has_failed;
} wadi__job;

typedef struct wadi__batch {
    struct wadi__batch *next;
    int64_t time_ms;
    uint64_t ticket;    /* of the checkpoint that must be safe before it begins; 0: none */
    wadi__scope scope;  /* RDDs made while it was generated */
    wadi__input_reports inputs; /* what its inputs have for it */
    size_t job_count, started, completed; /* jobs; guarded by the scheduler's lock */
    int64_t submission_ms, start_ms, end_ms; /* -1: not yet */
    bool has_failed;
    bool is_run_again;  /* by the next start, if it is not completed, or has failed */
    struct wadi__batch_additions *additions; /* to accumulators, of all its scopes */
    wadi__job jobs[];
} wadi__batch;

/* NULL: no memory. Batches are made in their order. */
wadi__batch *wadi__batch_new(const wadi_stream_context *ssc, int64_t time_ms);
/* The next job, of this output; takes over the reference. */
void wadi__batch_add_job(wadi__batch *batch, wadi__output_op *output, wadi_rdd *rdd);
/* After its last job: what it added to accumulators counts, unless it will be run again. */
wadi_status wadi__batch_end(wadi__batch *batch, wadi_error *err);
/* One that has not ended never will. */
void wadi__batch_free(wadi__batch *batch);
#endif
