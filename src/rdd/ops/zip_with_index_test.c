/* SPDX-License-Identifier: Apache-2.0 */
/* zip_with_index_test.c: numbers in the order of the partitions. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(numbered, (str_pair, value), (int64_t, index));

typedef struct index_case {
    const char *name;
    uint32_t count, partitions;
} index_case;
static index_case cases[] = {
    {"nothing", 0, 3},         {"one record", 1, 1},       {"empty partitions", 3, 8},
    {"one partition", 900, 1}, {"many records", 20000, 3}, {"1000 partitions", 2000, 1000},
};
static void test_case(void **state) {
    const index_case *row = *state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], row->count, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *indexed = wadi_zip_with_index(test_rdd(sc, &in, row->partitions));
    assert_int_equal(wadi_rdd_partition_count(indexed), row->partitions);
    size_t n, taken;
    const numbered *rows = wadi_collect(indexed, numbered, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, row->count);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rows[i].index, i);
        assert_int_equal(rows[i].value.value, test_value(&in, (uint32_t)i));
    }
    wadi_take(indexed, numbered, 2, &taken);
    assert_int_equal(taken, row->count < 2 ? row->count : 2);
    test_batch_end(&batch);
    test_rows_free(&in);
}
static void test_empty(void **state) { /* no partitions at all */
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_zip_with_index(wadi_empty_rdd(sc, int64_t))), 0);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
WADI_FILTER(fails_on_five, int64_t) {
    if (*in == 5) wadi_fail(task, "five");
    return true;
}
static void test_failing(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_zip_with_index(wadi_filter(wadi_range(sc, 0, 9), fails_on_five)));
    test_says(test_batch_error(&batch), "five; in filter of 'fails_on_five'");
    test_batch_end(&batch);
}
static uint64_t index_some(void *arg) {
    return test_digest(wadi_zip_with_index(test_rdd(sc, arg, 3)), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(index_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "index");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_empty);
    wadi__unit_add(&unit, test_failing);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "zip_with_index");
    return wadi_finish(sc) + failed;
}
