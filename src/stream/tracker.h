/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.h: what receivers have stored, and to which batch it belongs.
 *
 * A block is unallocated until a batch is generated, which takes all there are, or with
 * wadi.batch.max_records the oldest. It is dropped when no
 * batch needs it. The tracker also holds the bound on received data: while more is stored than the share
 * of the memory bound that received data may have, receivers wait, and so their peers.
 *
 * With a checkpoint directory all this is logged (tracker_log.h). Where blocks themselves are logged too, a
 * block is there only once its note is safe, and a batch may begin only once its allocation is
 * (wadi__tracker_wait_durable); after a restart tracker_replay.c takes all of it up again. */
#ifndef WADI_STREAM_TRACKER_H
#define WADI_STREAM_TRACKER_H
#include "stream/stream_context.h"
#include "stream/tracker_log.h"

typedef struct wadi__received wadi__received;
struct wadi__received { /* a stored block */
    wadi__received *next;   /* unallocated ones */
    wadi__block *block;     /* one reference; NULL: it is only in the log */
    int64_t number;         /* ascending, over all inputs */
    int64_t id_ms;          /* input-STREAM-id_ms: the beginning of its block interval */
    int64_t log_ms;         /* when it was stored */
    wadi__wal_place place;  /* in the stream's log */
    void *metadata;         /* the receiver's; NULL: none */
    size_t metadata_size;
    void *position;         /* the same again, for whoever comes after it; NULL: none, or taken */
    uint64_t row_count;
    size_t size_bytes;      /* in memory */
    bool is_allocated;
    /* While it is stored: */
    int input_id;
    wadi__tracker *tracker;
    void (*told)(void *arg, wadi_status status, const wadi_error *err);
    void *told_arg;
};
typedef WADI__VEC(wadi__received *) wadi__received_list;

/* NULL: no memory. */
wadi__tracker *wadi__tracker_new(wadi_stream_context *ssc);
typedef struct wadi__past { /* of the program, as the log of notes finds it */
    bool goes_on;      /* from a checkpoint: batches keep their blocks. Else the next batch gets those of batches that .. */
    int64_t done_ms;   /* .. were not done: batches up to this one were, INT64_MIN: none, .. */
    const int64_t *undone; /* .. but for these */
    size_t undone_count;
} wadi__past;
/* Opens the log of notes in the checkpoint directory, and takes up what is in it: blocks that were given to no
 * batch go to the next one. Without a directory it does nothing. zero_ms is set. */
wadi_status wadi__tracker_open_log(wadi__tracker *tracker, const wadi__past *past, wadi_error *err);
void wadi__tracker_free(wadi__tracker *tracker);

/* A receiver that is to be cut before each batch. False: no memory. */
bool wadi__tracker_add_receiver(wadi__tracker *tracker, wadi_receiver *receiver);
void wadi__tracker_remove_receiver(wadi__tracker *tracker, wadi_receiver *receiver);
/* Receivers stay meanwhile; `each` takes no other lock than theirs. */
void wadi__tracker_each_receiver(wadi__tracker *tracker, void (*each)(wadi_receiver *receiver, void *arg), void *arg);
bool wadi__tracker_has_receivers(wadi__tracker *tracker);
/* Cuts the open blocks of all receivers, as those that were filled until `time_ms`. */
void wadi__tracker_cut(wadi__tracker *tracker, int64_t time_ms);

/* ---- Blocks ---- */

/* A block that is to be stored, which then counts for the bound; takes over the caller's reference, and copies
 * the metadata. NULL: no memory, and the block is still the caller's. Any thread. */
wadi__received *wadi__received_new(wadi__tracker *tracker, int64_t id_ms, wadi__block *block,
                                   const void *metadata, size_t metadata_size);
void wadi__received_free(wadi__tracker *tracker, wadi__received *received);
/* Stores a block of an input whose blocks are not logged; takes it over. Any thread. */
void wadi__tracker_add(wadi__tracker *tracker, int input_id, wadi__received *received);
/* The log of an input's blocks; NULL: they are not logged. */
wadi__wal_writer *wadi__tracker_block_log(wadi__tracker *tracker, int input_id);
/* A block of this input is going to be logged, at received->log_ms, which is set: so what is logged from then on
 * stays. Then either it is given up, or .. Any thread. */
void wadi__tracker_expect(wadi__tracker *tracker, int input_id, wadi__received *received);
void wadi__tracker_give_up(wadi__tracker *tracker, wadi__received *received);
/* .. it lies at received->place, which is noted, in a new note of kind BLOCK that is taken over. Then told(arg) is
 * called by the log's thread: with WADI_OK the block is stored and the tracker's, else it is given up. */
void wadi__tracker_note(wadi__tracker *tracker, wadi__received *received, wadi__note *note,
                        void (*told)(void *arg, wadi_status status, const wadi_error *err), void *arg);
/* Logs the blocks of an input from now on, as spark.streaming.receiver.writeAheadLog.enable wants it. WADI_E_STATE: there
 * is no checkpoint directory. Before its receiver starts. */
wadi_status wadi__tracker_log_blocks(wadi__tracker *tracker, int input_id, wadi_error *err);
/* Where the blocks of an input are logged, now or by an earlier run; from wadi__malloc, NULL: no memory. */
char *wadi__tracker_block_dir(const wadi__tracker *tracker, int input_id);
/* Gives all unallocated blocks to the batch of this time, or as many as it may have; a time not above the last one
 * changes nothing. */
void wadi__tracker_allocate(wadi__tracker *tracker, int64_t time_ms);
/* Waits until what wadi__tracker_allocate() gave to the batch is safe in the log, or *is_over. An error: the batch must
 * not begin. When it could not be logged the blocks go to a later one. At once when blocks are not
 * logged. Any thread but the log's. */
wadi_status wadi__tracker_wait_durable(wadi__tracker *tracker, int64_t time_ms, const atomic_bool *is_over,
                                       wadi_error *err);
/* Whether a block waits for a batch, or is being stored. */
bool wadi__tracker_has_unallocated(wadi__tracker *tracker);
/* The blocks of a batch of one input, borrowed until they are forgotten; NULL: none. */
const wadi__received_list *wadi__tracker_blocks(wadi__tracker *tracker, int input_id, int64_t time_ms);
/* Drops the blocks of batches up to until_ms from memory, and for good up to gone_ms, which is not later:
 * a recovery may ask for those in between. */
void wadi__tracker_forget(wadi__tracker *tracker, int input_id, int64_t until_ms, int64_t gone_ms);
/* The metadata of the last block with some that was stored before the restart; NULL: there is none. */
const void *wadi__tracker_position(const wadi__tracker *tracker, int input_id, size_t *size);

/* Whether more may be received now. Any thread, often. */
bool wadi__tracker_has_room(const wadi__tracker *tracker);
/* Waits until there is room, or *is_over. Receiver thread. */
void wadi__tracker_wait_room(wadi__tracker *tracker, const atomic_bool *is_over);
/* Waits until blocks were dropped, or *is_over: to try again after memory was refused. */
void wadi__tracker_wait_turn(wadi__tracker *tracker, const atomic_bool *is_over);
/* Wakes all who wait for a tracker, as their *is_over may have changed. */
void wadi__tracker_wake(wadi__tracker *tracker);
#endif
