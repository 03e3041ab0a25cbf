/* SPDX-License-Identifier: Apache-2.0 */
/* local_backend.c: tasks on threads of this process.
 *
 * `slots` tasks run at a time, over all sets. The thread that brings a set works on it as one of
 * them; further threads are started when a set has use for them and kept. They are woken once per
 * set, and claim tasks one after another under the lock. */
#include "base/event.h"
#include "exec/backend.h"

#include <stdio.h>

typedef struct local_backend {
    wadi__backend base;
    wadi__env *env;
    pthread_mutex_t lock;
    wadi__event work;   /* for workers: a task can be claimed, or it is over */
    wadi__event owners; /* for threads in run(): a set may be finished, or a slot free */
    wadi__task_set
        *sets; /* with tasks to be claimed, oldest first; guarded by lock, as all below */
    wadi__task_set *running_sets; /* all that are in run() */
    uint32_t slots, reserved, running;
    uint32_t worker_count, idle_workers;
    wadi__thread **workers;
    bool is_stopped, is_ending, is_starting;
} local_backend;

static bool has_slot(const local_backend *self) {
    return self->running + self->reserved < self->slots;
}

/* Takes the next waiting task of a set; NULL: there is none. holds lock */
static wadi__task_slot *claim(local_backend *self, wadi__task_set *set) {
    while (set->claimed < set->task_count && set->tasks[set->claimed].state != WADI__TASK_WAITING) {
        set->claimed++;
        set->finished++;
    }
    wadi__task_slot *slot = NULL;
    if (set->claimed < set->task_count &&
        !atomic_load_explicit(&set->scope->is_cancelled, memory_order_relaxed))
        slot = &set->tasks[set->claimed++];
    if (slot == NULL || set->claimed == set->task_count) { /* nothing more to be claimed: unlist */
        for (wadi__task_set **at = &self->sets; *at != NULL; at = &(*at)->next)
            if (*at == set) {
                *at = set->next;
                break;
            }
    }
    if (slot != NULL) self->running++;
    return slot;
}
/* Runs a claimed task; lets go of the lock meanwhile. */
static void run_claimed(local_backend *self, wadi__task_set *set, wadi__task_slot *slot) {
    pthread_mutex_unlock(&self->lock);
    wadi_error err = WADI_ERROR_INIT;
    bool done = wadi__task_run(set, slot, &err) == WADI_OK;
    pthread_mutex_lock(&self->lock);
    slot->state = done ? WADI__TASK_DONE : WADI__TASK_FAILED;
    if (!done) set->err = err;
    set->finished++;
    self->running--;
}
static bool is_finished(const wadi__task_set *set) {
    if (atomic_load_explicit(&set->scope->is_cancelled, memory_order_relaxed))
        return set->finished >= set->claimed;
    return set->finished == set->task_count;
}
static void *worker_main(void *arg) {
    local_backend *self = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->is_ending) {
        wadi__task_set *set = self->sets;
        wadi__task_slot *slot = set != NULL && has_slot(self) ? claim(self, set) : NULL;
        if (slot == NULL && self->sets != set) continue; /* it was cancelled, and is unlisted now */
        if (slot == NULL) {
            self->idle_workers++;
            wadi__event_wait(&self->work, &self->lock, self->env, WADI__DEADLINE_NONE);
            self->idle_workers--;
            continue;
        }
        run_claimed(self, set, slot);
        pthread_mutex_unlock(&self->lock); /* the owner, or a set that waits for this slot */
        wadi__event_wake_all(&self->owners, self->env);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}
/* Starts workers until `ready` of them are `useful`; lets go of the lock meanwhile. holds lock */
static void start_workers(local_backend *self, uint32_t ready, uint32_t useful) {
    if (self->is_starting) return; /* whoever does has seen to it */
    self->is_starting = true;
    while (self->worker_count < self->slots - 1 && ready < useful) {
        char name[32];
        snprintf(name, sizeof name, "wadi-task-%u", self->worker_count);
        wadi__thread **worker = &self->workers[self->worker_count];
        pthread_mutex_unlock(&self->lock);
        int rc = self->env->thread_start(self->env, name, worker_main, self, worker);
        pthread_mutex_lock(&self->lock);
        if (rc != 0) break; /* without it the set takes longer */
        self->worker_count++;
        ready++;
    }
    self->is_starting = false;
}
/* Sees to it that as many workers as the set has use for are awake or started. holds lock, and lets
 * go of it meanwhile */
static void staff(local_backend *self, const wadi__task_set *set) {
    uint32_t useful = set->task_count > 1 ? set->task_count - 1 : 0;
    uint32_t taken = self->running + self->reserved + 1; /* one is the caller's own */
    uint32_t free_slots = self->slots > taken ? self->slots - taken : 0;
    if (useful > free_slots) useful = free_slots;
    if (useful == 0) return;
    start_workers(self, self->idle_workers, useful);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_some(&self->work, self->env, (int)useful);
    pthread_mutex_lock(&self->lock);
}
/* The caller waits for tasks that others run; its slot is free for another set. holds lock, and
 * lets go of it meanwhile */
static void lend_slot(local_backend *self) {
    if (self->sets == NULL || !has_slot(self)) return;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_some(&self->work, self->env, 1);
    wadi__event_wake_all(&self->owners, self->env);
    pthread_mutex_lock(&self->lock);
}
static void local_run(wadi__backend *backend, wadi__task_set *set) {
    local_backend *self = (local_backend *)backend;
    pthread_mutex_lock(&self->lock);
    set->claimed = set->finished = 0;
    set->next = NULL;
    set->next_running = self->running_sets;
    self->running_sets = set;
    if (self->is_stopped) atomic_store(&set->scope->is_cancelled, true);
    wadi__task_set **last = &self->sets;
    while (*last != NULL) last = &(*last)->next;
    *last = set;
    staff(self, set);
    for (;;) {
        wadi__task_slot *slot = has_slot(self) || self->is_stopped ? claim(self, set) : NULL;
        if (slot != NULL) {
            run_claimed(self, set, slot);
            continue;
        }
        if (is_finished(set)) break;
        lend_slot(self);
        if (is_finished(set)) break;
        wadi__event_wait(&self->owners, &self->lock, self->env, WADI__DEADLINE_NONE);
    }
    claim(self, set); /* unlists a cancelled one; there is nothing to be claimed */
    wadi__task_set **at = &self->running_sets;
    while (*at != set) at = &(*at)->next_running;
    *at = set->next_running;
    bool others_wait = self->sets != NULL;
    pthread_mutex_unlock(&self->lock);
    if (!others_wait) return; /* else a slot is free for them now */
    wadi__event_wake_some(&self->work, self->env, 1);
    wadi__event_wake_all(&self->owners, self->env);
}
static void local_stop(wadi__backend *backend) {
    local_backend *self = (local_backend *)backend;
    pthread_mutex_lock(&self->lock);
    self->is_stopped = true;
    for (wadi__task_set *set = self->running_sets; set != NULL; set = set->next_running)
        atomic_store(&set->scope->is_cancelled, true);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->owners, self->env);
}
static void local_wake(wadi__backend *backend) {
    local_backend *self = (local_backend *)backend;
    wadi__event_wake_all(&self->owners, self->env);
}
static void change_reserved(local_backend *self, int by) {
    pthread_mutex_lock(&self->lock);
    self->reserved = (uint32_t)((int)self->reserved + by);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->work, self->env);
    wadi__event_wake_all(&self->owners, self->env);
}
static void local_reserve_slot(wadi__backend *backend) {
    change_reserved((local_backend *)backend, 1);
}
static void local_return_slot(wadi__backend *backend) {
    change_reserved((local_backend *)backend, -1);
}
static uint32_t local_slot_count(wadi__backend *backend) {
    return ((local_backend *)backend)->slots;
}
static void local_destroy(wadi__backend *backend) {
    local_backend *self = (local_backend *)backend;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->work, self->env);
    for (uint32_t i = 0; i < self->worker_count; i++)
        self->env->thread_join(self->env, self->workers[i]);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self->workers);
    wadi__free(self);
}
static const wadi__backend_ops local_ops = {
    .name = "local",
    .run = local_run,
    .stop = local_stop,
    .wake = local_wake,
    .reserve_slot = local_reserve_slot,
    .return_slot = local_return_slot,
    .slot_count = local_slot_count,
    .destroy = local_destroy,
};
wadi__backend *wadi__backend_local_new(wadi__env *env, uint32_t slots) {
    local_backend *self = wadi__calloc(1, sizeof *self);
    if (self == NULL || (self->workers = wadi__calloc(slots, sizeof *self->workers)) == NULL) {
        wadi__free(self);
        return NULL;
    }
    self->base.ops = &local_ops;
    self->env = env;
    self->slots = slots;
    pthread_mutex_init(&self->lock, NULL);
    return &self->base;
}
