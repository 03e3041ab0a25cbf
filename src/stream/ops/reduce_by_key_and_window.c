/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_by_key_and_window.c: one record per key and window; with an inverse from the window
 * before. */
#include "stream/ops/window_check.h"
#include "stream/ops/windowed.h"
#include "stream/options.h"

static wadi_rdd *reduced(const wadi_dstream *self, wadi_rdd *in) {
    return wadi__rdd_make_reduce_by_key(in, WADI__FN_BOUND(self->fn), &self->options);
}
static const wadi__windowed_kind reduce_by_key_and_window_kind = {
    .ops = WADI__WINDOWED("reduce_by_key_and_window"),
    .partial = reduced,
    .is_keyed = true,
    .takes = WADI__WINDOW_TAKES_INVERSE | WADI__WINDOW_TAKES_FILTER | WADI__WINDOW_TAKES_PARTITIONS,
};

wadi_dstream *(wadi_reduce_by_key_and_window)(wadi_dstream *in, wadi_reduce_fn f, int64_t window_ms,
                                              const wadi_window_options *given) {
    wadi_window_options options;
    wadi__options_take(&options, sizeof options, given);
    wadi__windowed_args args = {.in = in,
                                .window_ms = window_ms,
                                .options = given,
                                .fn = f,
                                .inverse = options.inverse,
                                .filter = options.filter};
    return wadi__windowed_new(&reduce_by_key_and_window_kind, &args);
}
