/* SPDX-License-Identifier: Apache-2.0 */
/* bound_fn.c: taking a function into a graph. */
#include "rdd/bound_fn.h"

#include "data/value.h"

#include <string.h>

static void bound_fn_destroy(wadi__counted *counted) {
    wadi__bound_fn *f = (wadi__bound_fn *)counted;
    wadi__keep_unref(f->keep);
    wadi__free(f);
}
static bool takes(const char *name, const wadi__type *wanted, const wadi__type *given, const char *side,
                  wadi_error *err) {
    if (wanted == NULL || given == NULL || wadi__type_matches(wanted, given)) return true;
    char a[128], b[128];
    wadi_error_context(err, WADI_E_TYPE, "'%s' takes %s%s, the %s carries %s", name,
                       wadi__type_text(wanted, a, sizeof a), side[0] != 0 ? side : "",
                       side[0] != 0 ? "other side" : "stream", wadi__type_text(given, b, sizeof b));
    return false;
}
static bool copy_env(wadi__bound_fn *f, const wadi_fn *fn, const wadi__type *type, const void *env,
                     wadi_error *err) {
    if (fn->env_size == 0 || env == NULL) return true;
    void *copy = wadi__arena_alloc(&f->keep->arena, fn->env_size);
    if (copy != NULL) {
        memcpy(copy, env, fn->env_size);
        if (type == NULL || wadi__value_own(type, copy, &f->keep->arena)) {
            f->env = copy;
            f->env_size = fn->env_size;
            return true;
        }
    }
    wadi_error_context(err, WADI_E_NOMEM, "no memory for the captured values of '%s'", fn->name);
    return false;
}
wadi__bound_fn *wadi__bound_fn_new(const wadi_fn *fn, wadi_fn_kind kind, const void *env,
                                   const wadi__type *in, const wadi__type *other, wadi_error *err) {
    wadi__fn_entry entry;
    if (!wadi__fn_resolve(fn, kind, env, &entry, err)) return NULL;
    if (!takes(fn->name, entry.in, in, "", err) || !takes(fn->name, entry.other, other, " on its right", err))
        return NULL;
    wadi__bound_fn *f = wadi__calloc(1, sizeof *f);
    if (f == NULL || (f->keep = wadi__keep_new()) == NULL) {
        wadi__free(f);
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", fn->name);
        return NULL;
    }
    wadi__counted_init(&f->counted, bound_fn_destroy);
    f->name = entry.name;
    f->kind = kind;
    f->in = entry.in != NULL ? entry.in : in;
    f->other = entry.other != NULL ? entry.other : other;
    f->out = entry.out != NULL ? entry.out : f->in;
    f->state = entry.state;
    const wadi__ready_ops *ready = wadi__ready_find(fn);
    f->ready = ready;
    bool fits = ready != NULL ? ready->fit(f, env, &f->keep->arena, err) : copy_env(f, fn, entry.env, env, err);
    if (fits) return f;
    wadi__bound_fn_unref(f);
    return NULL;
}
