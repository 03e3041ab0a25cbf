/* SPDX-License-Identifier: Apache-2.0 */
/* table_state_object.c: the handle that a function of mapWithState gets. */
#include "rdd/pipeline.h"
#include "testing/conformance/table.h"

#include <wadi/function.h>

#include <string.h>

static bool check_number(wadi__case_form *form, const json_t *json) {
    return json_is_integer(json) || json_is_null(json) ||
           wadi__case_form_fail(form, "neither a whole number nor null");
}
static bool is_call(const json_t *json, const char *name, size_t args) {
    const char *own =
        json_is_string(json) ? json_string_value(json) : json_string_value(json_array_get(json, 0));
    size_t count = json_is_string(json) ? 1 : json_array_size(json);
    return own != NULL && strcmp(own, name) == 0 && count == args + 1 &&
           (args == 0 || json_is_integer(json_array_get(json, 1)));
}
static bool check_call(wadi__case_form *form, const json_t *json) {
    return is_call(json, "update", 1) || is_call(json, "remove", 0) || is_call(json, "get", 0) ||
           wadi__case_form_fail(form, "no call of a state");
}
static bool check_error(wadi__case_form *form, const json_t *json) {
    return is_call(json, "update", 0) || check_call(form, json);
}
static bool check_calls(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_call);
}
static bool check_errors(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_error);
}
static bool check_expected(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"exists", wadi__case_form_bool, true},     {"value", check_number, true},
        {"updated", wadi__case_form_bool, true},    {"removed", wadi__case_form_bool, true},
        {"timing_out", wadi__case_form_bool, true}, {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"wrap", check_number, true},         {"timing_out", wadi__case_form_bool, false},
        {"calls", check_calls, true},         {"expect", check_expected, true},
        {"then_errors", check_errors, false}, {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}

/* ---- Running ---- */

typedef struct object {
    wadi_state handle;
    int64_t value;
    wadi__task task;
} object;

/* Whether the call is allowed. */
static bool do_call(object *self, const json_t *call) {
    struct {
        wadi_state *handle;
        int64_t *value;
    } named = {&self->handle, &self->value}, *state = &named;
    self->task.user.failed = false;
    self->handle.task = &self->task.user;
    if (is_call(call, "remove", 0)) {
        wadi_state_remove(state);
    } else if (is_call(call, "get", 0)) {
        (void)wadi_state_get(state);
    } else {
        int64_t before = self->value;
        wadi_state_update(state, json_integer_value(json_array_get(call, 1)));
        if (self->task.user.failed) self->value = before;
    }
    return !self->task.user.failed;
}
static void run_row(const json_t *row, wadi__case_results *results) {
    const json_t *wrap = json_object_get(row, "wrap"), *calls = json_object_get(row, "calls"),
                 *errors = json_object_get(row, "then_errors"),
                 *expected = json_object_get(row, "expect");
    object self = {.value = json_integer_value(wrap)};
    self.handle.exists = !json_is_null(wrap);
    self.handle.timing_out = json_is_true(json_object_get(row, "timing_out"));
    for (size_t i = 0; i < json_array_size(calls); i++)
        if (!do_call(&self, json_array_get(calls, i)))
            wadi__case_fail(results, "call %zu: %s", i + 1, self.task.err.message);
    json_t *value = self.handle.exists ? json_integer((json_int_t)self.value) : json_null();
    json_t *actual = json_pack("{s:b,s:o,s:b,s:b,s:b}", "exists", self.handle.exists, "value",
                               value, "updated", self.handle.updated, "removed",
                               self.handle.removed, "timing_out", self.handle.timing_out);
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, "state", expected, actual);
    json_decref(actual);
    for (size_t i = 0; i < json_array_size(errors); i++)
        if (do_call(&self, json_array_get(errors, i)))
            wadi__case_fail(results, "call %zu of then_errors is no error", i + 1);
}
static void run_state_object(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) run_row(json_array_get(rows, i), results);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"rows", check_rows, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_state_object = {"state_object", fields, run_state_object};
