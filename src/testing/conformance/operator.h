/* SPDX-License-Identifier: Apache-2.0 */
/* operator.h: the operators that cases name: their parameters, and how each is built. */
#ifndef WADI_TESTING_CONFORMANCE_OPERATOR_H
#define WADI_TESTING_CONFORMANCE_OPERATOR_H
#include "testing/conformance/function.h"

#include <wadi/dstream.h>

/* A stream, and whether it carries case_pair or case_value: known when the case is read. */
typedef struct wadi__case_stream {
    wadi_dstream *stream;
    bool is_pairs;
} wadi__case_stream;
typedef struct wadi__case_rdd {
    wadi_rdd *rdd; /* NULL: there is none */
    bool is_pairs;
} wadi__case_rdd;

enum { WADI__CASE_INPUTS_MAX = 3 };
typedef struct wadi__case_builder {
    wadi_stream_context *ssc;
    wadi__case_stream inputs[WADI__CASE_INPUTS_MAX]; /* input, input2, input3 */
    wadi__arena *arena;                              /* as long as the context */
    unsigned state_count;                            /* operators that keep one so far */
} wadi__case_builder;

typedef enum wadi__case_param_kind {
    WADI__CASE_PARAM_FUNCTION, /* of one of `places` */
    WADI__CASE_PARAM_COUNT,
    WADI__CASE_PARAM_MS,
    WADI__CASE_PARAM_BOOL,
    WADI__CASE_PARAM_PAIRS,
    WADI__CASE_PARAM_CHAIN,  /* {"from": .., "op": ..} */
    WADI__CASE_PARAM_CHAINS, /* an array of such */
    WADI__CASE_PARAM_RDD_CHAIN,
} wadi__case_param_kind;
typedef struct wadi__case_param {
    const char *name; /* NULL: there are no more */
    wadi__case_param_kind kind;
    unsigned places;
    bool is_optional;
} wadi__case_param;

typedef wadi__case_stream wadi__case_build_fn(wadi__case_builder *builder, wadi__case_stream in,
                                              const json_t *op);
typedef struct wadi__case_operator {
    const char *name;
    wadi__case_build_fn *build; /* NULL: pending.h names it */
    wadi__case_param params[8];
} wadi__case_operator;

/* NULL: there is none of this name. */
const wadi__case_operator *wadi__case_operator_find(const char *name);
/* Steps of rdd_op: their parameters alone; transform.c makes them. */
const wadi__case_operator *wadi__case_rdd_step_find(const char *name);

wadi__case_stream wadi__case_build_chain(wadi__case_builder *builder, wadi__case_stream in,
                                         const json_t *ops);
/* {"from": .., "op": ..} */
wadi__case_stream wadi__case_build_sub_chain(wadi__case_builder *builder, const json_t *chain);

/* ---- For the files of the operators ---- */

wadi__case_stream wadi__case_as_pairs(wadi__case_stream in);
wadi__case_stream wadi__case_as_values(wadi__case_stream in);
/* Makes all of them what all can be. */
void wadi__case_as_alike(wadi__case_stream *streams, size_t count);
/* "in" itself, then the streams of op.others or op.other; *count of them, in the builder's arena.
 */
wadi__case_stream *wadi__case_sides(wadi__case_builder *builder, wadi__case_stream in,
                                    const json_t *op, size_t *count);
/* A name, or [name, argument]. */
case_named wadi__case_named_of(wadi__case_builder *builder, const json_t *fn);
const wadi__case_function *wadi__case_function_of(const json_t *fn, unsigned places);
bool wadi__case_makes_pairs(const wadi__case_function *f, bool of_pairs);
/* A name for a stream that keeps a state, windows among them, so that a checkpoint can tell several
 * of a case apart. */
typedef struct wadi__case_state_name {
    char text[24];
} wadi__case_state_name;
wadi__case_state_name wadi__case_state_name_of(wadi__case_builder *builder);
uint32_t wadi__case_partitions_of(const json_t *op); /* 0: not given */
static inline int64_t wadi__case_ms_of(const json_t *op, const char *name) {
    return json_integer_value(json_object_get(op, name)); /* 0: not given */
}

/* One file each for those of a kind. */
wadi__case_build_fn wadi__case_build_map, wadi__case_build_flat_map, wadi__case_build_filter,
    wadi__case_build_map_partitions, wadi__case_build_map_values, wadi__case_build_flat_map_values,
    wadi__case_build_glom, wadi__case_build_repartition, wadi__case_build_persist,
    wadi__case_build_window, wadi__case_build_reduce, wadi__case_build_count,
    wadi__case_build_count_by_value, wadi__case_build_group_by_key, wadi__case_build_reduce_by_key,
    wadi__case_build_combine_by_key, wadi__case_build_union, wadi__case_build_context_union,
    wadi__case_build_cogroup, wadi__case_build_join, wadi__case_build_left_outer_join,
    wadi__case_build_right_outer_join, wadi__case_build_full_outer_join, wadi__case_build_transform,
    wadi__case_build_transform_with, wadi__case_build_context_transform,
    wadi__case_build_update_state, wadi__case_build_map_with_state,
    wadi__case_build_state_snapshots, wadi__case_build_checkpoint,
    wadi__case_build_reduce_by_window, wadi__case_build_count_by_window,
    wadi__case_build_reduce_by_key_and_window, wadi__case_build_group_by_key_and_window,
    wadi__case_build_count_by_value_and_window;
#endif
