/* SPDX-License-Identifier: Apache-2.0 */
/* cogroup.c: all records of a key and batch at once, of two sides or more. */
#include "stream/ops/derived.h"

static wadi_rdd *cogroup_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_cogroup(in[0], in[1], wadi__derived_of(self)->fn, &self->options);
}
static wadi_rdd *cogroup_all_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi_rdd_cogroup_all(wadi__derived_of(self)->out, in[0], in + 1, self->parent_count - 1,
                                &self->options);
}
static const wadi__derived_kind cogroup_kind = {.ops = WADI__DERIVED("cogroup"),
                                                .make = cogroup_of,
                                                .goes_by_key = true,
                                                .takes_partitions = true,
                                                .takes_partitioner = true,
                                                .missing = WADI__MISSING_IN_TRANSFORM};
static const wadi__derived_kind cogroup_all_kind = {.ops = WADI__DERIVED("cogroup_all"),
                                                    .make = cogroup_all_of,
                                                    .goes_by_key = true,
                                                    .takes_partitions = true,
                                                    .takes_partitioner = true,
                                                    .missing = WADI__MISSING_IN_TRANSFORM};

wadi_dstream *wadi_dstream_cogroup(wadi_dstream *left, wadi_dstream *right, wadi_cogroup_fn f,
                                   const wadi_op_options *options) {
    wadi__derived_args args = {
        .in = left, .others = &right, .other_count = 1, .fn = WADI__FN_ARG(f), .options = options};
    return wadi__derived_new(&cogroup_kind, &args);
}
wadi_dstream *wadi_dstream_cogroup_all(const wadi_type *out, wadi_dstream *in,
                                       wadi_dstream *const *others, size_t n,
                                       const wadi_op_options *options) {
    wadi__derived_args args = {
        .in = in, .others = others, .other_count = n, .out = out, .options = options};
    return wadi__derived_new(&cogroup_all_kind, &args);
}
