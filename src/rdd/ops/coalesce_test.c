/* SPDX-License-Identifier: Apache-2.0 */
/* coalesce_test.c: runs of partitions become one. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

typedef struct coalesce_case {
    const char *name;
    uint32_t before, asked, after;
} coalesce_case;
static coalesce_case cases[] = {
    {"fewer", 10, 3, 3},    {"one", 10, 1, 1},           {"as many", 4, 4, 4},
    {"more stay", 4, 9, 4}, {"1000 into 7", 1000, 7, 7}, {"one stays", 1, 5, 1},
};
static void test_case(void **state) {
    const coalesce_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    int64_t numbers[2000];
    for (int64_t i = 0; i < 2000; i++) numbers[i] = i;
    wadi_rdd *before = wadi_parallelize(sc, int64_t, numbers, 2000, .partitions = row->before);
    wadi_rdd *after = wadi_coalesce(before, row->asked);
    assert_int_equal(wadi_rdd_partition_count(after), row->after);
    size_t n;
    const int64_t *rows = wadi_collect(after, int64_t, &n);
    assert_int_equal(n, 2000);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i], i); /* the order stays */
    const wadi_int64_list *lists = wadi_collect(wadi_glom(after), wadi_int64_list, &n);
    assert_int_equal(n, row->after);
    for (size_t i = 0; i < n; i++) assert_true(lists[i].count > 2000 / row->after / 2);
    rows = wadi_take(after, int64_t, 1, &n);
    assert_int_equal(n, 1);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    test_says(test_error_of(wadi_coalesce(wadi_range(sc, 0, 3), 0)),
              "the number of partitions is 0");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_coalesce(wadi_empty_rdd(sc, int64_t), 3)), 0);
    test_batch_end(&batch);
}
/* A shuffled side is read partition by partition too. */
static void test_after_shuffle(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *counts = wadi_count_by_value(wadi_range(sc, 0, 500), .partitions = 70);
    assert_int_equal(wadi_count(wadi_coalesce(counts, 3)), 500);
    assert_int_equal(wadi_coalesce(counts, 3)->partitioner.kind, WADI__PARTITION_NONE);
    test_batch_end(&batch);
}

int main(void) {
    sc = wadi_context_new("local[2]", "coalesce");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_mistakes);
    wadi__unit_add(&unit, test_after_shuffle);
    int failed = wadi__unit_run(&unit, "coalesce");
    return wadi_finish(sc) + failed;
}
