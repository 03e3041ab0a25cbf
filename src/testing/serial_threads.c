/* SPDX-License-Identifier: Apache-2.0 */
/* serial_threads.c: one baton for all threads. */
#include "testing/serial_threads.h"

#include "base/assert.h"
#include "testing/chance.h"
#include "testing/env_layer.h"
#include "testing/must.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

typedef enum turn { READY, RUNNING, WAITING, ENDED } turn;

typedef struct serial_thread { /* in `threads` until it is joined */
    struct serial_thread *next;
    struct serial_threads *all;
    void *(*run)(void *arg);
    void *arg;
    wadi__thread *below; /* NULL: the one that made the env */
    pthread_cond_t goes_on;
    turn turn;
    const atomic_uint *word; /* that it waits for; NULL: for `joined` to end */
    const struct serial_thread *joined;
    int64_t deadline_ns;
    bool is_due;
} serial_thread;

typedef struct serial_threads {
    wadi__env_layer layer;
    pthread_mutex_t lock; /* guards what follows, and all threads of the list */
    serial_thread *threads;
    wadi__chance chance;
} serial_threads;

static _Thread_local serial_thread *self_of_thread;

static serial_threads *all_of(wadi__env *env) { return env->state; }
static serial_thread *self_in(const serial_threads *all) {
    WADI_ASSERT(self_of_thread != NULL && self_of_thread->all == all);
    return self_of_thread;
}

/* ---- Whose turn it is; all hold the lock ---- */

static serial_thread *nth_ready(const serial_threads *all, uint64_t n) {
    serial_thread *at = all->threads;
    for (; at != NULL; at = at->next)
        if (at->turn == READY && n-- == 0) break;
    return at;
}
static uint64_t count_ready(const serial_threads *all) {
    uint64_t count = 0;
    for (const serial_thread *at = all->threads; at != NULL; at = at->next)
        count += at->turn == READY;
    return count;
}
/* The earliest deadline passes. */
static bool end_a_wait(serial_threads *all) {
    serial_thread *first = NULL;
    for (serial_thread *at = all->threads; at != NULL; at = at->next)
        if (at->turn == WAITING && at->deadline_ns != WADI__DEADLINE_NONE &&
            (first == NULL || at->deadline_ns < first->deadline_ns))
            first = at;
    if (first == NULL) return false;
    first->turn = READY;
    first->is_due = true;
    return true;
}
static void start_next(serial_threads *all) {
    uint64_t ready = count_ready(all);
    if (ready == 0 && !end_a_wait(all)) {
        fprintf(stderr, "serial threads: all of them wait\n");
        abort();
    }
    if (ready == 0) ready = 1;
    serial_thread *next = nth_ready(all, wadi__chance_below(&all->chance, ready));
    next->turn = RUNNING;
    pthread_cond_signal(&next->goes_on);
}
static void await_turn(serial_threads *all, serial_thread *self) {
    while (self->turn != RUNNING) pthread_cond_wait(&self->goes_on, &all->lock);
}
/* Gives the baton away, as `now`, and returns when it is back. */
static void give_away(serial_threads *all, serial_thread *self, turn now) {
    self->turn = now;
    start_next(all);
    await_turn(all, self);
}
static void pass(serial_threads *all) {
    if (wadi__chance_is(&all->chance, 1, 2)) give_away(all, self_in(all), READY);
}

/* ---- Waiting ---- */

static int serial_wait(wadi__env *env, atomic_uint *word, unsigned expected, int64_t deadline_ns) {
    serial_threads *all = all_of(env);
    serial_thread *self = self_in(all);
    pthread_mutex_lock(&all->lock);
    self->is_due = false;
    if (atomic_load(word) == expected) {
        self->word = word;
        self->deadline_ns = deadline_ns;
        give_away(all, self, WAITING);
    }
    pthread_mutex_unlock(&all->lock);
    return self->is_due ? -ETIMEDOUT : 0;
}
static void serial_wake(wadi__env *env, atomic_uint *word, int count_max) {
    serial_threads *all = all_of(env);
    pthread_mutex_lock(&all->lock);
    for (serial_thread *at = all->threads; at != NULL && count_max > 0; at = at->next)
        if (at->turn == WAITING && at->word == word) {
            at->turn = READY;
            count_max--;
        }
    pass(all);
    pthread_mutex_unlock(&all->lock);
}
void wadi__serial_threads_pass(wadi__env *env) {
    serial_threads *all = all_of(env);
    pthread_mutex_lock(&all->lock);
    pass(all);
    pthread_mutex_unlock(&all->lock);
}

/* ---- Threads ---- */

static serial_thread *add_thread(serial_threads *all) {
    serial_thread *self = wadi__must_calloc(1, sizeof *self), **end = &all->threads;
    self->all = all;
    pthread_cond_init(&self->goes_on, NULL);
    while (*end != NULL) end = &(*end)->next;
    return *end = self;
}
static void remove_thread(serial_threads *all, serial_thread *gone) {
    serial_thread **at = &all->threads;
    while (*at != gone) at = &(*at)->next;
    *at = gone->next;
    pthread_cond_destroy(&gone->goes_on);
    free(gone);
}
static void *serial_main(void *arg) {
    serial_thread *self = self_of_thread = arg;
    serial_threads *all = self->all;
    pthread_mutex_lock(&all->lock);
    await_turn(all, self);
    pthread_mutex_unlock(&all->lock);
    void *result = self->run(self->arg);
    pthread_mutex_lock(&all->lock);
    self->turn = ENDED;
    for (serial_thread *at = all->threads; at != NULL; at = at->next)
        if (at->turn == WAITING && at->joined == self) at->turn = READY;
    start_next(all);
    pthread_mutex_unlock(&all->lock);
    return result;
}
static int serial_thread_start(wadi__env *env, const char *name, void *(*run)(void *arg), void *arg,
                               wadi__thread **thread) {
    serial_threads *all = all_of(env);
    wadi__env *below = all->layer.below;
    pthread_mutex_lock(&all->lock);
    serial_thread *begun = add_thread(all);
    begun->run = run;
    begun->arg = arg;
    int rc = below->thread_start(below, name, serial_main, begun, &begun->below);
    if (rc == 0)
        *thread = begun->below;
    else
        remove_thread(all, begun);
    pthread_mutex_unlock(&all->lock);
    return rc;
}
static void serial_thread_join(wadi__env *env, wadi__thread *thread) {
    serial_threads *all = all_of(env);
    serial_thread *self = self_in(all);
    pthread_mutex_lock(&all->lock);
    serial_thread *joined = all->threads;
    while (joined != NULL && joined->below != thread) joined = joined->next;
    WADI_ASSERT(joined != NULL);
    if (joined->turn != ENDED) {
        self->word = NULL;
        self->joined = joined;
        self->deadline_ns = WADI__DEADLINE_NONE;
        give_away(all, self, WAITING);
        self->joined = NULL;
    }
    pthread_mutex_unlock(&all->lock);
    all->layer.below->thread_join(all->layer.below, thread);
    pthread_mutex_lock(&all->lock);
    remove_thread(all, joined);
    pthread_mutex_unlock(&all->lock);
}

/* ---- Life ---- */

wadi__env *wadi__serial_threads_new(wadi__env *below, uint64_t seed) {
    serial_threads *all = wadi__must_calloc(1, sizeof *all);
    wadi__env_layer_init(&all->layer, "serial threads", below);
    pthread_mutex_init(&all->lock, NULL);
    all->chance.at = seed;
    wadi__env *env = &all->layer.env;
    env->wait = serial_wait;
    env->wake = serial_wake;
    env->thread_start = serial_thread_start;
    env->thread_join = serial_thread_join;
    self_of_thread = add_thread(all);
    self_of_thread->turn = RUNNING;
    return env;
}
void wadi__serial_threads_free(wadi__env *env) {
    if (env == NULL) return;
    serial_threads *all = all_of(env);
    while (all->threads != NULL) remove_thread(all, all->threads);
    self_of_thread = NULL;
    pthread_mutex_destroy(&all->lock);
    free(all);
}
