/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_database.c: the database that transactional_sink.c takes for granted, in SQLite: the file
 * that DATABASE names. A table of ids with a unique key says what is committed.
 *
 * With DATABASE_FAULTS, commits fail by turns: one is refused, one is made but its answer is lost,
 * one is well. Which it was is written to the file that DATABASE_FAULTS names. */
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct transaction {
    sqlite3 *connection;
    sqlite3_stmt *insert;
    char id[64];
    bool is_good;
} transaction;

transaction *db_begin(const char *unique_id);
void db_add(transaction *t, const char *word, size_t len, int64_t count);
bool db_commit(transaction *t);

static void release(transaction *t) {
    sqlite3_finalize(t->insert);
    sqlite3_close(t->connection); /* what is not committed is rolled back */
    free(t);
}
static bool execute(transaction *t, const char *statement) {
    return sqlite3_exec(t->connection, statement, NULL, NULL, NULL) == SQLITE_OK;
}
static bool open_database(transaction *t) {
    const char *path = getenv("DATABASE");
    return sqlite3_open(path != NULL ? path : "words.db", &t->connection) == SQLITE_OK &&
           sqlite3_busy_timeout(t->connection, 30000) == SQLITE_OK &&
           execute(t, "PRAGMA journal_mode = WAL") &&
           execute(t, "CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY)") &&
           execute(t, "CREATE TABLE IF NOT EXISTS counts (id TEXT, word TEXT, count INTEGER)");
}
/* Takes the id. *is_taken: a transaction that was committed has it. */
static bool take_id(transaction *t, bool *is_taken) {
    sqlite3_stmt *take = NULL;
    int rc = sqlite3_prepare_v2(t->connection, "INSERT INTO done VALUES (?)", -1, &take, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(take, 1, t->id, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) rc = sqlite3_step(take);
    *is_taken = rc == SQLITE_CONSTRAINT;
    sqlite3_finalize(take);
    return rc == SQLITE_DONE;
}
transaction *db_begin(const char *unique_id) {
    transaction *t = calloc(1, sizeof *t);
    bool is_taken = false;
    if (t == NULL) abort();
    snprintf(t->id, sizeof t->id, "%s", unique_id);
    t->is_good = open_database(t) && execute(t, "BEGIN IMMEDIATE") && take_id(t, &is_taken) &&
                 sqlite3_prepare_v2(t->connection, "INSERT INTO counts VALUES (?, ?, ?)", -1,
                                    &t->insert, NULL) == SQLITE_OK;
    if (!is_taken) return t;
    release(t);
    return NULL;
}
void db_add(transaction *t, const char *word, size_t len, int64_t count) {
    t->is_good = t->is_good &&
                 sqlite3_bind_text(t->insert, 1, t->id, -1, SQLITE_STATIC) == SQLITE_OK &&
                 sqlite3_bind_text(t->insert, 2, word, (int)len, SQLITE_TRANSIENT) == SQLITE_OK &&
                 sqlite3_bind_int64(t->insert, 3, count) == SQLITE_OK &&
                 sqlite3_step(t->insert) == SQLITE_DONE && sqlite3_reset(t->insert) == SQLITE_OK;
}

/* ---- Faults ---- */

typedef enum fault { NONE, REFUSED, LOST_ANSWER, FAULT_COUNT } fault;

static fault next_fault(void) {
    static const char *const names[] = {"none", "refused", "lost-answer"};
    static atomic_uint commits;
    const char *path = getenv("DATABASE_FAULTS");
    if (path == NULL) return NONE;
    fault chosen = (fault)((atomic_fetch_add(&commits, 1) + 1) % FAULT_COUNT);
    FILE *told = fopen(path, "a");
    if (told == NULL) abort();
    fprintf(told, "%s\n", names[chosen]);
    fclose(told);
    return chosen;
}
bool db_commit(transaction *t) {
    fault chosen = next_fault();
    bool is_committed = t->is_good && chosen != REFUSED && execute(t, "COMMIT");
    release(t);
    return is_committed && chosen != LOST_ANSWER;
}
