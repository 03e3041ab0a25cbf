/* SPDX-License-Identifier: Apache-2.0 */
/* manual_clock.c: waiting by a list of our own. A thread that waits has a node with a word of its
 * own, which it waits for in the env below; a wake, or the clock, takes the node off the list and
 * sets that word. The word that the caller named is only looked at under the lock, as futex(2)
 * does. */
#include "base/assert.h"
#include "testing/manual_clock.h"

#include "testing/chance.h"
#include "testing/env_layer.h"
#include "testing/must.h"

#include <errno.h>
#include <pthread.h>

enum { WAITING, WOKEN, DUE };

typedef struct sleeper { /* in `sleepers` while WAITING, then its thread's own, then in `spare` */
    struct sleeper *next;
    const atomic_uint *word;
    int64_t deadline_ns;
    bool is_counted; /* the thread was started through this env */
    atomic_uint state;
} sleeper;

typedef struct counted_thread { /* in `threads` from its start until it is joined */
    struct counted_thread *next;
    struct manual_clock *clock;
    void *(*run)(void *arg);
    void *arg;
    wadi__thread *thread;
    bool has_ended;
    bool goes_on_in_joiner; /* a counted thread waits for its end */
} counted_thread;

typedef struct manual_clock {
    wadi__env_layer layer;
    pthread_mutex_t lock; /* guards what follows; no env call is made while it is held */
    int64_t monotonic_ns, wall_offset_ns;
    sleeper *sleepers, *spare; /* the longest waiting first */
    counted_thread *threads;
    unsigned running; /* counted threads that do not wait */
    wadi__chance chance;
    atomic_uint
        changes; /* for those who wait for idleness or sleepers: advanced with the lock held */
} manual_clock;

static _Thread_local const manual_clock
    *counted_by; /* the clock that this thread was started through */

static manual_clock *clock_of(wadi__env *env) { return env->state; }
static bool is_counted(const manual_clock *clock) { return counted_by == clock; }
static void lock_clock(manual_clock *clock) { pthread_mutex_lock(&clock->lock); }
static void unlock_clock(manual_clock *clock) { pthread_mutex_unlock(&clock->lock); }
static void unlock_and_tell(manual_clock *clock) {
    atomic_fetch_add(&clock->changes, 1);
    unlock_clock(clock);
    clock->layer.below->wake(clock->layer.below, &clock->changes, 1 << 30);
}

/* ---- The clock ---- */

static int64_t now_ns(manual_clock *clock) {
    lock_clock(clock);
    int64_t now = clock->monotonic_ns;
    unlock_clock(clock);
    return now;
}
static int64_t manual_monotonic_ns(wadi__env *env) { return now_ns(clock_of(env)); }
static int64_t manual_wall_ns(wadi__env *env) {
    manual_clock *clock = clock_of(env);
    lock_clock(clock);
    int64_t wall_ns = clock->monotonic_ns + clock->wall_offset_ns;
    unlock_clock(clock);
    return wall_ns;
}
static int64_t manual_wall_ms(wadi__env *env) { return manual_wall_ns(env) / 1000000; }

/* ---- Waiting ---- */

static void run_on(manual_clock *clock, unsigned count) { clock->running += count; }
static void pause_one(manual_clock *clock) { clock->running--; }

static void enter(manual_clock *clock, sleeper *node) {
    sleeper **end = &clock->sleepers;
    while (*end != NULL) end = &(*end)->next;
    *end = node;
    if (node->is_counted) pause_one(clock);
}
/* Takes the node at *at off the list, for `state`, and puts it into `woken`. Lock held. */
static void leave(manual_clock *clock, sleeper **at, unsigned state, sleeper **woken[],
                  size_t *count) {
    sleeper *node = *at;
    *at = node->next;
    node->next = NULL;
    if (node->is_counted) run_on(clock, 1);
    *woken = wadi__must_realloc(*woken, (*count + 1) * sizeof **woken);
    (*woken)[(*count)++] = node;
    atomic_store(&node->state, state);
}
/* Without the lock. A node may be in use again by now: its thread then wakes once for nothing. */
static void wake_all(manual_clock *clock, sleeper **woken, size_t count) {
    wadi__env *below = clock->layer.below;
    for (size_t i = 0; i < count; i++) below->wake(below, &woken[i]->state, 1);
    free(woken);
}

static int manual_wait(wadi__env *env, atomic_uint *word, unsigned expected, int64_t deadline_ns) {
    manual_clock *clock = clock_of(env);
    lock_clock(clock);
    bool is_due = deadline_ns != WADI__DEADLINE_NONE && deadline_ns <= clock->monotonic_ns;
    if (atomic_load(word) != expected || is_due) {
        unlock_clock(clock);
        return is_due ? -ETIMEDOUT : 0;
    }
    sleeper *node = clock->spare;
    if (node != NULL)
        clock->spare = node->next;
    else
        node = wadi__must_calloc(1, sizeof *node);
    node->next = NULL;
    node->word = word;
    node->deadline_ns = deadline_ns;
    node->is_counted = is_counted(clock);
    atomic_store(&node->state, WAITING);
    enter(clock, node);
    unlock_and_tell(clock);
    wadi__env *below = clock->layer.below;
    while (atomic_load(&node->state) == WAITING)
        below->wait(below, &node->state, WAITING, WADI__DEADLINE_NONE);
    int rc = atomic_load(&node->state) == DUE ? -ETIMEDOUT : 0;
    lock_clock(clock);
    node->next = clock->spare;
    clock->spare = node;
    unlock_clock(clock);
    return rc;
}
static void manual_wake(wadi__env *env, atomic_uint *word, int count_max) {
    manual_clock *clock = clock_of(env);
    sleeper **woken = NULL;
    size_t count = 0;
    lock_clock(clock);
    for (sleeper **at = &clock->sleepers; *at != NULL && count_max > 0;) {
        if ((*at)->word != word) {
            at = &(*at)->next;
            continue;
        }
        leave(clock, at, WOKEN, &woken, &count);
        count_max--;
    }
    unlock_clock(clock);
    wake_all(clock, woken, count);
}

/* ---- Threads ---- */

static void *counted_main(void *arg) {
    counted_thread *self = arg;
    manual_clock *clock = self->clock;
    counted_by = clock;
    void *result = self->run(self->arg);
    lock_clock(clock);
    self->has_ended = true;
    if (!self->goes_on_in_joiner) pause_one(clock);
    unlock_and_tell(clock);
    return result;
}
static counted_thread **find_thread(manual_clock *clock, const wadi__thread *thread) {
    counted_thread **at = &clock->threads;
    while (*at != NULL && (*at)->thread != thread) at = &(*at)->next;
    return at;
}
static int manual_thread_start(wadi__env *env, const char *name, void *(*run)(void *arg), void *arg,
                               wadi__thread **thread) {
    manual_clock *clock = clock_of(env);
    counted_thread *begun = wadi__must_calloc(1, sizeof *begun);
    *begun = (counted_thread){.clock = clock, .run = run, .arg = arg};
    lock_clock(clock);
    run_on(clock, 1);
    unlock_clock(clock);
    int rc =
        clock->layer.below->thread_start(clock->layer.below, name, counted_main, begun, thread);
    lock_clock(clock);
    if (rc == 0) {
        begun->thread = *thread;
        begun->next = clock->threads;
        clock->threads = begun;
        unlock_clock(clock);
        return 0;
    }
    pause_one(clock);
    unlock_and_tell(clock);
    free(begun);
    return rc;
}
/* Around calls that may block outside of this env's sight. */
static void block_begin(manual_clock *clock) {
    if (!is_counted(clock)) return;
    lock_clock(clock);
    pause_one(clock);
    unlock_and_tell(clock);
}
static void block_end(manual_clock *clock) {
    if (!is_counted(clock)) return;
    lock_clock(clock);
    run_on(clock, 1);
    unlock_clock(clock);
}
/* The joiner waits until the thread's end, and then runs at once: without a moment in which neither of
 * them counts. */
static void manual_thread_join(wadi__env *env, wadi__thread *thread) {
    manual_clock *clock = clock_of(env);
    lock_clock(clock);
    counted_thread *joined = *find_thread(clock, thread);
    WADI_ASSERT(joined != NULL);
    bool waits = is_counted(clock) && !joined->has_ended;
    joined->goes_on_in_joiner = waits;
    if (waits) pause_one(clock);
    unlock_and_tell(clock);
    clock->layer.below->thread_join(clock->layer.below, thread);
    lock_clock(clock);
    counted_thread **at = find_thread(clock, thread);
    *at = joined->next;
    unlock_clock(clock);
    free(joined);
}

/* ---- Sockets of the env below know nothing of this clock: it is looked at every few ms ---- */

enum { LOOK_MS = 2 };

static int64_t look_deadline(manual_clock *clock, int64_t deadline_ns) {
    return deadline_ns == WADI__DEADLINE_NONE ? deadline_ns
                                              : wadi__env_deadline(clock->layer.below, LOOK_MS);
}
static bool goes_on(manual_clock *clock, ssize_t rc, int64_t deadline_ns) {
    return rc == -ETIMEDOUT && now_ns(clock) < deadline_ns;
}
static ssize_t manual_socket_recv(wadi__env *env, int socket, void *bytes, size_t size,
                                  int64_t deadline_ns) {
    manual_clock *clock = clock_of(env);
    wadi__env *below = clock->layer.below;
    ssize_t rc;
    block_begin(clock);
    do rc = below->socket_recv(below, socket, bytes, size, look_deadline(clock, deadline_ns));
    while (goes_on(clock, rc, deadline_ns));
    block_end(clock);
    return rc;
}
static ssize_t manual_socket_send(wadi__env *env, int socket, const void *bytes, size_t size,
                                  int64_t deadline_ns) {
    manual_clock *clock = clock_of(env);
    wadi__env *below = clock->layer.below;
    ssize_t rc;
    block_begin(clock);
    do rc = below->socket_send(below, socket, bytes, size, look_deadline(clock, deadline_ns));
    while (goes_on(clock, rc, deadline_ns));
    block_end(clock);
    return rc;
}
/* Connecting cannot be taken up again, so here the deadline is as long on the clock below. */
static int manual_socket_connect(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                                 void (*opened)(int socket, void *arg), void *arg) {
    manual_clock *clock = clock_of(env);
    wadi__env *below = clock->layer.below;
    int64_t below_ns = deadline_ns;
    if (deadline_ns != WADI__DEADLINE_NONE) {
        int64_t left_ns = deadline_ns - now_ns(clock);
        below_ns = below->monotonic_ns(below) + (left_ns > 0 ? left_ns : 0);
    }
    block_begin(clock);
    int rc = below->socket_connect(below, host, port, below_ns, opened, arg);
    block_end(clock);
    return rc;
}

static void manual_random(wadi__env *env, void *bytes, size_t size) {
    manual_clock *clock = clock_of(env);
    lock_clock(clock);
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)wadi__chance_next(&clock->chance);
    unlock_clock(clock);
}

/* ---- For the test ---- */

wadi__env *wadi__manual_clock_new(wadi__env *below, int64_t wall_ms) {
    manual_clock *clock = wadi__must_calloc(1, sizeof *clock);
    wadi__env_layer_init(&clock->layer, "manual clock", below);
    wadi__env *env = &clock->layer.env;
    pthread_mutex_init(&clock->lock, NULL);
    clock->monotonic_ns = 1000000000;
    clock->wall_offset_ns = wall_ms * 1000000 - clock->monotonic_ns;
    env->wall_ms = manual_wall_ms;
    env->wall_ns = manual_wall_ns;
    env->monotonic_ns = manual_monotonic_ns;
    env->wait = manual_wait;
    env->wake = manual_wake;
    env->thread_start = manual_thread_start;
    env->thread_join = manual_thread_join;
    env->random = manual_random;
    env->socket_connect = manual_socket_connect;
    env->socket_recv = manual_socket_recv;
    env->socket_send = manual_socket_send;
    return env;
}
void wadi__manual_clock_free(wadi__env *env) {
    if (env == NULL) return;
    manual_clock *clock = clock_of(env);
    for (sleeper *node = clock->spare, *next; node != NULL; node = next) {
        next = node->next;
        free(node);
    }
    for (counted_thread *thread = clock->threads, *next; thread != NULL; thread = next) {
        next = thread->next;
        free(thread); /* it was never joined */
    }
    pthread_mutex_destroy(&clock->lock);
    free(clock);
}
/* Lock held on entry, not after: wakes whoever is due. */
static void unlock_and_wake_due(manual_clock *clock) {
    sleeper **woken = NULL;
    size_t count = 0;
    for (sleeper **at = &clock->sleepers; *at != NULL;) {
        int64_t deadline_ns = (*at)->deadline_ns;
        if (deadline_ns != WADI__DEADLINE_NONE && deadline_ns <= clock->monotonic_ns)
            leave(clock, at, DUE, &woken, &count);
        else
            at = &(*at)->next;
    }
    unlock_clock(clock);
    wake_all(clock, woken, count);
}
void wadi__manual_clock_advance_ns(wadi__env *env, int64_t ns) {
    manual_clock *clock = clock_of(env);
    lock_clock(clock);
    clock->monotonic_ns += ns;
    unlock_and_wake_due(clock);
}
void wadi__manual_clock_advance_ms(wadi__env *env, int64_t ms) {
    wadi__manual_clock_advance_ns(env, ms * 1000000);
}
void wadi__manual_clock_set_wall_ms(wadi__env *env, int64_t wall_ms) {
    manual_clock *clock = clock_of(env);
    lock_clock(clock);
    clock->wall_offset_ns = wall_ms * 1000000 - clock->monotonic_ns;
    unlock_clock(clock);
}

static int64_t next_deadline(const manual_clock *clock, unsigned *sleeping) {
    int64_t next_ns = WADI__DEADLINE_NONE;
    *sleeping = 0;
    for (const sleeper *at = clock->sleepers; at != NULL; at = at->next) {
        if (at->deadline_ns == WADI__DEADLINE_NONE) continue;
        (*sleeping)++;
        if (next_ns == WADI__DEADLINE_NONE || at->deadline_ns < next_ns) next_ns = at->deadline_ns;
    }
    return next_ns;
}
int64_t wadi__manual_clock_next_ns(wadi__env *env) {
    manual_clock *clock = clock_of(env);
    unsigned sleeping;
    lock_clock(clock);
    int64_t next_ns = next_deadline(clock, &sleeping);
    unlock_clock(clock);
    return next_ns;
}
bool wadi__manual_clock_advance_to_next(wadi__env *env) {
    manual_clock *clock = clock_of(env);
    unsigned sleeping;
    lock_clock(clock);
    int64_t next_ns = next_deadline(clock, &sleeping);
    if (next_ns != WADI__DEADLINE_NONE) clock->monotonic_ns = next_ns;
    unlock_and_wake_due(clock);
    return next_ns != WADI__DEADLINE_NONE;
}
/* Waits until no more than `running_max` counted threads run and `sleeping_min` sleep. */
static void await(manual_clock *clock, unsigned running_max, unsigned sleeping_min) {
    wadi__env *below = clock->layer.below;
    for (;;) {
        unsigned sleeping;
        lock_clock(clock);
        unsigned seen = atomic_load(&clock->changes);
        next_deadline(clock, &sleeping);
        bool is_so = clock->running <= running_max && sleeping >= sleeping_min;
        unlock_clock(clock);
        if (is_so) return;
        below->wait(below, &clock->changes, seen, WADI__DEADLINE_NONE);
    }
}
void wadi__manual_clock_await_idle(wadi__env *env) {
    await(clock_of(env), is_counted(clock_of(env)) ? 1 : 0, 0); /* but the one that asks */
}
void wadi__manual_clock_await_sleepers(wadi__env *env, unsigned count) {
    await(clock_of(env), (unsigned)-1, count);
}
