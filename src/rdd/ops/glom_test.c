/* SPDX-License-Identifier: Apache-2.0 */
/* glom_test.c: a list for each partition. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

typedef struct glom_case {
    const char *name;
    uint32_t count, partitions;
} glom_case;
static glom_case cases[] = {
    {"empty partitions", 0, 3},      {"fewer records than partitions", 2, 5},
    {"one partition", 30000, 1},     {"three partitions", 30000, 3},
    {"1000 partitions", 1500, 1000},
};
WADI_FILTER(is_even_value, str_pair) { return in->value % 2 == 0; }
static void check_lists(const test_rows *in, wadi_rdd *rdd, uint32_t partitions, bool evens_only) {
    size_t n;
    const str_pair_list *lists = wadi_collect(wadi_glom(rdd), str_pair_list, &n);
    assert_int_equal(n, partitions);
    for (uint64_t p = 0; p < partitions; p++) {
        size_t at = 0;
        for (uint64_t i = p * in->count / partitions; i < (p + 1) * in->count / partitions; i++) {
            if (evens_only && test_value(in, (uint32_t)i) % 2 != 0) continue;
            assert_int_equal(lists[p].items[at].value, test_value(in, (uint32_t)i));
            at++;
        }
        assert_int_equal(lists[p].count, at);
    }
}
static void test_case(void **state) {
    const glom_case *row = *state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], row->count, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = test_rdd(sc, &in, row->partitions);
    check_lists(&in, rdd, row->partitions, false);
    check_lists(&in, wadi_filter(rdd, is_even_value), row->partitions, true);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    test_rows_free(&in);
}
WADI_MAP(size_of, str_pair_list, int64_t) { *out = (int64_t)in->count; }
static void test_sizes(void **state) {
    (void)state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], 100, 1000, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const int64_t *sizes = wadi_collect(
        wadi_map(wadi_glom(wadi_repartition(test_rdd(sc, &in, 3), 4)), size_of), int64_t, &n);
    assert_int_equal(n, 4);
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += sizes[i];
    assert_int_equal(sum, 100);
    test_batch_end(&batch);
    test_rows_free(&in);
}
static uint64_t glom_some(void *arg) {
    return test_digest(wadi_glom(wadi_filter(test_rdd(sc, arg, 3), is_even_value)), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(glom_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[2]", "glom");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_sizes);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "glom");
    return wadi_finish(sc) + failed;
}
