/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_by_window.c: all records of a window into one, in a single partition; an empty window
 * gives none. With an inverse it is made of the one before, and what inverse leaves of that stays.
 */
#include "stream/ops/window_check.h"
#include "stream/ops/windowed.h"
#include "stream/options.h"

static wadi_rdd *reduced(const wadi_dstream *self, wadi_rdd *in) {
    return wadi__rdd_make_reduce(in, WADI__FN_BOUND(self->fn), &self->options);
}
static const wadi__windowed_kind reduce_by_window_kind = {
    .ops = WADI__WINDOWED("reduce_by_window"),
    .partial = reduced,
    .takes = WADI__WINDOW_TAKES_INVERSE,
};

wadi_dstream *(wadi_reduce_by_window)(wadi_dstream *in, wadi_reduce_fn f, int64_t window_ms,
                                      const wadi_window_options *given) {
    wadi_window_options options;
    wadi__options_take(&options, sizeof options, given);
    wadi__windowed_args args = {
        .in = in, .window_ms = window_ms, .options = given, .fn = f, .inverse = options.inverse};
    return wadi__windowed_new(&reduce_by_window_kind, &args);
}
