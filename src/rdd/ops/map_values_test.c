/* SPDX-License-Identifier: Apache-2.0 */
/* map_values_test.c: other values under the same keys, in the same places. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(halved, (wadi_str, key), (double, half));
WADI_RECORD(limit, (int64_t, most));
WADI_MAP(halve, str_pair, halved) {
    out->half = (double)in->value / 2;
} /* and leaves the key alone */
WADI_MAP(cut, str_pair, str_pair, limit) {
    *out = (str_pair){wadi_str_of("another key"), in->value < env->most ? in->value : env->most};
}
WADI_MAP(fails, str_pair, str_pair) {
    if (in->value % TEST_STRIDE == 5) wadi_fail(task, "five");
    *out = *in;
}
WADI_FILTER(is_even_value, str_pair) { return in->value % 2 == 0; }
WADI_MAP(to_number, str_pair, int64_t) { *out = in->value; }

typedef struct values_case {
    const char *name;
    uint32_t count, partitions;
    bool evens_only; /* rows that a filter has selected */
} values_case;
static values_case cases[] = {
    {"nothing", 0, 3, false},
    {"one record", 1, 1, false},
    {"many records", 30000, 3, false},
    {"selected records", 30000, 3, true},
    {"1000 partitions", 2000, 1000, false},
};
static wadi_rdd *input_of(const values_case *row, const test_rows *in) {
    wadi_rdd *rdd = test_rdd(sc, in, row->partitions);
    return row->evens_only ? wadi_filter(rdd, is_even_value) : rdd;
}
static void test_case(void **state) {
    const values_case *row = *state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], row->count, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    size_t n, cut_n, at = 0;
    const halved *rows = wadi_collect(wadi_map_values(input_of(row, &in), halve), halved, &n);
    const str_pair *limited = wadi_collect(
        wadi_map_values(input_of(row, &in), wadi_bind(cut, 7 * TEST_STRIDE)), str_pair, &cut_n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, cut_n);
    for (uint32_t i = 0; i < row->count; i++) {
        int64_t value = test_value(&in, i);
        if (row->evens_only && value % 2 != 0) continue;
        assert_true(test_has_key(in.kind, &rows[at], in.numbers[i]));
        assert_true(rows[at].half == (double)value / 2);
        assert_true(
            test_has_key(in.kind, &limited[at], in.numbers[i])); /* keys are not the function's */
        assert_int_equal(limited[at].value, value < 7 * TEST_STRIDE ? value : 7 * TEST_STRIDE);
        at++;
    }
    assert_int_equal(n, at);
    test_batch_end(&batch);
    test_rows_free(&in);
}
/* Keys stay where they are, so what comes next by key needs no shuffle. */
static void test_partitioner_stays(void **state) {
    (void)state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], 500, 100, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    const wadi_rdd *reduced = wadi_reduce_by_key(test_rdd(sc, &in, 3), wadi_add, .partitions = 4);
    const wadi_rdd *mapped = wadi_map_values((wadi_rdd *)(uintptr_t)reduced, wadi_bind(cut, 9));
    assert_memory_equal(&mapped->partitioner, &reduced->partitioner, sizeof mapped->partitioner);
    test_batch_end(&batch);
    test_rows_free(&in);
}
static void test_failing(void **state) {
    (void)state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], 50, 100, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_map_values(test_rdd(sc, &in, 2), fails));
    test_says(test_batch_error(&batch), "five; in map_values of 'fails'");
    test_batch_end(&batch);
    test_rows_free(&in);
}
static void test_mistake(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    test_says(
        test_error_of(wadi_map_values(
            wadi_map(test_rdd(sc, &(test_rows){.kind = &test_kinds[4]}, 1), to_number), halve)),
        "'halve' takes str_pair, the stream carries int64_t");
    test_batch_end(&batch);
}
static uint64_t map_some(void *arg) {
    return test_digest(wadi_map_values(test_rdd(sc, arg, 3), halve), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(map_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "map_values");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_partitioner_stays);
    wadi__unit_add(&unit, test_failing);
    wadi__unit_add(&unit, test_mistake);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "map_values");
    return wadi_finish(sc) + failed;
}
