/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h: records as bytes: the one form for wires, spilled blocks, logs and checkpoints.
 *
 * A frame tells the type of its records by the names and shapes of their fields, so that it can be
 * read by a program whose record has gained fields since (they are zero) or lost some (they are
 * passed by). It has a version and a checksum, and reading trusts no byte. The values lie in
 * columns, whole numbers and lengths as narrow as they can be. docs/formats/frame.md is its
 * picture. */
#ifndef WADI_DATA_FRAME_H
#define WADI_DATA_FRAME_H
#include "data/block.h"
#include "data/print.h"

typedef enum wadi__frame_packing { /* numbers of the format */
                                   WADI__FRAME_PLAIN = 0,
                                   WADI__FRAME_LZ4 = 1, /* fast: shuffles and spilled blocks */
                                   WADI__FRAME_ZSTD =
                                       2, /* small: checkpoints, logs, files; plain where the
                                             library was built without it */
} wadi__frame_packing;

enum {
    WADI__FRAME_VERSION = 1,
    WADI__FRAME_HEAD_BYTES = 48,
    WADI__FRAME_ROWS = 16384, /* what writers of many records put into one */
};

/* Values side by side in memory, or one in each of several structs. */
typedef struct wadi__row_run {
    const char *base;
    size_t stride, count;
} wadi__row_run;

/* Appends a frame of the records in all runs to `out`. */
wadi_status wadi__frame_write(wadi__text *out, const wadi__type *type, const wadi__row_run *runs,
                              size_t run_count, wadi__frame_packing packing, wadi_error *err);
wadi_status wadi__frame_write_block(wadi__text *out, const wadi__block *block,
                                    wadi__frame_packing packing, wadi_error *err);

/* How long the frame is that begins with these bytes, of which there are at least
 * WADI__FRAME_HEAD_BYTES or the frame is cut off. Only the head is looked at. */
wadi_status wadi__frame_size(const void *bytes, size_t size, uint64_t *frame_bytes,
                             wadi_error *err);

/* Whether `bytes` begin with a whole frame with the right checksum, whatever its records are; *used tells
 * where it ends. WADI_E_CORRUPT: err says what is wrong. */
wadi_status wadi__frame_check(const void *bytes, size_t size, size_t *used, wadi_error *err);

/* The records of the frame that `bytes` begin with, as records of `type`; *used, which may be NULL,
 * tells where it ends. Long strings point into `bytes`, which `owner` keeps alive, and which a few
 * readable bytes follow; or, with a NULL `owner`, into a copy. WADI_E_CORRUPT: this is no frame, or
 * a damaged one; what was expected is said. WADI_E_TYPE: its records cannot be read as `type`. */
wadi_status wadi__frame_read(const wadi__type *type, const void *bytes, size_t size,
                             wadi__counted *owner, wadi__block **block, size_t *used,
                             wadi_error *err);

/* The same for what an earlier version of a program wrote: a record may also have another name now,
 * if at least one of its fields is still there. */
wadi_status wadi__frame_read_renamed(const wadi__type *type, const void *bytes, size_t size,
                                     wadi__counted *owner, wadi__block **block, size_t *used,
                                     wadi_error *err);

/* The type that a frame was written with; its aliases are gone. For tools that print what they
 * find. */
wadi_status wadi__frame_type(const void *bytes, size_t size, const wadi__type **type,
                             wadi_error *err);
#endif
