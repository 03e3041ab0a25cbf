/* SPDX-License-Identifier: Apache-2.0 */
/* table_time.c: arithmetic of times, which in Wadi are whole milliseconds in an int64_t: what C
 * itself does not have for them is in stream/interval.h. */
#include "stream/interval.h"
#include "testing/conformance/table.h"
#include "testing/must.h"

#include <stdio.h>
#include <string.h>

typedef enum time_fn {
    LT,
    LE,
    GT,
    GE,
    PLUS,
    MINUS,
    TIMES,
    DIV,
    FLOOR,
    IS_MULTIPLE_OF,
    MIN,
    MAX,
    IS_ZERO,
    UNTIL,
    TO,
} time_fn;
static const struct time_fn_name {
    const char *name;
    time_fn fn;
    size_t arg_count;
    bool divides; /* by its last argument */
} time_fns[] = {
    {"lt", LT, 2, false},
    {"le", LE, 2, false},
    {"gt", GT, 2, false},
    {"ge", GE, 2, false},
    {"plus", PLUS, 2, false},
    {"minus", MINUS, 2, false},
    {"times", TIMES, 2, false},
    {"div", DIV, 2, true},
    {"floor", FLOOR, 2, true},
    {"is_multiple_of", IS_MULTIPLE_OF, 2, true},
    {"min", MIN, 2, false},
    {"max", MAX, 2, false},
    {"is_zero", IS_ZERO, 1, false},
    {"until", UNTIL, 3, true},
    {"to", TO, 3, true},
};
static const struct time_fn_name *find(const char *name) {
    for (size_t i = 0; i < sizeof time_fns / sizeof time_fns[0]; i++)
        if (strcmp(time_fns[i].name, name) == 0) return &time_fns[i];
    return NULL;
}

static int64_t ms(const json_t *row, const char *name) {
    return json_integer_value(json_object_get(row, name));
}
static int64_t arg(const json_t *row, size_t i) {
    return json_integer_value(json_array_get(json_object_get(row, "args_ms"), i));
}

static bool check_fn(wadi__case_form *form, const json_t *json) {
    return (json_is_string(json) && find(json_string_value(json)) != NULL) ||
           wadi__case_form_fail(form, "unknown function of times");
}
static bool check_args(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_ms);
}
static bool check_anything(wadi__case_form *form, const json_t *json) {
    (void)form, (void)json;
    return true;
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"fn", check_fn, true},
        {"args_ms", check_args, true},
        {"expect", check_anything, true},
        {NULL, NULL, false},
    };
    if (!wadi__case_form_fields(form, json, fields)) return false;
    const struct time_fn_name *fn = find(json_string_value(json_object_get(json, "fn")));
    if (json_array_size(json_object_get(json, "args_ms")) != fn->arg_count)
        return wadi__case_form_fail(form, "'%s' takes %zu times", fn->name, fn->arg_count);
    return !fn->divides || arg(json, fn->arg_count - 1) > 0 ||
           wadi__case_form_fail(form, "'%s' with a duration that is not positive", fn->name);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}

static json_t *range(int64_t from, int64_t end, int64_t step) {
    json_t *times = wadi__must(json_array());
    for (; from < end; from += step) json_array_append_new(times, json_integer(from));
    return times;
}
/* A new reference. */
static json_t *apply(time_fn fn, const json_t *row) {
    int64_t a = arg(row, 0), b = arg(row, 1);
    switch (fn) {
    case LT: return json_boolean(a < b);
    case LE: return json_boolean(a <= b);
    case GT: return json_boolean(a > b);
    case GE: return json_boolean(a >= b);
    case PLUS: return json_integer(a + b);
    case MINUS: return json_integer(a - b);
    case TIMES: return json_integer(a * b);
    case DIV: return json_real((double)a / (double)b);
    case FLOOR: return json_integer(wadi__interval_floor(a, b, 0));
    case IS_MULTIPLE_OF: return json_boolean(wadi__interval_floor(a, b, 0) == a);
    case MIN: return json_integer(a < b ? a : b);
    case MAX: return json_integer(a > b ? a : b);
    case IS_ZERO: return json_boolean(a == 0);
    case UNTIL: return range(a, b, arg(row, 2));
    case TO: return range(a, b + 1, arg(row, 2));
    }
    return NULL;
}
static void compare(wadi__case_results *results, size_t i, const char *what, const json_t *row,
                    json_t *actual) {
    char text[80];
    const json_t *expected = json_object_get(row, "expect");
    snprintf(text, sizeof text, "row %zu (%s)", i + 1, what);
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, text, expected, actual);
    json_decref(actual);
}
static void run_time_arith(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const struct time_fn_name *fn = find(json_string_value(json_object_get(row, "fn")));
        compare(results, i, fn->name, row, apply(fn->fn, row));
    }
}
static const wadi__case_field arith_fields[] = {
    WADI__CASE_TABLE_FIELDS, {"rows", check_rows, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_time_arith = {"time_arith", arith_fields, run_time_arith};

/* ---- Ticks: the first one, and the first one after a restart on the grid of before ---- */

static bool check_tick(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"now_ms", wadi__case_form_ms, true},
        {"original_ms", wadi__case_form_ms, false},
        {"period_ms", wadi__case_form_ms, true},
        {"expect", wadi__case_form_ms, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields) &&
           (ms(json, "period_ms") > 0 ||
            wadi__case_form_fail(form, "a period that is not positive"));
}
static bool check_ticks(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_tick);
}
static void run_timer_start(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        int64_t first_ms = wadi__interval_first(ms(row, "now_ms"), ms(row, "period_ms"));
        compare(results, i, "first tick", row, json_integer(first_ms));
    }
}
static void run_timer_restart(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        int64_t period_ms = ms(row, "period_ms");
        int64_t last_ms =
            wadi__interval_floor(ms(row, "now_ms"), period_ms, ms(row, "original_ms"));
        compare(results, i, "next tick", row, json_integer(last_ms + period_ms));
    }
}
static const wadi__case_field tick_fields[] = {
    WADI__CASE_TABLE_FIELDS, {"rows", check_ticks, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_timer_start = {"timer_start", tick_fields, run_timer_start};
const wadi__case_table wadi__case_timer_restart = {"timer_restart", tick_fields, run_timer_restart};
