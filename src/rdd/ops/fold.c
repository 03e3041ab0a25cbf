/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c: all records into one that begins as *.zero: fold, aggregate, and a stream's count. What
 * runs is src/exec/fold.c. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_fold_ops = {.name = "fold"};
const wadi__rdd_ops wadi__rdd_aggregate_ops = {.name = "aggregate"};

static void fold(wadi_rdd *rdd, const wadi__type *type, uint32_t partitions) {
    wadi__partitioner spread = {WADI__PARTITION_SPREAD, partitions, 0, NULL};
    wadi__rdd_retype(rdd, type);
    rdd->wide = WADI__WIDE_FOLD;
    rdd->acc = type;
    rdd->partition_count = partitions;
    wadi__rdd_shuffle(rdd, 0, &spread);
}
wadi_rdd *wadi__rdd_make_fold(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_FOLD, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_REDUCE, in->type, NULL) &&
        wadi__rdd_set_zero(rdd, options->zero, in->type))
        fold(rdd, in->type, 1);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__rdd_make_aggregate(wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                                   const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_AGGREGATE, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_COMBINE, in->type, NULL) &&
        wadi__rdd_bind_merge(rdd, merge, rdd->fn->out) &&
        wadi__rdd_set_zero(rdd, options->zero, rdd->fn->out))
        fold(rdd, rdd->fn->out, 1);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__rdd_make_count(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *counts = wadi__rdd_make_count_partition(in, options);
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_FOLD, counts, &options->where);
    if (wadi__rdd_bind(rdd, WADI__FN_ARG(wadi_add), WADI_FN_REDUCE, counts->type, NULL) &&
        wadi__rdd_set_zero(rdd, NULL, counts->type))
        fold(rdd, counts->type, wadi__rdd_partitions(in->sc, options));
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *(wadi_fold)(wadi_rdd *in, wadi_reduce_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_fold(in, WADI__FN_ARG(f), options);
}
wadi_rdd *(wadi_aggregate)(wadi_rdd *in, wadi_combine_fn f, wadi_reduce_fn merge,
                           const wadi_op_options *options) {
    return wadi__rdd_make_aggregate(in, WADI__FN_ARG(f), WADI__FN_ARG(merge), options);
}
