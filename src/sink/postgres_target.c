/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_target.c: the statements of the sink. */
#include "sink/postgres_target.h"

#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void add(wadi__text *sql, const char *text) { wadi__text_add(sql, text, strlen(text)); }
/* The text as a string of its own; NULL: no memory. Leaves it empty. */
static char *take_text(wadi__text *text) {
    wadi__text_add(text, "", 1);
    char *made = text->failed ? NULL : wadi__strdup(text->bytes);
    wadi__text_fini(text);
    return made;
}
static wadi_status no_memory(wadi_error *err) {
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for the statements of a table");
}

/* ---- What is known from the start ---- */

/* "schema.table" or "table", each part in quotes. */
static char *quoted_table(const char *table) {
    wadi__text sql = {0};
    const char *dot = strchr(table, '.');
    if (dot != NULL) {
        wadi__postgres_quote(&sql, table, (size_t)(dot - table));
        add(&sql, ".");
        table = dot + 1;
    }
    wadi__postgres_quote(&sql, table, strlen(table));
    return take_text(&sql);
}
/* The beginning of the names of a stream's staging tables. */
static uint64_t staged_hash(const wadi__postgres_target *target) {
    uint64_t hash = XXH64(target->application, strlen(target->application) + 1, 0);
    hash = XXH64(target->stream, strlen(target->stream) + 1, hash);
    return XXH64(target->table, strlen(target->table), hash);
}
static char *staged_name(const wadi__postgres_target *target, wadi__env *env) {
    uint64_t run;
    env->random(env, &run, sizeof run);
    return wadi__format("wadi_staged_%016" PRIx64 "_%016" PRIx64, staged_hash(target), run);
}
static bool batch_column_is_free(const wadi__postgres_target *target, wadi_error *err) {
    for (size_t i = 0; i < target->columns.count && target->batch_column != NULL; i++) {
        if (strcmp(target->columns.items[i].name, target->batch_column) != 0) continue;
        wadi_error_context(err, WADI_E_INVALID,
                           "'%s' is the column of a field; .batch_column is to be another",
                           target->batch_column);
        return false;
    }
    return true;
}
bool wadi__postgres_target_init(wadi__postgres_target *target, const wadi__type *type,
                                wadi__env *env, const char *connection, const char *application,
                                const char *stream, const char *table, const char *batch_column,
                                wadi_error *err) {
    pthread_mutex_init(&target->lock, NULL);
    if (!wadi__postgres_columns_of(type, &target->columns, err)) return false;
    target->connection = wadi__strdup(connection);
    target->application = wadi__strdup(application);
    target->stream = wadi__strdup(stream);
    target->table = wadi__strdup(table);
    target->quoted = quoted_table(table);
    target->batch_column = batch_column != NULL ? wadi__strdup(batch_column) : NULL;
    if (target->connection != NULL && target->application != NULL && target->stream != NULL &&
        target->table != NULL && target->quoted != NULL &&
        (batch_column == NULL || target->batch_column != NULL) &&
        (target->staged = staged_name(target, env)) != NULL)
        return batch_column_is_free(target, err);
    no_memory(err);
    return false;
}
void wadi__postgres_target_fini(wadi__postgres_target *target) {
    char *const texts[] = {target->connection,   target->application, target->stream, target->table,
                           target->batch_column, target->quoted,      target->staged, target->forms,
                           target->copy_sql,     target->move_sql};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) wadi__free(texts[i]);
    wadi__postgres_columns_fini(&target->columns);
    pthread_mutex_destroy(&target->lock);
}
void wadi__postgres_target_declare(const wadi__postgres_target *target, wadi__text *sql) {
    add(sql, "CREATE TABLE ");
    add(sql, target->quoted);
    for (size_t i = 0; i < target->columns.count; i++) {
        const wadi__postgres_column *column = &target->columns.items[i];
        add(sql, i == 0 ? " (" : ", ");
        wadi__postgres_quote(sql, column->name, strlen(column->name));
        add(sql, " ");
        wadi__postgres_column_declare(column, sql);
    }
    if (target->batch_column != NULL) {
        add(sql, ", ");
        wadi__postgres_quote(sql, target->batch_column, strlen(target->batch_column));
        add(sql, " timestamptz NOT NULL");
    }
    add(sql, ")");
}

/* ---- Does the table fit? ---- */

typedef struct found_column { /* of the table; points into the answer */
    const char *type;
    char category;
} found_column;

static bool find_column(const wadi__postgres_ops *ops, const void *answer, const char *name,
                        found_column *found) {
    for (int row = 0; row < ops->rows(answer); row++) {
        if (strcmp(ops->value(answer, row, 0), name) != 0) continue;
        *found = (found_column){ops->value(answer, row, 1), ops->value(answer, row, 2)[0]};
        return true;
    }
    return false;
}
static wadi_status table_is_missing(const wadi__postgres_target *target, wadi_error *err) {
    wadi__text sql = {0};
    wadi__postgres_target_declare(target, &sql);
    char *text = take_text(&sql);
    wadi_error_context(err, WADI_E_INVALID, "table '%s' is not there; this makes one that fits: %s",
                       target->table, text != NULL ? text : "");
    wadi__free(text);
    return WADI_E_INVALID;
}
/* `fit`: what the table's column, which is missing or `found`, is to be. */
static wadi_status does_not_fit(const wadi__postgres_target *target, const char *column,
                                const found_column *found, const char *fit, wadi_error *err) {
    if (found == NULL)
        return wadi_error_context(err, WADI_E_INVALID,
                                  "table '%s' has no column '%s'; it is to be: %s", target->table,
                                  column, fit);
    return wadi_error_context(err, WADI_E_TYPE,
                              "column '%s' of table '%s' is %s; for its field it is to be: %s",
                              column, target->table, found->type, fit);
}
static wadi_status fit_column(const wadi__postgres_target *target, const void *answer,
                              const wadi__postgres_ops *ops, wadi__postgres_column *column,
                              wadi_error *err) {
    found_column found;
    bool is_there = find_column(ops, answer, column->name, &found);
    if (is_there && wadi__postgres_column_fit(column, found.type, found.category)) return WADI_OK;
    wadi__text sql = {0};
    wadi__postgres_column_declare(column, &sql);
    char *fit = take_text(&sql);
    wadi_status status =
        does_not_fit(target, column->name, is_there ? &found : NULL, fit != NULL ? fit : "", err);
    wadi__free(fit);
    return status;
}
/* *expression: what the batch column gets. */
static wadi_status fit_batch_column(const wadi__postgres_target *target, const void *answer,
                                    const wadi__postgres_ops *ops, const char **expression,
                                    wadi_error *err) {
    found_column found;
    bool is_there = find_column(ops, answer, target->batch_column, &found);
    if (is_there && found.category == 'D') {
        *expression = "to_timestamp(wadi_batch_ms / 1000.0)";
        return WADI_OK;
    }
    if (is_there && (strcmp(found.type, "bigint") == 0 || strncmp(found.type, "numeric", 7) == 0)) {
        *expression = "wadi_batch_ms";
        return WADI_OK;
    }
    return does_not_fit(target, target->batch_column, is_there ? &found : NULL,
                        "timestamptz or bigint", err);
}

/* ---- The statements ---- */

static void add_columns(const wadi__postgres_target *target, wadi__text *sql) {
    for (size_t i = 0; i < target->columns.count; i++) {
        const char *name = target->columns.items[i].name;
        if (i > 0) add(sql, ", ");
        wadi__postgres_quote(sql, name, strlen(name));
    }
}
#define STAGED_KEY "wadi_batch_ms, wadi_partition, wadi_attempt, wadi_rows, "

static char *make_staged_sql(const wadi__postgres_target *target) {
    wadi__text sql = {0};
    add(&sql, "CREATE UNLOGGED TABLE IF NOT EXISTS ");
    add(&sql, target->staged);
    add(&sql, " AS SELECT 0::bigint AS wadi_batch_ms, 0 AS wadi_partition, 0 AS wadi_attempt, "
              "0::bigint AS wadi_rows, ");
    add_columns(target, &sql);
    add(&sql, " FROM ");
    add(&sql, target->quoted);
    add(&sql, " WITH NO DATA");
    return take_text(&sql);
}
static char *copy_sql(const wadi__postgres_target *target) {
    wadi__text sql = {0};
    add(&sql, "COPY ");
    add(&sql, target->staged);
    add(&sql, " (" STAGED_KEY);
    add_columns(target, &sql);
    add(&sql, ") FROM STDIN");
    return take_text(&sql);
}
/* $1: the batch, $2: what is older is nobody's any more. */
static char *move_sql(const wadi__postgres_target *target, const char *batch_expression) {
    wadi__text sql = {0};
    add(&sql, "WITH won AS (SELECT wadi_partition AS p, max(wadi_attempt) AS a FROM ");
    add(&sql, target->staged);
    add(&sql,
        " WHERE wadi_batch_ms = $1 AND wadi_rows IS NOT NULL GROUP BY 1), taken AS (DELETE FROM ");
    add(&sql, target->staged);
    add(&sql,
        " WHERE wadi_batch_ms = $1 OR wadi_batch_ms < $2 RETURNING *), moved AS (INSERT INTO ");
    add(&sql, target->quoted);
    add(&sql, " (");
    add_columns(target, &sql);
    if (target->batch_column != NULL) {
        add(&sql, ", ");
        wadi__postgres_quote(&sql, target->batch_column, strlen(target->batch_column));
    }
    add(&sql, ") SELECT ");
    add_columns(target, &sql);
    if (target->batch_column != NULL) {
        add(&sql, ", ");
        add(&sql, batch_expression);
    }
    add(&sql, " FROM taken JOIN won ON wadi_partition = p AND wadi_attempt = a"
              " WHERE wadi_batch_ms = $1 AND wadi_rows IS NULL) SELECT count(*) FROM won");
    return take_text(&sql);
}
static char *forms_of(const wadi__postgres_columns *columns) {
    wadi__text forms = {0};
    for (size_t i = 0; i < columns->count; i++) {
        char form = (char)columns->items[i].form;
        wadi__text_add(&forms, &form, 1);
    }
    return take_text(&forms);
}

/* ---- Transactions ---- */

typedef wadi_status step(const wadi__postgres_target *target, wadi__postgres_connection *connection,
                         void *arg, wadi_error *err);

static wadi_status run(wadi__postgres_connection *connection, const char *sql, wadi_error *err) {
    return wadi__postgres_query(connection, sql, NULL, 0, NULL, NULL, err);
}
/* Does it between BEGIN and COMMIT; a failure takes it all back. */
static wadi_status in_transaction(const wadi__postgres_target *target,
                                  wadi__postgres_connection *connection, step *f, void *arg,
                                  wadi_error *err) {
    wadi_status status = run(connection, "BEGIN", err);
    if (status != WADI_OK) return status;
    status = f(target, connection, arg, err);
    if (status == WADI_OK) status = run(connection, "COMMIT", err);
    if (status != WADI_OK && !connection->is_lost && run(connection, "ROLLBACK", NULL) != WADI_OK)
        connection->is_lost = true;
    return status;
}

/* ---- Prepare ---- */

/* One at a time makes tables: two that make the same one would fail. The number is "Wadi". */
#define ONE_AT_A_TIME "SELECT pg_advisory_xact_lock(1465992297)"
#define BATCHES                                                                                 \
    "CREATE TABLE IF NOT EXISTS wadi_batches (application text NOT NULL, stream text NOT NULL," \
    " batch_ms bigint NOT NULL, PRIMARY KEY (application, stream, batch_ms))"
#define COLUMNS                                                                            \
    "SELECT a.attname, format_type(t.oid, a.atttypmod), t.typcategory FROM pg_attribute a" \
    " JOIN pg_type t ON t.oid = a.atttypid"                                                \
    " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped"

typedef struct made { /* what prepare() is to publish */
    wadi__postgres_target *target;
    char *forms, *copy_sql, *move_sql;
} made;

static wadi_status fit_table(made *self, const wadi__postgres_ops *ops, const void *answer,
                             wadi_error *err) {
    wadi__postgres_target *target = self->target;
    const char *expression = "";
    if (ops->rows(answer) == 0) return table_is_missing(target, err);
    /* Two threads at once write the same forms: the driver's own copy is only read under the lock.
     */
    for (size_t i = 0; i < target->columns.count; i++) {
        wadi_status status = fit_column(target, answer, ops, &target->columns.items[i], err);
        if (status != WADI_OK) return status;
    }
    if (target->batch_column != NULL) {
        wadi_status status = fit_batch_column(target, answer, ops, &expression, err);
        if (status != WADI_OK) return status;
    }
    self->forms = forms_of(&target->columns);
    self->copy_sql = copy_sql(target);
    self->move_sql = move_sql(target, expression);
    bool has_all = self->forms != NULL && self->copy_sql != NULL && self->move_sql != NULL;
    return has_all ? WADI_OK : no_memory(err);
}
static wadi_status make_tables(const wadi__postgres_target *target,
                               wadi__postgres_connection *connection, void *arg, wadi_error *err) {
    const char *const table[] = {target->quoted};
    void *answer = NULL;
    wadi_status status = run(connection, ONE_AT_A_TIME, err);
    if (status == WADI_OK) status = run(connection, BATCHES, err);
    if (status == WADI_OK)
        status = wadi__postgres_query(connection, COLUMNS, table, 1, &answer, NULL, err);
    if (status != WADI_OK) return status;
    pthread_mutex_lock(&((made *)arg)->target->lock);
    status = fit_table(arg, connection->ops, answer, err);
    pthread_mutex_unlock(&((made *)arg)->target->lock);
    connection->ops->free_result(answer);
    char *sql = status == WADI_OK ? make_staged_sql(target) : NULL;
    if (sql != NULL)
        status = run(connection, sql, err);
    else if (status == WADI_OK)
        status = no_memory(err);
    wadi__free(sql);
    return status;
}
/* Staging tables of earlier runs. One that somebody holds on to stays for the next time. */
static void drop_left_behind(const wadi__postgres_target *target,
                             wadi__postgres_connection *connection) {
    char *pattern = wadi__format("wadi\\_staged\\_%016" PRIx64 "\\_%%", staged_hash(target));
    const char *const names[] = {pattern, target->staged};
    void *answer = NULL;
    if (pattern != NULL &&
        wadi__postgres_query(
            connection,
            "SELECT relname FROM pg_class WHERE relname LIKE $1 AND relname <> $2 AND "
            "relkind = 'r' AND pg_table_is_visible(oid)",
            names, 2, &answer, NULL, NULL) == WADI_OK &&
        run(connection, "SET lock_timeout = '1s'", NULL) == WADI_OK) {
        for (int row = 0; row < connection->ops->rows(answer); row++) {
            char *sql =
                wadi__format("DROP TABLE IF EXISTS %s", connection->ops->value(answer, row, 0));
            if (sql != NULL) run(connection, sql, NULL);
            wadi__free(sql);
        }
        run(connection, "RESET lock_timeout", NULL);
    }
    if (answer != NULL) connection->ops->free_result(answer);
    wadi__free(pattern);
}
wadi_status wadi__postgres_target_prepare(wadi__postgres_target *target,
                                          wadi__postgres_connection *connection, wadi_error *err) {
    pthread_mutex_lock(&target->lock);
    bool is_ready = target->is_ready;
    pthread_mutex_unlock(&target->lock);
    if (is_ready) return WADI_OK;
    made self = {.target = target};
    wadi_status status = in_transaction(target, connection, make_tables, &self, err);
    if (status == WADI_OK) drop_left_behind(target, connection);
    pthread_mutex_lock(&target->lock);
    if (status == WADI_OK && !target->is_ready) {
        target->forms = self.forms;
        target->copy_sql = self.copy_sql;
        target->move_sql = self.move_sql;
        target->is_ready = true;
        self = (made){0};
    }
    pthread_mutex_unlock(&target->lock);
    wadi__free(self.forms);
    wadi__free(self.copy_sql);
    wadi__free(self.move_sql);
    return status;
}

/* ---- Batches ---- */

typedef struct batch_key { /* as parameters */
    char batch_ms[24], oldest_ms[24];
} batch_key;
static batch_key key_of(int64_t batch_ms, int64_t slide_ms) {
    batch_key key;
    snprintf(key.batch_ms, sizeof key.batch_ms, "%" PRId64, batch_ms);
    snprintf(key.oldest_ms, sizeof key.oldest_ms, "%" PRId64,
             batch_ms - slide_ms * WADI__POSTGRES_BATCHES_KEPT);
    return key;
}
wadi_status wadi__postgres_target_has(const wadi__postgres_target *target,
                                      wadi__postgres_connection *connection, int64_t batch_ms,
                                      bool *has, wadi_error *err) {
    batch_key key = key_of(batch_ms, 0);
    const char *const parameters[] = {target->application, target->stream, key.batch_ms};
    void *answer = NULL;
    wadi_status status = wadi__postgres_query(
        connection,
        "SELECT 1 FROM wadi_batches WHERE application = $1 AND stream = $2 AND batch_ms = $3",
        parameters, 3, &answer, NULL, err);
    if (status != WADI_OK) return status;
    *has = connection->ops->rows(answer) > 0;
    connection->ops->free_result(answer);
    return WADI_OK;
}

typedef struct commit {
    batch_key key;
    uint32_t partition_count;
    bool was_there;
} commit;

static wadi_status check_moved(const wadi__postgres_target *target, const char *moved,
                               uint32_t wanted, wadi_error *err) {
    uint64_t count = strtoull(moved, NULL, 10);
    if (count == wanted) return WADI_OK;
    return wadi_error_context(err, WADI_E_STATE,
                              "%s has the rows of %" PRIu64 " of %" PRIu32
                              " partitions: has the server crashed, or did somebody remove them?",
                              target->staged, count, wanted);
}
static wadi_status move_batch(const wadi__postgres_target *target,
                              wadi__postgres_connection *connection, void *arg, wadi_error *err) {
    commit *self = arg;
    const char *const key[] = {target->application, target->stream, self->key.batch_ms};
    const char *const times[] = {self->key.batch_ms, self->key.oldest_ms};
    const char *const old[] = {target->application, target->stream, self->key.oldest_ms};
    void *answer = NULL;
    wadi_status status = wadi__postgres_query(
        connection, "INSERT INTO wadi_batches VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", key, 3,
        &answer, NULL, err);
    if (status != WADI_OK) return status;
    self->was_there = connection->ops->rows(answer) == 0;
    connection->ops->free_result(answer);
    if (self->was_there) return WADI_OK;
    status = wadi__postgres_query(connection, target->move_sql, times, 2, &answer, NULL, err);
    if (status != WADI_OK) return status;
    status = check_moved(target, connection->ops->value(answer, 0, 0), self->partition_count, err);
    connection->ops->free_result(answer);
    if (status != WADI_OK) return status;
    return wadi__postgres_query(
        connection,
        "DELETE FROM wadi_batches WHERE application = $1 AND stream = $2 AND batch_ms < $3", old, 3,
        NULL, NULL, err);
}
wadi_status wadi__postgres_target_commit(const wadi__postgres_target *target,
                                         wadi__postgres_connection *connection, int64_t batch_ms,
                                         int64_t slide_ms, uint32_t partition_count,
                                         bool *was_there, wadi_error *err) {
    commit self = {.key = key_of(batch_ms, slide_ms), .partition_count = partition_count};
    wadi_status status = in_transaction(target, connection, move_batch, &self, err);
    if (status == WADI_OK) *was_there = self.was_there;
    return status;
}
