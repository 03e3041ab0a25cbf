/* SPDX-License-Identifier: Apache-2.0 */
/* pid_rate.c: records a second from how long batches took. */
#include "stream/pid_rate.h"

wadi_status wadi__pid_rate_init(wadi__pid_rate *self, const wadi__pid_params *params,
                                wadi_error *err) {
    const struct {
        const char *name, *wanted;
        double value;
        bool is_right;
    } checks[] = {
        {"the batch interval", "above 0", (double)params->batch_ms, params->batch_ms > 0},
        {"pid.proportional", "0 or more", params->proportional, params->proportional >= 0},
        {"pid.integral", "0 or more", params->integral, params->integral >= 0},
        {"pid.derived", "0 or more", params->derivative, params->derivative >= 0},
        {"pid.minRate", "above 0", params->min_rate, params->min_rate > 0},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (!checks[i].is_right) /* NaN is none either */
            return wadi_error_context(err, WADI_E_INVALID, "%s is %g, and must be %s",
                                      checks[i].name, checks[i].value, checks[i].wanted);
    *self = (wadi__pid_rate){.params = *params, .time_ms = -1};
    return WADI_OK;
}
bool wadi__pid_rate_update(wadi__pid_rate *self, const wadi__pid_batch *batch, double *rate) {
    const wadi__pid_params *params = &self->params;
    if (batch->end_ms <= self->time_ms || batch->records <= 0 || batch->processing_ms <= 0)
        return false;
    double processed = (double)batch->records / (double)batch->processing_ms * 1000;
    double seconds = (double)(batch->end_ms - self->time_ms) / 1000;
    self->time_ms = batch->end_ms;
    if (!self->has_rate) {
        self->has_rate = true;
        self->rate = processed;
        return false;
    }
    double error = self->rate - processed;
    /* The records that wait, as a rate at which one batch would do away with them. */
    double waiting = (double)batch->scheduling_ms * processed / (double)params->batch_ms;
    double change = (error - self->error) / seconds;
    double next = self->rate - params->proportional * error - params->integral * waiting -
                  params->derivative * change;
    self->rate = next > params->min_rate ? next : params->min_rate;
    self->error = error;
    *rate = self->rate;
    return true;
}
