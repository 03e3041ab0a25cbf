/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_test.c: what is captured of two partitions, written, merged, named and
 * read again, against plain arrays; on a disk that fails, tears and loses at every call in turn. */
#include "testing/state_files_case.h"

#include "base/log.h"

#include <errno.h>

static void test_random_runs(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        rig *r = rig_new(seed);
        for (int i = 0; i < 120; i++) {
            random_step(r);
            if (wadi__chance_is(&r->chance, 3, 4)) work(r);
            if (wadi__chance_is(&r->chance, 2, 3))
                save(r, (int64_t)wadi__chance_below(&r->chance, 4) * 1000);
            if (wadi__chance_is(&r->chance, 1, 4)) expect_restored(r);
            if (wadi__chance_is(&r->chance, 1, 4)) wadi__state_files_trim(r->files, r->named_ms);
            if (wadi__chance_is(&r->chance, 1, 15)) restart(r);
        }
        work(r);
        save(r, 0);
        work(r);
        expect_restored(r);
        rig_free(r);
    }
}
/* What is written follows what was touched; chains stay short, and files that nobody names go. */
static void test_chains_are_merged(void **state) {
    (void)state;
    rig *r = rig_new(3);
    step(r, 3000);
    work(r);
    int64_t base = wadi__sim_disk_used(r->disk), largest = 0;
    size_t most = 0;
    for (int i = 0; i < 150; i++) {
        step(r, 3);
        work(r);
        save(r, -1);
        work(r);
        wadi__state_files_trim(r->files, r->time_ms);
        work(r);
        if (file_count(r) > most) most = file_count(r);
        if (wadi__sim_disk_used(r->disk) > largest) largest = wadi__sim_disk_used(r->disk);
    }
    expect_restored(r);
    assert_in_range(most, 2, 2 * r->chain_max);
    if (largest > 8 * base) fail_msg("%" PRId64 " bytes for a base of %" PRId64, largest, base);
    rig_free(r);
}
/* A file stays as long as a checkpoint names it that has not been given up. */
static void test_named_files_stay(void **state) {
    (void)state;
    rig *r = rig_new(4);
    for (int i = 0; i < 3; i++) {
        step(r, 50);
        work(r);
    }
    save(r, -1);
    wadi__text early = r->named;
    int64_t early_ms = r->named_ms, early_time = r->time_ms;
    r->named = (wadi__text){0};
    for (int i = 0; i < 30; i++) {
        step(r, 50);
        work(r);
        save(r, -1);
        wadi__state_files_trim(r->files, early_time);
        work(r);
    }
    wadi__text late = r->named;
    int64_t late_ms = r->named_ms;
    r->named = early;
    r->named_ms = early_ms;
    expect_restored(r);
    size_t before = file_count(r);
    wadi__state_files_trim(r->files, r->time_ms);
    work(r);
    assert_true(file_count(r) < before);
    wadi__text_fini(&r->named);
    r->named = late;
    r->named_ms = late_ms;
    expect_restored(r);
    rig_free(r);
}
/* While one capture waits for the disk there is no other, and nothing is lost. */
static void test_slow_disk(void **state) {
    (void)state;
    rig *r = rig_new(5);
    step(r, 100);
    wadi__capture_sink sink = wadi__state_files_sink(r->files);
    for (int i = 0; i < 50; i++) step(r, 100);
    assert_int_equal(sink.wish(sink.self, r->time_ms), WADI__CAPTURE_NOTHING);
    work(r);
    assert_int_equal(wadi__state_files_newest_ms(r->files), 1000);
    step(r, 10);
    work(r);
    save(r, -1);
    assert_int_equal(r->named_ms, r->time_ms);
    expect_restored(r);
    rig_free(r);
}
/* A partition hands over what it captured when another one has come to the next time already. */
static void check_late(bool is_all) {
    rig *r = rig_new(9);
    wadi__capture_sink sink = wadi__state_files_sink(r->files);
    wadi__capture late = {0}, made = {0};
    step(r, 100);
    work(r);
    move(r, 100);
    for (int p = 0; p < PARTITIONS && is_all; p++) {
        sink.wish(sink.self, r->time_ms);
        sink.take(sink.self, r->time_ms, NULL, true);
    }
    if (is_all) move(r, 100);
    wadi__capture_wish wish = is_all ? WADI__CAPTURE_ALL : WADI__CAPTURE_CHANGES;
    for (int p = 0; p < PARTITIONS; p++) assert_int_equal(sink.wish(sink.self, r->time_ms), wish);
    assert_true(wadi__state_store_capture(&r->stores[0], is_all, &late));
    assert_true(wadi__state_store_capture(&r->stores[1], is_all, &made));
    sink.take(sink.self, r->time_ms, &made, false);
    move(r, 100);
    assert_int_equal(sink.wish(sink.self, r->time_ms), wish);
    assert_true(wadi__state_store_capture(&r->stores[1], is_all, &made));
    sink.take(sink.self, r->time_ms, &made, false);
    sink.take(sink.self, r->time_ms - 1000, &late, false);
    assert_int_equal(r->woken, 0); /* the first partition is not there yet */
    assert_int_equal(sink.wish(sink.self, r->time_ms), wish);
    assert_true(wadi__state_store_capture(&r->stores[0], is_all, &made));
    sink.take(sink.self, r->time_ms, &made, false);
    work(r);
    save(r, -1);
    assert_int_equal(r->named_ms, r->time_ms);
    expect_restored(r);
    rig_free(r);
}
static void test_late_partition(void **state) {
    (void)state;
    check_late(false);
    check_late(true);
}
/* A set of so many rows. */
static void hand_over(rig *r, int rows) {
    wadi__capture_sink sink = wadi__state_files_sink(r->files);
    r->time_ms += 1000;
    for (int p = 0; p < PARTITIONS; p++) {
        wadi__capture made = {0};
        wadi__section section = {
            .kind = WADI__SECTION_ROWS,
            .rows = wadi__block_new(wadi__type_intern(WADI_TYPE(counted), NULL), NULL)};
        for (int i = 0; i < rows / PARTITIONS; i++) {
            counted row = {.n = (int64_t)wadi__chance_below(&r->chance, INT64_MAX)};
            char text[20];
            row.key = wadi_str_view(text, (size_t)snprintf(text, sizeof text, "%d.%d", p, i));
            assert_true(wadi__block_append(section.rows, &row, 1));
        }
        assert_int_not_equal(sink.wish(sink.self, r->time_ms), WADI__CAPTURE_NOTHING);
        assert_true(wadi__capture_add(&made, section));
        sink.take(sink.self, r->time_ms, &made, false);
    }
    work(r);
}
/* Where most rows change from one snapshot to the next, a base is written instead of merging. */
static void test_large_deltas(void **state) {
    (void)state;
    rig *r = rig_new(8);
    wadi__capture_sink sink = wadi__state_files_sink(r->files);
    hand_over(r, 9000);
    hand_over(r, 4400); /* less than half */
    assert_int_equal(sink.wish(sink.self, r->time_ms + 1000), WADI__CAPTURE_CHANGES);
    hand_over(r, 5000);
    assert_int_equal(sink.wish(sink.self, r->time_ms + 1000), WADI__CAPTURE_ALL);
    hand_over(r, 9000);
    assert_int_equal(sink.wish(sink.self, r->time_ms + 1000), WADI__CAPTURE_CHANGES);
    rig_free(r);
}
static size_t files_on_disk(const rig *r) {
    wadi__names found = {0};
    assert_int_equal(wadi__fs_list(r->disk, "/check/state/counts", &found, NULL), WADI_OK);
    size_t count = found.count;
    wadi__names_fini(&found);
    return count;
}
/* Files that a base will take the place of are not merged before. */
static void test_large_deltas_stay(void **state) {
    (void)state;
    rig *r = rig_new(9);
    hand_over(r, 30000);
    hand_over(r, 40000);
    for (int i = 0; i < 3; i++) {
        save(r, -1);
        work(r);
    }
    assert_int_equal(files_on_disk(r), 2);
    hand_over(r, 30000);
    for (int i = 0; i < 3; i++) {
        save(r, -1);
        wadi__state_files_trim(r->files, r->time_ms);
        work(r);
    }
    assert_int_equal(files_on_disk(r), 1);
    rig_free(r);
}
static void quiet(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module;
    snprintf(arg, 400, "%.399s", text);
}
/* The disk is full for a while: the older snapshot stays, the newer follows. */
static void test_full_disk(void **state) {
    (void)state;
    char line[400] = "";
    rig *r = rig_new(6);
    step(r, 100);
    work(r);
    save(r, -1);
    wadi__log_capture(quiet, line);
    wadi__sim_disk_set_capacity(r->disk, wadi__sim_disk_used(r->disk) + 100);
    for (int i = 0; i < 5; i++) {
        step(r, 100);
        work(r);
        save(r, -1);
        expect_restored(r);
    }
    wadi__log_capture(NULL, NULL);
    assert_non_null(strstr(line, "the state of counts after batch 2000 ms is not saved yet"));
    assert_non_null(strstr(line, "No space left on device"));
    assert_int_equal(r->named_ms, 1000);
    wadi__sim_disk_set_capacity(r->disk, -1);
    for (int i = 0; i < 2; i++) {
        step(r, 1);
        work(r);
    }
    save(r, -1);
    assert_int_equal(r->named_ms, r->time_ms);
    expect_restored(r);
    rig_free(r);
}
/* Runs until the disk has stopped. */
static void run_some(rig *r, int steps) {
    for (int i = 0; i < steps && !wadi__sim_disk_is_stopped(r->disk); i++) {
        random_step(r);
        work(r);
        if (wadi__sim_disk_is_stopped(r->disk)) return;
        save(r, -1);
        if (i % 2 == 0) wadi__state_files_trim(r->files, r->named_ms);
        work(r);
    }
}
/* The machine stops at each call in turn: the snapshot that was named last is there and whole. */
static void test_every_stop(void **state) {
    (void)state;
    char line[400];
    wadi__log_capture(quiet, line);
    for (uint64_t n = 1, stopped = 1; stopped != 0; n++) {
        rig *r = rig_new(n);
        wadi__sim_disk_stop_at(r->disk, WADI__SIM_CHANGES, n);
        run_some(r, 14);
        stopped = wadi__sim_disk_is_stopped(r->disk);
        wadi__sim_disk_stop_at(r->disk, 0, 0);
        wadi__sim_disk_crash(r->disk);
        expect_restored(r);
        restart(r);
        run_some(r, 6);
        save(r, -1);
        assert_int_equal(r->named_ms, r->time_ms);
        expect_restored(r);
        rig_free(r);
        if (n > 2000) fail_msg("the disk is never done");
    }
    wadi__log_capture(NULL, NULL);
}
/* Each call fails in turn, or some writes and syncs one after another, and the program goes on. */
static void test_every_failure(void **state) {
    (void)state;
    static const int errors[] = {EIO, ENOSPC, EMFILE};
    char line[400];
    wadi__log_capture(quiet, line);
    for (uint64_t n = 1; n <= 300; n++) {
        bool is_any = n % 2 == 0;
        rig *r = rig_new(n);
        int kinds = is_any ? WADI__SIM_ALL : WADI__SIM_WRITE | WADI__SIM_SYNC;
        wadi__sim_disk_fail(r->disk, kinds, n / 2, is_any ? 1 : 2 + n % 3, errors[n % 3]);
        run_some(r, 14);
        wadi__sim_disk_fail(r->disk, kinds, 0, 0, 0);
        run_some(r, 3);
        assert_int_equal(r->named_ms, r->time_ms);
        wadi__sim_disk_crash(r->disk);
        expect_restored(r);
        rig_free(r);
    }
    wadi__log_capture(NULL, NULL);
}
/* Without memory a partition captures another time. */
static void test_no_memory(void **state) {
    (void)state;
    char line[400];
    wadi__log_capture(quiet, line);
    for (uint64_t n = 1; n <= 120; n++) {
        rig *r = rig_new(n);
        step(r, 100);
        work(r);
        wadi__mem_fail_at(n, n % 2 == 0);
        capture(r);
        r->time_ms += 1000;
        r->was[r->time_ms / 1000] = r->now;
        capture(r);
        work(r);
        wadi__mem_fail_at(0, false);
        for (int i = 0; i < 4; i++) {
            step(r, 20);
            work(r);
            save(r, -1);
        }
        assert_int_equal(r->named_ms, r->time_ms);
        expect_restored(r);
        rig_free(r);
    }
    wadi__log_capture(NULL, NULL);
}
/* Each sync takes 25 ms. */
static rig *syncing;
static int (*sync_at_once)(wadi__env *env, int file);
static int slow_sync(wadi__env *env, int file) {
    wadi__manual_clock_advance_ms(syncing->clock, 25);
    return sync_at_once(env, file);
}
static void expect_facts(const rig *r, int64_t batch_ms, int64_t size_bytes, int64_t took_ms) {
    wadi__snapshot_facts facts = wadi__state_files_facts(r->files);
    assert_int_equal(facts.batch_ms, batch_ms);
    assert_int_equal(facts.size_bytes, size_bytes);
    assert_int_equal(facts.took_ms, took_ms);
}
/* What is told of the newest snapshot: that which is safe, not that which waits. */
static void test_facts(void **state) {
    (void)state;
    rig *r = rig_new(14);
    syncing = r;
    sync_at_once = r->disk->file_sync;
    r->disk->file_sync = slow_sync;
    expect_facts(r, -1, -1, -1);
    step(r, 50);
    expect_facts(r, -1, -1, -1);
    work(r);
    int64_t base = wadi__sim_disk_used(r->disk);
    expect_facts(r, 1000, base, 25);
    step(r, 5);
    expect_facts(r, 1000, base, 25);
    work(r);
    expect_facts(r, 2000, wadi__sim_disk_used(r->disk) - base, 25);
    step(r, 0);
    work(r);
    expect_facts(r, 3000, 0, 0); /* nothing has changed, so nothing is written */
    save(r, -1);
    r->disk->file_sync = sync_at_once;
    restart(r);
    expect_facts(r, 3000, -1, -1);
    rig_free(r);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_random_runs);
    wadi__unit_add(&unit, test_chains_are_merged);
    wadi__unit_add(&unit, test_named_files_stay);
    wadi__unit_add(&unit, test_slow_disk);
    wadi__unit_add(&unit, test_late_partition);
    wadi__unit_add(&unit, test_large_deltas);
    wadi__unit_add(&unit, test_large_deltas_stay);
    wadi__unit_add(&unit, test_full_disk);
    wadi__unit_add(&unit, test_every_stop);
    wadi__unit_add(&unit, test_every_failure);
    wadi__unit_add(&unit, test_facts);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "state_files");
}
