/* SPDX-License-Identifier: Apache-2.0 */
/* generator.c: batches by the clock.
 *
 * Batch times are counted on the monotonic clock from the moment of the start, so a wall clock that jumps
 * neither repeats nor floods them. Late ticks are made up one by one. While more batches wait than
 * wadi.batches.waiting_max, no further one is made; nothing is lost, since receivers then wait as well.
 *
 * Blocks are cut on a grid of their own, multiples of the block interval; a batch cuts as well. While the
 * thread is in a user's transform blocks grow, up to the size at which a receiver cuts them itself. */
#include "stream/generator.h"

#include "base/conf.h"
#include "base/log.h"
#include "exec/engine.h"
#include "exec/shared_vars.h"
#include "stream/checkpointer.h"
#include "stream/interval.h"
#include "stream/lag.h"
#include "stream/lifecycle.h"
#include "stream/rate_control.h"
#include "stream/replay.h"
#include "stream/scheduler.h"
#include "stream/tracker.h"

#include <inttypes.h>

#define NEVER_MS INT64_MAX

typedef struct call_request {
    struct call_request *next;
    void (*fn)(void *arg);
    void *arg;
    bool is_done;
} call_request;

typedef struct again {
    int64_t time_ms;
    bool has_counted; /* its additions to accumulators */
} again;

struct wadi__generator {
    wadi_stream_context *ssc;
    wadi__thread *thread;
    pthread_mutex_t lock;
    wadi__event changed;      /* for the generator's thread: anything below */
    wadi__event answered;     /* for those who wait for it */
    int64_t anchor_ns; /* of the epoch, on the monotonic clock */
    int64_t block_ms;         /* between two cuts */
    int64_t next_ms, last_ms; /* batch times; guarded by lock, as all below */
    int64_t next_block_ms;    /* of the next cut */
    int64_t completed_ms;     /* newest completed batch time; that before the first: none yet */
    WADI__VEC(again) again;   /* batches of the run before, to be made first; ascending */
    size_t again_done;        /* of them */
    bool is_pressed;          /* memory is wanted */
    wadi__batch *generating;  /* the one that is being made; NULL: none */
    wadi__batch *completed;   /* newest first */
    call_request *calls;
    bool goes, is_halting, wants_last_tick, is_halted, is_ending;
    uint32_t waiting_max;
    bool is_to_replay;        /* no batch has been made since the recovery; the thread's own, as what follows */
    bool is_broken;           /* makes no further batch */
    bool has_warned_of_jump;
    wadi__lag lag;
};
static _Thread_local wadi__generator *own; /* of the calling thread */

static int64_t due_ns(const wadi__generator *self, int64_t time_ms) {
    return self->anchor_ns + time_ms * 1000000;
}

/* ---- One batch ---- */

static wadi_status make_jobs(wadi_stream_context *ssc, wadi__batch *batch, wadi_error *err) {
    for (size_t i = 0; i < ssc->outputs.count; i++) {
        wadi__output_op *output = ssc->outputs.items[i];
        wadi_rdd *rdd = NULL;
        wadi_status status = wadi__dstream_rdd_at(output->stream, batch->time_ms, &rdd, err);
        if (status != WADI_OK) return status;
        if (rdd == NULL) continue;
        wadi__batch_add_job(batch, output, wadi_rdd_ref(rdd));
    }
    return WADI_OK;
}
static void set_generating(wadi__generator *self, wadi__batch *batch) {
    pthread_mutex_lock(&self->lock);
    self->generating = batch;
    pthread_mutex_unlock(&self->lock);
}
static wadi_status make(wadi__generator *self, wadi__batch *batch, wadi_error *err) {
    set_generating(self, batch);
    wadi__scope *before = wadi__scope_enter(&batch->scope);
    wadi_status status = WADI_OK;
    if (self->is_to_replay) status = wadi__replay(self->ssc, batch->time_ms, err);
    if (status == WADI_OK) self->is_to_replay = false;
    if (status == WADI_OK) status = make_jobs(self->ssc, batch, err);
    wadi__scope_enter(before);
    set_generating(self, NULL);
    batch->inputs = wadi__input_info_take(&self->ssc->input_info, batch->time_ms);
    wadi__input_info_forget(&self->ssc->input_info, batch->time_ms);
    if (status == WADI_OK && batch->scope.has_failed) { /* a transform's own action */
        *err = batch->scope.err;
        status = err->status;
    }
    return status;
}
/* Once it is made, also in vain. */
static wadi_status checkpoint(const wadi_stream_context *ssc, wadi__batch *batch, wadi_error *err) {
    if (ssc->checkpointer == NULL) return WADI_OK;
    return wadi__checkpointer_made(ssc->checkpointer, batch->time_ms, &batch->ticket, err);
}
/* No batch may overtake one that could not be made, unless the program goes on after failures. */
static void fail(wadi__generator *self, const wadi_error *err) {
    self->is_broken = self->ssc->stops_on_failure;
    wadi__stream_context_fail(self->ssc, err);
}
static void generate(wadi__generator *self, int64_t time_ms, bool has_counted) {
    wadi_stream_context *ssc = self->ssc;
    wadi_error err = WADI_ERROR_INIT, unsaved = WADI_ERROR_INIT;
    wadi__batch *batch = wadi__batch_new(ssc, time_ms);
    if (batch == NULL) {
        wadi_error_context(&err, WADI_E_NOMEM, "no memory for batch %" PRId64 " ms", time_ms);
        fail(self, &err);
        return;
    }
    if (has_counted) wadi__batch_additions_counted(batch->additions);
    wadi__tracker_allocate(ssc->tracker, time_ms);
    wadi_status status = make(self, batch, &err);
    wadi__rate_control_made(ssc->rate_control, batch, wadi__scheduler_waiting(ssc->scheduler));
    wadi_status saved = checkpoint(ssc, batch, &unsaved);
    if (status == WADI_OK && saved != WADI_OK) {
        err = unsaved;
        status = saved;
    }
    if (status == WADI_OK && batch->job_count == 0) status = wadi__batch_end(batch, &err);
    if (status != WADI_OK) {
        wadi_error_context(&err, status, "while batch %" PRId64 " ms was generated", time_ms);
        fail(self, &err);
        wadi__batch_free(batch);
    } else if (batch->job_count == 0) {
        wadi__generator_completed(self, batch);
    } else {
        wadi__scheduler_submit(ssc->scheduler, batch);
    }
}
static void look_at_wall_clock(wadi__generator *self) {
    wadi__env *env = self->ssc->env;
    int64_t expected = (env->monotonic_ns(env) - self->anchor_ns) / 1000000;
    int64_t jump = env->wall_ms(env) - expected;
    bool has_jumped = jump > 10000 || jump < -10000;
    if (has_jumped && !self->has_warned_of_jump)
        wadi__log_warn("stream", "the wall clock differs by %" PRId64 " ms from where it was at start; batch times go on "
                       "as they began", jump);
    self->has_warned_of_jump = has_jumped;
}

/* ---- The thread ---- */

/* The oldest first; the list begins with the newest. */
static void look_at_speed(wadi__generator *self, const wadi__batch *batches) {
    if (batches == NULL) return;
    look_at_speed(self, batches->next);
    wadi__rate_control_completed(self->ssc->rate_control, batches);
    wadi__lag_completed(&self->lag, batches, self->ssc->batch_ms);
}
/* Saves that batches are completed; of those without jobs it need not be known. */
static void record_completed(wadi_stream_context *ssc, const wadi__batch *batches) {
    wadi_error err = WADI_ERROR_INIT;
    bool had_jobs = false;
    if (ssc->checkpointer == NULL) return;
    for (const wadi__batch *at = batches; at != NULL; at = at->next) {
        wadi__checkpointer_completed(ssc->checkpointer, at->time_ms, at->has_failed);
        had_jobs |= at->job_count > 0;
    }
    if (had_jobs && wadi__checkpointer_take(ssc->checkpointer, &err) != WADI_OK)
        wadi__log_warn("stream", "%s; the next one will have it", err.message);
}
/* Forgets what completed batches no longer need. holds lock, and lets go of it meanwhile. */
static void clean_up(wadi__generator *self) {
    wadi__batch *batch = self->completed;
    self->completed = NULL;
    for (const wadi__batch *at = batch; at != NULL; at = at->next)
        if (at->time_ms > self->completed_ms) self->completed_ms = at->time_ms;
    int64_t completed_ms = self->completed_ms;
    bool is_pressed = self->is_pressed;
    self->is_pressed = false;
    pthread_mutex_unlock(&self->lock);
    wadi_stream_context *ssc = self->ssc;
    look_at_speed(self, batch);
    record_completed(ssc, batch);
    if (ssc->only_ms != 0 && completed_ms >= ssc->only_ms) wadi__lifecycle_stop_elsewhere(ssc, false);
    for (wadi__batch *next; batch != NULL; batch = next) {
        next = batch->next;
        wadi__batch_free(batch);
    }
    bool is_tight = is_pressed || !wadi__tracker_has_room(ssc->tracker);
    bool is_held = completed_ms < ssc->replay_held_until_ms;
    for (size_t i = 0; i < ssc->nodes.count && !is_held; i++)
        if (ssc->nodes.items[i]->is_reached) wadi__dstream_clear(ssc->nodes.items[i], completed_ms, is_tight);
    pthread_mutex_lock(&self->lock);
}
/* holds lock, and lets go of it meanwhile */
static void answer(wadi__generator *self) {
    call_request *request = self->calls;
    self->calls = request->next;
    pthread_mutex_unlock(&self->lock);
    request->fn(request->arg);
    pthread_mutex_lock(&self->lock);
    request->is_done = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->answered, self->ssc->env);
    pthread_mutex_lock(&self->lock);
}
/* The batch that comes next. holds lock */
static int64_t coming_ms(const wadi__generator *self) {
    return self->again_done < self->again.count ? self->again.items[self->again_done].time_ms
                                              : self->next_ms;
}
/* When it is to be made, and when the next cut is to be. holds lock */
static int64_t next_batch_ms(const wadi__generator *self) {
    bool is_full = wadi__scheduler_waiting(self->ssc->scheduler) >= self->waiting_max;
    bool is_done = self->ssc->only_ms != 0 && self->again_done == self->again.count;
    if (!self->goes || self->is_halted || self->is_broken || is_full || is_done) return NEVER_MS;
    return self->again_done < self->again.count ? INT64_MIN : self->next_ms;
}
static int64_t next_cut_ms(const wadi__generator *self) {
    bool cuts = self->block_ms < self->ssc->batch_ms && wadi__tracker_has_receivers(self->ssc->tracker);
    return self->goes && !self->is_halted && cuts ? self->next_block_ms : NEVER_MS;
}
static bool is_due(const wadi__generator *self, int64_t time_ms) {
    return time_ms != NEVER_MS && wadi__generator_now_ms(self) >= time_ms;
}
static void wait_until(wadi__generator *self, int64_t time_ms) {
    wadi__event_wait(&self->changed, &self->lock, self->ssc->env,
                     time_ms != NEVER_MS ? due_ns(self, time_ms) : WADI__DEADLINE_NONE);
}
/* Cuts that were missed would find nothing. holds lock, and lets go of it meanwhile */
static void cut_blocks(wadi__generator *self) {
    int64_t time_ms = self->next_block_ms;
    self->next_block_ms = wadi__interval_first(wadi__generator_now_ms(self), self->block_ms);
    pthread_mutex_unlock(&self->lock);
    wadi__tracker_cut(self->ssc->tracker, time_ms);
    pthread_mutex_lock(&self->lock);
}
/* holds lock, and lets go of it meanwhile */
static void tick(wadi__generator *self) {
    int64_t time_ms = coming_ms(self);
    bool has_counted = self->again_done < self->again.count && self->again.items[self->again_done].has_counted;
    pthread_mutex_unlock(&self->lock);
    look_at_wall_clock(self);
    generate(self, time_ms, has_counted);
    pthread_mutex_lock(&self->lock);
    if (time_ms == self->next_ms) self->next_ms += self->ssc->batch_ms;
    else self->again_done++;
    if (time_ms > self->last_ms) self->last_ms = time_ms;
    if (self->next_block_ms <= time_ms) self->next_block_ms = wadi__interval_first(time_ms, self->block_ms);
}
/* After a tick: whether batches that are bounded have left something for the next one. */
static bool is_left(const wadi__generator *self) {
    return wadi__conf_int(self->ssc->sc->conf, WADI__CONF_BATCH_MAX_RECORDS) > 0 &&
           wadi__tracker_has_unallocated(self->ssc->tracker);
}
/* Stops ticking as soon as that is allowed. True: it did, and let go of the lock meanwhile. holds lock */
static bool halt_if_asked(wadi__generator *self, bool has_ticked) {
    bool wants_tick = self->goes && self->wants_last_tick && !self->is_broken;
    if (!self->is_halting || self->is_halted || (wants_tick && (!has_ticked || is_left(self)))) return false;
    self->is_halted = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->answered, self->ssc->env);
    pthread_mutex_lock(&self->lock);
    return true;
}
static void *generator_main(void *arg) {
    wadi__generator *self = own = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->is_ending || self->completed != NULL) {
        int64_t batch_ms = next_batch_ms(self), cut_ms = next_cut_ms(self);
        if (self->completed != NULL || self->is_pressed) clean_up(self);
        else if (self->calls != NULL) answer(self);
        else if (cut_ms < batch_ms && is_due(self, cut_ms)) cut_blocks(self);
        else if (is_due(self, batch_ms)) {
            bool was_halting = self->is_halting;
            tick(self);
            halt_if_asked(self, was_halting);
        } else if (!halt_if_asked(self, false)) {
            wait_until(self, cut_ms < batch_ms ? cut_ms : batch_ms);
        }
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* ---- The interface ---- */

int64_t wadi__generator_block_ms(const wadi_stream_context *ssc) {
    int64_t interval_ms = wadi__conf_int(ssc->sc->conf, WADI__CONF_BLOCK_INTERVAL);
    return interval_ms < ssc->batch_ms ? interval_ms : ssc->batch_ms;
}
int64_t wadi__generator_now_ms(const wadi__generator *self) {
    wadi__env *env = self->ssc->env;
    return (env->monotonic_ns(env) - self->anchor_ns) / 1000000;
}

/* One batch alone, whose additions have been counted. False: no memory. */
static bool go_on_once(wadi__generator *self) {
    int64_t only_ms = self->ssc->only_ms;
    self->last_ms = only_ms;
    self->next_ms = only_ms + self->ssc->batch_ms;
    self->completed_ms = only_ms - self->ssc->batch_ms;
    return wadi__vec_push(&self->again, (again){only_ms, true});
}
/* The pending batches of a checkpoint, and that of its time, once each. False: no memory. */
static bool go_on(wadi__generator *self, const wadi__checkpoint *first) {
    int64_t time_ms = first->head.time_ms, merged_ms = first->head.merged_ms;
    if (self->ssc->only_ms != 0) return go_on_once(self);
    again last = {time_ms, time_ms <= merged_ms};
    if (!wadi__vec_reserve(&self->again, first->pending.count + 1)) return false;
    for (size_t i = 0; i < first->pending.count; i++) {
        const checkpoint_pending *batch = &first->pending.items[i];
        again one = {batch->time_ms, batch->time_ms <= merged_ms && !batch->has_failed};
        if (batch->time_ms == time_ms)
            last = one;
        else if (batch->time_ms < time_ms)
            self->again.items[self->again.count++] = one;
    }
    self->again.items[self->again.count++] = last;
    self->last_ms = time_ms;
    self->next_ms = time_ms + self->ssc->batch_ms;
    self->completed_ms = self->again.items[0].time_ms - self->ssc->batch_ms;
    return true;
}
wadi__generator *wadi__generator_new(wadi_stream_context *ssc, const wadi__checkpoint *first,
                                     int64_t wall_ns, int64_t monotonic_ns) {
    wadi__generator *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->ssc = ssc;
    self->anchor_ns = monotonic_ns - wall_ns;
    self->last_ms = self->completed_ms = ssc->zero_ms;
    self->next_ms = ssc->zero_ms + ssc->batch_ms;
    self->is_to_replay = first != NULL;
    self->block_ms = wadi__generator_block_ms(ssc);
    self->next_block_ms = wadi__interval_first(wall_ns / 1000000, self->block_ms);
    self->waiting_max = (uint32_t)wadi__conf_int(ssc->sc->conf, WADI__CONF_BATCHES_WAITING_MAX);
    pthread_mutex_init(&self->lock, NULL);
    if ((first == NULL || go_on(self, first)) &&
        ssc->env->thread_start(ssc->env, "wadi-generator", generator_main, self, &self->thread) == 0)
        return self;
    pthread_mutex_destroy(&self->lock);
    wadi__vec_fini(&self->again);
    wadi__free(self);
    return NULL;
}
void wadi__generator_go(wadi__generator *self) {
    pthread_mutex_lock(&self->lock);
    self->goes = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
}
void wadi__generator_completed(wadi__generator *self, wadi__batch *batch) {
    pthread_mutex_lock(&self->lock);
    batch->next = self->completed;
    self->completed = batch;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
}
void wadi__generator_press(wadi__generator *self) {
    pthread_mutex_lock(&self->lock);
    self->is_pressed = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
}
void wadi__generator_call(wadi__generator *self, void (*fn)(void *arg), void *arg) {
    if (own == self) {
        fn(arg);
        return;
    }
    call_request request = {.fn = fn, .arg = arg};
    pthread_mutex_lock(&self->lock);
    call_request **last = &self->calls;
    while (*last != NULL) last = &(*last)->next;
    *last = &request;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
    pthread_mutex_lock(&self->lock);
    while (!request.is_done) wadi__event_wait(&self->answered, &self->lock, self->ssc->env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&self->lock);
}
/* Ends the jobs of a transform that runs now. */
static void cancel_generating(wadi__generator *self) {
    pthread_mutex_lock(&self->lock);
    if (self->generating != NULL) atomic_store(&self->generating->scope.is_cancelled, true);
    pthread_mutex_unlock(&self->lock);
    wadi__backend *backend = self->ssc->sc->engine->backend;
    backend->ops->wake(backend);
}
static void ask_to_halt(wadi__generator *self, bool last_tick) {
    pthread_mutex_lock(&self->lock);
    self->is_halting = true;
    self->wants_last_tick = last_tick;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
}
bool wadi__generator_runs_here(const wadi_stream_context *ssc) { return own != NULL && own->ssc == ssc; }
static bool wait_halted(wadi__generator *self, int64_t deadline_ns) {
    bool in_time = true;
    pthread_mutex_lock(&self->lock);
    while (in_time && !self->is_halted)
        in_time = wadi__event_wait(&self->answered, &self->lock, self->ssc->env, deadline_ns);
    bool is_halted = self->is_halted;
    pthread_mutex_unlock(&self->lock);
    return is_halted;
}
bool wadi__generator_halt(wadi__generator *self, bool last_tick, int64_t deadline_ns, int64_t grace_ms) {
    ask_to_halt(self, last_tick);
    if (wait_halted(self, deadline_ns)) return true;
    ask_to_halt(self, false);
    cancel_generating(self);
    return wait_halted(self, wadi__env_deadline(self->ssc->env, grace_ms));
}
int64_t wadi__generator_last_ms(wadi__generator *self) {
    pthread_mutex_lock(&self->lock);
    int64_t last_ms = self->last_ms;
    pthread_mutex_unlock(&self->lock);
    return last_ms;
}
void wadi__generator_free(wadi__generator *self) {
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
    self->ssc->env->thread_join(self->ssc->env, self->thread);
    for (wadi__batch *batch = self->completed, *next; batch != NULL; batch = next) {
        next = batch->next;
        wadi__batch_free(batch);
    }
    pthread_mutex_destroy(&self->lock);
    wadi__vec_fini(&self->again);
    wadi__free(self);
}
