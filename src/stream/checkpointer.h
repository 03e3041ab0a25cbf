/* SPDX-License-Identifier: Apache-2.0 */
/* checkpointer.h: what a running program does about its checkpoint directory: it holds the lock,
 * takes checkpoints between batches, and lets a batch's outputs begin once one that has it is safe.
 *
 * Each checkpoint is taken with the batches that are pending: made, and not completed well. A
 * recovery runs them again, and all from the checkpoint's own time on. */
#ifndef WADI_STREAM_CHECKPOINTER_H
#define WADI_STREAM_CHECKPOINTER_H
#include "stream/checkpoint_file.h"
#include "stream/stream_context.h"

/* Takes the lock of ssc->checkpoint_dir, and ssc->epoch. Before anything there is read. */
wadi_status wadi__checkpointer_open(wadi_stream_context *ssc, wadi__checkpointer **checkpointer,
                                    wadi_error *err);
/* Starts the writer. `first` is what the program goes on from; NULL: it begins. */
wadi_status wadi__checkpointer_start(wadi__checkpointer *self, const wadi__checkpoint *first,
                                     wadi_error *err);
/* Batch `time_ms` is made, but not handed over yet: it is pending from now on. Its checkpoint's
 * number goes to *ticket: the scheduler waits for it. Generator's thread, as what follows. */
wadi_status wadi__checkpointer_made(wadi__checkpointer *self, int64_t time_ms, uint64_t *ticket,
                                    wadi_error *err);
/* A batch is completed. One that failed stays pending for as long as its data is. */
void wadi__checkpointer_completed(wadi__checkpointer *self, int64_t time_ms, bool has_failed);
/* A job of a batch has failed, whose additions to accumulators are dropped next. Job thread. */
void wadi__checkpointer_failed(wadi__checkpointer *self, int64_t time_ms);
/* Takes another one, after some have been completed. */
wadi_status wadi__checkpointer_take(wadi__checkpointer *self, wadi_error *err);
/* Makes the last one safe, and takes no more. NULL is fine. */
void wadi__checkpointer_stop(wadi__checkpointer *self);
/* Gives the lock up. NULL is fine. */
void wadi__checkpointer_free(wadi__checkpointer *self);
#endif
