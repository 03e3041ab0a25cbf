/* SPDX-License-Identifier: Apache-2.0 */
/* accumulator.c: a record that tasks add to and the driver reads.
 *
 * A task merges into a record of its own, which begins as the accumulator's zero. When it has
 * succeeded all its records are merged into the accumulators' at once, or none: the results are
 * made aside, with their own bytes, and put in place if no other task was faster; else they are
 * made again. So users' functions never run under the lock. */
#include "exec/shared_vars.h"

#include "data/value.h"

#include <string.h>

struct wadi__accumulator {
    uint64_t id;
    char *name;
    const wadi__type *type;
    wadi__bound_fn *merge;
    char *zero;
    wadi__keep *zero_keep; /* what it points at */
    /* Guarded by the lock of the shared variables: */
    char *value, *shown; /* shown: as the driver saw it last */
    wadi__keep *keep, *shown_keep;
    uint64_t version; /* of the value */
};
/* What one try of a task added; in its scratch. */
typedef struct wadi__task_updates {
    struct wadi__task_updates *next;
    wadi__accumulator *to;
    const wadi_type *pub; /* as the body names the type of its records */
    const wadi_fn *code;  /* of the merge */
    char *value;
    /* The accumulator's value with that: */
    char *merged;
    wadi__keep *keep; /* what it points at */
    uint64_t version; /* that it was made from */
} wadi__task_updates;

void wadi__accumulator_free(wadi__accumulator *a) {
    if (a == NULL) return;
    wadi__bound_fn_unref(a->merge);
    wadi__keep_unref(a->zero_keep);
    wadi__keep_unref(a->keep);
    wadi__keep_unref(a->shown_keep);
    wadi__free(a->name);
    wadi__free(a->zero);
    wadi__free(a->value);
    wadi__free(a->shown);
    wadi__free(a);
}

/* ---- Making ---- */

static bool set_zero(wadi__accumulator *a, const void *zero) {
    size_t size = a->type->pub.size;
    a->zero_keep = wadi__keep_new();
    a->zero = wadi__calloc(1, size);
    a->value = wadi__calloc(1, size);
    a->shown = wadi__calloc(1, size);
    if (a->zero_keep == NULL || a->zero == NULL || a->value == NULL || a->shown == NULL)
        return false;
    if (zero == NULL) return true;
    memcpy(a->zero, zero, size);
    if (!wadi__value_own(a->type, a->zero, &a->zero_keep->arena)) return false;
    memcpy(a->value, a->zero, size);
    return true;
}
/* NULL: no memory, or err says why. */
static wadi__accumulator *make(const wadi_type *pub, const char *name, wadi_reduce_fn merge,
                               const void *zero, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    wadi__accumulator *made = type != NULL ? wadi__calloc(1, sizeof *made) : NULL;
    if (made == NULL) return NULL;
    made->id = wadi__context_next_id();
    made->type = type;
    made->name = wadi__strdup(name != NULL ? name : "");
    made->merge = wadi__bound_fn_new(merge.fn, WADI_FN_REDUCE, merge.env, type, NULL, err);
    if (made->name != NULL && made->merge != NULL && set_zero(made, zero)) return made;
    wadi__accumulator_free(made);
    return NULL;
}
wadi_accumulator wadi__accumulator_of(wadi_context *sc, const wadi_type *pub, const char *name,
                                      wadi_reduce_fn merge, const void *zero) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__shared_vars *vars = sc->shared_vars;
    if (sc->is_forked) wadi_error_context(&err, WADI_E_STATE, "%s", wadi__context_refusal(sc));
    wadi__accumulator *made =
        vars != NULL && !sc->is_forked ? make(pub, name, merge, zero, &err) : NULL;
    if (made != NULL) {
        pthread_mutex_lock(&vars->lock);
        bool is_listed = wadi__vec_push(&vars->accumulators, made);
        pthread_mutex_unlock(&vars->lock);
        if (is_listed) return (wadi_accumulator){made->id};
    }
    wadi__accumulator_free(made);
    wadi__shared_vars_fail(sc, "an accumulator cannot be made", &err);
    return (wadi_accumulator){0};
}
wadi_accumulator wadi_accumulator_new(wadi_context *sc, const char *name) {
    return wadi__accumulator_of(sc, WADI_TYPE(int64_t), name, wadi_add, NULL);
}
static wadi__accumulator *find(wadi__shared_vars *vars, wadi_accumulator handle) {
    wadi__accumulator *found = NULL;
    if (vars == NULL) return NULL;
    pthread_mutex_lock(&vars->lock);
    for (size_t i = 0; i < vars->accumulators.count && found == NULL; i++)
        if (vars->accumulators.items[i]->id == handle.id) found = vars->accumulators.items[i];
    pthread_mutex_unlock(&vars->lock);
    return found;
}

/* ---- In tasks ---- */

/* The accumulator, if it has such records. NULL: the task has failed. */
static wadi__accumulator *find_typed(wadi__task *task, wadi_accumulator handle,
                                     const wadi_type *pub) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    if (type == NULL) {
        wadi__task_fail_err(task, &err);
        return NULL;
    }
    wadi__accumulator *to = find(task->sc->shared_vars, handle);
    if (to == NULL)
        wadi__task_fail(task, WADI_E_TYPE, "there is no such accumulator: was it captured?");
    else if (!wadi__type_matches(to->type, type))
        wadi__task_fail(task, WADI_E_TYPE, "accumulator '%s' has records of another type",
                        to->name);
    else
        return to;
    return NULL;
}
/* What this try of the task added so far; NULL: the task has failed. */
static wadi__task_updates *updates_of(wadi__task *task, wadi_accumulator handle,
                                      const wadi_type *pub) {
    wadi__task_updates *known = task->updates;
    while (known != NULL && known->to->id != handle.id) known = known->next;
    if (known != NULL && known->pub == pub) return known;
    wadi__accumulator *to = find_typed(task, handle, pub);
    if (to == NULL || known != NULL) return to != NULL ? known : NULL;
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(to->merge->name, &entry)) {
        wadi__task_fail(task, WADI_E_STATE,
                        "function '%s' is not there any more: was its plugin closed?",
                        to->merge->name);
        return NULL;
    }
    wadi__task_updates *made = wadi__task_scratch(task, sizeof *made);
    if (made == NULL) return NULL;
    made->to = to;
    made->pub = pub;
    made->code = entry.fn;
    made->value = wadi__task_scratch(task, to->type->pub.size);
    made->merged = wadi__task_scratch(task, to->type->pub.size);
    if (made->value == NULL || made->merged == NULL) return NULL;
    memcpy(made->value, to->zero, to->type->pub.size);
    made->next = task->updates;
    task->updates = made;
    return made;
}
static void merge_into(const wadi__task_updates *u, wadi__task *task, void *acc, const void *in) {
    wadi_call call = {.fn = u->code,
                      .env = u->to->merge->env,
                      .task = &task->user,
                      .count = 1,
                      .in = in,
                      .acc = acc};
    u->code->run(&call);
}
void wadi_accumulator_add(wadi_task *task, wadi_accumulator handle, int64_t n) {
    wadi__task_updates *updates =
        updates_of((wadi__task *)(void *)task, handle, WADI_TYPE(int64_t));
    if (updates != NULL) merge_into(updates, (wadi__task *)(void *)task, updates->value, &n);
}
void wadi__accumulator_merge(wadi_task *task, wadi_accumulator handle, const wadi_type *pub,
                             const void *record) {
    wadi__task_updates *updates = updates_of((wadi__task *)(void *)task, handle, pub);
    if (updates != NULL) merge_into(updates, (wadi__task *)(void *)task, updates->value, record);
}

/* ---- After a task ---- */

/* Makes the accumulator's value with what the task added. False: the task has failed. */
static bool merge_aside(wadi__task *task, wadi__task_updates *u) {
    wadi__accumulator *to = u->to;
    pthread_mutex_lock(&task->sc->shared_vars->lock);
    memcpy(u->merged, to->value, to->type->pub.size);
    u->version = to->version;
    wadi__keep *old = to->keep;
    if (old != NULL) wadi__counted_ref(&old->counted);
    pthread_mutex_unlock(&task->sc->shared_vars->lock);
    wadi__keep_unref(u->keep);
    u->keep = wadi__keep_new();
    merge_into(u, task, u->merged, u->value);
    if (task->user.failed)
        wadi_error_context(&task->err, task->err.status, "in merging into accumulator '%s'",
                           to->name);
    else if (u->keep == NULL || !wadi__value_own(to->type, u->merged, &u->keep->arena))
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for accumulator '%s'", to->name);
    wadi__keep_unref(old);
    return !task->user.failed;
}
/* Puts all in place. False: some accumulator has changed meanwhile. */
static bool put_in_place(wadi__task *task) {
    pthread_mutex_lock(&task->sc->shared_vars->lock);
    bool are_current = true;
    for (const wadi__task_updates *u = task->updates; u != NULL; u = u->next)
        are_current &= u->version == u->to->version;
    for (wadi__task_updates *u = task->updates; u != NULL && are_current; u = u->next) {
        wadi__keep *old = u->to->keep;
        memcpy(u->to->value, u->merged, u->to->type->pub.size);
        u->to->keep = u->keep;
        u->to->version++;
        u->keep = old; /* to be released without the lock */
    }
    pthread_mutex_unlock(&task->sc->shared_vars->lock);
    return are_current;
}
void wadi__shared_vars_commit(wadi__task *task) {
    if (task->updates == NULL) return;
    do
        for (wadi__task_updates *u = task->updates; u != NULL; u = u->next)
            if (!merge_aside(task, u)) return;
    while (!put_in_place(task));
}
void wadi__shared_vars_forget(wadi__task *task) {
    for (wadi__task_updates *u = task->updates; u != NULL; u = u->next) wadi__keep_unref(u->keep);
    task->updates = NULL;
    task->broadcasts = NULL;
}

/* ---- On the driver ---- */

/* NULL: the error sticks to the scope. */
static wadi__accumulator *find_to_read(wadi_context *sc, wadi_accumulator handle,
                                       const wadi_type *pub) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__accumulator *from = find(sc->shared_vars, handle);
    const wadi__type *type = wadi__type_intern(pub, &err);
    if (from != NULL && type != NULL && wadi__type_matches(type, from->type)) return from;
    if (from == NULL)
        err = (wadi_error){WADI_E_TYPE, false, "there is none with this handle"};
    else if (type != NULL)
        wadi_error_context(&err, WADI_E_TYPE, "'%s' has records of another type", from->name);
    wadi__shared_vars_fail(sc, "an accumulator cannot be read", &err);
    return NULL;
}
int64_t wadi_accumulator_value(wadi_context *sc, wadi_accumulator handle) {
    const wadi__accumulator *from = find_to_read(sc, handle, WADI_TYPE(int64_t));
    int64_t value = 0;
    if (from == NULL) return 0;
    pthread_mutex_lock(&sc->shared_vars->lock);
    memcpy(&value, from->value, sizeof value);
    pthread_mutex_unlock(&sc->shared_vars->lock);
    return value;
}
const void *wadi__accumulator_record(wadi_context *sc, wadi_accumulator handle,
                                     const wadi_type *pub) {
    wadi__accumulator *from = find_to_read(sc, handle, pub);
    if (from == NULL) return NULL;
    pthread_mutex_lock(&sc->shared_vars->lock);
    wadi__keep *old = from->shown_keep;
    memcpy(from->shown, from->value, from->type->pub.size);
    from->shown_keep = from->keep;
    if (from->keep != NULL) wadi__counted_ref(&from->keep->counted);
    pthread_mutex_unlock(&sc->shared_vars->lock);
    wadi__keep_unref(old);
    return from->shown;
}
