/* SPDX-License-Identifier: Apache-2.0 */
/* rate_estimator.c: by Spark's rule, or a function that the registry knows. */
#include "stream/rate_estimator.h"

#include "base/mem.h"
#include "rdd/registry.h"

#include <stdio.h>
#include <string.h>

/* ---- Which one ---- */

typedef struct name_list {
    char text[200];
    size_t size;
} name_list;
static void add_name(const char *name, void *arg) {
    name_list *list = arg;
    size_t room = sizeof list->text - list->size;
    int size = snprintf(list->text + list->size, room, ", %s", name);
    if (size > 0) list->size += (size_t)size < room ? (size_t)size : room - 1;
}
static wadi_status not_found(const char *setting, wadi_error *err) {
    name_list names = {.text = ""};
    wadi__fn_list(WADI_FN_RATE_ESTIMATOR, add_name, &names);
    return wadi_error_context(err, WADI_E_INVALID,
                              "spark.streaming.backpressure.rateEstimator: there is no rate "
                              "estimator '%s'; there are: pid%s (WADI_RATE_ESTIMATOR declares one)",
                              setting, names.text);
}
wadi_status wadi__rate_estimator_find(const char *setting, const char **name, wadi_error *err) {
    *name = NULL;
    if (strcmp(setting, "pid") == 0) return WADI_OK;
    const wadi_fn *fn = wadi_fn_find(setting);
    wadi__fn_entry entry;
    if (fn == NULL) return not_found(setting, err);
    wadi_error why = WADI_ERROR_INIT;
    if (!wadi__fn_resolve(fn, WADI_FN_RATE_ESTIMATOR, NULL, &entry, &why))
        return wadi_error_context(err, why.status, "spark.streaming.backpressure.rateEstimator: %s",
                                  why.message);
    *name = entry.name;
    return WADI_OK;
}

/* ---- Life ---- */

static wadi_status init_state(wadi__rate_estimator *self, wadi_error *err) {
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(self->name, &entry) || entry.state == NULL) return WADI_OK;
    self->state = wadi__calloc(1, entry.state->pub.size);
    if (self->state != NULL) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for the rate estimator '%s'",
                              self->name);
}
static wadi_status init_pid(wadi__rate_estimator *self, const wadi__conf *conf, int64_t batch_ms,
                            wadi_error *err) {
    const wadi__pid_params params = {
        .batch_ms = batch_ms,
        .proportional = wadi__conf_double(conf, WADI__CONF_PID_PROPORTIONAL),
        .integral = wadi__conf_double(conf, WADI__CONF_PID_INTEGRAL),
        .derivative = wadi__conf_double(conf, WADI__CONF_PID_DERIVED),
        .min_rate = wadi__conf_double(conf, WADI__CONF_PID_MIN_RATE),
    };
    return wadi__pid_rate_init(&self->pid, &params, err);
}
wadi_status wadi__rate_estimator_init(wadi__rate_estimator *self, const wadi__conf *conf,
                                      int64_t batch_ms, wadi_error *err) {
    *self = (wadi__rate_estimator){0};
    const char *setting = wadi__conf_string(conf, WADI__CONF_BACKPRESSURE_RATE_ESTIMATOR);
    wadi_status status = wadi__rate_estimator_find(setting, &self->name, err);
    if (status != WADI_OK) return status;
    return self->name != NULL ? init_state(self, err) : init_pid(self, conf, batch_ms, err);
}
void wadi__rate_estimator_fini(wadi__rate_estimator *self) {
    wadi__free(self->state);
    self->state = NULL;
}

/* ---- Estimates ---- */

static bool update_pid(wadi__rate_estimator *self, const wadi_rate_batch *batch, double *rate) {
    const wadi__pid_batch done = {.end_ms = batch->end_ms,
                                  .records = batch->record_count,
                                  .processing_ms = batch->processing_delay_ms,
                                  .scheduling_ms = batch->scheduling_delay_ms};
    if (!wadi__pid_rate_update(&self->pid, &done, rate)) return false;
    self->has_rate = true;
    return true;
}
double wadi__rate_estimator_speed(const wadi__rate_estimator *self) {
    return self->pid.has_rate ? self->pid.rate : 0;
}
bool wadi__rate_estimator_update(wadi__rate_estimator *self, const wadi_rate_batch *batch,
                                 double *rate) {
    if (self->name == NULL) return update_pid(self, batch, rate);
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(self->name, &entry)) return false; /* its plugin has been closed */
    wadi_call call = {.fn = entry.fn, .completed = batch, .state = self->state};
    entry.fn->run(&call);
    if (!(call.rate > 0)) return false; /* NaN is none either */
    self->has_rate = true;
    *rate = call.rate;
    return true;
}
