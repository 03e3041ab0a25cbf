/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h: where and how often a program's streams are to be saved. */
#ifndef WADI_STREAM_CHECKPOINT_H
#define WADI_STREAM_CHECKPOINT_H
#include "stream/stream_context.h"

/* Takes spark.streaming.checkpoint.directory where the program has named none, and checks the intervals
 * of the streams that are marked as reached by an output. Mistakes are kept. At start. */
void wadi__checkpoint_validate(wadi_stream_context *ssc);
/* Whether a stream, once start has checked it, keeps what cannot be computed anew from a few batches: states, and
 * windows with an inverse. */
bool wadi__dstream_is_state(const wadi_dstream *stream);
#endif
