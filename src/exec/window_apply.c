/* SPDX-License-Identifier: Apache-2.0 */
/* window_apply.c: one step of a window's partition: panes of what enters, then the records.
 *
 * With an inverse: new = f(inverse(old, left), entered), after Spark's ReducedWindowedDStream, for
 * the keys that left or entered; what left and what entered are reduced among themselves first.
 * Without one the records are reduced anew from the panes. */
#include "data/print.h"
#include "exec/input.h"
#include "exec/wide.h"
#include "exec/window_part.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = WADI__DICTIONARY_BATCH };

typedef struct logged {
    uint32_t number;
    bool had; /* a record, whose tail lies in the log's tails */
} logged;

typedef struct apply {
    wadi__window_part *part;
    const wadi__window_task *by;
    const wadi__window_shape *shape;
    wadi__task *task;
    int64_t time_ms;
    wadi__call_site fn, inverse, filter;
    wadi__window_panes made;           /* of this step, in order of time */
    wadi__window_pane *left, *entered; /* with an inverse: what goes and comes; NULL: nothing */
    wadi__window_pane *left_own, *entered_own; /* the same, if they were made for that alone */
    wadi__window_pane *open;                   /* whose numbers have places; NULL: none */
    WADI__VEC(uint32_t) added;                 /* numbers given in this step */
    WADI__VEC(uint32_t) dropped;               /* by the filter */
    WADI__VEC(logged) log;
    WADI__VEC(char) log_tails;
    /* For up to BATCH records: */
    char *rows, *accs_room;
    void **accs;
    uint32_t *numbers, *selected, *passed, *at;
    bool *is_new;
} apply;

static bool no_memory(const apply *self) {
    wadi__task_fail(self->task, WADI_E_NOMEM, "no memory for a window of %u keys",
                    self->part->keys.count);
    return false;
}
static bool is_over(const apply *self) { return wadi__task_is_over(self->task); }

/* ---- Numbers ---- */

static bool number_rows(apply *self, const wadi__dictionary_rows *rows) {
    if (!self->shape->is_keyed) {
        memset(self->numbers, 0, rows->count * sizeof *self->numbers);
        return true;
    }
    if (!wadi__dictionary_number(&self->part->keys, rows, self->numbers, self->is_new))
        return no_memory(self);
    bool listed = wadi__vec_reserve(&self->added, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        if (!self->is_new[i]) continue;
        if (listed)
            self->added.items[self->added.count++] = self->numbers[i];
        else
            wadi__dictionary_remove(&self->part->keys, self->numbers[i]);
    }
    return (listed && wadi__window_part_widen(self->part, self->shape)) || no_memory(self);
}

/* ---- Making panes ---- */

/* Ends the making of a pane: its numbers lose their places. */
static void close_pane(apply *self) {
    for (uint32_t i = 0; self->open != NULL && i < self->open->count; i++)
        self->part->places[self->open->numbers[i]] = 0;
    self->open = NULL;
}
static void open_pane(apply *self, wadi__window_pane *pane) {
    close_pane(self);
    self->open = pane;
    for (uint32_t i = 0; i < pane->count; i++) self->part->places[pane->numbers[i]] = i + 1;
}
static bool own_tails(apply *self, char *tails, size_t stride, size_t count, wadi__arena *arena) {
    for (size_t i = 0; self->shape->has_strings && i < count; i++)
        if (!wadi__window_own_tail(self->shape, tails + i * stride, arena)) return no_memory(self);
    return true;
}
/* Reduces records rows[selected[i]] into the open pane's entries at[i]. */
static bool reduce_into_pane(apply *self, const char *rows, const uint32_t *at, size_t count) {
    const wadi__window_shape *shape = self->shape;
    wadi__window_pane *pane = self->open;
    if (count == 0) return true;
    for (size_t i = 0; i < count; i++) {
        char *acc = self->accs_room + i * shape->row_size;
        memcpy(acc, rows + self->selected[i] * shape->row_size, shape->key_size);
        memcpy(acc + shape->key_size, pane->tails + at[i] * shape->tail_size, shape->tail_size);
        self->accs[i] = acc;
    }
    wadi_call call = {.count = count, .in = rows, .rows = self->selected, .accs = self->accs};
    wadi__call_site_run(&self->fn, &call);
    if (is_over(self)) return false;
    char *tails = self->accs_room + shape->key_size;
    if (!own_tails(self, tails, shape->row_size, count, &pane->strings)) return false;
    for (size_t i = 0; i < count; i++)
        memcpy(pane->tails + at[i] * shape->tail_size, tails + i * shape->row_size,
               shape->tail_size);
    return true;
}
/* Puts records with self->numbers into the open pane: as new entries, or reduced into those that
 * are there. A number comes once in a call. */
static bool add_to_pane(apply *self, const char *rows, const uint32_t *picked, size_t count) {
    const wadi__window_shape *shape = self->shape;
    wadi__window_pane *pane = self->open;
    uint32_t *places = self->part->places, first = pane->count;
    size_t merged = 0;
    if (!wadi__window_pane_reserve(pane, shape, (uint32_t)count)) return no_memory(self);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = self->numbers[i], row = picked != NULL ? picked[i] : (uint32_t)i;
        if (places[number] != 0) {
            self->at[merged] = places[number] - 1;
            self->selected[merged++] = row;
            continue;
        }
        pane->numbers[pane->count] = number;
        memcpy(pane->tails + pane->count * shape->tail_size,
               rows + row * shape->row_size + shape->key_size, shape->tail_size);
        places[number] = ++pane->count;
    }
    return own_tails(self, pane->tails + first * shape->tail_size, shape->tail_size,
                     pane->count - first, &pane->strings) &&
           reduce_into_pane(self, rows, self->at, merged);
}

typedef struct reading { /* a sink for partial aggregates */
    wadi__sink sink;
    apply *self;
    wadi__key_hashes hashes;
} reading;
static void reading_push(wadi__sink *sink, const wadi__slice *in) {
    reading *from = (reading *)sink;
    apply *self = from->self;
    const size_t size = self->shape->row_size;
    const uint64_t *hashes = NULL;
    if (in->count == 0 || is_over(self)) return;
    if (self->shape->is_keyed && (hashes = wadi__key_hashes_of(&from->hashes, in)) == NULL) return;
    for (uint32_t done = 0; done < in->count && !is_over(self); done += BATCH) {
        size_t left = in->count - done;
        wadi__dictionary_rows rows = {
            .rows = in->selected != NULL ? in->rows : (const char *)in->rows + done * size,
            .row_size = size,
            .selected = in->selected != NULL ? in->selected + done : NULL,
            .hashes = hashes != NULL ? hashes + done : NULL,
            .count = left < BATCH ? left : BATCH};
        rows.ahead = left - rows.count;
        if (!number_rows(self, &rows) || !add_to_pane(self, rows.rows, rows.selected, rows.count))
            return;
    }
}
static bool has_left(const apply *self, int64_t end_ms) {
    return end_ms <= self->time_ms - self->by->spec->window_ms;
}
/* The pane that ends then becomes the open one. */
static bool open_pane_at(apply *self, int64_t end_ms) {
    wadi__window_pane *last = self->made.count > 0 ? self->made.items[self->made.count - 1] : NULL;
    if (last != NULL && last->end_ms == end_ms) return true; /* it is open */
    wadi__window_pane *pane = wadi__window_pane_new(end_ms);
    if (pane == NULL || !wadi__vec_push(&self->made, pane)) {
        wadi__window_pane_free(pane, self->shape);
        return no_memory(self);
    }
    open_pane(self, pane);
    return true;
}
static bool read_inputs(apply *self, const wadi__window_input *inputs, size_t count) {
    const wadi__window_task *by = self->by;
    for (size_t i = 0; i < count; i++) {
        int64_t end_ms = wadi__window_pane_end(by->spec, self->time_ms, inputs[i].time_ms);
        if (!by->spec->is_inverse && has_left(self, end_ms)) continue;
        if (!open_pane_at(self, end_ms)) return false;
        reading from = {.sink.push = reading_push, .self = self};
        from.hashes = wadi__key_hashes_for(by->rdd, inputs[i].parent, false, self->task);
        wadi__input_drain(by->rdd, inputs[i].parent, by->partition, self->task, &from.sink);
        if (is_over(self)) return false;
    }
    return true;
}

/* ---- Whole records of a pane's entries ---- */

static void expand(apply *self, const wadi__window_pane *pane, uint32_t from, size_t count) {
    const wadi__window_shape *shape = self->shape;
    for (size_t i = 0; i < count; i++) {
        char *row = self->rows + i * shape->row_size;
        uint32_t number = pane->numbers[from + i];
        if (shape->is_keyed)
            memcpy(row, wadi__dictionary_key(&self->part->keys, number), shape->key_size);
        memcpy(row + shape->key_size, pane->tails + (from + i) * shape->tail_size,
               shape->tail_size);
    }
}
static size_t batch_of(const wadi__window_pane *pane, uint32_t from) {
    return pane->count - from < BATCH ? pane->count - from : BATCH;
}
/* Some panes as one. *own is set when it had to be made. */
static bool unite(apply *self, wadi__window_pane *const *panes, size_t count,
                  wadi__window_pane **united, wadi__window_pane **own) {
    *united = count == 1 ? panes[0] : NULL;
    if (count <= 1) return true;
    if ((*own = wadi__window_pane_new(panes[count - 1]->end_ms)) == NULL) return no_memory(self);
    open_pane(self, *united = *own);
    for (size_t p = 0; p < count; p++)
        for (uint32_t from = 0; from < panes[p]->count; from += BATCH) {
            size_t n = batch_of(panes[p], from);
            expand(self, panes[p], from, n);
            memcpy(self->numbers, panes[p]->numbers + from, n * sizeof *self->numbers);
            if (!add_to_pane(self, self->rows, NULL, n)) return false;
        }
    return true;
}

/* ---- Changing records ---- */

static char *row_of(const apply *self, uint32_t number) {
    return self->part->rows + number * self->shape->row_size;
}
static bool log_row(apply *self, uint32_t number) {
    uint8_t *flags = &self->part->flags[number];
    size_t size = self->shape->tail_size;
    if ((*flags & WADI__WINDOW_LOGGED) != 0) return true;
    bool had = (*flags & WADI__WINDOW_HAS) != 0;
    if ((had && !wadi__vec_reserve(&self->log_tails, size)) ||
        !wadi__vec_push(&self->log, (logged){number, had}))
        return no_memory(self);
    if (had) {
        memcpy(self->log_tails.items + self->log_tails.count,
               row_of(self, number) + self->shape->key_size, size);
        self->log_tails.count += size;
    }
    *flags |= WADI__WINDOW_LOGGED;
    return true;
}
static void put_back(apply *self) {
    size_t size = self->shape->tail_size, tail = 0;
    for (size_t i = 0; i < self->log.count; i++) {
        const logged *entry = &self->log.items[i];
        self->part->flags[entry->number] = entry->had ? WADI__WINDOW_HAS : 0;
        if (!entry->had) continue;
        memcpy(row_of(self, entry->number) + self->shape->key_size, self->log_tails.items + tail,
               size);
        tail += size;
    }
}
/* Calls a function for records self->rows[self->selected[i]] and those at self->accs[i]. */
static bool change(apply *self, wadi__call_site *site, size_t count) {
    if (count == 0) return true;
    wadi_call call = {.count = count, .in = self->rows, .rows = self->selected, .accs = self->accs};
    wadi__call_site_run(site, &call);
    for (size_t i = 0; self->shape->has_strings && i < count && !is_over(self); i++)
        own_tails(self, (char *)self->accs[i] + self->shape->key_size, 0, 1,
                  &self->part->strings->arena);
    return !is_over(self);
}
static bool no_value(apply *self, uint32_t number) {
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
static bool take_out(apply *self, const wadi__window_pane *pane) {
    for (uint32_t from = 0; pane != NULL && from < pane->count; from += BATCH) {
        size_t n = batch_of(pane, from), changed = 0;
        expand(self, pane, from, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t number = pane->numbers[from + i];
            if ((self->part->flags[number] & WADI__WINDOW_HAS) == 0) {
                if (self->part->places[number] == 0) return no_value(self, number);
                continue; /* it begins with what enters */
            }
            if (!log_row(self, number)) return false;
            self->accs[changed] = row_of(self, number);
            self->selected[changed++] = (uint32_t)i;
        }
        if (!change(self, &self->inverse, changed)) return false;
    }
    return true;
}
static bool put_in(apply *self, const wadi__window_pane *pane, bool is_logged) {
    for (uint32_t from = 0; pane != NULL && from < pane->count; from += BATCH) {
        size_t n = batch_of(pane, from), changed = 0;
        expand(self, pane, from, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t number = pane->numbers[from + i];
            char *row = row_of(self, number);
            bool has = (self->part->flags[number] & WADI__WINDOW_HAS) != 0;
            if (is_logged && !log_row(self, number)) return false;
            if (has) {
                self->accs[changed] = row;
                self->selected[changed++] = (uint32_t)i;
                continue;
            }
            memcpy(row, self->rows + i * self->shape->row_size, self->shape->row_size);
            self->part->flags[number] |= WADI__WINDOW_HAS;
            if (self->shape->has_strings &&
                !own_tails(self, row + self->shape->key_size, 0, 1, &self->part->strings->arena))
                return false;
        }
        if (!change(self, &self->fn, changed)) return false;
    }
    return true;
}
/* Runs the filter over self->selected; the others are dropped. */
static bool filter_some(apply *self, size_t count) {
    wadi_call call = {
        .count = count, .in = self->part->rows, .rows = self->selected, .selected = self->passed};
    wadi__call_site_run(&self->filter, &call);
    if (is_over(self)) return false;
    for (size_t i = 0, kept = 0; i < count; i++) {
        uint32_t number = self->selected[i];
        if (kept < call.selected_count && self->passed[kept] == number) {
            kept++;
            continue;
        }
        if (!log_row(self, number)) return false;
        if (!wadi__vec_push(&self->dropped, number)) return no_memory(self);
        self->part->flags[number] &= (uint8_t)~WADI__WINDOW_HAS;
    }
    return true;
}
static bool filter_all(apply *self) {
    uint32_t end = wadi__window_part_end(self->part, self->shape), n = 0;
    while (n < end) {
        size_t count = 0;
        for (; n < end && count < BATCH; n++)
            if ((self->part->flags[n] & WADI__WINDOW_HAS) != 0) self->selected[count++] = n;
        if (count > 0 && !filter_some(self, count)) return false;
    }
    return true;
}

/* ---- A step ---- */

/* The panes of the partition that leave, and then those of the step that do so at once. */
static size_t leaving_of(const apply *self, const wadi__window_panes *panes) {
    size_t count = 0;
    while (count < panes->count && has_left(self, panes->items[count]->end_ms)) count++;
    return count;
}
static bool list_leaving(apply *self, wadi__window_panes *leaving) {
    const wadi__window_panes *of[] = {&self->part->panes, &self->made};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0, n = leaving_of(self, of[i]); k < n; k++)
            if (!wadi__vec_push(leaving, of[i]->items[k])) return no_memory(self);
    return true;
}
static bool update(apply *self) {
    wadi__window_panes leaving = {0};
    bool done = list_leaving(self, &leaving) &&
                unite(self, leaving.items, leaving.count, &self->left, &self->left_own) &&
                unite(self, self->made.items, self->made.count, &self->entered, &self->entered_own);
    wadi__vec_fini(&leaving);
    if (!done) return false;
    close_pane(self);
    if (self->entered != NULL) open_pane(self, self->entered);
    return take_out(self, self->left) && put_in(self, self->entered, true) &&
           (self->by->spec->filter == NULL || filter_all(self));
}
static bool reduce_anew(apply *self) {
    wadi__window_part *part = self->part;
    part->is_stale = true;
    if (part->room > 0) memset(part->flags, 0, part->room * sizeof *part->flags);
    for (size_t i = leaving_of(self, &part->panes); i < part->panes.count; i++)
        if (!put_in(self, part->panes.items[i], false)) return false;
    for (size_t i = 0; i < self->made.count; i++)
        if (!put_in(self, self->made.items[i], false)) return false;
    return true;
}
static void free_if_unused(apply *self, uint32_t number) {
    wadi__window_part *part = self->part;
    if (!self->shape->is_keyed || part->panes_with[number] > 0 ||
        (part->flags[number] & WADI__WINDOW_HAS) != 0)
        return;
    if (wadi__dictionary_has(&part->keys, number)) wadi__dictionary_remove(&part->keys, number);
}
static void drop_panes(apply *self, wadi__window_panes *panes) {
    size_t gone = leaving_of(self, panes);
    for (size_t p = 0; p < gone; p++) {
        const wadi__window_pane *pane = panes->items[p];
        for (uint32_t i = 0; i < pane->count; i++) self->part->panes_with[pane->numbers[i]]--;
        for (uint32_t i = 0; i < pane->count; i++) free_if_unused(self, pane->numbers[i]);
        wadi__window_pane_free(panes->items[p], self->shape);
    }
    panes->count -= gone;
    if (gone > 0)
        memmove(panes->items, panes->items + gone, panes->count * sizeof(wadi__window_pane *));
}
/* Nothing can fail any more. */
static void commit(apply *self) {
    wadi__window_part *part = self->part;
    for (size_t i = 0; i < self->log.count; i++)
        part->flags[self->log.items[i].number] &= (uint8_t)~WADI__WINDOW_LOGGED;
    for (size_t p = 0; p < self->made.count; p++) {
        const wadi__window_pane *pane = self->made.items[p];
        for (uint32_t i = 0; i < pane->count; i++) part->panes_with[pane->numbers[i]]++;
        part->panes.items[part->panes.count++] = self->made.items[p];
    }
    self->made.count = 0;
    if (!self->by->spec->is_inverse) part->is_stale = false;
    drop_panes(self, &part->panes);
    for (size_t i = 0; i < self->dropped.count; i++) free_if_unused(self, self->dropped.items[i]);
    wadi__window_part_tidy(part, self->shape);
}
static void roll_back(apply *self) {
    wadi__window_part *part = self->part;
    put_back(self);
    if (part->is_stale && part->room > 0) memset(part->flags, 0, part->room * sizeof *part->flags);
    for (size_t i = 0; i < self->added.count; i++)
        wadi__dictionary_remove(&part->keys, self->added.items[i]);
}
static bool open_site(apply *self, wadi__call_site *site, const wadi__bound_fn *fn) {
    return fn == NULL || wadi__call_site_init(site, self->by->rdd, fn, self->task);
}
static bool open_all(apply *self) {
    wadi__task *task = self->task;
    size_t row_size = self->shape->row_size;
    self->rows = wadi__task_room(task, BATCH * row_size);
    self->accs_room = wadi__task_room(task, BATCH * row_size);
    self->accs = wadi__task_room(task, BATCH * sizeof *self->accs);
    self->numbers = wadi__task_room(task, BATCH * sizeof *self->numbers);
    self->selected = wadi__task_room(task, BATCH * sizeof *self->selected);
    self->passed = wadi__task_room(task, (BATCH + 1) * sizeof *self->passed); /* as filter.c */
    self->at = wadi__task_room(task, BATCH * sizeof *self->at);
    self->is_new = wadi__task_room(task, BATCH * sizeof *self->is_new);
    return !task->user.failed && open_site(self, &self->fn, self->by->rdd->fn) &&
           open_site(self, &self->inverse, self->by->rdd->merge) &&
           open_site(self, &self->filter, self->by->spec->filter);
}
static void release(apply *self) {
    close_pane(self);
    for (size_t i = 0; i < self->made.count; i++)
        wadi__window_pane_free(self->made.items[i], self->shape);
    wadi__window_pane_free(self->left_own, self->shape);
    wadi__window_pane_free(self->entered_own, self->shape);
    wadi__vec_fini(&self->made);
    wadi__vec_fini(&self->added);
    wadi__vec_fini(&self->dropped);
    wadi__vec_fini(&self->log);
    wadi__vec_fini(&self->log_tails);
}
bool wadi__window_part_apply(wadi__window_part *self, const wadi__window_task *by, int64_t time_ms,
                             const wadi__window_input *inputs, size_t count) {
    apply a = {.part = self, .by = by, .shape = by->shape, .task = by->task, .time_ms = time_ms};
    bool done = open_all(&a) && read_inputs(&a, inputs, count) &&
                (by->spec->is_inverse ? update(&a) : reduce_anew(&a)) &&
                (wadi__vec_reserve(&self->panes, a.made.count) || no_memory(&a));
    close_pane(&a);
    if (done)
        commit(&a);
    else
        roll_back(&a);
    release(&a);
    return done;
}
