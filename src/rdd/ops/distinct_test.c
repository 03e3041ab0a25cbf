/* SPDX-License-Identifier: Apache-2.0 */
/* distinct_test.c: each record once, of records of all kinds. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

typedef struct distinct_case {
    const char *name;
    uint32_t count, keys, from, to;
} distinct_case;
static distinct_case cases[] = {
    {"nothing", 0, 1, 3, 2},
    {"one record", 1, 1, 1, 1},
    {"one that repeats", 5000, 1, 3, 2},
    {"few that repeat", 9000, 40, 3, 2},
    {"most are new", 3000, 100000, 2, 4},
    {"1000 partitions", 2000, 50, 5, 1000},
};
/* The value becomes that of the number alone, so that records of one key are the same. */
static uint32_t level_values(test_rows *in) {
    static bool is_there[100000];
    uint32_t distinct = 0;
    memset(is_there, 0, sizeof is_there);
    for (uint32_t i = 0; i < in->count; i++) {
        char *row = in->rows + i * (size_t)in->kind->pair->size;
        *(int64_t *)(void *)(row + in->kind->pair->fields[1].offset) = in->numbers[i];
        distinct += !is_there[in->numbers[i]];
        is_there[in->numbers[i]] = true;
    }
    return distinct;
}
static void test_case(void **state) {
    const distinct_case *row = *state;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        static bool seen[100000];
        uint64_t seed = 3;
        test_rows in = test_rows_make(&test_kinds[k], row->count, row->keys, &seed);
        uint32_t distinct = level_values(&in);
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *rdd = wadi_distinct(test_rdd(sc, &in, row->from), .partitions = row->to);
        assert_int_equal(wadi_rdd_partition_count(rdd), row->to);
        size_t n;
        const char *rows = wadi__collect(rdd, in.kind->pair, &n);
        assert_string_equal(test_batch_error(&batch), "");
        assert_int_equal(n, distinct);
        memset(seen, 0, sizeof seen);
        for (size_t i = 0; i < n; i++) {
            const char *record = rows + i * in.kind->pair->size;
            int64_t number =
                *(const int64_t *)(const void *)(record + in.kind->pair->fields[1].offset);
            assert_false(seen[number]);
            assert_true(test_has_key(in.kind, record, (uint32_t)number));
            seen[number] = true;
        }
        test_batch_end(&batch);
        test_rows_free(&in);
    }
}
/* All of the record counts, not its key alone. */
static void test_same_key_other_value(void **state) {
    (void)state;
    const long_pair rows[] = {{1, 1}, {1, 2}, {1, 1}, {2, 1}};
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(
        wadi_count(wadi_distinct(wadi_parallelize(sc, long_pair, rows, 4, .partitions = 3))), 3);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
static uint64_t distinct_some(void *arg) {
    return test_digest(wadi_distinct(test_rdd(sc, arg, 3), .partitions = 4), false);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 30, &seed);
    level_values(&in);
    test_sweep(distinct_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "distinct");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_same_key_other_value);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "distinct");
    return wadi_finish(sc) + failed;
}
