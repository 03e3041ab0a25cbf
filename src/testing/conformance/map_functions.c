/* SPDX-License-Identifier: Apache-2.0 */
/* map_functions.c: one value for one. */
#include "testing/conformance/function.h"

#include <inttypes.h>

/* ---- Numbers and strings ---- */

static case_value identity(const wadi__case_call *call, case_value in) {
    (void)call;
    return in;
}
static case_value to_string(const wadi__case_call *call, case_value in) {
    if (in.kind == WADI__CASE_STRING) return in;
    int64_t number = wadi__case_need_int(call, &in);
    return wadi__case_string(wadi_str_printf(call->task, "%" PRId64, number));
}
static case_value to_int(const wadi__case_call *call, case_value in) {
    int64_t number = 0;
    if (in.kind == WADI__CASE_INT) return in;
    wadi_str text = wadi__case_need_string(call, &in);
    if (!wadi_str_to_int64(text, &number))
        wadi_fail(call->task, "to_int: \"%.*s\" is not a number", WADI_STR_ARG(text));
    return wadi__case_int(number);
}
static case_value len(const wadi__case_call *call, case_value in) {
    return wadi__case_int((int64_t)wadi__case_character_count(wadi__case_need_string(call, &in)));
}
static case_value to_upper(const wadi__case_call *call, case_value in) {
    return wadi__case_string(wadi_str_upper(call->task, wadi__case_need_string(call, &in)));
}
static case_value negate(const wadi__case_call *call, case_value in) {
    return wadi__case_int(wadi__case_multiply(wadi__case_need_int(call, &in), -1));
}
static case_value add_const(const wadi__case_call *call, case_value in) {
    int64_t n = call->named->argument.number;
    return wadi__case_int(wadi__case_add(wadi__case_need_int(call, &in), n));
}
static case_value mul_const(const wadi__case_call *call, case_value in) {
    int64_t n = call->named->argument.number;
    return wadi__case_int(wadi__case_multiply(wadi__case_need_int(call, &in), n));
}

/* ---- Making pairs ---- */

static case_value pair(const wadi__case_call *call, case_value key, case_value value) {
    return wadi__case_of_pair(wadi__case_call_memory(call), &key, &value);
}
static case_value pair_one(const wadi__case_call *call, case_value in) {
    return pair(call, in, wadi__case_int(1));
}
static case_value pair_const(const wadi__case_call *call, case_value in) {
    return pair(call, in, call->named->argument);
}
static case_value pair_len(const wadi__case_call *call, case_value in) {
    return pair(call, in, len(call, in));
}
static case_value pair_mod_one(const wadi__case_call *call, case_value in) {
    int64_t m = call->named->argument.number, x = wadi__case_need_int(call, &in);
    if (m == 0) wadi_fail(call->task, "pair_mod_one: division by 0");
    return pair(call, wadi__case_int(m == 0 || m == -1 ? 0 : x % m), wadi__case_int(1));
}
static case_value pair_self(const wadi__case_call *call, case_value in) {
    return pair(call, in, in);
}

/* ---- Of pairs ---- */

static case_value swap(const wadi__case_call *call, case_value in) {
    case_pair p = wadi__case_call_need_pair(call, &in);
    return pair(call, p.value, p.key);
}
static case_value key(const wadi__case_call *call, case_value in) {
    return wadi__case_call_need_pair(call, &in).key;
}
static case_value value(const wadi__case_call *call, case_value in) {
    return wadi__case_call_need_pair(call, &in).value;
}

const wadi__case_function wadi__case_map_functions[] = {
    {"identity", WADI__CASE_MAP, .result = WADI__CASE_AS_GIVEN, .map = identity},
    {"to_string", WADI__CASE_MAP, .map = to_string},
    {"to_int", WADI__CASE_MAP, .map = to_int},
    {"len", WADI__CASE_MAP, .map = len},
    {"to_upper", WADI__CASE_MAP, .map = to_upper},
    {"negate", WADI__CASE_MAP, .map = negate},
    {"add_const", WADI__CASE_MAP, WADI__CASE_INT_ARGUMENT, .map = add_const},
    {"mul_const", WADI__CASE_MAP, WADI__CASE_INT_ARGUMENT, .map = mul_const},
    {"pair_one", WADI__CASE_MAP, .result = WADI__CASE_PAIRS, .map = pair_one},
    {"pair_const", WADI__CASE_MAP, WADI__CASE_ANY_ARGUMENT, WADI__CASE_PAIRS, .map = pair_const},
    {"pair_len", WADI__CASE_MAP, .result = WADI__CASE_PAIRS, .map = pair_len},
    {"pair_mod_one", WADI__CASE_MAP, WADI__CASE_INT_ARGUMENT, WADI__CASE_PAIRS,
     .map = pair_mod_one},
    {"pair_self", WADI__CASE_MAP, .result = WADI__CASE_PAIRS, .map = pair_self},
    {"swap", WADI__CASE_MAP, .result = WADI__CASE_PAIRS, .map = swap},
    {"key", WADI__CASE_MAP, .map = key},
    {"value", WADI__CASE_MAP, .map = value},
    /* The counter inside the state (counter, idle) of expire_after_two_idle. */
    {"counter_of_state", WADI__CASE_MAP_VALUES, .map = key},
    /* Its argument is the batch time, which the transform that names it binds. */
    {"add_batch_time_ms", WADI__CASE_RDD_MAP, .map = add_const},
    {.name = NULL},
};
