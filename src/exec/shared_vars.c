/* SPDX-License-Identifier: Apache-2.0 */
/* shared_vars.c: broadcasts and accumulators by id. */
#include "exec/shared_vars.h"

#include "data/value.h"
#include "exec/hash_table.h"

#include <string.h>

typedef struct accumulator {
    uint64_t id;
    char *name;
    const wadi__type *type;
    wadi__bound_fn *merge; /* NULL: a sum */
    wadi__keep *keep;      /* what `value` points at */
    char *value, *zero, *shown;
} accumulator;
typedef struct broadcast {
    uint64_t id;
    wadi__block *block; /* its rows are in one chunk */
    wadi__hash_table by_key; /* pointers to rows; made when first asked; no slots: not yet */
} broadcast;

struct wadi__shared_vars {
    pthread_mutex_t lock; /* guards all below, and the values of accumulators */
    WADI__VEC(accumulator *) accumulators;
    WADI__VEC(broadcast *) broadcasts;
};
/* What one try of a task added. */
typedef struct wadi__task_updates {
    struct wadi__task_updates *next;
    accumulator *to;
    char *value; /* in the task's scratch */
} wadi__task_updates;

wadi__shared_vars *wadi__shared_vars_new(wadi_context *sc) {
    (void)sc;
    wadi__shared_vars *vars = wadi__calloc(1, sizeof *vars);
    if (vars != NULL) pthread_mutex_init(&vars->lock, NULL);
    return vars;
}
static void free_accumulator(accumulator *a) {
    if (a == NULL) return;
    wadi__bound_fn_unref(a->merge);
    wadi__keep_unref(a->keep);
    wadi__free(a->name);
    wadi__free(a->value);
    wadi__free(a->zero);
    wadi__free(a->shown);
    wadi__free(a);
}
void wadi__shared_vars_free(wadi__shared_vars *vars) {
    if (vars == NULL) return;
    for (size_t i = 0; i < vars->accumulators.count; i++) free_accumulator(vars->accumulators.items[i]);
    for (size_t i = 0; i < vars->broadcasts.count; i++) {
        wadi__block_unref(vars->broadcasts.items[i]->block);
        wadi__free(vars->broadcasts.items[i]);
    }
    wadi__vec_fini(&vars->accumulators);
    wadi__vec_fini(&vars->broadcasts);
    pthread_mutex_destroy(&vars->lock);
    wadi__free(vars);
}

/* ---- Accumulators ---- */

static accumulator *find_accumulator(wadi_context *sc, wadi_accumulator handle) {
    wadi__shared_vars *vars = sc->shared_vars;
    accumulator *found = NULL;
    if (vars == NULL) return NULL;
    pthread_mutex_lock(&vars->lock);
    for (size_t i = 0; i < vars->accumulators.count && found == NULL; i++)
        if (vars->accumulators.items[i]->id == handle.id) found = vars->accumulators.items[i];
    pthread_mutex_unlock(&vars->lock);
    return found;
}
static void fail(wadi_context *sc, wadi_status status, const char *what, const char *why) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, status, "%s: %s", what, why);
    wadi__scope_fail(wadi__context_scope(sc), &err);
}
wadi_accumulator wadi__accumulator_of(wadi_context *sc, const wadi_type *pub, const char *name,
                                      wadi_reduce_fn merge, const void *zero) {
    wadi_error err = WADI_ERROR_INIT;
    if (sc->is_forked) {
        fail(sc, WADI_E_STATE, "an accumulator cannot be made", wadi__context_refusal(sc));
        return (wadi_accumulator){0};
    }
    const wadi__type *type = wadi__type_intern(pub, &err);
    accumulator *made = type != NULL ? wadi__calloc(1, sizeof *made) : NULL;
    wadi__shared_vars *vars = sc->shared_vars;
    if (made != NULL && vars != NULL) {
        made->id = wadi__context_next_id();
        made->type = type;
        made->name = wadi__strdup(name != NULL ? name : "");
        made->keep = wadi__keep_new();
        made->value = wadi__calloc(1, type->pub.size);
        made->zero = wadi__calloc(1, type->pub.size);
        made->shown = wadi__calloc(1, type->pub.size);
        if (merge.fn != NULL) made->merge = wadi__bound_fn_new(merge.fn, WADI_FN_REDUCE, merge.env, type, NULL, &err);
        bool is_whole = made->name != NULL && made->keep != NULL && made->value != NULL && made->zero != NULL &&
                        made->shown != NULL && (merge.fn == NULL || made->merge != NULL);
        if (is_whole && zero != NULL) {
            memcpy(made->zero, zero, type->pub.size);
            is_whole = wadi__value_own(type, made->zero, &made->keep->arena);
            memcpy(made->value, made->zero, type->pub.size);
        }
        pthread_mutex_lock(&vars->lock);
        is_whole = is_whole && wadi__vec_push(&vars->accumulators, made);
        pthread_mutex_unlock(&vars->lock);
        if (is_whole) return (wadi_accumulator){made->id};
    }
    free_accumulator(made);
    fail(sc, err.status != WADI_OK ? err.status : WADI_E_NOMEM, "an accumulator cannot be made",
         err.status != WADI_OK ? err.message : "no memory");
    return (wadi_accumulator){0};
}
wadi_accumulator wadi_accumulator_new(wadi_context *sc, const char *name) {
    return wadi__accumulator_of(sc, WADI_TYPE(int64_t), name, wadi_add, NULL);
}
/* What this try of the task added so far; NULL: the task has failed. */
static wadi__task_updates *updates_of(wadi__task *task, wadi_accumulator handle, const wadi__type *type) {
    for (wadi__task_updates *at = task->updates; at != NULL; at = at->next)
        if (at->to->id == handle.id) return at;
    accumulator *to = find_accumulator(task->sc, handle);
    if (to == NULL || !wadi__type_matches(to->type, type)) {
        wadi__task_fail(task, WADI_E_TYPE, to == NULL ? "there is no such accumulator: was it captured?"
                                                      : "accumulator '%s' has records of another type",
                        to == NULL ? "" : to->name);
        return NULL;
    }
    wadi__task_updates *made = wadi__task_scratch(task, sizeof *made);
    char *value = made != NULL ? wadi__task_scratch(task, type->pub.size) : NULL;
    if (value == NULL) return NULL;
    memcpy(value, to->zero, type->pub.size);
    *made = (wadi__task_updates){task->updates, to, value};
    task->updates = made;
    return made;
}
static void merge_into(const accumulator *to, wadi_task *task, void *acc, const void *in) {
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(to->merge->name, &entry)) return;
    wadi_call call = {.fn = entry.fn, .env = to->merge->env, .task = task, .count = 1, .in = in, .acc = acc};
    entry.fn->run(&call);
}
void wadi_accumulator_add(wadi_task *user_task, wadi_accumulator handle, int64_t n) {
    wadi__task_updates *updates = updates_of((wadi__task *)(void *)user_task, handle, wadi__type_int64());
    if (updates != NULL) *(int64_t *)(void *)updates->value += n;
}
void wadi__accumulator_merge(wadi_task *user_task, wadi_accumulator handle, const wadi_type *pub, const void *record) {
    wadi__task *task = (wadi__task *)(void *)user_task;
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    wadi__task_updates *updates = type != NULL ? updates_of(task, handle, type) : NULL;
    if (type == NULL) wadi__task_fail_err(task, &err);
    if (updates != NULL) merge_into(updates->to, user_task, updates->value, record);
}
void wadi__shared_vars_commit(wadi__task *task) {
    wadi__shared_vars *vars = task->sc->shared_vars;
    if (task->updates == NULL) return;
    pthread_mutex_lock(&vars->lock);
    for (wadi__task_updates *at = task->updates; at != NULL; at = at->next) {
        accumulator *to = at->to;
        merge_into(to, &task->user, to->value, at->value);
        /* What the result points at must outlive the task. */
        if (to->type->has_outside && !wadi__value_own(to->type, to->value, &to->keep->arena))
            wadi__task_fail(task, WADI_E_NOMEM, "no memory for accumulator '%s'", to->name);
    }
    pthread_mutex_unlock(&vars->lock);
}
void wadi__shared_vars_forget(wadi__task *task) { task->updates = NULL; }

int64_t wadi_accumulator_value(wadi_context *sc, wadi_accumulator handle) {
    const int64_t *value = wadi__accumulator_record(sc, handle, WADI_TYPE(int64_t));
    return value != NULL ? *value : 0;
}
const void *wadi__accumulator_record(wadi_context *sc, wadi_accumulator handle, const wadi_type *pub) {
    accumulator *from = find_accumulator(sc, handle);
    const wadi__type *type = wadi__type_intern(pub, NULL);
    if (from == NULL || type == NULL || !wadi__type_matches(type, from->type)) {
        fail(sc, WADI_E_TYPE, "an accumulator cannot be read",
             from == NULL ? "there is none with this handle" : "it has records of another type");
        return NULL;
    }
    pthread_mutex_lock(&sc->shared_vars->lock);
    memcpy(from->shown, from->value, type->pub.size);
    pthread_mutex_unlock(&sc->shared_vars->lock);
    return from->shown;
}

/* ---- Broadcasts ---- */

wadi_broadcast wadi__broadcast_new(wadi_context *sc, const wadi_type *pub, const void *rows, size_t n) {
    wadi_error err = WADI_ERROR_INIT;
    if (sc->is_forked) {
        fail(sc, WADI_E_STATE, "a broadcast cannot be made", wadi__context_refusal(sc));
        return (wadi_broadcast){0};
    }
    const wadi__type *type = wadi__type_intern(pub, &err);
    wadi__shared_vars *vars = sc->shared_vars;
    broadcast *made = type != NULL && vars != NULL ? wadi__calloc(1, sizeof *made) : NULL;
    wadi__keep *keep = made != NULL ? wadi__keep_new() : NULL;
    wadi__block *block = keep != NULL ? wadi__block_new(type, keep) : NULL;
    wadi__keep_unref(keep);
    wadi__chunk *chunk = block != NULL ? wadi__chunk_new(type->pub.size, n, false) : NULL;
    bool is_whole = chunk != NULL;
    if (is_whole) {
        if (n > 0) memcpy(chunk->rows, rows, n * type->pub.size);
        chunk->count = (uint32_t)n;
        is_whole = wadi__block_add(block, chunk) && wadi__block_own(block);
        wadi__chunk_unref(chunk);
    }
    if (is_whole) {
        made->id = wadi__context_next_id();
        made->block = block;
        pthread_mutex_lock(&vars->lock);
        is_whole = wadi__vec_push(&vars->broadcasts, made);
        pthread_mutex_unlock(&vars->lock);
    }
    if (is_whole) return (wadi_broadcast){made->id};
    wadi__block_unref(block);
    wadi__free(made);
    fail(sc, err.status != WADI_OK ? err.status : WADI_E_NOMEM, "a broadcast cannot be made",
         err.status != WADI_OK ? err.message : "no memory");
    return (wadi_broadcast){0};
}
static broadcast *find_broadcast(wadi__task *task, wadi_broadcast handle, const wadi_type *pub) {
    wadi__shared_vars *vars = task->sc->shared_vars;
    broadcast *found = NULL;
    pthread_mutex_lock(&vars->lock);
    for (size_t i = 0; i < vars->broadcasts.count && found == NULL; i++)
        if (vars->broadcasts.items[i]->id == handle.id) found = vars->broadcasts.items[i];
    pthread_mutex_unlock(&vars->lock);
    const wadi__type *type = wadi__type_intern(pub, NULL);
    if (found != NULL && type != NULL && wadi__type_matches(type, found->block->type)) {
        if (wadi__task_keep(task, &found->block->counted)) return found;
        return NULL;
    }
    wadi__task_fail(task, WADI_E_TYPE, found == NULL ? "there is no such broadcast: was it captured?"
                                                     : "the broadcast has records of another type");
    return NULL;
}
const void *wadi__broadcast_value(wadi_task *user_task, wadi_broadcast handle, const wadi_type *pub, size_t *n) {
    const broadcast *found = find_broadcast((wadi__task *)(void *)user_task, handle, pub);
    if (n != NULL) *n = found != NULL ? found->block->chunks.items[0]->count : 0;
    return found != NULL ? found->block->chunks.items[0]->rows : NULL;
}
const void *wadi__broadcast_find(wadi_task *user_task, wadi_broadcast handle, const wadi_type *pub, const void *key) {
    size_t n;
    const char *rows = wadi__broadcast_value(user_task, handle, pub, &n);
    const broadcast *found = rows != NULL ? find_broadcast((wadi__task *)(void *)user_task, handle, pub) : NULL;
    if (found == NULL) return NULL;
    const wadi__type *type = found->block->type;
    for (size_t i = 0; i < n; i++)
        if (wadi__value_equal(type->key, rows + i * type->pub.size, key)) return rows + i * type->pub.size;
    return NULL;
}
