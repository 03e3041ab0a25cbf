/* SPDX-License-Identifier: Apache-2.0 */
/* program.h: a plan as a program of Wadi's. */
#ifndef SIMULATE_PROGRAM_H
#define SIMULATE_PROGRAM_H
#include "feed.h"
#include "recorder.h"

#include <wadi/wadi.h>

typedef struct program {
    const sim_plan *plan;
    recorder *recorder;
    const char *master, *checkpoint_dir, *files_dir;
    int64_t batch_ms;
    feed feeds[PLAN_SOURCES]; /* of receivers, by node */
} program;

/* For wadi_stream_context_get_or_create(); arg is a program. */
wadi_stream_context *program_create(void *arg);
/* The next call of a user's function but `calls` fails, once; 0: none. */
void program_fail_after(int calls);
/* The lines that a file of source `node` holds for a batch; to be released by free(). */
char *program_file_text(const sim_plan *plan, int node, uint32_t batch);
#endif
