/* SPDX-License-Identifier: Apache-2.0 */
/* control_test.c: requests as they are read, and a program that answers them. */
#include "stream/control.h"

#include "base/log.h"
#include "base/machine.h"
#include "stream/supervisor.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- Requests ---- */

typedef struct request_case {
    const char *name, *line;
    bool is_good;
    wadi__control_kind kind;
    unsigned batches;
    bool gracefully;
    const char *levels;
} request_case;
static request_case requests[] = {
    {"status", "status", true, WADI__CONTROL_STATUS, 0, false, ""},
    {"status with batches", "status 12", true, WADI__CONTROL_STATUS, 12, false, ""},
    {"blanks do not matter", "  status   12  ", true, WADI__CONTROL_STATUS, 12, false, ""},
    {"stop", "stop", true, WADI__CONTROL_STOP, 0, false, ""},
    {"stop gracefully", "stop gracefully", true, WADI__CONTROL_STOP, 0, true, ""},
    {"log levels", "log-level warn,stream=debug", true, WADI__CONTROL_LOG_LEVEL, 0, false,
     "warn,stream=debug"},
    {"nothing", "", false, 0, 0, false, ""},
    {"blanks alone", "   ", false, 0, 0, false, ""},
    {"another word", "restart", false, 0, 0, false, ""},
    {"a beginning of a word", "sto", false, 0, 0, false, ""},
    {"no number", "status x", false, 0, 0, false, ""},
    {"too large a number", "status 12345", false, 0, 0, false, ""},
    {"stopping in another way", "stop now", false, 0, 0, false, ""},
    {"a word too many", "stop gracefully now", false, 0, 0, false, ""},
    {"no levels", "log-level", false, 0, 0, false, ""},
};
static void test_request(void **state) {
    const request_case *row = *state;
    wadi__control_request request;
    char why[200] = "";
    bool is_good = wadi__control_parse(row->line, strlen(row->line), &request, why, sizeof why);
    assert_int_equal(is_good, row->is_good);
    assert_int_equal(why[0] == 0, is_good);
    if (!is_good) return;
    assert_int_equal(request.kind, row->kind);
    assert_int_equal(request.batches, row->batches);
    assert_int_equal(request.gracefully, row->gracefully);
    assert_string_equal(request.levels, row->levels);
}
static void test_request_of_any_bytes(void **state) {
    (void)state;
    wadi__control_request request;
    char why[200], longest[WADI__CONTROL_REQUEST_MAX];
    assert_false(wadi__control_parse("stop\0", 5, &request, why, sizeof why));
    memset(longest, 'x', sizeof longest);
    assert_false(wadi__control_parse(longest, sizeof longest, &request, why, sizeof why));
    memcpy(longest, "log-level ", 10);
    assert_true(wadi__control_parse(longest, sizeof longest - 1, &request, why, sizeof why));
    assert_int_equal(strlen(request.levels), sizeof longest - 11);
}

/* ---- A program ---- */

typedef struct program {
    wadi__temp_dir dir;
    wadi_context *sc;
    wadi_stream_context *ssc;
    char path[300];
} program;
WADI_FOREACH_RDD(nothing, int64_t) { (void)rdd, (void)batch_ms; }
static program program_new(const char *enabled) {
    program self = {.dir = wadi__temp_dir_new()};
    char process[160];
    long pid = 0;
    wadi__machine_process(process, sizeof process);
    sscanf(process, "pid %ld", &pid);
    snprintf(self.path, sizeof self.path, "%s/own/%ld.sock", self.dir.path, pid);
    setenv("WADI_RUNTIME_DIR", wadi__temp_path(&self.dir, "own"), 1);
    self.sc = wadi_context_new("local[2]", "a test\nof control",
                               .settings = {{"wadi.control.enabled", enabled}});
    self.ssc = wadi_stream_context_new(self.sc, 10);
    wadi_foreach_rdd(wadi_queue_stream(self.ssc, int64_t, wadi_rdd_queue_new(self.sc)), nothing);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(self.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    return self;
}
static void program_free(program *self) {
    wadi_finish(self->sc);
    unsetenv("WADI_RUNTIME_DIR");
    wadi__temp_dir_remove(&self->dir);
}
/* The answer to these bytes, as text; valid until the next call. */
static const char *ask(const program *self, const char *request) {
    static char answer[20000];
    wadi__env *env = &wadi__env_real;
    int64_t deadline_ns = wadi__env_deadline(env, 20000);
    int socket = env->unix_connect(env, self->path);
    if (socket < 0) fail_msg("%s: %s", self->path, strerror(-socket));
    assert_int_equal(env->socket_send(env, socket, request, strlen(request), deadline_ns),
                     strlen(request));
    size_t used = 0;
    for (ssize_t got = 1; got > 0 && used < sizeof answer - 1; used += (size_t)got)
        if ((got = env->socket_recv(env, socket, answer + used, sizeof answer - 1 - used,
                                    deadline_ns)) < 0)
            break;
    answer[used < sizeof answer ? used : 0] = 0;
    env->socket_close(env, socket);
    return answer;
}
static void assert_has(const char *answer, const char *part) {
    if (strstr(answer, part) == NULL) fail_msg("'%s' is not in\n%s", part, answer);
}
static void test_status(void **state) {
    (void)state;
    program self = program_new("true");
    while (wadi__progress_now(self.ssc).completed < 3) poll(NULL, 0, 1);
    const char *answer = ask(&self, "status 2\n");
    assert_true(strncmp(answer, "ok\n", 3) == 0);
    assert_has(answer, "\nname a test of control\n"); /* one line */
    assert_has(answer, "\nstate active\n");
    assert_has(answer, "\ninterval 10\n");
    assert_has(answer, "\nfailed 0\n");
    assert_has(answer, " completed\n");
    size_t batches = 0;
    for (const char *at = answer; (at = strstr(at, "\nbatch ")) != NULL; at++) batches++;
    assert_int_equal(batches, 2);
    program_free(&self);
    int socket = wadi__env_real.unix_connect(&wadi__env_real, self.path);
    assert_true(socket < 0); /* nothing is left */
}
static void test_log_level(void **state) {
    (void)state;
    program self = program_new("true");
    char levels[200];
    assert_string_equal(ask(&self, "log-level error,source=debug\n"), "ok\n");
    wadi__log_levels(levels, sizeof levels);
    assert_string_equal(levels, "error,source=debug");
    assert_has(ask(&self, "log-level loud\n"), "error 'loud' is no level");
    assert_has(ask(&self, "jump\n"), "error the request is none of");
    wadi__log_set_level(WADI__LOG_ERROR);
    program_free(&self);
}
static void test_requests_that_do_not_end(void **state) {
    (void)state;
    program self = program_new("true");
    char longest[WADI__CONTROL_REQUEST_MAX + 1];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_has(ask(&self, longest), "error the request is too long");
    int socket =
        wadi__env_real.unix_connect(&wadi__env_real, self.path); /* says nothing and goes */
    wadi__env_real.socket_close(&wadi__env_real, socket);
    assert_has(ask(&self, "status\n"), "ok\n");
    program_free(&self);
}
static void test_stop(void **state) {
    (void)state;
    program self = program_new("true");
    wadi__log_set_level(WADI__LOG_OFF);
    assert_string_equal(ask(&self, "stop gracefully\n"), "ok\n");
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_await_termination(self.ssc, &err), WADI_OK);
    assert_int_equal(wadi_stream_context_state(self.ssc), WADI_STREAM_STOPPED);
    wadi__log_set_level(WADI__LOG_ERROR);
    program_free(&self);
}
static void test_disabled(void **state) {
    (void)state;
    program self = program_new("false");
    assert_true(wadi__env_real.unix_connect(&wadi__env_real, self.path) < 0);
    program_free(&self);
}

/* ---- The service manager ---- */

typedef struct interval_case {
    const char *name, *usec, *pid;
    int64_t expected_ns;
} interval_case;
static interval_case intervals[] = {
    {"half of it", "30000000", NULL, 15000000000},
    {"for this process", "2000", "7", 1000000},
    {"no process is named", "2000", "", 1000000},
    {"for another process", "2000", "8", 0},
    {"no watchdog", NULL, NULL, 0},
    {"zero", "0", NULL, 0},
    {"negative", "-5", NULL, 0},
    {"no number", "10s", NULL, 0},
    {"too large", "99999999999999999999", NULL, 0},
};
static void test_interval(void **state) {
    const interval_case *row = *state;
    assert_int_equal(wadi__supervisor_interval_ns(row->usec, row->pid, 7), row->expected_ns);
}
static void expect_told(int manager, const char *part) {
    for (int tries = 0; tries < 1000; tries++) {
        char text[300] = "";
        struct pollfd wait = {.fd = manager, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 20000), 1);
        assert_true(recv(manager, text, sizeof text - 1, 0) > 0);
        if (strstr(text, part) != NULL) return;
    }
    fail_msg("'%s' never comes", part);
}
static void test_service_manager(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", wadi__temp_path(&dir, "notify"));
    int manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&at, sizeof at), 0);
    setenv("NOTIFY_SOCKET", at.sun_path, 1);
    setenv("WATCHDOG_USEC", "20000", 1);
    program self = program_new("true");
    expect_told(manager, "READY=1");
    for (int i = 0; i < 3; i++) expect_told(manager, "WATCHDOG=1");
    program_free(&self);
    expect_told(manager, "STOPPING=1");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(manager);
    wadi__temp_dir_remove(&dir);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_request, requests);
    wadi__unit_add(&unit, test_request_of_any_bytes);
    wadi__unit_add(&unit, test_status);
    wadi__unit_add(&unit, test_log_level);
    wadi__unit_add(&unit, test_requests_that_do_not_end);
    wadi__unit_add(&unit, test_stop);
    wadi__unit_add(&unit, test_disabled);
    wadi__unit_rows(&unit, test_interval, intervals);
    wadi__unit_add(&unit, test_service_manager);
    return wadi__unit_run(&unit, "control");
}
