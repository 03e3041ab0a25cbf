/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle_sort.h: puts what map tasks left loose in order of partition.
 *
 * Between the map tasks and the reduce tasks of a shuffle. The records of all map tasks, one after
 * another, are cut into portions of equal size, without regard to where a map task's end; a task
 * sorts each. A portion is large enough that a partition has some dozens of records in it, so
 * pieces, and what they cost, follow the data and not map tasks times partitions. */
#ifndef WADI_EXEC_SHUFFLE_SORT_H
#define WADI_EXEC_SHUFFLE_SORT_H
#include "exec/shuffle.h"
#include "rdd/pipeline.h"

/* Cuts what is loose into data->portions; none where nothing is. Driver. False: no memory. */
bool wadi__shuffle_sort_plan(wadi__shuffle_data *data);
/* Sorts a portion, which stays loose meanwhile. The order of records of one partition stays.
 * Failure: the task has failed. */
void wadi__shuffle_sort_run(const wadi__shuffle_data *data, uint32_t portion, wadi__task *task,
                            wadi__map_output *made);
/* Sorts some loose records into pieces, on their own. False: no memory. */
bool wadi__shuffle_sort_some(const wadi__loose *loose, size_t count, uint32_t partition_count,
                             wadi__map_output *made);
/* Takes what that gave over and releases the loose records. */
void wadi__shuffle_sort_take(wadi__shuffle_data *data, uint32_t portion, wadi__map_output *made);
#endif
