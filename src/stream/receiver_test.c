/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_test.c: users' receivers: what they store, how they end and begin again. Tests that have the
 * name of a behaviour in tests/conformance/behaviours.json show it. */
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include "stream/receiver.h"
#include "stream/scheduler.h"

#include <wadi/wadi.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

WADI_RECORD(counters, (int64_t, at)); /* captured: the address of a test's own counters */
typedef struct seen {
    atomic_int runs, stops, step;
    atomic_bool was_acknowledged;
    char metadata[32];
    wadi_receiver *receiver;
} seen;

static seen *seen_of(const counters *env) { return (seen *)(uintptr_t)env->at; }

/* Starts a program of one receiver and hands its records to a collector. */
typedef struct program {
    wadi__rig rig;
    wadi_dstream *stream;
    wadi__collector *collector;
    seen seen;
} program;
static void start(program *p, wadi_receiver_fn f, const wadi__rig_options *options) {
    p->rig = wadi__rig_new(options);
    p->stream = wadi_receiver_stream(p->rig.ssc, f);
    p->collector = wadi__collector_new(p->stream);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(p->rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
}
static void finish(program *p, const char *expected) {
    wadi_stop(p->rig.ssc);
    char *text = wadi__collector_text(p->collector, WADI__COLLECTED_ROWS);
    if (expected != NULL) assert_string_equal(text, expected);
    free(text);
    wadi__rig_free(&p->rig);
    wadi__collector_free(p->collector);
}
static void wait_stopped(wadi_receiver *receiver) {
    pthread_mutex_lock(&receiver->lock);
    while (!wadi_receiver_stopped(receiver))
        wadi__event_wait(&receiver->changed, &receiver->lock, receiver->ssc->env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&receiver->lock);
}

/* Every form of storing, from a thread that the body starts. */
static void *store_all_ways(void *arg) {
    wadi_receiver *receiver = arg;
    int64_t one = 1, framed[] = {2, 3}, group[] = {4, 5, 6}, last = 7;
    void *bytes = NULL;
    size_t size = 0;
    wadi__store(receiver, &one, sizeof one);
    if (wadi_frame_encode(int64_t, framed, 2, &bytes, &size, NULL) == WADI_OK) wadi__store_frame(receiver, bytes, size);
    wadi_frame_free(&bytes);
    wadi__store_block(receiver, group, 3, sizeof group[0]);
    wadi__store(receiver, &last, sizeof last);
    wadi_receiver_report(receiver, "%s is odd", "something");
    return NULL;
}
WADI_RECEIVER(has_a_thread, int64_t, counters) {
    pthread_t thread;
    seen_of(env)->receiver = receiver;
    atomic_fetch_add(&seen_of(env)->runs, 1);
    if (pthread_create(&thread, NULL, store_all_ways, out->to) != 0) return;
    pthread_join(thread, NULL);
    wait_stopped(receiver);
    atomic_fetch_add(&seen_of(env)->stops, 1);
}
static void test_receiver_life_cycle(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(has_a_thread, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__rig_batches(&p.rig, 1);
    assert_int_equal(p.seen.runs, 1);
    assert_false(wadi_receiver_stopped(p.seen.receiver));
    assert_int_equal(p.seen.stops, 0);
    assert_string_equal(p.seen.receiver->last_error, "something is odd");
    assert_int_equal(p.seen.receiver->last_error_ms, 0);
    wadi_stop(p.rig.ssc, .keep_context = true);
    assert_true(wadi_receiver_stopped(p.seen.receiver));
    assert_int_equal(p.seen.stops, 1);
    char *text = wadi__collector_text(p.collector, WADI__COLLECTED_PARTITIONS);
    assert_string_equal(text, "1000: 1 | 2 3 | 4 5 6 | 7"); /* single ones gather, the others are blocks */
    free(text);
    finish(&p, NULL);
}

WADI_RECEIVER(restarts_once, int64_t, counters) {
    seen_of(env)->receiver = receiver;
    if (atomic_fetch_add(&seen_of(env)->runs, 1) == 0) wadi_receiver_restart_after(receiver, 100, "to be sure");
    else wait_stopped(receiver);
    atomic_fetch_add(&seen_of(env)->stops, 1);
    (void)out;
}
static void test_receiver_restart(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(restarts_once, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__manual_clock_await_idle(p.rig.clock);
    assert_int_equal(p.seen.stops, 1);
    wadi__rig_advance(&p.rig, 99);
    assert_int_equal(p.seen.runs, 1);
    wadi__rig_advance(&p.rig, 1);
    assert_int_equal(p.seen.runs, 2);
    assert_int_equal(p.seen.stops, 1); /* it runs .. */
    assert_false(wadi_receiver_stopped(p.seen.receiver));
    assert_int_equal(p.seen.receiver->restarts, 1);
    assert_string_equal(p.seen.receiver->last_error, "to be sure");
    finish(&p, NULL);
    assert_int_equal(p.seen.stops, 2);
}

/* A body that cannot begin ends at once, with a word why, and is tried again. */
WADI_RECEIVER(cannot_begin_twice, int64_t, counters) {
    seen_of(env)->receiver = receiver;
    int run = atomic_fetch_add(&seen_of(env)->runs, 1);
    if (run < 2) {
        wadi_receiver_report(receiver, "cannot begin, try %d", run);
        return;
    }
    wadi_store(out, run);
    wait_stopped(receiver);
}
static void test_receiver_start_failure_stops_it(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(cannot_begin_twice, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__manual_clock_await_idle(p.rig.clock);
    assert_int_equal(p.seen.runs, 1);
    assert_string_equal(p.seen.receiver->last_error, "cannot begin, try 0");
    wadi__rig_batches(&p.rig, 2);
    assert_int_equal(p.seen.runs, 2);
    assert_string_equal(p.seen.receiver->last_error, "cannot begin, try 1");
    wadi__rig_advance(&p.rig, 1000);
    wadi__rig_advance(&p.rig, 1500); /* it begins at 4000 ms, as the batch */
    assert_int_equal(p.seen.runs, 3);
    assert_int_equal(p.seen.receiver->stored_records, 1);
    finish(&p, NULL);
}

WADI_RECEIVER(store_ten, int64_t, counters) {
    atomic_fetch_add(&seen_of(env)->runs, 1);
    for (int64_t i = 1; i <= 10; i++) wadi_store(out, i);
    wait_stopped(receiver);
}
static void test_single_records_come_in_order(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(store_ten, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__rig_batches(&p.rig, 2);
    finish(&p, "1000: 1 2 3 4 5 6 7 8 9 10; 2000: none");
    assert_int_equal(p.seen.runs, 1);
}

WADI_RECEIVER(store_blocks, wadi_str, counters) {
    char first[] = "a string that is longer than twelve bytes", second[] = "short";
    wadi_str rows[] = {wadi_str_of(first), wadi_str_of(second)};
    wadi_store(out, wadi_str_of("single, before the block"));
    bool acknowledged = wadi_store_block_with(out, rows, 2, "position 7", 11);
    memset(first, '#', sizeof first - 1); /* it was copied */
    wadi_store(out, wadi_str_of("single, after it"));
    atomic_store(&seen_of(env)->was_acknowledged, acknowledged);
    wait_stopped(receiver);
}
static void test_blocks_keep_their_place_and_metadata(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(store_blocks, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__rig_batches(&p.rig, 1);
    assert_true(p.seen.was_acknowledged);
    const wadi__collected *run = wadi__collector_run(p.collector, 0);
    assert_int_equal(run->partition_count, 3); /* one block each */
    finish(&p, "1000: single, before the block a string that is longer than twelve bytes short single, after it");
}

WADI_RECEIVER(read_metadata, int64_t, counters) {
    seen *s = seen_of(env);
    size_t size;
    const char *last = wadi_receiver_last_metadata(receiver, &size);
    snprintf(s->metadata, sizeof s->metadata, "%.*s", last != NULL ? (int)size : 4, last != NULL ? last : "none");
    int64_t run = atomic_fetch_add(&s->runs, 1);
    if (run == 0) wadi_store_block_with(out, &run, 1, "after 0", 7);
    wadi_receiver_restart_after(receiver, 500, "again");
}
static void test_restarted_receiver_reads_its_last_metadata(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(read_metadata, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__manual_clock_await_idle(p.rig.clock);
    assert_string_equal(p.seen.metadata, "none");
    wadi__rig_advance(&p.rig, 499);
    assert_int_equal(p.seen.runs, 1);
    wadi__rig_advance(&p.rig, 1);
    assert_int_equal(p.seen.runs, 2);
    assert_string_equal(p.seen.metadata, "after 0");
    finish(&p, NULL);
}

WADI_RECEIVER(return_at_once, int64_t, counters) {
    int64_t run = atomic_fetch_add(&seen_of(env)->runs, 1);
    wadi_store(out, run);
    if (run == 2) wadi_receiver_stop(receiver, "enough after %d runs", 3);
}
static void test_body_that_returns_runs_again_until_it_stops(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(return_at_once, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__rig_batches(&p.rig, 9); /* restarts every 2000 ms */
    assert_int_equal(p.seen.runs, 3);
    finish(&p, NULL);
}

static void count_stop(void *arg) { atomic_fetch_add(&((seen *)arg)->stops, 1); }
WADI_RECEIVER(wait_for_a_library, int64_t, counters) {
    wadi_receiver_on_stop(receiver, count_stop, seen_of(env));
    wait_stopped(receiver);
    while (atomic_load(&seen_of(env)->stops) == 0) continue; /* the client library returns when told */
    wadi_store(out, 42);
}
static void test_on_stop_runs_once(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(wait_for_a_library, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__manual_clock_await_idle(p.rig.clock);
    wadi_stop(p.rig.ssc, .keep_context = true);
    assert_int_equal(p.seen.stops, 1);
    finish(&p, NULL);
}

/* Ten threads that store a thousand records each. */
typedef struct storer {
    wadi_receiver *receiver;
    pthread_t thread;
} storer;
static void *store_thousand(void *arg) {
    storer *self = arg;
    for (int64_t i = 0; i < 1000; i++) wadi__store(self->receiver, &i, sizeof i);
    return NULL;
}
WADI_RECEIVER(store_by_threads, int64_t, counters) {
    storer storers[10];
    for (size_t i = 0; i < 10; i++) {
        storers[i].receiver = receiver;
        if (pthread_create(&storers[i].thread, NULL, store_thousand, &storers[i]) != 0) abort();
    }
    for (size_t i = 0; i < 10; i++) pthread_join(storers[i].thread, NULL);
    atomic_store(&seen_of(env)->runs, (int)(out->to == receiver));
    wait_stopped(receiver);
}
static void test_multi_threaded_receiver(void **state) {
    (void)state;
    program p = {0};
    start(&p, wadi_bind(store_by_threads, .at = (int64_t)(uintptr_t)&p.seen), NULL);
    wadi__manual_clock_await_idle(p.rig.clock);
    while (atomic_load(&p.seen.runs) == 0) continue;
    size_t total = 0;
    wadi__rig_batches(&p.rig, 2);
    for (size_t i = 0; wadi__collector_run(p.collector, i) != NULL; i++)
        total += wadi__collector_run(p.collector, i)->row_count;
    assert_int_equal(total, 10000);
    finish(&p, NULL);
}

WADI_RECEIVER(store_until_stopped, int64_t, counters) {
    int64_t n = 0;
    while (!wadi_receiver_stopped(receiver)) {
        wadi_store(out, n);
        n++;
        atomic_store(&seen_of(env)->step, (int)n);
        if (n == 5000) wait_stopped(receiver);
    }
}
static void test_graceful_stop_processes_what_was_received(void **state) {
    (void)state;
    /* The real clock: the last tick must come by itself. */
    wadi__rig rig = {.sc = wadi_context_new("local[2]", "graceful")};
    wadi__collector *collectors[4];
    for (size_t round = 0; round < 4; round++) {
        seen s = {0};
        wadi_stream_context *ssc = wadi_stream_context_new(rig.sc, 20);
        wadi__collector *collector = collectors[round] = wadi__collector_new(
            wadi_receiver_stream(ssc, wadi_bind(store_until_stopped, .at = (int64_t)(uintptr_t)&s)));
        assert_int_equal(wadi_start(ssc, NULL), WADI_OK);
        while (atomic_load(&s.step) < 100) continue;
        assert_int_equal(wadi_stop(ssc, .gracefully = true, .keep_context = true), WADI_OK);
        size_t total = 0;
        for (size_t i = 0; wadi__collector_run(collector, i) != NULL; i++)
            total += wadi__collector_run(collector, i)->row_count;
        assert_int_equal(total, atomic_load(&s.step));
    }
    wadi__rig_free(&rig);
    for (size_t round = 0; round < 4; round++) wadi__collector_free(collectors[round]);
}

static int slot_warnings;
static void count_slot_warnings(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)module, (void)arg;
    slot_warnings += level == WADI__LOG_WARN && strstr(text, "the receiver takes the only slot") != NULL;
}
static void test_one_receiver_per_slot(void **state) {
    (void)state;
    program p = {0};
    slot_warnings = 0;
    wadi__log_capture(count_slot_warnings, NULL);
    start(&p, wadi_bind(store_ten, .at = (int64_t)(uintptr_t)&p.seen), &(wadi__rig_options){.master = "local[1]"});
    wadi__rig_batches(&p.rig, 3);
    wadi__log_capture(NULL, NULL);
    assert_int_equal(slot_warnings, 1);
    assert_int_equal(p.seen.runs, 1);
    assert_null(wadi__collector_run(p.collector, 0));
    assert_int_equal(wadi__scheduler_waiting(p.rig.ssc->scheduler), 3);
    finish(&p, NULL);
}

static void test_input_stream_ids(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    seen s = {0};
    wadi_rdd_queue *queue = wadi_rdd_queue_new(rig.sc);
    wadi_dstream *streams[] = {
        wadi_receiver_stream(rig.ssc, wadi_bind(store_ten, .at = (int64_t)(uintptr_t)&s)),
        wadi_socket_text_stream(rig.ssc, "peer", 1),
        wadi_queue_stream(rig.ssc, int64_t, queue),
        wadi_queue_stream(rig.ssc, int64_t, queue),
        wadi_text_file_stream(rig.ssc, "/nowhere"),
    };
    for (int i = 0; i < 5; i++) assert_int_equal(streams[i]->input_id, i);
    wadi__rig_free(&rig);
}
/* ---- The rate ---- */

/* Stores a hundred numbers one by one, as fast as it may. */
WADI_RECEIVER(gives_a_hundred, int64_t, counters) {
    seen_of(env)->receiver = receiver;
    for (int64_t i = 0; i < 100; i++) wadi_store(out, i);
    atomic_fetch_add(&seen_of(env)->runs, 1);
    wait_stopped(receiver);
}
typedef struct rate_case {
    const char *name, *max_rate, *initial_rate;
    size_t in_two_seconds; /* with the burst; 100: all */
} rate_case;
static rate_case rates[] = {
    {"unlimited", NULL, NULL, 100},
    {"unlimited by 0", "0", NULL, 100},
    {"ten a second", "10", NULL, 22},
    {"the initial rate is less", "40", "20", 43},
    {"the most is less", "20", "40", 43},
};
static void test_rate(void **state) {
    const rate_case *row = *state;
    wadi__rig_options options = {.settings = {{"spark.streaming.receiver.maxRate", row->max_rate},
                                              {"spark.streaming.backpressure.initialRate", row->initial_rate}}};
    if (row->initial_rate == NULL) options.settings[1].name = NULL;
    if (row->max_rate == NULL) options.settings[0] = (wadi_setting){NULL, NULL};
    program p = {0};
    start(&p, wadi_bind(gives_a_hundred, .at = (int64_t)(uintptr_t)&p.seen), &options);
    for (int i = 0; i < 40; i++) wadi__rig_advance(&p.rig, 50);
    size_t stored = (size_t)p.seen.receiver->stored_records;
    if (stored > row->in_two_seconds || stored + 4 < row->in_two_seconds)
        fail_msg("%zu records, about %zu are wanted", stored, row->in_two_seconds);
    wadi_stop(p.rig.ssc, .keep_context = true); /* it does not wait for the rate, and drops nothing */
    assert_int_equal(p.seen.receiver->stored_records, 100);
    finish(&p, NULL);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_receiver_life_cycle);
    wadi__unit_add(&unit, test_receiver_restart);
    wadi__unit_add(&unit, test_receiver_start_failure_stops_it);
    wadi__unit_add(&unit, test_single_records_come_in_order);
    wadi__unit_add(&unit, test_blocks_keep_their_place_and_metadata);
    wadi__unit_add(&unit, test_restarted_receiver_reads_its_last_metadata);
    wadi__unit_add(&unit, test_body_that_returns_runs_again_until_it_stops);
    wadi__unit_add(&unit, test_on_stop_runs_once);
    wadi__unit_add(&unit, test_multi_threaded_receiver);
    wadi__unit_add(&unit, test_graceful_stop_processes_what_was_received);
    wadi__unit_add(&unit, test_one_receiver_per_slot);
    wadi__unit_add(&unit, test_input_stream_ids);
    wadi__unit_rows(&unit, test_rate, rates);
    return wadi__unit_run(&unit, "receivers");
}
