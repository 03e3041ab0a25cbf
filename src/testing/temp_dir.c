/* SPDX-License-Identifier: Apache-2.0 */
/* temp_dir.c: mkdtemp, and removal of a tree. */
#include "testing/temp_dir.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static _Noreturn void give_up(const char *what, const char *path) {
    fprintf(stderr, "wadi testing: %s %s: %s\n", what, path, strerror(errno));
    abort();
}
wadi__temp_dir wadi__temp_dir_new(void) {
    wadi__temp_dir dir;
    const char *root = getenv("TMPDIR");
    snprintf(dir.path, sizeof dir.path, "%s/wadi-test-XXXXXX", root != NULL ? root : "/tmp");
    if (mkdtemp(dir.path) == NULL) give_up("mkdtemp", dir.path);
    return dir;
}
static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
    (void)st, (void)kind, (void)where;
    return remove(path);
}
void wadi__temp_dir_remove(const wadi__temp_dir *dir) {
    if (nftw(dir->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) give_up("remove", dir->path);
}
const char *wadi__temp_path(const wadi__temp_dir *dir, const char *name) {
    static _Thread_local char paths[8][4096];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir->path, name);
    return path;
}
void wadi__temp_file(const wadi__temp_dir *dir, const char *name, const void *bytes, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    for (char *slash = strchr(path + strlen(dir->path) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST) give_up("mkdir", path);
        *slash = '/';
    }
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        give_up("write", path);
}
void wadi__temp_text(const wadi__temp_dir *dir, const char *name, const char *text) {
    wadi__temp_file(dir, name, text, strlen(text));
}
