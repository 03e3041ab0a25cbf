/* SPDX-License-Identifier: Apache-2.0 */
/* saved_name_test.c: by which names streams find again what they had. */
#include "stream/saved_name.h"

#include "stream/stream_context.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_MAP(same, int64_t, int64_t) { *out = *in; }
WADI_REDUCE(larger, int64_t) { *acc = *in > *acc ? *in : *acc; }

typedef struct name_case {
    const char *name;
    const char *given; /* `.name`; NULL: none */
    const char *expected;
} name_case;

static name_case cases[] = {
    {"operator and function", NULL, "map:same"},
    {"the program's own name", "clicks", "clicks"},
    {"an empty name is none", "", "map:same"},
    {"what would leave the directory", "../clicks", "%2E.%2Fclicks"},
    {"a space, a percent sign, a number sign", "a %#2", "a%20%25%232"},
    {"letters beyond ASCII stay", "z\xc3\xa4hler", "z\xc3\xa4hler"},
    {"a control character", "a\nb", "a%0Ab"},
};
static void test_name(void **state) {
    const name_case *row = *state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi_dstream *stream = wadi_map(in, same, .name = row->given);
    assert_string_equal(wadi__dstream_saved_name(stream), row->expected);
    wadi__rig_free(&rig);
}
static void test_repeated(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi_dstream *first = wadi_map(in, same), *other = wadi_reduce(first, larger);
    wadi_dstream *second = wadi_map(other, same), *named = wadi_map(in, same, .name = "map:same");
    wadi_dstream *third = wadi_map(in, same),
                 *again = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    assert_string_equal(wadi__dstream_saved_name(first), "map:same");
    assert_string_equal(wadi__dstream_saved_name(other), "reduce:larger");
    assert_string_equal(wadi__dstream_saved_name(second), "map:same#2");
    assert_string_equal(wadi__dstream_saved_name(named), "map:same#3");
    assert_string_equal(wadi__dstream_saved_name(third), "map:same#4");
    char expected[64];
    snprintf(expected, sizeof expected, "%s#2", wadi__dstream_saved_name(in));
    assert_string_equal(wadi__dstream_saved_name(again), expected);
    wadi__rig_free(&rig);
}
/* Long names that differ at their ends stay apart, and short enough for a file. */
static void test_long(void **state) {
    (void)state;
    char one[1000], two[1000];
    memset(one, 'a', sizeof one - 1);
    one[sizeof one - 1] = 0;
    memcpy(two, one, sizeof two);
    two[sizeof two - 2] = 'b';
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi_dstream *streams[3];
    const char *names[3];
    for (int i = 0; i < 3; i++) streams[i] = wadi_map(in, same, .name = i == 1 ? two : one);
    for (int i = 0; i < 3; i++) names[i] = wadi__dstream_saved_name(streams[i]);
    for (int i = 0; i < 3; i++) assert_true(strlen(names[i]) <= WADI__SAVED_NAME_MAX);
    assert_string_not_equal(names[0], names[1]);
    assert_memory_equal(names[0], names[2], strlen(names[0]));
    assert_string_equal(names[2] + strlen(names[0]), "#2");
    wadi__rig_free(&rig);
}

int main(void) {
    struct CMUnitTest tests[sizeof cases / sizeof cases[0] + 2] = {cmocka_unit_test(test_repeated),
                                                                   cmocka_unit_test(test_long)};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        tests[i + 2] = (struct CMUnitTest){cases[i].name, test_name, NULL, NULL, &cases[i]};
    return cmocka_run_group_tests_name("saved names", tests, NULL, NULL);
}
