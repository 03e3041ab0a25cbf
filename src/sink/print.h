/* SPDX-License-Identifier: Apache-2.0 */
/* print.h: the layout of print(). */
#ifndef WADI_SINK_PRINT_H
#define WADI_SINK_PRINT_H
#include "data/print.h"

/* Three lines of head, at most records_max records, "..." if there are more, a blank line. */
void wadi__print_batch(wadi__text *text, int64_t batch_ms, const wadi__type *type, const void *rows, size_t count,
                       uint32_t records_max);
#endif
