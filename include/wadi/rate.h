/* SPDX-License-Identifier: Apache-2.0 */
/* rate.h: how many records a second an input may receive, by a rule of the program's own.
 *
 *     WADI_RECORD(smoothed, (double, rate));
 *     WADI_RATE_ESTIMATOR(smooth, smoothed) {
 *         if (batch->record_count == 0 || batch->processing_delay_ms == 0) return 0;
 *         double now = (double)batch->record_count * 1000 / (double)batch->processing_delay_ms;
 *         return state->rate = state->rate > 0 ? 0.8 * state->rate + 0.2 * now : now;
 *     }
 *
 * takes the place of Spark's rule, pid, where these settings say so:
 *
 *     spark.streaming.backpressure.enabled=true
 *     spark.streaming.backpressure.rateEstimator=smooth
 */
#ifndef WADI_RATE_H
#define WADI_RATE_H
#pragma GCC system_header
#include <wadi/function.h>

/** A completed batch, as an estimator sees it: what one input had in it, and how long all of the batch
 * took. Times are ms since the epoch. */
struct wadi_rate_batch {
    int stream_id;
    int64_t batch_ms, end_ms; /* the batch's time; when its last output had ended, which ascends */
    int64_t interval_ms;      /* of batches */
    int64_t record_count;     /* of this input */
    int64_t processing_delay_ms, scheduling_delay_ms;
};

/**
 * Declares an estimator of rates, which spark.streaming.backpressure.rateEstimator names. It runs
 * after each completed batch, once for each input that receives, and sees `batch`, const
 * wadi_rate_batch *, and `state`, State *: a record of that input's own, which starts as zero and lives
 * as long as the program runs, without what it points at. It returns records a second; what is not
 * above 0 changes nothing. A receiver stores no more than that, nor than
 * spark.streaming.receiver.maxRate; until the first rate it goes on at ..pid.minRate once a batch is
 * not completed when the next one is made.
 * Threads:   one at a time, that of the generator: batches wait for its end.
 * Errors:    told by wadi_start(): WADI_E_INVALID, the setting names no such function; WADI_E_TYPE, it
 *            names one of another kind.
 * Source:    Spark 3 RateEstimator.compute; there users cannot name one of their own.
 */
#define WADI_RATE_ESTIMATOR(...) WADI__BY_COUNT(WADI__RATE_ESTIMATOR_, __VA_ARGS__)
#define WADI__RATE_ESTIMATOR_2(f, State)                                                           \
    WADI__PLAIN(f, rate_estimator)                                                                 \
    WADI__DEFINE(f, RATE_ESTIMATOR, NULL, NULL, NULL, &wadi_type_of_##State, NULL, 0)              \
    WADI__NAME_PLAIN(f, rate_estimator)                                                            \
    WADI__RATE_ESTIMATOR_LOOP(f, State)
#define WADI__RATE_ESTIMATOR_1(...) WADI__TAKES("WADI_RATE_ESTIMATOR takes (name, State)")
#define WADI__RATE_ESTIMATOR_3(...) WADI__TAKES("WADI_RATE_ESTIMATOR takes (name, State)")
#define WADI__RATE_ESTIMATOR_LOOP(f, State)                                                        \
    WADI__BODY double f##__body(const wadi_rate_batch *batch WADI_UNUSED, State *state WADI_UNUSED); \
    static void f##__run(wadi_call *call_) {                                                       \
        call_->rate = f##__body(call_->completed, (State *)call_->state);                          \
    }                                                                                              \
    WADI__BODY double f##__body(const wadi_rate_batch *batch WADI_UNUSED, State *state WADI_UNUSED)
#endif
