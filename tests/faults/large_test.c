/* SPDX-License-Identifier: Apache-2.0 */
/* large_test.c: graphs, jobs and records of sizes that nobody draws: a thousand streams, ten
 * thousand partitions, records of 64 MiB, and a machine that sleeps while all goes on. */
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_RECORD(pair, (int64_t, key), (int64_t, count));
WADI_MAP(plus_one, int64_t, int64_t) { *out = *in + 1; }
WADI_MAP(pair_of, int64_t, pair) { *out = (pair){*in % 7, 1}; }
WADI_FLAT_MAP(grow, int64_t, wadi_str) {
    size_t size = (size_t)*in;
    char *bytes = wadi_alloc(task, size);
    if (bytes == NULL) return; /* the task has failed */
    memset(bytes, 'x', size);
    bytes[size - 1] = '.';
    wadi_emit(out, wadi_str_view(bytes, size));
}
WADI_FILTER(is_whole, wadi_str) { return wadi_str_data(in)[in->len - 1] == '.'; }

/* ---- A thousand streams ---- */

static void test_a_chain_of_a_thousand_streams(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *last = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2; ; 3", 2);
    for (int i = 0; i < 1000; i++) last = wadi_map(last, plus_one);
    wadi__collector *collector = wadi__collector_new(last);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 3);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 1001 1002; 2000:; 3000: 1003");
    free(text);
    assert_int_equal(wadi__rig_free(&rig), 0);
    wadi__collector_free(collector);
}
static void test_a_union_of_a_thousand_streams(void **state) {
    (void)state;
    enum { STREAMS = 1000 };
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *all[STREAMS];
    for (int i = 0; i < STREAMS; i++) all[i] = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2", 1);
    wadi__collector *collector = wadi__collector_new(wadi_count(wadi_union_all(all, STREAMS)));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 2000; 2000: 0");
    free(text);
    assert_int_equal(wadi__rig_free(&rig), 0);
    wadi__collector_free(collector);
}

/* ---- Ten thousand partitions ---- */

static void test_ten_thousand_partitions(void **state) {
    (void)state;
    enum { PARTITIONS = 10000 };
    wadi_context *sc = wadi_context_new("local[2]", "large");
    wadi_rdd *numbers = wadi_repartition(wadi_range(sc, 0, 50000), PARTITIONS);
    assert_int_equal(wadi_rdd_partition_count(numbers), PARTITIONS);
    assert_int_equal(wadi_count(numbers), 50000);
    wadi_rdd *counts = wadi_reduce_by_key(wadi_map(wadi_range(sc, 0, 700), pair_of), wadi_add,
                                          .partitions = PARTITIONS);
    size_t n = 0;
    const pair *rows = wadi_collect(counts, pair, &n);
    assert_int_equal(n, 7);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i].count, 100);
    assert_int_equal(wadi_finish(sc), 0);
}

/* ---- Records of 64 MiB ---- */

static void test_records_of_64_mib(void **state) {
    (void)state;
    const int64_t sizes[] = {64 << 20, 64 << 20, 5};
    wadi_context *sc =
        wadi_context_new("local", "large", .settings = {{"wadi.memory.max_bytes", "1g"}});
    wadi_rdd *records =
        wadi_flat_map(wadi_parallelize(sc, int64_t, sizes, 3, .partitions = 2), grow);
    assert_int_equal(wadi_count(wadi_filter(records, is_whole)), 3);
    assert_int_equal(wadi_count(wadi_distinct(records)), 2); /* through a shuffle */
    const wadi_str *first = wadi_first(records, wadi_str);
    assert_non_null(first);
    assert_int_equal(first->len, 64 << 20);
    assert_int_equal(wadi_finish(sc), 0);
}
/* One that the bound has no room for is an error that says so, and the context goes on. */
static void test_a_record_beyond_the_bound(void **state) {
    (void)state;
    const int64_t size = 64 << 20;
    wadi_context *sc =
        wadi_context_new("local", "large", .settings = {{"wadi.memory.max_bytes", "32m"}});
    wadi_rdd *records = wadi_flat_map(wadi_parallelize(sc, int64_t, &size, 1), grow);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_count(wadi_filter(records, is_whole)), 0);
    size_t n = 0;
    wadi_collect(records, wadi_str, &n);
    assert_true(wadi_rdd_failed(records, &err));
    assert_int_equal(err.status, WADI_E_NOMEM);
    if (strstr(err.message, "wadi.memory.max_bytes") == NULL) fail_msg("%s", err.message);
    assert_int_equal(wadi_count(wadi_range(sc, 0, 10)), 10);
    wadi_finish(sc);
}

/* ---- Clocks ---- */

static int jumps;
static void count_jumps(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)arg;
    jumps += strstr(text, "wall clock") != NULL;
}
WADI_RECEIVER(stores_each_second, int64_t) {
    wadi_store(out, 1);
    wadi_receiver_restart_after(receiver, 1000, "again");
}
typedef struct clock_case {
    const char *name;
    int64_t jump_ms;
} clock_case;
static clock_case clocks[] = {
    {"the wall clock is set an hour forward", 3600000},
    {"the wall clock is set an hour back", -3600000},
    {"the machine sleeps for a week", 7 * 86400000LL},
};
/* Twenty batches with a receiver, and the jump in the middle: each time once, no flood of empty
 * ones, nothing of the receiver's lost, and one line in the log. */
static void test_clock(void **state) {
    const clock_case *row = *state;
    const int64_t begin_ms = 1000000000000;
    jumps = 0;
    wadi__log_capture(count_jumps, NULL);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.wall_ms = begin_ms + 500});
    wadi__collector *collector =
        wadi__collector_new(wadi_receiver_stream(rig.ssc, stores_each_second));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 10);
    wadi__manual_clock_set_wall_ms(rig.clock, begin_ms + 10500 + row->jump_ms);
    wadi__rig_batches(&rig, 10);
    assert_int_equal(wadi__rig_free(&rig), 0);
    wadi__log_capture(NULL, NULL);
    size_t records = 0;
    for (size_t i = 0; i < 20; i++) {
        const wadi__collected *run = wadi__collector_run(collector, i);
        assert_non_null(run);
        assert_int_equal(run->time_ms, begin_ms + 1000 * (int64_t)(i + 1));
        records += run->row_count;
    }
    assert_null(wadi__collector_run(collector, 20));
    assert_in_range(records, 19, 21);
    assert_int_equal(jumps, 1);
    wadi__collector_free(collector);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_a_chain_of_a_thousand_streams);
    wadi__unit_add(&unit, test_a_union_of_a_thousand_streams);
    wadi__unit_add(&unit, test_ten_thousand_partitions);
    wadi__unit_add(&unit, test_records_of_64_mib);
    wadi__unit_add(&unit, test_a_record_beyond_the_bound);
    wadi__unit_rows(&unit, test_clock, clocks);
    return wadi__unit_run(&unit, "large things, and clocks");
}
