/* SPDX-License-Identifier: Apache-2.0 */
/* allocation_test.c: messages and bounds; what is asked for when is in
 * tests/conformance/numeric.json. */
#include "cluster/allocation.h"

#include "testing/unit.h"

typedef struct setting_case {
    const char *name;
    wadi__allocation settings;
    const char *error; /* NULL: they are right */
} setting_case;
static const setting_case setting_cases[] = {
    {"nothing set", {false, false, 0, 0, 60, 0.9, 0.3}, NULL},
    {"one bound", {false, true, 0, 1, 60, 0.9, 0.3}, NULL},
    {"no interval",
     {false, false, 0, 0, 0, 0.9, 0.3},
     "scalingInterval is 0 s, and must be above 0"},
    {"ratios the wrong way round",
     {false, false, 0, 0, 60, 0.3, 0.9},
     "scalingUpRatio is 0.3 and scalingDownRatio 0.9: the second must be above 0, the first above "
     "the second"},
    {"none at least",
     {true, false, 0, 0, 60, 0.9, 0.3},
     "minExecutors and maxExecutors must be 1 or more"},
    {"the bounds the wrong way round",
     {true, true, 4, 3, 60, 0.9, 0.3},
     "minExecutors is 4, and maxExecutors only 3"},
};
static void test_setting_case(void **state) {
    const setting_case *row = *state;
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__allocation_check(&row->settings, &err);
    assert_int_equal(status, row->error != NULL ? WADI_E_INVALID : WADI_OK);
    assert_string_equal(err.message, row->error != NULL ? row->error : "");
}
static void test_numbers_past_all_bounds(void **state) {
    (void)state;
    int32_t more;
    assert_int_equal(wadi__allocation_wish_of(&wadi__allocation_default, 1e300, 1, &more),
                     WADI__ALLOCATION_MORE);
    assert_int_equal(wadi__allocation_total(&wadi__allocation_default, 1, INT32_MAX, more),
                     INT32_MAX);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_setting_case, setting_cases);
    wadi__unit_add(&unit, test_numbers_past_all_bounds);
    return wadi__unit_run(&unit, "allocation");
}
