/* SPDX-License-Identifier: Apache-2.0 */
/* set_test.c: intersection, subtract, subtractByKey against plain arrays. */
#include "exec/memory.h"
#include "testing/keyed.h"

typedef struct set_case {
    const char *name;
    uint32_t left, right, keys, in_partitions, partitions;
} set_case;
static const set_case cases[] = {
    {"nothing", 0, 0, 1, 2, 3},
    {"nothing on the left", 0, 60, 9, 2, 3},
    {"nothing on the right", 60, 0, 9, 2, 3},
    {"one partition", 700, 300, 500, 1, 1},
    {"three partitions", 700, 300, 500, 3, 3},
    {"few keys", 700, 300, 5, 3, 3},
    {"65 partitions", 700, 300, 500, 3, 65},
    {"1000 partitions", 200, 100, 100, 3, 1000},
};

static wadi_context *sc;
static int start(void **state) {
    (void)state;
    sc = wadi_context_new("local[3]", "set");
    return 0;
}
static int stop(void **state) {
    (void)state;
    return wadi_finish(sc);
}
static int compare_values(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}
/* The records have these values, in any order. */
static void check_values(const test_kind *kind, wadi_rdd *rdd, int64_t *expected, size_t count) {
    size_t n;
    const char *rows = wadi__collect(rdd, kind->pair, &n);
    assert_int_equal(n, count);
    int64_t *actual = malloc((n + 1) * sizeof *actual);
    for (size_t i = 0; i < n; i++)
        actual[i] = *(const int64_t *)(const void *)(rows + i * kind->pair->size +
                                                     kind->pair->fields[1].offset);
    qsort(actual, n, sizeof *actual, compare_values);
    qsort(expected, n, sizeof *expected, compare_values);
    for (size_t i = 0; i < n; i++) assert_int_equal(actual[i], expected[i]);
    free(actual);
}
/* Every third record of the left side is on the right side too, and twice in the left one. */
static void test_case(void **state) {
    const set_case *row = *state;
    uint64_t seed = 53;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        const test_kind *kind = &test_kinds[k];
        test_rows left = test_rows_make(kind, row->left, row->keys, &seed);
        test_rows right = test_rows_make(kind, row->right, row->keys, &seed);
        test_rows shared = {kind, 0, calloc(row->left + 1, sizeof(uint32_t)),
                            calloc(row->left + 1, kind->pair->size)};
        for (uint32_t i = 0; i < left.count; i += 3, shared.count++)
            memcpy(shared.rows + shared.count * kind->pair->size, left.rows + i * kind->pair->size,
                   kind->pair->size);
        int64_t *values = calloc(row->left + 1, sizeof *values);
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *l = test_rdd(sc, &left, row->in_partitions),
                 *r = test_rdd(sc, &right, row->in_partitions);
        wadi_rdd *s = test_rdd(sc, &shared, 2);
        uint32_t p = row->partitions;
        size_t n = 0;
        for (uint32_t i = 0; i < left.count; i += 3) values[n++] = test_value(&left, i);
        check_values(kind, wadi_intersection(wadi_union(l, s), s, .partitions = p), values, n);
        assert_int_equal(wadi_rdd_partition_count(wadi_intersection(l, s, .partitions = p)), p);
        n = 0;
        for (uint32_t i = 0; i < left.count; i++)
            if (i % 3 != 0) values[n++] = test_value(&left, i);
        check_values(kind, wadi_subtract(l, s, .partitions = p), values, n);
        n = 0;
        for (uint32_t i = 0; i < left.count; i++) {
            bool is_there = false;
            for (uint32_t j = 0; j < right.count && !is_there; j++)
                is_there = right.numbers[j] == left.numbers[i];
            if (!is_there) values[n++] = test_value(&left, i);
        }
        check_values(kind, wadi_subtract_by_key(l, r, .partitions = p), values, n);
        assert_int_equal(wadi_rdd_partition_count(wadi_subtract_by_key(l, r)), row->in_partitions);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
        free(values);
        test_rows_free(&left);
        test_rows_free(&right);
        test_rows_free(&shared);
    }
}
/* What has its keys in the right places is read where it is. */
WADI_FILTER(is_even, str_pair) { return in->value % 2 == 0; }
static void test_without_shuffle(void **state) {
    (void)state;
    uint64_t seed = 59;
    test_rows rows = test_rows_make(&test_kinds[4], 500, 100, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_reduce_by_key(test_rdd(sc, &rows, 3), wadi_max, .partitions = 7);
    wadi_rdd *even = wadi_filter(left, is_even), *odd = wadi_subtract_by_key(left, even);
    assert_int_equal(wadi_rdd_partition_count(odd), 7);
    assert_false(odd->parents[0].is_wide || odd->parents[1].is_wide);
    int64_t all = wadi_count(left);
    assert_int_equal(wadi_count(even) + wadi_count(odd), all);
    assert_int_equal(wadi_count(wadi_filter(odd, is_even)), 0);
    test_batch_end(&batch);
    test_rows_free(&rows);
}
static uint64_t set_some(void *arg) {
    wadi_rdd *left = test_rdd(sc, arg, 2), *even = wadi_filter(left, is_even);
    return test_digest(wadi_intersection(left, even, .partitions = 2), false) +
           test_digest(wadi_subtract_by_key(left, even, .partitions = 2), false);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 61;
    test_rows in = test_rows_make(&test_kinds[4], 300, 200, &seed);
    test_sweep(set_some, &in);
    test_rows_free(&in);
}
static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_parallelize(sc, long_pair, NULL, 0),
             *right = wadi_parallelize(sc, str_pair, NULL, 0);
    test_says(test_error_of(wadi_subtract(left, right)),
              "one side has records of long_pair, the other of str_pair");
    test_says(test_error_of(wadi_intersection(left, wadi_range(sc, 0, 1))),
              "one side has records of long_pair");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    left = wadi_parallelize(sc, long_pair, NULL, 0),
    right = wadi_parallelize(sc, str_pair, NULL, 0);
    test_says(test_error_of(wadi_subtract_by_key(left, right)),
              "the left side has the key int64_t, the right one has wadi_str");
    test_batch_end(&batch);
}

int main(void) {
    enum { CASES = sizeof cases / sizeof cases[0] };
    const struct CMUnitTest others[] = {cmocka_unit_test(test_without_shuffle),
                                        cmocka_unit_test(test_mistakes),
                                        cmocka_unit_test(test_no_memory)};
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[CASES + OTHERS];
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    memcpy(tests + CASES, others, sizeof others);
    int failed = cmocka_run_group_tests_name("set", tests, start, stop);
    wadi__memory_share_most = TEST_SHARE; /* the same by parts on disk */
    struct CMUnitTest again[CASES];
    memcpy(again, tests, sizeof again);
    return failed + cmocka_run_group_tests_name("set, by parts", again, start, stop);
}
