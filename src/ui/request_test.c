/* SPDX-License-Identifier: Apache-2.0 */
/* request_test.c: queries, paths, numbers and passwords, as anybody may send them. */
#include "ui/request.h"

#include "testing/unit.h"

typedef struct query_case {
    const char *name, *query, *first, *second; /* values of "status"; NULL: none */
} query_case;
static const query_case query_cases[] = {
    {"no query", NULL, NULL, NULL},
    {"an empty one", "", NULL, NULL},
    {"one value", "status=A", "A", NULL},
    {"two, among others", "x=1&status=A&statusx=2&status=B", "A", "B"},
    {"without a value", "status", "", NULL},
    {"encoded", "status=a%20b+c%2fd", "a b c/d", NULL},
    {"half an escape", "status=%4", "%4", NULL},
    {"an escape of no digits", "status=%zz", "%zz", NULL},
    {"a zero in it", "status=a%00b", "", NULL},
    {"only signs", "&&=&status=&", "", NULL},
};
static void test_query(void **state) {
    const query_case *row = *state;
    const char *at = row->query;
    char value[WADI__REQUEST_VALUE_MAX];
    assert_int_equal(wadi__query_next(&at, "status", value), row->first != NULL);
    if (row->first != NULL) assert_string_equal(value, row->first);
    assert_int_equal(wadi__query_next(&at, "status", value), row->second != NULL);
    if (row->second != NULL) assert_string_equal(value, row->second);
}
static void test_a_value_that_is_too_long(void **state) {
    (void)state;
    char query[WADI__REQUEST_VALUE_MAX + 8] = "a=", value[WADI__REQUEST_VALUE_MAX];
    const char *at = query;
    memset(query + 2, 'x', WADI__REQUEST_VALUE_MAX - 1);
    assert_true(wadi__query_next(&at, "a", value));
    assert_int_equal(strlen(value), WADI__REQUEST_VALUE_MAX - 1);
    at = query;
    query[2 + WADI__REQUEST_VALUE_MAX - 1] = 'x';
    assert_true(wadi__query_next(&at, "a", value));
    assert_string_equal(value, "");
}

typedef struct path_case {
    const char *name; /* the path */
    size_t count;
    const char *parts[4];
} path_case;
static const path_case path_cases[] = {
    {"", 0, {NULL}},           {"/", 0, {NULL}},
    {"/a", 1, {"a"}},          {"/a/", 1, {"a"}},
    {"/a/bc", 2, {"a", "bc"}}, {"/a//b", 3, {"a", "", "b"}},
    {"//", 1, {""}},           {"/../x", 2, {"..", "x"}},
    {"a/b", 0, {NULL}},        {"/1/2/3", 3, {"1", "2", "3"}},
    {"/1/2/3/4", 4, {NULL}}, /* one too many */
};
static void test_path(void **state) {
    const path_case *row = *state;
    char room[1024], *parts[3];
    assert_int_equal(wadi__path_split(row->name, room, parts, 3), row->count);
    for (size_t i = 0; i < row->count && row->count <= 3; i++)
        assert_string_equal(parts[i], row->parts[i]);
}
static void test_a_path_that_is_too_long(void **state) {
    (void)state;
    char path[1026], room[1024], *parts[3];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[1023] = 0;
    assert_int_equal(wadi__path_split(path, room, parts, 3), 1);
    path[1023] = 'x';
    path[1024] = 0;
    assert_int_equal(wadi__path_split(path, room, parts, 3), 4);
}

typedef struct number_case {
    const char *name;
    bool is_number;
    int64_t value;
} number_case;
static const number_case number_cases[] = {
    {"0", true, 0},   {"12345", true, 12345},
    {"", false, 0},   {"-1", false, 0},
    {"1x", false, 0}, {"999999999999999999", true, 999999999999999999},
    {" 1", false, 0}, {"1000000000000000000", false, 0},
};
static void test_number(void **state) {
    const number_case *row = *state;
    int64_t value = 0;
    assert_int_equal(wadi__parse_number(row->name, &value), row->is_number);
    assert_int_equal(value, row->value);
}

typedef struct authorization_case {
    const char *name, *header, *password, *token;
    bool is_good;
} authorization_case;
static const authorization_case authorization_cases[] = {
    {"no header", NULL, "pw", "t", false},
    {"user and password", "Basic bWU6cHc=", "pw", NULL, true}, /* me:pw */
    {"the scheme in small letters", "basic bWU6cHc=", "pw", NULL, true},
    {"without the padding", "Basic bWU6cHc", "pw", NULL, true},
    {"another password", "Basic bWU6cHg=", "pw", NULL, false},
    {"the beginning of the password", "Basic bWU6cA==", "pw", NULL, false},
    {"another user", "Basic eW86cHc=", "pw", NULL, false}, /* yo:pw */
    {"no password", "Basic bWU6", "pw", NULL, false},
    {"no colon", "Basic bWVwdw==", "pw", NULL, false},
    {"nothing", "Basic ", "pw", NULL, false},
    {"no base64", "Basic !!!!", "pw", NULL, false},
    {"more behind it", "Basic bWU6cHc=x", "pw", NULL, false},
    {"the token", "Bearer abc", NULL, "abc", true},
    {"another token", "Bearer abd", "pw", "abc", false},
    {"the token twice", "Bearer abcabc", "pw", "abc", false},
    {"no token", "Bearer ", "pw", "abc", false},
    {"a password where only a token is wanted", "Basic bWU6cHc=", NULL, "abc", false},
    {"a token where only a password is wanted", "Bearer abc", "pw", NULL, false},
    {"another scheme", "Digest abc", "pw", "abc", false},
    {"no space", "Bearerabc", "pw", "abc", false},
};
static void test_authorization(void **state) {
    const authorization_case *row = *state;
    assert_int_equal(wadi__is_authorized(row->header, "me", row->password, row->token),
                     row->is_good);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_query, query_cases);
    wadi__unit_add(&unit, test_a_value_that_is_too_long);
    wadi__unit_rows(&unit, test_path, path_cases);
    wadi__unit_add(&unit, test_a_path_that_is_too_long);
    wadi__unit_rows(&unit, test_number, number_cases);
    wadi__unit_rows(&unit, test_authorization, authorization_cases);
    return wadi__unit_run(&unit, "request");
}
