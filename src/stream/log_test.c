/* SPDX-License-Identifier: Apache-2.0 */
/* log_test.c: write-ahead logs: what was written is read again, whatever the disk did meanwhile.
 * Tests that have the name of a behaviour in tests/conformance/behaviours.json show it. */
#include "base/log.h"
#include "stream/log_reader.h"
#include "stream/log_writer.h"
#include "testing/env_layer.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <wadi/str.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#define DIR_NAME "/checkpoint/log"

/* ---- Writing and waiting ---- */

typedef struct waiter {
    wadi__wal_entry entry; /* must be first */
    wadi__text frame;
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool is_done;
    wadi_status status;
    wadi_error err;
} waiter;

static void note_done(wadi__wal_entry *entry, wadi_status status, const wadi_error *err) {
    waiter *w = (waiter *)entry;
    pthread_mutex_lock(&w->lock);
    w->is_done = true;
    w->status = status;
    w->err = *err;
    pthread_cond_broadcast(&w->told);
    pthread_mutex_unlock(&w->lock);
}
/* A frame of one string. */
static wadi__text frame_of(const char *bytes, size_t size) {
    wadi__text frame = {0};
    wadi_str text = wadi_str_view(bytes, size);
    wadi__row_run run = {(const char *)&text, sizeof text, 1};
    assert_int_equal(wadi__frame_write(&frame, wadi__type_str(), &run, 1, WADI__FRAME_PLAIN, NULL),
                     WADI_OK);
    return frame;
}
static void submit(wadi__wal_writer *writer, waiter *w, int64_t time_ms, const char *bytes,
                   size_t size) {
    *w = (waiter){.frame = frame_of(bytes, size)};
    w->entry = (wadi__wal_entry){
        .time_ms = time_ms, .bytes = w->frame.bytes, .size = w->frame.size, .done = note_done};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->told, NULL);
    wadi__wal_submit(writer, &w->entry);
}
static wadi_status await(waiter *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->is_done) pthread_cond_wait(&w->told, &w->lock);
    pthread_mutex_unlock(&w->lock);
    wadi__text_fini(&w->frame);
    return w->status;
}
static wadi_status write_text(wadi__wal_writer *writer, int64_t time_ms, const char *text,
                              wadi__wal_place *place) {
    waiter w;
    submit(writer, &w, time_ms, text, strlen(text));
    wadi_status status = await(&w);
    if (place != NULL) *place = w.entry.place;
    return status;
}

/* ---- Reading ---- */

static void add_text(wadi__text *out, const void *frame, size_t size) {
    wadi__block *block = NULL;
    assert_int_equal(wadi__frame_read(wadi__type_str(), frame, size, NULL, &block, NULL, NULL),
                     WADI_OK);
    assert_int_equal(block->row_count, 1);
    const wadi_str *text = (const wadi_str *)(const void *)block->chunks.items[0]->rows;
    if (out->size > 0) wadi__text_add(out, " ", 1);
    wadi__text_add(out, wadi_str_data(text), text->len);
    wadi__block_unref(block);
}
/* The texts of a file, with spaces between them; or of what went wrong. */
static wadi_status read_file(wadi__env *env, const char *name, wadi__text *out, wadi_error *err) {
    char path[200];
    wadi__wal_reader reader;
    const void *frame = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, DIR_NAME "/%s", name);
    wadi_status status = wadi__wal_reader_open(&reader, env, path, err);
    while (status == WADI_OK &&
           (status = wadi__wal_reader_next(&reader, &frame, &size, NULL, err)) == WADI_OK &&
           frame != NULL)
        add_text(out, frame, size);
    wadi__wal_reader_close(&reader);
    return status;
}
/* All files: "log-1-2: a b; log-3-4: c". */
static char *read_all(wadi__env *env) {
    static char text[8192];
    wadi__wal_files files = {0};
    wadi__text all = {0};
    assert_int_equal(wadi__wal_files_list(env, DIR_NAME, &files, NULL), WADI_OK);
    for (size_t i = 0; i < files.count; i++) {
        wadi_error err = WADI_ERROR_INIT;
        wadi__text one = {0};
        if (i > 0) wadi__text_add(&all, "; ", 2);
        wadi__text_add(&all, files.items[i].name, strlen(files.items[i].name));
        wadi__text_add(&all, ": ", 2);
        if (read_file(env, files.items[i].name, &one, &err) != WADI_OK)
            wadi__text_add(&one, err.message, strlen(err.message));
        wadi__text_add(&all, one.bytes, one.size);
        wadi__text_fini(&one);
    }
    snprintf(text, sizeof text, "%.*s", (int)all.size, all.size > 0 ? all.bytes : "");
    wadi__text_fini(&all);
    wadi__vec_fini(&files);
    return text;
}

/* ---- A disk with a log ---- */

typedef struct fixture {
    wadi__env *disk;
    wadi__wal_options options;
    wadi__wal_writer *writer;
} fixture;
static fixture setup(uint64_t seed) {
    fixture f = {.disk = wadi__sim_disk_new(&wadi__env_real, seed),
                 .options = {.dir = DIR_NAME,
                             .thread_name = "wadi-log",
                             .rolling_ms = 1000,
                             .tries_max = 3,
                             .epoch = 7}};
    f.writer = wadi__wal_writer_new(f.disk, &f.options, NULL);
    assert_non_null(f.writer);
    return f;
}
static void reopen(fixture *f) {
    wadi__wal_writer_close(&f->writer);
    f->writer = wadi__wal_writer_new(f->disk, &f->options, NULL);
    assert_non_null(f->writer);
}
static void teardown(fixture *f) {
    wadi__wal_writer_close(&f->writer);
    wadi__sim_disk_free(f->disk);
}

/* ---- What Spark's suites say of it ---- */

static void test_wal_write_then_read(void **state) {
    (void)state;
    fixture f = setup(1);
    static const char *const texts[] = {"", "a", "\xff\x01 bytes of any kind",
                                        "the last one, which is longer than twelve bytes"};
    wadi__wal_place places[4];
    for (size_t i = 0; i < 4; i++) {
        wadi__buffer *frame = NULL;
        wadi__text text = {0};
        assert_int_equal(write_text(f.writer, 100, texts[i], &places[i]), WADI_OK);
        assert_int_equal(wadi__wal_read(f.disk, DIR_NAME, &places[i], &frame, NULL), WADI_OK);
        add_text(&text, frame->bytes, (size_t)places[i].size_bytes);
        assert_int_equal(text.size, strlen(texts[i]));
        wadi__text_fini(&text);
        wadi__buffer_unref(frame);
    }
    wadi__wal_reader reader;
    const void *frame;
    size_t size;
    uint64_t offset;
    assert_int_equal(wadi__wal_reader_open(&reader, f.disk, DIR_NAME "/log-100-1100", NULL),
                     WADI_OK);
    assert_int_equal(reader.header.epoch, 7);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(wadi__wal_reader_next(&reader, &frame, &size, &offset, NULL), WADI_OK);
        assert_int_equal(size, places[i].size_bytes);
        assert_int_equal(offset, places[i].offset);
    }
    for (int i = 0; i < 2; i++) { /* there is no next one, however often one asks */
        assert_int_equal(wadi__wal_reader_next(&reader, &frame, &size, &offset, NULL), WADI_OK);
        assert_null(frame);
    }
    wadi__wal_reader_close(&reader);
    teardown(&f);
}

typedef struct tail_case {
    const char *name;
    const char *added; /* to the file of a b c */
    size_t added_size;
    int64_t cut;     /* bytes off its end */
    int64_t flipped; /* byte from the end whose bits are flipped; 0: none */
    const char *expected;
} tail_case;
static tail_case tails[] = {
    {"a whole file", "", 0, 0, 0, "a b c"},
    {"text behind the last record", "This line appended to file!", 27, 0, 0, "a b c"},
    {"zeros behind the last record", "\0\0\0\0\0\0\0\0\0\0\0\0", 12, 0, 0, "a b c"},
    {"a length without a record", "\0\0\1\0", 4, 0, 0, "a b c"},
    {"the last byte is missing", "", 0, 1, 0, "a b"},
    {"half of the last record is missing", "", 0, 40, 0, "a b"},
    {"a flipped bit in the last record", "", 0, 0, 3, "a b"},
    {"an empty file", "", 0, 100000, 0, ""},
    {"half of the header", "", 0, -20, 0, ""},
};
static void check_file(const char *bytes, size_t size, const char *expected, wadi_status wanted) {
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__text text = {0};
    wadi_error err = WADI_ERROR_INIT;
    wadi__sim_disk_put(disk, DIR_NAME "/log-1-1001", bytes, size);
    wadi_status status = read_file(disk, "log-1-1001", &text, &err);
    if (status != wanted)
        fail_msg("%s, expected %s: %s", wadi_status_text(status), wadi_status_text(wanted),
                 err.message);
    wadi__text_add(&text, "", 1);
    if (status == WADI_OK) assert_string_equal(text.bytes, expected);
    wadi__text_fini(&text);
    wadi__sim_disk_free(disk);
}
/* The bytes of a file of a b c, released by free(). */
static char *abc(size_t *size) {
    fixture f = setup(1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(write_text(f.writer, 1, (const char *[]){"a", "b", "c"}[i], NULL),
                         WADI_OK);
    char *bytes = wadi__sim_disk_get(f.disk, DIR_NAME "/log-1-1001", size);
    teardown(&f);
    return bytes;
}
static void check_tail(void **state) {
    const tail_case *row = *state;
    size_t size;
    char *bytes = abc(&size);
    size_t left = row->cut < 0              ? (size_t)-row->cut
                  : (size_t)row->cut > size ? 0
                                            : size - (size_t)row->cut;
    bytes = realloc(bytes, left + row->added_size + 1);
    memcpy(bytes + left, row->added, row->added_size);
    if (row->flipped > 0) bytes[size - (size_t)row->flipped] ^= 0x10;
    check_file(bytes, left + row->added_size, row->expected, WADI_OK);
    free(bytes);
}
static void test_wal_corrupt_tail(void **state) {
    (void)state;
    check_tail((void **)&(tail_case *){&tails[1]});
    check_tail((void **)&(tail_case *){&tails[4]});
}
/* Wherever a bit flips: the records before it are read; with whole ones behind it, it is an error.
 */
static void test_every_flipped_byte(void **state) {
    (void)state;
    size_t size;
    char *bytes = abc(&size);
    size_t header = WADI__WAL_LENGTH_BYTES + wadi__wal_get_length(bytes);
    size_t record = WADI__WAL_LENGTH_BYTES + wadi__wal_get_length(bytes + header);
    assert_int_equal(size, header + 3 * record);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x04;
        check_file(bytes, size, "a b", i < size - record ? WADI_E_CORRUPT : WADI_OK);
        bytes[i] ^= 0x04;
    }
    free(bytes);
}
static void test_every_cut(void **state) {
    (void)state;
    size_t size;
    char *bytes = abc(&size);
    size_t header = WADI__WAL_LENGTH_BYTES + wadi__wal_get_length(bytes);
    size_t record = (size - header) / 3;
    for (size_t i = 0; i <= size; i++) {
        size_t whole = i < header ? 0 : (i - header) / record;
        check_file(bytes, i, (const char *[]){"", "a", "a b", "a b c"}[whole], WADI_OK);
    }
    free(bytes);
}
static void test_foreign_files(void **state) {
    (void)state;
    wadi__text foreign = frame_of("no header", 9), file = {0};
    char length[WADI__WAL_LENGTH_BYTES];
    wadi__wal_put_length(length, foreign.size);
    wadi__text_add(&file, length, sizeof length);
    wadi__text_add(&file, foreign.bytes, foreign.size);
    check_file(file.bytes, file.size, "", WADI_E_CORRUPT); /* a record, but no log's */
    check_file("just some text that is no log at all, and longer than any head of a frame", 73, "",
               WADI_OK);
    wadi__text_fini(&foreign);
    wadi__text_fini(&file);
}
static void test_wal_missing_file_is_empty(void **state) {
    (void)state;
    fixture f = setup(1);
    wadi__text text = {0};
    assert_int_equal(read_file(f.disk, "log-5-6", &text, NULL), WADI_OK);
    assert_int_equal(text.size, 0);
    teardown(&f);
}
static bool exists(wadi__env *env, const char *path) {
    wadi__file_stat stat;
    bool is_there = false;
    assert_int_equal(wadi__fs_stat(env, path, &stat, &is_there, NULL), WADI_OK);
    return is_there;
}
static void test_wal_lazy_directories(void **state) {
    (void)state;
    fixture f = setup(1);
    wadi__buffer *frame = NULL;
    wadi__wal_place place = {"log-1-2", 4, 100};
    assert_int_equal(wadi__wal_read(f.disk, DIR_NAME, &place, &frame, NULL), WADI_E_IO);
    assert_false(exists(f.disk, "/checkpoint"));
    reopen(&f);
    assert_false(exists(f.disk, "/checkpoint"));
    assert_int_equal(write_text(f.writer, 1, "a", NULL), WADI_OK);
    assert_true(exists(f.disk, DIR_NAME "/log-1-1001"));
    teardown(&f);
}
static void test_wal_clean_sync_and_async(void **state) {
    (void)state;
    for (int waits = 0; waits < 2; waits++) {
        fixture f = setup(1);
        for (int64_t at = 0; at < 8; at++)
            assert_int_equal(write_text(f.writer, at * 1500, "x", NULL), WADI_OK);
        uint64_t before = wadi__wal_bytes(f.writer);
        assert_true(wadi__wal_can_clean(f.writer, 6000));
        wadi__wal_clean(f.writer, 6000, waits != 0);
        if (!waits) wadi__wal_clean(f.writer, 0, true);
        assert_string_equal(
            read_all(f.disk),
            "log-6000-7000: x; log-7500-8500: x; log-9000-10000: x; log-10500-11500: x");
        assert_int_equal(wadi__wal_bytes(f.writer), before / 2);
        assert_false(wadi__wal_can_clean(f.writer, 7000)); /* strictly before */
        wadi__wal_clean(f.writer, INT64_MAX, true);
        assert_string_equal(read_all(f.disk), "log-10500-11500: x"); /* never the open one */
        wadi__wal_writer_close(&f.writer);
        wadi__wal_writer_close(&f.writer); /* twice is harmless */
        teardown(&f);
    }
}
/* What cannot be removed stays, with all that is younger, for the next time. */
static void test_clean_that_fails(void **state) {
    (void)state;
    fixture f = setup(1);
    for (int64_t at = 0; at < 3; at++)
        assert_int_equal(write_text(f.writer, at * 1500, "x", NULL), WADI_OK);
    wadi__sim_disk_fail(f.disk, WADI__SIM_NAMES, 1, 1, EIO);
    wadi__wal_clean(f.writer, 3000, true);
    assert_string_equal(read_all(f.disk), "log-0-1000: x; log-1500-2500: x; log-3000-4000: x");
    wadi__wal_clean(f.writer, 3000, true);
    assert_string_equal(read_all(f.disk), "log-3000-4000: x");
    teardown(&f);
}

/* ---- Groups: a disk whose next write waits ---- */

typedef struct slow_disk {
    wadi__env_layer layer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_held, is_waiting; /* writes wait; one does */
} slow_disk;
static ssize_t slow_write(wadi__env *env, int file, const void *bytes, size_t size) {
    slow_disk *self = env->state;
    pthread_mutex_lock(&self->lock);
    self->is_waiting = true;
    pthread_cond_broadcast(&self->changed);
    while (self->is_held) pthread_cond_wait(&self->changed, &self->lock);
    self->is_waiting = false;
    pthread_mutex_unlock(&self->lock);
    return self->layer.below->file_write(self->layer.below, file, bytes, size);
}
static void hold(slow_disk *self, bool holds) {
    pthread_mutex_lock(&self->lock);
    self->is_held = holds;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}
static void await_write(slow_disk *self) {
    pthread_mutex_lock(&self->lock);
    while (!self->is_waiting) pthread_cond_wait(&self->changed, &self->lock);
    pthread_mutex_unlock(&self->lock);
}
static void slow_disk_init(slow_disk *slow, wadi__env *below) {
    *slow = (slow_disk){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    wadi__env_layer_init(&slow->layer, "slow disk", below);
    slow->layer.env.state = slow;
    slow->layer.env.file_write = slow_write;
}
static size_t record_count(wadi__env *env, const char *path) {
    size_t size, count = 0;
    char *bytes = wadi__sim_disk_get(env, path, &size);
    for (size_t at = 0; at < size; count++)
        at += WADI__WAL_LENGTH_BYTES + wadi__wal_get_length(bytes + at);
    free(bytes);
    return count;
}
static void test_wal_batching(void **state) {
    (void)state;
    fixture f = setup(1);
    slow_disk slow;
    slow_disk_init(&slow, f.disk);
    wadi__wal_writer_close(&f.writer);
    f.writer = wadi__wal_writer_new(&slow.layer.env, &f.options, NULL);
    waiter w[4];
    hold(&slow, true);
    submit(f.writer, &w[0], 100, "first", 5);
    await_write(&slow);
    submit(f.writer, &w[1], 3000, "c", 1); /* later than the file's stop */
    submit(f.writer, &w[2], 200, "a", 1);
    submit(f.writer, &w[3], 300, "b", 1);
    hold(&slow, false);
    for (int i = 0; i < 4; i++) assert_int_equal(await(&w[i]), WADI_OK);
    /* One record, sorted by time, under the newest. */
    assert_string_equal(read_all(f.disk), "log-100-1100: first; log-3000-4000: a b c");
    assert_int_equal(record_count(f.disk, DIR_NAME "/log-3000-4000"), 2); /* with the header */
    wadi__buffer *frame = NULL;
    assert_int_equal(wadi__wal_read(f.disk, DIR_NAME, &w[3].entry.place, &frame, NULL), WADI_OK);
    wadi__buffer_unref(frame);
    teardown(&f);
}
static void test_entries_can_be_records_of_their_own(void **state) {
    (void)state;
    fixture f = setup(1);
    slow_disk slow;
    slow_disk_init(&slow, f.disk);
    wadi__wal_writer_close(&f.writer);
    f.options.is_single = true;
    f.writer = wadi__wal_writer_new(&slow.layer.env, &f.options, NULL);
    waiter w[3];
    hold(&slow, true);
    submit(f.writer, &w[0], 1, "a", 1);
    await_write(&slow);
    submit(f.writer, &w[1], 1, "b", 1);
    submit(f.writer, &w[2], 1, "c", 1);
    hold(&slow, false);
    for (int i = 0; i < 3; i++) assert_int_equal(await(&w[i]), WADI_OK);
    assert_int_equal(record_count(f.disk, DIR_NAME "/log-1-1001"), 4);
    teardown(&f);
}
/* ---- Failures ---- */

static void test_wal_write_retries(void **state) {
    (void)state;
    fixture f = setup(1);
    assert_int_equal(write_text(f.writer, 1, "a", NULL), WADI_OK);
    wadi__sim_disk_fail(f.disk, WADI__SIM_WRITE, 1, 2, EIO);
    assert_int_equal(write_text(f.writer, 2, "b", NULL),
                     WADI_OK); /* the third try, in the third file */
    assert_string_equal(read_all(f.disk), "log-1-1001: a; log-2-1002: ; log-3-1003: b");
    wadi__sim_disk_fail(f.disk, WADI__SIM_WRITE, 1, 3, EIO);
    waiter w;
    submit(f.writer, &w, 4, "c", 1);
    assert_int_equal(await(&w), WADI_E_IO);
    assert_non_null(strstr(w.err.message, "in 3 tries"));
    assert_int_equal(write_text(f.writer, 5, "d", NULL), WADI_OK);
    assert_non_null(strstr(read_all(f.disk), ": d"));
    teardown(&f);
}
/* A bound on disk: what is full can go before its stop, the open file is small enough. */
static void test_bound(void **state) {
    (void)state;
    fixture f = setup(1);
    wadi__wal_writer_close(&f.writer);
    f.options.bytes_max = 8000;
    f.options.rolling_ms = 60000;
    f.writer = wadi__wal_writer_new(f.disk, &f.options, NULL);
    int64_t at = 0;
    while (wadi__wal_has_room(f.writer))
        assert_int_equal(write_text(f.writer, ++at, "some record of the log", NULL), WADI_OK);
    assert_in_range(at, 50, 100);
    wadi__wal_clean(f.writer, at, true); /* long before a minute is over */
    assert_true(wadi__wal_has_room(f.writer));
    assert_in_range(wadi__wal_bytes(f.writer), 1, 2000);
    teardown(&f);
}
/* Names ascend even when the clock does not. */
static void test_the_clock_goes_back(void **state) {
    (void)state;
    fixture f = setup(1);
    assert_int_equal(write_text(f.writer, 5000, "a", NULL), WADI_OK);
    reopen(&f);
    assert_int_equal(write_text(f.writer, 10, "b", NULL), WADI_OK);
    assert_string_equal(read_all(f.disk), "log-5000-6000: a; log-5001-6001: b");
    teardown(&f);
}

/* ---- Crashes ---- */

/* Writes numbers until the machine stops in call n, each alone or some together; returns how many
 * were acknowledged. */
static int write_until_stop(fixture *f, uint64_t n) {
    int acknowledged = 0;
    wadi__sim_disk_stop_at(f->disk, WADI__SIM_ALL, n);
    for (int i = 0; i < 12 && !wadi__sim_disk_is_stopped(f->disk); i += 3) {
        waiter w[3];
        char text[3][16];
        for (int k = 0; k < 3; k++) {
            snprintf(text[k], sizeof text[k], "%d", i + k);
            submit(f->writer, &w[k], i * 400, text[k], strlen(text[k]));
        }
        for (int k = 0; k < 3; k++)
            if (await(&w[k]) == WADI_OK && acknowledged == i + k) acknowledged++;
    }
    return acknowledged;
}
/* Every acknowledged number is there, in order; torn and repeated ones are no error. */
static void check_numbers(wadi__env *env, int acknowledged) {
    int next = 0;
    wadi__wal_files files = {0};
    assert_int_equal(wadi__wal_files_list(env, DIR_NAME, &files, NULL), WADI_OK);
    for (size_t i = 0; i < files.count; i++) {
        wadi__text text = {0};
        wadi_error err = WADI_ERROR_INIT;
        if (read_file(env, files.items[i].name, &text, &err) != WADI_OK)
            fail_msg("%s", err.message);
        wadi__text_add(&text, "", 1);
        char *rest = text.bytes;
        for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
            if (atoi(word) == next) next++;
        wadi__text_fini(&text);
    }
    wadi__vec_fini(&files);
    if (next < acknowledged)
        fail_msg("%d of %d acknowledged records are there", next, acknowledged);
}
static void test_a_crash_in_every_call(void **state) {
    (void)state;
    int most = 0;
    for (uint64_t n = 1; most < 12; n++)
        for (uint64_t seed = 1; seed <= 8; seed++) {
            fixture f = setup(seed * 1000 + n);
            int acknowledged = write_until_stop(&f, n);
            if (acknowledged > most) most = acknowledged;
            wadi__wal_writer_close(&f.writer);
            wadi__sim_disk_stop_at(f.disk, WADI__SIM_ALL, 0);
            wadi__sim_disk_crash(f.disk);
            check_numbers(f.disk, acknowledged);
            f.writer = wadi__wal_writer_new(f.disk, &f.options, NULL); /* and it goes on */
            assert_int_equal(write_text(f.writer, 100000, "x", NULL), WADI_OK);
            teardown(&f);
        }
}
static void test_a_failure_of_every_call(void **state) {
    (void)state;
    for (int times = 1; times <= 4; times++)
        for (uint64_t n = 1; n < 40; n++) {
            fixture f = setup(n);
            int acknowledged = 0;
            wadi__sim_disk_fail(f.disk, WADI__SIM_CHANGES, n, (uint64_t)times,
                                n % 2 ? EIO : ENOSPC);
            for (int i = 0; i < 6; i++) {
                char text[16];
                snprintf(text, sizeof text, "%d", i);
                wadi_status status = write_text(f.writer, i * 400, text, NULL);
                if (times < 3) assert_int_equal(status, WADI_OK);
                if (status == WADI_OK && acknowledged == i) acknowledged++;
            }
            wadi__wal_writer_close(&f.writer);
            wadi__sim_disk_fail(f.disk, WADI__SIM_CHANGES, 1, 0, 0);
            wadi__sim_disk_crash(f.disk);
            check_numbers(f.disk, acknowledged);
            teardown(&f);
        }
}

typedef struct abc_call {
    wadi__env *disk;
} abc_call;
static bool write_without_memory(void *arg) {
    fixture f = {
        .disk = ((abc_call *)arg)->disk,
        .options = {
            .dir = DIR_NAME, .thread_name = "wadi-log", .rolling_ms = 1000, .tries_max = 1}};
    f.writer = wadi__wal_writer_new(f.disk, &f.options, NULL);
    if (f.writer == NULL) return false;
    wadi__wal_writer_close(&f.writer);
    wadi__wal_files files = {0};
    bool is_listed = wadi__wal_files_list(f.disk, DIR_NAME, &files, NULL) == WADI_OK;
    wadi__wal_reader reader;
    const void *frame = NULL;
    size_t size, count = 0;
    wadi_status status = is_listed
                             ? wadi__wal_reader_open(&reader, f.disk, DIR_NAME "/log-1-1001", NULL)
                             : WADI_E_NOMEM;
    while (status == WADI_OK &&
           (status = wadi__wal_reader_next(&reader, &frame, &size, NULL, NULL)) == WADI_OK &&
           frame != NULL)
        count++;
    if (is_listed) wadi__wal_reader_close(&reader);
    wadi__vec_fini(&files);
    if (status == WADI_OK)
        assert_int_equal(count, 2);
    else
        assert_int_equal(status, WADI_E_NOMEM);
    return status == WADI_OK;
}
static void test_refused_memory(void **state) {
    (void)state;
    fixture f = setup(1);
    assert_int_equal(write_text(f.writer, 1, "a", NULL), WADI_OK);
    assert_int_equal(write_text(f.writer, 1, "b", NULL), WADI_OK);
    wadi__wal_writer_close(&f.writer);
    abc_call call = {f.disk};
    assert_true(wadi__unit_refuse_each(write_without_memory, &call, false) > 3);
    teardown(&f);
}
/* ---- What stays in the cache of pages ---- */

static struct {
    int64_t bytes, end; /* given back so far, one piece behind the other */
    uint32_t calls;
    bool has_gap;
} uncached;
static void count_uncached(wadi__env *env, int file, int64_t offset, int64_t size) {
    (void)env, (void)file;
    if (offset == 0) uncached.end = 0; /* another file */
    uncached.has_gap |= offset != uncached.end || size <= 0;
    uncached.end = offset + size;
    uncached.bytes += size;
    uncached.calls++;
}
static void test_only_the_newest_stays_cached(void **state) {
    (void)state;
    enum { PIECE = 1 << 20, PIECES = 40, STAYS = 32 };
    static char bytes[PIECE];
    fixture f = setup(1);
    memset(bytes, 'x', sizeof bytes);
    memset(&uncached, 0, sizeof uncached);
    f.disk->file_uncache = count_uncached;
    for (int file = 0; file < 2; file++)
        for (int i = 0; i < PIECES; i++) {
            waiter w;
            submit(f.writer, &w, 1000 + 60000 * file, bytes, sizeof bytes);
            assert_int_equal(await(&w), WADI_OK);
            if (i < STAYS) assert_int_equal(uncached.calls, file * (PIECES - STAYS));
        }
    assert_int_equal(uncached.bytes, 2 * (PIECES - STAYS) * PIECE);
    assert_false(uncached.has_gap);
    teardown(&f);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__log_set_level(WADI__LOG_ERROR); /* failed tries are told, and are many */
    wadi__unit_add(&unit, test_wal_write_then_read);
    wadi__unit_rows(&unit, check_tail, tails);
    wadi__unit_add(&unit, test_wal_corrupt_tail);
    wadi__unit_add(&unit, test_every_flipped_byte);
    wadi__unit_add(&unit, test_every_cut);
    wadi__unit_add(&unit, test_foreign_files);
    wadi__unit_add(&unit, test_wal_missing_file_is_empty);
    wadi__unit_add(&unit, test_wal_lazy_directories);
    wadi__unit_add(&unit, test_wal_clean_sync_and_async);
    wadi__unit_add(&unit, test_clean_that_fails);
    wadi__unit_add(&unit, test_wal_batching);
    wadi__unit_add(&unit, test_entries_can_be_records_of_their_own);
    wadi__unit_add(&unit, test_wal_write_retries);
    wadi__unit_add(&unit, test_bound);
    wadi__unit_add(&unit, test_only_the_newest_stays_cached);
    wadi__unit_add(&unit, test_the_clock_goes_back);
    wadi__unit_add(&unit, test_a_crash_in_every_call);
    wadi__unit_add(&unit, test_a_failure_of_every_call);
    wadi__unit_add(&unit, test_refused_memory);
    return wadi__unit_run(&unit, "log");
}
