/* SPDX-License-Identifier: Apache-2.0 */
/* compare_test.c: what matches an expectation, and what does not. */
#include "testing/conformance/compare.h"

#include "testing/unit.h"

typedef struct match_case {
    const char *name, *expected, *actual;
    bool is_match;
} match_case;
static match_case value_cases[] = {
    {"an integer", "1", "1", true},
    {"another integer", "1", "2", false},
    {"no integer: a real number", "1", "1.0", false},
    {"no integer: its text", "1", "\"1\"", false},
    {"an integer, not a pair", "1", "[\"pair\", 1, 1]", false},
    {"a string", "\"a\"", "\"a\"", true},
    {"case counts", "\"a\"", "\"A\"", false},
    {"a pair", "[\"pair\", \"a\", 1]", "[\"pair\", \"a\", 1]", true},
    {"a pair with another value", "[\"pair\", \"a\", 1]", "[\"pair\", \"a\", 2]", false},
    {"a pair, not a list", "[\"pair\", 1, 2]", "[\"list\", [1, 2]]", false},
    {"a pair, not a value", "[\"pair\", 1, 2]", "1", false},
    {"a list", "[\"list\", [1, 2]]", "[\"list\", [1, 2]]", true},
    {"a list in another order", "[\"list\", [1, 2]]", "[\"list\", [2, 1]]", false},
    {"a shorter list", "[\"list\", [1, 2]]", "[\"list\", [1]]", false},
    {"a longer list", "[\"list\", [1]]", "[\"list\", [1, 1]]", false},
    {"a bag in another order", "[\"bag\", [1, 2, 1]]", "[\"list\", [1, 1, 2]]", true},
    {"a bag with other numbers of each", "[\"bag\", [1, 2, 1]]", "[\"list\", [2, 1, 2]]", false},
    {"a bag that lacks one", "[\"bag\", [1, 1]]", "[\"list\", [1]]", false},
    {"an empty bag", "[\"bag\", []]", "[\"list\", []]", true},
    {"a bag, not an integer", "[\"bag\", []]", "0", false},
    {"a set", "[\"set\", [1, 2]]", "[\"list\", [2, 1, 2, 2]]", true},
    {"a set named twice", "[\"set\", [5, 5]]", "[\"list\", [5]]", true},
    {"a set that lacks one", "[\"set\", [1, 2]]", "[\"list\", [1, 1]]", false},
    {"a set with one more", "[\"set\", [1]]", "[\"list\", [1, 2]]", false},
    {"none", "[\"none\"]", "[\"none\"]", true},
    {"none, not some", "[\"none\"]", "[\"some\", 1]", false},
    {"some", "[\"some\", \"x\"]", "[\"some\", \"x\"]", true},
    {"some of another", "[\"some\", \"x\"]", "[\"some\", \"y\"]", false},
    {"bags inside pairs", "[\"pair\", 1, [\"pair\", [\"bag\", [1, 2]], [\"bag\", []]]]",
     "[\"pair\", 1, [\"pair\", [\"list\", [2, 1]], [\"list\", []]]]", true},
    {"bags of bags", "[\"bag\", [[\"bag\", [1, 2]], [\"bag\", [3]]]]",
     "[\"list\", [[\"list\", [3]], [\"list\", [2, 1]]]]", true},
};
static match_case ordered_cases[] = {
    {"in order", "[1, 2]", "[1, 2]", true},
    {"another order", "[1, 2]", "[2, 1]", false},
    {"one too few", "[1, 2]", "[1]", false},
    {"nothing", "[]", "[]", true},
};
static match_case unordered_cases[] = {
    {"any order", "[1, \"a\", 2]", "[2, 1, \"a\"]", true},
    {"one twice", "[1, 1, 2]", "[1, 2, 2]", false},
    {"one too many", "[1]", "[1, 1]", false},
    {"partners must be found, not only taken", "[[\"bag\", [1, 2]], [\"list\", [1, 2]]]",
     "[[\"list\", [1, 2]], [\"list\", [2, 1]]]", true},
    {"partners that do not go around", "[[\"list\", [1, 2]], [\"list\", [1, 2]]]",
     "[[\"list\", [1, 2]], [\"list\", [2, 1]]]", false},
    {"a chain of moves", "[[\"bag\", [1, 2, 3]], [\"set\", [1, 2, 3]], [\"list\", [1, 2, 3]]]",
     "[[\"list\", [1, 2, 3]], [\"list\", [3, 2, 1]], [\"list\", [1, 1, 2, 3]]]", true},
};

static json_t *parse(const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    return json;
}
static void check(const match_case *row, bool is_batch, bool unordered) {
    json_t *expected = parse(row->expected), *actual = parse(row->actual);
    bool found = is_batch ? wadi__case_batch_matches(expected, actual, unordered)
                          : wadi__case_matches(expected, actual);
    json_decref(expected);
    json_decref(actual);
    assert_int_equal(found, row->is_match);
}
static void test_value(void **state) { check(*state, false, false); }
static void test_ordered(void **state) { check(*state, true, false); }
static void test_unordered(void **state) { check(*state, true, true); }

int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_value, value_cases);
    wadi__unit_rows(&unit, test_ordered, ordered_cases);
    wadi__unit_rows(&unit, test_unordered, unordered_cases);
    return wadi__unit_run(&unit, "conformance: comparing");
}
