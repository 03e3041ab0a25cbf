/* SPDX-License-Identifier: Apache-2.0 */
/* hash_table.h: the table of a batch's aggregation: records by key, in place.
 *
 * Open addressing with linear probing. A slot is the key's hash and the record; hash 0 is empty.
 * The load stays at or below a half, the table is made for as many keys as it had last time, and
 * probes are prefetched 32 records ahead, which hashes that lie ready make possible
 * (docs/decisions/tables.md). */
#ifndef WADI_EXEC_HASH_TABLE_H
#define WADI_EXEC_HASH_TABLE_H
#include "base/arena.h"
#include "data/type.h"

typedef struct wadi__hash_table {
    const wadi__type *key;
    char *slots;
    size_t slot_size, record_size, capacity, count; /* capacity: a power of two of slots */
    wadi__arena *keys; /* where bytes of long keys are copied to; NULL: they stay where they are */
} wadi__hash_table;

enum { WADI__HASH_TABLE_BATCH = 512 }; /* the most rows of one call */

/* For about expected_keys keys, out of row_count_max rows at most. False: no memory. */
bool wadi__hash_table_init(wadi__hash_table *table, const wadi__type *key, size_t record_size,
                           size_t expected_keys, uint64_t row_count_max, wadi__arena *keys);
void wadi__hash_table_fini(wadi__hash_table *table);

typedef struct wadi__hash_batch {
    const char *rows;
    size_t row_size;
    const uint32_t *selected; /* row numbers; NULL: 0.. */
    const uint64_t *hashes;   /* of row i of the batch, not of selected[i] */
    size_t count;             /* at most WADI__HASH_TABLE_BATCH */
    size_t ahead;             /* how many more hashes follow that may be prefetched */
    void **accs;              /* out: the record in the table .. */
    uint32_t *merged;         /* out, merge: .. of row number merged[i] */
    bool *is_new;             /* out, find: whether row i made its record */
} wadi__hash_batch;

/* Rows of the table's own record type: a new key's row becomes its record; of the others, accs and
 * merged say which row is to be merged into which record, in order. Returns how many; (size_t)-1:
 * no memory. */
size_t wadi__hash_table_merge(wadi__hash_table *table, wadi__hash_batch *batch);
/* Rows of another type with the same key: accs[i] is the record of row i, zeroed but for its key
 * when is_new[i]. False: no memory. */
bool wadi__hash_table_find(wadi__hash_table *table, wadi__hash_batch *batch);

/* The records of keys that are there: accs[i] is that of row i, or NULL. */
void wadi__hash_table_seek(const wadi__hash_table *table, wadi__hash_batch *batch);

static inline uint64_t wadi__hash_table_slot_hash(const wadi__hash_table *table, size_t i) {
    return *(const uint64_t *)(const void *)(table->slots + i * table->slot_size);
}
static inline char *wadi__hash_table_slot_record(const wadi__hash_table *table, size_t i) {
    return table->slots + i * table->slot_size + sizeof(uint64_t);
}
#endif
