/* SPDX-License-Identifier: Apache-2.0 */
/* log_test.c: which lines come out, and that each is one. */
#include "base/log.h"

#include "base/env.h"
#include "testing/manual_clock.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static char captured[4096];
static void capture(wadi__log_level level, const char *module, const char *text, void *arg) {
    size_t used = strlen(captured);
    snprintf(captured + used, sizeof captured - used, "%s%d %s: %s|", (const char *)arg, level,
             module, text);
}
static void test_capture_gets_all(void **state) {
    (void)state;
    captured[0] = 0;
    wadi__log_set_level(WADI__LOG_ERROR);
    wadi__log_capture(capture, ">");
    wadi__log(WADI__LOG_DEBUG, "base", "%d", 1);
    wadi__log_info("stream", "two %s", "words");
    wadi__log_warn("source", "three");
    wadi__log_error("sink", "four");
    wadi__log_capture(NULL, NULL);
    assert_string_equal(captured,
                        ">0 base: 1|>1 stream: two words|>2 source: three|>3 sink: four|");
}
static void test_control_characters(void **state) {
    (void)state;
    captured[0] = 0;
    wadi__log_capture(capture, "");
    wadi__log_error("base", "a\nb\tc\rd\033[31m\x7f caf\xC3\xA9");
    wadi__log_capture(NULL, NULL);
    assert_string_equal(captured, "3 base: a\\nb\\tc\\rd\\x1b[31m\\x7f caf\xC3\xA9|");
}
static void test_long_lines_are_cut(void **state) {
    (void)state;
    static char text[3000];
    memset(text, 1, sizeof text - 1); /* each takes four characters */
    captured[0] = 0;
    wadi__log_capture(capture, "");
    wadi__log_error("base", "%s", text);
    wadi__log_capture(NULL, NULL);
    assert_true(strlen(captured) > 1000 && strlen(captured) < 1300);
}

/* What `write_lines` leaves on stderr. */
static char *stderr_of(void (*write_lines)(void)) {
    wadi__temp_dir dir = wadi__temp_dir_new();
    int saved = dup(STDERR_FILENO),
        file = open(wadi__temp_path(&dir, "err"), O_RDWR | O_CREAT | O_APPEND, 0600);
    assert_true(saved >= 0 && file >= 0);
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    write_lines();
    dup2(saved, STDERR_FILENO);
    off_t size = lseek(file, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    assert_int_equal(pread(file, text, (size_t)size, 0), size);
    close(file);
    close(saved);
    wadi__temp_dir_remove(&dir);
    return text;
}
static void write_each_level(void) {
    wadi__log(WADI__LOG_DEBUG, "base", "d");
    wadi__log_info("base", "i");
    wadi__log_warn("base", "w %d", 7);
    wadi__log_error("base", "e");
}
/* The first of all: the environment is asked once. */
static void test_level_of_the_environment(void **state) {
    (void)state;
    setenv("WADI_LOG", "info", 1);
    char *text = stderr_of(write_each_level);
    assert_null(strstr(text, "debug base"));
    assert_non_null(strstr(text, "info  base: i\n"));
    free(text);
    setenv("WADI_LOG", "error", 1);
    text = stderr_of(write_each_level);
    assert_non_null(strstr(text, "info  base: i\n"));
    free(text);
}
static void test_line(void **state) {
    (void)state;
    setenv("TZ", "UTC", 1);
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 1234567890045);
    wadi__env_use(clock);
    wadi__log_set_level(WADI__LOG_INFO);
    char *text = stderr_of(write_each_level);
    assert_string_equal(text, "2009-02-13 23:31:30.045 info  base: i\n"
                              "2009-02-13 23:31:30.045 warn  base: w 7\n"
                              "2009-02-13 23:31:30.045 error base: e\n");
    free(text);
    wadi__env_use(NULL);
    wadi__manual_clock_free(clock);
}
static void write_long_line(void) {
    static char module[300], text[3000];
    memset(module, 'm', sizeof module - 1);
    memset(text, 1, sizeof text - 1);
    wadi__log_error(module, "%s", text);
}
static void test_long_lines_end(void **state) {
    (void)state;
    char *text = stderr_of(write_long_line);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}
static void *write_100(void *arg) {
    (void)arg;
    for (int i = 0; i < 100; i++) wadi__log_error("base", "a line that is not mixed with others");
    return NULL;
}
static void write_from_threads(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_100, NULL), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}
static void test_threads_do_not_mix(void **state) {
    (void)state;
    wadi__log_set_repeats(0);
    char *text = stderr_of(write_from_threads);
    wadi__log_set_repeats(10);
    int lines = 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save), lines++)
        assert_string_equal(line + strlen("2009-02-13 23:31:30.045 "),
                            "error base: a line that is not mixed with others");
    assert_int_equal(lines, 400);
    free(text);
}

/* ---- Levels of modules ---- */

typedef struct level_case {
    const char *name;
    const char *levels; /* set one after another, with blanks between */
    const char *now;    /* then these are in force */
    const char *why;    /* of the last one, which is refused; NULL: it is not */
} level_case;
static level_case level_cases[] = {
    {"one for all", "info", "info", NULL},
    {"of a module", "warn stream=debug", "warn,stream=debug", NULL},
    {"several at once", "error,stream=info,source=off", "error,stream=info,source=off", NULL},
    {"a later one counts", "warn,stream=debug stream=error", "warn,stream=error", NULL},
    {"one for all forgets the others", "warn,stream=debug info", "info", NULL},
    {"no level", "warn loud", "warn", "'loud' is no level"},
    {"an empty one", "warn info,,stream=debug", "warn", "'' is no level"},
    {"no module", "warn =info", "warn", "names no module"},
    {"a module of too long a name", "warn abcdefghijklmnopqrstuvwxyz=info", "warn",
     "names no module"},
    {"nothing changes when one is wrong", "warn info,stream=loud", "warn", "'loud'"},
};
static void test_levels(void **state) {
    const level_case *row = *state;
    char all[100], why[200] = "", now[200], *save = NULL;
    snprintf(all, sizeof all, "%s", row->levels);
    bool is_set = true;
    for (char *at = strtok_r(all, " ", &save); at != NULL; at = strtok_r(NULL, " ", &save))
        is_set = wadi__log_set_levels(at, why, sizeof why);
    wadi__log_levels(now, sizeof now);
    assert_string_equal(now, row->now);
    assert_int_equal(is_set, row->why == NULL);
    if (row->why != NULL && strstr(why, row->why) == NULL) fail_msg("it says '%s'", why);
}
static void test_too_many_modules(void **state) {
    (void)state;
    char levels[40], why[200], longest[400] = "debug";
    bool is_set = true;
    for (int i = 0; i < WADI__LOG_MODULES_MAX + 1 && is_set; i++) {
        snprintf(levels, sizeof levels, "module%d=info", i);
        is_set = wadi__log_set_levels(levels, why, sizeof why);
    }
    assert_false(is_set);
    for (int i = 0; i < WADI__LOG_MODULES_MAX; i++) strcat(longest, ",warn");
    assert_false(wadi__log_set_levels(longest, why, sizeof why));
    wadi__log_set_level(WADI__LOG_WARN);
}
static void write_of_modules(void) {
    wadi__log(WADI__LOG_DEBUG, "stream", "one");
    wadi__log_info("source", "two");
    wadi__log_error("exec", "three");
}
static void test_modules_have_their_own(void **state) {
    (void)state;
    char why[100];
    assert_true(wadi__log_set_levels("warn,stream=debug,exec=off", why, sizeof why));
    char *text = stderr_of(write_of_modules);
    assert_non_null(strstr(text, "debug stream: one\n"));
    assert_null(strstr(text, "two"));
    assert_null(strstr(text, "three"));
    free(text);
    wadi__log_set_level(WADI__LOG_WARN);
}

/* ---- Forms ---- */

static void write_with_fields(void) {
    const wadi__log_field fields[] = {{"batch_ms", 5000}, {"records", -1}};
    wadi__log_with(WADI__LOG_ERROR, "stream", fields, 2, "a \"quoted\" %s\n", "back\\slash");
}
static void test_forms(void **state) {
    (void)state;
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 1234567890045);
    wadi__env_use(clock);
    wadi__log_set_format(WADI__LOG_JSON);
    char *json = stderr_of(write_with_fields);
    wadi__log_set_format(WADI__LOG_LOGFMT);
    char *logfmt = stderr_of(write_with_fields);
    wadi__log_set_format(WADI__LOG_TEXT);
    wadi__env_use(NULL);
    wadi__manual_clock_free(clock);
    assert_string_equal(
        json,
        "{\"time\":\"2009-02-13T23:31:30.045Z\",\"level\":\"error\",\"module\":\"stream\","
        "\"message\":\"a \\\"quoted\\\" back\\\\slash\\\\n\",\"batch_ms\":5000,\"records\":-1}\n");
    assert_string_equal(logfmt,
                        "time=2009-02-13T23:31:30.045Z level=error module=stream "
                        "msg=\"a \\\"quoted\\\" back\\\\slash\\\\n\" batch_ms=5000 records=-1\n");
    free(json);
    free(logfmt);
}

/* ---- Lines that come again ---- */

static wadi__env *turning;
static void write_again(void) {
    for (int i = 0; i < 1000; i++) wadi__log_error("repeat", "batch %d ms: no room", i * 1000);
    wadi__log_error("repeat", "another error");
    for (int i = 0; i < 20; i++) wadi__log_info("repeat", "news"); /* never held back */
    wadi__manual_clock_advance_ms(turning, 10000);
    wadi__log_error("repeat", "a later one");
    wadi__log_error("repeat", "batch 7 ms: no room"); /* counting begins anew */
}
static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part)) count++;
    return count;
}
static void test_repeats_are_counted(void **state) {
    (void)state;
    turning = wadi__manual_clock_new(&wadi__env_real, 1234567890045);
    wadi__env_use(turning);
    wadi__log_set_level(WADI__LOG_INFO);
    char *text = stderr_of(write_again);
    char *end = stderr_of(wadi__log_tell_repeats);
    wadi__env_use(NULL);
    wadi__manual_clock_free(turning);
    assert_int_equal(count_of(text, " ms: no room\n"), 10 + 1 + 1);
    assert_non_null(
        strstr(text, "repeat: 990 more of this since 10 s: batch 999000 ms: no room\n"));
    assert_non_null(strstr(text, "batch 7 ms: no room\n"));
    assert_int_equal(count_of(text, "another error"), 1);
    assert_int_equal(count_of(text, "news"), 20);
    assert_string_equal(end, "");
    free(text);
    free(end);
}
static void write_some_again(void) {
    for (int i = 0; i < 12; i++) wadi__log_warn("repeat", "a warning");
}
static void test_repeats_are_told_at_the_end(void **state) {
    (void)state;
    free(stderr_of(write_some_again));
    char *text = stderr_of(wadi__log_tell_repeats);
    assert_non_null(strstr(text, "2 more of this"));
    free(text);
}
/* So many kinds that their places run out: none is lost. */
static void write_many_kinds(void) {
    char module[20];
    for (int times = 0; times < 3; times++)
        for (int i = 0; i < 100; i++) {
            snprintf(module, sizeof module, "%c%c", 'a' + i / 10, 'a' + i % 10);
            wadi__log_error(module, "kind");
        }
}
static void test_many_kinds(void **state) {
    (void)state;
    wadi__log_set_repeats(1);
    char *text = stderr_of(write_many_kinds);
    char *end = stderr_of(wadi__log_tell_repeats);
    size_t told = count_of(end, "1 more of this") + 2 * count_of(end, "2 more of this");
    assert_int_equal(count_of(text, ": kind\n") + told, 300);
    wadi__log_set_repeats(10);
    free(text);
    free(end);
}

/* ---- The last lines, and silence ---- */

static void write_recent(void) {
    wadi__log_set_level(WADI__LOG_ERROR);
    for (int i = 0; i < 40; i++) wadi__log_info("base", "line %d", i);
    wadi__log(WADI__LOG_DEBUG, "base", "not this one");
    wadi__log_hush(true);
    wadi__log_error("base", "hushed");
    wadi__log_hush(false);
}
static void test_recent(void **state) {
    (void)state;
    char *text = stderr_of(write_recent);
    assert_string_equal(text, "");
    free(text);
    assert_non_null(strstr(wadi__log_recent(0), "error base: hushed"));
    assert_non_null(strstr(wadi__log_recent(1), "info  base: line 39"));
    assert_non_null(strstr(wadi__log_recent(31), "line 9"));
    assert_null(wadi__log_recent(32));
    wadi__log_set_level(WADI__LOG_WARN);
}

/* ---- A terminal ---- */

static void write_status(void) {
    wadi__log_status("[==>  ] 1");
    wadi__log_error("base", "above");
    wadi__log_output_begins();
    wadi__log_status("[====>] 2"); /* not while something is printed */
    wadi__log_output_ends();
    wadi__log_status(NULL);
    wadi__log_error("base", "at last");
}
static void test_status_line(void **state) {
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY), before = dup(STDERR_FILENO);
    dup2(terminal, STDERR_FILENO);
    assert_true(wadi__log_has_terminal());
    write_status();
    dup2(before, STDERR_FILENO);
    close(before);
    char text[2000] = "";
    for (size_t size = 0; strstr(text, "at last\r\n") == NULL;) { /* it comes in pieces */
        ssize_t got = read(master, text + size, sizeof text - 1 - size);
        assert_true(got > 0);
        size += (size_t)got;
        text[size] = 0;
    }
    close(terminal);
    close(master);
    const char *above = strstr(text, "above\r\n"), *second = strstr(text, "[====>] 2");
    assert_true(strstr(text, "\r\033[K[==>  ] 1\r\033[K2") == text); /* then the year */
    assert_non_null(above);
    assert_non_null(strstr(above, "\r\n\r\033[K[==>  ] 1\r\033[K"));
    assert_true(second > above);
    assert_non_null(strstr(second, "[====>] 2\r\033[K"));
    assert_null(strstr(strstr(second, "at last"), "===="));
    char *plain = stderr_of(write_status);
    assert_null(strchr(plain, '\033'));
    free(plain);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_level_of_the_environment);
    wadi__unit_add(&unit, test_capture_gets_all);
    wadi__unit_add(&unit, test_control_characters);
    wadi__unit_add(&unit, test_long_lines_are_cut);
    wadi__unit_add(&unit, test_line);
    wadi__unit_add(&unit, test_long_lines_end);
    wadi__unit_add(&unit, test_threads_do_not_mix);
    wadi__unit_rows(&unit, test_levels, level_cases);
    wadi__unit_add(&unit, test_modules_have_their_own);
    wadi__unit_add(&unit, test_forms);
    wadi__unit_add(&unit, test_repeats_are_counted);
    wadi__unit_add(&unit, test_repeats_are_told_at_the_end);
    wadi__unit_add(&unit, test_many_kinds);
    wadi__unit_add(&unit, test_recent);
    wadi__unit_add(&unit, test_status_line);
    wadi__unit_add(&unit, test_too_many_modules); /* the last: modules stay */
    return wadi__unit_run(&unit, "log");
}
