/* SPDX-License-Identifier: Apache-2.0 */
/* error.h: what failed and where.
 *
 * Calls that build a graph, and actions on RDDs, never return a status: their errors stick to the
 * batch they run in, or to the context outside a batch, and everything after them does nothing.
 * wadi_start() reports all mistakes of the graph at once; wadi_run() and wadi_finish() print what is
 * left. Every other call that can fail returns a wadi_status and takes a wadi_error last. */
#ifndef WADI_ERROR_H
#define WADI_ERROR_H
#pragma GCC system_header
#include <wadi/macro.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum wadi_status {
    WADI_OK,
    WADI_E_INVALID, /* an argument or setting that can never work */
    WADI_E_TYPE,    /* a function or record that does not fit where it is used */
    WADI_E_STATE,   /* the right call at the wrong time */
    WADI_E_NOMEM,   /* no memory, or the bound wadi.memory.max_bytes */
    WADI_E_IO,      /* the system refused: files, sockets, disk space */
    WADI_E_CORRUPT, /* bytes from outside that are not what they should be */
    WADI_E_USER,    /* a user's function failed */
} wadi_status;

/* Lives on the caller's stack; never allocates. Start it as WADI_ERROR_INIT. */
typedef struct wadi_error {
    wadi_status status;
    bool retriable;    /* the same call may succeed later; the task scheduler reads this */
    char message[512]; /* the cause, then the context that each caller added; always ended by a zero */
} wadi_error;
#define WADI_ERROR_INIT {WADI_OK, false, ""}

/**
 * Adds what the caller was doing to `err` and returns `status`:
 *
 *     return wadi_error_context(err, status, "in batch %lld ms", batch_ms);
 *
 * Whoever meets a failure writes the cause first; each caller on the way up adds once what it was
 * doing. When the buffer fills up, outer context is cut and the cause stays. A NULL `err` is fine.
 */
WADI_API wadi_status wadi_error_context(wadi_error *err, wadi_status status, const char *fmt, ...)
    WADI_PRINTF(3, 4);

/* "ok", "invalid argument", "wrong type", ..: static text. */
WADI_API const char *wadi_status_text(wadi_status status);

/* Durations are whole milliseconds, as int64_t. */
#define WADI_MILLISECONDS(n) ((int64_t)(n))
#define WADI_SECONDS(n) ((int64_t)(n) * 1000)
#define WADI_MINUTES(n) ((int64_t)(n) * 60000)
#endif
