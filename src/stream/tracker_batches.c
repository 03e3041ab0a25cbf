/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_batches.c: which batch has which blocks. */
#include "stream/tracker_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Giving blocks to batches ---- */

static size_t count_list(const wadi__tracked_list *list) {
    size_t count = 0;
    for (const wadi__received *at = list->first; at != NULL; at = at->next) count++;
    return count;
}
/* How many of the oldest blocks have no more records than a batch may, but one at least. */
static size_t count_for_batch(const wadi__tracker *self, const wadi__tracked_list *list) {
    size_t count = 0;
    uint64_t left = self->batch_rows_max;
    for (const wadi__received *at = list->first; at != NULL; at = at->next, count++) {
        if (count > 0 && at->row_count > left) return count;
        left -= at->row_count < left ? at->row_count : left;
    }
    return count;
}
/* Gives an input's unallocated blocks, or the oldest of them, to the batch. False: no memory, and
 * they go to the next one. holds lock */
static bool allocate_input(wadi__tracker *self, wadi__tracked_input *in, int64_t time_ms) {
    size_t count = count_for_batch(self, &in->unallocated);
    if (count == 0) return true;
    wadi__allocation *made = wadi__calloc(1, sizeof *made);
    if (made == NULL || !wadi__vec_reserve(&made->blocks, count) ||
        !wadi__vec_push(&in->allocated, made)) {
        if (made != NULL) wadi__vec_fini(&made->blocks);
        wadi__free(made);
        return false;
    }
    made->time_ms = time_ms;
    wadi__received *at = in->unallocated.first;
    for (; made->blocks.count < count; at = at->next) {
        wadi__tracked_set_allocated(self, at, true);
        made->blocks.items[made->blocks.count++] = at;
    }
    in->unallocated.first = at;
    if (at == NULL) in->unallocated.last = NULL;
    return true;
}
/* Takes back what batches have whose allocation could not be logged: before blocks that came later.
 * holds lock */
static void take_back(wadi__tracker *self, wadi__tracked_input *in, const wadi__allocation *lost) {
    wadi__tracked_list list = {NULL, NULL};
    for (size_t i = 0; i < lost->blocks.count; i++) {
        wadi__tracked_set_allocated(self, lost->blocks.items[i], false);
        wadi__tracked_put_last(&list, lost->blocks.items[i]);
    }
    if (list.last == NULL) return;
    list.last->next = in->unallocated.first;
    if (in->unallocated.last == NULL) in->unallocated.last = list.last;
    in->unallocated.first = list.first;
}
static bool is_lost(const wadi__tracker *self, int64_t time_ms) {
    for (uint32_t i = 0; i < self->lost_count && i < 16; i++)
        if (self->lost[i].time_ms == time_ms) return true;
    return false;
}
/* Newest first, so that their blocks come out in order. holds lock */
static void take_back_lost(wadi__tracker *self, wadi__tracked_input *in) {
    for (size_t i = in->allocated.count; i > 0 && self->lost_count > 0; i--) {
        wadi__allocation *at = in->allocated.items[i - 1];
        if (!is_lost(self, at->time_ms)) continue;
        take_back(self, in, at);
        wadi__vec_fini(&at->blocks);
        wadi__free(at);
        memmove(&in->allocated.items[i - 1], &in->allocated.items[i],
                (in->allocated.count - i) * sizeof at);
        in->allocated.count--;
    }
}
static size_t count_unallocated(wadi__tracker *self) {
    size_t count = 0;
    pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->input_count; i++) {
        if (atomic_load(&self->logs_blocks)) take_back_lost(self, &self->inputs[i]);
        count += count_list(&self->inputs[i].unallocated);
    }
    pthread_mutex_unlock(&self->lock);
    return count;
}
/* The numbers of the blocks that the batch was given. holds lock */
static void fill_note(const wadi__tracker *self, int64_t time_ms, wadi__note *note) {
    int64_t *numbers = note->own;
    size_t count = 0;
    for (int i = 0; i < self->input_count; i++) {
        const wadi__tracked_input *in = &self->inputs[i];
        if (in->allocated.count == 0 ||
            in->allocated.items[in->allocated.count - 1]->time_ms != time_ms)
            continue;
        const wadi__received_list *blocks = &in->allocated.items[in->allocated.count - 1]->blocks;
        for (size_t b = 0; b < blocks->count; b++) numbers[count++] = blocks->items[b]->number;
    }
    note->event.time_ms = time_ms;
    note->event.blocks = (wadi_int64_list){numbers, count};
}
/* At most so many blocks, for which the note has room: more may have come since. generator's thread
 */
static void allocate(wadi__tracker *self, int64_t time_ms, size_t count_max, wadi__note *note) {
    size_t count = 0;
    pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->input_count; i++) {
        count += count_list(&self->inputs[i].unallocated);
        if (note == NULL || count <= count_max) allocate_input(self, &self->inputs[i], time_ms);
    }
    self->last_ms = time_ms;
    if (note != NULL) fill_note(self, time_ms, note);
    pthread_mutex_unlock(&self->lock);
}
void wadi__tracker_allocate(wadi__tracker *self, int64_t time_ms) {
    wadi__tracker_cut(self, time_ms);
    pthread_mutex_lock(&self->lock);
    bool is_new = time_ms > self->last_ms;
    pthread_mutex_unlock(&self->lock);
    if (is_new) {
        size_t count_max = count_unallocated(self) + 64;
        wadi__note *note = NULL;
        if (wadi__tracker_allocation_note(self, count_max, &note)) {
            allocate(self, time_ms, count_max, note);
            if (note != NULL) wadi__tracker_tell_allocation(self, note);
        } else {
            pthread_mutex_lock(&self->lock);
            self->last_ms = time_ms;
            pthread_mutex_unlock(&self->lock);
            wadi__tracker_lose(self, time_ms, "no memory to log which blocks a batch has");
        }
    }
    wadi__tracker_wake(self); /* the next batch has room */
}
wadi_status wadi__tracker_wait_durable(wadi__tracker *self, int64_t time_ms,
                                       const atomic_bool *is_over, wadi_error *err) {
    wadi_status status = WADI_OK;
    if (!atomic_load(&self->logs_blocks)) return status;
    pthread_mutex_lock(&self->lock);
    while (self->durable_ms < time_ms && time_ms <= self->last_ms && !atomic_load(is_over))
        wadi__event_wait(&self->durable, &self->lock, self->ssc->env, WADI__DEADLINE_NONE);
    if (self->durable_ms < time_ms && time_ms <= self->last_ms)
        status = wadi_error_context(
            err, WADI_E_STATE,
            "the program stops before the blocks of batch %" PRId64 " ms are logged", time_ms);
    for (uint32_t i = 0; i < self->lost_count && i < 16; i++)
        if (self->lost[i].time_ms == time_ms)
            status = wadi_error_context(
                err, WADI_E_IO, "the blocks of batch %" PRId64 " ms wait for a later one: %s",
                time_ms, self->lost[i].message);
    pthread_mutex_unlock(&self->lock);
    return status;
}
void wadi__tracker_lose(wadi__tracker *self, int64_t time_ms, const char *message) {
    pthread_mutex_lock(&self->lock);
    wadi__lost_batch *lost = &self->lost[self->lost_count++ % 16];
    lost->time_ms = time_ms;
    snprintf(lost->message, sizeof lost->message, "%s", message);
    if (time_ms > self->durable_ms) self->durable_ms = time_ms;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->durable, self->ssc->env);
}

/* ---- Asking ---- */

const wadi__received_list *wadi__tracker_blocks(wadi__tracker *self, int input_id,
                                                int64_t time_ms) {
    const wadi__received_list *found = NULL;
    pthread_mutex_lock(&self->lock);
    const wadi__tracked_input *in = &self->inputs[input_id];
    for (size_t i = in->allocated.count; i > 0 && found == NULL; i--)
        if (in->allocated.items[i - 1]->time_ms == time_ms)
            found = &in->allocated.items[i - 1]->blocks;
    pthread_mutex_unlock(&self->lock);
    return found;
}
const void *wadi__tracker_position(const wadi__tracker *self, int input_id, size_t *size) {
    const wadi__tracked_input *in = &self->inputs[input_id];
    *size = in->position_size;
    return in->position;
}

/* ---- Forgetting ---- */

static void drop(wadi__tracker *self, wadi__allocation *allocation) {
    for (size_t i = 0; i < allocation->blocks.count && !allocation->is_dropped; i++)
        wadi__tracked_drop(self, allocation->blocks.items[i]);
    allocation->is_dropped = true;
}
static void release(wadi__tracker *self, wadi__allocation *allocation) {
    for (size_t i = 0; i < allocation->blocks.count; i++)
        wadi__received_free(self, allocation->blocks.items[i]);
    wadi__vec_fini(&allocation->blocks);
    wadi__free(allocation);
}
void wadi__tracker_forget(wadi__tracker *self, int input_id, int64_t until_ms, int64_t gone_ms) {
    pthread_mutex_lock(&self->lock);
    wadi__tracked_input *in = &self->inputs[input_id];
    size_t gone = 0;
    bool has_dropped = false;
    if (in->log == NULL) gone_ms = until_ms; /* nothing of them would be left */
    for (; gone < in->allocated.count && in->allocated.items[gone]->time_ms <= gone_ms; gone++)
        release(self, in->allocated.items[gone]);
    in->allocated.count -= gone;
    if (in->allocated.count > 0)
        memmove(in->allocated.items, in->allocated.items + gone,
                in->allocated.count * sizeof(wadi__allocation *));
    for (size_t i = 0; i < in->allocated.count && in->allocated.items[i]->time_ms <= until_ms;
         i++) {
        has_dropped |= !in->allocated.items[i]->is_dropped;
        drop(self, in->allocated.items[i]);
    }
    pthread_mutex_unlock(&self->lock);
    if (gone > 0) wadi__tracker_tell_cleanup(self, input_id, gone_ms);
    if (gone > 0) wadi__tracker_clean_logs(self);
    if (gone > 0 || has_dropped) wadi__tracker_wake(self);
}
