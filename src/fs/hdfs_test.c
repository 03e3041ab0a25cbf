/* SPDX-License-Identifier: Apache-2.0 */
/* hdfs_test.c: the folder that stands for hdfs:// paths. */
#include "fs/glob.h"
#include "fs/test_files.h"
#include "testing/unit.h"

#include <limits.h>

static void test_paths_lie_below_the_root(void **state) {
    (void)state;
    wadi__env *env = &wadi__env_real;
    wadi__file *file = NULL;
    char *bytes = NULL;
    size_t size;
    assert_true(wadi__fs_hdfs_set_root(test_dir));
    assert_int_equal(wadi__fs_make_dirs(env, "hdfs://name:9000/logs/2017", NULL), WADI_OK);
    assert_int_equal(wadi__fs_open(env, "hdfs:///logs/2017/new",
                                   WADI__OPEN_WRITE | WADI__OPEN_CREATE, &file, NULL),
                     WADI_OK);
    assert_int_equal(wadi__fs_write(file, "lines", 5, NULL), WADI_OK);
    assert_int_equal(wadi__fs_sync(file, NULL), WADI_OK);
    assert_int_equal(wadi__fs_close(&file, NULL), WADI_OK);
    assert_int_equal(wadi__fs_rename(env, "hdfs:///logs/2017/new", "hdfs://x/logs/2017/a", NULL),
                     WADI_OK);
    assert_int_equal(wadi__fs_sync_dir(env, "hdfs:///logs/2017", NULL), WADI_OK);
    assert_string_equal(test_list("logs/2017"), "a");
    assert_int_equal(wadi__fs_read_all(env, "hdfs://name/logs/2017/a", 100, &bytes, &size, NULL),
                     WADI_OK);
    assert_string_equal(bytes, "lines");
    wadi__free(bytes);
    assert_int_equal(wadi__fs_remove_all(env, "hdfs:///logs/2017", NULL), WADI_OK);
    assert_string_equal(test_list("logs"), "");
}
static void test_patterns(void **state) {
    (void)state;
    test_make_dir("logs/2016");
    test_make_dir("logs/2017");
    test_write_text("logs/2017/b", "2");
    assert_true(wadi__fs_hdfs_set_root(test_dir));
    wadi__names names = {0};
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__glob(&wadi__env_real, "hdfs://name:8040/logs/*/b", &names, &err),
                     WADI_OK);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.items[0], "hdfs://name:8040/logs/2017/b");
    wadi__names_fini(&names);
}
static void test_none_is_an_error(void **state) {
    (void)state;
    wadi__file *file = NULL;
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi__fs_hdfs_set_root(NULL));
    assert_false(wadi__fs_hdfs_has_root());
    assert_int_equal(wadi__fs_open(&wadi__env_real, "hdfs:///x", WADI__OPEN_READ, &file, &err),
                     WADI_E_INVALID);
    assert_non_null(strstr(err.message, "wadi.fs.hdfs.root names a local folder"));
    assert_int_equal(wadi__fs_rename(&wadi__env_real, "hdfs:///x", "/y", NULL), WADI_E_INVALID);
    char longest[PATH_MAX + 1];
    memset(longest, 'a', sizeof longest - 1);
    longest[PATH_MAX] = 0;
    assert_false(wadi__fs_hdfs_set_root(longest));
    assert_false(wadi__fs_hdfs_has_root());
}

/* All calls that take paths, one after another. */
static bool use_all(void *arg) {
    wadi__env *env = &wadi__env_real;
    wadi__file *file = NULL;
    wadi__names names = {0};
    bool *exists = arg;
    wadi__file_stat stat;
    wadi_status status = wadi__fs_make_dirs(env, "hdfs:///d", NULL);
    if (status == WADI_OK)
        status =
            wadi__fs_open(env, "hdfs:///d/a", WADI__OPEN_WRITE | WADI__OPEN_CREATE, &file, NULL);
    if (status == WADI_OK) status = wadi__fs_close(&file, NULL);
    if (status == WADI_OK) status = wadi__fs_rename(env, "hdfs:///d/a", "hdfs:///d/b", NULL);
    if (status == WADI_OK) status = wadi__fs_list(env, "hdfs:///d", &names, NULL);
    if (status == WADI_OK) status = wadi__fs_sync_dir(env, "hdfs:///d", NULL);
    if (status == WADI_OK) status = wadi__fs_remove_all(env, "hdfs:///d", NULL);
    if (status == WADI_OK) status = wadi__fs_stat(env, "hdfs:///d", &stat, exists, NULL);
    wadi__names_fini(&names);
    assert_true(status == WADI_OK || status == WADI_E_NOMEM);
    return status == WADI_OK;
}
static void test_without_memory(void **state) {
    (void)state;
    bool exists = true;
    assert_true(wadi__fs_hdfs_set_root(test_dir));
    assert_true(wadi__unit_refuse_each(use_all, &exists, false) > 5);
    assert_false(exists);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_FILES(test_paths_lie_below_the_root),
        TEST_FILES(test_patterns),
        TEST_FILES(test_none_is_an_error),
        TEST_FILES(test_without_memory),
    };
    return cmocka_run_group_tests_name("hdfs", tests, NULL, NULL);
}
