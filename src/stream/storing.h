/* SPDX-License-Identifier: Apache-2.0 */
/* storing.h: how the blocks of a receiver get into its log, in the order in which they were cut.
 *
 * A thread makes frames of them and hands these to the log's thread; when a block is safe it is
 * noted, and when the note is safe it is stored. Blocks that nobody waits for are tried again until
 * the receiver is to stop. */
#ifndef WADI_STREAM_STORING_H
#define WADI_STREAM_STORING_H
#include "stream/receiver.h"

typedef struct wadi__storing wadi__storing;

/* Starts its thread. NULL: no memory, or no thread; err says. */
wadi__storing *wadi__storing_new(wadi_receiver *receiver, wadi_error *err);
/* Stores what was put; ends the thread. NULL is fine, as of the next. */
void wadi__storing_close(wadi__storing *storing);
/* After the tracker has closed its logs. */
void wadi__storing_free(wadi__storing *storing);

/* Takes over a block that was cut. False: as many wait as may (spark.streaming.blockQueueSize), or
 * no memory, and it is still the caller's. It is looked at after wadi__storing_go(), which is not
 * called under a lock. */
bool wadi__storing_put(wadi__storing *storing, wadi__block *block, int64_t id_ms);
void wadi__storing_go(wadi__storing *storing);
/* Waits until one more may wait, or *is_over. */
void wadi__storing_wait_place(wadi__storing *storing, const atomic_bool *is_over);

/* A block that somebody waits for, put behind those before it. NULL: no memory, and the block is
 * the caller's. */
typedef struct wadi__store wadi__store_request;
wadi__store_request *wadi__storing_begin(wadi__storing *storing, wadi__block *block, int64_t id_ms,
                                         const void *metadata, size_t metadata_size);
/* After wadi__storing_go(): waits until it is stored, or cannot be, at most
 * spark.streaming.receiver.blockStoreTimeout. */
wadi_status wadi__storing_await(wadi__storing *storing, wadi__store_request *request,
                                wadi_error *err);
#endif
