/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c: reading a file by large pieces, and unpacking. */
#include "fs/reader.h"

#include <inttypes.h>

wadi_status wadi__reader_open(wadi__reader *reader, wadi__env *env, const char *path,
                              int64_t size_bytes, int64_t offset, wadi_error *err) {
    *reader = (wadi__reader){.offset = offset, .size_bytes = size_bytes};
    wadi__packing packing = wadi__packing_of(path);
    wadi_status status = wadi__fs_open(env, path, WADI__OPEN_READ, &reader->file, err);
    if (status == WADI_OK && packing != WADI__PACKING_NONE) {
        status = wadi__unpack_new(packing, &reader->unpack, err);
        if (status != WADI_OK) wadi_error_context(err, status, "for %s", path);
        reader->packed = wadi__buffer_new(WADI__READ_BYTES);
        if (status == WADI_OK && reader->packed == NULL) status = wadi__fs_no_memory(err, path);
    }
    if (status != WADI_OK) wadi__reader_close(reader);
    return status;
}
void wadi__reader_close(wadi__reader *reader) {
    wadi__unpack_free(reader->unpack);
    wadi__buffer_unref(reader->packed);
    wadi__fs_close(&reader->file, NULL);
    *reader = (wadi__reader){0};
}
/* The next bytes of the file itself. */
static wadi_status read_file(wadi__reader *reader, void *bytes, size_t size, size_t *got,
                             wadi_error *err) {
    int64_t left = reader->size_bytes - reader->offset;
    *got = 0;
    if (left <= 0) return WADI_OK;
    if ((uint64_t)left < size) size = (size_t)left;
    wadi_status status = wadi__fs_pread(reader->file, bytes, size, reader->offset, got, err);
    reader->offset += (int64_t)*got;
    if (status != WADI_OK || *got > 0) return status;
    return wadi_error_context(err, WADI_E_IO,
                              "%s has become shorter while it was read: %" PRId64
                              " bytes of %" PRId64 " are left",
                              reader->file->path, reader->offset, reader->size_bytes);
}
static wadi_status refill(wadi__reader *reader, wadi_error *err) {
    size_t got;
    wadi_status status = read_file(reader, reader->packed->bytes, WADI__READ_BYTES, &got, err);
    reader->at = reader->packed->bytes;
    reader->end = reader->at + got;
    return status;
}
static wadi_status name_place(const wadi__reader *reader, wadi_status status, wadi_error *err) {
    int64_t offset = reader->offset - (reader->end - reader->at);
    return wadi_error_context(err, status, "in %s at byte %" PRId64, reader->file->path, offset);
}
wadi_status wadi__reader_read(wadi__reader *reader, void *bytes, size_t size, size_t *got,
                              wadi_error *err) {
    if (reader->unpack == NULL) return read_file(reader, bytes, size, got, err);
    char *out = bytes, *out_end = out + size;
    for (;;) { /* unpacked bytes may wait inside when all input has been taken */
        wadi_status status =
            wadi__unpack_run(reader->unpack, &reader->at, reader->end, &out, out_end, err);
        if (status != WADI_OK) return name_place(reader, status, err);
        if (out > (char *)bytes) break;
        status = refill(reader, err);
        if (status != WADI_OK) return status;
        if (reader->at == reader->end) break;
    }
    *got = (size_t)(out - (char *)bytes);
    if (*got > 0) return WADI_OK;
    wadi_status status = wadi__unpack_end(reader->unpack, err);
    return status == WADI_OK ? WADI_OK : name_place(reader, status, err);
}
