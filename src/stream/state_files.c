/* SPDX-License-Identifier: Apache-2.0 */
/* state_files.c: captures become files, files a chain, and snapshots of it are what checkpoints
 * name. */
#include "stream/state_files.h"

#include "base/log.h"
#include "data/frame.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
WADI_RECORD(state_snapshot, (wadi_str, op), (int64_t, version), (int64_t, time_ms),
            (int64_t, begun_ms), (bool, is_keyed), (int64_t, window_ms), (int64_t, slide_ms));
WADI_RECORD(state_snapshot_file, (int64_t, time_ms), (int64_t, from_ms), (uint64_t, epoch),
            (int64_t, number), (bool, is_base), (int64_t, size_bytes), (uint64_t, rows));
/* clang-format on */
enum {
    SNAPSHOT_VERSION = 1,
    LARGE_DELTA =
        4096, /* rows: a delta of as many, and of half the base's, is followed by a base */
};

typedef WADI__VEC(wadi__state_file_entry) entry_list;

typedef struct capture_set { /* of all partitions */
    wadi__capture capture;
    int64_t time_ms;
    bool is_all;
} capture_set;

struct wadi__state_files {
    wadi__counted counted;
    wadi__state_files_spec spec;
    wadi__state_place place;
    char *dir, *stream, *op;
    pthread_mutex_t lock; /* guards all below but what is the writer's own */

    int64_t wished_ms; /* the newest time that a wish was made for .. */
    wadi__capture_wish wish;
    uint32_t taken;         /* .. how many partitions have come to it .. */
    bool has_missed;        /* .. and whether one of them could not */
    bool wants_all;         /* the chain cannot be gone on with .. */
    bool prefers_all;       /* .. or deltas are so large that merging them costs more than a base */
    capture_set open, full; /* being gathered; whole, waiting for the writer */
    bool has_full;

    entry_list chain;   /* oldest first; bases may come in between */
    entry_list retired; /* that checkpoints may still name */
    WADI__VEC(int64_t)
    snapshots;               /* times, oldest first; the first one has been named, or is next */
    int64_t named_ms;        /* of the snapshot that checkpoints name; INT64_MIN: none */
    int64_t trim_ms;         /* no older checkpoint is kept */
    int64_t merge_failed_ms; /* named_ms when merging failed */

    /* The writer's own: */
    bool has_listed; /* the directory is there, and its other files are known */
    int64_t next_number;
};

/* ---- Life ---- */

static void files_destroy(wadi__counted *counted) {
    wadi__state_files *self = (wadi__state_files *)counted;
    wadi__capture_fini(&self->open.capture);
    wadi__capture_fini(&self->full.capture);
    wadi__vec_fini(&self->chain);
    wadi__vec_fini(&self->retired);
    wadi__vec_fini(&self->snapshots);
    wadi__free(self->dir);
    wadi__free(self->stream);
    wadi__free(self->op);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
wadi__state_files *wadi__state_files_new(const wadi__state_files_spec *spec) {
    wadi__state_files *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    wadi__counted_init(&self->counted, files_destroy);
    pthread_mutex_init(&self->lock, NULL);
    self->spec = *spec;
    self->wished_ms = self->named_ms = self->merge_failed_ms = self->trim_ms = INT64_MIN;
    self->next_number = 1;
    char *parent = wadi__fs_join(spec->checkpoint_dir, "state");
    self->dir = parent != NULL ? wadi__fs_join(parent, spec->stream) : NULL;
    wadi__free(parent);
    self->stream = wadi__strdup(spec->stream);
    self->op = wadi__strdup(spec->op);
    self->place = (wadi__state_place){.env = spec->env,
                                      .dir = self->dir,
                                      .stream = self->stream,
                                      .op = self->op,
                                      .type = spec->type,
                                      .is_keyed = spec->is_keyed,
                                      .horizon_ms = spec->window_ms};
    if (self->dir != NULL && self->stream != NULL && self->op != NULL) return self;
    files_destroy(&self->counted);
    return NULL;
}
static void wake(wadi__state_files *self) { self->spec.wake(self->spec.wake_arg, self); }

/* ---- Captures ---- */

static void clear_set(capture_set *set) {
    wadi__capture_fini(&set->capture);
    *set = (capture_set){0};
}
/* What is wanted of time_ms, the newest so far. Partitions need not come to one time together: some
 * may be at a later one, and what they had then be in the open set already. What is wanted is the
 * same for all, so a set of everything that not all have come to begins anew. holds lock */
static void decide(wadi__state_files *self, int64_t time_ms) {
    self->wished_ms = time_ms;
    self->taken = 0;
    self->has_missed = false;
    bool all = self->wants_all || self->open.is_all ||
               (self->prefers_all && self->open.capture.sections.count == 0);
    self->wish = self->has_full ? WADI__CAPTURE_NOTHING
                 : all          ? WADI__CAPTURE_ALL
                                : WADI__CAPTURE_CHANGES;
    if (self->wish != WADI__CAPTURE_ALL) return;
    clear_set(&self->open);
    self->open.is_all = true;
}
static wadi__capture_wish files_wish(wadi__counted *counted, int64_t time_ms) {
    wadi__state_files *self = (wadi__state_files *)counted;
    pthread_mutex_lock(&self->lock);
    bool is_first = time_ms > self->wished_ms;
    if (is_first) decide(self, time_ms);
    wadi__capture_wish wish = time_ms == self->wished_ms ? self->wish : WADI__CAPTURE_NOTHING;
    pthread_mutex_unlock(&self->lock);
    if (is_first && wish == WADI__CAPTURE_NOTHING) wake(self); /* what waits is tried again */
    return wish;
}
/* holds lock */
static void add_sections(wadi__state_files *self, wadi__capture *capture) {
    for (size_t i = 0; i < capture->sections.count; i++)
        if (!wadi__capture_add(&self->open.capture, capture->sections.items[i])) {
            self->has_missed = self->wants_all = true; /* it is lost */
        }
    capture->sections.count = 0;
    wadi__vec_fini(&capture->sections);
}
/* All partitions have come to time_ms. holds lock */
static bool close_set(wadi__state_files *self) {
    if (self->has_missed) {
        if (self->open.is_all) self->wants_all = true;
        return false;
    }
    self->full = self->open;
    self->full.time_ms = self->wished_ms;
    self->has_full = true;
    if (self->full.is_all) self->wants_all = self->prefers_all = false;
    self->open = (capture_set){0};
    return true;
}
static void files_take(wadi__counted *counted, int64_t time_ms, wadi__capture *capture,
                       bool has_lost) {
    wadi__state_files *self = (wadi__state_files *)counted;
    bool is_full = false;
    pthread_mutex_lock(&self->lock);
    bool is_late = time_ms < self->wished_ms; /* another partition has come to a later time */
    if (is_late && self->open.is_all) {
        if (capture != NULL) wadi__capture_fini(capture); /* that time's will have it all */
    } else if (capture != NULL) {
        add_sections(self, capture);
    } else if (!is_late) {
        self->has_missed = true;
    }
    self->wants_all |= has_lost;
    if (!is_late) is_full = ++self->taken == self->spec.partition_count && close_set(self);
    pthread_mutex_unlock(&self->lock);
    if (is_full) wake(self);
}
wadi__capture_sink wadi__state_files_sink(wadi__state_files *self) {
    return (wadi__capture_sink){&self->counted, files_wish, files_take};
}

/* ---- Chains ---- */

/* Where the chain of the snapshot of time_ms begins and ends. holds lock */
static void find_chain(const wadi__state_files *self, int64_t time_ms, size_t *from, size_t *end) {
    *from = 0;
    for (*end = 0; *end < self->chain.count && self->chain.items[*end].time_ms <= time_ms; ++*end)
        if (self->chain.items[*end].is_base) *from = *end;
}
static void remove_entries(entry_list *list, size_t from, size_t count) {
    list->count -= count;
    if (count > 0 && list->count > from)
        memmove(list->items + from, list->items + from + count,
                (list->count - from) * sizeof list->items[0]);
}
/* Moves entries to those that are not needed any more. False: no memory, and they stay. holds lock
 */
static bool retire(wadi__state_files *self, size_t from, size_t count) {
    if (!wadi__vec_reserve(&self->retired, count)) return false;
    for (size_t i = from; i < from + count; i++)
        self->retired.items[self->retired.count++] = self->chain.items[i];
    remove_entries(&self->chain, from, count);
    return true;
}
/* The newest snapshot from before limit_ms; those before it are not asked for any more. False:
 * there is none. holds lock */
static bool choose(wadi__state_files *self, int64_t limit_ms) {
    size_t old = 0, from, end;
    while (old + 1 < self->snapshots.count && self->snapshots.items[old + 1] < limit_ms) old++;
    self->snapshots.count -= old;
    if (old > 0)
        memmove(self->snapshots.items, self->snapshots.items + old,
                self->snapshots.count * sizeof self->snapshots.items[0]);
    if (self->snapshots.count == 0 || self->snapshots.items[0] >= limit_ms) return false;
    self->named_ms = self->snapshots.items[0];
    find_chain(self, self->named_ms, &from, &end);
    if (from > 0) retire(self, 0, from);
    return true;
}
int64_t wadi__state_files_newest_ms(wadi__state_files *self) {
    pthread_mutex_lock(&self->lock);
    size_t count = self->snapshots.count;
    int64_t newest_ms = count > 0 ? self->snapshots.items[count - 1] : INT64_MIN;
    pthread_mutex_unlock(&self->lock);
    return newest_ms;
}

/* ---- Checkpoints ---- */

static wadi_status add_records(wadi__text *out, const wadi_type *pub, const void *records,
                               size_t count, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi__row_run run = {records, pub->size, count};
    return wadi__frame_write(out, type, &run, count > 0, WADI__FRAME_PLAIN, err);
}
/* holds lock */
static wadi_status add_files(const wadi__state_files *self, size_t from, size_t end,
                             wadi__text *out, wadi_error *err) {
    state_snapshot_file *records = wadi__calloc(end - from, sizeof *records);
    if (records == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
    for (size_t i = from; i < end; i++) {
        const wadi__state_file_entry *entry = &self->chain.items[i];
        records[i - from] = (state_snapshot_file){.time_ms = entry->time_ms,
                                                  .from_ms = entry->from_ms,
                                                  .epoch = entry->epoch,
                                                  .number = entry->number,
                                                  .is_base = entry->is_base,
                                                  .size_bytes = entry->size_bytes,
                                                  .rows = entry->rows};
    }
    wadi_status status = add_records(out, WADI_TYPE(state_snapshot_file), records, end - from, err);
    wadi__free(records);
    return status;
}
/* Names the chosen snapshot. holds lock */
static wadi_status name_snapshot(wadi__state_files *self, int64_t time_ms, int64_t begun_ms,
                                 wadi__text *out, wadi_error *err) {
    state_snapshot head = {.op = wadi_str_view(self->op, strlen(self->op)),
                           .version = SNAPSHOT_VERSION,
                           .time_ms = self->named_ms,
                           .begun_ms = begun_ms,
                           .is_keyed = self->spec.is_keyed,
                           .window_ms = self->spec.window_ms,
                           .slide_ms = self->spec.slide_ms};
    size_t from, end;
    find_chain(self, self->named_ms, &from, &end);
    wadi_status status = add_records(out, WADI_TYPE(state_snapshot), &head, 1, err);
    if (status == WADI_OK)
        status = wadi__frame_write(out, self->spec.type, NULL, 0, WADI__FRAME_PLAIN, err);
    if (status == WADI_OK) status = add_files(self, from, end, out, err);
    for (size_t i = from; status == WADI_OK && i < end; i++)
        self->chain.items[i].named_ms = time_ms;
    for (size_t i = 0; i < self->retired.count; i++) /* of other runs: up to now */
        if (self->retired.items[i].named_ms == INT64_MAX) self->retired.items[i].named_ms = time_ms;
    return status;
}
wadi_status wadi__state_files_save(wadi__state_files *self, int64_t limit_ms, int64_t time_ms,
                                   int64_t begun_ms, wadi__text *out, int64_t *saved_ms,
                                   wadi_error *err) {
    wadi_status status = WADI_OK;
    pthread_mutex_lock(&self->lock);
    int64_t before_ms = self->named_ms;
    bool has_any = choose(self, limit_ms);
    if (has_any) status = name_snapshot(self, time_ms, begun_ms, out, err);
    bool is_newer = self->named_ms != before_ms;
    if (has_any && status == WADI_OK) *saved_ms = self->named_ms;
    pthread_mutex_unlock(&self->lock);
    if (is_newer) wake(self); /* there may be something to merge */
    return status;
}
void wadi__state_files_trim(wadi__state_files *self, int64_t time_ms) {
    pthread_mutex_lock(&self->lock);
    if (time_ms > self->trim_ms) self->trim_ms = time_ms;
    bool has_any = false;
    for (size_t i = 0; i < self->retired.count && !has_any; i++)
        has_any = self->retired.items[i].named_ms < self->trim_ms;
    pthread_mutex_unlock(&self->lock);
    if (has_any) wake(self);
}

/* ---- Restoring ---- */

typedef struct named { /* the frames of a checkpoint */
    const char *at;
    size_t left;
    state_snapshot head;
} named;

/* The next frame; *block, of which there is one more reference, has its records. */
static wadi_status next_frame(named *from, const wadi__type *type, wadi__block **block,
                              wadi_error *err) {
    size_t used;
    wadi_status status =
        wadi__frame_read_renamed(type, from->at, from->left, NULL, block, &used, err);
    if (status != WADI_OK) return status;
    from->at += used;
    from->left -= used;
    return WADI_OK;
}
static wadi_status next_records(named *from, const wadi_type *pub, wadi__block **block,
                                wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi_status status = next_frame(from, type, block, err);
    return status == WADI_E_TYPE ? wadi_error_context(err, WADI_E_CORRUPT, "it is no snapshot")
                                 : status;
}
static wadi_status differs(const wadi__state_files *self, wadi_error *err, const char *fmt, ...)
    WADI_PRINTF(3, 4);
static wadi_status differs(const wadi__state_files *self, wadi_error *err, const char *fmt, ...) {
    char what[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return wadi_error_context(err, WADI_E_TYPE,
                              "%s: %s; to begin afresh give the stream another .name and say "
                              ".drop_unused_state, else keep the record as it was and map it",
                              self->stream, what);
}
static wadi_status read_snapshot_head(const wadi__state_files *self, named *from, wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = next_records(from, WADI_TYPE(state_snapshot), &block, err);
    if (status != WADI_OK) return status;
    if (block->row_count == 1)
        memcpy(&from->head, block->chunks.items[0]->rows, sizeof from->head);
    else
        status = wadi_error_context(err, WADI_E_CORRUPT, "a snapshot without a head");
    wadi_str op = from->head.op;
    if (status == WADI_OK && from->head.version != SNAPSHOT_VERSION)
        status = wadi_error_context(
            err, WADI_E_CORRUPT, "a snapshot of version %" PRId64 "; this library reads version %d",
            from->head.version, SNAPSHOT_VERSION);
    else if (status == WADI_OK &&
             (op.len != strlen(self->op) || memcmp(wadi_str_data(&op), self->op, op.len) != 0 ||
              from->head.is_keyed != self->spec.is_keyed))
        status = differs(self, err, "a state of %.*s was saved, the program has %s",
                         (int)(op.len < 60 ? op.len : 60), wadi_str_data(&op), self->op);
    else if (status == WADI_OK && from->head.slide_ms != self->spec.slide_ms)
        status = differs(self, err,
                         "a window with a slide of %" PRId64
                         " ms was saved, that of the program is %" PRId64 " ms",
                         from->head.slide_ms, self->spec.slide_ms);
    from->head.op = (wadi_str){0};
    wadi__block_unref(block);
    return status;
}
/* Whether the program's record can take what was saved. */
static wadi_status read_type(const wadi__state_files *self, named *from, wadi_error *err) {
    char saved_text[120], text[120];
    wadi_error why = WADI_ERROR_INIT;
    const wadi__type *saved = NULL;
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_type(from->at, from->left, &saved, err);
    if (status != WADI_OK) return status;
    status = next_frame(from, self->spec.type, &block, &why);
    wadi__block_unref(block);
    if (status == WADI_OK) return WADI_OK;
    if (status != WADI_E_TYPE) return wadi_error_context(err, status, "%s", why.message);
    return differs(self, err, "%s has saved %s, the program has %s (%.120s)", self->op,
                   wadi__type_text(saved, saved_text, sizeof saved_text),
                   wadi__type_text(self->spec.type, text, sizeof text), why.message);
}
static bool take_entry(wadi__state_files *self, const state_snapshot_file *record) {
    wadi__state_file_entry entry = {.time_ms = record->time_ms,
                                    .from_ms = record->from_ms,
                                    .epoch = record->epoch,
                                    .number = record->number,
                                    .is_base = record->is_base,
                                    .size_bytes = record->size_bytes,
                                    .rows = record->rows,
                                    .named_ms = INT64_MAX};
    return wadi__vec_push(&self->chain, entry);
}
/* Whether each file follows from the one before. */
static bool is_chain(const wadi__state_files *self, int64_t time_ms) {
    for (size_t i = 0; i < self->chain.count; i++) {
        const wadi__state_file_entry *entry = &self->chain.items[i];
        bool follows =
            i == 0 || (entry->from_ms == entry[-1].time_ms && entry->time_ms > entry[-1].time_ms);
        if (entry->is_base != (i == 0) || !follows || entry->time_ms > time_ms) return false;
    }
    return true;
}
static wadi_status read_entries(wadi__state_files *self, named *from, wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = next_records(from, WADI_TYPE(state_snapshot_file), &block, err);
    if (status != WADI_OK) return status;
    bool taken = true;
    for (size_t c = 0; c < block->chunks.count; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        const state_snapshot_file *records = (const void *)chunk->rows;
        for (uint32_t i = 0; i < chunk->count; i++) taken = taken && take_entry(self, &records[i]);
    }
    wadi__block_unref(block);
    if (!taken) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a snapshot");
    if (is_chain(self, from->head.time_ms)) return WADI_OK;
    return wadi_error_context(err, WADI_E_CORRUPT, "files that do not follow one another");
}
/* Of panes, those that were in the window when it was saved: it may have had another length. */
static wadi_status visit_file(const wadi__state_files *self, const wadi__state_file_entry *entry,
                              const state_snapshot *head, const wadi__state_visitor *visitor,
                              wadi_error *err) {
    wadi__state_file_reader reader;
    wadi_status status = wadi__state_place_open(&self->place, entry, &reader, err);
    if (status != WADI_OK) return status;
    for (bool is_end = false; status == WADI_OK && !is_end;) {
        wadi__section section;
        status = wadi__state_file_next(&reader, &section, err);
        is_end = status != WADI_OK || section.rows == NULL;
        if (is_end) break;
        bool has_left = section.kind == WADI__SECTION_PANE &&
                        section.time_ms <= head->time_ms - head->window_ms;
        if (!has_left) status = visitor->visit(visitor->arg, &section, err);
        wadi__block_unref(section.rows);
        wadi__block_unref(section.notes);
    }
    wadi__state_file_close(&reader);
    return status;
}
static wadi_status visit_all(wadi__state_files *self, const state_snapshot *head,
                             const wadi__state_visitor *visitor, wadi_error *err) {
    uint64_t rows = 0;
    for (size_t i = 0; i < self->chain.count; i++)
        rows = rows > self->chain.items[i].rows ? rows : self->chain.items[i].rows;
    wadi_status status = visitor->expect(visitor->arg, rows, err);
    for (size_t i = 0; status == WADI_OK && i < self->chain.count; i++)
        status = visit_file(self, &self->chain.items[i], head, visitor, err);
    return status;
}
wadi_status wadi__state_files_restore(wadi__state_files *self, const void *bytes, size_t size,
                                      const wadi__state_visitor *visitor, int64_t *time_ms,
                                      int64_t *begun_ms, wadi_error *err) {
    named from = {.at = bytes, .left = size};
    self->chain.count = 0;
    wadi_status status = read_snapshot_head(self, &from, err);
    if (status == WADI_OK) status = read_type(self, &from, err);
    if (status == WADI_OK) status = read_entries(self, &from, err);
    if (status == WADI_OK && from.left > 0)
        status = wadi_error_context(err, WADI_E_CORRUPT, "bytes behind a snapshot");
    if (status == WADI_OK) status = visit_all(self, &from.head, visitor, err);
    if (status == WADI_OK && !wadi__vec_push(&self->snapshots, from.head.time_ms))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a snapshot");
    if (status != WADI_OK) {
        self->chain.count = 0;
        return wadi_error_context(err, status, "while the state of %s was read", self->stream);
    }
    self->named_ms = from.head.time_ms;
    *time_ms = from.head.time_ms;
    *begun_ms = from.head.begun_ms;
    return WADI_OK;
}

/* ---- Checking ---- */

static wadi_status check_file(wadi__env *env, const char *dir, const state_snapshot_file *record,
                              wadi_error *err) {
    char name[WADI__STATE_FILE_NAME_MAX];
    wadi__state_file_entry entry = {.time_ms = record->time_ms,
                                    .epoch = record->epoch,
                                    .number = record->number,
                                    .is_base = record->is_base};
    wadi__state_file_name(&entry, name);
    char *path = wadi__fs_join(dir, name);
    if (path == NULL) return wadi__fs_no_memory(err, dir);
    wadi_status status = wadi__state_file_check(env, path, record->size_bytes, err);
    wadi__free(path);
    return status;
}
static wadi_status check_all(wadi__env *env, const char *dir, const wadi__block *files,
                             wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t c = 0; c < files->chunks.count; c++) {
        const wadi__chunk *chunk = files->chunks.items[c];
        const state_snapshot_file *records = (const void *)chunk->rows;
        for (uint32_t i = 0; status == WADI_OK && i < chunk->count; i++)
            status = check_file(env, dir, &records[i], err);
    }
    return status;
}
wadi_status wadi__state_files_check(wadi__env *env, const char *checkpoint_dir, wadi_str stream,
                                    wadi_str snapshot, wadi_error *err) {
    named from = {.at = wadi_str_data(&snapshot), .left = snapshot.len};
    wadi__block *files = NULL;
    wadi_status status = WADI_OK;
    for (int passed = 0; status == WADI_OK && passed < 2; passed++) { /* head and type */
        size_t used = 0;
        status = wadi__frame_check(from.at, from.left, &used, err);
        from.at += used;
        from.left -= used;
    }
    if (status == WADI_OK)
        status = next_records(&from, WADI_TYPE(state_snapshot_file), &files, err);
    if (status != WADI_OK) return status;
    char *dir = wadi__format("%s/state/%.*s", checkpoint_dir, WADI_STR_ARG(stream));
    status =
        dir != NULL ? check_all(env, dir, files, err) : wadi__fs_no_memory(err, checkpoint_dir);
    wadi__free(dir);
    wadi__block_unref(files);
    return status;
}

/* ---- The writer ---- */

static bool is_known(const wadi__state_files *self, const wadi__state_file_entry *entry) {
    const entry_list *lists[] = {&self->chain, &self->retired};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++) {
            const wadi__state_file_entry *known = &lists[l]->items[i];
            if (known->time_ms == entry->time_ms && known->epoch == entry->epoch &&
                known->number == entry->number && known->is_base == entry->is_base)
                return true;
        }
    return false;
}
static bool is_temporary(const char *name) {
    size_t len = strlen(name);
    return name[0] == '.' && len > 4 && strcmp(name + len - 4, ".tmp") == 0;
}
static void remove_file(const wadi__state_files *self, const char *name) {
    wadi_error err = WADI_ERROR_INIT;
    char *path = wadi__fs_join(self->dir, name);
    if (path != NULL && wadi__fs_remove(self->spec.env, path, &err) != WADI_OK)
        wadi__log_warn("stream", "a file of a state that is not needed stays: %s", err.message);
    wadi__free(path);
}
/* What other runs have left: checkpoints may name it. */
static void look_at_name(wadi__state_files *self, const char *name) {
    wadi__state_file_entry entry;
    if (is_temporary(name)) {
        remove_file(self, name);
    } else if (wadi__state_file_parse_name(name, &entry)) {
        pthread_mutex_lock(&self->lock);
        if (!is_known(self, &entry)) (void)wadi__vec_push(&self->retired, entry);
        if (entry.number >= self->next_number) self->next_number = entry.number + 1;
        pthread_mutex_unlock(&self->lock);
    }
}
static wadi_status make_dir(wadi__state_files *self, wadi_error *err) {
    wadi__env *env = self->spec.env;
    if (self->has_listed) return WADI_OK;
    wadi_status status = wadi__fs_make_safe_dirs(env, self->dir, err);
    wadi__names names = {0};
    if (status == WADI_OK) status = wadi__fs_list(env, self->dir, &names, err);
    for (size_t i = 0; status == WADI_OK && i < names.count; i++)
        look_at_name(self, names.items[i]);
    wadi__names_fini(&names);
    self->has_listed = status == WADI_OK;
    return status;
}
static wadi_status write_file(wadi__state_files *self, wadi__state_file_entry *entry,
                              wadi_error *err) {
    wadi__state_file_writer writer;
    wadi_status status = make_dir(self, err);
    entry->number = self->next_number++;
    if (status == WADI_OK) status = wadi__state_place_begin(&self->place, entry, &writer, err);
    if (status != WADI_OK) return status;
    const wadi__capture *capture = &self->full.capture;
    for (size_t i = 0; status == WADI_OK && i < capture->sections.count; i++)
        status = wadi__state_file_add(&writer, &capture->sections.items[i], err);
    if (status == WADI_OK) return wadi__state_place_finish(&self->place, entry, &writer, err);
    wadi__state_file_abort(&writer);
    return status;
}
/* The set is safe, in a file if it has anything. False: no memory, and it is not known. holds lock
 */
static bool add_snapshot(wadi__state_files *self, const wadi__state_file_entry *entry) {
    if (!wadi__vec_reserve(&self->snapshots, 1) || !wadi__vec_reserve(&self->chain, 1))
        return false;
    if (entry != NULL) {
        size_t base = self->chain.count;
        while (base > 0 && !self->chain.items[--base].is_base) continue;
        self->prefers_all = !entry->is_base && entry->rows >= LARGE_DELTA &&
                            entry->rows * 2 >= self->chain.items[base].rows;
        self->chain.items[self->chain.count++] = *entry;
    }
    self->snapshots.items[self->snapshots.count++] = self->full.time_ms;
    clear_set(&self->full);
    self->has_full = false;
    return true;
}
static void write_full(wadi__state_files *self) {
    wadi_error err = WADI_ERROR_INIT;
    pthread_mutex_lock(&self->lock);
    bool has_full = self->has_full, is_base = self->full.is_all || self->chain.count == 0;
    wadi__state_file_entry entry = {
        .time_ms = self->full.time_ms,
        .from_ms = is_base ? 0 : self->chain.items[self->chain.count - 1].time_ms,
        .epoch = self->spec.epoch,
        .is_base = is_base,
        .named_ms = INT64_MIN};
    pthread_mutex_unlock(&self->lock);
    if (!has_full) return;
    bool has_rows = self->full.capture.sections.count > 0 || is_base;
    wadi_status status = has_rows ? write_file(self, &entry, &err) : WADI_OK;
    if (status == WADI_OK) {
        pthread_mutex_lock(&self->lock);
        if (!add_snapshot(self, has_rows ? &entry : NULL))
            status = wadi_error_context(&err, WADI_E_NOMEM, "no memory for a snapshot");
        pthread_mutex_unlock(&self->lock);
    }
    if (status == WADI_OK) return;
    wadi__log_warn("stream",
                   "the state of %s after batch %" PRId64
                   " ms is not saved yet, and tried again at "
                   "its next checkpoint: %s",
                   self->stream, entry.time_ms, err.message);
}

/* Copies the chain of the named snapshot, as far as it is to be merged. */
static bool find_merge(wadi__state_files *self, entry_list *files) {
    size_t from, end, at;
    pthread_mutex_lock(&self->lock);
    find_chain(self, self->named_ms, &from, &end);
    bool is_due =
        self->named_ms != INT64_MIN && self->named_ms != self->merge_failed_ms &&
        wadi__state_merge_is_due(self->chain.items + from, end - from, self->spec.chain_max, &at);
    for (size_t i = is_due ? from + at : end; i < end && is_due; i++)
        is_due = wadi__vec_push(files, self->chain.items[i]);
    pthread_mutex_unlock(&self->lock);
    if (!is_due) wadi__vec_fini(files);
    return is_due;
}
/* Whoever reads the chain now cannot, so it is begun anew. holds lock */
static void note_damage(wadi__state_files *self, wadi_status status) {
    self->merge_failed_ms = self->named_ms;
    if (status == WADI_E_CORRUPT) self->wants_all = true;
}
/* The files come between others of the chain, of which nobody but this thread takes any away but at
 * its begin. */
static bool replace(wadi__state_files *self, const entry_list *files,
                    const wadi__state_file_entry *made) {
    const wadi__state_file_entry *oldest = files->items;
    size_t at = 0;
    if (oldest == NULL) return false;
    while (at < self->chain.count && self->chain.items[at].number != oldest->number) at++;
    if (at + files->count > self->chain.count) return false; /* it has been begun anew */
    if (!wadi__vec_reserve(&self->retired, files->count)) return false;
    (void)retire(self, at, files->count - 1);
    self->retired.items[self->retired.count++] = self->chain.items[at];
    self->chain.items[at] = *made;
    return true;
}
static void merge(wadi__state_files *self, const atomic_bool *is_ending) {
    entry_list files = {0};
    if (!find_merge(self, &files)) return;
    wadi_error err = WADI_ERROR_INIT;
    wadi__state_file_entry made = {.epoch = self->spec.epoch, .named_ms = INT64_MIN};
    wadi_status status = make_dir(self, &err);
    made.number = self->next_number++;
    if (status == WADI_OK)
        status = wadi__state_merge(&self->place, files.items, files.count, &made, is_ending, &err);
    pthread_mutex_lock(&self->lock);
    if (status != WADI_OK) note_damage(self, status);
    bool is_unused = status == WADI_OK && !replace(self, &files, &made);
    pthread_mutex_unlock(&self->lock);
    char name[WADI__STATE_FILE_NAME_MAX];
    wadi__state_file_name(&made, name);
    if (is_unused) remove_file(self, name);
    if (status != WADI_OK && !atomic_load(is_ending))
        wadi__log_warn("stream", "files of the state of %s are not merged: %s", self->stream,
                       err.message);
    wadi__vec_fini(&files);
}
static void remove_retired(wadi__state_files *self) {
    for (bool has_more = true; has_more;) {
        wadi__state_file_entry entry;
        has_more = false;
        pthread_mutex_lock(&self->lock);
        for (size_t i = 0; i < self->retired.count && !has_more; i++) {
            if (self->retired.items[i].named_ms >= self->trim_ms) continue;
            entry = self->retired.items[i];
            remove_entries(&self->retired, i, 1);
            has_more = true;
        }
        pthread_mutex_unlock(&self->lock);
        char name[WADI__STATE_FILE_NAME_MAX];
        if (!has_more) return;
        wadi__state_file_name(&entry, name);
        remove_file(self, name);
    }
}
void wadi__state_files_work(wadi__state_files *self, const atomic_bool *is_ending) {
    write_full(self);
    if (!atomic_load(is_ending)) merge(self, is_ending);
    remove_retired(self);
}
