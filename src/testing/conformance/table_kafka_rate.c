/* SPDX-License-Identifier: Apache-2.0 */
/* table_kafka_rate.c: how many messages of a Kafka partition go into a batch. */
#include "source/kafka_rate.h"
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"

static bool check_offsets(wadi__case_form *form, const json_t *json) {
    if (!json_is_object(json)) return wadi__case_form_fail(form, "no offsets by partition");
    const char *name;
    json_t *offset;
    json_object_foreach((json_t *)(uintptr_t)json, name, offset) {
        if (!wadi__case_form_ms(form, offset)) return false;
    }
    return true;
}
static bool check_rate(wadi__case_form *form, const json_t *json) {
    return json_is_object(json) ? check_offsets(form, json) : wadi__case_form_ms(form, json);
}
static bool check_limits(wadi__case_form *form, const json_t *json) {
    return json_is_null(json) || check_offsets(form, json);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"batch_ms", wadi__case_form_interval, true},
    {"backpressure", wadi__case_form_bool, true},
    {"latest_estimated_rate", wadi__case_form_number, true},
    {"initial_rate", wadi__case_form_number, true},
    {"max_rate_per_partition", check_rate, true},
    {"min_rate_per_partition", wadi__case_form_ms, true},
    {"current_offsets", check_offsets, true},
    {"latest_offsets", check_offsets, true},
    {"expect_max_messages", check_limits, true},
    {"expect_until_offsets", check_offsets, true},
    {NULL, NULL, false},
};

static int64_t max_rate_of(const json_t *json, const char *partition) {
    const json_t *rate = json_object_get(json, "max_rate_per_partition");
    return json_is_object(rate) ? wadi__case_int(rate, partition) : json_integer_value(rate);
}
static void compare(const json_t *json, const char *what, const json_t *actual,
                    wadi__case_results *results) {
    const json_t *expected = json_object_get(json, what);
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, what, expected, actual);
}
static void run(const json_t *json, wadi__case_results *results) {
    json_t *latest = json_object_get(json, "latest_offsets"), *offset;
    const json_t *from = json_object_get(json, "current_offsets");
    size_t count = 0;
    wadi__kafka_lag *lags = wadi__must_calloc(json_object_size(latest), sizeof *lags);
    const char *name;
    json_object_foreach(latest, name, offset) lags[count++] =
        (wadi__kafka_lag){.from = wadi__case_int(from, name),
                          .latest = json_integer_value(offset),
                          .max_rate = max_rate_of(json, name),
                          .min_rate = wadi__case_int(json, "min_rate_per_partition")};
    double rate = wadi__case_number(json, "latest_estimated_rate");
    if (rate <= 0) rate = wadi__case_number(json, "initial_rate");
    if (json_is_false(json_object_get(json, "backpressure"))) rate = 0;
    wadi__kafka_rate_limit(lags, count, wadi__case_int(json, "batch_ms"), rate);
    json_t *most = wadi__must(json_object()), *until = wadi__must(json_object());
    bool is_limited = false;
    size_t i = 0;
    json_object_foreach(latest, name, offset) {
        is_limited |= lags[i].max_messages >= 0;
        json_object_set_new(most, name, json_integer(lags[i].max_messages));
        json_object_set_new(until, name, json_integer(lags[i++].until));
    }
    json_t *none = json_null();
    compare(json, "expect_max_messages", is_limited ? most : none, results);
    compare(json, "expect_until_offsets", until, results);
    json_decref(most);
    json_decref(until);
    free(lags);
}
const wadi__case_table wadi__case_kafka_max_messages = {"kafka_max_messages", fields, run};
