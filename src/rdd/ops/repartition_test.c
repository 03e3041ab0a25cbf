/* SPDX-License-Identifier: Apache-2.0 */
/* repartition_test.c: all records, evenly over another number of partitions, however uneven they
 * were. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

typedef struct spread_case {
    const char *name;
    uint32_t count, from, to;
} spread_case;
static spread_case cases[] = {
    {"nothing", 0, 3, 4},
    {"one record", 1, 1, 5},
    {"more partitions", 10000, 2, 9},
    {"fewer partitions", 10000, 9, 2},
    {"as many", 10000, 4, 4},
    {"one", 10000, 4, 1},
    {"more than records", 20, 3, 100},
};
static void test_case(void **state) {
    const spread_case *row = *state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[0], row->count, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_repartition(test_rdd(sc, &in, row->from), row->to);
    assert_int_equal(wadi_rdd_partition_count(rdd), row->to);
    size_t n, total = 0;
    const long_pair_list *lists = wadi_collect(wadi_glom(rdd), long_pair_list, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, row->to);
    int64_t sum = 0, wanted = 0;
    for (uint32_t i = 0; i < row->count; i++) wanted += test_value(&in, i);
    for (uint32_t p = 0; p < n; p++) {
        total += lists[p].count;
        for (size_t i = 0; i < lists[p].count; i++) sum += lists[p].items[i].value;
        /* Each parent partition gives each at most one more than any other. */
        assert_true(lists[p].count + row->from >= row->count / row->to);
        assert_true(lists[p].count <= row->count / row->to + row->from);
    }
    assert_int_equal(total, row->count);
    assert_int_equal(sum, wanted);
    test_batch_end(&batch);
    test_rows_free(&in);
}
/* Without an order of its own it is the same order every time, so that a task that is tried again
 * gives the same. */
static void test_same_again(void **state) {
    (void)state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], 5000, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    uint64_t digest = test_digest(wadi_repartition(test_rdd(sc, &in, 3), 5), true);
    assert_true(digest == test_digest(wadi_repartition(test_rdd(sc, &in, 3), 5), true));
    test_batch_end(&batch);
    test_rows_free(&in);
}
static void test_mistake(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    const wadi_rdd *rdd = wadi_repartition(wadi_range(sc, 0, 9), 0);
    test_says(test_error_of(rdd), "the number of partitions is 0");
    test_batch_end(&batch);
}
static uint64_t repartition_some(void *arg) {
    return test_digest(wadi_repartition(test_rdd(sc, arg, 3), 4), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(repartition_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "repartition");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_same_again);
    wadi__unit_add(&unit, test_mistake);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "repartition");
    return wadi_finish(sc) + failed;
}
