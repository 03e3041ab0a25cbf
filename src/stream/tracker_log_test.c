/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_log_test.c: what the tracker logs, and what a restart finds of it. Tests that have the
 * name of a behaviour in tests/conformance/behaviours.json show it. */
#include "base/log.h"
#include "stream/log_reader.h"
#include "stream/tracker.h"
#include "testing/env_layer.h"
#include "testing/manual_clock.h"
#include "testing/serial_threads.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <errno.h>
#include <stdio.h>

#define NOTES "/cp/receivedBlockMetadata"

/* ---- A tracker with two inputs, whose blocks are logged ---- */

typedef struct waiter {
    pthread_mutex_t lock;
    wadi__event changed;
    wadi__env *env;
    bool is_done;
    wadi_status status;
    wadi_error err;
} waiter;

typedef struct fixture {
    wadi__env *threads, *clock, *disk; /* threads: NULL: the machine's */
    wadi__rig rig;
    wadi__tracker *tracker;
    bool has_blocks; /* the log of blocks is on */
    const char *batch_max; /* records; NULL: no bound */
    waiter stored;   /* lives longer than the log's thread */
} fixture;

static const wadi__past goes_on = {.goes_on = true}, nothing_ran = {.done_ms = INT64_MIN};

static wadi_status open_tracker(fixture *f, const wadi__past *past, wadi_error *err) {
    f->rig = wadi__rig_new(&(wadi__rig_options){
        .clock = f->clock,
        .env = f->disk,
        .settings = {
            {"wadi.batch.max_records", f->batch_max != NULL ? f->batch_max : "0"},
            {"spark.streaming.receiver.writeAheadLog.enable", f->has_blocks ? "true" : "false"},
            {"spark.streaming.driver.writeAheadLog.rollingIntervalSecs", "1"},
            {"spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", "1"}}});
    wadi_checkpoint(f->rig.ssc, "/cp");
    wadi_socket_text_stream(f->rig.ssc, "peer", 1, .name = "first");
    wadi_socket_text_stream(f->rig.ssc, "peer", 2, .name = "second");
    f->rig.ssc->epoch = 1;
    f->tracker = wadi__tracker_new(f->rig.ssc);
    assert_non_null(f->tracker);
    wadi_status status = wadi__tracker_open_log(f->tracker, past, err);
    for (int i = 0; i < 2 && status == WADI_OK; i++)
        status = wadi__tracker_log_blocks(f->tracker, i, err);
    return status;
}
static void close_tracker(fixture *f) {
    wadi__tracker_free(f->tracker);
    f->tracker = NULL;
    wadi__rig_free(&f->rig);
}
static void open_again(fixture *f, const wadi__past *past) {
    wadi_error err = WADI_ERROR_INIT;
    if (f->tracker != NULL) close_tracker(f);
    if (open_tracker(f, past, &err) != WADI_OK) fail_msg("%s", err.message);
}
static fixture setup_on(wadi__env *threads, uint64_t seed) {
    fixture f = {.threads = threads, .has_blocks = true, .stored.lock = PTHREAD_MUTEX_INITIALIZER};
    f.clock = wadi__manual_clock_new(threads != NULL ? threads : &wadi__env_real, 10000);
    f.stored.env = f.clock;
    f.disk = wadi__sim_disk_new(f.clock, seed);
    open_again(&f, &nothing_ran);
    return f;
}
static fixture setup(uint64_t seed) { return setup_on(NULL, seed); }
static void teardown(fixture *f) {
    if (f->tracker != NULL) close_tracker(f);
    wadi__sim_disk_free(f->disk);
    wadi__manual_clock_free(f->clock);
    wadi__serial_threads_free(f->threads);
}

/* ---- Storing ---- */

static void note_told(void *arg, wadi_status status, const wadi_error *err) {
    waiter *w = arg;
    pthread_mutex_lock(&w->lock);
    w->is_done = true;
    w->status = status;
    w->err = *err;
    pthread_mutex_unlock(&w->lock);
    wadi__event_wake_all(&w->changed, w->env);
}
static wadi__block *block_of(int64_t value) {
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = wadi__block_new(wadi__type_int64(), keep);
    wadi__keep_unref(keep);
    assert_true(wadi__block_append(block, &value, 1));
    return block;
}
static wadi__received *begin(fixture *f, int input_id, int64_t value, const char *metadata) {
    wadi__received *received = wadi__received_new(f->tracker, value, block_of(value), metadata,
                                                  metadata != NULL ? strlen(metadata) : 0);
    wadi__tracker_expect(f->tracker, input_id, received);
    received->place = (wadi__wal_place){"log-1-2", (uint64_t)value, 100};
    return received;
}
/* Notes a block that lies at offset `value` of some file. */
static wadi_status store_with(fixture *f, int input_id, int64_t value, const char *metadata,
                              wadi_error *err) {
    waiter *w = &f->stored;
    w->is_done = false;
    wadi__received *received = begin(f, input_id, value, metadata);
    wadi__tracker_note(f->tracker, received, wadi__note_new(WADI__TRACKED_BLOCK), note_told, w);
    pthread_mutex_lock(&w->lock);
    while (!w->is_done) wadi__event_wait(&w->changed, &w->lock, f->clock, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&w->lock);
    if (w->status != WADI_OK) wadi__received_free(f->tracker, received);
    if (err != NULL) *err = w->err;
    return w->status;
}
static void store(fixture *f, int input_id, int64_t from, int64_t to) {
    for (int64_t i = from; i <= to; i++)
        assert_int_equal(store_with(f, input_id, i, NULL, NULL), WADI_OK);
}
static wadi_status allocate(fixture *f, int64_t time_ms, wadi_error *err) {
    static const atomic_bool never = false;
    wadi__tracker_allocate(f->tracker, time_ms);
    return wadi__tracker_wait_durable(f->tracker, time_ms, &never, err);
}
/* "1 2 3": where the blocks of a batch lie. */
static void assert_blocks(fixture *f, int input_id, int64_t time_ms, const char *expected) {
    char text[400] = "";
    const wadi__received_list *list = wadi__tracker_blocks(f->tracker, input_id, time_ms);
    for (size_t i = 0; list != NULL && i < list->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i > 0 ? " " : "",
                 (int)list->items[i]->place.offset);
    assert_string_equal(text, expected);
}

/* ---- What is in the log ---- */

typedef struct logged {
    char text[2000];
    size_t counts[6];
    bool is_short; /* text only of the first */
} logged;
static wadi_status add_event(const wadi_tracker_event *event, void *arg, wadi_error *err) {
    logged *self = arg;
    (void)err;
    self->counts[event->kind]++;
    size_t used = strlen(self->text);
    if (used + 100 > sizeof self->text) return WADI_OK;
    char *at = self->text + used;
    size_t room = sizeof self->text - used;
    switch ((wadi__tracked)event->kind) {
    case WADI__TRACKED_BLOCK: snprintf(at, room, "b%d ", (int)event->offset); break;
    case WADI__TRACKED_ALLOCATION:
        snprintf(at, room, "t%d(%zu) ", (int)event->time_ms, event->blocks.count);
        break;
    case WADI__TRACKED_CLEANUP: snprintf(at, room, "c%d ", (int)event->time_ms); break;
    case WADI__TRACKED_POSITION:
        snprintf(at, room, "p%.*s ", (int)event->metadata.len, wadi_str_data(&event->metadata));
        break;
    case WADI__TRACKED_OLDEST: snprintf(at, room, "o%d ", (int)event->number); break;
    }
    return WADI_OK;
}
static logged read_log(fixture *f) {
    logged read = {.text = ""};
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__tracker_log_replay(f->disk, NOTES, add_event, &read, &err) != WADI_OK)
        fail_msg("%s", err.message);
    return read;
}
static size_t file_count(fixture *f, const char *dir, char *newest) {
    wadi__wal_files files = {0};
    assert_int_equal(wadi__wal_files_list(f->disk, dir, &files, NULL), WADI_OK);
    size_t count = files.count;
    if (newest != NULL && count > 0)
        memcpy(newest, files.items[count - 1].name, WADI__WAL_NAME_BYTES);
    wadi__vec_fini(&files);
    return count;
}

static void test_tracker_log_contents_many_blocks(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    fixture f = setup(1);
    waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .env = f.clock};
    for (int64_t i = 0; i < COUNT; i++)
        wadi__tracker_note(f.tracker, begin(&f, 1, i, NULL), wadi__note_new(WADI__TRACKED_BLOCK),
                           note_told, &w);
    store(&f, 1, COUNT, COUNT); /* the others are there now, too */
    assert_int_equal(allocate(&f, 11000, NULL), WADI_OK);
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    assert_int_equal(wadi__tracker_blocks(f.tracker, 1, 11000)->count, COUNT + 1);
    close_tracker(&f);
    logged log = read_log(&f);
    assert_int_equal(log.counts[WADI__TRACKED_BLOCK], COUNT + 1);
    assert_int_equal(log.counts[WADI__TRACKED_ALLOCATION], 1);
    assert_memory_equal(log.text, "b0 b1 b2 b3 b4 ", 15);
    assert_int_equal(file_count(&f, NOTES, NULL), 1);
    open_again(&f, &goes_on);
    assert_int_equal(wadi__tracker_blocks(f.tracker, 1, 11000)->count, COUNT + 1);
    teardown(&f);
}
/* What no batch had before the restart is spread over those that are made up, and over those after
 * it if that is too little; what a batch has it keeps. */
static void test_backlog_is_spread(void **state) {
    (void)state;
    fixture f = setup(1);
    store(&f, 0, 1, 7);
    f.batch_max = "2";
    open_again(&f, &goes_on);
    assert_int_equal(allocate(&f, 12000, NULL), WADI_OK);
    assert_int_equal(allocate(&f, 13000, NULL), WADI_OK);
    store(&f, 0, 8, 8);
    open_again(&f, &goes_on); /* killed again */
    assert_blocks(&f, 0, 12000, "1 2");
    assert_blocks(&f, 0, 13000, "3 4");
    assert_int_equal(allocate(&f, 14000, NULL), WADI_OK);
    assert_int_equal(allocate(&f, 15000, NULL), WADI_OK);
    assert_blocks(&f, 0, 14000, "5 6");
    assert_blocks(&f, 0, 15000, "7 8");
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    teardown(&f);
}
static void test_tracker_recovery_and_cleanup(void **state) {
    (void)state;
    fixture f = setup(1);
    char newest[WADI__WAL_NAME_BYTES] = "", other[WADI__WAL_NAME_BYTES] = "";
    store(&f, 0, 1, 5);
    close_tracker(&f);
    f.rig = (wadi__rig){0};
    wadi__manual_clock_advance_ms(f.clock, 2000);
    open_again(&f, &goes_on);
    assert_true(wadi__tracker_has_unallocated(f.tracker));
    assert_int_equal(allocate(&f, 12000, NULL), WADI_OK);
    assert_blocks(&f, 0, 12000, "1 2 3 4 5");
    assert_null(
        wadi__tracker_blocks(f.tracker, 0, 12000)->items[0]->block); /* not in memory any more */
    wadi__manual_clock_advance_ms(f.clock, 2000);
    store(&f, 0, 6, 10);
    assert_int_equal(allocate(&f, 14000, NULL), WADI_OK);
    assert_string_equal(read_log(&f).text, "b1 b2 b3 b4 b5 t12000(5) b6 b7 b8 b9 b10 t14000(5) ");
    wadi__manual_clock_advance_ms(f.clock, 2000);
    open_again(&f, &goes_on);
    assert_blocks(&f, 0, 12000, "1 2 3 4 5");
    assert_blocks(&f, 0, 14000, "6 7 8 9 10");
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    size_t before = file_count(&f, NOTES, newest);
    wadi__tracker_forget(f.tracker, 0, 12000, 12000);
    assert_int_equal(allocate(&f, 16000, NULL), WADI_OK); /* behind the cleanup */
    close_tracker(&f);
    f.rig = (wadi__rig){0};
    assert_true(file_count(&f, NOTES, other) < before + 1);
    assert_string_not_equal(newest, other);
    logged log = read_log(&f);
    assert_non_null(strstr(log.text, "c12000 "));
    assert_null(strstr(log.text, "b1 "));
    open_again(&f, &goes_on);
    assert_blocks(&f, 0, 12000, "");
    assert_blocks(&f, 0, 14000, "6 7 8 9 10");
    teardown(&f);
}
static void test_tracker_log_needs_checkpoint_directory(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_socket_text_stream(rig.ssc, "peer", 1);
    wadi__tracker *tracker = wadi__tracker_new(rig.ssc);
    assert_int_equal(wadi__tracker_open_log(tracker, &goes_on, NULL), WADI_OK);
    static const atomic_bool never = false;
    wadi__tracker_add(tracker, 0, wadi__received_new(tracker, 0, block_of(1), NULL, 0));
    wadi__tracker_allocate(tracker, 1000);
    assert_int_equal(wadi__tracker_wait_durable(tracker, 1000, &never, NULL), WADI_OK);
    assert_int_equal(wadi__tracker_blocks(tracker, 0, 1000)->items[0]->number, 0);
    wadi__tracker_free(tracker);
    wadi__rig_free(&rig);
}

/* ---- What a restart takes up ---- */

static void test_pasts(void **state) {
    (void)state;
    static const int64_t undone[] = {11000};
    static const struct {
        wadi__past past;
        const char *of_first, *of_next;
    } cases[] = {
        {{.goes_on = true}, "1 2", "3 4"},
        {{.done_ms = INT64_MIN}, "", "1 2 3 4"},
        {{.done_ms = 10000}, "", "1 2 3 4"},
        {{.done_ms = 11000}, "", "3 4"},
        {{.done_ms = 11000, .undone = undone, .undone_count = 1}, "", "1 2 3 4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f = setup(1);
        store(&f, 1, 1, 2);
        assert_int_equal(allocate(&f, 11000, NULL), WADI_OK);
        store(&f, 1, 3, 4);
        open_again(&f, &cases[i].past);
        assert_blocks(&f, 1, 11000, cases[i].of_first);
        int64_t next_ms = cases[i].past.goes_on ? 12000 : 11000; /* the first has had its turn */
        wadi__tracker_allocate(f.tracker, 11000);
        assert_int_equal(allocate(&f, 12000, NULL), WADI_OK);
        assert_blocks(&f, 1, next_ms, cases[i].of_next);
        teardown(&f);
    }
}
/* An empty batch that is run again stays empty, though blocks have come since. */
static void test_empty_batches_stay_empty(void **state) {
    (void)state;
    fixture f = setup(1);
    assert_int_equal(allocate(&f, 11000, NULL), WADI_OK);
    store(&f, 0, 1, 1);
    open_again(&f, &goes_on);
    assert_int_equal(allocate(&f, 11000, NULL), WADI_OK);
    assert_blocks(&f, 0, 11000, "");
    assert_int_equal(allocate(&f, 12000, NULL), WADI_OK);
    assert_blocks(&f, 0, 12000, "1");
    teardown(&f);
}
static void test_positions_survive_their_blocks(void **state) {
    (void)state;
    fixture f = setup(1);
    size_t size;
    assert_null(wadi__tracker_position(f.tracker, 0, &size));
    for (int64_t i = 1; i <= 4; i++) {
        char metadata[20];
        snprintf(metadata, sizeof metadata, "position %d", (int)i);
        assert_int_equal(store_with(&f, 0, i, i < 4 ? metadata : NULL, NULL), WADI_OK);
        assert_int_equal(allocate(&f, 10000 + 1000 * i, NULL), WADI_OK);
        wadi__tracker_forget(f.tracker, 0, 10000 + 1000 * i, 10000 + 1000 * i);
        wadi__manual_clock_advance_ms(f.clock, 3000);
    }
    for (int again = 0; again < 2; again++) {
        open_again(&f, &goes_on);
        assert_memory_equal(wadi__tracker_position(f.tracker, 0, &size), "position 3", 10);
        assert_int_equal(size, 10);
        assert_null(wadi__tracker_position(f.tracker, 1, &size));
        assert_int_equal(size, 0);
    }
    assert_null(strstr(read_log(&f).text, "b1 ")); /* its file is gone */
    teardown(&f);
}
/* A disk on which the call after one that wrote the position fails. */
typedef struct failing_disk {
    wadi__env_layer layer; /* must be first */
    bool fails_next;
} failing_disk;
static ssize_t write_or_fail(wadi__env *env, int file, const void *bytes, size_t size) {
    failing_disk *self = env->state;
    bool fails = self->fails_next;
    self->fails_next = !fails && memmem(bytes, size, "the position", 12) != NULL;
    return fails ? -EIO : self->layer.below->file_write(self->layer.below, file, bytes, size);
}
static void drop_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
/* The position goes into one file, what says that older files are not needed into the next one. */
static void test_positions_survive_a_file_that_was_given_up(void **state) {
    (void)state;
    wadi__log_capture(drop_line, NULL);
    for (uint64_t order = 1; order <= 40; order++) { /* of the threads: what comes into one frame */
        fixture f = setup_on(wadi__serial_threads_new(&wadi__env_real, order), 1);
        wadi__env *disk = f.disk;
        failing_disk failing = {.fails_next = false};
        wadi__env_layer_init(&failing.layer, "failing disk", disk);
        failing.layer.env.file_write = write_or_fail;
        f.disk = &failing.layer.env;
        open_again(&f, &nothing_ran);
        for (int64_t i = 1; i <= 4; i++) {
            assert_int_equal(store_with(&f, 0, i, i == 1 ? "the position" : NULL, NULL), WADI_OK);
            assert_int_equal(allocate(&f, 10000 + 1000 * i, NULL), WADI_OK);
            wadi__tracker_forget(f.tracker, 0, 10000 + 1000 * i, 10000 + 1000 * i);
            wadi__manual_clock_advance_ms(f.clock, 500);
        }
        close_tracker(&f);
        f.disk = disk;
        open_again(&f, &goes_on);
        size_t size;
        if (wadi__tracker_position(f.tracker, 0, &size) == NULL)
            fail_msg("order %d: the position is gone", (int)order);
        teardown(&f);
    }
    wadi__log_capture(NULL, NULL);
}
/* A position that is noted again comes behind later blocks, whose notes were on their way. */
static void test_positions_of_later_blocks_count(void **state) {
    (void)state;
    fixture f = setup(1);
    close_tracker(&f);
    wadi__wal_options options = {
        .dir = NOTES, .thread_name = "wadi-log", .rolling_ms = 1000, .tries_max = 1};
    wadi__tracker_log *log = wadi__tracker_log_new(f.disk, &options, NULL);
    static const char *const positions[] = {"one", "two", "one"};
    for (int i = 0; i < 3; i++) {
        wadi__note *note = wadi__note_new(i < 2 ? WADI__TRACKED_BLOCK : WADI__TRACKED_POSITION);
        note->event.number = 1;
        note->event.stream = wadi_str_of("first");
        note->event.file = wadi_str_of("log-1-2");
        note->event.has_metadata = true;
        note->event.metadata = wadi_str_of(positions[i]);
        wadi__tracker_log_add(log, note, 1);
    }
    wadi__tracker_log_free(log);
    open_again(&f, &goes_on);
    size_t size;
    assert_memory_equal(wadi__tracker_position(f.tracker, 0, &size), "two", 3);
    teardown(&f);
}
/* What an input keeps for recoveries is dropped from memory, and stays in the log. */
static void test_dropped_blocks_are_still_logged(void **state) {
    (void)state;
    fixture f = setup(1);
    store(&f, 0, 1, 1);
    assert_int_equal(allocate(&f, 11000, NULL), WADI_OK);
    wadi__tracker_forget(f.tracker, 0, 11000, 10000);
    assert_null(wadi__tracker_blocks(f.tracker, 0, 11000)->items[0]->block);
    open_again(&f, &goes_on);
    assert_blocks(&f, 0, 11000, "1");
    teardown(&f);
}
static void count_warnings(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)module;
    if (level == WADI__LOG_WARN &&
        strstr(text, "spark.streaming.receiver.writeAheadLog.enable") != NULL)
        ++*(int *)arg;
}
static void test_blocks_that_were_in_memory_only(void **state) {
    (void)state;
    fixture f = setup(1);
    close_tracker(&f);
    f.has_blocks = false;
    f.rig = (wadi__rig){0};
    open_again(&f, &goes_on);
    wadi__tracker_add(f.tracker, 0, wadi__received_new(f.tracker, 0, block_of(1), "here", 4));
    assert_int_equal(allocate(&f, 11000, NULL), WADI_OK); /* does not wait */
    int warnings = 0;
    wadi__log_capture(count_warnings, &warnings);
    open_again(&f, &goes_on);
    wadi__log_capture(NULL, NULL);
    assert_int_equal(warnings, 1);
    size_t size;
    assert_null(
        wadi__tracker_position(f.tracker, 0, &size)); /* or the source would pass lost records by */
    assert_null(wadi__tracker_blocks(f.tracker, 0, 11000));
    teardown(&f);
}
static void test_inputs_that_are_gone(void **state) {
    (void)state;
    fixture f = setup(1);
    store(&f, 1, 1, 3);
    close_tracker(&f);
    f.rig = wadi__rig_new(&(wadi__rig_options){.clock = f.clock, .env = f.disk});
    wadi_checkpoint(f.rig.ssc, "/cp");
    wadi_socket_text_stream(f.rig.ssc, "peer", 1, .name = "first");
    f.tracker = wadi__tracker_new(f.rig.ssc);
    assert_int_equal(wadi__tracker_open_log(f.tracker, &goes_on, NULL), WADI_OK);
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    teardown(&f);
}

/* ---- Failures ---- */

static void test_wal_choice_by_config(void **state) {
    (void)state;
    static const char *const names[] = {"spark.streaming.driver.writeAheadLog.class",
                                        "spark.streaming.receiver.writeAheadLog.class"};
    for (int side = 0; side < 2; side++) {
        wadi__rig rig = wadi__rig_new(&(wadi__rig_options){
            .settings = {{names[side], "org.example.MyLog"},
                         {"spark.streaming.receiver.writeAheadLog.enable", "true"}}});
        wadi__env *disk = wadi__sim_disk_new(rig.clock, 1);
        rig.ssc->env = disk;
        wadi_checkpoint(rig.ssc, "/cp");
        wadi_socket_text_stream(rig.ssc, "peer", 1);
        wadi__tracker *tracker = wadi__tracker_new(rig.ssc);
        wadi_error err = WADI_ERROR_INIT;
        /* There are no other logs than files: a class is refused by its name; the other side goes
         * by itself. */
        assert_int_equal(wadi__tracker_open_log(tracker, &nothing_ran, &err),
                         side == 0 ? WADI_E_INVALID : WADI_OK);
        if (side == 1) assert_int_equal(wadi__tracker_log_blocks(tracker, 0, &err), WADI_E_INVALID);
        assert_non_null(strstr(err.message, names[side]));
        assert_non_null(strstr(err.message, "org.example.MyLog"));
        wadi__tracker_free(tracker);
        wadi__rig_free(&rig);
        wadi__sim_disk_free(disk);
    }
}
static void test_wal_batching_failure(void **state) {
    (void)state;
    fixture f = setup(1);
    wadi_error err = WADI_ERROR_INIT;
    wadi__sim_disk_fail(f.disk, WADI__SIM_WRITE, 1, 3, ENOSPC);
    assert_int_equal(store_with(&f, 0, 1, NULL, &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "No space left on device"));
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    store(&f, 0, 2, 2);
    assert_int_equal(allocate(&f, 11000, NULL), WADI_OK);
    assert_blocks(&f, 0, 11000, "2");
    teardown(&f);
}
/* Its blocks wait for a later batch, before those that came since. */
static void test_allocations_that_cannot_be_logged(void **state) {
    (void)state;
    fixture f = setup(1);
    wadi_error err = WADI_ERROR_INIT;
    store(&f, 0, 1, 2);
    store(&f, 1, 3, 3);
    wadi__sim_disk_fail(f.disk, WADI__SIM_SYNC, 1, 1000, EIO);
    assert_int_equal(allocate(&f, 11000, &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "batch 11000 ms"));
    assert_int_equal(allocate(&f, 12000, &err), WADI_E_IO);
    wadi__sim_disk_fail(f.disk, WADI__SIM_SYNC, 1, 0, 0);
    store(&f, 0, 4, 4);
    assert_int_equal(allocate(&f, 13000, NULL), WADI_OK);
    for (int again = 0; again < 2; again++) {
        assert_blocks(&f, 0, 11000, "");
        assert_blocks(&f, 0, 13000, "1 2 4");
        assert_blocks(&f, 1, 13000, "3");
        open_again(&f, &goes_on);
    }
    teardown(&f);
}
static void test_a_damaged_log_is_an_error(void **state) {
    (void)state;
    fixture f = setup(1);
    store(&f, 0, 1, 3);
    close_tracker(&f);
    char newest[WADI__WAL_NAME_BYTES] = "", path[200];
    file_count(&f, NOTES, newest);
    snprintf(path, sizeof path, NOTES "/%s", newest);
    assert_true(wadi__sim_disk_damage(f.disk, path, 400, 1));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(open_tracker(&f, &goes_on, &err), WADI_E_CORRUPT);
    assert_non_null(strstr(err.message, newest));
    teardown(&f);
}

/* ---- Crashes ---- */

typedef struct history { /* what was acknowledged before the machine stopped */
    int stored;          /* blocks 1 .. */
    int batches;         /* that could begin, .. */
    int last_of[20];     /* .. and their last block, or that of the one before */
} history;

/* Stores two blocks a batch, and forgets old ones. */
static history live(fixture *f) {
    history h = {0};
    for (int batch = 1; batch < 8; batch++) {
        for (int i = 0; i < 2; i++)
            if (store_with(f, 0, 2 * batch - 1 + i, NULL, NULL) == WADI_OK &&
                h.stored == 2 * batch - 2 + i)
                h.stored++;
        if (allocate(f, 10000 + 1000 * batch, NULL) != WADI_OK) break;
        h.batches = batch;
        h.last_of[batch] = h.stored;
        if (batch > 2)
            wadi__tracker_forget(f->tracker, 0, 10000 + 1000 * (batch - 2),
                                 10000 + 1000 * (batch - 2));
        wadi__manual_clock_advance_ms(f->clock, 1500);
    }
    return h;
}
/* Batches that could begin have the same blocks, all others wait. */
static void check(fixture *f, const history *h) {
    char expected[100] = "";
    for (int batch = h->batches > 2 ? h->batches - 1 : 1; batch <= h->batches; batch++) {
        snprintf(expected, sizeof expected, "%d %d", 2 * batch - 1, 2 * batch);
        assert_blocks(f, 0, 10000 + 1000 * batch, expected);
    }
    int next = 2 * h->batches + 1, last = 0;
    wadi__tracker_allocate(f->tracker, 30000);
    for (int64_t at = 10000 + 1000 * (h->batches + 1); at <= 30000; at += 1000) {
        const wadi__received_list *list = wadi__tracker_blocks(f->tracker, 0, at);
        for (size_t i = 0; list != NULL && i < list->count; i++) {
            last = (int)list->items[i]->place.offset;
            assert_int_equal(last, next++);
        }
    }
    if (last < h->stored && h->stored >= 2 * h->batches + 1)
        fail_msg("block %d of %d is not there", last, h->stored);
}
static void test_a_crash_in_every_call(void **state) {
    (void)state;
    bool is_over = false;
    for (uint64_t n = 1; !is_over; n++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            fixture f = setup(seed * 1000 + n);
            wadi__sim_disk_stop_at(f.disk, WADI__SIM_ALL, n);
            history h = live(&f);
            is_over = !wadi__sim_disk_is_stopped(f.disk);
            close_tracker(&f);
            f.rig = (wadi__rig){0};
            wadi__sim_disk_stop_at(f.disk, WADI__SIM_ALL, 0);
            wadi__sim_disk_crash(f.disk);
            open_again(&f, &goes_on);
            check(&f, &h);
            teardown(&f);
        }
}
int main(void) {
    wadi__unit unit = {0};
    wadi__log_set_level(WADI__LOG_ERROR); /* failed tries are told, and are many */
    wadi__unit_add(&unit, test_tracker_log_contents_many_blocks);
    wadi__unit_add(&unit, test_backlog_is_spread);
    wadi__unit_add(&unit, test_tracker_recovery_and_cleanup);
    wadi__unit_add(&unit, test_tracker_log_needs_checkpoint_directory);
    wadi__unit_add(&unit, test_pasts);
    wadi__unit_add(&unit, test_empty_batches_stay_empty);
    wadi__unit_add(&unit, test_positions_survive_their_blocks);
    wadi__unit_add(&unit, test_positions_survive_a_file_that_was_given_up);
    wadi__unit_add(&unit, test_positions_survive_a_file_that_was_given_up);
    wadi__unit_add(&unit, test_positions_of_later_blocks_count);
    wadi__unit_add(&unit, test_dropped_blocks_are_still_logged);
    wadi__unit_add(&unit, test_blocks_that_were_in_memory_only);
    wadi__unit_add(&unit, test_inputs_that_are_gone);
    wadi__unit_add(&unit, test_wal_choice_by_config);
    wadi__unit_add(&unit, test_wal_batching_failure);
    wadi__unit_add(&unit, test_allocations_that_cannot_be_logged);
    wadi__unit_add(&unit, test_a_damaged_log_is_an_error);
    wadi__unit_add(&unit, test_a_crash_in_every_call);
    return wadi__unit_run(&unit, "tracker_log");
}
