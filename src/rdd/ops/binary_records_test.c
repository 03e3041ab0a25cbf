/* SPDX-License-Identifier: Apache-2.0 */
/* binary_records_test.c: byte strings of one length, from files of all sizes and any number of
 * partitions. */
#include "rdd/action/test_actions.h"
#include "rdd/ops/files.h"

#ifdef WADI_HAVE_ZLIB
#include <zlib.h>
#endif

enum { FILE_MAX = 300000 };

typedef struct binary_case {
    const char *name;
    size_t file_bytes, record_bytes;
    uint32_t partitions;
    const char *error; /* NULL: none */
} binary_case;
static const binary_case cases[] = {
    {"an empty file", 0, 5, 3, NULL},
    {"one record", 5, 5, 1, NULL},
    {"more partitions than records", 6, 2, 7, NULL},
    {"records that lie in place", 3000, 12, 4, NULL},
    {"records that do not", 2600, 13, 5, NULL},
    {"single bytes, many chunks", 100000, 1, 3, NULL},
    {"more than a buffer", FILE_MAX, 100, 2, NULL},
    {"one record longer than a buffer", FILE_MAX, FILE_MAX, 4, NULL},
    {"a byte too few", 2599, 13, 2,
     "/b has 2599 bytes, which is no multiple of the 13 bytes of a record"},
    {"of no bytes", 10, 0, 2, "records of 0 bytes; from 1 to 2147483647 will do"},
    {"of too many", 10, (size_t)1 << 31, 2,
     "records of 2147483648 bytes; from 1 to 2147483647 will do"},
};
static char bytes[FILE_MAX];
static void write_file(const char *name, size_t size) {
    for (size_t i = 0; i < size; i++) bytes[i] = (char)(i * 7 + i / 251);
    test_write(name, bytes, size);
}
/* The records are those of the file, one behind the other. */
static void check_records(wadi_rdd *rdd, size_t record_bytes, size_t count) {
    size_t n;
    const wadi_str *rows = wadi_collect(rdd, wadi_str, &n);
    assert_string_equal(error_of(rdd), "");
    assert_int_equal(n, count);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rows[i].len, record_bytes);
        assert_memory_equal(wadi_str_data(&rows[i]), bytes + i * record_bytes, record_bytes);
    }
}
static void test_cases(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const binary_case *row = &cases[c];
        print_message("  %s\n", row->name);
        write_file("b", row->file_bytes);
        wadi_rdd *rdd = wadi_binary_records(sc, test_path("b"), row->record_bytes,
                                            .partitions = row->partitions);
        if (row->error != NULL) {
            assert_non_null(strstr(error_of(rdd), row->error));
            assert_int_equal(wadi_count(rdd), 0);
            continue;
        }
        check_records(rdd, row->record_bytes, row->file_bytes / row->record_bytes);
    }
}
static void test_partitions(void **state) {
    (void)state;
    write_file("b", 3000);
    for (uint32_t n = 1; n < 30; n++) {
        wadi_rdd *rdd = wadi_binary_records(sc, test_path("b"), 2, .partitions = n);
        assert_true(wadi_rdd_partition_count(rdd) >= n);
        check_records(rdd, 2, 1500);
    }
    assert_int_equal(wadi_rdd_partition_count(wadi_binary_records(sc, test_path("b"), 2)), 2);
}
static void test_files_by_name(void **state) {
    (void)state;
    write_file("b", 3000);
    wadi__input file = {test_path("b"), -1, 0};
    wadi_op_options options = {.size = sizeof options};
    wadi_rdd *rdd = wadi__rdd_make_binary_files(sc, &file, 1, 1000, &options);
    assert_int_equal(wadi_rdd_partition_count(rdd), 1);
    check_records(rdd, 1000, 3);
}
static void test_packed(void **state) {
    (void)state;
#ifdef WADI_HAVE_ZLIB
    write_file("b", 20000);
    gzFile gz = gzopen(test_path("b.gz"), "wb");
    assert_int_equal(gzwrite(gz, bytes, 20000), 20000);
    gzclose(gz);
    check_records(wadi_binary_records(sc, test_path("b.gz"), 10, .partitions = 3), 10, 2000);
    wadi_rdd *rdd =
        wadi_binary_records(sc, test_path("b.gz"), 7); /* how long it is shows at its end only */
    assert_int_equal(wadi_count(rdd), 0);
    assert_non_null(strstr(error_of(rdd), "b.gz ends in the middle of a record of 7 bytes"));
#endif
}
static char own_path[512];
static bool run_binary(wadi_context *own, wadi_rdd **used) {
    *used = wadi_binary_records(own, own_path, 2);
    return wadi_count(*used) == 50;
}
static void test_without_memory(void **state) {
    (void)state;
    write_file("b", 100);
    snprintf(own_path, sizeof own_path, "%s", test_path("b"));
    test_every_allocation(run_binary);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_cases),  CASE(test_partitions),     CASE(test_files_by_name),
        CASE(test_packed), CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("binary_records", tests, NULL, NULL);
}
