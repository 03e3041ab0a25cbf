/* SPDX-License-Identifier: Apache-2.0 */
/* backend.h: where tasks run. The only way from the driver to a task.
 *
 * The engine cuts a job into stages and hands the tasks of those that can run now, a task set, to the
 * backend of its context; an executor runs each with wadi__task_run(). What crosses is names and data:
 * nodes of the lineage graph name their operator and their functions, parameters and captured values
 * are records, blocks and shuffles go by id. In this process the nodes themselves are shared. */
#ifndef WADI_EXEC_BACKEND_H
#define WADI_EXEC_BACKEND_H
#include "exec/shuffle.h"

typedef struct wadi__stage {
    uint64_t id;
    const wadi_rdd *rdd;        /* whose partitions its tasks compute */
    const wadi_rdd *child;      /* map stage: the node that asks for the shuffle .. */
    uint32_t parent;            /* .. as its parent number .. */
    wadi__shuffle_data *shuffle; /* .. and where the output goes; NULL: a result stage */
    bool is_second_pass;        /* map stage: over what its tasks wrote the first time */
    bool is_sorting;            /* map stage: over what its tasks left loose, a task for each portion */
    const wadi__action *action; /* result stage */
    wadi__task_result *results; /* result stage: one for each task */
    const uint32_t *partitions; /* that tasks compute; NULL: task i partition i */
    uint32_t task_count;
    int64_t batch_ms;           /* that tasks are told; 0: outside a batch */
    /* For listeners: */
    const struct wadi__job_told *job; /* that it belongs to; NULL: nobody listens */
    int64_t number, submission_ms;
    atomic_llong run_ns;        /* of the tries of its tasks so far .. */
    atomic_uint failed_count;   /* .. and how many of them failed */
} wadi__stage;

typedef enum wadi__task_state { WADI__TASK_WAITING, WADI__TASK_DONE, WADI__TASK_FAILED } wadi__task_state;
typedef struct wadi__task_slot { /* one task of a set */
    uint32_t stage, index;
    uint32_t attempt;
    wadi__task_state state;
    bool had_no_memory; /* the last try */
    bool is_short;      /* its tries are to need little */
} wadi__task_slot;

typedef struct wadi__task_set {
    wadi_context *sc;
    wadi__stage *stages;
    uint32_t stage_count;
    wadi__task_slot *tasks;
    uint32_t task_count;
    wadi__scope *scope; /* of the job; its is_cancelled is set by whoever gives up */
    /* Of the backend: */
    struct wadi__task_set *next, *next_running;
    uint32_t claimed, finished;
    wadi_error err; /* of the task that failed last; guarded by the backend's lock */
} wadi__task_set;

typedef struct wadi__backend wadi__backend;
typedef struct wadi__backend_ops {
    const char *name; /* the master's kind: "local" */
    /* Runs every waiting task of the set once; returns when none runs any more. Each is then DONE or
     * FAILED, or still WAITING if the set was cancelled. The calling thread may run tasks itself. */
    void (*run)(wadi__backend *backend, wadi__task_set *set);
    /* Cancels the sets that run now; run() soon returns. Later ones are not run at all. */
    void (*stop)(wadi__backend *backend);
    /* Lets run() look at its set's is_cancelled again. */
    void (*wake)(wadi__backend *backend);
    /* Takes a slot away from tasks, for a receiver, and gives it back. */
    void (*reserve_slot)(wadi__backend *backend);
    void (*return_slot)(wadi__backend *backend);
    uint32_t (*slot_count)(wadi__backend *backend); /* in all */
    void (*destroy)(wadi__backend *backend);
} wadi__backend_ops;
struct wadi__backend {
    const wadi__backend_ops *ops;
};

/* Threads of this process. NULL: no memory. */
wadi__backend *wadi__backend_local_new(wadi__env *env, uint32_t slots);

/* On an executor: runs one task. WADI_OK, or why it failed. */
wadi_status wadi__task_run(wadi__task_set *set, wadi__task_slot *slot, wadi_error *err);
/* The task that the calling thread runs now, or NULL. */
wadi__task *wadi__task_running(void);
/* Ends what the task holds now: its operators' ends, its chunks and its memory, but what is to last over several of its
 * parts. */
void wadi__task_end_scope(wadi__task *task);
#endif
