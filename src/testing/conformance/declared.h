/* SPDX-License-Identifier: Apache-2.0 */
/* declared.h: the functions of a case as functions of Wadi: one for each kind and each mixture of
 * values and pairs, which captures the name of what a case asks for. */
#ifndef WADI_TESTING_CONFORMANCE_DECLARED_H
#define WADI_TESTING_CONFORMANCE_DECLARED_H
#include "testing/conformance/function.h"

WADI_RECORD(case_combining, (case_named, create), (case_named, merge_value));

/* `named` must live until an operator has taken the function. */
wadi_map_fn wadi__case_map_fn(bool from_pairs, bool to_pairs, const case_named *named);
wadi_flat_map_fn wadi__case_flat_map_fn(bool from_pairs, bool to_pairs, const case_named *named);
wadi_filter_fn wadi__case_filter_fn(bool of_pairs, const case_named *named);
wadi_map_partition_fn wadi__case_map_partition_fn(bool from_pairs, bool to_pairs,
                                                  const case_named *named);
/* Of pairs: their values. */
wadi_reduce_fn wadi__case_reduce_fn(bool of_pairs, const case_named *named);
wadi_combine_fn wadi__case_combine_fn(const case_combining *combining);
/* Of pairs. */
wadi_update_state_fn wadi__case_update_state_fn(const case_named *named);
wadi_map_with_state_fn wadi__case_map_with_state_fn(bool to_pairs, const case_named *named);
/* Of the values of pairs. */
wadi_map_fn wadi__case_map_values_fn(const case_named *named);
wadi_flat_map_fn wadi__case_flat_map_values_fn(const case_named *named);

typedef enum wadi__case_join {
    WADI__CASE_JOIN,
    WADI__CASE_LEFT_JOIN,
    WADI__CASE_RIGHT_JOIN,
    WADI__CASE_FULL_JOIN
} wadi__case_join;
/* Each in two steps, the second a mapValues: (k, list), (k, (list, list)), (k, (v, w)) with some or
 * none of a side that may lack. */
wadi_group_fn wadi__case_group_fn(void);
wadi_map_fn wadi__case_of_group_fn(void);
wadi_cogroup_fn wadi__case_cogroup_fn(void);
wadi_map_fn wadi__case_of_cogroup_fn(void);
wadi_join_fn wadi__case_join_fn(wadi__case_join join);
wadi_map_fn wadi__case_of_join_fn(wadi__case_join join);
wadi_join_fn wadi__case_cartesian_fn(bool of_pairs); /* (x, y) */

/* From one form to the other. */
wadi_map_fn wadi__case_as_pair_fn(void); /* fails on what is no pair */
wadi_map_fn wadi__case_as_value_fn(void);
wadi_map_fn wadi__case_of_count_fn(void);         /* int64_t */
wadi_map_fn wadi__case_of_count_pair_fn(void);    /* (value, int64_t), for mapValues */
wadi_map_fn wadi__case_of_glom_fn(bool of_pairs); /* a partition's records */
#endif
