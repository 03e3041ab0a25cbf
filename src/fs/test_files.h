/* SPDX-License-Identifier: Apache-2.0 */
/* test_files.h: what unit tests with files share: a directory of the test's own, made and removed
 * with it. */
#ifndef WADI_FS_TEST_FILES_H
#define WADI_FS_TEST_FILES_H
#include "fs/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char test_dir[64]; /* no slash at its end */

static inline int test_dir_make(void **state) {
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(test_dir, sizeof test_dir, "%.40s/wadi-XXXXXX", parent != NULL ? parent : "/tmp");
    return mkdtemp(test_dir) != NULL ? 0 : -1;
}
static inline int test_dir_remove(void **state) {
    (void)state;
    return wadi__fs_remove_all(&wadi__env_real, test_dir, NULL) == WADI_OK ? 0 : -1;
}
/* test_dir/name; the result stays until the eighth call after. */
static inline char *test_path(const char *name) {
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", test_dir, name);
    return path;
}
static inline void test_write(const char *name, const void *bytes, size_t size) {
    wadi__file *file = NULL;
    const char *path = test_path(name);
    assert_int_equal(wadi__fs_open(&wadi__env_real, path,
                                   WADI__OPEN_WRITE | WADI__OPEN_CREATE | WADI__OPEN_TRUNCATE,
                                   &file, NULL),
                     WADI_OK);
    assert_int_equal(wadi__fs_write(file, bytes, size, NULL), WADI_OK);
    assert_int_equal(wadi__fs_close(&file, NULL), WADI_OK);
}
static inline void test_write_text(const char *name, const char *text) {
    test_write(name, text, strlen(text));
}
static inline void test_make_dir(const char *name) {
    assert_int_equal(wadi__fs_make_dirs(&wadi__env_real, test_path(name), NULL), WADI_OK);
}
static inline bool test_exists(const char *name) {
    wadi__file_stat stat;
    bool exists;
    assert_int_equal(wadi__fs_stat(&wadi__env_real, test_path(name), &stat, &exists, NULL),
                     WADI_OK);
    return exists;
}
/* The names in a directory, with spaces between; the result stays until the next call. */
static inline const char *test_list(const char *name) {
    static char text[2048];
    wadi__names names = {0};
    assert_int_equal(wadi__fs_list(&wadi__env_real, test_path(name), &names, NULL), WADI_OK);
    text[0] = 0;
    for (size_t i = 0; i < names.count; i++) {
        strncat(text, i > 0 ? " " : "", sizeof text - strlen(text) - 1);
        strncat(text, names.items[i], sizeof text - strlen(text) - 1);
    }
    wadi__names_fini(&names);
    return text;
}
/* The contents of a text file; the result stays until the next call. */
static inline const char *test_read_text(const char *name) {
    static char *text;
    size_t size;
    wadi__free(text);
    text = NULL;
    assert_int_equal(
        wadi__fs_read_all(&wadi__env_real, test_path(name), 1 << 24, &text, &size, NULL), WADI_OK);
    return text;
}
#define TEST_FILES(f) cmocka_unit_test_setup_teardown(f, test_dir_make, test_dir_remove)
#endif
