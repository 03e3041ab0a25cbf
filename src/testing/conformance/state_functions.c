/* SPDX-License-Identifier: Apache-2.0 */
/* state_functions.c: what updateStateByKey and mapWithState do with the state of a key. */
#include "testing/conformance/function.h"

/* ---- updateStateByKey ---- */

static int64_t sum_of(const wadi__case_call *call, const case_pair *in, size_t n) {
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = wadi__case_add(sum, wadi__case_need_int(call, &in[i].value));
    return sum;
}
static int64_t old_int(const wadi__case_call *call, const case_value *state, bool is_new) {
    return is_new ? 0 : wadi__case_need_int(call, state);
}
static bool running_sum(const wadi__case_call *call, const case_pair *in, size_t n,
                        case_value *state, bool is_new) {
    *state = wadi__case_int(wadi__case_add(old_int(call, state, is_new), sum_of(call, in, n)));
    return true;
}
static bool append_list(const wadi__case_call *call, const case_pair *in, size_t n,
                        case_value *state, bool is_new) {
    size_t count = is_new ? 0 : (size_t)state->number, room = count + n;
    case_value *items = wadi_alloc(call->task, (room != 0 ? room : 1) * sizeof *items), part;
    wadi__case_parts parts = wadi__case_parts_of(state);
    for (size_t i = 0; i < count && wadi__case_next(&parts, &part); i++) items[i] = part;
    for (size_t i = 0; i < n; i++) items[count + i] = in[i].value;
    *state = wadi__case_list(wadi__case_call_memory(call), items, room);
    return true;
}
static bool time_sum_if_values(const wadi__case_call *call, const case_pair *in, size_t n,
                               case_value *state, bool is_new) {
    (void)in;
    int64_t added = n > 0 ? wadi_task_batch_ms(call->task) : 0;
    *state = wadi__case_int(wadi__case_add(old_int(call, state, is_new), added));
    return true;
}
static bool drop_when_idle(const wadi__case_call *call, const case_pair *in, size_t n,
                           case_value *state, bool is_new) {
    return n > 0 && running_sum(call, in, n, state, is_new);
}
/* (counter, idle) */
static bool expire_after_two_idle(const wadi__case_call *call, const case_pair *in, size_t n,
                                  case_value *state, bool is_new) {
    case_pair old = {wadi__case_int(0), wadi__case_int(0)};
    if (!is_new) old = wadi__case_call_need_pair(call, state);
    int64_t sum = sum_of(call, in, n);
    case_value counter = wadi__case_int(wadi__case_add(old.key.number, sum));
    case_value idle = wadi__case_int(sum == 0 ? old.value.number + 1 : 0);
    *state = wadi__case_of_pair(wadi__case_call_memory(call), &counter, &idle);
    return idle.number != 2;
}

/* ---- mapWithState ---- */

static wadi__case_state_result updated(case_value state) {
    return (wadi__case_state_result){.updates = true, .state = state};
}
static wadi__case_state_result emitting(wadi__case_state_result result, case_value emitted) {
    result.emits = true;
    result.emitted = emitted;
    return result;
}
static wadi__case_state_result emit_nothing(const wadi__case_call *call,
                                            const wadi__case_state *state) {
    int64_t value = state->in != NULL ? wadi__case_need_int(call, &state->in->value) : 0;
    int64_t old = state->exists ? wadi__case_need_int(call, &state->value) : 0;
    return updated(wadi__case_int(wadi__case_add(value, old)));
}
static wadi__case_state_result emit_sum(const wadi__case_call *call,
                                        const wadi__case_state *state) {
    wadi__case_state_result result = emit_nothing(call, state);
    return emitting(result, result.state);
}
static wadi__case_state_result emit_key_twice(const wadi__case_call *call,
                                              const wadi__case_state *state) {
    wadi_str key = wadi__case_need_string(call, &state->key);
    wadi_str twice = wadi_str_printf(call->task, "%.*s%.*s", WADI_STR_ARG(key), WADI_STR_ARG(key));
    return emitting(emit_nothing(call, state), wadi__case_string(twice));
}
static wadi__case_state_result emit_pair(const wadi__case_call *call,
                                         const wadi__case_state *state) {
    wadi__case_state_result result = emit_nothing(call, state);
    return emitting(result,
                    wadi__case_of_pair(wadi__case_call_memory(call), &state->key, &result.state));
}
static wadi__case_state_result toggle_emit_removed(const wadi__case_call *call,
                                                   const wadi__case_state *state) {
    (void)call;
    if (state->exists) return emitting((wadi__case_state_result){.removes = true}, state->key);
    return updated(state->in->value);
}
static wadi__case_state_result emit_key_on_timeout(const wadi__case_call *call,
                                                   const wadi__case_state *state) {
    (void)call;
    if (state->is_timing_out) return emitting((wadi__case_state_result){0}, state->key);
    return updated(wadi__case_int(1));
}
static wadi__case_state_result set_once_emit_key_on_timeout(const wadi__case_call *call,
                                                            const wadi__case_state *state) {
    (void)call;
    if (state->is_timing_out) return emitting((wadi__case_state_result){0}, state->key);
    return state->exists ? (wadi__case_state_result){0} : updated(state->in->value);
}

#define UPDATE(name) \
    { #name, WADI__CASE_UPDATE_STATE, .update_state = name }
#define MAP(name, makes) \
    { #name, WADI__CASE_MAP_WITH_STATE, .result = makes, .map_with_state = name }
const wadi__case_function wadi__case_state_functions[] = {
    UPDATE(running_sum),
    UPDATE(append_list),
    UPDATE(time_sum_if_values),
    UPDATE(drop_when_idle),
    UPDATE(expire_after_two_idle),
    MAP(emit_sum, WADI__CASE_VALUES),
    MAP(emit_key_twice, WADI__CASE_VALUES),
    MAP(emit_pair, WADI__CASE_PAIRS),
    MAP(emit_nothing, WADI__CASE_VALUES),
    MAP(toggle_emit_removed, WADI__CASE_VALUES),
    MAP(emit_key_on_timeout, WADI__CASE_VALUES),
    MAP(set_once_emit_key_on_timeout, WADI__CASE_VALUES),
    {.name = NULL},
};
