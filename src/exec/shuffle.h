/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.h: what the map tasks of a shuffle leave for its reduce tasks: pieces of chunks, by
 * partition.
 *
 * Inside a process records are handed over. A map task leaves one of two things:
 *   pieces   each of one partition, in the order of its records: up to 64 partitions
 *   loose    records as they came, which shuffle_sort.h puts in order of partition when all map
 *            tasks have ended, those of neighbouring map tasks together. What comes of that are
 *            pieces again, of at least some dozens of records where there are so many, so there
 *            are never as many pieces as map tasks times partitions.
 * Then the shuffle is sealed: an index is made from each partition to its pieces, in the order of
 * the map tasks. A reduce task reads by_partition[first[p] .. first[p + 1]), and nothing else. */
#ifndef WADI_EXEC_SHUFFLE_H
#define WADI_EXEC_SHUFFLE_H
#include "rdd/rdd.h"

typedef struct wadi__piece {
    wadi__chunk *chunk;   /* one reference */
    uint32_t from, count; /* records of it */
    uint32_t partition;
    bool with_hashes; /* the chunk has those of the keys that the shuffle goes by */
} wadi__piece;

typedef WADI__VEC(wadi__piece) wadi__pieces;

typedef struct wadi__loose { /* neighbouring records that are in no order of partition */
    wadi__chunk *chunk;      /* one reference */
    uint32_t from, count;    /* records of it */
    wadi__chunk *numbers;    /* the partition of each, a uint32_t, one reference; NULL: it follows
                              * from the chunk's hashes .. */
    uint32_t numbers_from;   /* .. those of the records begin here */
    bool with_hashes;        /* as those of a piece */
} wadi__loose;

typedef struct wadi__map_output { /* of one map task */
    wadi__pieces pieces;
    WADI__VEC(wadi__loose) loose; /* there are pieces or loose records, not both */
    wadi__keep *keep;
    uint64_t row_count;
    uint64_t key_count;  /* that it aggregated; 0: it did not */
    bool is_aggregated;  /* each key is in it once at most */
    wadi__chunk *sample; /* of a sort: some of its records; or NULL */
} wadi__map_output;
void wadi__map_output_fini(wadi__map_output *output);
void wadi__loose_fini(wadi__loose *loose);
/* Takes one more reference to the piece's chunk. False: no memory. */
bool wadi__map_output_add(wadi__map_output *output, wadi__piece piece);
/* The same with loose records, and the chunk of their numbers. */
bool wadi__map_output_add_loose(wadi__map_output *output, wadi__loose loose);

typedef struct wadi__portion { /* neighbouring loose records that are sorted together, by a task */
    size_t first, end;         /* of the list of all that are loose */
    uint32_t map;              /* the map task of the first */
    uint64_t row_count;
    wadi__pieces pieces; /* when it is sorted, in order of partition */
} wadi__portion;

typedef struct wadi__shuffle_data { /* counted: reduce outputs keep it for its strings */
    wadi__counted counted;
    uint64_t id;
    uint32_t map_count, partition_count;
    wadi__map_output *outputs;        /* map_count of them */
    WADI__VEC(wadi__loose *) loose;   /* while they are sorted: of all map tasks, in their order */
    WADI__VEC(wadi__portion) portions;
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
/* After the last map task, and when nothing is loose any more. False: no memory. */
bool wadi__shuffle_data_seal(wadi__shuffle_data *data);
#endif
