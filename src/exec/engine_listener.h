/* SPDX-License-Identifier: Apache-2.0 */
/* engine_listener.h: tells the listeners of a context what its engine does (base/listener_bus.h).
 * While nobody listens each call is one look at a pointer. */
#ifndef WADI_EXEC_ENGINE_LISTENER_H
#define WADI_EXEC_ENGINE_LISTENER_H
#include "exec/backend.h"
#include "exec/block_store.h"

#include <wadi/listener.h>

typedef struct wadi__engine_listeners wadi__engine_listeners;

typedef struct wadi__job_told { /* of a job, while it runs */
    int64_t id;
    int64_t batch_ms;
    int output_id;
    int64_t submission_ms;
    char name[200];
} wadi__job_told;

/* Whether somebody listens. */
static inline bool wadi__engine_is_heard(const wadi_context *sc) {
    return atomic_load_explicit(&sc->listeners, memory_order_acquire) != NULL;
}
/* Whether somebody wants to hear of tasks; of blocks. */
bool wadi__engine_tells_tasks(const wadi_context *sc);
bool wadi__engine_tells_blocks(const wadi_context *sc);

/* All but the first two are called only where somebody listens. Any thread; no lock is held. */
void wadi__tell_job_started(wadi_context *sc, wadi__job_told *job, const wadi_rdd *rdd,
                            const wadi__action *action);
void wadi__tell_job_ended(wadi_context *sc, const wadi__job_told *job, const char *failure);
/* Numbers the stage, and tells of it. */
void wadi__tell_stage_submitted(wadi_context *sc, wadi__stage *stage);
void wadi__tell_stage_completed(wadi_context *sc, const wadi__stage *stage, const char *failure);
void wadi__tell_task_ended(wadi_context *sc, const wadi_task_info *task);
void wadi__tell_block_stored(const wadi_rdd *rdd, uint32_t partition_index, int64_t size_bytes,
                             bool is_on_disk);
/* It has left memory, for disk or for good. */
void wadi__tell_block_evicted(wadi_context *sc, const wadi__evicted *left);
void wadi__tell_unpersisted(wadi_context *sc, uint64_t rdd_id);

/* Events that were dropped, since listeners are slow. */
uint64_t wadi__engine_events_dropped(const wadi_context *sc);
/* Delivers what waits. False: a listener has not returned in time, and all must be left as it is.
 */
bool wadi__engine_listeners_stop(wadi_context *sc);
void wadi__engine_listeners_free(wadi_context *sc);
#endif
