/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_test.c: programs that go on from their checkpoints, on a simulated disk; the tests have
 * the names of the behaviours in tests/conformance/behaviours.json. */
#include "base/log.h"
#include "stream/stream_context.h"
#include "testing/restarts.h"

/* Batch k has (1,k). */
WADI_RECORD(position, (int64_t, k));
WADI_INPUT(one_more, tally, position) {
    (void)batch_ms;
    tally row = {1, ++state->k};
    return wadi_parallelize(sc, tally, &row, 1);
}
WADI_FOREACH_RDD(ignore, tally) { (void)rdd; }

/* ---- Going on ---- */

static void test_state_goes_on(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    assert_false(wadi_stream_context_is_recovered(self.rig.ssc));
    wadi__rig_batches(&self.rig, 3);
    assert_output(&self, "1000: (1,1); 2000: (1,2); 3000: (1,3)");
    crash(&self);
    must_start(&self);
    assert_true(wadi_stream_context_is_recovered(self.rig.ssc));
    assert_output(&self, "3000: (1,3)"); /* that of the checkpoint again */
    wadi__rig_batches(&self.rig, 2);
    assert_output(&self, "3000: (1,3); 4000: (1,4); 5000: (1,5)");
    crash(&self);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    assert_output(&self, "5000: (1,5); 6000: (1,6)");
    program_free(&self);
}
static void build_sum_of_window(program *self) {
    wadi_dstream *sums =
        wadi_reduce_by_key_and_window(self->in, add_counts, 3000, .inverse = take_counts);
    self->collector = wadi__collector_new(sums);
}
static void test_inverse_window_goes_on(void **state) {
    (void)state;
    program self = program_new(build_sum_of_window);
    must_start(&self);
    wadi__rig_batches(&self.rig, 5);
    crash(&self);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    assert_output(&self, "5000: (1,3); 6000: (1,3); 7000: (1,3)");
    program_free(&self);
}
/* A window that is new asks for states from before the one that was saved: there are none. */
static void build_often_saved(program *self) {
    wadi_dstream *states = wadi_update_state_by_key(self->in, add_up);
    wadi_checkpoint(states, 2000);
    self->collector = wadi__collector_new(states);
}
static void build_window_over_states(program *self) {
    wadi_dstream *states = wadi_update_state_by_key(self->in, add_up);
    wadi_checkpoint(states, 2000);
    self->collector = wadi__collector_new(wadi_window(states, 4000, 1000));
}
WADI_MAP_WITH_STATE(count_on, tally, tally, tally) {
    tally now = wadi_state_exists(state) ? *wadi_state_get(state) : (tally){in->key, 0};
    now.count += in->count;
    wadi_state_update(state, now);
    wadi_emit(out, now);
}
static void build_often_saved_outputs(program *self) {
    wadi_dstream *outputs = wadi_map_with_state(self->in, count_on);
    wadi_checkpoint(outputs, 2000);
    self->collector = wadi__collector_new(outputs);
}
static void build_window_over_outputs(program *self) {
    wadi_dstream *outputs = wadi_map_with_state(self->in, count_on);
    wadi_checkpoint(outputs, 2000);
    self->collector = wadi__collector_new(wadi_window(outputs, 4000, 1000));
}
static wadi_dstream *sums_of_windows(program *self) {
    wadi_dstream *sums =
        wadi_reduce_by_key_and_window(self->in, add_counts, 2000, 1000, .inverse = take_counts);
    wadi_checkpoint(sums, 2000);
    return sums;
}
static void build_often_saved_sums(program *self) {
    self->collector = wadi__collector_new(sums_of_windows(self));
}
static void build_window_over_sums(program *self) {
    self->collector = wadi__collector_new(wadi_window(sums_of_windows(self), 4000, 1000));
}
static void build_window_over_snapshots(program *self) {
    wadi_dstream *outputs = wadi_map_with_state(self->in, count_on);
    wadi_checkpoint(outputs, 2000);
    self->collector = wadi__collector_new(wadi_window(wadi_state_snapshots(outputs), 4000, 1000));
}
static void test_new_window_over_an_old_state(void **state) {
    (void)state;
    static const struct {
        void (*before)(program *self), (*after)(program *self);
        const char *expected;
    } rows[] = {
        {build_often_saved, build_window_over_states,
         "7000: (1,6) (1,7); 8000: (1,6) (1,7) (1,8); 9000: (1,6) (1,7) (1,8) (1,9); "
         "10000: (1,10) (1,7) (1,8) (1,9)"},
        {build_often_saved_sums, build_window_over_sums,
         "7000: (1,2); 8000: (1,2) (1,2); 9000: (1,2) (1,2) (1,2); "
         "10000: (1,2) (1,2) (1,2) (1,2)"},
        {build_often_saved_outputs, build_window_over_snapshots,
         "7000: (1,7); 8000: (1,7) (1,8); 9000: (1,7) (1,8) (1,9); 10000: (1,10) (1,7) (1,8) "
         "(1,9)"},
        {build_often_saved_outputs, build_window_over_outputs,
         "7000: (1,7); 8000: (1,7) (1,8); 9000: (1,7) (1,8) (1,9); 10000: (1,10) (1,7) (1,8) "
         "(1,9)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        program self = program_new(rows[i].before);
        must_start(&self);
        wadi__rig_batches(&self.rig, 7);
        crash(&self);
        self.build = rows[i].after;
        must_start(&self);
        wadi__rig_batches(&self.rig, 3);
        assert_output(&self, rows[i].expected);
        program_free(&self);
    }
}
/* Where sources cannot give their batches again a state goes on from its newest snapshot, not from
 * one before all that a window asks for. */
static void build_window_over_states_of_a_receiver(program *self) {
    self->in->loses_batches = true;
    build_window_over_states(self);
}
static void test_state_over_what_is_lost(void **state) {
    (void)state;
    static const struct {
        void (*build)(program *self);
        const char *expected;
    } rows[] = {
        {build_window_over_states, "7000: (1,4) (1,5) (1,6) (1,7)"},
        {build_window_over_states_of_a_receiver, "7000: (1,6) (1,7)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        program self = program_new(rows[i].build);
        must_start(&self);
        wadi__rig_batches(&self.rig, 7);
        crash(&self);
        must_start(&self);
        assert_output(&self, rows[i].expected);
        program_free(&self);
    }
}
static void test_downtime_batches_run_first(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    crash(&self);
    wadi__manual_clock_advance_ms(self.clock, 3500); /* now 5500 */
    must_start(&self);
    assert_output(&self, "2000: (1,2); 3000: (1,3); 4000: (1,4); 5000: (1,5)");
    wadi__rig_advance(&self.rig, 499);
    assert_output(&self, "2000: (1,2); 3000: (1,3); 4000: (1,4); 5000: (1,5)");
    wadi__rig_advance(&self.rig, 1);
    assert_output(&self, "2000: (1,2); 3000: (1,3); 4000: (1,4); 5000: (1,5); 6000: (1,6)");
    program_free(&self);
}
/* The clock was set back meanwhile: what is pending is run at once, and the grid goes on. */
static void test_clock_behind_the_checkpoint(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 5);
    crash(&self);
    wadi__manual_clock_set_wall_ms(self.clock, 1200);
    must_start(&self);
    assert_output(&self, "5000: (1,5)");
    wadi__rig_advance(&self.rig, 4700);
    assert_output(&self, "5000: (1,5)");
    wadi__rig_advance(&self.rig, 100);
    assert_output(&self, "5000: (1,5); 6000: (1,6)");
    program_free(&self);
}
static void test_two_checkpoints_per_batch(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    assert_string_equal(files(&self), "1000.bk 1000");
    wadi__checkpoint read = saved(&self);
    assert_int_equal(read.pending.count, 0);
    assert_int_equal(read.head.time_ms, 1000);
    assert_int_equal(read.head.zero_ms, 0);
    wadi__checkpoint_fini(&read);
    wadi__rig_batches(&self.rig, 7);
    assert_string_equal(files(&self),
                        "4000.bk 4000 5000.bk 5000 6000.bk 6000 7000.bk 7000 8000.bk 8000");
    program_free(&self);
}
/* The first of the two, that of a batch which was made but not completed, has it pending. */
static void test_first_checkpoint_has_the_batch_pending(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    assert_int_equal(self.disk->file_unlink(self.disk, DIR "/checkpoint-2000"), 0);
    assert_int_equal(self.disk->dir_sync(self.disk, DIR), 0);
    wadi__checkpoint read = saved(&self);
    assert_int_equal(read.pending.count, 1);
    assert_int_equal(read.pending.items[0].time_ms, 2000);
    wadi__checkpoint_fini(&read);
    crash(&self);
    must_start(&self);
    assert_output(&self, "2000: (1,2)");
    program_free(&self);
}
static void test_graceful_stop_is_checkpointed(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    finish(&self);
    wadi__checkpoint read = saved(&self);
    assert_int_equal(read.pending.count, 0);
    assert_int_equal(read.head.time_ms, 2000);
    wadi__checkpoint_fini(&read);
    program_free(&self);
}
static void build_failing(program *self) {
    wadi_dstream *sums = wadi_update_state_by_key(self->in, add_up);
    wadi_foreach_rdd(sums, fails_at_two);
    self->collector = wadi__collector_new(sums);
}
static void test_failed_batch_stays_pending(void **state) {
    (void)state;
    program self = program_new(build_failing);
    self.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    fails_left = 1;
    must_start(&self);
    wadi__rig_batches(&self.rig, 4);
    wadi__checkpoint read = saved(&self);
    assert_int_equal(read.pending.count, 1);
    assert_int_equal(read.pending.items[0].time_ms, 2000);
    assert_int_equal(read.head.rerun_ms, 2000);
    wadi__checkpoint_fini(&read);
    crash(&self);
    must_start(&self);
    assert_output(&self, "2000: (1,2); 4000: (1,4)");
    wadi__manual_clock_await_idle(self.clock);
    read = saved(&self);
    assert_int_equal(read.pending.count, 0);
    wadi__checkpoint_fini(&read);
    program_free(&self);
}

/* ---- Accumulators ---- */

WADI_RECORD(counter, (wadi_accumulator, rows));
static int64_t shown;
WADI_FOREACH(count_row, tally, counter) {
    (void)in;
    wadi_accumulator_add(task, env->rows, 1);
}
WADI_FOREACH_RDD(count_rows, tally, counter) {
    wadi_foreach(rdd, wadi_bind(count_row, env->rows));
    if (batch_ms == 2000 && fails_left-- > 0) wadi_rdd_fail(rdd, "not this time");
    shown = wadi_accumulator_value(wadi_rdd_context(rdd), env->rows);
}
static void build_counting(program *self) {
    wadi_accumulator rows = wadi_accumulator_new(self->rig.sc, "rows");
    wadi_foreach_rdd(self->in, wadi_bind(count_rows, .rows = rows));
    self->collector = wadi__collector_new(self->in);
}
static void test_accumulators_count_once(void **state) {
    (void)state;
    program self = program_new(build_counting);
    fails_left = 0;
    must_start(&self);
    wadi__rig_batches(&self.rig, 3);
    assert_int_equal(shown, 3);
    for (int i = 0; i < 3; i++) {
        crash(&self);
        must_start(&self); /* batch 3 is run again, and does not count again */
        assert_int_equal(shown, 3);
    }
    wadi__rig_batches(&self.rig, 2);
    assert_int_equal(shown, 5);
    program_free(&self);
}
/* A batch that failed counts when it is run again. */
static void test_accumulators_of_a_failed_batch(void **state) {
    (void)state;
    program self = program_new(build_counting);
    self.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    fails_left = 1;
    must_start(&self);
    wadi__rig_batches(&self.rig, 4);
    assert_int_equal(shown, 3);
    crash(&self);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    assert_int_equal(shown, 5);
    crash(&self);
    must_start(&self);
    assert_int_equal(shown, 5);
    program_free(&self);
}

/* ---- Streams are restored once ---- */

static int restored, restored_bytes, saves_until_one_fails;
static int64_t restored_zero_ms;
static wadi_status probe_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                 wadi_error *err) {
    tally row = {1, time_ms};
    return wadi__dstream_made(wadi_parallelize(self->ssc->sc, tally, &row, 1), out, err);
}
static wadi_status probe_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                              wadi_error *err) {
    (void)self, (void)time_ms;
    if (saves_until_one_fails > 0 && --saves_until_one_fails == 0)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a probe");
    wadi__text_add(out, "kept", 4);
    return WADI_OK;
}
static wadi_status probe_restore(wadi_dstream *self, const void *bytes, size_t size,
                                 wadi_error *err) {
    (void)err;
    restored++;
    restored_bytes += size == 4 && memcmp(bytes, "kept", 4) == 0;
    restored_zero_ms = self->zero_ms;
    return WADI_OK;
}
static wadi__dstream_ops probe_ops = {
    .name = "probe", .compute = probe_compute, .save = probe_save, .restore = probe_restore};
static void build_probe(program *self) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(WADI_TYPE(tally), &err);
    wadi_dstream *probe = wadi__dstream_new_input(self->rig.ssc, &probe_ops, type, NULL, NULL);
    self->collector = wadi__collector_new(probe);
    for (int i = 0; i < 2; i++) wadi_foreach_rdd(wadi_map(probe, same), fails_at_two);
}
static void test_stream_restored_once(void **state) {
    (void)state;
    program self = program_new(build_probe);
    restored = restored_bytes = 0;
    must_start(&self);
    wadi__rig_batches(&self.rig, 3);
    assert_int_equal(restored, 0);
    crash(&self);
    must_start(&self);
    assert_int_equal(restored, 1);
    assert_int_equal(restored_bytes, 1);
    assert_int_equal(restored_zero_ms, 0);
    program_free(&self);
}
static void test_stream_that_cannot_recover(void **state) {
    (void)state;
    program self = program_new(build_probe);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    crash(&self);
    probe_ops.cannot_recover = "it is gone";
    expect_refusal(&self, ": probe: it is gone");
    probe_ops.cannot_recover = NULL;
    program_free(&self);
}
/* A checkpoint that could not be taken does not make an input forget what the one that is there
 * asks for. */
static void build_sum_beside_probe(program *self) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_dstream *numbers = wadi_input_stream(self->rig.ssc, one_more);
    self->collector = wadi__collector_new(wadi_update_state_by_key(numbers, add_up));
    wadi_dstream *probe = wadi__dstream_new_input(
        self->rig.ssc, &probe_ops, wadi__type_intern(WADI_TYPE(tally), &err), NULL, NULL);
    wadi_foreach_rdd(probe, ignore);
}
static void test_inputs_keep_what_the_last_checkpoint_has(void **state) {
    (void)state;
    program self = program_new(build_sum_beside_probe);
    must_start(&self);
    saves_until_one_fails = 4; /* two for each batch: the one after the second */
    wadi__rig_batches(&self.rig, 3);
    assert_int_equal(saves_until_one_fails, 0);
    assert_output(&self, "1000: (1,1); 2000: (1,3); 3000: (1,6)");
    crash(&self);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    assert_output(&self, "3000: (1,6); 4000: (1,10)");
    program_free(&self);
}

/* ---- A clock that was set back ---- */

static char warned[400];
static void on_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)module, (void)arg;
    if (level == WADI__LOG_WARN) snprintf(warned, sizeof warned, "%s", text);
}
static void test_clock_set_back(void **state) {
    (void)state;
    program self = program_new(build_sum);
    must_start(&self);
    wadi__rig_batches(&self.rig, 5);
    crash(&self);
    wadi__manual_clock_set_wall_ms(self.clock, 2500);
    warned[0] = 0;
    wadi__log_capture(on_line, NULL);
    must_start(&self);
    wadi__log_capture(NULL, NULL);
    assert_non_null(
        strstr(warned, "the clock is 2500 ms behind batch 5000 ms of the checkpoint in " DIR));
    wadi__manual_clock_advance_ms(self.clock, 3499);
    wadi__manual_clock_await_idle(self.clock);
    assert_output(&self, "5000: (1,5)");
    wadi__manual_clock_advance_ms(self.clock, 1);
    wadi__manual_clock_await_idle(self.clock);
    assert_output(&self, "5000: (1,5); 6000: (1,6)");
    program_free(&self);
}

/* ---- How far back streams are asked ---- */

static void build_window_of_map(program *self) {
    wadi_dstream *mapped = wadi_map(self->in, same);
    self->collector = wadi__collector_new(wadi_window(mapped, 3000));
}
static void test_replay_times(void **state) {
    (void)state;
    program self = program_new(build_window_of_map);
    must_start(&self);
    wadi__rig_batches(&self.rig, 6);
    assert_int_equal(self.rig.ssc->rerun_ms, 6000);
    assert_int_equal(self.in->replay_ms,
                     2000); /* a window and a slide before the batch that is run again */
    finish(&self);
    wadi__sim_disk_free(self.disk);
    self.disk = wadi__sim_disk_new(self.clock, 1);
    self.build = build_sum;
    must_start(&self);
    wadi__rig_batches(&self.rig, 3);
    assert_int_equal(self.in->replay_ms,
                     self.rig.ssc->zero_ms + 1000); /* no snapshot yet: from the beginning */
    program_free(&self);
}

/* ---- Snapshots of states ---- */

/* The files of a stream's state. */
static const char *state_files(const program *self, const char *stream) {
    static char text[2000];
    char dir[200];
    wadi__names names = {0};
    snprintf(dir, sizeof dir, DIR "/state/%s", stream);
    text[0] = 0;
    wadi__fs_list(self->disk, dir, &names, NULL);
    for (size_t i = 0; i < names.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", names.items[i]);
    wadi__names_fini(&names);
    return text;
}
static void test_state_rdd_checkpoint_files_come_and_go(void **state) {
    (void)state;
    static const char stream[] = "update_state_by_key:add_up";
    program self = program_new(build_sum_saved);
    self.settings[0] = (wadi_setting){"spark.streaming.sessionByKey.deltaChainThreshold", "2"};
    must_start(&self);
    wadi__rig_batches(&self.rig, 3);
    char first[200];
    snprintf(first, sizeof first, "%s", state_files(&self, stream));
    assert_true(first[0] != 0);
    for (int run = 0; run < 2; run++) {
        wadi__rig_batches(&self.rig, 3);
        crash(&self);
        wadi__manual_clock_advance_ms(self.clock, INT64_C(1000) * run);
        must_start(&self);
        assert_true(self.collector != NULL && self.in->replay_ms > self.rig.ssc->zero_ms);
        assert_true(state_files(&self, stream)[0] != 0);
    }
    wadi__rig_batches(&self.rig, 60);
    *strchr(first, ' ') = 0; /* the first of the first ones */
    if (strstr(state_files(&self, stream), first) != NULL)
        fail_msg("%s: %s", first, state_files(&self, stream));
    assert_true(strlen(state_files(&self, stream)) < 1500);
    program_free(&self);
}
static void build_chained(program *self) {
    wadi_dstream *first = wadi_update_state_by_key(self->in, add_up, .name = "first");
    wadi_dstream *second = wadi_update_state_by_key(first, add_up, .name = "second");
    wadi_checkpoint(first, 2000);
    wadi_checkpoint(second, 2000);
    self->collector = wadi__collector_new(second);
}
static void test_chained_stateful_streams_both_cut_lineage(void **state) {
    (void)state;
    program self = program_new(build_chained);
    must_start(&self);
    wadi__rig_batches(&self.rig, 40);
    assert_true(state_files(&self, "first")[0] != 0);
    assert_true(state_files(&self, "second")[0] != 0);
    assert_true(self.in->replay_ms >= 34000);
    crash(&self);
    must_start(&self);
    assert_output(&self,
                  "40000: (1,469)"); /* the input has 14 records: 1 + .. + 14, then 26 times 14 */
    program_free(&self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_state_goes_on);
    wadi__unit_add(&unit, test_inverse_window_goes_on);
    wadi__unit_add(&unit, test_new_window_over_an_old_state);
    wadi__unit_add(&unit, test_state_over_what_is_lost);
    wadi__unit_add(&unit, test_downtime_batches_run_first);
    wadi__unit_add(&unit, test_clock_behind_the_checkpoint);
    wadi__unit_add(&unit, test_two_checkpoints_per_batch);
    wadi__unit_add(&unit, test_first_checkpoint_has_the_batch_pending);
    wadi__unit_add(&unit, test_graceful_stop_is_checkpointed);
    wadi__unit_add(&unit, test_failed_batch_stays_pending);
    wadi__unit_add(&unit, test_accumulators_count_once);
    wadi__unit_add(&unit, test_accumulators_of_a_failed_batch);
    wadi__unit_add(&unit, test_stream_restored_once);
    wadi__unit_add(&unit, test_stream_that_cannot_recover);
    wadi__unit_add(&unit, test_inputs_keep_what_the_last_checkpoint_has);
    wadi__unit_add(&unit, test_clock_set_back);
    wadi__unit_add(&unit, test_replay_times);
    wadi__unit_add(&unit, test_state_rdd_checkpoint_files_come_and_go);
    wadi__unit_add(&unit, test_chained_stateful_streams_both_cut_lineage);
    return wadi__unit_run(&unit, "recovery");
}
