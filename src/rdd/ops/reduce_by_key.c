/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_by_key.c: one record per key. The reduce side is src/exec/reduce.c. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_reduce_by_key_ops = {.name = "reduce_by_key"};

wadi_rdd *wadi__rdd_make_reduce_by_key(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_REDUCE_BY_KEY, in, &options->where);
    wadi__partitioner partitioner;
    if (wadi__rdd_bind(rdd, f, WADI_FN_REDUCE, in->type, NULL) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner)) {
        rdd->wide = WADI__WIDE_REDUCE;
        rdd->is_map_side = true;
        wadi__rdd_partition(rdd, in, 0, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_reduce_by_key(wadi_rdd *in, wadi_reduce_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_reduce_by_key(in, WADI__FN_ARG(f), options);
}
