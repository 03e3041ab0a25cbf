/* SPDX-License-Identifier: Apache-2.0 */
/* state_view.h: the states of a partition as they were after a batch, as a cursor. */
#ifndef WADI_STREAM_STATE_VIEW_H
#define WADI_STREAM_STATE_VIEW_H
#include "rdd/pipeline.h"
#include "stream/state_store.h"

/* Pushes the states as of batch_ms: those of now, and what the logs of later batches have of rows
 * that these changed. The store must not change until the task ends. NULL: the task has failed. */
wadi__cursor *wadi__state_view_open(const wadi__state_store *store, int64_t batch_ms,
                                    wadi__task *task, wadi__sink *sink);
#endif
