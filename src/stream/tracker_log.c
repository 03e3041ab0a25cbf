/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_log.c: events of received blocks, gathered into frames. */
#include "stream/tracker_log.h"

#include "base/event.h"
#include "base/log.h"
#include "stream/log_reader.h"

#include <inttypes.h>

struct wadi__tracker_log {
    wadi__wal_entry entry; /* must be first: the frame that is being made, or written */
    wadi__env *env;
    wadi__wal_writer *writer;
    const wadi__type *type;
    bool is_single;
    pthread_mutex_t lock;     /* guards all below */
    wadi__note *first, *last; /* that wait */
    bool is_submitted;        /* the entry is */
    int64_t now_ms;           /* of the newest note */
    int64_t next_number;      /* of blocks */
    int64_t writing_number;   /* the first one that is being written; 0: none */
    wadi__note *writing;      /* the log's thread's own */
};

wadi__note *wadi__note_new(wadi__tracked kind) {
    wadi__note *note = wadi__calloc(1, sizeof *note);
    if (note != NULL) note->event.kind = (int32_t)kind;
    return note;
}
void wadi__note_free(wadi__note *note) {
    if (note == NULL) return;
    wadi__free(note->own);
    wadi__free(note);
}

/* ---- Writing ---- */

/* The first number of a block among these notes; 0: there is none. */
static int64_t first_number(const wadi__note *note) {
    while (note != NULL && note->event.kind != WADI__TRACKED_BLOCK) note = note->next;
    return note != NULL ? note->event.number : 0;
}
/* Takes what goes into one frame. */
static size_t take_notes(wadi__tracker_log *self) {
    size_t count = 0;
    pthread_mutex_lock(&self->lock);
    self->writing = self->first;
    wadi__note *end = self->first;
    for (count = 1; !self->is_single && end->next != NULL; end = end->next) count++;
    self->first = end->next;
    if (self->first == NULL) self->last = NULL;
    end->next = NULL;
    self->writing_number = first_number(self->writing);
    self->entry.time_ms = self->now_ms; /* not before any of them */
    pthread_mutex_unlock(&self->lock);
    return count;
}
/* log's thread */
static wadi_status fill(wadi__wal_entry *entry, wadi__text *out, wadi_error *err) {
    wadi__tracker_log *self = (wadi__tracker_log *)entry;
    size_t count = take_notes(self), i = 0;
    wadi_tracker_event *events = wadi__malloc(count * sizeof *events);
    if (events == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to log %zu events of blocks",
                                  count);
    for (const wadi__note *note = self->writing; note != NULL; note = note->next)
        events[i++] = note->event;
    wadi__row_run run = {(const char *)events, sizeof *events, count};
    wadi_status status = wadi__frame_write(out, self->type, &run, 1, WADI__FRAME_PLAIN, err);
    wadi__free(events);
    return status;
}
/* log's thread; holds lock, and lets go of it */
static void submit_and_unlock(wadi__tracker_log *self) {
    bool submits = !self->is_submitted && self->first != NULL;
    self->is_submitted |= submits;
    pthread_mutex_unlock(&self->lock);
    if (submits) wadi__wal_submit(self->writer, &self->entry);
}
static void written(wadi__wal_entry *entry, wadi_status status, const wadi_error *err) {
    wadi__tracker_log *self = (wadi__tracker_log *)entry;
    for (wadi__note *note = self->writing, *next; note != NULL; note = next) {
        next = note->next;
        if (note->done != NULL)
            note->done(note, status, err);
        else if (status != WADI_OK)
            wadi__log_warn("stream", "what became of received blocks is not logged: %s",
                           err->message);
        wadi__note_free(note);
    }
    self->writing = NULL;
    pthread_mutex_lock(&self->lock);
    self->is_submitted = false;
    self->writing_number = 0;
    submit_and_unlock(self);
}
int64_t wadi__tracker_log_add(wadi__tracker_log *self, wadi__note *note, int64_t now_ms) {
    int64_t number = 0;
    note->next = NULL;
    pthread_mutex_lock(&self->lock);
    if (note->event.kind == WADI__TRACKED_BLOCK) note->event.number = number = self->next_number++;
    if (self->last == NULL)
        self->first = note;
    else
        self->last->next = note;
    self->last = note;
    self->now_ms = now_ms;
    if (note->is_patient)
        pthread_mutex_unlock(&self->lock);
    else
        submit_and_unlock(self);
    return number;
}
int64_t wadi__tracker_log_settled(wadi__tracker_log *self) {
    pthread_mutex_lock(&self->lock);
    int64_t number = self->writing_number > 0 ? self->writing_number : first_number(self->first);
    if (number == 0) number = self->next_number;
    pthread_mutex_unlock(&self->lock);
    return number;
}
void wadi__tracker_log_set_next(wadi__tracker_log *self, int64_t number) {
    pthread_mutex_lock(&self->lock);
    self->next_number = number;
    pthread_mutex_unlock(&self->lock);
}
wadi__wal_writer *wadi__tracker_log_writer(const wadi__tracker_log *self) { return self->writer; }

wadi__tracker_log *wadi__tracker_log_new(wadi__env *env, const wadi__wal_options *options,
                                         wadi_error *err) {
    wadi__tracker_log *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) {
        wadi__fs_no_memory(err, options->dir);
        return NULL;
    }
    self->entry = (wadi__wal_entry){.fill = fill, .done = written};
    self->env = env;
    self->is_single = options->is_single;
    self->next_number = 1;
    pthread_mutex_init(&self->lock, NULL);
    if ((self->type = wadi__type_intern(&wadi_type_of_wadi_tracker_event, err)) != NULL &&
        (self->writer = wadi__wal_writer_new(env, options, err)) != NULL)
        return self;
    wadi__tracker_log_free(self);
    return NULL;
}
void wadi__tracker_log_free(wadi__tracker_log *self) {
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    submit_and_unlock(self);
    wadi__wal_writer *writer = self->writer; /* its thread uses that until it ends */
    wadi__wal_writer_close(&writer);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}

/* ---- Reading ---- */

typedef struct replaying {
    const wadi__type *type;
    wadi__tracker_event_fn *each;
    void *arg;
} replaying;

static wadi_status replay_frame(const replaying *self, const void *frame, size_t size,
                                wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_read(self->type, frame, size, NULL, &block, NULL, err);
    for (size_t c = 0; status == WADI_OK && c < block->chunks.count; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        const wadi_tracker_event *events = (const wadi_tracker_event *)(const void *)chunk->rows;
        for (uint32_t i = 0; status == WADI_OK && i < chunk->count; i++)
            status = self->each(&events[i], self->arg, err);
    }
    wadi__block_unref(block);
    return status;
}
static wadi_status replay_file(const replaying *self, wadi__env *env, const char *path,
                               wadi_error *err) {
    wadi__wal_reader reader;
    const void *frame = NULL;
    size_t size = 0;
    wadi_status status = wadi__wal_reader_open(&reader, env, path, err);
    if (status != WADI_OK) return status;
    while ((status = wadi__wal_reader_next(&reader, &frame, &size, NULL, err)) == WADI_OK &&
           frame != NULL)
        if ((status = replay_frame(self, frame, size, err)) != WADI_OK) break;
    if (reader.torn_bytes > 0 && status == WADI_OK)
        wadi__log_info("stream", "the last %" PRIu64 " bytes of log file %s were not written whole",
                       reader.torn_bytes, path);
    wadi__wal_reader_close(&reader);
    return status;
}
wadi_status wadi__tracker_log_replay(wadi__env *env, const char *dir, wadi__tracker_event_fn *each,
                                     void *arg, wadi_error *err) {
    replaying self = {wadi__type_intern(&wadi_type_of_wadi_tracker_event, err), each, arg};
    wadi__wal_files files = {0};
    wadi_status status =
        self.type != NULL ? wadi__wal_files_list(env, dir, &files, err) : WADI_E_NOMEM;
    for (size_t i = 0; i < files.count && status == WADI_OK; i++) {
        char *path = wadi__fs_join(dir, files.items[i].name);
        status = path != NULL ? replay_file(&self, env, path, err) : wadi__fs_no_memory(err, dir);
        wadi__free(path);
    }
    wadi__vec_fini(&files);
    if (status == WADI_OK) return status;
    return wadi_error_context(err, status, "while the log of received blocks in %s was read", dir);
}
