/* SPDX-License-Identifier: Apache-2.0 */
/* table_input_info.c: what inputs report for batches. */
#include "stream/input_info.h"
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"

#include <stdio.h>
#include <string.h>

static const char *op_of(const json_t *step) {
    const char *op = json_string_value(json_array_get(step, 0));
    return op != NULL ? op : "";
}
static bool check_step(wadi__case_form *form, const json_t *json) {
    bool is_report = strcmp(op_of(json), "report") == 0, is_get = strcmp(op_of(json), "get") == 0;
    size_t count = is_report ? 4 : is_get ? 3 : strcmp(op_of(json), "cleanup") == 0 ? 2 : 0;
    if (count == 0 || json_array_size(json) != count)
        return wadi__case_form_fail(form, "unknown step");
    for (size_t i = 1; i < (is_get ? 2 : count); i++)
        if (!wadi__case_form_ms(form, json_array_get(json, i))) return false;
    return !is_get || json_is_object(json_array_get(json, 2)) ||
           wadi__case_form_fail(form, "get without what is expected");
}
static bool check_steps(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_step);
}
static int64_t int_at(const json_t *step, size_t i) {
    return json_integer_value(json_array_get(step, i));
}
static void get(const wadi__input_info *info, const json_t *step, wadi__case_results *results) {
    const json_t *expected = json_array_get(step, 2);
    const wadi__input_reports *reports = wadi__input_info_get(info, int_at(step, 1));
    json_t *actual = wadi__must(json_object());
    for (size_t i = 0; reports != NULL && i < reports->count; i++) {
        char stream[20];
        snprintf(stream, sizeof stream, "%d", reports->items[i].stream_id);
        json_object_set_new(actual, stream, json_integer(reports->items[i].record_count));
    }
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, "reports", expected, actual);
    json_decref(actual);
}
static void run(const json_t *json, wadi__case_results *results) {
    const json_t *steps = json_object_get(json, "steps");
    wadi__input_info info = {0};
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (strcmp(op_of(step), "get") == 0)
            get(&info, step, results);
        else if (strcmp(op_of(step), "cleanup") == 0)
            wadi__input_info_forget(&info, int_at(step, 1));
        else if (!wadi__input_info_report(&info, int_at(step, 1), (int)int_at(step, 2),
                                          int_at(step, 3), NULL))
            wadi__case_fail(results, "step %zu is refused", i + 1);
    }
    wadi__input_info_fini(&info);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS, {"steps", check_steps, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_input_info = {"input_info", fields, run};
