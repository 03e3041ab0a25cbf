/* SPDX-License-Identifier: Apache-2.0 */
/* table_save.c: batches saved as text files: their directory's name, and what is in it. */
#include "base/mem.h"
#include "sink/batch_path.h"
#include "testing/conformance/stage.h"
#include "testing/conformance/table.h"
#include "testing/conformance/typed.h"
#include "testing/must.h"
#include "testing/sim_disk.h"

#include <stdio.h>
#include <string.h>
#include <wadi/source.h>

/* A string, or null for none. */
static bool check_part(wadi__case_form *form, const json_t *json) {
    return json_is_null(json) || wadi__case_form_string(form, json);
}
static const char *text_of(const json_t *json, const char *name) {
    return json_string_value(json_object_get(json, name));
}
static int64_t time_of(const json_t *json) {
    return json_integer_value(json_object_get(json, "time_ms"));
}

/* ---- Names ---- */

static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field row_fields[] = {
        {"prefix", check_part, false},
        {"suffix", check_part, false},
        {"time_ms", wadi__case_form_ms, true},
        {"expect", wadi__case_form_string, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, row_fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}
static void run_output_path(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char *path = wadi__batch_path(text_of(row, "prefix"), text_of(row, "suffix"), time_of(row));
        if (strcmp(path, text_of(row, "expect")) != 0)
            wadi__case_fail(results, "row %zu: expected %s, actual %s", i + 1,
                            text_of(row, "expect"), path);
        wadi__free(path);
    }
}
static const wadi__case_field path_fields[] = {
    WADI__CASE_TABLE_FIELDS, {"rows", check_rows, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_output_path = {"output_path", path_fields, run_output_path};

/* ---- Files ---- */

/* An RDD with these partitions. */
static wadi_rdd *partitions_rdd(wadi__case_stage *stage, const wadi__type *type,
                                const json_t *partitions) {
    size_t count = json_array_size(partitions);
    wadi_rdd **rdds = wadi__must_calloc(count, sizeof *rdds);
    for (size_t i = 0; i < count; i++) {
        const json_t *elements = json_array_get(partitions, i);
        void *rows = wadi__case_typed_rows(&stage->arena, type, elements);
        wadi_op_options one = {.size = sizeof one, .partitions = 1};
        rdds[i] = wadi__parallelize(stage->sc, &type->pub, rows, json_array_size(elements), &one);
    }
    wadi_op_options none = {.size = sizeof none};
    wadi_rdd *made = count > 0 ? wadi_union_all(rdds, count)
                               : wadi__empty_rdd(stage->sc, &type->pub, &none);
    free(rdds);
    return made;
}
static const wadi__type *type_of(const json_t *partitions) {
    json_t *all = wadi__must(json_array());
    for (size_t i = 0; i < json_array_size(partitions); i++)
        json_array_extend(all, json_array_get(partitions, i));
    const wadi__type *type = wadi__case_typed_of(all);
    json_decref(all);
    return type;
}
static void compare_files(wadi__case_stage *stage, const json_t *files,
                          wadi__case_results *results) {
    const char *path;
    json_t *expected;
    json_object_foreach((json_t *)files, path, expected) {
        char absolute[500];
        size_t size = 0;
        snprintf(absolute, sizeof absolute, "/%s", path);
        char *bytes = wadi__sim_disk_get(stage->disk, absolute, &size);
        json_t *actual = bytes != NULL ? json_stringn_nocheck(bytes, size) : NULL;
        if (actual == NULL || !json_equal(expected, actual))
            wadi__case_fail_values(results, path, expected, actual);
        json_decref(actual);
        free(bytes);
    }
}
static void run_batch(wadi__case_stage *stage, const json_t *json, wadi__case_results *results) {
    const json_t *partitions = json_object_get(json, "partitions");
    const wadi__type *type = type_of(partitions);
    wadi_error err = WADI_ERROR_INIT;
    wadi_rdd_queue *queue = wadi_rdd_queue_new(stage->sc);
    wadi_queue_options options = {.size = sizeof options};
    wadi_dstream *stream = wadi__queue_stream(stage->ssc, &type->pub, queue, &options);
    wadi_save_as_text_files(stream, text_of(json, "prefix"), .suffix = text_of(json, "suffix"));
    wadi_rdd_queue_push(queue, partitions_rdd(stage, type, partitions));
    if (wadi_start(stage->ssc, &err) == WADI_OK) {
        wadi__case_stage_tick(stage);
        wadi__case_stage_stop(stage, &err);
    }
    if (err.status != WADI_OK) wadi__case_fail(results, "%s", err.message);
}
static void run_save_layout(const json_t *json, wadi__case_results *results) {
    int64_t batch_ms = time_of(json) % 1000 == 0 ? 1000 : 1;
    wadi__case_stage_options options = {.batch_ms = batch_ms, .start_ms = time_of(json) - batch_ms};
    wadi__case_stage stage;
    wadi__case_stage_open(&stage, &options);
    run_batch(&stage, json, results);
    compare_files(&stage, json_object_get(json, "expect_files"), results);
    wadi__case_stage_close(&stage);
}

static bool check_partitions(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_values);
}
static bool check_expected_files(wadi__case_form *form, const json_t *json) {
    const char *path;
    json_t *bytes;
    if (!json_is_object(json)) return wadi__case_form_fail(form, "no object");
    json_object_foreach(
        (json_t *)json, path,
        bytes) if (!json_is_string(bytes)) return wadi__case_form_fail(form, "%s is no string",
                                                                       path);
    return true;
}
static const wadi__case_field layout_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"prefix", check_part, true},
    {"suffix", check_part, true},
    {"time_ms", wadi__case_form_interval, true},
    {"partitions", check_partitions, true},
    {"expect_files", check_expected_files, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_save_layout = {"save_layout", layout_fields, run_save_layout};
