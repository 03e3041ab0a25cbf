/* SPDX-License-Identifier: Apache-2.0 */
/* lifecycle.c: starting and stopping a stream program. */
#include "stream/lifecycle.h"

#include "base/conf.h"
#include "base/log.h"
#include "exec/engine.h"
#include "exec/ui_ops.h"
#include "stream/checkpoint_dir.h"
#include "stream/checkpoint_restore.h"
#include "stream/checkpointer.h"
#include "stream/control.h"
#include "stream/generator.h"
#include "stream/interval.h"
#include "stream/listener.h"
#include "stream/nowhere.h"
#include "stream/rate_control.h"
#include "stream/replay_once.h"
#include "stream/saved_settings.h"
#include "stream/scheduler.h"
#include "stream/state_writer.h"
#include "stream/supervisor.h"
#include "stream/tracker.h"

#include <inttypes.h>
#include <string.h>

enum { HARD_STOP_MS = 2000 }; /* what running bodies get before and after they are cancelled */

static pthread_mutex_t active_lock = PTHREAD_MUTEX_INITIALIZER;
static wadi_stream_context *active; /* guarded by active_lock */

/* ---- Belonging to an engine context ---- */

typedef struct adopted {
    wadi__on_finish on_finish;
    wadi_stream_context *ssc;
} adopted;

static void finish(wadi__on_finish *self) {
    adopted *child = (adopted *)self;
    wadi_stop(child->ssc, .keep_context = true);
    if (child->ssc->stopper != NULL) child->ssc->env->thread_join(child->ssc->env, child->ssc->stopper);
    if (atomic_load(&child->ssc->is_left)) child->ssc->sc->is_left = true;
    else wadi__stream_context_free(child->ssc);
    wadi__free(child);
}
bool wadi__lifecycle_adopt(wadi_stream_context *ssc) {
    adopted *child = wadi__calloc(1, sizeof *child);
    if (child == NULL) return false;
    *child = (adopted){{.finish = finish}, ssc};
    pthread_mutex_lock(&ssc->sc->scope.lock);
    child->on_finish.next = ssc->sc->on_finish;
    ssc->sc->on_finish = &child->on_finish;
    pthread_mutex_unlock(&ssc->sc->scope.lock);
    return true;
}

/* ---- Asking ---- */

wadi_stream_state wadi_stream_context_state(const wadi_stream_context *ssc) {
    wadi_stream_context *self = (wadi_stream_context *)(uintptr_t)ssc;
    if (ssc->sc != NULL && ssc->sc->is_forked) return WADI_STREAM_STOPPED;
    pthread_mutex_lock(&self->lock);
    wadi_stream_state state = self->state;
    pthread_mutex_unlock(&self->lock);
    return state;
}
wadi_stream_context *wadi_stream_context_get_active(void) {
    pthread_mutex_lock(&active_lock);
    wadi_stream_context *found = active != NULL && !active->sc->is_forked ? active : NULL;
    pthread_mutex_unlock(&active_lock);
    return found;
}
void wadi__stream_context_fail(wadi_stream_context *ssc, const wadi_error *err) {
    wadi__log_error("stream", "%s", err->message);
    pthread_mutex_lock(&ssc->lock);
    if (!ssc->has_failed) ssc->err = *err;
    ssc->has_failed = true;
    ssc->failed_batches++;
    pthread_mutex_unlock(&ssc->lock);
    wadi__event_wake_all(&ssc->changed, ssc->env);
}

/* ---- Start ---- */

static void set_state(wadi_stream_context *ssc, wadi_stream_state state) {
    pthread_mutex_lock(&ssc->lock);
    ssc->state = state;
    pthread_mutex_unlock(&ssc->lock);
    wadi__event_wake_all(&ssc->changed, ssc->env);
}
/* Takes the one place for an active context. */
static bool become_active(wadi_stream_context *ssc) {
    pthread_mutex_lock(&active_lock);
    bool is_free = active == NULL || active->sc->is_forked;
    if (is_free) active = ssc;
    pthread_mutex_unlock(&active_lock);
    return is_free;
}
static void leave_active(wadi_stream_context *ssc) {
    pthread_mutex_lock(&active_lock);
    if (active == ssc) active = NULL;
    pthread_mutex_unlock(&active_lock);
}
static wadi_status tell_mistakes(const wadi_stream_context *ssc, wadi_error *err) {
    if (ssc->mistakes.count == 0)
        return ssc->lost_a_mistake ? wadi_error_context(err, WADI_E_NOMEM, "no memory while the graph was built") : WADI_OK;
    const wadi_error *first = ssc->mistakes.items[0];
    if (ssc->mistakes.count == 1) return wadi_error_context(err, first->status, "%s", first->message);
    return wadi_error_context(err, first->status, "%s (the first of %zu mistakes)", first->message, ssc->mistakes.count);
}
bool wadi__lifecycle_enter(wadi_stream_context *ssc) {
    pthread_mutex_lock(&ssc->lock);
    bool enters = ssc->takes_callers;
    ssc->callers += enters;
    pthread_mutex_unlock(&ssc->lock);
    return enters;
}
void wadi__lifecycle_leave(wadi_stream_context *ssc) {
    pthread_mutex_lock(&ssc->lock);
    ssc->callers--;
    pthread_mutex_unlock(&ssc->lock);
    wadi__event_wake_all(&ssc->changed, ssc->env);
}
/* Lets nobody in any more, and waits for those who are in unless a function of theirs never returns. */
static void see_callers_off(wadi_stream_context *ssc) {
    pthread_mutex_lock(&ssc->lock);
    ssc->takes_callers = false;
    while (ssc->callers > 0 && !atomic_load(&ssc->is_left))
        wadi__event_wait(&ssc->changed, &ssc->lock, ssc->env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&ssc->lock);
}
static void release(wadi_stream_context *ssc) {
    see_callers_off(ssc);
    wadi__control_stop(ssc->control); /* they look at the parts below */
    ssc->control = NULL;
    wadi__supervisor_stop(ssc->supervisor);
    ssc->supervisor = NULL;
    if (atomic_load(&ssc->is_left)) return;
    wadi__generator_free(ssc->generator); /* it asks the scheduler */
    wadi__checkpointer_stop(ssc->checkpointer); /* it tells the scheduler */
    wadi__scheduler_free(ssc->scheduler);
    for (size_t i = 0; i < ssc->nodes.count; i++) wadi__dstream_forget_all(ssc->nodes.items[i]);
    wadi__tracker_free(ssc->tracker);
    wadi__state_writer_free(ssc->state_writer); /* while the directory is locked */
    ssc->state_writer = NULL;
    wadi__checkpointer_free(ssc->checkpointer);
    wadi__rate_control_free(ssc->rate_control);
    ssc->rate_control = NULL;
    ssc->checkpointer = NULL;
    ssc->scheduler = NULL;
    ssc->generator = NULL;
    ssc->tracker = NULL;
}
static void stop_inputs(wadi_stream_context *ssc) {
    ssc->inputs_deadline_ns = wadi__env_deadline(ssc->env, HARD_STOP_MS);
    for (size_t i = 0; i < ssc->nodes.count; i++)
        if (ssc->nodes.items[i]->is_reached && ssc->nodes.items[i]->ops->ask_to_stop != NULL)
            ssc->nodes.items[i]->ops->ask_to_stop(ssc->nodes.items[i]);
    for (size_t i = 0; i < ssc->nodes.count; i++)
        if (ssc->nodes.items[i]->is_reached && ssc->nodes.items[i]->ops->stop != NULL)
            ssc->nodes.items[i]->ops->stop(ssc->nodes.items[i]);
}
static void stop_listeners(wadi_stream_context *ssc) {
    if (wadi__listeners_stop(ssc, wadi__env_deadline(ssc->env, HARD_STOP_MS))) return;
    wadi__log_error("stream", "a listener did not return within %d s; the process goes on without it", HARD_STOP_MS / 1000);
    atomic_store(&ssc->is_left, true);
}
static wadi_status start_inputs(wadi_stream_context *ssc, wadi_error *err) {
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        if (!node->is_reached || node->ops->start == NULL) continue;
        wadi_status status = node->ops->start(node, ssc->zero_ms, err);
        if (status != WADI_OK) return wadi_error_context(err, status, "starting %s", node->ops->name);
    }
    return WADI_OK;
}
/* Reads what the program goes on from, now that nobody else writes. */
static wadi_status read_checkpoint(wadi_stream_context *ssc, wadi__checkpoint *first, wadi_error *err) {
    bool found = false;
    wadi_status status = wadi__checkpoint_dir_read(ssc->env, ssc->checkpoint_dir, first, &found, err);
    if (status == WADI_OK && !found)
        status = wadi_error_context(err, WADI_E_STATE, "the checkpoint in %s has gone meanwhile", ssc->checkpoint_dir);
    if (status == WADI_OK) status = wadi__checkpoint_fits(ssc, first, err);
    if (status != WADI_OK) return status;
    wadi__saved_settings_compare(ssc->sc->conf, first->settings.items, first->settings.count);
    wadi__log_info("stream", "going on from checkpoint %" PRId64 " ms in %s: %zu batches are pending",
                   first->head.time_ms, ssc->checkpoint_dir, first->pending.count);
    return WADI_OK;
}
/* The clock was set back since: batches do not go back with it. */
static void look_at_clock(const wadi_stream_context *ssc, const wadi__checkpoint *first, int64_t wall_ms) {
    int64_t behind_ms = first->head.time_ms - wall_ms;
    if (behind_ms > ssc->batch_ms)
        wadi__log_warn("stream", "the clock is %" PRId64 " ms behind batch %" PRId64 " ms of the checkpoint in %s; the next "
                       "batch is made when it gets there: set it right, or begin in another directory",
                       behind_ms, first->head.time_ms, ssc->checkpoint_dir);
}
/* The times of the graph, and what its streams had. `first` NULL: the program begins. */
static wadi_status set_up_graph(wadi_stream_context *ssc, const wadi__checkpoint *first,
                                int64_t wall_ns, wadi_error *err) {
    ssc->zero_ms = first != NULL ? first->head.zero_ms
                                 : wadi__interval_first(wall_ns / 1000000, ssc->batch_ms) - ssc->batch_ms;
    for (size_t i = 0; i < ssc->outputs.count; i++) wadi__dstream_initialize(ssc->outputs.items[i]->stream, ssc->zero_ms);
    for (size_t i = 0; i < ssc->outputs.count; i++) wadi__dstream_remember(ssc->outputs.items[i]->stream, ssc->remember_ms);
    return first != NULL ? wadi__checkpoint_restore(ssc, first, err) : WADI_OK;
}
/* Which batches of the run before were done, for a program that begins: blocks of others are not lost. */
static wadi_status look_at_past(const wadi_stream_context *ssc, wadi__past *past, wadi_error *err) {
    wadi__checkpoint last = {0};
    bool found = false;
    int64_t *undone = NULL;
    wadi_error why = WADI_ERROR_INIT; /* a checkpoint that cannot be read tells nothing */
    if (ssc->checkpoint_dir != NULL) wadi__checkpoint_dir_read(ssc->env, ssc->checkpoint_dir, &last, &found, &why);
    if (found && (undone = wadi__calloc(last.pending.count, sizeof *undone)) == NULL) {
        wadi__checkpoint_fini(&last);
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for the batches of a checkpoint");
    }
    for (size_t i = 0; found && i < last.pending.count; i++) undone[i] = last.pending.items[i].time_ms;
    *past = (wadi__past){.done_ms = found ? last.head.time_ms : INT64_MIN, .undone = undone, .undone_count = last.pending.count};
    wadi__checkpoint_fini(&last);
    return WADI_OK;
}
static wadi_status open_log(wadi_stream_context *ssc, const wadi__checkpoint *first, wadi_error *err) {
    wadi__past past = {.goes_on = true};
    wadi_status status = first == NULL ? look_at_past(ssc, &past, err) : WADI_OK;
    if (status == WADI_OK) status = wadi__tracker_open_log(ssc->tracker, &past, err);
    wadi__free((void *)(uintptr_t)past.undone);
    return status;
}
static wadi_status start_threads(wadi_stream_context *ssc, const wadi__checkpoint *first,
                                 int64_t wall_ns, int64_t monotonic_ns, wadi_error *err) {
    uint32_t threads = (uint32_t)wadi__conf_int(ssc->sc->conf, WADI__CONF_CONCURRENT_JOBS);
    if (!wadi__listeners_start(ssc) || (ssc->tracker = wadi__tracker_new(ssc)) == NULL ||
        (ssc->scheduler = wadi__scheduler_new(ssc, threads)) == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory or threads for a stream program");
    wadi_status status = open_log(ssc, first, err);
    if (status == WADI_OK && ssc->checkpointer != NULL) status = wadi__checkpointer_start(ssc->checkpointer, first, err);
    if (status == WADI_OK) status = wadi__rate_control_new(ssc, &ssc->rate_control, err);
    if (status != WADI_OK) return status;
    if ((ssc->generator = wadi__generator_new(ssc, first, wall_ns, monotonic_ns)) == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory or threads for a stream program");
    return start_inputs(ssc, err);
}
static wadi_status start_parts(wadi_stream_context *ssc, wadi_error *err) {
    wadi__env *env = ssc->env;
    int64_t monotonic_ns = env->monotonic_ns(env), wall_ns = wadi__env_wall_ns(env);
    wadi__checkpoint read = {0}, *first = ssc->is_recovered ? &read : NULL;
    wadi_status status = WADI_OK;
    ssc->only_ms = wadi__replay_once_batch();
    if (ssc->only_ms != 0 && first == NULL)
        return wadi_error_context(err, WADI_E_STATE, "a batch cannot be run again: the program does not go on from its "
                                  "checkpoint; make its context by wadi_stream_context_get_or_create()");
    ssc->unpersists = wadi__conf_bool(ssc->sc->conf, WADI__CONF_UNPERSIST);
    ssc->stops_on_failure = strcmp(wadi__conf_string(ssc->sc->conf, WADI__CONF_ON_FAILURE), "stop") == 0;
    if (ssc->checkpoint_dir != NULL) status = wadi__checkpointer_open(ssc, &ssc->checkpointer, err);
    if (status == WADI_OK && ssc->checkpointer != NULL) /* it has the lock */
        wadi__saved_clean(&ssc->sc->engine->saved, env, ssc->checkpoint_dir);
    if (status == WADI_OK && first != NULL) status = read_checkpoint(ssc, first, err);
    if (status == WADI_OK && first != NULL) look_at_clock(ssc, first, wall_ns / 1000000);
    if (status == WADI_OK) status = set_up_graph(ssc, first, wall_ns, err);
    if (status == WADI_OK) status = start_threads(ssc, first, wall_ns, monotonic_ns, err);
    wadi__checkpoint_fini(&read);
    return status;
}
static wadi_status start(wadi_stream_context *ssc, wadi_error *err) {
    wadi__validate(ssc);
    wadi_status status = tell_mistakes(ssc, err);
    if (status != WADI_OK) return status;
    if (ssc->sc->engine == NULL || atomic_load(&ssc->sc->is_stopped))
        return wadi_error_context(err, WADI_E_STATE, "%s", wadi__context_refusal(ssc->sc));
    if (!become_active(ssc))
        return wadi_error_context(err, WADI_E_STATE, "Only one StreamingContext may be started in this process, and another is active");
    wadi__ui_ops_table.stream_starts(ssc);
    status = start_parts(ssc, err);
    if (status == WADI_OK) {
        ssc->control = wadi__control_start(ssc);
        ssc->supervisor = wadi__supervisor_start(ssc);
        return WADI_OK;
    }
    stop_inputs(ssc);
    stop_listeners(ssc);
    wadi__ui_ops_table.stream_ended(ssc);
    release(ssc);
    leave_active(ssc);
    return status;
}
wadi_status wadi_start(wadi_stream_context *ssc, wadi_error *err) {
    if (ssc == NULL || ssc->sc == NULL) return wadi__nowhere_start(err);
    if (ssc->sc->is_forked) return wadi_error_context(err, WADI_E_STATE, "%s", wadi__context_refusal(ssc->sc));
    switch (wadi_stream_context_state(ssc)) {
    case WADI_STREAM_ACTIVE: wadi__log_warn("stream", "the stream context has already been started"); return WADI_OK;
    case WADI_STREAM_STOPPED:
        return wadi_error_context(err, WADI_E_STATE, "the stream context has already been stopped");
    case WADI_STREAM_INITIALIZED: break;
    }
    wadi_error own = WADI_ERROR_INIT;
    wadi_status status = start(ssc, &own);
    if (status == WADI_OK) {
        set_state(ssc, WADI_STREAM_ACTIVE);
        pthread_mutex_lock(&ssc->lock);
        ssc->takes_callers = true;
        pthread_mutex_unlock(&ssc->lock);
        wadi__tell_streaming_started(ssc, ssc->env->wall_ms(ssc->env));
        wadi__generator_go(ssc->generator);
        return WADI_OK;
    }
    pthread_mutex_lock(&ssc->lock);
    ssc->err = own;
    ssc->has_failed = true;
    pthread_mutex_unlock(&ssc->lock);
    set_state(ssc, WADI_STREAM_STOPPED);
    return wadi_error_context(err, status, "%s", own.message);
}

/* ---- Await ---- */

wadi_status wadi_await_termination_or_timeout(wadi_stream_context *ssc, int64_t timeout_ms, bool *stopped,
                                              wadi_error *err) {
    if (ssc == NULL || ssc->sc == NULL) { /* it never starts */
        if (stopped != NULL) *stopped = true;
        return wadi_error_context(err, WADI_E_STATE, "await: there is no stream context");
    }
    if (ssc->sc->is_forked)
        return wadi_error_context(err, WADI_E_STATE, "%s", wadi__context_refusal(ssc->sc));
    int64_t deadline = timeout_ms < 0 ? WADI__DEADLINE_NONE : wadi__env_deadline(ssc->env, timeout_ms);
    bool in_time = true;
    pthread_mutex_lock(&ssc->lock);
    while (in_time && ssc->state != WADI_STREAM_STOPPED && !(ssc->has_failed && ssc->stops_on_failure) &&
           !ssc->is_asked_to_stop)
        in_time = wadi__event_wait(&ssc->changed, &ssc->lock, ssc->env, deadline);
    bool has_failed = ssc->has_failed && (ssc->stops_on_failure || ssc->state == WADI_STREAM_STOPPED);
    wadi_error failure = ssc->err;
    if (stopped != NULL) *stopped = ssc->state == WADI_STREAM_STOPPED;
    pthread_mutex_unlock(&ssc->lock);
    return has_failed ? wadi_error_context(err, failure.status, "%s", failure.message) : WADI_OK;
}
wadi_status wadi_await_termination(wadi_stream_context *ssc, wadi_error *err) {
    return wadi_await_termination_or_timeout(ssc, -1, NULL, err);
}

/* ---- Stop ---- */

static int64_t graceful_deadline(wadi_stream_context *ssc) {
    int64_t ms = wadi__conf_is_set(ssc->sc->conf, WADI__CONF_GRACEFUL_STOP_TIMEOUT)
                     ? wadi__conf_int(ssc->sc->conf, WADI__CONF_GRACEFUL_STOP_TIMEOUT)
                     : 10 * ssc->batch_ms;
    return wadi__env_deadline(ssc->env, ms);
}
static void stop_parts(wadi_stream_context *ssc, bool gracefully) {
    wadi__supervisor_stopping(ssc->supervisor);
    stop_inputs(ssc);
    pthread_mutex_lock(&ssc->lock);
    bool has_halted = ssc->has_failed && ssc->stops_on_failure; /* what was received cannot be processed */
    pthread_mutex_unlock(&ssc->lock);
    int64_t deadline = gracefully ? graceful_deadline(ssc) : wadi__env_deadline(ssc->env, HARD_STOP_MS);
    if (!wadi__generator_halt(ssc->generator, gracefully && !has_halted, deadline, HARD_STOP_MS)) {
        wadi__log_error("stream", "a function that makes the RDDs of a batch did not return; the process goes on without it");
        atomic_store(&ssc->is_left, true);
    } else if (gracefully && !wadi__scheduler_drain(ssc->scheduler, deadline))
        wadi__log_warn("stream", "not all batches were processed before the graceful stop timed out");
    if (!wadi__scheduler_stop(ssc->scheduler, HARD_STOP_MS)) {
        wadi__log_error("stream", "an output operation did not return within %d s; the process goes on without it",
                        2 * HARD_STOP_MS / 1000);
        atomic_store(&ssc->is_left, true);
    }
    stop_listeners(ssc);
    wadi__ui_ops_table.stream_ended(ssc);
    release(ssc);
}
/* Claims the stopping for the calling thread, or waits for the one who does it. */
static bool claim_stop(wadi_stream_context *ssc, wadi_stream_state *before) {
    pthread_mutex_lock(&ssc->lock);
    while (ssc->is_stopping) wadi__event_wait(&ssc->changed, &ssc->lock, ssc->env, WADI__DEADLINE_NONE);
    *before = ssc->state;
    bool claims = ssc->state != WADI_STREAM_STOPPED;
    ssc->is_stopping = claims;
    pthread_mutex_unlock(&ssc->lock);
    return claims;
}
static void stop(wadi_stream_context *ssc, bool gracefully, bool keeps_context) {
    wadi_stream_state before;
    if (claim_stop(ssc, &before)) {
        if (before == WADI_STREAM_ACTIVE) {
            stop_parts(ssc, gracefully);
            leave_active(ssc);
        }
        pthread_mutex_lock(&ssc->lock);
        ssc->is_stopping = false;
        pthread_mutex_unlock(&ssc->lock);
        set_state(ssc, WADI_STREAM_STOPPED);
    }
    const wadi__conf *conf = ssc->sc->conf;
    if (!keeps_context && conf != NULL && wadi__conf_bool(conf, WADI__CONF_STOP_CONTEXT_BY_DEFAULT))
        wadi__context_stop(ssc->sc);
}

/* A function of the program itself that stops it cannot wait for its own end: another thread does. */
typedef struct stop_request {
    wadi_stream_context *ssc;
    bool gracefully, keeps_context;
} stop_request;
static void *stopper_main(void *arg) {
    stop_request request = *(stop_request *)arg;
    wadi__free(arg);
    stop(request.ssc, request.gracefully, request.keeps_context);
    return NULL;
}
static wadi_status stop_elsewhere(wadi_stream_context *ssc, const wadi_stop_options *options) {
    pthread_mutex_lock(&ssc->lock);
    bool is_first = ssc->stopper == NULL;
    pthread_mutex_unlock(&ssc->lock);
    stop_request *request = is_first ? wadi__malloc(sizeof *request) : NULL;
    if (!is_first) return WADI_OK;
    if (request == NULL) return WADI_E_NOMEM;
    *request = (stop_request){ssc, options->gracefully, options->keep_context};
    wadi__thread *thread = NULL;
    if (ssc->env->thread_start(ssc->env, "wadi-stop", stopper_main, request, &thread) != 0) {
        wadi__free(request);
        return WADI_E_NOMEM;
    }
    pthread_mutex_lock(&ssc->lock);
    ssc->stopper = thread;
    pthread_mutex_unlock(&ssc->lock);
    return WADI_OK;
}
wadi_status wadi__lifecycle_stop_elsewhere(wadi_stream_context *ssc, bool gracefully) {
    const wadi_stop_options options = {.size = sizeof options, .gracefully = gracefully};
    return stop_elsewhere(ssc, &options);
}
wadi_status (wadi_stop)(wadi_stream_context *ssc, const wadi_stop_options *options) {
    if (ssc == NULL || ssc->sc == NULL) return WADI_OK; /* it never started */
    if (ssc->sc->is_forked) return WADI_E_STATE;
    if (wadi__listeners_run_here(ssc)) {
        wadi__log_error("stream", "a listener called wadi_stop(), which waits for it; set a flag, and stop where that is looked at");
        return WADI_E_STATE;
    }
    if (wadi__generator_runs_here(ssc) || wadi__scheduler_runs_here(ssc))
        return stop_elsewhere(ssc, options);
    stop(ssc, options->gracefully, options->keep_context);
    return WADI_OK;
}
