/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h: one interval of the stream: its jobs, and what belongs to it. Made by the generator, run by job
 * threads, freed by the generator when it is completed. */
#ifndef WADI_STREAM_BATCH_H
#define WADI_STREAM_BATCH_H
#include "rdd/context.h"
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
    wadi__scope scope;  /* RDDs made while it was generated */
    size_t job_count, started, completed; /* jobs; guarded by the scheduler's lock */
    int64_t submission_ms, start_ms, end_ms; /* -1: not yet */
    bool has_failed;
    wadi__job jobs[];
} wadi__batch;

/* NULL: no memory. */
wadi__batch *wadi__batch_new(int64_t time_ms, size_t job_count_max);
void wadi__batch_free(wadi__batch *batch);
#endif
