/* SPDX-License-Identifier: Apache-2.0 */
/* suite.h: the cases of files, one after another, and the count of how they ended. */
#ifndef WADI_TESTING_CONFORMANCE_SUITE_H
#define WADI_TESTING_CONFORMANCE_SUITE_H
#include <stdbool.h>
#include <stddef.h>

enum { WADI__CASE_WAITS_MAX = 64 };
typedef struct wadi__case_suite { /* zero at first, but for what the user wants */
    bool lists;                   /* name the cases instead of running them */
    const char *filter;           /* in the name; NULL: all cases */
    size_t passed, failed, skipped;
    struct {
        const char *what; /* an operator or kind that is pending */
        size_t count;     /* of cases */
    } waits[WADI__CASE_WAITS_MAX];
} wadi__case_suite;

void wadi__case_suite_run(wadi__case_suite *suite, const char *path);
/* Prints the last lines. Returns the exit status. */
int wadi__case_suite_end(const wadi__case_suite *suite);
#endif
