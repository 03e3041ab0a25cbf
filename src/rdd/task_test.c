/* SPDX-License-Identifier: Apache-2.0 */
/* task_test.c: what bodies ask of their task; at which record they failed; what was made in a batch
 * goes with it. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

/* ---- Strings and memory of the task ---- */

WADI_MAP(printed, int64_t, wadi_str) { *out = wadi_str_printf(task, "%0*d", (int)*in, 7); }
WADI_MAP(upper, wadi_str, wadi_str) { *out = wadi_str_upper(task, *in); }
static void test_strings(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const wadi_str *rows = wadi_collect(wadi_map(wadi_range(sc, 1, 1000), printed), wadi_str, &n);
    assert_int_equal(n, 999); /* of every length, also past its own buffer */
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rows[i].len, i + 1);
        assert_int_equal(wadi_str_data(&rows[i])[i], '7');
        if (i > 0) assert_int_equal(wadi_str_data(&rows[i])[i - 1], '0');
    }
    wadi_str in[] = {wadi_str_of(""), wadi_str_of("aZ{`@["), wadi_str_of("exactly12345"),
                     wadi_str_of("a longer one, \xc3\xa4 too")};
    rows = wadi_collect(wadi_map(wadi_parallelize(sc, wadi_str, in, 4), upper), wadi_str, &n);
    static const char *const wanted[] = {"", "AZ{`@[", "EXACTLY12345",
                                         "A LONGER ONE, \xc3\xa4 TOO"};
    for (size_t i = 0; i < 4; i++) assert_true(wadi_str_equal(rows[i], wadi_str_of(wanted[i])));
    assert_true(wadi_str_equal(in[3], wadi_str_of("a longer one, \xc3\xa4 too"))); /* untouched */
    test_batch_end(&batch);
}
WADI_MAP(asks_for_much, int64_t, int64_t) {
    char *small = wadi_alloc(task, 1000); /* refused, and a reserve all the same */
    if (small != NULL) memset(small, 1, 1000);
    *out = wadi_alloc(task, 100 << 20) == NULL;
    *out += wadi_str_copy(task, "some bytes that do not fit", 26).len == 0;
    *out += wadi_str_printf(task, "%300d", (int)*in).len == 0;
}
static void test_refused_memory(void **state) {
    (void)state;
    size_t limit = wadi__pool_limit();
    wadi__pool_set_limit(wadi__pool_in_use() + (1 << 20));
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_map(wadi_range(sc, 0, 10), asks_for_much)), 0);
    wadi__pool_set_limit(limit);
    assert_int_equal(batch.scope.err.status, WADI_E_NOMEM);
    test_says(test_batch_error(&batch), "no memory for 104857600 bytes");
    test_batch_end(&batch);
}
WADI_RECORD(about, (int64_t, partition), (int64_t, attempt), (int64_t, batch_ms));
WADI_MAP(tell, int64_t, about) {
    if (wadi_task_attempt(task) == 0 && wadi_task_partition_index(task) == 1)
        wadi_fail(task, "again");
    *out =
        (about){wadi_task_partition_index(task), wadi_task_attempt(task), wadi_task_batch_ms(task)};
    (void)in;
}
static void test_about_the_task(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const about *rows = wadi_collect(wadi_map(wadi_range(sc, 0, 2), tell), about, &n);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rows[i].partition, i);
        assert_int_equal(rows[i].attempt, i);
        assert_int_equal(rows[i].batch_ms, 1000);
    }
    test_batch_end(&batch);
    rows = wadi_collect(wadi_map(wadi_range(sc, 0, 1), tell), about, &n);
    assert_int_equal(rows[0].batch_ms, 0);
}

/* ---- Where a body failed ---- */

WADI_MAP(map_fails, int64_t, int64_t) {
    if (*in == 7777) wadi_fail(task, "map");
    *out = *in;
}
WADI_FILTER(filter_fails, int64_t) {
    if (*in == 7777) wadi_fail(task, "filter");
    return *in % 2 != 0;
}
WADI_FLAT_MAP(flat_map_fails, int64_t, int64_t) {
    for (int64_t i = 0; i < *in % 3; i++) wadi_emit(out, *in);
    if (*in == 7777) wadi_fail(task, "flat_map");
}
WADI_MAP_PARTITION(partition_fails, int64_t, int64_t) {
    while ((in = wadi_next(it))) {
        if (*in == 7777) {
            wadi_fail(task, "map_partitions");
            return;
        }
        wadi_emit(out, *in);
    }
}
WADI_FOREACH(foreach_fails, int64_t) {
    if (*in == 7777) wadi_fail(task, "foreach");
}
WADI_FOREACH_PARTITION(foreach_partition_fails, int64_t) {
    while ((in = wadi_next(it)))
        if (*in == 7777) {
            wadi_fail(task, "foreach_partition");
            return;
        }
}
static void run_map(wadi_rdd *in) { wadi_count(wadi_map(in, map_fails)); }
static void run_filter(wadi_rdd *in) { wadi_count(wadi_filter(in, filter_fails)); }
WADI_FILTER(is_odd, int64_t) { return *in % 2 != 0; }
static void run_map_of_filtered(wadi_rdd *in) {
    wadi_count(wadi_map(wadi_filter(in, is_odd), map_fails));
}
static void run_flat_map(wadi_rdd *in) { wadi_count(wadi_flat_map(in, flat_map_fails)); }
static void run_partition(wadi_rdd *in) { wadi_count(wadi_map_partitions(in, partition_fails)); }
static void run_foreach(wadi_rdd *in) { wadi_foreach(in, foreach_fails); }
static void run_foreach_partition(wadi_rdd *in) {
    wadi_foreach_partition(in, foreach_partition_fails);
}
typedef struct position_case {
    const char *name;
    void (*run)(wadi_rdd *in);
    const char *words;
} position_case;
static position_case positions[] = {
    /* 7777 is number 2777 of the second of two partitions */
    {"map", run_map,
     "map; in map of 'map_fails'; at record 2777 of the partition: 7777; in task 1"},
    {"filter", run_filter,
     "filter; in filter of 'filter_fails'; at record 2777 of the partition: 7777"},
    {"map of some rows", run_map_of_filtered,
     "map; in map of 'map_fails'; at record 1388 of the partition: 7777"},
    {"flat_map", run_flat_map,
     "flat_map; in flat_map of 'flat_map_fails'; at record 2777 of the partition: 7777"},
    {"map_partitions", run_partition,
     "map_partitions; in map_partitions of 'partition_fails'; after 2778 records of the partition "
     "were handed"},
    {"foreach", run_foreach,
     "foreach; in foreach of 'foreach_fails'; at record 2777 of the partition: 7777; in task 1"},
    {"foreach_partition", run_foreach_partition,
     "foreach_partition; in foreach_partition of 'foreach_partition_fails'; after 2778 records of "
     "the partition were handed"},
};
static void test_positions(void **state) {
    const position_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    row->run(wadi_range(sc, 0, 10000));
    test_says(test_batch_error(&batch), row->words);
    assert_int_equal(batch.scope.err.status, WADI_E_USER);
    test_batch_end(&batch);
}

/* ---- Scopes ---- */

static void test_scope(void **state) {
    (void)state;
    wadi__scope *outside = wadi__context_scope(sc);
    assert_ptr_equal(outside, &sc->scope);
    size_t pool_before = wadi__pool_in_use();
    test_batch outer, inner;
    test_batch_begin(&outer);
    assert_ptr_equal(wadi__context_scope(sc), &outer.scope);
    wadi_rdd *rdd = wadi_range(sc, 0, 100000);
    size_t n;
    assert_non_null(wadi_collect(rdd, int64_t, &n));
    test_batch_begin(&inner); /* one within another */
    wadi_rdd *released = wadi_range(sc, 0, 10), *kept = wadi_rdd_ref(wadi_range(sc, 0, 10));
    assert_int_equal(inner.scope.rdds.count, 2);
    wadi__scope_release(&inner.scope, released);
    assert_int_equal(inner.scope.rdds.count, 1);
    wadi__scope_release(&inner.scope, rdd); /* not of this one */
    wadi_error first = {WADI_E_IO, false, "first"}, second = {WADI_E_USER, false, "second"};
    wadi__scope_fail(&inner.scope, &first);
    wadi__scope_fail(&inner.scope, &second);
    assert_string_equal(test_batch_error(&inner), "first");
    test_batch_end(&inner);
    assert_string_equal(test_batch_error(&outer), "");
    assert_ptr_equal(wadi__context_scope(sc), &outer.scope);
    assert_int_equal(wadi_count(kept), 10);
    wadi_rdd_unref(&kept);
    test_batch_end(&outer);
    assert_ptr_equal(wadi__context_scope(sc), outside);
    assert_int_equal(wadi__pool_in_use(), pool_before);
}

int main(void) {
    sc = wadi_context_new("local[2]", "task");
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_strings);
    wadi__unit_add(&unit, test_refused_memory);
    wadi__unit_add(&unit, test_about_the_task);
    wadi__unit_rows(&unit, test_positions, positions);
    wadi__unit_add(&unit, test_scope);
    int failed = wadi__unit_run(&unit, "task");
    return wadi_finish(sc) + failed;
}
