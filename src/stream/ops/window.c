/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: the records of the last batches: a union of their RDDs, oldest first. */
#include "stream/nowhere.h"
#include "stream/ops/window_check.h"
#include "stream/options.h"

static wadi_status window_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                  wadi_error *err) {
    wadi_dstream *parent = self->parents[0];
    wadi__rdd_list members = {0};
    int64_t from_ms = time_ms - self->window_ms + parent->slide_ms;
    wadi_status status = wadi__dstream_slice(parent, from_ms, time_ms, &members, err);
    if (status == WADI_OK) {
        wadi_rdd *made = members.count == 0 ? wadi__rdd_make_empty(self->ssc->sc, self->type)
                                            : wadi_rdd_union(members.items[0], members.items + 1,
                                                             members.count - 1, &self->options);
        status = wadi__dstream_made(made, out, err);
    }
    wadi__vec_fini(&members);
    return status;
}
static int64_t window_parent_remember_ms(const wadi_dstream *self, int64_t remember_ms) {
    return remember_ms + self->window_ms;
}
static const wadi__dstream_ops window_ops = {
    .name = "window",
    .compute = window_compute,
    .parent_remember_ms = window_parent_remember_ms,
};

wadi_dstream *(wadi_window)(wadi_dstream *in, int64_t window_ms, const wadi_window_options *given) {
    wadi_window_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    in = wadi__some_stream(in, &options.where, window_ops.name);
    wadi_dstream *self = wadi__dstream_new(in->ssc, &window_ops, &in, 1, &options.where);
    if (wadi__dstream_is_spare(self)) return self;
    wadi_op_options own = {.size = sizeof own, .where = options.where, .name = options.name};
    wadi__dstream_set_options(self, &own);
    self->window_ms = window_ms;
    int64_t slide_ms = options.slide_ms != 0 ? options.slide_ms : in->slide_ms;
    wadi__window_check_durations(self, "windowed DStream", "a multiple", slide_ms);
    wadi__window_check_options(self, &options, known, 0);
    if (self->is_broken) return self;
    self->slide_ms = slide_ms;
    if (in->level == WADI_STORAGE_DEFAULT)
        in->level = WADI_MEMORY_ONLY_SER; /* its RDDs are read again */
    return self;
}
