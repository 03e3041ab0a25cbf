/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_writer.h: the thread that makes checkpoints safe, beside the making of batches.
 *
 * One that comes while another waits takes its place: the newer has all that the older had. So
 * short batches share a write. A write is tried three times. */
#ifndef WADI_STREAM_CHECKPOINT_WRITER_H
#define WADI_STREAM_CHECKPOINT_WRITER_H
#include "base/env.h"
#include "data/print.h"

typedef struct wadi__checkpoint_writer wadi__checkpoint_writer;

/* Called by the writer's thread, one at a time. */
typedef struct wadi__checkpoint_writer_ops {
    /* All checkpoints up to number `ticket` are safe, or are not and will not be: then err says
     * why. */
    void (*written)(void *arg, uint64_t ticket, const wadi_error *err);
    /* No checkpoint older than that of `oldest_ms` is kept. */
    void (*pruned)(void *arg, int64_t oldest_ms);
} wadi__checkpoint_writer_ops;

/* `newest_ms` is the time of the newest checkpoint that is there; none is written under an older
 * one. NULL: no memory, or no thread. */
wadi__checkpoint_writer *wadi__checkpoint_writer_new(wadi__env *env, const char *dir,
                                                     int64_t newest_ms,
                                                     const wadi__checkpoint_writer_ops *ops,
                                                     void *arg);
/* Hands one over; takes the bytes and leaves *bytes empty. Returns its number, 1, 2, .. One thread.
 */
uint64_t wadi__checkpoint_writer_put(wadi__checkpoint_writer *writer, int64_t time_ms,
                                     wadi__text *bytes);
/* Writes what waits and ends. NULL is fine. */
void wadi__checkpoint_writer_free(wadi__checkpoint_writer *writer);
#endif
