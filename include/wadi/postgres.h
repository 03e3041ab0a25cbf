/* SPDX-License-Identifier: Apache-2.0 */
/* postgres.h: batches into a table of PostgreSQL, each exactly once. The work is done by a module that
 * is loaded when a program first asks for it and that needs libpq; programs need nothing more than
 * the library itself. */
#ifndef WADI_POSTGRES_H
#define WADI_POSTGRES_H
#pragma GCC system_header
#include <wadi/dstream.h>

/** Options of wadi_save_to_postgres(). */
typedef struct wadi_postgres_options {
    size_t size;
    wadi_where where;
    const char *batch_column; /* of the table, which gets the batch's time; NULL: none */
    const char *name;         /* that the batches are known by; NULL: that of the table */
} wadi_postgres_options;

/**
 * Adds each batch's records to a table, all of them by one transaction that notes the batch too:
 * wadi_save_to_postgres(counts, "dbname=shop", "counts", .batch_column = "at").
 *
 * A batch that the database has is skipped, with a line in the log. So what is run again, after a
 * crash or a lost answer, is never there twice. Batches are known by the application's name, .name
 * and their time: two programs that run at once need different names.
 *
 * Shapes:    in: records; a type that is no record is the column "value". connection: as libpq has
 *            it, "host=.. dbname=.." or "postgresql://..". table: "table" or "schema.table", as it
 *            stands in the catalog; it must be there, and have a column for each field, of the
 *            field's name; its other columns get their defaults. A record's fields within a record
 *            are outer_inner. Numbers: a column that holds them all, or numeric; bool: boolean;
 *            strings: anything but numbers, boolean and arrays; options: NULL. Sequences and small
 *            arrays of these: arrays, json or jsonb; all else: json or jsonb. .batch_column:
 *            timestamptz or bigint (milliseconds since the epoch). All are copied.
 * Ownership: the sink makes tables of its own, wadi_batches with the last 10,000 batches of each
 *            stream, and wadi_staged_.., so the user needs the right to.
 * Threads:   driver thread, before wadi_start(). Tasks connect by themselves.
 * Errors:    told by wadi_start(): WADI_E_INVALID, the module is not installed, the connection
 *            string cannot be read, or two outputs are known by one name; WADI_E_TYPE, a field has
 *            no column. The batch fails when the table is not there or does not fit, with the
 *            statement that makes one, and with WADI_E_IO when the database cannot be reached or
 *            refuses, after spark.task.maxFailures tries. Messages never have the connection string.
 * Source:    the pattern of Spark's guide, Semantics of output operations: transactional updates.
 */
#define wadi_save_to_postgres(...) WADI__CALL3(wadi_save_to_postgres, wadi_postgres_options, __VA_ARGS__)
WADI_API void (wadi_save_to_postgres)(wadi_dstream *in, const char *connection, const char *table,
                                      const wadi_postgres_options *options);
#endif
