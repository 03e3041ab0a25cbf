/* SPDX-License-Identifier: Apache-2.0 */
/* allocation.h: how many executors a stream program should have, from how long its batches take.
 * Source: Spark 3 streaming ExecutorAllocationManager. Numbers only. */
#ifndef WADI_CLUSTER_ALLOCATION_H
#define WADI_CLUSTER_ALLOCATION_H
#include <wadi/error.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct wadi__allocation {
    bool has_min, has_max; /* else: max(1, receivers), no limit */
    int32_t min_executors, max_executors;
    int64_t interval_s;          /* between two looks */
    double up_ratio, down_ratio; /* processing time over batch interval */
} wadi__allocation;

/* What Spark takes when nothing is set. */
extern const wadi__allocation wadi__allocation_default;
/* WADI_E_INVALID: err names the setting, and what it must be. */
wadi_status wadi__allocation_check(const wadi__allocation *self, wadi_error *err);

typedef enum wadi__allocation_wish {
    WADI__ALLOCATION_STAY,
    WADI__ALLOCATION_MORE, /* request executors */
    WADI__ALLOCATION_LESS, /* give one up that has no receiver */
} wadi__allocation_wish;
/* What the mean processing time of the last batches asks for; *more: how many executors more. */
wadi__allocation_wish wadi__allocation_wish_of(const wadi__allocation *self, double processing_ms,
                                               int64_t batch_ms, int32_t *more);
/* How many to have in all, when there are `active` and `more` are wished for. */
int32_t wadi__allocation_total(const wadi__allocation *self, int32_t receivers, int32_t active,
                               int32_t more);
/* Whether one of `active` executors, of which `with_receiver` have a receiver, may be given up. */
bool wadi__allocation_may_drop(const wadi__allocation *self, int32_t receivers, int32_t active,
                               int32_t with_receiver);
#endif
