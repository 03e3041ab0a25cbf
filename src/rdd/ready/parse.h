/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h: what became of lines that wadi_parse() could not read. */
#ifndef WADI_RDD_READY_PARSE_H
#define WADI_RDD_READY_PARSE_H
#include <wadi/function.h>

/* Damaged lines that tasks of this process have passed by since it began; a task that failed counts
 * none of its own. Each task with such lines also logs one line with their number and the first of
 * them. Any thread. */
uint64_t wadi__parse_damaged_count(void);
#endif
