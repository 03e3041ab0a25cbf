/* SPDX-License-Identifier: Apache-2.0 */
/* table_ui.c: durations and times as the pages show them. */
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"
#include "ui/format.h"

#include <string.h>
#include <time.h>

static bool unit_of(const json_t *json, wadi__time_unit *unit) {
    for (*unit = WADI__UNIT_NS; *unit <= WADI__UNIT_DAYS; (*unit)++)
        if (json_is_string(json) &&
            strcmp(wadi__time_unit_name(*unit), json_string_value(json)) == 0)
            return true;
    return false;
}
static bool check_unit(wadi__case_form *form, const json_t *json) {
    wadi__time_unit unit;
    return unit_of(json, &unit) || wadi__case_form_fail(form, "unknown unit");
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"ms", wadi__case_form_ms, false},          {"unit", check_unit, false},
        {"time_ms", wadi__case_form_ms, false},     {"batch_ms", wadi__case_form_interval, false},
        {"with_date", wadi__case_form_bool, false}, {"tz", wadi__case_form_string, false},
        {"expect", wadi__case_form_any, true},      {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}

/* How far local time in a zone was ahead of UTC. */
static int32_t utc_offset_s(const char *zone, int64_t time_ms) {
    struct tm local;
    time_t at = (time_t)(time_ms / 1000);
    if (zone != NULL) setenv("TZ", zone, 1);
    tzset();
    localtime_r(&at, &local);
    return (int32_t)local.tm_gmtoff;
}
/* A new reference. */
static json_t *normalized(const json_t *row) {
    int64_t ms = wadi__case_int(row, "ms");
    wadi__time_unit unit = wadi__time_unit_for(ms);
    return json_pack("[f, s]", wadi__time_in_unit(ms, unit), wadi__time_unit_name(unit));
}
static json_t *converted(const json_t *row) {
    wadi__time_unit unit = WADI__UNIT_MS;
    unit_of(json_object_get(row, "unit"), &unit);
    return json_real(wadi__time_in_unit(wadi__case_int(row, "ms"), unit));
}
static json_t *batch_time(const json_t *row) {
    char text[40];
    int64_t time_ms = wadi__case_int(row, "time_ms");
    wadi__format_batch_time(text, sizeof text, time_ms, wadi__case_int(row, "batch_ms"),
                            json_is_true(json_object_get(row, "with_date")),
                            utc_offset_s(json_string_value(json_object_get(row, "tz")), time_ms));
    return json_string(text);
}
static void run_rows(const json_t *json, wadi__case_results *results,
                     json_t *(*text_of)(const json_t *row)) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *expected = json_object_get(row, "expect");
        json_t *actual = wadi__must(text_of(row));
        if (!wadi__case_all_near(json, expected, actual))
            wadi__case_fail_values(results, "row", expected, actual);
        json_decref(actual);
    }
}
static void run_normalize(const json_t *json, wadi__case_results *results) {
    run_rows(json, results, normalized);
}
static void run_convert(const json_t *json, wadi__case_results *results) {
    run_rows(json, results, converted);
}
static void run_batch_time(const json_t *json, wadi__case_results *results) {
    run_rows(json, results, batch_time);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"rows", check_rows, true},
    {"tolerance_absolute", wadi__case_form_number, false},
    {"tolerance_relative", wadi__case_form_number, false},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_ui_normalize_duration = {"ui_normalize_duration", fields,
                                                           run_normalize};
const wadi__case_table wadi__case_ui_convert_unit = {"ui_convert_unit", fields, run_convert};
const wadi__case_table wadi__case_ui_batch_time = {"ui_batch_time", fields, run_batch_time};
