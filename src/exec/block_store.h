/* SPDX-License-Identifier: Apache-2.0 */
/* block_store.h: stored partitions of persisted RDDs, by RDD and partition, in memory or on disk.
 *
 * When memory is short those that were not used longest leave it: to disk where their storage level
 * has one, else for good, to be computed again, unless a job that runs counts on them. */
#ifndef WADI_EXEC_BLOCK_STORE_H
#define WADI_EXEC_BLOCK_STORE_H
#include "data/block.h"
#include "exec/spill.h"
#include "rdd/pipeline.h"

#include <wadi/operators.h>

#include <pthread.h>

typedef struct wadi__disk_block { /* counted; a partition's records as frames */
    wadi__counted counted;
    wadi__spill *spill;
    const wadi__type *type;
    WADI__VEC(wadi__spilled) frames;
} wadi__disk_block;

/* NULL: no memory. */
wadi__disk_block *wadi__disk_block_new(wadi__spill *spill, const wadi__type *type);
/* Appends records, as one frame. Only while it is not shared. */
wadi_status wadi__disk_block_add(wadi__disk_block *block, const void *rows, size_t count,
                                 wadi_error *err);
/* What its frames take. */
int64_t wadi__disk_block_bytes(const wadi__disk_block *block);
static inline void wadi__disk_block_unref(wadi__disk_block *block) {
    if (block != NULL) wadi__counted_unref(&block->counted);
}

typedef struct wadi__stored { /* a partition: a reference to one of the two; neither: none */
    wadi__block *block;
    wadi__disk_block *disk;
} wadi__stored;
static inline bool wadi__stored_is_there(wadi__stored stored) {
    return stored.block != NULL || stored.disk != NULL;
}
static inline void wadi__stored_unref(wadi__stored stored) {
    wadi__block_unref(stored.block);
    wadi__disk_block_unref(stored.disk);
}
/* A cursor over its records; the task keeps it. NULL: the task has failed. */
wadi__cursor *wadi__stored_open(wadi__stored stored, wadi__task *task, wadi__sink *sink);

typedef struct wadi__stored_part {
    wadi__stored at;
    uint64_t used; /* the store's turn when it was asked for last */
    bool is_leaving;
} wadi__stored_part;
typedef struct wadi__stored_rdd {
    struct wadi__stored_rdd *next;
    uint64_t rdd_id;
    wadi_storage_level level;
    uint32_t partition_count, stored_count;
    uint32_t pins; /* jobs that count on all of it */
    wadi__stored_part parts[];
} wadi__stored_rdd;

typedef struct wadi__block_store {
    pthread_mutex_t lock;
    wadi__stored_rdd *buckets[64]; /* guarded by lock, as the turn */
    uint64_t turn;
    wadi__spill *spill;
} wadi__block_store;

/* Whether a level has a place on disk; whether it has one in memory. */
bool wadi__storage_is_on_disk(wadi_storage_level level);
bool wadi__storage_is_in_memory(wadi_storage_level level);

void wadi__block_store_init(wadi__block_store *store, wadi__spill *spill);
void wadi__block_store_fini(wadi__block_store *store);
wadi__stored wadi__block_store_get(wadi__block_store *store, uint64_t rdd_id, uint32_t partition);
/* Stores a partition unless another try of the task has done so; takes references of its own.
 * False: no memory. */
bool wadi__block_store_put(wadi__block_store *store, uint64_t rdd_id, wadi_storage_level level,
                           uint32_t partition, uint32_t partition_count, wadi__stored stored);
/* Whether all partitions of an RDD are stored. */
bool wadi__block_store_has_all(wadi__block_store *store, uint64_t rdd_id);
/* The same; then none of them is lost until it is unpinned. */
bool wadi__block_store_pin(wadi__block_store *store, uint64_t rdd_id);
void wadi__block_store_unpin(wadi__block_store *store, uint64_t rdd_id);
void wadi__block_store_drop(wadi__block_store *store, uint64_t rdd_id);
typedef struct wadi__evicted { /* a partition that has left memory */
    uint64_t freed_bytes;      /* 0: there was none */
    uint64_t rdd_id;
    uint32_t partition_index, partition_count;
    bool is_on_disk; /* else it is gone */
    int64_t disk_bytes;
} wadi__evicted;
/* Takes from memory what nobody reads and was not used longest. */
wadi_status wadi__block_store_evict(wadi__block_store *store, wadi__evicted *left, wadi_error *err);
#endif
