/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.c: received blocks, and how much memory they may take. */
#include "base/conf.h"
#include "base/pool.h"
#include "stream/generator.h"
#include "stream/receiver.h"
#include "stream/tracker_parts.h"

wadi__tracker *wadi__tracker_new(wadi_stream_context *ssc) {
    wadi__tracker *self = wadi__calloc(1, sizeof *self);
    if (self == NULL || (self->inputs = wadi__calloc((size_t)ssc->input_count, sizeof *self->inputs)) == NULL) {
        wadi__free(self);
        return NULL;
    }
    self->ssc = ssc;
    self->input_count = ssc->input_count;
    self->last_ms = self->durable_ms = ssc->zero_ms;
    int64_t batch_rows_max = wadi__conf_int(ssc->sc->conf, WADI__CONF_BATCH_MAX_RECORDS);
    self->batch_rows_max = batch_rows_max > 0 ? (uint64_t)batch_rows_max : UINT64_MAX;
    self->bytes_max = wadi__pool_limit() / 10 * 6; /* the rest is for tasks */
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        if (node->input_id >= 0) self->inputs[node->input_id].stream = node;
    }
    pthread_mutex_init(&self->receivers_lock, NULL);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}
static void input_fini(wadi__tracker *self, int input_id) {
    wadi__tracked_input *in = &self->inputs[input_id];
    for (wadi__received *at = in->unallocated.first, *next; at != NULL; at = next) {
        next = at->next;
        wadi__received_free(self, at);
    }
    wadi__tracker_forget(self, input_id, INT64_MAX, INT64_MAX);
    wadi__vec_fini(&in->allocated);
    wadi__free(in->position);
}
void wadi__tracker_free(wadi__tracker *self) {
    if (self == NULL) return;
    for (int i = 0; i < self->input_count; i++) wadi__wal_writer_close(&self->inputs[i].log);
    wadi__tracker_log_free(self->log); /* the last notes are told */
    self->log = NULL;
    for (int i = 0; i < self->input_count; i++) input_fini(self, i);
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
void wadi__tracker_each_receiver(wadi__tracker *self, void (*each)(wadi_receiver *receiver, void *arg), void *arg) {
    pthread_mutex_lock(&self->receivers_lock);
    for (size_t i = 0; i < self->receivers.count; i++) each(self->receivers.items[i], arg);
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
wadi__received *wadi__received_new(wadi__tracker *self, int64_t id_ms, wadi__block *block,
                                   const void *metadata, size_t metadata_size) {
    wadi__received *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    if (metadata != NULL && ((made->metadata = wadi__memdup(metadata, metadata_size)) == NULL ||
                             (made->position = wadi__memdup(metadata, metadata_size)) == NULL)) {
        wadi__free(made->metadata);
        wadi__free(made);
        return NULL;
    }
    made->metadata_size = metadata_size;
    made->id_ms = id_ms;
    made->block = block;
    made->row_count = block->row_count;
    made->size_bytes = block_bytes(block);
    atomic_fetch_add(&self->stored_bytes, made->size_bytes);
    atomic_fetch_add(&self->unallocated_bytes, made->size_bytes);
    return made;
}
void wadi__tracked_set_allocated(wadi__tracker *self, wadi__received *received, bool is_allocated) {
    if (received->is_allocated == is_allocated) return;
    received->is_allocated = is_allocated;
    if (is_allocated) atomic_fetch_sub(&self->unallocated_bytes, received->size_bytes);
    else atomic_fetch_add(&self->unallocated_bytes, received->size_bytes);
}
void wadi__tracked_drop(wadi__tracker *self, wadi__received *received) {
    wadi__tracked_set_allocated(self, received, true);
    atomic_fetch_sub(&self->stored_bytes, received->size_bytes);
    wadi__block_unref(received->block);
    received->block = NULL;
    received->size_bytes = 0;
}
void wadi__received_free(wadi__tracker *self, wadi__received *received) {
    if (received == NULL) return;
    wadi__tracked_drop(self, received);
    wadi__free(received->metadata);
    wadi__free(received->position);
    wadi__free(received);
}
void wadi__tracked_put_last(wadi__tracked_list *list, wadi__received *received) {
    received->next = NULL;
    if (list->last == NULL) list->first = received;
    else list->last->next = received;
    list->last = received;
}
void wadi__tracker_add(wadi__tracker *self, int input_id, wadi__received *received) {
    received->log_ms = wadi__tracker_now_ms(self);
    wadi__tracker_tell_block(self, input_id, received);
    pthread_mutex_lock(&self->lock);
    wadi__tracked_put_last(&self->inputs[input_id].unallocated, received);
    pthread_mutex_unlock(&self->lock);
}
bool wadi__tracker_has_unallocated(wadi__tracker *self) {
    bool has = false;
    pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->input_count; i++)
        has |= self->inputs[i].unallocated.first != NULL || self->inputs[i].expected.first != NULL;
    pthread_mutex_unlock(&self->lock);
    return has;
}

/* ---- Room ---- */

int64_t wadi__tracker_now_ms(const wadi__tracker *self) {
    const wadi_stream_context *ssc = self->ssc;
    return ssc->generator != NULL ? wadi__generator_now_ms(ssc->generator) : ssc->env->wall_ms(ssc->env);
}
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
void wadi__tracker_wake(wadi__tracker *self) {
    wadi__event_wake_all(&self->room, self->ssc->env);
    wadi__event_wake_all(&self->durable, self->ssc->env);
}
void wadi__tracker_wait_turn(wadi__tracker *self, const atomic_bool *is_over) {
    pthread_mutex_lock(&self->lock);
    /* At most a second, in case the memory is elsewhere. */
    if (!atomic_load(is_over))
        wadi__event_wait(&self->room, &self->lock, self->ssc->env, wadi__env_deadline(self->ssc->env, 1000));
    pthread_mutex_unlock(&self->lock);
}
