/* SPDX-License-Identifier: Apache-2.0 */
/* number_test.c: numbers out of text: every bound, and doubles against strtod. */
#include "data/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct int_case {
    const char *text;
    bool is_int, is_uint;
    int64_t as_int;
    uint64_t as_uint;
} int_case;
static const int_case ints[] = {
    {"0", true, true, 0, 0},
    {"-0", true, false, 0, 0},
    {"+7", true, true, 7, 7},
    {"007", true, true, 7, 7},
    {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
    {"9223372036854775808", false, true, 0, 9223372036854775808u},
    {"-9223372036854775808", true, false, INT64_MIN, 0},
    {"-9223372036854775809", false, false, 0, 0},
    {"18446744073709551615", false, true, 0, UINT64_MAX},
    {"18446744073709551616", false, false, 0, 0},
    {"99999999999999999999999", false, false, 0, 0},
    {"", false, false, 0, 0},
    {"-", false, false, 0, 0},
    {"+", false, false, 0, 0},
    {"-+1", false, false, 0, 0},
    {"--1", false, false, 0, 0},
    {" 1", false, false, 0, 0},
    {"1 ", false, false, 0, 0},
    {"1.0", false, false, 0, 0},
    {"0x1", false, false, 0, 0},
    {"1e3", false, false, 0, 0},
};
static void test_whole_numbers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
        int64_t as_int = 0;
        uint64_t as_uint = 0;
        size_t size = strlen(ints[i].text);
        assert_int_equal(wadi__number_int64(ints[i].text, size, &as_int), ints[i].is_int);
        assert_int_equal(wadi__number_uint64(ints[i].text, size, &as_uint), ints[i].is_uint);
        assert_int_equal(as_int, ints[i].as_int);
        assert_true(as_uint == ints[i].as_uint);
    }
    int64_t v; /* only the given bytes */
    assert_true(wadi__number_int64("12345", 3, &v) && v == 123);
}
static const char *const doubles[] = {
    "0",
    "-0",
    "0.0",
    "1",
    "-1.5",
    "+2.25",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "123456789012345",
    "1234567890123456",
    "0.1",
    "0.2",
    "0.3",
    "3.141592653589793",
    "2.718281828459045e10",
    "1e22",
    "1e23",
    "1e-22",
    "1e-23",
    "9007199254740993",
    "1.7976931348623157e308",
    "4.9e-324",
    "2.2250738585072014E-308",
    "1e400",
    "-1e400",
    "1e-400",
    ".5",
    "5.",
    "0x1p3",
    "0x1.8p1",
    "inf",
    "-inf",
    "Infinity",
    "1e0022",
    "00000000000000000000000001.5",
    "123456789012345e-10",
    "999999999999999e22",
};
static const char *const no_doubles[] = {"",    " 1",  "1 ",    "1,5", "e5", ".",  "-",   "1e",
                                         "1e+", "--1", "1.2.3", "one", "1f", "0x", "1e5x"};
static void test_doubles(void **state) {
    (void)state;
    double v;
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        assert_true(wadi__number_double(doubles[i], strlen(doubles[i]), &v));
        double wanted = strtod(doubles[i], NULL);
        assert_memory_equal(&v, &wanted, sizeof v);
    }
    assert_true(wadi__number_double("NaN", 3, &v) && isnan(v));
    for (size_t i = 0; i < sizeof no_doubles / sizeof no_doubles[0]; i++) {
        v = 77;
        assert_false(wadi__number_double(no_doubles[i], strlen(no_doubles[i]), &v));
        assert_true(v == 77);
    }
    char longest[600];
    memset(longest, '1', sizeof longest);
    assert_true(wadi__number_double(longest, 511, &v));
    assert_false(wadi__number_double(longest, 512, &v));
}
static void test_random_doubles(void **state) {
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        double wanted, v;
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        memcpy(&wanted, &random, 8);
        if (i % 2)
            snprintf(text, sizeof text, "%.*g", i % 18, wanted);
        else
            snprintf(text, sizeof text, "%d.%0*u", (int)(random >> 40) % 100000, i % 9 + 1,
                     (unsigned)(random >> 20) % 1000000);
        wanted = strtod(text, NULL);
        assert_true(wadi__number_double(text, strlen(text), &v));
        if (!isnan(wanted)) assert_memory_equal(&v, &wanted, sizeof v);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_random_doubles),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
