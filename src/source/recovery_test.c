/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_test.c: inputs of all kinds through the end of their process: from one moment on nothing
 * reaches the disk any more, what was not safe is lost, and another run goes on from the
 * checkpoint. */
#include "fs/fs.h"
#include "rdd/context.h"
#include "testing/chance.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_RECORD(sale, (wadi_str, shop), (int64_t, amount));
WADI_RECORD(position, (int64_t, next), (wadi_str, name));
WADI_INPUT(count_up, int64_t, position) {
    int64_t first = state->next;
    state->next += 1 + batch_ms / 1000 % 2;
    state->name = wadi_str_of("a name of more than twelve bytes");
    return wadi_range(sc, first, state->next);
}

typedef struct recovery_case {
    const char *name;
    wadi_dstream *(*build)(wadi_stream_context *ssc);
    struct {
        int64_t at_ms; /* between 1000 and 3000 a first run works; from 5500 on a second one */
        const char *path, *text; /* NULL: it is removed */
    } files[6];
    const char *expected; /* of the second run, which ends after 7000 */
    const char *error;    /* a part of what it says; NULL: nothing */
} recovery_case;

static wadi_dstream *lines(wadi_stream_context *ssc) { return wadi_text_file_stream(ssc, "/in"); }
static wadi_dstream *bytes(wadi_stream_context *ssc) {
    return wadi_binary_records_stream(ssc, "/in", 2);
}
static wadi_dstream *table(wadi_stream_context *ssc) {
    return wadi_file_stream(ssc, sale, "/in", "csv");
}
static wadi_dstream *own(wadi_stream_context *ssc) { return wadi_input_stream(ssc, count_up); }
/* Two batches at a time: the batches under the window are asked for again. */
static wadi_dstream *windowed(wadi_stream_context *ssc) {
    return wadi_window(lines(ssc), 3000, 1000);
}
static wadi_dstream *counted(wadi_stream_context *ssc) {
    return wadi_count_by_window(own(ssc), 3000, 1000);
}
static wadi_dstream *queue(wadi_stream_context *ssc) {
    wadi_rdd_queue *queue = wadi_rdd_queue_new(wadi_stream_context_engine(ssc));
    return wadi_queue_stream(ssc, int64_t, queue);
}

static recovery_case cases[] = {
    {"lines: a batch again, and what came meanwhile",
     lines,
     {{1500, "/in/a", "a1\na2\n"},
      {2500, "/in/b", "b\n"},
      {3500, "/in/c", "c\n"},
      {6500, "/in/d", "d\n"}},
     "3000: b; 4000: c; 5000: none; 6000: none; 7000: d",
     NULL},
    {"what was added since is not read",
     lines,
     {{2500, "/in/b", "b\n"}, {4500, "/in/b", "b\nlater\n"}},
     "3000: b; 4000: none; 5000: none; 6000: none; 7000: none",
     NULL},
    {"a batch without files stays one",
     lines,
     {{1500, "/in/a", "a\n"}, {3500, "/in/c", "c\n"}},
     "3000: none; 4000: c; 5000: none; 6000: none; 7000: none",
     NULL},
    {"a file that is gone",
     lines,
     {{2500, "/in/b", "b\n"}, {2600, "/in/c", "c\n"}, {4500, "/in/b", NULL}},
     "4000: none; 5000: none; 6000: none; 7000: none",
     "no such file: /in/b"},
    {"a file that is shorter",
     lines,
     {{2500, "/in/b", "b\n"}, {4500, "/in/b", "b"}},
     "4000: none; 5000: none; 6000: none; 7000: none",
     "/in/b had 2 bytes when it was found, and has 1 now"},
    {"records of bytes",
     bytes,
     {{2500, "/in/b", "bbcc"}, {3500, "/in/c", "dd"}},
     "3000: bb cc; 4000: dd; 5000: none; 6000: none; 7000: none",
     NULL},
    {"tables",
     table,
     {{2500, "/in/b", "north,1\n"}, {3500, "/in/c", "south,2\n"}},
     "3000: (north,1); 4000: (south,2); 5000: none; 6000: none; 7000: none",
     NULL},
    {"lines under a window",
     windowed,
     {{1500, "/in/a", "a\n"}, {2500, "/in/b", "b\n"}, {3500, "/in/c", "c\n"}},
     "3000: a b; 4000: a b c; 5000: b c; 6000: c; 7000: none",
     NULL},
    {"an own input", own, {{0}}, "3000: 3 4; 4000: 5; 5000: 6 7; 6000: 8; 7000: 9 10", NULL},
    {"an own input under a window",
     counted,
     {{0}},
     "3000: 5; 4000: 4; 5000: 5; 6000: 4; 7000: 5",
     NULL},
    {"a queue cannot",
     queue,
     {{0}},
     "",
     "queue_stream: what was pushed to a queue lives in memory alone"},
};

typedef struct world {
    const recovery_case *row;
    wadi__env *clock, *disk;
    wadi_context *sc;
    wadi_stream_context *ssc;
    wadi__collector *collector;
    int64_t now_ms;
} world;
static wadi_stream_context *create(void *arg) {
    world *self = arg;
    self->sc = wadi_context_new("local[2]", "recovery",
                                .settings = {{"wadi.batch.on_failure", "continue"}});
    self->ssc = wadi_stream_context_new(self->sc, 1000);
    wadi_checkpoint(self->ssc, "/checkpoints");
    self->collector = wadi__collector_new(self->row->build(self->ssc));
    return self->ssc;
}
/* The clock goes on, and files come and go. */
static void advance(world *self, int64_t to_ms) {
    for (; self->now_ms < to_ms; self->now_ms += 100) {
        for (size_t i = 0; i < 6 && self->row->files[i].path != NULL; i++) {
            const char *path = self->row->files[i].path, *text = self->row->files[i].text;
            if (self->row->files[i].at_ms != self->now_ms) continue;
            if (text != NULL)
                wadi__sim_disk_put(self->disk, path, text, strlen(text));
            else
                assert_int_equal(wadi__fs_remove_all(self->disk, path, NULL), WADI_OK);
        }
        wadi__manual_clock_await_idle(self->clock);
        wadi__manual_clock_advance_ms(self->clock, 100);
        wadi__manual_clock_await_idle(self->clock);
    }
}
static void run(world *self, wadi_error *err) {
    wadi__env_use(self->disk);
    wadi_stream_context_get_or_create("/checkpoints", create, self);
    wadi_start(self->ssc, err);
    wadi__env_use(NULL);
}
/* All calls fail from now on, so nothing of its end is written. */
static void die(world *self) {
    wadi__sim_disk_stop_at(self->disk, WADI__SIM_ALL, 1);
    wadi_finish(self->sc);
    wadi__collector_free(self->collector);
    wadi__sim_disk_crash(self->disk);
}
static void test_recovery(void **state) {
    world self = {.row = *state, .clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    wadi_error err = WADI_ERROR_INIT, later = WADI_ERROR_INIT;
    self.disk = wadi__sim_disk_new(self.clock, 1);
    wadi__fs_make_dirs(self.disk, "/in", NULL);
    run(&self, &err);
    assert_int_equal(err.status, WADI_OK);
    advance(&self, 3500);
    die(&self);
    advance(&self, 5500);
    run(&self, &later);
    advance(&self, 7500);
    wadi_stop(self.ssc, .keep_context = true);
    if (later.status == WADI_OK) wadi_await_termination(self.ssc, &later);
    char *text = wadi__collector_text(self.collector, WADI__COLLECTED_ROWS);
    wadi_finish(self.sc);
    wadi__collector_free(self.collector);
    wadi__sim_disk_free(self.disk);
    wadi__manual_clock_free(self.clock);
    if (self.row->error == NULL)
        assert_string_equal(later.message, "");
    else if (strstr(later.message, self.row->error) == NULL)
        fail_msg("%s", later.message);
    assert_string_equal(text, self.row->expected);
    free(text);
}

/* ---- Files of numbers, whose sums over a window are shown; a batch may hang ---- */

WADI_MAP(number_of, wadi_str, int64_t) {
    if (!wadi_str_to_int64(*in, out)) wadi_fail(task, "no number");
}
typedef struct shown {
    atomic_uint is_open; /* else batch 6000 waits */
    atomic_bool is_over; /* nothing is shown any more */
    atomic_int started, count;
    int64_t sums[32], times[32];
} shown;
static shown sums;
WADI_FOREACH_RDD(show_sum, int64_t) {
    wadi__env *clock = wadi_rdd_context(rdd)->env;
    atomic_fetch_add(&sums.started, 1);
    while (batch_ms == 6000 && atomic_load(&sums.is_open) == 0)
        clock->wait(clock, &sums.is_open, 0, WADI__DEADLINE_NONE);
    const int64_t *sum = wadi_first(rdd, int64_t);
    if (atomic_load(&sums.is_over) || sum == NULL) return;
    int i = atomic_fetch_add(&sums.count, 1);
    sums.sums[i] = *sum;
    sums.times[i] = batch_ms;
}
static wadi_stream_context *create_sums(void *arg) {
    world *self = arg;
    self->sc =
        wadi_context_new("local[2]", "sums", .settings = {{"spark.streaming.concurrentJobs", "1"}});
    self->ssc = wadi_stream_context_new(self->sc, 2000);
    wadi_checkpoint(self->ssc, "/checkpoints");
    wadi_dstream *numbers = wadi_map(wadi_text_file_stream(self->ssc, "/in"), number_of);
    wadi_foreach_rdd(wadi_reduce_by_window(numbers, wadi_add, 60000, 2000), show_sum);
    return self->ssc;
}
static void run_sums(world *self) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__env_use(self->disk);
    wadi_stream_context_get_or_create("/checkpoints", create_sums, self);
    if (wadi_start(self->ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__env_use(NULL);
}
static size_t checkpoint_files(wadi__env *disk) {
    wadi__names names = {0};
    size_t count = 0;
    assert_int_equal(wadi__fs_list(disk, "/checkpoints", &names, NULL), WADI_OK);
    for (size_t i = 0; i < names.count; i++)
        count += strncmp(names.items[i], "checkpoint-", 11) == 0;
    wadi__names_fini(&names);
    return count;
}
static void test_file_stream_recovery(void **state) {
    (void)state;
    static const recovery_case row = {
        .files = {{1000, "/in/1", "1\n"}, {3000, "/in/2", "2\n"}, {5000, "/in/3", "3\n"}}};
    static const recovery_case down = {
        .files = {{9000, "/in/4", "4\n"}, {11000, "/in/5", "5\n"}, {13000, "/in/6", "6\n"}}};
    static const recovery_case later = {
        .files = {{15000, "/in/7", "7\n"}, {17000, "/in/8", "8\n"}, {19000, "/in/9", "9\n"}}};
    world self = {.row = &row, .clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    self.disk = wadi__sim_disk_new(self.clock, 1);
    memset(&sums, 0, sizeof sums);
    run_sums(&self);
    advance(&self, 8100); /* past batch 4, while batch 3 hangs */
    assert_int_equal(sums.started, 3);
    assert_int_equal(sums.count, 2);
    assert_int_equal(sums.sums[0], 1);
    assert_int_equal(sums.sums[1], 3);
    assert_int_equal(checkpoint_files(self.disk), 6); /* two each, also of the newest time */
    wadi__sim_disk_stop_at(self.disk, WADI__SIM_ALL, 1);
    atomic_store(&sums.is_over, true);
    atomic_store(&sums.is_open, 1);
    self.clock->wake(self.clock, &sums.is_open, 1);
    wadi_finish(self.sc);
    wadi__sim_disk_crash(self.disk);
    self.row = &down;
    advance(&self, 15000);
    atomic_store(&sums.is_over, false);
    atomic_store(&sums.started, 0);
    run_sums(&self);
    wadi__manual_clock_await_idle(self.clock);
    assert_int_equal(sums.started, 5); /* of 6, 8, 10, 12, 14 s, at once */
    self.row = &later;
    advance(&self, 20100);
    wadi_finish(self.sc);
    static const int64_t expected[] = {1, 3, 6, 6, 10, 15, 21, 28, 36, 45};
    assert_int_equal(sums.count, 10);
    for (int i = 0; i < 10; i++) assert_int_equal(sums.sums[i], expected[i]);
    for (int i = 2; i < 10; i++) assert_int_equal(sums.times[i], 2000 * i + 2000);
    wadi__sim_disk_free(self.disk);
    wadi__manual_clock_free(self.clock);
}

/* ---- Killed again and again ---- */

static atomic_int seen[31];
WADI_FOREACH(note_number, int64_t) { atomic_fetch_add(&seen[*in], 1); }
static wadi_stream_context *create_numbers(void *arg) {
    world *self = arg;
    self->sc = wadi_context_new("local[2]", "numbers");
    self->ssc = wadi_stream_context_new(self->sc, 1000);
    wadi_checkpoint(self->ssc, "/checkpoints");
    wadi_foreach(wadi_map(wadi_text_file_stream(self->ssc, "/in"), number_of), note_number);
    return self->ssc;
}
/* File i appears in second i, by rename from a dot-file, whether or not the program runs. */
static void advance_with_files(world *self, int64_t ms) {
    for (int64_t until = self->now_ms + ms; self->now_ms < until; self->now_ms += 100) {
        int64_t i = self->now_ms / 1000;
        if (self->now_ms % 1000 == 500 && i >= 1 && i <= 30) {
            char draft[32], path[32], text[8];
            snprintf(draft, sizeof draft, "/in/.%d", (int)i);
            snprintf(path, sizeof path, "/in/%d", (int)i);
            snprintf(text, sizeof text, "%d\n", (int)i);
            wadi__sim_disk_put(self->disk, draft, text, strlen(text));
            assert_int_equal(wadi__fs_rename(self->disk, draft, path, NULL), WADI_OK);
            assert_int_equal(wadi__fs_sync_dir(self->disk, "/in", NULL), WADI_OK);
        }
        wadi__manual_clock_await_idle(self->clock);
        wadi__manual_clock_advance_ms(self->clock, 100);
        wadi__manual_clock_await_idle(self->clock);
    }
}
static void kill_repeatedly(uint64_t seed) {
    wadi__chance chance = {seed};
    world self = {.clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    self.disk = wadi__sim_disk_new(self.clock, seed);
    memset(seen, 0, sizeof seen);
    assert_int_equal(wadi__fs_make_dirs(self.disk, "/in", NULL), WADI_OK);
    for (int64_t least_ms = 5000; self.now_ms < 35000; least_ms = 2000) {
        wadi_error err = WADI_ERROR_INIT;
        wadi__env_use(self.disk);
        wadi_stream_context_get_or_create("/checkpoints", create_numbers, &self);
        if (wadi_start(self.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
        wadi__env_use(NULL);
        advance_with_files(&self, least_ms + (int64_t)wadi__chance_below(&chance, 100) * 100);
        wadi__sim_disk_stop_at(self.disk, WADI__SIM_ALL, 1);
        wadi_finish(self.sc);
        wadi__sim_disk_crash(self.disk);
        advance_with_files(&self, (int64_t)wadi__chance_below(&chance, 100) * 100);
    }
    for (int i = 1; i <= 30; i++)
        if (seen[i] == 0) fail_msg("seed %d: %d is lost", (int)seed, i);
    wadi__sim_disk_free(self.disk);
    wadi__manual_clock_free(self.clock);
}
static void test_repeated_driver_kills_map(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) kill_repeatedly(seed);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_file_stream_recovery);
    wadi__unit_add(&unit, test_repeated_driver_kills_map);
    wadi__unit_rows(&unit, test_recovery, cases);
    return wadi__unit_run(&unit, "inputs through the end of their process");
}
