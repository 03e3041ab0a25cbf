/* SPDX-License-Identifier: Apache-2.0 */
/* stats_test.c: statistics and histograms of fields. */
#include "rdd/action/stats.h"

#include "rdd/action/test_actions.h"

#include <math.h>

WADI_RECORD(reading, (wadi_str, sensor), (double, value), (int32_t, whole), (uint8_t, small),
            (float, single), (int8_t, tiny));

static wadi_rdd *values_of(const double *values, size_t n, uint32_t partitions) {
    return wadi_parallelize(sc, double, values, n, .partitions = partitions);
}
static void assert_near(double actual, double expected, double part) {
    if (!(fabs(actual - expected) <= part * fmax(fabs(expected), 1e-300)))
        fail_msg("%.17g is not %.17g", actual, expected);
}
static void test_known_values(void **state) {
    (void)state;
    const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    for (uint32_t partitions = 1; partitions < 12; partitions++) {
        wadi_statistics stats = wadi_stats(values_of(values, 8, partitions), NULL);
        assert_int_equal(stats.count, 8);
        assert_true(stats.sum == 40 && stats.min == 2 && stats.max == 9);
        assert_near(stats.mean, 5, 1e-15);
        assert_near(stats.stdev, 2, 1e-15);
    }
}
static void test_nothing_and_one(void **state) {
    (void)state;
    wadi_statistics stats = wadi_stats(wadi_empty_rdd(sc, double), NULL);
    assert_true(stats.count == 0 && stats.sum == 0);
    assert_true(isnan(stats.mean) && isnan(stats.stdev) && isnan(stats.min) && isnan(stats.max));
    double one = -3;
    stats = wadi_stats(values_of(&one, 1, 4), NULL);
    assert_true(stats.count == 1 && stats.mean == -3 && stats.stdev == 0 && stats.min == -3 &&
                stats.max == -3);
}
static void test_close_large_values(void **state) {
    (void)state;
    enum { N = 100000 };
    double *values = malloc(N * sizeof *values);
    for (size_t i = 0; i < N; i++) values[i] = 1e9 + (double)(i % 3); /* deviation sqrt(2/3) */
    wadi_statistics stats = wadi_stats(values_of(values, N - 1, 7), NULL);
    assert_near(stats.stdev, sqrt(2.0 / 3), 1e-7);
    assert_near(stats.mean, 1e9 + 1, 1e-12);
    free(values);
}
static void test_odd_values(void **state) {
    (void)state;
    const double with_nan[] = {1, (double)NAN, 3}, infinite[] = {1, (double)INFINITY};
    wadi_statistics stats = wadi_stats(values_of(with_nan, 3, 3), NULL);
    assert_int_equal(stats.count, 3);
    assert_true(isnan(stats.sum) && isnan(stats.mean) && isnan(stats.min) && isnan(stats.max) &&
                isnan(stats.stdev));
    stats = wadi_stats(values_of(infinite, 2, 1), NULL);
    assert_true(isinf(stats.sum) && isinf(stats.max) && stats.min == 1);
}
static void test_all_kinds_of_numbers(void **state) {
    (void)state;
    reading rows[] = {{wadi_str_of("a"), 1.5, -70000, 200, 0.5f, -1},
                      {wadi_str_of("b"), 2.5, 70000, 100, 1.5f, 1}};
    wadi_rdd *rdd = wadi_parallelize(sc, reading, rows, 2, .partitions = 2);
    assert_true(wadi_stats(rdd, "value").mean == 2);
    assert_true(wadi_stats(rdd, "whole").max == 70000);
    assert_true(wadi_stats(rdd, "small").sum == 300);
    assert_true(wadi_stats(rdd, "single").min == 0.5);
    assert_true(wadi_stats(rdd, "tiny").min == -1);
    assert_int_equal(wadi_stats(wadi_range(sc, 0, 100000), NULL).sum, 4999950000);
    assert_int_equal(wadi_stats(rdd, "sensor").count, 0);
    assert_non_null(strstr(error_of(rdd), "field 'sensor' of reading is no number; in stats of "));
    rdd = wadi_parallelize(sc, reading, rows, 2);
    wadi_stats(rdd, NULL);
    assert_non_null(strstr(error_of(rdd), "a record of reading is no number"));
}

/* ---- Histograms ---- */

static void test_histogram(void **state) {
    (void)state;
    const double values[] = {0,   1, 1.5,    2,    2.9999,      3,
                             3.5, 4, 4.0001, -0.5, (double)NAN, (double)INFINITY};
    const double bounds[] = {0, 1, 3, 4};
    int64_t counts[3] = {9, 9, 9};
    for (uint32_t partitions = 1; partitions < 9; partitions += 3) {
        wadi_histogram(values_of(values, 12, partitions), NULL, bounds, 3, counts);
        assert_int_equal(counts[0], 1);
        assert_int_equal(counts[1], 4);
        assert_int_equal(counts[2], 3); /* with its upper end */
    }
    const double uneven[] = {0, 2, 1};
    wadi_rdd *rdd = values_of(values, 12, 2);
    wadi_histogram(rdd, NULL, uneven, 2, counts);
    assert_non_null(
        strstr(error_of(rdd), "the bounds of a histogram must ascend; in histogram of "));
    assert_int_equal(counts[0], 0);
    rdd = values_of(values, 12, 2);
    wadi_histogram(rdd, NULL, uneven, 0, counts);
    assert_non_null(strstr(error_of(rdd), "a histogram has one bucket or more"));
}
static void test_histogram_even(void **state) {
    (void)state;
    double bounds[12];
    int64_t counts[11];
    wadi_rdd *rdd = wadi_range(sc, 0, 101);
    wadi_histogram_even(rdd, NULL, 10, bounds, counts);
    for (int i = 0; i <= 10; i++) assert_true(bounds[i] == 10 * i);
    for (int i = 0; i < 10; i++) assert_int_equal(counts[i], i == 9 ? 11 : 10);
    const double same[] = {5, 5, 5};
    wadi_histogram_even(values_of(same, 3, 2), NULL, 4, bounds, counts);
    assert_true(bounds[0] == 5 && bounds[4] == 5);
    assert_true(counts[0] == 0 && counts[1] == 0 && counts[3] == 3);
    rdd = wadi_empty_rdd(sc, double);
    wadi_histogram_even(rdd, NULL, 2, bounds, counts);
    assert_non_null(strstr(error_of(rdd), "a histogram of no records has no bounds"));
    const double odd[] = {1, (double)INFINITY};
    rdd = values_of(odd, 2, 1);
    wadi_histogram_even(rdd, NULL, 2, bounds, counts);
    assert_non_null(strstr(error_of(rdd), "a histogram of infinite values or NaN has no bounds"));
    assert_true(bounds[0] == 0 && counts[0] == 0);
}
static void test_histogram_against_counting(void **state) {
    (void)state;
    enum { N = 20000, BUCKETS = 13 };
    double *values = malloc(N * sizeof *values), bounds[BUCKETS + 1];
    int64_t counts[BUCKETS], wanted[BUCKETS] = {0};
    uint64_t random = 5;
    for (size_t i = 0; i < N; i++) {
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        values[i] = (double)(random >> 40) / 1000.0 - 5000;
    }
    wadi_histogram_even(values_of(values, N, 5), NULL, BUCKETS, bounds, counts);
    for (size_t i = 0; i < N; i++)
        for (size_t b = 0; b < BUCKETS; b++)
            wanted[b] +=
                values[i] >= bounds[b] &&
                (values[i] < bounds[b + 1] || (b == BUCKETS - 1 && values[i] == bounds[BUCKETS]));
    for (size_t b = 0; b < BUCKETS; b++) assert_int_equal(counts[b], wanted[b]);
    free(values);
}
static bool run_all(wadi_context *own, wadi_rdd **used) {
    double bounds[5];
    int64_t counts[4];
    *used = wadi_range(own, 0, 1000);
    wadi_histogram_even(*used, NULL, 4, bounds, counts);
    return counts[0] == 250;
}
static void test_without_memory(void **state) {
    (void)state;
    test_every_allocation(run_all);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_known_values),         CASE(test_nothing_and_one),
        CASE(test_close_large_values),   CASE(test_odd_values),
        CASE(test_all_kinds_of_numbers), CASE(test_histogram),
        CASE(test_histogram_even),       CASE(test_histogram_against_counting),
        CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
