/* SPDX-License-Identifier: Apache-2.0 */
/* file_filter.h: which new files a file stream wants: those that the user's filter takes, or those
 * whose name does not begin with a dot. */
#ifndef WADI_SOURCE_FILE_FILTER_H
#define WADI_SOURCE_FILE_FILTER_H
#include "source/file_selection.h"
#include "stream/dstream.h"

/* Takes is_new from the candidates that the filter, stream->fn, rejects. An error: the filter
 * failed. Generator thread. */
wadi_status wadi__file_filter(const wadi_dstream *stream, int64_t time_ms,
                              wadi__candidate *candidates, size_t count, wadi_error *err);
#endif
