/* SPDX-License-Identifier: Apache-2.0 */
/* shared_vars.h: broadcasts and accumulators of a context; a file for each.
 *
 * What a task adds stays with the task until it has succeeded; only then is it merged, all of it or,
 * when a merge fails, nothing. So a failed try counts nothing. */
#ifndef WADI_EXEC_SHARED_VARS_H
#define WADI_EXEC_SHARED_VARS_H
#include "rdd/rdd.h"

typedef struct wadi__accumulator wadi__accumulator; /* accumulator.c */
typedef struct wadi__broadcast wadi__broadcast;     /* broadcast.c */

typedef struct wadi__shared_vars {
    pthread_mutex_t lock; /* guards all below, and the values of accumulators */
    WADI__VEC(wadi__accumulator *) accumulators; /* until the context goes, as all broadcasts */
    WADI__VEC(wadi__broadcast *) broadcasts;
} wadi__shared_vars;

/* NULL: no memory. */
wadi__shared_vars *wadi__shared_vars_new(wadi_context *sc);
void wadi__shared_vars_free(wadi__shared_vars *vars);
void wadi__accumulator_free(wadi__accumulator *accumulator);
void wadi__broadcast_free(wadi__broadcast *broadcast);
/* Why one cannot be made or read sticks to the scope. `err` NULL or without a status: no memory. */
void wadi__shared_vars_fail(wadi_context *sc, const char *what, const wadi_error *err);

/* After a try of a task that has not failed: merges what it added. It may fail now. */
void wadi__shared_vars_commit(wadi__task *task);
/* After every try: forgets what it added. */
void wadi__shared_vars_forget(wadi__task *task);
#endif
