/* SPDX-License-Identifier: Apache-2.0 */
/* event_log.h: what listeners are told, on disk, for `wadi history` (docs/formats/event_log.md).
 * Lines gather and are written together, at most a second's; a file that is long enough is followed
 * by the next, and the oldest goes when there are too many. When it cannot be written it ends, and
 * says so. */
#ifndef WADI_UI_EVENT_LOG_H
#define WADI_UI_EVENT_LOG_H
#include "base/env.h"
#include "stream/state_facts.h"

#include <wadi/error.h>
#include <wadi/listener.h>

typedef struct wadi__conf wadi__conf;
typedef struct wadi__event_log wadi__event_log;
typedef struct wadi__event_log_options {
    const char *dir; /* spark.eventLog.dir: gets a folder for the program */
    const char *app_name, *app_id;
    int64_t start_ms;
    bool is_compressed; /* where the library has zstd */
    int64_t file_bytes_max, bytes_max;
    const wadi__conf *conf; /* whose settings are told; NULL: none */
    /* The states of the program, as wadi__states_shown(); NULL: none are told. Listeners' thread.
     */
    size_t (*states)(void *arg, wadi__state_shown *rows);
    void *arg;
} wadi__event_log_options;

wadi_status wadi__event_log_open(wadi__env *env, const wadi__event_log_options *options,
                                 wadi__event_log **log, wadi_error *err);
/* Listeners that write it. */
wadi_listener wadi__event_log_listener(wadi__event_log *log);
wadi_engine_listener wadi__event_log_engine_listener(wadi__event_log *log);
struct wadi__told_input;
void wadi__event_log_stream(wadi__event_log *log, int64_t batch_ms,
                            const struct wadi__told_input *inputs, size_t count);
/* Writes what waits. NULL is fine. */
void wadi__event_log_close(wadi__event_log *log);
#endif
