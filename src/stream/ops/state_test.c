/* SPDX-License-Identifier: Apache-2.0 */
/* state_test.c: updateStateByKey and mapWithState on typed records, and what failures leave of a
 * state. */
#include "base/log.h"
#include "stream/ops/cases.h"
#include "stream/stream_context.h"
#include "testing/collecting_sink.h"

#include <stdatomic.h>
#include <stdio.h>

/* ---- Functions ---- */

WADI_UPDATE_STATE(sum, pair, pair) {
    for (size_t i = 0; i < n; i++) state->value += in[i].value;
    return state->value >= 0; /* below zero a key goes */
}
WADI_RECORD(history, (wadi_str, key), (wadi_int64_list, values), (wadi_str, text), (bool, was_new));
WADI_UPDATE_STATE(remember, pair, history) {
    int64_t *values = wadi_alloc(task, (state->values.count + n + 1) * sizeof *values);
    for (size_t i = 0; i < state->values.count; i++) values[i] = state->values.items[i];
    for (size_t i = 0; i < n; i++) values[state->values.count + i] = in[i].value;
    if (n > 0) {
        state->values = (wadi_int64_list){values, state->values.count + n};
        state->text =
            wadi_str_printf(task, "%.*s has %zu values", WADI_STR_ARG(*key), state->values.count);
    }
    state->was_new = is_new;
    state->key = wadi_str_of("no function changes a key"); /* it is put back */
    return true;
}
WADI_MAP_WITH_STATE(add_up, pair, pair, pair) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    if (in == NULL) {
        wadi_emit(out, (pair){*key, -before});
    } else if (in->value < 0) {
        wadi_state_remove(state);
    } else {
        wadi_state_update(state, (pair){wadi_str_of("another key"), before + in->value});
        wadi_emit(out, (pair){*key, wadi_state_get(state)->value});
    }
}
WADI_MAP_WITH_STATE(get_at_once, pair, pair, pair) { wadi_emit(out, *wadi_state_get(state)); }
WADI_MAP_WITH_STATE(update_after_remove, pair, pair, pair) {
    wadi_state_remove(state);
    wadi_state_update(state, *in);
    wadi_emit(out, *in);
}
WADI_MAP_WITH_STATE(update_while_timing_out, pair, pair, pair) {
    wadi_state_update(state, (pair){*key, 1});
    if (in != NULL) wadi_emit(out, *in);
}
WADI_RECORD(by_number, (int64_t, key), (int64_t, value));
WADI_UPDATE_STATE(wrong_key, pair, by_number) {
    state->value += (int64_t)n;
    return true;
}
WADI_PARTITIONER(by_length, wadi_str) { return in->len % partition_count; }

/* ---- Cases ---- */

static wadi_rdd *some(wadi_stream_context *ssc) {
    const pair rows[] = {{wadi_str_of("a"), 10}, {wadi_str_of("a"), 20}, {wadi_str_of("z"), 1}};
    return wadi_parallelize(wadi_stream_context_engine(ssc), pair, rows, 3, .partitions = 1);
}
BUILD(build_sum, return wadi_update_state_by_key(in[0], sum);)
BUILD(build_history, return wadi_update_state_by_key(in[0], remember, .partitions = 1);)
BUILD(build_sum_of_some, return wadi_update_state_by_key(in[0], sum, .initial = some(ssc));)
BUILD(build_by_length,
      return wadi_update_state_by_key(in[0], sum, .partitions = 3, .partitioner = by_length);)
BUILD(build_add_up, return wadi_map_with_state(in[0], add_up);)
BUILD(build_add_up_some,
      return wadi_state_snapshots(wadi_map_with_state(in[0], add_up, .initial = some(ssc)));)
BUILD(build_idle, wadi_dstream *made = wadi_map_with_state(in[0], add_up, .timeout_ms = 1500);
      wadi_checkpoint(made, 2000); return made;)
BUILD(build_get_at_once, return wadi_map_with_state(in[0], get_at_once);)
BUILD(build_update_after_remove, return wadi_map_with_state(in[0], update_after_remove);)
BUILD(build_update_while_timing_out,
      wadi_dstream *made = wadi_map_with_state(in[0], update_while_timing_out, .timeout_ms = 1000);
      wadi_checkpoint(made, 1000); return made;)
BUILD(build_wrong_key, return wadi_update_state_by_key(in[0], wrong_key);)
BUILD(build_wrong_in, return wadi_update_state_by_key(in[0], sum);)
BUILD(build_no_key, return wadi_update_state_by_key(in[0], sum);)
BUILD(build_timeout, return wadi_update_state_by_key(in[0], sum, .timeout_ms = 1);)
BUILD(build_negative, return wadi_map_with_state(in[0], add_up, .timeout_ms = -1);)
BUILD(build_forget, return wadi_map_with_state(in[0], add_up, .forget_partitioner = true);)
BUILD(build_snapshots_of_sum, return wadi_state_snapshots(wadi_update_state_by_key(in[0], sum));)
BUILD(build_snapshots_of_nothing, return wadi_state_snapshots(NULL);)
BUILD(build_wrong_initial, return wadi_update_state_by_key(in[0], remember, .initial = some(ssc));)
BUILD(build_odd_interval, wadi_dstream *made = wadi_update_state_by_key(in[0], sum);
      wadi_checkpoint(made, 1500); return made;)
BUILD(build_small_interval, wadi_dstream *made = wadi_map_with_state(in[0], add_up);
      wadi_checkpoint(made, 500); return made;)
BUILD(build_window, return wadi_window(wadi_update_state_by_key(in[0], sum), 3000, 2000);)
BUILD(build_twice, wadi_dstream *made = wadi_update_state_by_key(in[0], sum);
      return wadi_union(made, made);)
BUILD(build_of_state,
      return wadi_map_with_state(wadi_update_state_by_key(in[0], sum, .partitions = 3), add_up);)

static wadi__stream_case cases[] = {
    {"a sum for each key, also of batches without any",
     {PAIRS("a:1 b:2; a:3; ; b:-2 c:5")},
     build_sum,
     .expected = "1000: (a,1) (b,2); 2000: (a,4) (b,2); 3000: (a,4) (b,2); 4000: (a,4) (b,0) (c,5)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"a key that goes, and comes again",
     {PAIRS("a:1; a:-5; a:3; b:-1; b:1")},
     build_sum,
     .expected = "1000: (a,1); 2000:; 3000: (a,3); 4000: (a,3); 5000: (a,3) (b,1)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"states with lists and long strings",
     {PAIRS("a_key_of_many_bytes:1 a:7; a_key_of_many_bytes:2; ; a_key_of_many_bytes:3")},
     build_history,
     .expected = "1000: (a,[7],a has 1 values,true) (a_key_of_many_bytes,[1],a_key_of_many_bytes "
                 "has 1 values,true); "
                 "2000: (a,[7],a has 1 values,false) (a_key_of_many_bytes,[1, "
                 "2],a_key_of_many_bytes has 2 values,false); "
                 "3000: (a,[7],a has 1 values,false) (a_key_of_many_bytes,[1, "
                 "2],a_key_of_many_bytes has 2 values,false); "
                 "4000: (a,[7],a has 1 values,false) (a_key_of_many_bytes,[1, 2, "
                 "3],a_key_of_many_bytes has 3 values,false)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"states to begin with: the first of a key",
     {PAIRS("none; a:1; ")},
     build_sum_of_some,
     .expected = "2000: (a,11) (z,1); 3000: (a,11) (z,1)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"a partitioner of one's own",
     {PAIRS("a:1 bb:2 ccc:3 dddd:4")},
     build_by_length,
     .expected = "1000: (ccc,3) | (a,1) (dddd,4) | (bb,2)",
     .form = WADI__COLLECTED_PARTITIONS,
     .has_checkpoint = true},
    {"mapWithState: each record sees what the one before left",
     {PAIRS("a:1 a:2 b:5; a:-1 a:7 b:-1; ; b:1")},
     build_add_up,
     .expected = "1000: (a,1) (a,3) (b,5); 2000: (a,7); 3000:; 4000: (b,1)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"mapWithState: states to begin with: the last of a key",
     {PAIRS("none; a:1; z:-1")},
     build_add_up_some,
     .expected = "1000: (a,20) (z,1); 2000: (a,21) (z,1); 3000: (a,21)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"mapWithState: idle keys go at multiples of the interval",
     {PAIRS("a:1 b:1; b:1; ; b:1; ; ; ")},
     build_idle,
     .expected =
         "1000: (a,1) (b,1); 2000: (b,2); 3000:; 4000: (a,-1) (b,3); 5000:; 6000: (b,-3); 7000:",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"a window over states has those of each batch",
     {PAIRS("a:1; a:1; b:1; a:1")},
     build_window,
     .expected = "2000: (a,1) (a,2); 4000: (a,2) (a,2) (a,3) (b,1) (b,1)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"a state read twice in one job is updated once",
     {PAIRS("a:1; a:1")},
     build_twice,
     .expected = "1000: (a,1) (a,1); 2000: (a,2) (a,2)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},
    {"a state of a state",
     {PAIRS("a:1; ; b:2")},
     build_of_state,
     .expected = "1000: (a,1); 2000: (a,2); 3000: (a,3) (b,2)",
     .form = WADI__COLLECTED_SORTED,
     .has_checkpoint = true},

    {"get of no state",
     {PAIRS("a:1")},
     build_get_at_once,
     .expected = "",
     .error =
         "State is not set: ask wadi_state_exists() before wadi_state_get(); in map_with_state of "
         "'get_at_once'; at the record: (a,1)",
     .has_checkpoint = true},
    {"update after remove",
     {PAIRS("a:1")},
     build_update_after_remove,
     .expected = "",
     .error = "the state cannot be updated after it has been removed",
     .has_checkpoint = true},
    {"update of a state that is timing out",
     {PAIRS("a:1; ; ")},
     build_update_while_timing_out,
     .expected = "1000: (a,1); 2000:",
     .error = "the state cannot be updated while it is timing out; in map_with_state of "
              "'update_while_timing_out'; at the time-out of key: a",
     .has_checkpoint = true},

    {"no checkpoint directory",
     {PAIRS("a:1")},
     build_sum,
     .expected = "",
     .error = "update_state_by_key: the stream is to be checkpointed, but the checkpoint directory "
              "has not been set"},
    {"no checkpoint directory for mapWithState",
     {PAIRS("a:1")},
     build_add_up,
     .expected = "",
     .error = "map_with_state: the stream is to be checkpointed, but the checkpoint directory has "
              "not been set"},
    {"an interval that is no multiple",
     {PAIRS("a:1")},
     build_odd_interval,
     .expected = "",
     .error = "the checkpoint interval of 1500 ms is not a multiple of the stream's slide time of "
              "1000 ms",
     .has_checkpoint = true},
    {"an interval below the slide",
     {PAIRS("a:1")},
     build_small_interval,
     .expected = "",
     .error = "the checkpoint interval of 500 ms is lower than the stream's slide time of 1000 ms",
     .has_checkpoint = true},
    {"a state with another key",
     {PAIRS("a:1")},
     build_wrong_key,
     .expected = "",
     .error = "the state of 'wrong_key', by_number, must begin with the key of the records: it "
              "begins with "
              "int64_t, the key is wadi_str",
     .has_checkpoint = true},
    {"other records",
     {{WADI_TYPE(by_number), "1:1"}},
     build_wrong_in,
     .expected = "",
     .error = "'sum' takes pair, the stream carries by_number",
     .has_checkpoint = true},
    {"no records",
     {INTS("1")},
     build_no_key,
     .expected = "",
     .error = "a stream of int64_t has no key",
     .has_checkpoint = true},
    {"a timeout of updateStateByKey",
     {PAIRS("a:1")},
     build_timeout,
     .expected = "",
     .error = ".timeout_ms means nothing here",
     .has_checkpoint = true},
    {"a negative timeout",
     {PAIRS("a:1")},
     build_negative,
     .expected = "",
     .error = ".timeout_ms is -1; it must be 1 or more",
     .has_checkpoint = true},
    {"a partitioner that there is not",
     {PAIRS("a:1")},
     build_forget,
     .expected = "",
     .error = ".forget_partitioner means nothing here",
     .has_checkpoint = true},
    {"snapshots of another stream",
     {PAIRS("a:1")},
     build_snapshots_of_sum,
     .expected = "",
     .error = "only what wadi_map_with_state() returns has snapshots of a state",
     .has_checkpoint = true},
    {"snapshots of no stream",
     {PAIRS("a:1")},
     build_snapshots_of_nothing,
     .expected = "",
     .error = "state_snapshots: the stream is NULL",
     .has_checkpoint = true},
    {"other states to begin with",
     {PAIRS("a:1")},
     build_wrong_initial,
     .expected = "",
     .error = ".initial has records of pair, the state of 'remember' is history",
     .has_checkpoint = true},
};

/* ---- Failures ---- */

static atomic_int tries_to_fail; /* of tasks: they do all their work, and then fail */

/* Fails at its last key, when all others have been changed. */
WADI_UPDATE_STATE(sum_or_fail, pair, pair) {
    for (size_t i = 0; i < n; i++) state->value += in[i].value;
    if (wadi_str_equal(*key, wadi_str_of("bad")) && n > 0 && atomic_load(&tries_to_fail) > 0) {
        atomic_fetch_sub(&tries_to_fail, 1);
        wadi_fail(task, "a bad key");
    }
    return state->value != 0;
}
WADI_MAP_WITH_STATE(add_or_fail, pair, pair, pair) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    wadi_state_update(state, (pair){*key, before + in->value});
    if (before + in->value == 0) wadi_state_remove(state);
    if (wadi_str_equal(*key, wadi_str_of("bad")) && atomic_load(&tries_to_fail) > 0) {
        atomic_fetch_sub(&tries_to_fail, 1);
        wadi_fail(task, "a bad key");
    }
    wadi_emit(out, (pair){*key, before + in->value});
}
static wadi__rig rig_new(const char *concurrent_jobs) {
    wadi__rig_options options = {
        .has_disk = true,
        .settings = {{"wadi.batch.on_failure", "continue"},
                     {"spark.streaming.checkpoint.directory", "/checkpoint"},
                     {"spark.streaming.concurrentJobs", concurrent_jobs}}};
    return wadi__rig_new(&options);
}
static const char script[] = "a:1 b:1 bad:1; a:-1 c:5 bad:1; b:2 c:1; d:1 bad:1";

typedef wadi_dstream *build_state(wadi_dstream *in);
static wadi_dstream *updating(wadi_dstream *in) {
    return wadi_update_state_by_key(in, sum_or_fail);
}
static wadi_dstream *mapping(wadi_dstream *in) {
    return wadi_state_snapshots(wadi_map_with_state(in, add_or_fail));
}
/* Runs the script; batch 2 begins with so many tries that fail. */
static char *run_failing(build_state *build, int failing, char *message, size_t size) {
    wadi__rig rig = rig_new("1");
    wadi__collector *collector =
        wadi__collector_new(build(wadi__rig_input(&rig, WADI_TYPE(pair), script, 2)));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    atomic_store(&tries_to_fail, 0);
    wadi__rig_batches(&rig, 1);
    atomic_store(&tries_to_fail, failing);
    wadi__rig_batches(&rig, 3);
    wadi_error err = WADI_ERROR_INIT;
    wadi_stop(rig.ssc, .keep_context = true);
    wadi_await_termination(rig.ssc, &err);
    snprintf(message, size, "%s", err.message);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_SORTED);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
    return text;
}
static const char all_batches[] = "1000: (a,1) (b,1) (bad,1); 2000: (b,1) (bad,2) (c,5); "
                                  "3000: (b,3) (bad,2) (c,6); 4000: (b,3) (bad,3) (c,6) (d,1)";
static void check_failing(int failing, const char *expected, const char *said) {
    build_state *const builds[] = {updating, mapping};
    for (size_t i = 0; i < 2; i++) {
        char message[512], *text = run_failing(builds[i], failing, message, sizeof message);
        assert_string_equal(text, expected);
        if (strstr(message, said) == NULL) fail_msg("'%s' does not say '%s'", message, said);
        free(text);
    }
}
static void test_failed_tries_leave_nothing(void **state) {
    (void)state;
    for (int failing = 0; failing < 4; failing++) check_failing(failing, all_batches, "");
}
/* Four tries of batch 2, four of it again in batch 3, and so on; then all of them at once. */
static void test_a_batch_waits_for_the_one_before(void **state) {
    (void)state;
    check_failing(
        4, "1000: (a,1) (b,1) (bad,1); 3000: (b,3) (bad,2) (c,6); 4000: (b,3) (bad,3) (c,6) (d,1)",
        "a bad key");
    check_failing(8, "1000: (a,1) (b,1) (bad,1); 4000: (b,3) (bad,3) (c,6) (d,1)",
                  "while the state was brought up to batch 2000 ms");
}

static atomic_int outputs_to_fail;
WADI_FOREACH_RDD(fail_at_times, pair) {
    size_t n;
    (void)batch_ms;
    wadi_collect(rdd, pair, &n);
    if (atomic_fetch_sub(&outputs_to_fail, 1) == 1) wadi_rdd_fail(rdd, "the output failed");
}
static void test_a_failed_output_leaves_the_state(void **state) {
    (void)state;
    wadi__rig rig = rig_new("1");
    wadi_dstream *sums = updating(wadi__rig_input(&rig, WADI_TYPE(pair), script, 2));
    wadi_foreach_rdd(sums, fail_at_times);
    wadi__collector *collector = wadi__collector_new(sums);
    atomic_store(&tries_to_fail, 0);
    atomic_store(&outputs_to_fail, 2);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 4);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_SORTED);
    assert_string_equal(text, all_batches);
    assert_true(rig.ssc->has_failed);
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}

/* ---- Reading earlier batches ---- */

static int64_t total(wadi_rdd *rdd) {
    size_t n;
    const pair *rows = wadi_collect(rdd, pair, &n);
    int64_t sum_of_all = 0;
    for (size_t i = 0; i < n; i++) sum_of_all += rows[i].value;
    return sum_of_all;
}
static void test_slices_of_the_past(void **state) {
    (void)state;
    wadi__rig rig = rig_new("1");
    wadi_remember(rig.ssc, 4000);
    wadi_dstream *sums = wadi_update_state_by_key(
        wadi__rig_input(&rig, WADI_TYPE(pair), "a:1; a:1 b:1; c:1; d:-1; e:1; f:1", 2), sum);
    wadi_dstream *mapped = wadi_map_with_state(sums, add_up);
    wadi__collector *collector = wadi__collector_new(mapped);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 6);
    size_t n;
    wadi_rdd *const *rdds = wadi_slice(sums, 3000, 6000, &n);
    assert_int_equal(n, 4);
    const int64_t expected[] = {4, 4, 5, 6};
    for (size_t i = 0; i < n; i++) assert_int_equal(total(rdds[i]), expected[i]);
    wadi_slice(sums, 1000, 1000, &n); /* not kept */
    assert_true(strstr(rig.sc->scope.err.message,
                       "the state of batch 1000 ms is not kept any more: ask for "
                       "more by wadi_remember()") != NULL);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}

/* Jobs of several batches at once, which read the state of their own batch each, as it was. */
enum { BATCHES = 40 };
static void test_concurrent_jobs(void **state) {
    (void)state;
    char text[BATCHES * 32], expected[4 * BATCHES * 64];
    size_t used = 0, wanted = 0;
    for (int i = 1; i <= BATCHES; i++)
        used += (size_t)sprintf(text + used, "%sa:%d k%d:1", i > 1 ? "; " : "", i, i % 7);
    wadi__rig rig = rig_new("4");
    wadi_dstream *sums = wadi_update_state_by_key(wadi__rig_input(&rig, WADI_TYPE(pair), text, 2),
                                                  sum, .partitions = 3);
    wadi_dstream *mapped = wadi_map_with_state(sums, add_up, .partitions = 2);
    wadi__collector *collectors[4];
    collectors[0] = wadi__collector_new(wadi_count(sums));
    collectors[1] = wadi__collector_new(wadi_count(mapped));
    collectors[2] = wadi__collector_new(wadi_count(wadi_state_snapshots(mapped)));
    collectors[3] = wadi__collector_new(wadi_count(wadi_union(sums, mapped)));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_advance(&rig, BATCHES * 1000); /* all at once */
    for (int c = 0; c < 4; c++) {
        char *actual = wadi__collector_text(collectors[c], WADI__COLLECTED_ROWS);
        size_t count = 0, batches = 0;
        for (const char *at = actual; *at != 0; at++) batches += *at == ':';
        assert_int_equal(batches, BATCHES);
        for (int i = 1; i <= BATCHES; i++) { /* in any order */
            int keys = i < 7 ? i + 1 : 8;
            wanted = (size_t)sprintf(expected, "%d: %d", i * 1000, c == 3 ? 2 * keys : keys);
            expected[wanted] = 0;
            const char *found = strstr(actual, expected);
            if (found != NULL && (found[wanted] == 0 || found[wanted] == ';'))
                count++;
            else
                fail_msg("'%s' is not in '%s'", expected, actual);
        }
        assert_int_equal(count, BATCHES);
        free(actual);
        wadi__collector_free(collectors[c]);
    }
    wadi__rig_free(&rig);
}

/* ---- Keys that come and go within a batch of many calls ---- */

enum { CHANGES = 3000, CHANGED_KEYS = 150, CHANGE_BATCHES = 4 };
static by_number nth_change(int64_t batch, int64_t i) {
    uint64_t mixed = (uint64_t)(batch * CHANGES + i + 1) * 0x9E3779B97F4A7C15u;
    int64_t removed = mixed >> 20 & 3;
    return (by_number){(int64_t)(mixed >> 40) % CHANGED_KEYS, removed == 0 ? -1 : i};
}
WADI_FLAT_MAP(many_changes, pair, by_number) {
    for (int64_t i = 0; i < CHANGES; i++) wadi_emit(out, nth_change(in->value, i));
}
WADI_MAP_WITH_STATE(add_up_numbers, by_number, by_number, by_number) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    if (in->value < 0)
        wadi_state_remove(state);
    else
        wadi_state_update(state, (by_number){0, before + in->value});
    wadi_emit(out, (by_number){*key, before});
}
static void test_keys_come_and_go(void **state) {
    (void)state;
    wadi__rig rig = rig_new("1");
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(pair), "a:0; a:1; a:2; a:3", 1);
    wadi_dstream *sums =
        wadi_map_with_state(wadi_flat_map(in, many_changes), add_up_numbers, .partitions = 1);
    wadi__collector *collector = wadi__collector_new(sums);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, CHANGE_BATCHES);
    int64_t values[CHANGED_KEYS] = {0};
    for (size_t batch = 0; batch < CHANGE_BATCHES; batch++) {
        const wadi__collected *run = wadi__collector_run(collector, batch);
        assert_int_equal(run->row_count, CHANGES);
        for (int64_t i = 0; i < CHANGES; i++) {
            by_number change = nth_change((int64_t)batch, i), *got = (by_number *)run->rows + i;
            assert_int_equal(got->key, change.key);
            assert_int_equal(got->value, values[change.key]);
            values[change.key] = change.value < 0 ? 0 : values[change.key] + change.value;
        }
    }
    wadi_stop(rig.ssc, .keep_context = true);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}

/* ---- The memory bound ---- */

WADI_RECORD(more, (int64_t, count));
WADI_FLAT_MAP(many_keys, pair, by_number) {
    for (int64_t i = 0; i < in->value; i++) wadi_emit(out, (by_number){i, 1});
}
WADI_MAP_WITH_STATE(count_keys, by_number, by_number, by_number) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    wadi_state_update(state, (by_number){*key, before + in->value});
    (void)out;
}
static void test_memory_bound(void **state) {
    (void)state;
    wadi__rig rig = rig_new("1");
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(pair), "a:1000; a:300000; a:2000; ; ", 1);
    wadi_dstream *counts =
        wadi_map_with_state(wadi_flat_map(in, many_keys), count_keys, .partitions = 1);
    wadi__collector *collector = wadi__collector_new(wadi_count(wadi_state_snapshots(counts)));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    wadi__pool_set_limit(wadi__pool_in_use() + (10 << 20));
    wadi__rig_batches(&rig, 2);
    wadi__pool_set_limit(0);
    wadi__rig_batches(&rig, 1); /* both that failed, and this one */
    wadi_error err = WADI_ERROR_INIT;
    wadi_stop(rig.ssc, .keep_context = true);
    wadi_await_termination(rig.ssc, &err);
    assert_int_equal(err.status, WADI_E_NOMEM);
    if (strstr(err.message, "no memory for the state; partition 0 of the state has ") == NULL ||
        strstr(err.message, " keys and ") == NULL)
        fail_msg("%s", err.message);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 1000; 4000: 300000");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
WADI_UPDATE_STATE(take_much, pair, pair) {
    if (n > 0 && in[0].value == 13) (void)wadi_alloc(task, 64 << 20);
    state->value += (int64_t)n;
    return true;
}
/* Not the state itself asks for it, but it may be what leaves no room. */
static void test_memory_bound_of_the_function(void **state) {
    (void)state;
    wadi__rig rig = rig_new("1");
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(pair), "a:1 b:1; a:13; ", 1);
    wadi__collector *collector =
        wadi__collector_new(wadi_update_state_by_key(in, take_much, .partitions = 1));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    wadi__pool_set_limit(wadi__pool_in_use() + (10 << 20));
    wadi__rig_batches(&rig, 1);
    wadi__pool_set_limit(0);
    wadi_error err = WADI_ERROR_INIT;
    wadi_stop(rig.ssc, .keep_context = true);
    wadi_await_termination(rig.ssc, &err);
    if (strstr(err.message, "; partition 0 of the state has 2 keys and ") == NULL)
        fail_msg("%s", err.message);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}

/* ---- Requests for memory that are refused ---- */

typedef struct refusal {
    uint64_t n; /* of the second batch; 0: none */
    bool for_good;
    uint64_t requests; /* that there were */
} refusal;

static void nobody(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
/* The last of three batches, in which the states are right whatever became of the second one. */
static char *last_batch(wadi__collector *collector) {
    char *text = wadi__collector_text(collector, WADI__COLLECTED_SORTED);
    const char *last = strstr(text, "3000:");
    char *copy = strdup(last != NULL ? last : "none");
    free(text);
    return copy;
}
static void run_refused(refusal *self, char *texts[3]) {
    wadi__rig rig = rig_new("1");
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(pair),
                                       "a_key_of_many_bytes:1 b:2 idle:1; a_key_of_many_bytes:2 "
                                       "b:-2 c:4 d:1; another_key_of_many_bytes:9 b:1",
                                       2);
    wadi_dstream *mapped =
        wadi_map_with_state(in, add_up, .timeout_ms = 1000, .initial = some(rig.ssc));
    wadi_checkpoint(mapped, 1000);
    wadi__collector *collectors[] = {
        wadi__collector_new(wadi_update_state_by_key(in, remember, .initial = NULL)),
        wadi__collector_new(mapped),
        wadi__collector_new(wadi_state_snapshots(mapped)),
    };
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    uint64_t before = wadi__mem_requests();
    wadi__mem_fail_at(self->n, self->for_good);
    wadi__rig_batches(&rig, 1);
    wadi__mem_fail_at(0, false);
    self->requests = wadi__mem_requests() - before;
    wadi__rig_batches(&rig, 1);
    wadi_error err = WADI_ERROR_INIT;
    wadi_stop(rig.ssc, .keep_context = true);
    wadi_await_termination(rig.ssc, &err);
    if (err.status != WADI_OK && err.status != WADI_E_NOMEM)
        fail_msg("request %llu: %s", (unsigned long long)self->n, err.message);
    for (int i = 0; i < 3; i++) texts[i] = last_batch(collectors[i]);
    wadi__rig_free(&rig);
    for (int i = 0; i < 3; i++) wadi__collector_free(collectors[i]);
}
static void check_refused(uint64_t n, bool for_good, char *const expected[3]) {
    refusal self = {.n = n, .for_good = for_good};
    wadi__pool_trim();
    int64_t before = wadi__mem_in_use();
    size_t pool_before = wadi__pool_in_use();
    char *texts[3];
    run_refused(&self, texts);
    for (int i = 0; i < 3; i++) {
        if (strcmp(texts[i], expected[i]) != 0)
            fail_msg("request %llu refused: %s instead of %s", (unsigned long long)n, texts[i],
                     expected[i]);
        free(texts[i]);
    }
    wadi__pool_trim();
    if (wadi__mem_in_use() != before || wadi__pool_in_use() != pool_before)
        fail_msg("request %llu refused: %lld bytes are left, and %lld of the pool",
                 (unsigned long long)n, (long long)(wadi__mem_in_use() - before),
                 (long long)wadi__pool_in_use() - (long long)pool_before);
}
static void test_refused_memory(void **state) {
    (void)state;
    refusal none = {0};
    char *expected[3];
    for (int round = 0; round < 2; round++) { /* the first one fills caches */
        run_refused(&none, expected);
        assert_string_equal(expected[1],
                            "3000: (a,-20) (another_key_of_many_bytes,9) (b,1) (idle,-1) (z,-1)");
        assert_string_equal(expected[2],
                            "3000: (a_key_of_many_bytes,3) (another_key_of_many_bytes,9) (b,1) "
                            "(c,4) (d,1)");
        if (round == 0)
            for (int i = 0; i < 3; i++) free(expected[i]);
    }
    wadi__log_capture(nobody, NULL);
    for (uint64_t n = 1; n <= none.requests; n++) check_refused(n, false, expected);
    for (uint64_t n = 1; n <= none.requests; n++) check_refused(n, true, expected);
    wadi__log_capture(NULL, NULL);
    for (int i = 0; i < 3; i++) free(expected[i]);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_failed_tries_leave_nothing);
    wadi__unit_add(&unit, test_a_batch_waits_for_the_one_before);
    wadi__unit_add(&unit, test_a_failed_output_leaves_the_state);
    wadi__unit_add(&unit, test_slices_of_the_past);
    wadi__unit_add(&unit, test_concurrent_jobs);
    wadi__unit_add(&unit, test_keys_come_and_go);
    wadi__unit_add(&unit, test_memory_bound);
    wadi__unit_add(&unit, test_memory_bound_of_the_function);
    wadi__unit_add(&unit, test_refused_memory);
    return wadi__unit_run(&unit, "state");
}
