/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: a plan's program on a simulated machine, through as many lives as its faults give it. */
#ifndef SIMULATE_WORLD_H
#define SIMULATE_WORLD_H
#include "plan.h"

typedef struct world_options {
    uint64_t order;           /* of its threads' turns: any number */
    bool has_faults, is_loud; /* what happens is told on stderr */
} world_options;

/* NULL: every batch came out as the interpreter says, whatever happened. Else what did not, to be
 * released by free(). *lives: how often the program was started. */
char *world_run(const sim_plan *plan, const world_options *options, uint32_t *lives);
#endif
