/* SPDX-License-Identifier: Apache-2.0 */
/* print_test.c: what is printed of datasets, and what stands after it when there is more. */
#include "rdd/action/test_actions.h"

#include <fcntl.h>
#include <unistd.h>

WADI_RECORD(sale, (wadi_str, shop), (int64_t, count), (double, price), (wadi_str_list, tags));

/* Standard output goes to a file meanwhile; the text stays until the next call. */
static const char *printed_into(const char *path, wadi_rdd *rdd, uint32_t records_max) {
    fflush(stdout);
    int saved = dup(STDOUT_FILENO),
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(saved >= 0 && file >= 0);
    dup2(file, STDOUT_FILENO);
    close(file);
    wadi_print(rdd, records_max);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return strcmp(path, "/dev/full") == 0 ? "" : test_read_text("printed");
}
typedef struct print_case {
    const char *name;
    int64_t count;
    uint32_t partitions, records_max; /* 0: left out */
    const char *text;
} print_case;
static const print_case cases[] = {
    {"nothing", 0, 1, 0, ""},
    {"nothing, in many partitions", 0, 5, 3, ""},
    {"fewer than ten", 2, 1, 0, "0\n1\n"},
    {"ten", 10, 3, 0, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"},
    {"one more", 11, 3, 0, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n...\n"},
    {"as many as are asked for", 3, 2, 3, "0\n1\n2\n"},
    {"more than are asked for", 10, 2, 3, "0\n1\n2\n...\n"},
    {"one of many", 100000, 4, 1, "0\n...\n"},
};
static void test_cases(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        print_message("  %s\n", cases[c].name);
        wadi_rdd *rdd = wadi_range(sc, 0, cases[c].count, .partitions = cases[c].partitions);
        assert_string_equal(printed_into(test_path("printed"), rdd, cases[c].records_max),
                            cases[c].text);
        assert_string_equal(error_of(rdd), "");
    }
}
static void test_records(void **state) {
    (void)state;
    wadi_str tags[] = {wadi_str_of("new"), wadi_str_of("a tag that is long")};
    const sale sales[] = {{wadi_str_of("a shop of some name"), 1, 0.5, {NULL, 0}},
                          {wadi_str_of(""), -2, 1e300, {tags, 2}}};
    wadi_rdd *rdd = wadi_parallelize(sc, sale, sales, 2);
    assert_string_equal(printed_into(test_path("printed"), rdd, 0),
                        "(a shop of some name,1,0.5,[])\n(,-2,1.0E300,[new, a tag that is long])\n");
}
static void test_failures(void **state) {
    (void)state;
    wadi_rdd *rdd = wadi_text_file(sc, test_path("none"));
    assert_string_equal(printed_into(test_path("printed"), rdd, 0), "");
    assert_non_null(strstr(error_of(rdd), "no such file: "));
    rdd = wadi_range(sc, 0, 3);
    printed_into("/dev/full", rdd, 0);
    clearerr(stdout);
    assert_non_null(strstr(error_of(rdd), "standard output cannot be written: No space left on device; in print of "));
    assert_non_null(strstr(error_of(rdd), "print_test.c:"));
}
int main(void) {
    const struct CMUnitTest tests[] = {CASE(test_cases), CASE(test_records), CASE(test_failures)};
    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
