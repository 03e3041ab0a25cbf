/* SPDX-License-Identifier: Apache-2.0 */
/* block_store.h: stored partitions of persisted RDDs, by RDD and partition. */
#ifndef WADI_EXEC_BLOCK_STORE_H
#define WADI_EXEC_BLOCK_STORE_H
#include "data/block.h"

#include <pthread.h>

typedef struct wadi__stored_rdd {
    struct wadi__stored_rdd *next;
    uint64_t rdd_id;
    uint32_t partition_count, stored_count;
    wadi__block *blocks[]; /* one reference each; NULL: not stored */
} wadi__stored_rdd;

typedef struct wadi__block_store {
    pthread_mutex_t lock;
    wadi__stored_rdd *buckets[64]; /* guarded by lock */
} wadi__block_store;

void wadi__block_store_init(wadi__block_store *store);
void wadi__block_store_fini(wadi__block_store *store);
/* A reference to the block, or NULL. */
wadi__block *wadi__block_store_get(wadi__block_store *store, uint64_t rdd_id, uint32_t partition);
/* Stores a block unless another try of the task has done so; takes a reference. False: no memory. */
bool wadi__block_store_put(wadi__block_store *store, uint64_t rdd_id, uint32_t partition,
                           uint32_t partition_count, wadi__block *block);
/* Whether all partitions of an RDD are stored. */
bool wadi__block_store_has_all(wadi__block_store *store, uint64_t rdd_id);
void wadi__block_store_drop(wadi__block_store *store, uint64_t rdd_id);
#endif
