/* SPDX-License-Identifier: Apache-2.0 */
/* conf_value_test.c: what texts mean, and what is said of those that mean nothing. */
#include "base/conf_value.h"

#include "testing/unit.h"

#define ROW(TYPE, min, max, choices, unit) \
    { "x", WADI__CONF_TYPE_##TYPE, "", min, max, choices, unit, "" }
static const wadi__conf_entry a_bool = ROW(BOOL, 0, 0, NULL, ""),
                              an_int = ROW(INT, -5, 100, NULL, "tries"),
                              any_int =
                                  ROW(INT, -9223372036854775807.0, 9223372036854775807.0, NULL, ""),
                              a_double = ROW(DOUBLE, 0, 1.5, NULL, ""),
                              bytes = ROW(BYTES, 1, 1e18, NULL, "bytes"),
                              ms = ROW(MS, -1000, 1e12, NULL, "ms"),
                              seconds = ROW(SECONDS, 0, 1e9, NULL, "s"),
                              a_string = ROW(STRING, 0, 0, NULL, ""),
                              a_choice = ROW(CHOICE, 0, 0, "stop|continue|go", ""),
                              only_choice = ROW(CHOICE, 0, 0, "pid", "");

typedef struct value_case {
    const char *name;
    const wadi__conf_entry *row;
    const char *text;
    int64_t whole;
} value_case;
static const value_case value_cases[] = {
    {"true", &a_bool, "true", 1},
    {"false", &a_bool, "false", 0},
    {"TRUE", &a_bool, " TRUE\t", 1},
    {"a number", &an_int, "42", 42},
    {"its least", &an_int, "-5", -5},
    {"its most", &an_int, " 100 ", 100},
    {"a plus", &an_int, "+7", 7},
    {"zeros first", &an_int, "0042", 42},
    {"the largest of all", &any_int, "9223372036854775807", INT64_MAX},
    {"larger than any", &any_int, "123456789012345678901234567890", INT64_MAX},
    {"smaller than any", &any_int, "-123456789012345678901234567890", INT64_MIN},
    {"plain bytes", &bytes, "1000", 1000},
    {"b", &bytes, "1000b", 1000},
    {"k", &bytes, "64k", 65536},
    {"kb", &bytes, "64KB", 65536},
    {"m", &bytes, "16m", 16 << 20},
    {"g", &bytes, "1g", 1 << 30},
    {"t", &bytes, "2TB", (int64_t)2 << 40},
    {"p", &bytes, "3p", (int64_t)3 << 50},
    {"plain ms", &ms, "2000", 2000},
    {"us are cut", &ms, "2999us", 2},
    {"ms", &ms, "200ms", 200},
    {"s", &ms, "5s", 5000},
    {"m is a minute", &ms, "1m", 60000},
    {"min", &ms, "2MIN", 120000},
    {"h", &ms, "2h", 7200000},
    {"d", &ms, "1d", 86400000},
    {"a duration below zero", &ms, "-1s", -1000},
    {"plain seconds", &seconds, "30", 30},
    {"a minute of seconds", &seconds, "1min", 60},
    {"seconds from ms are cut", &seconds, "1999ms", 1},
    {"less than a second", &seconds, "999ms", 0},
    {"any text", &a_string, " any  text ", 0},
    {"no text", &a_string, "", 0},
    {"a choice", &a_choice, "continue", 0},
    {"the last choice", &a_choice, " go ", 0},
    {"the only choice", &only_choice, "pid", 0},
};
static void test_value(void **state) {
    const value_case *row = *state;
    wadi__conf_number number;
    char why[300] = "";
    if (!wadi__conf_value_parse(row->row, row->text, &number, why, sizeof why))
        fail_msg("x %s", why);
    assert_int_equal(number.whole, row->whole);
}
static void test_doubles(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double real;
    } rows[] = {{"0.5", 0.5}, {"1", 1}, {" 1.5 ", 1.5}, {"1e-3", 0.001}, {"0", 0}};
    wadi__conf_number number;
    char why[300];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(wadi__conf_value_parse(&a_double, rows[i].text, &number, why, sizeof why));
        assert_true(number.real == rows[i].real);
    }
    assert_true(wadi__conf_value_parse(&an_int, "42", &number, why, sizeof why));
    assert_true(number.real == 42);
}

typedef struct refusal_case {
    const char *name;
    const wadi__conf_entry *row;
    const char *text, *why;
} refusal_case;
static const refusal_case refusal_cases[] = {
    {"yes", &a_bool, "yes", "is 'yes', which is no truth value: true or false"},
    {"an empty bool", &a_bool, "", "is '', which is no truth value: true or false"},
    {"letters", &an_int, "abc", "is 'abc', which is no whole number"},
    {"an empty number", &an_int, " ", "is '', which is no whole number"},
    {"a sign alone", &an_int, "-", "is '-', which is no whole number"},
    {"a fraction", &an_int, "1.5", "is '1.5', which is no whole number"},
    {"a number and more", &an_int, "5x", "is '5x', which is no whole number"},
    {"a hexadecimal number", &an_int, "0x10", "is '0x10', which is no whole number"},
    {"below the range", &an_int, "-6", "is '-6'; it must be from -5 to 100 tries"},
    {"above the range", &an_int, "101", "is '101'; it must be from -5 to 100 tries"},
    {"far above", &an_int, "99999999999999999999",
     "is '99999999999999999999'; it must be from -5 to 100 tries"},
    {"a double above", &a_double, "1.51", "is '1.51'; it must be from 0 to 1.5"},
    {"not a number", &a_double, "nan", "is 'nan', which is no number"},
    {"infinite", &a_double, "inf", "is 'inf', which is no number"},
    {"an empty double", &a_double, "", "is '', which is no number"},
    {"a fraction of bytes", &bytes, "1.5g", "is '1.5g', which is no size such as 512k, 64m or 2g"},
    {"an unknown size", &bytes, "5x", "is '5x', which is no size such as 512k, 64m or 2g"},
    {"a time for a size", &bytes, "5ms", "is '5ms', which is no size such as 512k, 64m or 2g"},
    {"a space before the suffix", &bytes, "5 m",
     "is '5 m', which is no size such as 512k, 64m or 2g"},
    {"too many bytes", &bytes, "99999p", "is '99999p'; it must be from 1 to 1e+18 bytes"},
    {"no bytes", &bytes, "0", "is '0'; it must be from 1 to 1e+18 bytes"},
    {"a size for a time", &ms, "5k", "is '5k', which is no duration such as 200ms, 5s or 2min"},
    {"a long time ago", &ms, "-99999999999999999d",
     "is '-99999999999999999d'; it must be from -1000 to 1000000000000 ms"},
    {"weeks", &seconds, "2w", "is '2w', which is no duration such as 5s, 2min or 1h"},
    {"a wrong choice", &a_choice, "contine",
     "is 'contine'; it must be one of stop, continue, go; did you mean 'continue'?"},
    {"a choice in capitals", &a_choice, "STOP",
     "is 'STOP'; it must be one of stop, continue, go; did you mean 'stop'?"},
    {"a part of a choice", &a_choice, "sto",
     "is 'sto'; it must be one of stop, continue, go; did you mean 'stop'?"},
    {"two choices", &a_choice, "stop|go",
     "is 'stop|go'; it must be one of stop, continue, go; did you mean 'stop'?"},
    {"an empty choice", &a_choice, "",
     "is ''; it must be one of stop, continue, go; did you mean 'go'?"},
    {"another than the only one", &only_choice, "did", "is 'did'; it must be pid"},
    {"control characters", &an_int, "a\nb\033", "is 'a?b?', which is no whole number"},
};
static void test_refusal(void **state) {
    const refusal_case *row = *state;
    wadi__conf_number number;
    char why[300] = "";
    assert_false(wadi__conf_value_parse(row->row, row->text, &number, why, sizeof why));
    assert_string_equal(why, row->why);
}
static void test_long_values_are_cut(void **state) {
    (void)state;
    char text[5000], why[160];
    memset(text, 'v', sizeof text - 1);
    text[sizeof text - 1] = 0;
    wadi__conf_number number;
    assert_false(wadi__conf_value_parse(&an_int, text, &number, why, sizeof why));
    assert_non_null(strstr(why, "vv..', which is no whole number"));
    assert_false(
        wadi__conf_value_parse(&a_choice, text, &number, why, 20)); /* no room: cut, ended */
    assert_int_equal(strlen(why), 19);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_value, value_cases);
    wadi__unit_add(&unit, test_doubles);
    wadi__unit_rows(&unit, test_refusal, refusal_cases);
    wadi__unit_add(&unit, test_long_values_are_cut);
    return wadi__unit_run(&unit, "conf_value");
}
