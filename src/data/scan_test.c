/* SPDX-License-Identifier: Apache-2.0 */
/* scan_test.c: vector code and plain code against loops over bytes, on random text at all
 * alignments, that ends where nothing more can be read. */
#include "data/scan.h"

#include "testing/unit.h"

#include <wadi/str.h>

#include <stdio.h>
#include <sys/mman.h>

enum { TEXT_MAX = 4096, ROWS_MAX = TEXT_MAX };
static char *text_end; /* the end of memory that can be read */

static void make_room(void) {
    char *pages =
        mmap(NULL, TEXT_MAX + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + TEXT_MAX + 4096, 4096, PROT_NONE) != 0) abort();
    text_end = pages + TEXT_MAX + 4096;
}
static uint64_t chance;
static uint32_t below(uint32_t n) {
    chance = chance * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(chance >> 33) % n;
}
/* Bytes of few kinds, so that much is found. */
static char *random_text(size_t size, size_t before_end) {
    static const char kinds[] = "ab \n\r\n,\xff";
    char *text = text_end - before_end - size;
    uint32_t of = 2 + below(6);
    for (size_t i = 0; i < size; i++) text[i] = below(20) == 0 ? '\n' : kinds[below(of)];
    return text;
}
static void each_variant(void (*check)(const char *text, size_t size)) {
    for (int is_plain = 0; is_plain < 2; is_plain++) {
        wadi__scan_use_plain(is_plain);
        if (is_plain) assert_string_equal(wadi__scan_variant(), "plain");
        chance = 11;
        for (size_t size = 0; size < 260; size++)
            for (size_t before_end = 0; before_end < 70; before_end += 1 + below(9))
                check(random_text(size, before_end), size);
        for (int i = 0; i < 50; i++) {
            size_t size = below(TEXT_MAX);
            check(random_text(size, below(100)), size);
        }
    }
    wadi__scan_use_plain(false);
}

/* ---- Lines ---- */

/* The lines of a text, the loop that is easily seen to be right. */
static size_t lines_of(const char *text, size_t size, wadi_str *rows, size_t *used) {
    size_t count = 0, start = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\n') continue;
        size_t end = i > start && text[i - 1] == '\r' ? i - 1 : i;
        rows[count++] = wadi__str_view_carefully(text + start, end - start);
        start = i + 1;
    }
    *used = start;
    return count;
}
static wadi_str wanted[ROWS_MAX], got[ROWS_MAX];
static void check_lines(const char *text, size_t size) {
    size_t wanted_used, used, count = lines_of(text, size, wanted, &wanted_used);
    assert_int_equal(wadi__scan_lines(text, size, got, ROWS_MAX, &used), count);
    assert_int_equal(used, wanted_used);
    assert_memory_equal(got, wanted, count * sizeof got[0]);
    size_t ends = 0;
    for (size_t i = 0; i < size; i++) ends += text[i] == '\n';
    assert_int_equal(wadi__scan_count_lines(text, size), ends);
    if (count < 2) return;
    size_t some = 1 + below((uint32_t)count - 1); /* as many as there is room for */
    assert_int_equal(wadi__scan_lines(text, size, got, some, &used), some);
    assert_memory_equal(got, wanted, some * sizeof got[0]);
    assert_true(used <= wanted_used && used > 0 && text[used - 1] == '\n');
}
static void test_lines(void **state) {
    (void)state;
    each_variant(check_lines);
}

/* ---- Separators ---- */

static void check_mask(const char *text, size_t size) {
    static const char separators[] = {'a', ' ', '\n', '\0', '\xff'};
    const char *end = text + size;
    for (size_t s = 0; s < sizeof separators; s++)
        for (const char *at = text; at <= end; at += 1 + below(40)) {
            uint64_t mask = 0;
            for (size_t i = 0; i < 64; i++)
                if (at + i == end || (at + i < end && at[i] == separators[s])) mask |= 1ull << i;
            assert_int_equal(wadi__split_mask(at, end, separators[s]), mask);
        }
}
static void test_mask(void **state) {
    (void)state;
    each_variant(check_mask);
}

/* ---- Parts ---- */

static void check_find(const char *text, size_t size) {
    char part[24];
    size_t part_size = 1 + below(below(4) == 0 ? 20 : 4);
    if (size >= part_size && below(2) == 0)
        memcpy(part, text + below((uint32_t)(size - part_size + 1)), part_size);
    else
        for (size_t i = 0; i < part_size; i++) part[i] = "ab "[below(3)];
    const char *expected = NULL;
    for (size_t i = 0; expected == NULL && i + part_size <= size; i++)
        if (memcmp(text + i, part, part_size) == 0) expected = text + i;
    assert_ptr_equal(wadi__scan_find(text, size, part, part_size), expected);
}
static void test_find(void **state) {
    (void)state;
    each_variant(check_find);
}
static bool contains(const wadi_str *row, const char *part, size_t part_size) {
    const char *bytes = wadi_str_data(row);
    for (size_t i = 0; i + part_size <= row->len; i++)
        if (memcmp(bytes + i, part, part_size) == 0) return true;
    return false;
}
/* Rows side by side, some of them in place, some left out. */
static void check_containing(const char *text, size_t size) {
    size_t used, count = lines_of(text, size, wanted, &used), chosen = 0, expected_count = 0;
    static uint32_t selected[ROWS_MAX], kept[ROWS_MAX], expected[ROWS_MAX];
    for (size_t i = 0; i < count; i++)
        if (below(3) > 0) selected[chosen++] = (uint32_t)i;
    char part[4];
    size_t part_size = 1 + below(3);
    for (size_t i = 0; i < part_size; i++) part[i] = "ab ,"[below(4)];
    for (size_t i = 0; i < count; i++)
        if (contains(&wanted[i], part, part_size)) expected[expected_count++] = (uint32_t)i;
    assert_int_equal(wadi__scan_containing(wanted, NULL, count, part, part_size, kept),
                     expected_count);
    assert_memory_equal(kept, expected, expected_count * sizeof kept[0]);
    expected_count = 0;
    for (size_t i = 0; i < chosen; i++)
        if (contains(&wanted[selected[i]], part, part_size))
            expected[expected_count++] = selected[i];
    assert_int_equal(wadi__scan_containing(wanted, selected, chosen, part, part_size, kept),
                     expected_count);
    assert_memory_equal(kept, expected, expected_count * sizeof kept[0]);
}
static void test_containing(void **state) {
    (void)state;
    each_variant(check_containing);
}

int main(void) {
    make_room();
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_lines);
    wadi__unit_add(&unit, test_mask);
    wadi__unit_add(&unit, test_find);
    wadi__unit_add(&unit, test_containing);
    return wadi__unit_run(&unit, "scan");
}
