/* SPDX-License-Identifier: Apache-2.0 */
/* generator_test.c: when batches are made: the grid, late ticks, clocks that jump, batches that wait. */
#include "stream/generator.h"

#include "base/log.h"
#include "stream/interval.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdlib.h>
#include <string.h>

/* ---- interval.h ---- */

typedef struct slide_case {
    const char *name;
    int64_t time_ms, zero_ms, slide_ms;
    bool expected;
} slide_case;
static slide_case slides[] = {
    {"the zero time has no batch", 1000, 1000, 500, false},
    {"first slide after zero", 1500, 1000, 500, true},
    {"between two slides", 1700, 1000, 500, false},
    {"a time before zero", 500, 1000, 500, false},
};
static void test_on_slide(void **state) {
    const slide_case *row = *state;
    assert_int_equal(wadi__interval_on_slide(row->time_ms, row->zero_ms, row->slide_ms), row->expected);
}
typedef struct first_case {
    const char *name;
    int64_t now_ms, interval_ms, expected;
} first_case;
static first_case firsts[] = {
    {"first: between two multiples", 1234, 1000, 2000},
    {"first: exactly on a multiple waits a whole batch", 2000, 1000, 3000},
    {"first: the epoch", 0, 1000, 1000},
    {"first: 1 ms batches", 5, 1, 6},
    {"first: before the epoch", -1500, 1000, -1000},
};
static void test_first(void **state) {
    const first_case *row = *state;
    assert_int_equal(wadi__interval_first(row->now_ms, row->interval_ms), row->expected);
}

/* ---- Batches ---- */

typedef struct program {
    wadi__rig rig;
    wadi__collector *collector;
} program;
static program start(const wadi__rig_options *options) {
    program p = {.rig = wadi__rig_new(options)};
    p.collector = wadi__collector_new(wadi__rig_input(&p.rig, WADI_TYPE(int64_t), "1; 2; 3; 4; 5; 6; 7; 8", 1));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(p.rig.ssc, &err), WADI_OK);
    return p;
}
static void finish(program *p, const char *expected) {
    wadi_stop(p->rig.ssc);
    char *text = wadi__collector_text(p->collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, expected);
    free(text);
    wadi__rig_free(&p->rig);
    wadi__collector_free(p->collector);
}
static void test_batch_grid(void **state) {
    (void)state;
    program p = start(&(wadi__rig_options){.wall_ms = 1234567, .batch_ms = 1000});
    assert_int_equal(p.rig.ssc->zero_ms, 1234000);
    wadi__rig_advance(&p.rig, 432);
    assert_null(wadi__collector_run(p.collector, 0));
    wadi__rig_advance(&p.rig, 1); /* 1235000: the first multiple after the start */
    wadi__rig_advance(&p.rig, 1000);
    finish(&p, "1235000: 1; 1236000: 2");
}
/* Missed ticks are made up one by one, none twice. */
static void test_recurring_timer_basic(void **state) {
    (void)state;
    program p = start(&(wadi__rig_options){.batch_ms = 100});
    wadi__rig_advance(&p.rig, 100);
    assert_int_equal(wadi__generator_last_ms(p.rig.ssc->generator), 100);
    wadi__rig_advance(&p.rig, 200);
    assert_int_equal(wadi__generator_last_ms(p.rig.ssc->generator), 300);
    wadi__rig_advance(&p.rig, 250);
    wadi__rig_advance(&p.rig, 50);
    assert_int_equal(wadi__generator_last_ms(p.rig.ssc->generator), 600);
    finish(&p, "100: 1; 200: 2; 300: 3; 400: 4; 500: 5; 600: 6");
}

static int jumps_logged;
static void count_jumps(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)arg;
    jumps_logged += strstr(text, "wall clock differs") != NULL;
}
/* The wall clock jumps an hour either way, or the machine was asleep: batch times go on as they began. */
static void test_wall_clock_jumps(void **state) {
    (void)state;
    static const int64_t jumps_ms[] = {3600000, -3600000};
    for (size_t i = 0; i < 2; i++) {
        jumps_logged = 0;
        wadi__log_capture(count_jumps, NULL);
        program p = start(&(wadi__rig_options){.wall_ms = 10000000});
        wadi__rig_batches(&p.rig, 1);
        wadi__manual_clock_set_wall_ms(p.rig.clock, 10001000 + jumps_ms[i]);
        wadi__rig_batches(&p.rig, 3);
        finish(&p, "10001000: 1; 10002000: 2; 10003000: 3; 10004000: 4");
        wadi__log_capture(NULL, NULL);
        assert_int_equal(jumps_logged, 1);
    }
}

/* Batches that wait are bounded; none is lost. */
WADI_RECORD(gate, (int64_t, at));
typedef struct gate_state {
    atomic_uint is_open;
    atomic_int batches;
    int64_t times[16];
} gate_state;
WADI_FOREACH_RDD(wait_at_gate, int64_t, gate) {
    gate_state *self = (gate_state *)(uintptr_t)env->at;
    wadi__env *clock = wadi_rdd_context(rdd)->env;
    while (atomic_load(&self->is_open) == 0) clock->wait(clock, &self->is_open, 0, WADI__DEADLINE_NONE);
    self->times[atomic_fetch_add(&self->batches, 1)] = batch_ms;
}
static void test_waiting_batches_are_bounded(void **state) {
    (void)state;
    gate_state closed = {0};
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"wadi.batches.waiting_max", "3"}}});
    wadi_dstream *numbers = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; 3; 4; 5; 6; 7; 8", 1);
    wadi_foreach_rdd(numbers, wadi_bind(wait_at_gate, .at = (int64_t)(uintptr_t)&closed));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_OK);
    wadi__rig_batches(&rig, 8);
    assert_int_equal(wadi__generator_last_ms(rig.ssc->generator), 3000); /* no further one was made */
    assert_int_equal(closed.batches, 0);
    atomic_store(&closed.is_open, 1);
    rig.clock->wake(rig.clock, &closed.is_open, 1);
    wadi__manual_clock_await_idle(rig.clock);
    assert_int_equal(closed.batches, 8);
    for (int i = 0; i < 8; i++) assert_int_equal(closed.times[i], (i + 1) * 1000);
    wadi__rig_free(&rig);
}
/* A batch with no data, and one with nothing to do. */
static void test_batches_without_data(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi__collector *collector = wadi__collector_new(wadi__rig_input(&rig, WADI_TYPE(int64_t), "; none; 3", 2));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_OK);
    wadi__rig_batches(&rig, 3);
    wadi_stop(rig.ssc);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000:; 3000: 3");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_on_slide, slides);
    wadi__unit_rows(&unit, test_first, firsts);
    wadi__unit_add(&unit, test_batch_grid);
    wadi__unit_add(&unit, test_recurring_timer_basic);
    wadi__unit_add(&unit, test_wall_clock_jumps);
    wadi__unit_add(&unit, test_waiting_batches_are_bounded);
    wadi__unit_add(&unit, test_batches_without_data);
    return wadi__unit_run(&unit, "batches by the clock");
}
