/* SPDX-License-Identifier: Apache-2.0 */
/* pid_rate_test.c: rates from how long batches took; more in tests/conformance/numeric.json. */
#include "stream/pid_rate.h"

#include "testing/unit.h"

#include <math.h>

static const wadi__pid_params usual = {1000, 1.0, 0.2, 0.0, 100};

typedef struct param_case {
    const char *name;
    wadi__pid_params params;
    const char *error;
} param_case;
static const param_case param_cases[] = {
    {"no interval", {0, 1, 0, 0, 100}, "the batch interval is 0, and must be above 0"},
    {"a weight below zero", {1000, -1, 0, 0, 100}, "pid.proportional is -1, and must be 0 or more"},
    {"a weight that is no number",
     {1000, 1, NAN, 0, 100},
     "pid.integral is nan, and must be 0 or more"},
    {"no least rate", {1000, 1, 0, 0, 0}, "pid.minRate is 0, and must be above 0"},
};
static void test_param_case(void **state) {
    const param_case *row = *state;
    wadi__pid_rate rate;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__pid_rate_init(&rate, &row->params, &err), WADI_E_INVALID);
    assert_string_equal(err.message, row->error);
}
static void test_a_program_that_keeps_up_may_receive_as_much_as_it_processes(void **state) {
    (void)state;
    wadi__pid_rate rate;
    double estimate;
    assert_int_equal(wadi__pid_rate_init(&rate, &usual, NULL), WADI_OK);
    assert_false(wadi__pid_rate_update(&rate, &(wadi__pid_batch){1000, 500, 250, 0}, &estimate));
    assert_true(wadi__pid_rate_update(&rate, &(wadi__pid_batch){2000, 900, 300, 0}, &estimate));
    assert_true(fabs(estimate - 3000) < 1e-9);
}
static void test_what_waits_lowers_the_rate_but_not_below_the_least(void **state) {
    (void)state;
    wadi__pid_rate rate;
    double estimate;
    assert_int_equal(wadi__pid_rate_init(&rate, &usual, NULL), WADI_OK);
    wadi__pid_rate_update(&rate, &(wadi__pid_batch){1000, 1000, 1000, 0}, &estimate);
    assert_true(
        wadi__pid_rate_update(&rate, &(wadi__pid_batch){2000, 1000, 1000, 2000}, &estimate));
    assert_true(fabs(estimate - 600) < 1e-9); /* 1000 - 0.2 x 2000 */
    assert_true(
        wadi__pid_rate_update(&rate, &(wadi__pid_batch){3000, 1000, 1000, 60000}, &estimate));
    assert_true(fabs(estimate - 100) < 1e-9);
}
static void test_batches_that_tell_nothing_change_nothing(void **state) {
    (void)state;
    const wadi__pid_batch nothing[] = {{2000, 0, 10, 0}, {2000, 10, 0, 0}, {1000, 10, 10, 0}};
    wadi__pid_rate rate;
    double estimate;
    assert_int_equal(wadi__pid_rate_init(&rate, &usual, NULL), WADI_OK);
    wadi__pid_rate_update(&rate, &(wadi__pid_batch){1000, 1000, 1000, 0}, &estimate);
    wadi__pid_rate before = rate;
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        assert_false(wadi__pid_rate_update(&rate, &nothing[i], &estimate));
    assert_memory_equal(&rate, &before, sizeof rate);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_param_case, param_cases);
    wadi__unit_add(&unit, test_a_program_that_keeps_up_may_receive_as_much_as_it_processes);
    wadi__unit_add(&unit, test_what_waits_lowers_the_rate_but_not_below_the_least);
    wadi__unit_add(&unit, test_batches_that_tell_nothing_change_nothing);
    return wadi__unit_run(&unit, "pid_rate");
}
