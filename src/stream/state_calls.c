/* SPDX-License-Identifier: Apache-2.0 */
/* state_calls.c: what updateStateByKey and mapWithState share. */
#include "stream/state_calls.h"

#include "exec/input.h"
#include "rdd/check.h"

bool wadi__state_calls_init(wadi__state_calls *self, const wadi_rdd *rdd, uint32_t partition,
                            wadi__task *task, size_t slots, bool *has_batch) {
    if (!wadi__state_write(&self->writing, rdd, partition, task, has_batch)) return false;
    if (*has_batch) return true;
    self->state_size = self->writing.state->type->pub.size;
    self->slots_max = task->attempt == 0 ? slots : 1;
    self->slots = wadi__task_room(task, slots * sizeof *self->slots);
    self->rows = wadi__task_room(task, slots * sizeof *self->rows);
    self->values = wadi__task_room(task, slots * self->state_size);
    return self->slots != NULL && self->rows != NULL && self->values != NULL &&
           wadi__call_site_init(&self->site, rdd, rdd->fn, task);
}
/* False: the task has failed. */
static bool set(wadi__state_calls *self, const wadi__state_row *rows, const char *values,
                size_t count) {
    wadi__state_writing *writing = &self->writing;
    if (writing->task->is_checked) {
        wadi__check_rows(writing->task, writing->state->type, values, (uint32_t)count);
        if (writing->task->user.failed) return false;
    }
    if (wadi__state_store_set_some(writing->store, rows, values, count, writing->batch_ms))
        return true;
    wadi__state_no_memory(writing);
    return false;
}
bool wadi__state_calls_keep(wadi__state_calls *self, wadi__state_row row, const char *value) {
    return set(self, &row, value, 1);
}
bool wadi__state_calls_keep_some(wadi__state_calls *self, size_t from, size_t count) {
    return set(self, self->rows + from, wadi__state_calls_value(self, from), count);
}
bool wadi__state_calls_drop(wadi__state_calls *self, wadi__state_row row) {
    if (wadi__state_store_remove(self->writing.store, row)) return true;
    wadi__state_no_memory(&self->writing);
    return false;
}
wadi__state_row wadi__state_calls_row(wadi__state_calls *self, const void *key, uint64_t hash,
                                      bool *is_new) {
    wadi__state_row row = wadi__state_store_insert(self->writing.store, key, hash, is_new);
    if (row == WADI__STATE_NO_ROW) wadi__state_no_memory(&self->writing);
    return row;
}

/* ---- States to begin with ---- */

typedef struct beginning {
    wadi__sink sink;
    wadi__state_calls *calls;
    wadi__key_hashes hashes;
    bool is_first;
} beginning;

static void beginning_push(wadi__sink *sink, const wadi__slice *in) {
    beginning *self = (beginning *)sink;
    wadi__state_calls *calls = self->calls;
    const uint64_t *hashes = wadi__key_hashes_of(&self->hashes, in);
    for (uint32_t i = 0; hashes != NULL && i < in->count; i++) {
        size_t at = in->selected != NULL ? in->selected[i] : i;
        const char *record = (const char *)in->rows + at * calls->state_size;
        bool is_new;
        wadi__state_row row = wadi__state_calls_row(calls, record, hashes[i], &is_new);
        if (row == WADI__STATE_NO_ROW) return;
        if ((is_new || !self->is_first) && !wadi__state_calls_keep(calls, row, record)) return;
    }
}
bool wadi__state_calls_begin_with(wadi__state_calls *self, const wadi_rdd *rdd, uint32_t partition,
                                  bool is_first) {
    if (!wadi__state_node_of(rdd)->has_initial) return true;
    wadi__task *task = self->writing.task;
    uint32_t parent = rdd->parent_count - 1;
    beginning into = {{.push = beginning_push, .wants_hashes = true},
                      self,
                      wadi__key_hashes_for(rdd, parent, rdd->parents[parent].is_wide, task),
                      is_first};
    wadi__input_drain(rdd, parent, partition, task, &into.sink);
    return !wadi__task_is_over(task);
}
