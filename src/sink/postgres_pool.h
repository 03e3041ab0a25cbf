/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_pool.h: connections to PostgreSQL servers, for the driver and for tasks.
 *
 * The pool belongs to the process: who wants a connection takes one that is idle or opens one, and
 * gives it back when it works still. One that failed is closed with all idle ones of its server,
 * which may have gone the same way. Messages have no connection string in them. */
#ifndef WADI_SINK_POSTGRES_POOL_H
#define WADI_SINK_POSTGRES_POOL_H
#include "sink/postgres_ops.h"

#include <wadi/error.h>

/* Loads the module. NULL: err says what is missing. Any thread. */
const wadi__postgres_ops *wadi__postgres_open(wadi_error *err);
/* For tests: this table instead of the module's. NULL: the module's. */
void wadi__postgres_use(const wadi__postgres_ops *ops);

typedef struct wadi__postgres_connection wadi__postgres_connection;
struct wadi__postgres_connection {
    const wadi__postgres_ops *ops;
    void *link; /* the module's */
    char *string;
    bool is_lost; /* nothing can be done with it any more */
    wadi__postgres_connection *next;
};

/* One for this connection string, idle or new. Any thread. */
wadi_status wadi__postgres_take(const char *string, const char *application,
                                wadi__postgres_connection **connection, wadi_error *err);
/* Gives it back: into the pool, or closed if it is lost. Sets *connection to NULL; may be NULL. It
 * is in no transaction. */
void wadi__postgres_give(wadi__postgres_connection **connection);
/* Closes the idle ones of a connection string. */
void wadi__postgres_close_idle(const char *string);

/* Runs a statement with texts as parameters. *result, unless that is NULL, is to be released by
 * ops->free_result. Errors are WADI_E_IO, .retriable where another try may succeed; `state`, 6
 * bytes, gets the SQLSTATE, or is NULL. */
wadi_status wadi__postgres_query(wadi__postgres_connection *connection, const char *sql,
                                 const char *const *parameters, int count, void **result,
                                 char *state, wadi_error *err);
/* Makes a fault of the module's an error, and the connection lost where that is what it says. */
wadi_status wadi__postgres_fail(wadi__postgres_connection *connection,
                                const wadi__postgres_fault *fault, wadi_error *err);
#endif
