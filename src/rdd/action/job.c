/* SPDX-License-Identifier: Apache-2.0 */
/* job.c: running actions, and handing their rows to the user. */
#include "rdd/action/job.h"

#include "data/value.h"

#include <string.h>

void wadi__job_fail(wadi_rdd *rdd, const char *action_name, const wadi_error *err) {
    wadi__scope *scope = wadi__context_scope(rdd->sc);
    char place[200];
    wadi_error stuck = *err;
    wadi_error_context(&stuck, err->status, "in %s of %s", action_name, wadi__rdd_place(rdd, place, sizeof place));
    if (scope->batch_ms != 0) {
        wadi__scope_fail(scope, &stuck);
        return;
    }
    /* Outside a batch it sticks to the dataset and those derived from it, and stops nothing else. */
    wadi__rdd_set_error(rdd, stuck.status, "%s", stuck.message);
    pthread_mutex_lock(&scope->lock);
    if (rdd->sc->action_err.status == WADI_OK) rdd->sc->action_err = stuck;
    pthread_mutex_unlock(&scope->lock);
}
bool wadi__job_run_some(wadi_rdd *rdd, uint32_t from, uint32_t until, const wadi__action *action,
                        wadi__action_each *each, void *arg) {
    const char *name = wadi__action_ops_of(action->kind)->name;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_rdd_failed(rdd, NULL)) return false;
    if (rdd->sc->engine == NULL || atomic_load(&rdd->sc->is_stopped)) {
        wadi_error_context(&err, WADI_E_STATE, "%s", wadi__context_refusal(rdd->sc));
        wadi__job_fail(rdd, name, &err);
        return false;
    }
    uint32_t count = until - from;
    uint32_t *partitions = wadi__malloc(count * sizeof *partitions);
    wadi_status status = WADI_E_NOMEM;
    if (partitions == NULL) {
        wadi_error_context(&err, status, "no memory for a job of %u partitions", count);
    } else {
        for (uint32_t i = 0; i < count; i++) partitions[i] = from + i;
        status = wadi__engine_used->run_job(rdd->sc, rdd, partitions, count, action, each, arg, &err);
    }
    wadi__free(partitions);
    if (status != WADI_OK) wadi__job_fail(rdd, name, &err);
    return status == WADI_OK;
}
bool wadi__job_run(wadi_rdd *rdd, const wadi__action *action, wadi__action_each *each, void *arg) {
    return wadi__job_run_some(rdd, 0, rdd->partition_count, action, each, arg);
}

/* ---- Rows for the user ---- */

bool wadi__rows_init(wadi__rows *rows, wadi_rdd *rdd, const char *action_name, const wadi_type *type) {
    *rows = (wadi__rows){.rdd = rdd, .action_name = action_name};
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__rdd_is_broken(rdd)) return false;
    const wadi__type *wanted = wadi__type_intern(type, &err);
    if (wanted != NULL && !wadi__type_matches(wanted, rdd->type)) {
        char a[128], b[128];
        wadi_error_context(&err, WADI_E_TYPE, "records of %s are wanted, the dataset has %s",
                           wadi__type_text(wanted, a, sizeof a), wadi__type_text(rdd->type, b, sizeof b));
    }
    if (err.status == WADI_OK) return true;
    wadi__job_fail(rdd, action_name, &err);
    return false;
}
bool wadi__rows_add(wadi__rows *rows, wadi__block *block) {
    if (block == NULL || block->row_count == 0) return true;
    if (!wadi__vec_push(&rows->blocks, block)) {
        rows->has_no_memory = true;
        return false;
    }
    wadi__block_ref(block);
    rows->count += block->row_count;
    return true;
}
const void *wadi__rows_drop(wadi__rows *rows, size_t *n) {
    for (size_t i = 0; i < rows->blocks.count; i++) wadi__block_unref(rows->blocks.items[i]);
    wadi__vec_fini(&rows->blocks);
    return wadi__rows_none(n);
}
/* Copies all rows into one array of the keep. In a batch, strings stay where they are, kept alive by
 * their blocks' keeps; rows of the context get copies, so that they do not pin a whole job's input. */
static bool copy_rows(const wadi__rows *rows, wadi__keep *keep, bool with_strings, char *to) {
    size_t size = rows->rdd->type->pub.size, left = (size_t)rows->count;
    bool has_outside = rows->rdd->type->has_outside;
    for (size_t b = 0; b < rows->blocks.count; b++) {
        const wadi__block *block = rows->blocks.items[b];
        for (size_t c = 0; c < block->chunks.count; c++) {
            const wadi__chunk *chunk = block->chunks.items[c];
            size_t count = chunk->count < left ? chunk->count : left;
            memcpy(to, chunk->rows, count * size);
            for (size_t i = 0; has_outside && with_strings && i < count; i++)
                if (!wadi__value_own(rows->rdd->type, to + i * size, &keep->arena)) return false;
            to += count * size;
            left -= count;
        }
        if (has_outside && !with_strings && block->keep != NULL && !wadi__keep_add(keep, &block->keep->counted))
            return false;
    }
    return true;
}
const void *wadi__rows_take(wadi__rows *rows, size_t *n) {
    wadi__scope *scope = wadi__context_scope(rows->rdd->sc);
    size_t count = (size_t)rows->count;
    if (count == 0 && !rows->has_no_memory) return wadi__rows_drop(rows, n);
    wadi__keep *keep = rows->has_no_memory ? NULL : wadi__keep_new();
    char *array = keep != NULL ? wadi__arena_alloc(&keep->arena, count * rows->rdd->type->pub.size) : NULL;
    bool taken = array != NULL && copy_rows(rows, keep, scope->batch_ms == 0, array) &&
                 wadi__scope_hold(scope, &keep->counted);
    if (!taken) {
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_NOMEM, "no memory for %zu rows", count);
        wadi__job_fail(rows->rdd, rows->action_name, &err);
        wadi__keep_unref(keep);
        return wadi__rows_drop(rows, n);
    }
    wadi__rows_drop(rows, NULL);
    if (n != NULL) *n = count;
    return array;
}
