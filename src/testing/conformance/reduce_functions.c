/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_functions.c: two values into one, and a partition into one or as many. */
#include "testing/conformance/function.h"

#include <inttypes.h>
#include <string.h>

static case_value sum(const wadi__case_call *call, case_value left, case_value right) {
    int64_t a = wadi__case_need_int(call, &left), b = wadi__case_need_int(call, &right);
    return wadi__case_int(wadi__case_add(a, b));
}
static case_value sub(const wadi__case_call *call, case_value left, case_value right) {
    int64_t a = wadi__case_need_int(call, &left), b = wadi__case_need_int(call, &right);
    return wadi__case_int(wadi__case_add(a, wadi__case_multiply(b, -1)));
}
static case_value max(const wadi__case_call *call, case_value left, case_value right) {
    if (left.kind == WADI__CASE_STRING && right.kind == WADI__CASE_STRING)
        return wadi_str_compare(left.bytes, right.bytes) >= 0 ? left : right;
    int64_t a = wadi__case_need_int(call, &left), b = wadi__case_need_int(call, &right);
    return wadi__case_int(a >= b ? a : b);
}
static case_value join(const wadi__case_call *call, wadi_str left, wadi_str right) {
    size_t size = (size_t)left.len + right.len;
    char *bytes = wadi_alloc(call->task, size != 0 ? size : 1);
    memcpy(bytes, wadi_str_data(&left), left.len);
    memcpy(bytes + left.len, wadi_str_data(&right), right.len);
    return wadi__case_string(wadi_str_view(bytes, size));
}
static case_value concat(const wadi__case_call *call, case_value left, case_value right) {
    wadi_str a = wadi__case_need_string(call, &left), b = wadi__case_need_string(call, &right);
    return join(call, a, b);
}
/* Left + text of right. */
static case_value append_str(const wadi__case_call *call, case_value left, case_value right) {
    wadi_str a = wadi__case_need_string(call, &left);
    if (right.kind == WADI__CASE_STRING) return join(call, a, right.bytes);
    int64_t number = wadi__case_need_int(call, &right);
    return join(call, a, wadi_str_printf(call->task, "%" PRId64, number));
}

const wadi__case_function wadi__case_reduce_functions[] = {
    {"sum", WADI__CASE_REDUCE, .reduce = sum},
    {"sub", WADI__CASE_REDUCE, .reduce = sub},
    {"max", WADI__CASE_REDUCE, .reduce = max},
    {"concat", WADI__CASE_REDUCE, .reduce = concat},
    {"append_str", WADI__CASE_REDUCE, .reduce = append_str},
    {.name = NULL},
};

/* ---- Partitions, and what other files run ---- */

static case_value concat_upper(const wadi__case_call *call, case_value left, case_value right) {
    wadi_str a = wadi__case_need_string(call, &left), b = wadi__case_need_string(call, &right);
    return join(call, a, wadi_str_upper(call->task, b));
}
static case_value swap_all(const wadi__case_call *call, case_value in) {
    case_pair pair = wadi__case_call_need_pair(call, &in);
    return wadi__case_of_pair(wadi__case_call_memory(call), &pair.value, &pair.key);
}

const wadi__case_function wadi__case_other_functions[] = {
    {"sum_partition", WADI__CASE_MAP_PARTITIONS, .reduce = sum, .start = {.kind = WADI__CASE_INT}},
    {"concat_upper", WADI__CASE_MAP_PARTITIONS, .reduce = concat_upper,
     .start = {.kind = WADI__CASE_STRING}},
    {"swap_all", WADI__CASE_MAP_PARTITIONS, .result = WADI__CASE_PAIRS, .map = swap_all},

    {"union_all", WADI__CASE_RDDS, .result = WADI__CASE_AS_GIVEN},
    {"union_2_3_1", WADI__CASE_RDDS, .result = WADI__CASE_AS_GIVEN, .rdd_count = 3},
    {"join", WADI__CASE_RDDS, .result = WADI__CASE_PAIRS, .rdd_count = 2},
    {"leftOuterJoin", WADI__CASE_RDDS, .result = WADI__CASE_PAIRS, .rdd_count = 2},
    {"rightOuterJoin", WADI__CASE_RDDS, .result = WADI__CASE_PAIRS, .rdd_count = 2},
    {"fullOuterJoin", WADI__CASE_RDDS, .result = WADI__CASE_PAIRS, .rdd_count = 2},
    {"cogroup", WADI__CASE_RDDS, .result = WADI__CASE_PAIRS, .rdd_count = 2},
    {"union_first_two_pair_self_join_third", WADI__CASE_RDDS, .result = WADI__CASE_PAIRS,
     .rdd_count = 3},

    {"running_sum", .places = WADI__CASE_UPDATE_STATE},
    {"append_list", .places = WADI__CASE_UPDATE_STATE},
    {"time_sum_if_values", .places = WADI__CASE_UPDATE_STATE},
    {"drop_when_idle", .places = WADI__CASE_UPDATE_STATE},
    {"expire_after_two_idle", .places = WADI__CASE_UPDATE_STATE},

    {"emit_sum", .places = WADI__CASE_MAP_WITH_STATE},
    {"emit_key_twice", .places = WADI__CASE_MAP_WITH_STATE},
    {"emit_pair", .places = WADI__CASE_MAP_WITH_STATE},
    {"emit_nothing", .places = WADI__CASE_MAP_WITH_STATE},
    {"toggle_emit_removed", .places = WADI__CASE_MAP_WITH_STATE},
    {"emit_key_on_timeout", .places = WADI__CASE_MAP_WITH_STATE},
    {"set_once_emit_key_on_timeout", .places = WADI__CASE_MAP_WITH_STATE},
    {.name = NULL},
};
