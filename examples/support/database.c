/* SPDX-License-Identifier: Apache-2.0 */
/* database.c: the database that transactional_sink.c takes for granted: a folder (DATABASE_DIR,
 * else
 * ./database) with a file for each transaction, named by its id. A file appears whole or not at
 * all, and an id is taken once. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct transaction {
    FILE *file;
    char draft[512], path[512];
} transaction;

transaction *db_begin(const char *unique_id);
void db_add(transaction *t, const char *word, size_t len, int64_t count);
bool db_commit(transaction *t);

transaction *db_begin(const char *unique_id) {
    const char *dir = getenv("DATABASE_DIR");
    if (dir == NULL) dir = "database";
    mkdir(dir, 0755);
    transaction *t = malloc(sizeof *t);
    if (t == NULL) abort();
    snprintf(t->path, sizeof t->path, "%s/%s", dir, unique_id);
    if (access(t->path, F_OK) == 0) {
        free(t);
        return NULL;
    }
    snprintf(t->draft, sizeof t->draft, "%s/.draft-XXXXXX", dir);
    int file = mkstemp(t->draft);
    t->file = file >= 0 ? fdopen(file, "w") : NULL;
    return t;
}
void db_add(transaction *t, const char *word, size_t len, int64_t count) {
    if (t->file == NULL) return;
    fprintf(t->file, "%.*s\t%" PRId64 "\n", (int)len, word, count);
}
bool db_commit(transaction *t) {
    bool is_written =
        t->file != NULL && !ferror(t->file) && fflush(t->file) == 0 && fsync(fileno(t->file)) == 0;
    /* Unlike rename, link refuses a name that is there: another try of the task has committed. */
    bool is_committed = is_written && (link(t->draft, t->path) == 0 || errno == EEXIST);
    if (t->file != NULL) {
        fclose(t->file);
        unlink(t->draft);
    }
    free(t);
    return is_committed;
}
