/* SPDX-License-Identifier: Apache-2.0 */
/* shared_vars.h: broadcasts and accumulators of a context.
 *
 * What a task adds stays with the task until it has succeeded; only then is it merged. So a failed try
 * counts nothing. Additions of tasks of a batch are held with the batch's scope. */
#ifndef WADI_EXEC_SHARED_VARS_H
#define WADI_EXEC_SHARED_VARS_H
#include "rdd/rdd.h"

typedef struct wadi__shared_vars wadi__shared_vars;

/* NULL: no memory. */
wadi__shared_vars *wadi__shared_vars_new(wadi_context *sc);
void wadi__shared_vars_free(wadi__shared_vars *vars);

/* After a try of a task: merges what it added, or (always) releases it. */
void wadi__shared_vars_commit(wadi__task *task);
void wadi__shared_vars_forget(wadi__task *task);
#endif
