/* SPDX-License-Identifier: Apache-2.0 */
/* values_test.c: values as JSON. */
#include "cli/values.h"
#include "testing/unit.h"

#include <math.h>
#include <wadi/record.h>
#include <wadi/str.h>

WADI_RECORD(inner, (wadi_str, name), (wadi_int64_option, best));
WADI_RECORD(whole, (inner, who), (double, at, 2), (wadi_str_list, words), (bool, is_set),
            (int8_t, small), (float, f));

typedef struct string_case {
    const char *name, *bytes, *expected;
} string_case;
static string_case strings[] = {
    {"plain", "abc", "\"abc\""},
    {"empty", "", "\"\""},
    {"quotes and backslashes", "a\"b\\", "\"a\\\"b\\\\\""},
    {"control characters", "a\n\x01\x7f", "\"a\\u000a\\u0001\\u007f\""},
    {"UTF-8", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8a",
     "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8a\""},
    {"no UTF-8", "a\xff", "\"a\\ufffd\""},
    {"cut off", "a\xe2\x82", "\"a\\ufffd\\ufffd\""},
    {"overlong", "\xc0\xaf\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
    {"a surrogate", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
    {"beyond the last", "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
};
static void test_string(void **state) {
    const string_case *row = *state;
    wadi__text text = {0};
    wadi__cli_json_string(&text, row->bytes, strlen(row->bytes));
    wadi__text_add(&text, "", 1);
    assert_string_equal(text.bytes, row->expected);
    wadi__text_fini(&text);
}
static void assert_json(const wadi_type *type, const void *value, const char *expected) {
    wadi__text text = {0};
    wadi__cli_json_value(&text, wadi__type_intern(type, NULL), value);
    wadi__text_add(&text, "", 1);
    assert_string_equal(text.bytes, expected);
    wadi__text_fini(&text);
}
static void test_values(void **state) {
    (void)state;
    const wadi_str words[] = {wadi_str_of("x"), wadi_str_of("a longer word than 12 bytes")};
    whole value = {.who = {wadi_str_of("n\"n"), WADI_SOME(5)},
                   .at = {1, -0.5},
                   .words = {words, 2},
                   .is_set = true,
                   .small = -7,
                   .f = 0.25f};
    assert_json(WADI_TYPE(whole), &value,
                "{\"who\":{\"name\":\"n\\\"n\",\"best\":5},\"at\":[1.0,-0.5],"
                "\"words\":[\"x\",\"a longer word than 12 "
                "bytes\"],\"is_set\":true,\"small\":-7,\"f\":0.25}");
    whole none = {.at = {(double)NAN, (double)INFINITY}, .f = -INFINITY};
    assert_json(WADI_TYPE(whole), &none,
                "{\"who\":{\"name\":\"\",\"best\":null},\"at\":[\"NaN\",\"Infinity\"],\"words\":[],"
                "\"is_set\":false,\"small\":0,\"f\":\"-Infinity\"}");
    uint64_t most = UINT64_MAX;
    assert_json(WADI_TYPE(uint64_t), &most, "18446744073709551615");
}
static void test_long_formats(void **state) {
    (void)state;
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    wadi__text text = {0};
    wadi__cli_format(&text, "%s%d", longest, 7);
    assert_int_equal(text.size, 5000);
    assert_int_equal(text.bytes[4999], '7');
    wadi__text_fini(&text);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_string, strings);
    wadi__unit_add(&unit, test_values);
    wadi__unit_add(&unit, test_long_formats);
    return wadi__unit_run(&unit, "values");
}
