/* SPDX-License-Identifier: Apache-2.0 */
/* listener_bus.h: events on their way to whoever listens, delivered one at a time by a thread of
 * their own, so that who tells them never waits. The queue has a bound; events that find it full
 * are dropped, counted, and told of in the log. */
#ifndef WADI_BASE_LISTENER_BUS_H
#define WADI_BASE_LISTENER_BUS_H
#include "base/env.h"

typedef struct wadi__listener_bus wadi__listener_bus;

typedef struct wadi__bus_event { /* the head of each kind's own struct */
    struct wadi__bus_event *next;
} wadi__bus_event;

typedef struct wadi__listener_bus_ops {
    const char *module;                                 /* of its log lines */
    void (*deliver)(wadi__bus_event *event, void *arg); /* on the bus's thread */
    void (*free)(wadi__bus_event *event);               /* any thread */
} wadi__listener_bus_ops;

/* NULL: no memory, or no thread. */
wadi__listener_bus *wadi__listener_bus_new(wadi__env *env, size_t capacity,
                                           const wadi__listener_bus_ops *ops, void *arg);

/* Takes an event over, also where it is dropped. NULL: there was no memory for it, which counts as
 * dropped. Events are delivered in the order of these calls. No call of the env, so it may be
 * called under a lock; wake the bus afterwards. Any thread. */
void wadi__listener_bus_put(wadi__listener_bus *bus, wadi__bus_event *event);
void wadi__listener_bus_wake(wadi__listener_bus *bus);
uint64_t wadi__listener_bus_dropped(wadi__listener_bus *bus);
/* Whether the calling thread is the bus's: it is in a listener. */
bool wadi__listener_bus_runs_here(const wadi__listener_bus *bus);

/* Delivers what waits, and ends; what is put from now on is dropped, uncounted. False: a listener
 * has not returned at the deadline, and the bus must be left as it is. */
bool wadi__listener_bus_stop(wadi__listener_bus *bus, int64_t deadline_ns);
void wadi__listener_bus_free(wadi__listener_bus *bus); /* that was stopped; NULL is fine */
#endif
