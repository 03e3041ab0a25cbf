/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_file.h: a checkpoint as bytes: how far a program has come, and what its streams keep.
 *
 * A file is five frames, one behind the other: the head, which alone tells format and epoch and how
 * many rows the others have, then settings, pending batches, accumulators and streams. So
 * it is whole, or told to be none. docs/formats/checkpoint.md is its picture. */
#ifndef WADI_STREAM_CHECKPOINT_FILE_H
#define WADI_STREAM_CHECKPOINT_FILE_H
#include "base/counted.h"
#include "base/vec.h"
#include "data/print.h"

#include <wadi/wadi.h>

enum { WADI__CHECKPOINT_FORMAT = 1 };

/* Names of records and fields are those on disk. */
WADI_RECORD(checkpoint_head, (int32_t, format), (uint64_t, epoch), (int64_t, time_ms),
            (int64_t, zero_ms), (int64_t, batch_ms), (int64_t, rerun_ms), (int64_t, merged_ms),
            (uint32_t, parallelism), (uint64_t, hash_seed, 2), (uint64_t, settings),
            (uint64_t, pending), (uint64_t, accumulators), (uint64_t, streams),
            (wadi_str, application));
WADI_RECORD(checkpoint_setting, (wadi_str, name), (wadi_str, value));
WADI_RECORD(checkpoint_pending, (int64_t, time_ms), (bool, has_failed));
WADI_RECORD(checkpoint_accumulator, (wadi_str, name), (wadi_str, value));
WADI_RECORD(checkpoint_stream, (wadi_str, name), (wadi_str, op), (wadi_str, function),
            (wadi_str, records), (int64_t, slide_ms), (int64_t, window_ms), (int64_t, replay_ms),
            (int64_t, saved_ms), (bool, is_state), (wadi_str, kept));

typedef struct wadi__checkpoint {
    checkpoint_head head; /* its counts are set by writing */
    WADI__VEC(checkpoint_setting) settings;
    WADI__VEC(checkpoint_pending) pending; /* ascending; with that of time_ms */
    WADI__VEC(checkpoint_accumulator) accumulators;
    WADI__VEC(checkpoint_stream) streams;
    WADI__VEC(wadi__counted *) held; /* what the strings point at, once it was read */
} wadi__checkpoint;

/* Appends the bytes of a file. */
wadi_status wadi__checkpoint_write(wadi__checkpoint *checkpoint, wadi__text *out, wadi_error *err);
/* Reads them back; `bytes` may go then. WADI_E_CORRUPT: they are no whole checkpoint. WADI_E_STATE:
 * they are one of a later format. What `checkpoint` held is lost; wadi__checkpoint_fini() in any
 * case. */
wadi_status wadi__checkpoint_read(wadi__checkpoint *checkpoint, const void *bytes, size_t size,
                                  wadi_error *err);
/* The head alone. */
wadi_status wadi__checkpoint_read_head(checkpoint_head *head, const void *bytes, size_t size,
                                       wadi_error *err);
void wadi__checkpoint_fini(wadi__checkpoint *checkpoint);
#endif
