/* SPDX-License-Identifier: Apache-2.0 */
/* user_program.c: the life of a program under test: starts, time, crashes, its end. */
#include "testing/user_test.h"

#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/sim_disk.h"

#include <stdarg.h>

#define CHECKPOINTS "/checkpoint"

void wadi__test_fail(wadi_test *test, const wadi_where *where, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    flockfile(stderr);
    if (where != NULL && where->file != NULL) fprintf(stderr, "%s:%d: ", where->file, where->line);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(args);
    test->failures++;
}

/* ---- Starting ---- */

static wadi_stream_context *create(void *arg) {
    wadi_test *test = arg;
    const char *master = test->options.master != NULL ? test->options.master : "local[2]";
    wadi_context_options options = {.size = sizeof options, .where = test->options.where};
    memcpy(options.settings, test->options.settings, sizeof test->options.settings);
    test->sc = (wadi_context_new)(master, "test", &options);
    wadi_stream_context *ssc =
        wadi__stream_context_new(test->sc, test->options.batch_ms, &test->options.where);
    wadi_checkpoint(ssc, CHECKPOINTS);
    test->ssc = ssc;
    test->program(test, ssc);
    return ssc;
}
static void keep_error(wadi_test *test, const wadi_error *err) {
    if (err->status != WADI_OK && test->error == NULL)
        test->error = wadi__must_strdup(err->message);
}
static void start(wadi_test *test) {
    wadi_recovery_options options = {.size = sizeof options, .where = test->options.where};
    wadi_error err = WADI_ERROR_INIT;
    wadi__env_use(test->disk);
    test->ssc = (wadi_stream_context_get_or_create)(CHECKPOINTS, create, test, &options);
    wadi__env_use(NULL);
    if (wadi_start(test->ssc, &err) == WADI_OK) wadi__manual_clock_await_idle(test->clock);
    keep_error(test, &err);
}
void wadi__test_begin(wadi_test *test) {
    if (test->sc == NULL) start(test);
}
/* What a program leaves behind when it ends is the disk's and the test's. */
static void stop(wadi_test *test) {
    if (test->sc != NULL) wadi_finish(test->sc);
    test->sc = NULL;
    test->ssc = NULL;
}
/* Whatever failed is known before its end, so the context has nothing to tell. */
static void look_for_errors(wadi_test *test) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_stream_context_state(test->ssc) == WADI_STREAM_ACTIVE)
        wadi_await_termination_or_timeout(test->ssc, 0, NULL, &err);
    keep_error(test, &err);
}

wadi_test *(wadi_test_new)(wadi_test_program *program, const wadi_test_options *options) {
    wadi_test *test = wadi__must_calloc(1, sizeof *test);
    test->program = program;
    test->options = *options;
    if (test->options.batch_ms == 0) test->options.batch_ms = 1000;
    pthread_mutex_init(&test->lock, NULL);
    test->clock = wadi__manual_clock_new(wadi__env_current(), test->options.start_ms);
    test->disk = wadi__sim_disk_new(test->clock, 1);
    return test;
}
int wadi_test_finish(wadi_test *test) {
    wadi__test_begin(test);
    look_for_errors(test);
    if (test->error != NULL && !test->is_error_expected)
        wadi__test_fail(test, &test->options.where, "the program failed: %s", test->error);
    stop(test);
    int status = test->failures > 0;
    wadi__sim_disk_free(test->disk);
    wadi__manual_clock_free(test->clock);
    wadi__test_inputs_free(test);
    wadi__test_outputs_free(test);
    wadi__test_rows_fini(&test->texts);
    pthread_mutex_destroy(&test->lock);
    free(test->error);
    free(test);
    return status;
}
void *wadi_test_arg(const wadi_test *test) { return test->options.arg; }
wadi_stream_context *wadi_test_context(wadi_test *test) {
    wadi__test_begin(test);
    return test->ssc;
}
size_t wadi_test_failures(const wadi_test *test) { return test->failures; }
bool wadi__test_expect_error(wadi_test *test, const char *words, const wadi_where *where) {
    wadi__test_begin(test);
    look_for_errors(test);
    test->is_error_expected = true;
    if (test->error != NULL && strstr(test->error, words) != NULL) return true;
    if (test->error == NULL)
        wadi__test_fail(test, where, "the program has not failed; expected: %s", words);
    else
        wadi__test_fail(test, where,
                        "the program failed in another way\n    expected: %s\n"
                        "    actual:   %s",
                        words, test->error);
    return false;
}

/* ---- Files ---- */

void wadi_test_file(wadi_test *test, const char *path, const char *text) {
    wadi__sim_disk_put(test->disk, path, text, strlen(text));
}
const char *wadi_test_file_text(wadi_test *test, const char *path) {
    wadi__test_begin(test);
    size_t size;
    char *text = wadi__sim_disk_get(test->disk, path, &size);
    if (text != NULL) wadi__test_rows_add(&test->texts, text);
    return text;
}

/* ---- Time and crashes ---- */

static void advance(wadi_test *test, int64_t ms) {
    wadi__manual_clock_await_idle(test->clock);
    wadi__manual_clock_advance_ms(test->clock, ms);
    wadi__manual_clock_await_idle(test->clock);
}
void wadi_test_advance(wadi_test *test, int64_t ms) {
    wadi__test_begin(test);
    for (int64_t left_ms = ms; left_ms > 0;) {
        int64_t now_ms = test->clock->wall_ms(test->clock);
        int64_t step_ms = test->options.batch_ms - now_ms % test->options.batch_ms;
        if (step_ms > left_ms) step_ms = left_ms;
        advance(test, step_ms);
        left_ms -= step_ms;
    }
    look_for_errors(test);
}
static void set_crashing(wadi_test *test, bool in_batch) {
    pthread_mutex_lock(&test->lock);
    test->crashes_in_batch = in_batch;
    test->has_crashed = false;
    pthread_mutex_unlock(&test->lock);
}
void(wadi_test_crash)(wadi_test *test, const wadi_test_crash_options *options) {
    wadi__test_begin(test);
    look_for_errors(test);
    wadi__manual_clock_await_idle(test->clock);
    fflush(stderr);
    wadi__log_hush(true); /* the program sees its disk go, and would tell */
    if (options->in_batch) {
        set_crashing(test, true);
        wadi_error err = WADI_ERROR_INIT;
        int64_t now_ms = test->clock->wall_ms(test->clock);
        advance(test, test->options.batch_ms - now_ms % test->options.batch_ms);
        wadi_await_termination_or_timeout(test->ssc, 0, NULL, &err);
    }
    wadi__sim_disk_stop_at(test->disk, WADI__SIM_ALL, 1); /* nothing of its end gets there */
    stop(test);
    wadi__sim_disk_crash(test->disk);
    wadi__sim_disk_stop_at(test->disk, WADI__SIM_ALL, 0);
    set_crashing(test, false);
    wadi__log_hush(false);
    wadi__manual_clock_advance_ms(test->clock, options->down_ms);
    start(test);
    look_for_errors(test);
}
