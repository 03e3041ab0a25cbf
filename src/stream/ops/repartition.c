/* SPDX-License-Identifier: Apache-2.0 */
/* repartition.c: the same records, spread evenly over another number of partitions. */
#include "stream/ops/derived.h"

static wadi_rdd *repartition_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi_rdd_repartition(in[0], self->options.partitions, &self->options);
}
static const wadi__derived_kind repartition_kind = {.ops = WADI__DERIVED("repartition"),
                                                    .make = repartition_of,
                                                    .missing = WADI__MISSING_IN_TRANSFORM};

wadi_dstream *wadi_dstream_repartition(wadi_dstream *in, uint32_t partitions,
                                       const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .partitions = &partitions, .options = options};
    return wadi__derived_new(&repartition_kind, &args);
}
