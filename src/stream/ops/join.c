/* SPDX-License-Identifier: Apache-2.0 */
/* join.c: pairs of records of a batch with equal keys: join and the outer joins. */
#include "stream/ops/derived.h"

/* The four differ in name and in which sides need no partner. */
#define JOIN(op, sides)                                                                      \
    static wadi_rdd *op##_of(const wadi_dstream *self, wadi_rdd *const *in) {                \
        return wadi__rdd_make_join(in[0], in[1], wadi__derived_of(self)->fn, sides,          \
                                   &self->options);                                          \
    }                                                                                        \
    static const wadi__derived_kind op##_kind = {.ops = WADI__DERIVED(#op),                  \
                                                 .make = op##_of,                            \
                                                 .goes_by_key = true,                        \
                                                 .takes_partitions = true,                   \
                                                 .takes_partitioner = true,                  \
                                                 .missing = WADI__MISSING_IN_TRANSFORM};     \
    wadi_dstream *wadi_dstream_##op(wadi_dstream *left, wadi_dstream *right, wadi_join_fn f, \
                                    const wadi_op_options *options) {                        \
        wadi__derived_args args = {.in = left,                                               \
                                   .others = &right,                                         \
                                   .other_count = 1,                                         \
                                   .fn = WADI__FN_ARG(f),                                    \
                                   .options = options};                                      \
        return wadi__derived_new(&op##_kind, &args);                                         \
    }
JOIN(join, WADI__JOIN_INNER)
JOIN(left_outer_join, WADI__JOIN_LEFT)
JOIN(right_outer_join, WADI__JOIN_RIGHT)
JOIN(full_outer_join, WADI__JOIN_FULL)
