/* SPDX-License-Identifier: Apache-2.0 */
/* save_test.c: what saveAsTextFile and saveAsObjectFile leave on disk, reading objects back, and
 * print. */
#include "rdd/action/save.h"

#include "base/log.h"
#include "rdd/action/test_actions.h"
#include "rdd/ops/files.h"

#include <errno.h>
#include <unistd.h>

WADI_RECORD(sale, (wadi_str, shop), (int64_t, count), (double, amount), (wadi_str_list, tags));
WADI_RECORD(grown_sale, (int64_t, count), (wadi_str, shop), (int64_t, added));

static wadi_str two_tags[2];
static sale sales[50000];
static char shops[50000][24];
static wadi_rdd *make_sales(size_t n, uint32_t partitions) {
    two_tags[0] = wadi_str_of("a");
    two_tags[1] = wadi_str_of("a tag of more than twelve bytes");
    for (size_t i = 0; i < n; i++) {
        int len =
            snprintf(shops[i], sizeof shops[i], i % 2 ? "shop%d" : "the shop number %d", (int)i);
        sales[i] = (sale){
            wadi_str_view(shops[i], (size_t)len), (int64_t)i, (double)i / 2, {two_tags, i % 3}};
    }
    return wadi_parallelize(sc, sale, sales, n, .partitions = partitions);
}
static void test_text(void **state) {
    (void)state;
    wadi_save_as_text_file(make_sales(3, 2), test_path("out"));
    assert_string_equal(test_list("."), "out");
    assert_string_equal(test_list("out"), "_SUCCESS part-00000 part-00001");
    assert_string_equal(test_read_text("out/part-00000"), "(the shop number 0,0,0.0,[])\n");
    assert_string_equal(
        test_read_text("out/part-00001"),
        "(shop1,1,0.5,[a])\n(the shop number 2,2,1.0,[a, a tag of more than twelve bytes])\n");
    wadi_save_as_text_file(wadi_range(sc, 0, 1), test_path("n")); /* an empty part too */
    assert_string_equal(test_list("n"), "_SUCCESS part-00000 part-00001");
    wadi_save_as_text_file(wadi_empty_rdd(sc, int64_t), test_path("e"));
    assert_string_equal(test_list("e"), "_SUCCESS");
}
static void test_text_read_back(void **state) {
    (void)state;
    test_write_text("in", "one\r\n\nbytes \xff\xfe\n");
    wadi_save_as_text_file(wadi_text_file(sc, test_path("in"), .partitions = 1), test_path("out"));
    assert_string_equal(test_read_text("out/part-00000"), "one\n\nbytes \xff\xfe\n");
    assert_int_equal(wadi_count(wadi_text_file(sc, test_path("out"))), 3);
    wadi_rdd *many = wadi_range(sc, 0, 100000);
    wadi_save_as_text_file(many, test_path("many"));
    assert_int_equal(wadi_count(wadi_text_file(sc, test_path("many"), .partitions = 7)), 100000);
}
static void test_an_existing_directory(void **state) {
    (void)state;
    char wanted[600];
    test_make_dir("out");
    wadi_rdd *rdd = make_sales(3, 2);
    wadi_save_as_text_file(rdd, test_path("out"));
    snprintf(wanted, sizeof wanted, "output directory %s/out exists already; in save_as_text_file of ",
             test_dir);
    assert_non_null(strstr(error_of(rdd), wanted));
    assert_string_equal(test_list("out"), "");
    rdd = make_sales(3, 2);
    test_write_text("file", "");
    wadi_save_as_object_file(rdd, test_path("file/out"));
    assert_non_null(strstr(error_of(rdd), "Not a directory; in save_as_object_file of "));
    rdd = make_sales(3, 2);
    wadi_save_as_text_file(rdd, NULL);
    assert_non_null(strstr(error_of(rdd), "no path is given"));
}
static void test_a_batch_again(void **state) {
    (void)state;
    assert_true(wadi__save_text(make_sales(3, 3), test_path("out"), true));
    test_write_text("out/other", "stays");
    assert_true(wadi__save_text(make_sales(2, 2), test_path("out"), true));
    assert_string_equal(test_list("out"), "_SUCCESS other part-00000 part-00001 part-00002");
    assert_string_equal(test_read_text("out/part-00001"), "(shop1,1,0.5,[a])\n");
}
WADI_RECORD(bound, (int64_t, at));
WADI_MAP(fail_at, sale, sale, bound) {
    if (in->count == env->at) wadi_fail(task, "this one is bad");
    *out = *in;
}
static void test_a_failed_task_leaves_nothing(void **state) {
    (void)state;
    wadi_rdd *rdd = wadi_map(make_sales(20000, 4), wadi_bind(fail_at, .at = 15000));
    wadi_save_as_text_file(rdd, test_path("out"));
    assert_non_null(strstr(error_of(rdd), "this one is bad"));
    assert_string_equal(test_list("."), "");
}
static void test_objects(void **state) {
    (void)state;
    enum { N = 50000 };
    wadi_save_as_object_file(make_sales(N, 3), test_path("out"));
    assert_string_equal(test_list("out"), "_SUCCESS part-00000 part-00001 part-00002");
    wadi_rdd *back = wadi_object_file(sc, sale, test_path("out"));
    assert_int_equal(wadi_rdd_partition_count(back), 3);
    size_t n;
    const sale *rows = wadi_collect(back, sale, &n);
    assert_int_equal(n, N);
    for (size_t i = 0; i < n; i++) {
        assert_true(wadi_str_equal(rows[i].shop, sales[i].shop));
        assert_int_equal(rows[i].count, i);
        assert_int_equal(rows[i].tags.count, i % 3);
        if (i % 3 == 2) assert_true(wadi_str_equal(rows[i].tags.items[1], two_tags[1]));
    }
    wadi_save_as_object_file(wadi_filter(wadi_range(sc, 0, 100), (wadi_filter_fn){0}),
                             test_path("no"));
    assert_false(test_exists("no"));
    wadi_save_as_object_file(wadi_range(sc, 0, 0), test_path("nothing")); /* frames of no records */
    assert_int_equal(wadi_count(wadi_object_file(sc, int64_t, test_path("nothing"))), 0);
    wadi_rdd *wrong = wadi_object_file(sc, wadi_str, test_path("nothing"));
    assert_int_equal(wadi_count(wrong), 0);
    assert_non_null(strstr(error_of(wrong), "the frame holds int, wadi_str is wanted; in "));
    wadi__input files[] = {{test_path("out/part-00001"), -1, 0},
                           {test_path("out/part-00000"), -1, 0}};
    wadi_op_options options = {.size = sizeof options};
    wadi_rdd *two = wadi__rdd_make_object_files(sc, back->type, files, 2, &options);
    assert_int_equal(wadi_count(two), 33333);
}

/* ---- A disk that is full, for some tries ---- */

static wadi__env full;
static _Atomic int refusals;
static ssize_t full_write(wadi__env *env, int file, const void *bytes, size_t size) {
    (void)env;
    if (atomic_fetch_sub(&refusals, 1) > 0) return -ENOSPC;
    return wadi__env_real.file_write(&wadi__env_real, file, bytes, size);
}
static void test_a_full_disk(void **state) {
    (void)state;
    full = wadi__env_real;
    full.file_write = full_write;
    wadi__env_use(&full);
    wadi_context *own = wadi_context_new("local[2]", "full");
    wadi__env_use(NULL);
    refusals = 3; /* the task is tried again, and then there is space */
    wadi_rdd *rdd = wadi_parallelize(own, int64_t, ((int64_t[]){1, 2}), 2, .partitions = 1);
    wadi_save_as_text_file(rdd, test_path("out"));
    assert_string_equal(error_of(rdd), "");
    assert_string_equal(test_list("out"), "_SUCCESS part-00000");
    assert_string_equal(test_read_text("out/part-00000"), "1\n2\n");
    refusals = 1000;
    wadi_save_as_text_file(rdd, test_path("again"));
    assert_non_null(strstr(error_of(rdd), "cannot write "));
    assert_non_null(strstr(error_of(rdd), "No space left on device"));
    assert_string_equal(test_list("."), "out");
    wadi_finish(own);
}
static char own_path[512];
static bool run_save(wadi_context *own, wadi_rdd **used) {
    snprintf(own_path, sizeof own_path, "%s", test_path("memory"));
    wadi__fs_remove_all(&wadi__env_real, own_path, NULL);
    *used = wadi_range(own, 0, 10);
    wadi_save_as_object_file(*used, own_path);
    if (wadi_rdd_failed(*used, NULL)) return false;
    *used = wadi_object_file(own, int64_t, own_path);
    return wadi_count(*used) == 10;
}
static void test_without_memory(void **state) {
    (void)state;
    test_every_allocation(run_save);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_text),
        CASE(test_text_read_back),
        CASE(test_an_existing_directory),
        CASE(test_a_batch_again),
        CASE(test_a_failed_task_leaves_nothing),
        CASE(test_objects),
        CASE(test_a_full_disk),
        CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("save", tests, NULL, NULL);
}
