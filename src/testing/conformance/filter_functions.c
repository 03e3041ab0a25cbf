/* SPDX-License-Identifier: Apache-2.0 */
/* filter_functions.c: which values stay. */
#include "testing/conformance/function.h"

#include <string.h>

static bool even(const wadi__case_call *call, case_value in) {
    return wadi__case_need_int(call, &in) % 2 == 0;
}
static bool gt(const wadi__case_call *call, case_value in) {
    return wadi__case_need_int(call, &in) > call->named->argument.number;
}
static bool has_part(const wadi_str *s, const wadi_str *part) {
    return part->len == 0 ||
           memmem(wadi_str_data(s), s->len, wadi_str_data(part), part->len) != NULL;
}
static bool contains(const wadi__case_call *call, case_value in) {
    wadi_str s = wadi__case_need_string(call, &in);
    return has_part(&s, &call->named->argument.bytes);
}
static bool key_contains(const wadi__case_call *call, case_value in) {
    return contains(call, wadi__case_call_need_pair(call, &in).key);
}
static int64_t value_of(const wadi__case_call *call, const case_value *in) {
    case_pair pair = wadi__case_call_need_pair(call, in);
    return wadi__case_need_int(call, &pair.value);
}
static bool value_nonzero(const wadi__case_call *call, case_value in) {
    return value_of(call, &in) != 0;
}
static bool value_positive(const wadi__case_call *call, case_value in) {
    return value_of(call, &in) > 0;
}
static bool value_ge(const wadi__case_call *call, case_value in) {
    return value_of(call, &in) >= call->named->argument.number;
}
static bool none_pass(const wadi__case_call *call, case_value in) {
    (void)call, (void)in;
    return false;
}

const wadi__case_function wadi__case_filter_functions[] = {
    {"even", WADI__CASE_FILTER, .filter = even},
    {"gt", WADI__CASE_FILTER, WADI__CASE_INT_ARGUMENT, .filter = gt},
    {"contains", WADI__CASE_FILTER, WADI__CASE_STRING_ARGUMENT, .filter = contains},
    {"key_contains", WADI__CASE_FILTER, WADI__CASE_STRING_ARGUMENT, .filter = key_contains},
    {"value_nonzero", WADI__CASE_FILTER, .filter = value_nonzero},
    {"value_positive", WADI__CASE_FILTER, .filter = value_positive},
    {"value_ge", WADI__CASE_FILTER, WADI__CASE_INT_ARGUMENT, .filter = value_ge},
    {"none_pass", WADI__CASE_FILTER, .filter = none_pass},
    {.name = NULL},
};
