/* SPDX-License-Identifier: Apache-2.0 */
/* broadcast.c: records that every task can read, by position or by key.
 *
 * A body may ask for one at each of its records, so a task remembers what it has found. */
#include "exec/shared_vars.h"

#include "data/value.h"

#include <string.h>

/* Rows by the hash of their key: open addressing, each the number of a row plus 1. */
typedef struct key_index {
    size_t mask;
    uint32_t rows[];
} key_index;

struct wadi__broadcast {
    uint64_t id;
    wadi__block *block;          /* its rows are in one chunk */
    _Atomic(key_index *) by_key; /* made when it is first asked by key */
};
/* One that a task has asked for. */
typedef struct wadi__task_broadcasts {
    struct wadi__task_broadcasts *next;
    const wadi_type *pub; /* as the body names it */
    wadi__broadcast *found;
} wadi__task_broadcasts;

void wadi__broadcast_free(wadi__broadcast *broadcast) {
    if (broadcast == NULL) return;
    wadi__block_unref(broadcast->block);
    wadi__free(broadcast->by_key);
    wadi__free(broadcast);
}

/* ---- Making ---- */

/* The rows in a block of their own. NULL: no memory, or err says why. */
static wadi__block *copy_rows(const wadi_type *pub, const void *rows, size_t n, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return NULL;
    if (rows == NULL && n > 0) {
        wadi_error_context(err, WADI_E_INVALID, "%zu rows at NULL", n);
        return NULL;
    }
    if (n > INT32_MAX) {
        wadi_error_context(err, WADI_E_INVALID, "%zu records; at most %d will do", n, INT32_MAX);
        return NULL;
    }
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = keep != NULL ? wadi__block_new(type, keep) : NULL;
    wadi__keep_unref(keep);
    wadi__chunk *chunk = block != NULL ? wadi__chunk_new(type->pub.size, n, false) : NULL;
    bool is_whole = chunk != NULL;
    if (is_whole) {
        if (n > 0) memcpy(chunk->rows, rows, n * type->pub.size);
        chunk->count = (uint32_t)n;
        is_whole = wadi__block_add(block, chunk) && wadi__block_own(block);
    }
    wadi__chunk_unref(chunk);
    if (is_whole) return block;
    wadi__block_unref(block);
    return NULL;
}
wadi_broadcast wadi__broadcast_new(wadi_context *sc, const wadi_type *pub, const void *rows,
                                   size_t n, const wadi_where *where) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__shared_vars *vars = sc->shared_vars;
    if (sc->is_forked) wadi_error_context(&err, WADI_E_STATE, "%s", wadi__context_refusal(sc));
    wadi__broadcast *made = vars != NULL && !sc->is_forked ? wadi__calloc(1, sizeof *made) : NULL;
    if (made != NULL && (made->block = copy_rows(pub, rows, n, &err)) != NULL) {
        made->id = wadi__context_next_id();
        pthread_mutex_lock(&vars->lock);
        bool is_listed = wadi__vec_push(&vars->broadcasts, made);
        pthread_mutex_unlock(&vars->lock);
        if (is_listed) return (wadi_broadcast){made->id};
    }
    wadi__broadcast_free(made);
    wadi__shared_vars_fail(sc, where, "a broadcast cannot be made", &err);
    return (wadi_broadcast){0};
}

/* ---- Reading ---- */

static wadi__broadcast *by_id(wadi__shared_vars *vars, uint64_t id) {
    wadi__broadcast *found = NULL;
    pthread_mutex_lock(&vars->lock);
    for (size_t i = 0; i < vars->broadcasts.count && found == NULL; i++)
        if (vars->broadcasts.items[i]->id == id) found = vars->broadcasts.items[i];
    pthread_mutex_unlock(&vars->lock);
    return found;
}
/* NULL: the task has failed. */
static wadi__broadcast *find(wadi__task *task, wadi_broadcast handle, const wadi_type *pub) {
    for (wadi__task_broadcasts *at = task->broadcasts; at != NULL; at = at->next)
        if (at->found->id == handle.id && at->pub == pub) return at->found;
    wadi__broadcast *found = by_id(task->sc->shared_vars, handle.id);
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    if (type == NULL) {
        wadi__task_fail_err(task, &err);
        return NULL;
    }
    if (found == NULL || !wadi__type_matches(type, found->block->type)) {
        wadi__task_fail(task, WADI_E_TYPE,
                        found == NULL ? "there is no such broadcast: was it captured?"
                                      : "the broadcast has records of another type");
        return NULL;
    }
    wadi__task_broadcasts *made = wadi__task_scratch(task, sizeof *made);
    if (made == NULL || !wadi__task_keep(task, &found->block->counted)) return NULL;
    *made = (wadi__task_broadcasts){task->broadcasts, pub, found};
    task->broadcasts = made;
    return found;
}
static const wadi__chunk *rows_of(const wadi__broadcast *broadcast) {
    return broadcast->block->chunks.items[0];
}
const void *wadi__broadcast_value(wadi_task *task, wadi_broadcast handle, const wadi_type *pub,
                                  size_t *n) {
    const wadi__broadcast *found = find((wadi__task *)(void *)task, handle, pub);
    if (n != NULL) *n = found != NULL ? rows_of(found)->count : 0;
    return found != NULL ? rows_of(found)->rows : NULL;
}

/* ---- By key ---- */

/* Rows go in in their order, so that the first of one key is met first. NULL: no memory. */
static key_index *index_new(const wadi__type *type, const wadi__chunk *chunk) {
    size_t room = 16;
    while (room < (size_t)chunk->count * 2) room *= 2;
    key_index *made = wadi__calloc(1, sizeof *made + room * sizeof made->rows[0]);
    if (made == NULL) return NULL;
    made->mask = room - 1;
    for (uint32_t i = 0; i < chunk->count; i++) {
        size_t at = wadi__value_hash(type->key, chunk->rows + i * (size_t)chunk->record_size);
        while (made->rows[at & made->mask] != 0) at++;
        made->rows[at & made->mask] = i + 1;
    }
    return made;
}
/* NULL: no memory. Threads that make it at once agree on one. */
static const key_index *index_of(wadi__broadcast *broadcast) {
    key_index *known = broadcast->by_key;
    if (known != NULL) return known;
    key_index *made = index_new(broadcast->block->type, rows_of(broadcast));
    if (made == NULL || atomic_compare_exchange_strong(&broadcast->by_key, &known, made))
        return made;
    wadi__free(made);
    return known;
}
const void *wadi__broadcast_find(wadi_task *user_task, wadi_broadcast handle, const wadi_type *pub,
                                 const void *key) {
    wadi__task *task = (wadi__task *)(void *)user_task;
    wadi__broadcast *found = find(task, handle, pub);
    if (found == NULL) return NULL;
    const key_index *by_key = index_of(found);
    if (by_key == NULL) {
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for a broadcast's keys");
        return NULL;
    }
    const wadi__type *type = found->block->type;
    for (size_t at = wadi__value_hash(type->key, key);; at++) {
        uint32_t number = by_key->rows[at & by_key->mask];
        if (number == 0) return NULL;
        const char *row = rows_of(found)->rows + (number - 1) * (size_t)type->pub.size;
        if (wadi__value_equal(type->key, row, key)) return row;
    }
}
