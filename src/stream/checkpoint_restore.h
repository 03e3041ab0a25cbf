/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_restore.h: a graph takes up what it had, each stream by its name. */
#ifndef WADI_STREAM_CHECKPOINT_RESTORE_H
#define WADI_STREAM_CHECKPOINT_RESTORE_H
#include "stream/checkpoint_file.h"
#include "stream/stream_context.h"

/* Whether the program can go on from a checkpoint at all, before anything is made: it has the same
 * batch interval. */
wadi_status wadi__checkpoint_fits(const wadi_stream_context *ssc,
                                  const wadi__checkpoint *checkpoint, wadi_error *err);
/* Gives streams that are reached what was kept of them; one that cannot go on is an error. States
 * that are new begin with the first batch that is run again; what no stream takes is told. Once
 * nodes have their zero time. */
wadi_status wadi__checkpoint_restore(wadi_stream_context *ssc, const wadi__checkpoint *checkpoint,
                                     wadi_error *err);
#endif
