/* SPDX-License-Identifier: Apache-2.0 */
/* window_update.c: new = f(inverse(old, left), entered), after Spark's ReducedWindowedDStream, for
 * the keys that left or entered; what left and what entered are reduced among themselves first. */
#include "data/print.h"
#include "exec/window_apply.h"

static bool no_value(wadi__window_apply *self, uint32_t number) {
    wadi__text text = {0};
    if (self->shape->is_keyed)
        wadi__print_value(&text, self->shape->type->key,
                          wadi__dictionary_key(&self->part->keys, number));
    wadi__task_fail(
        self->task, WADI_E_STATE,
        "Neither previous window has value for key, nor new values found: %.*s; a filter must "
        "drop no key that still has records in the window, unless its value is as good as none",
        (int)(text.size < 100 ? text.size : 100), text.bytes != NULL ? text.bytes : "");
    wadi__text_fini(&text);
    return false;
}
/* Whether no pane has a number of a record that drifts any more; those that leave are not counted.
 */
static bool is_last(const wadi__window_apply *self, uint32_t number) {
    const wadi__window_part *part = self->part;
    return wadi__window_drifts(self) && part->panes_with[number] == 0 &&
           !wadi__window_has_place(part, number) &&
           (part->flags[number] & WADI__WINDOW_PARTIAL) == 0;
}
/* What leaves, the expanded row, is all that there is of a number: taken from itself, it leaves no
 * rest. */
static void leave_no_rest(wadi__window_apply *self, uint32_t number, uint32_t row) {
    const wadi__window_shape *shape = self->shape;
    char *tail = self->rows + row * shape->row_size + shape->tail_at;
    wadi__window_make_finite(shape, tail);
    wadi__row_copy(wadi__window_tail(self, number), tail, shape->tail_size);
}
static bool take_out(wadi__window_apply *self, const wadi__window_pane *pane) {
    for (uint32_t from = 0; pane != NULL && from < pane->count; from += WADI__WINDOW_BATCH) {
        size_t n = wadi__window_entries(pane, from), changed = 0;
        wadi__window_expand(self, pane, from, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t number = pane->numbers[from + i];
            if (!wadi__window_has(self, number)) {
                if (!wadi__window_has_place(self->part, number)) return no_value(self, number);
                continue; /* it begins with what enters */
            }
            if (!wadi__window_log(self, number)) return false;
            if (is_last(self, number)) leave_no_rest(self, number, (uint32_t)i);
            self->at[changed] = number;
            self->selected[changed++] = (uint32_t)i;
        }
        if (!wadi__window_change(self, &self->inverse, changed)) return false;
    }
    return true;
}
static bool put_in(wadi__window_apply *self, const wadi__window_pane *pane) {
    for (uint32_t from = 0; pane != NULL && from < pane->count; from += WADI__WINDOW_BATCH) {
        size_t n = wadi__window_entries(pane, from), changed = 0;
        wadi__window_expand(self, pane, from, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t number = pane->numbers[from + i];
            if (!wadi__window_log(self, number)) return false;
            if (wadi__window_has(self, number)) {
                self->at[changed] = number;
                self->selected[changed++] = (uint32_t)i;
                continue;
            }
            self->part->flags[number] |= WADI__WINDOW_HAS;
            if (!wadi__window_put_tail(self, number,
                                       pane->tails + (from + i) * self->shape->tail_size))
                return false;
        }
        if (!wadi__window_change(self, &self->fn, changed)) return false;
    }
    return true;
}
/* Runs the filter over the records of numbers self->selected; what it does not keep is dropped. */
static bool filter_some(wadi__window_apply *self, size_t count) {
    for (size_t i = 0; i < count; i++)
        wadi__window_whole(self, self->rows + i * self->shape->row_size, self->selected[i],
                           wadi__window_tail(self, self->selected[i]));
    wadi_call call = {.count = count, .in = self->rows, .selected = self->at};
    wadi__call_site_run(&self->filter, &call);
    if (wadi__window_apply_is_over(self)) return false;
    for (size_t i = 0, kept = 0; i < count; i++) {
        uint32_t number = self->selected[i];
        if (kept < call.selected_count && self->at[kept] == i) {
            kept++;
            continue;
        }
        if (!wadi__window_log(self, number)) return false;
        if (!wadi__vec_push(&self->dropped, number)) return wadi__window_no_memory(self);
        self->part->flags[number] &= (uint8_t)~WADI__WINDOW_HAS;
        self->part->flags[number] |= WADI__WINDOW_PARTIAL; /* until no pane has it */
    }
    return true;
}
/* Only the records that have changed: enough for a function that looks at nothing else. */
static bool filter_changed(wadi__window_apply *self) {
    const size_t changed = self->log.count;
    for (size_t i = 0; i < changed;) {
        size_t count = 0;
        for (; i < changed && count < WADI__WINDOW_BATCH; i++)
            if (wadi__window_has(self, self->log.items[i].number))
                self->selected[count++] = self->log.items[i].number;
        if (count > 0 && !filter_some(self, count)) return false;
    }
    return true;
}
static bool filter_all(wadi__window_apply *self) {
    uint32_t end = wadi__window_part_end(self->part, self->shape), n = 0;
    while (n < end) {
        size_t count = 0;
        for (; n < end && count < WADI__WINDOW_BATCH; n++)
            if (wadi__window_has(self, n)) self->selected[count++] = n;
        if (count > 0 && !filter_some(self, count)) return false;
    }
    return true;
}

/* ---- A step ---- */

static bool list_leaving(wadi__window_apply *self, wadi__window_panes *leaving) {
    const wadi__window_panes *of[] = {&self->part->panes, &self->made};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0, n = wadi__window_leaving(self, of[i]); k < n; k++)
            if (!wadi__vec_push(leaving, of[i]->items[k])) return wadi__window_no_memory(self);
    return true;
}
/* Counts the panes that leave out of those that numbers are in, or in again. */
static void count_out(wadi__window_apply *self, const wadi__window_panes *leaving, uint32_t by) {
    for (size_t p = 0; p < leaving->count; p++)
        for (uint32_t i = 0; i < leaving->items[p]->count; i++)
            self->part->panes_with[leaving->items[p]->numbers[i]] += by;
}
static bool take_out_all(wadi__window_apply *self) {
    wadi__window_panes leaving = {0};
    wadi__window_pane *left = NULL, *own = NULL;
    bool done = list_leaving(self, &leaving) &&
                wadi__window_unite(self, leaving.items, leaving.count, &left, &own);
    if (done && self->entered != NULL) wadi__window_open_pane(self, self->entered);
    if (wadi__window_drifts(self)) count_out(self, &leaving, UINT32_MAX); /* one less */
    done = done && take_out(self, left);
    if (wadi__window_drifts(self)) count_out(self, &leaving, 1);
    if (own != NULL && self->open == own) wadi__window_close_pane(self);
    wadi__window_pane_free(own, self->shape);
    wadi__vec_fini(&leaving);
    return done;
}
bool wadi__window_update(wadi__window_apply *self) {
    const wadi__bound_fn *filter = self->by->spec->filter;
    return take_out_all(self) && put_in(self, self->entered) &&
           (!wadi__window_drifts(self) || wadi__window_rebuild(self)) &&
           (filter == NULL || (filter->ready != NULL ? filter_changed(self) : filter_all(self)));
}
