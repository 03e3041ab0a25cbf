/* SPDX-License-Identifier: Apache-2.0 */
/* console_progress.c: bars of stages. Only stages that have run for half a second are shown, so
 * that those of short batches do not flicker. */
#include "exec/console_progress.h"

#include "base/conf.h"
#include "base/log.h"
#include "exec/engine.h"

#include <wadi/listener.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_MS = 500, UPDATE_MS = 200, WIDTH = 80, STAGES_KEPT = 16 };

typedef struct running {
    wadi__console_stage stage;
    int64_t since_ms;
    bool is_there;
} running;
struct wadi__console_progress {
    wadi_context *sc;
    wadi__thread *thread;
    atomic_uint is_stopping;
    pthread_mutex_t lock;
    running stages[STAGES_KEPT]; /* guarded by lock; further ones are not shown */
};

/* ---- The picture ---- */

static size_t put_bar(const wadi__console_stage *stage, size_t width, char *out, size_t size) {
    char head[48], tail[80];
    int head_size = snprintf(head, sizeof head, "[Stage %" PRId64 ":", stage->id);
    int tail_size = snprintf(tail, sizeof tail, "(%u + %u) / %u]", stage->completed, stage->active,
                             stage->task_count);
    size_t taken = (size_t)head_size + (size_t)tail_size, bar = width > taken ? width - taken : 0;
    if (taken + bar + 1 > size) return 0;
    memcpy(out, head, (size_t)head_size);
    size_t done = stage->task_count > 0 ? bar * stage->completed / stage->task_count : 0;
    for (size_t i = 0; i < bar; i++)
        out[(size_t)head_size + i] = "=> "[i < done ? 0 : i == done ? 1 : 2];
    memcpy(out + head_size + bar, tail, (size_t)tail_size + 1);
    return taken + bar;
}
void wadi__console_bars(const wadi__console_stage *stages, size_t count, size_t width, char *out,
                        size_t size) {
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < count; i++)
        used += put_bar(&stages[i], width / count, out + used, size - used);
}
static size_t width_of_terminal(void) {
    const char *columns = getenv("COLUMNS");
    long width = columns != NULL ? strtol(columns, NULL, 10) : WIDTH;
    return width >= 20 && width <= 190 ? (size_t)width - 1 : WIDTH - 1; /* no line is broken */
}

/* ---- The thread ---- */

static int by_id(const void *a, const void *b) {
    int64_t x = ((const wadi__console_stage *)a)->id, y = ((const wadi__console_stage *)b)->id;
    return (x > y) - (x < y);
}
/* The oldest stages that have run long enough. */
static size_t look(wadi__console_progress *self, int64_t now_ms,
                   wadi__console_stage shown[STAGES_KEPT]) {
    size_t count = 0;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < STAGES_KEPT; i++) {
        const running *at = &self->stages[i];
        if (!at->is_there || now_ms - at->since_ms < FIRST_MS) continue;
        uint32_t left = at->stage.task_count - at->stage.completed;
        shown[count] = at->stage;
        shown[count++].active = left < self->sc->engine->slots ? left : self->sc->engine->slots;
    }
    pthread_mutex_unlock(&self->lock);
    qsort(shown, count, sizeof *shown, by_id);
    return count < WADI__CONSOLE_STAGES_MAX ? count : WADI__CONSOLE_STAGES_MAX;
}
static void *progress_main(void *arg) {
    wadi__console_progress *self = arg;
    wadi__env *env = self->sc->env;
    char drawn[200] = "", text[200];
    while (atomic_load(&self->is_stopping) == 0) {
        wadi__console_stage shown[STAGES_KEPT];
        size_t count = look(self, env->wall_ms(env), shown);
        wadi__console_bars(shown, count, width_of_terminal(), text, sizeof text);
        if (strcmp(text, drawn) != 0) wadi__log_status(text[0] != 0 ? text : NULL);
        memcpy(drawn, text, sizeof drawn);
        env->wait(env, &self->is_stopping, 0, wadi__env_deadline(env, UPDATE_MS));
    }
    wadi__log_status(NULL);
    return NULL;
}

/* ---- What listeners are told ---- */

static void stage_submitted(const wadi_stage_info *info, void *user) {
    wadi__console_progress *self = user;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < STAGES_KEPT; i++) {
        if (self->stages[i].is_there) continue;
        self->stages[i] =
            (running){{.id = info->id, .task_count = info->task_count}, info->submission_ms, true};
        break;
    }
    pthread_mutex_unlock(&self->lock);
}
static void stage_completed(const wadi_stage_info *info, void *user) {
    wadi__console_progress *self = user;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < STAGES_KEPT; i++)
        if (self->stages[i].stage.id == info->id) self->stages[i].is_there = false;
    pthread_mutex_unlock(&self->lock);
}
static void task_ended(const wadi_task_info *info, void *user) {
    wadi__console_progress *self = user;
    if (info->failure_reason != NULL) return;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < STAGES_KEPT; i++) {
        running *at = &self->stages[i];
        if (at->is_there && at->stage.id == info->stage_id &&
            at->stage.completed < at->stage.task_count)
            at->stage.completed++;
    }
    pthread_mutex_unlock(&self->lock);
}

/* ---- Life ---- */

wadi__console_progress *wadi__console_progress_start(wadi_context *sc) {
    if (!wadi__conf_bool(sc->conf, WADI__CONF_CONSOLE_PROGRESS) || !wadi__log_has_terminal())
        return NULL;
    wadi__console_progress *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->sc = sc;
    pthread_mutex_init(&self->lock, NULL);
    wadi_engine_listener listener = {.size = sizeof listener,
                                     .on_stage_submitted = stage_submitted,
                                     .on_stage_completed = stage_completed,
                                     .on_task_ended = task_ended,
                                     .user = self};
    if ((wadi_add_engine_listener)(sc, &listener) != WADI_OK) {
        wadi__console_progress_free(self);
        return NULL;
    }
    /* Without a thread it is told of stages, and shows none. */
    if (sc->env->thread_start(sc->env, "wadi-progress", progress_main, self, &self->thread) != 0)
        self->thread = NULL;
    return self;
}
void wadi__console_progress_stop(wadi__console_progress *self) {
    if (self == NULL || self->thread == NULL) return;
    atomic_store(&self->is_stopping, 1);
    self->sc->env->wake(self->sc->env, &self->is_stopping, 1);
    self->sc->env->thread_join(self->sc->env, self->thread);
    self->thread = NULL;
}
void wadi__console_progress_free(wadi__console_progress *self) {
    if (self == NULL) return;
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
