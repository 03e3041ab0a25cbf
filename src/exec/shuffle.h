/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.h: what the map tasks of a shuffle leave for its reduce tasks: pieces of chunks, by
 * partition.
 *
 * Inside a process pieces are handed over, not copied. A map task writes the pieces of each
 * partition in the order of its records; when all have ended, the shuffle is sealed: an index is
 * made from each partition to its pieces, in the order of the map tasks, so that empty pieces cost
 * nothing. */
#ifndef WADI_EXEC_SHUFFLE_H
#define WADI_EXEC_SHUFFLE_H
#include "rdd/rdd.h"

typedef struct wadi__piece {
    wadi__chunk *chunk;   /* one reference */
    uint32_t from, count; /* records of it */
    uint32_t partition;
    bool with_hashes; /* the chunk has those of the keys that the shuffle goes by */
} wadi__piece;

typedef struct wadi__map_output { /* of one map task */
    WADI__VEC(wadi__piece) pieces;
    wadi__keep *keep;
    uint64_t row_count;
    uint64_t key_count;  /* that it aggregated; 0: it did not */
    bool is_aggregated;  /* each key is in it once at most */
    wadi__chunk *sample; /* of a sort: some of its records; or NULL */
} wadi__map_output;
void wadi__map_output_fini(wadi__map_output *output);
/* Takes one more reference to the piece's chunk. False: no memory. */
bool wadi__map_output_add(wadi__map_output *output, wadi__piece piece);

typedef struct wadi__shuffle_data { /* counted: reduce outputs keep it for its strings */
    wadi__counted counted;
    uint64_t id;
    uint32_t map_count, partition_count;
    wadi__map_output *outputs;        /* map_count of them */
    const wadi__piece **by_partition; /* sealed: all pieces, in order of partition and map task */
    size_t *first; /* by_partition[first[p] .. first[p + 1]) are those of partition p */
    bool is_sealed;
    uint64_t row_count, key_count; /* sealed: of all maps; the most keys of one map */
    wadi__chunk *bounds; /* of a sort: records at the ends of all partitions but the last, with
                          * their words in place of hashes; or NULL */
    struct wadi__shuffle_data *next; /* in the store */
} wadi__shuffle_data;

/* The shuffles of a context, by id. */
typedef struct wadi__shuffle_store {
    pthread_mutex_t lock;
    wadi__shuffle_data *buckets[64]; /* one reference each; guarded by lock */
} wadi__shuffle_store;
void wadi__shuffle_store_init(wadi__shuffle_store *store);
void wadi__shuffle_store_fini(wadi__shuffle_store *store);
/* A reference to the shuffle of this id, or NULL. */
wadi__shuffle_data *wadi__shuffle_store_get(wadi__shuffle_store *store, uint64_t id);
/* Takes over the caller's reference. */
void wadi__shuffle_store_put(wadi__shuffle_store *store, wadi__shuffle_data *data);
void wadi__shuffle_store_drop(wadi__shuffle_store *store, uint64_t id);

wadi__shuffle_data *wadi__shuffle_data_new(uint64_t id, uint32_t map_count,
                                           uint32_t partition_count);
static inline void wadi__shuffle_data_unref(wadi__shuffle_data *data) {
    if (data != NULL) wadi__counted_unref(&data->counted);
}
/* After the last map task. False: no memory. */
bool wadi__shuffle_data_seal(wadi__shuffle_data *data);
#endif
