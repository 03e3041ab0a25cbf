/* SPDX-License-Identifier: Apache-2.0 */
/* state_rows.h: what a checkpoint says that a stream keeps: its rows, from the files that it names.
 */
#ifndef WADI_CLI_STATE_ROWS_H
#define WADI_CLI_STATE_ROWS_H
#include "base/env.h"
#include "stream/checkpoint_file.h"

typedef struct wadi__cli_state { /* of a stream */
    int64_t time_ms;             /* of its snapshot */
    uint64_t panes;              /* of a window: records in them */
    WADI__VEC(char *) rows;      /* as text or JSON, ordered by their keys */
} wadi__cli_state;
/* Reads it; the directory is the checkpoint's. A stream that has none gives no rows. */
wadi_status wadi__cli_state_read(wadi__env *env, const char *dir, const checkpoint_stream *stream,
                                 bool as_json, wadi__cli_state *state, wadi_error *err);
void wadi__cli_state_fini(wadi__cli_state *state);
#endif
