/* SPDX-License-Identifier: Apache-2.0 */
/* pair_call.h: a join function on pairs of records, which is the end of join, zip and cartesian: they list
 * pairs by pointers, up to some hundred at a time, and the function makes a chunk of them. */
#ifndef WADI_RDD_PAIR_CALL_H
#define WADI_RDD_PAIR_CALL_H
#include "rdd/pipeline.h"

/* In an operator's scratch; goes with the task. */
typedef struct wadi__pair_call {
    wadi__call_site site;
    const wadi_rdd *rdd;
    wadi__sink *sink;
    wadi__output output;
    uint32_t pairs_max;
    const void **pointers[2]; /* pairs_max of the left and of the right side; NULL: no partner */
} wadi__pair_call;

/* For the function of `rdd`. False: the task has failed. */
bool wadi__pair_call_init(wadi__pair_call *call, const wadi_rdd *rdd, wadi__task *task, wadi__sink *sink);
/* Pushes what the function makes of the first `count` pairs. False: the task has failed. */
bool wadi__pair_call_push(wadi__pair_call *call, uint32_t count);
#endif
