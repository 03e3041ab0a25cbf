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
/* A batch is about to be made while so many are not completed yet. Before anything is known of the
 * speed that alone says that it is too much: until then a receiver goes on at the least rate. */
void wadi__rate_control_generating(wadi__rate_control *control, size_t waiting);
/* A batch has been completed, after those before it. */
void wadi__rate_control_completed(wadi__rate_control *control, const wadi__batch *batch);
#endif
