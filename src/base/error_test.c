/* SPDX-License-Identifier: Apache-2.0 */
/* error_test.c: the cause first, then the context, as much as fits. */
#include <wadi/error.h>

#include "testing/unit.h"

static void test_context_is_appended(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(
        wadi_error_context(&err, WADI_E_CORRUPT, "checksum %x, expected %x", 0x9e01u, 0x4c77u),
        WADI_E_CORRUPT);
    assert_int_equal(wadi_error_context(&err, WADI_E_CORRUPT, "in stage %d", 5), WADI_E_CORRUPT);
    assert_int_equal(wadi_error_context(&err, WADI_E_IO, "in batch %d ms", 12000), WADI_E_IO);
    assert_string_equal(err.message, "checksum 9e01, expected 4c77; in stage 5; in batch 12000 ms");
    assert_int_equal(err.status, WADI_E_IO);
    assert_false(err.retriable);
}
static void test_no_error_is_fine(void **state) {
    (void)state;
    assert_int_equal(wadi_error_context(NULL, WADI_E_NOMEM, "x %d", 1), WADI_E_NOMEM);
}
static void test_outer_context_is_cut(void **state) {
    (void)state;
    for (size_t length = 480; length < 520; length++) {
        char cause[600];
        memset(cause, 'c', length);
        cause[length] = 0;
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_IO, "%s", cause);
        size_t kept = strlen(err.message);
        assert_int_equal(kept, length < sizeof err.message ? length : sizeof err.message - 1);
        for (int i = 0; i < 20; i++)
            wadi_error_context(&err, WADI_E_IO, "and a longer piece of context");
        assert_true(strlen(err.message) < sizeof err.message);
        assert_memory_equal(err.message, cause, kept);
        if (strlen(err.message) > kept) assert_memory_equal(err.message + kept, "; ", 2);
    }
}
static void test_message_without_an_end(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    memset(err.message, 'x', sizeof err.message); /* a user filled it by hand */
    wadi_error_context(&err, WADI_E_USER, "context");
    assert_int_equal(err.status, WADI_E_USER);
}
static void test_status_texts(void **state) {
    (void)state;
    for (int a = WADI_OK; a <= WADI_E_USER; a++)
        for (int b = WADI_OK; b < a; b++)
            assert_string_not_equal(wadi_status_text((wadi_status)a),
                                    wadi_status_text((wadi_status)b));
    assert_string_equal(wadi_status_text((wadi_status)99), "unknown status");
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_context_is_appended);
    wadi__unit_add(&unit, test_no_error_is_fine);
    wadi__unit_add(&unit, test_outer_context_is_cut);
    wadi__unit_add(&unit, test_message_without_an_end);
    wadi__unit_add(&unit, test_status_texts);
    return wadi__unit_run(&unit, "error");
}
