/* SPDX-License-Identifier: Apache-2.0 */
/* storing.c: blocks on their way into the log. */
#include "stream/storing.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/pool.h"
#include "data/frame.h"
#include "stream/tracker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    FRAMES_BYTES_MAX = 32 << 20, /* that are being written at once; or a 16th of the memory bound */
    SPARES = 2,
    TRY_AGAIN_MS = 1000,
};

typedef enum phase { WAITS, IS_LOGGED, IS_NOTED, IS_DONE } phase;
struct wadi__store {
    wadi__wal_entry entry; /* must be first */
    wadi__storing *owner;
    wadi__store_request *next; /* that waits */
    uint64_t turn;             /* ascending */
    wadi__received *received;  /* NULL: the tracker has it */
    wadi__note *note;          /* NULL: it is used */
    wadi__text frame;
    phase phase;
    bool is_awaited;   /* somebody waits for it .. */
    bool is_abandoned; /* .. or no longer */
    int64_t noted_ns;  /* when it began to be noted */
    wadi_status status;
    wadi_error err;
};

struct wadi__storing {
    wadi_receiver *receiver;
    wadi__tracker *tracker;
    wadi__env *env;
    wadi__wal_writer *log;
    int input_id;
    wadi__thread *thread;
    size_t queue_max, frames_bytes_max;
    pthread_mutex_t lock; /* guards all below; taken after the receiver's */
    wadi__event changed;
    wadi__store_request *first; /* that wait, by their turns */
    size_t queued;              /* of these, those that nobody awaits */
    uint64_t turns;
    size_t frames_bytes, under_way;
    bool is_closing, is_pausing; /* a try has failed: wait before the next */
    wadi__text spares[SPARES];   /* memory for frames */
};

/* ---- Requests ---- */

static void keep_memory(wadi__storing *self, wadi__text *frame) {
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < SPARES; i++)
        if (self->spares[i].bytes == NULL && frame->bytes != NULL) {
            self->spares[i] = (wadi__text){.bytes = frame->bytes, .room = frame->room};
            *frame = (wadi__text){0};
        }
    pthread_mutex_unlock(&self->lock);
    wadi__text_fini(frame);
}
static void request_free(wadi__store_request *request) {
    wadi__received_free(request->owner->tracker, request->received);
    wadi__note_free(request->note);
    wadi__text_fini(&request->frame);
    wadi__free(request);
}
static wadi__store_request *request_new(wadi__storing *self, wadi__block *block, int64_t id_ms,
                                        const void *metadata, size_t metadata_size) {
    wadi__store_request *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->owner = self;
    made->note = wadi__note_new(WADI__TRACKED_BLOCK);
    if (made->note != NULL)
        made->received = wadi__received_new(self->tracker, id_ms, block, metadata, metadata_size);
    if (made->received != NULL) return made;
    request_free(made);
    return NULL;
}
/* holds lock */
static void enqueue(wadi__storing *self, wadi__store_request *request) {
    wadi__store_request **at = &self->first;
    while (*at != NULL && (*at)->turn < request->turn) at = &(*at)->next;
    request->next = *at;
    *at = request;
    request->phase = WAITS;
    if (!request->is_awaited) self->queued++;
}
/* holds lock */
static bool dequeue(wadi__storing *self, wadi__store_request *request) {
    wadi__store_request **at = &self->first;
    while (*at != NULL && *at != request) at = &(*at)->next;
    if (*at == NULL) return false;
    *at = request->next;
    if (!request->is_awaited) self->queued--;
    return true;
}
static void tell_lost(const wadi__storing *self, const wadi__store_request *request) {
    wadi_receiver_report(self->receiver, "a block of %" PRIu64 " records is lost: %s",
                         request->received->row_count, request->err.message);
}
/* It is not under way any more. log's thread, or that of storing */
static void end(wadi__store_request *request, wadi_status status, const wadi_error *err) {
    wadi__storing *self = request->owner;
    bool is_left = false, is_lost = false;
    pthread_mutex_lock(&self->lock);
    self->under_way--;
    request->status = status;
    if (err != NULL) request->err = *err;
    if (request->is_awaited && !request->is_abandoned) {
        request->phase = IS_DONE;
    } else if (status == WADI_OK || request->is_abandoned) {
        is_left = true;
    } else if (self->is_closing || status == WADI_E_INVALID) {
        is_left = is_lost = true;
    } else {
        enqueue(self, request);
        self->is_pausing = true;
    }
    pthread_mutex_unlock(&self->lock);
    if (is_lost) tell_lost(self, request);
    if (is_left) request_free(request);
    wadi__event_wake_all(&self->changed, self->env);
}

/* ---- The way into the log ---- */

/* log's thread */
static void noted(void *arg, wadi_status status, const wadi_error *err) {
    wadi__store_request *request = arg;
    if (status == WADI_OK) request->received = NULL; /* the tracker's */
    end(request, status, err);
}
/* log's thread */
static void logged(wadi__wal_entry *entry, wadi_status status, const wadi_error *err) {
    wadi__store_request *request = (wadi__store_request *)entry;
    wadi__storing *self = request->owner;
    size_t bytes = request->frame.size;
    keep_memory(self, &request->frame);
    pthread_mutex_lock(&self->lock);
    self->frames_bytes -= bytes;
    bool goes_on = status == WADI_OK && !request->is_abandoned;
    if (goes_on) request->phase = IS_NOTED;
    request->noted_ns = self->env->monotonic_ns(self->env);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    if (goes_on) {
        wadi__note *note = request->note;
        request->note = NULL;
        request->received->place = entry->place;
        wadi__tracker_note(self->tracker, request->received, note, noted, request);
    } else {
        wadi__tracker_give_up(self->tracker, request->received);
        end(request, status, err);
    }
}
static wadi_status make_frame(wadi__storing *self, wadi__store_request *request, wadi_error *err) {
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < SPARES && request->frame.bytes == NULL; i++) {
        request->frame = self->spares[i];
        self->spares[i] = (wadi__text){0};
    }
    pthread_mutex_unlock(&self->lock);
    if (request->note == NULL && (request->note = wadi__note_new(WADI__TRACKED_BLOCK)) == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to log a block");
    return wadi__frame_write_block(&request->frame, request->received->block, WADI__FRAME_PLAIN,
                                   err);
}
/* Waits while the log has reached its bound on disk. */
static void wait_for_disk(wadi__storing *self) {
    for (bool is_told = false;
         !wadi__wal_has_room(self->log) && !wadi_receiver_stopped(self->receiver); is_told = true) {
        if (!is_told)
            wadi_receiver_report(
                self->receiver,
                "the log of its blocks has reached wadi.log.max_bytes; it waits until batches have "
                "released some");
        wadi__tracker_wait_turn(self->tracker, &self->receiver->is_stopping);
    }
}
/* storing's thread */
static void log_block(wadi__storing *self, wadi__store_request *request) {
    wadi_error err = WADI_ERROR_INIT;
    wait_for_disk(self);
    wadi_status status = make_frame(self, request, &err);
    pthread_mutex_lock(&self->lock);
    if (status == WADI_OK) self->frames_bytes += request->frame.size;
    pthread_mutex_unlock(&self->lock);
    if (status != WADI_OK) {
        keep_memory(self, &request->frame);
        end(request, status, &err);
        return;
    }
    wadi__tracker_expect(self->tracker, self->input_id, request->received);
    request->entry = (wadi__wal_entry){.time_ms = request->received->log_ms,
                                       .bytes = request->frame.bytes,
                                       .size = request->frame.size,
                                       .done = logged};
    wadi__wal_submit(self->log, &request->entry);
}
/* Whether the next one may begin. holds lock */
static bool may_begin(const wadi__storing *self) {
    return self->first != NULL &&
           (self->frames_bytes == 0 ||
            self->frames_bytes + self->first->received->size_bytes <= self->frames_bytes_max);
}
/* After a failure, so that a disk that is full is not asked all the time. holds lock */
static void pause_tries(wadi__storing *self) {
    int64_t deadline = wadi__env_deadline(self->env, TRY_AGAIN_MS);
    bool in_time = true;
    while (in_time && !self->is_closing)
        in_time = wadi__event_wait(&self->changed, &self->lock, self->env, deadline);
    self->is_pausing = false;
}
static void *storing_main(void *arg) {
    wadi__storing *self = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->is_closing || self->first != NULL || self->under_way > 0) {
        if (self->is_pausing) pause_tries(self);
        if (!may_begin(self)) {
            if (!self->is_closing || self->first != NULL || self->under_way > 0)
                wadi__event_wait(&self->changed, &self->lock, self->env, WADI__DEADLINE_NONE);
            continue;
        }
        wadi__store_request *request = self->first;
        dequeue(self, request);
        request->phase = IS_LOGGED;
        self->under_way++;
        pthread_mutex_unlock(&self->lock);
        wadi__event_wake_all(&self->changed, self->env); /* one more may wait */
        log_block(self, request);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* ---- The interface ---- */

/* holds lock */
static bool is_full(const wadi__storing *self) {
    return self->queued + self->under_way >= self->queue_max;
}
bool wadi__storing_put(wadi__storing *self, wadi__block *block, int64_t id_ms) {
    pthread_mutex_lock(&self->lock);
    bool is_queue_full = is_full(self);
    pthread_mutex_unlock(&self->lock);
    wadi__store_request *request = is_queue_full ? NULL : request_new(self, block, id_ms, NULL, 0);
    if (request == NULL) return false;
    pthread_mutex_lock(&self->lock);
    request->turn = self->turns++;
    enqueue(self, request);
    pthread_mutex_unlock(&self->lock);
    return true;
}
void wadi__storing_go(wadi__storing *self) { wadi__event_wake_all(&self->changed, self->env); }
void wadi__storing_wait_place(wadi__storing *self, const atomic_bool *is_over) {
    pthread_mutex_lock(&self->lock);
    while (is_full(self) && !atomic_load(is_over))
        wadi__event_wait(&self->changed, &self->lock, self->env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&self->lock);
}
wadi__store_request *wadi__storing_begin(wadi__storing *self, wadi__block *block, int64_t id_ms,
                                         const void *metadata, size_t metadata_size) {
    wadi__store_request *request = request_new(self, block, id_ms, metadata, metadata_size);
    if (request == NULL) return NULL;
    request->is_awaited = true;
    pthread_mutex_lock(&self->lock);
    request->turn = self->turns++;
    enqueue(self, request);
    pthread_mutex_unlock(&self->lock);
    return request;
}
/* Until when it is waited for. holds lock */
static int64_t deadline_of(const wadi__storing *self, const wadi__store_request *request,
                           int64_t whole_ns) {
    if (request->phase != IS_NOTED) return whole_ns;
    int64_t noted_ns = request->noted_ns + wadi__conf_int(self->receiver->ssc->sc->conf,
                                                          WADI__CONF_DRIVER_WAL_BATCHING_TIMEOUT) *
                                               1000000;
    return noted_ns < whole_ns ? noted_ns : whole_ns;
}
/* Nobody waits for it any more; once it has begun it goes when the log is done with it. holds lock,
 * and lets go of it */
static void abandon_and_unlock(wadi__storing *self, wadi__store_request *request) {
    bool is_waiting = dequeue(self, request);
    request->is_abandoned = true;
    pthread_mutex_unlock(&self->lock);
    if (is_waiting) request_free(request);
}
wadi_status wadi__storing_await(wadi__storing *self, wadi__store_request *request,
                                wadi_error *err) {
    int64_t limit_s = wadi__conf_int(self->receiver->ssc->sc->conf, WADI__CONF_BLOCK_STORE_TIMEOUT);
    int64_t whole_ns = wadi__env_deadline(self->env, limit_s * 1000);
    bool in_time = true;
    pthread_mutex_lock(&self->lock);
    while (in_time && request->phase != IS_DONE)
        in_time = wadi__event_wait(&self->changed, &self->lock, self->env,
                                   deadline_of(self, request, whole_ns)) ||
                  self->env->monotonic_ns(self->env) < deadline_of(self, request, whole_ns);
    if (request->phase != IS_DONE) {
        bool is_noted = request->phase == IS_NOTED;
        abandon_and_unlock(self, request);
        return wadi_error_context(err, WADI_E_IO, "the disk did not take a block in time (%s)",
                                  is_noted ? "spark.streaming.driver.writeAheadLog.batchingTimeout"
                                           : "spark.streaming.receiver.blockStoreTimeout");
    }
    pthread_mutex_unlock(&self->lock);
    wadi_status status = request->status;
    if (status != WADI_OK) wadi_error_context(err, status, "%s", request->err.message);
    request_free(request);
    return status;
}
void wadi__storing_free(wadi__storing *self) {
    if (self == NULL) return;
    for (size_t i = 0; i < SPARES; i++) wadi__text_fini(&self->spares[i]);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
wadi__storing *wadi__storing_new(wadi_receiver *receiver, wadi_error *err) {
    wadi_stream_context *ssc = receiver->ssc;
    wadi__storing *self = wadi__calloc(1, sizeof *self);
    size_t share = wadi__pool_limit() / 16;
    if (self == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for a receiver");
        return NULL;
    }
    self->receiver = receiver;
    self->tracker = ssc->tracker;
    self->env = ssc->env;
    self->input_id = receiver->stream->input_id;
    self->log = wadi__tracker_block_log(self->tracker, self->input_id);
    self->queue_max = (size_t)wadi__conf_int(ssc->sc->conf, WADI__CONF_BLOCK_QUEUE_SIZE);
    self->frames_bytes_max = share == 0 || share > FRAMES_BYTES_MAX ? FRAMES_BYTES_MAX : share;
    pthread_mutex_init(&self->lock, NULL);
    char name[32];
    snprintf(name, sizeof name, "wadi-store-%d", self->input_id);
    int rc = self->env->thread_start(self->env, name, storing_main, self, &self->thread);
    if (rc == 0) return self;
    wadi_error_context(err, rc == -ENOMEM ? WADI_E_NOMEM : WADI_E_IO,
                       "no thread for the blocks of a receiver: %s", strerror(-rc));
    wadi__storing_free(self);
    return NULL;
}
void wadi__storing_close(wadi__storing *self) {
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->is_closing = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    self->env->thread_join(self->env, self->thread);
}
