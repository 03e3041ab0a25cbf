/* SPDX-License-Identifier: Apache-2.0 */
/* window_check.h: what all windows check of their durations and options. */
#ifndef WADI_STREAM_OPS_WINDOW_CHECK_H
#define WADI_STREAM_OPS_WINDOW_CHECK_H
#include "stream/dstream.h"

/* self->window_ms and slide_ms must be multiples of the parent's slide. `what` and `must_be` are
 * the words of Spark's messages. */
void wadi__window_check_durations(wadi_dstream *self, const char *what, const char *must_be,
                                  int64_t slide_ms);
enum { /* options that an operator takes, besides .slide_ms and .name */
       WADI__WINDOW_TAKES_INVERSE = 1,
       WADI__WINDOW_TAKES_FILTER = 2, /* together with an inverse */
       WADI__WINDOW_TAKES_PARTITIONS = 4,
};
void wadi__window_check_options(wadi_dstream *self, const wadi_window_options *options, bool known,
                                unsigned takes);
#endif
