/* SPDX-License-Identifier: Apache-2.0 */
/* count_by_window.c: how many records a window has: nothing before the first record ever, then
 * always one number. Batches without records do not enter. */
#include "rdd/ready/ready.h"
#include "stream/ops/windowed.h"

static wadi_rdd *counted(const wadi_dstream *self, wadi_rdd *in) {
    wadi_rdd *count = wadi__rdd_make_count(in, &self->options);
    return wadi__rdd_make_filter(count, WADI__FN_ARG(wadi__nonzero), &self->options);
}
static const wadi__windowed_kind count_by_window_kind = {
    .ops = WADI__WINDOWED("count_by_window"),
    .partial = counted,
};

wadi_dstream *(wadi_count_by_window)(wadi_dstream *in, int64_t window_ms,
                                     const wadi_window_options *options) {
    wadi__windowed_args args = {.in = in,
                                .window_ms = window_ms,
                                .options = options,
                                .fn = wadi_add,
                                .inverse = wadi_subtract,
                                .counts = true};
    return wadi__windowed_new(&count_by_window_kind, &args);
}
