/* SPDX-License-Identifier: Apache-2.0 */
/* table_state_record.c: one key of a mapWithState through two batches: the first gives it its
 * state, the second its commands. */
#include "stream/ops/stateful.h"
#include "testing/collecting_sink.h"
#include "testing/conformance/stage.h"
#include "testing/conformance/table.h"
#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/scripted_source.h"

#include <wadi/rdd.h>

#include <string.h>

WADI_RECORD(case_command, (int64_t, key), (wadi_str, command));
WADI_RECORD(case_counter, (int64_t, key), (int64_t, value));

/* ---- What the function does, and what it has seen ---- */

typedef struct seen {
    bool called;
    json_t *removed, *timed_out;
} seen;
static seen now; /* of the case that runs: there is one task at a time */

static bool is(wadi_str s, const char *text) { return wadi_str_equal(s, wadi_str_of(text)); }

WADI_MAP_WITH_STATE(case_obey, case_command, case_counter, int64_t) {
    int64_t value = wadi_state_exists(state) ? wadi_state_get(state)->value : -1;
    now.called = true;
    if (in == NULL) {
        json_array_append_new(now.timed_out, json_integer((json_int_t)value));
    } else if (is(in->command, "get-state")) {
        wadi_emit(out, value);
    } else if (is(in->command, "update-state")) {
        wadi_state_update(state, (case_counter){*key, value + 1});
    } else if (is(in->command, "remove-state")) {
        json_array_append_new(now.removed, json_integer((json_int_t)value));
        wadi_state_remove(state);
    }
}

/* ---- Form ---- */

static bool check_number(wadi__case_form *form, const json_t *json) {
    return json_is_integer(json) || json_is_null(json) ||
           wadi__case_form_fail(form, "neither a whole number nor null");
}
static bool check_whole(wadi__case_form *form, const json_t *json) {
    return json_is_integer(json) || wadi__case_form_fail(form, "no whole number");
}
static bool check_numbers(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_whole);
}
static bool check_state(wadi__case_form *form, const json_t *json) {
    return (json_array_size(json) == 2 && check_numbers(form, json)) ||
           wadi__case_form_fail(form, "no [value, time]");
}
static bool check_states(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_state);
}
static bool check_command(wadi__case_form *form, const json_t *json) {
    static const char *const known[] = {"noop", "get-state", "update-state", "remove-state"};
    for (size_t i = 0; json_is_string(json) && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(json_string_value(json), known[i]) == 0) return true;
    return wadi__case_form_fail(form, "no command");
}
static bool check_commands(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_command);
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"init", check_number, true},
        {"data", check_commands, true},
        {"threshold", check_number, true},
        {"sweep", wadi__case_form_bool, true},
        {"called", wadi__case_form_bool, false},
        {"states", check_states, true},
        {"out", check_numbers, true},
        {"timed_out", check_numbers, false},
        {"removed", check_numbers, false},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}

/* ---- Running ---- */

enum { BATCH_MS = 1000, KEY = 1 };

typedef struct program {
    wadi__case_stage stage;
    wadi__script_batch batches[2];
    wadi_dstream *mapped;
    wadi__collector *collector;
} program;

static wadi__state_store *store_of(const program *self) {
    return &wadi__stateful_of(self->mapped)->kept->partitions[0].store;
}
/* Time-outs are looked for where states are checkpointed. */
static void build(program *self, const json_t *row) {
    const json_t *init = json_object_get(row, "init"), *data = json_object_get(row, "data"),
                 *threshold = json_object_get(row, "threshold");
    bool sweeps = json_is_true(json_object_get(row, "sweep"));
    size_t count = json_array_size(data);
    case_command *commands = wadi__must_calloc(count, sizeof *commands);
    for (size_t i = 0; i < count; i++)
        commands[i] = (case_command){KEY, wadi_str_of(json_string_value(json_array_get(data, i)))};
    self->batches[1] = (wadi__script_batch){.rows = commands, .count = count};
    wadi__script script = {self->batches, 2, 1};
    wadi_dstream *in = wadi__scripted_stream(self->stage.ssc, WADI_TYPE(case_command), &script);
    case_counter first = {KEY, json_integer_value(init)};
    wadi_rdd *initial =
        wadi_parallelize(self->stage.sc, case_counter, &first, json_is_null(init) ? 0 : 1);
    int64_t timeout_ms = json_is_null(threshold) ? 0 : (int64_t)2 * BATCH_MS - json_integer_value(threshold);
    self->mapped = wadi_map_with_state(in, case_obey, .initial = initial, .partitions = 1,
                                       .timeout_ms = timeout_ms);
    /* A program without a time-out does not ask when a key was touched; a case does. */
    wadi__state_store_init(store_of(self), store_of(self)->type, true);
    wadi_checkpoint(self->mapped, sweeps ? BATCH_MS : 10 * BATCH_MS);
    self->collector = wadi__collector_new(self->mapped);
}
static json_t *states_of(const program *self) {
    const wadi__state_store *store = store_of(self);
    json_t *states = json_array();
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++)
            if (wadi__state_bit(chunk->is_live, slot))
                json_array_append_new(
                    states,
                    json_pack(
                        "[I,I]",
                        (json_int_t)((const case_counter *)(const void *)chunk->rows)[slot].value,
                        (json_int_t)chunk->times_ms[slot]));
    }
    return states;
}
static json_t *output_of(const program *self) {
    const wadi__collected *run = wadi__collector_run(self->collector, 1);
    json_t *output = json_array();
    for (size_t i = 0; run != NULL && i < run->row_count; i++)
        json_array_append_new(output, json_integer((json_int_t)((const int64_t *)run->rows)[i]));
    return output;
}
/* Takes `actual` over. */
static void compare(const json_t *row, const char *name, json_t *actual,
                    wadi__case_results *results) {
    const json_t *expected = json_object_get(row, name);
    if (expected != NULL && !json_equal(expected, actual))
        wadi__case_fail_values(results, name, expected, actual);
    json_decref(actual);
}
static void run_row(const json_t *row, wadi__case_results *results) {
    program self = {.batches = {{.count = 0}}};
    wadi_error err = WADI_ERROR_INIT;
    wadi__case_stage_open(&self.stage, &(wadi__case_stage_options){.batch_ms = BATCH_MS});
    build(&self, row);
    now = (seen){.removed = json_array(), .timed_out = json_array()};
    if (wadi_start(self.stage.ssc, &err) == WADI_OK) {
        wadi__case_stage_tick(&self.stage);
        wadi__case_stage_tick(&self.stage);
        wadi__manual_clock_await_idle(self.stage.clock);
        compare(row, "states", states_of(&self), results);
        compare(row, "out", output_of(&self), results);
        wadi__case_stage_stop(&self.stage, &err);
    }
    if (err.status != WADI_OK) wadi__case_fail(results, "%s", err.message);
    compare(row, "called", json_boolean(now.called), results);
    compare(row, "timed_out", now.timed_out, results);
    compare(row, "removed", now.removed, results);
    wadi__case_stage_close(&self.stage);
    wadi__collector_free(self.collector);
    free((void *)(uintptr_t)self.batches[1].rows);
}
static void run_state_record(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) run_row(json_array_get(rows, i), results);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"rows", check_rows, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_state_record = {"state_record", fields, run_state_record};
