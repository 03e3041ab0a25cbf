/* SPDX-License-Identifier: Apache-2.0 */
/* shared_vars.c: what broadcasts and accumulators have in common: where they are kept. */
#include "exec/shared_vars.h"

wadi__shared_vars *wadi__shared_vars_new(wadi_context *sc) {
    (void)sc;
    wadi__shared_vars *vars = wadi__calloc(1, sizeof *vars);
    if (vars != NULL) pthread_mutex_init(&vars->lock, NULL);
    return vars;
}
void wadi__shared_vars_free(wadi__shared_vars *vars) {
    if (vars == NULL) return;
    for (size_t i = 0; i < vars->accumulators.count; i++)
        wadi__accumulator_free(vars->accumulators.items[i]);
    for (size_t i = 0; i < vars->broadcasts.count; i++)
        wadi__broadcast_free(vars->broadcasts.items[i]);
    for (size_t i = 0; i < vars->restored.count; i++) wadi__restored_free(vars->restored.items[i]);
    wadi__vec_fini(&vars->restored);
    wadi__vec_fini(&vars->accumulators);
    wadi__vec_fini(&vars->broadcasts);
    pthread_mutex_destroy(&vars->lock);
    wadi__free(vars);
}
void wadi__shared_vars_fail(wadi_context *sc, const wadi_where *where, const char *what,
                            const wadi_error *err) {
    bool has_cause = err->status != WADI_OK;
    wadi_status status = has_cause ? err->status : WADI_E_NOMEM;
    const char *cause = has_cause ? err->message : "no memory";
    wadi_error stuck = WADI_ERROR_INIT;
    if (where != NULL && where->file != NULL)
        wadi_error_context(&stuck, status, "%s:%d: %s: %s", where->file, where->line, what, cause);
    else
        wadi_error_context(&stuck, status, "%s: %s", what, cause);
    wadi__scope_fail(wadi__context_scope(sc), &stuck);
}
