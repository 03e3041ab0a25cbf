/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h: which batches a recovery asks each stream for, and making them. */
#ifndef WADI_STREAM_REPLAY_H
#define WADI_STREAM_REPLAY_H
#include "stream/stream_context.h"

/* The node is asked for batches from time_ms on: lowers its replay_ms. */
void wadi__replay_ask(wadi_dstream *node, int64_t time_ms);
/* The same of its parents, by its replay_ms, saved_ms and window. */
void wadi__replay_ask_parents(const wadi_dstream *node);

/* After a recovery, before batch first_ms: makes what states and windows follow from, all streams
 * of a time before those of the next. Else one of them could be asked for a batch when a later one
 * has been made. Generator's thread, in the scope of that batch. */
wadi_status wadi__replay(wadi_stream_context *ssc, int64_t first_ms, wadi_error *err);
#endif
