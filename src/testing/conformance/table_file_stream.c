/* SPDX-License-Identifier: Apache-2.0 */
/* table_file_stream.c: which files a file stream takes in which batch. What a format makes of files
 * is no matter here: ours makes their names. Files are written at their modification time beside
 * the directory, and moved into it when they become visible. */
#include "source/file_selection.h"
#include "source/file_stream.h"
#include "stream/interval.h"
#include "testing/collecting_sink.h"
#include "testing/conformance/compare.h"
#include "testing/conformance/stage.h"
#include "testing/conformance/table.h"
#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/sim_disk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STAGED "/staged/"
#define WATCHED "/watched"

WADI_FILTER(case_accept_all, wadi_str) { return true; }

static int64_t int_of(const json_t *json, const char *name) {
    return json_integer_value(json_object_get(json, name));
}
static const char *name_of(const json_t *file) {
    return json_string_value(json_object_get(file, "name"));
}

/* ---- Forms ---- */

static bool check_filter(wadi__case_form *form, const json_t *json) {
    const char *filter = json_string_value(json);
    return (filter != NULL &&
            (strcmp(filter, "default") == 0 || strcmp(filter, "accept_all") == 0)) ||
           wadi__case_form_fail(form, "neither default nor accept_all");
}
static bool check_file(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"name", wadi__case_form_string, true},
        {"mtime_ms", wadi__case_form_ms, true},
        {"visible_from_ms", wadi__case_form_ms, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_files(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_file);
}
static bool check_times(wadi__case_form *form, const json_t *json) {
    if (!wadi__case_form_each(form, json, wadi__case_form_ms)) return false;
    for (size_t i = 0; i + 1 < json_array_size(json); i++)
        if (json_integer_value(json_array_get(json, i)) >=
            json_integer_value(json_array_get(json, i + 1)))
            return wadi__case_form_fail(form, "times that do not ascend");
    return true;
}
static bool check_names(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_string);
}
static bool check_selected(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_names);
}
static bool check_positive(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_count(form, json) &&
           (json_integer_value(json) > 0 || wadi__case_form_fail(form, "0"));
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"batch_ms", wadi__case_form_interval, true},
    {"clock_at_creation_ms", wadi__case_form_ms, true},
    {"new_files_only", wadi__case_form_bool, true},
    {"filter", check_filter, true},
    {"min_remember_s", check_positive, true},
    {"files", check_files, true},
    {"batch_times_ms", check_times, true},
    {"expect_selected", check_selected, true},
    {NULL, NULL, false},
};

/* ---- Files ---- */

typedef struct watching {
    const json_t *json;
    wadi__case_stage stage;
    wadi__collector *collector;
    int64_t now_ms;
} watching;

static void staged_path(const json_t *file, char *path, size_t size) {
    snprintf(path, size, STAGED "%s", name_of(file));
}
static void stage_files(watching *self) {
    const json_t *files = json_object_get(self->json, "files");
    wadi__env *disk = self->stage.disk, *clock = self->stage.clock;
    for (size_t i = 0; i < json_array_size(files); i++) {
        char path[300];
        const json_t *file = json_array_get(files, i);
        staged_path(file, path, sizeof path);
        wadi__manual_clock_set_wall_ms(clock, int_of(file, "mtime_ms"));
        wadi__sim_disk_put(disk, path, "", 0);
    }
    wadi__manual_clock_set_wall_ms(clock, self->now_ms);
    disk->dir_make(disk, WATCHED, 0777);
}
/* Moves the files into the directory that are visible at time_ms; once each. */
static void show_files(watching *self, int64_t time_ms) {
    const json_t *files = json_object_get(self->json, "files");
    wadi__env *disk = self->stage.disk;
    for (size_t i = 0; i < json_array_size(files); i++) {
        char from[300], to[300];
        const json_t *file = json_array_get(files, i);
        if (int_of(file, "visible_from_ms") > time_ms) continue;
        staged_path(file, from, sizeof from);
        snprintf(to, sizeof to, WATCHED "/%s", name_of(file));
        disk->file_rename(disk, from, to); /* fails when it is there already */
    }
}

/* ---- The stream ---- */

static wadi_rdd *make_names(const wadi_dstream *stream, const wadi__input *files, size_t n) {
    wadi_str *names = wadi__must_calloc(n, sizeof *names);
    for (size_t i = 0; i < n; i++) names[i] = wadi_str_of(strrchr(files[i].path, '/') + 1);
    wadi_rdd *rdd = wadi_parallelize(stream->ssc->sc, wadi_str, names, n, .partitions = 1);
    free(names);
    return rdd;
}
static const wadi__file_format names_format = {"names", make_names};

static wadi_dstream *open_stream(const watching *self) {
    const char *filter = json_string_value(json_object_get(self->json, "filter"));
    wadi_file_options options = {
        .size = sizeof options,
        .existing_files = json_is_false(json_object_get(self->json, "new_files_only")),
    };
    if (strcmp(filter, "accept_all") == 0) options.filter = case_accept_all;
    wadi__file_source source = {
        .format = &names_format, .type = WADI_TYPE(wadi_str), .dir = WATCHED, .options = &options};
    return wadi__file_stream_new(self->stage.ssc, "file_stream", &source);
}

/* ---- Batches ---- */

static void tick(watching *self, int64_t time_ms) {
    wadi__manual_clock_await_idle(self->stage.clock);
    wadi__manual_clock_advance_ms(self->stage.clock, time_ms - self->now_ms);
    wadi__manual_clock_await_idle(self->stage.clock);
    self->now_ms = time_ms;
}
/* The names that the batch at time_ms took, or NULL: there was no such batch. A new reference. */
static json_t *taken_at(const watching *self, int64_t time_ms) {
    const wadi__collected *seen = NULL;
    for (size_t i = 0; (seen = wadi__collector_run(self->collector, i)) != NULL; i++)
        if (seen->time_ms == time_ms) break;
    if (seen == NULL) return NULL;
    json_t *names = wadi__must(json_array());
    const wadi_str *rows = seen->rows;
    for (size_t i = 0; i < seen->row_count; i++)
        json_array_append_new(names, json_stringn_nocheck(wadi_str_data(&rows[i]), rows[i].len));
    return names;
}
static void compare(const watching *self, wadi__case_results *results) {
    const json_t *times = json_object_get(self->json, "batch_times_ms");
    const json_t *selected = json_object_get(self->json, "expect_selected");
    if (json_array_size(times) != json_array_size(selected))
        wadi__case_fail(results, "'expect_selected' is not as long as 'batch_times_ms'");
    for (size_t i = 0; i < json_array_size(times); i++) {
        int64_t time_ms = json_integer_value(json_array_get(times, i));
        const json_t *expected = json_array_get(selected, i);
        json_t *actual = taken_at(self, time_ms);
        char what[80];
        snprintf(what, sizeof what, "batch at %" PRId64 " ms", time_ms);
        if (actual == NULL || !wadi__case_batch_matches(expected, actual, true))
            wadi__case_fail_values(results, what, expected, actual);
        json_decref(actual);
    }
}
static void run_batches(watching *self) {
    const json_t *times = json_object_get(self->json, "batch_times_ms");
    int64_t batch_ms = int_of(self->json, "batch_ms");
    int64_t last_ms = json_integer_value(json_array_get(times, json_array_size(times) - 1));
    int64_t time_ms = wadi__interval_first(self->now_ms, batch_ms);
    for (; time_ms <= last_ms; time_ms += batch_ms) {
        show_files(self, time_ms);
        tick(self, time_ms);
    }
}
static void run_file_stream(const json_t *json, wadi__case_results *results) {
    watching self = {.json = json, .now_ms = int_of(json, "clock_at_creation_ms")};
    wadi__case_stage_options options = {
        .batch_ms = int_of(json, "batch_ms"),
        .start_ms = self.now_ms,
        .min_remember_s = int_of(json, "min_remember_s"),
    };
    wadi_error err = WADI_ERROR_INIT;
    wadi__case_stage_open(&self.stage, &options);
    stage_files(&self);
    show_files(&self, self.now_ms);
    self.collector = wadi__collector_new(open_stream(&self));
    if (wadi_start(self.stage.ssc, &err) == WADI_OK) run_batches(&self);
    if (err.status == WADI_OK) wadi__case_stage_stop(&self.stage, &err);
    if (err.status != WADI_OK) wadi__case_fail(results, "%s", err.message);
    compare(&self, results);
    wadi__case_stage_close(&self.stage);
    wadi__collector_free(self.collector);
}
const wadi__case_table wadi__case_file_stream = {"file_stream", fields, run_file_stream};

/* ---- How long files are remembered ---- */

static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field row_fields[] = {
        {"batch_ms", wadi__case_form_interval, true},
        {"min_remember_s", check_positive, true},
        {"expect_batches", wadi__case_form_count, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, row_fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}
static void run_remember(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        int64_t min_remember_ms = int_of(row, "min_remember_s") * 1000;
        int64_t actual = wadi__file_remember_batches(int_of(row, "batch_ms"), min_remember_ms);
        int64_t expected = int_of(row, "expect_batches");
        if (actual != expected)
            wadi__case_fail(results, "row %zu: expected %" PRId64 " batches, actual %" PRId64,
                            i + 1, expected, actual);
    }
}
static const wadi__case_field remember_fields[] = {
    WADI__CASE_TABLE_FIELDS, {"rows", check_rows, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_file_stream_remember = {"file_stream_remember", remember_fields,
                                                          run_remember};
