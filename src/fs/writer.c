/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c: gathering bytes, writing them by large pieces, renaming at the end. */
#include "fs/writer.h"

#include <string.h>

enum { ROOM_BYTES = 256 << 10 };

wadi_status wadi__writer_open(wadi__writer *writer, wadi__env *env, const char *path,
                              const char *try_name, wadi_error *err) {
    *writer = (wadi__writer){.env = env};
    char *parent = wadi__fs_parent(path);
    size_t len;
    const char *last = wadi__fs_last(path, &len);
    char *name = wadi__format(".%.*s.%s.tmp", (int)len, last, try_name);
    writer->path = wadi__strdup(path);
    writer->temporary = parent != NULL && name != NULL ? wadi__fs_join(parent, name) : NULL;
    writer->bytes = wadi__malloc(ROOM_BYTES);
    wadi__free(parent);
    wadi__free(name);
    wadi_status status = WADI_E_NOMEM;
    if (writer->path == NULL || writer->temporary == NULL || writer->bytes == NULL)
        wadi__fs_no_memory(err, path);
    else
        status = wadi__fs_open(env, writer->temporary,
                               WADI__OPEN_WRITE | WADI__OPEN_CREATE | WADI__OPEN_TRUNCATE,
                               &writer->file, err);
    if (status != WADI_OK) wadi__writer_abort(writer);
    return status;
}
static void release(wadi__writer *writer) {
    wadi__free(writer->path);
    wadi__free(writer->temporary);
    wadi__free(writer->bytes);
    *writer = (wadi__writer){0};
}
void wadi__writer_abort(wadi__writer *writer) {
    if (writer->file != NULL) {
        wadi__fs_close(&writer->file, NULL);
        wadi__fs_remove(writer->env, writer->temporary, NULL);
    }
    release(writer);
}
static wadi_status flush(wadi__writer *writer, wadi_error *err) {
    wadi_status status =
        writer->size > 0 ? wadi__fs_write(writer->file, writer->bytes, writer->size, err) : WADI_OK;
    writer->size = 0;
    return status;
}
wadi_status wadi__writer_add(wadi__writer *writer, const void *bytes, size_t size,
                             wadi_error *err) {
    if (size <= ROOM_BYTES - writer->size) {
        if (size > 0) memcpy(writer->bytes + writer->size, bytes, size);
        writer->size += size;
        return WADI_OK;
    }
    wadi_status status = flush(writer, err);
    if (status != WADI_OK) return status;
    if (size >= ROOM_BYTES) return wadi__fs_write(writer->file, bytes, size, err);
    memcpy(writer->bytes, bytes, size);
    writer->size = size;
    return WADI_OK;
}
wadi_status wadi__writer_finish(wadi__writer *writer, wadi_error *err) {
    wadi_status status = flush(writer, err);
    if (status == WADI_OK) status = wadi__fs_sync(writer->file, err);
    wadi_status closed = wadi__fs_close(&writer->file, status == WADI_OK ? err : NULL);
    if (status == WADI_OK) status = closed;
    if (status == WADI_OK)
        status = wadi__fs_rename(writer->env, writer->temporary, writer->path, err);
    if (status != WADI_OK) wadi__fs_remove(writer->env, writer->temporary, NULL);
    release(writer);
    return status;
}
