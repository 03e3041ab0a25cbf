/* SPDX-License-Identifier: Apache-2.0 */
/* glob_fuzz.c: patterns of any bytes over a few directories. What is found exists and is sorted; a
 * name that a pattern is made of is matched. */
#include "fs/glob.h"
#include "fuzz.h"
#include "testing/sim_disk.h"

static wadi__env *disk_with_files(void) {
    static const char *const paths[] = {
        "/a",     "/b",        "/in/a.csv",      "/in/b.csv", "/in/aab", "/in/a b", "/in/_SUCCESS",
        "/in/.x", "/in/sub/a", "/in/sub/deep/b", "/in/{x}",   "/in/[a]", "/in/a,b", "/in/*"};
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        wadi__sim_disk_put(disk, paths[i], "x", 1);
    return disk;
}
static void find(wadi__env *disk, const char *pattern) {
    wadi__names paths = {0};
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__glob(disk, pattern, &paths, &err);
    for (size_t i = 0; status == WADI_OK && i < paths.count; i++) {
        wadi__file_stat stat;
        bool exists = false;
        fuzz_check(wadi__fs_stat(disk, paths.items[i], &stat, &exists, NULL) == WADI_OK && exists);
        fuzz_check(i == 0 || strcmp(paths.items[i - 1], paths.items[i]) <= 0);
    }
    fuzz_check(status == WADI_OK || err.message[0] != 0);
    wadi__names_fini(&paths);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static wadi__env *disk;
    if (disk == NULL) disk = disk_with_files();
    fuzz in = {data, size < 2000 ? size : 2000};
    char *pattern = fuzz_text(&in);
    find(disk, pattern);
    wadi__inputs inputs = {0};
    wadi_error err = WADI_ERROR_INIT;
    fuzz_check(wadi__fs_inputs(disk, pattern, &inputs, &err) == WADI_OK || err.message[0] != 0);
    wadi__inputs_fini(&inputs);
    if (!wadi__glob_is_pattern(pattern) && strchr(pattern, '/') == NULL &&
        strchr(pattern, '\\') == NULL)
        fuzz_check(wadi__glob_match(pattern, pattern));
    char *bar = strchr(pattern, '|'); /* a pattern and a name */
    if (bar != NULL) {
        *bar = 0;
        wadi__glob_match(pattern, bar + 1);
    }
    free(pattern);
    return 0;
}
