/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h: the engine of a context: it cuts jobs into stages, hands their tasks to the backend,
 * tries failed ones again, and keeps what shuffles and persisted RDDs left. */
#ifndef WADI_EXEC_ENGINE_H
#define WADI_EXEC_ENGINE_H
#include "exec/backend.h"
#include "exec/block_store.h"
#include "exec/saved.h"
#include "exec/spill.h"

struct wadi__engine {
    wadi_context *sc;
    wadi__backend *backend;
    wadi__shuffle_store shuffles;
    wadi__block_store blocks;
    wadi__saved saved;
    wadi__spill *spill;
    uint32_t slots;
    uint32_t failures_max; /* spark.task.maxFailures */
    /* How many keys the aggregations of a place in the program had lately: a tag of the place in
     * the upper half, so that another place does not take it for its own. [0] reduce, [1] map
     * tasks. */
    atomic_ullong keys_seen[2][256];
};

/* Of a master: local has 1, local[n] n, local[*] the cores; 0: it is none of them. */
uint32_t wadi__master_slots(const char *master);

/* NULL: no memory. */
wadi__engine *wadi__engine_new(wadi_context *sc, uint32_t slots, uint32_t failures_max);
/* Cancels what runs; jobs fail from now on. */
void wadi__engine_stop(wadi__engine *engine);
void wadi__engine_free(wadi__engine *engine);

extern const wadi__engine_ops wadi__engine_ops_table;

/* The sealed data of a shuffle, which the task keeps. NULL: the task has failed. */
wadi__shuffle_data *wadi__engine_shuffle(wadi__task *task, uint64_t id);

/* Joins a node's own operator to the sink, whatever is stored of it. NULL: the task has failed. */
wadi__cursor *wadi__engine_open_operator(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                         wadi__sink *sink);
/* Opens a persisted node: what is stored of it, or its operator, after storing what that gives. */
wadi__cursor *wadi__persisted_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                   wadi__sink *sink);

/* Remembers how many keys a table of this node had in the task, for the next time that one is made.
 */
static inline void wadi__engine_note_keys(wadi__task *task, const wadi_rdd *rdd, uint64_t count) {
    if (count <= task->keys_seen) return;
    task->keys_seen = count;
    task->keys_at = rdd;
}
/* For how many keys to make a table of this node's aggregation. */
size_t wadi__engine_expected_keys(wadi_context *sc, const wadi_rdd *rdd, bool is_map_side);
#endif
