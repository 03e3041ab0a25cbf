/* SPDX-License-Identifier: Apache-2.0 */
/* log_writer.c: group commit into files that roll.
 *
 * What is written goes through the system's cache of pages. A log that fills ever new ones is
 * written several times slower than one that uses a few again and again: so all but the newest are
 * given back. */
#include "stream/log_writer.h"

#include "base/event.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    GROUP_BYTES_MAX = 32 << 20,     /* of a record of several entries */
    TOGETHER_BYTES_MAX = 256 << 10, /* frames of no more are gathered for one write */
    CACHED_BYTES = 32 << 20,        /* of a file that stay in memory: a restart reads the newest */
    UNCACHED_AT_ONCE = 1 << 20,
    FILES_OF_BOUND = 8, /* a file may take this part of bytes_max, so that old ones can go */
};

typedef struct wal_file { /* one that is closed */
    wadi__wal_file file;
    int64_t last_ms; /* no record in it is later */
} wal_file;

struct wadi__wal_writer {
    wadi__env *env;
    wadi__wal_options options;
    char *dir;
    wadi__thread *thread;
    pthread_mutex_t lock; /* guards all up to the next comment */
    wadi__event changed, cleaned;
    wadi__wal_entry *first, *last; /* waiting */
    int64_t clean_ms;              /* to be cleaned up to; INT64_MIN: nothing is */
    uint64_t cleans;               /* how often that was done */
    WADI__VEC(wal_file) closed;    /* in the order of their starts */
    bool is_ending;
    atomic_ullong bytes; /* of all files; no lock */
    /* The thread's own: */
    wadi__file *file;      /* NULL: none is open */
    wadi__wal_file now;    /* what it is */
    int64_t uncached;      /* its first bytes, which need not stay in memory */
    int64_t last_ms;       /* of the newest record */
    int64_t next_start_ms; /* starts ascend, whatever the clock does */
    bool has_dirs;
    wadi__text scratch; /* frames that are made here, and small records */
};

/* ---- Files ---- */

/* last_ms: no record in it is later. */
static void close_file(wadi__wal_writer *self, int64_t last_ms) {
    if (self->file == NULL) return;
    wadi__fs_close(&self->file, NULL); /* all that counts is synced */
    wal_file closed = {self->now, last_ms};
    pthread_mutex_lock(&self->lock);
    bool added = wadi__vec_push(&self->closed, closed);
    pthread_mutex_unlock(&self->lock);
    if (!added)
        wadi__log_warn("stream", "no memory to remember log file %s, which stays",
                       closed.file.name);
}
static wadi_status make_dirs(wadi__wal_writer *self, wadi_error *err) {
    if (self->has_dirs) return WADI_OK;
    wadi_status status = wadi__fs_make_safe_dirs(self->env, self->dir, err);
    self->has_dirs = status == WADI_OK;
    return status;
}
/* Puts the head of a new file on disk, and its name. */
static wadi_status begin_file(wadi__wal_writer *self, wadi_error *err) {
    self->scratch.size = 0;
    wadi_status status = wadi__wal_header_write(&self->scratch, self->options.epoch, err);
    if (status == WADI_OK)
        status = wadi__fs_write(self->file, self->scratch.bytes, self->scratch.size, err);
    if (status == WADI_OK) status = wadi__fs_sync(self->file, err);
    if (status == WADI_OK) status = wadi__fs_sync_dir(self->env, self->dir, err);
    self->now.size_bytes = (int64_t)self->scratch.size;
    self->uncached = 0;
    atomic_fetch_add(&self->bytes, self->scratch.size);
    return status;
}
static wadi_status open_file(wadi__wal_writer *self, int64_t time_ms, wadi_error *err) {
    wadi_status status = make_dirs(self, err);
    if (status != WADI_OK) return status;
    if (time_ms < self->next_start_ms) time_ms = self->next_start_ms;
    self->next_start_ms = time_ms + 1;
    self->now =
        (wadi__wal_file){.start_ms = time_ms, .stop_ms = time_ms + self->options.rolling_ms};
    wadi__wal_file_name(self->now.name, self->now.start_ms, self->now.stop_ms);
    char *path = wadi__fs_join(self->dir, self->now.name);
    if (path == NULL) return wadi__fs_no_memory(err, self->now.name);
    status =
        wadi__fs_open(self->env, path, WADI__OPEN_WRITE | WADI__OPEN_CREATE | WADI__OPEN_EXCLUSIVE,
                      &self->file, err);
    wadi__free(path);
    if (status == WADI_OK) status = begin_file(self, err);
    if (status != WADI_OK) close_file(self, self->now.stop_ms);
    return status;
}

/* ---- Records ---- */

static size_t group_bytes(const wadi__wal_entry *group) {
    size_t bytes = 0;
    for (const wadi__wal_entry *at = group; at != NULL; at = at->next) bytes += at->size;
    return bytes;
}
static wadi_status write_frames(wadi__wal_writer *self, wadi__wal_entry *group, size_t bytes,
                                wadi_error *err) {
    char length[WADI__WAL_LENGTH_BYTES];
    wadi__wal_put_length(length, bytes);
    if (bytes <= TOGETHER_BYTES_MAX) {
        self->scratch.size = 0;
        wadi__text_add(&self->scratch, length, sizeof length);
        for (wadi__wal_entry *at = group; at != NULL; at = at->next)
            wadi__text_add(&self->scratch, at->bytes, at->size);
        bool has_memory = !self->scratch.failed;
        self->scratch.failed = false;
        if (has_memory)
            return wadi__fs_write(self->file, self->scratch.bytes, self->scratch.size, err);
    }
    wadi_status status = wadi__fs_write(self->file, length, sizeof length, err);
    for (wadi__wal_entry *at = group; at != NULL && status == WADI_OK; at = at->next)
        status = wadi__fs_write(self->file, at->bytes, at->size, err);
    return status;
}
static void set_places(wadi__wal_writer *self, wadi__wal_entry *group) {
    uint64_t offset = (uint64_t)self->now.size_bytes + WADI__WAL_LENGTH_BYTES;
    for (wadi__wal_entry *at = group; at != NULL; at = at->next) {
        at->place.offset = offset;
        at->place.size_bytes = at->size;
        memcpy(at->place.file, self->now.name, sizeof at->place.file);
        offset += at->size;
    }
}
static bool is_full(const wadi__wal_writer *self) {
    uint64_t most = self->options.bytes_max / FILES_OF_BOUND;
    return most > 0 && (uint64_t)self->now.size_bytes >= most;
}
static void uncache(wadi__wal_writer *self) {
    int64_t size = self->now.size_bytes - CACHED_BYTES - self->uncached;
    if (size < UNCACHED_AT_ONCE) return;
    size -= size % UNCACHED_AT_ONCE; /* whole pages, whatever these are */
    wadi__fs_uncache(self->file, self->uncached, size);
    self->uncached += size;
}
static wadi_status try_write(wadi__wal_writer *self, wadi__wal_entry *group, int64_t time_ms,
                             wadi_error *err) {
    size_t bytes = group_bytes(group);
    wadi_status status = WADI_OK;
    if (self->file != NULL && time_ms > self->now.stop_ms) close_file(self, self->now.stop_ms);
    if (self->file != NULL && is_full(self))
        close_file(self, self->last_ms); /* it can go sooner than its name says */
    if (time_ms > self->last_ms) self->last_ms = time_ms;
    if (self->file == NULL) status = open_file(self, time_ms, err);
    if (status != WADI_OK) return status;
    set_places(self, group);
    status = write_frames(self, group, bytes, err);
    if (status == WADI_OK) status = wadi__fs_sync(self->file, err);
    self->now.size_bytes += (int64_t)(bytes + WADI__WAL_LENGTH_BYTES);
    atomic_fetch_add(&self->bytes, bytes + WADI__WAL_LENGTH_BYTES);
    if (status == WADI_OK) uncache(self);
    if (status != WADI_OK || self->options.closes_after_write) close_file(self, self->now.stop_ms);
    return status;
}
static wadi_status write_record(wadi__wal_writer *self, wadi__wal_entry *group, int64_t time_ms,
                                wadi_error *err) {
    wadi_status status = WADI_E_IO;
    for (uint32_t i = 0; i < self->options.tries_max; i++) {
        *err = (wadi_error)WADI_ERROR_INIT;
        status = try_write(self, group, time_ms, err);
        if (status == WADI_OK) return status;
        wadi__log_warn("stream", "try %u of %u to write to the log %s: %s", i + 1,
                       self->options.tries_max, self->dir, err->message);
    }
    return wadi_error_context(err, status, "while the log %s was written, in %u tries", self->dir,
                              self->options.tries_max);
}

/* ---- Groups ---- */

/* The frame of an entry that makes it now. Only one of a group does, since they share the memory.
 */
static wadi_status fill(wadi__wal_entry *entry, wadi__text *frame, wadi_error *err) {
    wadi_status status = entry->fill(entry, frame, err);
    entry->bytes = frame->bytes;
    entry->size = frame->size;
    return status;
}
/* Sorts by time; what has the same stays in its order. */
static wadi__wal_entry *sorted(wadi__wal_entry *group) {
    wadi__wal_entry *first = NULL;
    for (wadi__wal_entry *next; group != NULL; group = next) {
        next = group->next;
        wadi__wal_entry **at = &first;
        while (*at != NULL && (*at)->time_ms <= group->time_ms) at = &(*at)->next;
        group->next = *at;
        *at = group;
    }
    return first;
}
static void tell(wadi__wal_entry *group, wadi_status status, const wadi_error *err) {
    for (wadi__wal_entry *next; group != NULL; group = next) {
        next = group->next;
        group->done(group, status, err);
    }
}
/* log's thread */
static void write_group(wadi__wal_writer *self, wadi__wal_entry *group) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__text frame = {0};
    wadi_status status = group->fill != NULL ? fill(group, &frame, &err) : WADI_OK;
    int64_t time_ms = INT64_MIN;
    group = sorted(group);
    for (const wadi__wal_entry *at = group; at != NULL; at = at->next)
        if (at->time_ms > time_ms) time_ms = at->time_ms;
    if (status == WADI_OK && group_bytes(group) > WADI__WAL_RECORD_BYTES_MAX)
        status =
            wadi_error_context(&err, WADI_E_INVALID, "a record of %zu bytes; a log takes up to %zu",
                               group_bytes(group), WADI__WAL_RECORD_BYTES_MAX);
    if (status == WADI_OK) status = write_record(self, group, time_ms, &err);
    tell(group, status, &err);
    wadi__text_fini(&frame);
}
/* Takes what goes into one record off the list. holds lock */
static wadi__wal_entry *take_group(wadi__wal_writer *self) {
    wadi__wal_entry *group = self->first, *end = group;
    if (group == NULL) return NULL;
    size_t bytes = group->size;
    bool is_alone = self->options.is_single || group->fill != NULL;
    while (!is_alone && end->next != NULL && end->next->fill == NULL &&
           bytes + end->next->size <= GROUP_BYTES_MAX) {
        end = end->next;
        bytes += end->size;
    }
    self->first = end->next;
    if (self->first == NULL) self->last = NULL;
    end->next = NULL;
    return group;
}

/* ---- Cleaning ---- */

static bool is_old(const wadi__wal_writer *self, int64_t threshold_ms) {
    return self->closed.count > 0 && self->closed.items[0].last_ms < threshold_ms;
}
/* Removes the oldest closed file. False: it cannot be removed now. holds lock, and lets go of it
 * meanwhile */
static bool remove_oldest(wadi__wal_writer *self) {
    wal_file oldest = self->closed.items[0];
    wadi_error err = WADI_ERROR_INIT;
    pthread_mutex_unlock(&self->lock);
    char *path = wadi__fs_join(self->dir, oldest.file.name);
    wadi_status status = path != NULL ? wadi__fs_remove(self->env, path, &err) : WADI_E_NOMEM;
    if (status == WADI_OK)
        atomic_fetch_sub(&self->bytes, (unsigned long long)oldest.file.size_bytes);
    else
        wadi__log_warn("stream", "log file %s stays for now: %s", oldest.file.name, err.message);
    wadi__free(path);
    pthread_mutex_lock(&self->lock);
    if (status != WADI_OK) return false;
    self->closed.count--;
    memmove(self->closed.items, self->closed.items + 1, self->closed.count * sizeof oldest);
    return true;
}
/* holds lock, and lets go of it meanwhile */
static void clean(wadi__wal_writer *self) {
    int64_t threshold_ms = self->clean_ms;
    self->clean_ms = INT64_MIN;
    bool removes = true;
    while (removes && is_old(self, threshold_ms)) removes = remove_oldest(self);
    self->cleans++;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->cleaned, self->env);
    pthread_mutex_lock(&self->lock);
}
void wadi__wal_clean(wadi__wal_writer *self, int64_t threshold_ms, bool waits) {
    pthread_mutex_lock(&self->lock);
    if (threshold_ms > self->clean_ms) self->clean_ms = threshold_ms;
    uint64_t cleans = self->cleans;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    if (!waits) return;
    pthread_mutex_lock(&self->lock);
    while (self->cleans == cleans || self->clean_ms != INT64_MIN)
        wadi__event_wait(&self->cleaned, &self->lock, self->env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&self->lock);
}
bool wadi__wal_can_clean(wadi__wal_writer *self, int64_t threshold_ms) {
    pthread_mutex_lock(&self->lock);
    bool can = is_old(self, threshold_ms);
    pthread_mutex_unlock(&self->lock);
    return can;
}

/* ---- The interface ---- */

static void *writer_main(void *arg) {
    wadi__wal_writer *self = arg;
    pthread_mutex_lock(&self->lock);
    for (;;) {
        wadi__wal_entry *group = NULL;
        if (self->clean_ms != INT64_MIN) {
            clean(self);
        } else if ((group = take_group(self)) != NULL) {
            pthread_mutex_unlock(&self->lock);
            write_group(self, group);
            pthread_mutex_lock(&self->lock);
        } else if (self->is_ending) {
            break;
        } else {
            wadi__event_wait(&self->changed, &self->lock, self->env, WADI__DEADLINE_NONE);
        }
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}
static wadi_status take_files(wadi__wal_writer *self, wadi_error *err) {
    wadi__wal_files files = {0};
    wadi_status status = wadi__wal_files_list(self->env, self->dir, &files, err);
    for (size_t i = 0; i < files.count && status == WADI_OK; i++) {
        atomic_fetch_add(&self->bytes, (unsigned long long)files.items[i].size_bytes);
        self->next_start_ms = files.items[i].start_ms + 1;
        if (!wadi__vec_push(&self->closed, (wal_file){files.items[i], files.items[i].stop_ms}))
            status = wadi__fs_no_memory(err, self->dir);
    }
    wadi__vec_fini(&files);
    return status;
}
static void writer_free(wadi__wal_writer *self) {
    wadi__vec_fini(&self->closed);
    wadi__text_fini(&self->scratch);
    wadi__free(self->dir);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
wadi__wal_writer *wadi__wal_writer_new(wadi__env *env, const wadi__wal_options *options,
                                       wadi_error *err) {
    wadi__wal_writer *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) {
        wadi__fs_no_memory(err, options->dir);
        return NULL;
    }
    self->env = env;
    self->options = *options;
    self->clean_ms = self->last_ms = self->next_start_ms = INT64_MIN;
    pthread_mutex_init(&self->lock, NULL);
    self->dir = wadi__strdup(options->dir);
    wadi_status status =
        self->dir != NULL ? take_files(self, err) : wadi__fs_no_memory(err, options->dir);
    int rc = status == WADI_OK
                 ? env->thread_start(env, options->thread_name, writer_main, self, &self->thread)
                 : 0;
    if (rc != 0)
        status = wadi_error_context(err, WADI_E_NOMEM, "no thread for the log %s: %s", options->dir,
                                    strerror(-rc));
    if (status == WADI_OK) return self;
    writer_free(self);
    return NULL;
}
void wadi__wal_writer_close(wadi__wal_writer **p_writer) {
    wadi__wal_writer *self = *p_writer;
    *p_writer = NULL;
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
    self->env->thread_join(self->env, self->thread);
    wadi__fs_close(&self->file, NULL);
    writer_free(self);
}
void wadi__wal_submit(wadi__wal_writer *self, wadi__wal_entry *entry) {
    entry->next = NULL;
    pthread_mutex_lock(&self->lock);
    if (self->last == NULL)
        self->first = entry;
    else
        self->last->next = entry;
    self->last = entry;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->env);
}
bool wadi__wal_has_room(const wadi__wal_writer *self) {
    return self->options.bytes_max == 0 || wadi__wal_bytes(self) < self->options.bytes_max;
}
uint64_t wadi__wal_bytes(const wadi__wal_writer *self) {
    return atomic_load_explicit(&self->bytes, memory_order_relaxed);
}
