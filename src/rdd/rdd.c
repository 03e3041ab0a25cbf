/* SPDX-License-Identifier: Apache-2.0 */
/* rdd.c: nodes of the lineage graph: making, naming, counting. */
#include "rdd/checkpoint.h"

#include "fs/fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Operators by number ---- */

#define WADI__OP(id, name) extern const wadi__rdd_ops wadi__rdd_##name##_ops;
#include "rdd/ops_list.h"
#undef WADI__OP

const wadi__rdd_ops *wadi__rdd_ops_of(wadi__op op) {
    static const wadi__rdd_ops *const all[] = {
#define WADI__OP(id, name) [WADI__OP_##id] = &wadi__rdd_##name##_ops,
#include "rdd/ops_list.h"
#undef WADI__OP
    };
    return all[op];
}
const char *wadi__rdd_op_name(const wadi_rdd *rdd) { return wadi__rdd_ops_of(rdd->op)->name; }
const char *wadi__rdd_place(const wadi_rdd *rdd, char *text, size_t size) {
    if (rdd->where.file == NULL) snprintf(text, size, "%s", wadi__rdd_op_name(rdd));
    else snprintf(text, size, "%s:%d: %s", rdd->where.file, rdd->where.line, wadi__rdd_op_name(rdd));
    return text;
}

/* ---- The broken node: what constructors return when there is no memory for a real one. It is static, so
 * that getting it cannot fail, and never counted down to nothing. ---- */

const wadi__rdd_ops wadi__rdd_broken_ops = {.name = "broken"};
static wadi_error broken_error = {WADI_E_NOMEM, true, "no memory for a dataset"};
static void broken_destroy(wadi__counted *counted) { wadi__counted_ref(counted); }
static const wadi__type broken_type = {.pub = {.name = "int64_t", .kind = WADI_KIND_INT, .size = 8, .align = 8},
                                       .form = WADI__FORM_8,
                                       .is_bytes = true,
                                       .key = &broken_type};
static wadi_rdd broken = {.counted = {1, broken_destroy}, .op = WADI__OP_BROKEN, .type = &broken_type,
                          .key = &broken_type, .err = &broken_error};

static wadi_rdd *broken_node(wadi_context *sc) {
    if (broken.sc != sc) broken.sc = sc; /* the newest: earlier ones may be gone */
    wadi__scope_fail(wadi__context_scope(sc), &broken_error);
    return &broken;
}

/* ---- Making ---- */

void wadi__rdd_drop_parents(wadi_rdd *rdd) {
    bool has_engine = wadi__engine_used != NULL && rdd->sc->engine != NULL;
    for (uint32_t i = 0; i < rdd->parent_count; i++) {
        if (rdd->parents[i].is_wide && has_engine)
            wadi__engine_used->drop_shuffle(rdd->sc, rdd->parents[i].shuffle.id);
        wadi_rdd_unref(&rdd->parents[i].rdd);
    }
    rdd->parent_count = 0;
    wadi__free(rdd->parents);
    rdd->parents = NULL;
}
static void rdd_destroy(wadi__counted *counted) {
    wadi_rdd *rdd = (wadi_rdd *)counted;
    const wadi__rdd_ops *ops = wadi__rdd_ops_of(rdd->op);
    if (rdd->level != WADI_STORAGE_DEFAULT && wadi__engine_used != NULL && rdd->sc->engine != NULL)
        wadi__engine_used->unpersist(rdd->sc, rdd->id);
    if (ops->destroy != NULL) ops->destroy(rdd->state);
    wadi__rdd_drop_parents(rdd);
    if (rdd->saved_dir != NULL) wadi__fs_remove_all(rdd->sc->env, rdd->saved_dir, NULL);
    wadi__free(rdd->saved_dir);
    wadi_rdd *saved = rdd->saved;
    wadi_rdd_unref(&saved);
    wadi__bound_fn_unref(rdd->fn);
    wadi__bound_fn_unref(rdd->merge);
    wadi__bound_fn_unref(rdd->by);
    wadi__keep_unref(rdd->zero_keep);
    wadi__free(rdd->name);
    wadi_error *err = rdd->err;
    if (err != &broken_error) wadi__free(err);
    wadi__free(rdd);
}
wadi_rdd *wadi__rdd_new(wadi_context *sc, wadi__op op, wadi_rdd *in, const wadi_where *where) {
    wadi_rdd *rdd = sc->is_broken ? NULL : wadi__calloc(1, sizeof *rdd + wadi__rdd_ops_of(op)->state_size);
    if (rdd == NULL) return broken_node(sc);
    wadi__counted_init(&rdd->counted, rdd_destroy);
    rdd->id = wadi__context_next_id();
    rdd->op = op;
    rdd->sc = sc;
    if (where != NULL) rdd->where = *where;
    rdd->type = wadi__type_int64(); /* a broken one stays so; its own constructor knows better */
    if (atomic_load_explicit(&sc->is_stopped, memory_order_relaxed))
        wadi__rdd_set_error(rdd, WADI_E_STATE, "%s", wadi__context_refusal(sc));
    if (sc->is_broken) wadi__rdd_set_error(rdd, sc->scope.err.status, "%s", sc->scope.err.message);
    if (in == NULL) return rdd;
    rdd->type = in->type;
    rdd->key = in->type->key;
    rdd->partition_count = in->partition_count;
    wadi__rdd_add_parent(rdd, in);
    return rdd;
}
bool wadi__rdd_is_broken(const wadi_rdd *rdd) { return rdd->err != NULL; }

void wadi__rdd_set_error(wadi_rdd *rdd, wadi_status status, const char *fmt, ...) {
    if (rdd->err != NULL) return;
    wadi_error *made = wadi__calloc(1, sizeof *made), *before = NULL;
    if (made != NULL) {
        char message[400];
        va_list args;
        va_start(args, fmt);
        vsnprintf(message, sizeof message, fmt, args);
        va_end(args);
        wadi_error_context(made, status, "%s", message);
    }
    /* Jobs of several threads may fail at once: the first one's error stays. */
    if (!atomic_compare_exchange_strong(&rdd->err, &before, made != NULL ? made : &broken_error))
        wadi__free(made);
}
void wadi__rdd_add_parent(wadi_rdd *rdd, wadi_rdd *parent) {
    if (rdd == &broken) return;
    wadi__parent *moved = wadi__realloc(rdd->parents, rdd->parent_count + 1, sizeof *moved);
    if (moved == NULL) {
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for a dataset");
        return;
    }
    rdd->parents = moved;
    rdd->parents[rdd->parent_count++] = (wadi__parent){.rdd = wadi_rdd_ref(parent)};
    if (parent->err != NULL) wadi__rdd_set_error(rdd, parent->err->status, "%s", parent->err->message);
}
void wadi__rdd_shuffle(wadi_rdd *rdd, uint32_t i, const wadi__partitioner *partitioner) {
    if (i >= rdd->parent_count) return; /* broken */
    rdd->parents[i].is_wide = true;
    rdd->parents[i].shuffle = (wadi__shuffle){wadi__context_next_id(), *partitioner};
}
static bool bind(wadi_rdd *rdd, wadi__bound_fn **to, wadi__fn_arg f, wadi_fn_kind kind,
                 const wadi__type *in, const wadi__type *other) {
    if (rdd->err != NULL) return false;
    if (f.bound != NULL) {
        wadi__counted_ref(&f.bound->counted);
        *to = f.bound;
        return true;
    }
    wadi_error err = WADI_ERROR_INIT;
    *to = wadi__bound_fn_new(f.fn, kind, f.env, in, other, &err);
    if (*to != NULL) return true;
    wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    return false;
}
bool wadi__rdd_bind(wadi_rdd *rdd, wadi__fn_arg f, wadi_fn_kind kind, const wadi__type *in,
                    const wadi__type *other) {
    return bind(rdd, &rdd->fn, f, kind, in, other);
}
bool wadi__rdd_bind_merge(wadi_rdd *rdd, wadi__fn_arg f, const wadi__type *in) {
    return bind(rdd, &rdd->merge, f, WADI_FN_REDUCE, in, NULL);
}
static void report(wadi_rdd *rdd, bool is_own) {
    if (!is_own) return; /* the parent has reported it */
    char place[200];
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, rdd->err->status, "%s: %s", wadi__rdd_place(rdd, place, sizeof place),
                       rdd->err->message);
    wadi__scope_fail(wadi__context_scope(rdd->sc), &err);
}
wadi_rdd *wadi__rdd_done(wadi_rdd *rdd, const wadi_op_options *options) {
    if (rdd == &broken) return rdd;
    if (options != NULL && options->name != NULL) rdd->name = wadi__strdup(options->name);
    bool is_own = rdd->err != NULL;
    rdd->is_once = rdd->wide == WADI__WIDE_WINDOW || rdd->wide == WADI__WIDE_STATE || rdd->op == WADI__OP_STATE;
    for (uint32_t i = 0; i < rdd->parent_count; i++) {
        is_own &= rdd->parents[i].rdd->err == NULL;
        rdd->is_once |= rdd->parents[i].rdd->is_once;
    }
    if (rdd->err != NULL) report(rdd, is_own);
    if (wadi__scope_adopt(wadi__context_scope(rdd->sc), rdd)) return rdd;
    wadi_context *sc = rdd->sc;
    wadi_rdd_unref(&rdd);
    return broken_node(sc);
}

/* ---- The public handle ---- */

wadi_rdd *wadi_rdd_ref(wadi_rdd *rdd) {
    wadi__counted_ref(&rdd->counted);
    return rdd;
}
void wadi_rdd_unref(wadi_rdd **p_rdd) {
    wadi_rdd *rdd = *p_rdd;
    *p_rdd = NULL;
    if (rdd != NULL) wadi__counted_unref(&rdd->counted);
}
wadi_context *wadi_rdd_context(const wadi_rdd *rdd) { return rdd->sc; }
uint32_t wadi_rdd_partition_count(const wadi_rdd *rdd) { return rdd->partition_count; }
bool wadi_rdd_failed(const wadi_rdd *rdd, wadi_error *err) {
    wadi__scope *scope = wadi__context_scope(rdd->sc);
    bool failed = rdd->err != NULL;
    if (failed && err != NULL) *err = *rdd->err;
    if (scope->batch_ms == 0) return failed;
    pthread_mutex_lock(&scope->lock);
    if (scope->has_failed && err != NULL) *err = scope->err;
    failed |= scope->has_failed;
    pthread_mutex_unlock(&scope->lock);
    return failed;
}
void wadi_rdd_fail(wadi_rdd *rdd, const char *fmt, ...) {
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, WADI_E_USER, "%s", message);
    wadi__scope_fail(wadi__context_scope(rdd->sc), &err);
}
wadi_rdd *wadi_rdd_persist(wadi_rdd *in, wadi_storage_level level, const wadi_op_options *options) {
    int before = WADI_STORAGE_DEFAULT, wanted = level == WADI_STORAGE_DEFAULT ? WADI_MEMORY_ONLY : (int)level;
    bool is_level = wanted > WADI_STORAGE_DEFAULT && wanted <= WADI_OFF_HEAP;
    if (is_level && (atomic_compare_exchange_strong(&in->level, &before, wanted) || before == wanted)) return in;
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, is_level ? WADI_E_STATE : WADI_E_INVALID, "%s:%d: persist: %s",
                       options->where.file != NULL ? options->where.file : "?", options->where.line,
                       is_level ? "this dataset has another storage level already" : "there is no such storage level");
    wadi__scope_fail(wadi__context_scope(in->sc), &err);
    return in;
}
wadi_rdd *wadi_rdd_cache(wadi_rdd *in, const wadi_op_options *options) {
    return wadi_rdd_persist(in, WADI_MEMORY_ONLY, options);
}
void wadi_unpersist(wadi_rdd *rdd) {
    if (atomic_exchange(&rdd->level, WADI_STORAGE_DEFAULT) != WADI_STORAGE_DEFAULT && rdd->sc->engine != NULL)
        wadi__engine_used->unpersist(rdd->sc, rdd->id);
}
