/* SPDX-License-Identifier: Apache-2.0 */
/* table_numbers.h: what the tables of numbers share: checks, and comparing within a tolerance. */
#ifndef WADI_TESTING_CONFORMANCE_TABLE_NUMBERS_H
#define WADI_TESTING_CONFORMANCE_TABLE_NUMBERS_H
#include "testing/conformance/table.h"

wadi__case_form_fn wadi__case_form_number, wadi__case_form_numbers, wadi__case_form_any,
    wadi__case_form_strings, wadi__case_form_ms_or_null;

static inline double wadi__case_number(const json_t *json, const char *name) {
    return json_number_value(json_object_get(json, name));
}
static inline int64_t wadi__case_int(const json_t *json, const char *name) {
    return json_integer_value(json_object_get(json, name));
}
/* Within the case's tolerance_relative or tolerance_absolute; whole numbers are equal. */
bool wadi__case_is_near(const json_t *json, double expected, double actual);
/* The same of all numbers in two arrays, however deep. */
bool wadi__case_all_near(const json_t *json, const json_t *expected, const json_t *actual);
#endif
