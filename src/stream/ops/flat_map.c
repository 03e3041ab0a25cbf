/* SPDX-License-Identifier: Apache-2.0 */
/* flat_map.c: any number of records out of each record. */
#include "stream/ops/derived.h"

static wadi_rdd *flat_map_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_flat_map(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind flat_map_kind = {.ops = WADI__DERIVED("flat_map"),
                                                 .make = flat_map_of};

wadi_dstream *wadi_dstream_flat_map(wadi_dstream *in, wadi_flat_map_fn f,
                                    const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&flat_map_kind, &args);
}
