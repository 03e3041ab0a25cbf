/* SPDX-License-Identifier: Apache-2.0 */
/* context_test.c: the life of stream contexts; the tests have the names of the behaviours in
 * tests/conformance/behaviours.json. */
#include "stream/stream_context.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdatomic.h>

WADI_MAP(identity, int64_t, int64_t) { *out = *in; }
WADI_FOREACH(ignore, int64_t) { (void)in; }

/* A rig with one input and one output. */
static wadi__rig small_program(const wadi_setting *setting) {
    wadi__rig_options options = {0};
    if (setting != NULL) options.settings[0] = *setting;
    wadi__rig rig = wadi__rig_new(&options);
    wadi_foreach(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; 3", 1), ignore);
    return rig;
}
static void must_start(wadi__rig *rig) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig->ssc, &err) != WADI_OK) fail_msg("%s", err.message);
}
/* Whether a batch job still works: a hundred elements make the round. */
static bool engine_works(wadi_context *sc) {
    size_t n = 0;
    wadi_rdd *numbers = wadi_range(sc, 0, 100);
    wadi_collect(numbers, int64_t, &n);
    return n == 100 && !wadi_rdd_failed(numbers, NULL);
}

static void test_context_states(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_INITIALIZED);
    must_start(&rig);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_ACTIVE);
    wadi_stop(rig.ssc);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_STOPPED);
    assert_false(engine_works(rig.sc));
    wadi__rig_free(&rig);
}
static void test_stop_streaming_only(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    must_start(&rig);
    wadi_stop(rig.ssc, .keep_context = true);
    assert_true(engine_works(rig.sc));
    wadi__rig_free(&rig);
    rig = small_program(&(wadi_setting){"spark.streaming.stopSparkContextByDefault", "false"});
    must_start(&rig);
    wadi_stop(rig.ssc);
    assert_true(engine_works(rig.sc));
    wadi__rig_free(&rig);
}
static void test_stop_twice(void **state) {
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        wadi__rig rig = small_program(NULL);
        must_start(&rig);
        assert_int_equal(wadi_stop(rig.ssc, .keep_context = keep == 1), WADI_OK);
        assert_int_equal(wadi_stop(rig.ssc, .keep_context = keep == 1), WADI_OK);
        assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_STOPPED);
        wadi__rig_free(&rig);
    }
}
static void expect_already_stopped(wadi_stream_context *ssc) {
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(ssc, &err), WADI_E_STATE);
    assert_non_null(strstr(err.message, "already been stopped"));
}
static void test_stop_before_start(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    assert_int_equal(wadi_stop(rig.ssc, .keep_context = true), WADI_OK);
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_STOPPED);
    expect_already_stopped(rig.ssc);
    wadi__rig_free(&rig);
}
static void test_start_after_stop(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    must_start(&rig);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK); /* a second start is a warning */
    wadi_stop(rig.ssc, .keep_context = true);
    expect_already_stopped(rig.ssc);
    wadi__rig_free(&rig);
}
static void test_stop_engine_after_streaming_only_stop(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    must_start(&rig);
    wadi_stop(rig.ssc, .keep_context = true);
    assert_true(engine_works(rig.sc));
    wadi_stop(rig.ssc);
    assert_false(engine_works(rig.sc));
    wadi__rig_free(&rig);
}
static void test_failed_start_leaves_stopped(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *marked = wadi_map(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), identity);
    wadi_checkpoint(marked, 10000);
    wadi_print(marked);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_start(rig.ssc, &err), WADI_OK);
    assert_non_null(strstr(err.message, "checkpoint directory has not been set"));
    assert_int_equal(wadi_stream_context_state(rig.ssc), WADI_STREAM_STOPPED);
    assert_null(wadi_stream_context_get_active());
    assert_null(rig.ssc->scheduler);
    wadi__rig_free(&rig);
}
static void test_only_one_active_context(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi__collector *collector =
        wadi__collector_new(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1));
    must_start(&rig);
    wadi_stream_context *second = wadi_stream_context_new(rig.sc, 1000);
    wadi_rdd_queue *queue = wadi_rdd_queue_new(rig.sc);
    wadi_print(wadi_queue_stream(second, int64_t, queue));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(second, &err), WADI_E_STATE);
    assert_non_null(strstr(err.message, "StreamingContext"));
    wadi__rig_batches(&rig, 2);
    assert_non_null(wadi__collector_run(collector, 1));
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
static void test_no_graph_changes_after_start(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *mapped = wadi_map(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), identity);
    wadi_foreach(mapped, ignore);
    must_start(&rig);
    wadi_socket_text_stream(rig.ssc, "localhost", 9999);
    wadi_map(mapped, identity);
    wadi_print(mapped);
    for (size_t i = 0; i < 3; i++) {
        const wadi_error *mistake = wadi_mistake(rig.ssc, i);
        assert_int_equal(mistake->status, WADI_E_STATE);
        assert_non_null(strstr(mistake->message, "start"));
    }
    wadi__rig_free(&rig);
}
static void test_no_output_operations(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_map(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), identity);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_E_INVALID);
    assert_non_null(strstr(err.message, "No output operations registered, so nothing to execute"));
    wadi__rig_free(&rig);
}

/* ---- Await ---- */

typedef struct waiting {
    wadi_stream_context *ssc;
    int64_t timeout_ms; /* -1: none */
    wadi_status status;
    bool stopped;
    atomic_bool is_over;
    wadi__thread *thread;
} waiting;
static void *wait_for_end(void *arg) {
    waiting *self = arg;
    if (self->timeout_ms >= 0)
        self->status =
            wadi_await_termination_or_timeout(self->ssc, self->timeout_ms, &self->stopped, NULL);
    else
        self->status = wadi_await_termination(self->ssc, NULL);
    atomic_store(&self->is_over, true);
    return NULL;
}
static void begin_waiting(waiting *self, wadi__rig *rig, int64_t timeout_ms) {
    *self = (waiting){.ssc = rig->ssc, .timeout_ms = timeout_ms};
    assert_int_equal(
        rig->clock->thread_start(rig->clock, "waits", wait_for_end, self, &self->thread), 0);
    wadi__manual_clock_await_idle(rig->clock);
}
static void test_await_with_timeout(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    must_start(&rig); /* comes back, though the clock stands still */
    waiting self, without_timeout;
    begin_waiting(&without_timeout, &rig, -1);
    begin_waiting(&self, &rig, 500);
    wadi__rig_advance(&rig, 499);
    assert_false(atomic_load(&self.is_over));
    wadi__manual_clock_advance_ms(rig.clock, 1);
    rig.clock->thread_join(rig.clock, self.thread);
    assert_false(self.stopped);
    assert_int_equal(self.status, WADI_OK);
    begin_waiting(&self, &rig, 3600000);
    wadi__rig_advance(&rig, 500);
    assert_false(atomic_load(&self.is_over));
    assert_false(atomic_load(&without_timeout.is_over));
    wadi_stop(rig.ssc, .keep_context = true);
    rig.clock->thread_join(rig.clock, self.thread);
    assert_true(self.stopped);
    rig.clock->thread_join(rig.clock, without_timeout.thread);
    assert_int_equal(without_timeout.status, WADI_OK);
    wadi__rig_free(&rig);
}
static void test_await_after_stop(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    must_start(&rig);
    wadi_stop(rig.ssc, .keep_context = true);
    assert_int_equal(wadi_await_termination(rig.ssc, NULL), WADI_OK);
    wadi__rig_free(&rig);
}
WADI_MAP(fails, int64_t, int64_t) {
    *out = *in;
    wadi_fail(task, "error in map task");
}
static void test_await_rethrows_task_error(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_foreach(wadi_map(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), fails), ignore);
    must_start(&rig);
    wadi__rig_batches(&rig, 1);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_await_termination_or_timeout(rig.ssc, 5000, NULL, &err), WADI_OK);
    assert_non_null(strstr(err.message, "map task"));
    wadi__rig_free(&rig);
}
WADI_TRANSFORM_WITH(special_error, int64_t, int64_t, int64_t) {
    wadi_rdd_fail(other, "This is a special error");
    return rdd;
}
static void test_failed_user_function_in_two_stream_transform(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *a = wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc));
    wadi_dstream *b = wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc));
    wadi_print(wadi_transform_with(a, b, special_error));
    must_start(&rig);
    wadi__rig_batches(&rig, 1);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_await_termination_or_timeout(rig.ssc, 10000, NULL, &err), WADI_OK);
    assert_non_null(strstr(err.message, "This is a special error"));
    wadi__rig_free(&rig);
}

/* ---- Getting and creating ---- */

typedef struct creating {
    wadi__rig rigs[3];
    int count;
} creating;
static wadi_stream_context *create(void *arg) {
    creating *self = arg;
    self->rigs[self->count] = small_program(NULL);
    return self->rigs[self->count++].ssc;
}
static void test_get_active_and_get_active_or_create(void **state) {
    (void)state;
    creating self = {.count = 0};
    assert_null(wadi_stream_context_get_active());
    wadi_stream_context *first = wadi_stream_context_get_active_or_create(NULL, create, &self);
    assert_int_equal(self.count, 1);
    assert_null(wadi_stream_context_get_active());
    must_start(&self.rigs[0]);
    assert_ptr_equal(wadi_stream_context_get_active(), first);
    assert_ptr_equal(wadi_stream_context_get_active_or_create(NULL, create, &self), first);
    assert_int_equal(self.count, 1);
    wadi_stop(first, .keep_context = true);
    assert_null(wadi_stream_context_get_active());
    assert_ptr_not_equal(wadi_stream_context_get_active_or_create(NULL, create, &self), first);
    assert_int_equal(self.count, 2);
    wadi__rig by_hand = small_program(NULL);
    must_start(&by_hand);
    assert_ptr_equal(wadi_stream_context_get_active_or_create(NULL, create, &self), by_hand.ssc);
    wadi__rig_free(&by_hand);
    wadi__rig_free(&self.rigs[0]);
    wadi__rig_free(&self.rigs[1]);
}
/* A program on a simulated disk. */
typedef struct on_disk {
    wadi__env *clock, *disk;
    wadi__rig rig;
    int count;
} on_disk;
static wadi_stream_context *create_on_disk(void *arg) {
    on_disk *self = arg;
    self->count++;
    wadi__rig_options options = {.clock = self->clock, .env = self->disk};
    self->rig = wadi__rig_new(&options);
    wadi_foreach(wadi__rig_input(&self->rig, WADI_TYPE(int64_t), "1", 1), ignore);
    return self->rig.ssc;
}
static void try_directory(const char *file, bool create_on_error, const char *expected) {
    on_disk self = {.clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    self.disk = wadi__sim_disk_new(self.clock, 1);
    if (file != NULL) wadi__sim_disk_put(self.disk, file, "garbage", 7);
    wadi__env_use(self.disk);
    wadi_stream_context *ssc = wadi_stream_context_get_or_create(
        "/saved", create_on_disk, &self, .create_on_error = create_on_error);
    assert_int_equal(self.count, 1);
    assert_false(wadi_stream_context_is_recovered(ssc));
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi_start(ssc, &err);
    if (expected == NULL)
        assert_int_equal(status, WADI_OK);
    else if (strstr(err.message, expected) == NULL)
        fail_msg("%s", err.message);
    wadi__rig_free(&self.rig);
    wadi__sim_disk_free(self.disk);
    wadi__manual_clock_free(self.clock);
}
static void test_get_or_create_without_usable_checkpoint(void **state) {
    (void)state;
    try_directory(NULL, false, NULL);
    try_directory(NULL, true, NULL);
    try_directory("/saved/other", false, NULL);
    try_directory("/saved/checkpoint-x", false, NULL);
    try_directory("/saved/checkpoint-1000", false, "none of the 1 checkpoints can be read");
    try_directory("/saved/checkpoint-1000.bk", false, "read /saved/checkpoint-1000.bk");
    try_directory("/saved/checkpoint-1000", true, NULL);
}
/* Nothing to go on from, and no way to begin. */
static void test_missing_checkpoint_directory(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    wadi_stream_context *ssc = wadi_stream_context_get_or_create("/nowhere", NULL, NULL);
    assert_non_null(ssc);
    assert_int_equal(wadi_start(ssc, &err), WADI_E_INVALID);
    assert_non_null(strstr(err.message, "get_or_create: the function is NULL"));
}
static wadi_stream_context *create_nothing(void *arg) {
    (void)arg;
    return NULL;
}
static void test_create_gives_nothing(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    wadi_stream_context *ssc = wadi_stream_context_get_or_create("/saved", create_nothing, NULL);
    assert_int_equal(wadi_start(ssc, &err), WADI_E_INVALID);
    assert_non_null(strstr(err.message, "get_or_create: the stream context is NULL"));
}

/* ---- Running ---- */

static atomic_int received;
WADI_RECEIVER(never_runs, int64_t) {
    atomic_fetch_add(&received, 1);
    wadi_store(out, 1);
    wadi_receiver_stop(receiver, "done");
}
static void test_unused_input_is_ignored(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    wadi_receiver_stream(rig.ssc, never_runs);
    wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    must_start(&rig);
    wadi__rig_batches(&rig, 2);
    assert_int_equal(wadi_await_termination_or_timeout(rig.ssc, 0, NULL, NULL), WADI_OK);
    assert_int_equal(atomic_load(&received), 0);
    wadi__rig_free(&rig);
}

static void test_remember_only_once(void **state) {
    (void)state;
    wadi__rig rig = small_program(NULL);
    wadi_remember(rig.ssc, 5000);
    wadi_remember(rig.ssc, 6000);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_start(rig.ssc, &err), WADI_OK);
    assert_non_null(strstr(err.message, "already set"));
    wadi__rig_free(&rig);
}
static void test_no_persist_or_checkpoint_change_after_start(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi_foreach(in, ignore);
    must_start(&rig);
    wadi_persist(in, WADI_DISK_ONLY);
    wadi_checkpoint(in, 1000);
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(wadi_mistake(rig.ssc, i));
        assert_int_equal(wadi_mistake(rig.ssc, i)->status, WADI_E_STATE);
    }
    wadi__rig_free(&rig);
}
/* What start says of a stream with this slide that is checkpointed this often. */
static void expect_invalid(const char *dir, int64_t interval_ms, const char *expected) {
    wadi__rig rig = wadi__rig_new(NULL);
    if (dir != NULL) wadi_checkpoint(rig.ssc, dir);
    wadi_dstream *slides =
        wadi_window(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), 4000, 2000);
    wadi_checkpoint(slides, interval_ms);
    wadi_foreach(slides, ignore);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_start(rig.ssc, &err), WADI_OK);
    if (strstr(err.message, expected) == NULL) fail_msg("%s", err.message);
    wadi__rig_free(&rig);
}
static void test_validity_checks_at_start(void **state) {
    (void)state;
    expect_invalid(NULL, 2000, "the checkpoint directory has not been set");
    expect_invalid("/saved", 1000, "is lower than the stream's slide time of 2000 ms");
    expect_invalid("/saved", 3000, "is not a multiple of the stream's slide time of 2000 ms");
    /* A level of none cannot be forced: the default is memory, and what is no level is told. */
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_checkpoint(rig.ssc, "/saved");
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi_checkpoint(in, 1000);
    wadi_foreach(wadi_persist(in, WADI_STORAGE_DEFAULT), ignore);
    assert_int_equal(in->level, WADI_MEMORY_ONLY_SER);
    wadi_persist(in, (wadi_storage_level)-1);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_E_INVALID);
    if (strstr(err.message, "no such storage level") == NULL) fail_msg("%s", err.message);
    wadi__rig_free(&rig);
}
static void test_checkpoint_directory_by_setting(void **state) {
    (void)state;
    wadi_setting setting = {"spark.streaming.checkpoint.directory", "/saved"};
    wadi__rig_options options = {.settings = {setting}, .clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    options.env = wadi__sim_disk_new(options.clock, 1);
    wadi__rig rig = wadi__rig_new(&options);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi_checkpoint(in, 2000);
    wadi_foreach(in, ignore);
    must_start(&rig);
    wadi__rig_free(&rig);
    assert_true(wadi__sim_disk_used(options.env) > 0);
    wadi__sim_disk_free(options.env);
    wadi__manual_clock_free(options.clock);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_context_states);
    wadi__unit_add(&unit, test_stop_streaming_only);
    wadi__unit_add(&unit, test_stop_twice);
    wadi__unit_add(&unit, test_stop_before_start);
    wadi__unit_add(&unit, test_start_after_stop);
    wadi__unit_add(&unit, test_stop_engine_after_streaming_only_stop);
    wadi__unit_add(&unit, test_failed_start_leaves_stopped);
    wadi__unit_add(&unit, test_only_one_active_context);
    wadi__unit_add(&unit, test_no_graph_changes_after_start);
    wadi__unit_add(&unit, test_no_output_operations);
    wadi__unit_add(&unit, test_await_with_timeout);
    wadi__unit_add(&unit, test_await_after_stop);
    wadi__unit_add(&unit, test_await_rethrows_task_error);
    wadi__unit_add(&unit, test_failed_user_function_in_two_stream_transform);
    wadi__unit_add(&unit, test_get_active_and_get_active_or_create);
    wadi__unit_add(&unit, test_get_or_create_without_usable_checkpoint);
    wadi__unit_add(&unit, test_missing_checkpoint_directory);
    wadi__unit_add(&unit, test_create_gives_nothing);
    wadi__unit_add(&unit, test_unused_input_is_ignored);
    wadi__unit_add(&unit, test_remember_only_once);
    wadi__unit_add(&unit, test_no_persist_or_checkpoint_change_after_start);
    wadi__unit_add(&unit, test_validity_checks_at_start);
    wadi__unit_add(&unit, test_checkpoint_directory_by_setting);
    return wadi__unit_run(&unit, "stream contexts");
}
