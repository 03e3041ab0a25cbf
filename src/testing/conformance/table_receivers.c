/* SPDX-License-Identifier: Apache-2.0 */
/* table_receivers.c: on which executors receivers may run. */
#include "cluster/receiver_placement.h"
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"

#include <string.h>

enum { WORKERS_MAX = 100, RECEIVERS_MAX = 100 };

typedef struct workers {
    const char *names[WORKERS_MAX];
    size_t count;
} workers;
static workers workers_of(const json_t *json) {
    const json_t *names = json_object_get(json, "workers");
    workers made = {.count = json_array_size(names)};
    for (size_t i = 0; i < made.count; i++)
        made.names[i] = json_string_value(json_array_get(names, i));
    return made;
}

/* ---- Forms ---- */

static bool check_workers(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_strings(form, json) &&
           (json_array_size(json) <= WORKERS_MAX ||
            wadi__case_form_fail(form, "more than %d", WORKERS_MAX));
}
static bool check_host(wadi__case_form *form, const json_t *json) {
    return json_is_null(json) || wadi__case_form_string(form, json);
}
static bool check_receiver(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"id", wadi__case_form_count, true}, {"preferred", check_host, false}, {NULL, NULL, false}};
    return wadi__case_form_fields(form, json, fields);
}
static bool check_receivers(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_receiver) &&
           (json_array_size(json) <= RECEIVERS_MAX ||
            wadi__case_form_fail(form, "more than %d", RECEIVERS_MAX));
}
static bool check_tracked(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"receiver", wadi__case_form_count, true},
        {"state", wadi__case_form_string, true},
        {"running", check_host, false},
        {"scheduled", wadi__case_form_strings, false},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_tracking(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_tracked);
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"receivers", wadi__case_form_count, true},
        {"workers", wadi__case_form_count, true},
        {"expect", wadi__case_form_string, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}
static bool check_mode(wadi__case_form *form, const json_t *json) {
    static const char *const modes[] = {"schedule", "reschedule", "schedule_empty"};
    for (size_t i = 0; json_is_string(json) && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i], json_string_value(json)) == 0) return true;
    return wadi__case_form_fail(form, "unknown mode");
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"mode", check_mode, true},
    {"workers", check_workers, false},
    {"receivers", check_receivers, false},
    {"receiver", wadi__case_form_count, false},
    {"preferred", check_host, false},
    {"tracking", check_tracking, false},
    {"rows", check_rows, false},
    {"expect_set", wadi__case_form_strings, false},
    {"expect_candidates_per_receiver", wadi__case_form_count, false},
    {"expect_receivers_per_worker", wadi__case_form_count, false},
    {"expect_preferred_receivers_on", wadi__case_form_strings, false},
    {NULL, NULL, false},
};

/* ---- All at the start ---- */

typedef struct placing {
    wadi__placed_receiver receivers[RECEIVERS_MAX];
    uint32_t candidates[RECEIVERS_MAX][WORKERS_MAX], loads[WORKERS_MAX];
} placing;

static void expect_count(const json_t *json, const char *name, size_t of, size_t actual,
                         wadi__case_results *results) {
    const json_t *expected = json_object_get(json, name);
    if (expected != NULL && (size_t)json_integer_value(expected) != actual)
        wadi__case_fail(results, "%s: %zu at %zu, expected %lld", name, actual, of,
                        (long long)json_integer_value(expected));
}
static bool is_named(const json_t *names, const char *name) {
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0) return true;
    return false;
}
static void run_schedule(const json_t *json, wadi__case_results *results) {
    const json_t *given = json_object_get(json, "receivers");
    workers on = workers_of(json);
    size_t count = json_array_size(given), used[WORKERS_MAX] = {0};
    placing *all = wadi__must_calloc(1, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        all->receivers[i].candidates = all->candidates[i];
        all->receivers[i].preferred_host =
            json_string_value(json_object_get(json_array_get(given, i), "preferred"));
    }
    wadi__receivers_place(all->receivers, count, on.names, on.count, all->loads);
    const json_t *preferred_on = json_object_get(json, "expect_preferred_receivers_on");
    for (size_t i = 0; i < count; i++) {
        const wadi__placed_receiver *receiver = &all->receivers[i];
        expect_count(json, "expect_candidates_per_receiver", i, receiver->candidate_count, results);
        for (size_t k = 0; k < receiver->candidate_count; k++) {
            const char *worker = on.names[receiver->candidates[k]];
            used[receiver->candidates[k]]++;
            if (preferred_on != NULL && receiver->preferred_host != NULL &&
                !is_named(preferred_on, worker))
                wadi__case_fail(results, "receiver %zu is on %s", i, worker);
        }
    }
    for (size_t w = 0; w < on.count; w++)
        expect_count(json, "expect_receivers_per_worker", w, used[w], results);
    free(all);
}
static void run_empty(const json_t *json, wadi__case_results *results) {
    static const char *const names[] = {"host1", "host2", "host3"};
    const json_t *rows = json_object_get(json, "rows");
    placing *all = wadi__must_calloc(1, sizeof *all);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        size_t count = (size_t)wadi__case_int(row, "receivers"), candidates = 0;
        size_t on = (size_t)wadi__case_int(row, "workers");
        if (count > RECEIVERS_MAX || on > 3) {
            wadi__case_fail(results, "row %zu has too many", i + 1);
            continue;
        }
        for (size_t k = 0; k < count; k++) all->receivers[k].candidates = all->candidates[k];
        wadi__receivers_place(all->receivers, count, names, on, all->loads);
        for (size_t k = 0; k < count; k++) candidates += all->receivers[k].candidate_count;
        const char *expected = json_string_value(json_object_get(row, "expect"));
        const char *actual = count == 0        ? "empty map"
                             : candidates == 0 ? "no candidates for any receiver"
                                               : "candidates";
        if (strcmp(actual, expected) != 0)
            wadi__case_fail(results, "row %zu: %s, expected %s", i + 1, actual, expected);
    }
    free(all);
}

/* ---- One again ---- */

static void add_load(const workers *on, double *loads, const char *name, double load) {
    for (size_t i = 0; name != NULL && i < on->count; i++)
        if (strcmp(on->names[i], name) == 0) loads[i] += load;
}
static void run_again(const json_t *json, wadi__case_results *results) {
    workers on = workers_of(json);
    const json_t *tracking = json_object_get(json, "tracking");
    uint32_t candidates[WORKERS_MAX];
    double loads[WORKERS_MAX] = {0};
    for (size_t i = 0; i < json_array_size(tracking); i++) {
        const json_t *tracked = json_array_get(tracking, i);
        const json_t *scheduled = json_object_get(tracked, "scheduled");
        const char *state = json_string_value(json_object_get(tracked, "state"));
        if (strcmp(state, "ACTIVE") == 0)
            add_load(&on, loads, json_string_value(json_object_get(tracked, "running")), 1);
        for (size_t k = 0; strcmp(state, "SCHEDULED") == 0 && k < json_array_size(scheduled); k++)
            add_load(&on, loads, json_string_value(json_array_get(scheduled, k)),
                     1.0 / (double)json_array_size(scheduled));
    }
    wadi__placed_receiver receiver = {.preferred_host =
                                          json_string_value(json_object_get(json, "preferred")),
                                      .candidates = candidates};
    wadi__receiver_place_again(&receiver, on.names, loads, on.count);
    const json_t *expected = json_object_get(json, "expect_set");
    bool is_right = receiver.candidate_count == json_array_size(expected);
    for (size_t i = 0; i < receiver.candidate_count; i++)
        is_right = is_right && is_named(expected, on.names[candidates[i]]);
    if (!is_right)
        wadi__case_fail(results, "%zu candidates, expected %zu", receiver.candidate_count,
                        json_array_size(expected));
}
static void run(const json_t *json, wadi__case_results *results) {
    const char *mode = json_string_value(json_object_get(json, "mode"));
    if (strcmp(mode, "schedule") == 0)
        run_schedule(json, results);
    else if (strcmp(mode, "reschedule") == 0)
        run_again(json, results);
    else
        run_empty(json, results);
}
const wadi__case_table wadi__case_receiver_scheduling = {"receiver_scheduling", fields, run};
