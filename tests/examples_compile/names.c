/* SPDX-License-Identifier: Apache-2.0 */
/* names.c: records named as a library might name its own variables, and variables of the user's of such
 * names: the loops around bodies must not mind. */
#include <wadi/wadi.h>

WADI_RECORD(count, (wadi_str, key), (int64_t, value));
WADI_RECORD(row, (wadi_str, key), (int64_t, value));
WADI_RECORD(call, (wadi_str, key), (int64_t, value));
WADI_RECORD(group, (wadi_str, key), (int64_t, value));
WADI_RECORD(slot, (wadi_str, key), (int64_t, value));
WADI_RECORD(counted, (wadi_str, key), (int64_t, value));
WADI_RECORD(rows, (wadi_str, key), (int64_t, value));
WADI_RECORD(sum, (wadi_str, key), (int64_t, value));

extern int i, kept, selected, emitted, entered, accs, stored;

WADI_MAP(map_calls, call, row) { *out = (row){in->key, in->value}; }
WADI_MAP(map_counts, count, rows, sum) { *out = (rows){in->key, in->value + env->value}; }
WADI_FLAT_MAP(flat_map_counts, count, row) { wadi_emit(out, (row){in->key, in->value}); }
WADI_FLAT_MAP(flat_map_rows, rows, call) { wadi_emit(out, (call){in->key, in->value}); }
WADI_FILTER(filter_rows, row) { return in->value > 0; }
WADI_FILTER(filter_counts, count, call) { return in->value > env->value; }
WADI_MAP_PARTITION(map_partition_counts, count, call) {
    while ((in = wadi_next(it)) != NULL) wadi_emit(out, (call){in->key, in->value});
}
WADI_REDUCE(reduce_counts, count) { acc->value += in->value; }
WADI_REDUCE(reduce_sums, sum, call) { acc->value += in->value + env->value; }
WADI_COMBINE(combine_counts, count, call) { acc->value += is_new ? 1 : in->value; }
WADI_COMBINE(combine_rows, rows, row) { acc->value += in->value; }
WADI_GROUP(group_groups, group, count) { wadi_emit(out, (count){*key, in[n - 1].value}); }
WADI_JOIN(join_counts, count, call, row) {
    *out = (row){left->key, left->value + (right != NULL ? right->value : 0)};
}
WADI_COGROUP(cogroup_groups, group, count, call) {
    wadi_emit(out, (call){*key, (int64_t)(left_n + right_n)});
    (void)left, (void)right;
}
WADI_UPDATE_STATE(update_slots, slot, counted) {
    state->value += is_new ? 0 : in[n - 1].value;
    return true;
}
WADI_UPDATE_STATE(update_groups, group, call) {
    state->value += (int64_t)n;
    return in != NULL;
}
WADI_MAP_WITH_STATE(with_slots, slot, counted, call) {
    wadi_emit(out, (call){*key, in != NULL && wadi_state_exists(state) ? in->value : 0});
}
WADI_FOREACH(foreach_counts, count) {
    if (in->value < 0) wadi_fail(task, "negative");
}
WADI_FOREACH(foreach_rows, rows, call) {
    if (in->value < env->value) wadi_fail(task, "too few");
}
WADI_FOREACH_PARTITION(foreach_partition_counts, count) {
    while ((in = wadi_next(it)) != NULL) continue;
}
WADI_PARTITIONER(by_value, count) { return (uint32_t)in->value % partition_count; }
WADI_TRANSFORM(transform_calls, call, row) { return wadi_map(rdd, map_calls); }
WADI_FOREACH_RDD(foreach_rdd_calls, call) { wadi_print(rdd); }
WADI_RECEIVER(receive_calls, call) { wadi_store(out, {wadi_str_of("a"), 1}); }
WADI_RATE_ESTIMATOR(rate_calls, counted) { return batch->record_count > 0 ? (double)state->value++ : 0; }
WADI_INPUT(input_calls, call, counted) { return state->value++ < 3 ? wadi_empty_rdd(sc, call) : NULL; }
