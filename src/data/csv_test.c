/* SPDX-License-Identifier: Apache-2.0 */
/* csv_test.c: lines of CSV into records, whole and damaged. */
#include "data/csv.h"

#include "data/print.h"
#include "data/test_random.h"

WADI_RECORD(place, (double, x), (double, y));
WADI_OPTION(maybe_int, int32_t);
WADI_RECORD(row, (wadi_str, name), (int64_t, count), (bool, good), (place, at), (int16_t, two, 2),
            (maybe_int, maybe), (wadi_str_option, note), (uint8_t, small), (float, single));
WADI_RECORD(three, (wadi_str, a), (wadi_str, b), (wadi_str, c));
WADI_RECORD(with_seq, (wadi_str, name), (wadi_int64_list, numbers));
WADI_OPTION(maybe_place, place);
WADI_RECORD(with_odd_option, (maybe_place, at));

static wadi__arena arena;
static bool has_no_memory;
static void *alloc(void *arg, size_t size) {
    (void)arg;
    return has_no_memory ? NULL : wadi__arena_alloc(&arena, size);
}
/* The record's text, or "cell N: why". */
static const char *parsed(const wadi_type *pub, const char *line) {
    static char text[512];
    _Alignas(16) char record[512];
    const wadi__type *type = wadi__type_intern(pub, NULL);
    wadi__csv_plan *plan = wadi__csv_plan_new(type, &arena, NULL);
    const char *why = NULL;
    uint32_t cell;
    size_t size = strlen(line);
    char *exact = malloc(size + 1); /* so that a byte too far is seen */
    memcpy(exact, line, size);
    if (wadi__csv_parse(plan, exact, size, record, alloc, NULL, &why, &cell)) {
        wadi__text out = {0};
        wadi__print_value(&out, type, record);
        snprintf(text, sizeof text, "%.*s", (int)out.size, out.bytes);
        wadi__text_fini(&out);
    } else {
        snprintf(text, sizeof text, "cell %u: %s", cell, why != NULL ? why : "no memory");
    }
    free(exact);
    wadi__arena_fini(&arena);
    return text;
}
typedef struct line_case {
    const char *line, *expected;
} line_case;
static const line_case rows[] = {
    {"ann,5,true,1.5,-2,7,8,9,note,255,0.5",
     "(ann,5,true,(1.5,-2.0),[7, 8],Some(9),Some(note),255,0.5)"},
    {",-9223372036854775808,false,0,0,0,0,,,0,0",
     "(,-9223372036854775808,false,(0.0,0.0),[0, 0],None,None,0,0.0)"},
    {"\"a, \"\"b\"\"\",1,1,1,1,1,1,1,\"\",1,1",
     "(a, \"b\",1,true,(1.0,1.0),[1, 1],Some(1),Some(),1,1.0)"},
    {"a longer name than twelve bytes,1,TRUE,1e3,NaN,1,1,1,\"a longer note, with a comma\",1,1",
     "(a longer name than twelve bytes,1,true,(1000.0,NaN),[1, 1],Some(1),Some(a longer note, with "
     "a comma),1,1.0)"},
    {"half \" a quote,1,0,1,1,1,1,1,1,1,1",
     "(half \" a quote,1,false,(1.0,1.0),[1, 1],Some(1),Some(1),1,1.0)"},
    {" spaces stay ,1,0,1,1,1,1,1,1,1,1",
     "( spaces stay ,1,false,(1.0,1.0),[1, 1],Some(1),Some(1),1,1.0)"},
    {"\"5\",\"5\",1,1,1,1,1,1,1,1,1", "(5,5,true,(1.0,1.0),[1, 1],Some(1),Some(1),1,1.0)"},
    {"\"\"\"\",1,1,1,1,1,1,1,1,1,1", "(\",1,true,(1.0,1.0),[1, 1],Some(1),Some(1),1,1.0)"},
    {"a,x,1,1,1,1,1,1,1,1,1", "cell 2: no whole number"},
    {"a,,1,1,1,1,1,1,1,1,1", "cell 2: no whole number"},
    {"a, 1,1,1,1,1,1,1,1,1,1", "cell 2: no whole number"},
    {"a,9223372036854775808,1,1,1,1,1,1,1,1,1", "cell 2: no whole number"},
    {"a,1,yes,1,1,1,1,1,1,1,1", "cell 3: neither true nor false"},
    {"a,1,1,one,1,1,1,1,1,1,1", "cell 4: no number"},
    {"a,1,1,1,1,40000,1,1,1,1,1", "cell 6: a number too large for its field"},
    {"a,1,1,1,1,-32769,1,1,1,1,1", "cell 6: a number too large for its field"},
    {"a,1,1,1,1,1,1,2147483648,1,1,1", "cell 8: a number too large for its field"},
    {"a,1,1,1,1,1,1,1,1,256,1", "cell 10: a number too large for its field"},
    {"a,1,1,1,1,1,1,1,1,-1,1", "cell 10: no whole number from 0 on"},
    {"a,1,1", "cell 4: cells are missing"},
    {"", "cell 2: cells are missing"},
    {"a,1,1,1,1,1,1,1,1,1,1,1", "cell 12: too many cells"},
    {"a,1,1,1,1,1,1,1,1,1,1,", "cell 12: too many cells"},
    {"\"a,1", "cell 1: a quote is not closed"},
    {"\"a\"b,1", "cell 1: text behind a closing quote"},
    {"\"a\"\"", "cell 1: a quote is not closed"},
    {"\"", "cell 1: a quote is not closed"},
};
static void test_lines(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(parsed(WADI_TYPE(row), rows[i].line), rows[i].expected);
    assert_string_equal(parsed(WADI_TYPE(wadi_str), "abc"), "abc");
    assert_string_equal(parsed(WADI_TYPE(wadi_str), ""), "");
    assert_string_equal(parsed(WADI_TYPE(int64_t), "12"), "12");
    assert_string_equal(parsed(WADI_TYPE(wadi_int64_option), ""), "None");
}
static void test_without_memory(void **state) {
    (void)state;
    has_no_memory = true;
    assert_string_equal(parsed(WADI_TYPE(wadi_str), "\"a\"\"b\""), "cell 1: no memory");
    assert_string_equal(parsed(WADI_TYPE(wadi_str), "\"ab\""), "ab");
    has_no_memory = false;
}
static void test_types(void **state) {
    (void)state;
    static const struct {
        const wadi_type *type;
        const char *message;
    } cases[] = {
        {WADI_TYPE(with_seq), "csv has no form for 'numbers' of with_seq: numbers, bools, strings "
                              "and options of these will do"},
        {WADI_TYPE(with_odd_option), "csv has no form for 'at' of with_odd_option: numbers, bools, "
                                     "strings and options of these will do"},
        {WADI_TYPE(wadi_broadcast), "csv has no form for 'wadi_broadcast' of wadi_broadcast: "
                                    "numbers, bools, strings and options of these will do"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wadi_error err = WADI_ERROR_INIT;
        assert_null(wadi__csv_plan_new(wadi__type_intern(cases[i].type, NULL), &arena, &err));
        assert_string_equal(err.message, cases[i].message);
    }
    wadi__arena_fini(&arena);
}
/* Strings written with quotes come back. */
static void test_random_strings(void **state) {
    (void)state;
    const wadi__type *type = wadi__type_intern(WADI_TYPE(three), NULL);
    test_random random = {test_random_seed(5), {0}};
    for (int round = 0; round < 20000; round++) {
        char text[3][40], line[300];
        size_t sizes[3], n = 0;
        for (int f = 0; f < 3; f++) {
            sizes[f] = test_random_below(&random, 30);
            for (size_t i = 0; i < sizes[f]; i++)
                text[f][i] = "ab,\"\" \xff"[test_random_below(&random, 7)];
            if (f > 0) line[n++] = ',';
            line[n++] = '"';
            for (size_t i = 0; i < sizes[f]; i++) {
                if (text[f][i] == '"') line[n++] = '"';
                line[n++] = text[f][i];
            }
            line[n++] = '"';
        }
        three record;
        const char *why;
        uint32_t cell;
        wadi__csv_plan *plan = wadi__csv_plan_new(type, &arena, NULL);
        assert_true(wadi__csv_parse(plan, line, n, &record, alloc, NULL, &why, &cell));
        assert_true(wadi_str_equal(record.a, wadi_str_view(text[0], sizes[0])));
        assert_true(wadi_str_equal(record.b, wadi_str_view(text[1], sizes[1])));
        assert_true(wadi_str_equal(record.c, wadi_str_view(text[2], sizes[2])));
        wadi__arena_fini(&arena);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_random_strings),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
