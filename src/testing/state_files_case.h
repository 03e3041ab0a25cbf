/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_case.h: states of two partitions that are captured, written, merged, named and read
 * again on a simulated disk, next to plain arrays. */
#ifndef WADI_TESTING_STATE_FILES_CASE_H
#define WADI_TESTING_STATE_FILES_CASE_H
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

static inline void key_of(int number, char *text, wadi_str *key) {
    int len = snprintf(text, 60, number % 3 == 0 ? "a key that is long enough %d" : "k%d", number);
    *key = wadi_str_view(text, (size_t)len);
}
static inline void make(int number, int64_t n, counted *record, char *key_text, char *text) {
    *record = (counted){.n = n};
    key_of(number, key_text, &record->key);
    int len = snprintf(text, 60, n % 2 == 0 ? "%" PRId64 : "some longer text %" PRId64, n);
    record->text = wadi_str_view(text, (size_t)len);
}
static inline int number_of(const counted *record) {
    const char *at = wadi_str_data(&record->key), *end = at + record->key.len;
    int number = 0;
    for (; at < end; at++)
        if (*at >= '0' && *at <= '9') number = number * 10 + (*at - '0');
    return number;
}
static inline void wake(void *arg, wadi__state_files *files) {
    (void)files;
    ((rig *)arg)->woken++;
}
static inline wadi__state_files *open_files(rig *r) {
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
static inline void open_stores(rig *r) {
    for (int p = 0; p < PARTITIONS; p++) {
        wadi__state_store_init(&r->stores[p], wadi__type_intern(WADI_TYPE(counted), NULL), true);
        wadi__state_store_note(&r->stores[p]);
    }
}
static inline rig *rig_new(uint64_t seed) {
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
static inline void close_run(rig *r) {
    wadi__state_files_unref(r->files);
    for (int p = 0; p < PARTITIONS; p++) wadi__state_store_fini(&r->stores[p]);
}
static inline void rig_free(rig *r) {
    close_run(r);
    wadi__text_fini(&r->named);
    wadi__sim_disk_free(r->disk);
    wadi__manual_clock_free(r->clock);
    free(r);
    if (wadi__pool_in_use() != 0) fail_msg("%zu bytes of memory are left", wadi__pool_in_use());
}

/* ---- Steps ---- */

static inline void change(rig *r, int number) {
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
static inline void capture(rig *r) {
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
static inline void move(rig *r, int changes) {
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
static inline void step(rig *r, int changes) {
    move(r, changes);
    capture(r);
}
/* Some changes; now and then many, or none. */
static inline void random_step(rig *r) {
    int some = (int)wadi__chance_below(&r->chance, 30);
    step(r, wadi__chance_is(&r->chance, 1, 10)  ? 300
            : wadi__chance_is(&r->chance, 1, 8) ? 0
                                                : some);
}
/* A checkpoint of now; batches that are not older than `behind` ms would be run again. */
static inline void save(rig *r, int64_t behind_ms) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__text named = {0};
    assert_int_equal(wadi__state_files_save(r->files, r->time_ms - behind_ms, r->time_ms, 500,
                                            &named, &r->named_ms, &err),
                     WADI_OK);
    if (named.size == 0) return;
    wadi__text_fini(&r->named);
    r->named = named;
}
static inline void work(rig *r) {
    if (r->woken > 0) wadi__state_files_work(r->files, &never);
    r->woken = 0;
}

/* ---- Reading ---- */

typedef struct reading {
    wadi__state_store store;
    uint64_t expected;
} reading;
static inline wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    (void)err;
    ((reading *)arg)->expected = rows;
    return WADI_OK;
}
static inline int64_t note_at(const wadi__block *notes, uint64_t row) {
    size_t c = 0;
    while (row >= notes->chunks.items[c]->count) row -= notes->chunks.items[c++]->count;
    return ((const int64_t *)(const void *)notes->chunks.items[c]->rows)[row];
}
static inline wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
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
static inline void check_read(rig *r, const wadi__state_store *store, int64_t time_ms) {
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
static inline wadi_status restore(rig *r, wadi__state_files *files, reading *into,
                                  wadi_error *err) {
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
static inline void expect_restored(rig *r) {
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
static inline void restart(rig *r) {
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
static inline bool list_name(const char *name, void *arg) {
    (void)arg;
    snprintf(names[name_count++], sizeof names[0], "/check/state/counts/%s", name);
    return name_count < 32;
}
/* ---- Files on the disk ---- */

static inline bool count_name(const char *name, void *arg) {
    ++*(size_t *)arg;
    return name[0] != 0;
}
static inline size_t file_count(rig *r) {
    size_t count = 0;
    r->disk->dir_list(r->disk, "/check/state/counts", count_name, &count);
    return count;
}
#endif
