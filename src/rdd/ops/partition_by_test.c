/* SPDX-License-Identifier: Apache-2.0 */
/* partition_by_test.c: records lie where a partitioner puts them, in order, and nowhere else. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(shift, (int64_t, by));
WADI_PARTITIONER(by_value, str_pair) { return (uint32_t)(in->value % partition_count); }
WADI_PARTITIONER(by_length, wadi_str) { return in->len % partition_count; }
WADI_PARTITIONER(shifted, str_pair, shift) {
    return (uint32_t)((in->value + env->by) % partition_count);
}
WADI_PARTITIONER(outside, str_pair) { return partition_count + (uint32_t)in->value; }

typedef struct place_case {
    const char *name;
    uint32_t count, from, to;
    int by; /* 0: the value; 1: the key's length; 2: the value and what is captured */
} place_case;
static place_case cases[] = {
    {"nothing", 0, 3, 4, 0},
    {"one record", 1, 1, 5, 0},
    {"by the record", 20000, 3, 7, 0},
    {"by the key alone", 20000, 3, 7, 1},
    {"with a captured value", 5000, 4, 3, 2},
    {"into one partition", 5000, 4, 1, 0},
    {"into more partitions than records", 50, 2, 200, 0},
};
static wadi_rdd *partitioned(const place_case *row, wadi_rdd *in) {
    switch (row->by) {
    case 0: return wadi_partition_by(in, by_value, .partitions = row->to);
    case 1: return wadi_partition_by(in, by_length, .partitions = row->to);
    default: return wadi_partition_by(in, wadi_bind(shifted, 2), .partitions = row->to);
    }
}
static uint32_t place_of(const place_case *row, const str_pair *record) {
    if (row->by == 1) return record->key.len % row->to;
    return (uint32_t)((record->value + (row->by == 2 ? 2 : 0)) % row->to);
}
static void test_case(void **state) {
    const place_case *row = *state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], row->count, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = partitioned(row, test_rdd(sc, &in, row->from));
    assert_int_equal(wadi_rdd_partition_count(rdd), row->to);
    size_t n, total = 0;
    const str_pair_list *lists = wadi_collect(wadi_glom(rdd), str_pair_list, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, row->to);
    for (uint32_t p = 0; p < n; p++) {
        total += lists[p].count;
        for (size_t i = 0; i < lists[p].count; i++) {
            assert_int_equal(place_of(row, &lists[p].items[i]), p);
            if (i > 0) /* values end with the record's place in the input */
                assert_true(lists[p].items[i - 1].value % TEST_STRIDE <
                            lists[p].items[i].value % TEST_STRIDE);
        }
    }
    assert_int_equal(total, row->count);
    test_batch_end(&batch);
    test_rows_free(&in);
}
static void test_outside(void **state) {
    (void)state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], 10, 10, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_partition_by(test_rdd(sc, &in, 2), outside, .partitions = 3));
    test_says(test_batch_error(&batch), "outside");
    test_says(test_batch_error(&batch), "partition_by_test.c:");
    test_batch_end(&batch);
    test_rows_free(&in);
}
static uint64_t partition_some(void *arg) {
    return test_digest(wadi_partition_by(test_rdd(sc, arg, 3), by_value, .partitions = 4), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(partition_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "partition_by");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_outside);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "partition_by");
    return wadi_finish(sc) + failed;
}
