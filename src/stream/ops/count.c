/* SPDX-License-Identifier: Apache-2.0 */
/* count.c: how many records each batch has: always one number, 0 for an empty batch. */
#include "stream/ops/derived.h"

static wadi_rdd *count_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_count(in[0], &self->options);
}
static const wadi__derived_kind count_kind = {.ops = WADI__DERIVED("count"),
                                              .make = count_of,
                                              .takes_partitions = true,
                                              .missing = WADI__MISSING_IN_TRANSFORM};

wadi_dstream *wadi_dstream_count(wadi_dstream *in, const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .options = options};
    return wadi__derived_new(&count_kind, &args);
}
