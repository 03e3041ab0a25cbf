/* SPDX-License-Identifier: Apache-2.0 */
/* window_check.c: mistakes in the durations and options of windows. */
#include "stream/ops/window_check.h"

#include "stream/options.h"

#include <inttypes.h>

static void check_multiple(wadi_dstream *self, const char *which, const char *what,
                           const char *must_be, int64_t duration_ms) {
    int64_t parent_slide_ms = self->parents[0]->slide_ms;
    if (duration_ms > 0 && duration_ms % parent_slide_ms == 0) return;
    wadi__dstream_mistake(self, WADI_E_INVALID,
                          "The %s duration of %s (%" PRId64
                          " ms) must be %s of the slide duration of parent DStream (%" PRId64
                          " ms)",
                          which, what, duration_ms, must_be, parent_slide_ms);
}
void wadi__window_check_durations(wadi_dstream *self, const char *what, const char *must_be,
                                  int64_t slide_ms) {
    check_multiple(self, "window", what, must_be, self->window_ms);
    check_multiple(self, "slide", what, must_be, slide_ms);
}
void wadi__window_check_options(wadi_dstream *self, const wadi_window_options *options, bool known,
                                unsigned takes) {
    const char *unwanted = NULL;
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    if (options->inverse.fn != NULL && (takes & WADI__WINDOW_TAKES_INVERSE) == 0)
        unwanted = ".inverse";
    if (options->filter.fn != NULL && (takes & WADI__WINDOW_TAKES_FILTER) == 0)
        unwanted = ".filter";
    if (options->partitions != 0 && (takes & WADI__WINDOW_TAKES_PARTITIONS) == 0)
        unwanted = ".partitions";
    if (unwanted != NULL)
        wadi__dstream_mistake(self, WADI_E_INVALID, "%s means nothing here", unwanted);
    else if (options->filter.fn != NULL && options->inverse.fn == NULL)
        wadi__dstream_mistake(self, WADI_E_INVALID, ".filter means nothing without .inverse");
}
