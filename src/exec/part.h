/* SPDX-License-Identifier: Apache-2.0 */
/* part.h: the reduce side of an operator by parts, where its input is larger than a task's share of
 * memory (after Graefe, "Query evaluation techniques for large databases", 1993: recursive hash
 * partitioning).
 *
 * The input's records are distributed over files: by other bits of their keys' hashes, or, for a
 * sort, by ranges. Then the operator is opened for one part after another, which its input
 * functions find in task->part. While it runs the task's scratch and keep are those of the part;
 * where its records go they are the task's own, and what records point at is copied there. So a
 * part leaves nothing behind. */
#ifndef WADI_EXEC_PART_H
#define WADI_EXEC_PART_H
#include "exec/spill.h"
#include "exec/wide.h"

typedef struct wadi__part_side {
    WADI__VEC(wadi__spilled) frames;
    uint64_t row_count;
} wadi__part_side;

typedef struct wadi__part { /* of the parts_op that made it */
    struct wadi__part *next;
    const wadi_rdd *rdd;
    uint32_t side_count, depth;  /* depth: how often its records were distributed */
    uint64_t hash_min, hash_max; /* of its records' keys */
    wadi__part_side sides[];
} wadi__part;

/* How records are distributed; by their hashes where the operator says nothing else. */
typedef struct wadi__part_split {
    unsigned bits; /* into 2^bits parts at most */
    void *state;   /* the operator's own, in scratch */
    /* Finds the number of each record's part. NULL: by the hash. */
    void (*place)(const struct wadi__part_split *split, const wadi__slice *slice,
                  uint32_t *numbers);
} wadi__part_split;

/* Which of 2^bits parts a key's records go to: each depth takes the hash apart in another way,
 * since the keys that come there agree in what the depths before, and the partitioner, have looked
 * at. (After Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014:
 * SplitMix64.) */
static inline uint32_t wadi__part_number(uint64_t hash, uint32_t depth, unsigned bits) {
    uint64_t mixed = hash + depth * 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBull;
    return (uint32_t)((mixed ^ mixed >> 31) >> (64 - bits));
}

/* Opens the reduce side of a wide operator, whole or by parts. NULL: the task has failed. */
wadi__cursor *wadi__part_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                              wadi__sink *sink);

/* The part whose records an operator is to have instead of its partition's; NULL: it is to have
 * those. */
static inline const wadi__part *wadi__part_of(const wadi__task *task, const wadi_rdd *rdd) {
    return task->part != NULL && task->part->rdd == rdd ? task->part : NULL;
}
/* A cursor over the records of a side. NULL: the task has failed. */
wadi__cursor *wadi__part_read(const wadi__part *part, uint32_t side, wadi__task *task,
                              wadi__sink *sink);
/* Reads a spilled frame; what its records point at goes with it. NULL: the task has failed. */
wadi__block *wadi__part_frame(wadi__task *task, const wadi__spilled *frame, const wadi__type *type);
/* Reads one; what its records point at comes into the task's keep. NULL: the task has
 * failed. */
wadi__block *wadi__part_load(wadi__task *task, const wadi__spilled *frame, const wadi__type *type);
/* Reads one and pushes its records, in the same way. False: the task has failed, or is over. */
bool wadi__part_push(wadi__task *task, const wadi__spilled *frame, const wadi__type *type,
                     wadi__sink *sink);
#endif
