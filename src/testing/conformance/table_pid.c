/* SPDX-License-Identifier: Apache-2.0 */
/* table_pid.c: estimates of rates. */
#include "stream/rate_estimator.h"
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"

#include <string.h>

static bool check_params(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"batch_interval_ms", wadi__case_form_ms, true},
        {"proportional", wadi__case_form_number, true},
        {"integral", wadi__case_form_number, true},
        {"derivative", wadi__case_form_number, true},
        {"min_rate", wadi__case_form_number, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_call(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"time_ms", wadi__case_form_ms, true},
        {"elements", wadi__case_form_ms, true},
        {"processing_delay_ms", wadi__case_form_ms, true},
        {"scheduling_delay_ms", wadi__case_form_ms, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_calls(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_call);
}
static wadi_status init(wadi__pid_rate *rate, const json_t *json, wadi_error *err) {
    const json_t *params = json_object_get(json, "params");
    const wadi__pid_params taken = {
        .batch_ms = wadi__case_int(params, "batch_interval_ms"),
        .proportional = wadi__case_number(params, "proportional"),
        .integral = wadi__case_number(params, "integral"),
        .derivative = wadi__case_number(params, "derivative"),
        .min_rate = wadi__case_number(params, "min_rate"),
    };
    return wadi__pid_rate_init(rate, &taken, err);
}
static void run_sequence(const json_t *json, wadi__case_results *results) {
    wadi__pid_rate rate;
    wadi_error err = WADI_ERROR_INIT;
    if (init(&rate, json, &err) != WADI_OK) {
        wadi__case_fail(results, "%s", err.message);
        return;
    }
    const json_t *calls = json_object_get(json, "calls"),
                 *expected = json_object_get(json, "expect");
    json_t *actual = wadi__must(json_array());
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i);
        const wadi__pid_batch batch = {wadi__case_int(call, "time_ms"),
                                       wadi__case_int(call, "elements"),
                                       wadi__case_int(call, "processing_delay_ms"),
                                       wadi__case_int(call, "scheduling_delay_ms")};
        double estimate;
        json_array_append_new(actual, wadi__pid_rate_update(&rate, &batch, &estimate)
                                          ? json_real(estimate)
                                          : json_null());
    }
    if (!wadi__case_all_near(json, expected, actual))
        wadi__case_fail_values(results, "estimates", expected, actual);
    json_decref(actual);
}
static void run_invalid(const json_t *json, wadi__case_results *results) {
    wadi__pid_rate rate;
    const char *actual = init(&rate, json, NULL) == WADI_OK ? "taken" : "rejected";
    const char *expected = json_string_value(json_object_get(json, "expect"));
    if (strcmp(actual, expected) != 0)
        wadi__case_fail(results, "it was %s, expected %s", actual, expected);
}
static void run_name(const json_t *json, wadi__case_results *results) {
    const char *names[] = {json_string_value(json_object_get(json, "config_value")), "no such one"};
    const char *expected = json_string_value(json_object_get(json, "expect"));
    for (size_t i = 0; i < 2; i++) {
        const char *of_program = NULL; /* stays NULL for Spark's */
        bool is_taken = wadi__rate_estimator_find(names[i], &of_program, NULL) == WADI_OK;
        if (is_taken != (i == 0) || of_program != NULL || strcmp(names[0], expected) != 0)
            wadi__case_fail(results, "the estimator '%s' was %s", names[i],
                            is_taken ? "taken" : "refused");
    }
}
static const wadi__case_field sequence_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"params", check_params, true},
    {"calls", check_calls, true},
    {"expect", wadi__case_form_any, true},
    {"tolerance_relative", wadi__case_form_number, false},
    {NULL, NULL, false},
};
static const wadi__case_field invalid_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"params", check_params, true},
    {"expect", wadi__case_form_string, true},
    {"reason", wadi__case_form_string, false},
    {NULL, NULL, false},
};
static const wadi__case_field name_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"config_value", wadi__case_form_string, true},
    {"expect", wadi__case_form_string, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_pid_sequence = {"pid_sequence", sequence_fields, run_sequence};
const wadi__case_table wadi__case_pid_invalid = {"pid_invalid", invalid_fields, run_invalid};
const wadi__case_table wadi__case_rate_estimator_name = {"rate_estimator_name", name_fields,
                                                         run_name};
