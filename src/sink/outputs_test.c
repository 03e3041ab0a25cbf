/* SPDX-License-Identifier: Apache-2.0 */
/* outputs_test.c: output operations: how often, in which order, and what print() writes. Tests that
 * have the name of a behaviour in tests/conformance/behaviours.json show it. */
#include "sink/print.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));

/* ---- foreachRDD, foreach, foreachPartition ---- */

static atomic_int rdds, elements, empties, turn;
static char order[64];
static void note(char who) {
    int at = atomic_fetch_add(&turn, 1);
    if (at < (int)sizeof order - 1) order[at] = who;
}
WADI_FOREACH_RDD(count_rdds, int64_t) {
    note('r');
    assert_true(batch_ms == 1000 || batch_ms == 2000);
    assert_int_equal(wadi_rdd_partition_count(rdd), 2);
    atomic_fetch_add(&rdds, 1);
}
WADI_FOREACH_RDD(count_elements, int64_t) {
    (void)batch_ms;
    note('e');
    atomic_fetch_add(&elements, (int)wadi_count(rdd));
}
WADI_FOREACH_RDD(count_empties, int64_t) {
    (void)batch_ms;
    note('-');
    atomic_fetch_add(&empties, wadi_is_empty(rdd));
}
WADI_FILTER(none, int64_t) { return in == NULL; }
static void run(wadi__rig *rig, uint32_t batches) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig->ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__rig_batches(rig, batches);
    wadi_await_termination_or_timeout(rig->ssc, 0, NULL, &err);
    if (err.status != WADI_OK) fail_msg("%s", err.message);
    wadi_stop(rig->ssc, .keep_context = true);
}
static void test_foreach_counts(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *ones = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 1 1; 1 1 1", 2);
    wadi_foreach_rdd(ones, count_rdds);
    wadi_foreach_rdd(ones, count_elements);
    wadi_foreach_rdd(wadi_filter(ones, none), count_empties);
    run(&rig, 2);
    wadi__rig_free(&rig);
    assert_int_equal(atomic_load(&rdds), 2);
    assert_int_equal(atomic_load(&elements), 6);
    assert_int_equal(atomic_load(&empties), 2);
    assert_string_equal(order, "re-re-");
}

WADI_RECORD(weight, (int64_t, factor));
static atomic_llong total;
static atomic_int partitions;
WADI_FOREACH(add_weighted, int64_t, weight) { atomic_fetch_add(&total, *in * env->factor); }
WADI_FOREACH_PARTITION(add_partition, int64_t) {
    atomic_fetch_add(&partitions, 1); /* empty ones too */
    while ((in = wadi_next(it))) atomic_fetch_add(&total, *in);
}
static void test_foreach_and_foreach_partition(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2 3; ; none", 2);
    wadi_foreach(in, wadi_bind(add_weighted, .factor = 100));
    wadi_foreach_partition(in, add_partition);
    run(&rig, 3);
    wadi__rig_free(&rig);
    assert_int_equal(atomic_load(&total), 606);
    assert_int_equal(atomic_load(&partitions), 4);
}

/* ---- Batch time and partition: the name under which an output may be known elsewhere ---- */

static char seen[10][40]; /* "who batch partition records" */
static atomic_uint seen_count;
static void see(const char *who, int64_t batch_ms, uint32_t partition, int64_t value) {
    unsigned at = atomic_fetch_add(&seen_count, 1);
    if (at < sizeof seen / sizeof seen[0])
        snprintf(seen[at], sizeof seen[at], "%s %lld %u %lld", who, (long long)batch_ms, partition,
                 (long long)value);
}
WADI_FOREACH(see_record, int64_t) {
    see("record", wadi_task_batch_ms(task), wadi_task_partition_index(task), *in);
}
WADI_FOREACH_PARTITION(see_partition, int64_t) {
    int64_t sum = 0;
    while ((in = wadi_next(it))) sum += *in;
    see("partition", wadi_task_batch_ms(task), wadi_task_partition_index(task), sum);
}
WADI_FOREACH_RDD(see_rdd, int64_t) {
    see("rdd", batch_ms, 0, wadi_count(rdd));
    if (batch_ms == 1000)
        wadi_foreach_partition(rdd, see_partition); /* an action of the driver's own */
}
static int by_text(const void *a, const void *b) { return strcmp(a, b); }
static void assert_seen(const char *const *expected, size_t n) {
    size_t count = atomic_load(&seen_count);
    assert_true(count <= sizeof seen / sizeof seen[0]);
    qsort(seen, count, sizeof seen[0], by_text);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(seen[i], expected[i] != NULL ? expected[i] : "");
}

typedef struct seen_case {
    const char *name;
    void (*output)(wadi_dstream *in);
    const char *expected[6];
} seen_case;
static void each_record(wadi_dstream *in) { wadi_foreach(in, see_record); }
static void each_partition(wadi_dstream *in) { wadi_foreach_partition(in, see_partition); }
static void each_rdd(wadi_dstream *in) { wadi_foreach_rdd(in, see_rdd); }
static void behind_a_shuffle(wadi_dstream *in) {
    wadi_foreach_partition(wadi_repartition(in, 1), see_partition);
}
static void each_window(wadi_dstream *in) { wadi_foreach(wadi_window(in, 2000, 2000), see_record); }
static seen_case seen_cases[] = {
    {"foreach", each_record, {"record 1000 0 5", "record 1000 1 6", "record 2000 1 7"}},
    {"foreach_partition, of empty partitions too",
     each_partition,
     {"partition 1000 0 5", "partition 1000 1 6", "partition 2000 0 0", "partition 2000 1 7"}},
    {"foreach_rdd, and actions in it",
     each_rdd,
     {"partition 1000 0 5", "partition 1000 1 6", "rdd 1000 0 2", "rdd 2000 0 1"}},
    {"behind a shuffle", behind_a_shuffle, {"partition 1000 0 11", "partition 2000 0 7"}},
    {"of a window: the time at which it ends",
     each_window,
     {"record 2000 0 5", "record 2000 1 6", "record 2000 3 7"}},
};
static void test_seen(void **state) {
    const seen_case *row = *state;
    wadi__rig rig = wadi__rig_new(NULL);
    memset(seen, 0, sizeof seen);
    atomic_store(&seen_count, 0);
    row->output(wadi__rig_input(&rig, WADI_TYPE(int64_t), "5 6; 7", 2));
    run(&rig, 2);
    wadi__rig_free(&rig);
    assert_seen(row->expected, sizeof row->expected / sizeof row->expected[0]);
}
/* Every try sees the same two, and which try it is. */
WADI_FOREACH_PARTITION(fail_once, int64_t) {
    see("try", wadi_task_batch_ms(task), wadi_task_partition_index(task), wadi_task_attempt(task));
    while ((in = wadi_next(it)))
        if (*in == 6 && wadi_task_attempt(task) < 2) wadi_fail(task, "not yet");
}
static void test_each_try_sees_the_same(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    memset(seen, 0, sizeof seen);
    atomic_store(&seen_count, 0);
    wadi_foreach_partition(wadi__rig_input(&rig, WADI_TYPE(int64_t), "5 6", 2), fail_once);
    run(&rig, 1);
    wadi__rig_free(&rig);
    static const char *const expected[] = {"try 1000 0 0", "try 1000 1 0", "try 1000 1 1",
                                           "try 1000 1 2", NULL};
    assert_seen(expected, sizeof expected / sizeof expected[0]);
}

/* ---- print ---- */

static atomic_int mapped;
WADI_MAP(count_mapped, int64_t, int64_t) {
    *out = *in;
    atomic_fetch_add(&mapped, 1);
}
/* What the program printed. */
static char *printed(wadi__rig *rig, uint32_t batches) {
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    run(rig, batches);
    dup2(before, STDOUT_FILENO);
    close(before);
    long size = lseek(fileno(file), 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(pread(fileno(file), text, (size_t)size, 0), size);
    assert_int_equal(fclose(file), 0);
    return text;
}
#define HEAD(ms)                                             \
    "-------------------------------------------\nTime: " ms \
    " ms\n-------------------------------------------\n"
static void test_print_is_an_output_operation(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in =
        wadi__rig_input(&rig, WADI_TYPE(int64_t),
                        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; ; none; 7", 2);
    wadi_print(wadi_map(in, count_mapped));
    char *text = printed(&rig, 4);
    wadi__rig_free(&rig);
    assert_string_equal(text, HEAD("1000") "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n...\n\n" HEAD(
                                  "2000") "\n" HEAD("4000") "7\n\n");
    free(text);
    assert_in_range(atomic_load(&mapped), 12, 12); /* the first partition alone, and the 7 */
}
static void test_print_more(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(pair), "a:1 b:2 c:3", 3);
    wadi_print(in, 2);
    wadi_print(in, .records_max = 3);
    char *text = printed(&rig, 1);
    wadi__rig_free(&rig);
    assert_string_equal(
        text, HEAD("1000") "(a,1)\n(b,2)\n...\n\n" HEAD("1000") "(a,1)\n(b,2)\n(c,3)\n\n");
    free(text);
}
typedef struct print_case {
    const char *name;
    int64_t time_ms, rows[11];
    size_t count;
    uint32_t records_max;
    const char *expected;
} print_case;
static print_case prints[] = {
    {"print_exactly_ten",
     2000,
     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
     10,
     10,
     HEAD("2000") "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n\n"},
    {"print_eleven_shows_ellipsis",
     3000,
     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
     11,
     10,
     HEAD("3000") "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n...\n\n"},
    {"print_empty_batch", 4000, {0}, 0, 10, HEAD("4000") "\n"},
    {"print_num_zero_nonempty", 1000, {1}, 1, 0, HEAD("1000") "...\n\n"},
};
static void test_layout(void **state) {
    const print_case *row = *state;
    wadi__text text = {0};
    wadi__print_batch(&text, row->time_ms, wadi__type_int64(), row->rows, row->count,
                      row->records_max);
    wadi__text_add(&text, "", 1);
    assert_string_equal(text.bytes, row->expected);
    wadi__text_fini(&text);
}

/* ---- Several outputs, some of which fail ---- */

WADI_FOREACH_RDD(fails, int64_t) {
    note('f');
    if (batch_ms == 1000) wadi_rdd_fail(rdd, "the other side is away");
}
static void test_a_failed_output_does_not_stop_the_others(void **state) {
    (void)state;
    wadi__rig_options options = {.settings = {{"wadi.batch.on_failure", "continue"}}};
    wadi__rig rig = wadi__rig_new(&options);
    memset(order, 0, sizeof order);
    atomic_store(&turn, 0);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 2);
    wadi_foreach_rdd(in, fails);
    wadi_foreach_rdd(in, count_elements);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_OK);
    wadi__rig_batches(&rig, 2);
    wadi_stop(rig.ssc, .keep_context = true);
    assert_int_not_equal(wadi_await_termination(rig.ssc, &err), WADI_OK);
    assert_non_null(strstr(err.message, "the other side is away"));
    assert_non_null(strstr(err.message, "in output operation 0 (foreach_rdd at"));
    wadi__rig_free(&rig);
    assert_string_equal(order, "fefe");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_foreach_counts);
    wadi__unit_add(&unit, test_foreach_and_foreach_partition);
    wadi__unit_rows(&unit, test_seen, seen_cases);
    wadi__unit_add(&unit, test_each_try_sees_the_same);
    wadi__unit_add(&unit, test_print_is_an_output_operation);
    wadi__unit_add(&unit, test_print_more);
    wadi__unit_rows(&unit, test_layout, prints);
    wadi__unit_add(&unit, test_a_failed_output_does_not_stop_the_others);
    return wadi__unit_run(&unit, "outputs");
}
