/* SPDX-License-Identifier: Apache-2.0 */
/* log_reader.h: reading write-ahead logs: a file from its beginning to its end, or one frame by its
 * place.
 *
 * A record that was being written when its program died is torn. Since each record is synced before
 * the next is begun, whole records behind a damaged one mean that it was safe once: that is an
 * error. Damage that nothing whole follows ends the file quietly. One thread. */
#ifndef WADI_STREAM_LOG_READER_H
#define WADI_STREAM_LOG_READER_H
#include "base/buffer.h"
#include "stream/log_file.h"

typedef struct wadi__wal_reader {
    wadi__file *file; /* NULL: there is none, or it is at its end */
    uint64_t offset;  /* of the next record */
    uint64_t size_bytes;
    wadi__wal_header header;
    wadi__buffer *record; /* the current one; the next frame of it lies at.. */
    size_t at, end;
    uint64_t record_offset; /* of its frames in the file */
    uint64_t torn_bytes;    /* of a damaged tail that was passed by */
} wadi__wal_reader;

/* A file that is not there is empty. WADI_E_CORRUPT: it is not a log's, or of another version. */
wadi_status wadi__wal_reader_open(wadi__wal_reader *reader, wadi__env *env, const char *path,
                                  wadi_error *err);
/* The next frame, valid until the next call, and its offset in the file, which may be NULL; *frame
 * is NULL at the end. WADI_E_CORRUPT: records are damaged that were whole once. */
wadi_status wadi__wal_reader_next(wadi__wal_reader *reader, const void **frame, size_t *size,
                                  uint64_t *offset, wadi_error *err);
void wadi__wal_reader_close(wadi__wal_reader *reader);

/* A single frame, whole and with the right checksum; the buffer is the caller's. WADI_E_CORRUPT: it
 * is damaged; WADI_E_IO: it cannot be read, or its file is gone. Any thread. */
wadi_status wadi__wal_read(wadi__env *env, const char *dir, const wadi__wal_place *place,
                           wadi__buffer **frame, wadi_error *err);
#endif
