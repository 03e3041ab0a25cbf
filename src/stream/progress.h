/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: how a program is doing: what its last batches took, and how many there were. For the
 * log, `wadi status` and `wadi top`, and the watchdog. Part of its stream context; any thread. */
#ifndef WADI_STREAM_PROGRESS_H
#define WADI_STREAM_PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__PROGRESS_KEPT = 64 };

typedef struct wadi__progress_batch { /* that has ended */
    int64_t batch_ms, records;
    int64_t scheduling_ms, processing_ms, total_ms;
    bool has_failed;
} wadi__progress_batch;

typedef struct wadi__progress { /* guarded by the context's lock */
    uint64_t completed, failed; /* batches; those that failed have ended too, and count in both */
    int64_t records;            /* of all of them */
    wadi__progress_batch
        last[WADI__PROGRESS_KEPT]; /* in turn: number `completed` - 1 is the newest */
} wadi__progress;

struct wadi__batch;
struct wadi_stream_context;
/* A batch's last job has ended: it is counted, and a line of the log says so. No lock is held. */
void wadi__progress_ended(struct wadi_stream_context *ssc, const struct wadi__batch *batch);
/* A copy of what there is. */
wadi__progress wadi__progress_now(struct wadi_stream_context *ssc);
#endif
