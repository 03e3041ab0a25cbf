/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_dir_test.c: checkpoint directories on a simulated disk: order, damage, faults at every
 * write, and who may write. The tests of the writer have the names of the behaviours in
 * tests/conformance/behaviours.json. */
#include "stream/checkpoint_dir.h"

#include "base/log.h"
#include "stream/checkpoint_writer.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define DIR "/saved"

static wadi__env *clock_env, *disk;
static int open_disk(void **state) {
    (void)state;
    clock_env = wadi__manual_clock_new(&wadi__env_real, 0);
    disk = wadi__sim_disk_new(clock_env, 1);
    wadi__sim_disk_put(disk, DIR "/other", "x", 1);
    return 0;
}
static int close_disk(void **state) {
    (void)state;
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock_env);
    return 0;
}

/* A checkpoint that is told apart by the times in it. */
static wadi__text bytes_of(uint64_t epoch, int64_t time_ms) {
    wadi__text bytes = {0};
    wadi__checkpoint made = {.head = {.epoch = epoch, .time_ms = time_ms, .batch_ms = 1000}};
    assert_int_equal(wadi__checkpoint_write(&made, &bytes, NULL), WADI_OK);
    return bytes;
}
static void put(const char *name, uint64_t epoch, int64_t time_ms) {
    char path[100];
    wadi__text bytes = bytes_of(epoch, time_ms);
    snprintf(path, sizeof path, DIR "/%s", name);
    wadi__sim_disk_put(disk, path, bytes.bytes, bytes.size);
    wadi__text_fini(&bytes);
}
static wadi_status write_at(int64_t at_ms, uint64_t epoch, int64_t time_ms) {
    wadi__text bytes = bytes_of(epoch, time_ms);
    wadi_status status = wadi__checkpoint_dir_write(disk, DIR, at_ms, &bytes, NULL);
    wadi__text_fini(&bytes);
    return status;
}
/* The names, oldest first. */
static const char *names(void) {
    static char text[500];
    wadi__checkpoint_list list = {0};
    text[0] = 0;
    assert_int_equal(wadi__checkpoint_dir_list(disk, DIR, &list, NULL), WADI_OK);
    for (size_t i = 0; i < list.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 list.items[i].name + 11);
    wadi__checkpoint_list_fini(&list);
    return text;
}
/* The time in the checkpoint that is read; -1: there is none, -2: none is good. */
static int64_t read_time(wadi_error *err) {
    wadi__checkpoint read;
    bool found = false;
    wadi_status status = wadi__checkpoint_dir_read(disk, DIR, &read, &found, err);
    int64_t time_ms = status != WADI_OK ? -2 : found ? read.head.time_ms : -1;
    wadi__checkpoint_fini(&read);
    return time_ms;
}

static void test_list(void **state) {
    (void)state;
    assert_string_equal(names(), "");
    static const char *const files[] = {
        "checkpoint-900", "checkpoint-1000.bk", "checkpoint-1000",   "checkpoint-x",
        "checkpoint-",    "my-checkpoint-5",    "checkpoint-2000-3", "temp"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) put(files[i], 1, 0);
    wadi__sim_disk_put(disk, DIR "/checkpoint-3000/part", "x", 1); /* a directory */
    assert_string_equal(names(), "900 1000.bk 1000");
    wadi__checkpoint_list none = {0};
    assert_int_equal(wadi__checkpoint_dir_list(disk, "/nowhere", &none, NULL), WADI_OK);
    assert_int_equal(none.count, 0);
}
static void test_read_newest(void **state) {
    (void)state;
    assert_int_equal(read_time(NULL), -1);
    put("checkpoint-900", 1, 900);
    put("checkpoint-1000.bk", 1, 999);
    assert_int_equal(read_time(NULL), 999);
    put("checkpoint-1000", 1, 1000);
    assert_int_equal(read_time(NULL), 1000);
    put("checkpoint-800", 2, 800); /* of a later run, whatever its clock said */
    assert_int_equal(read_time(NULL), 800);
}
static void test_read_past_damage(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    put("checkpoint-1000", 1, 1000);
    put("checkpoint-2000.bk", 1, 1999);
    put("checkpoint-2000", 1, 2000);
    assert_true(wadi__sim_disk_damage(disk, DIR "/checkpoint-2000", 100, 1));
    assert_int_equal(read_time(NULL), 1999);
    assert_true(wadi__sim_disk_damage(disk, DIR "/checkpoint-2000.bk", 100, 1));
    assert_int_equal(read_time(NULL), 1000);
    wadi__sim_disk_put(disk, DIR "/checkpoint-1000", "", 0);
    assert_int_equal(read_time(&err), -2);
    assert_int_equal(err.status, WADI_E_CORRUPT);
    assert_non_null(strstr(err.message, "read /saved/checkpoint-2000"));
    assert_non_null(strstr(err.message, "none of the 3 checkpoints can be read"));
}
static void test_prune(void **state) {
    (void)state;
    int64_t oldest_ms = 0;
    assert_int_equal(wadi__checkpoint_dir_prune(disk, DIR, &oldest_ms, NULL), WADI_OK);
    assert_int_equal(oldest_ms, INT64_MIN);
    for (int64_t at = 1000; at <= 6000; at += 1000)
        for (int i = 0; i < 2; i++) assert_int_equal(write_at(at, 1, at), WADI_OK);
    assert_int_equal(wadi__checkpoint_dir_prune(disk, DIR, &oldest_ms, NULL), WADI_OK);
    assert_string_equal(names(),
                        "2000.bk 2000 3000.bk 3000 4000.bk 4000 5000.bk 5000 6000.bk 6000");
    assert_int_equal(oldest_ms, 2000);
}
/* Each call that changes something is where the machine stops. Then the newest checkpoint is the
 * one that was being written, or the one before: never less, never anything damaged. */
static void test_crash_in_write(void **state) {
    (void)state;
    for (uint64_t n = 1;; n++) {
        assert_int_equal(write_at(1000, 1, 1), WADI_OK);
        assert_int_equal(write_at(1000, 1, 2), WADI_OK);
        wadi__sim_disk_stop_at(disk, WADI__SIM_CHANGES, n);
        wadi_status status = write_at(1000, 1, 3);
        bool was_stopped = wadi__sim_disk_is_stopped(disk);
        wadi__sim_disk_crash(disk);
        int64_t read = read_time(NULL);
        if (status == WADI_OK)
            assert_int_equal(read, 3);
        else
            assert_true(read == 2 || read == 3);
        wadi__sim_disk_stop_at(disk, WADI__SIM_CHANGES, 0);
        if (!was_stopped) return;
        assert_true(n < 50);
    }
}
static void test_failing_calls(void **state) {
    (void)state;
    static const int errors[] = {EIO, ENOSPC, EMFILE};
    for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++)
        for (uint64_t n = 1;; n++) {
            assert_int_equal(write_at(1000, 1, 1), WADI_OK);
            wadi__sim_disk_fail(disk, WADI__SIM_ALL, n, 1, errors[e]);
            wadi_status status = write_at(1000, 1, 2);
            wadi__sim_disk_fail(disk, WADI__SIM_ALL, 1, 0, 0);
            int64_t read = read_time(NULL);
            assert_true(read == 2 || (read == 1 && status != WADI_OK));
            if (status != WADI_OK)
                assert_int_equal(write_at(1000, 1, 2), WADI_OK); /* the second try */
            assert_int_equal(read_time(NULL), 2);
            if (status == WADI_OK) break;
        }
}

/* ---- The lock ---- */

static void test_lock(void **state) {
    (void)state;
    wadi__file *lock = NULL, *other = NULL;
    uint64_t epoch = 0;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__checkpoint_dir_lock(disk, "/a/b", &lock, &epoch, NULL), WADI_OK);
    assert_int_equal(epoch, 1);
    assert_int_equal(wadi__checkpoint_dir_lock(disk, "/a/b", &other, &epoch, &err), WADI_E_STATE);
    char me[120];
    snprintf(me, sizeof me, "epoch 1 pid %ld host ", (long)getpid());
    if (strstr(err.message, me) == NULL) fail_msg("%s", err.message);
    assert_null(other);
    wadi__fs_close(&lock, NULL);
    for (uint64_t wanted = 2; wanted < 12; wanted++) {
        assert_int_equal(wadi__checkpoint_dir_lock(disk, "/a/b", &lock, &epoch, NULL), WADI_OK);
        assert_int_equal(epoch, wanted);
        wadi__fs_close(&lock, NULL);
    }
}
/* Without the file of the lock, or a whole one, the checkpoints tell of the last epoch. */
static void test_lock_file_lost(void **state) {
    (void)state;
    wadi__file *lock = NULL;
    uint64_t epoch = 0;
    put("checkpoint-1000", 4, 1000);
    put("checkpoint-2000", 6, 1000);
    assert_true(wadi__sim_disk_damage(disk, DIR "/checkpoint-2000", 60, 1));
    assert_int_equal(wadi__checkpoint_dir_lock(disk, DIR, &lock, &epoch, NULL), WADI_OK);
    assert_int_equal(epoch, 5);
    wadi__fs_close(&lock, NULL);
    wadi__sim_disk_put(disk, DIR "/lock", "epoch x", 7);
    assert_int_equal(wadi__checkpoint_dir_lock(disk, DIR, &lock, &epoch, NULL), WADI_OK);
    assert_int_equal(epoch, 5);
    wadi__fs_close(&lock, NULL);
}
/* An epoch is never given twice, wherever the machine stops. */
static void test_crash_in_lock(void **state) {
    (void)state;
    uint64_t last = 0;
    for (uint64_t n = 1; n < 20; n++) {
        wadi__file *lock = NULL;
        uint64_t epoch = 0;
        wadi__sim_disk_stop_at(disk, WADI__SIM_CHANGES, n);
        if (wadi__checkpoint_dir_lock(disk, "/locked", &lock, &epoch, NULL) == WADI_OK) {
            assert_true(epoch > last);
            last = epoch;
        }
        wadi__fs_close(&lock, NULL);
        wadi__sim_disk_crash(disk);
        wadi__sim_disk_stop_at(disk, WADI__SIM_CHANGES, 0);
    }
    assert_true(last > 5);
}

/* ---- The writer ---- */

typedef struct told { /* what the writer said */
    uint64_t ticket;
    int64_t oldest_ms;
    unsigned failures;
} told;
static void on_written(void *arg, uint64_t ticket, const wadi_error *err) {
    told *self = arg;
    if (err != NULL) self->failures++;
    self->ticket = ticket;
}
static void on_pruned(void *arg, int64_t oldest_ms) { ((told *)arg)->oldest_ms = oldest_ms; }
static const wadi__checkpoint_writer_ops writer_ops = {on_written, on_pruned};

static void put_and_wait(wadi__checkpoint_writer *writer, int64_t at_ms, int64_t time_ms) {
    wadi__text bytes = bytes_of(1, time_ms);
    wadi__checkpoint_writer_put(writer, at_ms, &bytes);
    assert_null(bytes.bytes);
    wadi__manual_clock_await_idle(clock_env);
}
static void test_checkpoint_file_order_on_race(void **state) {
    (void)state;
    told said = {0};
    wadi__checkpoint_writer *writer =
        wadi__checkpoint_writer_new(disk, DIR, INT64_MIN, &writer_ops, &said);
    put_and_wait(writer, 2000, 1);
    put_and_wait(writer, 1000, 2); /* of an earlier batch, but the later state */
    assert_string_equal(names(), "2000.bk 2000");
    assert_int_equal(read_time(NULL), 2);
    assert_int_equal(said.ticket, 2);
    assert_int_equal(said.oldest_ms, 2000);
    wadi__checkpoint_writer_free(writer);
}
static void test_writer_tries_three_times(void **state) {
    (void)state;
    told said = {0};
    wadi__checkpoint_writer *writer =
        wadi__checkpoint_writer_new(disk, DIR, INT64_MIN, &writer_ops, &said);
    wadi__sim_disk_fail(disk, WADI__SIM_WRITE, 1, 2, ENOSPC);
    put_and_wait(writer, 1000, 1);
    assert_int_equal(said.failures, 0);
    assert_int_equal(read_time(NULL), 1);
    wadi__sim_disk_fail(disk, WADI__SIM_WRITE, 1, 3, ENOSPC);
    put_and_wait(writer, 2000, 2);
    assert_int_equal(said.failures, 1);
    assert_int_equal(said.ticket, 2);
    assert_int_equal(read_time(NULL), 1);
    put_and_wait(writer, 3000, 3);
    assert_int_equal(said.ticket, 3);
    assert_int_equal(read_time(NULL), 3);
    wadi__checkpoint_writer_free(writer);
}
/* The last one that was handed over is written before the writer goes. */
static void test_writer_ends_with_the_newest(void **state) {
    (void)state;
    for (int64_t n = 1; n < 40; n++) {
        told said = {0};
        wadi__checkpoint_writer *writer =
            wadi__checkpoint_writer_new(disk, DIR, INT64_MIN, &writer_ops, &said);
        for (int64_t i = 1; i <= n; i++) {
            wadi__text bytes = bytes_of(1, 100 * n + i);
            assert_int_equal(wadi__checkpoint_writer_put(writer, 1000 * n + i, &bytes), i);
        }
        wadi__checkpoint_writer_free(writer);
        assert_int_equal(said.ticket, n);
        assert_int_equal(read_time(NULL), 100 * n + n);
    }
}

static void drop_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
int main(void) {
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_disk, close_disk)
        TEST(test_list),
        TEST(test_read_newest),
        TEST(test_read_past_damage),
        TEST(test_prune),
        TEST(test_crash_in_write),
        TEST(test_failing_calls),
        TEST(test_lock),
        TEST(test_lock_file_lost),
        TEST(test_crash_in_lock),
        TEST(test_checkpoint_file_order_on_race),
        TEST(test_writer_tries_three_times),
        TEST(test_writer_ends_with_the_newest),
    };
    wadi__log_capture(drop_line, NULL);
    return cmocka_run_group_tests_name("checkpoint directories", tests, NULL, NULL);
}
