/* SPDX-License-Identifier: Apache-2.0 */
/* sort_test.c: sorting against a stable insertion of the same records. */
#include "exec/sort_key.h"
#include "exec/memory.h"
#include "testing/keyed.h"

typedef struct sort_case {
    const char *name;
    uint32_t count, keys, in_partitions, partitions;
    bool is_descending;
} sort_case;
static const sort_case cases[] = {
    {"nothing", 0, 1, 3, 2, false},
    {"nothing, in one partition", 0, 1, 1, 1, false},
    {"one record", 1, 1, 1, 1, false},
    {"one record, many partitions", 1, 1, 2, 9, false},
    {"one key", 300, 1, 3, 4, false},
    {"few records", 11, 100, 1, 1, false},
    {"some records", 150, 1000, 1, 1, false},
    {"many records", 5000, 60000, 1, 1, false},
    {"many records of few keys", 5000, 100, 1, 1, false},
    {"descending", 5000, 3000, 1, 1, true},
    {"three partitions", 4000, 60000, 4, 3, false},
    {"three partitions, descending", 4000, 60000, 4, 3, true},
    {"more partitions than keys", 500, 5, 2, 20, false},
    {"64 partitions", 4000, 60000, 5, 64, false},
    {"65 partitions", 4000, 60000, 5, 65, true},
    {"1000 partitions", 3000, 60000, 3, 1000, false},
};

static wadi_context *sc;
static int start(void **state) {
    (void)state;
    sc = wadi_context_new("local[3]", "sort");
    return 0;
}
static int stop(void **state) {
    (void)state;
    return wadi_finish(sc);
}

static const wadi__sort_key *order;
static size_t value_offset;
static int compare_rows(const void *a, const void *b) {
    int c = wadi__sort_key_compare(order, *(const char *const *)a, *(const char *const *)b);
    if (c != 0) return c;
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    return x < y ? -1 : x > y; /* as they stood */
}
static void test_case(void **state) {
    const sort_case *row = *state;
    uint64_t seed = 7;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        const test_kind *kind = &test_kinds[k];
        test_rows in = test_rows_make(kind, row->count, row->keys, &seed);
        test_batch batch;
        test_batch_begin(&batch);
        size_t n, size = kind->pair->size;
        wadi_rdd *sorted =
            wadi_sort_by_key(test_rdd(sc, &in, row->in_partitions), .partitions = row->partitions,
                             .descending = row->is_descending);
        assert_int_equal(wadi_rdd_partition_count(sorted), row->partitions);
        const char *rows = wadi__collect(sorted, kind->pair, &n);
        assert_string_equal(test_batch_error(&batch), "");
        assert_int_equal(n, row->count);
        wadi__sort_key key;
        const wadi__type *pair = wadi__type_intern(kind->pair, NULL);
        wadi__sort_key_init(&key, pair, &pair->pub.fields[0], row->is_descending);
        order = &key;
        value_offset = kind->pair->fields[1].offset;
        const char **expected = malloc((row->count + 1) * sizeof *expected);
        for (uint32_t i = 0; i < row->count; i++) expected[i] = in.rows + i * size;
        qsort(expected, row->count, sizeof *expected, compare_rows);
        for (size_t i = 0; i < n; i++)
            assert_memory_equal(rows + i * size + value_offset, expected[i] + value_offset,
                                sizeof(int64_t));
        free(expected);
        test_batch_end(&batch);
        test_rows_free(&in);
    }
}

/* ---- Other orders ---- */

static void test_by_field(void **state) {
    (void)state;
    str_pair rows[] = {
        {wadi_str_of("b"), 2}, {wadi_str_of("a"), 3}, {wadi_str_of("c"), 1}, {wadi_str_of("d"), 2}};
    wadi_rdd *in = wadi_parallelize(sc, str_pair, rows, 4, .partitions = 2);
    size_t n;
    const str_pair *sorted = wadi_collect(wadi_sort_by(in, "value", .partitions = 1), str_pair, &n);
    assert_int_equal(n, 4);
    const char *ascending[] = {"c", "b", "d", "a"}, *descending[] = {"a", "b", "d", "c"};
    for (size_t i = 0; i < n; i++)
        assert_true(wadi_str_equal(sorted[i].key, wadi_str_of(ascending[i])));
    sorted = wadi_collect(wadi_sort_by(in, "value", .descending = true), str_pair, &n);
    for (size_t i = 0; i < n; i++)
        assert_true(wadi_str_equal(sorted[i].key, wadi_str_of(descending[i])));
    int64_t numbers[] = {5, -3, 9, INT64_MIN, INT64_MAX, 0};
    wadi_rdd *whole =
        wadi_sort_by(wadi_parallelize(sc, int64_t, numbers, 6, .partitions = 3), NULL);
    const int64_t *in_order = wadi_collect(whole, int64_t, &n),
                  expected[] = {INT64_MIN, -3, 0, 5, 9, INT64_MAX};
    assert_memory_equal(in_order, expected, sizeof expected);
}
static void test_wholes(void **state) { /* of records: field after field, sequences too */
    (void)state;
    int64_t lists[] = {1, 2, 3};
    long_values rows[] = {
        {2, {lists, 1}}, {1, {lists, 3}}, {1, {lists, 2}}, {1, {NULL, 0}}, {1, {lists + 1, 1}}};
    size_t n;
    const long_values *sorted =
        wadi_collect(wadi_sort_by(wadi_parallelize(sc, long_values, rows, 5, .partitions = 2), NULL,
                                  .partitions = 3),
                     long_values, &n);
    assert_int_equal(n, 5);
    const size_t counts[] = {0, 2, 3, 1, 1};
    for (size_t i = 0; i < n; i++) assert_int_equal(sorted[i].values.count, counts[i]);
    assert_int_equal(sorted[4].key, 2);
}
static int compare_texts(const void *a, const void *b) {
    return wadi_str_compare(*(const wadi_str *)a, *(const wadi_str *)b);
}
/* Bytes of all values, zeros at the end, beginnings of one another. */
static void test_strings(void **state) {
    (void)state;
    enum { COUNT = 20000, BYTES = 24 };
    uint64_t seed = 3;
    static char bytes[COUNT][BYTES];
    static wadi_str texts[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t alphabet = i % 3 == 0 ? 2 : i % 3 == 1 ? 4 : 256;
        for (size_t b = 0; b < BYTES; b++) bytes[i][b] = (char)(test_random(&seed) % alphabet);
        texts[i] = wadi_str_view(bytes[i], test_random(&seed) % (BYTES + 1));
    }
    for (uint32_t partitions = 1; partitions < 9; partitions += 7) {
        test_batch batch;
        test_batch_begin(&batch);
        size_t n;
        const wadi_str *sorted =
            wadi_collect(wadi_sort_by_key(wadi_parallelize(sc, wadi_str, texts, COUNT),
                                          .partitions = partitions),
                         wadi_str, &n);
        assert_int_equal(n, COUNT);
        static wadi_str expected[COUNT];
        memcpy(expected, texts, sizeof texts);
        qsort(expected, COUNT, sizeof expected[0], compare_texts);
        for (size_t i = 0; i < n; i++) assert_true(wadi_str_equal(sorted[i], expected[i]));
        test_batch_end(&batch);
    }
}
/* Every string is the beginning of the next. */
static void test_ladder(void **state) {
    (void)state;
    enum { COUNT = 3000 };
    static char bytes[COUNT];
    static wadi_str texts[COUNT];
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 0; i < COUNT; i++) texts[i] = wadi_str_view(bytes, (i * 7 + 1) % COUNT);
    size_t n;
    const wadi_str *sorted =
        wadi_collect(wadi_sort_by_key(wadi_parallelize(sc, wadi_str, texts, COUNT)), wadi_str, &n);
    for (size_t i = 0; i < n; i++) assert_int_equal(sorted[i].len, i);
}

/* ---- Mistakes and failures ---- */

static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    str_pair rows[] = {{wadi_str_of("b"), 2}};
    wadi_rdd *in = wadi_parallelize(sc, str_pair, rows, 1);
    test_says(test_error_of(wadi_sort_by(in, "vaule")),
              "str_pair has no field 'vaule'; it has key, value");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_rdd *numbers = wadi_range(sc, 0, 3);
    test_says(test_error_of(wadi_sort_by(numbers, "key")),
              "int64_t has no fields: sort by NULL, the value itself");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    test_says(test_error_of(
                  wadi_sort_by_key(wadi_range(sc, 0, 3), .ascending = true, .descending = true)),
              ".ascending and .descending exclude each other");
    test_batch_end(&batch);
}
WADI_FILTER(fails_on_nine, int64_t) {
    if (*in == 9) wadi_fail(task, "nine is too much");
    return true;
}
static void test_failing_parent(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *sorted =
        wadi_sort_by_key(wadi_filter(wadi_range(sc, 0, 20), fails_on_nine), .partitions = 4);
    size_t n = 1;
    assert_null(wadi_collect(sorted, int64_t, &n));
    assert_int_equal(n, 0);
    test_says(test_batch_error(&batch),
              "nine is too much; in filter of 'fails_on_nine'; at record 3 of the partition: 9");
    test_batch_end(&batch);
}
static uint64_t sort_some(void *arg) {
    return test_digest(wadi_sort_by_key(test_rdd(sc, arg, 2), .partitions = 3), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 400, 300, &seed);
    test_sweep(sort_some, &in);
    test_rows_free(&in);
}

int main(void) {
    enum { CASES = sizeof cases / sizeof cases[0] };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_by_field), cmocka_unit_test(test_wholes),
        cmocka_unit_test(test_strings),  cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_failing_parent),
        cmocka_unit_test(test_no_memory)};
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[CASES + OTHERS];
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    memcpy(tests + CASES, others, sizeof others);
    int failed = cmocka_run_group_tests_name("sort", tests, start, stop);
    wadi__memory_share_most = TEST_SHARE; /* the same by parts on disk */
    struct CMUnitTest again[CASES];
    memcpy(again, tests, sizeof again);
    return failed + cmocka_run_group_tests_name("sort, by parts", again, start, stop);
}
