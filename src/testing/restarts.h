/* SPDX-License-Identifier: Apache-2.0 */
/* restarts.h: a stream program that may be started again on the same simulated disk, for tests of
 * recovery. */
#ifndef WADI_TESTING_RESTARTS_H
#define WADI_TESTING_RESTARTS_H
#include "data/value.h"
#include "stream/checkpoint_dir.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

#define DIR "/saved"

WADI_RECORD(tally, (int64_t, key), (int64_t, count));
WADI_UPDATE_STATE(add_up, tally, tally) {
    for (size_t i = 0; i < n; i++) state->count += in[i].count;
    return true;
}
WADI_REDUCE(add_counts, tally) { acc->count += in->count; }
WADI_REDUCE(take_counts, tally) { acc->count -= in->count; }
WADI_MAP(same, tally, tally) { *out = *in; }

static int fails_left;
WADI_FOREACH_RDD(fails_at_two, tally) {
    if (batch_ms == 2000 && fails_left-- > 0) wadi_rdd_fail(rdd, "not this time");
}

/* ---- A program that may be started again on the same disk ---- */

typedef struct program {
    wadi__env *clock, *disk;
    void (*build)(struct program *self);
    wadi_recovery_options options;
    wadi_setting settings[6];
    int64_t batch_ms; /* 0: 1000 */
    wadi__rig rig;
    wadi_dstream *in;
    wadi__collector *collector;
    unsigned created;
    bool is_running;
} program;

static const char ones[] = "1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1; 1:1";
static inline void build_sum(program *self) {
    self->collector = wadi__collector_new(wadi_update_state_by_key(self->in, add_up));
}
/* The same, saved in every second batch. */
static inline void build_sum_saved(program *self) {
    wadi_dstream *sums = wadi_update_state_by_key(self->in, add_up);
    wadi_checkpoint(sums, 2000);
    self->collector = wadi__collector_new(sums);
}
static inline program program_new(void (*build)(program *self)) {
    program self = {.build = build, .clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    self.disk = wadi__sim_disk_new(self.clock, 1);
    return self;
}
static inline wadi_stream_context *create(void *arg) {
    program *self = arg;
    wadi__rig_options options = {
        .clock = self->clock, .env = self->disk, .batch_ms = self->batch_ms};
    memcpy(options.settings, self->settings, sizeof self->settings);
    self->created++;
    self->rig = wadi__rig_new(&options);
    wadi_checkpoint(self->rig.ssc, DIR);
    self->in = wadi__rig_input(&self->rig, WADI_TYPE(tally), ones, 1);
    self->build(self);
    return self->rig.ssc;
}
static inline wadi_stream_context *make(program *self) {
    wadi__env_use(self->disk);
    wadi_stream_context *ssc =
        (wadi_stream_context_get_or_create)(DIR, create, self, &self->options);
    wadi__env_use(NULL);
    return ssc;
}
static inline wadi_status start(program *self, wadi_error *err) {
    self->options.size = sizeof self->options;
    wadi_status status = wadi_start(make(self), err);
    self->is_running = true;
    if (status == WADI_OK) wadi__manual_clock_await_idle(self->clock);
    return status;
}
static inline void must_start(program *self) {
    wadi_error err = WADI_ERROR_INIT;
    if (start(self, &err) != WADI_OK) fail_msg("%s", err.message);
}
static inline void finish(program *self) {
    if (!self->is_running) return;
    wadi__rig_free(&self->rig);
    wadi__collector_free(self->collector);
    self->collector = NULL;
    self->is_running = false;
}
/* The power goes: nothing that the program does at its end reaches the disk. */
static inline void crash(program *self) {
    wadi__manual_clock_await_idle(self->clock);
    wadi__sim_disk_stop_at(self->disk, WADI__SIM_ALL, 1);
    finish(self);
    wadi__sim_disk_crash(self->disk);
    wadi__sim_disk_stop_at(self->disk, WADI__SIM_ALL, 0);
}
static inline void program_free(program *self) {
    finish(self);
    wadi__sim_disk_free(self->disk);
    wadi__manual_clock_free(self->clock);
}
static inline void assert_output(const program *self, const char *expected) {
    char *actual = wadi__collector_text(self->collector, WADI__COLLECTED_SORTED);
    assert_string_equal(actual, expected);
    free(actual);
}
static inline void expect_refusal(program *self, const char *expected) {
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(start(self, &err), WADI_OK);
    if (strstr(err.message, expected) == NULL) fail_msg("%s\nexpected: %s", err.message, expected);
    finish(self);
}
static inline const char *files(const program *self) {
    static char text[500];
    wadi__checkpoint_list list = {0};
    text[0] = 0;
    assert_int_equal(wadi__checkpoint_dir_list(self->disk, DIR, &list, NULL), WADI_OK);
    for (size_t i = 0; i < list.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 list.items[i].name + 11);
    wadi__checkpoint_list_fini(&list);
    return text;
}
static inline wadi__checkpoint saved(const program *self) {
    wadi__checkpoint read;
    bool found = false;
    assert_int_equal(wadi__checkpoint_dir_read(self->disk, DIR, &read, &found, NULL), WADI_OK);
    assert_true(found);
    return read;
}
#endif
