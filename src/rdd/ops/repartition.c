/* SPDX-License-Identifier: Apache-2.0 */
/* repartition.c: the same records, spread evenly over another number of partitions. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_repartition_ops = {.name = "repartition"};

wadi_rdd *wadi_rdd_repartition(wadi_rdd *in, uint32_t partitions, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_REPARTITION, in, &options->where);
    if (partitions == 0) wadi__rdd_set_error(rdd, WADI_E_INVALID, "the number of partitions is 0");
    if (!wadi__rdd_is_broken(rdd)) {
        rdd->wide = WADI__WIDE_READ;
        rdd->partition_count = partitions;
        rdd->partitioner = (wadi__partitioner){0};
        wadi__partitioner spread = {WADI__PARTITION_SPREAD, partitions, 0, NULL};
        wadi__rdd_shuffle(rdd, 0, &spread);
    }
    return wadi__rdd_done(rdd, options);
}
