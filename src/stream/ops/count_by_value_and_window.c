/* SPDX-License-Identifier: Apache-2.0 */
/* count_by_value_and_window.c: pairs (value, how often in the window); never 0. */
#include "rdd/ready/ready.h"
#include "stream/ops/window_check.h"
#include "stream/ops/windowed.h"

static wadi_rdd *counted(const wadi_dstream *self, wadi_rdd *in) {
    return wadi_rdd_count_by_value(in, &self->options);
}
static const wadi__windowed_kind count_by_value_and_window_kind = {
    .ops = WADI__WINDOWED("count_by_value_and_window"),
    .partial = counted,
    .is_keyed = true,
    .takes = WADI__WINDOW_TAKES_PARTITIONS,
};

wadi_dstream *(wadi_count_by_value_and_window)(wadi_dstream *in, int64_t window_ms,
                                               const wadi_window_options *options) {
    wadi__windowed_args args = {.in = in,
                                .window_ms = window_ms,
                                .options = options,
                                .fn = wadi_add,
                                .inverse = wadi_subtract,
                                .filter = wadi__nonzero,
                                .counts = true};
    return wadi__windowed_new(&count_by_value_and_window_kind, &args);
}
