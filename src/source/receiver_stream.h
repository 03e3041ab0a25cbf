/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_stream.h: streams whose batches are the blocks that a receiver stored. */
#ifndef WADI_SOURCE_RECEIVER_STREAM_H
#define WADI_SOURCE_RECEIVER_STREAM_H
#include "stream/receiver.h"

typedef struct wadi__peer { /* that a receiver connects to */
    const char *host;
    int port;
} wadi__peer;

/* A stream with one receiver of this kind, which starts and stops with the program; the stream goes by the
 * receiver's name. `peer` is copied; NULL: there is none. Never NULL. */
wadi_dstream *wadi__receiver_stream_new(wadi_stream_context *ssc, const wadi__receiver_ops *receiver,
                                        const wadi__type *type, const wadi__peer *peer,
                                        const wadi_source_options *options);
#endif
