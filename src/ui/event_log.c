/* SPDX-License-Identifier: Apache-2.0 */
/* event_log.c: lines that gather, and files that follow one another. */
#include "ui/event_log.h"

#include "base/log.h"
#include "ui/event_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#ifdef WADI_HAVE_ZSTD
#include <zstd.h>
#endif

enum {
    GATHER_BYTES = 256 * 1024, /* lines that are written together */
    GATHER_MS = 1000,          /* and how long they wait for that, while events come */
    HEAD_LINES_MAX = 200,
    STATES_MS = 1000,
};

/* What a reader must know to make use of the lines that follow: it stands in each file again, since
 * those before may be gone. */
typedef struct head_line {
    const char *what; /* static */
    int id;
    char *line; /* own, with its end */
} head_line;
struct wadi__event_log {
    wadi__env *env;
    pthread_mutex_t lock; /* guards all below; listeners of both kinds write. Held over writing:
                             nothing else waits */
    char *folder, *app_id;
    bool is_compressed, has_failed;
    int64_t file_bytes_max, bytes_max;
    int file;                      /* -1: none */
    uint64_t first, last;          /* numbers of the files that there are */
    int64_t file_bytes, all_bytes; /* of the last file, of all but the last */
    WADI__VEC(int64_t) sizes;      /* of those before the last, from `first` on */
    wadi__text waiting;
    size_t line_from; /* of it: the line that was added last */
    int64_t waits_since_ms;
    WADI__VEC(head_line) head; /* that each file begins with */
    /* Of the thread of the stream's listeners: */
    size_t (*states)(void *arg, wadi__state_shown *rows);
    void *arg;
    int64_t states_told_ms;
};

/* ---- Files ---- */

static char *path_of(const wadi__event_log *self, uint64_t number) {
    return wadi__format("%s/events_%" PRIu64 "_%s%s", self->folder, number, self->app_id,
                        self->is_compressed ? ".zst" : "");
}
static void give_up(wadi__event_log *self, const char *what, int rc) {
    if (!self->has_failed)
        wadi__log_warn("ui", "the event log in %s ends here: %s: %s", self->folder, what,
                       strerror(-rc));
    self->has_failed = true;
}
/* Opens the next file. False: it has failed. */
static bool open_next(wadi__event_log *self) {
    char *path = path_of(self, self->last + 1);
    int file =
        path != NULL
            ? self->env->file_open(self->env, path,
                                   WADI__OPEN_WRITE | WADI__OPEN_CREATE | WADI__OPEN_TRUNCATE, 0640)
            : -ENOMEM;
    wadi__free(path);
    if (file < 0) {
        give_up(self, "opening a file", file);
        return false;
    }
    self->file = file;
    self->file_bytes = 0;
    self->last++;
    return true;
}
static void close_file(wadi__event_log *self) {
    if (self->file < 0) return;
    self->env->file_close(self->env, self->file);
    self->file = -1;
}
static void drop_oldest(wadi__event_log *self) {
    char *path = path_of(self, self->first);
    if (path != NULL) self->env->file_unlink(self->env, path);
    wadi__free(path);
    self->all_bytes -= self->sizes.items[0];
    memmove(self->sizes.items, self->sizes.items + 1,
            --self->sizes.count * sizeof self->sizes.items[0]);
    self->first++;
}
static void write_all(wadi__event_log *self, const char *bytes, size_t size) {
    for (size_t done = 0; done < size && !self->has_failed;) {
        ssize_t more = self->env->file_write(self->env, self->file, bytes + done, size - done);
        if (more <= 0)
            give_up(self, "writing", more < 0 ? (int)more : -EIO);
        else
            done += (size_t)more;
    }
    self->file_bytes += (int64_t)size;
}
/* As a frame of its own: the file can be read up to it, whatever comes next. NULL: it has failed.
 */
static char *pack(wadi__event_log *self, const char *bytes, size_t *size) {
#ifdef WADI_HAVE_ZSTD
    size_t room = ZSTD_compressBound(*size);
    char *packed = wadi__malloc(room);
    size_t packed_size = packed != NULL ? ZSTD_compress(packed, room, bytes, *size, 1) : 0;
    if (packed != NULL && !ZSTD_isError(packed_size)) {
        *size = packed_size;
        return packed;
    }
    wadi__free(packed);
#else
    (void)bytes, (void)size;
#endif
    give_up(self, "compressing", -ENOMEM);
    return NULL;
}
static void write_head(wadi__event_log *self) {
    wadi__text lines = {0};
    for (size_t i = 0; i < self->head.count; i++) { /* each is an object */
        wadi__text_put(&lines, "{\"again\":true,");
        wadi__text_put(&lines, self->head.items[i].line + 1);
    }
    size_t size = lines.size;
    char *packed = self->is_compressed && !lines.failed ? pack(self, lines.bytes, &size) : NULL;
    if (lines.failed)
        give_up(self, "beginning a file", -ENOMEM);
    else if (packed != NULL || !self->is_compressed)
        write_all(self, packed != NULL ? packed : lines.bytes, size);
    wadi__free(packed);
    wadi__text_fini(&lines);
}
static bool roll(wadi__event_log *self) {
    close_file(self);
    if (!wadi__vec_push(&self->sizes, self->file_bytes)) {
        give_up(self, "listing its files", -ENOMEM);
        return false;
    }
    self->all_bytes += self->file_bytes;
    while (self->sizes.count > 0 && self->all_bytes > self->bytes_max - self->file_bytes_max)
        drop_oldest(self);
    if (!open_next(self)) return false;
    write_head(self);
    return true;
}
static void write_bytes(wadi__event_log *self, const char *bytes, size_t size) {
    if (self->file_bytes > 0 && self->file_bytes + (int64_t)size > self->file_bytes_max &&
        !roll(self))
        return;
    write_all(self, bytes, size);
}
static void write_packed(wadi__event_log *self, const char *bytes, size_t size) {
    size_t packed_size = size;
    char *packed = self->is_compressed ? pack(self, bytes, &packed_size) : NULL;
    if (packed != NULL || !self->is_compressed)
        write_bytes(self, packed != NULL ? packed : bytes, packed_size);
    wadi__free(packed);
}
/* holds lock */
static void write_waiting(wadi__event_log *self) {
    if (self->waiting.size > 0 && !self->has_failed) {
        write_packed(self, self->waiting.bytes, self->waiting.size);
    }
    self->waiting.size = 0;
}

/* ---- Lines ---- */

static wadi__text *begin(wadi__event_log *self) {
    pthread_mutex_lock(&self->lock);
    if (self->waiting.size == 0) self->waits_since_ms = self->env->wall_ms(self->env);
    self->line_from = self->waiting.size;
    return &self->waiting;
}
/* Keeps the line that was added for the heads of files, in place of the one before of that kind. */
static void keep(wadi__event_log *self, const char *what, int id) {
    size_t i = 0, size = self->waiting.size - self->line_from;
    char *line = size > 0 ? wadi__memdup(self->waiting.bytes + self->line_from, size) : NULL;
    if (line == NULL) return; /* no memory: the one before stays */
    while (i < self->head.count &&
           (self->head.items[i].what != what || self->head.items[i].id != id))
        i++;
    if (i < self->head.count) {
        wadi__free(self->head.items[i].line);
        self->head.items[i].line = line;
    } else if (i == HEAD_LINES_MAX || !wadi__vec_push(&self->head, (head_line){what, id, line})) {
        wadi__free(line);
    }
}
static void end(wadi__event_log *self) {
    if (self->has_failed) self->waiting.size = 0;
    int64_t waited_ms = self->env->wall_ms(self->env) - self->waits_since_ms;
    if (self->waiting.size >= GATHER_BYTES || waited_ms >= GATHER_MS || waited_ms < 0)
        write_waiting(self);
    pthread_mutex_unlock(&self->lock);
}
/* What is kept for heads. */
static const char application[] = "application", stream[] = "stream", started[] = "started",
                  receiver[] = "receiver", executor[] = "executor", states[] = "states";
#define LINE(name, type, how, ...)             \
    static void name(type info, void *user) {  \
        how(begin(user), ##__VA_ARGS__, info); \
        end(user);                             \
    }
static void on_started(int64_t time_ms, void *user) {
    wadi__event_line_started(begin(user), time_ms);
    keep(user, started, 0);
    end(user);
}
static void on_receiver(const char *event, const wadi_receiver_info *info, void *user) {
    wadi__event_line_receiver(begin(user), event, info);
    keep(user, receiver, info->stream_id);
    end(user);
}
static void on_receiver_started(const wadi_receiver_info *info, void *user) {
    on_receiver("ReceiverStarted", info, user);
}
static void on_receiver_error(const wadi_receiver_info *info, void *user) {
    on_receiver("ReceiverError", info, user);
}
static void on_receiver_stopped(const wadi_receiver_info *info, void *user) {
    on_receiver("ReceiverStopped", info, user);
}
static void on_executor(const wadi_executor_info *info, void *user) {
    wadi__event_line_executor(begin(user), info);
    keep(user, executor, 0);
    end(user);
}
LINE(on_submitted, const wadi_batch_info *, wadi__event_line_batch, "BatchSubmitted")
LINE(on_batch_started, const wadi_batch_info *, wadi__event_line_batch, "BatchStarted")
/* With a batch, once a second at most. */
static void tell_states(wadi__event_log *self) {
    int64_t now_ms = self->env->wall_ms(self->env), passed_ms = now_ms - self->states_told_ms;
    if (self->states == NULL || (passed_ms >= 0 && passed_ms < STATES_MS)) return;
    wadi__state_shown *rows = wadi__calloc(WADI__STATES_SHOWN_MAX, sizeof *rows);
    size_t count = rows != NULL ? self->states(self->arg, rows) : 0;
    self->states_told_ms = now_ms;
    if (count > 0) {
        wadi__event_line_states(begin(self), rows, count);
        keep(self, states, 0);
        end(self);
    }
    wadi__free(rows);
}
static void on_completed(const wadi_batch_info *info, void *user) {
    wadi__event_line_batch(begin(user), "BatchCompleted", info);
    end(user);
    tell_states(user);
}
LINE(on_output_started, const wadi_output_info *, wadi__event_line_output, "OutputStarted")
LINE(on_output_completed, const wadi_output_info *, wadi__event_line_output, "OutputCompleted")
LINE(on_job_started, const wadi_job_info *, wadi__event_line_job, "JobStarted")
LINE(on_job_ended, const wadi_job_info *, wadi__event_line_job, "JobEnded")
LINE(on_stage_submitted, const wadi_stage_info *, wadi__event_line_stage, "StageSubmitted")
LINE(on_stage_completed, const wadi_stage_info *, wadi__event_line_stage, "StageCompleted")
LINE(on_task_ended, const wadi_task_info *, wadi__event_line_task)
LINE(on_block_stored, const wadi_stored_info *, wadi__event_line_stored, "BlockStored")
LINE(on_block_evicted, const wadi_stored_info *, wadi__event_line_stored, "BlockEvicted")
LINE(on_unpersisted, uint64_t, wadi__event_line_unpersisted)

wadi_listener wadi__event_log_listener(wadi__event_log *log) {
    return (wadi_listener){
        .size = sizeof(wadi_listener),
        .on_streaming_started = on_started,
        .on_receiver_started = on_receiver_started,
        .on_receiver_error = on_receiver_error,
        .on_receiver_stopped = on_receiver_stopped,
        .on_batch_submitted = on_submitted,
        .on_batch_started = on_batch_started,
        .on_batch_completed = on_completed,
        .on_output_started = on_output_started,
        .on_output_completed = on_output_completed,
        .user = log,
    };
}
wadi_engine_listener wadi__event_log_engine_listener(wadi__event_log *log) {
    return (wadi_engine_listener){
        .size = sizeof(wadi_engine_listener),
        .on_job_started = on_job_started,
        .on_job_ended = on_job_ended,
        .on_stage_submitted = on_stage_submitted,
        .on_stage_completed = on_stage_completed,
        .on_task_ended = on_task_ended,
        .on_block_stored = on_block_stored,
        .on_block_evicted = on_block_evicted,
        .on_rdd_unpersisted = on_unpersisted,
        .on_executor_added = on_executor,
        .user = log,
    };
}
void wadi__event_log_stream(wadi__event_log *self, int64_t batch_ms,
                            const struct wadi__told_input *inputs, size_t count) {
    wadi__event_line_stream(begin(self), batch_ms, inputs, count);
    keep(self, stream, 0);
    end(self);
}

/* ---- Life ---- */

static void log_free(wadi__event_log *self) {
    close_file(self);
    pthread_mutex_destroy(&self->lock);
    wadi__text_fini(&self->waiting);
    wadi__vec_fini(&self->sizes);
    for (size_t i = 0; i < self->head.count; i++) wadi__free(self->head.items[i].line);
    wadi__vec_fini(&self->head);
    wadi__free(self->folder);
    wadi__free(self->app_id);
    wadi__free(self);
}
static const char *without_scheme(const char *dir) {
    if (strncmp(dir, "file://", 7) == 0) return dir + 7;
    return strncmp(dir, "file:", 5) == 0 ? dir + 5 : dir;
}
wadi_status wadi__event_log_open(wadi__env *env, const wadi__event_log_options *options,
                                 wadi__event_log **log, wadi_error *err) {
    wadi__event_log *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for an event log");
    self->env = env;
    self->file = -1;
    self->first = 1;
    pthread_mutex_init(&self->lock, NULL);
    self->file_bytes_max = options->file_bytes_max;
    self->bytes_max = options->bytes_max;
    self->states = options->states;
    self->arg = options->arg;
#ifdef WADI_HAVE_ZSTD
    self->is_compressed = options->is_compressed;
#endif
    const char *dir = without_scheme(options->dir);
    self->app_id = wadi__strdup(options->app_id);
    self->folder = wadi__format("%s/eventlog_v2_%s", dir, options->app_id);
    if (self->app_id != NULL && self->folder != NULL) {
        env->dir_make(env, dir,
                      0755); /* where they are there already, opening a file tells what is wrong */
        env->dir_make(env, self->folder, 0750);
        if (open_next(self)) {
            wadi__event_line_application(begin(self), options->app_name, options->start_ms,
                                         options->conf);
            keep(self, application, 0);
            end(self);
            *log = self;
            return WADI_OK;
        }
    }
    log_free(self);
    return wadi_error_context(err, WADI_E_IO, "an event log cannot be written to %s", dir);
}
void wadi__event_log_close(wadi__event_log *self) {
    if (self == NULL) return;
    wadi__event_line_ended(begin(self), self->env->wall_ms(self->env));
    write_waiting(self);
    end(self);
    log_free(self);
}
