/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h: lines of comma-separated values into records, field by field.
 *
 * A cell in quotes may hold commas, and "" for a quote. true and false, 1 and 0 are bools, numbers
 * are read as number.h has them, an empty cell is none of an option, and of a string the empty one.
 * Fields of nested records and elements of arrays are cells of their own. Nothing is trimmed. */
#ifndef WADI_DATA_CSV_H
#define WADI_DATA_CSV_H
#include "base/arena.h"
#include "data/type.h"

typedef struct wadi__csv_cell { /* where one goes */
    uint32_t offset;
    uint16_t kind, size; /* wadi_kind; bytes */
    int32_t set_offset;  /* of an option's flag; -1: no option */
    const char *name;    /* of the field */
} wadi__csv_cell;

typedef struct wadi__csv_plan { /* plain data, but for the names of fields */
    uint32_t record_size, cell_count;
    wadi__csv_cell cells[];
} wadi__csv_plan;

/* In the arena. NULL: err says what in the type has no form in CSV. */
wadi__csv_plan *wadi__csv_plan_new(const wadi__type *type, wadi__arena *arena, wadi_error *err);

/* Memory for strings that lost their quotes. NULL: there is none. */
typedef void *wadi__text_alloc(void *arg, size_t size);

/* Fills in a record. Strings point into the line where they can. False: the line is damaged; *why,
 * static text, and *cell, from 1, say where. *why NULL: no memory. */
bool wadi__csv_parse(const wadi__csv_plan *plan, const char *line, size_t size, void *record,
                     wadi__text_alloc *alloc, void *alloc_arg, const char **why, uint32_t *cell);
#endif
