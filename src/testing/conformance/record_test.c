/* SPDX-License-Identifier: Apache-2.0 */
/* record_test.c: values into records and back. */
#include "testing/conformance/record.h"

#include "testing/unit.h"

typedef struct value_case {
    const char *name, *json;
} value_case;
static value_case value_cases[] = {
    {"zero", "0"},
    {"the least integer", "-9223372036854775808"},
    {"an empty string", "\"\""},
    {"a string in place", "\"twelve bytes\""},
    {"a string outside", "\"thirteen byte\""},
    {"a string with a zero byte", "\"a\\u0000b\""},
    {"a pair", "[\"pair\", \"k\", -1]"},
    {"a pair of pairs", "[\"pair\", [\"pair\", 1, \"\"], [\"pair\", \"a long enough key\", 2]]"},
    {"an empty list", "[\"list\", []]"},
    {"a list of empty lists", "[\"list\", [[\"list\", []], [\"list\", []]]]"},
    {"a list of all kinds",
     "[\"list\", [1, \"s\", [\"none\"], [\"some\", [\"some\", 3]], [\"pair\", 1, 2]]]"},
    {"none", "[\"none\"]"},
    {"some none", "[\"some\", [\"none\"]]"},
};

static json_t *parse(const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    return json;
}
static void test_there_and_back(void **state) {
    const value_case *row = *state;
    wadi__arena arena = {0};
    json_t *json = parse(row->json);
    case_value value = wadi__case_from_json(&arena, json);
    json_t *back = wadi__case_to_json(&value);
    assert_true(json_equal(json, back));
    json_decref(json);
    json_decref(back);
    wadi__arena_fini(&arena);
}
static void test_pairs_come_apart(void **state) {
    (void)state;
    wadi__arena arena = {0};
    json_t *json = parse("[\"pair\", [\"list\", [\"x\"]], \"a value of many bytes\"]");
    case_value value = wadi__case_from_json(&arena, json);
    case_pair pair;
    assert_true(wadi__case_to_pair(&value, &pair));
    json_t *back = wadi__case_pair_to_json(&pair);
    assert_true(json_equal(json, back));
    case_value again = wadi__case_of_record((wadi__case_memory){.arena = &arena}, &pair);
    assert_true(wadi_str_equal(value.bytes, again.bytes));
    json_decref(json);
    json_decref(back);
    wadi__arena_fini(&arena);
}
static void test_what_is_no_pair(void **state) {
    (void)state;
    static const char *const texts[] = {"1", "\"pair\"", "[\"list\", [1, 2]]", "[\"some\", 1]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wadi__arena arena = {0};
        json_t *json = parse(texts[i]);
        case_value value = wadi__case_from_json(&arena, json);
        case_pair pair;
        assert_false(wadi__case_to_pair(&value, &pair));
        json_decref(json);
        wadi__arena_fini(&arena);
    }
}
static void test_strings_have_no_parts(void **state) {
    (void)state;
    case_value value = wadi__case_string(wadi_str_of("long enough to be two heads of parts....."));
    wadi__case_parts parts = wadi__case_parts_of(&value);
    case_value part;
    assert_false(wadi__case_next(&parts, &part));
}
int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_there_and_back, value_cases);
    wadi__unit_add(&unit, test_pairs_come_apart);
    wadi__unit_add(&unit, test_what_is_no_pair);
    wadi__unit_add(&unit, test_strings_have_no_parts);
    return wadi__unit_run(&unit, "conformance: records");
}
