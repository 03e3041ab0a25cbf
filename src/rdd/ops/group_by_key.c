/* SPDX-License-Identifier: Apache-2.0 */
/* group_by_key.c: all records of a key at once, of one side or of several: groupByKey, cogroup.
 * What runs is src/exec/group.c. */
#include "rdd/ops/ops.h"
#include "rdd/ready/ready.h"

const wadi__rdd_ops wadi__rdd_group_by_key_ops = {.name = "group_by_key"};
const wadi__rdd_ops wadi__rdd_cogroup_ops = {.name = "cogroup"};

/* Users' functions emit what they like; only of the ready-made ones is it known that the key stays
 * first. */
static void group(wadi_rdd *rdd, const wadi__partitioner *partitioner) {
    rdd->wide = WADI__WIDE_GROUP;
    for (uint32_t i = 0; i < rdd->parent_count; i++)
        wadi__rdd_partition(rdd, rdd->parents[i].rdd, i, partitioner);
    rdd->type = rdd->fn->out;
    if (!wadi__ready_keeps_key(rdd->fn)) rdd->partitioner = (wadi__partitioner){0};
}
wadi_rdd *wadi__rdd_make_group_by_key(wadi_rdd *in, wadi__fn_arg f,
                                      const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_GROUP_BY_KEY, in, &options->where);
    wadi__partitioner partitioner;
    if (wadi__rdd_bind(rdd, f, WADI_FN_GROUP, in->type, NULL) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner))
        group(rdd, &partitioner);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__rdd_make_cogroup(wadi_rdd *left, wadi_rdd *right, wadi__fn_arg f,
                                 const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(left->sc, WADI__OP_COGROUP, left, &options->where);
    wadi__partitioner partitioner;
    wadi__rdd_add_parent(rdd, right);
    if (wadi__rdd_same_keys(rdd) &&
        wadi__rdd_bind(rdd, f, WADI_FN_COGROUP, left->type, right->type) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner))
        group(rdd, &partitioner);
    return wadi__rdd_done(rdd, options);
}
/* The function that makes records of `out` for all parents. */
static bool bind_lists(wadi_rdd *rdd, const wadi_type *out) {
    const wadi__type *few[8],
        **types = rdd->parent_count <= 8 ? few : wadi__calloc(rdd->parent_count, sizeof *types);
    if (types == NULL) {
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for %u sides", rdd->parent_count);
        return false;
    }
    for (uint32_t i = 0; i < rdd->parent_count; i++) types[i] = rdd->parents[i].rdd->type;
    wadi__ready_sides sides = {out, types, rdd->parent_count};
    wadi__fn_arg f = {wadi__ready_lists_of_sides.fn, &sides, NULL};
    bool bound = wadi__rdd_bind(rdd, f, WADI_FN_GROUP, rdd->parents[0].rdd->type, NULL);
    if (types != few) wadi__free(types);
    return bound;
}
wadi_rdd *wadi_rdd_cogroup_all(const wadi_type *out, wadi_rdd *in, wadi_rdd *const *others,
                               size_t n, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_COGROUP, in, &options->where);
    wadi__partitioner partitioner;
    for (size_t i = 0; i < n; i++) wadi__rdd_add_parent(rdd, others[i]);
    if (wadi__rdd_same_keys(rdd) && bind_lists(rdd, out) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner))
        group(rdd, &partitioner);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_group_by_key(wadi_rdd *in, wadi_group_fn f, const wadi_op_options *options) {
    return wadi__rdd_make_group_by_key(in, WADI__FN_ARG(f), options);
}
wadi_rdd *wadi_rdd_cogroup(wadi_rdd *left, wadi_rdd *right, wadi_cogroup_fn f,
                           const wadi_op_options *options) {
    return wadi__rdd_make_cogroup(left, right, WADI__FN_ARG(f), options);
}
