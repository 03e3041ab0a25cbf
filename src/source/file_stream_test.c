/* SPDX-License-Identifier: Apache-2.0 */
/* file_stream_test.c: file streams on a simulated disk under a manual clock, so that modification
 * times are those of the clock. Tests that have the name of a behaviour in
 * tests/conformance/behaviours.json show it. */
#include "base/log.h"
#include "fs/fs.h"
#include "stream/generator.h"
#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

typedef struct fixture {
    wadi__env *clock, *disk;
    wadi__rig rig;
    wadi__collector *collector;
} fixture;

static void begin(fixture *self, int64_t wall_ms, int64_t batch_ms) {
    self->clock = wadi__manual_clock_new(&wadi__env_real, wall_ms);
    self->disk = wadi__sim_disk_new(self->clock, 1);
    wadi__rig_options options = {.batch_ms = batch_ms, .clock = self->clock, .env = self->disk};
    options.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    self->rig = wadi__rig_new(&options);
}
static void put(fixture *self, const char *path, const char *text) {
    wadi__sim_disk_put(self->disk, path, text, strlen(text));
}
static void start(fixture *self, wadi_dstream *stream) {
    wadi_error err = WADI_ERROR_INIT;
    self->collector = wadi__collector_new(stream);
    if (wadi_start(self->rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
}
/* Compares what came out with `expected`, and ends the program. */
static void end(fixture *self, wadi__collector_form form, const char *expected) {
    char *text = wadi__collector_text(self->collector, form);
    wadi__rig_free(&self->rig);
    wadi__collector_free(self->collector);
    wadi__sim_disk_free(self->disk);
    wadi__manual_clock_free(self->clock);
    assert_string_equal(text, expected);
    free(text);
}

/* ---- Warnings are gathered ---- */

static char warnings[2000];
static unsigned warning_count;
static void on_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)arg;
    if (level < WADI__LOG_WARN || strcmp(module, "source") != 0) return;
    warning_count++;
    snprintf(warnings, sizeof warnings, "%s", text);
}
static void capture_warnings(void) {
    warning_count = 0;
    warnings[0] = 0;
    wadi__log_capture(on_line, NULL);
}

/* ---- Tests ---- */

static void test_text_file_stream_basic(void **state) {
    (void)state;
    fixture self;
    begin(&self, 1000, 100);
    static const char ten[] = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    put(&self, "/in/there_before", "old\n");
    wadi__rig_advance(&self.rig, 50);
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in"));
    wadi__rig_batches(&self.rig, 1);
    put(&self, "/in/a", ten);
    wadi__rig_batches(&self.rig, 2);
    put(&self, "/in/b", ten);
    put(&self, "/in/.hidden", "no\n");
    put(&self, "/in/below/c", "no\n");
    wadi__rig_batches(&self.rig, 2);
    end(&self, WADI__COLLECTED_ROWS,
        "1100: none; 1200: 0 1 2 3 4 5 6 7 8 9; 1300: none; 1400: 0 1 2 3 4 5 6 7 8 9; 1500: none");
}
static void test_existing_files(void **state) {
    (void)state;
    fixture self;
    begin(&self, 100000, 1000);
    put(&self, "/in/too_old", "old\n");
    wadi__rig_advance(&self.rig, 61000);
    put(&self, "/in/recent", "recent\n");
    wadi__rig_advance(&self.rig, 1000);
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in", .existing_files = true));
    wadi__rig_batches(&self.rig, 2);
    end(&self, WADI__COLLECTED_ROWS, "163000: recent; 164000: none");
}
static void test_binary_records_stream(void **state) {
    (void)state;
    fixture self;
    begin(&self, 0, 2000);
    put(&self, "/in/old", "0");
    wadi__rig_advance(&self.rig, 1);
    start(&self, wadi_binary_records_stream(self.rig.ssc, "/in", 1));
    wadi__rig_advance(&self.rig, 1999);
    static const char *const files[] = {"12345", "23456", "34567"}, *const paths[] = {
                                                                        "/in/1", "/in/2", "/in/3"};
    for (size_t i = 0; i < 3; i++) {
        put(&self, paths[i], files[i]);
        wadi__rig_batches(&self.rig, 1);
    }
    end(&self, WADI__COLLECTED_ROWS,
        "2000: none; 4000: 1 2 3 4 5; 6000: 2 3 4 5 6; 8000: 3 4 5 6 7");
    begin(&self, 0, 2000);
    start(&self, wadi_binary_records_stream(self.rig.ssc, "/in", 10));
    wadi__rig_batches(&self.rig, 1);
    put(&self, "/in/1", "0123456789");
    wadi__rig_batches(&self.rig, 1);
    put(&self, "/in/2", "abcdefghijABCDEFGHIJ");
    wadi__rig_batches(&self.rig, 1);
    end(&self, WADI__COLLECTED_ROWS, "2000: none; 4000: 0123456789; 6000: abcdefghij ABCDEFGHIJ");
}
static void test_file_stream_wildcard(void **state) {
    (void)state;
    fixture self;
    begin(&self, 0, 2000);
    put(&self, "/in/in_dir_itself", "no\n");
    put(&self, "/in/tmp1/old", "no\n");
    wadi__rig_advance(&self.rig, 500);
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in/*/"));
    wadi__rig_advance(&self.rig, 500);
    put(&self, "/in/tmp1/a", "1\n");
    put(&self, "/in/in_dir_too", "no\n");
    wadi__rig_advance(&self.rig, 1000);
    put(&self, "/in/tmp2/b", "2\n3\n");
    put(&self, "/in/tmp1/c", "4\n");
    wadi__rig_batches(&self.rig, 1);
    end(&self, WADI__COLLECTED_ROWS, "2000: 1; 4000: 4 2 3");
}
static void test_file_stream_missing_directory(void **state) {
    (void)state;
    fixture self;
    begin(&self, 0, 1000);
    capture_warnings();
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in"));
    wadi__rig_batches(&self.rig, 3);
    assert_int_equal(warning_count, 1);
    assert_non_null(strstr(warnings, "text_file_stream of /in: there is no such directory"));
    put(&self, "/in/a", "1\n");
    wadi__rig_batches(&self.rig, 1);
    assert_int_equal(warning_count, 1);
    wadi__log_capture(NULL, NULL);
    end(&self, WADI__COLLECTED_ROWS, "1000: none; 2000: none; 3000: none; 4000: 1");
}
/* Nothing is counted, nor read at all, but by the jobs of outputs. */
WADI_FOREACH_RDD(takes_no_action, wadi_str) { (void)rdd, (void)batch_ms; }
/* .. but listeners hear which files there are. */
static void note_input(const wadi_batch_info *batch, void *user) {
    char *text = user;
    assert_int_equal(batch->input_count, 1);
    snprintf(text + strlen(text), 200 - strlen(text), "%lld records of '%s'; ",
             (long long)batch->inputs[0].record_count, batch->inputs[0].description);
}
static void test_file_stream_reports_no_record_count(void **state) {
    (void)state;
    fixture self;
    char told[200] = "";
    begin(&self, 0, 1000);
    wadi_foreach_rdd(wadi_text_file_stream(self.rig.ssc, "/in"), takes_no_action);
    wadi_add_listener(self.rig.ssc, .on_batch_completed = note_input, .user = told);
    assert_int_equal(wadi_start(self.rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&self.rig, 1);
    put(&self, "/in/a", "1\n2\n");
    uint64_t before = wadi__sim_disk_calls(self.disk, WADI__SIM_OPEN | WADI__SIM_READ);
    wadi__rig_batches(&self.rig, 2);
    assert_int_equal(wadi__sim_disk_calls(self.disk, WADI__SIM_OPEN | WADI__SIM_READ), before);
    assert_int_equal(wadi_await_termination_or_timeout(self.rig.ssc, 0, NULL, NULL), WADI_OK);
    wadi__rig_free(&self.rig);
    assert_string_equal(told, "0 records of ''; 0 records of '/in/a'; 0 records of ''; ");
    wadi__sim_disk_free(self.disk);
    wadi__manual_clock_free(self.clock);
}
static void test_file_stream_directory_vanishes(void **state) {
    (void)state;
    fixture self;
    begin(&self, 500, 1000);
    put(&self, "/in/old", "0\n");
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in"));
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/a", "1\n");
    wadi__rig_advance(&self.rig, 400);
    capture_warnings();
    assert_int_equal(self.disk->file_unlink(self.disk, "/in/old"), 0);
    assert_int_equal(self.disk->file_unlink(self.disk, "/in/a"), 0);
    assert_int_equal(self.disk->dir_remove(self.disk, "/in"), 0);
    wadi__rig_batches(&self.rig, 2);
    assert_int_equal(warning_count, 1);
    assert_non_null(strstr(warnings, "text_file_stream of /in: there is no such directory"));
    put(&self, "/in/b", "2\n");
    wadi__rig_batches(&self.rig, 1);
    assert_int_equal(warning_count, 1);
    wadi__log_capture(NULL, NULL);
    end(&self, WADI__COLLECTED_ROWS, "1000: 1; 2000: none; 3000: none; 4000: 2");
}
static void test_listing_fails(void **state) {
    (void)state;
    fixture self;
    begin(&self, 0, 1000);
    put(&self, "/in/old", "1\n");
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in"));
    wadi__rig_advance(&self.rig, 500);
    put(&self, "/in/a", "1\n");
    capture_warnings();
    wadi__sim_disk_fail(self.disk, WADI__SIM_OTHER, 1, 1, 5);
    wadi__rig_advance(&self.rig, 500);
    wadi__rig_batches(&self.rig, 1);
    assert_int_equal(warning_count, 1);
    wadi__log_capture(NULL, NULL);
    end(&self, WADI__COLLECTED_ROWS, "1000: none; 2000: 1");
}

WADI_FILTER(is_csv, wadi_str) { return wadi_str_ends_with(*in, ".csv"); }
WADI_RECORD(suffix, (wadi_str, text));
WADI_FILTER(fails_on, wadi_str, suffix) {
    if (wadi_str_equal(*in, env->text)) wadi_fail(task, "a file that may not be there");
    return true;
}
static void test_filter(void **state) {
    (void)state;
    fixture self;
    begin(&self, 500, 1000);
    put(&self, "/in/old.csv", "no\n");
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in", .filter = is_csv));
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/a.csv", "1\n");
    put(&self, "/in/b.txt", "2\n");
    wadi__rig_advance(&self.rig, 400);
    end(&self, WADI__COLLECTED_ROWS, "1000: 1");
}
/* A filter sees a task, with shared variables, which go with it. */
WADI_RECORD(wanted, (wadi_broadcast, paths), (wadi_accumulator, asked));
WADI_FILTER(is_wanted, wadi_str, wanted) {
    wadi_accumulator_add(task, env->asked, 1);
    return wadi_broadcast_find(task, env->paths, wadi_str, in) != NULL;
}
static void test_filter_with_shared_variables(void **state) {
    (void)state;
    fixture self;
    begin(&self, 500, 1000);
    wadi_str path = wadi_str_of("/in/a-long-name.csv");
    wadi_broadcast paths = wadi_broadcast_new(self.rig.sc, wadi_str, &path, 1);
    wadi_accumulator asked = wadi_accumulator_new(self.rig.sc, "asked");
    wadi_filter_fn filter = wadi_bind(is_wanted, paths, asked);
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in", .filter = filter));
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/a-long-name.csv", "1\n");
    put(&self, "/in/b.txt", "2\n");
    wadi__rig_advance(&self.rig, 400);
    assert_int_equal(wadi_accumulator_value(self.rig.sc, asked), 0); /* nothing is counted there */
    end(&self, WADI__COLLECTED_ROWS, "1000: 1");
}
static void test_filter_fails(void **state) {
    (void)state;
    fixture self;
    begin(&self, 500, 1000);
    put(&self, "/in/old", "no\n");
    wadi_filter_fn filter = wadi_bind(fails_on, .text = wadi_str_of("/in/bad"));
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in", .filter = filter));
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/good", "1\n");
    put(&self, "/in/bad", "2\n");
    wadi__rig_advance(&self.rig, 400);
    wadi_error err = WADI_ERROR_INIT;
    wadi_stop(self.rig.ssc, .keep_context = true);
    wadi_await_termination(self.rig.ssc, &err);
    assert_non_null(
        strstr(err.message, "a file that may not be there; in filter 'fails_on' of paths"));
    end(&self, WADI__COLLECTED_ROWS, "");
}

static void test_name_with_underscore(void **state) {
    (void)state;
    fixture self;
    begin(&self, 500, 1000);
    put(&self, "/in/old", "no\n");
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in"));
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/_success", "2\n"); /* is taken, but such files are not read */
    wadi__rig_advance(&self.rig, 400);
    put(&self, "/in/a", "1\n");
    wadi__rig_batches(&self.rig, 1);
    end(&self, WADI__COLLECTED_ROWS, "2000: 1");
}
static void test_clock_is_set(void **state) {
    (void)state;
    fixture self;
    begin(&self, 10000000, 1000);
    put(&self, "/in/old", "no\n");
    wadi__rig_advance(&self.rig, 500);
    start(&self, wadi_text_file_stream(self.rig.ssc, "/in"));
    wadi__rig_advance(&self.rig, 500);
    wadi__manual_clock_set_wall_ms(self.clock, 10001000 + 3600000);
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/a", "1\n");
    wadi__rig_advance(&self.rig, 900);
    wadi__manual_clock_set_wall_ms(self.clock, 10002000 - 3600000);
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/b", "2\n");
    wadi__rig_advance(&self.rig, 900);
    wadi__rig_batches(&self.rig, 1);
    end(&self, WADI__COLLECTED_ROWS, "10001000: none; 10002000: 1; 10003000: 2; 10004000: none");
}
WADI_RECORD(sale, (wadi_str, shop), (double, amount));
WADI_RECORD(basket, (wadi_str, owner), (wadi_str_list, things));
static void test_csv(void **state) {
    (void)state;
    fixture self;
    begin(&self, 500, 1000);
    start(&self, wadi_file_stream(self.rig.ssc, sale, "/in", "csv"));
    wadi__rig_advance(&self.rig, 100);
    put(&self, "/in/a.csv", "north,1.5\nthis line is damaged\n\"south, far\",2\n");
    wadi__rig_advance(&self.rig, 400);
    end(&self, WADI__COLLECTED_ROWS, "1000: (north,1.5) (south, far,2.0)");
}

/* ---- Another run goes on ---- */

typedef struct again { /* a batch that is made anew */
    wadi_dstream *stream;
    int64_t time_ms;
    wadi_error err;
    uint32_t partitions;
    char text[200];
    wadi__text saved;
} again;
static void make_again(void *arg) {
    again *self = arg;
    wadi_rdd *rdd = NULL;
    wadi__scope scope;
    wadi__scope_init(&scope, self->time_ms);
    wadi__scope *before = wadi__scope_enter(&scope);
    self->err = (wadi_error)WADI_ERROR_INIT;
    self->partitions = 0;
    self->text[0] = 0;
    if (self->stream->ops->compute(self->stream, self->time_ms, &rdd, &self->err) == WADI_OK) {
        size_t n, used = 0;
        const wadi_str *lines = wadi_collect(rdd, wadi_str, &n);
        self->partitions = wadi_rdd_partition_count(rdd);
        for (size_t i = 0; i < n; i++)
            used += (size_t)snprintf(self->text + used, sizeof self->text - used, "%.*s ",
                                     WADI_STR_ARG(lines[i]));
    }
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
}
static void save(void *arg) {
    again *self = arg;
    assert_int_equal(self->stream->ops->save(self->stream, 4000, &self->saved, NULL), WADI_OK);
}
/* Ends a run after its fourth batch, and begins another on the same disk and clock. */
static wadi_dstream *begin_again(fixture *self, again *request) {
    request->stream->replay_ms = 2000;
    wadi__generator_call(self->rig.ssc->generator, save, request);
    wadi__rig_free(&self->rig);
    wadi__collector_free(self->collector);
    wadi__rig_options options = {.clock = self->clock, .env = self->disk};
    options.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    self->rig = wadi__rig_new(&options);
    wadi_dstream *stream = wadi_text_file_stream(self->rig.ssc, "/in");
    assert_int_equal(stream->ops->restore(stream, request->saved.bytes, request->saved.size, NULL),
                     WADI_OK);
    wadi__text_fini(&request->saved);
    return stream;
}
static void test_another_run_goes_on(void **state) {
    (void)state;
    fixture self;
    begin(&self, 0, 1000);
    again request = {.stream = wadi_text_file_stream(self.rig.ssc, "/in")};
    start(&self, request.stream);
    wadi__rig_batches(&self.rig, 1);
    put(&self, "/in/b", "b1\nb2\nb3\nb4\n");
    wadi__rig_batches(&self.rig, 1);
    put(&self, "/in/a", "a1\na2\n");
    put(&self, "/in/c", "c1\n");
    wadi__rig_batches(&self.rig, 1);
    wadi__rig_batches(&self.rig, 1); /* nothing new at 4000 */
    request.stream = begin_again(&self, &request);
    capture_warnings();
    put(&self, "/in/d", "d1\n"); /* while nothing ran */
    put(&self, "/in/b", "b1\nb2\nb3\nb4\nb5\nb6\n");
    wadi__manual_clock_advance_ms(self.clock, 1500);
    start(&self, request.stream);
    static const struct {
        int64_t time_ms;
        const char *text;
        uint32_t partitions;
    } rows[] = {{3000, "a1 a2 c1 ", 2},
                {1000, "", 0},
                {4000, "", 0},
                {2000, "b1 b2 b3 b4 ", 1},
                {5000, "d1 ", 1}}; /* of the time between the runs, found now */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        request.time_ms = rows[i].time_ms;
        wadi__generator_call(self.rig.ssc->generator, make_again, &request);
        assert_string_equal(request.err.message, "");
        assert_string_equal(request.text, rows[i].text);
        assert_int_equal(request.partitions, rows[i].partitions);
    }
    assert_int_equal(wadi__fs_remove_all(self.disk, "/in/c", NULL), WADI_OK);
    request.time_ms = 3000;
    wadi__generator_call(self.rig.ssc->generator, make_again, &request);
    assert_string_equal(request.err.message, "no such file: /in/c");
    put(&self, "/in/e", "e1\n");
    wadi__rig_advance(&self.rig, 500);
    wadi__log_capture(NULL, NULL);
    end(&self, WADI__COLLECTED_ROWS, "6000: e1");
}

/* ---- Mistakes ---- */

typedef struct mistake_case {
    const char *name;
    void (*build)(wadi_stream_context *ssc);
    const char *expected;
} mistake_case;
static void no_directory(wadi_stream_context *ssc) { wadi_print(wadi_text_file_stream(ssc, "")); }
static void null_directory(wadi_stream_context *ssc) {
    wadi_print(wadi_text_file_stream(ssc, NULL));
}
static void wrong_pattern(wadi_stream_context *ssc) {
    wadi_print(wadi_text_file_stream(ssc, "/a[b"));
}
static void no_bytes(wadi_stream_context *ssc) {
    wadi_print(wadi_binary_records_stream(ssc, "/in", 0));
}
WADI_FILTER(of_numbers, int64_t) { return *in > 0; }
static void wrong_filter(wadi_stream_context *ssc) {
    wadi_print(wadi_text_file_stream(ssc, "/in", .filter = of_numbers));
}
static void no_such_format(wadi_stream_context *ssc) {
    wadi_print(wadi_file_stream(ssc, sale, "/in", "xml"));
}
static void lists_in_csv(wadi_stream_context *ssc) {
    wadi_print(wadi_file_stream(ssc, basket, "/in", "csv"));
}
static mistake_case mistakes[] = {
    {"no directory", no_directory, "text_file_stream: no directory is given"},
    {"a NULL directory", null_directory, "text_file_stream: no directory is given"},
    {"a pattern that makes no sense", wrong_pattern, "text_file_stream: "},
    {"records of no bytes", no_bytes,
     "binary_records_stream: records of 0 bytes; from 1 to 2147483647 will do"},
    {"a filter of numbers", wrong_filter,
     "text_file_stream: 'of_numbers' takes int64_t, the stream carries wadi_str"},
    {"a format that there is not", no_such_format,
     "file_stream: 'xml' is none of the formats object, csv, json"},
    {"lists in CSV", lists_in_csv, "file_stream: csv has no form for 'things' of basket"},
};
static void test_mistake(void **state) {
    const mistake_case *row = *state;
    wadi__rig rig = wadi__rig_new(NULL);
    row->build(rig.ssc);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_start(rig.ssc, &err), WADI_OK);
    if (strstr(err.message, row->expected) == NULL) fail_msg("%s", err.message);
    assert_null(wadi_mistake(rig.ssc, 1));
    wadi__rig_free(&rig);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_text_file_stream_basic);
    wadi__unit_add(&unit, test_existing_files);
    wadi__unit_add(&unit, test_binary_records_stream);
    wadi__unit_add(&unit, test_file_stream_wildcard);
    wadi__unit_add(&unit, test_file_stream_missing_directory);
    wadi__unit_add(&unit, test_file_stream_reports_no_record_count);
    wadi__unit_add(&unit, test_file_stream_directory_vanishes);
    wadi__unit_add(&unit, test_listing_fails);
    wadi__unit_add(&unit, test_filter);
    wadi__unit_add(&unit, test_filter_with_shared_variables);
    wadi__unit_add(&unit, test_filter_fails);
    wadi__unit_add(&unit, test_name_with_underscore);
    wadi__unit_add(&unit, test_clock_is_set);
    wadi__unit_add(&unit, test_csv);
    wadi__unit_add(&unit, test_another_run_goes_on);
    wadi__unit_rows(&unit, test_mistake, mistakes);
    return wadi__unit_run(&unit, "file streams");
}
