/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c: the peer of a reliable receiver. */
#include "feed.h"

void feed_wake(void *arg) {
    feed *self = arg;
    atomic_fetch_add(&self->turns, 1);
    self->env->wake(self->env, &self->turns, 1);
}
void feed_send(feed *self, uint32_t batch) {
    atomic_store(&self->sent, batch);
    feed_wake(self);
}
void feed_wait(feed *self, unsigned turn) {
    self->env->wait(self->env, &self->turns, turn, WADI__DEADLINE_NONE);
}
