/* SPDX-License-Identifier: Apache-2.0 */
/* wide.h: operators whose records come through a shuffle: the map side, which writes them, and the
 * reduce side, which puts them together. A file for each kind implements both: read.c reduce.c
 * fold.c group.c join.c set.c sort.c index.c state.c; window.c is of their kind, but its parents have
 * their keys in place. */
#ifndef WADI_EXEC_WIDE_H
#define WADI_EXEC_WIDE_H
#include "exec/partition_writer.h"
#include "rdd/rdd.h"

struct wadi__part_split;

/* The map side: a sink for the records of one partition of parent i of `rdd`. */
typedef struct wadi__map_side {
    wadi__sink *sink;
    void (*end)(struct wadi__map_side *side); /* after the last record; writes the rest */
    wadi__partition_writer writer;
    wadi__task *task;
    const wadi_rdd *rdd;
    uint32_t parent;
} wadi__map_side;

typedef struct wadi__wide_ops {
    /* Sets the side's sink and end; its writer is ready. NULL: records are written as they come.
     * False: the task has failed. */
    bool (*open_map)(wadi__map_side *side);
    /* The reduce side, as wadi__rdd_ops.open. */
    wadi__cursor *(*open)(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                          wadi__sink *sink);
    bool with_hashes; /* the reduce side wants the hashes of keys */
    /* When all map tasks have run, on the driver: makes ready for a second pass over what they
     * wrote. False: no memory. NULL entry: there is no second pass. */
    bool (*between)(const wadi_rdd *rdd, uint32_t parent, wadi__shuffle_data *data);
    /* The second pass over the output of one map task, whose records live on as long as the new
     * output. Failure: the task has failed. */
    void (*again)(const wadi_rdd *rdd, uint32_t parent, const wadi__shuffle_data *data,
                  wadi__task *task, const wadi__map_output *first, wadi__map_output *output);
    /* About how many bytes the reduce side takes for what input.h says it is to have; 0: it takes a
     * little for any input. NULL entry: 0. An operator without it cannot be run by parts. */
    uint64_t (*need)(const wadi_rdd *rdd, uint32_t partition, wadi__task *task);
    /* Finds ranges by which an input can be divided so that the parts, one after another, give what
     * the whole would. NULL entry: it is divided by the hashes of keys. */
    void (*split)(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                  struct wadi__part_split *split);
    /* Whether no partition of it needs its parents any more. NULL: they are needed. */
    bool (*is_made)(const wadi_rdd *rdd);
} wadi__wide_ops;
extern const wadi__wide_ops wadi__wide_read_ops, wadi__wide_reduce_ops, wadi__wide_fold_ops,
    wadi__wide_set_ops, wadi__wide_index_ops, wadi__wide_group_ops, wadi__wide_join_ops,
    wadi__wide_sort_ops, wadi__wide_state_ops, wadi__wide_window_ops;
const wadi__wide_ops *wadi__wide_ops_of(wadi__wide wide);

/* The map side that writes records as they come, for an open_map that wants nothing else. */
bool wadi__map_side_open_plain(wadi__map_side *side);
/* Runs the map side of parent i over the task's partition. Failure: the task has failed. */
void wadi__map_side_run(const wadi_rdd *rdd, uint32_t parent, wadi__task *task,
                        wadi__map_output *output);

/* The records that the shuffle of parent i carries. */
const wadi__type *wadi__wide_carried(const wadi_rdd *rdd, uint32_t parent);

/* How an operator comes by the hashes of its records' keys: those that slices bring, where they are
 * of the same key, else they are made now. */
typedef struct wadi__key_hashes {
    wadi__task *task;
    const wadi__type *key;
    size_t row_size;
    bool are_brought; /* what slices bring are the hashes of this key */
    uint64_t *room;   /* for those of a slice; made when it is first needed */
} wadi__key_hashes;
/* For slices of parent i; or, is_carried, for those that its shuffle has carried. */
wadi__key_hashes wadi__key_hashes_for(const wadi_rdd *rdd, uint32_t parent, bool is_carried,
                                      wadi__task *task);
/* Of the records that count, one after another. NULL: the task has failed. */
const uint64_t *wadi__key_hashes_of(wadi__key_hashes *self, const wadi__slice *slice);
/* Whether hashes of the node's key may travel on with its records: operators below take those of a
 * slice for hashes of the first field. */
static inline bool wadi__wide_key_is_first(const wadi_rdd *rdd) {
    return rdd->key == rdd->type->key;
}
#endif
