/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter.h: what a plan gives, worked out batch by batch in the plainest way: no partitions,
 * no increments, all of a window each time. */
#ifndef SIMULATE_INTERPRETER_H
#define SIMULATE_INTERPRETER_H
#include "bag.h"
#include "plan.h"

enum { BATCHES_MAX = 64 };

typedef struct results {
    bag bags[PLAN_NODES][BATCHES_MAX + 1]; /* by node and batch: 1, 2, .. */
} results;

/* Fills in all nodes but the sources, whose bags are given. What comes out is sorted. */
void interpret(const sim_plan *plan, results *all);
void results_fini(results *self);
#endif
