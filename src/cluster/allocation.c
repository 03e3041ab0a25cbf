/* SPDX-License-Identifier: Apache-2.0 */
/* allocation.c: how many executors a stream program should have. */
#include "cluster/allocation.h"

#include <math.h>
#include <stddef.h>

const wadi__allocation wadi__allocation_default = {
    .interval_s = 60, .up_ratio = 0.9, .down_ratio = 0.3};

static int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
static int32_t min_executors(const wadi__allocation *self, int32_t receivers) {
    return self->has_min ? self->min_executors : most(1, receivers);
}
wadi_status wadi__allocation_check(const wadi__allocation *self, wadi_error *err) {
    if (self->interval_s <= 0)
        return wadi_error_context(err, WADI_E_INVALID,
                                  "scalingInterval is %lld s, and must be above 0",
                                  (long long)self->interval_s);
    if (!(self->down_ratio > 0) || !(self->up_ratio > self->down_ratio))
        return wadi_error_context(
            err, WADI_E_INVALID,
            "scalingUpRatio is %g and scalingDownRatio %g: the second must be above 0, the "
            "first above the second",
            self->up_ratio, self->down_ratio);
    if ((self->has_min && self->min_executors < 1) || (self->has_max && self->max_executors < 1))
        return wadi_error_context(err, WADI_E_INVALID,
                                  "minExecutors and maxExecutors must be 1 or more");
    if (self->has_min && self->has_max && self->min_executors > self->max_executors)
        return wadi_error_context(err, WADI_E_INVALID,
                                  "minExecutors is %d, and maxExecutors only %d",
                                  self->min_executors, self->max_executors);
    return WADI_OK;
}
wadi__allocation_wish wadi__allocation_wish_of(const wadi__allocation *self, double processing_ms,
                                               int64_t batch_ms, int32_t *more) {
    double ratio = processing_ms / (double)batch_ms;
    *more = 0;
    if (ratio >= self->up_ratio) {
        *more = ratio < 1e9 ? most((int32_t)floor(ratio + 0.5), 1) : 1000000000;
        return WADI__ALLOCATION_MORE;
    }
    return ratio <= self->down_ratio ? WADI__ALLOCATION_LESS : WADI__ALLOCATION_STAY;
}
int32_t wadi__allocation_total(const wadi__allocation *self, int32_t receivers, int32_t active,
                               int32_t more) {
    int64_t total = (int64_t)active + more;
    int64_t bound = self->has_max ? self->max_executors : INT32_MAX;
    return most((int32_t)(total < bound ? total : bound), min_executors(self, receivers));
}
bool wadi__allocation_may_drop(const wadi__allocation *self, int32_t receivers, int32_t active,
                               int32_t with_receiver) {
    return active > min_executors(self, receivers) && active > with_receiver;
}
