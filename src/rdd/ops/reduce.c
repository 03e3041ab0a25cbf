/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: all records into one, in a single partition; nothing out of nothing. The reduce side is
 * src/exec/fold.c. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_reduce_ops = {.name = "reduce"};

wadi_rdd *wadi__rdd_make_reduce(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_REDUCE, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_REDUCE, in->type, NULL)) {
        rdd->wide = WADI__WIDE_FOLD;
        rdd->partition_count = 1;
        rdd->partitioner = (wadi__partitioner){0};
        wadi__partitioner one = {WADI__PARTITION_SPREAD, 1, 0, NULL};
        wadi__rdd_shuffle(rdd, 0, &one);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_reduce(wadi_rdd *in, wadi_reduce_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_reduce(in, WADI__FN_ARG(f), options);
}
