/* SPDX-License-Identifier: Apache-2.0 */
/* frame_rows.h: arrays of records as frames one behind the other, and back: the parts of a file or
 * of a checkpoint. */
#ifndef WADI_DATA_FRAME_ROWS_H
#define WADI_DATA_FRAME_ROWS_H
#include "data/frame.h"

/* Appends `count` records, perhaps none, as one frame. */
wadi_status wadi__frame_rows_put(wadi__text *out, const wadi_type *type, const void *rows,
                                 size_t count, wadi_error *err);

typedef struct wadi__frame_rows { /* frames that are not read yet */
    const char *at;
    size_t left_bytes;
} wadi__frame_rows;
/* The records of the next frame, whose strings do not point into it. *block is to be unreferenced,
 * and NULL after an error: WADI_E_CORRUPT, WADI_E_TYPE as wadi__frame_read() has them. */
wadi_status wadi__frame_rows_take(wadi__frame_rows *frames, const wadi_type *type,
                                  wadi__block **block, wadi_error *err);
/* The same for a user's records, whose program may have changed since: wadi__frame_read_renamed().
 */
wadi_status wadi__frame_rows_take_renamed(wadi__frame_rows *frames, const wadi_type *type,
                                          wadi__block **block, wadi_error *err);

/* Walks over a block: WADI__EACH_RECORD(block, saved_file, row) use(row->path); */
#define WADI__EACH_RECORD(block, T, row)                                                        \
    for (size_t chunk_ = 0, row_ = 0; chunk_ < (block)->chunks.count; row_ = 0, chunk_++)       \
        for (const T *row;                                                                      \
             row_ < (block)->chunks.items[chunk_]->count &&                                     \
             (row = (const T *)(const void *)(block)->chunks.items[chunk_]->rows + row_, true); \
             row_++)
#endif
