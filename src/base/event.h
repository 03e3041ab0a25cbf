/* SPDX-License-Identifier: Apache-2.0 */
/* event.h: waiting for something that another thread does under a lock, without a condition
 * variable of the system: a counter that wakers advance, waited for through the env.
 *
 *     lock; while (!ready) wadi__event_wait(&event, &lock, env, WADI__DEADLINE_NONE); .. unlock
 *     lock; ready = true; unlock; wadi__event_wake_all(&event, env); */
#ifndef WADI_BASE_EVENT_H
#define WADI_BASE_EVENT_H
#include "base/env.h"

#include <pthread.h>

typedef struct wadi__event {
    atomic_uint turns;
    atomic_uint waiters;
} wadi__event;

/* Lets go of the lock, waits for a wake or the deadline, and takes the lock again. Spurious returns
 * happen. False: the deadline passed. */
static inline bool wadi__event_wait(wadi__event *event, pthread_mutex_t *lock, wadi__env *env,
                                    int64_t deadline_ns) {
    unsigned seen = atomic_load_explicit(&event->turns, memory_order_acquire);
    atomic_fetch_add_explicit(&event->waiters, 1, memory_order_seq_cst);
    pthread_mutex_unlock(lock);
    int rc = env->wait(env, &event->turns, seen, deadline_ns);
    atomic_fetch_sub_explicit(&event->waiters, 1, memory_order_relaxed);
    pthread_mutex_lock(lock);
    return rc == 0;
}
/* Call without the lock held, after the change was made under it. */
static inline void wadi__event_wake_all(wadi__event *event, wadi__env *env) {
    atomic_fetch_add_explicit(&event->turns, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&event->waiters, memory_order_seq_cst) != 0)
        env->wake(env, &event->turns, 1 << 30);
}
static inline void wadi__event_wake_some(wadi__event *event, wadi__env *env, int count_max) {
    atomic_fetch_add_explicit(&event->turns, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&event->waiters, memory_order_seq_cst) != 0)
        env->wake(env, &event->turns, count_max);
}
#endif
