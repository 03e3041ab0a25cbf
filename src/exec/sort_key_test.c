/* SPDX-License-Identifier: Apache-2.0 */
/* sort_key_test.c: the order of fields of all kinds, sorted stably, and bounds in it, against
 * comparing one by one. */
#include "exec/sort_key.h"

#include "testing/keyed.h"
#include "testing/unit.h"

enum { ROWS_MAX = 4000, BOUNDS_MAX = 40 };

typedef struct sort_case {
    const char *name;
    uint32_t rows, keys;
} sort_case;
static sort_case cases[] = {
    {"nothing", 0, 1},
    {"one record", 1, 1},
    {"so few that they are inserted", 12, 5},
    {"so few that words are merged", 150, 100},
    {"equal keys keep their order", 900, 1},
    {"by radix", ROWS_MAX, 3000},
    {"by radix, keys that repeat", ROWS_MAX, 50},
};
static void check_order(const wadi__sort_key *key, const wadi__sort_entry *entries, size_t count) {
    for (size_t i = 1; i < count; i++) {
        int c = wadi__sort_key_compare(key, entries[i - 1].row, entries[i].row);
        assert_true(c < 0 || (c == 0 && entries[i - 1].row < entries[i].row));
    }
}
/* Each record is there once: their addresses add up. */
static void check_all_there(const wadi__sort_entry *entries, const test_rows *in, size_t row_size) {
    size_t sum = 0, wanted = 0;
    for (size_t i = 0; i < in->count; i++) {
        sum += (size_t)(entries[i].row - in->rows);
        wanted += i * row_size;
    }
    assert_int_equal(sum, wanted);
}
/* Bounds are every so manieth of the sorted records. */
static void check_bounds(const wadi__sort_key *key, const wadi__sort_entry *entries,
                         const test_rows *in, size_t row_size) {
    static char rows[BOUNDS_MAX * 128];
    uint64_t words[BOUNDS_MAX];
    uint32_t count = in->count < BOUNDS_MAX ? in->count : BOUNDS_MAX;
    for (uint32_t b = 0; b < count; b++)
        memcpy(rows + b * row_size, entries[(uint64_t)b * in->count / count].row, row_size);
    for (int again = 0; again < 2; again++) { /* with words to be made, and made */
        wadi__sort_bounds bounds;
        wadi__sort_bounds_init(&bounds, key, rows, row_size, count, words, again == 1);
        for (uint32_t i = 0; i < in->count; i += 7) {
            const char *row = in->rows + i * row_size;
            uint32_t below = 0;
            while (below < count && wadi__sort_key_compare(key, rows + below * row_size, row) < 0)
                below++;
            assert_int_equal(wadi__sort_bounds_below(&bounds, row), below);
        }
    }
}
/* field < 0: the whole record. */
static void sort_kind(const test_kind *kind, const sort_case *row, int field, bool is_descending) {
    static wadi__sort_entry entries[ROWS_MAX], room[ROWS_MAX];
    uint64_t seed = 7;
    test_rows in = test_rows_make(kind, row->rows, row->keys, &seed);
    const wadi__type *pair = wadi__type_intern(kind->pair, NULL);
    wadi__sort_key key;
    wadi__sort_key_init(&key, pair, field < 0 ? NULL : &pair->pub.fields[field], is_descending);
    for (uint32_t i = 0; i < in.count; i++) entries[i].row = in.rows + i * pair->pub.size;
    wadi__sort_entries(&key, entries, room, in.count);
    check_order(&key, entries, in.count);
    check_all_there(entries, &in, pair->pub.size);
    check_bounds(&key, entries, &in, pair->pub.size);
    test_rows_free(&in);
}
static void test_sort(void **state) {
    for (size_t k = 0; k < TEST_KIND_COUNT; k++)
        for (int field = -1; field < 2; field++)
            for (int down = 0; down < 2; down++)
                sort_kind(&test_kinds[k], *state, field, down == 1);
}

/* What comparing gives, of pairs of values whose order is known. */
static void test_numbers(void **state) {
    (void)state;
    static const double ascending[] = {-(double)INFINITY, -1e300,     -1.5, -0.0, 1e-300, 2,
                                       (double)INFINITY,  (double)NAN};
    enum { N = sizeof ascending / sizeof ascending[0] };
    real_pair rows[2 * N] = {0};
    wadi__sort_entry entries[2 * N], room[2 * N];
    const wadi__type *pair = wadi__type_intern(WADI_TYPE(real_pair), NULL);
    wadi__sort_key key;
    wadi__sort_key_init(&key, pair, &pair->pub.fields[0], false);
    for (size_t i = 0; i < 2 * N; i++) {
        rows[i].key = ascending[N - 1 - i % N];
        entries[i].row = (const char *)&rows[i];
    }
    wadi__sort_entries(&key, entries, room, 2 * N);
    for (size_t i = 0; i < 2 * N; i++) {
        double got = ((const real_pair *)(const void *)entries[i].row)->key;
        assert_true(got == ascending[i / 2] || (isnan(got) && i / 2 == N - 1));
    }
}
static void test_strings_that_differ_late(void **state) {
    (void)state;
    enum { N = 300, LENGTH = 1200 };
    static char texts[N][LENGTH + 8];
    static str_pair rows[N];
    wadi__sort_entry entries[N], room[N];
    for (int i = 0; i < N; i++) {
        memset(texts[i], 'x', LENGTH);
        snprintf(texts[i] + LENGTH, 8, "%03d", (i * 7) % N);
        rows[i] = (str_pair){wadi_str_of(texts[i]), (i * 7) % N};
        entries[i].row = (const char *)&rows[i];
    }
    const wadi__type *pair = wadi__type_intern(WADI_TYPE(str_pair), NULL);
    wadi__sort_key key;
    wadi__sort_key_init(&key, pair, &pair->pub.fields[0], true);
    wadi__sort_entries(&key, entries, room, N);
    for (int i = 0; i < N; i++)
        assert_int_equal(((const str_pair *)(const void *)entries[i].row)->value, N - 1 - i);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_sort, cases);
    wadi__unit_add(&unit, test_numbers);
    wadi__unit_add(&unit, test_strings_that_differ_late);
    return wadi__unit_run(&unit, "sort_key");
}
