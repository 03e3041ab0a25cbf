/* SPDX-License-Identifier: Apache-2.0 */
/* pid_rate.h: how many records a second an input may receive, worked out from how long its batches
 * took: a controller with a proportional, an integral and a derivative part. Source: Spark 3
 * PIDRateEstimator. Numbers only; one thread at a time. */
#ifndef WADI_STREAM_PID_RATE_H
#define WADI_STREAM_PID_RATE_H
#include <wadi/error.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct wadi__pid_params {
    int64_t batch_ms;
    double proportional, integral, derivative;
    double min_rate; /* records a second: no estimate is lower */
} wadi__pid_params;

typedef struct wadi__pid_rate {
    wadi__pid_params params;
    bool has_rate;   /* a call was accepted: */
    int64_t time_ms; /* that of the last one; before: -1 */
    double rate, error;
} wadi__pid_rate;

typedef struct wadi__pid_batch { /* that is completed */
    int64_t end_ms;              /* of its processing */
    int64_t records;
    int64_t processing_ms, scheduling_ms; /* delays */
} wadi__pid_batch;

/* WADI_E_INVALID: a parameter is out of range; err names it and what it must be. */
wadi_status wadi__pid_rate_init(wadi__pid_rate *self, const wadi__pid_params *params,
                                wadi_error *err);
/* True: *rate is the new estimate, in records a second. False: the batch tells nothing, or it is
 * the first. */
bool wadi__pid_rate_update(wadi__pid_rate *self, const wadi__pid_batch *batch, double *rate);
#endif
