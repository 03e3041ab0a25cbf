/* SPDX-License-Identifier: Apache-2.0 */
/* parse_test.c: wadi_parse in a pipeline, and files of records in a format. */
#include "rdd/ready/parse.h"

#include "base/log.h"
#include "data/json.h"
#include "rdd/action/test_actions.h"
#include "rdd/ops/files.h"

WADI_RECORD(sale, (wadi_str, shop), (double, amount));
WADI_RECORD(basket, (wadi_str, owner), (wadi_str_list, things));
WADI_RECORD(odd, (wadi_str, name), (wadi_broadcast, handle));

static char logged[600];
static void keep_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)arg, (void)module;
    if (level == WADI__LOG_WARN) snprintf(logged, sizeof logged, "%s", text);
}
static wadi_rdd *lines_of(const char *text) {
    return wadi_text(sc, text, strlen(text), .partitions = 1);
}

static void test_csv(void **state) {
    (void)state;
    size_t n;
    uint64_t before = wadi__parse_damaged_count();
    wadi_rdd *lines = lines_of("north,1.5\nsouth\n\n\"a, long shop's name\",2\nwest,x,\nnorth,3\n");
    logged[0] = 0;
    wadi__log_capture(keep_line, NULL);
    const sale *rows = wadi_collect(wadi_flat_map(lines, wadi_parse(sale, "csv")), sale, &n);
    wadi__log_capture(NULL, NULL);
    assert_int_equal(n, 3);
    assert_true(wadi_str_equal(rows[1].shop, wadi_str_of("a, long shop's name")) &&
                rows[1].amount == 2);
    assert_true(rows[2].amount == 3);
    assert_int_equal(wadi__parse_damaged_count() - before, 2);
    assert_string_equal(logged, "2 of 6 lines of partition 0 are no csv of sale; the first is line "
                                "2, cell 2, cells are missing: south");
    wadi_rdd *sums = wadi_reduce_by_key(wadi_flat_map(lines, wadi_parse(sale, "csv")), wadi_add);
    wadi_str north = wadi_str_of("north");
    assert_true(wadi_lookup(sums, sale, &north)->amount == 4.5);
}
static void test_many_lines(void **state) {
    (void)state;
    enum { N = 100000 };
    char *text = malloc(N * 40), *at = text;
    for (int i = 0; i < N; i++)
        at += sprintf(at, i % 100 == 7 ? "damaged %d\n" : "\"shop \"\"number\"\" %d\",2\n", i);
    wadi_rdd *lines = wadi_text(sc, text, (size_t)(at - text), .partitions = 3);
    uint64_t before = wadi__parse_damaged_count();
    wadi__log_capture(keep_line, NULL);
    wadi_statistics stats = wadi_stats(wadi_flat_map(lines, wadi_parse(sale, "csv")), "amount");
    wadi__log_capture(NULL, NULL);
    assert_int_equal(stats.count, N - N / 100);
    assert_true(stats.sum == 2.0 * (N - N / 100));
    assert_int_equal(wadi__parse_damaged_count() - before, N / 100);
    free(text);
}
static void test_json(void **state) {
    (void)state;
    size_t n;
    if (wadi__json_open(NULL) == NULL) skip();
    wadi_rdd *lines = lines_of("{\"owner\":\"ann\",\"things\":[\"pen\",\"a thing \\\"with\\\" "
                               "escapes\"]}\n  \n[1]\n{\"owner\":\"bob\"}\r\n");
    wadi__log_capture(keep_line, NULL);
    const basket *rows = wadi_collect(wadi_flat_map(lines, wadi_parse(basket, "json")), basket, &n);
    wadi__log_capture(NULL, NULL);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].things.count, 2);
    assert_true(wadi_str_equal(rows[0].things.items[1], wadi_str_of("a thing \"with\" escapes")));
    assert_true(wadi_str_equal(rows[1].owner, wadi_str_of("bob")));
    assert_non_null(
        strstr(logged, "1 of 4 lines of partition 0 are no json of basket; the first is line 3, "));
}
static void test_mistakes(void **state) {
    (void)state;
    wadi_rdd *lines = lines_of("a\n");
    assert_non_null(strstr(error_of(wadi_flat_map(lines, wadi_parse(basket, "csv"))),
                           "csv has no form for 'things' of basket"));
    assert_non_null(strstr(error_of(wadi_flat_map(lines, wadi_parse(sale, "xml"))),
                           "wadi_parse: 'xml' is none of the formats csv, json"));
    assert_non_null(strstr(error_of(wadi_flat_map(wadi_range(sc, 0, 1), wadi_parse(sale, "csv"))),
                           "takes wadi_str, the "));
    wadi_rdd *rdd = wadi_flat_map(lines, wadi_parse(odd, "json"));
    assert_non_null(strstr(error_of(rdd), "json"));
}
static void test_files(void **state) {
    (void)state;
    wadi_op_options options = {.size = sizeof options};
    const wadi__type *type = wadi__type_intern(WADI_TYPE(sale), NULL);
    test_write_text("a.csv", "north,1\nsouth,2\n");
    wadi__input file = {test_path("a.csv"), -1, 0};
    assert_int_equal(wadi_count(wadi__rdd_make_format_files(sc, type, "csv", &file, 1, &options)),
                     2);
    assert_int_equal(wadi_count(wadi__rdd_make_format_files(sc, type, "csv", NULL, 0, &options)),
                     0);
    if (wadi__json_open(NULL) != NULL) {
        test_write_text("a.json", "{\"shop\":\"x\"}\n");
        file.path = test_path("a.json");
        assert_int_equal(
            wadi_count(wadi__rdd_make_format_files(sc, type, "json", &file, 1, &options)), 1);
    }
    wadi_save_as_object_file(
        wadi_parallelize(sc, sale, ((sale[]){{wadi_str_of("x"), 1}}), 1, .partitions = 1),
        test_path("objects"));
    file.path = test_path("objects/part-00000");
    assert_int_equal(
        wadi_count(wadi__rdd_make_format_files(sc, type, "object", &file, 1, &options)), 1);
    assert_non_null(
        strstr(error_of(wadi__rdd_make_format_files(sc, type, "sequence", NULL, 0, &options)),
               "the format 'sequence' is not built in yet"));
    assert_non_null(
        strstr(error_of(wadi__rdd_make_format_files(sc, type, "xml", NULL, 0, &options)),
               "'xml' is none of the formats object, csv, json"));
    assert_non_null(strstr(error_of(wadi__rdd_make_format_files(sc, type, NULL, NULL, 0, &options)),
                           "'NULL' is none of"));
}
static bool run_parse(wadi_context *own, wadi_rdd **used) {
    static const char text[] =
        "{\"owner\":\"ann\",\"things\":[\"pen\",\"a thing \\\"with\\\" escapes\"]}\n";
    *used = wadi_flat_map(wadi_text(own, text, sizeof text - 1, .partitions = 1),
                          wadi_parse(basket, "json"));
    return wadi_count(*used) == 1;
}
static void test_without_memory(void **state) {
    (void)state;
    if (wadi__json_open(NULL) == NULL) skip();
    test_every_allocation(run_parse);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_csv),      CASE(test_many_lines), CASE(test_json),
        CASE(test_mistakes), CASE(test_files),      CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
