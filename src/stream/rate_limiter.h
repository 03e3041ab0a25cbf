/* SPDX-License-Identifier: Apache-2.0 */
/* rate_limiter.h: how many records a receiver may store now: a bucket that fills at the rate, up to
 * the share of a second that may come at once. Source: Spark 3 RateLimiter, whose bucket holds a
 * whole second. Numbers only: whoever has it has a lock for it, the clock, and does the waiting. */
#ifndef WADI_STREAM_RATE_LIMITER_H
#define WADI_STREAM_RATE_LIMITER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WADI__RATE_BURSTS_PER_SECOND = 10
}; /* at most this part of a second's records at once, and one */

typedef struct wadi__rate_limiter {
    int64_t max_rate; /* records a second; 0: none */
    int64_t rate;     /* now; 0: no limit */
    double ready;     /* records that may be stored .. */
    int64_t at_ns;    /* .. at this time */
} wadi__rate_limiter;

/* Of rates 0 and less mean that there is no such limit; the lesser one holds at first. */
void wadi__rate_limiter_init(wadi__rate_limiter *self, int64_t initial_rate, int64_t max_rate,
                             int64_t now_ns);
/* From now on; capped by the most that there may be. 0 and less change nothing. */
void wadi__rate_limiter_set_rate(wadi__rate_limiter *self, int64_t rate, int64_t now_ns);
/* How many of `count` records, at least 1, may be stored now, and takes them; 0: none before
 * *wait_ns have passed. */
size_t wadi__rate_limiter_take(wadi__rate_limiter *self, size_t count, int64_t now_ns,
                               int64_t *wait_ns);
/* Gives back what was taken and not stored. */
void wadi__rate_limiter_give_back(wadi__rate_limiter *self, size_t count);
#endif
