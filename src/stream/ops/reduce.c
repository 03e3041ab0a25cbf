/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: all records of a batch into one, in a single partition; an empty batch gives none. */
#include "stream/ops/derived.h"

static wadi_rdd *reduce_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_reduce(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind reduce_kind = {.ops = WADI__DERIVED("reduce"), .make = reduce_of};

wadi_dstream *wadi_dstream_reduce(wadi_dstream *in, wadi_reduce_fn f,
                                  const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&reduce_kind, &args);
}
