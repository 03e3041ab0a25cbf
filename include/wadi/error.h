/* SPDX-License-Identifier: Apache-2.0 */
/* error.h: what failed and where; and durations.
 *
 * A wadi_error is a plain struct that the caller makes on its stack, started as WADI_ERROR_INIT,
 * and gives to a call that can fail; it lives as long as the caller wants, needs no release, and
 * belongs to one thread at a time. Calls that build a graph, and actions on RDDs, take none: their
 * errors stick to the batch they run in, or to the context outside a batch, and everything after
 * them does nothing. wadi_start() reports all mistakes of the graph at once; wadi_run() and
 * wadi_finish() print what is left. Every other call that can fail returns a wadi_status and takes
 * a wadi_error last, which may be NULL. */
#ifndef WADI_ERROR_H
#define WADI_ERROR_H
#pragma GCC system_header
#include <wadi/macro.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What kind of failure it is. The numbers are stable; further ones may be added behind them. */
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

/** A failure. Lives on the caller's stack; never allocates. Start it as WADI_ERROR_INIT: a call
 * that succeeds leaves it as it was. */
typedef struct wadi_error {
    wadi_status status;
    bool retriable;    /* the same call may succeed later; the task scheduler reads this */
    char message[512]; /* the cause, then what each caller added; always ended by a zero */
} wadi_error;
/** No failure: the initial value of a wadi_error. */
#define WADI_ERROR_INIT {WADI_OK, false, ""}

/**
 * Adds what the caller was doing to an error and returns `status`:
 *
 *     return wadi_error_context(err, status, "in batch %lld ms", batch_ms);
 *
 * Whoever meets a failure writes the cause first; each caller on the way up adds once what it was
 * doing, behind "; ". When the buffer fills up, outer context is cut and the cause stays.
 *
 * Shapes:    err: an error started as WADI_ERROR_INIT, or one that was filled in before; it takes
 *            `status` over. NULL is fine: then only `status` is handed on. fmt and what follows: as
 *            printf has it.
 * Ownership: nothing is kept.
 * Threads:   any; an error belongs to one thread at a time.
 * Errors:    none.
 */
WADI_API wadi_status wadi_error_context(wadi_error *err, wadi_status status, const char *fmt, ...)
    WADI_PRINTF(3, 4);

/**
 * A status in words: "ok", "invalid argument", "wrong type", .., and "unknown status" for any other
 * number. Static text, never NULL. Any thread.
 */
WADI_API const char *wadi_status_text(wadi_status status);

/** Durations are whole milliseconds, as int64_t. A fraction of `n` is cut off by MILLISECONDS, and
 * before the product by the others: WADI_SECONDS(0.5) is 0, so write WADI_MILLISECONDS(500). */
#define WADI_MILLISECONDS(n) ((int64_t)(n))
#define WADI_SECONDS(n) ((int64_t)(n) * 1000)
#define WADI_MINUTES(n) ((int64_t)(n) * 60000)
#endif
