/* SPDX-License-Identifier: Apache-2.0 */
/* action.h: what a job does with the records of a partition. Plain data: a kind by number, a function by
 * name, parameters. A file in action/ has the operator of each kind. */
#ifndef WADI_RDD_ACTION_H
#define WADI_RDD_ACTION_H
#include "rdd/pipeline.h"

#include <wadi/rdd.h>

typedef enum wadi__action_kind {
    WADI__ACTION_COLLECT,           /* all records */
    WADI__ACTION_COUNT,
    WADI__ACTION_TAKE,              /* the first `limit` */
    WADI__ACTION_TOP,               /* the `limit` with the largest or smallest `field`, in order */
    WADI__ACTION_SAMPLE,            /* `limit` by chance: those with the smallest random numbers, in order */
    WADI__ACTION_LOOKUP,            /* those with `key`, up to `limit` */
    WADI__ACTION_STATS,             /* of `field` */
    WADI__ACTION_HISTOGRAM,         /* of `field` */
    WADI__ACTION_FOREACH,
    WADI__ACTION_FOREACH_PARTITION,
    WADI__ACTION_SAVE_TEXT,         /* to `path` */
    WADI__ACTION_SAVE_OBJECT,
    WADI__ACTION_COMPUTE,           /* nothing: only to have it stored */
    WADI__ACTION_KIND_COUNT
} wadi__action_kind;

typedef struct wadi__action {
    wadi__action_kind kind;
    const wadi__bound_fn *fn;
    size_t limit;
    const wadi_field *field; /* NULL: the record itself */
    bool is_descending;
    const void *key;
    const double *bounds;    /* histogram */
    size_t bucket_count;
    const char *path;        /* save: where the part files go */
    uint64_t seed;           /* sample */
} wadi__action;

/* What a task gives back. */
typedef struct wadi__task_result {
    wadi__block *rows; /* one reference, or NULL */
    int64_t count;     /* of records: count; top, sample: that there were in all */
    wadi_statistics stats; /* .stdev holds the sum of squared differences from the mean */
    int64_t *counts;       /* histogram: from wadi__malloc */
} wadi__task_result;
void wadi__task_result_fini(wadi__task_result *result);

/* Gets the result of one partition, which it may take parts of. False ends the job: enough. */
typedef bool wadi__action_each(uint32_t partition, wadi__task_result *result, void *arg);

typedef struct wadi__action_ops {
    const char *name; /* of its function: shown in messages and pages */
    /* Computes one partition and fills in the result. Failure: the task has failed. Task thread. */
    void (*run)(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                wadi__task_result *result);
} wadi__action_ops;
const wadi__action_ops *wadi__action_ops_of(wadi__action_kind kind);

/* Pushes all records of the task's partition into `sink`, until *is_enough if that is not NULL. */
void wadi__action_drive(const wadi_rdd *rdd, wadi__task *task, wadi__sink *sink, const bool *is_enough);
#endif
