/* SPDX-License-Identifier: Apache-2.0 */
/* result.c: lines about failures. */
#include "testing/conformance/result.h"

#include "testing/must.h"

#include <stdarg.h>

enum { SIDE_MAX = 600 }; /* bytes shown of an expectation */

static void add(wadi__case_results *results, const char *text, size_t size) {
    results->text = wadi__must_realloc(results->text, results->size + size + 1);
    memcpy(results->text + results->size, text, size);
    results->size += size;
    results->text[results->size] = 0;
}
void wadi__case_fail(wadi__case_results *results, const char *fmt, ...) {
    char line[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    for (char *at = line; *at != 0; at++)
        if (*at == '\n') *at = ' ';
    add(results, line, strlen(line));
    add(results, "\n", 1);
}
/* To be released by free(). */
static char *side(const json_t *value) {
    if (value == NULL) return wadi__must_strdup("nothing");
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) return wadi__must_strdup("what is no UTF-8");
    if (strlen(text) > SIDE_MAX) memcpy(text + SIDE_MAX - 3, "...", 4);
    return text;
}
void wadi__case_fail_values(wadi__case_results *results, const char *what, const json_t *expected,
                            const json_t *actual) {
    char *wanted = side(expected), *found = side(actual);
    wadi__case_fail(results, "%s: expected %s, actual %s", what, wanted, found);
    free(wanted);
    free(found);
}
void wadi__case_results_fini(wadi__case_results *results) {
    free(results->text);
    *results = (wadi__case_results){0};
}
