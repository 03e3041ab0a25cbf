/* SPDX-License-Identifier: Apache-2.0 */
/* state_test.c DIR: reads the state files of each format that DIR keeps: a snapshot, and the base
 * and the delta that it names. With --write it writes those of the format of today, once: such
 * files never change. */
#include "data/value.h"
#include "stream/state_files.h"
#include "stream/state_store.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <wadi/record.h>
#include <wadi/str.h>

#include <stdio.h>

WADI_RECORD(kept_words, (wadi_str, key), (int64_t, n), (wadi_str_list, words), (double, weight));
static const char *const file_names[] = {"base-1000-1-1", "delta-2000-1-2", "snapshot"};
static const char *dir;

static void wake(void *arg, wadi__state_files *files) { (void)arg, (void)files; }
static wadi__state_files *open_files(wadi__env *disk, uint64_t epoch) {
    return wadi__state_files_new(
        &(wadi__state_files_spec){.env = disk,
                                  .checkpoint_dir = "/check",
                                  .stream = "words",
                                  .op = "map_with_state",
                                  .type = wadi__type_intern(WADI_TYPE(kept_words), NULL),
                                  .is_keyed = true,
                                  .epoch = epoch,
                                  .partition_count = 1,
                                  .chain_max = 20,
                                  .wake = wake});
}

static wadi_str two_words[2];

/* ---- Writing ---- */

static void put(wadi__state_store *store, const char *key, int64_t n, size_t words) {
    kept_words row = {wadi_str_of(key), n, {two_words, words}, (double)n / 4};
    uint64_t hash = wadi__value_hash(store->key, &row);
    bool is_new;
    wadi__state_row at = wadi__state_store_insert(store, &row, hash, &is_new);
    if (!wadi__state_store_set(store, at, &row, 100 * n)) abort();
}
static void take_away(wadi__state_store *store, const char *key) {
    wadi_str named = wadi_str_of(key);
    uint64_t hash = wadi__value_hash(store->key, &named);
    bool is_new;
    if (!wadi__state_store_remove(store, wadi__state_store_insert(store, &named, hash, &is_new)))
        abort();
}
static void end_batch(wadi__state_store *store, wadi__state_files *files, int64_t batch_ms) {
    static atomic_bool never;
    wadi__capture made = {0};
    wadi__capture_sink sink = wadi__state_files_sink(files);
    wadi__state_store_commit(store, batch_ms);
    if (sink.wish(sink.self, batch_ms) != WADI__CAPTURE_CHANGES ||
        !wadi__state_store_capture(store, false, &made))
        abort();
    sink.take(sink.self, batch_ms, &made, false);
    wadi__state_files_work(files, &never);
}
static bool write_file(const char *name, const char *bytes, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/state-%d/%s", dir, WADI__STATE_FILE_VERSION, name);
    FILE *file = fopen(path, "wbx");
    bool is_written = file != NULL && fwrite(bytes, size, 1, file) == 1;
    if (file != NULL && fclose(file) != 0) is_written = false;
    return is_written;
}
static int write_sample(void) {
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__state_files *files = open_files(disk, 1);
    wadi__state_store store;
    wadi__text snapshot = {0};
    int64_t saved_ms;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(kept_words), NULL), true);
    wadi__state_store_note(&store);
    if (!wadi__state_store_begin(&store)) abort();
    put(&store, "a", 1, 2);
    put(&store, "a key that is long enough", 2, 0);
    put(&store, "gone", 3, 1);
    end_batch(&store, files, 1000);
    if (!wadi__state_store_begin(&store)) abort();
    put(&store, "a", 4, 1);
    put(&store, "new", 5, 2);
    take_away(&store, "gone");
    end_batch(&store, files, 2000);
    bool is_written =
        wadi__state_files_save(files, 3000, 3000, 500, &snapshot, &saved_ms, NULL) == WADI_OK &&
        write_file(file_names[2], snapshot.bytes, snapshot.size);
    for (int i = 0; i < 2 && is_written; i++) {
        char path[200];
        size_t size;
        snprintf(path, sizeof path, "/check/state/words/%s", file_names[i]);
        char *bytes = wadi__sim_disk_get(disk, path, &size);
        is_written = bytes != NULL && write_file(file_names[i], bytes, size);
        free(bytes);
    }
    wadi__text_fini(&snapshot);
    wadi__state_store_fini(&store);
    wadi__state_files_unref(files);
    wadi__sim_disk_free(disk);
    return is_written ? 0 : 1;
}

/* ---- Reading ---- */

static char *read_file(int format, const char *name, size_t *size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/state-%d/%s", dir, format, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail_msg("%s is missing", path);
    char *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}
static wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    (void)arg, (void)rows, (void)err;
    return WADI_OK;
}
static wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
    wadi__state_store *store = arg;
    (void)err;
    const wadi__chunk *chunk = section->rows->chunks.items[0];
    for (uint32_t i = 0; i < chunk->count; i++) {
        const char *row = chunk->rows + (size_t)i * chunk->record_size;
        uint64_t hash = wadi__value_hash(store->key, row);
        if (section->kind == WADI__SECTION_REMOVED) {
            wadi__state_store_unload(store, row, hash);
            continue;
        }
        const int64_t *times = (const void *)section->notes->chunks.items[0]->rows;
        wadi__state_rows rows = {row, NULL, &hash, &times[i], 1};
        assert_true(wadi__state_store_load(store, &rows));
    }
    return WADI_OK;
}
static void expect_row(const wadi__state_store *store, const char *key, int64_t n, size_t words) {
    wadi_str named = wadi_str_of(key);
    uint64_t hash = wadi__value_hash(store->key, &named);
    wadi__state_row at;
    wadi__state_store_find(store, &named, sizeof named, &hash, 1, &at);
    assert_int_not_equal(at, WADI__STATE_NO_ROW);
    kept_words wanted = {named, n, {two_words, words}, (double)n / 4};
    assert_true(wadi__value_equal(store->type, wadi__state_record(store, at), &wanted));
    const wadi__state_chunk *chunk = wadi__state_chunk_of(store, at);
    assert_int_equal(chunk->times_ms[wadi__state_slot_of(store, at)], 100 * n);
}
static void check_format(int format) {
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    size_t size;
    for (int i = 0; i < 2; i++) {
        char path[200], *bytes = read_file(format, file_names[i], &size);
        snprintf(path, sizeof path, "/check/state/words/%s", file_names[i]);
        wadi__sim_disk_put(disk, path, bytes, size);
        free(bytes);
    }
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(kept_words), NULL), true);
    wadi__state_files *files = open_files(disk, 2);
    wadi__state_visitor visitor = {expect, visit, &store};
    char *snapshot = read_file(format, file_names[2], &size);
    int64_t time_ms, begun_ms;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__state_files_restore(files, snapshot, size, &visitor, &time_ms, &begun_ms, &err) !=
        WADI_OK)
        fail_msg("%s", err.message);
    free(snapshot);
    assert_int_equal(time_ms, 2000);
    assert_int_equal(begun_ms, 500);
    assert_int_equal(store.count, 3);
    expect_row(&store, "a", 4, 1);
    expect_row(&store, "a key that is long enough", 2, 0);
    expect_row(&store, "new", 5, 2);
    wadi__state_store_fini(&store);
    wadi__state_files_unref(files);
    wadi__sim_disk_free(disk);
}
static void test_each_format(void **state) {
    (void)state;
    for (int format = 1; format <= WADI__STATE_FILE_VERSION; format++) check_format(format);
}
int main(int argc, char **argv) {
    if (argc < 2) return 2;
    dir = argv[1];
    two_words[0] = wadi_str_of("w");
    two_words[1] = wadi_str_of("a word of some length");
    if (argc > 2 && strcmp(argv[2], "--write") == 0) return write_sample();
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_each_format);
    return wadi__unit_run(&unit, "state files of each format");
}
