/* SPDX-License-Identifier: Apache-2.0 */
/* shared_vars.h: broadcasts and accumulators of a context; a file for each.
 *
 * What a task adds stays with the task until it has succeeded; only then is it merged, all of it
 * or, when a merge fails, nothing. So a failed try counts nothing. In a batch it is merged into
 * what the batch holds, and that into the accumulators when the batch has ended, in the order of
 * batches: a batch that will be run again counts once. */
#ifndef WADI_EXEC_SHARED_VARS_H
#define WADI_EXEC_SHARED_VARS_H
#include "data/print.h"
#include "rdd/rdd.h"

typedef struct wadi__accumulator wadi__accumulator;         /* accumulator.c */
typedef struct wadi__broadcast wadi__broadcast;             /* broadcast.c */
typedef struct wadi__batch_additions wadi__batch_additions; /* batch_additions.c */
typedef struct wadi__restored wadi__restored;               /* accumulator_saved.c */

typedef struct wadi__shared_vars {
    pthread_mutex_t lock; /* guards all below, and the values of accumulators */
    WADI__VEC(wadi__accumulator *) accumulators; /* until the context goes, as all broadcasts */
    WADI__VEC(wadi__broadcast *) broadcasts;
    wadi__batch_additions *first_batch, *last_batch; /* that have not been merged, oldest first */
    bool is_merging;                                 /* some thread merges the first of them */
    int64_t merged_ms;     /* the newest batch whose additions count, or were dropped; 0: none */
    bool has_unique_names; /* no second accumulator of a name may be made */
    WADI__VEC(wadi__restored *) restored; /* what a checkpoint had, and nobody has made yet */
} wadi__shared_vars;

/* NULL: no memory. */
wadi__shared_vars *wadi__shared_vars_new(wadi_context *sc);
void wadi__shared_vars_free(wadi__shared_vars *vars);
void wadi__accumulator_free(wadi__accumulator *accumulator);
void wadi__broadcast_free(wadi__broadcast *broadcast);
/* Why one cannot be made or read sticks to the scope. `where` may be NULL. `err` without a status:
 * no memory. */
void wadi__shared_vars_fail(wadi_context *sc, const wadi_where *where, const char *what,
                            const wadi_error *err);

/* After a try of a task that has not failed: merges what it added. It may fail now. */
void wadi__shared_vars_commit(wadi__task *task);
/* After every try: forgets what it added. */
void wadi__shared_vars_forget(wadi__task *task);

/* ---- Batches ---- */

/* Holds the additions of tasks that run in scopes which name it, and shows them to readers there.
 * Batches begin in their order. NULL: no memory. */
wadi__batch_additions *wadi__batch_additions_begin(wadi_context *sc, int64_t batch_ms);
/* It is run again, and its additions counted before: now they are neither shown nor counted. Before its tasks. */
void wadi__batch_additions_counted(wadi__batch_additions *batch);
/* After the last of its tasks: its additions count, as soon as those of earlier batches do, or are
 * dropped. Frees it. The error is that of its own merging, of which then nothing counts. */
wadi_status wadi__batch_additions_end(wadi__batch_additions **batch, bool counts, wadi_error *err);

/* ---- Checkpoints ---- */

/* Sees a named accumulator: `value` is one record of `type`, for this call. */
typedef wadi_status wadi__accumulator_seen(void *arg, const char *name, const wadi__type *type,
                                           const void *value, wadi_error *err);
/* Shows all that have names, in the order of their making, as they were at one moment: with the
 * additions of all batches up to *merged_ms and of none after it. Those restored that nobody has
 * made yet come last. Ends at the first error. Any thread. */
wadi_status wadi__accumulators_each(wadi_context *sc, wadi__accumulator_seen *seen, void *arg,
                                    int64_t *merged_ms, wadi_error *err);
/* Appends a frame with the value: what restoring takes. */
wadi_status wadi__accumulator_save(wadi__text *out, const wadi__type *type, const void *value,
                                   wadi_error *err);
/* Sets the accumulator of that name; if there is none yet, the first one made. Before tasks run. */
wadi_status wadi__accumulator_restore(wadi_context *sc, const char *name, const void *bytes,
                                      size_t size, wadi_error *err);
void wadi__restored_free(wadi__restored *restored);
/* From now on names are refused a second time. Returns the first that is there twice, and where
 * the second was made; or NULL. */
const char *wadi__accumulators_want_unique_names(wadi_context *sc, wadi_where *where);
#endif
