/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: the thread that answers. Answers are lines of a name, a blank and a value; the first
 * says "ok", or "error" and why. */
#include "stream/control.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/runtime_dir.h"
#include "data/print.h"
#include "stream/lifecycle.h"
#include "stream/receiver.h"
#include "stream/scheduler.h"
#include "stream/tracker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct wadi__control {
    wadi_stream_context *ssc;
    wadi__env *env;
    wadi__thread *thread;
    int listener;
    int64_t started_ms;
    int64_t process; /* the number in the socket's name */
    atomic_bool is_stopping;
    char path[WADI__RUNTIME_PATH_MAX];
};

/* ---- Answers ---- */

__attribute__((format(printf, 2, 3))) static void say(wadi__text *text, const char *fmt, ...) {
    char line[700];
    va_list args;
    va_start(args, fmt);
    int size = vsnprintf(line, sizeof line - 1, fmt, args);
    va_end(args);
    size_t used = size < 0 ? 0 : (size_t)size < sizeof line - 1 ? (size_t)size : sizeof line - 2;
    for (size_t i = 0; i < used; i++) /* one line each */
        if ((unsigned char)line[i] < 32) line[i] = ' ';
    line[used++] = '\n';
    wadi__text_add(text, line, used);
}
static const char *state_name(const wadi_stream_context *ssc) {
    switch (wadi_stream_context_state(ssc)) {
    case WADI_STREAM_INITIALIZED: return "starting";
    case WADI_STREAM_ACTIVE: return "active";
    case WADI_STREAM_STOPPED: break;
    }
    return "stopped";
}
static void say_receiver(wadi_receiver *receiver, void *arg) {
    wadi__text *text = arg;
    int id = receiver->stream->input_id;
    pthread_mutex_lock(&receiver->lock);
    say(text, "receiver %d %s %" PRIu64 " %" PRIu64 " %s", id,
        receiver->has_ended ? "ended" : "active", receiver->stored_records, receiver->restarts,
        wadi__receiver_name(receiver));
    if (receiver->last_error[0] != 0) say(text, "receiver-error %d %s", id, receiver->last_error);
    pthread_mutex_unlock(&receiver->lock);
}
static void say_batches(wadi__text *text, const wadi__progress *progress, unsigned count) {
    if (count > WADI__PROGRESS_KEPT) count = WADI__PROGRESS_KEPT;
    if (count > progress->completed) count = (unsigned)progress->completed;
    for (uint64_t i = progress->completed - count; i < progress->completed; i++) {
        const wadi__progress_batch *at = &progress->last[i % WADI__PROGRESS_KEPT];
        say(text, "batch %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s",
            at->batch_ms, at->records, at->scheduling_ms, at->processing_ms, at->total_ms,
            at->has_failed ? "failed" : "completed");
    }
}
static void say_states(wadi__text *text, const wadi_stream_context *ssc) {
    wadi__state_shown *rows = wadi__calloc(WADI__STATES_SHOWN_MAX, sizeof *rows);
    size_t count = 0;
    if (rows == NULL)
        text->failed = true;
    else if (wadi_stream_context_state(ssc) == WADI_STREAM_ACTIVE)
        count = wadi__states_shown(ssc, rows);
    for (size_t i = 0; i < count; i++) {
        const wadi__state_facts *facts = &rows[i].facts;
        say(text, "stream-state %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s",
            facts->keys, facts->bytes, facts->snapshot.batch_ms, facts->snapshot.size_bytes,
            facts->snapshot.took_ms, rows[i].name);
    }
    wadi__free(rows);
}
static void say_status(wadi__text *text, const wadi__control *self, unsigned batches) {
    wadi_stream_context *ssc = self->ssc;
    wadi__progress progress = wadi__progress_now(ssc);
    char levels[300];
    wadi__log_levels(levels, sizeof levels);
    say(text, "name %s", ssc->sc->app_name);
    say(text, "process %" PRId64, self->process);
    say(text, "state %s", state_name(ssc));
    say(text, "master %s", ssc->sc->master);
    say(text, "interval %" PRId64, ssc->batch_ms);
    say(text, "started %" PRId64, self->started_ms);
    say(text, "completed %" PRIu64, progress.completed);
    say(text, "failed %" PRIu64, progress.failed);
    say(text, "waiting %zu", wadi__scheduler_waiting(ssc->scheduler));
    say(text, "records %" PRId64, progress.records);
    say(text, "log-level %s", levels);
    if (ssc->checkpoint_dir != NULL) say(text, "checkpoint %s", ssc->checkpoint_dir);
    if (wadi_context_ui_url(ssc->sc) != NULL) say(text, "pages %s", wadi_context_ui_url(ssc->sc));
    wadi__tracker_each_receiver(ssc->tracker, say_receiver, text);
    say_states(text, ssc);
    say_batches(text, &progress, batches);
}
static void answer(const wadi__control *self, const char *line, size_t size, wadi__text *text) {
    wadi__control_request request;
    char why[200];
    if (!wadi__control_parse(line, size, &request, why, sizeof why)) {
        say(text, "error %s", why);
        return;
    }
    switch (request.kind) {
    case WADI__CONTROL_STATUS:
        say(text, "ok");
        say_status(text, self, request.batches);
        break;
    case WADI__CONTROL_STOP:
        wadi__log_warn("stream", "asked to stop%s by wadi",
                       request.gracefully ? " gracefully" : "");
        if (wadi__lifecycle_stop_elsewhere(self->ssc, request.gracefully) == WADI_OK)
            say(text, "ok");
        else
            say(text, "error no memory, or no thread, to stop with");
        break;
    case WADI__CONTROL_LOG_LEVEL:
        if (wadi__log_set_levels(request.levels, why, sizeof why))
            say(text, "ok");
        else
            say(text, "error %s", why);
    }
}

/* ---- The thread ---- */

/* Reads a line; false: there was none in time, or too long a one. */
static bool read_line(const wadi__control *self, int socket, int64_t deadline_ns, char *line,
                      size_t *size) {
    *size = 0;
    while (*size < WADI__CONTROL_REQUEST_MAX) {
        ssize_t got = self->env->socket_recv(self->env, socket, line + *size,
                                             WADI__CONTROL_REQUEST_MAX - *size, deadline_ns);
        if (got <= 0) return false;
        char *end = memchr(line + *size, '\n', (size_t)got);
        *size += (size_t)got;
        if (end == NULL) continue;
        *size = (size_t)(end - line);
        return true;
    }
    return true; /* too long, as parsing will find */
}
static void send_all(const wadi__control *self, int socket, int64_t deadline_ns,
                     const wadi__text *text) {
    for (size_t sent = 0; sent < text->size;) {
        ssize_t put = self->env->socket_send(self->env, socket, text->bytes + sent,
                                             text->size - sent, deadline_ns);
        if (put <= 0) return; /* whoever asked is gone */
        sent += (size_t)put;
    }
}
static void serve(const wadi__control *self, int socket) {
    int64_t deadline_ns = wadi__env_deadline(self->env, WADI__CONTROL_TIMEOUT_MS);
    char line[WADI__CONTROL_REQUEST_MAX];
    size_t size = 0;
    if (!read_line(self, socket, deadline_ns, line, &size)) return;
    wadi__text text = {0};
    answer(self, line, size, &text);
    if (!text.failed) send_all(self, socket, deadline_ns, &text);
    wadi__text_fini(&text);
}
static void *control_main(void *arg) {
    wadi__control *self = arg;
    while (!atomic_load(&self->is_stopping)) {
        bool is_own_user = false;
        int socket =
            self->env->unix_accept(self->env, self->listener, WADI__DEADLINE_NONE, &is_own_user);
        if (socket == -EMFILE || socket == -ENFILE || socket == -ENOMEM) { /* a while later */
            atomic_uint never = 0;
            self->env->wait(self->env, &never, 0, wadi__env_deadline(self->env, 100));
            continue;
        }
        if (socket < 0) break; /* it is shut down */
        if (is_own_user) serve(self, socket);
        self->env->socket_close(self->env, socket);
    }
    return NULL;
}

/* ---- Life ---- */

static int open_socket(wadi__control *self) {
    char dir[WADI__RUNTIME_PATH_MAX - 32];
    int rc = wadi__runtime_dir(dir, sizeof dir, true);
    if (rc < 0) return rc;
    self->process = wadi__machine_pid();
    /* Another program of the process may have it: one in a process is active, so it is left over.
     */
    snprintf(self->path, sizeof self->path, "%s/%" PRId64 ".sock", dir, self->process);
    return self->env->unix_listen(self->env, self->path);
}
static void control_free(wadi__control *self) {
    if (self->listener >= 0) {
        self->env->file_unlink(self->env, self->path);
        self->env->socket_close(self->env, self->listener);
    }
    wadi__free(self);
}
wadi__control *wadi__control_start(wadi_stream_context *ssc) {
    wadi__env *env = ssc->env;
    if (env->unix_listen == NULL || !wadi__conf_bool(ssc->sc->conf, WADI__CONF_CONTROL_ENABLED))
        return NULL;
    wadi__control *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->ssc = ssc;
    self->env = env;
    self->started_ms = env->wall_ms(env);
    self->listener = open_socket(self);
    if (self->listener >= 0 &&
        env->thread_start(env, "wadi-control", control_main, self, &self->thread) == 0)
        return self;
    char reason[128] = "no thread";
    if (self->listener < 0) (void)!strerror_r(-self->listener, reason, sizeof reason);
    wadi__log_info("stream", "wadi cannot reach this program: %s: %s", self->path, reason);
    control_free(self);
    return NULL;
}
void wadi__control_stop(wadi__control *self) {
    if (self == NULL) return;
    atomic_store(&self->is_stopping, true);
    self->env->socket_shutdown(self->env, self->listener);
    self->env->thread_join(self->env, self->thread);
    control_free(self);
}
