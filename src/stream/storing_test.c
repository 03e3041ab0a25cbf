/* SPDX-License-Identifier: Apache-2.0 */
/* storing_test.c: blocks of receivers in their log: acknowledged when they are safe, there again
 * after a restart. */
#include "base/log.h"
#include "stream/log_file.h"
#include "stream/receiver.h"
#include "stream/storing.h"
#include "stream/tracker.h"
#include "testing/env_layer.h"
#include "testing/lent_receiver.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <errno.h>
#include <stdio.h>

#define BLOCKS "/cp/receivedData/lent"

/* ---- A program with a receiver that lends itself to the test ---- */

WADI_RECORD(place, (int64_t, at));
WADI_RECEIVER(lends_itself, wadi_str, place) {
    (void)out;
    wadi__lend_receiver(receiver, env->at);
}

typedef struct held_disk { /* whose calls of one kind wait while it is held */
    wadi__env_layer layer;
    atomic_uint is_held;
} held_disk;
static ssize_t held_write(wadi__env *env, int file, const void *bytes, size_t size) {
    held_disk *self = env->state;
    while (atomic_load(&self->is_held) != 0)
        self->layer.below->wait(self->layer.below, &self->is_held, 1, WADI__DEADLINE_NONE);
    return self->layer.below->file_write(self->layer.below, file, bytes, size);
}
static void hold(held_disk *self, bool holds) {
    atomic_store(&self->is_held, holds);
    self->layer.below->wake(self->layer.below, &self->is_held, 1 << 30);
}

typedef struct program {
    wadi__env *clock, *disk;
    held_disk held;
    wadi__rig rig;
    wadi_dstream *lent;
    wadi__collector *collector;
    _Atomic(wadi_receiver *) receiver;
    wadi_setting settings[4];
} program;

static program setup(void) {
    program p = {.clock = wadi__manual_clock_new(&wadi__env_real, 10000)};
    p.disk = wadi__sim_disk_new(p.clock, 1);
    return p;
}
static wadi_status try_start(program *p, const char *dir, wadi_error *err) {
    wadi__rig_options options = {
        .clock = p->clock,
        .env = &p->held.layer.env,
        .master = "local[4]",
        .settings = {{"spark.streaming.receiver.writeAheadLog.enable", "true"}}};
    wadi__env_layer_init(&p->held.layer, "held disk", p->disk);
    p->held.layer.env.state = &p->held;
    p->held.layer.env.file_write = held_write;
    for (int i = 0; i < 4 && p->settings[i].name != NULL; i++)
        options.settings[1 + i] = p->settings[i];
    p->rig = wadi__rig_new(&options);
    if (dir != NULL) wadi_checkpoint(p->rig.ssc, dir);
    p->lent = wadi_receiver_stream(
        p->rig.ssc, wadi_bind(lends_itself, .at = (int64_t)(uintptr_t)&p->receiver),
        .name = "lent");
    p->collector = wadi__collector_new(p->lent);
    atomic_store(&p->receiver, NULL);
    return wadi_start(p->rig.ssc, err);
}
static wadi_receiver *start(program *p) {
    wadi_error err = WADI_ERROR_INIT;
    if (try_start(p, "/cp", &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__manual_clock_await_idle(p->clock);
    wadi_receiver *receiver = atomic_load(&p->receiver);
    assert_non_null(receiver);
    return receiver;
}
/* The program ends; the batches that it had, in text. NULL: they do not matter. */
static void finish(program *p, const char *expected) {
    wadi_stop(p->rig.ssc);
    char *text = wadi__collector_text(p->collector, WADI__COLLECTED_PARTITIONS);
    wadi__rig_free(&p->rig);
    wadi__collector_free(p->collector);
    if (expected != NULL) assert_string_equal(text, expected);
    free(text);
}
static void teardown(program *p) {
    wadi__sim_disk_free(p->disk);
    wadi__manual_clock_free(p->clock);
}
static bool store_block(wadi_receiver *receiver, const char *text, const char *metadata) {
    wadi_str rows[] = {wadi_str_of(text), wadi_str_of("and some more, longer than in place")};
    return wadi__store_block_with(receiver, rows, 2, sizeof rows[0], metadata,
                                  metadata != NULL ? strlen(metadata) : 0);
}
static void store_one(wadi_receiver *receiver, const char *text) {
    wadi_str row = wadi_str_of(text);
    wadi__store(receiver, &row, sizeof row);
}
static size_t file_count(program *p) {
    wadi__wal_files files = {0};
    assert_int_equal(wadi__wal_files_list(p->disk, BLOCKS, &files, NULL), WADI_OK);
    size_t count = files.count;
    wadi__vec_fini(&files);
    return count;
}

/* ---- Stored is safe ---- */

#define MORE " and some more, longer than in place"
static void test_blocks_come_back(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    assert_true(store_block(receiver, "one", "after 1"));
    wadi__sim_disk_crash(p.disk); /* nothing is lost: the files are open, but safe */
    wadi__sim_disk_stop_at(p.disk, WADI__SIM_ALL, 1);
    finish(&p, NULL);
    wadi__sim_disk_stop_at(p.disk, WADI__SIM_ALL, 0);
    wadi__sim_disk_crash(p.disk);
    receiver = start(&p);
    size_t size;
    assert_memory_equal(wadi_receiver_last_metadata(receiver, &size), "after 1", 7);
    assert_int_equal(size, 7);
    assert_true(store_block(receiver, "two", "after 2"));
    assert_memory_equal(wadi_receiver_last_metadata(receiver, &size), "after 2", 7);
    wadi__rig_batches(&p.rig, 1);
    finish(&p, "11000: one" MORE " | two" MORE);
    teardown(&p);
}
static void test_single_records_are_logged_when_their_block_is_cut(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    store_one(receiver, "single");
    assert_int_equal(file_count(&p), 0);
    wadi__rig_advance(&p.rig, 200);
    assert_int_equal(file_count(&p), 1);
    store_one(receiver, "one");
    assert_true(store_block(receiver, "block", NULL)); /* in their order */
    wadi__rig_advance(&p.rig, 800);
    finish(&p, "11000: single | one | block" MORE);
    start(&p);
    wadi__rig_batches(&p.rig, 1); /* that batch was done */
    finish(&p, "12000: none");
    teardown(&p);
}
static void test_log_needs_a_checkpoint_directory(void **state) {
    (void)state;
    program p = setup();
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(try_start(&p, NULL, &err), WADI_E_STATE);
    if (strstr(err.message,
               "spark.streaming.receiver.writeAheadLog.enable needs a checkpoint directory") ==
            NULL ||
        strstr(err.message, "storing_test.c:") == NULL)
        fail_msg("%s", err.message);
    finish(&p, NULL);
    teardown(&p);
}
static void test_files_go_with_their_batches(void **state) {
    (void)state;
    program p = setup();
    p.settings[0] =
        (wadi_setting){"spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", "1"};
    p.settings[1] = (wadi_setting){"spark.streaming.driver.writeAheadLog.rollingIntervalSecs", "1"};
    wadi_receiver *receiver = start(&p);
    for (int i = 0; i < 20; i++) {
        assert_true(store_block(receiver, "x", NULL));
        wadi__rig_batches(&p.rig, 1);
        assert_in_range(file_count(&p), 1, 5);
    }
    finish(&p, NULL);
    teardown(&p);
}

/* ---- Disks that fail, or take their time ---- */

/* As the checkpointer does. */
static void take_checkpoint(wadi_dstream *stream, int64_t time_ms, int64_t replay_ms) {
    wadi__text none = {0};
    stream->replay_ms = replay_ms;
    assert_int_equal(stream->ops->save(stream, time_ms, &none, NULL), WADI_OK);
}
/* Several checkpoints may be taken of one time; which of them is in the file is not known. */
static void test_blocks_stay_for_any_checkpoint_that_may_be_there(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    assert_true(store_block(receiver, "one", NULL));
    wadi__rig_batches(&p.rig, 1);
    const int64_t of_block = 11000;
    assert_non_null(wadi__tracker_blocks(p.rig.ssc->tracker, 0, of_block));
    take_checkpoint(p.lent, 30000, of_block); /* while its batch is pending .. */
    take_checkpoint(p.lent, 30000, 30000);    /* .. and after it, but not written */
    p.lent->ops->trim(p.lent, 30000);
    p.lent->ops->forget(p.lent, 20000);
    assert_non_null(wadi__tracker_blocks(p.rig.ssc->tracker, 0, of_block));
    take_checkpoint(p.lent, 31000, 31000);
    p.lent->ops->trim(p.lent, 31000);
    p.lent->ops->forget(p.lent, 20000);
    assert_null(wadi__tracker_blocks(p.rig.ssc->tracker, 0, of_block));
    finish(&p, NULL);
    teardown(&p);
}
static void test_a_block_that_is_not_logged_is_not_stored(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    wadi__sim_disk_fail(p.disk, WADI__SIM_SYNC, 1, 1000, ENOSPC);
    assert_false(store_block(receiver, "lost", "after lost"));
    assert_non_null(strstr(receiver->last_error, "No space left on device"));
    assert_int_equal(receiver->stored_records, 0);
    assert_null(wadi_receiver_last_metadata(receiver, NULL));
    wadi__sim_disk_fail(p.disk, WADI__SIM_SYNC, 1, 0, 0);
    assert_true(store_block(receiver, "there", NULL));
    wadi__rig_batches(&p.rig, 1);
    finish(&p, "11000: there" MORE);
    teardown(&p);
}
/* Nobody waits for records that were stored one by one, so they are tried again. */
static void test_single_records_wait_for_the_disk(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    wadi__sim_disk_fail(p.disk, WADI__SIM_SYNC, 1, 1000, ENOSPC);
    store_one(receiver, "waits");
    for (int i = 0; i < 30; i++) { /* 100 ms each */
        if (i == 5) wadi__sim_disk_fail(p.disk, WADI__SIM_SYNC, 1, 0, 0);
        wadi__rig_advance(&p.rig, 100);
    }
    finish(&p, "11000: none; 12000: waits; 13000: none");
    teardown(&p);
}
static void test_no_more_blocks_wait_than_may(void **state) {
    (void)state;
    program p = setup();
    p.settings[0] = (wadi_setting){"spark.streaming.blockQueueSize", "2"};
    p.settings[1] = (wadi_setting){"spark.streaming.blockInterval", "10ms"};
    wadi_receiver *receiver = start(&p);
    hold(&p.held, true);
    char text[16];
    for (int i = 0; i < 6; i++) { /* two wait, the rest stays together */
        snprintf(text, sizeof text, "%d", i);
        store_one(receiver, text);
        wadi__rig_advance(&p.rig, 10);
    }
    assert_int_equal(receiver->open->row_count, 4);
    hold(&p.held, false);
    wadi__manual_clock_await_idle(p.clock);
    wadi__rig_advance(&p.rig, 20);
    assert_null(receiver->open);
    wadi__rig_advance(&p.rig, 920);
    finish(&p, "11000: 0 | 1 | 2 3 4 5");
    teardown(&p);
}
static void *store_in_thread(void *arg) {
    program *p = arg;
    bool is_stored = store_block(atomic_load(&p->receiver), "late", NULL);
    return is_stored ? p : NULL;
}
static void test_storing_takes_no_longer_than_its_limit(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    pthread_t thread;
    void *is_stored = &p;
    hold(&p.held, true);
    assert_int_equal(pthread_create(&thread, NULL, store_in_thread, &p), 0);
    wadi__manual_clock_await_sleepers(p.clock, 2); /* the generator and it */
    wadi__manual_clock_advance_ms(p.clock, 30000);
    pthread_join(thread, &is_stored);
    assert_null(is_stored);
    if (strstr(receiver->last_error, "spark.streaming.receiver.blockStoreTimeout") == NULL)
        fail_msg("%s", receiver->last_error);
    hold(&p.held, false);
    wadi__manual_clock_await_idle(p.clock);
    wadi__rig_batches(&p.rig, 1);
    assert_int_equal(receiver->stored_records, 0);
    wadi_stop(p.rig.ssc);
    for (size_t i = 0; wadi__collector_run(p.collector, i) != NULL; i++)
        assert_int_equal(wadi__collector_run(p.collector, i)->row_count, 0);
    finish(&p, NULL);
    teardown(&p);
}

typedef struct many { /* blocks that a thread stores */
    program *p;
    atomic_int stored;
    atomic_bool is_done;
} many;
static void *store_many(void *arg) {
    many *self = arg;
    for (int i = 0; i < 40; i++)
        if (store_block(atomic_load(&self->p->receiver), "x", NULL))
            atomic_fetch_add(&self->stored, 1);
    atomic_store(&self->is_done, true);
    return NULL;
}
static void test_the_log_takes_no_more_than_its_bound(void **state) {
    (void)state;
    program p = setup();
    p.settings[0] = (wadi_setting){"wadi.log.max_bytes", "3000"};
    p.settings[1] = (wadi_setting){"spark.streaming.driver.writeAheadLog.rollingIntervalSecs", "1"};
    wadi_receiver *receiver = start(&p);
    many work = {.p = &p};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, store_many, &work), 0);
    while (!atomic_load(&work.is_done)) {
        wadi__rig_batches(&p.rig, 1);
        assert_in_range(wadi__wal_bytes(wadi__tracker_block_log(p.rig.ssc->tracker, 0)), 0, 3500);
    }
    pthread_join(thread, NULL);
    assert_int_equal(work.stored, 40);
    if (strstr(receiver->last_error, "wadi.log.max_bytes") == NULL)
        fail_msg("%s", receiver->last_error);
    finish(&p, NULL);
    teardown(&p);
}

/* ---- Blocks of before the restart ---- */

static void test_a_damaged_block_fails_its_batch(void **state) {
    (void)state;
    program p = setup();
    wadi_receiver *receiver = start(&p);
    assert_true(store_block(receiver, "one", NULL));
    finish(&p, NULL);
    wadi__wal_files files = {0};
    char path[200];
    assert_int_equal(wadi__wal_files_list(p.disk, BLOCKS, &files, NULL), WADI_OK);
    snprintf(path, sizeof path, BLOCKS "/%s", files.items[0].name);
    assert_true(wadi__sim_disk_damage(p.disk, path, files.items[0].size_bytes - 3, 1));
    wadi__vec_fini(&files);
    start(&p);
    wadi__rig_batches(&p.rig, 1);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_await_termination_or_timeout(p.rig.ssc, 0, NULL, &err), WADI_E_CORRUPT);
    if (strstr(err.message, "checksum") == NULL ||
        strstr(err.message, "while a received block was read from its log in " BLOCKS) == NULL)
        fail_msg("%s", err.message);
    finish(&p, NULL);
    teardown(&p);
}
int main(void) {
    wadi__unit unit = {0};
    wadi__log_set_level(WADI__LOG_ERROR + 1); /* what fails is told, and is to */
    wadi__unit_add(&unit, test_blocks_come_back);
    wadi__unit_add(&unit, test_single_records_are_logged_when_their_block_is_cut);
    wadi__unit_add(&unit, test_log_needs_a_checkpoint_directory);
    wadi__unit_add(&unit, test_files_go_with_their_batches);
    wadi__unit_add(&unit, test_blocks_stay_for_any_checkpoint_that_may_be_there);
    wadi__unit_add(&unit, test_a_block_that_is_not_logged_is_not_stored);
    wadi__unit_add(&unit, test_single_records_wait_for_the_disk);
    wadi__unit_add(&unit, test_no_more_blocks_wait_than_may);
    wadi__unit_add(&unit, test_storing_takes_no_longer_than_its_limit);
    wadi__unit_add(&unit, test_the_log_takes_no_more_than_its_bound);
    wadi__unit_add(&unit, test_a_damaged_block_fails_its_batch);
    return wadi__unit_run(&unit, "storing");
}
