/* SPDX-License-Identifier: Apache-2.0 */
/* output_dir_test.c: part files and their directory: whole, or not there. */
#include "fs/output_dir.h"
#include "fs/test_files.h"
#include "fs/writer.h"

#include <errno.h>

/* An env whose call number `fail_at` that changes something on disk fails. */
static wadi__env failing;
static int calls, fail_at;
static bool is_failing(void) { return ++calls == fail_at; }
static ssize_t failing_write(wadi__env *env, int file, const void *bytes, size_t size) {
    (void)env;
    return is_failing() ? -ENOSPC : wadi__env_real.file_write(&wadi__env_real, file, bytes, size);
}
static int failing_sync(wadi__env *env, int file) {
    (void)env;
    return is_failing() ? -EIO : wadi__env_real.file_sync(&wadi__env_real, file);
}
static int failing_rename(wadi__env *env, const char *from, const char *to) {
    (void)env;
    return is_failing() ? -EIO : wadi__env_real.file_rename(&wadi__env_real, from, to);
}
static int failing_open(wadi__env *env, const char *path, int how, unsigned mode) {
    (void)env;
    return is_failing() ? -EMFILE : wadi__env_real.file_open(&wadi__env_real, path, how, mode);
}
static int failing_dir_make(wadi__env *env, const char *path, unsigned mode) {
    (void)env;
    return is_failing() ? -EACCES : wadi__env_real.dir_make(&wadi__env_real, path, mode);
}
static int failing_dir_sync(wadi__env *env, const char *path) {
    (void)env;
    return is_failing() ? -EIO : wadi__env_real.dir_sync(&wadi__env_real, path);
}
static wadi__env *fail_call(int n) {
    failing = wadi__env_real;
    failing.file_write = failing_write;
    failing.file_sync = failing_sync;
    failing.file_rename = failing_rename;
    failing.file_open = failing_open;
    failing.dir_make = failing_dir_make;
    failing.dir_sync = failing_dir_sync;
    calls = 0;
    fail_at = n;
    return &failing;
}

static wadi_status write_part(wadi__output_dir *dir, uint32_t partition, const char *text,
                              wadi_error *err) {
    wadi__writer writer;
    char *path = wadi__fs_join(dir->temporary, wadi__part_name_of(partition).text);
    if (path == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__writer_open(&writer, dir->env, path, "try1", err);
    if (status == WADI_OK) status = wadi__writer_add(&writer, text, strlen(text), err);
    if (status == WADI_OK)
        status = wadi__writer_finish(&writer, err);
    else
        wadi__writer_abort(&writer);
    wadi__free(path);
    return status;
}
static wadi_status write_dir(wadi__env *env, const char *path, bool may_replace,
                             const char *const *parts, uint32_t count, wadi_error *err) {
    wadi__output_dir dir;
    wadi_status status = wadi__output_dir_open(&dir, env, path, may_replace, err);
    for (uint32_t i = 0; i < count && status == WADI_OK; i++)
        status = write_part(&dir, i, parts[i], err);
    if (status == WADI_OK) return wadi__output_dir_commit(&dir, err);
    wadi__output_dir_abort(&dir);
    return status;
}
static const char *const two[] = {"a\n", ""}, *const three[] = {"x", "y", "z"};

static void test_layout(void **state) {
    (void)state;
    assert_int_equal(write_dir(&wadi__env_real, test_path("up/out/"), false, two, 2, NULL),
                     WADI_OK);
    assert_string_equal(test_list("up"), "out");
    assert_string_equal(test_list("up/out"), "_SUCCESS part-00000 part-00001");
    assert_string_equal(test_read_text("up/out/part-00000"), "a\n");
    assert_string_equal(test_read_text("up/out/part-00001"), "");
    assert_string_equal(wadi__part_name_of(123456).text, "part-123456");
}
static void test_an_existing_directory(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    char wanted[600];
    test_make_dir("out");
    assert_int_equal(write_dir(&wadi__env_real, test_path("out"), false, two, 2, &err),
                     WADI_E_INVALID);
    snprintf(wanted, sizeof wanted, "output directory %s/out exists already", test_dir);
    assert_string_equal(err.message, wanted);
    assert_string_equal(test_list("."), "out");
    test_write_text("file", "");
    assert_int_equal(write_dir(&wadi__env_real, test_path("file"), true, two, 2, NULL),
                     WADI_E_INVALID);
    assert_int_equal(write_dir(&wadi__env_real, "/", true, two, 2, NULL), WADI_E_INVALID);
    assert_int_equal(write_dir(&wadi__env_real, "s3a://b/x", true, two, 2, NULL), WADI_E_INVALID);
}
static void test_a_run_again(void **state) {
    (void)state;
    assert_int_equal(write_dir(&wadi__env_real, test_path("out"), true, three, 3, NULL), WADI_OK);
    test_write_text("out/other", "stays");
    assert_int_equal(write_dir(&wadi__env_real, test_path("out"), true, two, 2, NULL), WADI_OK);
    assert_string_equal(test_list("."), "out");
    assert_string_equal(test_list("out"), "_SUCCESS other part-00000 part-00001 part-00002");
    assert_string_equal(test_read_text("out/part-00000"), "a\n");
    assert_string_equal(test_read_text("out/part-00001"), "");
    assert_string_equal(test_read_text("out/part-00002"), "z");
}
/* Whatever call fails: nothing is left of a new directory, or all of it (the failure came after its
 * rename). */
static void test_every_failure_of_a_new_directory(void **state) {
    (void)state;
    for (int n = 1;; n++) {
        wadi_error err = WADI_ERROR_INIT;
        wadi_status status = write_dir(fail_call(n), test_path("out"), false, two, 2, &err);
        if (status == WADI_OK) break;
        assert_int_equal(status, WADI_E_IO);
        assert_non_null(strstr(err.message, test_dir));
        if (test_exists("out"))
            assert_string_equal(test_list("out"), "_SUCCESS part-00000 part-00001");
        else
            assert_string_equal(test_list("."), "");
        wadi__fs_remove_all(&wadi__env_real, test_path("out"), NULL);
        assert_true(n < 100);
    }
    assert_string_equal(test_list("out"), "_SUCCESS part-00000 part-00001");
}
static void test_every_failure_of_a_run_again(void **state) {
    (void)state;
    for (int n = 1;; n++) {
        wadi__fs_remove_all(&wadi__env_real, test_path("out"), NULL);
        assert_int_equal(write_dir(&wadi__env_real, test_path("out"), true, three, 3, NULL),
                         WADI_OK);
        wadi_status status = write_dir(fail_call(n), test_path("out"), true, two, 2, NULL);
        assert_string_equal(test_list("."), "out");
        bool has_success = test_exists("out/_SUCCESS");
        /* With _SUCCESS it is one run or the other, never a mixture. */
        if (has_success) {
            char first[10];
            snprintf(first, sizeof first, "%s", test_read_text("out/part-00000"));
            assert_string_equal(test_read_text("out/part-00001"), first[0] == 'a' ? "" : "y");
        }
        if (status == WADI_OK) break;
        assert_int_equal(status, WADI_E_IO);
        assert_true(n < 100);
    }
}
static void test_large_writes(void **state) {
    (void)state;
    enum { PIECE = 100001, PIECES = 9, LARGE = 600000 };
    char *bytes = malloc(LARGE);
    memset(bytes, 'b', LARGE);
    wadi__writer writer;
    assert_int_equal(wadi__writer_open(&writer, &wadi__env_real, test_path("big"), "t", NULL),
                     WADI_OK);
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(wadi__writer_add(&writer, bytes, PIECE, NULL), WADI_OK);
    assert_int_equal(wadi__writer_add(&writer, bytes, LARGE, NULL), WADI_OK);
    assert_int_equal(wadi__writer_add(&writer, "end", 3, NULL), WADI_OK);
    assert_false(test_exists("big"));
    assert_int_equal(wadi__writer_finish(&writer, NULL), WADI_OK);
    assert_int_equal(strlen(test_read_text("big")), PIECE * PIECES + LARGE + 3);
    wadi__writer_abort(&writer);
    assert_true(test_exists("big"));
    free(bytes);
}
static void test_no_space(void **state) {
    (void)state;
    wadi__writer writer;
    wadi_error err = WADI_ERROR_INIT;
    char wanted[600];
    assert_int_equal(wadi__writer_open(&writer, fail_call(2), test_path("a"), "t", &err), WADI_OK);
    assert_int_equal(wadi__writer_add(&writer, "x", 1, &err), WADI_OK);
    assert_int_equal(wadi__writer_finish(&writer, &err), WADI_E_IO);
    snprintf(wanted, sizeof wanted, "cannot write %s/.a.t.tmp: No space left on device", test_dir);
    assert_string_equal(err.message, wanted);
    assert_true(err.retriable);
    assert_string_equal(test_list("."), "");
}
static void test_without_memory(void **state) {
    (void)state;
    for (uint64_t n = 1;; n++) {
        int64_t before = wadi__mem_in_use();
        wadi__mem_fail_at(n, false);
        wadi_status status = write_dir(&wadi__env_real, test_path("out"), false, two, 2, NULL);
        wadi__mem_fail_at(0, false);
        assert_int_equal(wadi__mem_in_use(), before);
        if (status == WADI_OK) break;
        assert_int_equal(status, WADI_E_NOMEM);
        assert_true(n < 300);
        wadi__fs_remove_all(&wadi__env_real, test_path("out"), NULL);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_FILES(test_layout),
        TEST_FILES(test_an_existing_directory),
        TEST_FILES(test_a_run_again),
        TEST_FILES(test_every_failure_of_a_new_directory),
        TEST_FILES(test_every_failure_of_a_run_again),
        TEST_FILES(test_large_writes),
        TEST_FILES(test_no_space),
        TEST_FILES(test_without_memory),
    };
    return cmocka_run_group_tests_name("output_dir", tests, NULL, NULL);
}
