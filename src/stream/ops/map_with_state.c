/* SPDX-License-Identifier: Apache-2.0 */
/* map_with_state.c: a function of each record and the state of its key; the stream carries what it
 * emits. Keys that have been idle for too long are looked for in batches that are checkpointed. */
#include "stream/ops/map_with_state.h"

static const wadi__stateful_kind map_kind = {
    .ops = WADI__STATEFUL("map_with_state"),
    .op = WADI__OP_MAP_WITH_STATE,
    .fn_kind = WADI_FN_MAP_WITH_STATE,
    .node_ops = &wadi__state_map_ops,
    .is_mapped = true,
    .checkpoint_slides = 10,
};
bool wadi__is_map_with_state(const wadi_dstream *stream) { return stream->ops == &map_kind.ops; }

wadi_dstream *(wadi_map_with_state)(wadi_dstream *in, wadi_map_with_state_fn f,
                                    const wadi_state_options *options) {
    return wadi__stateful_new(&map_kind, in, WADI__FN_ARG(f), options);
}
