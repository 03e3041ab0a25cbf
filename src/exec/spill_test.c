/* SPDX-License-Identifier: Apache-2.0 */
/* spill_test.c: frames in files without a name, on a disk that fails. */
#include "exec/spill.h"

#include "testing/keyed.h"
#include "testing/sim_disk.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <errno.h>
#include <sys/stat.h>

static wadi__env *disk;
static wadi__spill *spill;

static int start(void **state) {
    (void)state;
    disk = wadi__sim_disk_new(&wadi__env_real, 3);
    spill = wadi__spill_new(disk, "/tmp", 0);
    assert_non_null(spill);
    return 0;
}
static int stop(void **state) {
    (void)state;
    wadi__spill_close(spill);
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    assert_int_equal(wadi__sim_disk_used(disk), 0);
    wadi__sim_disk_free(disk);
    return 0;
}
/* `count` numbers from `first` on. */
static wadi_status put(int64_t first, size_t count, wadi__spilled *to, wadi_error *err) {
    int64_t *rows = malloc(count * sizeof *rows);
    for (size_t i = 0; i < count; i++) rows[i] = first + (int64_t)i;
    wadi__row_run runs[] = {{(const char *)rows, sizeof *rows, count / 2},
                            {(const char *)(rows + count / 2), sizeof *rows, count - count / 2}};
    wadi_status status = wadi__spill_write(spill, wadi__type_int64(), runs, 2, to, err);
    free(rows);
    return status;
}
static void check(const wadi__spilled *from, int64_t first, size_t count) {
    wadi__block *block = NULL;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__spill_read(spill, from, wadi__type_int64(), &block, &err), WADI_OK);
    assert_int_equal(block->row_count, count);
    for (size_t c = 0; c < block->chunks.count; c++)
        for (uint32_t i = 0; i < block->chunks.items[c]->count; i++)
            assert_int_equal(((int64_t *)(void *)block->chunks.items[c]->rows)[i], first++);
    wadi__block_unref(block);
}
static void test_frames(void **state) {
    (void)state;
    wadi__spilled frames[20];
    for (int i = 0; i < 20; i++)
        assert_int_equal(put(i * 100, 1 + (size_t)i * 500, &frames[i], NULL), WADI_OK);
    assert_int_equal(wadi__sim_disk_open_files(disk), 1);
    wadi__file_stat stat;
    assert_int_equal(disk->file_stat(disk, "/tmp/wadi", &stat), -ENOENT);
    for (int i = 20; i-- > 0;) check(&frames[i], i * 100, 1 + (size_t)i * 500);
    int64_t bytes = 0;
    for (int i = 0; i < 20; i++) bytes += frames[i].size_bytes;
    assert_int_equal(spill->bytes, bytes);
    for (int i = 0; i < 20; i++) wadi__spill_release(&frames[i]);
    assert_null(frames[0].file);
    assert_int_equal(spill->bytes, 0);
    assert_int_equal(spill->bytes_so_far, bytes);
    assert_int_equal(wadi__sim_disk_open_files(disk), 0); /* with its last frame */
    wadi__spill_release(&frames[0]);                      /* of nothing */
}
/* What was written in vain is passed by. */
static void test_failed_writes(void **state) {
    (void)state;
    wadi__spilled frames[40];
    wadi_error err = WADI_ERROR_INIT;
    int n = 0;
    wadi__sim_disk_set_short(disk, true);
    for (int i = 0; i < 40; i++) {
        if (i % 3 == 1)
            wadi__sim_disk_fail(disk, WADI__SIM_WRITE | WADI__SIM_OPEN, (uint64_t)(1 + i % 2), 1,
                                ENOSPC);
        if (put(i * 10, 3000, &frames[n], &err) == WADI_OK) {
            assert_true(frames[n].row_count == 3000);
            n++;
        } else {
            assert_int_equal(err.status, WADI_E_IO);
        }
        wadi__sim_disk_fail(disk, WADI__SIM_ALL, 0, 0, 0);
    }
    assert_true(n > 20 && n < 40);
    int64_t bytes = 0;
    for (int i = 0; i < n; i++) {
        wadi__block *block = NULL;
        assert_int_equal(wadi__spill_read(spill, &frames[i], wadi__type_int64(), &block, &err),
                         WADI_OK);
        assert_int_equal(block->row_count, 3000);
        wadi__block_unref(block);
        bytes += frames[i].size_bytes;
    }
    assert_int_equal(spill->bytes, bytes);
    for (int i = 0; i < n; i++) wadi__spill_release(&frames[i]);
}
static void test_messages(void **state) {
    (void)state;
    wadi__spilled frame = {0};
    wadi_error err = WADI_ERROR_INIT;
    wadi__sim_disk_set_capacity(disk, 500);
    assert_int_equal(put(1, 100000, &frame, &err), WADI_E_IO);
    test_says(err.message,
              "bytes that do not fit into memory in folder /tmp: No space left on device; "
              "make room there, name another folder by spark.local.dir, or raise");
    wadi__sim_disk_set_capacity(disk, -1);
    assert_null(frame.file);
    spill->bytes_max = 1000;
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(put(1, 100000, &frame, &err), WADI_E_IO);
    test_says(
        err.message,
        "bytes do not fit into memory, and 0 of the 1000 bytes of wadi.spill.max_bytes are taken");
    spill->bytes_max = 0;
    err = (wadi_error)WADI_ERROR_INIT;
    char *folder = spill->folder, none[] = "/none/at/all";
    spill->folder = none;
    assert_int_equal(put(1, 100, &frame, &err), WADI_E_IO);
    test_says(err.message, "in folder /none/at/all: No such file or directory");
    spill->folder = folder;
    assert_int_equal(put(1, 100, &frame, &err), WADI_OK);
    err = (wadi_error)WADI_ERROR_INIT;
    wadi__block *block = NULL;
    wadi__sim_disk_fail(disk, WADI__SIM_READ, 1, 1, EIO);
    assert_int_equal(wadi__spill_read(spill, &frame, wadi__type_int64(), &block, &err), WADI_E_IO);
    test_says(err.message, "spilled bytes in folder /tmp: Input/output error");
    wadi__spilled past = frame;
    past.size_bytes += 100;
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi__spill_read(spill, &past, wadi__type_int64(), &block, &err),
                     WADI_E_CORRUPT);
    test_says(err.message, "a spill file in folder /tmp ends within a frame");
    past = frame;
    past.offset += 1;
    past.size_bytes -= 1;
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi__spill_read(spill, &past, wadi__type_int64(), &block, &err),
                     WADI_E_CORRUPT);
    test_says(err.message, "in a spill file in folder /tmp");
    assert_null(block);
    wadi__spill_release(&frame);
}
/* On the machine's own disk: the folder was private, and is gone. */
static void *writer_main(void *arg) {
    for (int i = 0; i < 200; i++) {
        wadi__spilled frame = {0};
        if (wadi__spill_write_bytes(arg, "some bytes", 10, 1, &frame, NULL) != WADI_OK) return NULL;
        wadi__spill_release(&frame);
    }
    return arg;
}
static void test_threads(void **state) {
    (void)state;
    wadi__spill *shared = wadi__spill_new(&wadi__env_real, "/tmp", 0);
    pthread_t threads[3];
    void *done;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, writer_main, shared), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], &done);
        assert_ptr_equal(done, shared);
    }
    assert_int_equal(shared->bytes, 0);
    wadi__spill_close(shared);
}
/* The process ends by kill -9 while it has frames: no name is left, and the folder was private. */
static unsigned folder_mode;
static int (*make_dir)(wadi__env *env, const char *path, unsigned mode);
static int note_mode(wadi__env *env, const char *path, unsigned mode) {
    folder_mode = mode;
    return make_dir(env, path, mode);
}
static bool count_name(const char *name, void *arg) {
    (void)name;
    ++*(int *)arg;
    return true;
}
static void be_killed(const char *folder) {
    static wadi__env env;
    wadi__spilled frame = {0};
    env = wadi__env_real;
    make_dir = env.dir_make;
    env.dir_make = note_mode;
    wadi__spill *own = wadi__spill_new(&env, folder, 0);
    if (own != NULL && wadi__spill_write_bytes(own, "some bytes", 10, 1, &frame, NULL) == WADI_OK &&
        folder_mode == 0700)
        kill(getpid(), SIGKILL);
    _exit(1);
}
static void test_kill(void **state) {
    (void)state;
    wadi__temp_dir folder = wadi__temp_dir_new();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) be_killed(folder.path);
    int status = 0, names = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(wadi__env_real.dir_list(&wadi__env_real, folder.path, count_name, &names), 0);
    assert_int_equal(names, 0);
    wadi__temp_dir_remove(&folder);
}
/* Whoever has frames when the owner goes may release them later; the files are closed. */
static void test_closed(void **state) {
    (void)state;
    wadi__spill *own = wadi__spill_new(disk, "/tmp", 0);
    wadi__spilled frames[2] = {{0}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(wadi__spill_write_bytes(own, "x", 1, 1, &frames[i], NULL), WADI_OK);
    wadi__spill_release(&frames[0]);
    wadi__spill_close(own);
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    wadi__spill_release(&frames[1]);
}
/* A file that is full takes no more, and goes with its last frame. */
static void test_next_file(void **state) {
    (void)state;
    wadi__spilled first, second, third;
    assert_int_equal(put(1, 10, &first, NULL), WADI_OK);
    first.file->end = WADI__SPILL_FILE_BYTES;
    assert_int_equal(wadi__spill_write_bytes(spill, "x", 1, 1, &second, NULL), WADI_OK);
    assert_ptr_equal(second.file, first.file);
    assert_int_equal(put(5, 10, &third, NULL), WADI_OK);
    assert_true(third.file != first.file);
    assert_int_equal(wadi__sim_disk_open_files(disk), 2);
    wadi__spill_release(&first);
    assert_int_equal(wadi__sim_disk_open_files(disk), 2);
    wadi__spill_release(&second);
    assert_int_equal(wadi__sim_disk_open_files(disk), 1);
    check(&third, 5, 10);
    wadi__spill_release(&third);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_frames, start, stop),
        cmocka_unit_test_setup_teardown(test_failed_writes, start, stop),
        cmocka_unit_test_setup_teardown(test_messages, start, stop),
        cmocka_unit_test_setup_teardown(test_next_file, start, stop),
        cmocka_unit_test_setup_teardown(test_closed, start, stop),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_kill),
    };
    return cmocka_run_group_tests_name("spill", tests, NULL, NULL);
}
