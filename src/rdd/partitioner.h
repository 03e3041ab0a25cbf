/* SPDX-License-Identifier: Apache-2.0 */
/* partitioner.h: which partition a key belongs to. Plain data. Two RDDs whose partitioners are the same
 * have equal keys in partitions of the same number, and join without a shuffle. */
#ifndef WADI_RDD_PARTITIONER_H
#define WADI_RDD_PARTITIONER_H
#include "rdd/bound_fn.h"

typedef enum wadi__partitioner_kind {
    WADI__PARTITION_NONE,  /* unknown */
    WADI__PARTITION_HASH,  /* of the key */
    WADI__PARTITION_USER,  /* by a declared function of the record */
    WADI__PARTITION_RANGE, /* ordered ranges of a field, sampled when the job runs */
    WADI__PARTITION_SPREAD, /* evenly, whatever the record */
} wadi__partitioner_kind;

typedef struct wadi__partitioner {
    wadi__partitioner_kind kind;
    uint32_t count;
    uint64_t range_id;  /* RANGE: of the sort that made it */
    wadi__bound_fn *fn; /* USER; borrowed from a node that holds it */
} wadi__partitioner;

static inline wadi__partitioner wadi__partitioner_hash(uint32_t count) {
    return (wadi__partitioner){WADI__PARTITION_HASH, count, 0, NULL};
}
bool wadi__partitioner_same(const wadi__partitioner *a, const wadi__partitioner *b);
/* The partition of a hash, of `count`. */
static inline uint32_t wadi__partition_of(uint64_t hash, uint32_t count) {
    return (uint32_t)(((hash >> 32) * count) >> 32);
}
#endif
