/* SPDX-License-Identifier: Apache-2.0 */
/* combine_by_key.c: one accumulator of another type per key and batch. */
#include "stream/ops/derived.h"

static wadi_rdd *combine_by_key_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_combine_by_key(in[0], wadi__derived_of(self)->fn,
                                         wadi__derived_of(self)->merge, &self->options);
}
static const wadi__derived_kind combine_by_key_kind = {.ops = WADI__DERIVED("combine_by_key"),
                                                       .make = combine_by_key_of,
                                                       .goes_by_key = true,
                                                       .takes_partitions = true,
                                                       .takes_partitioner = true};

wadi_dstream *wadi_dstream_combine_by_key(wadi_dstream *in, wadi_combine_fn f, wadi_reduce_fn merge,
                                          const wadi_op_options *options) {
    wadi__derived_args args = {
        .in = in, .fn = WADI__FN_ARG(f), .merge = WADI__FN_ARG(merge), .options = options};
    return wadi__derived_new(&combine_by_key_kind, &args);
}
