/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_pool.c: connections that are taken and given back. */
#include "sink/postgres_pool.h"

#include "base/mem.h"
#include "base/module.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ---- The module ---- */

static _Atomic(const wadi__postgres_ops *) loaded;

void wadi__postgres_use(const wadi__postgres_ops *ops) { atomic_store(&loaded, ops); }

const wadi__postgres_ops *wadi__postgres_open(wadi_error *err) {
    const wadi__postgres_ops *ops = atomic_load(&loaded);
    if (ops != NULL) return ops;
    ops = wadi__module_open("postgres", "wadi__postgres_module", err);
    if (ops == NULL) return NULL;
    if (ops->version != WADI__POSTGRES_OPS_VERSION) {
        wadi_error_context(err, WADI_E_INVALID,
                           "the module wadi-postgres.so belongs to another version of the library");
        return NULL;
    }
    atomic_store(&loaded, ops);
    return ops;
}

/* ---- Faults ---- */

/* Whether the same may succeed later: the connection is gone, the server ends or is short of
 * something, or transactions got in each other's way. */
static bool is_passing(const char *state) {
    static const char *const classes[] = {"08", "40", "53", "55", "57"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(state, classes[i], 2) == 0) return true;
    return state[0] == 0;
}
wadi_status wadi__postgres_fail(wadi__postgres_connection *connection,
                                const wadi__postgres_fault *fault, wadi_error *err) {
    if (fault->state[0] == 0 || strncmp(fault->state, "08", 2) == 0 ||
        strncmp(fault->state, "57P", 3) == 0)
        connection->is_lost = true;
    wadi_error_context(err, WADI_E_IO, "the database says: %s", fault->message);
    if (err != NULL) err->retriable = is_passing(fault->state);
    return WADI_E_IO;
}
wadi_status wadi__postgres_query(wadi__postgres_connection *connection, const char *sql,
                                 const char *const *parameters, int count, void **result,
                                 char *state, wadi_error *err) {
    wadi__postgres_fault fault = {0};
    void *given = connection->ops->query(connection->link, sql, parameters, count, &fault);
    if (given == NULL) {
        if (state != NULL) memcpy(state, fault.state, sizeof fault.state);
        return wadi__postgres_fail(connection, &fault, err);
    }
    if (result != NULL)
        *result = given;
    else
        connection->ops->free_result(given);
    return WADI_OK;
}

/* ---- The pool ---- */

enum { IDLE_MAX = 64 }; /* connections that are kept, of all servers */

static struct {
    pthread_mutex_t lock;
    wadi__postgres_connection *idle; /* newest first; guarded by lock */
    unsigned idle_count;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void close_connection(wadi__postgres_connection *connection) {
    if (connection->link != NULL) connection->ops->close(connection->link);
    wadi__free(connection->string);
    wadi__free(connection);
}
/* Takes the first idle one for a string out of the list; NULL: there is none. */
static wadi__postgres_connection *take_idle(const char *string) {
    pthread_mutex_lock(&pool.lock);
    wadi__postgres_connection **at = &pool.idle, *found;
    while (*at != NULL && strcmp((*at)->string, string) != 0) at = &(*at)->next;
    found = *at;
    if (found != NULL) {
        *at = found->next;
        pool.idle_count--;
    }
    pthread_mutex_unlock(&pool.lock);
    return found;
}
wadi_status wadi__postgres_take(const char *string, const char *application,
                                wadi__postgres_connection **connection, wadi_error *err) {
    const wadi__postgres_ops *ops = wadi__postgres_open(err);
    if (ops == NULL) return WADI_E_INVALID;
    if ((*connection = take_idle(string)) != NULL) return WADI_OK;
    wadi__postgres_connection *made = wadi__calloc(1, sizeof *made);
    char *copy = wadi__strdup(string);
    if (made == NULL || copy == NULL) {
        wadi__free(made);
        wadi__free(copy);
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a connection to a database");
    }
    wadi__postgres_fault fault = {0};
    *made = (wadi__postgres_connection){.ops = ops, .string = copy};
    made->link = ops->open(string, application, &fault);
    if (made->link != NULL) {
        *connection = made;
        return WADI_OK;
    }
    close_connection(made);
    wadi_error_context(err, WADI_E_IO, "no connection to the database: %s", fault.message);
    if (err != NULL) err->retriable = true;
    return WADI_E_IO;
}
void wadi__postgres_close_idle(const char *string) {
    for (wadi__postgres_connection *idle; (idle = take_idle(string)) != NULL;)
        close_connection(idle);
}
void wadi__postgres_give(wadi__postgres_connection **p_connection) {
    wadi__postgres_connection *connection = *p_connection;
    *p_connection = NULL;
    if (connection == NULL) return;
    pthread_mutex_lock(&pool.lock);
    bool is_kept = !connection->is_lost && pool.idle_count < IDLE_MAX;
    if (is_kept) {
        connection->next = pool.idle;
        pool.idle = connection;
        pool.idle_count++;
    }
    pthread_mutex_unlock(&pool.lock);
    if (is_kept) return;
    if (connection->is_lost) wadi__postgres_close_idle(connection->string);
    close_connection(connection);
}
