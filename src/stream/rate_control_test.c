/* SPDX-License-Identifier: Apache-2.0 */
/* rate_control_test.c: the tests have the names of the behaviours in
 * tests/conformance/behaviours.json. */
#include "stream/rate_control.h"

#include "stream/pid_rate.h"
#include "stream/receiver.h"
#include "testing/lent_receiver.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

/* ---- Numbers ---- */

enum { RATES_MAX = 20 };
typedef struct told_rates {
    int64_t rates[RATES_MAX];
    int count;
} told_rates;
static told_rates told;
static void probe_set_rate(wadi_dstream *self, int64_t rate) {
    (void)self;
    assert_true(told.count < RATES_MAX);
    told.rates[told.count++] = rate;
}
static const wadi__dstream_ops controlled_ops = {.name = "probe", .set_rate = probe_set_rate},
                               other_ops = {.name = "other"};

typedef struct done_batch {
    int64_t end_ms, records, processing_ms, scheduling_ms;
} done_batch;
static void complete(wadi__rate_control *control, int stream_id, const done_batch *row) {
    wadi__input_report report = {.stream_id = stream_id, .record_count = row->records};
    wadi__batch batch = {.inputs = {.items = &report, .count = 1},
                         .end_ms = row->end_ms,
                         .start_ms = row->end_ms - row->processing_ms,
                         .submission_ms = row->end_ms - row->processing_ms - row->scheduling_ms};
    wadi__rate_control_completed(control, &batch);
}
static void test_rate_published_after_each_batch(void **state) {
    (void)state;
    static const done_batch batches[] = {
        {2000, 1000, 333, 0},                         /* the first gives no rate */
        {3000, 1000, 333, 100},                       /* 3003.003.. records a second */
        {3000, 2000, 333, 0},                         /* not later than the last one */
        {4000, 0, 333, 0},      {4000, 100, 0, 0},    /* nothing to learn from */
        {5000, 700, 950, 3000}, {6000, 1, 999, 9000}, /* no less than the least */
        {7000, 9000, 500, 0},
    };
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.streaming.backpressure.enabled", "true"}}});
    wadi_error err = WADI_ERROR_INIT;
    wadi_dstream *other =
        wadi__dstream_new_input(rig.ssc, &other_ops, wadi__type_int64(), NULL, NULL);
    wadi_dstream *input =
        wadi__dstream_new_input(rig.ssc, &controlled_ops, wadi__type_int64(), NULL, NULL);
    wadi__rate_control *control = NULL;
    assert_int_equal(wadi__rate_control_new(rig.ssc, &control, &err), WADI_OK);
    assert_non_null(control);
    wadi__pid_rate pid;
    wadi__pid_params params = {rig.ssc->batch_ms, 1.0, 0.2, 0.0, 100};
    assert_int_equal(wadi__pid_rate_init(&pid, &params, &err), WADI_OK);
    told = (told_rates){{0}, 0};
    int expected = 0;
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const done_batch *row = &batches[i];
        double rate;
        complete(control, other->input_id, row);
        complete(control, input->input_id, row);
        wadi__pid_batch done = {row->end_ms, row->records, row->processing_ms, row->scheduling_ms};
        if (wadi__pid_rate_update(&pid, &done, &rate)) {
            assert_true(told.count > expected);
            assert_int_equal(told.rates[expected++], (int64_t)rate);
        }
        assert_int_equal(told.count, expected);
    }
    assert_int_equal(expected, 4);
    assert_int_equal(told.rates[2], 100);
    wadi__rate_control_free(control);
    wadi__rig_free(&rig);
}
/* The first batch is not completed when the next one is made. */
static void test_held_before_the_first_estimate(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.streaming.backpressure.enabled", "true"},
                                          {"spark.streaming.backpressure.pid.minRate", "0.5"}}});
    wadi_error err = WADI_ERROR_INIT;
    wadi_dstream *input =
        wadi__dstream_new_input(rig.ssc, &controlled_ops, wadi__type_int64(), NULL, NULL);
    wadi__rate_control *control = NULL;
    assert_int_equal(wadi__rate_control_new(rig.ssc, &control, &err), WADI_OK);
    told = (told_rates){{0}, 0};
    wadi__batch empty = {.time_ms = 0};
    wadi__rate_control_made(control, &empty, 0);
    assert_int_equal(told.count, 0);
    wadi__rate_control_made(control, &empty, 1);
    wadi__rate_control_made(control, &empty, 2);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.rates[0], 1);
    complete(control, input->input_id, &(done_batch){5000, 1000, 2000, 0});
    wadi__rate_control_made(control, &empty, 1);
    assert_int_equal(told.count, 1);
    complete(control, input->input_id, &(done_batch){6000, 1000, 2000, 0});
    assert_int_equal(told.count, 2); /* the first estimate */
    wadi__rate_control_made(control, &empty, 1);
    assert_int_equal(told.count, 2);
    wadi__rate_control_free(control);
    wadi__rig_free(&rig);
}
/* The first batch was completed in time, but gives no rate yet; the next one is far too large. */
static void test_held_when_a_batch_is_far_too_large(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.streaming.backpressure.enabled", "true"}}});
    wadi_error err = WADI_ERROR_INIT;
    wadi_dstream *input =
        wadi__dstream_new_input(rig.ssc, &controlled_ops, wadi__type_int64(), NULL, NULL);
    wadi__rate_control *control = NULL;
    assert_int_equal(wadi__rate_control_new(rig.ssc, &control, &err), WADI_OK);
    told = (told_rates){{0}, 0};
    wadi__input_report report = {.stream_id = input->input_id, .record_count = 1000000};
    wadi__batch batch = {.inputs = {.items = &report, .count = 1}};
    wadi__rate_control_made(control, &batch, 0); /* nobody knows how fast they are processed */
    complete(control, input->input_id, &(done_batch){5000, 1000, 500, 0});
    report.record_count = 4000;
    wadi__rate_control_made(control, &batch, 0); /* takes two intervals */
    assert_int_equal(told.count, 0);
    report.record_count = 4001;
    wadi__rate_control_made(control, &batch, 0);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.rates[0], 100);
    wadi__rate_control_free(control);
    wadi__rig_free(&rig);
}
static void test_off_by_default(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.batch_ms = 1000});
    wadi__rate_control *control = NULL;
    assert_int_equal(wadi__rate_control_new(rig.ssc, &control, NULL), WADI_OK);
    assert_null(control);
    wadi__rate_control_free(control);
    wadi__rate_control_completed(control, &(wadi__batch){.end_ms = 1});
    wadi__rig_free(&rig);
}

/* ---- To a receiver ---- */

WADI_RECORD(place, (int64_t, at));
WADI_RECEIVER(lends_itself, int64_t, place) {
    (void)out;
    wadi__lend_receiver(receiver, env->at);
}
/* Takes half a second of the clock. */
WADI_FOREACH_RDD(take_time, int64_t, place) {
    if (wadi_count(rdd) > 0) wadi__manual_clock_advance_ms((wadi__env *)(uintptr_t)env->at, 500);
}
static int64_t limit_of(wadi_receiver *receiver) {
    pthread_mutex_lock(&receiver->lock);
    int64_t rate = receiver->limiter.rate;
    pthread_mutex_unlock(&receiver->lock);
    return rate;
}
static void test_receiver_rates_reach_receivers(void **state) {
    (void)state;
    static const int64_t rows[400];
    static const struct {
        size_t records; /* of a batch, in half a second */
        int64_t limit;  /* after it; 0: none */
    } batches[] = {{50, 0}, {50, 100}, {100, 200}, {150, 300}, {0, 300}, {400, 500}};
    static _Atomic(wadi_receiver *) at;
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.master = "local[3]",
                             .settings = {{"spark.streaming.backpressure.enabled", "true"},
                                          {"spark.streaming.receiver.maxRate", "500"}}});
    wadi_dstream *lent =
        wadi_receiver_stream(rig.ssc, wadi_bind(lends_itself, .at = (int64_t)(uintptr_t)&at));
    wadi_foreach_rdd(lent, wadi_bind(take_time, .at = (int64_t)(uintptr_t)rig.clock));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__manual_clock_await_idle(rig.clock);
    wadi_receiver *receiver = atomic_load(&at);
    assert_int_equal(limit_of(receiver), 500); /* the most, until something is known */
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        if (batches[i].records > 0) /* whole blocks are not held up */
            assert_true(wadi__store_block_with(receiver, rows, batches[i].records, sizeof rows[0],
                                               NULL, 0));
        wadi__manual_clock_advance_ms(rig.clock,
                                      i == 0 || batches[i - 1].records == 0 ? 1000 : 500);
        wadi__manual_clock_await_idle(rig.clock);
        assert_int_equal(limit_of(receiver), batches[i].limit != 0 ? batches[i].limit : 500);
    }
    wadi__rig_free(&rig);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_rate_published_after_each_batch);
    wadi__unit_add(&unit, test_held_before_the_first_estimate);
    wadi__unit_add(&unit, test_held_when_a_batch_is_far_too_large);
    wadi__unit_add(&unit, test_off_by_default);
    wadi__unit_add(&unit, test_receiver_rates_reach_receivers);
    return wadi__unit_run(&unit, "rate_control");
}
