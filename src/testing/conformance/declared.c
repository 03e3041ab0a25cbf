/* SPDX-License-Identifier: Apache-2.0 */
/* declared.c: each body turns what it sees into values, calls the function of the case, and turns
 * the result into what the stream carries. */
#include "testing/conformance/declared.h"

WADI_RECORD(case_count, (case_value, value), (int64_t, count));

static case_value value_of(wadi_task *task, const case_pair *pair) {
    return wadi__case_of_record((wadi__case_memory){.task = task}, pair);
}
static case_pair pair_of(wadi_task *task, const case_named *named, case_value value) {
    case_pair pair = {0};
    if (!task->failed && !wadi__case_to_pair(&value, &pair))
        wadi_fail(task, "%.*s gave no pair", WADI_STR_ARG(named->name));
    return pair;
}
/* ---- map ---- */

WADI_MAP(case_map_value_to_value, case_value, case_value, case_named) {
    *out = wadi__case_map(task, env, in);
}
WADI_MAP(case_map_value_to_pair, case_value, case_pair, case_named) {
    *out = pair_of(task, env, wadi__case_map(task, env, in));
}
WADI_MAP(case_map_pair_to_value, case_pair, case_value, case_named) {
    case_value value = value_of(task, in);
    *out = wadi__case_map(task, env, &value);
}
WADI_MAP(case_map_pair_to_pair, case_pair, case_pair, case_named) {
    case_value value = value_of(task, in);
    *out = pair_of(task, env, wadi__case_map(task, env, &value));
}
wadi_map_fn wadi__case_map_fn(bool from_pairs, bool to_pairs, const case_named *named) {
    const wadi_fn *fns[] = {case_map_value_to_value.fn, case_map_value_to_pair.fn,
                            case_map_pair_to_value.fn, case_map_pair_to_pair.fn};
    return (wadi_map_fn){fns[2 * from_pairs + to_pairs], named};
}

WADI_MAP(case_map_values, case_pair, case_pair, case_named) {
    *out = (case_pair){in->key, wadi__case_map(task, env, &in->value)};
}
wadi_map_fn wadi__case_map_values_fn(const case_named *named) {
    return (wadi_map_fn){case_map_values.fn, named};
}

/* ---- flatMap ---- */

WADI_FLAT_MAP(case_flat_map_value_to_value, case_value, case_value, case_named) {
    wadi__case_values values = wadi__case_flat_map(task, env, in);
    for (size_t i = 0; i < values.count; i++) wadi_emit(out, values.items[i]);
}
WADI_FLAT_MAP(case_flat_map_value_to_pair, case_value, case_pair, case_named) {
    wadi__case_values values = wadi__case_flat_map(task, env, in);
    for (size_t i = 0; i < values.count; i++) wadi_emit(out, pair_of(task, env, values.items[i]));
}
WADI_FLAT_MAP(case_flat_map_pair_to_value, case_pair, case_value, case_named) {
    case_value value = value_of(task, in);
    wadi__case_values values = wadi__case_flat_map(task, env, &value);
    for (size_t i = 0; i < values.count; i++) wadi_emit(out, values.items[i]);
}
WADI_FLAT_MAP(case_flat_map_pair_to_pair, case_pair, case_pair, case_named) {
    case_value value = value_of(task, in);
    wadi__case_values values = wadi__case_flat_map(task, env, &value);
    for (size_t i = 0; i < values.count; i++) wadi_emit(out, pair_of(task, env, values.items[i]));
}
wadi_flat_map_fn wadi__case_flat_map_fn(bool from_pairs, bool to_pairs, const case_named *named) {
    const wadi_fn *fns[] = {case_flat_map_value_to_value.fn, case_flat_map_value_to_pair.fn,
                            case_flat_map_pair_to_value.fn, case_flat_map_pair_to_pair.fn};
    return (wadi_flat_map_fn){fns[2 * from_pairs + to_pairs], named};
}

WADI_FLAT_MAP(case_flat_map_values, case_pair, case_pair, case_named) {
    wadi__case_values values = wadi__case_flat_map(task, env, &in->value);
    for (size_t i = 0; i < values.count; i++) wadi_emit(out, (case_pair){in->key, values.items[i]});
}
wadi_flat_map_fn wadi__case_flat_map_values_fn(const case_named *named) {
    return (wadi_flat_map_fn){case_flat_map_values.fn, named};
}

/* ---- filter ---- */

WADI_FILTER(case_filter_values, case_value, case_named) { return wadi__case_filter(task, env, in); }
WADI_FILTER(case_filter_pairs, case_pair, case_named) {
    case_value value = value_of(task, in);
    return wadi__case_filter(task, env, &value);
}
wadi_filter_fn wadi__case_filter_fn(bool of_pairs, const case_named *named) {
    return (wadi_filter_fn){of_pairs ? case_filter_pairs.fn : case_filter_values.fn, named};
}

/* ---- mapPartitions: a function of each record, or all of them into one ---- */

#define CASE_MAP_PARTITION(f, In, Out, IN_AS_VALUE, VALUE_AS_OUT)                     \
    WADI_MAP_PARTITION(f, In, Out, case_named) {                                      \
        const wadi__case_function *function =                                         \
            wadi__case_function_named(task, env, WADI__CASE_MAP_PARTITIONS);          \
        if (function == NULL) return;                                                 \
        wadi__case_call call = {task, env};                                           \
        case_value folded = function->start;                                          \
        while ((in = wadi_next(it)) != NULL) {                                        \
            case_value value = IN_AS_VALUE(task, in);                                 \
            if (function->map == NULL) {                                              \
                folded = function->reduce(&call, folded, value);                      \
            } else {                                                                  \
                wadi_emit(out, VALUE_AS_OUT(task, env, function->map(&call, value))); \
            }                                                                         \
        }                                                                             \
        if (function->map == NULL) wadi_emit(out, VALUE_AS_OUT(task, env, folded));   \
    }
#define CASE_SAME(task, in) (*(in))
#define CASE_GIVEN(task, named, value) (value)

CASE_MAP_PARTITION(case_map_partition_value_to_value, case_value, case_value, CASE_SAME, CASE_GIVEN)
CASE_MAP_PARTITION(case_map_partition_value_to_pair, case_value, case_pair, CASE_SAME, pair_of)
CASE_MAP_PARTITION(case_map_partition_pair_to_value, case_pair, case_value, value_of, CASE_GIVEN)
CASE_MAP_PARTITION(case_map_partition_pair_to_pair, case_pair, case_pair, value_of, pair_of)

wadi_map_partition_fn wadi__case_map_partition_fn(bool from_pairs, bool to_pairs,
                                                  const case_named *named) {
    const wadi_fn *fns[] = {
        case_map_partition_value_to_value.fn, case_map_partition_value_to_pair.fn,
        case_map_partition_pair_to_value.fn, case_map_partition_pair_to_pair.fn};
    return (wadi_map_partition_fn){fns[2 * from_pairs + to_pairs], named};
}

/* ---- Reducing ---- */

WADI_REDUCE(case_reduce_values, case_value, case_named) {
    *acc = wadi__case_reduce(task, env, acc, in);
}
WADI_REDUCE(case_reduce_pairs, case_pair, case_named) {
    acc->value = wadi__case_reduce(task, env, &acc->value, &in->value);
}
wadi_reduce_fn wadi__case_reduce_fn(bool of_pairs, const case_named *named) {
    return (wadi_reduce_fn){of_pairs ? case_reduce_pairs.fn : case_reduce_values.fn, named};
}

WADI_COMBINE(case_combine, case_pair, case_pair, case_combining) {
    acc->value = is_new ? wadi__case_map(task, &env->create, &in->value)
                        : wadi__case_reduce(task, &env->merge_value, &acc->value, &in->value);
}
wadi_combine_fn wadi__case_combine_fn(const case_combining *combining) {
    return (wadi_combine_fn){case_combine.fn, combining};
}

/* ---- State ---- */

WADI_UPDATE_STATE(case_update_state, case_pair, case_pair, case_named) {
    const wadi__case_function *f = wadi__case_function_named(task, env, WADI__CASE_UPDATE_STATE);
    if (f == NULL) return false;
    return f->update_state(&(wadi__case_call){task, env}, in, n, &state->value, is_new);
}
wadi_update_state_fn wadi__case_update_state_fn(const case_named *named) {
    return (wadi_update_state_fn){case_update_state.fn, named};
}
#define CASE_MAP_WITH_STATE(f, Out, VALUE_AS_OUT)                                         \
    WADI_MAP_WITH_STATE(f, case_pair, case_pair, Out, case_named) {                       \
        const wadi__case_function *function =                                             \
            wadi__case_function_named(task, env, WADI__CASE_MAP_WITH_STATE);              \
        if (function == NULL) return;                                                     \
        wadi__case_state seen = {.key = *key,                                             \
                                 .in = in,                                                \
                                 .exists = wadi_state_exists(state),                      \
                                 .is_timing_out = wadi_state_is_timing_out(state)};       \
        if (seen.exists) seen.value = wadi_state_get(state)->value;                       \
        wadi__case_state_result wanted =                                                  \
            function->map_with_state(&(wadi__case_call){task, env}, &seen);               \
        if (wanted.updates) wadi_state_update(state, (case_pair){*key, wanted.state});    \
        if (wanted.removes) wadi_state_remove(state);                                     \
        if (wanted.emits) wadi_emit(out, VALUE_AS_OUT(task, env, wanted.emitted));        \
    }
CASE_MAP_WITH_STATE(case_map_with_state_to_value, case_value, CASE_GIVEN)
CASE_MAP_WITH_STATE(case_map_with_state_to_pair, case_pair, pair_of)
wadi_map_with_state_fn wadi__case_map_with_state_fn(bool to_pairs, const case_named *named) {
    return (wadi_map_with_state_fn){
        to_pairs ? case_map_with_state_to_pair.fn : case_map_with_state_to_value.fn, named};
}

/* ---- Groups and joins: functions of the library's own, which leave keys where they are, as
 * Spark's do, and a mapValues that makes pairs of their records ---- */

WADI_RECORD(case_grouped, (case_value, key), (case_value_list, values));
WADI_RECORD(case_cogrouped, (case_value, key), (case_value_list, left), (case_value_list, right));
WADI_OPTION(case_value_option, case_value);
WADI_RECORD(case_joined, (case_value, key), (case_value, left), (case_value, right));
WADI_RECORD(case_left_joined, (case_value, key), (case_value, left), (case_value_option, right));
WADI_RECORD(case_right_joined, (case_value, key), (case_value_option, left), (case_value, right));
WADI_RECORD(case_full_joined, (case_value, key), (case_value_option, left),
            (case_value_option, right));

static case_value list_of(wadi_task *task, case_value_list list) {
    return wadi__case_list((wadi__case_memory){.task = task}, list.items, list.count);
}
static case_value option_of(wadi_task *task, const case_value_option *option) {
    if (!option->is_set) return wadi__case_none();
    return wadi__case_some((wadi__case_memory){.task = task}, &option->value);
}
static case_pair pair_of_two(wadi_task *task, case_value key, case_value left, case_value right) {
    return (case_pair){key, wadi__case_of_pair((wadi__case_memory){.task = task}, &left, &right)};
}
WADI_MAP(case_of_grouped, case_grouped, case_pair) {
    *out = (case_pair){in->key, list_of(task, in->values)};
}
WADI_MAP(case_of_cogrouped, case_cogrouped, case_pair) {
    *out = pair_of_two(task, in->key, list_of(task, in->left), list_of(task, in->right));
}
WADI_MAP(case_of_joined, case_joined, case_pair) {
    *out = pair_of_two(task, in->key, in->left, in->right);
}
WADI_MAP(case_of_left_joined, case_left_joined, case_pair) {
    *out = pair_of_two(task, in->key, in->left, option_of(task, &in->right));
}
WADI_MAP(case_of_right_joined, case_right_joined, case_pair) {
    *out = pair_of_two(task, in->key, option_of(task, &in->left), in->right);
}
WADI_MAP(case_of_full_joined, case_full_joined, case_pair) {
    *out = pair_of_two(task, in->key, option_of(task, &in->left), option_of(task, &in->right));
}

wadi_group_fn wadi__case_group_fn(void) { return wadi_list_into(case_grouped); }
wadi_map_fn wadi__case_of_group_fn(void) { return case_of_grouped; }
wadi_cogroup_fn wadi__case_cogroup_fn(void) { return wadi_lists_into(case_cogrouped); }
wadi_map_fn wadi__case_of_cogroup_fn(void) { return case_of_cogrouped; }
wadi_join_fn wadi__case_join_fn(wadi__case_join join) {
    switch (join) {
    case WADI__CASE_JOIN: break;
    case WADI__CASE_LEFT_JOIN: return wadi_fields_into(case_left_joined);
    case WADI__CASE_RIGHT_JOIN: return wadi_fields_into(case_right_joined);
    case WADI__CASE_FULL_JOIN: return wadi_fields_into(case_full_joined);
    }
    return wadi_fields_into(case_joined);
}
wadi_map_fn wadi__case_of_join_fn(wadi__case_join join) {
    const wadi_map_fn fns[] = {case_of_joined, case_of_left_joined, case_of_right_joined,
                               case_of_full_joined};
    return fns[join];
}

WADI_JOIN(case_cartesian_values, case_value, case_value, case_pair) {
    *out = (case_pair){*left, *right};
}
WADI_JOIN(case_cartesian_pairs, case_pair, case_pair, case_pair) {
    *out = (case_pair){value_of(task, left), value_of(task, right)};
}
wadi_join_fn wadi__case_cartesian_fn(bool of_pairs) {
    return of_pairs ? case_cartesian_pairs : case_cartesian_values;
}

/* ---- From one form to the other ---- */

WADI_MAP(case_as_pair, case_value, case_pair) {
    *out = wadi__case_need_pair(task, "an operator by key", in);
}
wadi_map_fn wadi__case_as_pair_fn(void) { return case_as_pair; }
WADI_MAP(case_as_value, case_pair, case_value) { *out = value_of(task, in); }
wadi_map_fn wadi__case_as_value_fn(void) { return case_as_value; }
WADI_MAP(case_of_count, int64_t, case_value) { *out = wadi__case_int(*in); }
wadi_map_fn wadi__case_of_count_fn(void) { return case_of_count; }
WADI_MAP(case_of_count_pair, case_count, case_pair) {
    *out = (case_pair){in->value, wadi__case_int(in->count)};
}
wadi_map_fn wadi__case_of_count_pair_fn(void) { return case_of_count_pair; }

WADI_MAP(case_of_glom_values, case_value_list, case_value) {
    *out = wadi__case_list((wadi__case_memory){.task = task}, in->items, in->count);
}
WADI_MAP(case_of_glom_pairs, case_pair_list, case_value) {
    case_value *values = wadi_alloc(task, (in->count != 0 ? in->count : 1) * sizeof *values);
    for (size_t i = 0; i < in->count; i++) values[i] = value_of(task, &in->items[i]);
    *out = wadi__case_list((wadi__case_memory){.task = task}, values, in->count);
}
wadi_map_fn wadi__case_of_glom_fn(bool of_pairs) {
    return of_pairs ? case_of_glom_pairs : case_of_glom_values;
}
