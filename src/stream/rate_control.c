/* SPDX-License-Identifier: Apache-2.0 */
/* rate_control.c: from completed batches to the limits of receivers. */
#include "stream/rate_control.h"

#include "base/conf.h"
#include "stream/pid_rate.h"

struct wadi__rate_control {
    int input_count;
    struct controlled_input {
        wadi_dstream *stream; /* NULL: its rate cannot be set */
        wadi__pid_rate pid;
        bool is_held; /* at the least rate, until the first estimate */
    } inputs[];
};

static wadi__pid_params params_of(const wadi_stream_context *ssc) {
    const wadi__conf *conf = ssc->sc->conf;
    return (wadi__pid_params){
        .batch_ms = ssc->batch_ms,
        .proportional = wadi__conf_double(conf, WADI__CONF_PID_PROPORTIONAL),
        .integral = wadi__conf_double(conf, WADI__CONF_PID_INTEGRAL),
        .derivative = wadi__conf_double(conf, WADI__CONF_PID_DERIVED),
        .min_rate = wadi__conf_double(conf, WADI__CONF_PID_MIN_RATE),
    };
}
wadi_status wadi__rate_control_new(wadi_stream_context *ssc, wadi__rate_control **control,
                                   wadi_error *err) {
    if (!wadi__conf_bool(ssc->sc->conf, WADI__CONF_BACKPRESSURE_ENABLED)) return WADI_OK;
    wadi__rate_control *self =
        wadi__calloc(1, sizeof *self + (size_t)ssc->input_count * sizeof self->inputs[0]);
    if (self == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for the rates of receivers");
    wadi__pid_params params = params_of(ssc);
    wadi_status status = WADI_OK;
    self->input_count = ssc->input_count;
    for (size_t i = 0; i < ssc->nodes.count && status == WADI_OK; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        if (node->input_id < 0 || node->ops->set_rate == NULL) continue;
        self->inputs[node->input_id].stream = node;
        status = wadi__pid_rate_init(&self->inputs[node->input_id].pid, &params, err);
    }
    if (status == WADI_OK)
        *control = self;
    else
        wadi__free(self);
    return status;
}
void wadi__rate_control_free(wadi__rate_control *control) { wadi__free(control); }

static int64_t whole(double rate) {
    if (rate < 1) return 1;
    return rate < 9e18 ? (int64_t)rate : INT64_MAX;
}
void wadi__rate_control_generating(wadi__rate_control *self, size_t waiting) {
    for (int i = 0; self != NULL && waiting > 0 && i < self->input_count; i++) {
        struct controlled_input *input = &self->inputs[i];
        if (input->stream == NULL || input->pid.has_rate || input->is_held) continue;
        input->stream->ops->set_rate(input->stream, whole(input->pid.params.min_rate));
        input->is_held = true;
    }
}
void wadi__rate_control_completed(wadi__rate_control *self, const wadi__batch *batch) {
    if (self == NULL || batch->end_ms < 0) return;
    for (size_t i = 0; i < batch->inputs.count; i++) {
        const wadi__input_report *report = &batch->inputs.items[i];
        if (report->stream_id < 0 || report->stream_id >= self->input_count) continue;
        struct controlled_input *input = &self->inputs[report->stream_id];
        wadi__pid_batch done = {.end_ms = batch->end_ms,
                                .records = report->record_count,
                                .processing_ms = batch->end_ms - batch->start_ms,
                                .scheduling_ms = batch->start_ms - batch->submission_ms};
        double rate;
        if (input->stream != NULL && wadi__pid_rate_update(&input->pid, &done, &rate))
            input->stream->ops->set_rate(input->stream, whole(rate));
    }
}
