/* SPDX-License-Identifier: Apache-2.0 */
/* json_test.c: which texts are JSON, and what is found in them. */
#include "cli/json.h"

#include "testing/unit.h"

typedef struct text_case {
    const char *name, *text;
    bool is_json;
} text_case;
static text_case texts[] = {
    {"an object", "{\"a\":1,\"b\":[true,false,null]}", true},
    {"blanks", " \t\r\n[ 1 , 2 ] \n", true},
    {"an empty object", "{}", true},
    {"an empty array", "[ ]", true},
    {"numbers", "[0,-0,12,-3.25,1e9,1E+9,2.5e-3]", true},
    {"escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", true},
    {"nothing", "", false},
    {"two values", "1 2", false},
    {"cut off", "{\"a\":", false},
    {"an array that is cut off", "[1,2", false},
    {"a comma at the end", "[1,]", false},
    {"no name", "{1:2}", false},
    {"no colon", "{\"a\" 1}", false},
    {"a string without an end", "\"abc", false},
    {"a backslash at the end", "\"\\", false},
    {"another escape", "\"\\x\"", false},
    {"a short escape", "\"\\u12\"", false},
    {"a control character", "\"a\nb\"", false},
    {"a number with a zero in front", "01", false},
    {"a number without digits", "-", false},
    {"a fraction without digits", "1.", false},
    {"an exponent without digits", "1e", false},
    {"another word", "nul", false},
    {"32 deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", true},
    {"34 deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", false},
};
static void test_text(void **state) {
    const text_case *row = *state;
    assert_int_equal(wadi__json_of(row->text, strlen(row->text)).size > 0, row->is_json);
}
static wadi__json of(const char *text) { return wadi__json_of(text, strlen(text)); }
static void test_looking_up(void **state) {
    (void)state;
    wadi__json all = of("{\"n\":-42,\"t\":true,\"f\":false,\"d\":1.5,\"deep\":{\"list\":[10,[20],{"
                        "\"n\":30}]},\"n\":7}");
    assert_int_equal(wadi__json_int(wadi__json_member(all, "n"), 0), -42);
    assert_true(wadi__json_is_true(wadi__json_member(all, "t")));
    assert_false(wadi__json_is_true(wadi__json_member(all, "f")));
    assert_int_equal(wadi__json_int(wadi__json_member(all, "d"), 9), 9);
    wadi__json list = wadi__json_member(wadi__json_member(all, "deep"), "list");
    assert_int_equal(wadi__json_int(wadi__json_item(list, 0), 0), 10);
    assert_int_equal(wadi__json_int(wadi__json_item(wadi__json_item(list, 1), 0), 0), 20);
    assert_int_equal(wadi__json_int(wadi__json_member(wadi__json_item(list, 2), "n"), 0), 30);
    assert_int_equal(wadi__json_item(list, 3).size, 0);
    assert_int_equal(wadi__json_item(of("[]"), 0).size, 0);
    assert_int_equal(wadi__json_member(all, "none").size, 0);
    assert_int_equal(wadi__json_member(list, "n").size, 0);
    assert_int_equal(wadi__json_item(all, 0).size, 0);
    assert_int_equal(wadi__json_int(of("123456789012345678901234567890"), 5), 5);
}
static void test_strings(void **state) {
    (void)state;
    char out[16];
    wadi__json_text(of("\"a\\n\\\"b\\u00e9\\u20ac\""), out, sizeof out);
    assert_string_equal(out, "a \"b\xc3\xa9\xe2\x82\xac");
    wadi__json_text(of("\"\\ud83d\\ude00\\u0000\""), out, sizeof out);
    assert_string_equal(out, "?? ");
    wadi__json_text(of("\"0123456789abcdefgh\""), out, sizeof out);
    assert_string_equal(out, "0123456789abcde");
    wadi__json_text(of("12"), out, sizeof out);
    assert_string_equal(out, "");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_text, texts);
    wadi__unit_add(&unit, test_looking_up);
    wadi__unit_add(&unit, test_strings);
    return wadi__unit_run(&unit, "json");
}
