/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk_test.c: without faults it is as the real one; with them it loses just what was not safe.
 */
#include "testing/sim_disk.h"

#include "testing/env_layer.h"
#include "testing/manual_clock.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

enum {
    R = WADI__OPEN_READ,
    W = WADI__OPEN_WRITE,
    C = WADI__OPEN_CREATE,
    T = WADI__OPEN_TRUNCATE,
    A = WADI__OPEN_APPEND,
    X = WADI__OPEN_EXCLUSIVE
};
enum { SEEDS = 200 };

static wadi__env *new_disk(uint64_t seed) { return wadi__sim_disk_new(&wadi__env_real, seed); }

/* ---- The same calls on a real disk and on this one give the same ---- */

typedef struct names {
    char text[200];
} names;
static bool add_name(const char *name, void *arg) {
    names *list = arg;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "<%s>", name);
    assert_null(strstr(list->text, wanted));
    strncat(list->text, wanted, sizeof list->text - strlen(list->text) - 1);
    return true;
}
/* Writes what each call gave into `out`. */
static void use_all_calls(wadi__env *env, const char *root, char *out, size_t size) {
    char a[300], b[300], d[300], e[300], da[300], none[300], bytes[32], *at = out;
    snprintf(a, sizeof a, "%s/a", root);
    snprintf(b, sizeof b, "%s//./b", root);
    snprintf(d, sizeof d, "%s/d", root);
    snprintf(e, sizeof e, "%s/e/", root);
    snprintf(da, sizeof da, "%s/d/../d/a", root);
    snprintf(none, sizeof none, "%s/none/x", root);
    wadi__file_stat stat = {.size_bytes = -1};
    names list = {""};
    int f, g;
#define GAVE(call) \
    at += snprintf(at, size - (size_t)(at - out), "%d: %lld\n", __LINE__, (long long)(call))
    GAVE(env->file_open(env, a, R, 0));
    GAVE(env->file_open(env, none, W | C, 0600));
    GAVE(env->file_open(env, "", R, 0));
    GAVE((f = env->file_open(env, a, W | C | X, 0600)) >= 0);
    GAVE(env->file_open(env, a, W | C | X, 0600));
    GAVE(env->file_write(env, f, "hello world", 11));
    GAVE(env->file_write(env, f, "", 0));
    GAVE(env->file_read(env, f, bytes, 4));
    GAVE(env->file_truncate(env, f, 5));
    GAVE(env->file_write(env, f, "!", 1)); /* behind a hole */
    GAVE(env->file_sync(env, f));
    GAVE((g = env->file_open(env, a, R, 0)) >= 0);
    GAVE(env->file_read(env, g, bytes, sizeof bytes));
    GAVE(memcmp(bytes, "hello\0\0\0\0\0\0!", 12));
    GAVE(env->file_read(env, g, bytes, sizeof bytes));
    GAVE(env->file_pread(env, g, bytes, 3, 1));
    GAVE(memcmp(bytes, "ell", 3));
    GAVE(env->file_pread(env, g, bytes, 3, 100));
    GAVE(env->file_pread(env, g, bytes, 3, -1));
    GAVE(env->file_write(env, g, "x", 1));
    GAVE(env->file_truncate(env, g, 0));
    GAVE(env->file_lock(env, f));
    GAVE(env->file_lock(env, f));
    GAVE(env->file_lock(env, g));
    GAVE(env->file_close(env, f));
    GAVE(env->file_lock(env, g));
    GAVE(env->file_close(env, g));
    GAVE((f = env->file_open(env, a, W | A, 0)) >= 0);
    GAVE(env->file_truncate(env, f, 1));
    GAVE(env->file_write(env, f, "i", 1));
    GAVE(env->file_close(env, f));
    GAVE(env->file_stat(env, a, &stat));
    GAVE(stat.size_bytes * 10 + stat.kind);
    GAVE(env->file_stat(env, none, &stat));
    GAVE(env->file_stat(env, e, &stat));
    GAVE(env->dir_make(env, d, 0700));
    GAVE(env->dir_make(env, d, 0700));
    GAVE(env->dir_make(env, a, 0700));
    GAVE(env->dir_make(env, none, 0700));
    GAVE(env->dir_make(env, e, 0700));
    GAVE(env->file_rename(env, a, da));
    GAVE(env->file_rename(env, a, da));
    GAVE(env->file_rename(env, da, da));
    GAVE(env->file_stat(env, a, &stat));
    GAVE((f = env->file_open(env, b, W | C | T, 0600)) >= 0);
    GAVE(env->file_close(env, f));
    GAVE(env->file_rename(env, da, b)); /* over one that is there */
    GAVE(env->file_rename(env, b, d));
    GAVE(env->file_rename(env, d, b));
    GAVE(env->file_rename(env, b, da));
    GAVE(env->file_rename(env, e, d)); /* a directory over one that is not empty */
    snprintf(none, sizeof none, "%s/d/sub", root);
    GAVE(env->file_rename(env, d, none)); /* into itself */
    snprintf(none, sizeof none, "%s/d/a/x", root);
    GAVE(env->file_open(env, none, R, 0)); /* through a file */
    GAVE(env->file_unlink(env, none));
    GAVE(env->file_open(env, d, W, 0));
    GAVE((f = env->file_open(env, d, R, 0)) >= 0);
    GAVE(env->file_read(env, f, bytes, 1));
    GAVE(env->file_close(env, f));
    GAVE(env->file_close(env, f));
    GAVE(env->dir_list(env, root, add_name, &list));
    GAVE(strstr(list.text, "<d>") != NULL && strstr(list.text, "<e>") != NULL &&
         strlen(list.text) == 6);
    GAVE(env->dir_list(env, da, add_name, &list));
    GAVE(env->dir_list(env, none, add_name, &list));
    GAVE(env->dir_sync(env, d));
    GAVE(env->dir_sync(env, da));
    GAVE(env->dir_remove(env, d));
    GAVE(env->dir_remove(env, da));
    GAVE(env->dir_remove(env, e));
    GAVE(env->dir_remove(env, e));
    GAVE((f = env->file_open(env, da, R | W, 0)) >= 0);
    GAVE(env->file_unlink(env, da));
    GAVE(env->file_unlink(env, da));
    GAVE(env->file_read(env, f, bytes, sizeof bytes)); /* what is open stays */
    GAVE(env->file_write(env, f, "more", 4));
    GAVE(env->file_close(env, f));
    GAVE(env->dir_remove(env, d));
    memset(none, 'n', 280);
    snprintf(none + 280, 20, "n");
    snprintf(a, sizeof a, "%s", root);
    char long_path[700];
    snprintf(long_path, sizeof long_path, "%s/%s", root, none);
    GAVE(env->file_open(env, long_path, W | C, 0600));
#undef GAVE
}
static void test_is_as_the_real_one(void **state) {
    (void)state;
    static char real[8000], simulated[8000];
    wadi__temp_dir dir = wadi__temp_dir_new();
    use_all_calls(&wadi__env_real, dir.path, real, sizeof real);
    wadi__temp_dir_remove(&dir);

    wadi__env_layer layer; /* which only hands on */
    wadi__env_layer_init(&layer, "layer", &wadi__env_real);
    dir = wadi__temp_dir_new();
    use_all_calls(&layer.env, dir.path, simulated, sizeof simulated);
    assert_string_equal(simulated, real);
    wadi__temp_dir_remove(&dir);

    wadi__env *disk = new_disk(1);
    assert_int_equal(disk->dir_make(disk, "/root", 0700), 0);
    use_all_calls(disk, "/root", simulated, sizeof simulated);
    assert_string_equal(simulated, real);
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    assert_int_equal(wadi__sim_disk_used(disk), 0);
    wadi__sim_disk_free(disk);
}

/* ---- What a crash leaves ---- */

static int open_new(wadi__env *disk, const char *path) {
    int file = disk->file_open(disk, path, W | C, 0600);
    assert_true(file >= 0);
    return file;
}
static void write_all(wadi__env *disk, int file, const char *text) {
    assert_int_equal(disk->file_write(disk, file, text, strlen(text)), strlen(text));
}
static void write_file(wadi__env *disk, const char *path, const char *text, bool is_synced) {
    int file = open_new(disk, path);
    write_all(disk, file, text);
    if (is_synced) assert_int_equal(disk->file_sync(disk, file), 0);
    assert_int_equal(disk->file_close(disk, file), 0);
}
/* What is in the file: its text, "-" for none; static. */
static const char *content(wadi__env *disk, const char *path) {
    static char text[5000];
    size_t size;
    char *bytes = wadi__sim_disk_get(disk, path, &size);
    snprintf(text, sizeof text, "%s", bytes == NULL ? "-" : bytes);
    free(bytes);
    return text;
}
/* How often something was so, over all seeds. */
typedef struct tally {
    int kept, lost, other;
} tally;
static void count(tally *all, const char *actual, const char *kept, const char *lost) {
    if (strcmp(actual, kept) == 0)
        all->kept++;
    else if (strcmp(actual, lost) == 0)
        all->lost++;
    else
        all->other++;
}

static void test_what_was_synced_stays(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        wadi__env *disk = new_disk(seed);
        disk->dir_make(disk, "/d", 0700);
        write_file(disk, "/d/a", "safe", true);
        assert_int_equal(disk->dir_sync(disk, "/d"), 0);
        assert_int_equal(disk->dir_sync(disk, "/"), 0);
        for (int i = 0; i < 3; i++) {
            wadi__sim_disk_crash(disk);
            assert_string_equal(content(disk, "/d/a"), "safe");
        }
        wadi__sim_disk_free(disk);
    }
}
static void test_what_was_not_synced_may_go(void **state) {
    (void)state;
    tally bytes = {0}, name = {0}, removal = {0}, size = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        wadi__env *disk = new_disk(seed);
        wadi__sim_disk_put(disk, "/old", "old", 3);
        wadi__sim_disk_put(disk, "/gone", "gone", 4);
        wadi__sim_disk_put(disk, "/cut", "cut off", 7);
        write_file(disk, "/old", "new", false);
        write_file(disk, "/name", "n", true); /* the bytes are safe, the name is not */
        disk->file_unlink(disk, "/gone");
        int cut = disk->file_open(disk, "/cut", W, 0);
        disk->file_truncate(disk, cut, 3);
        wadi__sim_disk_crash(disk);
        assert_int_equal(disk->file_write(disk, cut, "x", 1), -EBADF); /* nothing stays open */
        count(&bytes, content(disk, "/old"), "new", "old");
        count(&name, content(disk, "/name"), "n", "-");
        count(&removal, content(disk, "/gone"), "-", "gone");
        count(&size, content(disk, "/cut"), "cut", "cut off");
        wadi__sim_disk_free(disk);
    }
    const tally all[] = {bytes, name, removal, size};
    for (size_t i = 0; i < 4; i++) {
        assert_true(all[i].kept > 20 && all[i].lost > 20);
        assert_int_equal(all[i].other, 0);
    }
}
/* The well-known way to replace a file, and what happens without its first sync. */
static void replace(wadi__env *disk, const char *text, bool syncs_file) {
    write_file(disk, "/new", text, syncs_file);
    disk->file_rename(disk, "/new", "/a");
}
static void test_rename_is_whole(void **state) {
    (void)state;
    tally with = {0}, without = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (int syncs = 0; syncs < 2; syncs++) {
            wadi__env *disk = new_disk(seed);
            wadi__sim_disk_put(disk, "/a", "old", 3);
            replace(disk, "new", syncs);
            wadi__sim_disk_crash(disk);
            count(syncs ? &with : &without, content(disk, "/a"), "new", "old");
            wadi__sim_disk_free(disk);
        }
    }
    assert_true(with.kept > 20 && with.lost > 20 && with.other == 0);
    assert_true(without.other > 10); /* the new name, without its bytes */
}
static void test_directories_move_whole(void **state) {
    (void)state;
    tally moved = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        wadi__env *disk = new_disk(seed);
        wadi__sim_disk_put(disk, "/tmp/part-0", "0", 1);
        wadi__sim_disk_put(disk, "/out/x", "x", 1);
        assert_int_equal(disk->file_rename(disk, "/tmp", "/out/done"), 0);
        bool is_synced = seed % 2 == 0;
        if (is_synced) disk->dir_sync(disk, seed % 4 == 0 ? "/out" : "/");
        wadi__sim_disk_crash(disk);
        bool is_old = strcmp(content(disk, "/tmp/part-0"), "0") == 0;
        bool is_new = strcmp(content(disk, "/out/done/part-0"), "0") == 0;
        assert_true(is_old != is_new);
        assert_true(is_new || !is_synced);
        if (!is_synced) count(&moved, is_new ? "n" : "o", "n", "o");
        wadi__sim_disk_free(disk);
    }
    assert_true(moved.kept > 10 && moved.lost > 10);
}
static void test_writes_tear_and_swap(void **state) {
    (void)state;
    enum { SIZE = 3000 };
    char block[SIZE + 1];
    memset(block, 'b', SIZE);
    block[SIZE] = 0;
    int torn = 0, swapped = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        wadi__env *disk = new_disk(seed);
        wadi__sim_disk_put(disk, "/a", "", 0);
        int file = disk->file_open(disk, "/a", W, 0);
        write_all(disk, file, "head");
        write_all(disk, file, block);
        wadi__sim_disk_crash(disk);
        size_t size;
        char *bytes = wadi__sim_disk_get(disk, "/a", &size);
        size_t from = size > 4 ? 4 : size, end = from;
        while (end < size && bytes[end] == 'b') end++;
        assert_int_equal(end, size);
        assert_true(size == 0 || size == 4 || size == SIZE + 4 ||
                    size % 512 == 0); /* tears at sectors */
        torn += size > 4 && size < SIZE + 4;
        swapped += size > 4 && bytes[0] == 0; /* the second without the first */
        free(bytes);
        wadi__sim_disk_free(disk);
    }
    assert_true(torn > 10);
    assert_true(swapped > 10);
}
static void test_sync_that_fails_forgets(void **state) {
    (void)state;
    tally all = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        wadi__env *disk = new_disk(seed);
        wadi__sim_disk_put(disk, "/a", "old", 3);
        int file = disk->file_open(disk, "/a", W, 0);
        write_all(disk, file, "new");
        wadi__sim_disk_fail(disk, WADI__SIM_SYNC, 1, 1, EIO);
        assert_int_equal(disk->file_sync(disk, file), -EIO);
        assert_string_equal(content(disk, "/a"), "new"); /* still to be read */
        assert_int_equal(disk->file_sync(disk, file), 0);
        wadi__sim_disk_crash(disk);
        count(&all, content(disk, "/a"), "new", "old");
        wadi__sim_disk_free(disk);
    }
    assert_true(all.kept > 20 && all.lost > 20 && all.other == 0);
}
static void test_locks_end_with_a_crash(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    wadi__sim_disk_put(disk, "/lock", "", 0);
    assert_int_equal(disk->file_lock(disk, disk->file_open(disk, "/lock", W, 0)), 0);
    wadi__sim_disk_crash(disk);
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    assert_int_equal(disk->file_lock(disk, disk->file_open(disk, "/lock", W, 0)), 0);
    wadi__sim_disk_free(disk);
}
static void test_a_seed_is_a_fate(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        char first[2][8] = {"", ""};
        for (int run = 0; run < 2; run++) {
            wadi__env *disk = new_disk(seed);
            for (int i = 0; i < 10; i++)
                write_file(disk, i % 2 == 0 ? "/a" : "/b", i % 3 == 0 ? "xyz" : "12", i == 5);
            wadi__sim_disk_crash(disk);
            for (int i = 0; i < 2; i++) {
                const char *after = content(disk, i == 0 ? "/a" : "/b");
                if (run == 0)
                    snprintf(first[i], sizeof first[i], "%.7s", after);
                else
                    assert_string_equal(after, first[i]);
            }
            wadi__sim_disk_free(disk);
        }
    }
}

/* ---- Faults ---- */

static void test_calls_fail_by_number(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    int file = open_new(disk, "/a");
    wadi__sim_disk_fail(disk, WADI__SIM_WRITE, 2, 2, EIO);
    static const ssize_t expected[] = {1, -EIO, -EIO, 1};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(disk->file_sync(disk, file), 0); /* other kinds do not count */
        assert_int_equal(disk->file_write(disk, file, "x", 1), expected[i]);
    }
    assert_string_equal(content(disk, "/a"), "xx");
    wadi__sim_disk_fail(disk, WADI__SIM_ALL, 1, UINT64_MAX, EACCES);
    for (int i = 0; i < 3; i++) assert_int_equal(disk->file_open(disk, "/a", R, 0), -EACCES);
    assert_int_equal(disk->file_rename(disk, "/a", "/b"), -EACCES);
    assert_int_equal(disk->dir_list(disk, "/", add_name, NULL), -EACCES);
    wadi__sim_disk_fail(disk, WADI__SIM_ALL, 0, 0, 0);
    wadi__sim_disk_fail(disk, WADI__SIM_NAMES, 1, 1, EIO);
    assert_int_equal(disk->file_unlink(disk, "/a"), -EIO);
    assert_int_equal(disk->file_unlink(disk, "/a"), 0);
    wadi__sim_disk_fail(disk, WADI__SIM_OTHER, 1, 1, EIO);
    assert_int_equal(disk->file_close(disk, file), -EIO); /* and is closed */
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    assert_int_equal(wadi__sim_disk_calls(disk, WADI__SIM_WRITE), 4);
    assert_int_equal(wadi__sim_disk_calls(disk, WADI__SIM_WRITE | WADI__SIM_SYNC), 8);
    wadi__sim_disk_free(disk);
}
static void test_space(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    wadi__sim_disk_set_capacity(disk, 10);
    int a = open_new(disk, "/a"), b = open_new(disk, "/b");
    assert_int_equal(disk->file_write(disk, a, "1234567", 7), 7);
    assert_int_equal(disk->file_write(disk, b, "12345", 5), 3); /* what fits */
    assert_int_equal(disk->file_write(disk, b, "45", 2), -ENOSPC);
    assert_int_equal(wadi__sim_disk_used(disk), 10);
    int again = disk->file_open(disk, "/a", W, 0);
    assert_int_equal(disk->file_write(disk, again, "abcdefghi", 9),
                     7); /* over what is there it may */
    assert_int_equal(disk->file_truncate(disk, again, 8), -ENOSPC);
    assert_int_equal(disk->file_truncate(disk, again, 6), 0);
    assert_int_equal(disk->file_write(disk, b, "45", 2), 1);
    assert_int_equal(disk->file_unlink(disk, "/a"), 0);
    assert_int_equal(disk->file_write(disk, b, "5", 1), -ENOSPC); /* it is still open */
    disk->file_close(disk, a);
    disk->file_close(disk, again);
    assert_int_equal(disk->file_write(disk, b, "5", 1), 1);
    assert_string_equal(content(disk, "/b"), "12345");
    wadi__sim_disk_set_capacity(disk, -1);
    assert_int_equal(disk->file_write(disk, b, "6789012345", 10), 10);
    wadi__sim_disk_free(disk);
}
static void test_files_max(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    wadi__sim_disk_set_files_max(disk, 2);
    int a = open_new(disk, "/a");
    open_new(disk, "/b");
    assert_int_equal(disk->file_open(disk, "/c", W | C, 0600), -EMFILE);
    assert_string_equal(content(disk, "/c"), "-");
    disk->file_close(disk, a);
    open_new(disk, "/c");
    wadi__sim_disk_free(disk);
}
static void test_short_reads_and_writes(void **state) {
    (void)state;
    wadi__env *disk = new_disk(3);
    wadi__sim_disk_set_short(disk, true);
    int file = open_new(disk, "/a"), calls = 0;
    for (size_t at = 0; at < 1000; calls++) {
        char bytes[1000];
        for (size_t i = at; i < 1000; i++) bytes[i] = (char)i;
        ssize_t put = disk->file_write(disk, file, bytes + at, 1000 - at);
        assert_true(put > 0);
        at += (size_t)put;
    }
    int in = disk->file_open(disk, "/a", R, 0);
    char back[1001];
    size_t at = 0;
    for (ssize_t got; (got = disk->file_read(disk, in, back + at, 1001 - at)) > 0; calls++)
        at += (size_t)got;
    assert_int_equal(at, 1000);
    for (int i = 0; i < 1000; i++) assert_int_equal(back[i], (char)i);
    assert_true(calls > 4);
    wadi__sim_disk_free(disk);
}
static void test_damage(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    wadi__sim_disk_put(disk, "/d/a", "abc", 3);
    assert_true(wadi__sim_disk_damage(disk, "/d/a", 1, 1));
    assert_string_equal(content(disk, "/d/a"), "acc");
    wadi__sim_disk_crash(disk);
    assert_string_equal(content(disk, "/d/a"), "acc");
    assert_false(wadi__sim_disk_damage(disk, "/d/a", 3, 1));
    assert_false(wadi__sim_disk_damage(disk, "/d", 0, 1));
    assert_false(wadi__sim_disk_damage(disk, "/x", 0, 1));
    wadi__sim_disk_free(disk);
}
static void test_times_come_from_the_clock(void **state) {
    (void)state;
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 5000),
              *disk = wadi__sim_disk_new(clock, 1);
    wadi__file_stat stat;
    write_file(disk, "/a", "x", false);
    wadi__manual_clock_advance_ms(clock, 1000);
    assert_int_equal(disk->wall_ms(disk), 6000);
    disk->file_stat(disk, "/a", &stat);
    assert_int_equal(stat.modified_ms, 5000);
    write_file(disk, "/a", "y", false);
    disk->file_stat(disk, "/a", &stat);
    assert_int_equal(stat.modified_ms, 6000);
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock);
}

/* ---- Every point at which the machine may stop ---- */

/* Replaces a file in the right way. False: a call failed. */
static bool replace_safely(wadi__env *disk, const char *text) {
    int file = disk->file_open(disk, "/tmp", W | C | T, 0600);
    bool is_fine = file >= 0 &&
                   disk->file_write(disk, file, text, strlen(text)) == (ssize_t)strlen(text) &&
                   disk->file_sync(disk, file) == 0;
    if (file >= 0) disk->file_close(disk, file);
    return is_fine && disk->file_rename(disk, "/tmp", "/a") == 0 && disk->dir_sync(disk, "/") == 0;
}
static void test_stop_at_every_call(void **state) {
    (void)state;
    int old = 0, new = 0;
    uint64_t stops = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        bool is_over = false;
        for (uint64_t n = 1; !is_over; n++) {
            wadi__env *disk = new_disk(seed * 1000 + n);
            wadi__sim_disk_put(disk, "/a", "old", 3);
            wadi__sim_disk_stop_at(disk, WADI__SIM_ALL, n);
            bool is_done = replace_safely(disk, "new");
            is_over = !wadi__sim_disk_is_stopped(disk);
            if (!is_over) {
                assert_int_equal(disk->file_open(disk, "/a", R, 0), -EIO); /* the machine is off */
                stops++;
            }
            wadi__sim_disk_crash(disk);
            const char *text = content(disk, "/a");
            if (is_done) assert_string_equal(text, "new");
            old += strcmp(text, "old") == 0;
            new += strcmp(text, "new") == 0;
            assert_true(strcmp(text, "old") == 0 || strcmp(text, "new") == 0);
            assert_true(replace_safely(disk, "again")); /* and on it goes */
            wadi__sim_disk_crash(disk);
            assert_string_equal(content(disk, "/a"), "again");
            wadi__sim_disk_free(disk);
        }
    }
    assert_int_equal(stops, 50 * 6);
    assert_true(old > 50 && new > 50);
}

/* ---- Many files, many threads ---- */

static void test_files_come_and_go(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    for (int i = 0; i < 5000; i++) {
        char path[32];
        snprintf(path, sizeof path, "/f%d", i);
        write_file(disk, path, "some bytes", i % 2 == 0);
        if (i % 3 == 0) disk->dir_sync(disk, "/");
        snprintf(path, sizeof path, "/f%d", i - 10);
        if (i >= 10) assert_int_equal(disk->file_unlink(disk, path), 0);
    }
    assert_int_equal(wadi__sim_disk_used(disk), 100);
    wadi__sim_disk_free(disk);
}
/* What nobody syncs is written back after a while, so that it does not pile up. */
static void test_old_changes_are_written_back(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        wadi__env *disk = new_disk(seed);
        static char block[1 << 20];
        write_file(disk, "/a", "early", false);
        int file = open_new(disk, "/b");
        for (int i = 0; i < 20; i++)
            assert_int_equal(disk->file_write(disk, file, block, sizeof block), sizeof block);
        wadi__sim_disk_crash(disk);
        assert_string_equal(content(disk, "/a"), "early");
        wadi__sim_disk_free(disk);
    }
}
typedef struct writer {
    wadi__env *disk;
    int number;
    pthread_t thread;
} writer;
static void *write_lines(void *arg) {
    writer *at = arg;
    int file = at->disk->file_open(at->disk, "/log", W | C | A, 0600);
    char line[16];
    snprintf(line, sizeof line, "line of %d\n", at->number);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(at->disk->file_write(at->disk, file, line, 10), 10);
        if (i % 50 == 0) assert_int_equal(at->disk->file_sync(at->disk, file), 0);
    }
    at->disk->file_close(at->disk, file);
    return NULL;
}
static void test_threads_append(void **state) {
    (void)state;
    wadi__env *disk = new_disk(1);
    writer writers[4];
    for (int i = 0; i < 4; i++) {
        writers[i] = (writer){.disk = disk, .number = i};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_lines, &writers[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(writers[i].thread, NULL);
    size_t size;
    char *text = wadi__sim_disk_get(disk, "/log", &size);
    assert_int_equal(size, 8000);
    int per_writer[4] = {0};
    for (size_t at = 0; at < size; at += 10) {
        assert_memory_equal(text + at, "line of ", 8);
        per_writer[text[at + 8] - '0']++;
    }
    for (int i = 0; i < 4; i++) assert_int_equal(per_writer[i], 200);
    free(text);
    wadi__sim_disk_free(disk);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_is_as_the_real_one);
    wadi__unit_add(&unit, test_what_was_synced_stays);
    wadi__unit_add(&unit, test_what_was_not_synced_may_go);
    wadi__unit_add(&unit, test_rename_is_whole);
    wadi__unit_add(&unit, test_directories_move_whole);
    wadi__unit_add(&unit, test_writes_tear_and_swap);
    wadi__unit_add(&unit, test_sync_that_fails_forgets);
    wadi__unit_add(&unit, test_locks_end_with_a_crash);
    wadi__unit_add(&unit, test_a_seed_is_a_fate);
    wadi__unit_add(&unit, test_calls_fail_by_number);
    wadi__unit_add(&unit, test_space);
    wadi__unit_add(&unit, test_files_max);
    wadi__unit_add(&unit, test_short_reads_and_writes);
    wadi__unit_add(&unit, test_damage);
    wadi__unit_add(&unit, test_times_come_from_the_clock);
    wadi__unit_add(&unit, test_stop_at_every_call);
    wadi__unit_add(&unit, test_files_come_and_go);
    wadi__unit_add(&unit, test_old_changes_are_written_back);
    wadi__unit_add(&unit, test_threads_append);
    return wadi__unit_run(&unit, "sim_disk");
}
