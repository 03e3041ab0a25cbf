/* SPDX-License-Identifier: Apache-2.0 */
/* windowed.c: the window of a time, as a view of what its stream keeps. What runs is
 * src/exec/window.c. */
#include "rdd/ops/ops.h"

typedef struct windowed_state {
    wadi__counted *plan;
    wadi_status (*make_ready)(const wadi_rdd *rdd, wadi_error *err);
} windowed_state;

static void windowed_destroy(void *state) { wadi__counted_unref(((windowed_state *)state)->plan); }
static wadi_status windowed_make_ready(const wadi_rdd *rdd, wadi_error *err) {
    return ((const windowed_state *)(const void *)rdd->state)->make_ready(rdd, err);
}
const wadi__rdd_ops wadi__rdd_windowed_ops = {
    .name = "window",
    .state_size = sizeof(windowed_state),
    .make_ready = windowed_make_ready,
    .destroy = windowed_destroy,
};

wadi__counted *wadi__rdd_window_plan(const wadi_rdd *rdd) {
    return ((const windowed_state *)(const void *)rdd->state)->plan;
}
wadi_rdd *wadi__rdd_make_windowed(wadi_context *sc, const wadi__window_rdd_args *args,
                                  const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_WINDOWED, NULL, &options->where);
    if (rdd->op != WADI__OP_WINDOWED) { /* there is no memory for it */
        wadi__counted_unref(args->plan);
        return wadi__rdd_done(rdd, options);
    }
    *(windowed_state *)rdd->state = (windowed_state){args->plan, args->make_ready};
    for (size_t i = 0; i < args->partial_count; i++) wadi__rdd_add_parent(rdd, args->partials[i]);
    wadi__rdd_retype(rdd, args->type);
    rdd->wide = WADI__WIDE_WINDOW;
    rdd->partition_count = args->partitions;
    if (args->is_keyed) rdd->partitioner = wadi__partitioner_hash(args->partitions);
    if (args->fn != NULL) wadi__rdd_bind(rdd, WADI__FN_BOUND(args->fn), WADI_FN_REDUCE, NULL, NULL);
    if (args->inverse != NULL) wadi__rdd_bind_merge(rdd, WADI__FN_BOUND(args->inverse), NULL);
    return wadi__rdd_done(rdd, options);
}
