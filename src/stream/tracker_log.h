/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_log.h: the log of what happens to received blocks: DIR/receivedBlockMetadata
 * (docs/formats/log.md).
 *
 * Notes are taken without waiting; those that have come while one record was written make up the
 * next. */
#ifndef WADI_STREAM_TRACKER_LOG_H
#define WADI_STREAM_TRACKER_LOG_H
#include "stream/log_writer.h"

typedef enum wadi__tracked {                               /* numbers of the format */
                             WADI__TRACKED_BLOCK = 1,      /* was stored */
                             WADI__TRACKED_ALLOCATION = 2, /* blocks were given to a batch */
                             WADI__TRACKED_CLEANUP =
                                 3, /* batches of a stream need none any more, up to a time */
                             WADI__TRACKED_POSITION =
                                 4, /* metadata of the last block of a stream that had some */
                             WADI__TRACKED_OLDEST = 5, /* all blocks before a number are gone; what
                                                          is older may be removed */
} wadi__tracked;

WADI_RECORD(wadi_tracker_event, (int32_t, kind),
            (int64_t, number),  /* BLOCK: ascending; POSITION: of its block; OLDEST: the first
                                 * that is not gone */
            (wadi_str, stream), /* BLOCK, CLEANUP, POSITION: its saved name */
            (int64_t, time_ms), /* BLOCK: when it was logged; ALLOCATION: the batch; CLEANUP: until;
                                 * OLDEST: the last batch that blocks were given to */
            (int64_t, id_ms),   /* BLOCK: the beginning of its block interval */
            (int64_t, rows),    /* BLOCK */
            (wadi_str, file),   /* BLOCK: where it lies in the stream's log; "": nowhere .. */
            (int64_t, offset), (int64_t, size_bytes), (bool, has_metadata), /* BLOCK, POSITION */
            (wadi_str, metadata), (wadi_int64_list, blocks)); /* ALLOCATION: their numbers */

typedef struct wadi__note wadi__note;
struct wadi__note { /* an event that is to be logged; from wadi__note_new() */
    wadi__note *next;
    wadi_tracker_event event; /* what it points at lives as long as the note */
    void *own;                /* such bytes of its own, from wadi__malloc; NULL: none */
    /* It is safe, or could not be written; the note goes after that. NULL: nobody waits. Log's
     * thread. */
    void (*done)(wadi__note *note, wadi_status status, const wadi_error *err);
    void *arg;       /* of done */
    bool is_patient; /* it goes with the next one that is not, or at the end: then no thread is
                        woken */
};
wadi__note *wadi__note_new(wadi__tracked kind); /* NULL: no memory */
void wadi__note_free(wadi__note *note);

typedef struct wadi__tracker_log wadi__tracker_log;
/* options->is_single: a record for each note. NULL: err says why. */
wadi__tracker_log *wadi__tracker_log_new(wadi__env *env, const wadi__wal_options *options,
                                         wadi_error *err);
/* Writes what waits. NULL is fine. */
void wadi__tracker_log_free(wadi__tracker_log *log);
/* Takes the note over. now_ms: by the generator's clock. A block gets its number, which is
 * returned. Any thread; never waits. */
int64_t wadi__tracker_log_add(wadi__tracker_log *log, wadi__note *note, int64_t now_ms);
/* The first number that a block may still get, or that is on its way into the log. */
int64_t wadi__tracker_log_settled(wadi__tracker_log *log);
/* The number of the next block; 1 at first. */
void wadi__tracker_log_set_next(wadi__tracker_log *log, int64_t number);
wadi__wal_writer *wadi__tracker_log_writer(const wadi__tracker_log *log);

/* Calls each(event, arg) for all that was logged, in order, until it returns something else than
 * WADI_OK. Events may come twice, when a write failed and was tried again. */
typedef wadi_status wadi__tracker_event_fn(const wadi_tracker_event *event, void *arg,
                                           wadi_error *err);
wadi_status wadi__tracker_log_replay(wadi__env *env, const char *dir, wadi__tracker_event_fn *each,
                                     void *arg, wadi_error *err);
#endif
