/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c: setting up and taking down what a case runs on. */
#include "testing/conformance/stage.h"

#include "stream/stream_context.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"

#include <inttypes.h>
#include <stdio.h>

static const char checkpoint_dir[] = "/checkpoint";

static void make_contexts(wadi__case_stage *stage) {
    const wadi__case_stage_options *options = &stage->options;
    char parallelism[32], remember[40];
    snprintf(parallelism, sizeof parallelism, "%u",
             options->parallelism != 0 ? options->parallelism : 2);
    snprintf(remember, sizeof remember, "%" PRId64 "s", options->min_remember_s);
    wadi_setting more = {"spark.streaming.fileStream.minRememberDuration", remember};
    if (options->min_remember_s == 0) more = (wadi_setting){NULL, NULL};
    stage->sc = wadi_context_new("local[2]", "conformance",
                                 .settings = {{"spark.default.parallelism", parallelism},
                                              {"wadi.batch.on_failure", "continue"},
                                              more});
    stage->ssc = wadi_stream_context_new(stage->sc, options->batch_ms);
    wadi_stream_context_checkpoint(stage->ssc, checkpoint_dir);
}
void wadi__case_stage_open(wadi__case_stage *stage, const wadi__case_stage_options *options) {
    *stage = (wadi__case_stage){.options = *options};
    stage->clock = wadi__manual_clock_new(&wadi__env_real, options->start_ms);
    stage->disk = wadi__sim_disk_new(stage->clock, 1);
    wadi__env_use(stage->disk);
    make_contexts(stage);
}

typedef struct going_on {
    wadi__case_stage *stage;
    void (*build)(void *arg);
    void *arg;
} going_on;
static wadi_stream_context *create(void *arg) {
    const going_on *self = arg;
    make_contexts(self->stage);
    self->build(self->arg);
    return self->stage->ssc;
}
void wadi__case_stage_go_on(wadi__case_stage *stage, void (*build)(void *arg), void *arg) {
    going_on self = {stage, build, arg};
    wadi_finish(stage->sc);
    wadi_stream_context_get_or_create(checkpoint_dir, create, &self);
}
void wadi__case_stage_tick(wadi__case_stage *stage) {
    wadi__manual_clock_await_idle(stage->clock);
    wadi__manual_clock_advance_ms(stage->clock, stage->ssc->batch_ms);
    wadi__manual_clock_await_idle(stage->clock);
}
bool wadi__case_stage_has_failed(const wadi__case_stage *stage) {
    pthread_mutex_lock(&stage->ssc->lock);
    bool has_failed = stage->ssc->has_failed;
    pthread_mutex_unlock(&stage->ssc->lock);
    return has_failed;
}
wadi_status wadi__case_stage_stop(wadi__case_stage *stage, wadi_error *err) {
    wadi_stop(stage->ssc, .keep_context = true);
    return wadi_await_termination(stage->ssc, err);
}
void wadi__case_stage_close(wadi__case_stage *stage) {
    wadi_stop(stage->ssc);
    wadi_finish(stage->sc);
    wadi__env_use(NULL);
    wadi__sim_disk_free(stage->disk);
    wadi__manual_clock_free(stage->clock);
    wadi__arena_fini(&stage->arena);
}
