/* SPDX-License-Identifier: Apache-2.0 */
/* field.c: fields by name. */
#include "rdd/action/field.h"

#include "rdd/action/job.h"

bool wadi__job_field(wadi_rdd *rdd, const char *action_name, const char *name, bool is_number,
                     const wadi_field **field) {
    wadi_error err = WADI_ERROR_INIT;
    char text[128];
    if (wadi__rdd_is_broken(rdd)) return false;
    *field = name != NULL ? wadi__type_field(rdd->type, name) : NULL;
    const wadi__type *type = *field != NULL ? wadi__type_inner((*field)->type) : rdd->type;
    wadi__type_text(rdd->type, text, sizeof text);
    if (name != NULL && *field == NULL)
        wadi_error_context(&err, WADI_E_INVALID, "records of %s have no field '%s'", text, name);
    else if (*field != NULL && (*field)->count > 1)
        wadi_error_context(&err, WADI_E_TYPE, "field '%s' of %s is an array", name, text);
    else if (is_number && !wadi__type_is_number(type))
        wadi_error_context(&err, WADI_E_TYPE, "%s%s%s %s is no number",
                           name != NULL ? "field '" : "a record", name != NULL ? name : "",
                           name != NULL ? "' of" : " of", text);
    if (err.status == WADI_OK) return true;
    wadi__job_fail(rdd, action_name, &err);
    return false;
}
