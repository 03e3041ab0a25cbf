/* SPDX-License-Identifier: Apache-2.0 */
/* operators.h: what RDDs and streams have in common. wadi_map(x, f) is wadi_rdd_map or
 * wadi_dstream_map by the type of x; x is an expression without side effects other than building the
 * graph. All are lazy, return a new node, never NULL, and belong to their context; an RDD made while a
 * batch is generated or run belongs to that batch. Optional arguments come last, by name. */
#ifndef WADI_OPERATORS_H
#define WADI_OPERATORS_H
#pragma GCC system_header
#include <wadi/context.h>

typedef struct wadi_op_options {
    size_t size;
    wadi_where where;
    uint32_t partitions;           /* of the result; 0: the default parallelism */
    const char *name;              /* in the UI and in checkpoints */
    wadi_partitioner_fn partitioner;
    const void *zero;              /* aggregate_by_key: the first accumulator */
    bool ascending, descending;    /* sort */
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

#define wadi_map(...) WADI__OP2(map, wadi_op_options, __VA_ARGS__)
WADI__BOTH(map, wadi_map_fn f);
#define wadi_flat_map(...) WADI__OP2(flat_map, wadi_op_options, __VA_ARGS__)
WADI__BOTH(flat_map, wadi_flat_map_fn f);
#define wadi_filter(...) WADI__OP2(filter, wadi_op_options, __VA_ARGS__)
WADI__BOTH(filter, wadi_filter_fn f);
#define wadi_map_partitions(...) WADI__OP2(map_partitions, wadi_op_options, __VA_ARGS__)
WADI__BOTH(map_partitions, wadi_map_partition_fn f);
/* One WADI_SEQ of records per partition. */
#define wadi_glom(...) WADI__OP1(glom, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PLAIN(glom);
#define wadi_repartition(...) WADI__OP2(repartition, wadi_op_options, __VA_ARGS__)
WADI__BOTH(repartition, uint32_t partitions);
/* wadi_union(a, b, c, ..), in this order. */
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

/* wadi_union_all(streams, n): an array of them. */
#define wadi_union_all(x, n)                                                                       \
    WADI__GENERIC(union, (x)[0])                                                                   \
    ((x)[0], (x) + 1, (size_t)(n) - 1, WADI__ARGS(wadi_op_options, ))

/* ---- Reducing and counting ---- */

/* One record, or none of nothing. */
#define wadi_reduce(...) WADI__OP2(reduce, wadi_op_options, __VA_ARGS__)
WADI__BOTH(reduce, wadi_reduce_fn f);
/* A stream of int64_t; of an RDD the number itself, at once. */
#define wadi_count(...) WADI__OP1(count, wadi_op_options, __VA_ARGS__)
WADI_API int64_t wadi_rdd_count(wadi_rdd *in, const wadi_op_options *options);
WADI_API wadi_dstream *wadi_dstream_count(wadi_dstream *in, const wadi_op_options *options);
/* Pairs (value, int64_t), for functions of any such record. */
#define wadi_count_by_value(...) WADI__OP1(count_by_value, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PLAIN(count_by_value);

/* ---- By key: the first field of the record ---- */

#define wadi_reduce_by_key(...) WADI__OP2(reduce_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(reduce_by_key, wadi_reduce_fn f);
#define wadi_group_by_key(...) WADI__OP2(group_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(group_by_key, wadi_group_fn f);
#define wadi_combine_by_key(...) WADI__OP3(combine_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(combine_by_key, wadi_combine_fn f, wadi_reduce_fn merge);
#define wadi_aggregate_by_key(...) WADI__OP3(aggregate_by_key, wadi_op_options, __VA_ARGS__)
WADI__BOTH(aggregate_by_key, wadi_combine_fn f, wadi_reduce_fn merge);
/* Map and flatMap that leave the key as it is, and so the partitions. The key is set for them. */
#define wadi_map_values(...) WADI__OP2(map_values, wadi_op_options, __VA_ARGS__)
WADI__BOTH(map_values, wadi_map_fn f);
#define wadi_flat_map_values(...) WADI__OP2(flat_map_values, wadi_op_options, __VA_ARGS__)
WADI__BOTH(flat_map_values, wadi_flat_map_fn f);
#define wadi_partition_by(...) WADI__OP2(partition_by, wadi_op_options, __VA_ARGS__)
WADI__BOTH(partition_by, wadi_partitioner_fn f);

/* ---- Two sides. Where a side's keys lie in the partitions that are asked for it is not moved. So it is
 * known of a result whose key a ready-made function kept (wadi_fields_into, wadi_lists_into,
 * wadi_list_into, wadi_cogroup_all); a function of one's own may put anything first. ---- */

#define wadi_join(...) WADI__OP3(join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(join, wadi_join_fn);
#define wadi_left_outer_join(...) WADI__OP3(left_outer_join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(left_outer_join, wadi_join_fn);
#define wadi_right_outer_join(...) WADI__OP3(right_outer_join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(right_outer_join, wadi_join_fn);
#define wadi_full_outer_join(...) WADI__OP3(full_outer_join, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(full_outer_join, wadi_join_fn);
#define wadi_cogroup(...) WADI__OP3(cogroup, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PAIRED(cogroup, wadi_cogroup_fn);
/* Any number of sides: records of Out, whose fields are the key and a WADI_SEQ of each side. */
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
/* Return their argument. */
#define wadi_persist(...) WADI__OP2(persist, wadi_op_options, __VA_ARGS__)
WADI__BOTH(persist, wadi_storage_level level);
#define wadi_cache(...) WADI__OP1(cache, wadi_op_options, __VA_ARGS__)
WADI__BOTH_PLAIN(cache);

/* ---- Effects: on an RDD at once, on a stream in every batch ---- */

#define WADI__BOTH_ACTION(op, ...)                                                                 \
    WADI_API void wadi_rdd_##op(wadi_rdd *in, __VA_ARGS__, const wadi_op_options *options);        \
    WADI_API void wadi_dstream_##op(wadi_dstream *in, __VA_ARGS__, const wadi_op_options *options)
#define wadi_foreach(...) WADI__OP2(foreach, wadi_op_options, __VA_ARGS__)
WADI__BOTH_ACTION(foreach, wadi_foreach_fn f);
#define wadi_foreach_partition(...) WADI__OP2(foreach_partition, wadi_op_options, __VA_ARGS__)
WADI__BOTH_ACTION(foreach_partition, wadi_foreach_partition_fn f);

/* Prints the first records. wadi_print(x, 20): 20 instead of 10. */
typedef struct wadi_print_options {
    size_t size;
    wadi_where where;
    uint32_t records_max;
} wadi_print_options;
#define wadi_print(...) WADI__OP1(print, wadi_print_options, __VA_ARGS__)
WADI_API void wadi_rdd_print(wadi_rdd *in, const wadi_print_options *options);
WADI_API void wadi_dstream_print(wadi_dstream *in, const wadi_print_options *options);
#endif
