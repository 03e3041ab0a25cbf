/* SPDX-License-Identifier: Apache-2.0 */
/* body_names.c: records named as what bodies see. They are shadowed there, which is no reason for a
 * warning, and nowhere else. */
#include <wadi/wadi.h>

WADI_RECORD(state, (wadi_str, word), (int64_t, value));
WADI_RECORD(left, (wadi_str, word), (int64_t, value));
WADI_RECORD(acc, (wadi_str, word), (int64_t, value));

WADI_UPDATE_STATE(update, left, state) {
    state->value += n > 0 ? in[n - 1].value : 0;
    return true;
}
WADI_MAP_WITH_STATE(with_state, left, state, acc) {
    wadi_emit(out, ((struct acc){*key, in != NULL && wadi_state_exists(state) ? in->value : 0}));
}
WADI_COMBINE(combine, left, acc) { acc->value += in->value; }
WADI_JOIN(join, left, acc, acc) { *out = (struct acc){left->word, left->value + right->value}; }
WADI_COGROUP(cogroup, left, acc, state) {
    wadi_emit(out, ((struct state){*key, (int64_t)(left_n + right_n)}));
}
WADI_INPUT(input, acc, state) { return state->value > 0 ? wadi_range(sc, 0, batch_ms) : NULL; }
WADI_RATE_ESTIMATOR(estimate, state) { return (double)(state->value += batch->record_count); }
