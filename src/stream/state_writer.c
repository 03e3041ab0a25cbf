/* SPDX-License-Identifier: Apache-2.0 */
/* state_writer.c: a list of streams that have something to be written, and a thread. */
#include "stream/state_writer.h"

#include "base/event.h"

#include <string.h>

struct wadi__state_writer {
    wadi__env *env;
    wadi__thread *thread;
    pthread_mutex_t lock;
    wadi__event changed;
    WADI__VEC(wadi__state_files *) waiting; /* one reference to each, each once; guarded by lock */
    atomic_bool is_ending;
};

/* The next stream, with its reference; NULL: the program ends. */
static wadi__state_files *next(wadi__state_writer *self) {
    wadi__state_files *files = NULL;
    pthread_mutex_lock(&self->lock);
    while (self->waiting.count == 0 && !atomic_load(&self->is_ending))
        wadi__event_wait(&self->changed, &self->lock, self->env, WADI__DEADLINE_NONE);
    if (self->waiting.count > 0) {
        files = self->waiting.items[0];
        memmove(self->waiting.items, self->waiting.items + 1, --self->waiting.count * sizeof files);
    }
    pthread_mutex_unlock(&self->lock);
    return files;
}
static void *writer_main(void *arg) {
    wadi__state_writer *self = arg;
    if (self->env->thread_give_way != NULL) self->env->thread_give_way(self->env);
    for (wadi__state_files *files; (files = next(self)) != NULL;) {
        wadi__state_files_work(files, &self->is_ending);
        wadi__state_files_unref(files);
    }
    return NULL;
}
wadi__state_writer *wadi__state_writer_new(wadi__env *env) {
    wadi__state_writer *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->env = env;
    pthread_mutex_init(&self->lock, NULL);
    if (env->thread_start(env, "wadi-state", writer_main, self, &self->thread) == 0) return self;
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
    return NULL;
}
void wadi__state_writer_free(wadi__state_writer *self) {
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    atomic_store(&self->is_ending, true);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    self->env->thread_join(self->env, self->thread);
    wadi__vec_fini(&self->waiting);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
void wadi__state_writer_wake(void *writer, wadi__state_files *files) {
    wadi__state_writer *self = writer;
    pthread_mutex_lock(&self->lock);
    bool is_listed = atomic_load(&self->is_ending);
    for (size_t i = 0; i < self->waiting.count; i++) is_listed |= self->waiting.items[i] == files;
    /* Without memory for it, another time: wakes repeat. */
    if (!is_listed && wadi__vec_push(&self->waiting, files))
        wadi__counted_ref((wadi__counted *)files);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
}
