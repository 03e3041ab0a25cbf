/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_parts.h: what the files of the tracker share: tracker.c, tracker_batches.c,
 * tracker_notes.c, tracker_replay.c. */
#ifndef WADI_STREAM_TRACKER_PARTS_H
#define WADI_STREAM_TRACKER_PARTS_H
#include "stream/tracker.h"

typedef struct wadi__allocation { /* the blocks of one batch of one input */
    int64_t time_ms;
    wadi__received_list blocks;
    bool is_dropped; /* from memory */
} wadi__allocation;

typedef struct wadi__tracked_list { /* linked by their `next` */
    wadi__received *first, *last;
} wadi__tracked_list;

typedef struct wadi__tracked_input {
    wadi_dstream *stream;
    wadi__wal_writer *log; /* of its blocks; NULL: they are not logged */
    wadi__tracked_list unallocated;
    wadi__tracked_list expected;             /* that are being logged; their owners' */
    WADI__VEC(wadi__allocation *) allocated; /* ascending times */
    void *position;                          /* metadata of the last block that had some */
    size_t position_size;
    int64_t position_number; /* of that block */
} wadi__tracked_input;

typedef struct wadi__lost_batch { /* whose allocation could not be logged */
    int64_t time_ms;
    char message[300];
} wadi__lost_batch;

struct wadi__tracker {
    wadi_stream_context *ssc;
    pthread_mutex_t receivers_lock; /* taken before a receiver's own, and that before `lock` */
    WADI__VEC(wadi_receiver *) receivers;
    wadi__tracker_log *log; /* NULL: there is none */
    pthread_mutex_t lock;   /* guards all below */
    int input_count;
    wadi__tracked_input *inputs;
    uint64_t batch_rows_max;   /* of an input, that one batch takes */
    int64_t last_ms;           /* of allocation */
    int64_t durable_ms;        /* up to this one it is logged, or known that it is not */
    wadi__lost_batch lost[16]; /* the last such, in turn */
    uint32_t lost_count;
    bool is_cleaning;        /* the log of notes, once it has noted what is left .. */
    int64_t clean_ms;        /* .. of what is older than that */
    atomic_bool logs_blocks; /* some input's */
    atomic_size_t stored_bytes, unallocated_bytes;
    size_t bytes_max; /* of both; unallocated ones may be half of it: see has_room */
    wadi__event room, durable;
};

void wadi__tracked_put_last(wadi__tracked_list *list, wadi__received *received);
/* The block waits for a batch again, or not any more: for the bound. */
void wadi__tracked_set_allocated(wadi__tracker *tracker, wadi__received *received,
                                 bool is_allocated);
/* Takes the block out of memory. */
void wadi__tracked_drop(wadi__tracker *tracker, wadi__received *received);

/* By the clock of the generator. */
int64_t wadi__tracker_now_ms(const wadi__tracker *tracker);
/* tracker_notes.c; without a log they do nothing. None holds a lock. */
void wadi__tracker_tell_block(wadi__tracker *tracker, int input_id, wadi__received *received);
void wadi__tracker_tell_cleanup(wadi__tracker *tracker, int input_id, int64_t gone_ms);
/* A note of an allocation with room for so many numbers. False: no memory. *note stays NULL without
 * a log. */
bool wadi__tracker_allocation_note(wadi__tracker *tracker, size_t count, wadi__note **note);
void wadi__tracker_tell_allocation(wadi__tracker *tracker, wadi__note *note);
void wadi__tracker_lose(wadi__tracker *tracker, int64_t time_ms, const char *message);
/* Removes what is not needed from the logs. */
void wadi__tracker_clean_logs(wadi__tracker *tracker);
/* tracker_replay.c: takes up what the log of notes in `dir` tells. */
wadi_status wadi__tracker_replay(wadi__tracker *tracker, const char *dir, const wadi__past *past,
                                 wadi_error *err);
#endif
