/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h: the lines of a file, or those that begin in a part of it.
 *
 * A line ends with "\n" or "\r\n", the last one perhaps with nothing. The parts of a file that is
 * read by several tasks meet at any byte: a line belongs to the part in which its first byte lies,
 * so none is lost or doubled. Lines are strings over large buffers, which the reader's keep holds.
 */
#ifndef WADI_FS_LINES_H
#define WADI_FS_LINES_H
#include "data/keep.h"
#include "fs/reader.h"

#include <wadi/record.h>

typedef struct wadi__lines {
    wadi__reader reader;
    wadi__keep *keep;                /* borrowed */
    const char *at, *end, *room_end; /* bytes that are not cut into lines yet; the buffer's end */
    size_t searched;                 /* bytes from `at` on that have no line end */
    int64_t from, until; /* lines that begin here, in bytes of the file; until < 0: all */
    int64_t end_offset;  /* of `end` in the file, or in what is unpacked from it */
    int64_t line_max_bytes;
    uint64_t line_count; /* cut so far .. */
    bool is_uncounted;   /* .. and others were taken uncut */
    bool is_read;        /* `end` is the end of the last line */
} wadi__lines;

/* from 0 and until -1: the whole file; else from < until. line_max_bytes: a longer line is WADI_E_INVALID. */
wadi_status wadi__lines_open(wadi__lines *lines, wadi__env *env, const char *path,
                             int64_t size_bytes, int64_t from, int64_t until,
                             int64_t line_max_bytes, wadi__keep *keep, wadi_error *err);
/* The next lines, of at most 64 KiB of text or one line; *count is 0 at the end. rows_max >= 1. */
wadi_status wadi__lines_next(wadi__lines *lines, wadi_str *rows, size_t rows_max, size_t *count,
                             wadi_error *err);
/* The same as bytes, uncut, each line with its end. False: the next line has to be cut by wadi__lines_next(),
 * since it is not in memory yet, not ended, or to be measured. */
bool wadi__lines_take(wadi__lines *lines, const char **text, size_t *size_bytes);
void wadi__lines_close(wadi__lines *lines);
#endif
