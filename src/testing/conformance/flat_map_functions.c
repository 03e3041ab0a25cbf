/* SPDX-License-Identifier: Apache-2.0 */
/* flat_map_functions.c: any number of values for one. */
#include "testing/conformance/function.h"

#include <string.h>

static wadi__case_values room_for(const wadi__case_call *call, size_t count) {
    case_value *items = wadi_alloc(call->task, (count != 0 ? count : 1) * sizeof *items);
    return (wadi__case_values){items, 0};
}
static void add(wadi__case_values *values, case_value value) {
    values->items[values->count++] = value;
}

static wadi__case_values split_space(const wadi__case_call *call, case_value in) {
    wadi_str line = wadi__case_need_string(call, &in);
    wadi__case_values words = room_for(call, line.len + 1);
    wadi_split split = wadi_split_on(&line, ' ');
    while (wadi_split_next(&split)) add(&words, wadi__case_string(split.piece));
    return words;
}
static wadi__case_values two(const wadi__case_call *call, case_value first, case_value second) {
    wadi__case_values values = room_for(call, 2);
    add(&values, first);
    add(&values, second);
    return values;
}
static wadi__case_values x_and_double(const wadi__case_call *call, case_value in) {
    int64_t x = wadi__case_need_int(call, &in);
    return two(call, in, wadi__case_int(wadi__case_multiply(x, 2)));
}
static wadi__case_values v_and_plus(const wadi__case_call *call, case_value in) {
    int64_t v = wadi__case_need_int(call, &in);
    return two(call, in, wadi__case_int(wadi__case_add(v, call->named->argument.number)));
}
static case_value with_suffix(const wadi__case_call *call, wadi_str s, char suffix) {
    return wadi__case_string(wadi_str_printf(call->task, "%.*s%c", WADI_STR_ARG(s), suffix));
}
static wadi__case_values suffix_1_2(const wadi__case_call *call, case_value in) {
    wadi_str s = wadi__case_need_string(call, &in);
    return two(call, with_suffix(call, s, '1'), with_suffix(call, s, '2'));
}

static wadi__case_values characters(const wadi__case_call *call, const wadi_str *s) {
    wadi__case_values values = room_for(call, s->len);
    const char *at = wadi_str_data(s), *end = at + s->len;
    while (at < end) {
        size_t size = wadi__case_character_size(at, end);
        add(&values, wadi__case_string(wadi_str_copy(call->task, at, size)));
        at += size;
    }
    return values;
}
/* (key, c) for each of the characters. */
static wadi__case_values with_key(const wadi__case_call *call, wadi__case_values values,
                                  case_value key) {
    for (size_t i = 0; i < values.count; i++)
        values.items[i] = wadi__case_of_pair(wadi__case_call_memory(call), &key, &values.items[i]);
    return values;
}
static wadi__case_values chars(const wadi__case_call *call, case_value in) {
    wadi_str s = wadi__case_need_string(call, &in);
    return characters(call, &s);
}
static wadi__case_values len_chars(const wadi__case_call *call, case_value in) {
    wadi_str s = wadi__case_need_string(call, &in);
    case_value len = wadi__case_int((int64_t)wadi__case_character_count(s));
    return with_key(call, characters(call, &s), len);
}
static wadi__case_values value_chars(const wadi__case_call *call, case_value in) {
    case_pair pair = wadi__case_call_need_pair(call, &in);
    wadi_str s = wadi__case_need_string(call, &pair.key);
    return with_key(call, characters(call, &s), pair.value);
}

const wadi__case_function wadi__case_flat_map_functions[] = {
    {"split_space", WADI__CASE_FLAT_MAP, .flat_map = split_space},
    {"x_and_double", WADI__CASE_FLAT_MAP, .flat_map = x_and_double},
    {"chars", WADI__CASE_FLAT_MAP, .flat_map = chars},
    {"len_chars", WADI__CASE_FLAT_MAP, .result = WADI__CASE_PAIRS, .flat_map = len_chars},
    {"value_chars", WADI__CASE_FLAT_MAP, .result = WADI__CASE_PAIRS, .flat_map = value_chars},
    {"v_and_plus", WADI__CASE_FLAT_MAP, WADI__CASE_INT_ARGUMENT, .flat_map = v_and_plus},
    {"suffix_1_2", WADI__CASE_FLAT_MAP, .flat_map = suffix_1_2},
    {.name = NULL},
};
