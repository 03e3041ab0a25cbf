/* SPDX-License-Identifier: Apache-2.0 */
/* conf_nearest_test.c: distances, and which name was meant. */
#include "base/conf_nearest.h"

#include "testing/unit.h"

typedef struct distance_case {
    const char *name, *a, *b;
    size_t expected;
} distance_case;
static const distance_case distance_cases[] = {
    {"the same", "spark", "spark", 0},  {"both empty", "", "", 0},
    {"one empty", "", "abc", 3},        {"other case", "blockinterval", "blockInterval", 0},
    {"one more", "stop", "stopp", 1},   {"one less", "stop", "sop", 1},
    {"another one", "stop", "step", 1}, {"two swapped", "stop", "sotp", 2},
    {"kitten", "kitten", "sitting", 3}, {"nothing in common", "abc", "xyz", 3},
};
static void test_distance(void **state) {
    const distance_case *row = *state;
    size_t a = strlen(row->a), b = strlen(row->b);
    assert_int_equal(wadi__conf_distance(row->a, a, row->b, b), row->expected);
    assert_int_equal(wadi__conf_distance(row->b, b, row->a, a), row->expected);
}
static void test_lengths(void **state) {
    (void)state;
    char text[257];
    memset(text, 'x', sizeof text);
    assert_int_equal(wadi__conf_distance(text, 256, "", 0), 256);
    assert_int_equal(wadi__conf_distance(text, 257, "", 0), SIZE_MAX);
    assert_int_equal(wadi__conf_distance("", 0, text, 257), SIZE_MAX);
}

typedef struct nearest_case {
    const char *name, *given, *expected;
    size_t distance;
} nearest_case;
static const nearest_case nearest_cases[] = {
    {"itself", "spark.ui.port", "spark.ui.port", 0},
    {"a slip", "spark.streaming.blockIntervall", "spark.streaming.blockInterval", 1},
    {"two slips", "spark.steaming.blokInterval", "spark.streaming.blockInterval", 2},
    {"half a name", "wadi.memory.max", "wadi.memory.max_bytes", 6},
};
static void test_nearest(void **state) {
    const nearest_case *row = *state;
    assert_string_equal(wadi__conf_nearest(row->given, row->distance), row->expected);
    assert_string_equal(wadi__conf_nearest(row->given, 255), row->expected);
    if (row->distance > 0) assert_null(wadi__conf_nearest(row->given, row->distance - 1));
}
static void test_own_names(void **state) {
    (void)state;
    assert_true(wadi__conf_is_own_name("wadi.x"));
    assert_true(wadi__conf_is_own_name("spark.streaming.blockInterval"));
    assert_false(wadi__conf_is_own_name("spark.sql.streaming.x"));
    assert_false(wadi__conf_is_own_name("wadi"));
    assert_int_equal(strncmp(wadi__conf_nearest("wadi.x", 255), "wadi.", 5), 0);
    assert_int_equal(
        strncmp(wadi__conf_nearest("spark.streaming.ui.port", 255), "spark.streaming.", 16), 0);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_distance, distance_cases);
    wadi__unit_add(&unit, test_lengths);
    wadi__unit_rows(&unit, test_nearest, nearest_cases);
    wadi__unit_add(&unit, test_own_names);
    return wadi__unit_run(&unit, "conf_nearest");
}
