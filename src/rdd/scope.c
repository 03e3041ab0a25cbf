/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c: what was made in a batch goes with it. */
#include "rdd/rdd.h"

#include <string.h>

static _Thread_local wadi__scope *current;
const wadi__engine_ops *wadi__engine_used;

void wadi__scope_init(wadi__scope *scope, int64_t batch_ms) {
    *scope = (wadi__scope){.batch_ms = batch_ms, .output_id = -1, .err = WADI_ERROR_INIT};
    pthread_mutex_init(&scope->lock, NULL);
}
void wadi__scope_clear(wadi__scope *scope) {
    for (size_t i = scope->rdds.count; i > 0; i--) wadi_rdd_unref(&scope->rdds.items[i - 1]);
    wadi__vec_fini(&scope->rdds);
    for (size_t i = scope->held.count; i > 0; i--) wadi__counted_unref(scope->held.items[i - 1]);
    wadi__vec_fini(&scope->held);
    for (size_t i = 0; i < scope->later_errs.count; i++) wadi__free(scope->later_errs.items[i]);
    wadi__vec_fini(&scope->later_errs);
}
void wadi__scope_fini(wadi__scope *scope) {
    wadi__scope_clear(scope);
    pthread_mutex_destroy(&scope->lock);
}
wadi__scope *wadi__scope_enter(wadi__scope *scope) {
    wadi__scope *before = current;
    current = scope;
    return before;
}
wadi__scope *wadi__scope_now(void) { return current; }
wadi__scope *wadi__context_scope(wadi_context *sc) { return current != NULL ? current : &sc->scope; }

static bool has_error(const wadi__scope *scope, const wadi_error *err) {
    bool has = strcmp(scope->err.message, err->message) == 0;
    for (size_t i = 0; i < scope->later_errs.count && !has; i++)
        has = strcmp(scope->later_errs.items[i]->message, err->message) == 0;
    return has;
}
/* Without memory for it an error is not kept; the first one always is. What a loop does wrong in each turn
 * is kept once, so that it hides nothing else. holds lock */
static void keep_later(wadi__scope *scope, const wadi_error *err) {
    if (scope->batch_ms != 0 || scope->later_errs.count == WADI__LATER_ERRORS_MAX || has_error(scope, err)) return;
    wadi_error *copy = wadi__malloc(sizeof *copy);
    if (copy == NULL) return;
    *copy = *err;
    if (!wadi__vec_push(&scope->later_errs, copy)) wadi__free(copy);
}
void wadi__scope_fail(wadi__scope *scope, const wadi_error *err) {
    pthread_mutex_lock(&scope->lock);
    if (scope->has_failed) keep_later(scope, err);
    else scope->err = *err;
    scope->has_failed = true;
    pthread_mutex_unlock(&scope->lock);
}
const wadi_error *wadi__scope_error(const wadi__scope *scope, size_t i) {
    if (!scope->has_failed || i > scope->later_errs.count) return NULL;
    return i == 0 ? &scope->err : scope->later_errs.items[i - 1];
}
bool wadi__scope_hold(wadi__scope *scope, wadi__counted *object) {
    pthread_mutex_lock(&scope->lock);
    bool held = wadi__vec_push(&scope->held, object);
    pthread_mutex_unlock(&scope->lock);
    return held;
}
bool wadi__scope_adopt(wadi__scope *scope, wadi_rdd *rdd) {
    pthread_mutex_lock(&scope->lock);
    bool adopted = wadi__vec_push(&scope->rdds, rdd);
    pthread_mutex_unlock(&scope->lock);
    return adopted;
}
void wadi__scope_release(wadi__scope *scope, wadi_rdd *rdd) {
    bool had = false;
    pthread_mutex_lock(&scope->lock);
    for (size_t i = scope->rdds.count; i > 0 && !had; i--) /* a new one is near the end */
        if ((had = scope->rdds.items[i - 1] == rdd))
            scope->rdds.items[i - 1] = scope->rdds.items[--scope->rdds.count];
    pthread_mutex_unlock(&scope->lock);
    if (had) wadi_rdd_unref(&rdd);
}
uint64_t wadi__context_next_id(void) {
    static atomic_ullong next = 1;
    return atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
}
