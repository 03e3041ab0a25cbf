/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_libpq.c: the module wadi-postgres.so: libpq behind a table. Nothing that it says has the
 * connection string in it: libpq tells hosts, users and databases, but no passwords, once the
 * string could be read, and is_well_formed() looks at that first, without a message. */
#include "sink/postgres_ops.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message on one line, as much of it as there is room for. */
static void tell(wadi__postgres_fault *fault, const char *message, const char *state) {
    size_t n = 0, room = sizeof fault->message - 1;
    for (const char *at = message; *at != 0 && n < room; at++) {
        bool is_space = *at == '\n' || *at == '\r' || *at == '\t';
        fault->message[n++] = *(is_space ? " " : at);
    }
    while (n > 0 && fault->message[n - 1] == ' ') n--;
    fault->message[n] = 0;
    snprintf(fault->state, sizeof fault->state, "%s", state != NULL ? state : "");
}
/* What a result says, with the server's detail, or without one the connection. */
static void tell_of(wadi__postgres_fault *fault, PGconn *connection, const PGresult *result) {
    const char *primary =
        result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *detail = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL;
    char text[sizeof fault->message];
    if (primary != NULL)
        snprintf(text, sizeof text, "%s%s%s", primary, detail != NULL ? ": " : "",
                 detail != NULL ? detail : "");
    else
        snprintf(text, sizeof text, "%s", PQerrorMessage(connection));
    tell(fault, text, primary != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL);
    if (PQstatus(connection) != CONNECTION_OK) fault->state[0] = 0;
}
static bool is_well_formed(const char *connection) {
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(connection, &message);
    PQfreemem(message);
    PQconninfoFree(options);
    return options != NULL;
}
static void no_notice(void *arg, const char *message) { (void)arg, (void)message; }

static void *open_connection(const char *connection, const char *application,
                             wadi__postgres_fault *fault) {
    /* The first one is a whole string; what the others say, it may say otherwise. */
    const char *const names[] = {"connect_timeout", "fallback_application_name", "dbname",
                                 "client_encoding", NULL};
    const char *const values[] = {"10", application, connection, "UTF8", NULL};
    PGconn *opened = PQconnectdbParams(names, values, 1);
    if (opened != NULL && PQstatus(opened) == CONNECTION_OK) {
        PQsetNoticeProcessor(opened, no_notice, NULL);
        return opened;
    }
    tell(fault, opened != NULL ? PQerrorMessage(opened) : "no memory for a connection", NULL);
    PQfinish(opened);
    return NULL;
}
static void close_connection(void *connection) { PQfinish(connection); }

static void *query(void *connection, const char *sql, const char *const *parameters, int count,
                   wadi__postgres_fault *fault) {
    PGresult *result = PQexecParams(connection, sql, count, NULL, parameters, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    tell_of(fault, connection, result);
    PQclear(result);
    return NULL;
}
static int64_t rows(const void *result) {
    PGresult *r = (PGresult *)(uintptr_t)result; /* PQcmdTuples reads it only */
    if (PQresultStatus(r) == PGRES_TUPLES_OK) return PQntuples(r);
    return strtoll(PQcmdTuples(r), NULL, 10);
}
static const char *value(const void *result, int row, int column) {
    return PQgetvalue((const PGresult *)result, row, column);
}
static void free_result(void *result) { PQclear(result); }

/* Takes what the server still has to say. False: it is an error. */
static bool take_results(PGconn *connection, wadi__postgres_fault *fault) {
    bool is_good = true;
    for (PGresult *result; (result = PQgetResult(connection)) != NULL; PQclear(result)) {
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COMMAND_OK || !is_good) continue;
        is_good = false;
        tell_of(fault, connection, result);
        if (status == PGRES_COPY_IN) PQputCopyEnd(connection, "given up");
    }
    return is_good;
}
static bool copy_begin(void *connection, const char *sql, wadi__postgres_fault *fault) {
    PGresult *result = PQexec(connection, sql);
    bool has_begun = PQresultStatus(result) == PGRES_COPY_IN;
    if (!has_begun) tell_of(fault, connection, result);
    PQclear(result);
    return has_begun;
}
static bool copy_add(void *connection, const void *bytes, size_t size,
                     wadi__postgres_fault *fault) {
    if (PQputCopyData(connection, bytes, (int)size) == 1) return true;
    tell_of(fault, connection, NULL);
    take_results(connection, fault);
    return false;
}
static bool copy_end(void *connection, wadi__postgres_fault *fault) {
    if (PQputCopyEnd(connection, NULL) == 1) return take_results(connection, fault);
    tell_of(fault, connection, NULL);
    return false;
}

extern const wadi__postgres_ops wadi__postgres_module;
__attribute__((visibility("default"))) const wadi__postgres_ops wadi__postgres_module = {
    .version = WADI__POSTGRES_OPS_VERSION,
    .is_well_formed = is_well_formed,
    .open = open_connection,
    .close = close_connection,
    .query = query,
    .rows = rows,
    .value = value,
    .free_result = free_result,
    .copy_begin = copy_begin,
    .copy_add = copy_add,
    .copy_end = copy_end,
};
