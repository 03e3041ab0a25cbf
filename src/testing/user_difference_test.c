/* SPDX-License-Identifier: Apache-2.0 */
/* user_difference_test.c: what a reader is told about two lists of rows. */
#include "testing/must.h"
#include "testing/unit.h"
#include "testing/user_test.h"

typedef struct difference_case {
    const char *name;
    const char *expected, *actual; /* rows of one letter each */
    bool is_ordered;
    const char *text; /* NULL: nothing differs */
    size_t missing, more;
} difference_case;

static difference_case cases[] = {
    {"two empty lists", "", "", false, NULL, 0, 0},
    {"the same rows", "abc", "abc", true, NULL, 0, 0},
    {"another order does not matter", "abc", "cab", false, NULL, 0, 0},
    {"another order matters", "ab", "ba", true, "    - a\n      b\n    + a", 0, 0},
    {"one is missing", "abc", "ac", true, "      a\n    - b\n      c", 1, 0},
    {"one is too many", "ac", "abc", false, "      a\n    + b\n      c", 0, 1},
    {"one twice, and expected once", "a", "aa", false, "      a\n    + a", 0, 1},
    {"all are missing", "ab", "", false, "    - a\n    - b", 2, 0},
    {"nothing was expected", "", "ba", false, "    + a\n    + b", 0, 2},
    {"one in place of another", "abc", "axc", true, "      a\n    - b\n    + x\n      c", 1, 1},
    {"some in the midst stay", "abcde", "axcye", true,
     "      a\n    - b\n    + x\n      c\n    - d\n    + y\n      e", 2, 2},
};
static wadi__test_rows rows_of(const char *letters) {
    wadi__test_rows rows = {NULL, 0};
    for (const char *at = letters; *at != 0; at++)
        wadi__test_rows_add(&rows, wadi__must_strdup((char[]){*at, 0}));
    return rows;
}
static void test_difference(void **state) {
    const difference_case *row = *state;
    wadi__test_rows expected = rows_of(row->expected), actual = rows_of(row->actual);
    size_t missing = 0, more = 0;
    char *text = wadi__test_difference(&expected, &actual, row->is_ordered, &missing, &more);
    if (row->text == NULL)
        assert_null(text);
    else
        assert_string_equal(text, row->text);
    assert_int_equal(missing, row->missing);
    assert_int_equal(more, row->more);
    free(text);
    wadi__test_rows_fini(&expected);
    wadi__test_rows_fini(&actual);
}
/* Lists too long for the table, and too long to be read. */
static void test_long_lists(void **state) {
    (void)state;
    wadi__test_rows expected = {NULL, 0}, actual = {NULL, 0};
    for (int i = 0; i < 3000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%04d", i);
        wadi__test_rows_add(&expected, wadi__must_strdup(text));
        text[0] = i % 2 ? 'x' : text[0];
        wadi__test_rows_add(&actual, wadi__must_strdup(text));
    }
    size_t missing, more;
    char *text = wadi__test_difference(&expected, &actual, false, &missing, &more);
    assert_non_null(strstr(text, "lines more"));
    assert_true(strlen(text) < 1000);
    assert_int_equal(missing, 1500);
    assert_int_equal(more, 1500);
    free(text);
    wadi__test_rows_fini(&expected);
    wadi__test_rows_fini(&actual);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_difference, cases);
    wadi__unit_add(&unit, test_long_lists);
    return wadi__unit_run(&unit, "user_difference");
}
