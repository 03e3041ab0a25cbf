/* SPDX-License-Identifier: Apache-2.0 */
/* input_info_test.c: reports by batch; more in tests/conformance/tables.json. */
#include "stream/input_info.h"

#include "testing/unit.h"

static void test_reports_belong_to_a_batch(void **state) {
    (void)state;
    wadi__input_info info = {0};
    assert_true(wadi__input_info_report(&info, 1000, 0, 7, NULL));
    assert_true(wadi__input_info_report(&info, 1000, 1, 8, "a file"));
    assert_true(wadi__input_info_report(&info, 2000, 0, 9, NULL));
    assert_false(wadi__input_info_report(&info, 1000, 0, 7, NULL)); /* twice */
    wadi__input_reports taken = wadi__input_info_take(&info, 1000);
    assert_int_equal(taken.count, 2);
    assert_string_equal(taken.items[1].description, "a file");
    assert_null(wadi__input_info_get(&info, 1000));
    assert_int_equal(wadi__input_info_take(&info, 1000).count, 0);
    wadi__input_info_forget(&info, 2000);
    assert_int_equal(wadi__input_info_get(&info, 2000)->items[0].record_count, 9);
    wadi__input_info_forget(&info, 2001);
    assert_null(wadi__input_info_get(&info, 2000));
    wadi__input_reports_fini(&taken);
    wadi__input_info_fini(&info);
}
static bool report(void *arg) {
    wadi__input_info info = {0};
    bool is_done = wadi__input_info_report(&info, 1000, 0, 7, arg);
    wadi__input_info_fini(&info);
    return is_done;
}
static void test_no_memory(void **state) {
    (void)state;
    wadi__unit_refuse_each(report, (void *)(uintptr_t) "a file", false);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_reports_belong_to_a_batch);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "input_info");
}
