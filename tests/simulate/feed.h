/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h: the peer of a reliable receiver: how far it has sent.
 * The records of a plan's batch are one block, whose metadata is the batch's number: so the
 * receiver goes on after the last one that was stored, whatever happens. */
#ifndef SIMULATE_FEED_H
#define SIMULATE_FEED_H
#include "base/env.h"
#include "plan.h"

typedef struct feed {
    const sim_plan *plan;
    int node;
    wadi__env *env;
    atomic_uint turns; /* changes with `sent`, and when the receiver is to look again */
    atomic_uint sent;  /* batches */
    atomic_ulong
        refused; /* bits: a store of the batch failed, so that it was not acknowledged .. */
} feed;          /* .. and, should it be on the disk all the same, comes twice */

/* The batches up to this one are there. */
void feed_send(feed *self, uint32_t batch);
/* Wakes the receiver; for wadi_receiver_on_stop(). */
void feed_wake(void *self);
/* Waits until something has changed since the turn. */
void feed_wait(feed *self, unsigned turn);
#endif
