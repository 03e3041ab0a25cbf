/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: bringing a state up to date: the records of a partition's keys come through a shuffle;
 * what becomes of them is the state's own affair. */
#include "rdd/ops/state.h"
#include "exec/wide.h"

static wadi__cursor *update_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    return wadi__state_node_of(rdd)->ops->open(rdd, partition, task, sink);
}
const wadi__wide_ops wadi__wide_state_ops = {.open = update_open, .with_hashes = true};
