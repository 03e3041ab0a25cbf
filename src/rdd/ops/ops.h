/* SPDX-License-Identifier: Apache-2.0 */
/* ops.h: constructors of RDDs inside the library. Each public one has a twin here that takes functions
 * which a stream's operator has bound already; and some have no public form. */
#ifndef WADI_RDD_OPS_OPS_H
#define WADI_RDD_OPS_OPS_H
#include "rdd/rdd.h"

#include <string.h>

/* Gives the node's records another type; how they lie in partitions is then unknown. */
static inline void wadi__rdd_retype(wadi_rdd *rdd, const wadi__type *out) {
    rdd->type = out;
    rdd->key = out->key;
    rdd->partitioner = (wadi__partitioner){0};
}
/* Gives the node its function's records, which have the same keys in the same partitions. */
void wadi__rdd_keep_key(wadi_rdd *rdd, const wadi_rdd *in);
/* .partitions, or the default parallelism. */
static inline uint32_t wadi__rdd_partitions(const wadi_context *sc, const wadi_op_options *options) {
    return options->partitions != 0 ? options->partitions : sc->default_parallelism;
}
/* The partitioner that options ask for: .partitioner, of the records of all parents or of their key, else by
 * hash. False: the node has an error. */
bool wadi__rdd_choose_partitioner(wadi_rdd *rdd, const wadi_op_options *options,
                                  wadi__partitioner *partitioner);

/* The same, but without options that of `in`, if it has one that suits; else by hash, with as many partitions. */
bool wadi__rdd_choose_partitioner_like(wadi_rdd *rdd, const wadi_rdd *in, const wadi_op_options *options,
                                       wadi__partitioner *partitioner);
/* Whether the keys of all parents have one type. False: the node has an error. */
bool wadi__rdd_same_keys(wadi_rdd *rdd);
/* Keeps a copy of what accumulators begin as; a NULL `zero` means zeros. False: the node has an error. */
bool wadi__rdd_set_zero(wadi_rdd *rdd, const void *zero, const wadi__type *type);

/* Makes parent i, which is `in`, be read through a shuffle, unless its keys lie where `partitioner` puts
 * them already; the node's own keys then lie there. */
void wadi__rdd_partition(wadi_rdd *rdd, const wadi_rdd *in, uint32_t i, const wadi__partitioner *partitioner);

/* Makes parent i be read through a shuffle that goes by whole records; how the result's keys lie is then not
 * known. */
void wadi__rdd_partition_records(wadi_rdd *rdd, uint32_t i, const wadi__partitioner *partitioner);

wadi_rdd *wadi__rdd_make_map(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_map_values(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_flat_map(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_flat_map_values(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_filter(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_map_partitions(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_reduce_by_key(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_partition_by(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
/* By the hash of the key. */
wadi_rdd *wadi__rdd_make_partition_by_key(wadi_rdd *in, const wadi_op_options *options);
/* `f` a WADI_COMBINE, `merge` a WADI_REDUCE of accumulators. */
wadi_rdd *wadi__rdd_make_combine_by_key(wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                                        const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_aggregate_by_key(wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                                          const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_fold_by_key(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_group_by_key(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_cogroup(wadi_rdd *left, wadi_rdd *right, wadi__fn_arg f, const wadi_op_options *options);
/* join or an outer join, by `sides`. cogroup_all() and glom() take no function: their public forms do. */
wadi_rdd *wadi__rdd_make_join(wadi_rdd *left, wadi_rdd *right, wadi__fn_arg f, wadi__join_sides sides,
                              const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_fold(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);
wadi_rdd *wadi__rdd_make_aggregate(wadi_rdd *in, wadi__fn_arg f, wadi__fn_arg merge,
                                   const wadi_op_options *options);
/* One int64_t in partition 0 of .partitions: the number of records, 0 of none too. */
wadi_rdd *wadi__rdd_make_count(wadi_rdd *in, const wadi_op_options *options);
/* One record, or none of nothing, in a single partition. */
wadi_rdd *wadi__rdd_make_reduce(wadi_rdd *in, wadi__fn_arg f, const wadi_op_options *options);

/* A view of what a windowed stream keeps. */
typedef struct wadi__window_rdd_args {
    const wadi__type *type;
    bool is_keyed; /* its keys lie in `partitions` by hash */
    uint32_t partitions;
    wadi_rdd *const *partials; /* parents, each with such partitions */
    size_t partial_count;
    wadi__bound_fn *fn, *inverse; /* NULL: none */
    wadi__counted *plan;          /* of src/exec/window.c, which is taken over */
    wadi_status (*make_ready)(const wadi_rdd *rdd, wadi_error *err); /* as wadi__rdd_ops */
} wadi__window_rdd_args;
wadi_rdd *wadi__rdd_make_windowed(wadi_context *sc, const wadi__window_rdd_args *args,
                                  const wadi_op_options *options);
wadi__counted *wadi__rdd_window_plan(const wadi_rdd *rdd);

/* An RDD without partitions. */
wadi_rdd *wadi__rdd_make_empty(wadi_context *sc, const wadi__type *type);
/* An RDD of blocks, one a partition; takes a reference to each. NULL entries are empty partitions. */
wadi_rdd *wadi__rdd_of_blocks(wadi_context *sc, const wadi__type *type, wadi__block *const *blocks,
                              uint32_t count, const wadi_where *where);
/* Gets blocks when tasks read them. The RDD takes a reference. */
typedef struct wadi__block_loader {
    wadi__counted counted;
    /* The block of a partition that has none in memory: a new reference; *block stays NULL for an empty
     * one. Task thread. */
    wadi_status (*load)(const struct wadi__block_loader *loader, uint32_t partition, wadi__block **block, wadi_error *err);
} wadi__block_loader;
/* For an RDD of blocks that nobody else has yet. */
void wadi__rdd_set_loader(wadi_rdd *rdd, wadi__block_loader *loader);
/* What a source keeps beside a block, such as its position after it; copied. */
typedef struct wadi__metadata {
    const void *bytes; /* NULL: nothing */
    size_t size;
} wadi__metadata;
/* Gives each partition of an RDD of blocks, which nobody else has yet, its metadata. False: no memory. */
bool wadi__rdd_set_metadata(wadi_rdd *rdd, const wadi__metadata *metadata);
/* The nameless record (value, int64_t). NULL: err says why. */
const wadi__type *wadi__type_make_count_pair(const wadi__type *value, wadi_error *err);
/* (value, 1) of every record, or of its key, by the type of `value`. */
wadi_rdd *wadi__rdd_make_pair_with_one(wadi_rdd *in, const wadi__type *value, const wadi_op_options *options);
/* One int64_t for every partition: how many records it has. */
wadi_rdd *wadi__rdd_make_count_partition(wadi_rdd *in, const wadi_op_options *options);
#endif
