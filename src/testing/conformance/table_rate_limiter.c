/* SPDX-License-Identifier: Apache-2.0 */
/* table_rate_limiter.c: how many records a second a receiver may store. */
#include "stream/rate_limiter.h"
#include "testing/conformance/table_numbers.h"

static const char max_rate[] = "spark.streaming.receiver.maxRate";
static const char initial_rate[] = "spark.streaming.backpressure.initialRate";

static bool check_config(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {max_rate, wadi__case_form_ms, false},
        {initial_rate, wadi__case_form_ms, false},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rates(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_ms);
}
static void run(const json_t *json, wadi__case_results *results) {
    const json_t *config = json_object_get(json, "config");
    const json_t *rates = json_object_get(json, "update_rates");
    wadi__rate_limiter limiter;
    wadi__rate_limiter_init(&limiter, wadi__case_int(config, initial_rate),
                            wadi__case_int(config, max_rate), 0);
    for (size_t i = 0; i < json_array_size(rates); i++)
        wadi__rate_limiter_set_rate(&limiter, json_integer_value(json_array_get(rates, i)), 0);
    if (limiter.rate != wadi__case_int(json, "expect_limit"))
        wadi__case_fail(results, "the limit is %lld, expected %lld", (long long)limiter.rate,
                        (long long)wadi__case_int(json, "expect_limit"));
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"config", check_config, true},
    {"update_rates", check_rates, true},
    {"expect_limit", wadi__case_form_ms, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_rate_limiter = {"rate_limiter", fields, run};
