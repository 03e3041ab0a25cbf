/* SPDX-License-Identifier: Apache-2.0 */
/* local_backend_test.c: how many tasks run at a time, what cancelling and stopping end. */
#include "base/event.h"
#include "exec/engine.h"
#include "testing/env_layer.h"
#include "testing/keyed.h"
#include "testing/unit.h"

#include <errno.h>

/* ---- A gate that tasks wait at ---- */

static struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside, most, passed;
    bool is_open;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void gate_shut(void) {
    pthread_mutex_lock(&gate.lock);
    gate.inside = gate.most = gate.passed = 0;
    gate.is_open = false;
    pthread_mutex_unlock(&gate.lock);
}
static void gate_open(void) {
    pthread_mutex_lock(&gate.lock);
    gate.is_open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}
static void gate_await(int inside) {
    pthread_mutex_lock(&gate.lock);
    while (gate.inside < inside) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}
WADI_FILTER(waits_at_gate, int64_t) {
    (void)in;
    pthread_mutex_lock(&gate.lock);
    if (++gate.inside > gate.most) gate.most = gate.inside;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.is_open) pthread_cond_wait(&gate.changed, &gate.lock);
    gate.inside--;
    gate.passed++;
    pthread_mutex_unlock(&gate.lock);
    return true;
}
/* A job of so many tasks, each with one record that waits, on a thread of its own. */
typedef struct job {
    wadi_context *sc;
    uint32_t tasks;
    wadi__scope scope;
    int64_t count;
    pthread_t thread;
} job;
static void *run_job(void *arg) {
    job *self = arg;
    wadi__scope *before = wadi__scope_enter(&self->scope);
    int64_t rows[64] = {0};
    wadi_rdd *in =
        wadi_parallelize(self->sc, int64_t, rows, self->tasks, .partitions = self->tasks);
    self->count = wadi_count(wadi_filter(in, waits_at_gate));
    wadi__scope_enter(before);
    return NULL;
}
static void job_start(job *self, wadi_context *sc, uint32_t tasks) {
    *self = (job){.sc = sc, .tasks = tasks, .count = -1};
    wadi__scope_init(&self->scope, 1000);
    pthread_create(&self->thread, NULL, run_job, self);
}
static void job_end(job *self, int64_t count, const char *words) {
    pthread_join(self->thread, NULL);
    assert_int_equal(self->count, count);
    assert_int_equal(self->scope.has_failed, words[0] != 0);
    if (words[0] != 0) test_says(self->scope.err.message, words);
    wadi__scope_fini(&self->scope);
}

/* ---- Slots ---- */

typedef struct slot_case {
    const char *name, *master;
    uint32_t tasks[2]; /* of two jobs at once */
    int reserved, expected;
} slot_case;
static slot_case slots[] = {
    {"one slot", "local", {5, 0}, 0, 1},
    {"fewer slots than tasks", "local[3]", {10, 0}, 0, 3},
    {"more slots than tasks", "local[8]", {3, 0}, 0, 3},
    {"two jobs share them", "local[4]", {10, 10}, 0, 4},
    {"two jobs, one slot", "local", {3, 3}, 0, 1},
    {"a receiver has one", "local[4]", {10, 0}, 1, 3},
    {"two receivers have two", "local[4]", {10, 5}, 2, 2},
};
static void test_slots(void **state) {
    const slot_case *row = *state;
    wadi_context *sc = wadi_context_new(row->master, "slots");
    wadi__backend *backend = sc->engine->backend;
    for (int i = 0; i < row->reserved; i++) backend->ops->reserve_slot(backend);
    gate_shut();
    job jobs[2];
    for (size_t i = 0; i < 2; i++)
        if (row->tasks[i] > 0) job_start(&jobs[i], sc, row->tasks[i]);
    gate_await(row->expected);
    gate_open();
    for (size_t i = 0; i < 2; i++)
        if (row->tasks[i] > 0) job_end(&jobs[i], row->tasks[i], "");
    assert_int_equal(gate.most, row->expected);
    for (int i = 0; i < row->reserved; i++) backend->ops->return_slot(backend);
    assert_int_equal(wadi_finish(sc), 0);
}
/* local[1] with a receiver never processes; when the receiver gives its slot back it does. */
static void test_no_slot_left(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local", "none left");
    wadi__backend *backend = sc->engine->backend;
    assert_int_equal(backend->ops->slot_count(backend), 1);
    backend->ops->reserve_slot(backend);
    gate_shut();
    gate_open();
    job waiting;
    job_start(&waiting, sc, 2);
    assert_int_equal(gate.passed, 0);
    backend->ops->return_slot(backend);
    job_end(&waiting, 2, "");
    wadi_finish(sc);
}

/* ---- Cancelling and stopping ---- */

static void test_cancelled(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local[2]", "cancelled");
    wadi__backend *backend = sc->engine->backend;
    gate_shut();
    job cancelled, other;
    job_start(&cancelled, sc, 20);
    gate_await(2);
    atomic_store(&cancelled.scope.is_cancelled, true);
    backend->ops->wake(backend);
    job_start(&other, sc, 3);
    gate_open();
    job_end(&cancelled, 0, "the context has been stopped");
    job_end(&other, 3, "");               /* goes on */
    assert_int_equal(gate.passed, 2 + 3); /* tasks that had not begun never did */
    wadi_finish(sc);
}
/* Cancelled while its tasks wait for a slot that another job has. */
static void test_cancelled_before_it_began(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local", "cancelled early");
    gate_shut();
    job first, cancelled;
    job_start(&first, sc, 1);
    gate_await(1);
    job_start(&cancelled, sc, 1); /* waits for the slot, or is about to */
    atomic_store(&cancelled.scope.is_cancelled, true);
    sc->engine->backend->ops->wake(sc->engine->backend);
    gate_open();
    job_end(&first, 1, "");
    job_end(&cancelled, 0, "the context has been stopped");
    assert_int_equal(gate.passed, 1);
    wadi_finish(sc);
}
static void *stop_context(void *arg) {
    wadi__context_stop(arg);
    return NULL;
}
static void test_stopped(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local[2]", "stopped");
    gate_shut();
    job running;
    job_start(&running, sc, 20);
    gate_await(2);
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_context, sc);
    pthread_join(stopper, NULL);
    gate_open();
    job_end(&running, 0, "the context has been stopped");
    assert_int_equal(gate.passed, 2);
    wadi_finish(sc);
}
/* A set that comes after the end is not run. */
static void test_stopped_before(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local[2]", "stopped");
    wadi__backend *backend = sc->engine->backend;
    backend->ops->stop(backend);
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_range(sc, 0, 10)), 0);
    test_says(test_batch_error(&batch), "the context has been stopped");
    test_batch_end(&batch);
    wadi_finish(sc);
}

/* ---- Threads that cannot be started ---- */

static int no_thread(wadi__env *env, const char *name, void *(*run)(void *arg), void *arg,
                     wadi__thread **thread) {
    (void)env, (void)name, (void)run, (void)arg, (void)thread;
    return -EAGAIN;
}
static void test_no_threads(void **state) {
    (void)state;
    wadi__env_layer layer;
    wadi__env_layer_init(&layer, "no threads", &wadi__env_real);
    layer.env.thread_start = no_thread;
    wadi__env_use(&layer.env);
    wadi_context *sc = wadi_context_new("local[4]", "alone");
    wadi__env_use(NULL);
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_count_by_value(wadi_range(sc, 0, 100))), 100);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    assert_int_equal(wadi_finish(sc), 0);
}

/* ---- What a failure says ---- */

WADI_RECORD(reading, (wadi_str, text), (double, value));
WADI_FILTER(is_sane, reading) {
    if (in->value < 0) wadi_fail(task, "a value of %.1f", in->value);
    return true;
}
static void test_message(void **state) {
    (void)state;
    wadi_context *sc =
        wadi_context_new("local[2]", "messages", .settings = {{"spark.task.maxFailures", "2"}});
    static char bytes[1000];
    memset(bytes, 'y', sizeof bytes);
    reading rows[30];
    for (size_t i = 0; i < 30; i++)
        rows[i] = (reading){wadi_str_view(bytes, i == 17 ? sizeof bytes : 3), i == 17 ? -1.5 : 0};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, reading, rows, 30, .partitions = 3);
    int line = __LINE__ + 1;
    wadi_rdd *checked = wadi_filter(in, is_sane);
    assert_int_equal(wadi_count(checked), 0);
    const char *text = test_batch_error(&batch);
    char wanted[400], where[300];
    snprintf(wanted, sizeof wanted,
             "a value of -1.5; in filter of 'is_sane'; at record 7 of the partition: (%.*s..; "
             "in task 1 (try 2) of stage ",
             199, bytes);
    test_says(text, wanted);
    snprintf(where, sizeof where, "%s:%d: filter", __FILE__, line);
    test_says(text, where);
    assert_int_equal(batch.scope.err.status, WADI_E_USER);
    test_batch_end(&batch);
    wadi_finish(sc);
}
/* The failure that is told is of the task that used up its tries. */
WADI_FILTER(fails_by_number, int64_t) {
    if (*in % 10 == 0 && (*in == 50 || wadi_task_attempt(task) == 0))
        wadi_fail(task, "number %d", (int)*in);
    return true;
}
static void test_message_of_the_last_try(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local[4]", "messages");
    test_batch batch;
    test_batch_begin(&batch);
    int64_t rows[100];
    for (int64_t i = 0; i < 100; i++) rows[i] = i;
    wadi_rdd *in = wadi_parallelize(sc, int64_t, rows, 100, .partitions = 10);
    wadi_count(wadi_filter(in, fails_by_number));
    test_says(test_batch_error(&batch), "number 50; in filter of 'fails_by_number'; at record 0 of "
                                        "the partition: 50; in task 5 (try 4)");
    test_batch_end(&batch);
    wadi_finish(sc);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_slots, slots);
    wadi__unit_add(&unit, test_no_slot_left);
    wadi__unit_add(&unit, test_cancelled);
    wadi__unit_add(&unit, test_cancelled_before_it_began);
    wadi__unit_add(&unit, test_stopped);
    wadi__unit_add(&unit, test_stopped_before);
    wadi__unit_add(&unit, test_no_threads);
    wadi__unit_add(&unit, test_message);
    wadi__unit_add(&unit, test_message_of_the_last_try);
    return wadi__unit_run(&unit, "local_backend");
}
