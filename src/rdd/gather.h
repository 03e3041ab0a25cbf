/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h: a sink that puts records into a block, by reference to whole chunks where it can. */
#ifndef WADI_RDD_GATHER_H
#define WADI_RDD_GATHER_H
#include "rdd/pipeline.h"

typedef struct wadi__gather {
    wadi__sink sink;
    wadi__task *task;
    wadi__block *block; /* one reference, the taker's */
    uint64_t limit;     /* records; UINT64_MAX: all */
    bool is_full;
} wadi__gather;

/* The block keeps the task's strings alive. False: the task has failed. */
bool wadi__gather_init(wadi__gather *gather, wadi__task *task, const wadi__type *type, uint64_t limit);
#endif
