/* SPDX-License-Identifier: Apache-2.0 */
/* log_reader.c: records of write-ahead logs, checked before any of their frames is given. */
#include "stream/log_reader.h"

#include <inttypes.h>
#include <string.h>

enum { HEAD_BYTES = WADI__WAL_LENGTH_BYTES + WADI__FRAME_HEAD_BYTES, WINDOW_BYTES = 256 << 10 };
#define LOOK_BYTES_MIN \
    ((uint64_t)64      \
     << 20) /* a search for whole records checks no more than that, or 4 times the rest */

/* ---- Bytes ---- */

/* Reads as many bytes as there are of those that are wanted. */
static wadi_status read_at(wadi__file *file, void *bytes, size_t size, uint64_t offset, size_t *got,
                           wadi_error *err) {
    *got = 0;
    while (*got < size) {
        size_t now = 0;
        wadi_status status = wadi__fs_pread(file, (char *)bytes + *got, size - *got,
                                            (int64_t)(offset + *got), &now, err);
        if (status != WADI_OK) return status;
        if (now == 0) break;
        *got += now;
    }
    return WADI_OK;
}
/* Whether the bytes are whole frames, one behind the other, and nothing else. */
static bool are_frames(const char *bytes, size_t size) {
    size_t at = 0, used = 0;
    while (at < size && wadi__frame_check(bytes + at, size - at, &used, NULL) == WADI_OK)
        at += used;
    return size > 0 && at == size;
}

/* ---- Records ---- */

/* Reads the record at an offset. *record stays NULL when there is none that is whole; *size tells
 * how much was read for it. */
static wadi_status read_record(const wadi__wal_reader *self, uint64_t offset, wadi__buffer **record,
                               size_t *size, wadi_error *err) {
    char head[HEAD_BYTES];
    size_t got;
    uint64_t frame_bytes;
    *size = 0;
    if (offset > self->size_bytes || self->size_bytes - offset < sizeof head) return WADI_OK;
    wadi_status status = read_at(self->file, head, sizeof head, offset, &got, err);
    if (status != WADI_OK || got < sizeof head) return status;
    size_t length = wadi__wal_get_length(head);
    if (length > self->size_bytes - offset - WADI__WAL_LENGTH_BYTES ||
        length > WADI__WAL_RECORD_BYTES_MAX ||
        wadi__frame_size(head + WADI__WAL_LENGTH_BYTES, WADI__FRAME_HEAD_BYTES, &frame_bytes,
                         NULL) != WADI_OK ||
        frame_bytes > length)
        return WADI_OK;
    wadi__buffer *made = wadi__buffer_new(length);
    if (made == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a record of %zu bytes of %s",
                                  length, self->file->path);
    *size = length;
    status = read_at(self->file, made->bytes, length, offset + WADI__WAL_LENGTH_BYTES, &got, err);
    if (status == WADI_OK && got == length && are_frames(made->bytes, length)) {
        *record = made;
        return WADI_OK;
    }
    wadi__buffer_unref(made);
    return status;
}
/* What stands before the first frame of a whole record somewhere in the window, whose first byte
 * has this offset in the file. */
static wadi_status look_through(const wadi__wal_reader *self, const char *window, size_t size,
                                uint64_t offset, uint64_t *budget, bool *is_there,
                                wadi_error *err) {
    const char *at = window, *end = window + size;
    wadi_status status = WADI_OK;
    while (status == WADI_OK && !*is_there &&
           (at = memmem(at, (size_t)(end - at), "WDFR", 4)) != NULL) {
        uint64_t begin = offset + (uint64_t)(at - window);
        wadi__buffer *record = NULL;
        size_t bytes = 0;
        at++;
        if (begin < WADI__WAL_LENGTH_BYTES) continue;
        status = read_record(self, begin - WADI__WAL_LENGTH_BYTES, &record, &bytes, err);
        *is_there = record != NULL ||
                    bytes > *budget; /* no longer to be told: rather an error than a loss */
        *budget -= bytes < *budget ? bytes : *budget;
        wadi__buffer_unref(record);
    }
    return status;
}
static wadi_status look_for_record(const wadi__wal_reader *self, bool *is_there, wadi_error *err) {
    uint64_t from = self->offset + 1 + WADI__WAL_LENGTH_BYTES,
             rest = self->size_bytes - self->offset;
    uint64_t budget = rest * 4 > LOOK_BYTES_MIN ? rest * 4 : LOOK_BYTES_MIN;
    char *window = wadi__malloc(WINDOW_BYTES);
    if (window == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to read %s", self->file->path);
    wadi_status status = WADI_OK;
    while (status == WADI_OK && !*is_there && from < self->size_bytes) {
        size_t got;
        status = read_at(self->file, window, WINDOW_BYTES, from, &got, err);
        if (status == WADI_OK)
            status = look_through(self, window, got, from, &budget, is_there, err);
        if (got < WINDOW_BYTES) break;
        from += got - 3; /* the word may lie across */
    }
    wadi__free(window);
    return status;
}
/* Goes on to the next record. At the end the file is closed. */
static wadi_status next_record(wadi__wal_reader *self, wadi_error *err) {
    wadi__buffer_unref(self->record);
    self->record = NULL;
    wadi_status status = read_record(self, self->offset, &self->record, &self->end, err);
    if (status != WADI_OK) return status;
    if (self->record != NULL) {
        self->at = 0;
        self->record_offset = self->offset + WADI__WAL_LENGTH_BYTES;
        self->offset = self->record_offset + self->end;
        return WADI_OK;
    }
    bool is_there = false;
    if (self->offset < self->size_bytes) status = look_for_record(self, &is_there, err);
    if (status == WADI_OK && is_there)
        status = wadi_error_context(
            err, WADI_E_CORRUPT, "%s is damaged at byte %" PRIu64 ", with whole records behind it",
            self->file->path, self->offset);
    if (status != WADI_OK) return status;
    self->torn_bytes = self->size_bytes - self->offset;
    return wadi__fs_close(&self->file, err);
}
static wadi_status take_header(wadi__wal_reader *self, wadi_error *err) {
    wadi_status status = next_record(self, err);
    if (status != WADI_OK || self->record == NULL) return status;
    status = wadi__wal_header_read(self->record->bytes, self->end, &self->header, err);
    self->at = self->end;
    return status;
}

/* ---- The interface ---- */

wadi_status wadi__wal_reader_open(wadi__wal_reader *self, wadi__env *env, const char *path,
                                  wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    *self = (wadi__wal_reader){0};
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status != WADI_OK || !exists) return status;
    status = wadi__fs_open(env, path, WADI__OPEN_READ, &self->file, err);
    if (status != WADI_OK) return status;
    self->size_bytes = (uint64_t)stat.size_bytes;
    status = take_header(self, err);
    if (status == WADI_OK) return WADI_OK;
    wadi__wal_reader_close(self);
    return wadi_error_context(err, status, "while log file %s was opened", path);
}
wadi_status wadi__wal_reader_next(wadi__wal_reader *self, const void **frame, size_t *size,
                                  uint64_t *offset, wadi_error *err) {
    *frame = NULL;
    if (self->file != NULL && self->at == self->end) {
        wadi_status status = next_record(self, err);
        if (status != WADI_OK) return status;
    }
    uint64_t frame_bytes = 0;
    if (self->file == NULL) return WADI_OK;
    wadi_status status =
        wadi__frame_size(self->record->bytes + self->at, self->end - self->at, &frame_bytes, err);
    if (status != WADI_OK) return status;
    *size = (size_t)frame_bytes;
    *frame = self->record->bytes + self->at;
    if (offset != NULL) *offset = self->record_offset + self->at;
    self->at += *size;
    return WADI_OK;
}
void wadi__wal_reader_close(wadi__wal_reader *self) {
    wadi__fs_close(&self->file, NULL);
    wadi__buffer_unref(self->record);
    self->record = NULL;
}
wadi_status wadi__wal_read(wadi__env *env, const char *dir, const wadi__wal_place *place,
                           wadi__buffer **frame, wadi_error *err) {
    char *path = wadi__fs_join(dir, place->file);
    wadi__buffer *made = path != NULL && place->size_bytes <= WADI__WAL_RECORD_BYTES_MAX
                             ? wadi__buffer_new((size_t)place->size_bytes)
                             : NULL;
    wadi__file *file = NULL;
    size_t got = 0, used = 0;
    wadi_status status =
        made != NULL
            ? wadi__fs_open(env, path, WADI__OPEN_READ, &file, err)
            : wadi_error_context(err, WADI_E_NOMEM, "no memory for %" PRIu64 " bytes of a log",
                                 place->size_bytes);
    if (status == WADI_OK)
        status = read_at(file, made->bytes, (size_t)place->size_bytes, place->offset, &got, err);
    if (status == WADI_OK) status = wadi__frame_check(made->bytes, got, &used, err);
    if (status == WADI_OK && used != place->size_bytes)
        status = wadi_error_context(err, WADI_E_CORRUPT,
                                    "a frame of %zu bytes where one of %" PRIu64 " was written",
                                    used, place->size_bytes);
    wadi__fs_close(&file, NULL);
    if (status == WADI_OK)
        *frame = made;
    else {
        wadi__buffer_unref(made);
        wadi_error_context(err, status, "in log file %s at byte %" PRIu64, place->file,
                           place->offset);
    }
    wadi__free(path);
    return status;
}
