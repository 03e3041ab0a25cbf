/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h: the bytes of a file, or of a part of it, in order. Files named .gz and .zst are
 * unpacked on the way; of them only the whole can be read. Belongs to one thread. */
#ifndef WADI_FS_READER_H
#define WADI_FS_READER_H
#include "base/buffer.h"
#include "fs/fs.h"
#include "fs/unpack.h"

enum {
    WADI__READ_BYTES = 256 * 1024 - 192
}; /* asked for at once: with its heads a piece of 256 KiB */

typedef struct wadi__reader {
    wadi__file *file;
    wadi__unpack *unpack;       /* NULL: the bytes as they are */
    int64_t offset, size_bytes; /* next byte of the file; the file's size when it was listed */
    wadi__buffer *packed;       /* bytes that wait to be unpacked, from `at` to `end` */
    const char *at, *end;
} wadi__reader;

/* Opens `path`, which was size_bytes long when it was listed; what was added since is not read. */
wadi_status wadi__reader_open(wadi__reader *reader, wadi__env *env, const char *path,
                              int64_t size_bytes, int64_t offset, wadi_error *err);
/* At least one byte, or *got is 0 at the end. A file that is shorter than it was is an error. */
wadi_status wadi__reader_read(wadi__reader *reader, void *bytes, size_t size, size_t *got,
                              wadi_error *err);
/* Fine for a zeroed one, and twice. */
void wadi__reader_close(wadi__reader *reader);
#endif
