/* SPDX-License-Identifier: Apache-2.0 */
/* top_test.c: top, takeOrdered and takeSample against sorting everything. */
#include "rdd/action/test_actions.h"

#include "rdd/action/best.h"

WADI_RECORD(item, (wadi_str, name), (int64_t, value), (double, weight), (int64_t, at, 2));

static char names[20000][24];
static item items[20000];
static void make_items(size_t n, uint64_t values) {
    uint64_t random = 12345;
    for (size_t i = 0; i < n; i++) {
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        int64_t value = (int64_t)(random >> 33) % (int64_t)values;
        int len =
            snprintf(names[i], sizeof names[i], i % 3 == 0 ? "item number %06d" : "i%d", (int)i);
        items[i] =
            (item){wadi_str_view(names[i], (size_t)len), value, (double)(value % 97), {0, 0}};
    }
}
static int by_value_down(const void *a, const void *b) {
    const item *x = a, *y = b;
    return (x->value < y->value) - (x->value > y->value);
}
static void test_top(void **state) {
    (void)state;
    static const struct {
        size_t n, limit;
        uint64_t values;
        uint32_t partitions;
    } cases[] = {{0, 5, 10, 2},        {1, 5, 10, 3},
                 {10, 3, 4, 3},        {20000, 1, 1000000, 4},
                 {20000, 700, 50, 7},  {20000, 3000, 1000000, 5},
                 {20000, 20000, 9, 3}, {20000, 50000, 1000000, 2},
                 {3000, 1024, 3, 1},   {5000, 2048, 100000, 1}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        size_t n, count = cases[c].n;
        make_items(count, cases[c].values);
        wadi_rdd *rdd = wadi_parallelize(sc, item, items, count, .partitions = cases[c].partitions);
        const item *rows = wadi_top(rdd, item, cases[c].limit, "value", &n);
        size_t wanted = cases[c].limit < count ? cases[c].limit : count;
        assert_int_equal(n, wanted);
        assert_true((rows == NULL) == (wanted == 0));
        /* Ordered, and equal ones as they stood; so it is what a stable sort gives. */
        item *sorted = calloc(count + 1, sizeof *sorted);
        for (size_t i = 0; i < count; i++) sorted[i] = items[i];
        for (size_t i = 1; i < count && count <= 5000; i++) /* insertion sort: stable */
            for (size_t k = i; k > 0 && sorted[k - 1].value < sorted[k].value; k--) {
                item swapped = sorted[k];
                sorted[k] = sorted[k - 1];
                sorted[k - 1] = swapped;
            }
        if (count > 5000) qsort(sorted, count, sizeof *sorted, by_value_down);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(rows[i].value, sorted[i].value);
            if (count <= 5000) assert_true(wadi_str_equal(rows[i].name, sorted[i].name));
        }
        rows = wadi_take_ordered(rdd, item, cases[c].limit, "value", &n);
        assert_int_equal(n, wanted);
        for (size_t i = 0; i < n && count > 0; i++)
            assert_int_equal(rows[i].value, sorted[count - 1 - i].value);
        free(sorted);
    }
}
static void test_whole_records_and_other_fields(void **state) {
    (void)state;
    size_t n;
    make_items(1000, 1000000);
    wadi_rdd *rdd = wadi_parallelize(sc, item, items, 1000, .partitions = 3);
    const item *rows = wadi_take_ordered(rdd, item, 3, NULL, &n);
    assert_int_equal(n, 3);
    assert_true(wadi_str_equal(rows[0].name, wadi_str_of("i1")));
    assert_true(wadi_str_equal(rows[1].name, wadi_str_of("i10")));
    rows = wadi_top(rdd, item, 2, "name", &n);
    assert_true(wadi_str_equal(rows[0].name, wadi_str_of("item number 000999")));
    rows = wadi_top(rdd, item, 2, "weight", &n);
    assert_true(rows[0].weight == 96.0);
    assert_null(wadi_top(rdd, item, 0, "value", &n));
    assert_int_equal(n, 0);
    assert_string_equal(error_of(rdd), "");
    wadi_rdd *numbers = wadi_range(sc, 0, 100);
    const int64_t *top = wadi_top(numbers, int64_t, 2, NULL, &n);
    assert_int_equal(top[0], 99);
    assert_int_equal(top[1], 98);
}
static void test_mistakes(void **state) {
    (void)state;
    size_t n = 7;
    make_items(10, 10);
    wadi_rdd *rdd = wadi_parallelize(sc, item, items, 10);
    assert_null(wadi_top(rdd, item, 2, "valeu", &n));
    assert_int_equal(n, 0);
    assert_non_null(strstr(error_of(rdd), "records of item have no field 'valeu'; in top of "));
    rdd = wadi_parallelize(sc, item, items, 10);
    assert_null(wadi_top(rdd, item, 2, "at", &n));
    assert_non_null(strstr(error_of(rdd), "field 'at' of item is an array"));
    rdd = wadi_parallelize(sc, item, items, 10);
    assert_null((const item *)wadi__take_ordered(rdd, WADI_TYPE(int64_t), 2, "value", &n));
    assert_non_null(strstr(error_of(rdd), "records of int64_t are wanted, the dataset has item"));
}

/* ---- Samples ---- */

static void test_sample_without_replacement(void **state) {
    (void)state;
    wadi_rdd *rdd = wadi_range(sc, 0, 1000);
    size_t n, again;
    int hits[1000] = {0};
    for (uint64_t seed = 0; seed < 300; seed++) {
        const int64_t *rows = wadi_take_sample(rdd, int64_t, 100, false, seed, &n);
        assert_int_equal(n, 100);
        bool seen[1000] = {false};
        for (size_t i = 0; i < n; i++) {
            assert_false(seen[rows[i]]);
            seen[rows[i]] = true;
            hits[rows[i]]++;
        }
    }
    for (size_t i = 0; i < 1000; i++)
        assert_true(hits[i] >= 8 && hits[i] <= 60); /* 30 expected, deviation 5.2 */
    const int64_t *a = wadi_take_sample(rdd, int64_t, 10, false, 42, &n),
                  *b = wadi_take_sample(rdd, int64_t, 10, false, 42, &again);
    assert_int_equal(n, again);
    assert_memory_equal(a, b, 10 * sizeof *a);
    size_t ascending = 0; /* in the order of chance */
    for (size_t i = 1; i < 10; i++) ascending += a[i] > a[i - 1];
    assert_true(ascending < 9);
    wadi_take_sample(rdd, int64_t, 5000, false, 1, &n);
    assert_int_equal(n, 1000);
    assert_null(wadi_take_sample(wadi_empty_rdd(sc, int64_t), int64_t, 5, false, 1, &n));
    assert_null(wadi_take_sample(wadi_range(sc, 0, 0), int64_t, 5, true, 1, &n));
    assert_int_equal(n, 0);
}
static void test_sample_with_replacement(void **state) {
    (void)state;
    wadi_rdd *rdd = wadi_range(sc, 0, 10);
    int hits[10] = {0};
    size_t n, repeated = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        const int64_t *rows = wadi_take_sample(rdd, int64_t, 30, true, seed, &n);
        assert_int_equal(n, 30);
        for (size_t i = 0; i < n; i++) hits[rows[i]]++;
        repeated += rows[0] == rows[1];
    }
    for (size_t i = 0; i < 10; i++)
        assert_true(hits[i] > 2700 && hits[i] < 3300); /* 3000 expected, deviation 52 */
    assert_true(repeated > 60 && repeated < 150);      /* 100 expected */
}
static bool run_top(wadi_context *own, wadi_rdd **used) {
    size_t n;
    make_items(3000, 100);
    *used = wadi_parallelize(own, item, items, 3000, .partitions = 2);
    const item *rows = wadi_top(*used, item, 100, "name", &n);
    return rows != NULL && n == 100 && wadi_take_sample(*used, item, 5, true, 1, &n) != NULL;
}
static void test_without_memory(void **state) {
    (void)state;
    test_every_allocation(run_top);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_top),
        CASE(test_whole_records_and_other_fields),
        CASE(test_mistakes),
        CASE(test_sample_without_replacement),
        CASE(test_sample_with_replacement),
        CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
