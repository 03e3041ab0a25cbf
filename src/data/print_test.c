/* SPDX-License-Identifier: Apache-2.0 */
/* print_test.c: text forms, as Java and Scala have them. */
#include "data/print.h"

#include "data/test_random.h"
#include "testing/unit.h"

#include <float.h>
#include <math.h>

/* ---- Numbers ---- */

typedef struct double_case {
    const char *name; /* the text that Java gives */
    double value;
} double_case;
static double_case doubles[] = {
    {"0.0", 0.0},
    {"-0.0", -0.0},
    {"1.0", 1.0},
    {"-1.5", -1.5},
    {"100.0", 100},
    {"123456.7", 123456.7},
    {"1234567.0", 1234567},
    {"9999999.0", 9999999},
    {"1.0E7", 1e7},
    {"1.2345678E7", 12345678},
    {"1.0E10", 1e10},
    {"0.1", 0.1},
    {"0.001", 0.001},
    {"0.00123", 0.00123},
    {"9.999E-4", 0.0009999},
    {"1.0E-4", 0.0001},
    {"0.30000000000000004", 0.1 + 0.2},
    {"3.141592653589793", 3.14159265358979323846},
    {"0.3333333333333333", 1.0 / 3},
    {"1.0E23", 1e23},
    {"1.7976931348623157E308", DBL_MAX},
    {"2.2250738585072014E-308", DBL_MIN},
    {"4.9E-324", 4.9406564584124654e-324},
    {"9.9E-324", 9.8813129168249309e-324},
    {"2.0E-323", 1.9762625833649862e-323},
    {"9.223372036854776E18", 9223372036854775807.0},
    {"NaN", NAN},
    {"Infinity", INFINITY},
    {"-Infinity", -INFINITY},
};
static void test_double(void **state) {
    const double_case *row = *state;
    char out[32];
    size_t size = wadi__print_double(row->value, out);
    assert_string_equal(out, row->name);
    assert_int_equal(size, strlen(out));
}
typedef struct float_case {
    const char *name;
    float value;
} float_case;
static float_case floats[] = {
    {"0.0f", 0.0f},
    {"-0.0f", -0.0f},
    {"0.1f", 0.1f},
    {"1.0E10f", 1e10f},
    {"1.6777216E7f", 16777216},
    {"3.4028235E38f", FLT_MAX},
    {"1.1754944E-38f", FLT_MIN},
    {"1.4E-45f", 1.4e-45f},
    {"0.33333334f", 1.0f / 3},
    {"NaNf", NAN},
    {"-Infinityf", -INFINITY},
    {"123456.79f", 123456.789f},
    {"2.8E-45f", 2.8e-45f},
};
static void test_float(void **state) {
    const float_case *row = *state; /* the name has an f behind it, to be told apart */
    char out[33];
    size_t size = wadi__print_float(row->value, out);
    strcpy(out + size, "f");
    assert_string_equal(out, row->name);
}
/* They read back as the same number, and no text with fewer digits does. */
static void test_random_numbers(void **state) {
    (void)state;
    test_random random = {test_random_seed(3), {0}};
    for (int round = 0; round < 20000; round++) {
        uint64_t bits = test_random_bits(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (round % 4 == 1) value = (double)(int64_t)bits / 1000; /* of the usual size */
        if (round % 4 == 2) value = (double)test_random_below(&random, 1000000) / 100;
        if (isnan(value) || isinf(value)) continue;
        char out[40], shorter[40];
        size_t size = wadi__print_double(value, out), digits = 0;
        assert_true(size < 32);
        assert_true(strtod(out, NULL) == value);
        const char *e = strchr(out, 'E'), *end = e != NULL ? e : out + size;
        for (const char *at = out; at < end; at++)
            digits += *at >= '0' && *at <= '9' && (digits > 0 || *at != '0');
        if (end[-1] == '0' && digits > 0) continue; /* .0 is always there */
        if (digits <= 2) continue;
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
        if (strtod(shorter, NULL) == value) fail_msg("%s, but %s will do", out, shorter);
    }
}
static void test_random_floats(void **state) {
    (void)state;
    test_random random = {test_random_seed(5), {0}};
    for (int round = 0; round < 20000; round++) {
        uint32_t bits = (uint32_t)test_random_bits(&random);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isnan(value) || isinf(value)) continue;
        char out[40];
        assert_true(wadi__print_float(value, out) < 32);
        assert_true(strtof(out, NULL) == value);
    }
}
/* ---- Values ---- */

WADI_OPTION(maybe_str, wadi_str);
WADI_RECORD(inner, (wadi_str, word), (int8_t, small));
WADI_SEQ(inner_list, inner);
typedef uint64_t user_id;
WADI_ALIAS(user_id, uint64_t);
WADI_RECORD(all_kinds, (bool, yes), (bool, no), (int8_t, i8), (int16_t, i16), (int32_t, i32),
            (int64_t, i64), (uint8_t, u8), (uint16_t, u16), (uint32_t, u32), (uint64_t, u64),
            (float, f32), (double, f64), (wadi_str, text), (user_id, alias), (maybe_str, some),
            (maybe_str, none), (inner, record), (inner_list, records), (inner_list, no_records),
            (int16_t, array, 3));
static const inner inners[2] = {{{.len = 0}, -1}, {{.len = 0}, 2}};

static void test_all_kinds(void **state) {
    (void)state;
    all_kinds value = {true,
                       false,
                       INT8_MIN,
                       INT16_MIN,
                       INT32_MIN,
                       INT64_MIN,
                       UINT8_MAX,
                       UINT16_MAX,
                       UINT32_MAX,
                       UINT64_MAX,
                       0.1f,
                       1e10,
                       wadi_str_of("some text, as it is"),
                       7,
                       {wadi_str_of("a"), true},
                       {.is_set = false},
                       {wadi_str_of("w"), 3},
                       {inners, 2},
                       {NULL, 0},
                       {1, 2, 3}};
    wadi__text text = {0};
    wadi__print_value(&text, wadi__type_intern(WADI_TYPE(all_kinds), NULL), &value);
    wadi__text_add(&text, "", 1);
    assert_string_equal(
        text.bytes, "(true,false,-128,-32768,-2147483648,-9223372036854775808,255,65535,4294967295,"
                    "18446744073709551615,0.1,1.0E10,some text, as it is,7,Some(a),None,(w,3),"
                    "[(,-1), (,2)],[],[1, 2, 3])");
    assert_false(text.failed);
    wadi__text_fini(&text);
    assert_null(text.bytes);
}
static void test_bytes_as_they_are(void **state) {
    (void)state;
    static const char bytes[] = "a\0b\xff\n\r and more than twelve";
    wadi_str s = wadi_str_view(bytes, sizeof bytes - 1);
    wadi__text text = {0};
    wadi__print_value(&text, wadi__type_str(), &s);
    assert_int_equal(text.size, sizeof bytes - 1);
    assert_memory_equal(text.bytes, bytes, text.size);
    wadi__text_fini(&text);
}
static void test_record_text(void **state) {
    (void)state;
    char text[8];
    int64_t number = -1234567890;
    assert_int_equal(wadi_record_text(int64_t, &number, NULL, 0), 11);
    assert_int_equal(wadi_record_text(int64_t, &number, text, sizeof text), 11);
    assert_string_equal(text, "-123456");
    number = 7;
    assert_int_equal(wadi_record_text(int64_t, &number, text, 1), 1);
    assert_string_equal(text, "");
    assert_int_equal(wadi_record_text(int64_t, &number, text, sizeof text), 1);
    assert_string_equal(text, "7");
    const wadi_type wrong = {.name = "wrong", .kind = WADI_KIND_RECORD, .size = 8, .align = 8};
    assert_true(wadi__record_text(&wrong, &number, text, sizeof text) == SIZE_MAX);
    assert_string_equal(text, "");
}
static bool print_once(void *arg) {
    (void)arg;
    wadi__text text = {0};
    static char bytes[3000];
    wadi__text_add(&text, NULL, 0);
    for (int i = 0; i < 4; i++) wadi__text_add(&text, bytes, sizeof bytes);
    bool is_whole = !text.failed;
    assert_int_equal(text.size == 12000, is_whole);
    wadi__text_fini(&text);
    return is_whole;
}
static void test_no_memory(void **state) {
    (void)state;
    assert_true(wadi__unit_refuse_each(print_once, NULL, true) >= 2);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_double, doubles);
    wadi__unit_rows(&unit, test_float, floats);
    wadi__unit_add(&unit, test_random_numbers);
    wadi__unit_add(&unit, test_random_floats);
    wadi__unit_add(&unit, test_all_kinds);
    wadi__unit_add(&unit, test_bytes_as_they_are);
    wadi__unit_add(&unit, test_record_text);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "print");
}
