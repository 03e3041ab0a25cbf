/* SPDX-License-Identifier: Apache-2.0 */
/* block_test.c: how what receivers store is cut into blocks, and to which batch they go; the tests
 * have the names of the behaviours in tests/conformance/behaviours.json. */
#include "stream/receiver.h"
#include "stream/tracker.h"
#include "testing/lent_receiver.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

/* Receivers that do nothing themselves: the test stores through them. */
WADI_RECORD(place, (int64_t, at));
WADI_RECEIVER(lends_itself, int64_t, place) {
    *(wadi_receiver **)(uintptr_t)env->at = out->to;
    wadi__lent_until_stopped(receiver);
}
static wadi_dstream *lent(wadi__rig *rig, wadi_receiver **p_receiver) {
    return wadi_receiver_stream(rig->ssc,
                                wadi_bind(lends_itself, .at = (int64_t)(uintptr_t)p_receiver));
}
static void store(wadi_receiver *receiver, int64_t from, int64_t to) {
    for (int64_t i = from; i <= to; i++) wadi__store(receiver, &i, sizeof i);
}
static void start(wadi__rig *rig) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig->ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__manual_clock_await_idle(rig->clock);
}
static void finish(wadi__rig *rig, wadi__collector *collector, const char *expected) {
    wadi_stop(rig->ssc);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_PARTITIONS);
    wadi__rig_free(rig);
    wadi__collector_free(collector);
    assert_string_equal(text, expected);
    free(text);
}
static wadi__rig rig_of(const char *block_interval) {
    wadi__rig_options options = {.master = "local[4]",
                                 .settings = {{"spark.streaming.blockInterval", block_interval}}};
    return wadi__rig_new(&options);
}
/* The blocks of a batch as text: the part of the id after input-STREAM-, and how many records. */
static void assert_blocks(wadi_receiver *receiver, int64_t time_ms, const char *expected) {
    char text[200] = "";
    const wadi__received_list *list =
        wadi__tracker_blocks(receiver->ssc->tracker, wadi_receiver_stream_id(receiver), time_ms);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%lld:%llu", i > 0 ? " " : "",
                 (long long)list->items[i]->id_ms,
                 (unsigned long long)list->items[i]->block->row_count);
    }
    assert_string_equal(text, expected);
}

static void test_block_generator_states(void **state) {
    (void)state;
    wadi__rig rig = rig_of("10ms");
    wadi_receiver *receiver = NULL;
    wadi__collector *collector = wadi__collector_new(lent(&rig, &receiver));
    assert_null(receiver); /* created, not started */
    start(&rig);
    assert_non_null(receiver);
    if (receiver == NULL) return; /* the analyzer does not know that the line above ends it */
    assert_false(wadi_receiver_stopped(receiver));
    store(receiver, 1, 10);
    assert_false(wadi__tracker_has_unallocated(rig.ssc->tracker)); /* not before the clock moves */
    wadi__rig_advance(&rig, 10);
    assert_null(receiver->open);
    assert_true(wadi__tracker_has_unallocated(rig.ssc->tracker));
    store(receiver, 11, 20);
    wadi__rig_advance(&rig, 10);
    int64_t group[10];
    for (int i = 0; i < 10; i++) group[i] = 21 + i;
    assert_true(wadi__store_block_with(receiver, group, 10, sizeof group[0], "21 to 30", 8));
    size_t size = 0;
    assert_memory_equal(wadi_receiver_last_metadata(receiver, &size), "21 to 30", 8);
    wadi__rig_advance(&rig, 980);
    assert_blocks(receiver, 1000, "0:10 10:10 10:10");
    wadi_stop(rig.ssc, .keep_context = true);
    assert_true(wadi_receiver_stopped(receiver));
    store(receiver, 31, 31); /* nothing is taken any more */
    assert_false(wadi__store_block(receiver, group, 10, sizeof group[0]));
    assert_int_equal(receiver->stored_records, 30);
    assert_int_equal(wadi_stop(rig.ssc), WADI_OK); /* harmless */
    finish(&rig, collector,
           "1000: 1 2 3 4 5 6 7 8 9 10 | 11 12 13 14 15 16 17 18 19 20 | 21 22 23 24 25 26 27 28 "
           "29 30");
}

static void *stop_gracefully(void *arg) {
    wadi_stop((wadi_stream_context *)arg, .gracefully = true, .keep_context = true);
    return NULL;
}
static void test_block_generator_stop_order(void **state) {
    (void)state;
    wadi__rig rig = rig_of("200ms");
    wadi_receiver *receiver = NULL;
    wadi__collector *collector = wadi__collector_new(lent(&rig, &receiver));
    start(&rig);
    store(receiver, 0, 999);
    wadi__rig_advance(&rig, 1);
    wadi__thread *thread = NULL;
    assert_int_equal(rig.clock->thread_start(rig.clock, "stops", stop_gracefully, rig.ssc, &thread),
                     0);
    wadi__manual_clock_await_idle(rig.clock);
    store(receiver, 1000, 1000); /* refused */
    assert_int_equal(receiver->stored_records, 1000);
    assert_int_equal(wadi_stream_context_state(rig.ssc),
                     WADI_STREAM_ACTIVE); /* not stopped yet .. */
    assert_null(wadi__collector_run(collector, 0));
    wadi__manual_clock_advance_ms(rig.clock,
                                  999); /* .. but once the clock has reached the end of the batch */
    rig.clock->thread_join(rig.clock, thread);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_STOPPED);
    const wadi__collected *run = wadi__collector_run(collector, 0);
    assert_int_equal(run->row_count, 1000);
    for (int64_t i = 0; i < 1000; i++) assert_int_equal(((const int64_t *)run->rows)[i], i);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}

/* Batches that may not have all go on until nothing is left. */
static void test_graceful_stop_of_bounded_batches(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.master = "local[4]", .settings = {{"wadi.batch.max_records", "2"}}});
    wadi_receiver *receiver = NULL;
    wadi__collector *collector = wadi__collector_new(lent(&rig, &receiver));
    start(&rig);
    for (int64_t i = 1; i <= 3; i++) {
        store(receiver, 2 * i - 1, 2 * i);
        wadi__rig_advance(&rig, 200);
    }
    wadi__thread *thread = NULL;
    assert_int_equal(rig.clock->thread_start(rig.clock, "stops", stop_gracefully, rig.ssc, &thread),
                     0);
    wadi__manual_clock_await_idle(rig.clock);
    for (int64_t ms = 400; ms <= 2400; ms += 1000) {
        assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_ACTIVE);
        wadi__manual_clock_advance_ms(rig.clock, ms == 400 ? 400 : 1000);
        wadi__manual_clock_await_idle(rig.clock);
    }
    rig.clock->thread_join(rig.clock, thread);
    finish(&rig, collector, "1000: 1 2; 2000: 3 4; 3000: 5 6");
}

/* Storing is handing over here, so that no block ever waits for it
 * (spark.streaming.blockQueueSize). */
static void test_block_ids_and_empty_intervals(void **state) {
    (void)state;
    wadi__rig rig = rig_of("200ms");
    for (int i = 0; i < 3; i++) wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc));
    wadi_receiver *receiver = NULL;
    wadi__collector *collector = wadi__collector_new(lent(&rig, &receiver));
    start(&rig);
    assert_int_equal(wadi_receiver_stream_id(receiver), 3);
    store(receiver, 1, 2);
    wadi__rig_advance(&rig, 200);
    wadi__rig_advance(&rig, 200); /* nothing came: no block */
    wadi__rig_advance(&rig, 100);
    store(receiver, 3, 3);
    wadi__rig_advance(&rig, 150);
    store(receiver, 4, 4);
    wadi__rig_advance(&rig, 200);
    store(receiver, 5, 7);
    wadi__rig_advance(&rig, 150); /* the batch takes what came up to its time */
    assert_blocks(receiver, 1000, "0:2 400:1 600:1 800:3");
    wadi__rig_advance(&rig, 100);
    store(receiver, 8, 8);
    wadi__rig_advance(&rig, 900); /* the ticks of a late clock are made up: the first takes all */
    assert_blocks(receiver, 2000, "1000:1");
    finish(&rig, collector, "1000: 1 2 | 3 | 4 | 5 6 7; 2000: 8");
}
/* An interval that does not divide the batch's: a batch cuts too. */
static void test_batches_cut_the_open_block(void **state) {
    (void)state;
    wadi__rig rig = rig_of("700ms");
    wadi_receiver *receiver = NULL;
    wadi__collector *collector = wadi__collector_new(lent(&rig, &receiver));
    start(&rig);
    for (int64_t i = 1; i <= 20; i++) {
        wadi__rig_advance(&rig, 50);
        store(receiver, i, i);
        wadi__rig_advance(&rig, 50);
        if (i == 10) assert_blocks(receiver, 1000, "0:7 300:3");
    }
    assert_blocks(receiver, 2000, "700:4 1300:6");
    finish(&rig, collector, "1000: 1 2 3 4 5 6 7 | 8 9 10; 2000: 11 12 13 14 | 15 16 17 18 19 20");
}
static void test_block_interval_must_be_positive(void **state) {
    (void)state;
    static const char *const values[] = {"0", "-200ms", "0s"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        wadi__rig rig = rig_of(values[i]);
        wadi_receiver *receiver = NULL;
        wadi_print(lent(&rig, &receiver));
        wadi_error err = WADI_ERROR_INIT;
        assert_int_equal(wadi_start(rig.ssc, &err), WADI_E_INVALID);
        if (strstr(err.message, "spark.streaming.blockInterval") == NULL)
            fail_msg("%s", err.message);
        assert_null(receiver);
        wadi__rig_free(&rig);
    }
}

static void test_blocks_go_to_the_batch_that_was_running(void **state) {
    (void)state;
    wadi__rig rig = rig_of("250ms");
    wadi_receiver *ones = NULL, *tens = NULL;
    wadi_dstream *first = lent(&rig, &ones), *second = lent(&rig, &tens);
    wadi__collector *collector = wadi__collector_new(wadi_union(first, second));
    start(&rig);
    for (int64_t quarter = 1; quarter <= 8; quarter++) {
        store(tens, 10 * quarter, 10 * quarter);
        if (quarter % 2 == 0) store(ones, quarter, quarter);
        wadi__rig_advance(&rig, 249);
        if (quarter == 4) store(ones, 100, 100); /* at 999 ms */
        wadi__rig_advance(&rig, 1);
        if (quarter == 4) store(ones, 101, 101); /* at 1000 ms, after the batch was generated */
    }
    finish(&rig, collector,
           "1000: 2 | 4 100 | 10 | 20 | 30 | 40; 2000: 101 | 6 | 8 | 50 | 60 | 70 | 80");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_block_generator_states);
    wadi__unit_add(&unit, test_block_generator_stop_order);
    wadi__unit_add(&unit, test_graceful_stop_of_bounded_batches);
    wadi__unit_add(&unit, test_block_ids_and_empty_intervals);
    wadi__unit_add(&unit, test_batches_cut_the_open_block);
    wadi__unit_add(&unit, test_block_interval_must_be_positive);
    wadi__unit_add(&unit, test_blocks_go_to_the_batch_that_was_running);
    return wadi__unit_run(&unit, "blocks");
}
