/* SPDX-License-Identifier: Apache-2.0 */
/* status_engine.h: the engine's part of the status store: jobs, stages, what is cached, executors.
 * Of jobs, stages and tries of tasks the newest are kept (spark.ui.retainedJobs, .retainedStages,
 * .retainedTasks). */
#ifndef WADI_UI_STATUS_ENGINE_H
#define WADI_UI_STATUS_ENGINE_H
#include "base/vec.h"

#include <wadi/listener.h>

typedef struct wadi__status_store wadi__status_store;

enum {
    WADI__STATUS_STORED_MAX = 1000,
    WADI__STATUS_PLACES_MAX = 1 << 18, /* partitions of all cached datasets that are told apart */
    WADI__STATUS_STAGES_OF_JOB_MAX = 16,
};

typedef struct wadi__job_row {
    int64_t id, batch_ms, submission_ms, completion_ms; /* -1: it runs */
    int output_id;
    char *failure;                                     /* own; NULL: none */
    int64_t stage_ids[WADI__STATUS_STAGES_OF_JOB_MAX]; /* the first ones */
    uint32_t stage_count, stages_done, stages_failed;
    uint32_t task_count, tasks_done, tasks_failed; /* of its stages so far */
    char name[];
} wadi__job_row;

typedef struct wadi__operator_row {
    uint64_t rdd_id;
    const char *name;
    bool is_stored;
    size_t parent_count;
    const uint64_t *parents;
} wadi__operator_row;
typedef struct wadi__task_row { /* a try of a task that has ended */
    int64_t id, start_ms, run_ms;
    int64_t records_in, records_out; /* -1: not known */
    uint32_t index, partition_index, attempt;
    char *failure; /* own; NULL: none */
} wadi__task_row;
typedef struct wadi__stage_row { /* one piece of memory, but for `failure` and `tasks` */
    int64_t id, job_id, submission_ms, completion_ms, run_ms; /* -1: not yet */
    uint32_t task_count, failed_task_count;
    uint32_t tasks_done;             /* that have succeeded so far, as it was told of them .. */
    int64_t records_in, records_out; /* .. and what they read and gave; -1: not known */
    WADI__VEC(wadi__task_row) tasks; /* in the order in which their ends were told */
    bool has_lost_tasks;             /* some are not kept any more */
    char *failure;                   /* own; NULL: none */
    const char *name;
    size_t operator_count;
    wadi__operator_row *operators;
} wadi__stage_row;

typedef enum wadi__stored_in { WADI__IN_NOTHING, WADI__IN_MEMORY, WADI__ON_DISK } wadi__stored_in;
typedef struct wadi__stored_place { /* where a partition is, and what it takes there */
    int64_t size_bytes;
    wadi__stored_in in;
} wadi__stored_place;
typedef struct wadi__stored_row { /* a cached dataset */
    uint64_t rdd_id;
    char *name;
    uint32_t partition_count, stored_count;
    int64_t memory_bytes, disk_bytes;
    WADI__VEC(wadi__stored_place) places; /* by partition, as far as they were told of */
} wadi__stored_row;

typedef struct wadi__engine_part {
    size_t jobs_max, stages_max;
    wadi__job_row **jobs;           /* jobs_max places: job i at i % jobs_max .. */
    wadi__stage_row **stages;       /* .. and stages likewise */
    int64_t jobs_seen, stages_seen; /* one more than the largest id */
    int64_t jobs_done, jobs_failed, jobs_active;
    int64_t stages_done, stages_failed, stages_active;
    int64_t tasks_done, tasks_failed, run_ms;
    size_t tasks_max, task_count; /* rows of tasks of all stages */
    int64_t tasks_seen;
    int64_t tasks_from; /* stages before this one have none */
    WADI__VEC(wadi__stored_row) stored;
    size_t place_count; /* of all of them */
    uint32_t slots;     /* of the executor; 0: not known yet */
} wadi__engine_part;

void wadi__engine_part_fini(wadi__engine_part *part);
wadi_engine_listener wadi__status_engine_listener(wadi__status_store *store);
/* holds lock. NULL: not known, or gone. */
const wadi__job_row *wadi__status_job(const wadi__status_store *store, int64_t id);
const wadi__stage_row *wadi__status_stage(const wadi__status_store *store, int64_t id);
#endif
