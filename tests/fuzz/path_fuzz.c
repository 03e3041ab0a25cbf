/* SPDX-License-Identifier: Apache-2.0 */
/* path_fuzz.c: paths of any bytes: their parts lie inside of them, and an hdfs:// path is the same
 * file as its part below the folder that stands for the cluster. */
#include "fs/fs.h"
#include "fuzz.h"
#include "testing/sim_disk.h"

static void look_at(const char *path) {
    const char *part = wadi__fs_path_part(path);
    size_t len = strlen(path), last_len = 0;
    fuzz_check(part >= path && part <= path + len);
    const char *last = wadi__fs_last(path, &last_len);
    fuzz_check(last >= path && last + last_len <= path + len &&
               memchr(last, '/', last_len) == NULL);
    char *parent = wadi__fs_parent(path), *joined = wadi__fs_join(path, "name");
    fuzz_check(parent != NULL && joined != NULL && strlen(parent) <= len + 1);
    last = wadi__fs_last(joined, &last_len);
    fuzz_check(last_len == 4 && memcmp(last, "name", 4) == 0);
    wadi__free(parent);
    wadi__free(joined);
}
static void use(wadi__env *disk, const char *path) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__file_stat stat;
    bool exists = false;
    if (wadi__fs_find(path, &err) == NULL) {
        fuzz_check(err.message[0] != 0);
        return;
    }
    if (wadi__fs_stat(disk, path, &stat, &exists, &err) == WADI_OK && exists &&
        stat.kind == WADI__FILE_PLAIN) {
        char *bytes = NULL;
        size_t size = 0;
        fuzz_check(wadi__fs_read_all(disk, path, 100, &bytes, &size, &err) == WADI_OK);
        fuzz_check(strcmp(bytes, "x") == 0);
        wadi__free(bytes);
    }
    wadi__names names = {0};
    wadi__fs_list(disk, path, &names, NULL);
    wadi__names_fini(&names);
    if (strncmp(path, "hdfs:", 5) != 0) return;
    char local[3000];
    wadi__file_stat local_stat;
    bool local_exists = false;
    snprintf(local, sizeof local, "/cluster/%s", wadi__fs_path_part(path));
    wadi_status status = wadi__fs_local_ops.stat(disk, local, &local_stat, &local_exists, NULL);
    exists = false;
    fuzz_check(wadi__fs_stat(disk, path, &stat, &exists, NULL) == status && exists == local_exists);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static wadi__env *disk;
    if (disk == NULL) {
        disk = wadi__sim_disk_new(&wadi__env_real, 1);
        wadi__sim_disk_put(disk, "/cluster/a/b", "x", 1);
        wadi__sim_disk_put(disk, "/a/b", "x", 1);
        wadi__fs_hdfs_set_root("/cluster");
    }
    fuzz in = {data, size < 2000 ? size : 2000};
    char *path = fuzz_text(&in);
    look_at(path);
    use(disk, path);
    free(path);
    return 0;
}
