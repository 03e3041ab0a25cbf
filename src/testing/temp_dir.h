/* SPDX-License-Identifier: Apache-2.0 */
/* temp_dir.h: a directory of the real machine that a test has for itself. */
#ifndef WADI_TESTING_TEMP_DIR_H
#define WADI_TESTING_TEMP_DIR_H
#include <stddef.h>

typedef struct wadi__temp_dir {
    char path[256];
} wadi__temp_dir;

/* Makes one under $TMPDIR, else /tmp. Ends the process when that cannot be. */
wadi__temp_dir wadi__temp_dir_new(void);
/* Removes it with all that is in it. */
void wadi__temp_dir_remove(const wadi__temp_dir *dir);
/* The path of `name` in it; valid until this thread's eighth call after this one. */
const char *wadi__temp_path(const wadi__temp_dir *dir, const char *name);
/* Writes a file below it and the directories that it needs. */
void wadi__temp_file(const wadi__temp_dir *dir, const char *name, const void *bytes, size_t size);
void wadi__temp_text(const wadi__temp_dir *dir, const char *name, const char *text);
#endif
