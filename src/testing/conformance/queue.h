/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h: the family queueStream: RDDs are pushed before batches. */
#ifndef WADI_TESTING_CONFORMANCE_QUEUE_H
#define WADI_TESTING_CONFORMANCE_QUEUE_H
#include "testing/conformance/operator.h"
#include "testing/conformance/stage.h"

#include <wadi/source.h>

typedef struct wadi__case_queue { /* zero: the case has none */
    wadi__case_stage *stage;
    wadi_rdd_queue *queue;
    const json_t *pushed; /* enqueue_before_batch */
    bool is_pairs;
    uint32_t partitions;
} wadi__case_queue;

/* The stream of the case's queue. */
wadi__case_stream wadi__case_queue_open(wadi__case_queue *self, wadi__case_stage *stage,
                                        const json_t *json);
/* Pushes what comes before batch i (0, 1, ..). */
void wadi__case_queue_push(wadi__case_queue *self, size_t i);
#endif
