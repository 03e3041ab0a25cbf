/* SPDX-License-Identifier: Apache-2.0 */
/* accumulator.c: a record that tasks add to and the driver reads.
 *
 * A task merges into a record of its own, which begins as the accumulator's zero. When it has
 * succeeded all its records are merged into its batch's, outside a batch into the accumulators', at
 * once, or none: the results are made aside, with their own bytes, and put in place if no other
 * task was faster; else they are made again. So users' functions never run under the lock. */
#include "exec/accumulator.h"

#include "data/value.h"

#include <string.h>

void wadi__accumulator_free(wadi__accumulator *a) {
    if (a == NULL) return;
    wadi__bound_fn_unref(a->merge);
    wadi__keep_unref(a->zero_keep);
    wadi__keep_unref(a->sum.keep);
    wadi__keep_unref(a->shown_keep);
    wadi__free(a->name);
    wadi__free(a->zero);
    wadi__free(a->sum.value);
    wadi__free(a->shown);
    wadi__free(a);
}

/* ---- Making ---- */

static bool set_zero(wadi__accumulator *a, const void *zero) {
    size_t size = a->type->pub.size;
    a->zero_keep = wadi__keep_new();
    a->zero = wadi__calloc(1, size);
    a->sum.value = wadi__calloc(1, size);
    a->shown = wadi__calloc(1, size);
    if (a->zero_keep == NULL || a->zero == NULL || a->sum.value == NULL || a->shown == NULL)
        return false;
    if (zero == NULL) return true;
    memcpy(a->zero, zero, size);
    if (!wadi__value_own(a->type, a->zero, &a->zero_keep->arena)) return false;
    memcpy(a->sum.value, a->zero, size);
    return true;
}
/* NULL: no memory, or err says why. */
static wadi__accumulator *make(const wadi_type *pub, const char *name, wadi_reduce_fn merge,
                               const void *zero, const wadi_where *where, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    wadi__accumulator *made = type != NULL ? wadi__calloc(1, sizeof *made) : NULL;
    if (made == NULL) return NULL;
    made->id = wadi__context_next_id();
    made->type = type;
    if (where != NULL) made->where = *where;
    made->name = wadi__strdup(name != NULL ? name : "");
    made->merge = wadi__bound_fn_new(merge.fn, WADI_FN_REDUCE, merge.env, type, NULL, err);
    if (made->name != NULL && made->merge != NULL && set_zero(made, zero)) return made;
    wadi__accumulator_free(made);
    return NULL;
}
wadi_accumulator wadi__accumulator_of(wadi_context *sc, const wadi_type *pub, const char *name,
                                      wadi_reduce_fn merge, const void *zero,
                                      const wadi_where *where) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__shared_vars *vars = sc->shared_vars;
    if (sc->is_forked) wadi_error_context(&err, WADI_E_STATE, "%s", wadi__context_refusal(sc));
    wadi__accumulator *made =
        vars != NULL && !sc->is_forked ? make(pub, name, merge, zero, where, &err) : NULL;
    if (made != NULL && wadi__accumulator_list(sc, made, &err)) return (wadi_accumulator){made->id};
    wadi__accumulator_free(made);
    wadi__shared_vars_fail(sc, where, "an accumulator cannot be made", &err);
    return (wadi_accumulator){0};
}
wadi_accumulator(wadi_accumulator_new)(wadi_context *sc, const char *name) {
    return wadi__accumulator_of(sc, WADI_TYPE(int64_t), name, wadi_add, NULL, NULL);
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
wadi__task_updates *wadi__accumulator_update(wadi__task *task, wadi__accumulator *to) {
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(to->merge->name, &entry)) {
        wadi__task_fail(task, WADI_E_STATE,
                        "function '%s' is not there any more: was its plugin closed?",
                        to->merge->name);
        return NULL;
    }
    wadi__task_updates *made = wadi__task_lasting(task, sizeof *made);
    if (made == NULL) return NULL;
    made->to = to;
    made->code = entry.fn;
    made->value = wadi__task_lasting(task, to->type->pub.size);
    made->merged = wadi__task_lasting(task, to->type->pub.size);
    if (made->value == NULL || made->merged == NULL) return NULL;
    memcpy(made->value, to->zero, to->type->pub.size);
    made->next = task->updates;
    task->updates = made;
    return made;
}
/* What this try of the task added so far; NULL: the task has failed. */
static wadi__task_updates *updates_of(wadi__task *task, wadi_accumulator handle,
                                      const wadi_type *pub) {
    wadi__task_updates *known = task->updates;
    while (known != NULL && known->to->id != handle.id) known = known->next;
    if (known != NULL && known->pub == pub) return known;
    wadi__accumulator *to = find_typed(task, handle, pub);
    if (to == NULL || known != NULL) return to != NULL ? known : NULL;
    wadi__task_updates *made = wadi__accumulator_update(task, to);
    if (made != NULL) made->pub = pub;
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
    wadi__task *self = (wadi__task *)(void *)task;
    wadi__task_updates *updates = updates_of(self, handle, pub);
    if (updates == NULL) return;
    merge_into(updates, self, updates->value, record);
    const wadi__type *type = updates->to->type;
    if (!self->is_in_part || !type->has_outside) return;
    if (!wadi__value_own(type, updates->value, &self->lasting))
        wadi__task_fail(self, WADI_E_NOMEM, "no memory for accumulator '%s'", updates->to->name);
}

/* ---- After a task ---- */

uint64_t wadi__sum_copy(wadi__shared_vars *vars, const wadi__type *type, const wadi__sum *from,
                        char *value, wadi__keep **keep) {
    pthread_mutex_lock(&vars->lock);
    memcpy(value, from->value, type->pub.size);
    *keep = from->keep;
    if (*keep != NULL) wadi__counted_ref(&(*keep)->counted);
    uint64_t version = from->version;
    pthread_mutex_unlock(&vars->lock);
    return version;
}
bool wadi__accumulator_merge_aside(wadi__task *task, wadi__task_updates *u) {
    wadi__accumulator *to = u->to;
    wadi__keep *old;
    u->version = wadi__sum_copy(task->sc->shared_vars, to->type, u->into, u->merged, &old);
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
bool wadi__accumulator_put_in_place(wadi__task_updates *updates) {
    for (const wadi__task_updates *u = updates; u != NULL; u = u->next)
        if (u->version != u->into->version) return false;
    for (wadi__task_updates *u = updates; u != NULL; u = u->next) {
        wadi__keep *old = u->into->keep;
        memcpy(u->into->value, u->merged, u->to->type->pub.size);
        u->into->keep = u->keep;
        u->into->version++;
        u->keep = old; /* to be released without the lock */
    }
    return true;
}
/* Finds out where the task's additions go. False: the task has failed. */
static bool find_sums(wadi__task *task) {
    wadi__batch_additions *batch = wadi__batch_additions_for(task->sc, task->additions);
    for (wadi__task_updates *u = task->updates; u != NULL; u = u->next) {
        u->into = &u->to->sum;
        if (batch == NULL) continue;
        u->into = wadi__batch_additions_sum(batch, u->to, true);
        if (u->into != NULL) continue;
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for accumulator '%s'", u->to->name);
        return false;
    }
    return true;
}
void wadi__shared_vars_commit(wadi__task *task) {
    if (task->updates == NULL || !find_sums(task)) return;
    for (bool are_current = false; !are_current;) {
        for (wadi__task_updates *u = task->updates; u != NULL; u = u->next)
            if (!wadi__accumulator_merge_aside(task, u)) return;
        pthread_mutex_lock(&task->sc->shared_vars->lock);
        are_current = wadi__accumulator_put_in_place(task->updates);
        pthread_mutex_unlock(&task->sc->shared_vars->lock);
    }
}
void wadi__shared_vars_forget(wadi__task *task) {
    for (wadi__task_updates *u = task->updates; u != NULL; u = u->next) wadi__keep_unref(u->keep);
    task->updates = NULL;
    task->broadcasts = NULL;
}

/* ---- On the driver ---- */

bool wadi__accumulator_task_init(wadi__task *task, wadi_context *sc, int64_t batch_ms) {
    *task = (wadi__task){.sc = sc, .env = sc->env, .batch_ms = batch_ms, .err = WADI_ERROR_INIT};
    task->keep = wadi__keep_new();
    if (task->keep == NULL) wadi__task_fail(task, WADI_E_NOMEM, "no memory to merge accumulators");
    return task->keep != NULL;
}
void wadi__accumulator_task_fini(wadi__task *task) {
    wadi__shared_vars_forget(task);
    wadi__arena_fini(&task->scratch);
    wadi__arena_fini(&task->lasting);
    wadi__keep_unref(task->keep);
}
/* NULL: the error sticks to the scope. */
static wadi__accumulator *find_to_read(wadi_context *sc, wadi_accumulator handle,
                                       const wadi_type *pub, const wadi_where *where) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__accumulator *from = find(sc->shared_vars, handle);
    const wadi__type *type = wadi__type_intern(pub, &err);
    if (from != NULL && type != NULL && wadi__type_matches(type, from->type)) return from;
    if (from == NULL)
        err = (wadi_error){WADI_E_TYPE, false, "there is none with this handle"};
    else if (type != NULL)
        wadi_error_context(&err, WADI_E_TYPE, "'%s' has records of another type", from->name);
    wadi__shared_vars_fail(sc, where, "an accumulator cannot be read", &err);
    return NULL;
}
/* The sum and what the caller's batch has added to it so far. False: the error sticks to the scope.
 */
static bool read_with(wadi_context *sc, wadi__accumulator *from, const wadi__sum *added,
                      const wadi_where *where, char *value, wadi__keep **keep) {
    wadi__task task;
    wadi__task_updates *u = NULL;
    wadi__keep *added_keep = NULL;
    if (wadi__accumulator_task_init(&task, sc, wadi__context_scope(sc)->batch_ms))
        u = wadi__accumulator_update(&task, from);
    if (u != NULL) {
        wadi__sum_copy(sc->shared_vars, from->type, added, u->value, &added_keep);
        u->into = &from->sum;
    }
    bool is_read = u != NULL && wadi__accumulator_merge_aside(&task, u);
    if (is_read) {
        memcpy(value, u->merged, from->type->pub.size);
        *keep = u->keep;
        u->keep = NULL;
    } else {
        wadi__shared_vars_fail(sc, where, "an accumulator cannot be read", &task.err);
    }
    wadi__keep_unref(added_keep);
    wadi__accumulator_task_fini(&task);
    return is_read;
}
static bool read_sum(wadi_context *sc, wadi__accumulator *from, const wadi_where *where,
                     char *value, wadi__keep **keep) {
    wadi__batch_additions *batch =
        wadi__batch_additions_for(sc, wadi__context_scope(sc)->additions);
    const wadi__sum *added = batch != NULL ? wadi__batch_additions_sum(batch, from, false) : NULL;
    if (added != NULL) return read_with(sc, from, added, where, value, keep);
    wadi__sum_copy(sc->shared_vars, from->type, &from->sum, value, keep);
    return true;
}
int64_t wadi__accumulator_value(wadi_context *sc, wadi_accumulator handle,
                                const wadi_where *where) {
    wadi__accumulator *from = find_to_read(sc, handle, WADI_TYPE(int64_t), where);
    int64_t value = 0;
    wadi__keep *keep = NULL;
    if (from == NULL || !read_sum(sc, from, where, (char *)&value, &keep)) return 0;
    wadi__keep_unref(keep);
    return value;
}
int64_t(wadi_accumulator_value)(wadi_context *sc, wadi_accumulator handle) {
    return wadi__accumulator_value(sc, handle, NULL);
}
const void *wadi__accumulator_record(wadi_context *sc, wadi_accumulator handle,
                                     const wadi_type *pub, const wadi_where *where) {
    wadi__accumulator *from = find_to_read(sc, handle, pub, where);
    wadi__keep *keep = NULL;
    if (from == NULL || !read_sum(sc, from, where, from->shown, &keep)) return NULL;
    wadi__keep_unref(from->shown_keep);
    from->shown_keep = keep;
    return from->shown;
}
