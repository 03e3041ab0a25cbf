/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h: cmocka with what it needs, and tests from tables:
 *
 *     static void test_on_slide(void **state) { const slide_case *row = *state; .. }
 *     int main(void) {
 *         wadi__unit unit = {0};
 *         wadi__unit_rows(&unit, test_on_slide, cases);   each case begins with its name
 *         wadi__unit_add(&unit, test_one_thing);
 *         return wadi__unit_run(&unit, "interval");
 *     } */
#ifndef WADI_TESTING_UNIT_H
#define WADI_TESTING_UNIT_H
#include "base/mem.h"
#include "base/pool.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct wadi__unit {
    struct CMUnitTest tests[400];
    size_t count;
} wadi__unit;

static inline void wadi__unit_put(wadi__unit *unit, const char *name, CMUnitTestFunction test,
                                  void *row) {
    if (unit->count == sizeof unit->tests / sizeof unit->tests[0]) abort();
    unit->tests[unit->count++] = (struct CMUnitTest){name, test, NULL, NULL, row};
}
#define wadi__unit_add(unit, test) wadi__unit_put(unit, #test, test, NULL)
/* `rows` is an array of structs whose first field is the name, a string. */
#define wadi__unit_rows(unit, test, rows)                                         \
    do {                                                                          \
        for (size_t row_ = 0; row_ < sizeof(rows) / sizeof((rows)[0]); row_++)    \
            wadi__unit_put(unit, (rows)[row_].name, test, (void *)&(rows)[row_]); \
    } while (0)
/* No pages are served, unless a test asks for them. */
#define wadi__unit_run(unit, title) \
    (setenv("WADI_UI", "off", 0),   \
     _cmocka_run_group_tests(title, (unit)->tests, (unit)->count, NULL, NULL))

/* Runs `call` with its first, second, .. request for memory refused, until it succeeds: true. Each
 * failure must leave nothing behind; `call` itself releases what it got. Returns how many there
 * were. for_good: all later requests are refused too. */
static inline unsigned wadi__unit_refuse_each(bool (*call)(void *arg), void *arg, bool for_good) {
    for (unsigned n = 1; n < 100000; n++) {
        int64_t before = wadi__mem_in_use();
        size_t pool_before = wadi__pool_in_use();
        wadi__mem_fail_at(n, for_good);
        bool is_done = call(arg);
        wadi__mem_fail_at(0, false);
        assert_int_equal(wadi__mem_in_use(), before);
        assert_int_equal(wadi__pool_in_use(), pool_before);
        if (is_done) return n - 1;
    }
    fail_msg("it never succeeds");
    return 0;
}
/* Whether `run` ends the process by an assertion. It runs in a process of its own. */
static inline bool wadi__unit_aborts(void (*run)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDERR_FILENO); /* it says why */
        signal(SIGABRT, SIG_DFL);
        run();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
#endif
