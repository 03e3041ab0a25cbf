/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_faults_test.c: programs whose disk fails, or whose machine stops, in each call in turn. */
#include "base/log.h"
#include "stream/generator.h"
#include "stream/stream_context.h"
#include "testing/restarts.h"

#include <errno.h>
#include <inttypes.h>

/* ---- Files ---- */

static void build_saving(program *self) {
    wadi_dstream *sums = wadi_reduce_by_key(self->in, add_counts);
    wadi_save_as_text_files(sums, "/out/result", "result");
    self->collector = wadi__collector_new(sums);
}
static void test_recovery_with_saved_files(void **state) {
    (void)state;
    program self = program_new(build_saving);
    must_start(&self);
    wadi__rig_batches(&self.rig, 3);
    crash(&self);
    must_start(&self);
    wadi__rig_batches(&self.rig, 2);
    assert_output(&self, "3000: (1,1); 4000: (1,1); 5000: (1,1)");
    assert_int_equal(wadi_await_termination_or_timeout(self.rig.ssc, 0, NULL, NULL), WADI_OK);
    size_t size = 0;
    free(wadi__sim_disk_get(self.disk, "/out/result-3000.result/_SUCCESS", &size));
    program_free(&self);
}

/* ---- Disks that fail ---- */

/* Runs batches that come after those of the collector so far; what comes out is their sum so far.
 */
static void check_sums(const program *self, bool *seen, int64_t zero_ms) {
    const wadi__collected *run;
    for (size_t i = 0; (run = wadi__collector_run(self->collector, i)) != NULL; i++) {
        int64_t k = (run->time_ms - zero_ms) / 1000;
        assert_int_equal(run->row_count, 1);
        assert_int_equal(((const tally *)run->rows)[0].count, k);
        assert_true(k >= 1 && k <= 20);
        seen[k] = true;
    }
}
static void drop_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
/* The machine stops in each call that changes the disk in turn, during five batches. What had come
 * out is right, and after the restart no batch is missing. */
static void crash_at_every_write(void (*build)(program *self)) {
    wadi__log_capture(drop_line, NULL);
    for (uint64_t n = 1;; n++) {
        program self = program_new(build);
        bool seen[24] = {false};
        wadi_error err = WADI_ERROR_INIT;
        wadi__sim_disk_stop_at(self.disk, WADI__SIM_CHANGES, n);
        if (start(&self, &err) == WADI_OK) wadi__rig_batches(&self.rig, 5);
        bool was_stopped = wadi__sim_disk_is_stopped(self.disk);
        if (self.collector != NULL) check_sums(&self, seen, 0);
        bool had_output = self.collector != NULL && wadi__collector_run(self.collector, 0) != NULL;
        crash(&self);
        must_start(&self);
        assert_true(!had_output || wadi_stream_context_is_recovered(self.rig.ssc));
        wadi__rig_batches(&self.rig, 4);
        check_sums(&self, seen, self.rig.ssc->zero_ms);
        int64_t last =
            (self.rig.ssc->generator != NULL ? wadi__generator_last_ms(self.rig.ssc->generator)
                                             : 0) /
            1000;
        bool is_fresh = !wadi_stream_context_is_recovered(self.rig.ssc);
        for (int64_t k = 1; k <= last && !is_fresh; k++)
            if (!seen[k])
                fail_msg("stopped at call %" PRIu64 ": batch %" PRId64 " is missing", n, k);
        program_free(&self);
        if (!was_stopped) break;
        assert_true(n < 1000);
    }
    wadi__log_capture(NULL, NULL);
}
static void test_crash_at_every_write(void **state) {
    (void)state;
    crash_at_every_write(build_sum);
}
/* With snapshots of the state in every second batch. */
static void test_crash_at_every_write_of_states(void **state) {
    (void)state;
    crash_at_every_write(build_sum_saved);
}
/* Each call fails once, three times, or for good; then the power goes. */
static void test_failure_at_every_write(void **state) {
    (void)state;
    static const uint64_t times[] = {1, 3, 1000000};
    wadi__log_capture(drop_line, NULL);
    for (size_t t = 0; t < 3; t++)
        for (uint64_t n = 1; n < 60; n++) {
            program self = program_new(build_sum);
            bool seen[24] = {false};
            wadi_error err = WADI_ERROR_INIT;
            wadi__sim_disk_fail(self.disk, WADI__SIM_CHANGES, n, times[t], ENOSPC);
            if (start(&self, &err) == WADI_OK) wadi__rig_batches(&self.rig, 5);
            if (self.collector != NULL) check_sums(&self, seen, 0);
            wadi__sim_disk_fail(self.disk, WADI__SIM_CHANGES, 1, 0, 0);
            crash(&self);
            must_start(&self);
            wadi__rig_batches(&self.rig, 2);
            check_sums(&self, seen, self.rig.ssc->zero_ms);
            int64_t last = wadi__generator_last_ms(self.rig.ssc->generator) / 1000;
            for (int64_t k = 1; k <= last && wadi_stream_context_is_recovered(self.rig.ssc); k++)
                if (!seen[k]) fail_msg("call %" PRIu64 ": batch %" PRId64 " is missing", n, k);
            program_free(&self);
        }
    wadi__log_capture(NULL, NULL);
}
/* Batches whose checkpoint cannot be written fail, and say why. */
static void test_checkpoints_that_cannot_be_written(void **state) {
    (void)state;
    program self = program_new(build_sum);
    self.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    wadi_error err = WADI_ERROR_INIT;
    wadi__log_capture(drop_line, NULL);
    must_start(&self);
    wadi__rig_batches(&self.rig, 1);
    wadi__sim_disk_fail(self.disk, WADI__SIM_WRITE, 1, 1000000, ENOSPC);
    wadi__rig_batches(&self.rig, 2);
    assert_output(&self, "1000: (1,1)");
    wadi__sim_disk_fail(self.disk, WADI__SIM_WRITE, 1, 0, 0);
    wadi__rig_batches(&self.rig, 1);
    assert_output(&self, "1000: (1,1); 4000: (1,4)");
    wadi_stop(self.rig.ssc, .keep_context = true);
    wadi_await_termination(self.rig.ssc, &err);
    if (strstr(err.message, "write checkpoint 2000 ms") == NULL) fail_msg("%s", err.message);
    finish(&self);
    must_start(&self);
    assert_output(&self, "2000: (1,2); 3000: (1,3); 4000: (1,4)");
    wadi__log_capture(NULL, NULL);
    program_free(&self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_recovery_with_saved_files);
    wadi__unit_add(&unit, test_crash_at_every_write);
    wadi__unit_add(&unit, test_crash_at_every_write_of_states);
    wadi__unit_add(&unit, test_failure_at_every_write);
    wadi__unit_add(&unit, test_checkpoints_that_cannot_be_written);
    return wadi__unit_run(&unit, "recovery_faults");
}
