/* SPDX-License-Identifier: Apache-2.0 */
/* job.h: what the files of actions share: running a job over all partitions, with the error sticking where
 * it belongs; and rows that are handed to the user. */
#ifndef WADI_RDD_ACTION_JOB_H
#define WADI_RDD_ACTION_JOB_H
#include "rdd/rdd.h"

/* Computes all partitions. False: it failed, and the error has stuck to the batch, or outside of one to
 * the RDD and the context; or it did nothing because an earlier failure of the batch stands. */
bool wadi__job_run(wadi_rdd *rdd, const wadi__action *action, wadi__action_each *each, void *arg);
/* The same for partitions from..until. */
bool wadi__job_run_some(wadi_rdd *rdd, uint32_t from, uint32_t until, const wadi__action *action,
                        wadi__action_each *each, void *arg);
/* Makes an error stick in the same way. */
void wadi__job_fail(wadi_rdd *rdd, const char *action_name, const wadi_error *err);

/* Rows on their way to the user: blocks, in the order of their partitions. */
typedef struct wadi__rows {
    wadi_rdd *rdd;
    const char *action_name;
    WADI__VEC(wadi__block *) blocks;
    uint64_t count;
    bool has_no_memory; /* some are missing */
} wadi__rows;
/* False: the RDD does not carry records of `type`; the error has stuck. */
bool wadi__rows_init(wadi__rows *rows, wadi_rdd *rdd, const char *action_name, const wadi_type *type);
/* Takes one more reference. False: no memory, which wadi__rows_take() will report. */
bool wadi__rows_add(wadi__rows *rows, wadi__block *block);
/* Side by side in memory that lives as long as the batch, or the context; NULL when there are none. */
const void *wadi__rows_take(wadi__rows *rows, size_t *n);
/* Nothing: NULL, 0. */
const void *wadi__rows_drop(wadi__rows *rows, size_t *n);
static inline const void *wadi__rows_none(size_t *n) {
    if (n != NULL) *n = 0;
    return NULL;
}

/* take, under another action's name. */
const void *wadi__take_named(wadi_rdd *rdd, const char *name, const wadi_type *type, size_t limit, size_t *n);
/* foreach and foreachPartition with a function that may be bound already. */
void wadi__rdd_run_foreach(wadi_rdd *in, wadi__action_kind kind, wadi__fn_arg f, wadi_fn_kind fn_kind);
#endif
