/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_restore.h: a graph takes up what it had, each stream by its name. */
#ifndef WADI_STREAM_CHECKPOINT_RESTORE_H
#define WADI_STREAM_CHECKPOINT_RESTORE_H
#include "stream/checkpoint_file.h"
#include "stream/stream_context.h"

/* Whether the program's batches are those of the checkpoint. */
wadi_status wadi__checkpoint_fits(const wadi_stream_context *ssc,
                                  const wadi__checkpoint *checkpoint, wadi_error *err);
/* Gives streams that are reached what was kept of them. States that are new begin with the first
 * batch that is run again. A state that no stream takes is an error, as is a stream that cannot go
 * on. Once nodes have their zero time. */
wadi_status wadi__checkpoint_restore(wadi_stream_context *ssc, const wadi__checkpoint *checkpoint,
                                     wadi_error *err);
#endif
