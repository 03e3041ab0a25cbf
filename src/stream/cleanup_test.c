/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup_test.c: what streams remember and forget; the tests have the names of the behaviours in
 * tests/conformance/behaviours.json. */
#include "stream/generator.h"
#include "stream/receiver.h"
#include "testing/lent_receiver.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

WADI_MAP(identity, int64_t, int64_t) { *out = *in; }

typedef struct held_times { /* for which a stream still has RDDs */
    const wadi_dstream *stream;
    char text[200];
} held_times;
static void look(void *arg) {
    held_times *self = arg;
    self->text[0] = 0;
    for (size_t i = 0; i < self->stream->generated.count; i++) {
        size_t used = strlen(self->text);
        if (self->stream->generated.items[i].rdd != NULL)
            snprintf(self->text + used, sizeof self->text - used, "%s%lld", i > 0 ? " " : "",
                     (long long)self->stream->generated.items[i].time_ms);
    }
}
static void assert_held(wadi__rig *rig, const wadi_dstream *stream, const char *expected) {
    held_times held = {.stream = stream};
    wadi__generator_call(rig->ssc->generator, look, &held);
    assert_string_equal(held.text, expected);
}
static void test_remember_durations_map_window_window(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_remember(rig.ssc, 3000);
    wadi_dstream *mapped = wadi_map(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), identity);
    wadi_dstream *inner = wadi_window(mapped, 2000, 1000);
    wadi_dstream *outer = wadi_window(inner, 4000, 2000);
    wadi__collector *collector = wadi__collector_new(outer);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 10);
    assert_int_equal(outer->remember_ms, 3000);
    assert_int_equal(inner->remember_ms, 7000);
    assert_int_equal(mapped->remember_ms, 9000);
    assert_held(&rig, outer, "8000 10000");
    assert_held(&rig, inner, "4000 5000 6000 7000 8000 9000 10000");
    assert_held(&rig, mapped, "2000 3000 4000 5000 6000 7000 8000 9000 10000");
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
static void test_slice_before_start_fails(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    size_t n = 9;
    assert_null(wadi_slice(in, 0, 1000, &n));
    assert_int_equal(n, 0);
    assert_true(rig.sc->scope.has_failed);
    assert_non_null(strstr(rig.sc->scope.err.message, "has not been initialized"));
    rig.sc->scope.has_failed = false;
    wadi__rig_free(&rig);
}
static void test_slice(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; none; 4", 1);
    wadi__collector *collector = wadi__collector_new(wadi_window(in, 4000));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    static const struct {
        int64_t from_ms, to_ms;
        size_t n;
    } rows[] = {
        {1000, 2000, 2}, {1999, 2001, 2}, {1000, 1000, 1}, {2000, 1000, 0}, {-5000, 0, 0},
        {0, 1500, 1},    {1000, 4000, 3}, {9000, 9999, 1}, /* batches to come are made */
        {INT64_MIN, 2999, 2}, {INT64_MIN, INT64_MIN, 0}, {INT64_MAX, INT64_MIN, 0},
        {INT64_MAX - 1000, INT64_MAX, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = 99;
        wadi_slice(in, rows[i].from_ms, rows[i].to_ms, &n);
        assert_int_equal(n, rows[i].n);
    }
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
static void test_slice_of_too_many_batches_fails(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1);
    wadi__collector *collector = wadi__collector_new(in);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    size_t n = 9;
    assert_null(wadi_slice(in, INT64_MIN, INT64_MAX, &n));
    assert_int_equal(n, 0);
    assert_true(rig.sc->scope.has_failed);
    assert_non_null(strstr(rig.sc->scope.err.message, "a slice of 9223372036854775 batches; 1000000 is the most"));
    rig.sc->scope.has_failed = false;
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
typedef struct slicer {
    wadi_dstream *stream;
    _Atomic(int) slices;
    pthread_t thread;
} slicer;
static void *slice_until_stopped(void *arg) {
    slicer *self = arg;
    wadi_stream_context *ssc = wadi_dstream_context(self->stream);
    wadi__scope scope; /* its own, so that what fails here sticks here */
    wadi__scope_init(&scope, 0);
    wadi__scope *before = wadi__scope_enter(&scope);
    while (!scope.has_failed) {
        size_t n = 0;
        wadi_slice(self->stream, 0, 2000, &n);
        self->slices++;
    }
    wadi__scope_enter(before);
    assert_int_equal(scope.err.status, WADI_E_STATE);
    assert_non_null(strstr(scope.err.message, "slice: the stream of"));
    assert_int_equal(wadi_stream_context_state(ssc) == WADI_STREAM_INITIALIZED, 0);
    wadi__scope_fini(&scope);
    return NULL;
}
static void test_slices_of_another_thread_end_when_the_program_stops(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        wadi__rig rig = wadi__rig_new(NULL);
        slicer slicers[3];
        wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1);
        wadi__collector *collector = wadi__collector_new(in);
        assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
        wadi__rig_batches(&rig, 1);
        for (int i = 0; i < 3; i++) {
            slicers[i] = (slicer){.stream = in};
            assert_int_equal(pthread_create(&slicers[i].thread, NULL, slice_until_stopped, &slicers[i]), 0);
        }
        for (int i = 0; i < 3; i++)
            while (slicers[i].slices == 0) sched_yield();
        wadi_stop(rig.ssc, .keep_context = true);
        for (int i = 0; i < 3; i++) pthread_join(slicers[i].thread, NULL);
        wadi__rig_free(&rig);
        wadi__collector_free(collector);
    }
}
/* Whether the streams' RDDs are still stored when they are forgotten. */
static void run_with_unpersist(const char *value, size_t *stored_before, size_t *stored_after) {
    wadi__rig_options options = {.settings = {{"spark.streaming.unpersist", value}}};
    wadi__rig rig = wadi__rig_new(&options);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; 3; 4; 5; 6", 1);
    wadi_dstream *kept = wadi_persist(wadi_map(in, identity), WADI_MEMORY_ONLY);
    wadi__collector *collector = wadi__collector_new(kept);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    wadi_rdd *first = wadi_rdd_ref(kept->generated.items[0].rdd);
    *stored_before = first->level != WADI_STORAGE_DEFAULT;
    wadi__rig_batches(&rig, 4);
    assert_held(&rig, kept, "5000");
    *stored_after = first->level != WADI_STORAGE_DEFAULT;
    wadi_rdd_unref(&first);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
/* What receivers stored: an RDD that the program holds can be computed again. */
static wadi_receiver *lender;
WADI_RECEIVER(lends_itself, int64_t) {
    lender = out->to;
    wadi__lent_until_stopped(receiver);
}
static void test_received_blocks_live_as_long_as_their_rdds(void **state) {
    (void)state;
    wadi__rig_options options = {.settings = {{"spark.streaming.unpersist", "false"}}};
    wadi__rig rig = wadi__rig_new(&options);
    wadi_dstream *in = wadi_receiver_stream(rig.ssc, lends_itself);
    wadi__collector *collector = wadi__collector_new(in);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__manual_clock_await_idle(rig.clock);
    for (int64_t i = 1; i <= 3; i++) wadi__store(lender, &i, sizeof i);
    wadi__rig_batches(&rig, 1);
    wadi_rdd *first = wadi_rdd_ref(in->generated.items[0].rdd);
    wadi__rig_batches(&rig, 4);
    assert_held(&rig, in, "5000");
    assert_int_equal(wadi_count(first), 3);
    wadi_rdd_unref(&first);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
static void test_unpersist_switch(void **state) {
    (void)state;
    size_t before, after;
    run_with_unpersist("false", &before, &after);
    assert_int_equal(before, 1);
    assert_int_equal(after, 1);
    run_with_unpersist("true", &before, &after);
    assert_int_equal(before, 1);
    assert_int_equal(after, 0);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_remember_durations_map_window_window);
    wadi__unit_add(&unit, test_slice_before_start_fails);
    wadi__unit_add(&unit, test_slice);
    wadi__unit_add(&unit, test_slice_of_too_many_batches_fails);
    wadi__unit_add(&unit, test_slices_of_another_thread_end_when_the_program_stops);
    wadi__unit_add(&unit, test_unpersist_switch);
    wadi__unit_add(&unit, test_received_blocks_live_as_long_as_their_rdds);
    return wadi__unit_run(&unit, "remembering and forgetting");
}
