/* SPDX-License-Identifier: Apache-2.0 */
/* table_allocation.c: how many executors there should be. Which of several is given up is left to
 * chance; here it is the first without a receiver. */
#include "cluster/allocation.h"
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"

#include <string.h>

static wadi__allocation settings(const json_t *json, const char *min, const char *max) {
    wadi__allocation made = wadi__allocation_default;
    const json_t *least = json_object_get(json, min), *most = json_object_get(json, max);
    made.has_min = json_is_integer(least);
    made.has_max = json_is_integer(most);
    made.min_executors = (int32_t)json_integer_value(least);
    made.max_executors = (int32_t)json_integer_value(most);
    return made;
}
static bool has(const json_t *names, const json_t *name) {
    for (size_t i = 0; i < json_array_size(names); i++)
        if (json_equal(json_array_get(names, i), name)) return true;
    return false;
}
/* The one to be given up, or null; borrowed. */
static json_t *dropped(const wadi__allocation *by, int64_t receivers, const json_t *workers,
                       const json_t *with_receiver) {
    int32_t busy = 0;
    json_t *idle = json_null();
    for (size_t i = json_array_size(workers); i-- > 0;) {
        if (has(with_receiver, json_array_get(workers, i)))
            busy++;
        else
            idle = json_array_get(workers, i);
    }
    int32_t active = (int32_t)json_array_size(workers);
    return wadi__allocation_may_drop(by, (int32_t)receivers, active, busy) ? idle : json_null();
}

/* ---- By the ratio ---- */

static void run_ratio(const json_t *json, wadi__case_results *results) {
    wadi__allocation by = wadi__allocation_default;
    const json_t *workers = json_object_get(json, "active_workers");
    int64_t receivers = wadi__case_int(json, "num_receivers");
    int32_t more;
    json_t *actual = wadi__must(json_object());
    switch (wadi__allocation_wish_of(&by, wadi__case_number(json, "average_processing_ms"),
                                     wadi__case_int(json, "batch_ms"), &more)) {
    case WADI__ALLOCATION_MORE:
        json_object_set_new(actual, "request_total",
                            json_integer(wadi__allocation_total(
                                &by, (int32_t)receivers, (int32_t)json_array_size(workers), more)));
        break;
    case WADI__ALLOCATION_LESS:
        json_object_set(
            actual, "kill",
            dropped(&by, receivers, workers, json_object_get(json, "receiver_workers")));
        break;
    case WADI__ALLOCATION_STAY: json_object_set_new(actual, "nothing", json_true());
    }
    const json_t *expected = json_object_get(json, "expect");
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, "action", expected, actual);
    json_decref(actual);
}
static const wadi__case_field ratio_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"batch_ms", wadi__case_form_interval, true},
    {"average_processing_ms", wadi__case_form_number, true},
    {"active_workers", wadi__case_form_strings, true},
    {"receiver_workers", wadi__case_form_strings, true},
    {"num_receivers", wadi__case_form_count, true},
    {"expect", wadi__case_form_any, true},
    {NULL, NULL, false},
};

/* ---- Requests ---- */

static bool check_request(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"active", wadi__case_form_count, true},
        {"new", wadi__case_form_count, true},
        {"expect_total", wadi__case_form_count, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_requests(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_request);
}
static void run_request(const json_t *json, wadi__case_results *results) {
    wadi__allocation by = settings(json, "min_workers", "max_workers");
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        int64_t expected = wadi__case_int(row, "expect_total");
        int32_t total = wadi__allocation_total(&by, (int32_t)wadi__case_int(json, "num_receivers"),
                                               (int32_t)wadi__case_int(row, "active"),
                                               (int32_t)wadi__case_int(row, "new"));
        if (total != expected)
            wadi__case_fail(results, "row %zu: %d in all, expected %lld", i + 1, total,
                            (long long)expected);
    }
}
static const wadi__case_field request_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"num_receivers", wadi__case_form_count, true},
    {"min_workers", wadi__case_form_ms_or_null, true},
    {"max_workers", wadi__case_form_ms_or_null, false},
    {"rows", check_requests, true},
    {NULL, NULL, false},
};

/* ---- Giving up ---- */

static bool check_kill(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"workers", wadi__case_form_strings, true},
        {"receivers", wadi__case_form_strings, true},
        {"expect", wadi__case_form_any, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_kills(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_kill);
}
static void run_kill(const json_t *json, wadi__case_results *results) {
    wadi__allocation by = settings(json, "min_workers", "max_workers");
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *expected = json_object_get(row, "expect");
        json_t *actual =
            dropped(&by, wadi__case_int(json, "num_receivers"), json_object_get(row, "workers"),
                    json_object_get(row, "receivers"));
        if (!json_equal(expected, actual))
            wadi__case_fail_values(results, "killed", expected, actual);
    }
}
static const wadi__case_field kill_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"num_receivers", wadi__case_form_count, true},
    {"min_workers", wadi__case_form_ms_or_null, true},
    {"max_workers", wadi__case_form_ms_or_null, false},
    {"rows", check_kills, true},
    {NULL, NULL, false},
};

/* ---- Parameters ---- */

static bool check_set(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"num_receivers", wadi__case_form_count, false},
        {"min", wadi__case_form_ms, false},
        {"max", wadi__case_form_ms, false},
        {"interval_s", wadi__case_form_ms, false},
        {"up", wadi__case_form_number, false},
        {"down", wadi__case_form_number, false},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_sets(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_set);
}
static bool is_taken(const json_t *set) {
    wadi__allocation by = settings(set, "min", "max");
    if (json_object_get(set, "interval_s") != NULL)
        by.interval_s = wadi__case_int(set, "interval_s");
    if (json_object_get(set, "up") != NULL) by.up_ratio = wadi__case_number(set, "up");
    if (json_object_get(set, "down") != NULL) by.down_ratio = wadi__case_number(set, "down");
    return wadi__allocation_check(&by, NULL) == WADI_OK;
}
static void run_params(const json_t *json, wadi__case_results *results) {
    static const char *const lists[] = {"rejected", "accepted"};
    for (size_t k = 0; k < 2; k++) {
        const json_t *sets = json_object_get(json, lists[k]);
        for (size_t i = 0; i < json_array_size(sets); i++)
            if (is_taken(json_array_get(sets, i)) != (k == 1))
                wadi__case_fail(results, "set %zu was to be %s", i + 1, lists[k]);
    }
}
static const wadi__case_field params_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"accepted", check_sets, true},
    {"rejected", check_sets, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_allocation_ratio = {"allocation_ratio", ratio_fields, run_ratio};
const wadi__case_table wadi__case_allocation_request = {"allocation_request", request_fields,
                                                        run_request};
const wadi__case_table wadi__case_allocation_kill = {"allocation_kill", kill_fields, run_kill};
const wadi__case_table wadi__case_allocation_params = {"allocation_params", params_fields,
                                                       run_params};
