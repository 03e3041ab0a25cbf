/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_columns.h: which columns of a table a record fills, and its values as lines of COPY.
 *
 * A column for each field, of the field's name; a type that is no record fills the column "value".
 * A record within a record gives columns for its fields, outer_inner. Numbers, bool and strings are
 * themselves, options of them may be NULL. A sequence or small array of these fits an array column,
 * and that, like anything else (sequences of records, options of records), json or jsonb. */
#ifndef WADI_SINK_POSTGRES_COLUMNS_H
#define WADI_SINK_POSTGRES_COLUMNS_H
#include "base/vec.h"
#include "data/print.h"

typedef enum wadi__postgres_form {
    WADI__POSTGRES_PLAIN = 'p',
    WADI__POSTGRES_ARRAY = 'a',
    WADI__POSTGRES_JSON = 'j',
} wadi__postgres_form;

typedef struct wadi__postgres_column {
    char *name;
    const wadi__type *type; /* no alias */
    uint32_t offset, count; /* in the record, as a field has them */
    wadi__postgres_form form;
} wadi__postgres_column;
typedef WADI__VEC(wadi__postgres_column) wadi__postgres_columns;

/* The columns that records of a type fill, in the forms of the table that fits them best. False: a
 * field has none (broadcasts, accumulators), or two have one name; *columns is empty. */
bool wadi__postgres_columns_of(const wadi__type *type, wadi__postgres_columns *columns,
                               wadi_error *err);
void wadi__postgres_columns_fini(wadi__postgres_columns *columns);

/* "bigint NOT NULL", "text[] NOT NULL", "boolean": as it stands in a CREATE TABLE that fits. */
void wadi__postgres_column_declare(const wadi__postgres_column *column, wadi__text *sql);
/* A name as SQL has it, in double quotes. */
void wadi__postgres_quote(wadi__text *sql, const char *name, size_t size);

/* Chooses the form for a column of the table. `type` is as format_type() tells it, `category` as
 * pg_type has it. False: the values do not go there. */
bool wadi__postgres_column_fit(wadi__postgres_column *column, const char *type, char category);

/* Adds a record as a line of COPY's text form, without what stands before its columns: for each a
 * tab and the value. `scratch` is room of the caller's. */
void wadi__postgres_line_add(const wadi__postgres_columns *columns, const void *record,
                             wadi__text *line, wadi__text *scratch);
#endif
