/* SPDX-License-Identifier: Apache-2.0 */
/* combine_by_key.c: one accumulator per key: combineByKey, aggregateByKey, foldByKey. What runs is
 * src/exec/reduce.c. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_combine_by_key_ops = {.name = "combine_by_key"};
const wadi__rdd_ops wadi__rdd_aggregate_by_key_ops = {.name = "aggregate_by_key"};
const wadi__rdd_ops wadi__rdd_fold_by_key_ops = {.name = "fold_by_key"};

/* Accumulators have the key of the records that go into them. */
static bool has_same_key(wadi_rdd *rdd, const wadi_rdd *in) {
    const wadi__type *acc = rdd->fn->out;
    if (wadi__type_matches(acc->key, in->type->key)) return true;
    char a[128], b[128];
    wadi__rdd_set_error(rdd, WADI_E_TYPE,
                        "the accumulator of '%s' has the key %s, the records that come in have %s",
                        rdd->fn->name, wadi__type_text(acc->key, a, sizeof a),
                        wadi__type_text(in->type->key, b, sizeof b));
    return false;
}
/* Accumulators are made before the shuffle, unless the partitioner must see the records that went
 * in. */
static void combine(wadi_rdd *rdd, wadi_rdd *in, const wadi__partitioner *partitioner) {
    const wadi__type *acc = rdd->fn->out;
    bool by_record = partitioner->kind == WADI__PARTITION_USER &&
                     !wadi__type_matches(rdd->by->in, in->type->key) &&
                     !wadi__type_matches(rdd->by->in, acc);
    rdd->wide = WADI__WIDE_COMBINE;
    rdd->type = acc;
    rdd->key = acc->key;
    rdd->is_map_side = !by_record;
    rdd->acc = by_record ? NULL : acc;
    wadi__rdd_partition(rdd, in, 0, partitioner);
}
static wadi_rdd *make(wadi__op op, wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                      bool takes_zero, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, op, in, &options->where);
    wadi__partitioner partitioner;
    if (wadi__rdd_bind(rdd, f, WADI_FN_COMBINE, in->type, NULL) && has_same_key(rdd, in) &&
        wadi__rdd_bind_merge(rdd, merge, rdd->fn->out) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner)) {
        if (options->zero != NULL && !takes_zero)
            wadi__rdd_set_error(rdd, WADI_E_INVALID,
                                ".zero is for aggregate_by_key; here accumulators begin as zeros");
        if (options->zero == NULL || wadi__rdd_set_zero(rdd, options->zero, rdd->fn->out))
            combine(rdd, in, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__rdd_make_combine_by_key(wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                                        const wadi_op_options *options) {
    return make(WADI__OP_COMBINE_BY_KEY, in, f, merge, false, options);
}
wadi_rdd *wadi__rdd_make_aggregate_by_key(wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                                          const wadi_op_options *options) {
    return make(WADI__OP_AGGREGATE_BY_KEY, in, f, merge, true, options);
}
wadi_rdd *wadi__rdd_make_fold_by_key(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_FOLD_BY_KEY, in, &options->where);
    wadi__partitioner partitioner;
    if (wadi__rdd_bind(rdd, f, WADI_FN_REDUCE, in->type, NULL) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner) &&
        (options->zero == NULL || wadi__rdd_set_zero(rdd, options->zero, in->type))) {
        rdd->merge = rdd->fn;
        wadi__counted_ref(&rdd->merge->counted);
        combine(rdd, in, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_combine_by_key(wadi_rdd *in, wadi_combine_fn f, wadi_reduce_fn merge,
                                  const wadi_op_options *options) {
    return wadi__rdd_make_combine_by_key(in, WADI__FN_ARG(f), WADI__FN_ARG(merge), options);
}
wadi_rdd *wadi_rdd_aggregate_by_key(wadi_rdd *in, wadi_combine_fn f, wadi_reduce_fn merge,
                                    const wadi_op_options *options) {
    return wadi__rdd_make_aggregate_by_key(in, WADI__FN_ARG(f), WADI__FN_ARG(merge), options);
}
wadi_rdd *(wadi_fold_by_key)(wadi_rdd *in, wadi_reduce_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_fold_by_key(in, WADI__FN_ARG(f), options);
}
