/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_test.c: what is captured of two partitions, written, merged, named and read again,
 * against plain arrays; on a disk that fails, tears and loses at every call in turn. */
#include "stream/state_files.h"

#include "base/log.h"
#include "data/value.h"
#include "stream/state_store.h"
#include "testing/chance.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <wadi/str.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

WADI_RECORD(counted, (wadi_str, key), (int64_t, n), (wadi_str, text));

enum { KEYS = 400, PARTITIONS = 2, SNAPSHOTS = 200 };
static atomic_bool never;

/* ---- What is saved ---- */

typedef struct model {
    bool is_there[KEYS];
    int64_t n[KEYS], time_ms[KEYS];
} model;

typedef struct rig {
    wadi__env *clock, *disk;
    wadi__chance chance;
    wadi__state_store stores[PARTITIONS];
    wadi__state_files *files;
    uint64_t epoch;
    size_t chain_max;
    int woken;
    int64_t time_ms;
    model now, was[SNAPSHOTS]; /* by time in seconds */
    wadi__text named;          /* of the newest checkpoint; empty: there is none */
    int64_t named_ms;
} rig;

static void key_of(int number, char *text, wadi_str *key) {
    int len = snprintf(text, 60, number % 3 == 0 ? "a key that is long enough %d" : "k%d", number);
    *key = wadi_str_view(text, (size_t)len);
}
static void make(int number, int64_t n, counted *record, char *key_text, char *text) {
    *record = (counted){.n = n};
    key_of(number, key_text, &record->key);
    int len = snprintf(text, 60, n % 2 == 0 ? "%" PRId64 : "some longer text %" PRId64, n);
    record->text = wadi_str_view(text, (size_t)len);
}
static int number_of(const counted *record) {
    const char *at = wadi_str_data(&record->key), *end = at + record->key.len;
    int number = 0;
    for (; at < end; at++)
        if (*at >= '0' && *at <= '9') number = number * 10 + (*at - '0');
    return number;
}
static void wake(void *arg, wadi__state_files *files) {
    (void)files;
    ((rig *)arg)->woken++;
}
static wadi__state_files *open_files(rig *r) {
    return wadi__state_files_new(
        &(wadi__state_files_spec){.env = r->disk,
                                  .checkpoint_dir = "/check",
                                  .stream = "counts",
                                  .op = "update_state_by_key",
                                  .type = wadi__type_intern(WADI_TYPE(counted), NULL),
                                  .is_keyed = true,
                                  .epoch = ++r->epoch,
                                  .partition_count = PARTITIONS,
                                  .chain_max = r->chain_max,
                                  .wake = wake,
                                  .wake_arg = r});
}
static void open_stores(rig *r) {
    for (int p = 0; p < PARTITIONS; p++) {
        wadi__state_store_init(&r->stores[p], wadi__type_intern(WADI_TYPE(counted), NULL), true);
        wadi__state_store_note(&r->stores[p]);
    }
}
static rig *rig_new(uint64_t seed) {
    rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->clock = wadi__manual_clock_new(&wadi__env_real, 0);
    r->disk = wadi__sim_disk_new(r->clock, seed);
    r->chance.at = seed;
    r->chain_max = 4;
    r->files = open_files(r);
    assert_non_null(r->files);
    open_stores(r);
    return r;
}
static void close_run(rig *r) {
    wadi__state_files_unref(r->files);
    for (int p = 0; p < PARTITIONS; p++) wadi__state_store_fini(&r->stores[p]);
}
static void rig_free(rig *r) {
    close_run(r);
    wadi__text_fini(&r->named);
    wadi__sim_disk_free(r->disk);
    wadi__manual_clock_free(r->clock);
    free(r);
    if (wadi__pool_in_use() != 0) fail_msg("%zu bytes of memory are left", wadi__pool_in_use());
}

/* ---- Steps ---- */

static void change(rig *r, int number) {
    char key_text[60], text[60];
    counted record;
    bool is_new;
    int64_t n = (int64_t)wadi__chance_below(&r->chance, 1000000);
    make(number, n, &record, key_text, text);
    uint64_t hash = wadi__value_hash(r->stores[0].key, &record);
    wadi__state_store *store = &r->stores[wadi__value_hash(r->stores[0].key, &record) >> 32 & 1];
    wadi__state_row row = wadi__state_store_insert(store, &record, hash, &is_new);
    assert_int_not_equal(row, WADI__STATE_NO_ROW);
    r->now.is_there[number] = !wadi__chance_is(&r->chance, 1, 4);
    r->now.n[number] = n;
    r->now.time_ms[number] = r->time_ms;
    assert_true(r->now.is_there[number] ? wadi__state_store_set(store, row, &record, r->time_ms)
                                        : wadi__state_store_remove(store, row));
}
static void capture(rig *r) {
    wadi__capture_sink sink = wadi__state_files_sink(r->files);
    for (int p = 0; p < PARTITIONS; p++) {
        wadi__capture made = {0};
        wadi__capture_wish wish = sink.wish(sink.self, r->time_ms);
        if (wish == WADI__CAPTURE_NOTHING) continue;
        bool is_made = wadi__state_store_capture(&r->stores[p], wish == WADI__CAPTURE_ALL, &made);
        sink.take(sink.self, r->time_ms, is_made ? &made : NULL, r->stores[p].has_lost);
        wadi__capture_fini(&made);
    }
}
/* Brings all partitions to the next time. */
static void move(rig *r, int changes) {
    r->time_ms += 1000;
    for (int p = 0; p < PARTITIONS; p++) assert_true(wadi__state_store_begin(&r->stores[p]));
    for (; changes > 0; changes--)
        change(r,
               (int)wadi__chance_below(&r->chance, wadi__chance_is(&r->chance, 1, 2) ? 20 : KEYS));
    for (int p = 0; p < PARTITIONS; p++) {
        wadi__state_store_commit(&r->stores[p], r->time_ms);
        wadi__state_store_forget(&r->stores[p], r->time_ms);
    }
    r->was[r->time_ms / 1000] = r->now;
}
static void step(rig *r, int changes) {
    move(r, changes);
    capture(r);
}
/* Some changes; now and then many, or none. */
static void random_step(rig *r) {
    int some = (int)wadi__chance_below(&r->chance, 30);
    step(r, wadi__chance_is(&r->chance, 1, 10)  ? 300
            : wadi__chance_is(&r->chance, 1, 8) ? 0
                                                : some);
}
/* A checkpoint of now; batches that are not older than `behind` ms would be run again. */
static void save(rig *r, int64_t behind_ms) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__text named = {0};
    assert_int_equal(wadi__state_files_save(r->files, r->time_ms - behind_ms, r->time_ms, 500,
                                            &named, &r->named_ms, &err),
                     WADI_OK);
    if (named.size == 0) return;
    wadi__text_fini(&r->named);
    r->named = named;
}
static void work(rig *r) {
    if (r->woken > 0) wadi__state_files_work(r->files, &never);
    r->woken = 0;
}

/* ---- Reading ---- */

typedef struct reading {
    wadi__state_store store;
    uint64_t expected;
} reading;
static wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    (void)err;
    ((reading *)arg)->expected = rows;
    return WADI_OK;
}
static int64_t note_at(const wadi__block *notes, uint64_t row) {
    size_t c = 0;
    while (row >= notes->chunks.items[c]->count) row -= notes->chunks.items[c++]->count;
    return ((const int64_t *)(const void *)notes->chunks.items[c]->rows)[row];
}
static wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
    wadi__state_store *store = &((reading *)arg)->store;
    uint64_t before = 0;
    (void)err;
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count; i++, before++) {
            const char *row = chunk->rows + (size_t)i * chunk->record_size;
            uint64_t hash = wadi__value_hash(store->key, row);
            if (section->kind == WADI__SECTION_REMOVED) {
                wadi__state_store_unload(store, row, hash);
                continue;
            }
            int64_t note = note_at(section->notes, before);
            wadi__state_rows rows = {row, NULL, &hash, &note, 1};
            assert_true(wadi__state_store_load(store, &rows));
        }
    }
    return WADI_OK;
}
static void check_read(rig *r, const wadi__state_store *store, int64_t time_ms) {
    const model *was = &r->was[time_ms / 1000];
    size_t count = 0;
    for (int i = 0; i < KEYS; i++) count += was->is_there[i];
    if (store->count != count)
        fail_msg("%zu keys, expected %zu, as of %" PRId64 " ms", store->count, count, time_ms);
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++) {
            if (!wadi__state_bit(chunk->is_live, slot)) continue;
            const counted *row = (const counted *)(const void *)chunk->rows + slot;
            char key_text[60], text[60];
            counted wanted;
            int number = number_of(row);
            assert_true(was->is_there[number]);
            make(number, was->n[number], &wanted, key_text, text);
            assert_true(wadi__value_equal(store->type, row, &wanted));
            assert_int_equal(chunk->times_ms[slot], was->time_ms[number]);
        }
    }
}
/* Reads what the newest checkpoint names, into `into`, by these files, which go on from there. */
static wadi_status restore(rig *r, wadi__state_files *files, reading *into, wadi_error *err) {
    int64_t time_ms, begun_ms;
    wadi__state_store_init(&into->store, wadi__type_intern(WADI_TYPE(counted), NULL), true);
    wadi__state_visitor visitor = {expect, visit, into};
    wadi_status status = wadi__state_files_restore(files, r->named.bytes, r->named.size, &visitor,
                                                   &time_ms, &begun_ms, err);
    if (status != WADI_OK) return status;
    assert_int_equal(time_ms, r->named_ms);
    assert_int_equal(begun_ms, 500);
    return WADI_OK;
}
static void expect_restored(rig *r) {
    if (r->named.size == 0) return;
    wadi_error err = WADI_ERROR_INIT;
    reading into = {0};
    wadi__state_files *files = open_files(r);
    if (restore(r, files, &into, &err) != WADI_OK) fail_msg("%s", err.message);
    check_read(r, &into.store, r->named_ms);
    wadi__state_store_fini(&into.store);
    wadi__state_files_unref(files);
}
/* The process ends and another one goes on from the newest checkpoint. */
static void restart(rig *r) {
    wadi_error err = WADI_ERROR_INIT;
    close_run(r);
    r->files = open_files(r);
    if (r->named.size == 0) {
        r->named_ms = 0;
        memset(&r->now, 0, sizeof r->now);
        open_stores(r);
    } else {
        reading into = {0};
        if (restore(r, r->files, &into, &err) != WADI_OK) fail_msg("%s", err.message);
        check_read(r, &into.store, r->named_ms);
        r->now = r->was[r->named_ms / 1000];
        open_stores(r);
        for (size_t c = 0; c < into.store.chunks.count; c++) {
            const wadi__state_chunk *chunk = &into.store.chunks.items[c];
            for (uint32_t slot = 0; slot < chunk->count; slot++) {
                if (!wadi__state_bit(chunk->is_live, slot)) continue;
                wadi__state_rows rows = {chunk->rows + slot * sizeof(counted), NULL,
                                         &chunk->hashes[slot], &chunk->times_ms[slot], 1};
                assert_true(
                    wadi__state_store_load(&r->stores[chunk->hashes[slot] >> 32 & 1], &rows));
            }
        }
        wadi__state_store_fini(&into.store);
    }
    r->time_ms = r->named_ms;
}

static char names[32][80];
static size_t name_count;
static bool list_name(const char *name, void *arg) {
    (void)arg;
    snprintf(names[name_count++], sizeof names[0], "/check/state/counts/%s", name);
    return name_count < 32;
}
/* ---- Files on the disk ---- */

static bool count_name(const char *name, void *arg) {
    ++*(size_t *)arg;
    return name[0] != 0;
}
static size_t file_count(rig *r) {
    size_t count = 0;
    r->disk->dir_list(r->disk, "/check/state/counts", count_name, &count);
    return count;
}

/* ---- Tests ---- */

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

/* ---- What is not right is refused, and said ---- */

static wadi_status try_restore(rig *r, wadi_error *err) {
    reading into = {0};
    wadi__state_files *files = open_files(r);
    *err = (wadi_error)WADI_ERROR_INIT;
    wadi_status status = restore(r, files, &into, err);
    wadi__state_store_fini(&into.store);
    wadi__state_files_unref(files);
    return status;
}
static rig *rig_with_files(void) {
    rig *r = rig_new(7);
    for (int i = 0; i < 3; i++) {
        step(r, 20);
        work(r);
    }
    save(r, -1);
    name_count = 0;
    r->disk->dir_list(r->disk, "/check/state/counts", list_name, NULL);
    assert_int_equal(name_count, 3);
    return r;
}
static void test_damage(void **state) {
    (void)state;
    rig *r = rig_with_files();
    wadi_error err;
    for (size_t f = 0; f < name_count; f++) {
        size_t size;
        char *bytes = wadi__sim_disk_get(r->disk, names[f], &size);
        for (size_t at = 0; at < size; at += 7) {
            assert_true(wadi__sim_disk_damage(r->disk, names[f], (int64_t)at, 0x10));
            assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
            assert_non_null(strstr(err.message, names[f]));
            assert_true(wadi__sim_disk_damage(r->disk, names[f], (int64_t)at, 0x10));
        }
        for (size_t cut = 0; cut < size; cut += 31) {
            wadi__sim_disk_put(r->disk, names[f], bytes, cut);
            assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
            assert_non_null(strstr(err.message, names[f]));
        }
        r->disk->file_unlink(r->disk, names[f]);
        assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
        assert_non_null(strstr(err.message, "is missing"));
        wadi__sim_disk_put(r->disk, names[f], bytes, size);
        free(bytes);
    }
    expect_restored(r);
    rig_free(r);
}
static void test_files_of_others(void **state) {
    (void)state;
    rig *r = rig_with_files();
    wadi_error err;
    size_t size, other_size;
    char *bytes = wadi__sim_disk_get(r->disk, names[1], &size);
    char *other = wadi__sim_disk_get(r->disk, names[2], &other_size);
    wadi__sim_disk_put(r->disk, names[1], other, other_size);
    assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
    wadi__sim_disk_put(r->disk, names[1], bytes, size);
    for (size_t cut = 0; cut < r->named.size; cut += 5) {
        size_t whole = r->named.size;
        r->named.size = cut;
        assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
        r->named.size = whole;
    }
    free(bytes);
    free(other);
    expect_restored(r);
    rig_free(r);
}

WADI_RECORD(other_type, (wadi_str, key), (wadi_str, n));
typedef struct refusal {
    const char *op;
    const wadi_type *type;
    bool is_keyed;
    const char *message;
} refusal;
static const refusal refusals[] = {
    {"update_state_by_key", WADI_TYPE(other_type), true,
     "counts: update_state_by_key has saved counted, the program has other_type"},
    {"map_with_state", WADI_TYPE(counted), true,
     "counts: a state of update_state_by_key was saved, the program has map_with_state"},
    {"update_state_by_key", WADI_TYPE(counted), false, "a state of update_state_by_key was saved"},
};
static void test_refusals(void **state) {
    (void)state;
    rig *r = rig_with_files();
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        wadi_error err = WADI_ERROR_INIT;
        int64_t time_ms, begun_ms;
        wadi__state_files_spec spec = {.env = r->disk,
                                       .checkpoint_dir = "/check",
                                       .stream = "counts",
                                       .op = refusals[i].op,
                                       .type = wadi__type_intern(refusals[i].type, NULL),
                                       .is_keyed = refusals[i].is_keyed,
                                       .partition_count = 1,
                                       .chain_max = 4,
                                       .wake = wake,
                                       .wake_arg = r};
        wadi__state_files *files = wadi__state_files_new(&spec);
        wadi__state_visitor visitor = {expect, visit, NULL};
        assert_int_equal(wadi__state_files_restore(files, r->named.bytes, r->named.size, &visitor,
                                                   &time_ms, &begun_ms, &err),
                         WADI_E_TYPE);
        if (strstr(err.message, refusals[i].message) == NULL) fail_msg("%s", err.message);
        assert_non_null(strstr(err.message, "another .name"));
        wadi__state_files_unref(files);
    }
    rig_free(r);
}
/* A program whose record has gained a field goes on: it is zero. */
typedef struct counted_more {
    wadi_str key;
    int64_t more, n;
    wadi_str text;
} counted_more;
static const wadi_field more_fields[] = {
    {"key", WADI_TYPE(wadi_str), offsetof(counted_more, key), 1},
    {"more", WADI_TYPE(int64_t), offsetof(counted_more, more), 1},
    {"n", WADI_TYPE(int64_t), offsetof(counted_more, n), 1},
    {"text", WADI_TYPE(wadi_str), offsetof(counted_more, text), 1},
};
static const wadi_type more_type = {
    "counted", WADI_KIND_RECORD, sizeof(counted_more), _Alignof(counted_more), 4, more_fields, NULL,
};
static wadi_status expect_rows(void *arg, uint64_t rows, wadi_error *err) {
    (void)arg, (void)rows, (void)err;
    return WADI_OK;
}
static wadi_status visit_more(void *arg, const wadi__section *section, wadi_error *err) {
    (void)err;
    if (section->kind != WADI__SECTION_ROWS) return WADI_OK;
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        const counted_more *rows = (const void *)chunk->rows;
        for (uint32_t i = 0; i < chunk->count; i++) {
            char key_text[60], text[60];
            counted wanted;
            make(number_of((const counted *)(const void *)&rows[i]), rows[i].n, &wanted, key_text,
                 text);
            assert_int_equal(rows[i].more, 0);
            assert_true(wadi_str_equal(rows[i].key, wanted.key));
            assert_true(wadi_str_equal(rows[i].text, wanted.text));
            ++*(size_t *)arg;
        }
    }
    return WADI_OK;
}
static void test_gained_field(void **state) {
    (void)state;
    rig *r = rig_with_files();
    size_t rows = 0;
    wadi_error err = WADI_ERROR_INIT;
    int64_t time_ms, begun_ms;
    wadi__state_files_spec spec = {.env = r->disk,
                                   .checkpoint_dir = "/check",
                                   .stream = "counts",
                                   .op = "update_state_by_key",
                                   .type = wadi__type_intern(&more_type, NULL),
                                   .is_keyed = true,
                                   .epoch = 9,
                                   .partition_count = 1,
                                   .chain_max = 4,
                                   .wake = wake,
                                   .wake_arg = r};
    wadi__state_files *files = wadi__state_files_new(&spec);
    wadi__state_visitor visitor = {expect_rows, visit_more, &rows};
    if (wadi__state_files_restore(files, r->named.bytes, r->named.size, &visitor, &time_ms,
                                  &begun_ms, &err) != WADI_OK)
        fail_msg("%s", err.message);
    assert_true(rows > 10);
    wadi__state_files_unref(files);
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
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_damage);
    wadi__unit_add(&unit, test_files_of_others);
    wadi__unit_add(&unit, test_refusals);
    wadi__unit_add(&unit, test_gained_field);
    return wadi__unit_run(&unit, "state_files");
}
