/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_by_key.c: one record per key and batch. */
#include "stream/ops/derived.h"

static wadi_rdd *reduce_by_key_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_reduce_by_key(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind reduce_by_key_kind = {.ops = WADI__DERIVED("reduce_by_key"),
                                                      .make = reduce_by_key_of,
                                                      .goes_by_key = true,
                                                      .takes_partitions = true,
                                                      .takes_partitioner = true};

wadi_dstream *wadi_dstream_reduce_by_key(wadi_dstream *in, wadi_reduce_fn f,
                                         const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&reduce_by_key_kind, &args);
}
