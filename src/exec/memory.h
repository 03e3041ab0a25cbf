/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h: how much of wadi.memory.max_bytes a task may plan with, and what makes room. */
#ifndef WADI_EXEC_MEMORY_H
#define WADI_EXEC_MEMORY_H
#include "rdd/pipeline.h"

#include <stdint.h>

/* Bytes that an operator of the task may have at once: half of the bound, shared by the slots; of a
 * task that was refused memory before half of what is free. SIZE_MAX: there is no bound. */
size_t wadi__memory_share(const wadi__task *task);
/* For tests: no task plans with more than this, and what may leave memory does, whenever room is
 * asked for. At first SIZE_MAX: not so. */
extern size_t wadi__memory_share_most;
/* Whether so many more bytes stay below seven eighths of the bound, if need be after stored
 * partitions and map outputs have left memory, the least recently used first. */
bool wadi__memory_make_room(wadi_context *sc, uint64_t size_bytes);
#endif
