/* SPDX-License-Identifier: Apache-2.0 */
/* rate_limiter.c: a token bucket. */
#include "stream/rate_limiter.h"

#include <math.h>

static const double second_ns = 1e9;
static const double close_enough = 1e-6; /* of a record: what rounding takes away */

static double room(const wadi__rate_limiter *self) {
    return 1 + (double)self->rate / WADI__RATE_BURSTS_PER_SECOND;
}
static void fill(wadi__rate_limiter *self, int64_t now_ns) {
    double passed_ns = now_ns > self->at_ns ? (double)(now_ns - self->at_ns) : 0;
    self->ready = fmin(room(self), self->ready + passed_ns * (double)self->rate / second_ns);
    self->at_ns = now_ns;
}
void wadi__rate_limiter_init(wadi__rate_limiter *self, int64_t initial_rate, int64_t max_rate,
                             int64_t now_ns) {
    *self = (wadi__rate_limiter){.max_rate = max_rate > 0 ? max_rate : 0, .at_ns = now_ns};
    self->rate = self->max_rate;
    wadi__rate_limiter_set_rate(self, initial_rate, now_ns);
    self->ready = room(self);
}
void wadi__rate_limiter_set_rate(wadi__rate_limiter *self, int64_t rate, int64_t now_ns) {
    if (rate <= 0) return;
    fill(self, now_ns); /* what has passed did so at the rate of then */
    self->rate = self->max_rate > 0 && rate > self->max_rate ? self->max_rate : rate;
    self->ready = fmin(self->ready, room(self));
}
size_t wadi__rate_limiter_take(wadi__rate_limiter *self, size_t count, int64_t now_ns,
                               int64_t *wait_ns) {
    *wait_ns = 0;
    if (self->rate == 0) return count;
    fill(self, now_ns);
    double wanted = fmin((double)count, floor(room(self))); /* not one by one */
    if (self->ready < wanted - close_enough) {
        *wait_ns = (int64_t)ceil((wanted - self->ready) / (double)self->rate * second_ns);
        return 0;
    }
    self->ready = fmax(0, self->ready - wanted);
    return (size_t)wanted;
}
void wadi__rate_limiter_give_back(wadi__rate_limiter *self, size_t count) {
    if (self->rate != 0) self->ready = fmin(room(self), self->ready + (double)count);
}
