/* SPDX-License-Identifier: Apache-2.0 */
/* rate_estimator.h: what works out how many records a second an input may receive: Spark's rule
 * (pid_rate.h), or a function of the program. One for each input; generator's thread. */
#ifndef WADI_STREAM_RATE_ESTIMATOR_H
#define WADI_STREAM_RATE_ESTIMATOR_H
#include "base/conf.h"
#include "stream/pid_rate.h"

#include <wadi/rate.h>

typedef struct wadi__rate_estimator {
    const char *name; /* the registry's; NULL: pid */
    wadi__pid_rate pid;
    void *state;   /* of the function */
    bool has_rate; /* it has given one */
} wadi__rate_estimator;

/* Looks for what the setting names; *name is NULL for pid. WADI_E_INVALID: there is nothing of that
 * name; WADI_E_TYPE: it is something else. err says what there is. */
wadi_status wadi__rate_estimator_find(const char *setting, const char **name, wadi_error *err);
/* As the settings say. WADI_E_INVALID, WADI_E_TYPE: they say what cannot be. */
wadi_status wadi__rate_estimator_init(wadi__rate_estimator *self, const wadi__conf *conf,
                                      int64_t batch_ms, wadi_error *err);
void wadi__rate_estimator_fini(wadi__rate_estimator *self); /* zeroed is fine */
/* Records a second that were processed, as far as it knows that before its first rate; 0: it does
 * not. */
double wadi__rate_estimator_speed(const wadi__rate_estimator *self);
/* True: *rate is the new estimate, in records a second, above 0. */
bool wadi__rate_estimator_update(wadi__rate_estimator *self, const wadi_rate_batch *batch,
                                 double *rate);
#endif
