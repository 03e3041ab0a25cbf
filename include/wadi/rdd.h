/* SPDX-License-Identifier: Apache-2.0 */
/* rdd.h: datasets, and the actions that compute them.
 *
 * Rows that an action returns belong to the batch in which it ran, outside a batch to the context. An
 * action that fails returns nothing (NULL, 0) and its error sticks: wadi_rdd_failed() tells. */
#ifndef WADI_RDD_H
#define WADI_RDD_H
#pragma GCC system_header
#include <wadi/operators.h>

/* ---- Making ---- */

#define wadi_parallelize(sc, T, rows, ...)                                                         \
    wadi__parallelize((sc), WADI_TYPE(T), 1 ? (rows) : (const T *)NULL,                            \
                      WADI__HEAD(__VA_ARGS__, ),                                                   \
                      WADI__ARGS(wadi_op_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_rdd *wadi__parallelize(wadi_context *, const wadi_type *, const void *rows, size_t n,
                                     const wadi_op_options *);
#define wadi_empty_rdd(sc, T) wadi__empty_rdd((sc), WADI_TYPE(T))
WADI_API wadi_rdd *wadi__empty_rdd(wadi_context *, const wadi_type *);
WADI_API wadi_rdd *wadi_range(wadi_context *sc, int64_t from, int64_t until);

/* Lines of text in memory, which is copied: wadi_text(sc, bytes, size, .partitions = 4). */
#define wadi_text(...) WADI__CALL3(wadi_text, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_text)(wadi_context *sc, const char *bytes, size_t size,
                               const wadi_op_options *);
/* Lines of one file, of all files of a directory, of all that match a pattern, or of several such
 * paths with commas between them. `.gz` and `.zst` are unpacked, one partition each; other files are
 * split at line ends into at least `.partitions` (default 2) partitions. */
#define wadi_text_file(...) WADI__CALL2(wadi_text_file, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_text_file)(wadi_context *sc, const char *path, const wadi_op_options *);
/* Byte strings of one length, as wadi_str, from files of nothing else. Paths as above. */
#define wadi_binary_records(...) WADI__CALL3(wadi_binary_records, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_binary_records)(wadi_context *sc, const char *path, size_t record_bytes,
                                         const wadi_op_options *);
/* What wadi_save_as_object_file wrote. */
#define wadi_object_file(sc, T, path) wadi__object_file((sc), WADI_TYPE(T), (path))
WADI_API wadi_rdd *wadi__object_file(wadi_context *, const wadi_type *, const char *path);

/* ---- Operators that only RDDs have ---- */

#define WADI__RDD_OP(op, ...)                                                                      \
    WADI_API wadi_rdd *(wadi_##op)(wadi_rdd * in, __VA_ARGS__, const wadi_op_options *options)
/* In ascending order, unless .descending; stably. Partitions are ranges, some of them empty when there are
 * few keys: .partitions, or as many as `in` has. */
#define wadi_sort_by_key(...) WADI__CALL1(wadi_sort_by_key, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_sort_by_key)(wadi_rdd *in, const wadi_op_options *options);
/* By any field, or NULL, the whole record: wadi_sort_by(counts, "count", .descending = true). */
#define wadi_sort_by(...) WADI__CALL2(wadi_sort_by, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(sort_by, const char *field);
/* Each record once, in .partitions, or as many as `in` has. */
#define wadi_distinct(...) WADI__CALL1(wadi_distinct, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_distinct)(wadi_rdd *in, const wadi_op_options *options);
/* Fewer partitions, without a shuffle: each takes over whole ones of `in`. */
#define wadi_coalesce(...) WADI__CALL2(wadi_coalesce, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(coalesce, uint32_t partitions);
/* All pairs of records; f as in a join. */
#define wadi_cartesian(...) WADI__CALL3(wadi_cartesian, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(cartesian, wadi_rdd *other, wadi_join_fn f);
/* The n-th record of each partition with the n-th of the other's; f as in a join. Both sides have the
 * same number of partitions, and of records in each. */
#define wadi_zip(...) WADI__CALL3(wadi_zip, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(zip, wadi_rdd *other, wadi_join_fn f);
/* Records that are in both sides, each once / only in `in`, as often as there; whole records are
 * compared. subtract and subtract_by_key: in .partitions, or as many as `in` has. */
#define wadi_intersection(...) WADI__CALL2(wadi_intersection, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(intersection, wadi_rdd *other);
#define wadi_subtract(...) WADI__CALL2(wadi_rdd_subtract, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *wadi_rdd_subtract(wadi_rdd *in, wadi_rdd *other, const wadi_op_options *options);
#define wadi_subtract_by_key(...) WADI__CALL2(wadi_subtract_by_key, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_subtract_by_key)(wadi_rdd *in, wadi_rdd *other,
                                          const wadi_op_options *options);
WADI_API wadi_rdd *wadi_sample(wadi_rdd *in, double fraction, uint64_t seed);
/* Records (value, int64_t): in the order of the partitions, from 0. */
WADI_API wadi_rdd *wadi_zip_with_index(wadi_rdd *in);
/* Each partition through a command of /bin/sh: its records in, as the lines that printing them gives, and the
 * lines that it prints out, as wadi_str. A command that ends with another status than 0 fails the task,
 * with the last of its standard error; one that does not read all of its input does not. */
#define wadi_pipe(...) WADI__CALL2(wadi_pipe, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(pipe, const char *command);

/* Gives records a key: of Out, whose first field is what `f` returns, and the rest the fields of `in`,
 * or all of it as one field. */
#define wadi_key_by(x, Out, ...)                                                                   \
    wadi__key_by((x), WADI_TYPE(Out), WADI__HEAD(__VA_ARGS__, ),                                   \
                 WADI__ARGS(wadi_op_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_rdd *wadi__key_by(wadi_rdd *in, const wadi_type *out, wadi_map_fn f,
                                const wadi_op_options *options);
/* wadi_key_by(x, Keyed, key) and wadi_group_by_key(.., f) in one. */
#define wadi_group_by(x, Keyed, key, ...)                                                          \
    wadi_group_by_key(wadi_key_by((x), Keyed, (key)), __VA_ARGS__)
/* The keys; and what follows them: the second field, or all fields after the key as a record of T. */
WADI_API wadi_rdd *wadi_keys(wadi_rdd *in);
#define wadi_values(x, T) wadi__values((x), WADI_TYPE(T))
WADI_API wadi_rdd *wadi__values(wadi_rdd *in, const wadi_type *out);
/* Pairs (key, int64_t). */
#define wadi_count_by_key(...) WADI__CALL1(wadi_count_by_key, wadi_op_options, __VA_ARGS__)
WADI_API wadi_rdd *(wadi_count_by_key)(wadi_rdd *in, const wadi_op_options *options);
/* Reduces each key's records, beginning with the fields after the key of *.zero in each partition. */
#define wadi_fold_by_key(...) WADI__CALL2(wadi_fold_by_key, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(fold_by_key, wadi_reduce_fn f);
/* One record, lazily: wadi_first(wadi_fold(numbers, wadi_add, .zero = &zero), int64_t). Every partition
 * begins with *.zero, and so does the merge of what they give. */
#define wadi_fold(...) WADI__CALL2(wadi_fold, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(fold, wadi_reduce_fn f);
/* The same with an accumulator of another type, which starts as *.zero, or as zeros. */
#define wadi_aggregate(...) WADI__CALL3(wadi_aggregate, wadi_op_options, __VA_ARGS__)
WADI__RDD_OP(aggregate, wadi_combine_fn f, wadi_reduce_fn merge);

/* ---- Actions. T is the record's type; the result is const T *. ---- */

#define wadi_collect(rdd, T, n) ((const T *)wadi__collect((rdd), WADI_TYPE(T), (n)))
#define wadi_take(rdd, T, limit, n) ((const T *)wadi__take((rdd), WADI_TYPE(T), (limit), (n)))
#define wadi_first(rdd, T) ((const T *)wadi__first((rdd), WADI_TYPE(T)))
/* The `limit` records with the largest / smallest `field`, which come first; NULL: the whole record. */
#define wadi_top(rdd, T, limit, field, n)                                                          \
    ((const T *)wadi__top((rdd), WADI_TYPE(T), (limit), (field), (n)))
#define wadi_take_ordered(rdd, T, limit, field, n)                                                 \
    ((const T *)wadi__take_ordered((rdd), WADI_TYPE(T), (limit), (field), (n)))
/* `limit` records chosen by chance, in the order of chance. */
#define wadi_take_sample(rdd, T, limit, with_replacement, seed, n)                                 \
    ((const T *)wadi__take_sample((rdd), WADI_TYPE(T), (limit), (with_replacement), (seed), (n)))
/* The record with this key, or NULL; the first of several. */
#define wadi_lookup(rdd, T, key) ((const T *)wadi__lookup((rdd), WADI_TYPE(T), (key)))
/* All of them. */
#define wadi_lookup_all(rdd, T, key, n)                                                            \
    ((const T *)wadi__lookup_all((rdd), WADI_TYPE(T), (key), (n)))
WADI_API const void *wadi__collect(wadi_rdd *, const wadi_type *, size_t *n);
WADI_API const void *wadi__take(wadi_rdd *, const wadi_type *, size_t limit, size_t *n);
WADI_API const void *wadi__first(wadi_rdd *, const wadi_type *);
WADI_API const void *wadi__top(wadi_rdd *, const wadi_type *, size_t, const char *, size_t *n);
WADI_API const void *wadi__take_ordered(wadi_rdd *, const wadi_type *, size_t, const char *, size_t *n);
WADI_API const void *wadi__take_sample(wadi_rdd *, const wadi_type *, size_t, bool, uint64_t, size_t *n);
WADI_API const void *wadi__lookup(wadi_rdd *, const wadi_type *, const void *key);
WADI_API const void *wadi__lookup_all(wadi_rdd *, const wadi_type *, const void *key, size_t *n);
WADI_API bool wadi_is_empty(wadi_rdd *rdd);

/* Of a field of numbers, NULL of the record itself, in one pass. stdev is that of the whole
 * population. Of no records: count 0, sum 0, the rest NaN. */
typedef struct wadi_statistics {
    int64_t count;
    double sum, mean, stdev, min, max;
} wadi_statistics;
WADI_API wadi_statistics wadi_stats(wadi_rdd *rdd, const char *field);
/* How many values of a field lie in each bucket: bounds[i] <= value < bounds[i + 1], the last bucket
 * with its upper end. bounds has bucket_count + 1 ascending numbers, counts room for bucket_count. */
WADI_API void wadi_histogram(wadi_rdd *rdd, const char *field, const double *bounds,
                             size_t bucket_count, int64_t *counts);
/* The same with bucket_count buckets of equal width from the least to the largest value, written to
 * bounds. */
WADI_API void wadi_histogram_even(wadi_rdd *rdd, const char *field, size_t bucket_count,
                                  double *bounds, int64_t *counts);

WADI_API void wadi_save_as_text_file(wadi_rdd *rdd, const char *path);
WADI_API void wadi_save_as_object_file(wadi_rdd *rdd, const char *path);
WADI_API void wadi_unpersist(wadi_rdd *rdd);
WADI_API void wadi_rdd_checkpoint(wadi_rdd *rdd);

/* To keep an RDD that was made in a batch for later batches. */
WADI_API wadi_rdd *wadi_rdd_ref(wadi_rdd *rdd);
WADI_API void wadi_rdd_unref(wadi_rdd **p_rdd);

WADI_API wadi_context *wadi_rdd_context(const wadi_rdd *rdd);
WADI_API uint32_t wadi_rdd_partition_count(const wadi_rdd *rdd);
WADI_API bool wadi_rdd_failed(const wadi_rdd *rdd, wadi_error *err);
/* Fails the batch (outside a batch, the context) with the caller's own reason. */
WADI_API void wadi_rdd_fail(wadi_rdd *rdd, const char *fmt, ...) WADI_PRINTF(2, 3);
#endif
