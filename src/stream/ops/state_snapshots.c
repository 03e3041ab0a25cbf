/* SPDX-License-Identifier: Apache-2.0 */
/* state_snapshots.c: all states of a mapWithState after each batch. */
#include "stream/nowhere.h"
#include "stream/ops/map_with_state.h"

static wadi_status snapshots_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                     wadi_error *err) {
    wadi_rdd *mapped = NULL; /* made, so that the batch has been stepped to */
    wadi_status status = wadi__dstream_parent_rdd(self, 0, time_ms, &mapped, err);
    if (status != WADI_OK || mapped == NULL) return status;
    return wadi__state_read(wadi__stateful_of(self->parents[0])->kept, time_ms, WADI__STATE_STATES,
                            NULL, &self->where, out, err);
}
static const wadi__dstream_ops snapshots_ops = {
    .name = "state_snapshots",
    .compute = snapshots_compute,
};
wadi_dstream *wadi__state_snapshots(wadi_dstream *mapped, const wadi_where *where) {
    mapped = wadi__some_stream(mapped, where, snapshots_ops.name);
    wadi_dstream *self = wadi__dstream_new(mapped->ssc, &snapshots_ops, &mapped, 1, where);
    if (wadi__dstream_is_spare(self) || self->is_broken) return self;
    if (wadi__is_map_with_state(mapped))
        self->type = mapped->fn->state;
    else
        wadi__dstream_mistake(self, WADI_E_INVALID,
                              "only what wadi_map_with_state() returns has snapshots of a state");
    return self;
}
