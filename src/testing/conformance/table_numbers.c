/* SPDX-License-Identifier: Apache-2.0 */
/* table_numbers.c: what the tables of numbers share. */
#include "testing/conformance/table_numbers.h"

#include <math.h>

bool wadi__case_form_number(wadi__case_form *form, const json_t *json) {
    return json_is_number(json) || wadi__case_form_fail(form, "no number");
}
bool wadi__case_form_numbers(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_number);
}
bool wadi__case_form_any(wadi__case_form *form, const json_t *json) {
    (void)form, (void)json;
    return true;
}
bool wadi__case_form_strings(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_string);
}
bool wadi__case_form_ms_or_null(wadi__case_form *form, const json_t *json) {
    return json_is_null(json) || wadi__case_form_ms(form, json);
}
bool wadi__case_is_near(const json_t *json, double expected, double actual) {
    double relative = wadi__case_number(json, "tolerance_relative");
    double absolute = wadi__case_number(json, "tolerance_absolute");
    return fabs(expected - actual) <= fmax(absolute, relative * fabs(expected));
}
bool wadi__case_all_near(const json_t *json, const json_t *expected, const json_t *actual) {
    if (json_is_number(expected))
        return json_is_number(actual) &&
               wadi__case_is_near(json, json_number_value(expected), json_number_value(actual));
    if (!json_is_array(expected)) return json_equal(expected, actual);
    if (json_array_size(expected) != json_array_size(actual)) return false;
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (!wadi__case_all_near(json, json_array_get(expected, i), json_array_get(actual, i)))
            return false;
    return true;
}
