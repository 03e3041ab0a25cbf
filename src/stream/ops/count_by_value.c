/* SPDX-License-Identifier: Apache-2.0 */
/* count_by_value.c: pairs (value, how often) of each batch. */
#include "stream/ops/derived.h"

static wadi_rdd *count_by_value_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi_rdd_count_by_value(in[0], &self->options);
}
static const wadi__derived_kind count_by_value_kind = {.ops = WADI__DERIVED("count_by_value"),
                                                       .make = count_by_value_of,
                                                       .takes_partitions = true,
                                                       .takes_partitioner = true};

wadi_dstream *wadi_dstream_count_by_value(wadi_dstream *in, const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .options = options};
    return wadi__derived_new(&count_by_value_kind, &args);
}
