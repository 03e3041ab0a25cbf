/* SPDX-License-Identifier: Apache-2.0 */
/* by_hand.h: what programs share that turn the clock by hand, so that nothing is waited for: the
 * time of batches, and functions of states. */
#ifndef BY_HAND_H
#define BY_HAND_H
#include "bench.h"

#include "testing/stream_case.h"

enum { NEVER_MS = 1000000000 }; /* the interval of a state that is not to be saved meanwhile */

/* Seconds of so many batches, one after another. */
static inline double time_batches(wadi__rig *rig, uint32_t n) {
    double begun = now_s();
    wadi__rig_batches(rig, n);
    return now_s() - begun;
}
/* Adds up values, by key. Emits nothing. */
WADI_MAP_WITH_STATE(add_value, pair, pair, pair) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    wadi_state_update(state, (pair){*key, before + in->value});
    (void)out;
}
WADI_UPDATE_STATE(add_values, pair, pair) {
    for (size_t i = 0; i < n; i++) state->value += in[i].value;
    return true;
}
#endif
