/* SPDX-License-Identifier: Apache-2.0 */
/* group_by_key_and_window.c: all records of a key and window at once, batch by batch. They are
 * brought to their partitions when their batch is first asked for, and kept there. */
#include "stream/ops/derived.h"
#include "stream/ops/window_check.h"
#include "stream/options.h"

static wadi_rdd *by_key_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_partition_by_key(in[0], &self->options);
}
static const wadi__derived_kind by_key_kind = {.ops = WADI__DERIVED("group_by_key_and_window"),
                                               .make = by_key_of,
                                               .goes_by_key = true,
                                               .takes_partitions = true};
static wadi_rdd *groups_of(const wadi_dstream *self, wadi_rdd *const *in) {
    return wadi__rdd_make_group_by_key(in[0], wadi__derived_of(self)->fn, &self->options);
}
static const wadi__derived_kind groups_kind = {.ops = WADI__DERIVED("group_by_key_and_window"),
                                               .make = groups_of,
                                               .goes_by_key = true,
                                               .takes_partitions = true};

wadi_dstream *(wadi_group_by_key_and_window)(wadi_dstream *in, wadi_group_fn f, int64_t window_ms,
                                             const wadi_window_options *given) {
    wadi_window_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    wadi_op_options op = {
        .size = sizeof op, .where = options.where, .partitions = options.partitions};
    wadi__derived_args by_key = {.in = in, .options = &op};
    wadi_dstream *parted = wadi__derived_new(&by_key_kind, &by_key);
    wadi_window_options window = {
        .size = sizeof window, .where = options.where, .slide_ms = options.slide_ms};
    wadi_dstream *windowed = (wadi_window)(parted, window_ms, &window);
    if (!wadi__dstream_is_spare(windowed))
        wadi__window_check_options(windowed, &options, known, WADI__WINDOW_TAKES_PARTITIONS);
    op.name = options.name;
    wadi__derived_args groups = {.in = windowed, .fn = WADI__FN_ARG(f), .options = &op};
    return wadi__derived_new(&groups_kind, &groups);
}
