/* SPDX-License-Identifier: Apache-2.0 */
/* control.h: a program's socket for `wadi status`, `stop` and `log-level` of the same user
 * (docs/formats/control.md). While the program is active one thread serves one request after
 * another; each has a few seconds. */
#ifndef WADI_STREAM_CONTROL_H
#define WADI_STREAM_CONTROL_H
#include "stream/stream_context.h"

typedef struct wadi__control wadi__control;

/* With wadi.control.enabled, where the env has Unix sockets. A program without it goes on: NULL,
 * and a line of the log says why. */
wadi__control *wadi__control_start(wadi_stream_context *ssc);
/* Joins its thread. NULL is fine. */
void wadi__control_stop(wadi__control *control);

/* ---- Requests: one line ---- */

enum { WADI__CONTROL_REQUEST_MAX = 512, WADI__CONTROL_TIMEOUT_MS = 5000 };

typedef enum wadi__control_kind {
    WADI__CONTROL_STATUS,    /* "status N": with the last N batches */
    WADI__CONTROL_STOP,      /* "stop", "stop gracefully" */
    WADI__CONTROL_LOG_LEVEL, /* "log-level stream=debug" */
} wadi__control_kind;
typedef struct wadi__control_request {
    wadi__control_kind kind;
    unsigned batches;
    bool gracefully;
    char levels[WADI__CONTROL_REQUEST_MAX];
} wadi__control_request;
/* Reads a line, without its end. False: it is none of these; `why` says what is wrong. */
bool wadi__control_parse(const char *bytes, size_t size, wadi__control_request *request, char *why,
                         size_t why_size);
#endif
