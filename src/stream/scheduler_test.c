/* SPDX-License-Identifier: Apache-2.0 */
/* scheduler_test.c: in which order jobs run, and how many at once. */
#include "stream/scheduler.h"

#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdatomic.h>
#include <stdio.h>

/* Jobs that wait until the test lets one go on. */
typedef struct gate {
    pthread_mutex_t lock;
    atomic_uint permits;
    int running, running_max;
    char begun[200], ended[200];
} gate;
WADI_RECORD(gate_at, (int64_t, at), (int64_t, who));

static void note(char *text, size_t size, const gate_at *env, int64_t batch_ms) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%c%lld", used > 0 ? " " : "", (char)env->who,
             (long long)(batch_ms / 1000));
}
WADI_FOREACH_RDD(takes_long, int64_t, gate_at) {
    gate *self = (gate *)(uintptr_t)env->at;
    wadi__env *clock = wadi_rdd_context(rdd)->env;
    pthread_mutex_lock(&self->lock);
    note(self->begun, sizeof self->begun, env, batch_ms);
    self->running++;
    if (self->running > self->running_max) self->running_max = self->running;
    pthread_mutex_unlock(&self->lock);
    unsigned permits = atomic_load(&self->permits);
    while (permits == 0 || !atomic_compare_exchange_weak(&self->permits, &permits, permits - 1)) {
        if (permits == 0) clock->wait(clock, &self->permits, 0, WADI__DEADLINE_NONE);
        permits = atomic_load(&self->permits);
    }
    pthread_mutex_lock(&self->lock);
    self->running--;
    note(self->ended, sizeof self->ended, env, batch_ms);
    pthread_mutex_unlock(&self->lock);
}
static void let_go(wadi__rig *rig, gate *self) {
    atomic_fetch_add(&self->permits, 1);
    rig->clock->wake(rig->clock, &self->permits, 1);
    wadi__manual_clock_await_idle(rig->clock);
}
static wadi__rig start(gate *self, const char *concurrent_jobs) {
    *self = (gate){.permits = 0};
    pthread_mutex_init(&self->lock, NULL);
    wadi_setting setting = {"spark.streaming.concurrentJobs", concurrent_jobs};
    if (concurrent_jobs == NULL) setting.name = NULL;
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.settings = {setting}});
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; 3", 1);
    wadi_foreach_rdd(in, wadi_bind(takes_long, .at = (int64_t)(uintptr_t)self, .who = 'a'));
    wadi_foreach_rdd(in, wadi_bind(takes_long, .at = (int64_t)(uintptr_t)self, .who = 'b'));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    return rig;
}
static void test_one_job_at_a_time_by_default(void **state) {
    (void)state;
    gate self;
    wadi__rig rig = start(&self, NULL);
    wadi__rig_batches(&rig, 3); /* the first job outlasts two batches */
    assert_string_equal(self.begun, "a1");
    for (int i = 0; i < 6; i++) let_go(&rig, &self);
    assert_string_equal(self.begun, "a1 b1 a2 b2 a3 b3");
    assert_string_equal(self.ended, "a1 b1 a2 b2 a3 b3");
    assert_int_equal(self.running_max, 1);
    wadi__rig_free(&rig);

    rig = start(&self, "2");
    wadi__rig_batches(&rig, 3);
    assert_int_equal(self.running, 2); /* of the first batch both */
    let_go(&rig, &self);
    assert_int_equal(self.running, 2); /* one of the first batch, one of the second */
    assert_non_null(strstr(self.begun, "a2"));
    for (int i = 0; i < 5; i++) let_go(&rig, &self);
    assert_int_equal(strlen(self.ended), strlen("a1 b1 a2 b2 a3 b3"));
    assert_int_equal(self.running_max, 2);
    wadi__rig_free(&rig);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_one_job_at_a_time_by_default);
    return wadi__unit_run(&unit, "jobs");
}
