/* SPDX-License-Identifier: Apache-2.0 */
/* window_apply.c: one step of a window's partition, from its inputs to its end: all of it, or
 * nothing. */
#include "exec/window_apply.h"

#include "base/pool.h"
#include "exec/window_save.h"

bool wadi__window_no_memory(const wadi__window_apply *self) {
    wadi__task_fail(self->task, WADI_E_NOMEM, "no memory for a window of %u keys",
                    self->part->keys.count);
    return false;
}
size_t wadi__window_leaving(const wadi__window_apply *self, const wadi__window_panes *panes) {
    size_t count = 0;
    while (count < panes->count && wadi__window_has_left(self, panes->items[count]->end_ms))
        count++;
    return count;
}

/* ---- The log ---- */

static void put_log(const wadi__window_log_of_step *log, size_t tail_size) {
    wadi__pool_put(log->items, log->room * sizeof *log->items);
    wadi__pool_put(log->tails, log->room * tail_size);
}
bool wadi__window_log_reserve(wadi__window_apply *self, uint32_t more) {
    enum { ROOM_MIN = 256 };
    wadi__window_log_of_step *log = &self->log, larger = *log;
    const size_t size = self->shape->tail_size;
    if (log->room - log->count >= more) return true;
    if (log->room > UINT32_MAX / 2 - more) return wadi__window_no_memory(self);
    larger.room = log->room * 2 > log->count + more ? log->room * 2 : log->count + more;
    if (larger.room < ROOM_MIN) larger.room = ROOM_MIN;
    larger.items = wadi__pool_get(larger.room * sizeof *larger.items);
    larger.tails = wadi__pool_get(larger.room * size);
    if (larger.items == NULL || larger.tails == NULL) {
        put_log(&larger, size);
        return wadi__window_no_memory(self);
    }
    if (log->count > 0) {
        memcpy(larger.items, log->items, log->count * sizeof *log->items);
        memcpy(larger.tails, log->tails, log->count * size);
    }
    put_log(log, size);
    *log = larger;
    return true;
}
static void put_back(wadi__window_apply *self) {
    const size_t size = self->shape->tail_size;
    for (uint32_t i = 0; i < self->log.count; i++) {
        const wadi__window_logged *entry = &self->log.items[i];
        self->part->flags[entry->number] = entry->flags;
        if ((entry->flags & WADI__WINDOW_HAS) != 0)
            wadi__row_copy(wadi__window_tail(self, entry->number), self->log.tails + i * size,
                           size);
    }
}
bool wadi__window_change(wadi__window_apply *self, wadi__call_site *site, size_t count) {
    if (count == 0) return true;
    const wadi__window_shape *shape = self->shape;
    for (size_t i = 0; i < count; i++) {
        char *acc = self->accs_room + i * shape->row_size;
        wadi__row_copy(acc, self->rows + self->selected[i] * shape->row_size, shape->key_size);
        wadi__row_copy(acc + shape->tail_at, wadi__window_tail(self, self->at[i]),
                       shape->tail_size);
        self->accs[i] = acc;
    }
    wadi_call call = {.count = count, .in = self->rows, .rows = self->selected, .accs = self->accs};
    wadi__call_site_run(site, &call);
    if (wadi__window_apply_is_over(self)) return false;
    for (size_t i = 0; i < count; i++)
        if (!wadi__window_put_tail(self, self->at[i],
                                   self->accs_room + i * shape->row_size + shape->tail_at))
            return false;
    return true;
}
bool wadi__window_put_tail(wadi__window_apply *self, uint32_t number, const char *tail) {
    char *to = wadi__window_tail(self, number);
    wadi__row_copy(to, tail, self->shape->tail_size);
    return !self->shape->has_strings ||
           wadi__window_own_tails(self, to, 0, 1, &self->part->strings->arena);
}

/* ---- A step ---- */

static void free_if_unused(wadi__window_apply *self, uint32_t number) {
    wadi__window_part *part = self->part;
    if (part->panes_with[number] > 0) return;
    part->flags[number] &= (uint8_t)~WADI__WINDOW_PARTIAL;
    if (!self->shape->is_keyed || (part->flags[number] & WADI__WINDOW_HAS) != 0) return;
    if (!wadi__dictionary_has(&part->keys, number)) return;
    wadi__window_note_removed(part, number);
    part->flags[number] = 0;
    wadi__dictionary_remove(&part->keys, number);
}
static void drop_panes(wadi__window_apply *self, wadi__window_panes *panes) {
    size_t gone = wadi__window_leaving(self, panes);
    for (size_t p = 0; p < gone; p++) {
        const wadi__window_pane *pane = panes->items[p];
        const uint32_t counted = wadi__window_counts_panes(self) ? pane->count : 0;
        for (uint32_t i = 0; i < counted; i++) self->part->panes_with[pane->numbers[i]]--;
        for (uint32_t i = 0; i < counted; i++) free_if_unused(self, pane->numbers[i]);
        wadi__window_pane_free(panes->items[p], self->shape);
    }
    panes->count -= gone;
    if (gone > 0)
        memmove(panes->items, panes->items + gone, panes->count * sizeof(wadi__window_pane *));
}
/* Those of this step, as far as they are in the window. */
static void capture_panes(const wadi__window_apply *self, uint64_t before) {
    wadi__window_part *part = self->part;
    size_t count = 0;
    while (count < part->panes.count &&
           part->panes.items[part->panes.count - 1 - count]->sequence > before)
        count++;
    wadi__window_capture_panes(part, self->shape, count, self->time_ms - self->by->spec->window_ms);
}
/* Nothing can fail any more. */
static void commit(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    uint8_t dirty = part->is_captured ? WADI__WINDOW_DIRTY : 0;
    for (uint32_t i = 0; i < self->log.count; i++) {
        uint8_t *flags = &part->flags[self->log.items[i].number];
        *flags = (uint8_t)((*flags & ~WADI__WINDOW_LOGGED) | dirty);
    }
    uint64_t before = part->sequence;
    if (!self->by->spec->is_inverse)
        wadi__window_commit_stacks(self);
    else if (self->is_plain)
        wadi__window_commit_plain(self);
    for (size_t p = 0; p < self->made.count; p++) {
        wadi__window_pane *pane = self->made.items[p];
        const uint32_t counted = wadi__window_counts_panes(self) ? pane->count : 0;
        for (uint32_t i = 0; i < counted; i++) part->panes_with[pane->numbers[i]]++;
        pane->sequence = ++part->sequence;
        part->panes.items[part->panes.count++] = pane;
    }
    self->made.count = 0;
    drop_panes(self, &part->panes);
    for (size_t i = 0; i < self->dropped.count; i++) free_if_unused(self, self->dropped.items[i]);
    if (part->is_captured) capture_panes(self, before);
    wadi__window_part_tidy(part, self->shape);
}
static void roll_back(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    put_back(self);
    for (size_t i = 0; i < self->added.count; i++)
        wadi__dictionary_remove(&part->keys, self->added.items[i]);
}
static bool open_site(wadi__window_apply *self, wadi__call_site *site, const wadi__bound_fn *fn) {
    return fn == NULL || wadi__call_site_init(site, self->by->rdd, fn, self->task);
}
static bool open_all(wadi__window_apply *self) {
    wadi__task *task = self->task;
    size_t row_size = self->shape->row_size;
    self->rows = wadi__task_room(task, WADI__WINDOW_BATCH * row_size);
    self->accs_room = wadi__task_room(task, WADI__WINDOW_BATCH * row_size);
    self->accs = wadi__task_room(task, WADI__WINDOW_BATCH * sizeof *self->accs);
    self->numbers = wadi__task_room(task, WADI__WINDOW_BATCH * sizeof *self->numbers);
    self->selected = wadi__task_room(task, WADI__WINDOW_BATCH * sizeof *self->selected);
    self->at = wadi__task_room(task, (WADI__WINDOW_BATCH + 1) * sizeof *self->at); /* as filter.c */
    self->is_new = wadi__task_room(task, WADI__WINDOW_BATCH * sizeof *self->is_new);
    wadi__window_find_lanes(self);
    return !task->user.failed && open_site(self, &self->fn, self->by->rdd->fn) &&
           open_site(self, &self->inverse, self->by->rdd->merge) &&
           open_site(self, &self->filter, self->by->spec->filter);
}
static void release(wadi__window_apply *self) {
    for (size_t i = 0; i < self->made.count; i++)
        wadi__window_pane_free(self->made.items[i], self->shape);
    wadi__vec_fini(&self->made);
    wadi__vec_fini(&self->added);
    wadi__vec_fini(&self->dropped);
    put_log(&self->log, self->shape->tail_size);
    wadi__pool_put(self->staged, self->staged_bytes);
    wadi__window_pane_free(self->entered_own, self->shape);
}
/* Room in the log for what enters and what leaves; each number is logged once. */
static bool expect_changes(wadi__window_apply *self) {
    const wadi__window_panes *of[] = {&self->part->panes, &self->made};
    uint64_t most = self->entered != NULL ? self->entered->count : 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0, n = wadi__window_leaving(self, of[i]); k < n; k++)
            most += of[i]->items[k]->count;
    uint32_t end = wadi__window_part_end(self->part, self->shape);
    return wadi__window_log_reserve(self, most < end ? (uint32_t)most : end);
}
/* The records, unless they are written when nothing can fail any more. */
static bool make_records(wadi__window_apply *self) {
    const bool is_inverse = self->by->spec->is_inverse;
    if (self->is_plain) return true;
    if (self->part->stacks.is_dense) return wadi__window_restack(self);
    return wadi__window_unite(self, self->made.items, self->made.count, &self->entered,
                              &self->entered_own) &&
           expect_changes(self) &&
           (is_inverse ? wadi__window_update(self) : wadi__window_restack(self));
}
bool wadi__window_part_apply(wadi__window_part *self, const wadi__window_task *by, int64_t time_ms,
                             const wadi__window_input *inputs, size_t count) {
    wadi__window_apply a = {
        .part = self, .by = by, .shape = by->shape, .task = by->task, .time_ms = time_ms};
    bool done = open_all(&a) && wadi__window_choose_form(&a) &&
                wadi__window_read(&a, inputs, count) && make_records(&a) &&
                (wadi__vec_reserve(&self->panes, a.made.count) || wadi__window_no_memory(&a));
    wadi__window_close_pane(&a);
    if (done)
        commit(&a);
    else
        roll_back(&a);
    release(&a);
    return done;
}
