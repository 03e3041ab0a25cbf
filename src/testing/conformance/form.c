/* SPDX-License-Identifier: Apache-2.0 */
/* form.c: what checks share, and the simplest of them. */
#include "testing/conformance/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool wadi__case_form_fail(wadi__case_form *form, const char *fmt, ...) {
    if (form->mistake[0] != 0) return false;
    char words[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    snprintf(form->mistake, sizeof form->mistake, "%.*s%s%s", (int)form->path_size, form->path,
             form->path_size > 0 ? ": " : "", words);
    return false;
}
size_t wadi__case_form_enter(wadi__case_form *form, const char *fmt, ...) {
    size_t before = form->path_size, room = sizeof form->path - before;
    va_list args;
    va_start(args, fmt);
    int size = vsnprintf(form->path + before, room, fmt, args);
    va_end(args);
    form->path_size += size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
    return before;
}
void wadi__case_form_leave(wadi__case_form *form, size_t path_size) { form->path_size = path_size; }

bool wadi__case_form_each(wadi__case_form *form, const json_t *json, wadi__case_form_fn *check) {
    if (!json_is_array(json)) return wadi__case_form_fail(form, "no array");
    bool good = true;
    for (size_t i = 0; good && i < json_array_size(json); i++) {
        size_t before = wadi__case_form_enter(form, "[%zu]", i);
        good = check(form, json_array_get(json, i));
        wadi__case_form_leave(form, before);
    }
    return good;
}

static const wadi__case_field *find_field(const wadi__case_field *fields, const char *name) {
    while (fields->name != NULL && strcmp(fields->name, name) != 0) fields++;
    return fields->name != NULL ? fields : NULL;
}
bool wadi__case_form_fields(wadi__case_form *form, const json_t *json,
                            const wadi__case_field *fields) {
    if (!json_is_object(json)) return wadi__case_form_fail(form, "no object");
    for (const wadi__case_field *field = fields; field->name != NULL; field++)
        if (field->is_needed && json_object_get(json, field->name) == NULL)
            return wadi__case_form_fail(form, "'%s' is missing", field->name);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value) {
        const wadi__case_field *field = find_field(fields, name);
        if (field == NULL) return wadi__case_form_fail(form, "unknown field '%s'", name);
        size_t before = wadi__case_form_enter(form, "%s%s", form->path_size > 0 ? "." : "", name);
        bool good = field->check(form, value);
        wadi__case_form_leave(form, before);
        if (!good) return false;
    }
    return true;
}

/* ---- Plain things ---- */

bool wadi__case_form_string(wadi__case_form *form, const json_t *json) {
    return json_is_string(json) || wadi__case_form_fail(form, "no string");
}
bool wadi__case_form_bool(wadi__case_form *form, const json_t *json) {
    return json_is_boolean(json) || wadi__case_form_fail(form, "neither true nor false");
}
bool wadi__case_form_ms(wadi__case_form *form, const json_t *json) {
    return json_is_integer(json) || wadi__case_form_fail(form, "no whole milliseconds");
}
bool wadi__case_form_interval(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_ms(form, json) &&
           (json_integer_value(json) > 0 || wadi__case_form_fail(form, "not above 0"));
}
bool wadi__case_form_count(wadi__case_form *form, const json_t *json) {
    if (json_is_integer(json) && json_integer_value(json) >= 0 &&
        json_integer_value(json) <= 1000000)
        return true;
    return wadi__case_form_fail(form, "no number from 0 to 1000000");
}

/* ---- Values ---- */

static bool check_value(wadi__case_form *form, const json_t *json, bool is_expected);

static bool check_items(wadi__case_form *form, const json_t *items, bool is_expected) {
    return wadi__case_form_each(
        form, items, is_expected ? wadi__case_form_expected_value : wadi__case_form_value);
}
static bool check_tagged(wadi__case_form *form, const json_t *json, bool is_expected) {
    const char *tag = json_string_value(json_array_get(json, 0));
    size_t parts = json_array_size(json) - 1;
    const json_t *first = json_array_get(json, 1);
    if (tag == NULL) return wadi__case_form_fail(form, "a value that is an array without a tag");
    bool is_list = strcmp(tag, "list") == 0 ||
                   (is_expected && (strcmp(tag, "bag") == 0 || strcmp(tag, "set") == 0));
    if (is_list && parts == 1) return check_items(form, first, is_expected);
    if (strcmp(tag, "none") == 0 && parts == 0) return true;
    if (strcmp(tag, "some") == 0 && parts == 1) return check_value(form, first, is_expected);
    if (strcmp(tag, "pair") == 0 && parts == 2)
        return check_value(form, first, is_expected) &&
               check_value(form, json_array_get(json, 2), is_expected);
    return wadi__case_form_fail(form, "unknown value [\"%s\", ..] with %zu parts", tag, parts);
}
static bool check_value(wadi__case_form *form, const json_t *json, bool is_expected) {
    if (json_is_integer(json) || json_is_string(json)) return true;
    if (json_is_array(json)) return check_tagged(form, json, is_expected);
    return wadi__case_form_fail(form, "a value that is no integer, string or tagged array");
}
bool wadi__case_form_value(wadi__case_form *form, const json_t *json) {
    return check_value(form, json, false);
}
bool wadi__case_form_expected_value(wadi__case_form *form, const json_t *json) {
    return check_value(form, json, true);
}
bool wadi__case_form_values(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_value);
}
bool wadi__case_form_expected_values(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_expected_value);
}
static bool check_pair(wadi__case_form *form, const json_t *json) {
    const char *tag = json_string_value(json_array_get(json, 0));
    if (!wadi__case_form_value(form, json)) return false;
    return (tag != NULL && strcmp(tag, "pair") == 0) || wadi__case_form_fail(form, "no pair");
}
bool wadi__case_form_pairs(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_pair);
}
