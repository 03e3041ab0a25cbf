/* SPDX-License-Identifier: Apache-2.0 */
/* text_file_test.c: wadi_text_file on files of all kinds. */
#include "fs/test_files.h"
#include "rdd/ops/files.h"

#include <wadi/wadi.h>

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef WADI_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef WADI_HAVE_ZSTD
#include <zstd.h>
#endif

static wadi_context *sc;
static int start(void **state) {
    if (test_dir_make(state) != 0) return -1;
    sc = wadi_context_new("local[2]", "files");
    return 0;
}
static int stop(void **state) {
    wadi_finish(sc);
    return test_dir_remove(state);
}
/* All lines, each with '|' behind it; the result stays until the next call. */
static const char *lines_of(wadi_rdd *rdd) {
    static char *text;
    size_t n, size = 0;
    const wadi_str *rows = wadi_collect(rdd, wadi_str, &n);
    for (size_t i = 0; i < n; i++) size += rows[i].len + 1;
    free(text);
    char *at = text = malloc(size + 1);
    for (size_t i = 0; i < n; i++) {
        memcpy(at, wadi_str_data(&rows[i]), rows[i].len);
        at += rows[i].len;
        *at++ = '|';
    }
    *at = 0;
    return text;
}
static const char *error_of(wadi_rdd *rdd) {
    static wadi_error err;
    err = (wadi_error)WADI_ERROR_INIT;
    wadi_rdd_failed(rdd, &err);
    return err.message;
}

static void test_lines(void **state) {
    (void)state;
    test_write_text("a.txt", "one\ntwo\r\n\nfour");
    test_write_text("b.txt", "five\n");
    wadi_rdd *lines = wadi_text_file(sc, test_path("a.txt"));
    assert_string_equal(lines_of(lines), "one|two||four|");
    assert_string_equal(lines_of(wadi_text_file(sc, test_path("*.txt"))), "one|two||four|five|");
    assert_string_equal(lines_of(wadi_text_file(sc, test_path("a.txt"), .partitions = 7)),
                        "one|two||four|");
    char both[1200];
    snprintf(both, sizeof both, "file://%s/b.txt,%s/a.txt", test_dir, test_dir);
    assert_string_equal(lines_of(wadi_text_file(sc, both)), "five|one|two||four|");
    assert_int_equal(wadi_count(lines), 4);
}
static void test_partitions(void **state) {
    (void)state;
    char bytes[1000];
    memset(bytes, '\n', sizeof bytes);
    test_write("t", bytes, sizeof bytes);
    test_write("empty", "", 0);
    test_make_dir("dir");
    assert_int_equal(wadi_rdd_partition_count(wadi_text_file(sc, test_path("t"))), 2);
    assert_int_equal(wadi_rdd_partition_count(wadi_text_file(sc, test_path("t"), .partitions = 10)),
                     10);
    assert_int_equal(wadi_rdd_partition_count(wadi_text_file(sc, test_path("t"), .partitions = 3)),
                     3);
    assert_int_equal(wadi_rdd_partition_count(wadi_text_file(sc, test_path("empty"))), 1);
    assert_int_equal(wadi_rdd_partition_count(wadi_text_file(sc, test_path("dir"))), 0);
    assert_int_equal(wadi_count(wadi_text_file(sc, test_path("dir"))), 0);
    assert_int_equal(wadi_count(wadi_text_file(sc, test_path("empty"))), 0);
    for (uint32_t n = 1; n < 40; n++)
        assert_int_equal(wadi_count(wadi_text_file(sc, test_path("t"), .partitions = n)), 1000);
}
static void test_a_large_file(void **state) {
    (void)state;
    enum { LINES = 700000, SIZE = LINES * 60 };
    char *text = malloc(SIZE), *at = text;
    int64_t sum = 0;
    for (int64_t i = 0; i < LINES; i++) {
        at += sprintf(at, "%lld %.*s\n", (long long)i, (int)(i % 50),
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        sum += i;
    }
    test_write("big", text, (size_t)(at - text));
    wadi_rdd *lines = wadi_text_file(sc, test_path("big"), .partitions = 5);
    assert_true(wadi_rdd_partition_count(lines) >= 5);
    size_t n;
    const wadi_str *rows = wadi_collect(lines, wadi_str, &n);
    assert_int_equal(n, LINES);
    for (size_t i = 0; i < n; i++) {
        int64_t number = -1;
        wadi_split words = wadi_split_on(&rows[i], ' ');
        assert_true(wadi_split_next(&words) && wadi_str_to_int64(words.piece, &number));
        assert_int_equal(number, i);
        sum -= number;
    }
    assert_int_equal(sum, 0);
    free(text);
}
static void test_errors_of_paths(void **state) {
    (void)state;
    char wanted[1200];
    snprintf(wanted, sizeof wanted, "no such file: %s/none", test_dir);
    assert_string_equal(error_of(wadi_text_file(sc, test_path("none"))), wanted);
    assert_non_null(strstr(error_of(wadi_text_file(sc, "s3a://n/x")),
                           "s3a://n/x: file systems of the scheme 's3a' are not built in yet"));
    test_write_text("_x", "hidden\n");
    wadi__input hidden = {test_path("_x"), -1, 0};
    wadi_rdd *rdd = wadi__rdd_make_text_files(sc, &hidden, 1,
                                              &(wadi_op_options){.size = sizeof(wadi_op_options)});
    assert_non_null(strstr(error_of(rdd), "no file to be read"));
    assert_int_equal(wadi_count(rdd), 0);
    assert_non_null(
        strstr(error_of(wadi_map(wadi_text_file(sc, test_path("none")), (wadi_map_fn){0})),
               "no such file"));
}
static void test_files_by_name(void **state) {
    (void)state;
    test_write_text("a", "1\n2\n");
    test_write_text("b*", "3\n"); /* a name, no pattern */
    wadi__input files[] = {{test_path("b*"), -1, 0}, {test_path("a"), -1, 0}};
    wadi_op_options options = {.size = sizeof options};
    wadi_rdd *rdd = wadi__rdd_make_text_files(sc, files, 2, &options);
    assert_int_equal(wadi_rdd_partition_count(rdd), 2);
    assert_string_equal(lines_of(rdd), "3|1|2|");
    assert_int_equal(wadi_rdd_partition_count(wadi__rdd_make_text_files(sc, NULL, 0, &options)), 0);
}
/* As they were found: what came since is not read, nor does it change the partitions. */
static void test_files_as_they_were(void **state) {
    (void)state;
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    test_write_text("a", "1\n2\n3\n4\n");
    wadi__input file = {test_path("a"), 8, 0};
    assert_string_equal(lines_of(wadi__rdd_make_text_files(sc, &file, 1, &options)), "1|2|3|4|");
    test_write_text("a", "1\n2\n3\n4\n5\n6\n7\n8\n");
    wadi_rdd *again = wadi__rdd_make_text_files(sc, &file, 1, &options);
    assert_int_equal(wadi_rdd_partition_count(again), 2);
    assert_string_equal(lines_of(again), "1|2|3|4|");
    test_write_text("a", "1\n2\n");
    char wanted[1200];
    snprintf(wanted, sizeof wanted, "%s had 8 bytes when it was found, and has 4 now", file.path);
    assert_string_equal(error_of(wadi__rdd_make_text_files(sc, &file, 1, &options)), wanted);
    unlink(file.path);
    snprintf(wanted, sizeof wanted, "no such file: %s", file.path);
    assert_string_equal(error_of(wadi__rdd_make_text_files(sc, &file, 1, &options)), wanted);
}
static void test_files_that_change(void **state) {
    (void)state;
    test_write_text("a", "one\ntwo\n");
    wadi_rdd *shrunk = wadi_text_file(sc, test_path("a"), .partitions = 1);
    test_write_text("a", "one\n");
    assert_int_equal(wadi_count(shrunk), 0);
    assert_non_null(
        strstr(error_of(shrunk), "has become shorter while it was read: 4 bytes of 8 are left"));
    assert_non_null(strstr(error_of(shrunk), "text_file_test.c"));
    wadi_rdd *gone = wadi_text_file(sc, test_path("a"));
    unlink(test_path("a"));
    assert_int_equal(wadi_count(gone), 0);
    assert_non_null(strstr(error_of(gone), "no such file: "));
}
static void test_a_line_too_long(void **state) {
    (void)state;
    wadi_context *small =
        wadi_context_new("local", "small", .settings = {{"wadi.source.line_max_bytes", "10"}});
    test_write_text("a", "0123456789\n0123456789a\n");
    wadi_rdd *rdd = wadi_text_file(small, test_path("a"), .partitions = 1);
    assert_int_equal(wadi_count(rdd), 0);
    assert_non_null(
        strstr(error_of(rdd), "/a: line 2 is longer than 10 bytes (wadi.source.line_max_bytes)"));
    wadi_finish(small);
}
static void test_packed_files(void **state) {
    (void)state;
#ifdef WADI_HAVE_ZLIB
    gzFile gz = gzopen(test_path("a.gz"), "wb");
    for (int i = 0; i < 10; i++) gzprintf(gz, "%d\n", i);
    gzclose(gz);
    wadi_rdd *rdd = wadi_text_file(sc, test_path("a.gz"), .partitions = 5);
    assert_int_equal(wadi_rdd_partition_count(rdd), 1);
    assert_string_equal(lines_of(rdd), "0|1|2|3|4|5|6|7|8|9|");
    test_write_text("b.gz", "this is no gzip data");
    rdd = wadi_text_file(sc, test_path("b.gz"));
    assert_string_equal(lines_of(rdd), "");
    assert_non_null(strstr(error_of(rdd), "damaged gzip data: incorrect header check; in "));
#endif
#ifdef WADI_HAVE_ZSTD
    char packed[200];
    test_write("a.zst", packed, ZSTD_compress(packed, sizeof packed, "x\ny\n", 4, 3));
    assert_string_equal(lines_of(wadi_text_file(sc, test_path("a.zst"))), "x|y|");
#endif
}
static void test_no_descriptors_left(void **state) {
    (void)state;
    test_write_text("a", "one\n");
    wadi_rdd *rdd = wadi_text_file(sc, test_path("a"));
    struct rlimit old, none;
    getrlimit(RLIMIT_NOFILE, &old);
    none = (struct rlimit){0, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    int64_t count = wadi_count(rdd);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(count, 0);
    assert_non_null(strstr(error_of(rdd), "Too many open files"));
}
static void test_without_memory(void **state) {
    (void)state;
    test_write_text("a", "one\ntwo\n");
    for (uint64_t n = 1;; n++) {
        wadi_context *own =
            wadi_context_new("local", "memory", .settings = {{"spark.task.maxFailures", "1"}});
        wadi__mem_fail_at(n, false);
        int64_t count = wadi_count(wadi_text_file(own, test_path("a")));
        wadi__mem_fail_at(0, false);
        int rc = wadi_finish(own);
        if (rc == 0) {
            assert_int_equal(count, 2);
            break;
        }
        assert_true(n < 1000);
    }
}
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_lines),
        CASE(test_partitions),
        CASE(test_a_large_file),
        CASE(test_errors_of_paths),
        CASE(test_files_by_name),
        CASE(test_files_as_they_were),
        CASE(test_files_that_change),
        CASE(test_a_line_too_long),
        CASE(test_packed_files),
        CASE(test_no_descriptors_left),
        CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("text_file", tests, NULL, NULL);
}
