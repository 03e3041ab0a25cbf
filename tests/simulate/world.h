/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: a plan's program on a simulated machine, through as many lives as its faults give it. */
#ifndef SIMULATE_WORLD_H
#define SIMULATE_WORLD_H
#include "plan.h"

/* NULL: every batch came out as the interpreter says, whatever happened. Else what did not, to be
 * released by free(). *lives: how often the program was started. */
char *world_run(const sim_plan *plan, bool has_faults, bool is_loud, uint32_t *lives);
#endif
