/* SPDX-License-Identifier: Apache-2.0 */
/* update_state_by_key.c: a state for each key, made anew in every batch; the stream carries all of
 * them. */
#include "stream/ops/stateful.h"

static const wadi__stateful_kind update_kind = {
    .ops = WADI__STATEFUL("update_state_by_key"),
    .op = WADI__OP_UPDATE_STATE_BY_KEY,
    .fn_kind = WADI_FN_UPDATE_STATE,
    .node_ops = &wadi__state_update_ops,
    .checkpoint_min_ms = 10000,
};
wadi_dstream *(wadi_update_state_by_key)(wadi_dstream *in, wadi_update_state_fn f,
                                         const wadi_state_options *options) {
    return wadi__stateful_new(&update_kind, in, WADI__FN_ARG(f), options);
}
