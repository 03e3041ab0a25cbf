/* SPDX-License-Identifier: Apache-2.0 */
/* union_test.c: datasets one behind the other, or partition by partition where they have one
 * partitioner; and operators of one side under it: map, filter, flat_map, map_partitions. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_MAP(add_ten, int64_t, int64_t) { *out = *in + 10; }
WADI_FILTER(is_even, int64_t) { return *in % 2 == 0; }
WADI_FLAT_MAP(as_often, int64_t, int64_t) {
    for (int64_t i = 0; i < *in; i++) wadi_emit(out, *in);
}
WADI_MAP_PARTITION(sum_of_all, int64_t, int64_t) {
    int64_t sum = 0;
    while ((in = wadi_next(it))) sum += *in;
    wadi_emit(out, sum);
}
WADI_MAP_PARTITION(first_of_all, int64_t, int64_t) {
    in = wadi_next(it);
    if (in != NULL) wadi_emit(out, *in);
}
WADI_FILTER(never, int64_t) { return *in < 0; }
static wadi_rdd *six(void) { return wadi_range(sc, 0, 6); }

static wadi_rdd *mapped(void) { return wadi_map(six(), add_ten); }
static wadi_rdd *filtered(void) { return wadi_filter(six(), is_even); }
static wadi_rdd *map_of_filtered(void) { return wadi_map(filtered(), add_ten); }
static wadi_rdd *filtered_away(void) { return wadi_filter(six(), never); }
static wadi_rdd *flat_mapped(void) { return wadi_flat_map(six(), as_often); }
static wadi_rdd *flat_map_of_filtered(void) { return wadi_flat_map(filtered(), as_often); }
static wadi_rdd *sums(void) { return wadi_map_partitions(six(), sum_of_all); }
static wadi_rdd *sums_of_nothing(void) { return wadi_map_partitions(filtered_away(), sum_of_all); }
static wadi_rdd *sums_of_filtered(void) { return wadi_map_partitions(filtered(), sum_of_all); }
static wadi_rdd *firsts(void) { return wadi_map_partitions(six(), first_of_all); }
static wadi_rdd *sums_of_firsts(void) { return wadi_map_partitions(firsts(), sum_of_all); }
static wadi_rdd *of_two(void) { return wadi_union(six(), mapped()); }
static wadi_rdd *of_three(void) { return wadi_union(filtered(), six(), firsts()); }
static wadi_rdd *of_itself(void) {
    wadi_rdd *once = filtered();
    return wadi_union(once, once);
}
static wadi_rdd *with_an_empty_one(void) { return wadi_union(wadi_empty_rdd(sc, int64_t), six()); }
static wadi_rdd *of_a_union(void) { return wadi_filter(of_two(), is_even); }
static wadi_rdd *backwards(void) { return wadi_range(sc, 6, 0); }

typedef struct rows_case {
    const char *name;
    wadi_rdd *(*make)(void);
    const char *rows; /* in order, a bar between partitions */
} rows_case;
static rows_case cases[] = {
    {"map", mapped, "10 11 12 | 13 14 15"},
    {"filter", filtered, "0 2 | 4"},
    {"map of some rows", map_of_filtered, "10 12 | 14"},
    {"filter takes all away", filtered_away, "|"},
    {"flat_map", flat_mapped, "1 2 2 | 3 3 3 4 4 4 4 5 5 5 5 5"},
    {"flat_map of some rows", flat_map_of_filtered, "2 2 | 4 4 4 4"},
    {"map_partitions", sums, "3 | 12"},
    {"map_partitions of nothing", sums_of_nothing, "0 | 0"},
    {"map_partitions of some rows", sums_of_filtered, "2 | 4"},
    {"map_partitions that stops early", firsts, "0 | 3"},
    {"map_partitions of map_partitions", sums_of_firsts, "0 | 3"},
    {"union of two", of_two, "0 1 2 | 3 4 5 | 10 11 12 | 13 14 15"},
    {"union of three", of_three, "0 2 | 4 | 0 1 2 | 3 4 5 | 0 | 3"},
    {"union with itself", of_itself, "0 2 | 4 | 0 2 | 4"},
    {"union with an empty one", with_an_empty_one, "0 1 2 | 3 4 5"},
    {"filter of a union", of_a_union, "0 2 | 4 | 10 12 | 14"},
    {"a range that goes backwards", backwards, "|"},
};
WADI_MAP_PARTITION(with_bar, int64_t, wadi_str) {
    wadi_emit(out, wadi_str_of("|"));
    while ((in = wadi_next(it))) wadi_emit(out, wadi_str_printf(task, "%d", (int)*in));
}
static void test_of_six(void **state) {
    const rows_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const wadi_str *words = wadi_collect(wadi_map_partitions(row->make(), with_bar), wadi_str, &n);
    char got[400] = "";
    for (size_t i = 1; i < n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", i > 1 ? " " : "",
                 WADI_STR_ARG(words[i]));
    assert_string_equal(test_batch_error(&batch), "");
    assert_string_equal(got, row->rows);
    test_batch_end(&batch);
}
static uint64_t digest_of_case(void *arg) {
    wadi_rdd *(*make)(void) = ((const rows_case *)arg)->make;
    return test_digest(make(), true);
}
static void test_no_memory(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        test_sweep(digest_of_case, &cases[i]);
}
/* More than a chunk of each, so that full output chunks travel on. */
static void test_many_rows(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    assert_int_equal(wadi_count(wadi_flat_map(wadi_range(sc, 0, 5000), as_often)), 12497500);
    const int64_t *rows = wadi_collect(
        wadi_filter(wadi_map(wadi_range(sc, 0, 100000), add_ten), is_even), int64_t, &n);
    assert_int_equal(n, 50000);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i], 10 + 2 * (int64_t)i);
    test_batch_end(&batch);
}

/* ---- Partitioners ---- */

static void test_one_partitioner(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *a = wadi_count_by_value(wadi_range(sc, 0, 50), .partitions = 3),
             *b = wadi_count_by_value(wadi_range(sc, 25, 75), .partitions = 3),
             *c = wadi_count_by_value(wadi_range(sc, 0, 9), .partitions = 4);
    wadi_rdd *merged = wadi_union(a, b), *behind = wadi_union(a, c);
    assert_int_equal(wadi_rdd_partition_count(merged), 3); /* partition by partition */
    assert_int_equal(merged->partitioner.kind, WADI__PARTITION_HASH);
    assert_int_equal(wadi_count(merged), 100);
    assert_int_equal(wadi_rdd_partition_count(behind), 7);
    assert_int_equal(behind->partitioner.kind, WADI__PARTITION_NONE);
    assert_int_equal(wadi_count(behind), 59);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
WADI_MAP(text_of, int64_t, wadi_str) { *out = wadi_str_printf(task, "%d", (int)*in); }
static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *wrong = wadi_union(six(), wadi_map(six(), text_of));
    test_says(test_error_of(wrong), "int64_t");
    test_says(test_error_of(wrong), "wadi_str");
    assert_int_equal(wadi_count(wrong), 0);
    test_batch_end(&batch);
}

int main(void) {
    sc = wadi_context_new("local[2]", "union");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_of_six, cases);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_many_rows);
    wadi__unit_add(&unit, test_one_partitioner);
    wadi__unit_add(&unit, test_mistakes);
    int failed = wadi__unit_run(&unit, "union");
    return wadi_finish(sc) + failed;
}
