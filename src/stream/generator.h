/* SPDX-License-Identifier: Apache-2.0 */
/* generator.h: the thread that makes batches: at each batch time it takes what was received since the last,
 * asks every output for its RDD, and hands the jobs to the scheduler. All operators compute on it, it
 * cuts the receivers' blocks every block interval, and it cleans up after completed batches. */
#ifndef WADI_STREAM_GENERATOR_H
#define WADI_STREAM_GENERATOR_H
#include "stream/batch.h"
#include "stream/checkpoint_file.h"
#include "stream/stream_context.h"

/* NULL: no memory, or no thread. The first batch time is zero_ms + the interval; wall_ns and monotonic_ns
 * are the same moment on both clocks. A program that goes on from a checkpoint (`first`, else NULL) makes
 * its pending batches at once, then that of its time, then all since as late ones. */
wadi__generator *wadi__generator_new(wadi_stream_context *ssc, const wadi__checkpoint *first,
                                     int64_t wall_ns, int64_t monotonic_ns);
/* How often it cuts what receivers are filling: spark.streaming.blockInterval, at most the batch interval. */
int64_t wadi__generator_block_ms(const wadi_stream_context *ssc);
/* The time of the clock by which it makes batches: the wall clock as it was at start, without its jumps
 * since. Any thread. */
int64_t wadi__generator_now_ms(const wadi__generator *generator);
/* Starts making batches. */
void wadi__generator_go(wadi__generator *generator);
/* A batch is completed; takes it over. Job thread. */
void wadi__generator_completed(wadi__generator *generator, wadi__batch *batch);

/* Received data has reached its bound: data of completed batches that is kept only out of habit, for slices
 * of the last batch, goes at once. Any thread. */
void wadi__generator_press(wadi__generator *generator);

/* Runs fn(arg) on the generator's thread, between batches, and waits for it; at once when called there. */
void wadi__generator_call(wadi__generator *generator, void (*fn)(void *arg), void *arg);

/* Makes no further batch; with `last_tick` the one that is under way in time is still made, unless the
 * deadline passes first. Then what runs is cancelled. False: it has not returned grace_ms later. */
bool wadi__generator_halt(wadi__generator *generator, bool last_tick, int64_t deadline_ns, int64_t grace_ms);
/* Whether the calling thread is the generator of this program: it is in a user's transform. */
bool wadi__generator_runs_here(const wadi_stream_context *ssc);
/* Ends the thread. */
void wadi__generator_free(wadi__generator *generator);
/* The time of the last batch that was made, or zero_ms. Any thread. */
int64_t wadi__generator_last_ms(wadi__generator *generator);
#endif
