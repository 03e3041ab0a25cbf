/* SPDX-License-Identifier: Apache-2.0 */
/* accumulator.h: what the files of accumulators share: accumulator.c has what tasks and the driver
 * do with one, batch_additions.c what waits for the end of a batch, accumulator_saved.c what a
 * checkpoint keeps. */
#ifndef WADI_EXEC_ACCUMULATOR_H
#define WADI_EXEC_ACCUMULATOR_H
#include "exec/shared_vars.h"

/* Something that additions are merged into; guarded by the lock of the shared variables. */
typedef struct wadi__sum {
    char *value;
    wadi__keep *keep; /* what it points at; NULL: nothing that is not the zero's */
    uint64_t version;
} wadi__sum;

struct wadi__accumulator {
    uint64_t id;
    char *name;
    wadi_where where;
    const wadi__type *type;
    wadi__bound_fn *merge;
    char *zero;
    wadi__keep *zero_keep; /* what it points at */
    wadi__sum sum;
    char *shown; /* as the driver saw it last: one thread at a time */
    wadi__keep *shown_keep;
};

/* What one try of a task added; in its scratch. */
struct wadi__task_updates {
    struct wadi__task_updates *next;
    wadi__accumulator *to;
    const wadi_type *pub; /* as the body names the type of its records */
    const wadi_fn *code;  /* of the merge */
    char *value;
    /* The sum with that: */
    wadi__sum *into;
    char *merged;
    wadi__keep *keep; /* what it points at */
    uint64_t version; /* that it was made from */
};
typedef struct wadi__task_updates wadi__task_updates;

/* A copy of a sum and a reference to what it points at; returns its version. */
uint64_t wadi__sum_copy(wadi__shared_vars *vars, const wadi__type *type, const wadi__sum *from,
                        char *value, wadi__keep **keep);
/* An update of the task, whose value is the accumulator's zero. NULL: the task has failed. */
wadi__task_updates *wadi__accumulator_update(wadi__task *task, wadi__accumulator *to);
/* Makes u->merged: the sum that u goes into with what u adds. False: the task has failed. */
bool wadi__accumulator_merge_aside(wadi__task *task, wadi__task_updates *u);
/* Puts all that was made aside in place. False: some sum has changed meanwhile. holds the lock */
bool wadi__accumulator_put_in_place(wadi__task_updates *updates);

/* A task for merging on the driver. False: no memory, and it has failed. */
bool wadi__accumulator_task_init(wadi__task *task, wadi_context *sc, int64_t batch_ms);
void wadi__accumulator_task_fini(wadi__task *task);

/* The batch's own sum for an accumulator. NULL: it has none; if one is wanted, no memory. */
wadi__sum *wadi__batch_additions_sum(wadi__batch_additions *batch, wadi__accumulator *to,
                                     bool is_wanted);
/* The batch, if it is one of this context; else NULL: additions count at once. */
wadi__batch_additions *wadi__batch_additions_for(const wadi_context *sc,
                                                 wadi__batch_additions *batch);

/* Enters a new accumulator, with what was restored under its name. False: no memory, or err says
 * why, and it stays the caller's. */
bool wadi__accumulator_list(wadi_context *sc, wadi__accumulator *made, wadi_error *err);
#endif
