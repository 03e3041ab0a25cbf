/* SPDX-License-Identifier: Apache-2.0 */
/* unused.c: bodies that use nothing of what they see, which is no reason for a warning. */
#include <wadi/wadi.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));
WADI_RECORD(limit, (int64_t, min));

WADI_MAP(f_map, pair, pair) {}
WADI_MAP(f_map_env, pair, pair, limit) {}
WADI_FLAT_MAP(f_flat_map, pair, pair) {}
WADI_FLAT_MAP(f_flat_map_env, pair, pair, limit) {}
WADI_FILTER(f_filter, pair) { return true; }
WADI_FILTER(f_filter_env, pair, limit) { return true; }
WADI_MAP_PARTITION(f_map_partition, pair, pair) {}
WADI_MAP_PARTITION(f_map_partition_env, pair, pair, limit) {}
WADI_REDUCE(f_reduce, pair) {}
WADI_REDUCE(f_reduce_env, pair, limit) {}
WADI_COMBINE(f_combine, pair, pair) {}
WADI_COMBINE(f_combine_env, pair, pair, limit) {}
WADI_GROUP(f_group, pair, pair) {}
WADI_GROUP(f_group_env, pair, pair, limit) {}
WADI_JOIN(f_join, pair, pair, pair) {}
WADI_JOIN(f_join_env, pair, pair, pair, limit) {}
WADI_COGROUP(f_cogroup, pair, pair, pair) {}
WADI_COGROUP(f_cogroup_env, pair, pair, pair, limit) {}
WADI_UPDATE_STATE(f_update, pair, pair) { return true; }
WADI_UPDATE_STATE(f_update_env, pair, pair, limit) { return true; }
WADI_MAP_WITH_STATE(f_with_state, pair, pair, pair) {}
WADI_MAP_WITH_STATE(f_with_state_env, pair, pair, pair, limit) {}
WADI_FOREACH(f_foreach, pair) {}
WADI_FOREACH(f_foreach_env, pair, limit) {}
WADI_FOREACH_PARTITION(f_foreach_partition, pair) {}
WADI_FOREACH_PARTITION(f_foreach_partition_env, pair, limit) {}
WADI_PARTITIONER(f_partitioner, pair) { return 0; }
WADI_PARTITIONER(f_partitioner_env, pair, limit) { return 0; }
WADI_TRANSFORM(f_transform, pair, pair) { return NULL; }
WADI_TRANSFORM(f_transform_env, pair, pair, limit) { return NULL; }
WADI_TRANSFORM_WITH(f_with, pair, pair, pair) { return NULL; }
WADI_TRANSFORM_WITH(f_with_env, pair, pair, pair, limit) { return NULL; }
WADI_TRANSFORM_ALL(f_all, pair) { return NULL; }
WADI_TRANSFORM_ALL(f_all_env, pair, limit) { return NULL; }
WADI_FOREACH_RDD(f_foreach_rdd, pair) {}
WADI_FOREACH_RDD(f_foreach_rdd_env, pair, limit) {}
WADI_RECEIVER(f_receiver, pair) {}
WADI_RECEIVER(f_receiver_env, pair, limit) {}
WADI_INPUT(f_input, pair, limit) { return NULL; }
WADI_INPUT(f_input_env, pair, limit, limit) { return NULL; }
WADI_RATE_ESTIMATOR(f_rate, limit) { return 0; }
