/* SPDX-License-Identifier: Apache-2.0 */
/* fork_test.c: contexts in a forked child, which has none of its parent's threads: each call fails
 * with an error that says so, and a new context works. */
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

WADI_FOREACH(ignore, int64_t) { (void)in; }
static const char words[] = "the context was made before this process was forked; make a new one";

/* What the child finds is its exit status: 0, or the line of the first check that failed. */
static int problem;
static void check(bool holds, int line) {
    if (!holds && problem == 0) problem = line;
}
#define CHECK(holds) check((holds), __LINE__)
static bool says_so(const wadi_error *err) {
    return err->status == WADI_E_STATE && strstr(err->message, words) != NULL;
}

typedef struct parent {
    wadi__rig rig;
    wadi_rdd *numbers;
    wadi_dstream *stream;
} parent;

static void use_datasets(const parent *self) {
    wadi_error err = WADI_ERROR_INIT;
    CHECK(wadi_count(self->numbers) == 0);
    CHECK(wadi_rdd_failed(self->numbers, &err) && says_so(&err));
    err = (wadi_error)WADI_ERROR_INIT;
    wadi_rdd *made = wadi_range(self->rig.sc, 0, 10);
    CHECK(wadi_rdd_failed(made, &err) && says_so(&err));
    made = wadi_distinct(wadi_parallelize(self->rig.sc, int64_t, (const int64_t[]){1}, 1));
    err = (wadi_error)WADI_ERROR_INIT;
    CHECK(wadi_rdd_failed(made, &err) && says_so(&err));
    CHECK(wadi_accumulator_new(self->rig.sc, "n").id == 0);
    CHECK(wadi_broadcast_new(self->rig.sc, int64_t, (const int64_t[]){1}, 1).id == 0);
}
static void use_streams(const parent *self) {
    wadi_stream_context *ssc = self->rig.ssc;
    wadi_error err = WADI_ERROR_INIT;
    CHECK(wadi_stream_context_state(ssc) == WADI_STREAM_STOPPED);
    CHECK(wadi_stream_context_get_active() == NULL);
    CHECK(wadi_start(ssc, &err) == WADI_E_STATE && says_so(&err));
    err = (wadi_error)WADI_ERROR_INIT;
    CHECK(wadi_await_termination(ssc, &err) == WADI_E_STATE && says_so(&err));
    CHECK(wadi_stop(ssc) == WADI_E_STATE);
    wadi_count(self->stream); /* is told in the log */
    wadi_stream_context *made = wadi_stream_context_new(self->rig.sc, 1000);
    CHECK(wadi_mistake(made, 0) != NULL && says_so(wadi_mistake(made, 0)));
    CHECK(wadi_run(ssc) == 1);
    CHECK(wadi_finish(self->rig.sc) == 1);
}
static void use_new_context(const parent *self) {
    (void)self;
    wadi_context *sc = wadi_context_new("local", "child");
    CHECK(wadi_count(wadi_range(sc, 0, 1000)) == 1000);
    CHECK(wadi_finish(sc) == 0);
}

typedef struct fork_case {
    const char *name;
    void (*use)(const parent *self);
    bool is_started;
} fork_case;
static fork_case cases[] = {
    {"datasets of the parent", use_datasets, false},
    {"the parent's program, not started", use_streams, false},
    {"the parent's program, running", use_streams, true},
    {"a context of its own", use_new_context, true},
};
static void test_fork(void **state) {
    const fork_case *row = *state;
    parent self = {.rig = wadi__rig_new(NULL)};
    self.numbers = wadi_range(self.rig.sc, 0, 100);
    self.stream = wadi__rig_input(&self.rig, WADI_TYPE(int64_t), "1 2; 3", 2);
    wadi_foreach(self.stream, ignore);
    if (row->is_started) {
        assert_int_equal(wadi_start(self.rig.ssc, NULL), WADI_OK);
        wadi__rig_batches(&self.rig, 1);
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDERR_FILENO); /* each call tells it there too */
        row->use(&self);
        _exit(problem & 255);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("the child ended with %d; its line: %d", status, WEXITSTATUS(status));
    assert_int_equal(wadi_count(self.numbers), 100); /* the parent goes on */
    if (row->is_started) wadi__rig_batches(&self.rig, 1);
    assert_int_equal(wadi__rig_free(&self.rig), 0);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_fork, cases);
    return wadi__unit_run(&unit, "contexts after fork");
}
