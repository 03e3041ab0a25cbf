/* SPDX-License-Identifier: Apache-2.0 */
/* driver_fn.c: users' functions on the driver. */
#include "stream/driver_fn.h"

wadi_status wadi__driver_fn_run(wadi_context *sc, const wadi__bound_fn *fn, wadi_call *call,
                                wadi_error *err) {
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(fn->name, &entry))
        return wadi_error_context(err, WADI_E_STATE, "function '%s' is not there any more",
                                  fn->name);
    call->fn = entry.fn;
    call->env = fn->env;
    call->context = sc;
    entry.fn->run(call);
    wadi__scope *scope = wadi__context_scope(sc);
    wadi_error failure = WADI_ERROR_INIT;
    pthread_mutex_lock(&scope->lock);
    if (scope->has_failed) failure = scope->err;
    pthread_mutex_unlock(&scope->lock);
    if (failure.status == WADI_OK) return WADI_OK;
    return wadi_error_context(err, failure.status, "%s", failure.message);
}
wadi_status wadi__driver_fn_check(const wadi__bound_fn *fn, const char *kind,
                                  const wadi_rdd *returned, wadi_error *err) {
    if (returned == NULL)
        return wadi_error_context(err, WADI_E_USER,
                                  "%s returned null: '%s' must return an RDD; for no records, "
                                  "wadi_empty_rdd()",
                                  kind, fn->name);
    if (wadi__rdd_is_broken(returned) || wadi__type_matches(fn->out, returned->type))
        return WADI_OK;
    char a[128], b[128];
    return wadi_error_context(err, WADI_E_TYPE,
                              "'%s' is declared to return %s, and returned a dataset of %s",
                              fn->name, wadi__type_text(fn->out, a, sizeof a),
                              wadi__type_text(returned->type, b, sizeof b));
}
