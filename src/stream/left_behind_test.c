/* SPDX-License-Identifier: Apache-2.0 */
/* left_behind_test.c: users' functions that do not return while the program is stopped. Stopping
 * and finishing go on without them, the log names what did not return, and nothing that they still
 * use is freed: they return in the end and touch it. */
#include "base/event.h"
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

/* A door that bodies wait at, in the real time of the system. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static wadi__event changed;
static bool is_open;      /* guarded by lock, as all below */
static int waiting, gone; /* bodies at the door, and past it */
static void wait_at_door(void) {
    pthread_mutex_lock(&lock);
    waiting++;
    wadi__event_wake_all(&changed, &wadi__env_real);
    while (!is_open) wadi__event_wait(&changed, &lock, &wadi__env_real, WADI__DEADLINE_NONE);
    gone++;
    pthread_mutex_unlock(&lock);
    wadi__event_wake_all(&changed, &wadi__env_real);
}
static void set_open(bool open) {
    pthread_mutex_lock(&lock);
    is_open = open;
    if (!open) waiting = gone = 0;
    pthread_mutex_unlock(&lock);
    wadi__event_wake_all(&changed, &wadi__env_real);
}
static void await_some(const int *count) {
    pthread_mutex_lock(&lock);
    while (*count == 0) wadi__event_wait(&changed, &lock, &wadi__env_real, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&lock);
}

WADI_RECEIVER(waits_in_receiver, int64_t) {
    wait_at_door();
    wadi_store(out, 7); /* to a program that has ended */
    wadi_receiver_report(receiver, "late");
}
WADI_MAP(waits_in_task, int64_t, int64_t) {
    wait_at_door();
    *out = *in;
}
WADI_TRANSFORM(waits_in_transform, int64_t, int64_t) {
    wait_at_door();
    return rdd;
}
WADI_FOREACH_RDD(waits_in_output, int64_t) {
    wait_at_door();
    (void)batch_ms;
    (void)wadi_count(rdd);
}
WADI_FOREACH(ignore, int64_t) { (void)in; }

static void receiver(wadi__rig *rig) {
    wadi_foreach(wadi_receiver_stream(rig->ssc, waits_in_receiver), ignore);
}
static wadi_dstream *numbers(wadi__rig *rig) {
    return wadi__rig_input(rig, WADI_TYPE(int64_t), "1; 2; 3", 2);
}
static void task(wadi__rig *rig) { wadi_foreach(wadi_map(numbers(rig), waits_in_task), ignore); }
static void transform(wadi__rig *rig) {
    wadi_foreach(wadi_transform(numbers(rig), waits_in_transform), ignore);
}
static void output(wadi__rig *rig) { wadi_foreach_rdd(numbers(rig), waits_in_output); }

typedef struct left_case {
    const char *name;
    void (*build)(wadi__rig *rig);
    const char *told;
} left_case;
static left_case cases[] = {
    {"a receiver", receiver, "the body of receiver receiver_stream (stream 0) did not return"},
    {"a task", task, "an output operation did not return within 4 s"},
    {"a transform", transform, "a function that makes the RDDs of a batch did not return"},
    {"an output operation", output, "an output operation did not return within 4 s"},
};

static char told[2000];
static void on_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)module, (void)arg;
    size_t used = strlen(told);
    if (level == WADI__LOG_ERROR) snprintf(told + used, sizeof told - used, "%s\n", text);
}
typedef struct stopping {
    wadi__rig *rig;
    atomic_bool is_done;
} stopping;
static void *finish(void *arg) {
    stopping *self = arg;
    wadi_stop(self->rig->ssc);
    wadi_finish(self->rig->sc);
    atomic_store(&self->is_done, true);
    return NULL;
}
static wadi__rig rigs[sizeof cases / sizeof cases[0]]; /* what is left refers to them */
static void test_left_behind(void **state) {
    const left_case *row = *state;
    set_open(false);
    told[0] = 0;
    wadi__log_capture(on_line, NULL);
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 0);
    wadi__rig *rig = &rigs[row - cases];
    *rig = wadi__rig_new(&(wadi__rig_options){.clock = clock, .env = clock});
    row->build(rig);
    assert_int_equal(wadi_start(rig->ssc, NULL), WADI_OK);
    wadi__manual_clock_advance_ms(clock, 1000);
    await_some(&waiting);
    stopping self = {.rig = rig};
    wadi__thread *thread;
    assert_int_equal(clock->thread_start(clock, "stops", finish, &self, &thread), 0);
    while (!atomic_load(&self.is_done)) {
        wadi__manual_clock_advance_ms(clock, 100);
        sched_yield();
    }
    clock->thread_join(clock, thread);
    if (strstr(told, row->told) == NULL) fail_msg("told: %s", told);
    set_open(true);
    await_some(&gone);
    wadi__manual_clock_await_idle(clock); /* what was left has come to its end */
    wadi__log_capture(NULL, NULL);
}

/* Nobody joins what was left behind. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "report_thread_leaks=0"; }

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_left_behind, cases);
    return wadi__unit_run(&unit, "functions that do not return");
}
