/* SPDX-License-Identifier: Apache-2.0 */
/* rate_control.h: with spark.streaming.backpressure.enabled the rate of each receiver follows how
 * fast batches are processed. Source: Spark 3 RateController. Generator's thread. */
#ifndef WADI_STREAM_RATE_CONTROL_H
#define WADI_STREAM_RATE_CONTROL_H
#include "stream/batch.h"
#include "stream/stream_context.h"

typedef struct wadi__rate_control wadi__rate_control;

/* *control stays NULL where it is off. WADI_E_INVALID, WADI_E_TYPE: the settings say what cannot
 * be, on or off. */
wadi_status wadi__rate_control_new(wadi_stream_context *ssc, wadi__rate_control **control,
                                   wadi_error *err);
void wadi__rate_control_free(wadi__rate_control *control); /* NULL is fine, as in the next */
/* A batch has been made while so many are not completed yet. Before the first estimate that alone
 * says that it is too much, and so does a batch of far more than was processed before: until then a
 * receiver goes on at the least rate. */
void wadi__rate_control_made(wadi__rate_control *control, const wadi__batch *batch, size_t waiting);
/* A batch has been completed, after those before it. */
void wadi__rate_control_completed(wadi__rate_control *control, const wadi__batch *batch);
#endif
