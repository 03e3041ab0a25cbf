/* SPDX-License-Identifier: Apache-2.0 */
/* partition_by.c: the same records, where a partitioner puts them. */
#include "stream/ops/derived.h"

static wadi_rdd *partition_by_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_partition_by(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind partition_by_kind = {
    .ops = WADI__DERIVED("partition_by"), .make = partition_by_of, .takes_partitions = true};

wadi_dstream *wadi_dstream_partition_by(wadi_dstream *in, wadi_partitioner_fn f,
                                        const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&partition_by_kind, &args);
}
