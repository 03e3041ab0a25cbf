/* SPDX-License-Identifier: Apache-2.0 */
/* distinct.c: each record once: a reduceByKey whose key is the whole record, and which keeps the
 * first of each key. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_distinct_ops = {.name = "distinct"};

wadi_rdd *(wadi_distinct)(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_DISTINCT, in, &options->where);
    wadi__partitioner partitioner;
    if (!wadi__rdd_is_broken(rdd)) rdd->key = in->type;
    if (wadi__rdd_choose_partitioner_like(rdd, in, options, &partitioner)) {
        rdd->wide = WADI__WIDE_REDUCE;
        rdd->is_map_side = rdd->is_first_only = true;
        wadi__rdd_partition_records(rdd, 0, &partitioner);
    }
    return wadi__rdd_done(rdd, options);
}
