/* SPDX-License-Identifier: Apache-2.0 */
/* glob_test.c: patterns, and what a list of paths stands for. */
#include "fs/glob.h"
#include "fs/test_files.h"

typedef struct match_case {
    const char *pattern, *name;
    bool expected;
} match_case;
static const match_case matches[] = {
    {"abc", "abc", true},
    {"abc", "ab", false},
    {"ab", "abc", false},
    {"", "", true},
    {"*", "", true},
    {"*", "abc", true},
    {"a*", "abc", true},
    {"*c", "abc", true},
    {"*c", "abcb", false},
    {"a*c*e", "abcde", true},
    {"a*c*e", "abde", false},
    {"*a*a*a*", "aa", false},
    {"?", "a", true},
    {"?", "", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"[abc]", "b", true},
    {"[abc]", "d", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[^a-c]", "d", true},
    {"[^a-c]", "a", false},
    {"[!a]", "b", true},
    {"[]a]", "]", true},
    {"[a-]", "-", true},
    {"[\\]]", "]", true},
    {"[a\\-c]", "b", false},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\?x", "?x", true},
    {"part-*", "part-00000", true},
    {"*.[ct]*", "a.txt", true},
    {"*.[ct]*", "a.doc", false},
    {"**a", "bca", true},
};
static void test_match(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++)
        if (wadi__glob_match(matches[i].pattern, matches[i].name) != matches[i].expected)
            fail_msg("%s and %s", matches[i].pattern, matches[i].name);
}

/* What a list of paths finds in the tree below, relative to the test's directory; or the error. */
static const char *found(const char *paths) {
    static char text[4096];
    char full[2048] = "";
    for (const char *at = paths; *at != 0; at++) { /* @ stands for the directory */
        size_t len = strlen(full);
        if (*at == '@')
            snprintf(full + len, sizeof full - len, "%s", test_dir);
        else
            snprintf(full + len, sizeof full - len, "%c", *at);
    }
    wadi__inputs inputs = {0};
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__fs_inputs(&wadi__env_real, full, &inputs, &err);
    text[0] = 0;
    for (size_t i = 0; i < inputs.count && status == WADI_OK; i++) {
        size_t len = strlen(text);
        const char *part = strstr(inputs.items[i].path, test_dir);
        snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? " " : "",
                 part + strlen(test_dir) + 1);
    }
    wadi__inputs_fini(&inputs);
    if (status == WADI_OK) return text;
    char *at = strstr(err.message, test_dir);
    if (at == NULL)
        snprintf(text, sizeof text, "%s", err.message);
    else
        snprintf(text, sizeof text, "%.*s@%s", (int)(at - err.message), err.message,
                 at + strlen(test_dir));
    return text;
}
typedef struct input_case {
    const char *paths, *expected;
} input_case;
static const input_case inputs_cases[] = {
    {"@/a.txt", "a.txt"},
    {"file://@/a.txt", "a.txt"},
    {"@/d1", "d1/x d1/y"},
    {"@/d1/", "d1/x d1/y"},
    {"@/*.txt", "a.txt b.txt"},
    {"@/d*/x", "d1/x d2/x"},
    {"@/d?", "d1/x d1/y d2/x d2/z.gz"},
    {"@/d[2-9]", "d2/x d2/z.gz"},
    {"@/{a,b}.txt", "a.txt b.txt"},
    {"@/{d1/y,d2/x}", "d1/y d2/x"},
    {"@/{a,d{1,2}/}*", "a.txt d1/x d1/y d2/x d2/z.gz"},
    {"@/a.txt,@/d2/*.gz,@/a.txt", "a.txt d2/z.gz a.txt"},
    {"@/\\[odd\\]", "[odd]"},
    {"@/d1/*,@/{a,b}.txt", "d1/x d1/y a.txt b.txt"},
    {"@/empty", ""},
    {"@/none", "no such file: @/none"},
    {"@/a.txt/below", "no such file: @/a.txt/below"},
    {"@/n*", "no file matches @/n*"},
    {"@/none/*", "no file matches @/none/*"},
    {"@/d1/_*", "no file matches @/d1/_*"},
    {"@/d1/_SUCCESS",
     "no file to be read: @/d1/_SUCCESS (names that begin with _ or . are hidden)"},
    {"@/d*/x", "d1/x d2/x"},
    {"@/deep", "not a file: @/deep/inner"},
    {"@/{a,b.txt", "@/{a,b.txt: a brace is not closed"},
    {"@/[a.txt", "@/[a.txt: a bracket is not closed"},
    {"@/\\\\[a.txt", "@/\\\\[a.txt: a bracket is not closed"},
    {"@/a.txt,", "a path is empty"},
};
static int make_tree(void **state) {
    if (test_dir_make(state) != 0) return -1;
    static const char *const dirs[] = {"d1", "d2", "empty", "deep/inner"};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) test_make_dir(dirs[i]);
    static const char *const files[] = {"a.txt",       "b.txt",     "[odd]", "d1/x",    "d1/y",
                                        "d1/_SUCCESS", "d1/.x.crc", "d2/x",  "d2/z.gz", ".hidden"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) test_write_text(files[i], "text");
    return 0;
}
static void test_inputs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof inputs_cases / sizeof inputs_cases[0]; i++)
        assert_string_equal(found(inputs_cases[i].paths), inputs_cases[i].expected);
}
static void test_input_has_size_and_time(void **state) {
    (void)state;
    wadi__inputs inputs = {0};
    test_write_text("a", "12345");
    assert_int_equal(wadi__fs_input_file(&wadi__env_real, test_path("a"), &inputs, NULL), WADI_OK);
    assert_int_equal(inputs.items[0].size_bytes, 5);
    int64_t age_ms = wadi__env_real.wall_ms(&wadi__env_real) - inputs.items[0].modified_ms;
    assert_true(age_ms > -1000 && age_ms < 60000);
    wadi__inputs_fini(&inputs);
}
static void test_glob_of_hidden_names(void **state) {
    (void)state;
    wadi__names paths = {0};
    assert_int_equal(wadi__glob(&wadi__env_real, test_path(".h*"), &paths, NULL), WADI_OK);
    assert_int_equal(paths.count, 1);
    wadi__names_fini(&paths);
}
static void test_without_memory(void **state) {
    (void)state;
    char paths[400];
    snprintf(paths, sizeof paths, "%s/{d1,d2}/*,%s/a.txt", test_dir, test_dir);
    for (uint64_t n = 1;; n++) {
        wadi__inputs inputs = {0};
        wadi_error err = WADI_ERROR_INIT;
        int64_t before = wadi__mem_in_use();
        wadi__mem_fail_at(n, false);
        wadi_status status = wadi__fs_inputs(&wadi__env_real, paths, &inputs, &err);
        wadi__mem_fail_at(0, false);
        wadi__inputs_fini(&inputs);
        assert_int_equal(wadi__mem_in_use(), before);
        if (status == WADI_OK) break;
        assert_int_equal(status, WADI_E_NOMEM);
        assert_true(n < 1000);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test_setup_teardown(test_inputs, make_tree, test_dir_remove),
        cmocka_unit_test_setup_teardown(test_glob_of_hidden_names, make_tree, test_dir_remove),
        cmocka_unit_test_setup_teardown(test_without_memory, make_tree, test_dir_remove),
        TEST_FILES(test_input_has_size_and_time),
    };
    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
