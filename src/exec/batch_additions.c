/* SPDX-License-Identifier: Apache-2.0 */
/* batch_additions.c: what the tasks of a batch added to accumulators, until it has ended.
 *
 * Batches are listed in their order from when they begin. One that has ended waits for those before
 * it; whoever ends the first merges all that have ended behind it too. So additions count in the
 * order of batches also when their jobs run at the same time. */
#include "base/log.h"
#include "exec/accumulator.h"

#include <inttypes.h>
#include <string.h>

typedef struct addition { /* to one accumulator; stays where it is until the batch has been merged
                           */
    struct addition *next;
    wadi__accumulator *to;
    wadi__sum sum;
} addition;

struct wadi__batch_additions {
    wadi_context *sc;
    int64_t batch_ms;
    /* Guarded by the lock of the shared variables: */
    struct wadi__batch_additions *next;
    addition *first;
    bool has_ended, counts;
    bool has_counted; /* in the run before; set before there are tasks */
};

wadi__batch_additions *wadi__batch_additions_begin(wadi_context *sc, int64_t batch_ms) {
    wadi__batch_additions *batch = wadi__calloc(1, sizeof *batch);
    if (batch == NULL) return NULL;
    *batch = (wadi__batch_additions){.sc = sc, .batch_ms = batch_ms};
    wadi__shared_vars *vars = sc->shared_vars;
    pthread_mutex_lock(&vars->lock);
    if (vars->last_batch != NULL)
        vars->last_batch->next = batch;
    else
        vars->first_batch = batch;
    vars->last_batch = batch;
    pthread_mutex_unlock(&vars->lock);
    return batch;
}
void wadi__batch_additions_counted(wadi__batch_additions *batch) { batch->has_counted = true; }
wadi__batch_additions *wadi__batch_additions_for(const wadi_context *sc,
                                                 wadi__batch_additions *batch) {
    return batch != NULL && batch->sc == sc ? batch : NULL;
}
static addition *find(const wadi__batch_additions *batch, const wadi__accumulator *to) {
    addition *at = batch->first;
    while (at != NULL && at->to != to) at = at->next;
    return at;
}
static addition *addition_new(wadi__accumulator *to) {
    addition *made = wadi__calloc(1, sizeof *made);
    char *value = wadi__malloc(to->type->pub.size);
    if (made == NULL || value == NULL) {
        wadi__free(made);
        wadi__free(value);
        return NULL;
    }
    memcpy(value, to->zero, to->type->pub.size);
    *made = (addition){.to = to, .sum = {.value = value}};
    return made;
}
static void addition_free(addition *a) {
    if (a == NULL) return;
    wadi__keep_unref(a->sum.keep);
    wadi__free(a->sum.value);
    wadi__free(a);
}
wadi__sum *wadi__batch_additions_sum(wadi__batch_additions *batch, wadi__accumulator *to,
                                     bool is_wanted) {
    if (batch->has_counted && !is_wanted) return NULL;
    wadi__shared_vars *vars = batch->sc->shared_vars;
    pthread_mutex_lock(&vars->lock);
    addition *found = find(batch, to);
    pthread_mutex_unlock(&vars->lock);
    addition *made = found == NULL && is_wanted ? addition_new(to) : NULL;
    if (made == NULL) return found != NULL ? &found->sum : NULL;
    pthread_mutex_lock(&vars->lock);
    found = find(batch, to); /* another task may have been faster */
    if (found == NULL) {
        made->next = batch->first;
        batch->first = found = made;
        made = NULL;
    }
    pthread_mutex_unlock(&vars->lock);
    addition_free(made);
    return &found->sum;
}

/* ---- The end of a batch ---- */

static void free_batch(wadi__batch_additions *batch) {
    for (addition *at = batch->first, *next; at != NULL; at = next) {
        next = at->next;
        addition_free(at);
    }
    wadi__free(batch);
}
/* Makes an update of each addition. False: the task has failed. */
static bool make_updates(wadi__task *task, const wadi__batch_additions *batch) {
    for (const addition *at = batch->first; at != NULL; at = at->next) {
        wadi__task_updates *u = wadi__accumulator_update(task, at->to);
        if (u == NULL) return false;
        memcpy(u->value, at->sum.value, at->to->type->pub.size);
        u->into = &at->to->sum;
    }
    return true;
}
static bool merge_all_aside(wadi__task *task) {
    for (wadi__task_updates *u = task->updates; u != NULL; u = u->next)
        if (!wadi__accumulator_merge_aside(task, u)) return false;
    return true;
}
/* holds the lock */
static void unlist_first(wadi__shared_vars *vars) {
    wadi__batch_additions *batch = vars->first_batch;
    vars->merged_ms = batch->batch_ms;
    vars->first_batch = batch->next;
    if (batch->next == NULL) vars->last_batch = NULL;
}
/* Merges the first batch, which has ended, and takes it off the list at the same moment. */
static wadi_status merge_first(wadi__shared_vars *vars, wadi__batch_additions *batch,
                               wadi_error *err) {
    wadi__task task = {0};
    bool counts = batch->counts && batch->first != NULL;
    bool is_ready = !counts || (wadi__accumulator_task_init(&task, batch->sc, batch->batch_ms) &&
                                make_updates(&task, batch));
    for (bool is_over = false; !is_over;) {
        is_ready = is_ready && merge_all_aside(&task);
        pthread_mutex_lock(&vars->lock);
        is_over = !is_ready || wadi__accumulator_put_in_place(task.updates);
        if (is_over) unlist_first(vars);
        pthread_mutex_unlock(&vars->lock);
    }
    if (!is_ready)
        wadi_error_context(err, task.err.status,
                           "%s; what batch %" PRId64 " ms added to accumulators does not count",
                           task.err.message, batch->batch_ms);
    wadi_status status = is_ready ? WADI_OK : task.err.status;
    wadi__accumulator_task_fini(&task);
    return status;
}
/* The first batch, for the calling thread to merge. NULL: it has not ended, or another thread does.
 * holds the lock */
static wadi__batch_additions *claim_first(wadi__shared_vars *vars) {
    wadi__batch_additions *batch = vars->first_batch;
    bool can_go = batch != NULL && batch->has_ended && !vars->is_merging;
    vars->is_merging |= can_go;
    return can_go ? batch : NULL;
}
wadi_status wadi__batch_additions_end(wadi__batch_additions **p_batch, bool counts,
                                      wadi_error *err) {
    wadi__batch_additions *own = *p_batch, *batch;
    *p_batch = NULL;
    if (own == NULL) return WADI_OK;
    wadi__shared_vars *vars = own->sc->shared_vars;
    wadi_status status = WADI_OK;
    pthread_mutex_lock(&vars->lock);
    own->has_ended = true;
    own->counts = counts && !own->has_counted;
    while ((batch = claim_first(vars)) != NULL) {
        pthread_mutex_unlock(&vars->lock);
        wadi_error failure = WADI_ERROR_INIT;
        wadi_status merged = merge_first(vars, batch, &failure);
        if (batch == own) {
            status = merged;
            if (merged != WADI_OK && err != NULL) *err = failure;
        } else if (merged != WADI_OK) {
            wadi__log_error("exec", "%s", failure.message); /* whoever ended it has gone on */
        }
        free_batch(batch);
        pthread_mutex_lock(&vars->lock);
        vars->is_merging = false;
    }
    pthread_mutex_unlock(&vars->lock);
    return status;
}
