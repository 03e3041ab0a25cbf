/* SPDX-License-Identifier: Apache-2.0 */
/* filter_text_test.c: wadi_containing right behind a source of lines, which searches text before it
 * is cut, keeps the lines that a filter of cut lines keeps. */
#include "data/scan.h"
#include "data/test_random.h"
#include "fs/test_files.h"

#include <wadi/wadi.h>

#include "testing/unit.h"

WADI_RECORD(wanted, (wadi_str, part));
WADI_FILTER(has_part, wadi_str, wanted) {
    return memmem(wadi_str_data(in), in->len, wadi_str_data(&env->part), env->part.len) != NULL;
}

static wadi_context *sc;

/* Both filters over the same lines; the second one's lines are cut first. */
static void expect_same(wadi_rdd *lines, const char *part) {
    size_t n, expected_n;
    const wadi_str *rows = wadi_collect(wadi_filter(lines, wadi_containing(part)), wadi_str, &n);
    const wadi_str *expected = wadi_collect(
        wadi_filter(lines, wadi_bind(has_part, wadi_str_of(part))), wadi_str, &expected_n);
    assert_int_equal(n, expected_n);
    for (size_t i = 0; i < n; i++) assert_true(wadi_str_equal(rows[i], expected[i]));
    assert_int_equal(wadi_count(wadi_filter(lines, wadi_containing(part))), expected_n);
}

typedef struct text_case {
    const char *name, *text, *part;
    int64_t lines, found;
} text_case;
static const text_case texts[] = {
    {"a hit in each place of a line", "abc\nxabc\nabcx\nab\n", "abc", 4, 3},
    {"the last line has no end", "one\ntwo\nabc", "abc", 3, 1},
    {"the last line ends with a return alone", "one\nab\r", "b\r", 2, 1},
    {"the return of a line's end is none of the line", "ab\r\nb\r\r\n", "b\r", 2, 1},
    {"a part over two lines is in neither", "ab\nab\n", "b\na", 2, 0},
    {"several hits in a line count once", "aaaa\naa\n", "aa", 2, 2},
    {"empty lines", "\n\n\r\na\n\n", "a", 5, 1},
    {"one byte", "x\ny\nx\n", "x", 3, 2},
    {"no text", "", "x", 0, 0},
};
static void test_case(void **state) {
    const text_case *row = *state;
    for (int plain = 0; plain < 2; plain++) {
        wadi__scan_use_plain(plain);
        wadi_rdd *lines = wadi_text(sc, row->text, strlen(row->text), .partitions = 1);
        assert_int_equal(wadi_count(lines), row->lines);
        assert_int_equal(wadi_count(wadi_filter(lines, wadi_containing(row->part))), row->found);
        expect_same(lines, row->part);
    }
    wadi__scan_use_plain(false);
}

/* Lines of up to `longest` bytes of a, b and \r. */
static char *random_text(test_random *random, size_t size, uint32_t longest) {
    char *text = malloc(size);
    assert_non_null(text);
    for (size_t i = 0, left = 0; i < size; i++, left--) {
        if (left == 0) left = 1 + test_random_below(random, longest);
        text[i] = left == 1                            ? '\n'
                  : test_random_below(random, 50) == 0 ? '\r'
                                                       : (char)('a' + test_random_below(random, 2));
    }
    return text;
}
static void test_random_text(void **state) {
    (void)state;
    static const char *const parts[] = {"a",   "ab", "abab", "a\rb", "bbbbbbbb", "aaaaaaaaaaaaa",
                                        "b\r", "c"};
    uint64_t seed = test_random_seed(7);
    test_random random = {.state = seed};
    for (int i = 0; i < 30; i++) {
        uint32_t longest = 1u << test_random_below(&random, 18);
        size_t size = 1 + test_random_below(&random, 400000);
        char *text = random_text(&random, size, longest);
        test_write("t", text, size);
        wadi__scan_use_plain(i % 3 == 0);
        for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
            expect_same(wadi_text(sc, text, size, .partitions = 3), parts[p]);
            expect_same(wadi_text_file(sc, test_path("t"), .partitions = 2), parts[p]);
        }
        assert_int_equal(wadi_count(wadi_text_file(sc, test_path("t"))),
                         wadi_count(wadi_text(sc, text, size)));
        free(text);
    }
    wadi__scan_use_plain(false);
}
static void test_long_lines_are_still_refused(void **state) {
    (void)state;
    wadi_context *strict = wadi_context_new("local[1]", "lines",
                                            .settings = {{"wadi.source.line_max_bytes", "100000"}});
    char *text = malloc(200001);
    memset(text, 'a', 200000);
    memcpy(text, "short\n", 6);
    text[200000] = '\n';
    test_write("t", text, 200001);
    free(text);
    wadi_rdd *lines = wadi_text_file(strict, test_path("t"), .partitions = 1);
    wadi_rdd *found = wadi_filter(lines, wadi_containing("b"));
    assert_int_equal(wadi_count(found), 0);
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi_rdd_failed(found, &err));
    assert_non_null(strstr(err.message, "longer than 100000 bytes (wadi.source.line_max_bytes)"));
    assert_int_equal(wadi_finish(strict), 1);
}

static int start(void **state) {
    if (test_dir_make(state) != 0) return -1;
    sc = wadi_context_new("local[2]", "filter");
    return 0;
}
static int stop(void **state) {
    wadi_finish(sc);
    return test_dir_remove(state);
}
int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, texts);
    wadi__unit_add(&unit, test_random_text);
    wadi__unit_add(&unit, test_long_lines_are_still_refused);
    return _cmocka_run_group_tests("filter: text", unit.tests, unit.count, start, stop);
}
