/* SPDX-License-Identifier: Apache-2.0 */
/* listener_bus.c: a queue and a thread. */
#include "base/listener_bus.h"

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>

struct wadi__listener_bus {
    wadi__env *env;
    const wadi__listener_bus_ops *ops;
    void *arg;
    size_t capacity;
    wadi__thread *thread;
    pthread_mutex_t lock; /* guards all below */
    wadi__event changed;
    wadi__bus_event *first, **last;
    size_t count;           /* events that wait */
    uint64_t dropped, told; /* of the dropped ones, how many the log has */
    bool is_ending, has_ended;
};
static _Thread_local const wadi__listener_bus *own; /* of the calling thread */

/* holds lock, and lets go of it meanwhile */
static void tell_dropped(wadi__listener_bus *self) {
    uint64_t more = self->dropped - self->told;
    self->told = self->dropped;
    pthread_mutex_unlock(&self->lock);
    wadi__log_warn(self->ops->module,
                   "%" PRIu64
                   " events were dropped, since listeners are slower than what they listen to "
                   "(spark.scheduler.listenerbus.eventqueue.capacity: %zu)",
                   more, self->capacity);
    pthread_mutex_lock(&self->lock);
}
/* holds lock, and lets go of it meanwhile */
static void deliver_first(wadi__listener_bus *self) {
    wadi__bus_event *event = self->first;
    self->first = event->next;
    if (self->first == NULL) self->last = &self->first;
    self->count--;
    pthread_mutex_unlock(&self->lock);
    self->ops->deliver(event, self->arg);
    self->ops->free(event);
    pthread_mutex_lock(&self->lock);
}
static void *bus_main(void *arg) {
    wadi__listener_bus *self = arg;
    own = self;
    pthread_mutex_lock(&self->lock);
    while (self->first != NULL || !self->is_ending) {
        if (self->first != NULL)
            deliver_first(self);
        else if (self->dropped > self->told)
            tell_dropped(self);
        else
            wadi__event_wait(&self->changed, &self->lock, self->env, WADI__DEADLINE_NONE);
    }
    if (self->dropped > self->told) tell_dropped(self);
    self->has_ended = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    return NULL;
}
wadi__listener_bus *wadi__listener_bus_new(wadi__env *env, size_t capacity,
                                           const wadi__listener_bus_ops *ops, void *arg) {
    wadi__listener_bus *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->env = env;
    self->ops = ops;
    self->arg = arg;
    self->capacity = capacity;
    self->last = &self->first;
    pthread_mutex_init(&self->lock, NULL);
    if (env->thread_start(env, "wadi-listener", bus_main, self, &self->thread) == 0) return self;
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
    return NULL;
}
void wadi__listener_bus_put(wadi__listener_bus *self, wadi__bus_event *event) {
    pthread_mutex_lock(&self->lock);
    bool is_taken = event != NULL && !self->is_ending && self->count < self->capacity;
    if (is_taken) {
        event->next = NULL;
        *self->last = event;
        self->last = &event->next;
        self->count++;
    } else if (!self->is_ending) {
        self->dropped++;
    }
    pthread_mutex_unlock(&self->lock);
    if (!is_taken && event != NULL) self->ops->free(event);
}
void wadi__listener_bus_wake(wadi__listener_bus *self) {
    wadi__event_wake_all(&self->changed, self->env);
}
uint64_t wadi__listener_bus_dropped(wadi__listener_bus *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t dropped = self->dropped;
    pthread_mutex_unlock(&self->lock);
    return dropped;
}
bool wadi__listener_bus_runs_here(const wadi__listener_bus *self) {
    return own != NULL && own == self;
}
bool wadi__listener_bus_stop(wadi__listener_bus *self, int64_t deadline_ns) {
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    bool in_time = true;
    pthread_mutex_lock(&self->lock);
    while (in_time && !self->has_ended)
        in_time = wadi__event_wait(&self->changed, &self->lock, self->env, deadline_ns);
    bool has_ended = self->has_ended;
    pthread_mutex_unlock(&self->lock);
    if (has_ended && self->thread != NULL) self->env->thread_join(self->env, self->thread);
    if (has_ended) self->thread = NULL;
    return has_ended;
}
void wadi__listener_bus_free(wadi__listener_bus *self) {
    if (self == NULL) return;
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
