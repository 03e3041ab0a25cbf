/* SPDX-License-Identifier: Apache-2.0 */
/* own_transactions.c: the database that postgres_sink.c and transactional_sink.c take for granted,
 * in PostgreSQL: the one that DATABASE says. Its tables are `done`, with a unique id, and `counts`.
 */
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct transaction {
    PGconn *connection;
    bool is_good;
} transaction;

transaction *db_begin(const char *unique_id);
void db_add(transaction *t, const char *word, size_t len, int64_t count);
bool db_commit(transaction *t);

/* Rows that it changed; -1: it failed. */
static int execute(transaction *t, const char *sql, const char *const *values, int count) {
    PGresult *result = PQexecParams(t->connection, sql, count, NULL, values, NULL, NULL, 0);
    int changed = PQresultStatus(result) == PGRES_COMMAND_OK ? atoi(PQcmdTuples(result)) : -1;
    PQclear(result);
    return changed;
}
transaction *db_begin(const char *unique_id) {
    transaction *t = calloc(1, sizeof *t);
    const char *database = getenv("DATABASE");
    if (t == NULL) abort();
    t->connection = PQconnectdb(database != NULL ? database : "");
    int taken =
        execute(t, "BEGIN", NULL, 0) >= 0
            ? execute(t, "INSERT INTO done VALUES ($1) ON CONFLICT DO NOTHING", &unique_id, 1)
            : -1;
    t->is_good = taken == 1;
    if (taken != 0) return t;
    PQfinish(t->connection);
    free(t);
    return NULL;
}
void db_add(transaction *t, const char *word, size_t len, int64_t count) {
    char text[24], *copy = malloc(len + 1);
    if (copy == NULL) abort();
    snprintf(copy, len + 1, "%.*s", (int)len, word);
    snprintf(text, sizeof text, "%lld", (long long)count);
    const char *const values[] = {copy, text};
    t->is_good = t->is_good && execute(t, "INSERT INTO counts VALUES ($1, $2)", values, 2) == 1;
    free(copy);
}
bool db_commit(transaction *t) {
    bool is_done = t->is_good && execute(t, "COMMIT", NULL, 0) >= 0;
    PQfinish(t->connection); /* what is not committed is rolled back */
    free(t);
    return is_done;
}
