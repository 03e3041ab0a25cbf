/* SPDX-License-Identifier: Apache-2.0 */
/* set_ops.c: records of one side by whether the other side has them, or their key: intersection,
 * subtract, subtractByKey. What runs is src/exec/set.c. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_intersection_ops = {.name = "intersection"};
const wadi__rdd_ops wadi__rdd_subtract_ops = {.name = "subtract"};
const wadi__rdd_ops wadi__rdd_subtract_by_key_ops = {.name = "subtract_by_key"};

/* A node that goes by whole records. */
static wadi_rdd *new_by_record(wadi__op op, wadi_rdd *in, wadi_rdd *other,
                               const wadi_where *where) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, op, in, where);
    wadi__rdd_add_parent(rdd, other);
    if (wadi__rdd_is_broken(rdd)) return rdd;
    rdd->key = in->type;
    char a[128], b[128];
    if (!wadi__type_matches(in->type, other->type))
        wadi__rdd_set_error(rdd, WADI_E_TYPE, "one side has records of %s, the other of %s",
                            wadi__type_text(in->type, a, sizeof a),
                            wadi__type_text(other->type, b, sizeof b));
    return rdd;
}
wadi_rdd *(wadi_intersection)(wadi_rdd *in, wadi_rdd *other, const wadi_op_options *options) {
    wadi_rdd *rdd = new_by_record(WADI__OP_INTERSECTION, in, other, &options->where);
    wadi__partitioner partitioner;
    if (wadi__rdd_choose_partitioner(rdd, options, &partitioner)) {
        rdd->wide = WADI__WIDE_SET;
        rdd->is_first_only = true;
        for (uint32_t i = 0; i < 2; i++) wadi__rdd_partition_records(rdd, i, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi_rdd_subtract(wadi_rdd *in, wadi_rdd *other, const wadi_op_options *options) {
    wadi_rdd *rdd = new_by_record(WADI__OP_SUBTRACT, in, other, &options->where);
    wadi__partitioner partitioner;
    if (wadi__rdd_choose_partitioner_like(rdd, in, options, &partitioner)) {
        rdd->wide = WADI__WIDE_SET;
        rdd->is_negated = true;
        for (uint32_t i = 0; i < 2; i++) wadi__rdd_partition_records(rdd, i, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *(wadi_subtract_by_key)(wadi_rdd *in, wadi_rdd *other, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_SUBTRACT_BY_KEY, in, &options->where);
    wadi__rdd_add_parent(rdd, other);
    wadi__partitioner partitioner;
    if (wadi__rdd_same_keys(rdd) &&
        wadi__rdd_choose_partitioner_like(rdd, in, options, &partitioner)) {
        rdd->wide = WADI__WIDE_SET;
        rdd->is_negated = true;
        wadi__rdd_partition(rdd, in, 0, &partitioner);
        wadi__rdd_partition(rdd, other, 1, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
