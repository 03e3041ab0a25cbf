/* SPDX-License-Identifier: Apache-2.0 */
/* map_partitions.c: a function of whole partitions; it runs on empty ones too. */
#include "stream/ops/derived.h"

static wadi_rdd *map_partitions_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_map_partitions(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind map_partitions_kind = {.ops = WADI__DERIVED("map_partitions"),
                                                       .make = map_partitions_of};

wadi_dstream *wadi_dstream_map_partitions(wadi_dstream *in, wadi_map_partition_fn f,
                                          const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&map_partitions_kind, &args);
}
