/* SPDX-License-Identifier: Apache-2.0 */
/* partition_by.c: the same records, where a partitioner puts them. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_partition_by_ops = {.name = "partition_by"};

/* The function takes the records, or their key alone. */
static const wadi__type *taken_type(const wadi_rdd *in, const wadi__fn_arg *f) {
    const wadi__type *own = f->fn != NULL && f->fn->in != NULL ? wadi__type_intern(f->fn->in, NULL) : NULL;
    return own != NULL && wadi__type_matches(own, in->type->key) ? in->type->key : in->type;
}
wadi_rdd *wadi__rdd_make_partition_by(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_PARTITION_BY, in, &options->where);
    if (wadi__rdd_bind(rdd, f, WADI_FN_PARTITIONER, taken_type(in, &f), NULL)) {
        wadi__partitioner partitioner = {WADI__PARTITION_USER, wadi__rdd_partitions(in->sc, options), 0, rdd->fn};
        rdd->wide = WADI__WIDE_READ;
        wadi__rdd_partition(rdd, in, 0, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_partition_by(wadi_rdd *in, wadi_partitioner_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_partition_by(in, WADI__FN_ARG(f), options);
}
wadi_rdd *wadi__rdd_make_partition_by_key(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_PARTITION_BY, in, &options->where);
    wadi__partitioner partitioner = wadi__partitioner_hash(wadi__rdd_partitions(in->sc, options));
    if (!wadi__rdd_is_broken(rdd)) {
        rdd->wide = WADI__WIDE_READ;
        wadi__rdd_partition(rdd, in, 0, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
