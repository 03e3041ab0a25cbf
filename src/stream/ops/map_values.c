/* SPDX-License-Identifier: Apache-2.0 */
/* map_values.c: one record out of each record, with the same key; so partitions stay. */
#include "stream/ops/derived.h"

static wadi_rdd *map_values_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_map_values(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind map_values_kind = {
    .ops = WADI__DERIVED("map_values"), .make = map_values_of, .goes_by_key = true};

wadi_dstream *wadi_dstream_map_values(wadi_dstream *in, wadi_map_fn f,
                                      const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&map_values_kind, &args);
}
