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
#include "base/event.h"
#include "exec/spill.h"
#include "rdd/rdd.h"

typedef struct wadi__piece {
    wadi__chunk *chunk;   /* one reference; NULL: it is on disk */
    uint32_t from, count; /* records of it */
    uint32_t partition;
    bool with_hashes; /* the chunk has those of the keys that the shuffle goes by */
    const wadi__spilled *disk; /* the frame of a piece that is there */
} wadi__piece;

typedef WADI__VEC(wadi__piece) wadi__pieces;

typedef struct wadi__loose { /* neighbouring records that are in no order of partition */
    wadi__chunk *chunk;      /* one reference */
    uint32_t from, count;    /* records of it */
    wadi__chunk *numbers;    /* the partition of each, a uint32_t, one reference; NULL: it follows
                              * from the chunk's hashes, or is_spread .. */
    uint32_t numbers_from;   /* .. those of the records begin here */
    uint32_t spread_from;    /* is_spread: the partition of the first; each goes to the next one */
    bool is_spread;
    bool with_hashes;        /* as those of a piece */
} wadi__loose;

/* Pieces and loose records of one output that were written to disk together. */
typedef struct wadi__spilled_pieces {
    struct wadi__spilled_pieces *next;
    wadi__spill *spill;
    WADI__VEC(wadi__spilled) regions; /* of many frames each */
    WADI__VEC(wadi__spilled) frames;  /* in the regions, which hold the file for them */
    wadi__pieces from_loose;          /* that loose records became */
} wadi__spilled_pieces;

typedef struct wadi__map_output { /* of one map task */
    wadi__pieces pieces;
    WADI__VEC(wadi__loose) loose; /* there are pieces or loose records, not both */
    wadi__keep *keep;
    uint64_t row_count;
    uint64_t key_count;  /* that it aggregated; 0: it did not */
    bool is_aggregated;  /* each key is in it once at most */
    wadi__chunk *sample; /* of a sort: some of its records; or NULL */
    wadi__keep *sample_keep; /* what they point at */
    wadi__spilled_pieces *on_disk;
    /* Guarded by the store's lock: */
    bool is_done;    /* its task has handed it over, and it is in memory */
    bool is_pinned;  /* a task goes over it again */
    bool is_leaving; /* it is being written to disk */
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
    const wadi__type *type; /* of the records that it carries */
    uint32_t map_count, partition_count;
    wadi__map_output *outputs;        /* map_count of them */
    WADI__VEC(wadi__loose *) loose;   /* while they are sorted: of all map tasks, in their order */
    WADI__VEC(wadi__portion) portions;
    const wadi__piece **by_partition; /* sealed: all pieces, in order of partition and map task */
    size_t *first; /* by_partition[first[p] .. first[p + 1]) are those of partition p */
    bool is_sealed;
    bool is_sorting;  /* what is loose is listed in `loose`; guarded by the store's lock */
    uint32_t writers; /* that write outputs to disk, with a reference each; guarded by the store's lock */
    uint64_t row_count, key_count; /* sealed: of all maps; the most keys of one map */
    wadi__chunk *bounds; /* of a sort: records at the ends of all partitions but the last, with
                          * their words in place of hashes; or NULL */
    struct wadi__shuffle_data *next; /* in the store */
} wadi__shuffle_data;

/* The shuffles of a context, by id. */
typedef struct wadi__shuffle_store {
    pthread_mutex_t lock;
    wadi__shuffle_data *buckets[64]; /* one reference each; guarded by lock */
    wadi__shuffle_data *filling; /* whose map tasks run: their drivers' references; guarded by lock */
    wadi__event left;            /* nobody writes some output to disk any more */
} wadi__shuffle_store;
void wadi__shuffle_store_init(wadi__shuffle_store *store);
void wadi__shuffle_store_fini(wadi__shuffle_store *store);
/* A reference to the shuffle of this id, or NULL. */
wadi__shuffle_data *wadi__shuffle_store_get(wadi__shuffle_store *store, uint64_t id);
/* What is loose stays as it is from now on. */
void wadi__shuffle_store_sort(wadi__shuffle_store *store, wadi__shuffle_data *data, wadi__env *env);
/* Lists one whose map tasks begin, so that its outputs may leave memory. */
void wadi__shuffle_store_begin(wadi__shuffle_store *store, wadi__shuffle_data *data);
/* Unlists it; before it is sealed, or when it failed. */
void wadi__shuffle_store_end(wadi__shuffle_store *store, wadi__shuffle_data *data, wadi__env *env);
/* A map task hands its output over, instead of the one before, whose sample stays if it has none. */
void wadi__shuffle_store_hand_over(wadi__shuffle_store *store, wadi__map_output *to,
                                   wadi__map_output *made);
/* A task goes over a first output again, which stays as it is meanwhile. */
void wadi__shuffle_store_pin(wadi__shuffle_store *store, wadi__map_output *output, wadi__env *env);
void wadi__shuffle_store_unpin(wadi__shuffle_store *store, wadi__map_output *output);
/* Writes an output to disk that nobody else has, of the oldest shuffle that has one in memory.
 * *freed: its bytes, 0: there is none. */
wadi_status wadi__shuffle_store_evict(wadi__shuffle_store *store, wadi__spill *spill,
                                      uint64_t *freed, wadi_error *err);
/* Takes over the caller's reference. */
void wadi__shuffle_store_put(wadi__shuffle_store *store, wadi__shuffle_data *data);
void wadi__shuffle_store_drop(wadi__shuffle_store *store, uint64_t id);

/* `type`: of the records that it carries. */
wadi__shuffle_data *wadi__shuffle_data_new(uint64_t id, const wadi__type *type, uint32_t map_count,
                                           uint32_t partition_count);
static inline void wadi__shuffle_data_unref(wadi__shuffle_data *data) {
    if (data != NULL) wadi__counted_unref(&data->counted);
}
/* After the last map task, and when nothing is loose any more. False: no memory. */
bool wadi__shuffle_data_seal(wadi__shuffle_data *data);
#endif
