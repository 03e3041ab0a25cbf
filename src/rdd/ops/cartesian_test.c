/* SPDX-License-Identifier: Apache-2.0 */
/* cartesian_test.c: all pairs, in order. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(number_pair, (int64_t, a), (int64_t, b));
WADI_JOIN(pair_up, int64_t, int64_t, number_pair) { *out = (number_pair){*left, *right}; }
WADI_FILTER(is_even, int64_t) { return *in % 2 == 0; }

typedef struct cartesian_case {
    const char *name;
    uint32_t left, right, left_partitions, right_partitions;
} cartesian_case;
static cartesian_case cases[] = {
    {"nothing", 0, 0, 2, 3},
    {"nothing on the left", 0, 5, 2, 3},
    {"nothing on the right", 5, 0, 2, 3},
    {"one pair", 1, 1, 1, 1},
    {"one partition", 40, 50, 1, 1},
    {"several partitions", 40, 50, 3, 2},
    {"empty partitions", 3, 2, 9, 8},
    {"more than a chunk", 20, 9000, 1, 2},
    {"more than a chunk on the left", 9000, 20, 2, 1},
};
/* Partition i x m + j has the pairs of left partition i and right partition j. */
static void test_case(void **state) {
    const cartesian_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    int64_t *numbers = calloc(row->left + row->right + 1, sizeof *numbers);
    for (uint32_t i = 0; i < row->left + row->right; i++) numbers[i] = i;
    wadi_rdd *left =
        wadi_parallelize(sc, int64_t, numbers, row->left, .partitions = row->left_partitions);
    wadi_rdd *right =
        wadi_parallelize(sc, int64_t, numbers, row->right, .partitions = row->right_partitions);
    wadi_rdd *all = wadi_cartesian(left, right, pair_up);
    assert_int_equal(wadi_rdd_partition_count(all), row->left_partitions * row->right_partitions);
    size_t n, at = 0;
    const number_pair *pairs = wadi_collect(all, number_pair, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, (size_t)row->left * row->right);
    for (uint64_t i = 0; i < row->left_partitions; i++)
        for (uint64_t j = 0; j < row->right_partitions; j++)
            for (uint64_t a = i * row->left / row->left_partitions;
                 a < (i + 1) * row->left / row->left_partitions; a++)
                for (uint64_t b = j * row->right / row->right_partitions;
                     b < (j + 1) * row->right / row->right_partitions; b++, at++) {
                    assert_int_equal(pairs[at].a, a);
                    assert_int_equal(pairs[at].b, b);
                }
    /* Rows of a chunk that do not all count, on both sides. */
    int64_t evens = (int64_t)((row->left + 1) / 2) * ((row->right + 1) / 2);
    assert_int_equal(wadi_count(wadi_cartesian(wadi_filter(left, is_even),
                                               wadi_filter(right, is_even), pair_up)),
                     evens);
    free(numbers);
    test_batch_end(&batch);
}
static void test_take(void **state) { /* of a hundred thousand million pairs */
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *numbers = wadi_range(sc, 0, 600000);
    size_t n;
    const number_pair *pairs =
        wadi_take(wadi_cartesian(numbers, numbers, pair_up), number_pair, 3, &n);
    assert_int_equal(n, 3);
    assert_true(pairs[2].a == 0 && pairs[2].b == 2);
    test_batch_end(&batch);
}
WADI_JOIN(fails_on_six, int64_t, int64_t, number_pair) {
    if (*left * *right == 6) wadi_fail(task, "six");
    *out = (number_pair){*left, *right};
}
static void test_failing(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *numbers = wadi_range(sc, 0, 3), *others = wadi_range(sc, 0, 4);
    wadi_count(wadi_cartesian(numbers, others, fails_on_six));
    test_says(test_batch_error(&batch), "six; in cartesian of 'fails_on_six'; left: 2; right: 3");
    test_batch_end(&batch);
}
static uint64_t pair_some(void *arg) {
    (void)arg;
    wadi_rdd *numbers = wadi_range(sc, 0, 60);
    return test_digest(wadi_cartesian(numbers, wadi_filter(numbers, is_even), pair_up), true);
}
static void test_no_memory(void **state) {
    (void)state;
    test_sweep(pair_some, NULL);
}

int main(void) {
    sc = wadi_context_new("local[2]", "cartesian");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_take);
    wadi__unit_add(&unit, test_failing);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "cartesian");
    return wadi_finish(sc) + failed;
}
