/* SPDX-License-Identifier: Apache-2.0 */
/* log_file.c: names, headers and lengths of write-ahead logs. */
#include "stream/log_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Records ---- */

WADI_RECORD(wadi_log_header, (uint32_t, version), (uint64_t, epoch));

void wadi__wal_put_length(char *to, size_t size) {
    for (int i = 0; i < WADI__WAL_LENGTH_BYTES; i++) to[i] = (char)(size >> (24 - 8 * i));
}
size_t wadi__wal_get_length(const char *from) {
    size_t size = 0;
    for (int i = 0; i < WADI__WAL_LENGTH_BYTES; i++) size = size << 8 | (unsigned char)from[i];
    return size;
}
wadi_status wadi__wal_header_write(wadi__text *out, uint64_t epoch, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(&wadi_type_of_wadi_log_header, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi_log_header header = {WADI__WAL_VERSION, epoch};
    wadi__row_run run = {(const char *)&header, sizeof header, 1};
    char length[WADI__WAL_LENGTH_BYTES] = {0};
    size_t at = out->size;
    wadi__text_add(out, length, sizeof length);
    wadi_status status = wadi__frame_write(out, type, &run, 1, WADI__FRAME_PLAIN, err);
    if (status == WADI_OK)
        wadi__wal_put_length(out->bytes + at, out->size - at - sizeof length);
    else
        out->size = at;
    return status;
}
wadi_status wadi__wal_header_read(const void *frame, size_t size, wadi__wal_header *header,
                                  wadi_error *err) {
    const wadi__type *type = wadi__type_intern(&wadi_type_of_wadi_log_header, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_read(type, frame, size, NULL, &block, NULL, err);
    if (status == WADI_E_NOMEM) return status;
    if (status != WADI_OK)
        return wadi_error_context(err, WADI_E_CORRUPT, "its first record is no header of a log");
    if (block->row_count == 1) {
        wadi_log_header read;
        memcpy(&read, block->chunks.items[0]->rows, sizeof read);
        *header = (wadi__wal_header){read.version, read.epoch};
    }
    if (block->row_count != 1)
        status = wadi_error_context(err, WADI_E_CORRUPT, "its header has %" PRIu64 " records",
                                    block->row_count);
    else if (header->version != WADI__WAL_VERSION)
        status = wadi_error_context(err, WADI_E_CORRUPT,
                                    "a log of version %" PRIu32 "; this library reads version %d",
                                    header->version, WADI__WAL_VERSION);
    wadi__block_unref(block);
    return status;
}

/* ---- Names ---- */

void wadi__wal_file_name(char *name, int64_t start_ms, int64_t stop_ms) {
    snprintf(name, WADI__WAL_NAME_BYTES, "log-%" PRId64 "-%" PRId64, start_ms, stop_ms);
}
/* False: the name is none of a log's file. */
static bool read_name(const char *name, wadi__wal_file *file) {
    wadi__wal_file read = {0};
    char *end = NULL;
    if (strncmp(name, "log-", 4) != 0) return false;
    read.start_ms = strtoll(name + 4, &end, 10);
    if (*end != '-') return false;
    read.stop_ms = strtoll(end + 1, &end, 10);
    wadi__wal_file_name(read.name, read.start_ms, read.stop_ms);
    *file = read;
    return strcmp(read.name, name) == 0;
}
static int by_start(const void *a, const void *b) {
    const wadi__wal_file *x = a, *y = b;
    if (x->start_ms != y->start_ms) return x->start_ms < y->start_ms ? -1 : 1;
    return x->stop_ms < y->stop_ms ? -1 : x->stop_ms > y->stop_ms;
}
static wadi_status add_file(wadi__env *env, const char *dir, const char *name,
                            wadi__wal_files *files, wadi_error *err) {
    wadi__wal_file file;
    if (!read_name(name, &file)) return WADI_OK;
    char *path = wadi__fs_join(dir, name);
    if (path == NULL) return wadi__fs_no_memory(err, name);
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status == WADI_OK && exists && stat.kind == WADI__FILE_PLAIN) {
        file.size_bytes = stat.size_bytes;
        if (!wadi__vec_push(files, file)) status = wadi__fs_no_memory(err, path);
    }
    wadi__free(path);
    return status;
}
wadi_status wadi__wal_files_list(wadi__env *env, const char *dir, wadi__wal_files *files,
                                 wadi_error *err) {
    wadi__names names = {0};
    wadi_status status = wadi__fs_list_if_any(env, dir, &names, err);
    for (size_t i = 0; i < names.count && status == WADI_OK; i++)
        status = add_file(env, dir, names.items[i], files, err);
    wadi__names_fini(&names);
    if (files->count > 0) qsort(files->items, files->count, sizeof files->items[0], by_start);
    return status;
}
