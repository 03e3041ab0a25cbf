/* SPDX-License-Identifier: Apache-2.0 */
/* reducer.h: a hash table of one record per key, and the function that merges records into it. Both
 * sides of reduceByKey and combineByKey have one. */
#ifndef WADI_EXEC_REDUCER_H
#define WADI_EXEC_REDUCER_H
#include "exec/hash_table.h"
#include "exec/wide.h"

typedef struct wadi__reducer {
    wadi__at_close at_close;
    wadi__hash_table table;
    wadi__call_site site; /* no code: the first record of a key stays */
    wadi__task *task;
    const wadi_rdd *rdd;
    uint64_t rows_in;
    void **accs; /* for a batch of the table, as the two below */
    uint32_t *merged;
    bool *is_new;
} wadi__reducer;

/* A table of `record`s. `fn` NULL: the first record of a key stays. row_count_max: how many records
 * can come at most; UINT64_MAX: not known. False: the task has failed. */
bool wadi__reducer_init(wadi__reducer *self, const wadi_rdd *rdd, const wadi__bound_fn *fn,
                        const wadi__type *record, wadi__task *task, size_t expected_keys,
                        uint64_t row_count_max);
/* Merges records of the table's own type: a new key's record is where its sum begins. */
void wadi__reducer_merge(wadi__reducer *self, const wadi__slice *in, const uint64_t *hashes);
/* Combines records of another type with the same key into new or old accumulators. */
void wadi__reducer_combine(wadi__reducer *self, const wadi__slice *in, size_t row_size,
                           const uint64_t *hashes);
/* Makes an accumulator of each record, though keys may repeat; `out` has room for them. */
void wadi__reducer_lift(wadi__reducer *self, const wadi__slice *in, size_t row_size,
                        wadi__chunk *out);
/* Copies records from slot *at on into a chunk and moves *at past them. Hashes too where the chunk
 * has room for them. */
void wadi__reducer_emit(const wadi__reducer *self, size_t *at, wadi__chunk *out, uint32_t rows_max);
#endif
