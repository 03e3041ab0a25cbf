/* SPDX-License-Identifier: Apache-2.0 */
/* state_calls.c: what updateStateByKey and mapWithState share. */
#include "stream/state_calls.h"

#include "exec/input.h"
#include "rdd/check.h"

bool wadi__state_calls_init(wadi__state_calls *self, const wadi_rdd *rdd, uint32_t partition,
                            wadi__task *task, bool *has_batch) {
    if (!wadi__state_write(&self->writing, rdd, partition, task, has_batch)) return false;
    if (*has_batch) return true;
    self->state_size = self->writing.state->type->pub.size;
    self->slots_max = task->attempt == 0 ? WADI__STATE_CALL : 1;
    self->values = wadi__task_room(task, WADI__STATE_CALL * self->state_size);
    return self->values != NULL && wadi__call_site_init(&self->site, rdd, rdd->fn, task);
}
bool wadi__state_calls_keep(wadi__state_calls *self, wadi__state_row row, const char *value) {
    wadi__state_writing *writing = &self->writing;
    if (writing->task->is_checked) {
        wadi__check_rows(writing->task, writing->state->type, value, 1);
        if (writing->task->user.failed) return false;
    }
    if (wadi__state_store_set(writing->store, row, value, writing->batch_ms)) return true;
    wadi__state_no_memory(writing);
    return false;
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
