/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_ops.h: what the module wadi-postgres.so does for the sink: connections to a server, by
 * libpq, so that the library itself needs none of it. A connection belongs to one thread at a time.
 */
#ifndef WADI_SINK_POSTGRES_OPS_H
#define WADI_SINK_POSTGRES_OPS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__POSTGRES_OPS_VERSION = 1 };

typedef struct wadi__postgres_fault {
    char message[300]; /* the server's or libpq's, on one line */
    char state[6];     /* SQLSTATE; "": there is none, so the connection is gone or never was */
} wadi__postgres_fault;

typedef struct wadi__postgres_ops { /* what the module exports as wadi__postgres_module */
    uint32_t version;
    /* Whether a connection string can be read. */
    bool (*is_well_formed)(const char *connection);
    /* NULL: *fault says why. */
    void *(*open)(const char *connection, const char *application, wadi__postgres_fault *fault);
    void (*close)(void *connection);
    /* Runs a statement; parameters $1, $2, .. are texts. NULL: *fault says why. */
    void *(*query)(void *connection, const char *sql, const char *const *parameters, int count,
                   wadi__postgres_fault *fault);
    int64_t (*rows)(const void *result);                           /* in it, or changed by it */
    const char *(*value)(const void *result, int row, int column); /* as text; NULL is "" */
    void (*free_result)(void *result);
    /* COPY .. FROM STDIN: begins it, adds bytes, ends it. After a false of any of them it has
     * ended, and nothing of it is kept; close() ends it too. */
    bool (*copy_begin)(void *connection, const char *sql, wadi__postgres_fault *fault);
    bool (*copy_add)(void *connection, const void *bytes, size_t size, wadi__postgres_fault *fault);
    bool (*copy_end)(void *connection, wadi__postgres_fault *fault);
} wadi__postgres_ops;
#endif
