/* SPDX-License-Identifier: Apache-2.0 */
/* table_checkpoint.c: how often streams are checkpointed, once a program has started. */
#include "stream/stream_context.h"
#include "testing/collecting_sink.h"
#include "testing/conformance/input.h"
#include "testing/conformance/stage.h"
#include "testing/conformance/table.h"
#include "testing/must.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct interval_op {
    const char *name, *op, *fn, *inverse;
} ops[] = {
    {"updateStateByKey", "updateStateByKey", "running_sum", NULL},
    {"mapWithState", "mapWithState", "emit_pair", NULL},
    {"reduceByKeyAndWindow_inverse", "reduceByKeyAndWindow", "sum", "sub"},
};
static const struct interval_op *find(const char *name) {
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (name != NULL && strcmp(ops[i].name, name) == 0) return &ops[i];
    return NULL;
}
static bool check_op(wadi__case_form *form, const json_t *json) {
    return find(json_string_value(json)) != NULL || wadi__case_form_fail(form, "unknown operator");
}
static bool check_explicit(wadi__case_form *form, const json_t *json) {
    return json_is_null(json) || wadi__case_form_interval(form, json);
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"op", check_op, true},
        {"slide_ms", wadi__case_form_interval, true},
        {"explicit_ms", check_explicit, false},
        {"expect_ms", wadi__case_form_ms, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}

static int64_t int_of(const json_t *row, const char *name) {
    return json_integer_value(json_object_get(row, name));
}
/* The chain with the operator, as cases have it. */
static json_t *chain_of(const json_t *row) {
    const struct interval_op *op = find(json_string_value(json_object_get(row, "op")));
    json_t *step = wadi__must(json_pack("{s:s, s:s}", "op", op->op, "fn", op->fn));
    if (op->inverse != NULL) {
        json_object_set_new(step, "inv_fn", wadi__must(json_string(op->inverse)));
        json_object_set_new(step, "window_ms", json_integer(2 * int_of(row, "slide_ms")));
    }
    return wadi__must(json_pack("[{s:s, s:s}, o]", "op", "map", "fn", "pair_one", step));
}
static void run_row(const json_t *row, size_t i, wadi__case_results *results) {
    wadi__case_stage stage;
    wadi__case_stage_options options = {.batch_ms = int_of(row, "slide_ms")};
    wadi_error err = WADI_ERROR_INIT;
    json_t *chain = chain_of(row);
    json_t *inputs =
        wadi__must(json_pack("{s:[[s]], s:i}", "input", "a", "partitions_per_batch", 1));
    wadi__case_stage_open(&stage, &options);
    wadi__case_builder builder = {.ssc = stage.ssc, .arena = &stage.arena};
    wadi__case_add_inputs(&builder, inputs);
    wadi_dstream *stream = wadi__case_build_chain(&builder, builder.inputs[0], chain).stream;
    if (int_of(row, "explicit_ms") != 0) wadi_checkpoint(stream, int_of(row, "explicit_ms"));
    wadi__collector *collector = wadi__collector_new(stream);
    if (wadi_start(stage.ssc, &err) != WADI_OK)
        wadi__case_fail(results, "row %zu: starting: %s", i + 1, err.message);
    else if (stream->checkpoint_ms != int_of(row, "expect_ms"))
        wadi__case_fail(results, "row %zu: expected %" PRId64 " ms, actual %" PRId64 " ms", i + 1,
                        int_of(row, "expect_ms"), stream->checkpoint_ms);
    wadi__case_stage_close(&stage);
    wadi__collector_free(collector);
    json_decref(inputs);
    json_decref(chain);
}
static void run_intervals(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) run_row(json_array_get(rows, i), i, results);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS, {"rows", check_rows, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_checkpoint_interval = {"checkpoint_interval", fields,
                                                         run_intervals};
