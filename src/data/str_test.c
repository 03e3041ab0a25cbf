/* SPDX-License-Identifier: Apache-2.0 */
/* str_test.c: strings: in place or not, at the ends of pages, and what can be asked of them. */
#include "testing/unit.h"

#include <wadi/str.h>

#include <stdio.h>
#include <sys/mman.h>

/* A page after which nothing can be read. */
static char *page_before_nothing(void) {
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    return pages;
}
static bool is(wadi_str s, const char *text) {
    return s.len == strlen(text) && memcmp(wadi_str_data(&s), text, s.len) == 0;
}

static void test_views(void **state) {
    (void)state;
    char *page = page_before_nothing();
    for (int i = 0; i < 4096; i++) page[i] = (char)('a' + i % 23);
    for (size_t len = 0; len < 40; len++)
        for (size_t back = 0; back < 40; back++) { /* up to the very end */
            const char *bytes = page + 4096 - len - back;
            wadi_str s = wadi_str_view(bytes, len);
            assert_int_equal(s.len, len);
            assert_memory_equal(wadi_str_data(&s), bytes, len);
            assert_int_equal(wadi_str_data(&s) != bytes, len <= WADI_STR_IN_PLACE_MAX);
            wadi_str same = wadi__str_view_carefully(bytes, len);
            assert_memory_equal(&s, &same, sizeof s); /* what is behind it is zero */
        }
    munmap(page, 8192);
}
static void test_equal_and_compare(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "a",
                                        "aaaaaaaaaaaa",
                                        "aaaaaaaaaaaaa",
                                        "aaaaaaaaaaaab",
                                        "ab",
                                        "b",
                                        "bbbbbbbbbbbbbbbbbbbbbbbb"};
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < 8; k++) {
            char copy[40];
            strcpy(copy, texts[k]);
            wadi_str a = wadi_str_of(texts[i]), b = wadi_str_of(copy);
            assert_int_equal(wadi_str_equal(a, b), i == k);
            int order = wadi_str_compare(a, b);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}
typedef struct part_case {
    const char *name, *text, *part;
    bool starts, ends, contains;
} part_case;
static part_case parts[] = {
    {"the whole", "word", "word", true, true, true},
    {"the beginning", "a word of many", "a word", true, false, true},
    {"the end", "a word of many", "many", false, true, true},
    {"the middle", "a word of many", "word", false, false, true},
    {"nothing of it", "a word of many", "none", false, false, false},
    {"more than it", "word", "words", false, false, false},
    {"the empty one", "word", "", true, true, true},
    {"of the empty one", "", "a", false, false, false},
    {"both ends", "abcab", "ab", true, true, true},
};
static void test_parts(void **state) {
    const part_case *row = *state;
    wadi_str s = wadi_str_of(row->text);
    assert_int_equal(wadi_str_starts_with(s, row->part), row->starts);
    assert_int_equal(wadi_str_ends_with(s, row->part), row->ends);
    assert_int_equal(wadi_str_contains(s, row->part), row->contains);
}
static void test_trim(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {" ", ""},
        {"\t\n\v\f\r ", ""},
        {" a b ", "a b"},
        {"a", "a"},
        {"  a longer text than twelve bytes\r\n", "a longer text than twelve bytes"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(is(wadi_str_trim(wadi_str_of(rows[i][0])), rows[i][1]));
}
static void test_numbers(void **state) {
    (void)state;
    int64_t whole = 5;
    double real = 5;
    assert_true(wadi_str_to_int64(wadi_str_of("-42"), &whole));
    assert_int_equal(whole, -42);
    assert_false(wadi_str_to_int64(wadi_str_of("42x"), &whole));
    assert_int_equal(whole, -42);
    assert_true(wadi_str_to_double(wadi_str_of("1.5e3"), &real));
    assert_true(real == 1500);
    assert_false(wadi_str_to_double(wadi_str_of(""), &real));
}
static void test_scan(void **state) {
    (void)state;
    int a = 0, b = 0;
    char word[16];
    assert_int_equal(wadi_str_scan(wadi_str_of("7 and 8"), "%d %15s %d", &a, word, &b), 3);
    assert_int_equal(a * 10 + b, 78);
    assert_string_equal(word, "and");
    assert_int_equal(wadi_str_scan(wadi_str_of("7"), "%d %d", &a, &b), 1);
    assert_int_equal(wadi_str_scan(wadi_str_of(""), "%d", &a), 0);
    char text[400]; /* too long for its own buffer, and not ended by a zero */
    memset(text, ' ', sizeof text);
    memcpy(text + 390, "1234567890", 10);
    assert_int_equal(wadi_str_scan(wadi_str_view(text, 395), "%d", &a), 1);
    assert_int_equal(a, 12345);
    wadi__mem_fail_at(1, false);
    assert_int_equal(wadi_str_scan(wadi_str_view(text, 395), "%d", &a), 0);
    wadi__mem_fail_at(0, false);
}
static void test_split(void **state) {
    (void)state;
    static const struct {
        const char *text, *pieces;
    } rows[] = {
        {"", "[]"},
        {"a", "[a]"},
        {" ", "[][]"},
        {"a b", "[a][b]"},
        {" a  b ", "[][a][][b][]"},
        {"a text of more than sixty-four bytes, so that its pieces lie in several blocks of it",
         "[a][text][of][more][than][sixty-four][bytes,][so][that][its][pieces][lie][in]"
         "[several][blocks][of][it]"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[400] = "";
        wadi_str s = wadi_str_of(rows[i].text);
        wadi_split pieces = wadi_split_on(&s, ' ');
        while (wadi_split_next(&pieces))
            snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s]",
                     WADI_STR_ARG(pieces.piece));
        assert_string_equal(got, rows[i].pieces);
        assert_false(wadi_split_next(&pieces));
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_views);
    wadi__unit_add(&unit, test_equal_and_compare);
    wadi__unit_rows(&unit, test_parts, parts);
    wadi__unit_add(&unit, test_trim);
    wadi__unit_add(&unit, test_numbers);
    wadi__unit_add(&unit, test_scan);
    wadi__unit_add(&unit, test_split);
    return wadi__unit_run(&unit, "str");
}
