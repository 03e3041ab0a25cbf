/* SPDX-License-Identifier: Apache-2.0 */
/* zip_test.c: records side by side, and sides that do not fit. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(two, (int64_t, a), (wadi_str, key), (int64_t, value));
WADI_JOIN(beside, int64_t, str_pair, two) { *out = (two){*left, right->key, right->value}; }

typedef struct zip_case {
    const char *name;
    uint32_t count, partitions;
} zip_case;
static zip_case cases[] = {
    {"nothing", 0, 3},
    {"one record", 1, 1},
    {"empty partitions too", 3, 7},
    {"many records", 30000, 2},
    {"1000 partitions", 3000, 1000},
};
/* Of a stored side, and one that comes from operators with chunks of other sizes. */
WADI_FLAT_MAP(one_in_three, int64_t, int64_t) {
    if (*in % 3 == 0) wadi_emit(out, *in / 3);
}
static void test_case(void **state) {
    const zip_case *row = *state;
    uint64_t seed = 3;
    test_rows rows = test_rows_make(&test_kinds[4], row->count, 1000, &seed);
    int64_t *numbers = calloc(row->count * 3 + 1, sizeof *numbers);
    test_batch batch;
    test_batch_begin(&batch);
    for (uint32_t i = 0; i < row->count * 3; i++) numbers[i] = i;
    wadi_rdd *left =
        wadi_parallelize(sc, int64_t, numbers, row->count * 3, .partitions = row->partitions);
    wadi_rdd *zipped =
        wadi_zip(wadi_flat_map(left, one_in_three), test_rdd(sc, &rows, row->partitions), beside);
    size_t n;
    const two *zips = wadi_collect(zipped, two, &n);
    if (row->partitions == 7) { /* a third of the numbers of a partition is not always as many */
        test_says(test_batch_error(&batch), "both sides must have the same number");
    } else {
        assert_string_equal(test_batch_error(&batch), "");
        assert_int_equal(n, row->count);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(zips[i].a, i);
            assert_int_equal(zips[i].value, test_value(&rows, (uint32_t)i));
            assert_true(test_has_key(&test_kinds[4], &zips[i].key, rows.numbers[i]));
        }
    }
    test_batch_end(&batch);
    free(numbers);
    test_rows_free(&rows);
}

WADI_RECORD(both_pairs, (int64_t, k), (int64_t, v), (int64_t, other_k), (int64_t, other_v));
WADI_RECORD(joined_pair, (int64_t, k), (int64_t, v), (int64_t, other_v));
WADI_RECORD(both_numbers, (int64_t, a), (int64_t, b));
static void test_ready(void **state) {
    (void)state;
    long_pair rows[] = {{1, 2}, {3, 4}}, others[] = {{5, 6}, {7, 8}};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_parallelize(sc, long_pair, rows, 2, .partitions = 2);
    wadi_rdd *right = wadi_parallelize(sc, long_pair, others, 2, .partitions = 2);
    size_t n;
    const both_pairs *zips =
        wadi_collect(wadi_zip(left, right, wadi_fields_into(both_pairs)), both_pairs, &n);
    assert_int_equal(n, 2);
    assert_true(zips[1].k == 3 && zips[1].v == 4 && zips[1].other_k == 7 && zips[1].other_v == 8);
    wadi_rdd *numbers = wadi_range(sc, 0, 4);
    const both_numbers *pairs =
        wadi_collect(wadi_zip(numbers, numbers, wadi_fields_into(both_numbers)), both_numbers, &n);
    assert_int_equal(n, 4);
    assert_true(pairs[3].a == 3 && pairs[3].b == 3);
    assert_string_equal(test_batch_error(&batch), "");
    test_says(test_error_of(wadi_zip(left, right, wadi_fields_into(joined_pair))),
              "it has a field too few");
    test_batch_end(&batch);
}

WADI_JOIN(add_both, int64_t, int64_t, int64_t) { *out = *left + *right; }
static void test_unequal(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    int64_t numbers[9] = {0};
    wadi_rdd *nine = wadi_parallelize(sc, int64_t, numbers, 9, .partitions = 2);
    wadi_rdd *eight = wadi_parallelize(sc, int64_t, numbers, 8, .partitions = 2);
    size_t n = 7;
    assert_null(wadi_collect(wadi_zip(nine, eight, add_both), int64_t, &n));
    assert_int_equal(n, 0);
    test_says(test_batch_error(&batch),
              "zip: partition 1 has 5 records on the left and 4 on the right; both sides must "
              "have the same number");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    nine = wadi_parallelize(sc, int64_t, numbers, 9, .partitions = 2);
    eight = wadi_parallelize(sc, int64_t, numbers, 8, .partitions = 3);
    test_says(test_error_of(wadi_zip(nine, eight, add_both)),
              "one side has 2 partitions, the other 3; they must be as many");
    test_batch_end(&batch);
}
WADI_JOIN(fails_on_two, int64_t, int64_t, int64_t) {
    if (*left == 2) wadi_fail(task, "a two");
    *out = *right;
}
static void test_failing(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *numbers = wadi_range(sc, 0, 4);
    size_t n;
    wadi_take(wadi_zip(numbers, numbers, fails_on_two), int64_t, 1, &n); /* does not come as far */
    assert_int_equal(n, 1);
    wadi_count(wadi_zip(numbers, numbers, fails_on_two));
    test_says(test_batch_error(&batch), "a two; in zip of 'fails_on_two'; left: 2; right: 2");
    test_batch_end(&batch);
}
WADI_RECORD(str_zipped, (wadi_str, a), (wadi_str, key), (int64_t, value));
static uint64_t zip_some(void *arg) {
    wadi_rdd *side = test_rdd(sc, arg, 2);
    return test_digest(wadi_zip(wadi_keys(side), side, wadi_fields_into(str_zipped)), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(zip_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "zip");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_ready);
    wadi__unit_add(&unit, test_unequal);
    wadi__unit_add(&unit, test_failing);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "zip");
    return wadi_finish(sc) + failed;
}
