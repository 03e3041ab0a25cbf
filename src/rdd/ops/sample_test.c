/* SPDX-License-Identifier: Apache-2.0 */
/* sample_test.c: about the wanted share, the same under one seed. */
#include "testing/keyed.h"
#include "testing/unit.h"

#include <math.h>

static wadi_context *sc;

static void test_fractions(void **state) {
    (void)state;
    static const double fractions[] = {0, 0.01, 0.3, 0.9, 1};
    test_batch batch;
    test_batch_begin(&batch);
    enum { COUNT = 100000 };
    wadi_rdd *numbers = wadi_range(sc, 0, COUNT);
    for (size_t f = 0; f < sizeof fractions / sizeof fractions[0]; f++) {
        size_t n, again;
        const int64_t *rows = wadi_collect(wadi_sample(numbers, fractions[f], 42), int64_t, &n);
        double expected = fractions[f] * COUNT, deviation = sqrt(expected * (1 - fractions[f]));
        assert_true(fabs((double)n - expected) <= 6 * deviation);
        for (size_t i = 1; i < n; i++) assert_true(rows[i - 1] < rows[i]); /* each once, in order */
        const int64_t *same = wadi_collect(wadi_sample(numbers, fractions[f], 42), int64_t, &again);
        assert_int_equal(again, n);
        if (n > 0) assert_memory_equal(rows, same, n * sizeof *rows);
        const int64_t *others =
            wadi_collect(wadi_sample(numbers, fractions[f], 43), int64_t, &again);
        if (fractions[f] > 0 && fractions[f] < 1)
            assert_true(n != again || memcmp(rows, others, n * sizeof *rows) != 0);
    }
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
WADI_FILTER(is_odd, int64_t) { return *in % 2 != 0; }
static void test_of_selected_rows(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const int64_t *rows = wadi_collect(
        wadi_sample(wadi_filter(wadi_range(sc, 0, 10000), is_odd), 0.5, 1), int64_t, &n);
    assert_true(n > 2300 && n < 2700);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i] % 2, 1);
    wadi_rdd *counts = wadi_count_by_value(wadi_range(sc, 0, 50), .partitions = 3);
    assert_int_equal(wadi_sample(counts, 0.5, 1)->partitioner.kind, WADI__PARTITION_HASH);
    test_batch_end(&batch);
}
static void test_mistakes(void **state) {
    (void)state;
    static const double fractions[] = {-0.1, 1.1, NAN, INFINITY};
    for (size_t f = 0; f < sizeof fractions / sizeof fractions[0]; f++) {
        test_batch batch;
        test_batch_begin(&batch);
        test_says(test_error_of(wadi_sample(wadi_range(sc, 0, 9), fractions[f], 1)),
                  "it must lie between 0 and 1");
        test_batch_end(&batch);
    }
}

int main(void) {
    sc = wadi_context_new("local[2]", "sample");
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_fractions);
    wadi__unit_add(&unit, test_of_selected_rows);
    wadi__unit_add(&unit, test_mistakes);
    int failed = wadi__unit_run(&unit, "sample");
    return wadi_finish(sc) + failed;
}
