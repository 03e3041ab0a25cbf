/* SPDX-License-Identifier: Apache-2.0 */
/* cases.h: tests of operators as tables of stream cases. */
#ifndef WADI_STREAM_OPS_CASES_H
#define WADI_STREAM_OPS_CASES_H
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));

/* BUILD(build_map, return wadi_map(in[0], twice);) */
#define BUILD(name, ...)                                             \
    static wadi_dstream *name(wadi_stream_context *ssc WADI_UNUSED,  \
                              wadi_dstream *const *in WADI_UNUSED) { \
        __VA_ARGS__                                                  \
    }
/* Inputs of a case. */
#define INTS(text) \
    { WADI_TYPE(int64_t), text }
#define WORDS(text) \
    { WADI_TYPE(wadi_str), text }
#define PAIRS(text) \
    { WADI_TYPE(pair), text }

static void test_case(void **state) {
    char *problem = wadi__stream_case_run(*state);
    if (problem != NULL) fail_msg("%s", problem);
}
#define RUN_CASES(title)                          \
    int main(void) {                              \
        wadi__unit unit = {0};                    \
        wadi__unit_rows(&unit, test_case, cases); \
        return wadi__unit_run(&unit, title);      \
    }
#endif
