/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_frame.c: frames into blocks. */
#include "stream/receiver_frame.h"

#include "data/frame.h"

wadi_status wadi__receiver_add_frame(wadi_receiver *self, const void *bytes, size_t size,
                                     wadi__counted *owner, wadi_error *err) {
    wadi__block *block = NULL;
    size_t used = 0;
    wadi_status status =
        wadi__frame_read(self->stream->type, bytes, size, owner, &block, &used, err);
    if (status != WADI_OK) return status;
    if (used != size)
        status = wadi_error_context(err, WADI_E_CORRUPT, "%zu bytes follow the frame", size - used);
    else
        status = wadi__receiver_add_block(self, block, NULL, 0, err);
    if (status != WADI_OK) wadi__block_unref(block);
    return status;
}
bool wadi__store_frame(wadi_receiver *self, const void *bytes, size_t size) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__receiver_add_frame(self, bytes, size, NULL, &err) == WADI_OK) return true;
    wadi_receiver_report(self, "a frame is not stored: %s", err.message);
    return false;
}
