/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.h: what receivers have stored, and to which batch it belongs.
 *
 * A block is unallocated until a batch is generated, which takes all there are. It is dropped when no
 * batch needs it. The tracker also holds the bound on received data: while more is stored than the share
 * of the memory bound that received data may have, receivers wait, and so their peers. */
#ifndef WADI_STREAM_TRACKER_H
#define WADI_STREAM_TRACKER_H
#include "stream/stream_context.h"

typedef struct wadi__received { /* a stored block */
    wadi__block *block; /* one reference */
    int64_t id_ms;      /* input-STREAM-id_ms: the beginning of its block interval */
    void *metadata;     /* the receiver's; NULL: none */
    size_t metadata_size;
    size_t size_bytes;
} wadi__received;
typedef WADI__VEC(wadi__received) wadi__received_list;

/* NULL: no memory. */
wadi__tracker *wadi__tracker_new(wadi_stream_context *ssc);
void wadi__tracker_free(wadi__tracker *tracker);

/* A receiver that is to be cut before each batch. False: no memory. */
bool wadi__tracker_add_receiver(wadi__tracker *tracker, wadi_receiver *receiver);
void wadi__tracker_remove_receiver(wadi__tracker *tracker, wadi_receiver *receiver);
bool wadi__tracker_has_receivers(wadi__tracker *tracker);
/* Cuts the open blocks of all receivers, as those that were filled until `time_ms`. */
void wadi__tracker_cut(wadi__tracker *tracker, int64_t time_ms);

/* Stores a block; takes over the caller's reference, and copies the metadata. False: no memory, and the
 * block is still the caller's. Any thread. */
bool wadi__tracker_add(wadi__tracker *tracker, int input_id, int64_t id_ms, wadi__block *block,
                       const void *metadata, size_t metadata_size);
/* Gives all unallocated blocks to the batch of this time; a time not above the last one changes nothing. */
void wadi__tracker_allocate(wadi__tracker *tracker, int64_t time_ms);
/* Whether a block waits for a batch. */
bool wadi__tracker_has_unallocated(wadi__tracker *tracker);
/* The blocks of a batch of one input, borrowed until they are forgotten; NULL: none. */
const wadi__received_list *wadi__tracker_blocks(wadi__tracker *tracker, int input_id, int64_t time_ms);
/* Drops the blocks of batches up to this time. */
void wadi__tracker_forget(wadi__tracker *tracker, int input_id, int64_t until_ms);

/* Whether more may be received now. Any thread, often. */
bool wadi__tracker_has_room(const wadi__tracker *tracker);
/* Waits until there is room, or *is_over. Receiver thread. */
void wadi__tracker_wait_room(wadi__tracker *tracker, const atomic_bool *is_over);
/* Waits until blocks were dropped, or *is_over: to try again after memory was refused. */
void wadi__tracker_wait_turn(wadi__tracker *tracker, const atomic_bool *is_over);
/* Lets those who wait look again. */
void wadi__tracker_wake(wadi__tracker *tracker);
#endif
