/* SPDX-License-Identifier: Apache-2.0 */
/* function.c: finding functions by name, and what they share. */
#include "testing/conformance/function.h"

#include <inttypes.h>
#include <string.h>

static const wadi__case_function *const tables[] = {
    wadi__case_map_functions,    wadi__case_flat_map_functions, wadi__case_filter_functions,
    wadi__case_reduce_functions, wadi__case_state_functions,    wadi__case_other_functions,
};

static const wadi__case_function *find(const char *name, size_t size, unsigned places) {
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const wadi__case_function *f = tables[i]; f->name != NULL; f++)
            if ((f->places & places) != 0 && strlen(f->name) == size &&
                memcmp(f->name, name, size) == 0)
                return f;
    return NULL;
}
const wadi__case_function *wadi__case_function_find(const char *name, unsigned places) {
    return find(name, strlen(name), places);
}
const wadi__case_function *wadi__case_function_named(wadi_task *task, const case_named *named,
                                                     unsigned places) {
    const wadi__case_function *f = find(wadi_str_data(&named->name), named->name.len, places);
    if (f == NULL) wadi_fail(task, "no function '%.*s'", WADI_STR_ARG(named->name));
    return f;
}

/* ---- Calls ---- */

case_value wadi__case_map(wadi_task *task, const case_named *named, const case_value *in) {
    const wadi__case_function *f = wadi__case_function_named(
        task, named, WADI__CASE_MAP | WADI__CASE_MAP_VALUES | WADI__CASE_RDD_MAP);
    return f != NULL ? f->map(&(wadi__case_call){task, named}, *in) : *in;
}
wadi__case_values wadi__case_flat_map(wadi_task *task, const case_named *named,
                                      const case_value *in) {
    const wadi__case_function *f = wadi__case_function_named(task, named, WADI__CASE_FLAT_MAP);
    if (f == NULL) return (wadi__case_values){NULL, 0};
    return f->flat_map(&(wadi__case_call){task, named}, *in);
}
bool wadi__case_filter(wadi_task *task, const case_named *named, const case_value *in) {
    const wadi__case_function *f = wadi__case_function_named(task, named, WADI__CASE_FILTER);
    return f != NULL && f->filter(&(wadi__case_call){task, named}, *in);
}
case_value wadi__case_reduce(wadi_task *task, const case_named *named, const case_value *left,
                             const case_value *right) {
    const wadi__case_function *f = wadi__case_function_named(task, named, WADI__CASE_REDUCE);
    return f != NULL ? f->reduce(&(wadi__case_call){task, named}, *left, *right) : *left;
}

/* ---- What functions need ---- */

static wadi_str describe(wadi_task *task, const case_value *value) {
    static const char *const kinds[] = {"an integer", "a string", "a pair",
                                        "a list",     "some",     "none"};
    if (value->kind == WADI__CASE_INT) return wadi_str_printf(task, "%" PRId64, value->number);
    if (value->kind == WADI__CASE_STRING)
        return wadi_str_printf(task, "\"%.*s\"", WADI_STR_ARG(value->bytes));
    return wadi_str_of(kinds[value->kind]);
}
static void refuse(wadi_task *task, wadi_str name, const char *wanted, const case_value *value) {
    wadi_str text = describe(task, value);
    wadi_fail(task, "%.*s: %.*s is not %s", WADI_STR_ARG(name), WADI_STR_ARG(text), wanted);
}
int64_t wadi__case_need_int(const wadi__case_call *call, const case_value *in) {
    if (in->kind == WADI__CASE_INT) return in->number;
    refuse(call->task, call->named->name, "an integer", in);
    return 0;
}
wadi_str wadi__case_need_string(const wadi__case_call *call, const case_value *in) {
    if (in->kind == WADI__CASE_STRING) return in->bytes;
    refuse(call->task, call->named->name, "a string", in);
    return wadi_str_of("");
}
case_pair wadi__case_need_pair(wadi_task *task, const char *what, const case_value *in) {
    case_pair pair = {0};
    if (!wadi__case_to_pair(in, &pair)) refuse(task, wadi_str_of(what), "a pair", in);
    return pair;
}
case_pair wadi__case_call_need_pair(const wadi__case_call *call, const case_value *in) {
    case_pair pair = {0};
    if (!wadi__case_to_pair(in, &pair)) refuse(call->task, call->named->name, "a pair", in);
    return pair;
}

size_t wadi__case_character_size(const char *at, const char *end) {
    size_t size = 1;
    while (at + size < end && ((unsigned char)at[size] & 0xC0) == 0x80) size++;
    return size;
}
size_t wadi__case_character_count(wadi_str s) {
    const char *at = wadi_str_data(&s), *end = at + s.len;
    size_t count = 0;
    for (size_t size; at < end; at += size) { /* Spark counts in UTF-16 */
        size = wadi__case_character_size(at, end);
        count += size > 3 ? 2 : 1;
    }
    return count;
}
