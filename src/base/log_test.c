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
    char *text = stderr_of(write_from_threads);
    int lines = 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save), lines++)
        assert_string_equal(line + strlen("2009-02-13 23:31:30.045 "),
                            "error base: a line that is not mixed with others");
    assert_int_equal(lines, 400);
    free(text);
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
    return wadi__unit_run(&unit, "log");
}
