/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_frame.h: records that a source has encoded as a frame. */
#ifndef WADI_STREAM_RECEIVER_FRAME_H
#define WADI_STREAM_RECEIVER_FRAME_H
#include "stream/receiver.h"

/* Stores the records of one frame as one block. `owner` keeps `bytes` alive, which then are not
 * copied; NULL: they are. WADI_E_CORRUPT: this is no frame, or a damaged one; WADI_E_TYPE: its
 * records are not those of the stream; WADI_E_NOMEM: it may be tried again. Any thread of the
 * receiver's body. */
wadi_status wadi__receiver_add_frame(wadi_receiver *receiver, const void *bytes, size_t size,
                                     wadi__counted *owner, wadi_error *err);
#endif
