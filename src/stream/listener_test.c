/* SPDX-License-Identifier: Apache-2.0 */
/* listener_test.c: what listeners hear, and in which order; tests with the name of a behaviour in
 * tests/conformance/behaviours.json show it. */
#include "stream/stream_context.h"

#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

/* What was heard, as text; written by the listener's thread alone. */
typedef struct heard {
    char text[4000];
    size_t used;
    wadi_stream_context *ssc;
    wadi_status stop_status;
    atomic_uint *shut; /* NULL: it is fast */
} heard;

__attribute__((format(printf, 2, 3))) static void note(heard *self, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    size_t room = sizeof self->text - self->used;
    self->used += (size_t)vsnprintf(self->text + self->used, room, fmt, args);
    va_end(args);
}
static void on_started(int64_t time_ms, void *user) {
    note(user, "streaming at %" PRId64 "\n", time_ms);
}
static void note_batch(heard *self, const char *what, const wadi_batch_info *batch) {
    note(self, "%s %" PRId64 ": %" PRId64 " records, %" PRId64 "+%" PRId64 "=%" PRId64, what,
         batch->batch_ms, batch->record_count, batch->scheduling_delay_ms,
         batch->processing_delay_ms, batch->total_delay_ms);
    for (size_t i = 0; i < batch->input_count; i++)
        note(self, " [input %d: %" PRId64 " %s]", batch->inputs[i].stream_id,
             batch->inputs[i].record_count,
             batch->inputs[i].description != NULL ? batch->inputs[i].description : "-");
    for (size_t i = 0; i < batch->output_count; i++)
        note(self, " (%d%s)", batch->outputs[i].id,
             batch->outputs[i].failure_reason != NULL ? " failed" : "");
    note(self, "\n");
}
static void on_submitted(const wadi_batch_info *batch, void *user) {
    note_batch(user, "submitted", batch);
}
static void on_batch_started(const wadi_batch_info *batch, void *user) {
    note_batch(user, "started", batch);
}
static void on_completed(const wadi_batch_info *batch, void *user) {
    note_batch(user, "completed", batch);
}
static void note_output(heard *self, const char *what, const wadi_output_info *output) {
    note(self, "  %s %d of %" PRId64 ": %.12s", what, output->id, output->batch_ms, output->name);
    if (output->failure_reason != NULL) note(self, " failed: %.15s", output->failure_reason);
    note(self, "\n");
}
static void on_output_started(const wadi_output_info *output, void *user) {
    note_output(user, "starts", output);
}
static void on_output_completed(const wadi_output_info *output, void *user) {
    note_output(user, "ends", output);
}
static void note_receiver(heard *self, const char *what, const wadi_receiver_info *receiver) {
    note(self, "receiver %d %s %s%s: %s\n", receiver->stream_id, receiver->name, what,
         receiver->active ? "" : " for good",
         receiver->last_error_message != NULL ? receiver->last_error_message : "-");
}
static void on_receiver_started(const wadi_receiver_info *receiver, void *user) {
    note_receiver(user, "starts", receiver);
}
static void on_receiver_error(const wadi_receiver_info *receiver, void *user) {
    note_receiver(user, "errs", receiver);
}
static void on_receiver_stopped(const wadi_receiver_info *receiver, void *user) {
    note_receiver(user, "stops", receiver);
}

WADI_FOREACH_RDD(pass, int64_t) { (void)batch_ms, (void)wadi_count(rdd); }
WADI_MAP(fail_at_two, int64_t, int64_t) {
    if (*in == 2) wadi_fail(task, "two is too much");
    *out = *in;
}

/* ---- Batches ---- */

static void test_event_order_in_a_batch(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL, WADI_OK, NULL};
    wadi__rig rig =
        wadi__rig_new(&(wadi__rig_options){.settings = {{"wadi.batch.on_failure", "continue"}}});
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1);
    wadi_foreach_rdd(in, pass);
    wadi_foreach_rdd(wadi_map(in, fail_at_two), pass);
    wadi_add_listener(rig.ssc, .on_streaming_started = on_started,
                      .on_batch_submitted = on_submitted, .on_batch_started = on_batch_started,
                      .on_batch_completed = on_completed, .on_output_started = on_output_started,
                      .on_output_completed = on_output_completed, .user = &self);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    wadi__rig_free(&rig);
    assert_string_equal(self.text, "streaming at 0\n"
                                   "submitted 1000: 0 records, -1+-1=-1 (0) (1)\n"
                                   "started 1000: 0 records, 0+-1=-1 (0) (1)\n"
                                   "  starts 0 of 1000: foreach_rdd \n"
                                   "  ends 0 of 1000: foreach_rdd \n"
                                   "  starts 1 of 1000: foreach_rdd \n"
                                   "  ends 1 of 1000: foreach_rdd \n"
                                   "completed 1000: 0 records, 0+0=0 (0) (1)\n"
                                   "submitted 2000: 0 records, -1+-1=-1 (0) (1)\n"
                                   "started 2000: 0 records, 0+-1=-1 (0) (1)\n"
                                   "  starts 0 of 2000: foreach_rdd \n"
                                   "  ends 0 of 2000: foreach_rdd \n"
                                   "  starts 1 of 2000: foreach_rdd \n"
                                   "  ends 1 of 2000: foreach_rdd  failed: two is too much\n"
                                   "completed 2000: 0 records, 0+0=0 (0) (1 failed)\n");
}

/* ---- Receivers ---- */

WADI_RECEIVER(gives_three, int64_t) {
    (void)conn;
    int64_t rows[] = {1, 2, 3};
    wadi_store_block(out, rows, 3);
    wadi_receiver_report(receiver, "test report error: %s", "test report exception");
    wadi_receiver_stop(receiver, "that was all");
}
static void test_receiver_events(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL, WADI_OK, NULL};
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_foreach_rdd(wadi_receiver_stream(rig.ssc, gives_three, .name = "threes"), pass);
    wadi_add_listener(rig.ssc, .on_receiver_started = on_receiver_started,
                      .on_receiver_error = on_receiver_error,
                      .on_receiver_stopped = on_receiver_stopped,
                      .on_batch_completed = on_completed, .user = &self);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__manual_clock_await_idle(rig.clock);
    wadi__rig_batches(&rig, 1);
    wadi__rig_free(&rig);
    assert_string_equal(self.text,
                        "receiver 0 threes starts: -\n"
                        "receiver 0 threes errs: test report error: test report exception\n"
                        "receiver 0 threes errs: that was all\n"
                        "receiver 0 threes stops for good: that was all\n"
                        "completed 1000: 3 records, 0+0=0 [input 0: 3 -] (0)\n");
}

/* ---- What is known when: a record from a receiver in each batch of 100 ms ---- */

typedef struct infos {
    wadi_batch_info of[3][4]; /* submitted, started, completed */
    int count[3], inputs;
    wadi_output_info first_output; /* of the first batch that was submitted */
    int streaming_started;
} infos;
WADI_RECORD(turn_at, (int64_t, turns));
WADI_RECEIVER(gives_one_each, int64_t, turn_at) {
    (void)conn;
    atomic_uint *turns = (atomic_uint *)(uintptr_t)env->turns;
    wadi__env *clock = wadi__env_current();
    for (unsigned turn = 0; turn < 4; turn++) {
        int64_t row = turn;
        wadi_store_block(out, &row, 1);
        while (atomic_load(turns) == turn) clock->wait(clock, turns, turn, WADI__DEADLINE_NONE);
    }
    wadi_receiver_stop(receiver, "that was all");
}
static void keep(infos *self, int kind, const wadi_batch_info *batch) {
    self->inputs += batch->input_count == 1 && batch->inputs[0].stream_id == 0 &&
                    batch->inputs[0].record_count == 1;
    if (self->count[0] == 0) {
        self->first_output = batch->outputs[0];
        assert_int_equal(strncmp(batch->outputs[0].name, "foreach_rdd at listener_test.c:", 31), 0);
        assert_non_null(strstr(batch->outputs[0].description, "stream/listener_test.c:"));
    }
    self->of[kind][self->count[kind]++] = *batch;
}
static void keep_submitted(const wadi_batch_info *batch, void *user) { keep(user, 0, batch); }
static void keep_started(const wadi_batch_info *batch, void *user) { keep(user, 1, batch); }
static void keep_completed(const wadi_batch_info *batch, void *user) { keep(user, 2, batch); }
static void count_started(int64_t time_ms, void *user) {
    (void)time_ms;
    ((infos *)user)->streaming_started++;
}
static void gather(infos *self) {
    atomic_uint turns = 0;
    *self = (infos){.inputs = 0};
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.batch_ms = 100});
    wadi__env_use(rig.clock);
    wadi_foreach_rdd(wadi_receiver_stream(
                         rig.ssc, wadi_bind(gives_one_each, .turns = (int64_t)(uintptr_t)&turns)),
                     pass);
    wadi_add_listener(rig.ssc, .on_streaming_started = count_started,
                      .on_batch_submitted = keep_submitted, .on_batch_started = keep_started,
                      .on_batch_completed = keep_completed, .user = self);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    for (int i = 0; i < 4; i++) {
        wadi__rig_batches(&rig, 1);
        atomic_fetch_add(&turns, 1);
        rig.clock->wake(rig.clock, &turns, 1);
    }
    wadi__rig_free(&rig);
    wadi__env_use(NULL);
}
static void test_batch_info_events(void **state) {
    (void)state;
    infos self;
    gather(&self);
    assert_int_equal(self.inputs, 12);
    for (int kind = 0; kind < 3; kind++) {
        assert_int_equal(self.count[kind], 4);
        for (int i = 0; i < 4; i++) {
            const wadi_batch_info *info = &self.of[kind][i];
            assert_int_equal(info->batch_ms, 100 * (i + 1));
            assert_int_equal(info->record_count, 1);
            assert_int_equal(info->scheduling_delay_ms >= 0, kind >= 1);
            assert_int_equal(info->processing_delay_ms >= 0, kind == 2);
            assert_int_equal(info->total_delay_ms >= 0, kind == 2);
            assert_int_equal(info->submission_ms, 100 * (i + 1));
            if (kind == 2) assert_true(info->processing_end_ms >= info->processing_start_ms);
        }
    }
}
static void test_batch_info_in_untyped_api(void **state) {
    (void)state;
    infos self;
    gather(&self);
    assert_int_equal(self.streaming_started, 1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(self.of[0][i].scheduling_delay_ms, -1);
        assert_int_equal(self.of[0][i].processing_start_ms, -1);
        assert_int_equal(self.of[1][i].processing_delay_ms, -1);
        assert_int_equal(self.of[1][i].total_delay_ms, -1);
    }
    assert_int_equal(self.first_output.id, 0);
    assert_int_equal(self.first_output.start_ms, -1);
    assert_int_equal(self.first_output.end_ms, -1);
    assert_null(self.first_output.failure_reason);
}

/* ---- Outputs ---- */

static void test_output_operation_events(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL, WADI_OK, NULL};
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    for (int i = 0; i < 3; i++) wadi_foreach_rdd(in, pass);
    wadi_add_listener(rig.ssc, .on_output_started = on_output_started,
                      .on_output_completed = on_output_completed, .user = &self);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    wadi__rig_free(&rig);
    assert_string_equal(self.text,
                        "  starts 0 of 1000: foreach_rdd \n  ends 0 of 1000: foreach_rdd \n"
                        "  starts 1 of 1000: foreach_rdd \n  ends 1 of 1000: foreach_rdd \n"
                        "  starts 2 of 1000: foreach_rdd \n  ends 2 of 1000: foreach_rdd \n");
}
static void count_failures(const wadi_batch_info *batch, void *user) {
    for (size_t i = 0; i < batch->output_count; i++)
        note(user, "%s", batch->outputs[i].failure_reason != NULL ? "failed " : "well ");
}
static void test_no_failure_reason_on_success(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL, WADI_OK, NULL};
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_foreach_rdd(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), pass);
    wadi_add_listener(rig.ssc, .on_batch_completed = count_failures, .user = &self);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    wadi__rig_free(&rig);
    assert_string_equal(self.text, "well ");
}

/* ---- Listeners that do what they should not ---- */

static void stop_it(const wadi_batch_info *batch, void *user) {
    heard *self = user;
    (void)batch;
    self->stop_status = wadi_stop(self->ssc);
}
static void test_stop_inside_listener_is_refused(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    heard self = {{0}, 0, rig.ssc, WADI_OK, NULL};
    wadi_foreach_rdd(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1), pass);
    wadi_add_listener(rig.ssc, .on_batch_completed = stop_it, .user = &self);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 1);
    assert_int_equal(self.stop_status, WADI_E_STATE);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_ACTIVE);
    assert_int_equal(wadi_stop(rig.ssc), WADI_OK);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_STOPPED);
    wadi__rig_free(&rig);
}
static void hang(const wadi_batch_info *batch, void *user) {
    heard *self = user;
    wadi__env *env = wadi_stream_context_engine(self->ssc)->env;
    while (atomic_load(self->shut) == 1) env->wait(env, self->shut, 1, WADI__DEADLINE_NONE);
    note(self, "%" PRId64 " ", batch->batch_ms);
}
static void test_a_slow_listener_slows_no_batch(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){
        .settings = {{"spark.scheduler.listenerbus.eventqueue.capacity", "6"}}});
    atomic_uint shut = 1;
    heard slow = {{0}, 0, rig.ssc, WADI_OK, &shut};
    wadi__collector *collector =
        wadi__collector_new(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; 3; 4; 5", 1));
    wadi_add_listener(rig.ssc, .on_batch_completed = hang, .user = &slow);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 5);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 1; 2000: 2; 3000: 3; 4000: 4; 5000: 5");
    free(text);
    atomic_store(&shut, 0);
    rig.clock->wake(rig.clock, &shut, 1);
    wadi__rig_free(&rig);
    /* Five events a batch, of which six waited behind the one that hung. */
    assert_string_equal(slow.text, "1000 2000 ");
    wadi__collector_free(collector);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_event_order_in_a_batch);
    wadi__unit_add(&unit, test_receiver_events);
    wadi__unit_add(&unit, test_batch_info_events);
    wadi__unit_add(&unit, test_batch_info_in_untyped_api);
    wadi__unit_add(&unit, test_output_operation_events);
    wadi__unit_add(&unit, test_no_failure_reason_on_success);
    wadi__unit_add(&unit, test_stop_inside_listener_is_refused);
    wadi__unit_add(&unit, test_a_slow_listener_slows_no_batch);
    return wadi__unit_run(&unit, "listener");
}
