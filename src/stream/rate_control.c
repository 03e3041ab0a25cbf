/* SPDX-License-Identifier: Apache-2.0 */
/* rate_control.c: from completed batches to the limits of receivers. */
#include "stream/rate_control.h"

#include "base/conf.h"
#include "stream/rate_estimator.h"

struct wadi__rate_control {
    int input_count;
    int64_t batch_ms;
    double least; /* rate */
    struct controlled_input {
        wadi_dstream *stream; /* NULL: its rate cannot be set */
        wadi__rate_estimator estimator;
        bool is_held; /* at the least rate, until the first estimate */
    } inputs[];
};

static wadi_status init_inputs(wadi__rate_control *self, const wadi_stream_context *ssc,
                               wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t i = 0; i < ssc->nodes.count && status == WADI_OK; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        if (node->input_id < 0 || node->ops->set_rate == NULL) continue;
        self->inputs[node->input_id].stream = node;
        status = wadi__rate_estimator_init(&self->inputs[node->input_id].estimator, ssc->sc->conf,
                                           ssc->batch_ms, err);
    }
    return status;
}
wadi_status wadi__rate_control_new(wadi_stream_context *ssc, wadi__rate_control **control,
                                   wadi_error *err) {
    const wadi__conf *conf = ssc->sc->conf;
    const char *name;
    wadi_status status = wadi__rate_estimator_find(
        wadi__conf_string(conf, WADI__CONF_BACKPRESSURE_RATE_ESTIMATOR), &name, err);
    if (status != WADI_OK || !wadi__conf_bool(conf, WADI__CONF_BACKPRESSURE_ENABLED)) return status;
    wadi__rate_control *self =
        wadi__calloc(1, sizeof *self + (size_t)ssc->input_count * sizeof self->inputs[0]);
    if (self == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for the rates of receivers");
    self->input_count = ssc->input_count;
    self->batch_ms = ssc->batch_ms;
    self->least = wadi__conf_double(conf, WADI__CONF_PID_MIN_RATE);
    status = init_inputs(self, ssc, err);
    if (status == WADI_OK)
        *control = self;
    else
        wadi__rate_control_free(self);
    return status;
}
void wadi__rate_control_free(wadi__rate_control *control) {
    for (int i = 0; control != NULL && i < control->input_count; i++)
        wadi__rate_estimator_fini(&control->inputs[i].estimator);
    wadi__free(control);
}

static int64_t whole(double rate) {
    if (rate < 1) return 1;
    return rate < 9e18 ? (int64_t)rate : INT64_MAX;
}
/* Whether a batch has more of an input than two intervals are enough for. */
static bool is_too_much(const wadi__rate_control *self, const struct controlled_input *input,
                        const wadi__batch *batch) {
    const double speed = wadi__rate_estimator_speed(&input->estimator);
    for (size_t i = 0; i < batch->inputs.count && speed > 0; i++)
        if (batch->inputs.items[i].stream_id == input - self->inputs &&
            (double)batch->inputs.items[i].record_count * 1000 > 2 * speed * (double)self->batch_ms)
            return true;
    return false;
}
void wadi__rate_control_made(wadi__rate_control *self, const wadi__batch *batch, size_t waiting) {
    for (int i = 0; self != NULL && i < self->input_count; i++) {
        struct controlled_input *input = &self->inputs[i];
        if (input->stream == NULL || input->estimator.has_rate || input->is_held) continue;
        if (waiting == 0 && !is_too_much(self, input, batch)) continue;
        input->stream->ops->set_rate(input->stream, whole(self->least));
        input->is_held = true;
    }
}
void wadi__rate_control_completed(wadi__rate_control *self, const wadi__batch *batch) {
    if (self == NULL || batch->end_ms < 0) return;
    for (size_t i = 0; i < batch->inputs.count; i++) {
        const wadi__input_report *report = &batch->inputs.items[i];
        if (report->stream_id < 0 || report->stream_id >= self->input_count) continue;
        struct controlled_input *input = &self->inputs[report->stream_id];
        const wadi_rate_batch done = {.stream_id = report->stream_id,
                                      .batch_ms = batch->time_ms,
                                      .end_ms = batch->end_ms,
                                      .interval_ms = self->batch_ms,
                                      .record_count = report->record_count,
                                      .processing_delay_ms = batch->end_ms - batch->start_ms,
                                      .scheduling_delay_ms =
                                          batch->start_ms - batch->submission_ms};
        double rate;
        if (input->stream != NULL && wadi__rate_estimator_update(&input->estimator, &done, &rate))
            input->stream->ops->set_rate(input->stream, whole(rate));
    }
}
