/* SPDX-License-Identifier: Apache-2.0 */
/* operators.h: what RDDs and streams have in common. wadi_map(x, f) is wadi_rdd_map or
 * wadi_dstream_map by the type of x: an RDD (wadi_rdd *) is a dataset in partitions, a stream
 * (wadi_dstream *) a recipe that makes an RDD in every batch. Optional arguments come last, by
 * name; the macros fill in the rest of the options.
 *
 * What holds for all of them, where nothing else is said:
 *
 * Shapes:    x is an expression without side effects other than building the graph. The functions
 *            behind the macros want `options`, never NULL for RDDs, with its size set. A stream's
 *            operator does in every batch to the batch's RDD what the RDD's does; a batch in which
 *            the parent has no RDD has none either, or fails where that is said. The result has as
 *            many partitions as its parent, record order in them stays, and it does not know any
 *            more where keys lie. Other options than those named are mistakes of streams; RDDs
 *            pass them by.
 * Ownership: lazy: they return a new node at once, never NULL, and nothing is computed. A stream
 *            belongs to its context. An RDD belongs to the batch in which it was made, while that
 *            is generated or run, else to its context, and goes with it; wadi_rdd_ref() keeps it
 *            longer. Functions, captured values and .zero are copied; `x` may go away before the
 *            result.
 * Threads:   streams: driver thread, before wadi_start(). RDDs: any, also in functions on the
 *            driver, but not in tasks. An RDD is immutable and may be shared.
 * Errors:    of streams: kept by the context with the caller's file and line, and told by
 *            wadi_start(); of RDDs: they stick to the batch, outside one to the context, and to the
 *            result and all that is made of it (wadi_rdd_failed). Everything after them does
 *            nothing, silently.
 *            WADI_E_INVALID  no function is given, two functions have its name, it needs captured
 *                            values, an argument, or of streams an option, that means nothing here.
 *            WADI_E_TYPE     a function does not take the records that `x` carries.
 *            WADI_E_STATE    streams: the context has already started or stopped; RDDs: it has been
 *                            stopped.
 *            WADI_E_NOMEM    no memory for the node.
 *            When it is computed: what fails in a task fails, after its tries, the job, with the
 *            operator's place.
 * Source:    the operator of the same name of Spark 3's RDD, PairRDDFunctions, DStream or
 *            PairDStreamFunctions.
 *
 * "The key" is the record's first field, or a value that is no record itself; streams by key want
 * records. Keys are equal as record.h tells. "By key" means: without options the result has the
 * context's default parallelism of partitions, by the hash of the key; .partitions, another number;
 * .partitioner, a WADI_PARTITIONER of the records or the key. Where a parent's keys lie so already
 * it is not moved. The order of keys in a partition is not said. */
#ifndef WADI_OPERATORS_H
#define WADI_OPERATORS_H
#pragma GCC system_header
#include <wadi/context.h>

/** Options of most operators. */
typedef struct wadi_op_options {
    size_t size;
    wadi_where where;
    uint32_t partitions;             /* of the result; 0: as the operator says */
    const char *name;                /* in the UI, in checkpoints; copied; NULL: the operator's */
    wadi_partitioner_fn partitioner; /* by key: in place of the hash */
    const void *zero;                /* folds and aggregates: the first accumulator; NULL: zeros */
    bool ascending, descending;      /* sort; neither: ascending */
} wadi_op_options;

#define WADI__BOTH(op, ...)                                                                        \
    WADI_API wadi_rdd *wadi_rdd_##op(wadi_rdd *in, __VA_ARGS__, const wadi_op_options *options);   \
    WADI_API wadi_dstream *wadi_dstream_##op(wadi_dstream *in, __VA_ARGS__,                        \
                                             const wadi_op_options *options)
#define WADI__BOTH_PLAIN(op)                                                                       \
    WADI_API wadi_rdd *wadi_rdd_##op(wadi_rdd *in, const wadi_op_options *options);                \
    WADI_API wadi_dstream *wadi_dstream_##op(wadi_dstream *in, const wadi_op_options *options)
#define WADI__BOTH_PAIRED(op, kind)                                                                \
    WADI_API wadi_rdd *wadi_rdd_##op(wadi_rdd *left, wadi_rdd *right, kind f,                      \
                                     const wadi_op_options *options);                              \
    WADI_API wadi_dstream *wadi_dstream_##op(wadi_dstream *left, wadi_dstream *right, kind f,      \
                                             const wadi_op_options *options)

/* ---- Record by record, partition by partition ---- */

/** One record out of each: wadi_map(x, f). f: a WADI_MAP of the records of x. Result: records of
 * its Out. */
#define wadi_map(...) WADI__OP2(map, wadi_op_options, __VA_ARGS__)
WADI__BOTH(map, wadi_map_fn f);

/** Any number of records out of each: wadi_flat_map(x, f). f: a WADI_FLAT_MAP. Result: records of
 * its Out. */
#define wadi_flat_map(...) WADI__OP2(flat_map, wadi_op_options, __VA_ARGS__)
WADI__BOTH(flat_map, wadi_flat_map_fn f);

/** Some of the records: wadi_filter(x, f). f: a WADI_FILTER. Where keys lie stays known. */
#define wadi_filter(...) WADI__OP2(filter, wadi_op_options, __VA_ARGS__)
WADI__BOTH(filter, wadi_filter_fn f);

/** A function of each partition, empty ones too: wadi_map_partitions(x, f). f: a
 * WADI_MAP_PARTITION. Result: records of its Out. */
#define wadi_map_partitions(...) WADI__OP2(map_partitions, wadi_op_options, __VA_ARGS__)
WADI__BOTH(map_partitions, wadi_map_partition_fn f);

/** One record per partition, empty ones too: a sequence of its records, for functions of any
 * WADI_SEQ of them. A partition must fit into memory. */
#define wadi_glom(...) WADI__OP1(glom, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PLAIN(glom);

/**
 * The same records, spread evenly over another number of partitions: wadi_repartition(x, 8), also
 * of an empty batch. Which record goes where is not said. A batch in which the parent has no RDD
 * fails.
 * Errors:    WADI_E_INVALID, partitions is 0.
 */
#define wadi_repartition(...) WADI__OP2(repartition, wadi_op_options, __VA_ARGS__)
WADI__BOTH(repartition, uint32_t partitions);

/**
 * The records of all: wadi_union(a, b, c, ..), up to 33; wadi_union_all(array, n), n of them, 1 or
 * more, from an array.
 *
 * Shapes:    the partitions of all, one after another in this order; or, where the keys of all that
 *            have partitions lie in the same way, as many as each has, merged partition by
 *            partition in this order. A batch in which one of the streams has no RDD fails. Records
 *            that are in several stay as often as they are there.
 * Errors:    WADI_E_TYPE, they carry different records; WADI_E_INVALID, streams of different
 *            contexts or slides, or more than 2^32 - 1 partitions.
 * Source:    Spark 3 UnionRDD, PartitionerAwareUnionRDD, StreamingContext.union.
 */
#define wadi_union(x, ...)                                                                         \
    WADI__GENERIC(union, x)                                                                        \
    ((x), WADI__LIST(x, __VA_ARGS__), WADI__COUNT(__VA_ARGS__), WADI__ARGS(wadi_op_options, ))
#ifndef __cplusplus
#define WADI__LIST(x, ...) ((__typeof__(x)[]){__VA_ARGS__})
#else
#include <initializer_list>
template <class X> X const *wadi__list(const std::initializer_list<X> &list) { return list.begin(); }
#define WADI__LIST(x, ...) wadi__list({__VA_ARGS__})
#endif
WADI_API wadi_rdd *wadi_rdd_union(wadi_rdd *in, wadi_rdd *const *others, size_t n,
                                  const wadi_op_options *options);
WADI_API wadi_dstream *wadi_dstream_union(wadi_dstream *in, wadi_dstream *const *others, size_t n,
                                          const wadi_op_options *options);
#define wadi_union_all(x, n)                                                                       \
    WADI__GENERIC(union, (x)[0])                                                                   \
    ((x)[0], (x) + 1, (size_t)(n) - 1, WADI__ARGS(wadi_op_options, ))

/* ---- Reducing and counting ---- */

/** All records into one: wadi_reduce(x, f), one partition with one record, or none of nothing. f: a
 * WADI_REDUCE of the records of x. Lazy of RDDs too: wadi_first(wadi_reduce(rdd, f), T) is Spark's
 * RDD.reduce. */
#define wadi_reduce(...) WADI__OP2(reduce, wadi_op_options, __VA_ARGS__)
WADI__BOTH(reduce, wadi_reduce_fn f);

/**
 * How many records there are: wadi_count(x). Of a stream: a stream of int64_t, always one in a
 * batch, 0 of an empty one, in partition 0 of .partitions, or the default parallelism; a batch in
 * which the parent has no RDD fails. Of an RDD: the number itself, at once: an action (rdd.h), 0
 * when it fails.
 */
#define wadi_count(...) WADI__OP1(count, wadi_op_options, __VA_ARGS__)
WADI_API int64_t wadi_rdd_count(wadi_rdd *in, const wadi_op_options *options);
WADI_API wadi_dstream *wadi_dstream_count(wadi_dstream *in, const wadi_op_options *options);

/** How often each value occurs: pairs (value, int64_t), for functions of any record of that shape.
 * By key, which is the whole record of x; takes .partitions and .partitioner. Lazy of RDDs too. */
#define wadi_count_by_value(...) WADI__OP1(count_by_value, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PLAIN(count_by_value);

/* ---- By key: the first field of the record ---- */

/** One record per key: wadi_reduce_by_key(x, f). f: a WADI_REDUCE of the records of x. By key;
 * takes .partitions and .partitioner. Where keys lie is known of the result. */
#define wadi_reduce_by_key(...) WADI__OP2(reduce_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(reduce_by_key, wadi_reduce_fn f);

/** What a function makes of all records of a key: wadi_group_by_key(x, f). f: a WADI_GROUP of the
 * records of x, or wadi_list_into(Out), of whose result it is known where keys lie. By key; takes
 * .partitions and .partitioner. A partition of the result must fit into memory. */
#define wadi_group_by_key(...) WADI__OP2(group_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(group_by_key, wadi_group_fn f);

/**
 * One accumulator per key: wadi_combine_by_key(x, f, merge), and wadi_aggregate_by_key(x, f, merge,
 * .zero = &zero).
 *
 * Shapes:    f: a WADI_COMBINE of the records of x into accumulators with the same key. merge: a
 *            WADI_REDUCE of two accumulators. An accumulator begins as zeros, of aggregate as
 *            *.zero, a record of Acc, with the key of its records; one for each key and partition
 *            of x. Result: accumulators, one per key. By key; take .partitions and .partitioner.
 *            Where keys lie is known of the result.
 * Errors:    WADI_E_TYPE, the key of Acc is another; WADI_E_INVALID, .zero of combine_by_key.
 */
#define wadi_combine_by_key(...) WADI__OP3(combine_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(combine_by_key, wadi_combine_fn f, wadi_reduce_fn merge);
#define wadi_aggregate_by_key(...) WADI__OP3(aggregate_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(aggregate_by_key, wadi_combine_fn f, wadi_reduce_fn merge);

/**
 * Map and flatMap that leave the key as it is, and so the partitions: where keys lie stays known.
 * f: a WADI_MAP or WADI_FLAT_MAP whose Out has a first field of the key's type, which is set for
 * it, whatever f puts there.
 * Errors:    WADI_E_TYPE, the key of Out is another.
 */
#define wadi_map_values(...) WADI__OP2(map_values, wadi_op_options, __VA_ARGS__)
WADI__BOTH(map_values, wadi_map_fn f);
#define wadi_flat_map_values(...) WADI__OP2(flat_map_values, wadi_op_options, __VA_ARGS__)
WADI__BOTH(flat_map_values, wadi_flat_map_fn f);

/** The same records, where a function puts them: wadi_partition_by(x, f, .partitions = 4), or as
 * many as the default parallelism. f: a WADI_PARTITIONER of the records or their key. Where keys
 * lie is known of the result. */
#define wadi_partition_by(...) WADI__OP2(partition_by, wadi_op_options, __VA_ARGS__)
WADI__BOTH(partition_by, wadi_partitioner_fn f);

/* ---- Two sides ---- */

/**
 * Pairs of records with equal keys: wadi_join(left, right, f). The outer ones also give records
 * without a partner: of the left side, of the right side, of both.
 *
 * Shapes:    f: a WADI_JOIN of the records of both sides, or wadi_fields_into(Out). It sees every
 *            pair: a key with 3 records here and 2 there gives 6. By key; take .partitions and
 *            .partitioner, which may take the key alone. Where keys lie is known of the result if f
 *            is wadi_fields_into; a function of one's own may put anything first. A batch in which
 *            one of the streams has no RDD fails. Both sides of a partition must fit into memory.
 * Errors:    WADI_E_TYPE, the keys differ in type; WADI_E_INVALID, streams of different contexts or
 *            slides.
 */
#define wadi_join(...) WADI__OP3(join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(join, wadi_join_fn);
#define wadi_left_outer_join(...) WADI__OP3(left_outer_join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(left_outer_join, wadi_join_fn);
#define wadi_right_outer_join(...) WADI__OP3(right_outer_join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(right_outer_join, wadi_join_fn);
#define wadi_full_outer_join(...) WADI__OP3(full_outer_join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(full_outer_join, wadi_join_fn);

/**
 * What a function makes of all records of a key on two sides: wadi_cogroup(left, right, f); and of
 * any number of sides, up to 33: wadi_cogroup_all(Out, a, b, c): records of Out, whose fields are
 * the key and a WADI_SEQ of each side.
 *
 * Shapes:    f: a WADI_COGROUP of the records of both sides, or wadi_lists_into(Out). Each key that
 *            is on any side comes once. A WADI_SEQ is of the side's records, or of their values
 *            where they are a key and one value. By key; cogroup takes .partitions and
 *            .partitioner. Where keys lie is known of the result but with a function of one's own.
 *            A batch in which one of the streams has no RDD fails. A partition of the result must
 *            fit into memory.
 * Errors:    WADI_E_TYPE, the keys differ in type, or the fields of Out are not these;
 *            WADI_E_INVALID, streams of different contexts or slides.
 */
#define wadi_cogroup(...) WADI__OP3(cogroup, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(cogroup, wadi_cogroup_fn);
#define wadi_cogroup_all(Out, x, ...)                                                              \
    WADI__GENERIC(cogroup_all, x)                                                                  \
    (WADI_TYPE(Out), (x), WADI__LIST(x, __VA_ARGS__), WADI__COUNT(__VA_ARGS__),                    \
     WADI__ARGS(wadi_op_options, ))
WADI_API wadi_rdd *wadi_rdd_cogroup_all(const wadi_type *out, wadi_rdd *in, wadi_rdd *const *others,
                                        size_t n, const wadi_op_options *options);
WADI_API wadi_dstream *wadi_dstream_cogroup_all(const wadi_type *out, wadi_dstream *in,
                                                wadi_dstream *const *others, size_t n,
                                                const wadi_op_options *options);

/* ---- Keeping ---- */

/** How an RDD is kept. When memory is short, partitions that were not used longest leave it: with a
 * level that has a disk to spark.local.dir, else for good, to be computed again. Records have one form
 * in memory, and within a process there is one place: _SER and _2 change nothing. */
typedef enum wadi_storage_level {
    WADI_STORAGE_DEFAULT,
    WADI_MEMORY_ONLY,
    WADI_MEMORY_ONLY_2,
    WADI_MEMORY_ONLY_SER,
    WADI_MEMORY_ONLY_SER_2,
    WADI_MEMORY_AND_DISK,
    WADI_MEMORY_AND_DISK_2,
    WADI_MEMORY_AND_DISK_SER,
    WADI_MEMORY_AND_DISK_SER_2,
    WADI_DISK_ONLY,
    WADI_DISK_ONLY_2,
    WADI_OFF_HEAP,
} wadi_storage_level;

/**
 * Marks x to be kept once computed, for those who read it again: wadi_persist(x, WADI_MEMORY_ONLY),
 * wadi_cache(x). Of a stream: each of its RDDs, until it is out of the remember duration. They
 * return their argument, not a new node.
 *
 * Shapes:    level: WADI_STORAGE_DEFAULT and cache mean WADI_MEMORY_ONLY for RDDs,
 *            WADI_MEMORY_ONLY_SER for streams. A partition is stored by the first job that computes
 *            it. wadi_unpersist() (rdd.h) ends it.
 * Errors:    WADI_E_INVALID, there is no such level, or a stream has another one already;
 *            WADI_E_STATE, an RDD has.
 */
#define wadi_persist(...) WADI__OP2(persist, wadi_op_options, __VA_ARGS__)
WADI__BOTH(persist, wadi_storage_level level);
#define wadi_cache(...) WADI__OP1(cache, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PLAIN(cache);

/* ---- Effects: on an RDD at once, on a stream in every batch ---- */

#define WADI__BOTH_ACTION(op, ...)                                                                 \
    WADI_API void wadi_rdd_##op(wadi_rdd *in, __VA_ARGS__, const wadi_op_options *options);        \
    WADI_API void wadi_dstream_##op(wadi_dstream *in, __VA_ARGS__, const wadi_op_options *options)

/**
 * A function of each record, or of each partition, that has effects: wadi_foreach(x, f),
 * wadi_foreach_partition(x, f). Of an RDD an action (rdd.h), at once, after which it has run; of a
 * stream an output operation, which keeps its place in the order of the context's outputs. f: a
 * WADI_FOREACH, a WADI_FOREACH_PARTITION. Tasks run at the same time. No options; a .name has no
 * effect.
 */
#define wadi_foreach(...) WADI__OP2(foreach, wadi_op_options, __VA_ARGS__)
WADI__BOTH_ACTION(foreach, wadi_foreach_fn f);
#define wadi_foreach_partition(...) WADI__OP2(foreach_partition, wadi_op_options, __VA_ARGS__)
WADI__BOTH_ACTION(foreach_partition, wadi_foreach_partition_fn f);

/** Options of wadi_print(). */
typedef struct wadi_print_options {
    size_t size;
    wadi_where where;
    uint32_t records_max; /* 0: 10 */
} wadi_print_options;

/**
 * Prints the first 10 records to standard output, one a line in the form that record.h tells, and
 * "..." when there are more: wadi_print(x), wadi_print(x, 20). Of an RDD an action (rdd.h), at
 * once. Of a stream an output operation: in every batch, the empty ones too, with a head of three
 * lines that has the batch time, and an empty line behind. Only as many partitions are computed as
 * are needed.
 * Errors:    WADI_E_IO, standard output cannot be written.
 * Source:    Spark 3 DStream.print, whose layout it is.
 */
#define wadi_print(...) WADI__OP1(print, wadi_print_options, __VA_ARGS__)
WADI_API void wadi_rdd_print(wadi_rdd *in, const wadi_print_options *options);
WADI_API void wadi_dstream_print(wadi_dstream *in, const wadi_print_options *options);
#endif
