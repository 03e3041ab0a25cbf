/* SPDX-License-Identifier: Apache-2.0 */
/* counting.h: how many records a task reads, and gives, where a listener wants to hear of tasks.
 * That costs a call for each chunk. */
#ifndef WADI_EXEC_COUNTING_H
#define WADI_EXEC_COUNTING_H
#include "rdd/pipeline.h"

/* A sink before `next` that counts what comes through as read by the task; as given. `next` itself
 * where nobody counts. NULL: the task has failed. */
wadi__sink *wadi__counting_in(wadi__task *task, wadi__sink *next);
wadi__sink *wadi__counting_out(wadi__task *task, wadi__sink *next);
#endif
