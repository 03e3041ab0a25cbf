/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.c: received blocks by input and batch. */
#include "stream/tracker.h"

#include "base/pool.h"
#include "stream/generator.h"
#include "stream/receiver.h"

#include <string.h>

typedef struct allocation { /* the blocks of one batch of one input */
    int64_t time_ms;
    wadi__received_list blocks;
} allocation;
typedef struct input {
    wadi__received_list unallocated;
    WADI__VEC(allocation *) allocated; /* ascending times */
} input;

struct wadi__tracker {
    wadi_stream_context *ssc;
    pthread_mutex_t receivers_lock; /* taken before a receiver's own, and that before `lock` */
    WADI__VEC(wadi_receiver *) receivers;
    pthread_mutex_t lock; /* guards all below */
    int input_count;
    input *inputs;
    int64_t last_ms; /* of allocation */
    atomic_size_t stored_bytes, unallocated_bytes;
    size_t bytes_max; /* of both; unallocated ones may be half of it: see has_room */
    wadi__event room;
};

wadi__tracker *wadi__tracker_new(wadi_stream_context *ssc) {
    wadi__tracker *self = wadi__calloc(1, sizeof *self);
    if (self == NULL || (self->inputs = wadi__calloc((size_t)ssc->input_count, sizeof *self->inputs)) == NULL) {
        wadi__free(self);
        return NULL;
    }
    self->ssc = ssc;
    self->input_count = ssc->input_count;
    self->last_ms = ssc->zero_ms;
    self->bytes_max = wadi__pool_limit() / 10 * 6; /* the rest is for tasks */
    pthread_mutex_init(&self->receivers_lock, NULL);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}
static void release(wadi__tracker *self, wadi__received_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        atomic_fetch_sub(&self->stored_bytes, list->items[i].size_bytes);
        wadi__block_unref(list->items[i].block);
        wadi__free(list->items[i].metadata);
    }
    wadi__vec_fini(list);
}
void wadi__tracker_free(wadi__tracker *self) {
    if (self == NULL) return;
    for (int i = 0; i < self->input_count; i++) {
        input *in = &self->inputs[i];
        release(self, &in->unallocated);
        for (size_t a = 0; a < in->allocated.count; a++) {
            release(self, &in->allocated.items[a]->blocks);
            wadi__free(in->allocated.items[a]);
        }
        wadi__vec_fini(&in->allocated);
    }
    wadi__vec_fini(&self->receivers);
    wadi__free(self->inputs);
    pthread_mutex_destroy(&self->lock);
    pthread_mutex_destroy(&self->receivers_lock);
    wadi__free(self);
}

/* ---- Receivers ---- */

bool wadi__tracker_add_receiver(wadi__tracker *self, wadi_receiver *receiver) {
    pthread_mutex_lock(&self->receivers_lock);
    bool added = wadi__vec_push(&self->receivers, receiver);
    pthread_mutex_unlock(&self->receivers_lock);
    return added;
}
void wadi__tracker_remove_receiver(wadi__tracker *self, wadi_receiver *receiver) {
    pthread_mutex_lock(&self->receivers_lock);
    for (size_t i = 0; i < self->receivers.count; i++)
        if (self->receivers.items[i] == receiver) self->receivers.items[i] = self->receivers.items[--self->receivers.count];
    pthread_mutex_unlock(&self->receivers_lock);
}
bool wadi__tracker_has_receivers(wadi__tracker *self) {
    pthread_mutex_lock(&self->receivers_lock);
    bool has = self->receivers.count > 0;
    pthread_mutex_unlock(&self->receivers_lock);
    return has;
}
void wadi__tracker_cut(wadi__tracker *self, int64_t time_ms) {
    pthread_mutex_lock(&self->receivers_lock);
    for (size_t i = 0; i < self->receivers.count; i++) wadi__receiver_cut(self->receivers.items[i], time_ms);
    pthread_mutex_unlock(&self->receivers_lock);
}

/* ---- Blocks ---- */

static size_t block_bytes(const wadi__block *block) {
    size_t bytes = block->size_bytes + (block->keep != NULL ? block->keep->arena.size_bytes : 0);
    return bytes + wadi__keep_buffer_bytes(block->keep);
}
bool wadi__tracker_add(wadi__tracker *self, int input_id, int64_t id_ms, wadi__block *block,
                       const void *metadata, size_t metadata_size) {
    wadi__received received = {block, id_ms, NULL, metadata_size, block_bytes(block)};
    if (metadata != NULL && (received.metadata = wadi__memdup(metadata, metadata_size)) == NULL) return false;
    pthread_mutex_lock(&self->lock);
    bool added = wadi__vec_push(&self->inputs[input_id].unallocated, received);
    pthread_mutex_unlock(&self->lock);
    if (added) {
        atomic_fetch_add(&self->stored_bytes, received.size_bytes);
        atomic_fetch_add(&self->unallocated_bytes, received.size_bytes);
    } else {
        wadi__free(received.metadata);
    }
    return added;
}
void wadi__tracker_allocate(wadi__tracker *self, int64_t time_ms) {
    wadi__tracker_cut(self, time_ms);
    pthread_mutex_lock(&self->lock);
    for (int i = 0; time_ms > self->last_ms && i < self->input_count; i++) {
        input *in = &self->inputs[i];
        if (in->unallocated.count == 0) continue;
        allocation *made = wadi__calloc(1, sizeof *made);
        if (made == NULL || !wadi__vec_push(&in->allocated, made)) {
            wadi__free(made); /* they go to the next batch */
            continue;
        }
        made->time_ms = time_ms;
        made->blocks = in->unallocated;
        for (size_t b = 0; b < made->blocks.count; b++)
            atomic_fetch_sub(&self->unallocated_bytes, made->blocks.items[b].size_bytes);
        in->unallocated = (wadi__received_list){0};
    }
    if (time_ms > self->last_ms) self->last_ms = time_ms;
    pthread_mutex_unlock(&self->lock);
    wadi__tracker_wake(self); /* the next batch has room */
}
bool wadi__tracker_has_unallocated(wadi__tracker *self) {
    bool has = false;
    pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->input_count; i++) has |= self->inputs[i].unallocated.count > 0;
    pthread_mutex_unlock(&self->lock);
    return has;
}
const wadi__received_list *wadi__tracker_blocks(wadi__tracker *self, int input_id, int64_t time_ms) {
    const wadi__received_list *found = NULL;
    pthread_mutex_lock(&self->lock);
    const input *in = &self->inputs[input_id];
    for (size_t i = in->allocated.count; i > 0 && found == NULL; i--)
        if (in->allocated.items[i - 1]->time_ms == time_ms) found = &in->allocated.items[i - 1]->blocks;
    pthread_mutex_unlock(&self->lock);
    return found;
}
void wadi__tracker_forget(wadi__tracker *self, int input_id, int64_t until_ms) {
    pthread_mutex_lock(&self->lock);
    input *in = &self->inputs[input_id];
    size_t old = 0;
    while (old < in->allocated.count && in->allocated.items[old]->time_ms <= until_ms) {
        release(self, &in->allocated.items[old]->blocks);
        wadi__free(in->allocated.items[old++]);
    }
    in->allocated.count -= old;
    if (in->allocated.count > 0)
        memmove(in->allocated.items, in->allocated.items + old, in->allocated.count * sizeof(allocation *));
    pthread_mutex_unlock(&self->lock);
    if (old > 0) wadi__tracker_wake(self);
}

/* ---- Room ---- */

/* A source that is faster than the program must not fill the whole bound before each batch: nothing could
 * then be received while that batch is processed, and the two would take turns. So what waits for the
 * next batch may take half of it. */
bool wadi__tracker_has_room(const wadi__tracker *self) {
    return self->bytes_max == 0 ||
           (atomic_load_explicit(&self->stored_bytes, memory_order_relaxed) < self->bytes_max &&
            atomic_load_explicit(&self->unallocated_bytes, memory_order_relaxed) < self->bytes_max / 2);
}
void wadi__tracker_wait_room(wadi__tracker *self, const atomic_bool *is_over) {
    pthread_mutex_lock(&self->lock);
    while (!wadi__tracker_has_room(self) && !atomic_load(is_over)) {
        bool is_full = atomic_load(&self->stored_bytes) >= self->bytes_max;
        pthread_mutex_unlock(&self->lock);
        if (is_full) wadi__generator_press(self->ssc->generator); /* what completed batches keep may go now */
        pthread_mutex_lock(&self->lock);
        if (!wadi__tracker_has_room(self) && !atomic_load(is_over))
            wadi__event_wait(&self->room, &self->lock, self->ssc->env, WADI__DEADLINE_NONE);
    }
    pthread_mutex_unlock(&self->lock);
}
void wadi__tracker_wake(wadi__tracker *self) { wadi__event_wake_all(&self->room, self->ssc->env); }
void wadi__tracker_wait_turn(wadi__tracker *self, const atomic_bool *is_over) {
    pthread_mutex_lock(&self->lock);
    /* At most a second, in case the memory is elsewhere. */
    if (!atomic_load(is_over))
        wadi__event_wait(&self->room, &self->lock, self->ssc->env, wadi__env_deadline(self->ssc->env, 1000));
    pthread_mutex_unlock(&self->lock);
}
