/* SPDX-License-Identifier: Apache-2.0 */
/* console_progress_test.c: bars as Spark draws them. */
#include "exec/console_progress.h"

#include "testing/unit.h"

typedef struct bar_case {
    const char *name;
    wadi__console_stage stages[3];
    size_t count, width;
    const char *expected;
} bar_case;
static bar_case cases[] = {
    {"nothing runs", {{0}}, 0, 40, ""},
    {"nothing is done", {{0, 4, 0, 2}}, 1, 40, "[Stage 0:>                  (0 + 2) / 4]"},
    {"a half", {{7, 4, 2, 2}}, 1, 40, "[Stage 7:=========>         (2 + 2) / 4]"},
    {"all but one", {{7, 4, 3, 1}}, 1, 40, "[Stage 7:==============>    (3 + 1) / 4]"},
    {"all", {{7, 4, 4, 0}}, 1, 40, "[Stage 7:===================(4 + 0) / 4]"},
    {"two side by side",
     {{1, 2, 1, 1}, {2, 2, 0, 1}},
     2,
     60,
     "[Stage 1:====>    (1 + 1) / 2][Stage 2:>        (0 + 1) / 2]"},
    {"no room for a bar", {{1, 2, 1, 1}}, 1, 10, "[Stage 1:(1 + 1) / 2]"},
    {"no task", {{1, 0, 0, 0}}, 1, 30, "[Stage 1:>        (0 + 0) / 0]"},
};
static void test_bars(void **state) {
    const bar_case *row = *state;
    char out[200];
    wadi__console_bars(row->stages, row->count, row->width, out, sizeof out);
    assert_string_equal(out, row->expected);
}
static void test_room_ends(void **state) {
    (void)state;
    const wadi__console_stage stages[] = {{1, 2, 1, 1}, {2, 2, 1, 1}};
    char out[40];
    wadi__console_bars(stages, 2, 60, out, sizeof out);
    assert_int_equal(strlen(out), 30); /* the second does not fit */
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_bars, cases);
    wadi__unit_add(&unit, test_room_ends);
    return wadi__unit_run(&unit, "console_progress");
}
