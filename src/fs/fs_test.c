/* SPDX-License-Identifier: Apache-2.0 */
/* fs_test.c: paths, and the calls that all file systems share, on local files. */
#include "fs/test_files.h"

#include <errno.h>

typedef struct path_case {
    const char *path, *part, *last, *parent;
} path_case;
static const path_case paths[] = {
    {"/a/b.txt", "/a/b.txt", "b.txt", "/a"},
    {"/a/b/", "/a/b/", "b", "/a"},
    {"/a//b", "/a//b", "b", "/a"},
    {"/a", "/a", "a", "/"},
    {"/", "/", "", "/"},
    {"a", "a", "a", "."},
    {"a/b", "a/b", "b", "a"},
    {"file:///a/b", "/a/b", "b", "file:///a"},
    {"file:///a", "/a", "a", "file:///"},
    {"file:/a/b", "/a/b", "b", "file:/a"},
    {"s3a://bucket/x", "/x", "x", "s3a://bucket/"},
    {"a:b/c", "a:b/c", "c", "a:b"},
    {"hdfs://name:9000", "", "", "hdfs://name:9000/"},
};
static void test_paths(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        size_t len;
        const char *last = wadi__fs_last(paths[i].path, &len);
        char *parent = wadi__fs_parent(paths[i].path);
        assert_string_equal(wadi__fs_path_part(paths[i].path), paths[i].part);
        assert_int_equal(len, strlen(paths[i].last));
        assert_memory_equal(last, paths[i].last, len);
        assert_string_equal(parent, paths[i].parent);
        wadi__free(parent);
    }
}
static void test_join(void **state) {
    (void)state;
    static const struct {
        const char *dir, *expected;
    } cases[] = {{"/a", "/a/x"},           {"/a/", "/a/x"},           {"/", "/x"},
                 {"a", "a/x"},             {"file:///", "file:///x"}, {"hdfs://name", "hdfs://name/x"},
                 {"hdfs://", "hdfs:///x"}, {"file:/a", "file:/a/x"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *joined = wadi__fs_join(cases[i].dir, "x");
        assert_string_equal(joined, cases[i].expected);
        wadi__free(joined);
    }
}

typedef struct scheme_case {
    const char *path, *message; /* NULL: it is local */
} scheme_case;
static const scheme_case schemes[] = {
    {"/x", NULL},
    {"x", NULL},
    {"file:///x", NULL},
    {"file:/x", NULL},
    {"file://localhost/x", NULL},
    {"file://other/x", "file://other/x names another host; write file:///path for a local file"},
    {"hdfs://name:9000/x",
     "hdfs://name:9000/x: file systems of the scheme 'hdfs' are not built in yet; for development, "
     "wadi.fs.hdfs.root names a local folder to use in its place"},
    {"s3a://logs/in", "s3a://logs/in: file systems of the scheme 's3a' are not built in yet"},
    {"", "a path is empty"},
};
static void test_schemes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        wadi_error err = WADI_ERROR_INIT;
        bool is_local = wadi__fs_find(schemes[i].path, &err) == &wadi__fs_local_ops;
        assert_int_equal(is_local, schemes[i].message == NULL);
        if (!is_local) assert_string_equal(err.message, schemes[i].message);
    }
    wadi__file *file = NULL;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__fs_open(&wadi__env_real, "hdfs://n/x", WADI__OPEN_READ, &file, &err),
                     WADI_E_INVALID);
    assert_int_equal(wadi__fs_rename(&wadi__env_real, "hdfs://n/x", "/x", NULL), WADI_E_INVALID);
    assert_int_equal(wadi__fs_remove(&wadi__env_real, "hdfs://n/x", NULL), WADI_E_INVALID);
    assert_int_equal(wadi__fs_make_dirs(&wadi__env_real, "hdfs://n/x", NULL), WADI_E_INVALID);
}

static void test_read_and_write(void **state) {
    (void)state;
    wadi__env *env = &wadi__env_real;
    wadi__file *file = NULL;
    char bytes[16] = {0};
    size_t got;
    test_write_text("a", "hello world");
    assert_int_equal(wadi__fs_open(env, test_path("a"), WADI__OPEN_READ, &file, NULL), WADI_OK);
    assert_int_equal(wadi__fs_read(file, bytes, 5, &got, NULL), WADI_OK);
    assert_int_equal(got, 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(wadi__fs_pread(file, bytes, 16, 6, &got, NULL), WADI_OK);
    assert_int_equal(got, 5);
    assert_memory_equal(bytes, "world", 5);
    assert_int_equal(wadi__fs_pread(file, bytes, 16, 11, &got, NULL), WADI_OK);
    assert_int_equal(got, 0);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__fs_write(file, "x", 1, &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "cannot write"));
    assert_int_equal(wadi__fs_close(&file, NULL), WADI_OK);
    assert_null(file);
    assert_int_equal(wadi__fs_close(&file, NULL), WADI_OK);
}
static void test_errors_name_the_path(void **state) {
    (void)state;
    wadi__file *file = NULL;
    wadi_error err = WADI_ERROR_INIT;
    char wanted[600];
    assert_int_equal(
        wadi__fs_open(&wadi__env_real, test_path("none"), WADI__OPEN_READ, &file, &err), WADI_E_IO);
    snprintf(wanted, sizeof wanted, "no such file: %s/none", test_dir);
    assert_string_equal(err.message, wanted);
    assert_false(err.retriable);
    test_write_text("plain", "");
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi__fs_make_dirs(&wadi__env_real, test_path("plain/below"), &err),
                     WADI_E_IO);
    snprintf(wanted, sizeof wanted, "cannot make directory %s/plain/below: Not a directory",
             test_dir);
    assert_string_equal(err.message, wanted);
}
typedef struct failure_case {
    const char *name;
    int rc;
    wadi_status status;
    const char *message;
    bool retriable;
} failure_case;
static const failure_case failures[] = {
    {"no space", -ENOSPC, WADI_E_IO, "cannot write /x: No space left on device", true},
    {"no descriptors", -EMFILE, WADI_E_IO,
     "cannot write /x: Too many open files (the limit, ulimit -n, is too low, or files stay open)",
     true},
    {"nor any in the system", -ENFILE, WADI_E_IO,
     "cannot write /x: Too many open files in system (the limit, ulimit -n, is too low, or files "
     "stay open)",
     true},
    {"no memory", -ENOMEM, WADI_E_NOMEM, "no memory for file /x", true},
    {"not there", -ENOENT, WADI_E_IO, "no such file: /x", false},
    {"not allowed", -EACCES, WADI_E_IO, "cannot write /x: Permission denied", false},
};
static void test_what_failures_say(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        wadi_error err = WADI_ERROR_INIT;
        assert_int_equal(wadi__fs_failed(&err, failures[i].rc, "write", "/x"), failures[i].status);
        assert_string_equal(err.message, failures[i].message);
        assert_int_equal(err.retriable, failures[i].retriable);
    }
}
static void test_directories(void **state) {
    (void)state;
    wadi__env *env = &wadi__env_real;
    test_make_dir("a/b/c");
    test_make_dir("a/b/c");
    test_write_text("a/b/two", "2");
    test_write_text("a/b/one", "1");
    assert_string_equal(test_list("a/b"), "c one two");
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__fs_remove(env, test_path("a/b"), &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "cannot remove"));
    assert_int_equal(wadi__fs_make_dirs(env, test_path("a/b/one"), NULL), WADI_E_IO);
    assert_int_equal(wadi__fs_rename(env, test_path("a/b"), test_path("z"), NULL), WADI_OK);
    assert_string_equal(test_list("z"), "c one two");
    assert_int_equal(wadi__fs_sync_dir(env, test_path("z"), NULL), WADI_OK);
    assert_int_equal(wadi__fs_remove_all(env, test_path("z"), NULL), WADI_OK);
    assert_int_equal(wadi__fs_remove_all(env, test_path("z"), NULL), WADI_OK);
    assert_false(test_exists("z"));
    assert_int_equal(wadi__fs_list(env, test_path("z"), &(wadi__names){0}, NULL), WADI_E_IO);
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi__fs_rename(env, test_path("z"), test_path("y"), &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "; to "));
}
static void test_read_all(void **state) {
    (void)state;
    char big[9000], *bytes = NULL;
    size_t size;
    memset(big, 'x', sizeof big);
    test_write("big", big, sizeof big);
    test_write("empty", "", 0);
    assert_int_equal(
        wadi__fs_read_all(&wadi__env_real, test_path("big"), sizeof big, &bytes, &size, NULL),
        WADI_OK);
    assert_int_equal(size, sizeof big);
    assert_int_equal(bytes[size], 0);
    wadi__free(bytes);
    assert_int_equal(
        wadi__fs_read_all(&wadi__env_real, test_path("empty"), 10, &bytes, &size, NULL), WADI_OK);
    assert_int_equal(size, 0);
    wadi__free(bytes);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(
        wadi__fs_read_all(&wadi__env_real, test_path("big"), sizeof big - 1, &bytes, &size, &err),
        WADI_E_INVALID);
    assert_non_null(strstr(err.message, "is larger than 8999 bytes"));
}
static void test_without_memory(void **state) {
    (void)state;
    test_make_dir("dir");
    test_write_text("dir/a", "text");
    for (uint64_t n = 1;; n++) {
        wadi__file *file = NULL;
        wadi__names names = {0};
        wadi_error err = WADI_ERROR_INIT;
        int64_t before = wadi__mem_in_use();
        wadi__mem_fail_at(n, false);
        wadi_status status =
            wadi__fs_open(&wadi__env_real, test_path("dir/a"), WADI__OPEN_READ, &file, &err);
        if (status == WADI_OK)
            status = wadi__fs_list(&wadi__env_real, test_path("dir"), &names, &err);
        if (status == WADI_OK)
            status = wadi__fs_make_dirs(&wadi__env_real, test_path("dir/b/c"), &err);
        wadi__mem_fail_at(0, false);
        wadi__fs_close(&file, NULL);
        wadi__names_fini(&names);
        assert_int_equal(wadi__mem_in_use(), before);
        if (status == WADI_OK) break;
        assert_int_equal(status, WADI_E_NOMEM);
        assert_int_equal(err.status, WADI_E_NOMEM);
        assert_true(n < 100);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),    cmocka_unit_test(test_join), cmocka_unit_test(test_schemes),
        TEST_FILES(test_read_and_write), TEST_FILES(test_errors_name_the_path), TEST_FILES(test_what_failures_say),
        TEST_FILES(test_directories),    TEST_FILES(test_read_all),
        TEST_FILES(test_without_memory),
    };
    return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
