/* SPDX-License-Identifier: Apache-2.0 */
/* state_file.c: a head, sections of rows, and an end that counts them, all as frames. */
#include "stream/state_file.h"

#include "base/buffer.h"
#include "data/frame.h"

#include <wadi/record.h>
#include <wadi/str.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    KIND_END = 0,          /* besides wadi__section_kind */
    FRAME_BYTES = 4 << 20, /* of rows in one frame, unless one is larger */
};

/* clang-format off */
WADI_RECORD(state_file, (wadi_str, stream), (wadi_str, op), (int64_t, version), (uint64_t, epoch),
            (int64_t, time_ms), (int64_t, from_ms), (bool, is_base));
WADI_RECORD(state_section, (int64_t, kind), (int64_t, time_ms), (uint64_t, rows), (bool, has_notes));
/* clang-format on */

/* ---- Writing ---- */

static wadi_status flush(wadi__state_file_writer *self, wadi_error *err) {
    wadi_status status = wadi__writer_add(&self->file, self->frames.bytes, self->frames.size, err);
    self->size_bytes += (int64_t)self->frames.size;
    self->frames.size = 0;
    return status;
}
/* Frames of one record are not worth packing. */
static wadi_status add_record(wadi__state_file_writer *self, const wadi_type *pub,
                              const void *record, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi__row_run run = {record, pub->size, 1};
    return wadi__frame_write(&self->frames, type, &run, 1, WADI__FRAME_PLAIN, err);
}
static wadi_status begin(wadi__state_file_writer *self, const wadi__state_file_head *head,
                         const wadi__type *type, wadi_error *err) {
    state_file record = {.stream = wadi_str_view(head->stream, strlen(head->stream)),
                         .op = wadi_str_view(head->op, strlen(head->op)),
                         .version = WADI__STATE_FILE_VERSION,
                         .epoch = head->epoch,
                         .time_ms = head->time_ms,
                         .from_ms = head->is_base ? 0 : head->from_ms,
                         .is_base = head->is_base};
    wadi_status status = add_record(self, WADI_TYPE(state_file), &record, err);
    if (status == WADI_OK)
        status = wadi__frame_write(&self->frames, type, NULL, 0, WADI__FRAME_PLAIN, err);
    return status == WADI_OK ? flush(self, err) : status;
}
wadi_status wadi__state_file_begin(wadi__state_file_writer *self, wadi__env *env, const char *path,
                                   const wadi__state_file_head *head, const wadi__type *type,
                                   wadi_error *err) {
    *self = (wadi__state_file_writer){.time_ms = head->time_ms};
    wadi_status status = wadi__writer_open(&self->file, env, path, "new", err);
    if (status == WADI_OK) status = begin(self, head, type, err);
    if (status != WADI_OK) wadi__state_file_abort(self);
    return status;
}
typedef struct place { /* in a block */
    size_t chunk;
    uint32_t row;
} place;
/* A frame of the next `count` rows of a block. */
static wadi_status add_rows(wadi__state_file_writer *self, const wadi__block *block, uint64_t count,
                            place *at, wadi_error *err) {
    size_t run_count = 0;
    wadi__row_run *runs = wadi__calloc(block->chunks.count - at->chunk, sizeof *runs);
    if (runs == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a frame");
    while (count > 0) {
        const wadi__chunk *chunk = block->chunks.items[at->chunk];
        uint64_t left = chunk->count - at->row, n = left < count ? left : count;
        runs[run_count++] = (wadi__row_run){chunk->rows + (size_t)at->row * chunk->record_size,
                                            chunk->record_size, (size_t)n};
        count -= n;
        at->row += (uint32_t)n;
        if (n == left) *at = (place){at->chunk + 1, 0};
    }
    wadi_status status =
        wadi__frame_write(&self->frames, block->type, runs, run_count, WADI__FRAME_ZSTD, err);
    wadi__free(runs);
    return status;
}
static uint64_t rows_a_frame(const wadi__type *type) {
    uint64_t rows = FRAME_BYTES / type->pub.size;
    return rows > WADI__FRAME_ROWS ? WADI__FRAME_ROWS : rows > 0 ? rows : 1;
}
wadi_status wadi__state_file_add(wadi__state_file_writer *self, const wadi__section *section,
                                 wadi_error *err) {
    const wadi__block *rows = section->rows, *notes = section->notes;
    const uint64_t most = rows_a_frame(rows->type);
    place at = {0, 0}, note_at = {0, 0};
    state_section record = {section->kind, section->time_ms, rows->row_count, notes != NULL};
    wadi_status status = add_record(self, WADI_TYPE(state_section), &record, err);
    for (uint64_t left = rows->row_count, n; status == WADI_OK && left > 0; left -= n) {
        n = left < most ? left : most;
        status = add_rows(self, rows, n, &at, err);
        if (status == WADI_OK && notes != NULL) status = add_rows(self, notes, n, &note_at, err);
        if (status == WADI_OK) status = flush(self, err);
    }
    self->rows += rows->row_count;
    return status;
}
static void release(wadi__state_file_writer *self) {
    int64_t size_bytes = self->size_bytes;
    wadi__text_fini(&self->frames);
    *self = (wadi__state_file_writer){.size_bytes = size_bytes};
}
wadi_status wadi__state_file_finish(wadi__state_file_writer *self, wadi_error *err) {
    state_section record = {KIND_END, self->time_ms, self->rows, false};
    wadi_status status = add_record(self, WADI_TYPE(state_section), &record, err);
    if (status == WADI_OK) status = flush(self, err);
    if (status == WADI_OK)
        status = wadi__writer_finish(&self->file, err);
    else
        wadi__writer_abort(&self->file);
    release(self);
    return status;
}
void wadi__state_file_abort(wadi__state_file_writer *self) {
    wadi__writer_abort(&self->file);
    release(self);
}

/* ---- Reading ---- */

WADI_PRINTF(3, 4)
static wadi_status corrupt(const wadi__state_file_reader *self, wadi_error *err, const char *fmt,
                           ...) {
    char what[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return wadi_error_context(err, WADI_E_CORRUPT, "damaged state file %s: %s", self->path, what);
}
static wadi_status read_bytes(wadi__state_file_reader *self, char *to, size_t size,
                              wadi_error *err) {
    for (size_t done = 0; done < size;) {
        size_t got;
        wadi_status status =
            wadi__fs_pread(self->file, to + done, size - done, self->at, &got, err);
        if (status != WADI_OK) return status;
        if (got == 0) return corrupt(self, err, "it has become shorter");
        done += got;
        self->at += (int64_t)got;
    }
    return WADI_OK;
}
/* The bytes of the next frame. */
static wadi_status fetch(wadi__state_file_reader *self, wadi__buffer **buffer, size_t *size,
                         wadi_error *err) {
    char head[WADI__FRAME_HEAD_BYTES];
    uint64_t frame_bytes, left = (uint64_t)(self->size_bytes - self->at);
    if (left < sizeof head) return corrupt(self, err, "it ends too soon");
    wadi_status status = read_bytes(self, head, sizeof head, err);
    if (status == WADI_OK) status = wadi__frame_size(head, sizeof head, &frame_bytes, err);
    if (status != WADI_OK) return status;
    if (frame_bytes > left) return corrupt(self, err, "it ends too soon");
    *buffer = wadi__buffer_new((size_t)frame_bytes);
    if (*buffer == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a frame");
    memcpy((*buffer)->bytes, head, sizeof head);
    *size = (size_t)frame_bytes;
    status = read_bytes(self, (*buffer)->bytes + sizeof head, *size - sizeof head, err);
    if (status == WADI_OK) return WADI_OK;
    wadi__buffer_unref(*buffer);
    *buffer = NULL;
    return status;
}
static wadi_status check_frames(wadi__state_file_reader *self, wadi_error *err) {
    wadi_status status = WADI_OK;
    while (status == WADI_OK && self->at < self->size_bytes) {
        wadi__buffer *buffer = NULL;
        size_t size = 0;
        status = fetch(self, &buffer, &size, err);
        if (status == WADI_OK) status = wadi__frame_check(buffer->bytes, size, &size, err);
        wadi__buffer_unref(buffer);
    }
    return status;
}
wadi_status wadi__state_file_check(wadi__env *env, const char *path, int64_t size_bytes,
                                   wadi_error *err) {
    wadi__state_file_reader self = {.env = env, .path = wadi__strdup(path)};
    wadi__file_stat stat = {0};
    bool exists = false;
    wadi_status status = self.path != NULL ? wadi__fs_stat(env, path, &stat, &exists, err)
                                           : wadi__fs_no_memory(err, path);
    if (status == WADI_OK && stat.size_bytes != size_bytes)
        status = corrupt(&self, err, "%" PRId64 " bytes, expected %" PRId64, stat.size_bytes,
                         size_bytes);
    if (status == WADI_OK) status = wadi__fs_open(env, path, WADI__OPEN_READ, &self.file, err);
    self.size_bytes = size_bytes;
    if (status == WADI_OK && (status = check_frames(&self, err)) != WADI_OK)
        wadi_error_context(err, status, "in state file %s", path);
    wadi__state_file_close(&self);
    return status;
}
static wadi_status read_frame(wadi__state_file_reader *self, const wadi__type *type,
                              wadi__block **block, wadi_error *err) {
    wadi__buffer *buffer = NULL;
    size_t size = 0;
    int64_t at = self->at;
    wadi_status status = fetch(self, &buffer, &size, err);
    if (status == WADI_OK)
        status =
            wadi__frame_read_renamed(type, buffer->bytes, size, &buffer->counted, block, NULL, err);
    wadi__buffer_unref(buffer);
    if (status != WADI_OK)
        wadi_error_context(err, status, "in state file %s at byte %" PRId64, self->path, at);
    return status;
}
/* A frame of one record. */
static wadi_status read_record(wadi__state_file_reader *self, const wadi_type *pub,
                               wadi__block **block, const void **record, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi_status status = read_frame(self, type, block, err);
    if (status == WADI_E_TYPE) /* the library's own records do not change within a version */
        status = err != NULL ? (err->status = WADI_E_CORRUPT) : WADI_E_CORRUPT;
    if (status != WADI_OK) return status;
    if ((*block)->row_count == 1) {
        *record = (*block)->chunks.items[0]->rows;
        return WADI_OK;
    }
    wadi__block_unref(*block);
    *block = NULL;
    corrupt(self, err, "a head of it is missing");
    return WADI_E_CORRUPT;
}
static bool is_text(wadi_str s, const char *text) {
    return s.len == strlen(text) && memcmp(wadi_str_data(&s), text, s.len) == 0;
}
static wadi_status check_head(const wadi__state_file_reader *self, const state_file *head,
                              const wadi__state_file_head *wanted, wadi_error *err) {
    if (head->version != WADI__STATE_FILE_VERSION)
        return wadi_error_context(err, WADI_E_CORRUPT,
                                  "state file %s has version %" PRId64
                                  "; this library reads version %d",
                                  self->path, head->version, WADI__STATE_FILE_VERSION);
    if (!is_text(head->op, wanted->op) || head->is_base != wanted->is_base ||
        head->epoch != wanted->epoch || head->time_ms != wanted->time_ms ||
        (!head->is_base && head->from_ms != wanted->from_ms))
        return corrupt(self, err,
                       "it is another one's: of %.*s, run %" PRIu64 ", batch %" PRId64 " ms",
                       (int)(head->op.len < 60 ? head->op.len : 60), wadi_str_data(&head->op),
                       head->epoch, head->time_ms);
    return WADI_OK;
}
static wadi_status read_head(wadi__state_file_reader *self, const wadi__state_file_head *wanted,
                             wadi_error *err) {
    wadi__block *block = NULL;
    const void *record;
    wadi_status status = read_record(self, WADI_TYPE(state_file), &block, &record, err);
    if (status == WADI_OK) status = check_head(self, record, wanted, err);
    wadi__block_unref(block);
    block = NULL;
    if (status == WADI_OK) status = read_frame(self, self->type, &block, err);
    wadi__block_unref(block);
    return status;
}
wadi_status wadi__state_file_open(wadi__state_file_reader *self, wadi__env *env, const char *path,
                                  const wadi__state_file_head *wanted, const wadi__type *type,
                                  wadi_error *err) {
    *self = (wadi__state_file_reader){.env = env,
                                      .path = wadi__strdup(path),
                                      .type = type,
                                      .note = wadi__type_int64(),
                                      .time_ms = wanted->time_ms};
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = WADI_OK;
    if (self->path == NULL || self->note == NULL) status = wadi__fs_no_memory(err, path);
    if (status == WADI_OK) status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status == WADI_OK && !exists)
        status = wadi_error_context(err, WADI_E_CORRUPT, "state file %s is missing", path);
    if (status == WADI_OK) status = wadi__fs_open(env, path, WADI__OPEN_READ, &self->file, err);
    if (status == WADI_OK) {
        self->size_bytes = stat.size_bytes;
        status = read_head(self, wanted, err);
    }
    if (status != WADI_OK) wadi__state_file_close(self);
    return status;
}
static wadi_status check_end(const wadi__state_file_reader *self, const state_section *end,
                             wadi_error *err) {
    if (end->rows != self->rows || end->time_ms != self->time_ms)
        return corrupt(self, err, "%" PRIu64 " records where its end counts %" PRIu64, self->rows,
                       end->rows);
    if (self->at != self->size_bytes) return corrupt(self, err, "bytes behind its end");
    return WADI_OK;
}
/* The head of the next section, or of the end. */
static wadi_status next_section(wadi__state_file_reader *self, bool *is_end, wadi_error *err) {
    wadi__block *block = NULL;
    const void *record;
    wadi_status status = read_record(self, WADI_TYPE(state_section), &block, &record, err);
    if (status != WADI_OK) return status;
    const state_section *head = record;
    *is_end = head->kind == KIND_END;
    if (*is_end)
        status = check_end(self, head, err);
    else if (head->kind < WADI__SECTION_REMOVED || head->kind > WADI__SECTION_PANE)
        status = corrupt(self, err, "a section of kind %" PRId64, head->kind);
    self->kind = (wadi__section_kind)head->kind;
    self->section_ms = head->time_ms;
    self->left = head->rows;
    self->has_notes = head->has_notes;
    wadi__block_unref(block);
    return status;
}
static wadi_status read_section(wadi__state_file_reader *self, wadi__section *section,
                                wadi_error *err) {
    bool is_removed = self->kind == WADI__SECTION_REMOVED;
    wadi_status status =
        read_frame(self, is_removed ? self->type->key : self->type, &section->rows, err);
    if (status == WADI_OK && self->has_notes)
        status = read_frame(self, self->note, &section->notes, err);
    if (status != WADI_OK) return status;
    uint64_t rows = section->rows->row_count;
    if (rows == 0 || rows > self->left)
        return corrupt(self, err, "a section has other records than it says");
    if (section->notes != NULL && section->notes->row_count != rows)
        return corrupt(self, err, "a section has other notes than records");
    self->left -= rows;
    self->rows += rows;
    section->kind = self->kind;
    section->time_ms = self->section_ms;
    return WADI_OK;
}
wadi_status wadi__state_file_next(wadi__state_file_reader *self, wadi__section *section,
                                  wadi_error *err) {
    *section = (wadi__section){0};
    while (self->left == 0) {
        bool is_end;
        wadi_status status = next_section(self, &is_end, err);
        if (status != WADI_OK || is_end) return status;
    }
    wadi_status status = read_section(self, section, err);
    if (status == WADI_OK) return WADI_OK;
    wadi__block_unref(section->rows);
    wadi__block_unref(section->notes);
    *section = (wadi__section){0};
    return status;
}
void wadi__state_file_close(wadi__state_file_reader *self) {
    wadi__fs_close(&self->file, NULL);
    wadi__free(self->path);
    *self = (wadi__state_file_reader){0};
}
