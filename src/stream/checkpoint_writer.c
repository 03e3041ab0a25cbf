/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_writer.c: the newest waits, the thread writes. */
#include "stream/checkpoint_writer.h"

#include "base/event.h"
#include "base/log.h"
#include "stream/checkpoint_dir.h"

#include <inttypes.h>

enum { TRIES = 3 }; /* as in Spark */

struct wadi__checkpoint_writer {
    wadi__env *env;
    char *dir;
    const wadi__checkpoint_writer_ops *ops;
    void *arg;
    wadi__thread *thread;
    int64_t newest_ms; /* the thread's own: of all times so far, which names the next file */
    int64_t written_ms, before_ms; /* the thread's own: of the last two that it wrote; INT64_MIN: none */
    pthread_mutex_t lock;
    wadi__event changed; /* for the thread: anything below */
    wadi__text waiting;  /* guarded by lock, as all below */
    int64_t waiting_ms;
    uint64_t ticket; /* of the newest that was handed over */
    bool has_waiting, is_ending;
};

static wadi_status write_once(wadi__checkpoint_writer *self, const wadi__text *bytes,
                              wadi_error *err) {
    wadi_status status =
        wadi__checkpoint_dir_write(self->env, self->dir, self->newest_ms, bytes, err);
    if (status == WADI_OK) return status;
    return wadi_error_context(err, status, "write checkpoint %" PRId64 " ms", self->newest_ms);
}
static wadi_status write_some_times(wadi__checkpoint_writer *self, const wadi__text *bytes,
                                    wadi_error *err) {
    wadi_status status = WADI_E_IO;
    for (int tries = 1; tries <= TRIES && status != WADI_OK; tries++) {
        *err = (wadi_error)WADI_ERROR_INIT;
        status = write_once(self, bytes, err);
        if (status != WADI_OK)
            wadi__log_warn("stream", "try %d of %d failed: %s", tries, TRIES, err->message);
    }
    return status;
}
/* A file may have a later name than its own time: see newest_ms. */
static void prune(wadi__checkpoint_writer *self) {
    wadi_error err = WADI_ERROR_INIT;
    int64_t oldest_ms = INT64_MIN;
    wadi_status status = wadi__checkpoint_dir_prune(self->env, self->dir, &oldest_ms, &err);
    if (status != WADI_OK)
        wadi__log_warn("stream", "old checkpoints stay where they are: %s", err.message);
    if (oldest_ms > self->before_ms) oldest_ms = self->before_ms;
    if (oldest_ms != INT64_MIN) self->ops->pruned(self->arg, oldest_ms);
}
/* Takes the one that waits. holds lock */
static wadi__text take(wadi__checkpoint_writer *self, uint64_t *ticket, int64_t *time_ms) {
    wadi__text bytes = self->waiting;
    *time_ms = self->waiting_ms;
    self->waiting = (wadi__text){0};
    self->has_waiting = false;
    if (self->waiting_ms > self->newest_ms) self->newest_ms = self->waiting_ms;
    *ticket = self->ticket;
    return bytes;
}
/* holds lock, and lets go of it meanwhile */
static void write_next(wadi__checkpoint_writer *self) {
    wadi_error err = WADI_ERROR_INIT;
    uint64_t ticket;
    int64_t time_ms;
    wadi__text bytes = take(self, &ticket, &time_ms);
    pthread_mutex_unlock(&self->lock);
    wadi_status status = write_some_times(self, &bytes, &err);
    wadi__text_fini(&bytes);
    self->ops->written(self->arg, ticket, status == WADI_OK ? NULL : &err);
    if (status == WADI_OK) {
        self->before_ms = self->written_ms;
        self->written_ms = time_ms;
        prune(self);
    }
    pthread_mutex_lock(&self->lock);
}
static void *writer_main(void *arg) {
    wadi__checkpoint_writer *self = arg;
    pthread_mutex_lock(&self->lock);
    while (self->has_waiting || !self->is_ending) {
        if (self->has_waiting)
            write_next(self);
        else
            wadi__event_wait(&self->changed, &self->lock, self->env, WADI__DEADLINE_NONE);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}
wadi__checkpoint_writer *wadi__checkpoint_writer_new(wadi__env *env, const char *dir,
                                                     int64_t newest_ms,
                                                     const wadi__checkpoint_writer_ops *ops,
                                                     void *arg) {
    wadi__checkpoint_writer *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->env = env;
    self->ops = ops;
    self->arg = arg;
    self->newest_ms = newest_ms;
    self->written_ms = self->before_ms = INT64_MIN;
    self->dir = wadi__strdup(dir);
    pthread_mutex_init(&self->lock, NULL);
    if (self->dir != NULL &&
        env->thread_start(env, "wadi-checkpoint", writer_main, self, &self->thread) == 0)
        return self;
    pthread_mutex_destroy(&self->lock);
    wadi__free(self->dir);
    wadi__free(self);
    return NULL;
}
uint64_t wadi__checkpoint_writer_put(wadi__checkpoint_writer *self, int64_t time_ms,
                                     wadi__text *bytes) {
    pthread_mutex_lock(&self->lock);
    wadi__text replaced = self->waiting;
    self->waiting = *bytes;
    self->waiting_ms = time_ms;
    self->has_waiting = true;
    uint64_t ticket = ++self->ticket;
    pthread_mutex_unlock(&self->lock);
    *bytes = (wadi__text){0};
    wadi__event_wake_all(&self->changed, self->env);
    wadi__text_fini(&replaced);
    return ticket;
}
void wadi__checkpoint_writer_free(wadi__checkpoint_writer *self) {
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    self->env->thread_join(self->env, self->thread);
    wadi__text_fini(&self->waiting);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self->dir);
    wadi__free(self);
}
