/* SPDX-License-Identifier: Apache-2.0 */
/* pair_call.c: calling a join function. */
#include "rdd/pair_call.h"

#include "rdd/rdd.h"

enum { PAIRS_MAX = 1024 }; /* pointers and what they point at stay in the second-level cache */

bool wadi__pair_call_init(wadi__pair_call *call, const wadi_rdd *rdd, wadi__task *task, wadi__sink *sink) {
    if (!wadi__call_site_init(&call->site, rdd, rdd->fn, task)) return false;
    uint32_t rows_max = wadi__chunk_rows_max(rdd->type->pub.size);
    call->rdd = rdd;
    call->sink = sink;
    call->pairs_max = rows_max < PAIRS_MAX ? rows_max : PAIRS_MAX;
    for (int s = 0; s < 2; s++)
        if ((call->pointers[s] = wadi__task_room(task, call->pairs_max * sizeof(void *))) == NULL) return false;
    return true;
}
bool wadi__pair_call_push(wadi__pair_call *pairs, uint32_t count) {
    wadi__task *task = pairs->site.task;
    wadi__chunk *out = wadi__output_chunk(&pairs->output, task, pairs->rdd->type->pub.size, count, false);
    if (out == NULL) return false;
    wadi_call call = {.count = count, .out = out->rows, .left = pairs->pointers[0], .right = pairs->pointers[1]};
    wadi__call_site_run(&pairs->site, &call);
    if (task->user.failed) return false;
    out->count = count;
    wadi__slice slice = {out->rows, count, NULL, NULL, out};
    wadi__push(pairs->sink, &slice);
    return true;
}
