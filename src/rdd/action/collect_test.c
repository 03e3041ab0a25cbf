/* SPDX-License-Identifier: Apache-2.0 */
/* collect_test.c: the plain actions: collect, count, first, take, is_empty, foreach,
 * foreach_partition, print, histograms, samples. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

/* A dataset of 0 to count - 1 in so many partitions. */
static wadi_rdd *numbers(int64_t count, uint32_t partitions) {
    static int64_t rows[20000];
    for (int64_t i = 0; i < count; i++) rows[i] = i;
    wadi_op_options options = {.size = sizeof options, .partitions = partitions};
    return wadi__parallelize(sc, WADI_TYPE(int64_t), rows, (size_t)count, &options);
}
static atomic_llong computed; /* partitions of which something was asked */
WADI_MAP_PARTITION(count_partitions, int64_t, int64_t) {
    atomic_fetch_add(&computed, 1);
    while ((in = wadi_next(it))) wadi_emit(out, *in);
}
typedef struct size_case {
    const char *name;
    int64_t count;
    uint32_t partitions;
} size_case;
static size_case sizes[] = {
    {"nothing", 0, 1},
    {"nothing in many partitions", 0, 9},
    {"one", 1, 1},
    {"one in many partitions", 1, 9},
    {"a few", 10, 3},
    {"more partitions than records", 5, 40},
    {"several chunks", 20000, 3},
};
static void test_sizes(void **state) {
    const size_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = numbers(row->count, row->partitions);
    size_t n = 99;
    const int64_t *rows = wadi_collect(rdd, int64_t, &n);
    assert_int_equal(n, row->count);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i], i);
    assert_int_equal(wadi_count(rdd), row->count);
    assert_int_equal(wadi_is_empty(rdd), row->count == 0);
    const int64_t *first = wadi_first(rdd, int64_t);
    if (row->count > 0)
        assert_int_equal(*first, 0);
    else
        assert_null(first);
    const char *why = test_batch_error(&batch);
    if (row->count > 0) assert_string_equal(why, "");
    test_batch_end(&batch);
    static const size_t limits[] = {0, 1, 4, 5, 6, 4097, 100000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        test_batch_begin(&batch);
        size_t wanted = limits[i] < (size_t)row->count ? limits[i] : (size_t)row->count;
        rows = wadi_take(numbers(row->count, row->partitions), int64_t, limits[i], &n);
        assert_int_equal(n, wanted);
        for (size_t k = 0; k < n; k++) assert_int_equal(rows[k], k);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
    }
}
/* Only as many partitions are computed as are needed. */
static void test_take_computes_little(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    atomic_store(&computed, 0);
    size_t n;
    wadi_take(wadi_map_partitions(numbers(1000, 100), count_partitions), int64_t, 10, &n);
    assert_int_equal(n, 10);
    assert_true(atomic_load(&computed) <= 2);
    atomic_store(&computed, 0);
    wadi_take(wadi_map_partitions(numbers(1000, 100), count_partitions), int64_t, 200, &n);
    assert_int_equal(n, 200);
    assert_true(atomic_load(&computed) < 100);
    test_batch_end(&batch);
}
static void test_wrong_types(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n = 99;
    assert_null(wadi_collect(numbers(10, 2), wadi_str, &n));
    assert_int_equal(n, 0);
    test_says(test_batch_error(&batch),
              "records of wadi_str are wanted, the dataset has int64_t; in collect of ");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    assert_null(wadi_first(numbers(10, 2), double));
    test_says(test_batch_error(&batch), "in first of ");
    test_batch_end(&batch);
}

/* ---- Effects ---- */

static atomic_llong sum, calls;
WADI_FOREACH(add_to_sum, int64_t) { atomic_fetch_add(&sum, *in); }
WADI_FOREACH_PARTITION(add_partition, int64_t) {
    atomic_fetch_add(&calls, 1);
    while ((in = wadi_next(it))) atomic_fetch_add(&sum, *in);
}
WADI_FILTER(is_even, int64_t) { return *in % 2 == 0; }
static void test_foreach(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_foreach(numbers(10000, 3), add_to_sum);
    assert_int_equal(atomic_load(&sum), 49995000);
    atomic_store(&sum, 0);
    wadi_foreach(wadi_filter(numbers(10000, 3), is_even), add_to_sum);
    assert_int_equal(atomic_load(&sum), 24995000);
    atomic_store(&sum, 0);
    wadi_foreach_partition(numbers(10, 20), add_partition);
    assert_int_equal(atomic_load(&sum), 45);
    assert_int_equal(atomic_load(&calls), 20); /* empty ones too */
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_foreach(wadi_map(numbers(3, 1), (wadi_map_fn){0}), add_to_sum);
    test_says(test_batch_error(&batch), "no function is given");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    static const double one = 1;
    wadi_foreach(wadi_parallelize(sc, double, &one, 1), add_to_sum);
    test_says(test_batch_error(&batch), "'add_to_sum' takes int64_t");
    test_says(test_batch_error(&batch), "in foreach of ");
    test_batch_end(&batch);
}

/* ---- Histograms, samples ---- */

WADI_RECORD(reading, (wadi_str, at), (double, value));
static void test_histogram(void **state) {
    (void)state;
    static const double values[] = {-1, 0, 0.5, 1, 1.5, 2, 3, 3, 3.01, (double)NAN};
    reading rows[10];
    for (size_t i = 0; i < 10; i++) rows[i] = (reading){wadi_str_of("x"), values[i]};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_parallelize(sc, reading, rows, 10, .partitions = 3);
    static const double bounds[] = {0, 1, 2, 3};
    int64_t counts[4] = {9, 9, 9, 9};
    wadi_histogram(rdd, "value", bounds, 3, counts);
    assert_string_equal(test_batch_error(&batch), "");
    static const int64_t wanted[] = {2, 2, 3}; /* the last bucket has its upper end */
    assert_memory_equal(counts, wanted, sizeof wanted);
    assert_int_equal(counts[3], 9);
    double made[3];
    wadi_histogram_even(numbers(101, 4), NULL, 2, made, counts);
    assert_true(made[0] == 0 && made[1] == 50 && made[2] == 100);
    assert_int_equal(counts[0], 50);
    assert_int_equal(counts[1], 51);
    test_batch_end(&batch);
    static const double wrong[] = {0, 2, 1};
    test_batch_begin(&batch);
    wadi_histogram(rdd = numbers(3, 1), NULL, wrong, 2, counts);
    test_says(test_batch_error(&batch), "in histogram of ");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_histogram(numbers(3, 1), "none", bounds, 3, counts);
    test_says(test_batch_error(&batch), "in histogram of ");
    test_batch_end(&batch);
}
static void test_sample(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    for (int with_replacement = 0; with_replacement < 2; with_replacement++) {
        size_t n, again;
        const int64_t *rows =
            wadi_take_sample(numbers(1000, 3), int64_t, 50, with_replacement, 7, &n);
        assert_int_equal(n, 50);
        bool seen[1000] = {false};
        size_t ascending = 0;
        for (size_t i = 0; i < n; i++) {
            assert_in_range(rows[i], 0, 999);
            assert_true(with_replacement || !seen[rows[i]]);
            seen[rows[i]] = true;
            ascending += i > 0 && rows[i] > rows[i - 1];
        }
        assert_true(ascending < 45); /* in the order of chance */
        const int64_t *same =
            wadi_take_sample(numbers(1000, 3), int64_t, 50, with_replacement, 7, &again);
        assert_memory_equal(rows, same, 50 * sizeof *rows);
        wadi_take_sample(numbers(10, 3), int64_t, 50, with_replacement, 7, &n);
        assert_int_equal(n, with_replacement ? 50 : 10);
        wadi_take_sample(numbers(0, 3), int64_t, 50, with_replacement, 7, &n);
        assert_int_equal(n, 0);
    }
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}

int main(void) {
    sc = wadi_context_new("local[2]", "actions");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_sizes, sizes);
    wadi__unit_add(&unit, test_take_computes_little);
    wadi__unit_add(&unit, test_wrong_types);
    wadi__unit_add(&unit, test_foreach);
    wadi__unit_add(&unit, test_histogram);
    wadi__unit_add(&unit, test_sample);
    int failed = wadi__unit_run(&unit, "collect");
    return wadi_finish(sc) + failed;
}
