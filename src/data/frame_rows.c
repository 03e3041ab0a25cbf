/* SPDX-License-Identifier: Apache-2.0 */
/* frame_rows.c: arrays of records as frames. */
#include "data/frame_rows.h"

enum { PACKED_FROM = 256 }; /* records; fewer are not worth the packing */

wadi_status wadi__frame_rows_put(wadi__text *out, const wadi_type *type, const void *rows,
                                 size_t count, wadi_error *err) {
    const wadi__type *known = wadi__type_intern(type, err);
    if (known == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a type");
    wadi__row_run run = {rows, known->pub.size, count};
    return wadi__frame_write(out, known, &run, count > 0,
                             count < PACKED_FROM ? WADI__FRAME_PLAIN : WADI__FRAME_ZSTD, err);
}
typedef wadi_status reader(const wadi__type *type, const void *bytes, size_t size,
                           wadi__counted *owner, wadi__block **block, size_t *used,
                           wadi_error *err);
static wadi_status take(wadi__frame_rows *frames, reader *read, const wadi_type *type,
                        wadi__block **block, wadi_error *err) {
    *block = NULL;
    const wadi__type *known = wadi__type_intern(type, err);
    if (known == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a type");
    size_t used = 0;
    wadi_status status = read(known, frames->at, frames->left_bytes, NULL, block, &used, err);
    if (status != WADI_OK) return status;
    frames->at += used;
    frames->left_bytes -= used;
    return WADI_OK;
}
wadi_status wadi__frame_rows_take(wadi__frame_rows *frames, const wadi_type *type,
                                  wadi__block **block, wadi_error *err) {
    return take(frames, wadi__frame_read, type, block, err);
}
wadi_status wadi__frame_rows_take_renamed(wadi__frame_rows *frames, const wadi_type *type,
                                          wadi__block **block, wadi_error *err) {
    return take(frames, wadi__frame_read_renamed, type, block, err);
}
