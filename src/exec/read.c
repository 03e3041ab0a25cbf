/* SPDX-License-Identifier: Apache-2.0 */
/* read.c: repartition and partitionBy: the reduce side takes records as they come. */
#include "exec/input.h"

static wadi__cursor *read_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    return wadi__input_open(rdd, 0, partition, task, sink);
}
const wadi__wide_ops wadi__wide_read_ops = {.open = read_open};
