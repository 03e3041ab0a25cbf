/* SPDX-License-Identifier: Apache-2.0 */
/* result.h: how a case ended, and what is told of it. */
#ifndef WADI_TESTING_CONFORMANCE_RESULT_H
#define WADI_TESTING_CONFORMANCE_RESULT_H
#include <jansson.h>
#include <stdbool.h>

typedef struct wadi__case_results { /* zero: passed, so far */
    char *text;                     /* a line for each failure */
    size_t size;
} wadi__case_results;

/* One failure: one line. */
void wadi__case_fail(wadi__case_results *results, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with both sides as JSON, cut where they are long. */
void wadi__case_fail_values(wadi__case_results *results, const char *what, const json_t *expected,
                            const json_t *actual);
static inline bool wadi__case_has_failed(const wadi__case_results *results) {
    return results->size > 0;
}
void wadi__case_results_fini(wadi__case_results *results);
#endif
