/* SPDX-License-Identifier: Apache-2.0 */
/* table_print.c: the exact text of print(). */
#include "sink/print.h"
#include "testing/conformance/table.h"
#include "testing/conformance/typed.h"

#include <string.h>

static void run_print(const json_t *json, wadi__case_results *results) {
    const json_t *elements = json_object_get(json, "elements");
    const json_t *expected = json_object_get(json, "expect_text");
    wadi__arena arena = {0};
    wadi__text text = {0};
    const wadi__type *type = wadi__case_typed_of(elements);
    void *rows = wadi__case_typed_rows(&arena, type, elements);
    wadi__print_batch(&text, json_integer_value(json_object_get(json, "time_ms")), type, rows,
                      json_array_size(elements),
                      (uint32_t)json_integer_value(json_object_get(json, "num")));
    json_t *actual = json_stringn_nocheck(text.bytes, text.size);
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, "text", expected, actual);
    json_decref(actual);
    wadi__text_fini(&text);
    wadi__arena_fini(&arena);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"time_ms", wadi__case_form_ms, true},
    {"num", wadi__case_form_count, true},
    {"elements", wadi__case_form_values, true},
    {"expect_text", wadi__case_form_string, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_print = {"print", fields, run_print};
