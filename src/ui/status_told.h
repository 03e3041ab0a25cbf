/* SPDX-License-Identifier: Apache-2.0 */
/* status_told.h: a store that is told of batches by hand. */
#ifndef WADI_UI_STATUS_TOLD_H
#define WADI_UI_STATUS_TOLD_H
#include "ui/status_store.h"

#include "testing/unit.h"

/* A batch of 300 records of stream 0 and 300 of stream 1, with two outputs, each as far as it is;
 * the times are `at` + 0, 1, .. */
typedef struct batch_told {
    wadi_batch_info info;
    wadi_input_info inputs[2];
    wadi_output_info outputs[2];
} batch_told;

static inline void batch_set(batch_told *self, int64_t batch_ms,
                             int stage) { /* 0: submitted, 1, 2 */
    static const char *const names[] = {"print at a.c:1", "foreach_rdd at a.c:2"};
    static const char *const descriptions[] = {"print at /x/a.c:1", "foreach_rdd at /x/a.c:2"};
    int64_t submitted = batch_ms + 10, started = submitted + 20, ended = started + 30;
    self->inputs[0] = (wadi_input_info){0, 300, NULL};
    self->inputs[1] = (wadi_input_info){1, 300, "file:/a\nfile:/b"};
    for (int i = 0; i < 2; i++)
        self->outputs[i] = (wadi_output_info){batch_ms,
                                              i,
                                              names[i],
                                              descriptions[i],
                                              stage == 2 ? started + i : -1,
                                              stage == 2 ? started + i + 5 : -1,
                                              NULL};
    self->info = (wadi_batch_info){
        .batch_ms = batch_ms,
        .submission_ms = submitted,
        .processing_start_ms = stage > 0 ? started : -1,
        .processing_end_ms = stage > 1 ? ended : -1,
        .scheduling_delay_ms = stage > 0 ? 20 : -1,
        .processing_delay_ms = stage > 1 ? 30 : -1,
        .total_delay_ms = stage > 1 ? 50 : -1,
        .record_count = 600,
        .inputs = self->inputs,
        .input_count = 2,
        .outputs = self->outputs,
        .output_count = 2,
    };
}
static inline void tell_batch(wadi__status_store *store, int64_t batch_ms, int stage) {
    wadi_listener listener = wadi__status_listener(store);
    batch_told told;
    batch_set(&told, batch_ms, stage);
    if (stage == 0) listener.on_batch_submitted(&told.info, listener.user);
    if (stage == 1) listener.on_batch_started(&told.info, listener.user);
    if (stage == 2) listener.on_batch_completed(&told.info, listener.user);
}
static inline void tell_whole_batch(wadi__status_store *store, int64_t batch_ms) {
    for (int stage = 0; stage < 3; stage++) tell_batch(store, batch_ms, stage);
}
#endif
