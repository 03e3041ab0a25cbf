/* SPDX-License-Identifier: Apache-2.0 */
/* engine_test.c: stages, tasks and their tries. */
#include "exec/engine.h"
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

/* ---- Tries ---- */

WADI_RECORD(trying, (int64_t, failing_tries), (int64_t, every));
WADI_FILTER(fails_at_first, int64_t, trying) {
    if (*in % env->every == 0 && wadi_task_attempt(task) < env->failing_tries)
        wadi_fail(task, "not yet");
    return true;
}
typedef struct try_case {
    const char *name;
    int64_t failing_tries, every; /* records that fail their task */
    const char *words;            /* NULL: it succeeds */
} try_case;
static try_case cases[] = {
    {"no failure", 0, 10, NULL},
    {"one task fails once", 1, 100, NULL},
    {"one task fails three times", 3, 100, NULL},
    {"every task fails three times", 3, 1, NULL},
    {"one task fails four times", 4, 100,
     "not yet; in filter of 'fails_at_first'; at record 0 of the partition: 0; in task 0 (try 4)"},
    {"every task fails four times", 4, 1, "not yet; in filter of 'fails_at_first'"},
};
static void test_tries(void **state) {
    const try_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    int64_t numbers[100];
    for (int64_t i = 0; i < 100; i++) numbers[i] = i;
    wadi_rdd *in = wadi_parallelize(sc, int64_t, numbers, 100, .partitions = 20);
    wadi_rdd *tried = wadi_filter(
        in, wadi_bind(fails_at_first, .failing_tries = row->failing_tries, .every = row->every));
    int64_t count = wadi_count(wadi_repartition(tried, 3));
    if (row->words != NULL)
        test_says(test_batch_error(&batch), row->words);
    else
        assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(count, row->words != NULL ? 0 : 100);
    test_batch_end(&batch);
}
/* A further try has the machine for itself. */
static atomic_int running;
WADI_MAP_PARTITION(fails_in_company, int64_t, int64_t) {
    int others = atomic_fetch_add(&running, 1);
    int64_t sum = 0;
    while ((in = wadi_next(it))) sum += *in;
    if (wadi_task_attempt(task) == 0)
        wadi_fail(task, "the first try");
    else if (others > 0)
        wadi_fail(task, "not alone");
    for (volatile int i = 0; i < 100000; i++) continue; /* so that others would be met */
    atomic_fetch_sub(&running, 1);
    wadi_emit(out, sum);
}
static void test_tried_again_alone(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    int64_t numbers[100] = {0};
    wadi_rdd *in = wadi_parallelize(sc, int64_t, numbers, 100, .partitions = 20);
    assert_int_equal(wadi_count(wadi_map_partitions(in, fails_in_company)), 20);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}
static void test_failures_max(void **state) {
    (void)state;
    wadi_context *strict =
        wadi_context_new("local[2]", "strict", .settings = {{"spark.task.maxFailures", "1"}});
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_filter(wadi_range(strict, 0, 9),
                           wadi_bind(fails_at_first, .failing_tries = 1, .every = 100)));
    test_says(test_batch_error(&batch), "in task 0 (try 1)");
    test_batch_end(&batch);
    assert_int_equal(wadi_finish(strict), 0);
}

/* ---- Stages ---- */

WADI_RECORD(counting, (wadi_accumulator, seen));
WADI_FILTER(count_seen, int64_t, counting) {
    wadi_accumulator_add(task, env->seen, 1);
    return *in >= 0;
}
/* What a shuffle has left is used by later jobs, and by both sides of one. */
static void test_shuffles_stay(void **state) {
    (void)state;
    wadi_accumulator seen = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *counts = wadi_count_by_value(
        wadi_filter(wadi_range(sc, 0, 100), wadi_bind(count_seen, .seen = seen)));
    assert_int_equal(wadi_count(counts), 100);
    assert_int_equal(wadi_count(counts), 100);
    assert_int_equal(wadi_count(wadi_union(counts, counts)), 200);
    assert_int_equal(wadi_count(wadi_subtract_by_key(counts, counts)), 0);
    test_batch_end(&batch);
    assert_int_equal(wadi_accumulator_value(sc, seen), 100);
}
static void test_persisted(void **state) {
    (void)state;
    wadi_accumulator seen = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *kept =
        wadi_cache(wadi_filter(wadi_range(sc, 0, 100), wadi_bind(count_seen, .seen = seen)));
    assert_int_equal(wadi_count(kept), 100);
    assert_int_equal(wadi_count(wadi_distinct(kept)), 100);
    wadi_unpersist(kept);
    assert_int_equal(wadi_count(kept), 100);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    assert_int_equal(wadi_accumulator_value(sc, seen), 200);
}
WADI_MAP(add_one, int64_t, int64_t) { *out = *in + 1; }
static void test_long_lineage(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_range(sc, 0, 10);
    for (int i = 0; i < 1000; i++)
        rdd = i % 50 == 0 ? wadi_repartition(rdd, 2) : wadi_map(rdd, add_one);
    size_t n;
    const int64_t *rows = wadi_collect(wadi_sort_by_key(rdd, .partitions = 1), int64_t, &n);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i], i + 980);
    test_batch_end(&batch);
}
/* A child of many shuffled parents, which run together. */
static void test_many_parents(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *parents[300];
    for (size_t i = 0; i < 300; i++)
        parents[i] = wadi_count_by_value(wadi_range(sc, 0, 10), .partitions = 2 + i % 2);
    assert_int_equal(wadi_count(wadi_union_all(parents, 300)), 3000);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}

/* ---- Mistakes ---- */

static wadi_rdd *inner;
WADI_FILTER(runs_a_job, int64_t) {
    (void)in;
    return wadi_count(inner) > 0;
}
static void test_action_in_task(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    inner = wadi_range(sc, 0, 3);
    assert_int_equal(wadi_count(wadi_filter(wadi_range(sc, 0, 3), runs_a_job)), 0);
    test_says(test_batch_error(&batch), "a task cannot run an action; do that on the driver");
    test_batch_end(&batch);
    assert_int_equal(wadi_count(wadi_range(sc, 0, 3)), 3); /* only that batch has failed */
}
/* Jobs of several threads share the slots. */
static void *count_many(void *arg) {
    test_batch batch;
    test_batch_begin(&batch);
    int64_t *sum = arg;
    for (int i = 0; i < 50; i++)
        *sum += wadi_count(wadi_count_by_value(wadi_range(sc, 0, 100), .partitions = 5));
    test_batch_end(&batch);
    return NULL;
}
static void test_concurrent_jobs(void **state) {
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int64_t sums[THREADS] = {0};
    for (size_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, count_many, &sums[i]);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(sums[i], 5000);
    }
}

static void test_master_slots(void **state) {
    (void)state;
    static const struct {
        const char *master;
        uint32_t slots;
    } rows[] = {{"local", 1},    {"local[1]", 1},  {"local[07]", 7},  {"local[1024]", 1024}, {"local[0]", 0},
                {"local[]", 0},  {"local[-1]", 0}, {"local[ 4]", 0},  {"local[+4]", 0},      {"local[4", 0},
                {"local[4]x", 0}, {"local[1025]", 0}, {"local[18446744073709551617]", 0}, {"Local", 0}, {"", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(wadi__master_slots(rows[i].master), rows[i].slots);
    assert_true(wadi__master_slots("local[*]") >= 1);
}

int main(void) {
    sc = wadi_context_new("local[3]", "engine");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_tries, cases);
    wadi__unit_add(&unit, test_tried_again_alone);
    wadi__unit_add(&unit, test_failures_max);
    wadi__unit_add(&unit, test_shuffles_stay);
    wadi__unit_add(&unit, test_persisted);
    wadi__unit_add(&unit, test_long_lineage);
    wadi__unit_add(&unit, test_many_parents);
    wadi__unit_add(&unit, test_action_in_task);
    wadi__unit_add(&unit, test_concurrent_jobs);
    wadi__unit_add(&unit, test_master_slots);
    int failed = wadi__unit_run(&unit, "engine");
    return wadi_finish(sc) + failed;
}
