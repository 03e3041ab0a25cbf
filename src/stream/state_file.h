/* SPDX-License-Identifier: Apache-2.0 */
/* state_file.h: one file of what a stream keeps: a base, which has all, or a delta, which has what
 * changed since an earlier time. docs/formats/state.md is its picture.
 *
 * A file appears whole, under its own name, when it is finished. Readers trust no byte: what is
 * damaged, cut off or another stream's is WADI_E_CORRUPT, with the file's name. Each object belongs
 * to one thread. */
#ifndef WADI_STREAM_STATE_FILE_H
#define WADI_STREAM_STATE_FILE_H
#include "data/capture.h"
#include "data/print.h"
#include "fs/writer.h"

enum { WADI__STATE_FILE_VERSION = 1 };

typedef struct wadi__state_file_head {
    const char *stream, *op; /* the saved name, the operator's */
    uint64_t epoch;          /* of the run that wrote it */
    int64_t time_ms;         /* of the newest batch that it has */
    int64_t from_ms;         /* it has what changed after that batch; a base: 0 */
    bool is_base;
} wadi__state_file_head;

/* ---- Writing ---- */

typedef struct wadi__state_file_writer {
    wadi__writer file;
    wadi__text frames; /* that wait to be added; reused */
    int64_t time_ms;
    uint64_t rows;      /* of all sections */
    int64_t size_bytes; /* so far */
} wadi__state_file_writer;

/* `type`: of its rows. */
wadi_status wadi__state_file_begin(wadi__state_file_writer *self, wadi__env *env, const char *path,
                                   const wadi__state_file_head *head, const wadi__type *type,
                                   wadi_error *err);
wadi_status wadi__state_file_add(wadi__state_file_writer *self, const wadi__section *section,
                                 wadi_error *err);
/* Makes it safe, and gives it its name, which is safe when its directory has been synced. */
wadi_status wadi__state_file_finish(wadi__state_file_writer *self, wadi_error *err);
/* Removes what was written. Does nothing after finish, or for a zeroed one. */
void wadi__state_file_abort(wadi__state_file_writer *self);

/* ---- Reading ---- */

/* Whether the file is there, as long as it was, and all of its frames are whole. */
wadi_status wadi__state_file_check(wadi__env *env, const char *path, int64_t size_bytes,
                                   wadi_error *err);

typedef struct wadi__state_file_reader {
    wadi__env *env;
    char *path;
    wadi__file *file;
    int64_t at, size_bytes;
    const wadi__type *type, *note; /* of rows, of notes */
    int64_t time_ms;
    wadi__section_kind kind; /* of the section that is being read .. */
    int64_t section_ms;
    bool has_notes;
    uint64_t left; /* .. and its rows that were not read yet */
    uint64_t rows; /* that were read */
} wadi__state_file_reader;

/* Expects the file to be what `wanted` says. Rows are read as `type`. */
wadi_status wadi__state_file_open(wadi__state_file_reader *self, wadi__env *env, const char *path,
                                  const wadi__state_file_head *wanted, const wadi__type *type,
                                  wadi_error *err);
/* The next rows of a section, as a section of their own with references that are the caller's. At
 * the end, which was checked, section->rows is NULL. */
wadi_status wadi__state_file_next(wadi__state_file_reader *self, wadi__section *section,
                                  wadi_error *err);
void wadi__state_file_close(wadi__state_file_reader *self);
#endif
