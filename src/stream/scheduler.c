/* SPDX-License-Identifier: Apache-2.0 */
/* scheduler.c: job threads. */
#include "stream/scheduler.h"

#include "base/log.h"
#include "exec/engine.h"
#include "stream/checkpointer.h"
#include "stream/generator.h"
#include "stream/listener.h"
#include "stream/tracker.h"

#include <inttypes.h>
#include <stdio.h>

struct wadi__scheduler {
    wadi_stream_context *ssc;
    pthread_mutex_t lock;
    wadi__event work;    /* for job threads */
    wadi__event changed; /* for waiters: a job has ended */
    wadi__batch *first, *last; /* not completed, oldest first; guarded by lock, as all below */
    size_t waiting;      /* batches in that list */
    uint32_t running;    /* jobs */
    bool is_halted;      /* start no further job */
    uint64_t safe_ticket; /* checkpoints up to this one are safe .. */
    uint64_t lost_ticket; /* .. and later ones up to this one are not, for this reason: */
    wadi_error lost;
    bool is_ending;
    uint32_t thread_count;
    wadi__thread *threads[];
};

static _Thread_local wadi__scheduler *own; /* of the calling thread */

/* The next job to be started; NULL: none. holds lock */
static wadi__job *next_job(wadi__scheduler *self, wadi__batch **of) {
    if (self->is_halted) return NULL;
    wadi__batch *batch = self->first;
    while (batch != NULL && batch->started == batch->job_count) batch = batch->next;
    if (batch == NULL) return NULL;
    bool is_safe = batch->ticket <= self->safe_ticket;
    if (!is_safe && batch->ticket > self->lost_ticket) return NULL; /* its checkpoint is being written */
    wadi__job *job = &batch->jobs[batch->started++];
    if (!is_safe) wadi__scope_fail(&job->scope, &self->lost);
    *of = batch;
    return job;
}
void wadi__scheduler_release(wadi__scheduler *self, uint64_t ticket, const wadi_error *err) {
    pthread_mutex_lock(&self->lock);
    if (err == NULL) {
        self->safe_ticket = ticket;
    } else {
        self->lost_ticket = ticket;
        self->lost = *err;
    }
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->work, self->ssc->env);
}
static void unlist(wadi__scheduler *self, wadi__batch *batch) {
    wadi__batch **at = &self->first, *before = NULL;
    for (; *at != batch; at = &(*at)->next) before = *at;
    *at = batch->next;
    if (self->last == batch) self->last = before;
    self->waiting--;
}
/* Whether the batch's checkpoint is safe, and the blocks that it has: run again, it consists of the same. */
static bool may_begin(const wadi__scheduler *self, const wadi__batch *batch, wadi__job *job) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__scope *scope = &job->scope;
    if (scope->has_failed) return false;
    if (wadi__tracker_wait_durable(self->ssc->tracker, batch->time_ms, &scope->is_cancelled, &err) == WADI_OK) return true;
    wadi__scope_fail(scope, &err);
    return false;
}
static void run_job(wadi__scheduler *self, wadi__batch *batch, wadi__job *job) {
    wadi__env *env = self->ssc->env;
    job->start_ms = env->wall_ms(env);
    pthread_mutex_lock(&self->lock); /* other jobs of the batch may begin now as well */
    if (batch->start_ms < 0) {
        batch->start_ms = job->start_ms;
        wadi__tell_batch(self->ssc, WADI__EVENT_BATCH_STARTED, batch);
    }
    wadi__tell_output(self->ssc, WADI__EVENT_OUTPUT_STARTED, batch, job);
    pthread_mutex_unlock(&self->lock);
    wadi__listeners_wake(self->ssc);
    if (may_begin(self, batch, job)) {
        wadi__scope *before = wadi__scope_enter(&job->scope);
        job->output->ops->run(job->output, job->rdd, batch->time_ms);
        wadi__scope_enter(before);
    }
    job->end_ms = env->wall_ms(env);
    job->has_failed = job->scope.has_failed;
    if (!job->has_failed) return;
    wadi_error_context(&job->scope.err, job->scope.err.status, "in output operation %d (%s at %s:%d), batch %" PRId64 " ms",
                       job->output->id, job->output->ops->name,
                       job->output->where.file != NULL ? job->output->where.file : "?", job->output->where.line,
                       batch->time_ms);
}
/* holds lock */
static void note_failure(wadi__scheduler *self, wadi__batch *batch, const wadi__job *job) {
    if (!job->has_failed) return;
    batch->has_failed = true;
    if (self->ssc->checkpointer != NULL) wadi__checkpointer_failed(self->ssc->checkpointer, batch->time_ms);
    if (self->ssc->stops_on_failure) self->is_halted = true; /* it stays pending, and none overtakes it */
}
/* After the last job of a batch: fails it if what it added to accumulators cannot be merged. holds lock,
 * and lets go of it meanwhile */
static void end_batch(wadi__scheduler *self, wadi__batch *batch, wadi__job *job) {
    pthread_mutex_unlock(&self->lock);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__batch_end(batch, &err) != WADI_OK && !job->has_failed) {
        job->has_failed = true;
        job->scope.err = err;
    }
    pthread_mutex_lock(&self->lock);
    note_failure(self, batch, job);
}
/* holds lock, and lets go of it meanwhile */
static void complete(wadi__scheduler *self, wadi__batch *batch, wadi__job *job) {
    wadi_stream_context *ssc = self->ssc;
    wadi_error err = WADI_ERROR_INIT;
    note_failure(self, batch, job);
    bool is_last = ++batch->completed == batch->job_count;
    if (is_last) end_batch(self, batch, job);
    bool failed = job->has_failed;
    if (failed) err = job->scope.err;
    wadi__tell_output(ssc, WADI__EVENT_OUTPUT_COMPLETED, batch, job);
    bool is_completed = is_last && !(batch->has_failed && ssc->stops_on_failure);
    if (is_last) {
        batch->end_ms = job->end_ms;
        wadi__tell_batch(ssc, WADI__EVENT_BATCH_COMPLETED, batch);
    }
    if (is_completed) unlist(self, batch);
    pthread_mutex_unlock(&self->lock);
    wadi__listeners_wake(ssc);
    if (failed) wadi__stream_context_fail(ssc, &err);
    if (is_last) wadi__progress_ended(ssc, batch);
    if (is_completed) wadi__generator_completed(ssc->generator, batch);
    pthread_mutex_lock(&self->lock);
    self->running--;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, ssc->env);
    pthread_mutex_lock(&self->lock);
}
static void *job_main(void *arg) {
    wadi__scheduler *self = own = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->is_ending) {
        wadi__batch *batch = NULL;
        wadi__job *job = next_job(self, &batch);
        if (job == NULL) {
            wadi__event_wait(&self->work, &self->lock, self->ssc->env, WADI__DEADLINE_NONE);
            continue;
        }
        self->running++;
        pthread_mutex_unlock(&self->lock);
        run_job(self, batch, job);
        pthread_mutex_lock(&self->lock);
        complete(self, batch, job);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}
wadi__scheduler *wadi__scheduler_new(wadi_stream_context *ssc, uint32_t threads) {
    wadi__scheduler *self = wadi__calloc(1, sizeof *self + threads * sizeof self->threads[0]);
    if (self == NULL) return NULL;
    self->ssc = ssc;
    pthread_mutex_init(&self->lock, NULL);
    for (; self->thread_count < threads; self->thread_count++) {
        char name[32];
        snprintf(name, sizeof name, "wadi-job-%u", self->thread_count);
        if (ssc->env->thread_start(ssc->env, name, job_main, self, &self->threads[self->thread_count]) != 0) {
            wadi__scheduler_free(self);
            return NULL;
        }
    }
    return self;
}
void wadi__scheduler_submit(wadi__scheduler *self, wadi__batch *batch) {
    batch->submission_ms = self->ssc->env->wall_ms(self->ssc->env);
    wadi__tell_batch(self->ssc, WADI__EVENT_BATCH_SUBMITTED, batch);
    wadi__listeners_wake(self->ssc);
    pthread_mutex_lock(&self->lock);
    batch->next = NULL;
    if (self->last == NULL) self->first = batch;
    else self->last->next = batch;
    self->last = batch;
    self->waiting++;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_some(&self->work, self->ssc->env, (int)batch->job_count);
}
size_t wadi__scheduler_waiting(wadi__scheduler *self) {
    pthread_mutex_lock(&self->lock);
    size_t waiting = self->waiting;
    pthread_mutex_unlock(&self->lock);
    return waiting;
}
bool wadi__scheduler_drain(wadi__scheduler *self, int64_t deadline_ns) {
    bool in_time = true;
    pthread_mutex_lock(&self->lock);
    while (in_time && self->waiting > 0 && !self->is_halted)
        in_time = wadi__event_wait(&self->changed, &self->lock, self->ssc->env, deadline_ns);
    bool drained = self->waiting == 0 || self->is_halted;
    pthread_mutex_unlock(&self->lock);
    return drained;
}
/* Waits until no job runs. holds lock. False: the deadline passed. */
static bool wait_idle(wadi__scheduler *self, int64_t deadline_ns) {
    bool in_time = true;
    while (in_time && self->running > 0)
        in_time = wadi__event_wait(&self->changed, &self->lock, self->ssc->env, deadline_ns);
    return self->running == 0;
}
/* holds lock */
static void cancel_running(wadi__scheduler *self) {
    for (wadi__batch *batch = self->first; batch != NULL; batch = batch->next)
        for (size_t i = 0; i < batch->started; i++) atomic_store(&batch->jobs[i].scope.is_cancelled, true);
}
bool wadi__scheduler_stop(wadi__scheduler *self, int64_t grace_ms) {
    wadi__env *env = self->ssc->env;
    pthread_mutex_lock(&self->lock);
    self->is_halted = true;
    bool is_idle = wait_idle(self, wadi__env_deadline(env, grace_ms));
    if (!is_idle) {
        cancel_running(self);
        pthread_mutex_unlock(&self->lock);
        wadi__backend *backend = self->ssc->sc->engine->backend;
        backend->ops->wake(backend);
        wadi__tracker_wake(self->ssc->tracker);
        pthread_mutex_lock(&self->lock);
        is_idle = wait_idle(self, wadi__env_deadline(env, grace_ms));
    }
    pthread_mutex_unlock(&self->lock);
    return is_idle;
}
bool wadi__scheduler_runs_here(const wadi_stream_context *ssc) { return own != NULL && own->ssc == ssc; }
void wadi__scheduler_free(wadi__scheduler *self) {
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->work, self->ssc->env);
    for (uint32_t i = 0; i < self->thread_count; i++) self->ssc->env->thread_join(self->ssc->env, self->threads[i]);
    for (wadi__batch *batch = self->first, *next; batch != NULL; batch = next) {
        next = batch->next;
        wadi__batch_free(batch);
    }
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
