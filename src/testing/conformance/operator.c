/* SPDX-License-Identifier: Apache-2.0 */
/* operator.c: the table of operators. */
#include "testing/conformance/operator.h"

#include <string.h>

/* clang-format off */
#define FN(places) {"fn", WADI__CASE_PARAM_FUNCTION, places, false}
#define ANOTHER_FN(name, places) {name, WADI__CASE_PARAM_FUNCTION, places, false}
#define OPTIONAL_FN(name, places) {name, WADI__CASE_PARAM_FUNCTION, places, true}
#define NEEDS_PARTITIONS {"numPartitions", WADI__CASE_PARAM_COUNT, 0, false}
#define PARTITIONS {"numPartitions", WADI__CASE_PARAM_COUNT, 0, true}
#define WINDOW {"window_ms", WADI__CASE_PARAM_MS, 0, false}
#define SLIDE {"slide_ms", WADI__CASE_PARAM_MS, 0, false}
#define OPTIONAL_SLIDE {"slide_ms", WADI__CASE_PARAM_MS, 0, true}
#define INITIAL {"initial", WADI__CASE_PARAM_PAIRS, 0, true}
#define OTHER {"other", WADI__CASE_PARAM_CHAIN, 0, false}
#define OTHERS {"others", WADI__CASE_PARAM_CHAINS, 0, false}
#define RDD_FN ANOTHER_FN("rdd_fn", WADI__CASE_RDDS)
#define MAP_VALUES (WADI__CASE_MAP | WADI__CASE_MAP_VALUES)
/* clang-format on */

static const wadi__case_operator operators[] = {
    {"map", wadi__case_build_map, {FN(WADI__CASE_MAP)}},
    {"flatMap", wadi__case_build_flat_map, {FN(WADI__CASE_FLAT_MAP)}},
    {"filter", wadi__case_build_filter, {FN(WADI__CASE_FILTER)}},
    {"mapPartitions", wadi__case_build_map_partitions, {FN(WADI__CASE_MAP_PARTITIONS)}},
    {"mapValues", wadi__case_build_map_values, {FN(MAP_VALUES)}},
    {"flatMapValues", wadi__case_build_flat_map_values, {FN(WADI__CASE_FLAT_MAP)}},
    {"glom", wadi__case_build_glom, {{.name = NULL}}},
    {"repartition", wadi__case_build_repartition, {NEEDS_PARTITIONS}},
    {"persist", wadi__case_build_persist, {{.name = NULL}}},
    {"window", wadi__case_build_window, {WINDOW, OPTIONAL_SLIDE}},

    {"reduce", wadi__case_build_reduce, {FN(WADI__CASE_REDUCE)}},
    {"count", wadi__case_build_count, {{.name = NULL}}},
    {"countByValue", wadi__case_build_count_by_value, {PARTITIONS}},
    {"groupByKey", wadi__case_build_group_by_key, {PARTITIONS}},
    {"reduceByKey", wadi__case_build_reduce_by_key, {FN(WADI__CASE_REDUCE), PARTITIONS}},
    {"combineByKey",
     wadi__case_build_combine_by_key,
     {ANOTHER_FN("create", WADI__CASE_MAP), ANOTHER_FN("merge_value", WADI__CASE_REDUCE),
      ANOTHER_FN("merge_combiners", WADI__CASE_REDUCE), PARTITIONS}},

    {"union", wadi__case_build_union, {OTHERS}},
    {"contextUnion", wadi__case_build_context_union, {OTHERS}},
    {"cogroup", wadi__case_build_cogroup, {OTHER, PARTITIONS}},
    {"join", wadi__case_build_join, {OTHER, PARTITIONS}},
    {"leftOuterJoin", wadi__case_build_left_outer_join, {OTHER, PARTITIONS}},
    {"rightOuterJoin", wadi__case_build_right_outer_join, {OTHER, PARTITIONS}},
    {"fullOuterJoin", wadi__case_build_full_outer_join, {OTHER, PARTITIONS}},
    {"transform", wadi__case_build_transform, {{"rdd_op", WADI__CASE_PARAM_RDD_CHAIN, 0, false}}},
    {"transformWith", wadi__case_build_transform_with, {OTHER, RDD_FN}},
    {"contextTransform", wadi__case_build_context_transform, {OTHERS, RDD_FN}},

    {"updateStateByKey",
     wadi__case_build_update_state,
     {FN(WADI__CASE_UPDATE_STATE),
      PARTITIONS,
      INITIAL,
      {"iterator_form", WADI__CASE_PARAM_BOOL, 0, true},
      {"remember_partitioner", WADI__CASE_PARAM_BOOL, 0, true}}},
    {"mapWithState",
     wadi__case_build_map_with_state,
     {FN(WADI__CASE_MAP_WITH_STATE),
      PARTITIONS,
      INITIAL,
      {"timeout_ms", WADI__CASE_PARAM_MS, 0, true},
      {"checkpoint_ms", WADI__CASE_PARAM_MS, 0, true}}},
    {"stateSnapshots", wadi__case_build_state_snapshots, {{.name = NULL}}},
    {"reduceByWindow",
     wadi__case_build_reduce_by_window,
     {FN(WADI__CASE_REDUCE), OPTIONAL_FN("inv_fn", WADI__CASE_REDUCE), WINDOW, SLIDE}},
    {"countByWindow", wadi__case_build_count_by_window, {WINDOW, SLIDE}},
    {"reduceByKeyAndWindow",
     wadi__case_build_reduce_by_key_and_window,
     {FN(WADI__CASE_REDUCE), OPTIONAL_FN("inv_fn", WADI__CASE_REDUCE),
      OPTIONAL_FN("filter", WADI__CASE_FILTER), WINDOW, OPTIONAL_SLIDE, PARTITIONS}},
    {"groupByKeyAndWindow",
     wadi__case_build_group_by_key_and_window,
     {WINDOW, OPTIONAL_SLIDE, PARTITIONS}},
    {"countByValueAndWindow",
     wadi__case_build_count_by_value_and_window,
     {WINDOW, SLIDE, PARTITIONS}},
    {"checkpoint", wadi__case_build_checkpoint, {{"interval_ms", WADI__CASE_PARAM_MS, 0, false}}},
};

static const wadi__case_operator rdd_steps[] = {
    {"map", NULL, {FN(WADI__CASE_MAP | WADI__CASE_RDD_MAP)}},
    {"filter", NULL, {FN(WADI__CASE_FILTER)}},
    {"sortByKey", NULL, {{.name = NULL}}},
    {"cartesian_self", NULL, {{.name = NULL}}},
    {"return_null", NULL, {{.name = NULL}}},
};

static const wadi__case_operator *find(const wadi__case_operator *table, size_t count,
                                       const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}
const wadi__case_operator *wadi__case_operator_find(const char *name) {
    return find(operators, sizeof operators / sizeof operators[0], name);
}
const wadi__case_operator *wadi__case_rdd_step_find(const char *name) {
    return find(rdd_steps, sizeof rdd_steps / sizeof rdd_steps[0], name);
}
