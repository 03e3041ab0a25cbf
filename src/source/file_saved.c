/* SPDX-License-Identifier: Apache-2.0 */
/* file_saved.c: three frames: the start threshold, the batches without files, and the files. */
#include "source/file_saved.h"

#include <wadi/str.h>

WADI_RECORD(saved_watch, (int64_t, start_ms), (int64_t, from_ms));
WADI_RECORD(saved_empty, (int64_t, first_ms), (int64_t, last_ms));
WADI_RECORD(saved_file, (int64_t, time_ms), (bool, is_batch), (wadi_str, path),
            (int64_t, size_bytes), (int64_t, modified_ms));
_Static_assert(sizeof(saved_empty) == sizeof(wadi__empty_batches), "one is written as the other");

static wadi_status write_files(const wadi__file_selection *self, wadi__text *out, wadi_error *err) {
    WADI__VEC(saved_file) rows = {0};
    bool has_room = true;
    for (size_t i = 0; i < self->taken.count && has_room; i++) {
        const wadi__taken *taken = &self->taken.items[i];
        has_room = wadi__vec_reserve(&rows, taken->files.count);
        for (size_t k = 0; k < taken->files.count && has_room; k++) {
            const wadi__input *file = &taken->files.items[k];
            rows.items[rows.count++] =
                (saved_file){taken->time_ms, taken->is_batch, wadi_str_of(file->path),
                             file->size_bytes, file->modified_ms};
        }
    }
    wadi_status status =
        has_room ? wadi__frame_rows_put(out, WADI_TYPE(saved_file), rows.items, rows.count, err)
                 : wadi_error_context(err, WADI_E_NOMEM, "no memory to save names of files");
    wadi__vec_fini(&rows);
    return status;
}
static wadi_status save_files(const wadi__file_selection *self, wadi__saved_files *saved,
                              wadi__text *out, wadi_error *err) {
    if (saved->frame.size == 0 || saved->frame.failed || saved->changes != self->changes) {
        wadi__text_fini(&saved->frame);
        wadi_status status = write_files(self, &saved->frame, err);
        if (status == WADI_OK && saved->frame.failed)
            status = wadi_error_context(err, WADI_E_NOMEM, "no memory to save names of files");
        if (status != WADI_OK) {
            wadi__text_fini(&saved->frame);
            return status;
        }
        saved->changes = self->changes;
    }
    wadi__text_add(out, saved->frame.bytes, saved->frame.size);
    return WADI_OK;
}
wadi_status wadi__file_selection_save(const wadi__file_selection *self, int64_t from_ms,
                                      wadi__saved_files *saved, wadi__text *out, wadi_error *err) {
    saved_watch watch = {self->start_ms, from_ms};
    wadi_status status = wadi__frame_rows_put(out, WADI_TYPE(saved_watch), &watch, 1, err);
    if (status == WADI_OK)
        status = wadi__frame_rows_put(out, WADI_TYPE(saved_empty), self->empty.items,
                                      self->empty.count, err);
    return status == WADI_OK ? save_files(self, saved, out, err) : status;
}

static wadi_status damaged(wadi_error *err, const char *what) {
    return wadi_error_context(err, WADI_E_CORRUPT, "saved names of files are damaged: %s", what);
}
static wadi_status no_memory(wadi_error *err) {
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for saved names of files");
}
/* Sums of such times do not overflow. */
static bool is_time(int64_t time_ms) {
    return time_ms > -(INT64_C(1) << 60) && time_ms < INT64_C(1) << 60;
}
static wadi_status take_watch(wadi__file_selection *self, wadi__frame_rows *frames,
                              wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_rows_take(frames, WADI_TYPE(saved_watch), &block, err);
    if (status != WADI_OK) return status;
    WADI__EACH_RECORD (block, saved_watch, row) {
        if (row->start_ms < self->start_ms) self->start_ms = row->start_ms;
        self->from_ms = row->from_ms;
    }
    status = block->row_count == 1 ? WADI_OK : damaged(err, "not one record tells of the start");
    wadi__block_unref(block);
    return status;
}
static wadi_status take_empty(wadi__file_selection *self, wadi__frame_rows *frames,
                              wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_rows_take(frames, WADI_TYPE(saved_empty), &block, err);
    if (status != WADI_OK) return status;
    int64_t before_ms = INT64_MIN;
    WADI__EACH_RECORD (block, saved_empty, row) {
        if (status != WADI_OK) continue;
        bool fits = row->first_ms > before_ms && row->last_ms >= row->first_ms &&
                    is_time(row->first_ms) && is_time(row->last_ms);
        before_ms = row->last_ms;
        if (!fits)
            status = damaged(err, "batches out of order");
        else if (!wadi__vec_push(&self->empty, (wadi__empty_batches){row->first_ms, row->last_ms}))
            status = no_memory(err);
    }
    wadi__block_unref(block);
    return status;
}
static char *path_of(wadi_str text) {
    char *path = wadi__malloc(text.len + 1);
    if (path == NULL) return NULL;
    memcpy(path, wadi_str_data(&text), text.len);
    path[text.len] = 0;
    return path;
}
static wadi_status take_file(wadi__file_selection *self, const saved_file *row, wadi_error *err) {
    if (row->path.len == 0 || row->size_bytes < 0 || !is_time(row->time_ms) ||
        memchr(wadi_str_data(&row->path), 0, row->path.len) != NULL)
        return damaged(err, "a file without a name or size");
    char *path = path_of(row->path);
    wadi__input file = {path, row->size_bytes, row->modified_ms};
    bool added =
        path != NULL && wadi__file_selection_add_file(self, row->time_ms, row->is_batch, &file);
    wadi__free(path);
    return added ? WADI_OK : no_memory(err);
}
static wadi_status take_files(wadi__file_selection *self, wadi__frame_rows *frames,
                              wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_rows_take(frames, WADI_TYPE(saved_file), &block, err);
    if (status != WADI_OK) return status;
    WADI__EACH_RECORD (block, saved_file, row)
        if (status == WADI_OK) status = take_file(self, row, err);
    wadi__block_unref(block);
    return status;
}
wadi_status wadi__file_selection_restore(wadi__file_selection *self, const void *bytes, size_t size,
                                         wadi_error *err) {
    wadi__frame_rows frames = {bytes, size};
    wadi_status status = take_watch(self, &frames, err);
    if (status == WADI_OK) status = take_empty(self, &frames, err);
    return status == WADI_OK ? take_files(self, &frames, err) : status;
}
