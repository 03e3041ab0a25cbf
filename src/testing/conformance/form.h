/* SPDX-License-Identifier: Apache-2.0 */
/* form.h: whether a case has a form that the driver knows. Everything in a case is checked before
 * any of it runs, so that the rest of the driver trusts what it reads, and an unknown form is told
 * as a failure and never passed over. */
#ifndef WADI_TESTING_CONFORMANCE_FORM_H
#define WADI_TESTING_CONFORMANCE_FORM_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct wadi__case_form {
    const json_t *json; /* the case */
    char path[200];     /* of what is being checked: op[1].others[0] */
    size_t path_size;
    char mistake[500]; /* the first; empty: none */
    const char *waits; /* the first operator or kind in the case that pending.h names, or NULL */
} wadi__case_form;

/* False: form->mistake says what is wrong. */
bool wadi__case_form_check(wadi__case_form *form, const json_t *json);

/* ---- For the files of the checks ---- */

/* Always false, so that checks can return it. */
bool wadi__case_form_fail(wadi__case_form *form, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a step to the path; returns what wadi__case_form_leave() takes it back to. */
size_t wadi__case_form_enter(wadi__case_form *form, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void wadi__case_form_leave(wadi__case_form *form, size_t path_size);

typedef bool wadi__case_form_fn(wadi__case_form *form, const json_t *json);
/* An array whose elements all pass the check. */
bool wadi__case_form_each(wadi__case_form *form, const json_t *json, wadi__case_form_fn *check);
wadi__case_form_fn wadi__case_form_value, wadi__case_form_expected_value, wadi__case_form_values,
    wadi__case_form_expected_values, wadi__case_form_pairs, wadi__case_form_ms,
    wadi__case_form_interval, wadi__case_form_count, wadi__case_form_bool, wadi__case_form_string,
    wadi__case_form_chain, wadi__case_form_rdd_chain;

/* The fields that an object may have. */
typedef struct wadi__case_field {
    const char *name; /* NULL: the end */
    wadi__case_form_fn *check;
    bool is_needed;
} wadi__case_field;
bool wadi__case_form_fields(wadi__case_form *form, const json_t *json,
                            const wadi__case_field *fields);
#endif
