/* SPDX-License-Identifier: Apache-2.0 */
/* state_handle.c: what a function of mapWithState may do with the state of a key. */
#include <wadi/function.h>

/* What to do with a state that is gone or going is a mistake, as in Spark's State. */
static bool may_change(const wadi_state *state, const char *what) {
    if (state->removed)
        wadi_fail(state->task, "the state cannot be %s after it has been removed", what);
    else if (state->timing_out)
        wadi_fail(state->task, "the state cannot be %s while it is timing out", what);
    return !state->removed && !state->timing_out;
}
void wadi__state_refuse(const wadi_state *state, bool is_get) {
    if (is_get)
        wadi_fail(state->task, "State is not set: ask wadi_state_exists() before wadi_state_get()");
    else
        (void)may_change(state, "updated");
}
void wadi__state_remove(wadi_state *state) {
    if (!may_change(state, "removed")) return;
    state->exists = false;
    state->removed = true;
}
