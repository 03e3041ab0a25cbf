/* SPDX-License-Identifier: Apache-2.0 */
/* window_state_test.c: what windows keep between batches: tries that fail, batches that fail, keys
 * that leave, warnings, RDDs that are forgotten. */
#include "base/log.h"
#include "stream/checkpoint.h"
#include "stream/generator.h"
#include "stream/ops/windowed.h"
#include "stream/stream_context.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));
WADI_MAP(same, pair, pair) { *out = *in; }

/* Calls to come that fail, of functions that add or subtract a value of 13: two in each try, since
 * the library looks for the record at which it failed. */
static atomic_int failures_to_come;
static void fail_now_and_then(wadi_task *task, int64_t value) {
    if (value == 13 && atomic_fetch_sub(&failures_to_come, 1) > 0) wadi_fail(task, "bad luck");
}
WADI_REDUCE(add, pair) {
    acc->value += in->value;
    fail_now_and_then(task, in->value);
}
WADI_REDUCE(subtract, pair) {
    acc->value -= in->value;
    fail_now_and_then(task, in->value);
}
WADI_FILTER(is_some, pair) { return in->value != 0; }

typedef struct fixture {
    wadi__env *clock, *disk;
    wadi__rig rig;
    wadi__collector *collector;
} fixture;
static fixture open_rig(const char *setting, const char *value) {
    fixture made = {.clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    made.disk = wadi__sim_disk_new(made.clock, 1);
    wadi__rig_options options = {
        .clock = made.clock, .env = made.disk, .settings = {{setting, value}}};
    made.rig = wadi__rig_new(&options);
    wadi_stream_context_checkpoint(made.rig.ssc, "/checkpoint");
    return made;
}
static void begin(fixture *self, wadi_dstream *stream) {
    self->collector = wadi__collector_new(stream);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(self->rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
}
static void assert_output(fixture *self, const char *expected) {
    char *actual = wadi__collector_text(self->collector, WADI__COLLECTED_SORTED);
    assert_string_equal(actual, expected);
    free(actual);
}
static void close_rig(fixture *self) {
    wadi_stop(self->rig.ssc, .keep_context = true);
    wadi__rig_free(&self->rig);
    wadi__collector_free(self->collector);
    wadi__sim_disk_free(self->disk);
    wadi__manual_clock_free(self->clock);
}
static uint64_t key_count(const wadi_dstream *stream) {
    return wadi__window_key_count(((const wadi__windowed *)stream->state)->window);
}

/* ---- Failures ---- */

typedef struct failure_case {
    const char *name;
    bool is_inverse, is_filtered;
    int tries;
    const char *expected;
} failure_case;
/* 13 is added at 2000 to what is there, and with an inverse subtracted at 5000. */
static const failure_case failure_cases[] = {
    {"a try fails", false, false, 2,
     "1000: (a,1) (b,1); 2000: (a,14) (b,1); 3000: (a,14) (b,3); 4000: (a,13) (b,2); 5000: (a,5) "
     "(b,2); 6000: (a,5)"},
    {"a try fails, with an inverse", true, false, 2,
     "1000: (a,1) (b,1); 2000: (a,14) (b,1); 3000: (a,14) (b,3); 4000: (a,13) (b,2); 5000: (a,5) "
     "(b,2); 6000: (a,5) (b,0)"},
    {"a try fails, with a filter", true, true, 2,
     "1000: (a,1) (b,1); 2000: (a,14) (b,1); 3000: (a,14) (b,3); 4000: (a,13) (b,2); 5000: (a,5) "
     "(b,2); 6000: (a,5)"},
    {"a batch fails, and the next one makes up for it", false, false, 4,
     "1000: (a,1) (b,1); 3000: (a,14) (b,3); 4000: (a,13) (b,2); 5000: (a,5) (b,2); 6000: (a,5)"},
    {"a batch fails, with an inverse", true, false, 4,
     "1000: (a,1) (b,1); 3000: (a,14) (b,3); 4000: (a,13) (b,2); 5000: (a,5) (b,2); 6000: (a,5) "
     "(b,0)"},
    {"a batch fails, with a filter", true, true, 4,
     "1000: (a,1) (b,1); 3000: (a,14) (b,3); 4000: (a,13) (b,2); 5000: (a,5) (b,2); 6000: (a,5)"},
    {"three batches fail, with an inverse", true, false, 12,
     "1000: (a,1) (b,1); 5000: (a,5) (b,2); 6000: (a,5) (b,0)"},
    {"three batches fail: without one the fourth is another window", false, false, 12,
     "1000: (a,1) (b,1); 5000: (a,5) (b,2); 6000: (a,5)"},
};
static void test_failure(void **state) {
    const failure_case *row = *state;
    fixture self = open_rig("wadi.batch.on_failure", "continue");
    wadi_window_options options = {.size = sizeof options, .partitions = 1};
    if (row->is_inverse) options.inverse = subtract;
    if (row->is_filtered) options.filter = is_some;
    wadi_dstream *in =
        wadi__rig_input(&self.rig, WADI_TYPE(pair), "a:1 b:1; a:13; b:2; ; a:5; ", 1);
    wadi__log_set_level(WADI__LOG_ERROR + 1);
    atomic_store(&failures_to_come, row->tries * 2);
    begin(&self, (wadi_reduce_by_key_and_window)(in, add, 3000, &options));
    wadi__rig_batches(&self.rig, 6);
    assert_output(&self, row->expected);
    wadi__log_set_level(WADI__LOG_WARN);
    close_rig(&self);
}

/* ---- Keys ---- */

/* Ten new keys in each batch, and one that stays. */
static const char *fresh_keys(char *text, size_t size, unsigned batches) {
    size_t used = 0;
    for (unsigned b = 0; b < batches; b++) {
        used +=
            (size_t)snprintf(text + used, size - used, "%sthe_one_that_stays:1", b > 0 ? "; " : "");
        for (unsigned k = 0; k < 10; k++)
            used +=
                (size_t)snprintf(text + used, size - used, " a_key_of_batch_%u_number_%u:1", b, k);
    }
    return text;
}
static void test_keys_leave(void **state) {
    (void)state;
    static char text[100000];
    fixture self = open_rig(NULL, NULL);
    wadi_dstream *in =
        wadi__rig_input(&self.rig, WADI_TYPE(pair), fresh_keys(text, sizeof text, 50), 2);
    wadi_dstream *anew = wadi_reduce_by_key_and_window(in, wadi_add, 3000);
    wadi_dstream *filtered = wadi_reduce_by_key_and_window(
        in, wadi_add, 3000, .inverse = wadi_subtract, .filter = is_some);
    wadi_dstream *kept =
        wadi_reduce_by_key_and_window(in, wadi_add, 3000, .inverse = wadi_subtract, .name = "kept");
    begin(&self, wadi_union(anew, filtered, kept));
    wadi__rig_batches(&self.rig, 50);
    assert_int_equal(key_count(anew), 31);
    assert_int_equal(key_count(filtered), 31);
    assert_int_equal(key_count(kept), 501);
    wadi__rig_batches(&self.rig, 3);
    assert_int_equal(key_count(anew), 0);
    assert_int_equal(key_count(filtered), 0);
    assert_int_equal(key_count(kept), 501);
    close_rig(&self);
}

static int warnings; /* about keys */
static void count_warnings(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)module, (void)arg;
    if (level == WADI__LOG_WARN && strstr(text, "keeps every key") != NULL) warnings++;
}
static int warnings_with(bool has_filter) {
    static char text[100000];
    fixture self = open_rig("wadi.window.keys_warn", "100");
    wadi_window_options options = {.size = sizeof options, .inverse = wadi_subtract};
    if (has_filter) options.filter = is_some;
    wadi_dstream *in =
        wadi__rig_input(&self.rig, WADI_TYPE(pair), fresh_keys(text, sizeof text, 30), 2);
    begin(&self, (wadi_reduce_by_key_and_window)(in, wadi_add, 20000, &options));
    warnings = 0;
    wadi__log_capture(count_warnings, NULL);
    wadi__rig_batches(&self.rig, 30);
    wadi__log_capture(NULL, NULL);
    close_rig(&self);
    return warnings;
}
static void test_many_keys_are_told_once(void **state) {
    (void)state;
    assert_int_equal(warnings_with(false), 1);
    assert_int_equal(warnings_with(true), 0);
}

/* ---- What is remembered ---- */

static void count_rdds(void *arg) {
    wadi_dstream **streams = arg;
    for (; *streams != NULL; streams++) assert_in_range((*streams)->generated.count, 1, 4);
}
/* Partial aggregates are kept, so neither the parent's RDDs nor what it is made of. */
static void test_records_are_not_remembered(void **state) {
    (void)state;
    fixture self = open_rig(NULL, NULL);
    wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(pair), "a:1; b:2; c:3", 1);
    wadi_dstream *mapped = wadi_map(in, same);
    wadi_dstream *window =
        wadi_reduce_by_key_and_window(mapped, wadi_add, 30000, .inverse = wadi_subtract);
    wadi_dstream *anew = wadi_reduce_by_key_and_window(mapped, wadi_max, 30000, 2000);
    wadi__collector *other = wadi__collector_new(anew);
    begin(&self, window);
    wadi__rig_batches(&self.rig, 40);
    wadi_dstream *streams[] = {in, mapped, window, anew, NULL};
    assert_int_equal(in->remember_ms, 4000);
    assert_int_equal(window->remember_ms, 1000);
    assert_int_equal(window->checkpoint_ms, 10000);
    assert_int_equal(window->level, WADI_STORAGE_DEFAULT);
    assert_int_equal(anew->checkpoint_ms, 0);
    wadi__generator_call(self.rig.ssc->generator, count_rdds, streams);
    close_rig(&self);
    wadi__collector_free(other);
}
/* Of the past only what wadi_remember() keeps can be asked for. */
static void test_slices_of_the_past(void **state) {
    (void)state;
    for (int remembers = 0; remembers < 2; remembers++) {
        fixture self = open_rig(NULL, NULL);
        if (remembers == 1) wadi_remember(self.rig.ssc, 5000);
        wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(pair), "a:1; a:2; a:3; a:4", 1);
        wadi_dstream *window =
            wadi_reduce_by_key_and_window(in, wadi_add, 2000, .inverse = wadi_subtract);
        begin(&self, window);
        wadi__rig_batches(&self.rig, 4);
        size_t n = 0, count = 0;
        wadi_rdd *const *rdds = wadi_slice(window, 2000, 2000, &n);
        if (remembers == 1) {
            assert_int_equal(n, 1);
            const pair *rows = wadi_collect(rdds[0], pair, &count);
            assert_int_equal(count, 1);
            assert_int_equal(rows[0].value, 3);
        } else {
            assert_int_equal(n, 0);
            assert_non_null(strstr(self.rig.sc->scope.err.message, "has been left behind"));
            self.rig.sc->scope.has_failed = false;
        }
        close_rig(&self);
    }
}
static void test_default_checkpoint_interval(void **state) {
    (void)state;
    static const struct {
        int64_t slide_ms, given_ms, expected_ms;
    } rows[] = {{1000, 0, 10000}, {3000, 0, 12000}, {15000, 0, 15000}, {1000, 4000, 4000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture self = open_rig(NULL, NULL);
        wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(pair), "a:1", 1);
        wadi_dstream *window = wadi_reduce_by_key_and_window(
            in, wadi_add, rows[i].slide_ms * 2, rows[i].slide_ms, .inverse = wadi_subtract);
        if (rows[i].given_ms != 0) wadi_checkpoint(window, rows[i].given_ms);
        begin(&self, window);
        assert_int_equal(window->checkpoint_ms, rows[i].expected_ms);
        close_rig(&self);
    }
}

/* A job that reads some of the records has all of them saved. */
WADI_FOREACH_RDD(take_one, pair) {
    size_t n;
    wadi_take(rdd, pair, 1, &n);
    (void)batch_ms;
}
static void test_saved_whole(void **state) {
    (void)state;
    fixture self = open_rig(NULL, NULL);
    wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(pair),
                                       "a:1 b:1 c:1 d:1; e:1 f:1 g:1; a:1; b:1 h:1; c:1", 2);
    wadi_dstream *window = wadi_reduce_by_key_and_window(in, wadi_add, 3000,
                                                         .inverse = wadi_subtract, .partitions = 4);
    wadi_checkpoint(window, 2000);
    wadi_foreach_rdd(window, take_one);
    assert_int_equal(wadi_start(self.rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&self.rig, 5);
    const wadi__windowed *kept = (const void *)window->state;
    assert_int_equal(wadi__state_files_newest_ms(kept->files), 4000);
    assert_int_equal(wadi__window_key_count(kept->window), 8);
    close_rig(&self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_failure, failure_cases);
    wadi__unit_add(&unit, test_keys_leave);
    wadi__unit_add(&unit, test_many_keys_are_told_once);
    wadi__unit_add(&unit, test_records_are_not_remembered);
    wadi__unit_add(&unit, test_slices_of_the_past);
    wadi__unit_add(&unit, test_default_checkpoint_interval);
    wadi__unit_add(&unit, test_saved_whole);
    return wadi__unit_run(&unit, "what windows keep");
}
