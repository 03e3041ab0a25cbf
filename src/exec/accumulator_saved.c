/* SPDX-License-Identifier: Apache-2.0 */
/* accumulator_saved.c: accumulators by name, as checkpoints keep them.
 *
 * A program makes its accumulators anew on each start, some of them perhaps only in a batch; so
 * what is restored under a name that is not there yet waits for it, and is saved again meanwhile.
 */
#include "exec/accumulator.h"

#include "data/frame.h"
#include "data/value.h"

#include <inttypes.h>
#include <string.h>

struct wadi__restored {
    char *name;
    wadi__block *block; /* the one record, of the type that was saved */
    bool is_taken;      /* guarded by the lock of the shared variables */
};

void wadi__restored_free(wadi__restored *restored) {
    if (restored == NULL) return;
    wadi__block_unref(restored->block);
    wadi__free(restored->name);
    wadi__free(restored);
}
static bool has_name(const wadi__accumulator *a) { return a->name[0] != '\0'; }
static const char *record_of(const wadi__block *block) { return block->chunks.items[0]->rows; }

/* ---- Saving ---- */

wadi_status wadi__accumulator_save(wadi__text *out, const wadi__type *type, const void *value,
                                   wadi_error *err) {
    wadi__row_run run = {.base = value, .stride = type->pub.size, .count = 1};
    return wadi__frame_write(out, type, &run, 1, WADI__FRAME_PLAIN, err);
}
typedef struct named_value { /* at one moment */
    const char *name;        /* lives as long as the context, as its type */
    const wadi__type *type;
    const char *value;
    wadi__keep *keep; /* a reference to what the value points at, or NULL */
} named_value;
typedef struct snapshot {
    WADI__VEC(named_value) values;
    wadi__arena arena; /* of copies */
} snapshot;

/* False: no memory. holds the lock */
static bool take_accumulator(snapshot *to, const wadi__accumulator *a) {
    char *copy = wadi__arena_alloc(&to->arena, a->type->pub.size);
    if (copy == NULL || !wadi__vec_push(&to->values, (named_value){a->name, a->type, copy, NULL}))
        return false;
    memcpy(copy, a->sum.value, a->type->pub.size);
    if (a->sum.keep == NULL) return true;
    wadi__counted_ref(&a->sum.keep->counted);
    to->values.items[to->values.count - 1].keep = a->sum.keep;
    return true;
}
/* False: no memory. holds the lock */
static bool take_all(snapshot *to, const wadi__shared_vars *vars) {
    for (size_t i = 0; i < vars->accumulators.count; i++)
        if (has_name(vars->accumulators.items[i]) &&
            !take_accumulator(to, vars->accumulators.items[i]))
            return false;
    for (size_t i = 0; i < vars->restored.count; i++) {
        const wadi__restored *r = vars->restored.items[i];
        named_value value = {r->name, r->block->type, record_of(r->block), NULL};
        if (!r->is_taken && !wadi__vec_push(&to->values, value)) return false;
    }
    return true;
}
static void snapshot_fini(snapshot *self) {
    for (size_t i = 0; i < self->values.count; i++) wadi__keep_unref(self->values.items[i].keep);
    wadi__vec_fini(&self->values);
    wadi__arena_fini(&self->arena);
}
wadi_status wadi__accumulators_each(wadi_context *sc, wadi__accumulator_seen *seen, void *arg,
                                    int64_t *merged_ms, wadi_error *err) {
    wadi__shared_vars *vars = sc->shared_vars;
    snapshot now = {0};
    pthread_mutex_lock(&vars->lock);
    bool is_taken = take_all(&now, vars);
    if (merged_ms != NULL) *merged_ms = vars->merged_ms;
    pthread_mutex_unlock(&vars->lock);
    wadi_status status = WADI_OK;
    if (!is_taken) status = wadi_error_context(err, WADI_E_NOMEM, "no memory to save accumulators");
    for (size_t i = 0; i < now.values.count && status == WADI_OK; i++) {
        const named_value *at = &now.values.items[i];
        status = seen(arg, at->name, at->type, at->value, err);
        if (status != WADI_OK) wadi_error_context(err, status, "in accumulator '%s'", at->name);
    }
    snapshot_fini(&now);
    return status;
}

/* ---- Restoring ---- */

/* The one record of a frame. `type` NULL: as it was written. NULL: err says why. */
static wadi__block *read_record(const wadi__type *type, const void *bytes, size_t size,
                                wadi_error *err) {
    wadi__block *block = NULL;
    if (type == NULL && wadi__frame_type(bytes, size, &type, err) != WADI_OK) return NULL;
    if (wadi__frame_read(type, bytes, size, NULL, &block, NULL, err) != WADI_OK) return NULL;
    if (block->row_count == 1) return block;
    wadi_error_context(err, WADI_E_CORRUPT, "%" PRIu64 " records where one is expected",
                       block->row_count);
    wadi__block_unref(block);
    return NULL;
}
/* Takes the record over as the sum. False: no memory. */
static bool set_sum(wadi__shared_vars *vars, wadi__accumulator *a, const wadi__block *block) {
    char *value = wadi__malloc(a->type->pub.size);
    wadi__keep *keep = wadi__keep_new(), *old;
    bool is_made = value != NULL && keep != NULL;
    if (is_made) {
        memcpy(value, record_of(block), a->type->pub.size);
        is_made = wadi__value_own(a->type, value, &keep->arena);
    }
    if (is_made) {
        pthread_mutex_lock(&vars->lock);
        memcpy(a->sum.value, value, a->type->pub.size);
        a->sum.version++;
        old = a->sum.keep;
        a->sum.keep = keep;
        keep = old;
        pthread_mutex_unlock(&vars->lock);
    }
    wadi__keep_unref(keep);
    wadi__free(value);
    return is_made;
}
static wadi__accumulator *by_name(const wadi__shared_vars *vars, const char *name) {
    for (size_t i = 0; i < vars->accumulators.count; i++)
        if (strcmp(vars->accumulators.items[i]->name, name) == 0)
            return vars->accumulators.items[i];
    return NULL;
}
/* Keeps a record for the accumulator that will have the name. False: no memory. */
static bool keep_for_later(wadi__shared_vars *vars, const char *name, wadi__block *block) {
    wadi__restored *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return false;
    made->name = wadi__strdup(name);
    wadi__block_ref(block);
    made->block = block;
    pthread_mutex_lock(&vars->lock);
    bool is_kept = made->name != NULL && wadi__vec_push(&vars->restored, made);
    pthread_mutex_unlock(&vars->lock);
    if (!is_kept) wadi__restored_free(made);
    return is_kept;
}
wadi_status wadi__accumulator_restore(wadi_context *sc, const char *name, const void *bytes,
                                      size_t size, wadi_error *err) {
    wadi__shared_vars *vars = sc->shared_vars;
    wadi_error own = WADI_ERROR_INIT;
    pthread_mutex_lock(&vars->lock);
    wadi__accumulator *to = by_name(vars, name);
    pthread_mutex_unlock(&vars->lock);
    wadi__block *block = read_record(to != NULL ? to->type : NULL, bytes, size, &own);
    if (block != NULL &&
        !(to != NULL ? set_sum(vars, to, block) : keep_for_later(vars, name, block)))
        wadi_error_context(&own, WADI_E_NOMEM, "no memory for its value");
    wadi__block_unref(block);
    if (own.status == WADI_OK) return WADI_OK;
    return wadi_error_context(err, own.status, "%s; in restoring accumulator '%s'", own.message,
                              name);
}
/* What was restored for a new accumulator; NULL: nothing. */
static wadi__restored *waiting_for(wadi__shared_vars *vars, const wadi__accumulator *made) {
    wadi__restored *found = NULL;
    pthread_mutex_lock(&vars->lock);
    for (size_t i = 0; i < vars->restored.count && found == NULL; i++) {
        wadi__restored *r = vars->restored.items[i];
        if (!r->is_taken && strcmp(r->name, made->name) == 0) found = r;
    }
    pthread_mutex_unlock(&vars->lock);
    return found;
}
/* Its record may have had other fields when it was saved. False: err says why. */
static bool take_restored(wadi__shared_vars *vars, wadi__accumulator *made,
                          const wadi__restored *from, wadi_error *err) {
    wadi__text text = {0};
    wadi__block *block = NULL;
    if (wadi__accumulator_save(&text, from->block->type, record_of(from->block), err) == WADI_OK)
        block = read_record(made->type, text.bytes, text.size, err);
    bool is_set = block != NULL && set_sum(vars, made, block);
    wadi__block_unref(block);
    wadi__text_fini(&text);
    return is_set;
}

/* ---- Names ---- */

bool wadi__accumulator_list(wadi_context *sc, wadi__accumulator *made, wadi_error *err) {
    wadi__shared_vars *vars = sc->shared_vars;
    wadi__restored *restored = waiting_for(vars, made);
    if (restored != NULL && !take_restored(vars, made, restored, err)) return false;
    pthread_mutex_lock(&vars->lock);
    bool is_taken = vars->has_unique_names && has_name(made) && by_name(vars, made->name) != NULL;
    bool is_listed = !is_taken && wadi__vec_push(&vars->accumulators, made);
    if (is_listed && restored != NULL) restored->is_taken = true;
    pthread_mutex_unlock(&vars->lock);
    if (is_taken)
        wadi_error_context(err, WADI_E_INVALID,
                           "there is one named '%s' already, and a checkpoint tells them by name",
                           made->name);
    return is_listed;
}
const char *wadi__accumulators_want_unique_names(wadi_context *sc, wadi_where *where) {
    wadi__shared_vars *vars = sc->shared_vars;
    const char *twice = NULL;
    if (vars == NULL) return NULL;
    pthread_mutex_lock(&vars->lock);
    vars->has_unique_names = true;
    for (size_t i = 0; i < vars->accumulators.count && twice == NULL; i++) {
        const wadi__accumulator *a = vars->accumulators.items[i];
        if (!has_name(a) || by_name(vars, a->name) == a) continue;
        twice = a->name;
        *where = a->where;
    }
    pthread_mutex_unlock(&vars->lock);
    return twice;
}
