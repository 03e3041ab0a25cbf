/* SPDX-License-Identifier: Apache-2.0 */
/* log_file.h: the files of a write-ahead log, and how records lie in them (docs/formats/log.md).
 *
 * A file is named log-START-STOP after the time of its first record, and the time after which no
 * record goes into it. A record is a length of 4 bytes, the highest first, and that many bytes of
 * frames; each is synced before the next one is begun. The first record of a file is its header. */
#ifndef WADI_STREAM_LOG_FILE_H
#define WADI_STREAM_LOG_FILE_H
#include "data/frame.h"
#include "fs/fs.h"

enum {
    WADI__WAL_VERSION = 1,
    WADI__WAL_LENGTH_BYTES = 4,
    WADI__WAL_NAME_BYTES = 48,
};
#define WADI__WAL_RECORD_BYTES_MAX ((size_t)INT32_MAX) /* as Spark's lengths have it */

/* Where a frame lies in a log: all that is needed to read it again. */
typedef struct wadi__wal_place {
    char file[WADI__WAL_NAME_BYTES]; /* its name in the log's directory; "": nowhere */
    uint64_t offset;
    uint64_t size_bytes;
} wadi__wal_place;

typedef struct wadi__wal_header { /* of a file */
    uint32_t version;
    uint64_t epoch; /* of the program that wrote it */
} wadi__wal_header;
/* Appends the header's record. */
wadi_status wadi__wal_header_write(wadi__text *out, uint64_t epoch, wadi_error *err);
/* Reads the frame of one. WADI_E_CORRUPT: it is none, or of a version that is not known. */
wadi_status wadi__wal_header_read(const void *frame, size_t size, wadi__wal_header *header,
                                  wadi_error *err);

/* The length before a record. */
void wadi__wal_put_length(char *to, size_t size);
size_t wadi__wal_get_length(const char *from);

typedef struct wadi__wal_file {
    int64_t start_ms, stop_ms;
    int64_t size_bytes;
    char name[WADI__WAL_NAME_BYTES];
} wadi__wal_file;
typedef WADI__VEC(wadi__wal_file) wadi__wal_files;

void wadi__wal_file_name(char *name, int64_t start_ms, int64_t stop_ms);
/* Appends the files of a log, in the order of their starts; a directory that is not there has none.
 */
wadi_status wadi__wal_files_list(wadi__env *env, const char *dir, wadi__wal_files *files,
                                 wadi_error *err);
#endif
