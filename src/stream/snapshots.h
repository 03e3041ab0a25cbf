/* SPDX-License-Identifier: Apache-2.0 */
/* snapshots.h: how a stream that keeps something has it saved: with files of its own in the
 * checkpoint directory, which each checkpoint names. What states and windows share. */
#ifndef WADI_STREAM_SNAPSHOTS_H
#define WADI_STREAM_SNAPSHOTS_H
#include "stream/dstream.h"
#include "stream/state_files.h"

typedef struct wadi__snapshots_spec { /* as in wadi__state_files_spec */
    const wadi__type *type;
    bool is_keyed;
    int64_t window_ms, slide_ms;
    uint32_t partition_count;
} wadi__snapshots_spec;

/* The stream's files; *files stays NULL where the program has no checkpoint directory. Before the
 * first batch; thread of wadi_start(). */
wadi_status wadi__snapshots_open(wadi_dstream *self, const wadi__snapshots_spec *spec,
                                 wadi__state_files **files, wadi_error *err);
/* As wadi__dstream_ops.save. */
wadi_status wadi__snapshots_save(wadi_dstream *self, wadi__state_files *files, int64_t time_ms,
                                 int64_t begun_ms, wadi__text *out, wadi_error *err);
#endif
