/* SPDX-License-Identifier: Apache-2.0 */
/* glom.c: a sequence of the records of each partition, empty ones included. */
#include "stream/ops/derived.h"

static wadi_rdd *glom_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi_rdd_glom(in[0], &self->options);
}
static const wadi__derived_kind glom_kind = {.ops = WADI__DERIVED("glom"), .make = glom_of};

wadi_dstream *wadi_dstream_glom(wadi_dstream *in, const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .options = options};
    return wadi__derived_new(&glom_kind, &args);
}
