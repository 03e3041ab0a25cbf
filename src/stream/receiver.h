/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.h: a thread that takes data in, and the block that it is filling.
 *
 * The body, a user's function or one of the library's, runs until it returns; then it runs again after
 * the restart delay, unless the receiver is to stop. What it stores gathers in an open block, which the
 * generator cuts every block interval and before each batch; a large one is cut at once. */
#ifndef WADI_STREAM_RECEIVER_H
#define WADI_STREAM_RECEIVER_H
#include "stream/rate_limiter.h"
#include "stream/stream_context.h"

#include <wadi/source.h>

/* What a receiver runs. */
typedef struct wadi__receiver_ops {
    const char *name; /* "socket_text_stream", .. */
    /* Takes data in until it ends, or wadi_receiver_stopped(). Receiver thread. */
    void (*run)(wadi_receiver *receiver);
} wadi__receiver_ops;

struct wadi_receiver {
    wadi_stream_context *ssc;
    wadi_dstream *stream;
    const wadi__receiver_ops *ops;
    const char *host; /* of the sources that have a peer; else NULL */
    int port;
    wadi__thread *thread;

    pthread_mutex_t lock;  /* guards all below */
    wadi__event changed;
    atomic_bool is_stopping; /* also read without the lock */
    atomic_bool is_closed;   /* its last block is cut, nothing can be stored any more; also read without the lock */
    bool has_ended;          /* the thread's loop is over */
    bool ends_for_good;      /* wadi_receiver_stop() */
    int64_t restart_delay_ms; /* of the coming restart; -1: the default */
    WADI__VEC(wadi_conn *) conns; /* open ones of the body */
    void (*on_stop)(void *arg);
    void *on_stop_arg;
    char last_error[300];
    int64_t last_error_ms;
    uint64_t told[8];      /* hashes of the messages that were told last, in turn: they are not told again .. */
    uint32_t told_next;
    int64_t told_since_ns; /* .. and of others no more than so many from then on .. */
    uint32_t told_count, untold_count; /* .. the rest is counted */
    uint64_t restarts;

    struct wadi__storing *storing; /* logs its blocks; NULL: they are not logged. Set before its thread starts */
    wadi__block *open;     /* being filled; NULL: nothing yet */
    size_t open_bytes;     /* of records and strings in it, about .. */
    size_t block_bytes_max; /* .. and how many it may have before it is cut */
    void *last_metadata;
    size_t last_metadata_size;
    uint64_t stored_records;
    wadi__rate_limiter limiter; /* of records that gather in blocks; a body's own blocks are not held up */
};

/* A receiver of this stream, not started. NULL: no memory. */
wadi_receiver *wadi__receiver_new(wadi_dstream *stream, const wadi__receiver_ops *ops, const char *host, int port);
/* Takes a slot and starts the thread. */
wadi_status wadi__receiver_start(wadi_receiver *receiver, wadi_error *err);
/* Asks the body to end: connections are shut, waits end. */
void wadi__receiver_ask_to_stop(wadi_receiver *receiver);
/* Waits until it has; stores its last block. False: the deadline passed, and the body still runs. */
bool wadi__receiver_join(wadi_receiver *receiver, int64_t deadline_ns);
void wadi__receiver_free(wadi_receiver *receiver);

/* Records a second from now on, at most as many as its settings allow; 0 and less change nothing. Any thread. */
void wadi__receiver_set_rate(wadi_receiver *receiver, int64_t rate);
/* Hands the open block over to the tracker, as the one that was filled until `time_ms`. Any thread. */
void wadi__receiver_cut(wadi_receiver *receiver, int64_t time_ms);
/* Adds records to the open block. `holder` keeps alive what they point at; NULL: that is copied. Waits
 * while there is no room, and as the rate limit wants, until it is to stop. False: no memory, and none
 * was added; or it has ended. Any thread of the body. */
bool wadi__receiver_add(wadi_receiver *receiver, const void *rows, size_t count, wadi__counted *holder);
/* The stream's name, or the source's. */
const char *wadi__receiver_name(const wadi_receiver *receiver);
/* How long it waits before it starts again, unless told otherwise. */
int64_t wadi__receiver_restart_delay_ms(const wadi_receiver *receiver);
/* After memory was refused: waits until batches have released some, or it is to stop. */
void wadi__receiver_wait_turn(wadi_receiver *receiver);
/* Stores a whole block with its metadata, and logs it where blocks are logged; takes it over. An error: it is not
 * stored, and still the caller's. */
wadi_status wadi__receiver_add_block(wadi_receiver *receiver, wadi__block *block, const void *metadata,
                                     size_t metadata_size, wadi_error *err);
#endif
