/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h: where a case runs: a manual clock, a disk in memory, an engine context, a stream
 * context, all its own. Nothing of it waits for time to pass. */
#ifndef WADI_TESTING_CONFORMANCE_STAGE_H
#define WADI_TESTING_CONFORMANCE_STAGE_H
#include "base/arena.h"
#include "base/env.h"

#include <wadi/context.h>

typedef struct wadi__case_stage_options {
    int64_t batch_ms;
    int64_t start_ms;       /* where the clock stands at first */
    uint32_t parallelism;   /* 0: 2 */
    int64_t min_remember_s; /* of file streams; 0: the default */
} wadi__case_stage_options;

typedef struct wadi__case_stage {
    wadi__case_stage_options options;
    wadi__env *clock, *disk; /* contexts use `disk`, which waits by `clock` */
    wadi_context *sc;
    wadi_stream_context *ssc;
    wadi__arena arena; /* what the case's records point at */
} wadi__case_stage;

void wadi__case_stage_open(wadi__case_stage *stage, const wadi__case_stage_options *options);
/* Finishes the program and goes on from its checkpoint with another one, whose graph `build` makes on the
 * stage's new contexts. */
void wadi__case_stage_go_on(wadi__case_stage *stage, void (*build)(void *arg), void *arg);
/* One batch: returns when it is done. */
void wadi__case_stage_tick(wadi__case_stage *stage);
/* Whether a batch has failed since the start. */
bool wadi__case_stage_has_failed(const wadi__case_stage *stage);
/* Stops the stream program; what await then says. */
wadi_status wadi__case_stage_stop(wadi__case_stage *stage, wadi_error *err);
void wadi__case_stage_close(wadi__case_stage *stage);
#endif
