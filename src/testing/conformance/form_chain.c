/* SPDX-License-Identifier: Apache-2.0 */
/* form_chain.c: the chains of a case against the tables of operators and functions. */
#include "testing/conformance/form.h"
#include "testing/conformance/operator.h"

#include <string.h>

/* ---- Functions ---- */

static bool check_argument(wadi__case_form *form, const char *name, wadi__case_argument wanted,
                           const json_t *argument) {
    bool good = true;
    switch (wanted) {
    case WADI__CASE_NO_ARGUMENT: good = argument == NULL; break;
    case WADI__CASE_INT_ARGUMENT: good = json_is_integer(argument); break;
    case WADI__CASE_STRING_ARGUMENT: good = json_is_string(argument); break;
    case WADI__CASE_ANY_ARGUMENT:
        return argument != NULL ? wadi__case_form_value(form, argument)
                                : wadi__case_form_fail(form, "'%s' needs an argument", name);
    }
    return good || wadi__case_form_fail(form,
                                        "the argument of '%s' is missing, too many or of "
                                        "another type",
                                        name);
}
static bool check_function(wadi__case_form *form, const json_t *fn, unsigned places) {
    bool has_argument = json_is_array(fn) && json_array_size(fn) == 2;
    const char *name = json_string_value(has_argument ? json_array_get(fn, 0) : fn);
    if (name == NULL) return wadi__case_form_fail(form, "no function: a name, or [name, argument]");
    const wadi__case_function *f = wadi__case_function_find(name, places);
    if (f == NULL) return wadi__case_form_fail(form, "no function '%s' for this place", name);
    return check_argument(form, name, f->argument, has_argument ? json_array_get(fn, 1) : NULL);
}

/* ---- Chains of other streams ---- */

static bool check_from(wadi__case_form *form, const json_t *json) {
    const char *from = json_string_value(json);
    if (from == NULL ||
        (strcmp(from, "input") != 0 && strcmp(from, "input2") != 0 && strcmp(from, "input3") != 0))
        return wadi__case_form_fail(form, "none of input, input2, input3");
    bool is_queue =
        strcmp(from, "input") == 0 && json_object_get(form->json, "enqueue_before_batch") != NULL;
    return is_queue || json_object_get(form->json, from) != NULL ||
           wadi__case_form_fail(form, "the case has no '%s'", from);
}
static bool check_sub_chain(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"from", check_from, true}, {"op", wadi__case_form_chain, false}, {NULL, NULL, false}};
    return wadi__case_form_fields(form, json, fields);
}

/* ---- Operators ---- */

/* 0 would mean that it is left out. */
static bool check_partitions(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_count(form, json) &&
           (json_integer_value(json) > 0 || wadi__case_form_fail(form, "not above 0"));
}
static bool check_param(wadi__case_form *form, const wadi__case_param *param, const json_t *value) {
    switch (param->kind) {
    case WADI__CASE_PARAM_FUNCTION: return check_function(form, value, param->places);
    case WADI__CASE_PARAM_COUNT: return check_partitions(form, value);
    case WADI__CASE_PARAM_MS: return wadi__case_form_interval(form, value);
    case WADI__CASE_PARAM_BOOL: return wadi__case_form_bool(form, value);
    case WADI__CASE_PARAM_PAIRS: return wadi__case_form_pairs(form, value);
    case WADI__CASE_PARAM_CHAIN: return check_sub_chain(form, value);
    case WADI__CASE_PARAM_CHAINS: return wadi__case_form_each(form, value, check_sub_chain);
    case WADI__CASE_PARAM_RDD_CHAIN: return wadi__case_form_rdd_chain(form, value);
    }
    return false;
}
static const wadi__case_param *find_param(const wadi__case_operator *operator, const char * name) {
    const wadi__case_param *param = operator->params;
    while (param->name != NULL && strcmp(param->name, name) != 0) param++;
    return param->name != NULL ? param : NULL;
}
/* rdd_fn takes as many RDDs as there are streams. */
static bool check_rdd_count(wadi__case_form *form, const json_t *op) {
    const char *name = json_string_value(json_object_get(op, "rdd_fn"));
    if (name == NULL) return true;
    size_t wanted = wadi__case_function_find(name, WADI__CASE_RDDS)->rdd_count;
    size_t given = 1 + json_array_size(json_object_get(op, "others"));
    if (json_object_get(op, "other") != NULL) given++;
    return wanted == 0 || wanted == given ||
           wadi__case_form_fail(form, "'%s' takes %zu RDDs, there are %zu streams", name, wanted,
                                given);
}
static bool check_params(wadi__case_form *form, const wadi__case_operator *operator,
                         const json_t * op) {
    for (const wadi__case_param *param = operator->params; param->name != NULL; param++)
        if (!param->is_optional && json_object_get(op, param->name) == NULL)
            return wadi__case_form_fail(form, "%s without '%s'", operator->name, param->name);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)op, name, value) {
        if (strcmp(name, "op") == 0) continue;
        const wadi__case_param *param = find_param(operator, name);
        if (param == NULL)
            return wadi__case_form_fail(form, "%s has no parameter '%s'", operator->name, name);
        size_t before = wadi__case_form_enter(form, ".%s", name);
        bool good = check_param(form, param, value);
        wadi__case_form_leave(form, before);
        if (!good) return false;
    }
    return check_rdd_count(form, op);
}
static bool check_operator(wadi__case_form *form, const json_t *op) {
    const char *name = json_string_value(json_object_get(op, "op"));
    if (name == NULL) return wadi__case_form_fail(form, "no operator: {\"op\": name, ..}");
    const wadi__case_operator *operator= wadi__case_operator_find(name);
    if (operator== NULL) return wadi__case_form_fail(form, "unknown operator '%s'", name);
    return check_params(form, operator, op);
}
static bool check_rdd_step(wadi__case_form *form, const json_t *op) {
    const char *name = json_string_value(json_object_get(op, "op"));
    const wadi__case_operator *step = name != NULL ? wadi__case_rdd_step_find(name) : NULL;
    if (step == NULL)
        return wadi__case_form_fail(form, "unknown RDD step '%s'", name != NULL ? name : "?");
    return check_params(form, step, op);
}

/* stateSnapshots stands right after mapWithState. */
static bool check_order(wadi__case_form *form, const json_t *ops) {
    const char *before = "";
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(ops, i), "op"));
        if (strcmp(name, "stateSnapshots") == 0 && strcmp(before, "mapWithState") != 0)
            return wadi__case_form_fail(form, "stateSnapshots not right after mapWithState");
        before = name;
    }
    return true;
}
bool wadi__case_form_chain(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_operator) && check_order(form, json);
}
bool wadi__case_form_rdd_chain(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_rdd_step);
}
