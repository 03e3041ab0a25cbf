/* SPDX-License-Identifier: Apache-2.0 */
/* form_case.c: whole cases: which fields each family has. */
#include "testing/conformance/about.h"
#include "testing/conformance/form.h"
#include "testing/conformance/pending.h"
#include "testing/conformance/table.h"

#include <string.h>

static bool check_positive(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_count(form, json) &&
           (json_integer_value(json) > 0 || wadi__case_form_fail(form, "0"));
}
static bool check_batch(wadi__case_form *form, const json_t *json) {
    return json_is_null(json) || wadi__case_form_values(form, json);
}
static bool check_batches(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_batch);
}
static bool check_expected(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_expected_values);
}
static bool check_each_ms(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_ms);
}
static bool check_each_count(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_count);
}
static bool check_phase(wadi__case_form *form, const json_t *json) {
    const char *phase = json_string_value(json);
    return (phase != NULL && (strcmp(phase, "define") == 0 || strcmp(phase, "run") == 0)) ||
           wadi__case_form_fail(form, "neither define nor run");
}
static bool check_about(wadi__case_form *form, const json_t *json) {
    return (json_is_string(json) && wadi__case_about_is_known(json_string_value(json))) ||
           wadi__case_form_fail(form, "an unknown reason");
}
static bool check_error(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"phase", check_phase, true},
        {"about", check_about, true},
        {"batch", check_positive, false},
        {"at_ms", wadi__case_form_ms, false},
        {NULL, NULL, false},
    };
    if (!wadi__case_form_fields(form, json, fields)) return false;
    bool is_run = strcmp(json_string_value(json_object_get(json, "phase")), "run") == 0;
    bool has_place =
        json_object_get(json, "batch") != NULL && json_object_get(json, "at_ms") != NULL;
    return !is_run || has_place || wadi__case_form_fail(form, "no 'batch' or no 'at_ms'");
}
static bool check_query(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"from_ms", wadi__case_form_ms, true},
        {"to_ms", wadi__case_form_ms, true},
        {"expect", wadi__case_form_expected_values, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_queries(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_query);
}
static bool check_pushed(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_values);
}
static bool check_enqueued(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_pushed);
}
static bool check_default_rdd(wadi__case_form *form, const json_t *json) {
    const char *text = json_string_value(json);
    if (text == NULL) return wadi__case_form_values(form, json);
    return strcmp(text, "empty_rdd") == 0 || strcmp(text, "none") == 0 ||
           wadi__case_form_fail(form, "none of empty_rdd, none, a list");
}

/* ---- Families ---- */

/* clang-format off */
#define EVERY_CASE                                                                                 \
    {"name", wadi__case_form_string, true},                                                        \
    {"family", wadi__case_form_string, true},                                                      \
    {"source", wadi__case_form_string, false},                                                     \
    {"note", wadi__case_form_string, false},                                                       \
    {"derived", wadi__case_form_bool, false},                                                      \
    {"checked", wadi__case_form_string, false}
#define EVERY_PIPELINE                                                                             \
    EVERY_CASE,                                                                                    \
    {"batch_ms", wadi__case_form_interval, true},                                                  \
    {"op", wadi__case_form_chain, true},                                                           \
    {"run_batches", wadi__case_form_count, true},                                                  \
    {"unordered", wadi__case_form_bool, true},                                                     \
    {"default_parallelism", check_positive, false},                                                \
    {"input2", check_batches, false},                                                              \
    {"input3", check_batches, false}
#define EXPECTATIONS                                                                               \
    {"expect", check_expected, false},                                                             \
    {"expect_times_ms", check_each_ms, false},                                                     \
    {"expect_partitions", check_each_count, false},                                                \
    {"expect_snapshots", check_expected, false},                                                   \
    {"expect_error", check_error, false}
/* clang-format on */

static const wadi__case_field pipeline_fields[] = {
    EVERY_PIPELINE,
    EXPECTATIONS,
    {"input", check_batches, true},
    {"partitions_per_batch", check_positive, true},
    {"restart_after_batches", check_positive, false},
    {NULL, NULL, false},
};
static const wadi__case_field slice_fields[] = {
    EVERY_PIPELINE,
    {"input", check_batches, true},
    {"partitions_per_batch", check_positive, true},
    {"slice_queries", check_queries, true},
    {NULL, NULL, false},
};
static const wadi__case_field queue_fields[] = {
    EVERY_PIPELINE,
    EXPECTATIONS,
    {"partitions_per_batch", check_positive, false},
    {"enqueue_before_batch", check_enqueued, true},
    {"one_at_a_time", wadi__case_form_bool, true},
    {"default_rdd", check_default_rdd, true},
    {NULL, NULL, false},
};

static bool same_length(wadi__case_form *form, const char *name) {
    const json_t *list = json_object_get(form->json, name);
    if (list == NULL ||
        json_array_size(list) == json_array_size(json_object_get(form->json, "expect")))
        return true;
    return wadi__case_form_fail(form, "'%s' is not as long as 'expect'", name);
}
static bool check_expectations(wadi__case_form *form) {
    if (json_object_get(form->json, "expect") == NULL &&
        json_object_get(form->json, "expect_error") == NULL)
        return wadi__case_form_fail(form, "neither 'expect' nor 'expect_error'");
    return same_length(form, "expect_times_ms") && same_length(form, "expect_partitions") &&
           same_length(form, "expect_snapshots");
}
static bool is_family(const json_t *json, const char *family) {
    const char *own = json_string_value(json_object_get(json, "family"));
    return own != NULL && strcmp(own, family) == 0;
}
static bool check_pipeline(wadi__case_form *form) {
    const json_t *json = form->json;
    if (is_family(json, "slice") || json_object_get(json, "slice_queries") != NULL)
        return wadi__case_form_fields(form, json, slice_fields);
    bool is_queue =
        is_family(json, "queueStream") || json_object_get(json, "enqueue_before_batch") != NULL;
    if (!wadi__case_form_fields(form, json, is_queue ? queue_fields : pipeline_fields))
        return false;
    return check_expectations(form);
}
static bool check_table(wadi__case_form *form, const char *kind) {
    form->waits = wadi__case_pending(kind);
    if (form->waits != NULL) return true;
    const wadi__case_table *table = wadi__case_table_find(kind);
    if (table == NULL) return wadi__case_form_fail(form, "unknown kind '%s'", kind);
    return wadi__case_form_fields(form, form->json, table->fields);
}
bool wadi__case_form_check(wadi__case_form *form, const json_t *json) {
    *form = (wadi__case_form){.json = json};
    if (!json_is_object(json)) return wadi__case_form_fail(form, "no object");
    const json_t *kind = json_object_get(json, "kind");
    if (kind == NULL) return check_pipeline(form);
    return json_is_string(kind) ? check_table(form, json_string_value(kind))
                                : wadi__case_form_fail(form, "'kind' is no string");
}
