/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: some of the records. */
#include "stream/ops/derived.h"

static wadi_rdd *filter_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_filter(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind filter_kind = {.ops = WADI__DERIVED("filter"), .make = filter_of};

wadi_dstream *wadi_dstream_filter(wadi_dstream *in, wadi_filter_fn f,
                                  const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&filter_kind, &args);
}
