/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_target.h: how the batches of a stream get into a table, each once.
 *
 * Tables of the sink's own, in the first schema of the connection's search path:
 *
 *     wadi_batches                     (application, stream, batch_ms), a unique key: what is there
 *     wadi_staged_STREAM_RUN           rows on their way, of one run of the program: batch,
 *                                      partition, attempt, and the columns of the table
 *
 * Each try of a partition copies its rows into the staging table by one COPY, with a last row that
 * has their number in wadi_rows: so an attempt is there whole or not at all. One transaction of the
 * driver then enters the batch in wadi_batches, which only one can do, moves one whole attempt of
 * each partition, and clears the rest. Staging tables of earlier runs are dropped; nobody reads
 * them, so a process that was thought dead cannot add to a batch any more. They are not logged: a
 * server that crashes empties them, and the batch fails for the partitions that it then lacks. */
#ifndef WADI_SINK_POSTGRES_TARGET_H
#define WADI_SINK_POSTGRES_TARGET_H
#include "base/env.h"
#include "sink/postgres_columns.h"
#include "sink/postgres_pool.h"

#include <pthread.h>

enum { WADI__POSTGRES_BATCHES_KEPT = 10000 }; /* rows of wadi_batches for each stream */

typedef struct wadi__postgres_target {
    char *connection;               /* may have a password in it: never shown */
    char *application, *stream;     /* with the batch time they name a batch */
    char *table, *batch_column;     /* as they were given; batch_column: NULL for none */
    char *quoted, *staged;          /* the table and its staging table, as SQL has them */
    wadi__postgres_columns columns; /* their forms are in `forms` */
    pthread_mutex_t lock;
    bool is_ready; /* the fields below are there, and do not change; guarded by lock */
    char *forms;   /* a wadi__postgres_form for each column */
    char *copy_sql, *move_sql;
} wadi__postgres_target;

/* What is given is copied. False: no memory, or a type without columns; it can be released then
 * too. */
bool wadi__postgres_target_init(wadi__postgres_target *target, const wadi__type *type,
                                wadi__env *env, const char *connection, const char *application,
                                const char *stream, const char *table, const char *batch_column,
                                wadi_error *err);
void wadi__postgres_target_fini(wadi__postgres_target *target);

/* The statement that makes a table that fits. */
void wadi__postgres_target_declare(const wadi__postgres_target *target, wadi__text *sql);

/* Once: looks whether the table fits, and makes the sink's own. Any thread. */
wadi_status wadi__postgres_target_prepare(wadi__postgres_target *target,
                                          wadi__postgres_connection *connection, wadi_error *err);
/* Whether the batch is there. */
wadi_status wadi__postgres_target_has(const wadi__postgres_target *target,
                                      wadi__postgres_connection *connection, int64_t batch_ms,
                                      bool *has, wadi_error *err);
/* Moves a batch of so many partitions. *was_there: somebody had done it already. slide_ms: between
 * two batches. */
wadi_status wadi__postgres_target_commit(const wadi__postgres_target *target,
                                         wadi__postgres_connection *connection, int64_t batch_ms,
                                         int64_t slide_ms, uint32_t partition_count,
                                         bool *was_there, wadi_error *err);
#endif
