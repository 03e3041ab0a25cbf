/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c: builds the chain, turns the clock, compares what came out of each batch. Slices and
 * queues differ in what happens between; programs that go on after a restart are built twice. */
#include "testing/conformance/pipeline.h"

#include "testing/collecting_sink.h"
#include "testing/conformance/about.h"
#include "testing/conformance/compare.h"
#include "testing/conformance/input.h"
#include "testing/conformance/queue.h"
#include "testing/conformance/slice.h"
#include "testing/conformance/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BATCHES_MAX = 1000000 };

typedef struct pipeline {
    const json_t *json;
    wadi__case_results *results;
    wadi__case_stage stage;
    wadi__case_queue queue;
    wadi__case_stream end; /* of the chain */
    wadi__collector *collector;
    wadi__collector *snapshots; /* of the state; NULL: none are expected */
} pipeline;

static int64_t int_of(const json_t *json, const char *name) {
    return json_integer_value(json_object_get(json, name));
}
static const json_t *error_of(const pipeline *self) {
    return json_object_get(self->json, "expect_error");
}
static bool fails_in(const pipeline *self, const char *phase) {
    const char *wanted = json_string_value(json_object_get(error_of(self), "phase"));
    return wanted != NULL && strcmp(wanted, phase) == 0;
}
static const char *about(const pipeline *self) {
    return json_string_value(json_object_get(error_of(self), "about"));
}

/* ---- Building ---- */

/* Slices ask for any batch again, in any order. Spark computes those anew that it has forgotten. */
static void remember_all(const pipeline *self) {
    const json_t *queries = json_object_get(self->json, "slice_queries");
    int64_t batch_ms = int_of(self->json, "batch_ms"), last_ms = int_of(self->json, "run_batches") * batch_ms;
    for (size_t i = 0; i < json_array_size(queries); i++) {
        int64_t to_ms = int_of(json_array_get(queries, i), "to_ms");
        if (to_ms > last_ms && to_ms / batch_ms <= BATCHES_MAX) last_ms = to_ms;
    }
    if (queries != NULL) wadi_remember(self->stage.ssc, last_ms + batch_ms);
}
static void build(void *arg) {
    pipeline *self = arg;
    remember_all(self);
    wadi__case_builder builder = {.ssc = self->stage.ssc, .arena = &self->stage.arena};
    wadi__case_add_inputs(&builder, self->json);
    if (json_object_get(self->json, "enqueue_before_batch") != NULL)
        builder.inputs[0] = wadi__case_queue_open(&self->queue, &self->stage, self->json);
    self->end =
        wadi__case_build_chain(&builder, builder.inputs[0], json_object_get(self->json, "op"));
    self->collector = wadi__collector_new(self->end.stream);
    if (json_object_get(self->json, "expect_snapshots") != NULL)
        self->snapshots = wadi__collector_new(wadi_state_snapshots(self->end.stream));
}
/* Whether the graph is as it should be: without a mistake, or with the one that is expected. */
static bool check_graph(pipeline *self) {
    const wadi_error *mistake = wadi_mistake(self->stage.ssc, 0);
    if (!fails_in(self, "define")) {
        if (mistake != NULL) wadi__case_fail(self->results, "building: %s", mistake->message);
        return mistake == NULL;
    }
    if (mistake == NULL)
        wadi__case_fail(self->results, "building: expected '%s', actual no mistake", about(self));
    else if (!wadi__case_about_matches(about(self), mistake->message))
        wadi__case_fail(self->results, "building: expected '%s', actual: %s", about(self),
                        mistake->message);
    return false; /* there is nothing to run */
}

/* ---- Running ---- */

/* Runs batches from..to; the number of the one that failed, or 0. */
static int64_t run_batches(pipeline *self, int64_t from, int64_t to) {
    for (int64_t k = from; k <= to; k++) {
        wadi__case_queue_push(&self->queue, (size_t)(k - 1));
        wadi__case_stage_tick(&self->stage);
        if (wadi__case_stage_has_failed(&self->stage)) return k;
    }
    return 0;
}
static void check_failure(pipeline *self, int64_t failed_batch, const char *message) {
    if (!fails_in(self, "run")) {
        if (failed_batch != 0)
            wadi__case_fail(self->results, "batch %" PRId64 " failed: %s", failed_batch, message);
        return;
    }
    int64_t wanted = int_of(error_of(self), "batch"), at_ms = int_of(error_of(self), "at_ms");
    int64_t failed_at_ms = failed_batch * int_of(self->json, "batch_ms");
    if (failed_batch == 0)
        wadi__case_fail(self->results, "expected that batch %" PRId64 " fails: '%s'; actual: none",
                        wanted, about(self));
    else if (failed_batch != wanted || failed_at_ms != at_ms)
        wadi__case_fail(self->results,
                        "expected that batch %" PRId64 " at %" PRId64
                        " ms fails; actual: batch %" PRId64 ": %s",
                        wanted, at_ms, failed_batch, message);
    else if (!wadi__case_about_matches(about(self), message))
        wadi__case_fail(self->results, "batch %" PRId64 ": expected '%s', actual: %s", wanted,
                        about(self), message);
}

/* ---- Comparing ---- */

static void compare_number(pipeline *self, const char *list, size_t j, int64_t actual,
                           const char *what) {
    const json_t *expected = json_array_get(json_object_get(self->json, list), j);
    if (expected != NULL && json_integer_value(expected) != actual)
        wadi__case_fail(self->results,
                        "output %zu: expected %s %" JSON_INTEGER_FORMAT ", actual %" PRId64, j + 1,
                        what, json_integer_value(expected), actual);
}
static void compare_entry(pipeline *self, size_t j, const wadi__collected *seen) {
    const json_t *expected = json_array_get(json_object_get(self->json, "expect"), j);
    bool unordered = json_is_true(json_object_get(self->json, "unordered"));
    json_t *actual = wadi__case_rows_to_json(seen->rows, seen->row_count, self->end.is_pairs);
    if (!wadi__case_batch_matches(expected, actual, unordered)) {
        char what[80];
        snprintf(what, sizeof what, "output %zu, at %" PRId64 " ms", j + 1, seen->time_ms);
        wadi__case_fail_values(self->results, what, expected, actual);
    }
    json_decref(actual);
    compare_number(self, "expect_times_ms", j, seen->time_ms, "batch time");
    compare_number(self, "expect_partitions", j, seen->partition_count, "partitions");
}
static void compare_snapshot(pipeline *self, size_t j, size_t run) {
    const json_t *expected = json_array_get(json_object_get(self->json, "expect_snapshots"), j);
    const wadi__collected *seen =
        self->snapshots != NULL ? wadi__collector_run(self->snapshots, run) : NULL;
    if (expected == NULL) return;
    json_t *actual =
        seen != NULL ? wadi__case_rows_to_json(seen->rows, seen->row_count, true) : json_array();
    if (seen == NULL || !wadi__case_batch_matches(expected, actual, true)) {
        char what[80];
        snprintf(what, sizeof what, "snapshot %zu", j + 1);
        wadi__case_fail_values(self->results, what, expected, actual);
    }
    json_decref(actual);
}
static size_t count_outputs(const pipeline *self) {
    size_t count = 0;
    while (wadi__collector_run(self->collector, count) != NULL) count++;
    return count;
}
/* The outputs so far are those that are expected from number `from` on. */
static void compare_from(pipeline *self, size_t from, size_t count) {
    size_t wanted = json_array_size(json_object_get(self->json, "expect"));
    for (size_t i = 0; i < count && from + i < wanted; i++) {
        compare_entry(self, from + i, wadi__collector_run(self->collector, i));
        compare_snapshot(self, from + i, i);
    }
}
static void compare_outputs(pipeline *self) {
    const json_t *expected = json_object_get(self->json, "expect");
    size_t wanted = json_array_size(expected), count = count_outputs(self);
    if (expected == NULL) return; /* the failure is all that is expected */
    compare_from(self, 0, count);
    if (count != wanted)
        wadi__case_fail(self->results, "expected %zu outputs, actual %zu", wanted, count);
}
/* Those after a restart reach to the end; some before it may be among them again, and none is
 * missing. */
static void compare_outputs_after(pipeline *self, size_t restart_after) {
    size_t wanted = json_array_size(json_object_get(self->json, "expect")),
           count = count_outputs(self);
    if (count > wanted || wanted - count > restart_after)
        wadi__case_fail(self->results,
                        "after the restart: expected the outputs from %zu or before up to %zu, "
                        "actual %zu outputs",
                        restart_after + 1, wanted, count);
    else
        compare_from(self, wanted - count, count);
}

/* ---- The case ---- */

static bool start(pipeline *self) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi_start(self->stage.ssc, &err);
    if (status != WADI_OK) wadi__case_fail(self->results, "starting: %s", err.message);
    return status == WADI_OK;
}
static void free_collectors(pipeline *self) {
    wadi__collector_free(self->collector);
    wadi__collector_free(self->snapshots);
    self->collector = self->snapshots = NULL;
}
/* Runs the first batches and builds the program anew. */
static bool run_and_restart(pipeline *self, int64_t batches) {
    wadi_error err = WADI_ERROR_INIT;
    int64_t failed_batch = run_batches(self, 1, batches);
    wadi__case_stage_stop(&self->stage, &err);
    check_failure(self, failed_batch, err.message);
    compare_from(self, 0, count_outputs(self));
    if (count_outputs(self) != (size_t)batches)
        wadi__case_fail(self->results,
                        "before the restart: expected %" PRId64 " outputs, actual %zu", batches,
                        count_outputs(self));
    pipeline before = *self;
    wadi__case_stage_go_on(&self->stage, build, self);
    free_collectors(&before);
    return check_graph(self) && start(self);
}
static void run(pipeline *self) {
    wadi_error err = WADI_ERROR_INIT;
    int64_t restart_after = int_of(self->json, "restart_after_batches");
    if (!start(self)) return;
    if (restart_after > 0 && !run_and_restart(self, restart_after)) return;
    int64_t failed_batch = run_batches(self, restart_after + 1, int_of(self->json, "run_batches"));
    wadi__case_run_slices(self->json, self->end, self->results);
    wadi__case_stage_stop(&self->stage, &err);
    check_failure(self, failed_batch, err.message);
    if (restart_after > 0)
        compare_outputs_after(self, (size_t)restart_after);
    else
        compare_outputs(self);
}
void wadi__case_run_pipeline(const json_t *json, wadi__case_results *results) {
    pipeline self = {.json = json, .results = results};
    wadi__case_stage_options options = {
        .batch_ms = int_of(json, "batch_ms"),
        .parallelism = (uint32_t)int_of(json, "default_parallelism"),
    };
    wadi__case_stage_open(&self.stage, &options);
    build(&self);
    if (check_graph(&self)) run(&self);
    wadi__case_stage_close(&self.stage);
    free_collectors(&self);
}
