/* SPDX-License-Identifier: Apache-2.0 */
/* join.c: pairs of records with equal keys: join and the outer joins. What runs is src/exec/join.c.
 */
#include "rdd/ops/ops.h"
#include "rdd/ready/ready.h"

const wadi__rdd_ops wadi__rdd_join_ops = {.name = "join"};
const wadi__rdd_ops wadi__rdd_left_outer_join_ops = {.name = "left_outer_join"};
const wadi__rdd_ops wadi__rdd_right_outer_join_ops = {.name = "right_outer_join"};
const wadi__rdd_ops wadi__rdd_full_outer_join_ops = {.name = "full_outer_join"};

wadi_rdd *wadi__rdd_make_join(wadi_rdd *left, wadi_rdd *right, wadi__fn_arg f,
                              wadi__join_sides sides, const wadi_op_options *options) {
    static const wadi__op ops[] = {[WADI__JOIN_INNER] = WADI__OP_JOIN,
                                   [WADI__JOIN_LEFT] = WADI__OP_LEFT_OUTER_JOIN,
                                   [WADI__JOIN_RIGHT] = WADI__OP_RIGHT_OUTER_JOIN,
                                   [WADI__JOIN_FULL] = WADI__OP_FULL_OUTER_JOIN};
    wadi_rdd *rdd = wadi__rdd_new(left->sc, ops[sides], left, &options->where);
    wadi__partitioner partitioner;
    wadi__rdd_add_parent(rdd, right);
    if (wadi__rdd_same_keys(rdd) && wadi__rdd_bind(rdd, f, WADI_FN_JOIN, left->type, right->type) &&
        wadi__ready_fields_check(rdd, true, sides) &&
        wadi__rdd_choose_partitioner(rdd, options, &partitioner)) {
        rdd->wide = WADI__WIDE_JOIN;
        rdd->sides = sides;
        wadi__rdd_partition(rdd, left, 0, &partitioner);
        wadi__rdd_partition(rdd, right, 1, &partitioner);
        rdd->type = rdd->fn->out;
        if (!wadi__ready_keeps_key(rdd->fn)) rdd->partitioner = (wadi__partitioner){0};
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_join(wadi_rdd *left, wadi_rdd *right, wadi_join_fn f,
                        const wadi_op_options *options) {
    return wadi__rdd_make_join(left, right, WADI__FN_ARG(f), WADI__JOIN_INNER, options);
}
wadi_rdd *wadi_rdd_left_outer_join(wadi_rdd *left, wadi_rdd *right, wadi_join_fn f,
                                   const wadi_op_options *options) {
    return wadi__rdd_make_join(left, right, WADI__FN_ARG(f), WADI__JOIN_LEFT, options);
}
wadi_rdd *wadi_rdd_right_outer_join(wadi_rdd *left, wadi_rdd *right, wadi_join_fn f,
                                    const wadi_op_options *options) {
    return wadi__rdd_make_join(left, right, WADI__FN_ARG(f), WADI__JOIN_RIGHT, options);
}
wadi_rdd *wadi_rdd_full_outer_join(wadi_rdd *left, wadi_rdd *right, wadi_join_fn f,
                                   const wadi_op_options *options) {
    return wadi__rdd_make_join(left, right, WADI__FN_ARG(f), WADI__JOIN_FULL, options);
}
