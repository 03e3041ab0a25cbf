/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h: tells the listeners of a program what happens in it (base/listener_bus.h). Nothing is
 * done while nobody listens.
 *
 * The calls named wadi__tell_.. may be made under a lock, in the order in which listeners are to
 * hear of things; wadi__listeners_wake() is called afterwards, without it. */
#ifndef WADI_STREAM_LISTENER_H
#define WADI_STREAM_LISTENER_H
#include "stream/batch.h"
#include "stream/stream_context.h"

typedef enum wadi__event_kind {
    WADI__EVENT_STREAMING_STARTED,
    WADI__EVENT_RECEIVER_STARTED,
    WADI__EVENT_RECEIVER_ERROR,
    WADI__EVENT_RECEIVER_STOPPED,
    WADI__EVENT_BATCH_SUBMITTED,
    WADI__EVENT_BATCH_STARTED,
    WADI__EVENT_BATCH_COMPLETED,
    WADI__EVENT_OUTPUT_STARTED,
    WADI__EVENT_OUTPUT_COMPLETED,
} wadi__event_kind;

/* At start, if there are listeners. False: no memory, or no thread. */
bool wadi__listeners_start(wadi_stream_context *ssc);
/* Delivers what waits. False: a listener has not returned at the deadline. */
bool wadi__listeners_stop(wadi_stream_context *ssc, int64_t deadline_ns);
void wadi__listeners_free(wadi_stream_context *ssc);
/* Whether the calling thread is in a listener of this program. */
/* Events that were dropped, since listeners are slow. */
uint64_t wadi__listeners_dropped(const wadi_stream_context *ssc);
bool wadi__listeners_run_here(const wadi_stream_context *ssc);
void wadi__listeners_wake(const wadi_stream_context *ssc);

void wadi__tell_streaming_started(const wadi_stream_context *ssc, int64_t time_ms);
/* The receiver's lock is held. */
void wadi__tell_receiver(wadi__event_kind kind, const wadi_receiver *receiver);
/* The scheduler's lock is held, or no job of the batch has begun. */
void wadi__tell_batch(const wadi_stream_context *ssc, wadi__event_kind kind,
                      const wadi__batch *batch);
void wadi__tell_output(const wadi_stream_context *ssc, wadi__event_kind kind,
                       const wadi__batch *batch, const wadi__job *job);
#endif
