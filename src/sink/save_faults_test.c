/* SPDX-License-Identifier: Apache-2.0 */
/* save_faults_test.c: what a batch leaves in its directory when the disk fails or the machine stops
 * at any of its calls, and when the batch is run again after that.
 *
 *   - `_SUCCESS` stands beside all the files of one run, never beside some of them or of two runs.
 *   - A directory that was not there is there whole, or not at all.
 *   - After the next run it is as if nothing had happened, and nothing lies beside it.
 */
#include "rdd/action/save.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <errno.h>
#include <stdio.h>

#define DIR "/out/p-1000"
enum { PARTS = 3, SEEDS = 4, CALLS_MAX = 400 };

/* Runs the batch: a line `run` in each part file but the last, which is empty. False: it failed. */
static bool save(wadi__env *disk, const char *run) {
    wadi__env_use(disk);
    wadi_context *sc = wadi_context_new("local[1]", "save");
    const wadi_str lines[] = {wadi_str_of(run), wadi_str_of(run)};
    wadi_rdd *rdd = wadi_union(wadi_parallelize(sc, wadi_str, lines, 2, .partitions = 2),
                               wadi_parallelize(sc, wadi_str, lines, 0, .partitions = 1));
    bool is_done = wadi__save_text(rdd, DIR, true);
    wadi_finish(sc);
    wadi__env_use(NULL);
    return is_done;
}
/* The contents of a file of the directory; false: it is not there. */
static bool read_file(wadi__env *disk, const char *name, char *text, size_t room) {
    char path[64];
    size_t size;
    snprintf(path, sizeof path, DIR "/%s", name);
    char *bytes = wadi__sim_disk_get(disk, path, &size);
    snprintf(text, room, "%s", bytes != NULL ? bytes : "");
    free(bytes);
    return bytes != NULL;
}
/* Whether the directory has all files of a run, and `_SUCCESS`. */
static bool is_whole(wadi__env *disk, const char *run) {
    char text[32], line[32];
    snprintf(line, sizeof line, "%s\n", run);
    return read_file(disk, "_SUCCESS", text, sizeof text) &&
           read_file(disk, "part-00000", text, sizeof text) && strcmp(text, line) == 0 &&
           read_file(disk, "part-00001", text, sizeof text) && strcmp(text, line) == 0 &&
           read_file(disk, "part-00002", text, sizeof text) && text[0] == 0;
}
typedef struct names {
    char text[400];
} names;
static bool add_name(const char *name, void *arg) {
    names *all = arg;
    size_t n = strlen(all->text);
    snprintf(all->text + n, sizeof all->text - n, "%s ", name);
    return true;
}
/* In any order. */
static names list(wadi__env *disk, const char *path) {
    names all = {""};
    disk->dir_list(disk, path, add_name, &all);
    return all;
}

typedef struct fault_case {
    const char *name;
    const char *before; /* the run that left a whole directory, with a file of somebody else's;
                           NULL: none */
    bool is_all_new;    /* the folder that it is to be in is not there either */
    bool is_crash;      /* the machine stops; else a call fails */
} fault_case;
static fault_case cases[] = {
    {"each call fails, in a new directory", NULL, false, false},
    {"each call fails, in a new folder", NULL, true, false},
    {"each call fails, over a run before", "old", false, false},
    {"the machine stops at each call, in a new directory", NULL, false, true},
    {"the machine stops at each call, in a new folder", NULL, true, true},
    {"the machine stops at each call, over a run before", "old", false, true},
};
static wadi__env *new_disk(const fault_case *row, uint64_t seed) {
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, seed);
    if (row->before == NULL) {
        wadi__sim_disk_put(disk, row->is_all_new ? "/nothing" : "/out/nothing", "", 0);
        return disk;
    }
    assert_true(save(disk, row->before));
    wadi__sim_disk_put(disk, DIR "/other", "mine", 4); /* what came before is safe too */
    return disk;
}
static void check_left(wadi__env *disk, const fault_case *row, bool is_done) {
    char text[32];
    if (is_done) assert_true(is_whole(disk, "new"));
    if (read_file(disk, "_SUCCESS", text, sizeof text))
        assert_true(is_whole(disk, "new") || (row->before != NULL && is_whole(disk, row->before)));
    if (row->before == NULL && list(disk, DIR).text[0] != 0) assert_true(is_whole(disk, "new"));
    if (row->before != NULL) assert_true(read_file(disk, "other", text, sizeof text));
}
static void check_next_run(wadi__env *disk, const fault_case *row) {
    char text[32];
    assert_true(save(disk, "next"));
    assert_true(is_whole(disk, "next"));
    if (row->before != NULL) {
        assert_true(read_file(disk, "other", text, sizeof text));
        assert_string_equal(text, "mine");
    }
    names beside = list(disk, "/out");
    if (strstr(beside.text, ".tmp") != NULL) fail_msg("left behind: %s", beside.text);
    names inside = list(disk, DIR);
    if (strstr(inside.text, ".tmp") != NULL) fail_msg("left behind: %s", inside.text);
}
/* False: there is no such call. */
static bool disturb(const fault_case *row, uint64_t n, uint64_t seed) {
    wadi__env *disk = new_disk(row, seed);
    uint64_t before = wadi__sim_disk_calls(disk, WADI__SIM_CHANGES);
    if (row->is_crash)
        wadi__sim_disk_stop_at(disk, WADI__SIM_CHANGES, n);
    else
        wadi__sim_disk_fail(disk, WADI__SIM_CHANGES, n, 1, seed % 2 == 0 ? EIO : ENOSPC);
    bool is_done = save(disk, "new");
    bool is_reached = wadi__sim_disk_calls(disk, WADI__SIM_CHANGES) - before >= n;
    wadi__sim_disk_stop_at(disk, 0, 0);
    wadi__sim_disk_fail(disk, WADI__SIM_CHANGES, 1, 0, EIO);
    wadi__sim_disk_crash(
        disk); /* what was not safe is lost or not, also where a call merely failed */
    check_left(disk, row, is_done);
    check_next_run(disk, row);
    wadi__sim_disk_free(disk);
    return is_reached;
}
static void test_faults(void **state) {
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t n = 1;
        while (disturb(*state, n, seed)) assert_true(n++ < CALLS_MAX);
        assert_true(n > PARTS);
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_faults, cases);
    return wadi__unit_run(&unit, "saving batches on bad disks");
}
