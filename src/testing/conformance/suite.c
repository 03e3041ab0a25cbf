/* SPDX-License-Identifier: Apache-2.0 */
/* suite.c: reading files of cases and running each case. */
#include "testing/conformance/suite.h"

#include "testing/conformance/form.h"
#include "testing/conformance/pending.h"
#include "testing/conformance/pipeline.h"
#include "testing/conformance/table.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(const json_t *json) {
    const char *name = json_string_value(json_object_get(json, "name"));
    return name != NULL ? name : "(a case without a name)";
}
static void fail(wadi__case_suite *suite, const char *path, const char *name, const char *why) {
    printf("FAILED %s %s: %s\n", path, name, why);
    suite->failed++;
}
static void skip(wadi__case_suite *suite, const char *what) {
    suite->skipped++;
    for (size_t i = 0; i < WADI__CASE_WAITS_MAX; i++) {
        if (suite->waits[i].what == NULL) suite->waits[i].what = what;
        if (strcmp(suite->waits[i].what, what) != 0) continue;
        suite->waits[i].count++;
        return;
    }
}
static void run_case(wadi__case_suite *suite, const char *path, const json_t *json) {
    wadi__case_form form;
    wadi__case_results results = {0};
    if (!wadi__case_form_check(&form, json)) {
        fail(suite, path, name_of(json), form.mistake);
        return;
    }
    if (form.waits != NULL) {
        skip(suite, form.waits);
        return;
    }
    const char *kind = json_string_value(json_object_get(json, "kind"));
    if (kind != NULL)
        wadi__case_table_find(kind)->run(json, &results);
    else
        wadi__case_run_pipeline(json, &results);
    for (char *line = results.text, *end; line != NULL && *line != 0; line = end + 1) {
        end = strchr(line, '\n');
        printf("FAILED %s %s: %.*s\n", path, name_of(json), (int)(end - line), line);
    }
    if (wadi__case_has_failed(&results))
        suite->failed++;
    else
        suite->passed++;
    wadi__case_results_fini(&results);
}

/* The cases of a file, or NULL: the mistake is counted. */
static const json_t *cases_of(wadi__case_suite *suite, const char *path, const json_t *file) {
    const char *format = json_string_value(json_object_get(file, "format"));
    const char *list = NULL;
    if (format != NULL &&
        (strcmp(format, "dstream-conformance-1") == 0 || strcmp(format, "dstream-tables-1") == 0))
        list = "cases";
    else if (format != NULL && wadi__case_pending(format) != NULL)
        list = "behaviours";
    if (list == NULL)
        fail(suite, path, "(the file)", "its 'format' is unknown");
    else if (!json_is_array(json_object_get(file, list)))
        fail(suite, path, "(the file)", "it has no list of cases");
    else
        return json_object_get(file, list);
    return NULL;
}
static void run_file(wadi__case_suite *suite, const char *path, const json_t *file) {
    const json_t *cases = cases_of(suite, path, file);
    const char *format = json_string_value(json_object_get(file, "format"));
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *json = json_array_get(cases, i);
        if (suite->filter != NULL && strstr(name_of(json), suite->filter) == NULL) continue;
        if (suite->lists)
            printf("%s %s\n", path, name_of(json));
        else if (wadi__case_pending(format) != NULL)
            skip(suite, wadi__case_pending(format));
        else
            run_case(suite, path, json);
        fflush(stdout);
    }
}
void wadi__case_suite_run(wadi__case_suite *suite, const char *path) {
    json_error_t err;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);
    if (file == NULL) {
        char why[300];
        snprintf(why, sizeof why, "line %d: %s", err.line, err.text);
        fail(suite, path, "(the file)", why);
        return;
    }
    run_file(suite, path, file);
    json_decref(file);
}
int wadi__case_suite_end(const wadi__case_suite *suite) {
    for (size_t i = 0; i < WADI__CASE_WAITS_MAX && suite->waits[i].what != NULL; i++)
        printf("pending %s: %zu skipped\n", suite->waits[i].what, suite->waits[i].count);
    if (!suite->lists)
        printf("%zu passed, %zu failed, %zu skipped\n", suite->passed, suite->failed,
               suite->skipped);
    return suite->failed > 0 ? 1 : 0;
}
