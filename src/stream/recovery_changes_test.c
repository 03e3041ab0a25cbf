/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_changes_test.c: programs that go on from the checkpoint of another one, and settings
 * that a checkpoint keeps. */
#include "base/log.h"
#include "stream/stream_context.h"
#include "testing/restarts.h"

/* ---- Programs that changed ---- */

static void build_named(program *self) {
    self->collector =
        wadi__collector_new(wadi_update_state_by_key(self->in, add_up, .name = "sums"));
}
static void build_nothing(program *self) { self->collector = wadi__collector_new(self->in); }
static void test_unused_state(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    crash(&self);
    self.build = build_named;
    expect_refusal(&self, "the checkpoint has the state 'update_state_by_key:add_up' "
                          "(update_state_by_key of tally), which no "
                          "stream of the program takes; give its stream .name = "
                          "\"update_state_by_key:add_up\" to keep it, or "
                          ".drop_unused_state to drop it");
    self.build = build_nothing;
    expect_refusal(&self, ".drop_unused_state");
    self.build = build_named;
    self.options.drop_unused_state = true;
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    assert_output(&self,
                  "2000: (1,1); 3000: (1,2)"); /* it begins with the first batch that is run */
    program_free(&self);
}
static bool has_folder(const program *self, const char *path) {
    wadi__file_stat stat;
    bool exists = false;
    assert_int_equal(wadi__fs_stat(self->disk, path, &stat, &exists, NULL), WADI_OK);
    return exists;
}
static void checkpoint_times(const program *self, int64_t *oldest_ms, int64_t *newest_ms) {
    wadi__checkpoint_list list = {0};
    assert_int_equal(wadi__checkpoint_dir_list(self->disk, DIR, &list, NULL), WADI_OK);
    *oldest_ms = list.items[0].time_ms;
    *newest_ms = list.items[list.count - 1].time_ms;
    wadi__checkpoint_list_fini(&list);
}
static void build_named_saved(program *self) {
    wadi_dstream *sums = wadi_update_state_by_key(self->in, add_up, .name = "sums");
    wadi_checkpoint(sums, 2000);
    self->collector = wadi__collector_new(sums);
}
/* Its files are there as long as a checkpoint may name them, whatever is killed meanwhile. */
static void test_files_of_a_dropped_state_go(void **state) {
    static const char dropped[] = DIR "/state/update_state_by_key:add_up";
    (void)state;
    program self = program_new(build_sum_saved);
    must_start(&self);
    wadi__rig_batches(&self.rig, 5);
    crash(&self);
    assert_true(has_folder(&self, dropped));
    self.build = build_named_saved;
    self.options.drop_unused_state = true;
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    crash(&self);
    assert_true(has_folder(&self, dropped)); /* the checkpoints before name it */
    int64_t oldest_ms, newest_ms, before_ms;
    checkpoint_times(&self, &oldest_ms, &before_ms);
    must_start(&self);
    for (int batches = 0; has_folder(&self, dropped); batches++) {
        assert_true(batches < 20);
        wadi__rig_batches(&self.rig, 1);
        wadi__manual_clock_await_idle(self.clock);
    }
    checkpoint_times(&self, &oldest_ms, &newest_ms);
    assert_true(oldest_ms > before_ms);
    crash(&self);
    must_start(&self);
    assert_true(has_folder(&self, DIR "/state/sums"));
    program_free(&self);
}
WADI_MAP_WITH_STATE(track, tally, tally, tally) {
    if (in != NULL)
        wadi_state_update(state, (tally){*key, in->count});
    else
        wadi_emit(out, *wadi_state_get(state));
}
WADI_FILTER(never, tally) { return in == NULL; }
static void build_tracked(program *self) {
    wadi_dstream *tracked = wadi_map_with_state(self->in, track);
    wadi_checkpoint(tracked, 2000);
    self->collector = wadi__collector_new(tracked);
}
static void build_tracked_for_a_while(program *self) {
    wadi_dstream *tracked =
        wadi_map_with_state(wadi_filter(self->in, never), track, .timeout_ms = 3000);
    wadi_checkpoint(tracked, 2000);
    self->collector = wadi__collector_new(tracked);
}
/* What a program without a time-out has saved does not say when keys came: they are not idle. */
static void test_time_out_that_is_new(void **state) {
    (void)state;
    program self = program_new(build_tracked);
    must_start(&self);
    wadi__rig_batches(&self.rig, 8);
    crash(&self);
    self.build = build_tracked_for_a_while;
    must_start(&self);
    wadi__rig_batches(&self.rig, 5);
    /* The snapshot is that of 6000. */
    assert_output(&self, "8000:; 9000:; 10000: (1,1); 11000:; 12000:; 13000:");
    program_free(&self);
}
static void build_two(program *self) {
    build_sum(self);
    wadi_foreach_rdd(wadi_update_state_by_key(wadi_map(self->in, same), add_up), fails_at_two);
}
static void test_uncheckpointable_graph_fails_at_start(void **state) {
    (void)state;
    program self = program_new(build_two);
    expect_refusal(&self, "a checkpoint could not tell two streams apart that keep a state, both "
                          "are 'update_state_by_key:add_up'; give one of them a .name");
    program_free(&self);
}
static void build_other_operator(program *self) {
    wadi_dstream *sums = wadi_reduce_by_key_and_window(
        self->in, add_counts, 3000, .inverse = take_counts, .name = "update_state_by_key:add_up");
    self->collector = wadi__collector_new(sums);
}
static void test_state_of_another_operator(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    crash(&self);
    self.build = build_other_operator;
    expect_refusal(&self, "the checkpoint has 'update_state_by_key:add_up' as update_state_by_key "
                          "of tally, the program as "
                          "reduce_by_key_and_window of tally");
    program_free(&self);
}
static void build_sum_every_second_batch(program *self) {
    self->collector =
        wadi__collector_new(wadi_update_state_by_key(wadi_window(self->in, 2000, 2000), add_up));
}
static void build_window_of_three(program *self) {
    self->collector = wadi__collector_new(
        wadi_reduce_by_key_and_window(self->in, add_counts, 3000, .inverse = take_counts));
}
static void build_window_of_four(program *self) {
    self->collector = wadi__collector_new(
        wadi_reduce_by_key_and_window(self->in, add_counts, 4000, 2000, .inverse = take_counts));
}
static void test_other_times(void **state) {
    (void)state;
    const struct {
        void (*before)(program *self), (*after)(program *self);
        const char *expected;
    } rows[] = {
        {build_sum, build_sum_every_second_batch,
         "'update_state_by_key:add_up' was saved every 1000 ms, the program has it every 2000 ms "
         "at "},
        {build_window_of_three, build_window_of_four,
         "' was saved with a window of 3000 ms every 1000 ms, the program has it with a window of "
         "4000 ms every 2000 ms at "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        program self = program_new(rows[i].before);
        must_start(&self);
        wadi__rig_batches(&self.rig, 2);
        crash(&self);
        self.build = rows[i].after;
        expect_refusal(&self, rows[i].expected);
        program_free(&self);
    }
}
static void test_another_batch_interval(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    crash(&self);
    self.batch_ms = 2000;
    expect_refusal(&self,
                   "the checkpoint in /saved has batches of 1000 ms, the program of 2000 ms");
    program_free(&self);
}
static void test_create_on_error(void **state) {
    (void)state;
    program self = program_new(build_sum);
    wadi__sim_disk_put(self.disk, DIR "/checkpoint-1000", "garbage", 7);
    expect_refusal(&self, "none of the 1 checkpoints can be read");
    self.options.create_on_error = true;
    must_start(&self);
    assert_false(wadi_stream_context_is_recovered(self.rig.ssc));
    wadi__rig_batches(&self.rig, 1);
    assert_output(&self, "1000: (1,1)");
    crash(&self);
    must_start(&self);
    assert_true(wadi_stream_context_is_recovered(self.rig.ssc));
    program_free(&self);
}
static void test_second_driver(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    wadi__file *lock = NULL;
    uint64_t epoch = 0;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(self.rig.ssc->epoch, 1);
    assert_int_equal(wadi__checkpoint_dir_lock(self.disk, DIR, &lock, &epoch, &err), WADI_E_STATE);
    assert_non_null(
        strstr(err.message, "another driver runs on the checkpoint directory /saved: epoch 1 pid"));
    finish(&self);
    must_start(&self);
    assert_int_equal(self.rig.ssc->epoch, 2);
    program_free(&self);
}

/* ---- Settings ---- */

static char logged[4000];
static void keep_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)arg;
    size_t used = strlen(logged);
    snprintf(logged + used, sizeof logged - used, "%s\n", text);
}
static void test_configuration_survives_recovery(void **state) {
    (void)state;
    program self = program_new(build_sum);
    self.settings[0] = (wadi_setting){"spark.mykey", "myvalue"};
    self.settings[1] = (wadi_setting){"spark.default.parallelism", "3"};
    self.settings[2] = (wadi_setting){"spark.app.password", "hidden"};
    self.settings[3] = (wadi_setting){"spark.driver.host", "here"};
    must_start(&self);
    uint64_t seed = wadi__hash_seed[0];
    wadi__rig_batches(&self.rig, 1);
    wadi__checkpoint read = saved(&self);
    assert_true(wadi_str_equal(read.head.application, wadi_str_of("test")));
    assert_int_equal(read.head.hash_seed[0], seed);
    assert_int_equal(read.head.parallelism, 3);
    for (size_t i = 0; i < read.settings.count; i++) {
        assert_false(wadi_str_equal(read.settings.items[i].value, wadi_str_of("hidden")));
        assert_false(wadi_str_equal(read.settings.items[i].value, wadi_str_of("here")));
    }
    wadi__checkpoint_fini(&read);
    crash(&self);
    memset(self.settings, 0, sizeof self.settings);
    must_start(&self);
    assert_string_equal(wadi_context_setting(self.rig.sc, "spark.mykey"), "myvalue");
    assert_string_equal(wadi_context_setting(self.rig.sc, "spark.master"), "local[2]");
    assert_string_equal(wadi_context_setting(self.rig.sc, "spark.app.name"), "test");
    assert_null(wadi_context_setting(self.rig.sc, "spark.app.password"));
    assert_int_equal(self.rig.sc->default_parallelism, 3);
    crash(&self);
    self.settings[0] = (wadi_setting){"spark.mykey", "another"};
    logged[0] = 0;
    wadi__log_capture(keep_line, NULL);
    must_start(&self);
    wadi__log_capture(NULL, NULL);
    assert_string_equal(wadi_context_setting(self.rig.sc, "spark.mykey"), "another");
    assert_non_null(strstr(logged, "spark.mykey is another now; it was myvalue in the checkpoint"));
    assert_null(strstr(logged, "spark.master is"));
    program_free(&self);
}
/* Of the machine: what the new run sets counts, and else nothing. */
static void expect_local(const char *name, const char *value) {
    program self = program_new(build_sum);
    self.settings[0] = (wadi_setting){name, value};
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    crash(&self);
    must_start(&self);
    assert_string_equal(wadi_context_setting(self.rig.sc, name), value);
    crash(&self);
    self.settings[0] = (wadi_setting){NULL, NULL};
    must_start(&self);
    const char *now = wadi_context_setting(self.rig.sc, name);
    assert_true(now == NULL || strcmp(now, value) != 0);
    program_free(&self);
}
static void test_driver_address_comes_from_environment(void **state) {
    (void)state;
    expect_local("spark.driver.host", "localhost");
    expect_local("spark.driver.port", "9999");
}
static void test_ui_and_block_ports_come_from_environment(void **state) {
    (void)state;
    expect_local("spark.ui.port", "30001");
    expect_local("spark.blockManager.port", "30002");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_unused_state);
    wadi__unit_add(&unit, test_files_of_a_dropped_state_go);
    wadi__unit_add(&unit, test_time_out_that_is_new);
    wadi__unit_add(&unit, test_uncheckpointable_graph_fails_at_start);
    wadi__unit_add(&unit, test_state_of_another_operator);
    wadi__unit_add(&unit, test_another_batch_interval);
    wadi__unit_add(&unit, test_other_times);
    wadi__unit_add(&unit, test_create_on_error);
    wadi__unit_add(&unit, test_second_driver);
    wadi__unit_add(&unit, test_configuration_survives_recovery);
    wadi__unit_add(&unit, test_driver_address_comes_from_environment);
    wadi__unit_add(&unit, test_ui_and_block_ports_come_from_environment);
    return wadi__unit_run(&unit, "recovery_changes");
}
