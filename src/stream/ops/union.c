/* SPDX-License-Identifier: Apache-2.0 */
/* union.c: the records of several streams. */
#include "stream/ops/derived.h"

static wadi_rdd *union_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi_rdd_union(in[0], in + 1, self->parent_count - 1, &self->options);
}
static const wadi__derived_kind union_kind = {
    .ops = WADI__DERIVED("union"),
    .make = union_of,
    .missing = "Could not generate RDD from a parent for unifying",
};

wadi_dstream *wadi_dstream_union(wadi_dstream *in, wadi_dstream *const *others, size_t n,
                                 const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .others = others, .other_count = n, .options = options};
    return wadi__derived_new(&union_kind, &args);
}
