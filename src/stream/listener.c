/* SPDX-License-Identifier: Apache-2.0 */
/* listener.c: events with all that listeners may want to know, each a copy of its own. */
#include "stream/listener.h"

#include "base/conf.h"
#include "base/listener_bus.h"
#include "base/log.h"
#include "stream/nowhere.h"
#include "stream/options.h"
#include "stream/receiver.h"

#include <wadi/listener.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct wadi__listener_node {
    struct wadi__listener_node *next;
    wadi_listener listener;
};

typedef struct stream_event {
    wadi__bus_event head;
    wadi__event_kind kind;
    int64_t time_ms;
    wadi_receiver_info receiver;
    wadi_batch_info batch;
    wadi_output_info *outputs; /* of a batch; or the one output */
    wadi_input_info *inputs;
    char *text; /* that the strings above lie in */
    size_t text_used, text_size;
} stream_event;

/* ---- Making events ---- */

static void event_free(wadi__bus_event *head) {
    stream_event *self = (stream_event *)head;
    wadi__free(self->outputs);
    wadi__free(self->inputs);
    wadi__free(self->text);
    wadi__free(self);
}
/* NULL: no memory. */
static stream_event *event_new(wadi__event_kind kind, size_t outputs, size_t inputs,
                               size_t text_size) {
    stream_event *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->kind = kind;
    self->text_size = text_size;
    if (outputs > 0) self->outputs = wadi__calloc(outputs, sizeof *self->outputs);
    if (inputs > 0) self->inputs = wadi__calloc(inputs, sizeof *self->inputs);
    if (text_size > 0) self->text = wadi__malloc(text_size);
    if ((outputs == 0 || self->outputs != NULL) && (inputs == 0 || self->inputs != NULL) &&
        (text_size == 0 || self->text != NULL))
        return self;
    event_free(&self->head);
    return NULL;
}
__attribute__((format(printf, 2, 3))) static const char *put_text(stream_event *self,
                                                                  const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    char *at = self->text + self->text_used;
    size_t room = self->text_size - self->text_used;
    int length = vsnprintf(at, room, fmt, args);
    va_end(args);
    if (length < 0) return "";
    size_t used = (size_t)length + 1;
    self->text_used += used < room ? used : room;
    return at;
}
static wadi__listener_bus *bus_of(const wadi_stream_context *ssc) {
    return atomic_load_explicit(&ssc->bus, memory_order_acquire);
}
static void put(const wadi_stream_context *ssc, stream_event *event) {
    wadi__listener_bus_put(bus_of(ssc), event != NULL ? &event->head : NULL);
}

/* ---- Outputs and batches ---- */

static const char *file_of(const wadi__output_op *output) {
    return output->where.file != NULL ? output->where.file : "?";
}
static size_t output_text_size(const wadi__job *job) {
    size_t place = strlen(job->output->ops->name) + strlen(file_of(job->output)) + 24;
    return 2 * place + (job->has_failed ? strlen(job->scope.err.message) + 1 : 0);
}
static void fill_output(stream_event *event, wadi_output_info *info, const wadi__batch *batch,
                        const wadi__job *job, bool has_begun, bool has_ended) {
    const wadi__output_op *output = job->output;
    const char *file = file_of(output), *slash = strrchr(file, '/');
    *info = (wadi_output_info){
        .batch_ms = batch->time_ms,
        .id = output->id,
        .name = put_text(event, "%s at %s:%d", output->ops->name, slash != NULL ? slash + 1 : file,
                         output->where.line),
        .description = put_text(event, "%s at %s:%d", output->ops->name, file, output->where.line),
        .start_ms = has_begun ? job->start_ms : -1,
        .end_ms = has_ended ? job->end_ms : -1,
    };
    if (has_ended && job->has_failed)
        info->failure_reason = put_text(event, "%s", job->scope.err.message);
}
void wadi__tell_output(const wadi_stream_context *ssc, wadi__event_kind kind,
                       const wadi__batch *batch, const wadi__job *job) {
    if (bus_of(ssc) == NULL) return;
    stream_event *event = event_new(kind, 1, 0, output_text_size(job));
    if (event != NULL)
        fill_output(event, event->outputs, batch, job, true, kind == WADI__EVENT_OUTPUT_COMPLETED);
    put(ssc, event);
}
static size_t batch_text_size(const wadi__batch *batch, bool has_ended) {
    size_t size = 0;
    for (size_t i = 0; i < batch->job_count; i++) {
        /* Whether it has failed is its thread's until it has ended. */
        const wadi__job plain = {.output = batch->jobs[i].output};
        size += output_text_size(has_ended ? &batch->jobs[i] : &plain);
    }
    for (size_t i = 0; i < batch->inputs.count; i++)
        if (batch->inputs.items[i].description != NULL)
            size += strlen(batch->inputs.items[i].description) + 1;
    return size;
}
static void fill_inputs(stream_event *event, const wadi__batch *batch) {
    for (size_t i = 0; i < batch->inputs.count; i++) {
        const wadi__input_report *report = &batch->inputs.items[i];
        event->inputs[i] = (wadi_input_info){
            .stream_id = report->stream_id,
            .record_count = report->record_count,
            .description =
                report->description != NULL ? put_text(event, "%s", report->description) : NULL};
        event->batch.record_count += report->record_count;
    }
}
void wadi__tell_batch(const wadi_stream_context *ssc, wadi__event_kind kind,
                      const wadi__batch *batch) {
    if (bus_of(ssc) == NULL) return;
    bool has_begun = kind != WADI__EVENT_BATCH_SUBMITTED;
    bool has_ended = kind == WADI__EVENT_BATCH_COMPLETED;
    stream_event *event =
        event_new(kind, batch->job_count, batch->inputs.count, batch_text_size(batch, has_ended));
    if (event != NULL) {
        int64_t waited_ms = has_begun ? batch->start_ms - batch->submission_ms : -1;
        int64_t took_ms = has_ended ? batch->end_ms - batch->start_ms : -1;
        event->batch = (wadi_batch_info){
            .batch_ms = batch->time_ms,
            .submission_ms = batch->submission_ms,
            .processing_start_ms = has_begun ? batch->start_ms : -1,
            .processing_end_ms = has_ended ? batch->end_ms : -1,
            .scheduling_delay_ms = waited_ms,
            .processing_delay_ms = took_ms,
            .total_delay_ms = has_ended ? waited_ms + took_ms : -1,
            .inputs = event->inputs,
            .input_count = batch->inputs.count,
            .outputs = event->outputs,
            .output_count = batch->job_count,
        };
        fill_inputs(event, batch);
        for (size_t i = 0; i < batch->job_count; i++)
            fill_output(event, &event->outputs[i], batch, &batch->jobs[i], has_ended, has_ended);
    }
    put(ssc, event);
}

/* ---- The program and its receivers ---- */

void wadi__tell_streaming_started(const wadi_stream_context *ssc, int64_t time_ms) {
    if (bus_of(ssc) == NULL) return;
    stream_event *event = event_new(WADI__EVENT_STREAMING_STARTED, 0, 0, 0);
    if (event != NULL) event->time_ms = time_ms;
    put(ssc, event);
    wadi__listeners_wake(ssc);
}
void wadi__tell_receiver(wadi__event_kind kind, const wadi_receiver *receiver) {
    const wadi_stream_context *ssc = receiver->ssc;
    if (bus_of(ssc) == NULL) return;
    const char *name = wadi__receiver_name(receiver);
    const char *host = receiver->host != NULL ? receiver->host : "localhost";
    bool has_error = receiver->last_error[0] != 0;
    stream_event *event =
        event_new(kind, 0, 0, strlen(name) + strlen(host) + strlen(receiver->last_error) + 3);
    if (event != NULL)
        event->receiver = (wadi_receiver_info){
            .stream_id = receiver->stream->input_id,
            .name = put_text(event, "%s", name),
            .active = kind != WADI__EVENT_RECEIVER_STOPPED,
            .host = put_text(event, "%s", host),
            .executor_id = "driver",
            .last_error_message = has_error ? put_text(event, "%s", receiver->last_error) : NULL,
            .last_error_ms = has_error ? receiver->last_error_ms : -1,
        };
    if (event != NULL) event->receiver.last_error = event->receiver.last_error_message;
    put(ssc, event);
}

/* ---- Delivering: the bus's thread ---- */

#define CALL(callback, ...) \
    if (to->callback != NULL) to->callback(__VA_ARGS__, to->user)

static void deliver_to(const stream_event *event, const wadi_listener *to) {
    switch (event->kind) {
    case WADI__EVENT_STREAMING_STARTED: CALL(on_streaming_started, event->time_ms); break;
    case WADI__EVENT_RECEIVER_STARTED: CALL(on_receiver_started, &event->receiver); break;
    case WADI__EVENT_RECEIVER_ERROR: CALL(on_receiver_error, &event->receiver); break;
    case WADI__EVENT_RECEIVER_STOPPED: CALL(on_receiver_stopped, &event->receiver); break;
    case WADI__EVENT_BATCH_SUBMITTED: CALL(on_batch_submitted, &event->batch); break;
    case WADI__EVENT_BATCH_STARTED: CALL(on_batch_started, &event->batch); break;
    case WADI__EVENT_BATCH_COMPLETED: CALL(on_batch_completed, &event->batch); break;
    case WADI__EVENT_OUTPUT_STARTED: CALL(on_output_started, event->outputs); break;
    case WADI__EVENT_OUTPUT_COMPLETED: CALL(on_output_completed, event->outputs); break;
    }
}
static void deliver(wadi__bus_event *head, void *arg) {
    wadi_stream_context *ssc = arg;
    pthread_mutex_lock(&ssc->lock);
    const wadi__listener_node *node = ssc->listeners;
    pthread_mutex_unlock(&ssc->lock);
    while (node != NULL) {
        deliver_to((const stream_event *)head, &node->listener);
        pthread_mutex_lock(&ssc->lock);
        node = node->next;
        pthread_mutex_unlock(&ssc->lock);
    }
}
static const wadi__listener_bus_ops bus_ops = {"stream", deliver, event_free};

/* ---- Life ---- */

bool wadi__listeners_start(wadi_stream_context *ssc) {
    pthread_mutex_lock(&ssc->lock);
    bool is_wanted = ssc->listeners != NULL && bus_of(ssc) == NULL;
    pthread_mutex_unlock(&ssc->lock);
    if (!is_wanted) return true;
    size_t capacity = (size_t)wadi__conf_int(ssc->sc->conf, WADI__CONF_LISTENER_QUEUE);
    wadi__listener_bus *bus = wadi__listener_bus_new(ssc->env, capacity, &bus_ops, ssc);
    atomic_store_explicit(&ssc->bus, bus, memory_order_release);
    return bus != NULL;
}
bool wadi__listeners_stop(wadi_stream_context *ssc, int64_t deadline_ns) {
    wadi__listener_bus *bus = bus_of(ssc);
    return bus == NULL || wadi__listener_bus_stop(bus, deadline_ns);
}
void wadi__listeners_free(wadi_stream_context *ssc) {
    wadi__listener_bus_free(bus_of(ssc));
    for (wadi__listener_node *node = ssc->listeners, *next; node != NULL; node = next) {
        next = node->next;
        wadi__free(node);
    }
    wadi__input_info_fini(&ssc->input_info);
}
uint64_t wadi__listeners_dropped(const wadi_stream_context *ssc) {
    wadi__listener_bus *bus = bus_of(ssc);
    return bus != NULL ? wadi__listener_bus_dropped(bus) : 0;
}
bool wadi__listeners_run_here(const wadi_stream_context *ssc) {
    const wadi__listener_bus *bus = bus_of(ssc);
    return bus != NULL && wadi__listener_bus_runs_here(bus);
}
void wadi__listeners_wake(const wadi_stream_context *ssc) {
    wadi__listener_bus *bus = bus_of(ssc);
    if (bus != NULL) wadi__listener_bus_wake(bus);
}
void(wadi_add_listener)(wadi_stream_context *ssc, const wadi_listener *given) {
    wadi_listener listener;
    bool known = wadi__options_take(&listener, sizeof listener, given);
    ssc = wadi__some_context(ssc, &listener.where, "add_listener");
    if (!wadi__stream_context_check_open(ssc, &listener.where, "add_listener")) return;
    if (!known)
        wadi__stream_context_mistake(ssc, &listener.where, "add_listener", WADI_E_INVALID,
                                     WADI__OPTION_UNKNOWN);
    wadi__listener_node *node = ssc->takes_nothing ? NULL : wadi__calloc(1, sizeof *node);
    if (node == NULL) {
        if (!ssc->takes_nothing)
            wadi__stream_context_mistake(ssc, &listener.where, "add_listener", WADI_E_NOMEM,
                                         "no memory for a listener");
        return;
    }
    node->listener = listener;
    pthread_mutex_lock(&ssc->lock);
    wadi__listener_node **last = &ssc->listeners;
    while (*last != NULL) last = &(*last)->next;
    *last = node;
    pthread_mutex_unlock(&ssc->lock);
}
