/* SPDX-License-Identifier: Apache-2.0 */
/* rdd.h: datasets: making them, the operators that only they have, and the actions that compute
 * them.
 *
 * An RDD is a recipe for partitions of records, made by a call of this header or of operators.h and
 * immutable from then on. Who owns it, which threads may make it, and how its mistakes are told
 * stands at the head of operators.h; all of that holds here. Mistakes of makers have the kinds
 * named there; further ones are named with each. A batch program needs no stream context: it makes
 * RDDs on an engine context, runs actions and ends by wadi_finish().
 *
 * Files: a path names a file, a directory (its files, but for those whose name begins with "." or
 * "_"), or by * ? [..] {..} all that match; several with commas between them. file:// and no scheme
 * are local. `.gz` and `.zst` are unpacked, one partition each. What is there is looked at when the
 * RDD is made: WADI_E_IO, nothing is there, or it cannot be read; what changes later fails the
 * task.
 *
 * Actions compute at once, in the calling thread and the engine's, and return when done.
 *
 * Shapes:    rows are const T *, side by side, in the order of the partitions where nothing else is
 *            said, *n of them; NULL when there are none. n may be NULL. T is the record's type: it
 *            must agree with what the RDD carries. A field is named by its text, "count", of the
 *            record itself, not of one inside it; NULL: the record itself.
 * Ownership: rows, with what they point at, belong to the batch in which the action ran, outside a
 *            batch to the context, and go with it.
 * Threads:   any, several at once, also in functions on the driver; not in tasks: that fails the
 *            task.
 * Errors:    an action that fails returns nothing (NULL, 0, NaN), and its error sticks: in a batch
 *            to the batch, outside one to the RDD and those derived from it later, and
 *            wadi_finish() prints the first. wadi_rdd_failed() tells. After that, actions of the
 *            batch, or on that RDD, do nothing.
 *            WADI_E_INVALID  there is no such field, or another argument that cannot be.
 *            WADI_E_TYPE     the RDD carries other records than T, or the field is no number where
 *                            one is needed.
 *            WADI_E_STATE    the context has been stopped, or the job was cancelled by that.
 *            WADI_E_NOMEM    no memory.
 *            and what a task failed with after spark.task.maxFailures tries, with cause, operator,
 *            record and task.
 * Source:    the operator or action of the same name of Spark 3's RDD, PairRDDFunctions,
 *            DoubleRDDFunctions. */
#ifndef WADI_RDD_H
#define WADI_RDD_H
#pragma GCC system_header
#include <wadi/operators.h>

/* ---- Making ---- */

/**
 * Records in memory, which are copied: wadi_parallelize(sc, word_count, rows, n, .partitions = 4);
 * or none.
 *
 * Shapes:    rows: const T *, n of them; NULL when n is 0. Partitions: .partitions, or the default
 *            parallelism, of equal length give or take one, in order; an empty RDD has none.
 * Errors:    WADI_E_INVALID, rows is NULL and n is not 0; WADI_E_TYPE, a descriptor that makes no
 *            sense.
 */
#define wadi_parallelize(sc, T, rows, ...)                                                         \
    wadi__parallelize((sc), WADI_TYPE(T), 1 ? (rows) : (const T *)NULL,                            \
                      WADI__HEAD(__VA_ARGS__, ),                                                   \
                      WADI__ARGS(wadi_op_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_rdd *wadi__parallelize(wadi_context *, const wadi_type *, const void *rows, size_t n,
                                     const wadi_op_options *);
#define wadi_empty_rdd(sc, T) wadi__empty_rdd((sc), WADI_TYPE(T), WADI__ARGS(wadi_op_options, ))
WADI_API wadi_rdd *wadi__empty_rdd(wadi_context *, const wadi_type *, const wadi_op_options *);

/** The numbers from..until-1, as int64_t, in order: wadi_range(sc, 0, 1000), in .partitions, or as
 * many as the default parallelism; none when `until` is not above `from`. */
#define wadi_range(...) WADI__CALL3(wadi_range, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_range)(wadi_context *sc, int64_t from, int64_t until,
                                const wadi_op_options *options);

/**
 * Lines of text in memory, which is copied: wadi_text(sc, bytes, size, .partitions = 4).
 *
 * Shapes:    records: wadi_str, without the "\n" or "\r\n" that ends them; a last line may lack it.
 *            bytes: `size` of them; NULL when that is 0. Partitions: .partitions, or the default
 *            parallelism, of about equal size.
 * Errors:    WADI_E_INVALID, bytes is NULL and size is not 0.
 */
#define wadi_text(...) WADI__CALL3(wadi_text, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_text)(wadi_context *sc, const char *bytes, size_t size,
                               const wadi_op_options *);
/**
 * Lines of files: wadi_text_file(sc, "logs/2024-*.gz").
 *
 * Shapes:    records: wadi_str, as of wadi_text(). Files are split at line ends into at least
 *            .partitions (default 2) partitions, of at most 32 MiB, in the order of their names;
 *            packed ones are not. An empty file has one.
 * Errors:    a line longer than wadi.source.line_max_bytes fails its task.
 */
#define wadi_text_file(...) WADI__CALL2(wadi_text_file, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_text_file)(wadi_context *sc, const char *path, const wadi_op_options *);
/**
 * Byte strings of one length, as wadi_str, from files of nothing else: wadi_binary_records(sc,
 * path, 16). Partitions as of wadi_text_file(), split between records.
 * Errors:    WADI_E_INVALID, record_bytes is 0 or above 2^31 - 1; WADI_E_CORRUPT, a file's size is
 *            no multiple of it.
 */
#define wadi_binary_records(...) WADI__CALL3(wadi_binary_records, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_binary_records)(wadi_context *sc, const char *path, size_t record_bytes,
                                         const wadi_op_options *);
/**
 * What wadi_save_as_object_file() wrote: wadi_object_file(sc, word_count, path); a partition for
 * each file. Fields go by name: those that the file lacks are zero, those that T lacks are passed
 * by.
 * Errors:    of the task: WADI_E_CORRUPT, a file is damaged, with the place; WADI_E_TYPE, a field
 *            is of another kind now.
 */
#define wadi_object_file(sc, T, ...)                                                               \
    wadi__object_file((sc), WADI_TYPE(T), WADI__HEAD(__VA_ARGS__, ),                               \
                      WADI__ARGS(wadi_op_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_rdd *wadi__object_file(wadi_context *, const wadi_type *, const char *path,
                                     const wadi_op_options *options);

/* ---- Operators that only RDDs have ---- */

/* A declaration of wadi_op(in, .., options). */
#define WADI__RDD_OP(op, ...)                                                                      \
    WADI_API wadi_rdd *(wadi_##op)(wadi_rdd * in, __VA_ARGS__, const wadi_op_options *options)

/**
 * In ascending order, unless .descending; stably: wadi_sort_by_key(rdd), by the key;
 * wadi_sort_by(counts, "count", .descending = true), by any field, or by NULL, the whole record.
 *
 * Shapes:    partitions are ranges, one after another, some of them empty when there are few
 *            different keys: .partitions, or as many as `in` has. Bounds are sampled when it is
 *            computed. The order is that which record.h tells.
 * Errors:    WADI_E_INVALID, there is no such field, .ascending and .descending both, or
 *            .partitioner.
 */
#define wadi_sort_by_key(...) WADI__CALL1(wadi_sort_by_key, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_sort_by_key)(wadi_rdd *in, const wadi_op_options *options);
#define wadi_sort_by(...) WADI__CALL2(wadi_sort_by, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(sort_by, const char *field);

/** Each record once: wadi_distinct(rdd). By key, which is the whole record, but in as many
 * partitions as `in` has when .partitions is not given; takes .partitioner. */
#define wadi_distinct(...) WADI__CALL1(wadi_distinct, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_distinct)(wadi_rdd *in, const wadi_op_options *options);

/** Fewer partitions, without a shuffle: wadi_coalesce(rdd, 4): each takes over whole ones of `in`,
 * neighbours, in order. More than there are stay as many. Errors: WADI_E_INVALID, partitions is
 * 0. */
#define wadi_coalesce(...) WADI__CALL2(wadi_coalesce, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(coalesce, uint32_t partitions);

/**
 * All pairs of records: wadi_cartesian(a, b, f). f: a WADI_JOIN, or wadi_fields_into(Out) with all
 * fields of both.
 *
 * Shapes:    partition i x m + j has those of partition i of `in` with those of partition j of the
 *            other's m. One partition of the right side at a time must fit into memory, and it is
 *            computed n times.
 * Errors:    WADI_E_INVALID, more than 2^32 - 1 partitions.
 */
#define wadi_cartesian(...) WADI__CALL3(wadi_cartesian, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(cartesian, wadi_rdd *other, wadi_join_fn f);

/** The n-th record of each partition with the n-th of the other's: wadi_zip(a, b, f). f: as of
 * wadi_cartesian.
 * Errors:    WADI_E_INVALID, the sides have different numbers of partitions; of the task: of
 *            records in one. */
#define wadi_zip(...) WADI__CALL3(wadi_zip, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(zip, wadi_rdd *other, wadi_join_fn f);

/**
 * Records that are in both sides, each once: wadi_intersection(a, b). Records that are only in
 * `in`, as often as there: wadi_subtract(a, b). Those whose key is not on the other side:
 * wadi_subtract_by_key(a, b).
 *
 * Shapes:    the first two compare whole records. By key; take .partitions and .partitioner; but
 *            the subtractions have as many partitions as `in` when .partitions is not given, and
 *            subtract_by_key leaves `in` where it is when its keys lie in a known way. `other` of
 *            subtract_by_key may carry other records with the same key.
 * Errors:    WADI_E_TYPE, the records, or of subtract_by_key the keys, differ in type.
 */
#define wadi_intersection(...) WADI__CALL2(wadi_intersection, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(intersection, wadi_rdd *other);
#define wadi_subtract(...) WADI__CALL2(wadi_rdd_subtract, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *wadi_rdd_subtract(wadi_rdd *in, wadi_rdd *other, const wadi_op_options *options);
#define wadi_subtract_by_key(...) WADI__CALL2(wadi_subtract_by_key, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_subtract_by_key)(wadi_rdd *in, wadi_rdd *other,
                                          const wadi_op_options *options);

/**
 * Each record with the same chance, without replacement: wadi_sample(rdd, 0.1, seed). Where keys
 * lie stays known.
 *
 * Shapes:    fraction: 0 to 1, the chance. The same seed chooses the same records of the same RDD,
 *            also when a task is tried again; there may be more or fewer of them than the fraction.
 * Errors:    WADI_E_INVALID, another fraction.
 */
#define wadi_sample(...) WADI__CALL3(wadi_sample, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(sample, double fraction, uint64_t seed);

/** Records (value, int64_t): wadi_zip_with_index(rdd): each with its number, in the order of the
 * partitions, from 0; for functions of any record of that shape. `in` is computed twice unless it is
 * kept. */
#define wadi_zip_with_index(...) WADI__CALL1(wadi_zip_with_index, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_zip_with_index)(wadi_rdd *in, const wadi_op_options *options);

/**
 * Each partition through a command of /bin/sh: wadi_pipe(rdd, "sort -u"): its records in, as the
 * lines that printing them gives, and the lines that it prints out, as wadi_str. A command runs for
 * empty partitions too; one that does not read all of its input is no error.
 *
 * Errors:    WADI_E_INVALID, no command is given; of the task: it ends with another status than 0,
 *            told with the last of its standard error, or prints a line longer than
 *            wadi.source.line_max_bytes.
 * Source:    Spark 3 RDD.pipe.
 */
#define wadi_pipe(...) WADI__CALL2(wadi_pipe, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(pipe, const char *command);

/**
 * Gives records a key: wadi_key_by(rdd, Out, f), with f a WADI_MAP whose Out is the key.
 * wadi_group_by(rdd, Keyed, key, f) is that and wadi_group_by_key(.., f, ..) in one.
 *
 * Shapes:    records of Out: the first field is what `f` returns, the rest the fields of `in`, in
 *            order and names aside, or all of it as one field.
 * Errors:    WADI_E_TYPE, the fields of Out are not these.
 */
#define wadi_key_by(x, Out, ...)                                                                   \
    wadi__key_by((x), WADI_TYPE(Out), WADI__HEAD(__VA_ARGS__, ),                                   \
                 WADI__ARGS(wadi_op_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_rdd *wadi__key_by(wadi_rdd *in, const wadi_type *out, wadi_map_fn f,
                                const wadi_op_options *options);
#define wadi_group_by(x, Keyed, key, ...)                                                          \
    wadi_group_by_key(wadi_key_by((x), Keyed, (key)), __VA_ARGS__)

/** The keys, wadi_keys(rdd); and what follows them: wadi_values(rdd, T), the second field, or all fields after the
 * key as a record of T.
 * Errors:    WADI_E_TYPE, T is neither. */
#define wadi_keys(...) WADI__CALL1(wadi_keys, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_keys)(wadi_rdd *in, const wadi_op_options *options);
#define wadi_values(x, T) wadi__values((x), WADI_TYPE(T), WADI__ARGS(wadi_op_options, ))
WADI_API wadi_rdd *wadi__values(wadi_rdd *in, const wadi_type *out, const wadi_op_options *options);

/** How often each key occurs: pairs (key, int64_t), for functions of any record of that shape. By
 * key; takes .partitions and .partitioner. Lazy: collect it. */
#define wadi_count_by_key(...) WADI__CALL1(wadi_count_by_key, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_count_by_key)(wadi_rdd *in, const wadi_op_options *options);

/** Reduces each key's records, beginning with the fields after the key of *.zero, a record of the
 * same type, once for each partition of `in` that has the key: wadi_fold_by_key(rdd, f, .zero =
 * &zero). f: a WADI_REDUCE. By key; takes .partitions and .partitioner. */
#define wadi_fold_by_key(...) WADI__CALL2(wadi_fold_by_key, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(fold_by_key, wadi_reduce_fn f);

/**
 * One record, lazily: wadi_first(wadi_fold(numbers, wadi_add, .zero = &zero), int64_t); with an
 * accumulator of another type: wadi_aggregate(rdd, f, merge, .zero = &zero).
 *
 * Shapes:    f: a WADI_REDUCE of the records; of aggregate a WADI_COMBINE into Acc, and `merge` a
 *            WADI_REDUCE of Acc. .zero: a record of the result's type; left out: zeros. Every
 *            partition begins with it, and so does the merge of what they give, in the order of the
 *            partitions. One partition with one record, of no records the zero.
 */
#define wadi_fold(...) WADI__CALL2(wadi_fold, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(fold, wadi_reduce_fn f);
#define wadi_aggregate(...) WADI__CALL3(wadi_aggregate, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(aggregate, wadi_combine_fn f, wadi_reduce_fn merge);

/* ---- Actions ---- */

/**
 * All records; the first `limit`; the first one, or NULL. take and first compute only as many
 * partitions as they need, the first one, then four times as many each time. Source: Spark 3
 * RDD.collect, take, first.
 */
#define wadi_collect(rdd, T, n) ((const T *)wadi__collect((rdd), WADI_TYPE(T), (n)))
#define wadi_take(rdd, T, limit, n) ((const T *)wadi__take((rdd), WADI_TYPE(T), (limit), (n)))
#define wadi_first(rdd, T) ((const T *)wadi__first((rdd), WADI_TYPE(T)))
WADI_API const void *wadi__collect(wadi_rdd *, const wadi_type *, size_t *n);
WADI_API const void *wadi__take(wadi_rdd *, const wadi_type *, size_t limit, size_t *n);
WADI_API const void *wadi__first(wadi_rdd *, const wadi_type *);

/** The `limit` records with the largest (top) or smallest (take_ordered) `field`, which come first;
 * of equal ones those that come first in the RDD, in that order. The field is of any kind but an
 * array. */
#define wadi_top(rdd, T, limit, field, n)                                                          \
    ((const T *)wadi__top((rdd), WADI_TYPE(T), (limit), (field), (n)))
#define wadi_take_ordered(rdd, T, limit, field, n)                                                 \
    ((const T *)wadi__take_ordered((rdd), WADI_TYPE(T), (limit), (field), (n)))
WADI_API const void *wadi__top(wadi_rdd *, const wadi_type *, size_t, const char *, size_t *n);
WADI_API const void *wadi__take_ordered(wadi_rdd *, const wadi_type *, size_t, const char *, size_t *n);

/** `limit` records chosen by chance, in the order of chance: each at most once, so never more than
 * there are, or with_replacement any number of times. The same seed chooses the same records of the
 * same RDD. */
#define wadi_take_sample(rdd, T, limit, with_replacement, seed, n)                                 \
    ((const T *)wadi__take_sample((rdd), WADI_TYPE(T), (limit), (with_replacement), (seed), (n)))
WADI_API const void *wadi__take_sample(wadi_rdd *, const wadi_type *, size_t, bool, uint64_t, size_t *n);

/** The record with this key, or NULL; the first of several; or all of them. key: a pointer to the
 * first field's type. Where keys lie by their hash only one partition is computed. Errors:
 * WADI_E_INVALID, key is NULL. */
#define wadi_lookup(rdd, T, key) ((const T *)wadi__lookup((rdd), WADI_TYPE(T), (key)))
#define wadi_lookup_all(rdd, T, key, n)                                                            \
    ((const T *)wadi__lookup_all((rdd), WADI_TYPE(T), (key), (n)))
WADI_API const void *wadi__lookup(wadi_rdd *, const wadi_type *, const void *key);
WADI_API const void *wadi__lookup_all(wadi_rdd *, const wadi_type *, const void *key, size_t *n);

/** Whether there is no record; also true when the action fails, so ask wadi_rdd_failed() before
 * acting on emptiness. Only as many partitions are computed as are needed. */
WADI_API bool wadi_is_empty(wadi_rdd *rdd);

/** What wadi_stats() finds. stdev is that of the whole population. Of no records: count 0, sum 0,
 * the rest NaN. */
typedef struct wadi_statistics {
    int64_t count;
    double sum, mean, stdev, min, max;
} wadi_statistics;

/** Count, sum, mean, deviation and extremes of a field of numbers, in one pass, as doubles. NaN
 * makes all but the count NaN. Source: Spark 3 StatCounter; Chan, Golub and LeVeque 1979. */
WADI_API wadi_statistics wadi_stats(wadi_rdd *rdd, const char *field);

/**
 * How many values of a field of numbers lie in each bucket: bounds[i] <= value < bounds[i + 1], the
 * last bucket with its upper end; others, and NaN, in none. _even makes the bounds itself:
 * bucket_count buckets of equal width from the least to the largest value, for which it goes over
 * the RDD twice.
 *
 * Shapes:    bounds: bucket_count + 1 ascending numbers, or room for them. counts: room for
 *            bucket_count, 1 or more. They are zeros after an error.
 * Errors:    WADI_E_INVALID, no bucket, bounds that do not ascend; of _even also no records,
 *            infinite values or NaN.
 */
WADI_API void wadi_histogram(wadi_rdd *rdd, const char *field, const double *bounds,
                             size_t bucket_count, int64_t *counts);
WADI_API void wadi_histogram_even(wadi_rdd *rdd, const char *field, size_t bucket_count,
                                  double *bounds, int64_t *counts);

/**
 * Writes a directory: part-00000, part-00001, .., one for each partition, and _SUCCESS when all is
 * there. Text has a record a line, in the form that record.h tells; object files have frames
 * (docs/formats/frame.md). Nothing is seen in the directory before all is written.
 *
 * Shapes:    path: of a directory that is not there yet; those above it are made.
 * Errors:    WADI_E_INVALID, path is NULL, or it is there already; WADI_E_IO, it cannot be written.
 */
WADI_API void wadi_save_as_text_file(wadi_rdd *rdd, const char *path);
WADI_API void wadi_save_as_object_file(wadi_rdd *rdd, const char *path);

/** Ends wadi_persist(): what is kept of the RDD goes, and it is computed again when it is needed.
 * Any thread. */
WADI_API void wadi_unpersist(wadi_rdd *rdd);

/**
 * Has the RDD saved in the checkpoint directory, and its lineage cut there: after the next action
 * that goes through it, what it was made from is released, and it is read from its files, which go
 * with the last reference to it. For RDDs that are made of their predecessors again and again, in
 * loops and over batches. Saving computes it once more, unless it is kept (wadi_persist).
 *
 * Shapes:    the directory is that of wadi_checkpoint(ssc, dir), else
 *            spark.streaming.checkpoint.directory. Files: rdds/RUN/rdd-N/part-00000, ..
 * Threads:   any; on the driver.
 * Errors:    WADI_E_STATE, no directory is set; that sticks to the batch as an action's does. The
 *            action fails when the files cannot be written, and the next one tries again.
 * Source:    Spark 3 RDD.checkpoint.
 */
WADI_API void wadi_rdd_checkpoint(wadi_rdd *rdd);

/**
 * One more reference, to keep an RDD that was made in a batch for later batches; and giving it
 * back. ref returns its argument; unref sets *p_rdd to NULL, and does nothing where that is NULL.
 * Any thread. The last reference releases the RDD, with what it keeps. None may be left in use
 * after wadi_finish().
 */
WADI_API wadi_rdd *wadi_rdd_ref(wadi_rdd *rdd);
WADI_API void wadi_rdd_unref(wadi_rdd **p_rdd);

/** The engine context of an RDD, and how many partitions it has, which may be 0. Any thread. */
WADI_API wadi_context *wadi_rdd_context(const wadi_rdd *rdd);
WADI_API uint32_t wadi_rdd_partition_count(const wadi_rdd *rdd);

/**
 * Whether an RDD cannot be computed, or in a batch, whether anything has failed there: to be asked
 * before acting on what an action returned, above all on emptiness.
 *
 * Shapes:    err: is set to the reason, or left as it was; NULL is fine.
 * Threads:   any; in a batch: the function that runs in it.
 */
WADI_API bool wadi_rdd_failed(const wadi_rdd *rdd, wadi_error *err);

/** Fails the batch with the caller's own reason, WADI_E_USER; outside a batch the context:
 * wadi_start() tells it then, or wadi_finish(). fmt and what follows: as printf has it; cut after
 * 400 bytes. The first reason is kept. */
WADI_API void wadi_rdd_fail(wadi_rdd *rdd, const char *fmt, ...) WADI_PRINTF(2, 3);
#endif
