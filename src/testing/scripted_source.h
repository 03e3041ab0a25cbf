/* SPDX-License-Identifier: Apache-2.0 */
/* scripted_source.h: an input stream whose batches are known beforehand.
 *
 * Batch k (1, 2, ..), the one that ends k intervals after the zero time, is batches[k - 1]; past
 * the end batches are empty. It keeps nothing, so it can be asked again for any time, and it
 * remembers for which times it was asked. */
#ifndef WADI_TESTING_SCRIPTED_SOURCE_H
#define WADI_TESTING_SCRIPTED_SOURCE_H
#include <wadi/source.h>

typedef struct wadi__script_batch {
    const void *rows; /* records of the stream's type, with what they point at */
    size_t count;
    bool is_missing; /* no RDD at all, which is not an empty one */
} wadi__script_batch;

typedef struct wadi__script {
    const wadi__script_batch *batches;
    size_t count;
    uint32_t partitions; /* partition i gets rows i * n / p up to (i + 1) * n / p; 0: the default */
} wadi__script;

/* The batches and rows must live as long as the context; `script` itself is copied. */
wadi_dstream *wadi__scripted_stream(wadi_stream_context *ssc, const wadi_type *type,
                                    const wadi__script *script);
/* The times for which it was asked, in that order. Only while no batch is being made. */
const int64_t *wadi__scripted_asked(const wadi_dstream *stream, size_t *count);
#endif
