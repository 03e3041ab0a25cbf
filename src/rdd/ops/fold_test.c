/* SPDX-License-Identifier: Apache-2.0 */
/* fold_test.c: all records into one: reduce, fold, aggregate, and a stream's count. */
#include "rdd/ops/ops.h"
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(summary, (int64_t, count), (double, sum), (int64_t, news), (wadi_str, longest));
WADI_COMBINE(summarise, int64_t, summary) {
    acc->count++;
    acc->sum += (double)*in;
    acc->news += is_new;
    if (acc->count % 2 == 0)
        acc->longest = wadi_str_printf(task, "a text of more than twelve bytes, %d", (int)*in);
}
WADI_REDUCE(merge_summaries, summary) {
    acc->count += in->count;
    acc->sum += in->sum;
    acc->news += in->news;
    if (in->longest.len > acc->longest.len) acc->longest = in->longest;
}

typedef struct fold_case {
    const char *name;
    int64_t count;
    uint32_t partitions;
} fold_case;
static fold_case cases[] = {
    {"nothing", 0, 3},
    {"one record", 1, 1},
    {"one record, many partitions", 1, 9},
    {"one partition", 20000, 1},
    {"three partitions", 20000, 3},
    {"1000 partitions", 2000, 1000},
};
WADI_FILTER(is_odd, int64_t) { return *in % 2 != 0; }
static void test_case(void **state) {
    const fold_case *row = *state;
    int64_t *numbers = calloc((size_t)row->count + 1, sizeof *numbers), sum = 0, odd_sum = 0;
    for (int64_t i = 0; i < row->count; i++) {
        numbers[i] = i + 1;
        sum += i + 1;
        odd_sum += (i + 1) % 2 != 0 ? i + 1 : 0;
    }
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd =
        wadi_parallelize(sc, int64_t, numbers, (size_t)row->count, .partitions = row->partitions);
    const int64_t *reduced = wadi_first(wadi_reduce(rdd, wadi_add), int64_t);
    assert_true(row->count == 0 ? reduced == NULL : *reduced == sum);
    reduced = wadi_first(wadi_reduce(wadi_filter(rdd, is_odd), wadi_add), int64_t);
    assert_true(row->count == 0 ? reduced == NULL : *reduced == odd_sum);
    /* Every partition begins with the zero, and so does the merge. */
    int64_t zero = 1000000;
    assert_int_equal(*wadi_first(wadi_fold(rdd, wadi_add, .zero = &zero), int64_t),
                     sum + zero * (row->partitions + 1));
    assert_int_equal(*wadi_first(wadi_fold(rdd, wadi_add), int64_t), sum);
    summary begin = {.count = 5, .longest = wadi_str_of("of thirteen..")};
    const summary *all =
        wadi_first(wadi_aggregate(rdd, summarise, merge_summaries, .zero = &begin), summary);
    assert_int_equal(all->count, row->count + 5 * (row->partitions + 1));
    assert_true(all->sum == (double)sum);
    assert_int_equal(all->news, row->count < row->partitions ? row->count : row->partitions);
    assert_true(all->longest.len >= 13);
    for (uint32_t partitions = 1; partitions <= 70; partitions += 23) {
        wadi_op_options options = {.size = sizeof options, .partitions = partitions};
        wadi_rdd *counted = wadi__rdd_make_count(rdd, &options);
        assert_int_equal(wadi_rdd_partition_count(counted), partitions);
        size_t n;
        const wadi_int64_list *lists = wadi_collect(wadi_glom(counted), wadi_int64_list, &n);
        assert_int_equal(n, partitions);
        for (size_t i = 0; i < n; i++) assert_int_equal(lists[i].count, i == 0);
        assert_int_equal(lists[0].items[0], row->count);
    }
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    free(numbers);
}
static void test_without_partitions(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *nothing = wadi_empty_rdd(sc, int64_t);
    int64_t zero = 7;
    assert_null(wadi_first(wadi_reduce(nothing, wadi_add), int64_t));
    assert_int_equal(*wadi_first(wadi_fold(nothing, wadi_add, .zero = &zero), int64_t), 7);
    wadi_op_options options = {.size = sizeof options};
    assert_int_equal(*wadi_first(wadi__rdd_make_count(nothing, &options), int64_t), 0);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
WADI_REDUCE(fails_on_eleven, int64_t) {
    if (*in == 11) wadi_fail(task, "eleven");
    *acc += *in;
}
static void test_failing(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_first(wadi_reduce(wadi_range(sc, 0, 20), fails_on_eleven), int64_t);
    test_says(test_batch_error(&batch),
              "eleven; in reduce of 'fails_on_eleven'; at the record: 11");
    test_batch_end(&batch);
}
static uint64_t fold_some(void *arg) {
    summary begin = {.longest = wadi_str_of("of thirteen..")};
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    return test_digest(wadi_aggregate(arg, summarise, merge_summaries, .zero = &begin), true) +
           test_digest(wadi__rdd_make_count(arg, &options), true);
}
static void test_no_memory(void **state) {
    (void)state;
    test_sweep(fold_some, wadi_range(sc, 0, 300));
}

int main(void) {
    sc = wadi_context_new("local[2]", "fold");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_without_partitions);
    wadi__unit_add(&unit, test_failing);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "fold");
    return wadi_finish(sc) + failed;
}
