/* SPDX-License-Identifier: Apache-2.0 */
/* postgres.c: each batch into a table of PostgreSQL, once: tasks copy their partitions aside, the
 * driver moves them all at once. postgres_target.h says how. */
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "rdd/action/job.h"
#include "sink/postgres_target.h"
#include "stream/output.h"
#include "stream/stream_context.h"

#include <wadi/postgres.h>
#include <wadi/str.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- In a task ---- */

enum { COPY_BYTES = 64 << 10 };

/* What a task needs to know. */
WADI_RECORD(wadi__postgres_copy, (wadi_str, connection), (wadi_str, application), (wadi_str, sql),
            (wadi_str, forms));

typedef struct copying {
    wadi__task *task;
    wadi__postgres_columns columns;
    wadi__postgres_connection *connection;
    wadi__text lines, scratch;
    char key[80]; /* what each line begins with */
    uint64_t rows;
} copying;

static char *c_string(const wadi_str *s) { return wadi__memdup(wadi_str_data(s), s->len); }

static wadi_status send_lines(copying *self, wadi_error *err) {
    wadi__postgres_fault fault = {0};
    if (self->lines.failed)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for the text of a record");
    const wadi__postgres_ops *ops = self->connection->ops;
    if (self->lines.size > 0 &&
        !ops->copy_add(self->connection->link, self->lines.bytes, self->lines.size, &fault))
        return wadi__postgres_fail(self->connection, &fault, err);
    self->lines.size = 0;
    return WADI_OK;
}
static wadi_status add_record(copying *self, const void *record, wadi_error *err) {
    wadi__text_add(&self->lines, self->key, strlen(self->key));
    wadi__text_add(&self->lines, "\t\\N", 3);
    wadi__postgres_line_add(&self->columns, record, &self->lines, &self->scratch);
    wadi__text_add(&self->lines, "\n", 1);
    self->rows++;
    return self->lines.size < COPY_BYTES && !self->lines.failed ? WADI_OK : send_lines(self, err);
}
/* The line that says that the attempt is whole. */
static void add_count(copying *self) {
    char count[32];
    int n = snprintf(count, sizeof count, "\t%" PRIu64, self->rows);
    wadi__text_add(&self->lines, self->key, strlen(self->key));
    wadi__text_add(&self->lines, count, (size_t)n);
    for (size_t i = 0; i < self->columns.count; i++) wadi__text_add(&self->lines, "\t\\N", 3);
    wadi__text_add(&self->lines, "\n", 1);
}
static wadi_status copy_records(copying *self, wadi_iterator *in, size_t record_size,
                                wadi_error *err) {
    wadi_status status = WADI_OK;
    do {
        for (const char *at = in->at; at != in->end && status == WADI_OK; at += record_size)
            status = add_record(self, at, err);
        in->at = in->end;
    } while (status == WADI_OK && wadi__next_more(in));
    if (status != WADI_OK || wadi__task_is_over(self->task)) return status;
    add_count(self);
    return send_lines(self, err);
}
static wadi_status copy_partition(copying *self, const char *sql, wadi_iterator *in,
                                  size_t record_size, wadi_error *err) {
    wadi__postgres_connection *connection = self->connection;
    wadi__postgres_fault fault = {0};
    if (!connection->ops->copy_begin(connection->link, sql, &fault))
        return wadi__postgres_fail(connection, &fault, err);
    wadi_status status = copy_records(self, in, record_size, err);
    if (status != WADI_OK || wadi__task_is_over(self->task)) {
        connection->is_lost = true; /* closing it takes the copy back */
        return status;
    }
    return connection->ops->copy_end(connection->link, &fault)
               ? WADI_OK
               : wadi__postgres_fail(connection, &fault, err);
}
static wadi_status set_columns(copying *self, const wadi__type *type, const wadi_str *forms,
                               wadi_error *err) {
    if (!wadi__postgres_columns_of(type, &self->columns, err)) return err->status;
    for (size_t i = 0; i < self->columns.count; i++)
        self->columns.items[i].form = (wadi__postgres_form)wadi_str_data(forms)[i];
    return WADI_OK;
}
/* A WADI_FOREACH_PARTITION of any records. */
static void copy_run(wadi_call *call) {
    wadi__task *task = (wadi__task *)(void *)call->task;
    const wadi__postgres_copy *env = call->env;
    const wadi__type *type = task->at->fn->in;
    wadi_error err = WADI_ERROR_INIT;
    copying self = {.task = task};
    char *string = c_string(&env->connection), *application = c_string(&env->application),
         *sql = c_string(&env->sql);
    snprintf(self.key, sizeof self.key, "%" PRId64 "\t%" PRIu32 "\t%" PRIu32, task->batch_ms,
             task->partition_index, task->attempt);
    wadi_status status =
        string != NULL && application != NULL && sql != NULL
            ? set_columns(&self, type, &env->forms, &err)
            : wadi_error_context(&err, WADI_E_NOMEM, "no memory to copy a partition");
    if (status == WADI_OK)
        status = wadi__postgres_take(string, application, &self.connection, &err);
    if (status == WADI_OK)
        status = copy_partition(&self, sql, call->iterator, type->pub.size, &err);
    if (status != WADI_OK) wadi__task_fail_err(task, &err);
    wadi__postgres_give(&self.connection);
    wadi__postgres_columns_fini(&self.columns);
    wadi__text_fini(&self.lines);
    wadi__text_fini(&self.scratch);
    wadi__free(string);
    wadi__free(application);
    wadi__free(sql);
}
static const wadi_fn copy_fn = {
    .name = "wadi_save_to_postgres",
    .kind = WADI_FN_FOREACH_PARTITION,
    .size = sizeof(wadi_fn),
    .env = WADI_TYPE(wadi__postgres_copy),
    .env_size = sizeof(wadi__postgres_copy),
    .run = copy_run,
    .where = {__FILE__, __LINE__},
};

/* ---- On the driver ---- */

typedef struct postgres_state {
    wadi__postgres_target target; /* its lock guards what it says it does */
} postgres_state;

typedef struct batch { /* one on its way */
    wadi__postgres_target *target;
    int64_t batch_ms, slide_ms;
    uint32_t partition_count;
    bool is_there;
} batch;
typedef wadi_status driver_step(batch *self, wadi__postgres_connection *connection,
                                wadi_error *err);

static wadi_status look(batch *self, wadi__postgres_connection *connection, wadi_error *err) {
    wadi_status status = wadi__postgres_target_prepare(self->target, connection, err);
    if (status != WADI_OK) return status;
    return wadi__postgres_target_has(self->target, connection, self->batch_ms, &self->is_there,
                                     err);
}
static wadi_status commit(batch *self, wadi__postgres_connection *connection, wadi_error *err) {
    return wadi__postgres_target_commit(self->target, connection, self->batch_ms, self->slide_ms,
                                        self->partition_count, &self->is_there, err);
}
static void pause_before(wadi__env *env, uint32_t attempt) {
    atomic_uint word = 0;
    if (attempt < 2) return; /* a connection that had gone while it was idle: at once */
    int64_t until_ns = wadi__env_deadline(env, (int64_t)100 << (attempt < 7 ? attempt : 7));
    while (env->monotonic_ns(env) < until_ns) env->wait(env, &word, 0, until_ns);
}
/* Does a step, and again while what it failed with may pass. */
static wadi_status with_tries(batch *self, wadi_context *sc, driver_step *step, wadi_error *err) {
    uint32_t tries = (uint32_t)wadi__conf_int(sc->conf, WADI__CONF_TASK_MAX_FAILURES);
    wadi_status status = WADI_OK;
    for (uint32_t attempt = 0; attempt < tries; attempt++) {
        wadi__postgres_connection *connection = NULL;
        *err = (wadi_error)WADI_ERROR_INIT;
        pause_before(sc->env, attempt);
        status = wadi__postgres_take(self->target->connection, self->target->application,
                                     &connection, err);
        if (status == WADI_OK) status = step(self, connection, err);
        wadi__postgres_give(&connection);
        if (status == WADI_OK || !err->retriable) break;
        wadi__log_info("sink", "batch %" PRId64 " ms, table '%s', try %" PRIu32 ": %s",
                       self->batch_ms, self->target->table, attempt, err->message);
    }
    return status;
}
static bool nothing(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition, (void)result, (void)arg;
    return true;
}
/* Runs the tasks. False: they failed, and that has stuck. */
static bool stage(const batch *self, wadi_rdd *rdd) {
    const wadi__postgres_target *target = self->target;
    wadi_error err = WADI_ERROR_INIT;
    wadi__postgres_copy env = {wadi_str_of(target->connection), wadi_str_of(target->application),
                               wadi_str_of(target->copy_sql), wadi_str_of(target->forms)};
    wadi__bound_fn *fn =
        wadi__bound_fn_new(&copy_fn, WADI_FN_FOREACH_PARTITION, &env, rdd->type, NULL, &err);
    if (fn == NULL) {
        wadi__job_fail(rdd, "save_to_postgres", &err);
        return false;
    }
    wadi__action action = {.kind = WADI__ACTION_FOREACH_PARTITION, .fn = fn};
    bool done = wadi__job_run(rdd, &action, nothing, NULL);
    wadi__bound_fn_unref(fn);
    return done;
}
static void postgres_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    /* The one thing that changes after the start; its lock guards it. */
    wadi__postgres_target *target =
        (wadi__postgres_target *)(uintptr_t) & ((const postgres_state *)output->state)->target;
    batch self = {.target = target,
                  .batch_ms = batch_ms,
                  .slide_ms = output->stream->slide_ms,
                  .partition_count = rdd->partition_count};
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_rdd_failed(rdd, NULL)) return;
    wadi_status status = with_tries(&self, rdd->sc, look, &err);
    bool has_staged = false;
    if (status == WADI_OK && !self.is_there) {
        if (!stage(&self, rdd)) return;
        has_staged = true;
        status = with_tries(&self, rdd->sc, commit, &err);
    }
    if (status != WADI_OK) {
        wadi_error_context(&err, status, "table '%s'", target->table);
        wadi__job_fail(rdd, "save_to_postgres", &err);
    } else if (self.is_there) {
        wadi__log_warn("sink", "batch %" PRId64 " ms of '%s' is in the database already%s: skipped",
                       batch_ms, target->stream, has_staged ? ", since just now" : "");
    }
}
static void postgres_destroy(wadi__output_op *output) {
    wadi__postgres_target *target = &((postgres_state *)output->state)->target;
    if (target->connection != NULL) wadi__postgres_close_idle(target->connection);
    wadi__postgres_target_fini(target);
}
static const wadi__output_ops postgres_ops = {"save_to_postgres", postgres_run, postgres_destroy};

/* ---- In the graph ---- */

static bool is_known_already(const wadi__output_op *output, const char *name) {
    const wadi_stream_context *ssc = output->stream->ssc;
    for (size_t i = 0; i < ssc->outputs.count; i++) {
        const wadi__output_op *other = ssc->outputs.items[i];
        if (other == output || other->ops != &postgres_ops) continue;
        const char *taken = ((const postgres_state *)other->state)->target.stream;
        if (taken != NULL && strcmp(taken, name) == 0) return true;
    }
    return false;
}
static bool set_up(wadi__output_op *output, const char *connection, const char *table,
                   const wadi_postgres_options *options, wadi_error *err) {
    const wadi__postgres_ops *ops = wadi__postgres_open(err);
    const wadi_stream_context *ssc = output->stream->ssc;
    const char *name = options->name != NULL && options->name[0] != 0 ? options->name : table;
    const char *application =
        ssc->sc->app_name != NULL ? ssc->sc->app_name : ""; /* NULL: no memory; start tells */
    if (ops == NULL) return false;
    if (connection == NULL || table == NULL || table[0] == 0)
        wadi_error_context(err, WADI_E_INVALID, "no %s is given",
                           connection == NULL ? "connection string" : "table");
    else if (!ops->is_well_formed(connection))
        wadi_error_context(err, WADI_E_INVALID,
                           "the connection string cannot be read; it is to be like "
                           "\"host=localhost dbname=shop\" or "
                           "\"postgresql://localhost/shop\"");
    else if (is_known_already(output, name))
        wadi_error_context(
            err, WADI_E_INVALID,
            "two outputs are known by '%s', so that one's batches would be taken for the other's; "
            "give one another .name",
            name);
    else
        return wadi__postgres_target_init(&((postgres_state *)output->state)->target,
                                          output->stream->type, ssc->env, connection, application,
                                          name, table, options->batch_column, err);
    return false;
}
void(wadi_save_to_postgres)(wadi_dstream *in, const char *connection, const char *table,
                            const wadi_postgres_options *given) {
    wadi_postgres_options options;
    wadi_error err = WADI_ERROR_INIT;
    wadi__output_op *output = wadi__output_new_with(in, &postgres_ops, sizeof(postgres_state),
                                                    given, &options, sizeof options);
    if (output == NULL || output->stream->is_broken ||
        set_up(output, connection, table, &options, &err))
        return;
    wadi__stream_context_mistake(output->stream->ssc, &output->where, postgres_ops.name, err.status,
                                 err.message);
}
