/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: the records of the last batches: a union of their RDDs, oldest first. */
#include "stream/nowhere.h"
#include "stream/options.h"

#include <inttypes.h>

typedef struct window_state {
    int64_t window_ms;
} window_state;

static wadi_status window_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                  wadi_error *err) {
    const window_state *window = (const window_state *)self->state;
    wadi_dstream *parent = self->parents[0];
    wadi__rdd_list members = {0};
    int64_t from_ms = time_ms - window->window_ms + parent->slide_ms;
    wadi_status status = wadi__dstream_slice(parent, from_ms, time_ms, &members, err);
    if (status == WADI_OK) {
        wadi_rdd *made = members.count == 0 ? wadi__empty_rdd(self->ssc->sc, &self->type->pub)
                                            : wadi_rdd_union(members.items[0], members.items + 1,
                                                             members.count - 1, &self->options);
        status = wadi__dstream_made(made, out, err);
    }
    wadi__vec_fini(&members);
    return status;
}
static int64_t window_parent_remember_ms(const wadi_dstream *self, int64_t remember_ms) {
    return remember_ms + ((const window_state *)self->state)->window_ms;
}
static const wadi__dstream_ops window_ops = {
    .name = "window",
    .state_size = sizeof(window_state),
    .compute = window_compute,
    .parent_remember_ms = window_parent_remember_ms,
};

/* Says what is wrong with a duration; NULL: nothing. */
static void check_multiple(wadi_dstream *self, const char *what, int64_t duration_ms,
                           int64_t parent_slide_ms) {
    if (duration_ms > 0 && duration_ms % parent_slide_ms == 0) return;
    wadi__dstream_mistake(
        self, WADI_E_INVALID,
        "The %s duration of windowed DStream (%" PRId64
        " ms) must be a multiple of the slide duration of parent DStream (%" PRId64 " ms)",
        what, duration_ms, parent_slide_ms);
}
static void check_options(wadi_dstream *self, const wadi_window_options *options, bool known) {
    const char *unwanted = NULL;
    if (options->inverse.fn != NULL) unwanted = ".inverse";
    if (options->filter.fn != NULL) unwanted = ".filter";
    if (options->partitions != 0) unwanted = ".partitions";
    if (unwanted != NULL)
        wadi__dstream_mistake(self, WADI_E_INVALID, "%s means nothing here", unwanted);
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
}
wadi_dstream *(wadi_window)(wadi_dstream *in, int64_t window_ms, const wadi_window_options *given) {
    wadi_window_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    in = wadi__some_stream(in, &options.where, window_ops.name);
    wadi_dstream *self = wadi__dstream_new(in->ssc, &window_ops, &in, 1, &options.where);
    if (wadi__dstream_is_spare(self)) return self;
    wadi_op_options own = {.size = sizeof own, .where = options.where, .name = options.name};
    wadi__dstream_set_options(self, &own);
    ((window_state *)self->state)->window_ms = window_ms;
    int64_t slide_ms = options.slide_ms != 0 ? options.slide_ms : in->slide_ms;
    check_multiple(self, "window", window_ms, in->slide_ms);
    check_multiple(self, "slide", slide_ms, in->slide_ms);
    check_options(self, &options, known);
    if (self->is_broken) return self;
    self->slide_ms = slide_ms;
    if (in->level == WADI_STORAGE_DEFAULT)
        in->level = WADI_MEMORY_ONLY_SER; /* its RDDs are read again */
    return self;
}
