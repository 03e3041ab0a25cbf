/* SPDX-License-Identifier: Apache-2.0 */
/* state.h: the state of a stream: what it keeps for each key, partition by partition, and how it
 * goes from batch to batch.
 *
 * Each batch is a step: a node of the graph that brings the state up to date. The job generator
 * adds steps, in order. The first job that reads the state as of a batch runs all steps up to it
 * that have not been, each in a job of its own, oldest first; other jobs wait for it. So a batch is
 * applied once, before the next, whatever becomes of its outputs; and while a step fails, so does
 * every job that needs it or a later one, and each tries it again. A partition that has applied a
 * step already does nothing when it is tried again.
 *
 * A task that updates a partition has it alone until it ends; then what it did counts, or is
 * undone. Tasks that read may be many. A batch can be read for as long as there is a node that
 * reads it.
 *
 * Counted: the stream and every node hold it. `lock` guards what the comments say. */
#ifndef WADI_STREAM_STATE_H
#define WADI_STREAM_STATE_H
#include "base/event.h"
#include "rdd/ops/state.h"
#include "stream/state_store.h"

typedef struct wadi__state wadi__state;

typedef struct wadi__state_output { /* what a batch emitted */
    int64_t batch_ms;
    wadi__block *block; /* one reference */
} wadi__state_output;

typedef struct wadi__state_partition {
    wadi__state_store store;
    int64_t batch_ms;                      /* the newest that was applied; INT64_MIN: none */
    WADI__VEC(wadi__state_output) outputs; /* mapWithState; oldest first */
    uint32_t readers;                      /* tasks; guarded by lock */
    bool is_written;                       /* guarded by lock */
    uint64_t keys, bytes;                  /* after the last step; guarded by lock */
} wadi__state_partition;

typedef struct wadi__state_step {
    int64_t batch_ms;
    wadi_rdd *update; /* one reference; NULL: there is nothing to do */
} wadi__state_step;

typedef struct wadi__state_held { /* nodes that read a batch */
    int64_t batch_ms;
    uint32_t count;
} wadi__state_held;

struct wadi__state {
    wadi__counted counted;
    wadi_context *sc;
    const wadi__type *type;   /* of states */
    const wadi__bound_fn *fn; /* the stream's */
    int64_t timeout_ms;       /* 0: none */
    bool is_mapped;           /* mapWithState: outputs are kept, and, with a time-out, times */
    wadi__capture_sink saver; /* takes what changes; one reference. NULL: nobody does */
    uint32_t partition_count;
    wadi__state_partition *partitions;
    pthread_mutex_t lock;
    wadi__event changed; /* for tasks and jobs: anything below, or of the partitions */
    WADI__VEC(wadi__state_step)
    steps;                            /* not applied, oldest first; guarded by lock, as all below */
    WADI__VEC(wadi__state_held) held; /* any order */
    int64_t applied_ms;   /* the newest batch that all partitions have; INT64_MIN: none */
    int64_t forgotten_ms; /* the newest that cannot be read any more; INT64_MIN: none */
    bool is_applying;     /* a step is being run */
};

/* Takes a reference to `fn`. NULL: no memory. */
wadi__state *wadi__state_new(wadi_context *sc, wadi__bound_fn *fn, uint32_t partition_count,
                             bool is_mapped, int64_t timeout_ms);
/* Gives the stream's reference up. Steps that were never applied go: their nodes hold the state,
 * and it them. No job runs any more. NULL is fine. */
void wadi__state_close(wadi__state *state);

/* ---- Saving and loading (state_load.c), before the first step ---- */

/* How large it is, after the last step of each partition. Any thread. */
void wadi__state_size(wadi__state *state, uint64_t *keys, uint64_t *bytes);

/* What changes is handed to the saver after the steps that say so. Takes a reference. */
void wadi__state_follow(wadi__state *state, const wadi__capture_sink *saver);
/* Keys are about to be loaded, so many at most. */
wadi_status wadi__state_expect(wadi__state *state, uint64_t keys, wadi_error *err);
/* Puts what a saver has taken once where its keys belong now. `by`: the partitioner, NULL: by hash.
 */
wadi_status wadi__state_load(wadi__state *state, const wadi__bound_fn *by,
                             const wadi__section *section, wadi_error *err);
/* What was loaded is the state after batch_ms. */
void wadi__state_go_on_from(wadi__state *state, int64_t batch_ms);

/* ---- Job generator ---- */

/* Adds the next batch; takes a reference to its update, which may be NULL. False: no memory. */
bool wadi__state_add_step(wadi__state *state, int64_t batch_ms, wadi_rdd *update);

typedef enum wadi__state_part { WADI__STATE_OUTPUTS, WADI__STATE_STATES } wadi__state_part;
/* A node that reads what a batch emitted, or all states after it. `partitioner` may be NULL. */
wadi_status wadi__state_read(wadi__state *state, int64_t batch_ms, wadi__state_part part,
                             const wadi__partitioner *partitioner, const wadi_where *where,
                             wadi_rdd **out, wadi_error *err);

/* ---- Tasks that update ---- */

extern const wadi__state_node_ops wadi__state_update_ops,
    wadi__state_map_ops; /* state_update.c, state_map.c */

/* One task's hold on a partition, in the task's scratch. */
typedef struct wadi__state_writing {
    wadi__state *state;
    wadi__state_partition *partition;
    wadi__state_store *store;
    wadi__task *task;
    int64_t batch_ms;
    wadi__block *output; /* of this batch, one reference; or NULL */
    bool is_done;        /* what was done is to count, if the task succeeds */
    bool is_captured;    /* and is to be saved */
    wadi__at_close at_close;
} wadi__state_writing;
/* Waits until the partition is free and opens a step on it, until the task ends. *has_batch: there
 * is nothing to do. False: the task has failed. */
bool wadi__state_write(wadi__state_writing *self, const wadi_rdd *rdd, uint32_t partition,
                       wadi__task *task, bool *has_batch);
/* Fails the task for want of memory: says how many keys and bytes there are. */
void wadi__state_no_memory(const wadi__state_writing *self);
#endif
