/* SPDX-License-Identifier: Apache-2.0 */
/* scheduler.h: runs the jobs of batches, in the order of the batches and of the outputs, on as many threads
 * as spark.streaming.concurrentJobs says. */
#ifndef WADI_STREAM_SCHEDULER_H
#define WADI_STREAM_SCHEDULER_H
#include "stream/batch.h"
#include "stream/stream_context.h"

/* NULL: no memory, or no thread. */
wadi__scheduler *wadi__scheduler_new(wadi_stream_context *ssc, uint32_t threads);
/* Hands a batch over. */
void wadi__scheduler_submit(wadi__scheduler *scheduler, wadi__batch *batch);
/* Batches that wait for the checkpoints up to this one may begin; with an error they fail with it instead, unless a
 * later checkpoint lets them begin before they have. The checkpoint writer's thread. */
void wadi__scheduler_release(wadi__scheduler *scheduler, uint64_t ticket, const wadi_error *err);
/* Batches that are not completed yet. Any thread. */
size_t wadi__scheduler_waiting(wadi__scheduler *scheduler);
/* Waits until all batches are completed, or the deadline. False: the deadline passed. */
bool wadi__scheduler_drain(wadi__scheduler *scheduler, int64_t deadline_ns);
/* Starts no further job, lets those that run go on for grace_ms, then cancels them; returns when none runs
 * or another grace_ms after the cancelling. False: a body did not come back. */
bool wadi__scheduler_stop(wadi__scheduler *scheduler, int64_t grace_ms);
/* Whether the calling thread is a job thread of this program: it is in a user's output operation. */
bool wadi__scheduler_runs_here(const wadi_stream_context *ssc);
void wadi__scheduler_free(wadi__scheduler *scheduler);
#endif
