/* SPDX-License-Identifier: Apache-2.0 */
/* window_panes.c: panes of what enters a window. */
#include "exec/input.h"
#include "exec/wide.h"
#include "exec/window_apply.h"

/* ---- Numbers ---- */

static bool number_rows(wadi__window_apply *self, const wadi__dictionary_rows *rows) {
    if (!self->shape->is_keyed) {
        memset(self->numbers, 0, rows->count * sizeof *self->numbers);
        return true;
    }
    if (!wadi__dictionary_number(&self->part->keys, rows, self->numbers, self->is_new))
        return wadi__window_no_memory(self);
    bool listed = wadi__vec_reserve(&self->added, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        if (!self->is_new[i]) continue;
        if (listed)
            self->added.items[self->added.count++] = self->numbers[i];
        else
            wadi__dictionary_remove(&self->part->keys, self->numbers[i]);
    }
    return (listed && wadi__window_part_widen(self->part, self->shape)) ||
           wadi__window_no_memory(self);
}

/* ---- Making panes ---- */

/* Ends the making of a pane: its numbers lose their places. */
void wadi__window_close_pane(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    if (self->open != NULL) part->places_base += self->open->count;
    self->open = NULL;
    if (part->places_base < UINT32_MAX / 2) return; /* a pane has less */
    memset(part->places, 0, part->room * sizeof *part->places);
    part->places_base = 0;
}
void wadi__window_open_pane(wadi__window_apply *self, wadi__window_pane *pane) {
    if (self->open == pane) return;
    wadi__window_close_pane(self);
    self->open = pane;
    for (uint32_t i = 0, base = self->part->places_base; i < pane->count; i++)
        self->part->places[pane->numbers[i]] = base + i + 1;
}
bool wadi__window_own_tails(wadi__window_apply *self, char *tails, size_t stride, size_t count,
                            wadi__arena *arena) {
    for (size_t i = 0; self->shape->has_strings && i < count; i++)
        if (!wadi__window_own_tail(self->shape, tails + i * stride, arena))
            return wadi__window_no_memory(self);
    return true;
}
/* Reduces records rows[selected[i]] into the open pane's entries at[i]. */
static bool reduce_into_pane(wadi__window_apply *self, const char *rows, const uint32_t *at,
                             size_t count) {
    const wadi__window_shape *shape = self->shape;
    wadi__window_pane *pane = self->open;
    if (count == 0) return true;
    for (size_t i = 0; i < count; i++) {
        char *acc = self->accs_room + i * shape->row_size;
        wadi__row_copy(acc, rows + self->selected[i] * shape->row_size, shape->key_size);
        wadi__row_copy(acc + shape->tail_at, pane->tails + at[i] * shape->tail_size,
                       shape->tail_size);
        self->accs[i] = acc;
    }
    wadi_call call = {.count = count, .in = rows, .rows = self->selected, .accs = self->accs};
    wadi__call_site_run(&self->fn, &call);
    if (wadi__window_apply_is_over(self)) return false;
    char *tails = self->accs_room + shape->tail_at;
    if (!wadi__window_own_tails(self, tails, shape->row_size, count, &pane->strings)) return false;
    for (size_t i = 0; i < count; i++)
        wadi__row_copy(pane->tails + at[i] * shape->tail_size, tails + i * shape->row_size,
                       shape->tail_size);
    return true;
}
/* add_to_pane() for lanes: each record is written to both places, since which of them counts is not
 * to be guessed. There is room for all. */
static inline __attribute__((always_inline)) void add_tails(wadi__window_apply *self,
                                                            const char *rows,
                                                            const uint32_t *picked, size_t count,
                                                            const size_t size) {
    const wadi__window_shape *shape = self->shape;
    wadi__window_pane *pane = self->open;
    uint32_t *places = self->part->places, *at = self->at, *numbers = pane->numbers;
    const uint32_t base = self->part->places_base;
    const char *tails = rows + shape->tail_at;
    char *own = pane->tails, *merging = self->accs_room;
    uint32_t end = pane->count, merged = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t number = self->numbers[i], place = places[number];
        const char *tail = tails + (picked != NULL ? picked[i] : i) * shape->row_size;
        const uint32_t is_there = place > base;
        numbers[end] = number;
        memcpy(own + end * size, tail, size);
        memcpy(merging + merged * size, tail, size);
        at[merged] = place - base - 1;
        merged += is_there;
        end += 1 - is_there;
        places[number] = is_there ? place : base + end;
    }
    pane->count = end;
    self->lanes->scatter(wadi__window_lanes(own), at, wadi__window_lanes(merging), merged,
                         self->lane_count);
}
static void add_lanes(wadi__window_apply *self, const char *rows, const uint32_t *picked,
                      size_t count) {
    if (self->lane_count == 1)
        add_tails(self, rows, picked, count, sizeof(uint64_t));
    else
        add_tails(self, rows, picked, count, self->shape->tail_size);
}
/* Puts records with self->numbers into the open pane: as new entries, or reduced into those that
 * are there; or both later. A number comes once in a call. */
static bool add_to_pane(wadi__window_apply *self, const char *rows, const uint32_t *picked,
                        size_t count) {
    const wadi__window_shape *shape = self->shape;
    wadi__window_pane *pane = self->open;
    if (self->is_listed) return wadi__window_list_rows(self, rows, picked, count);
    uint32_t *places = self->part->places, first = pane->count;
    const uint32_t base = self->part->places_base;
    size_t merged = 0;
    if (!wadi__window_pane_reserve(pane, shape, (uint32_t)count))
        return wadi__window_no_memory(self);
    for (size_t i = 0; i < count; i++) __builtin_prefetch(&places[self->numbers[i]], 1);
    if (self->lanes != NULL) {
        add_lanes(self, rows, picked, count);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t number = self->numbers[i], row = picked != NULL ? picked[i] : (uint32_t)i;
        if (places[number] > base) {
            self->at[merged] = places[number] - base - 1;
            __builtin_prefetch(pane->tails + self->at[merged] * shape->tail_size, 1);
            self->selected[merged++] = row;
            continue;
        }
        pane->numbers[pane->count] = number;
        wadi__row_copy(pane->tails + pane->count * shape->tail_size,
                       rows + row * shape->row_size + shape->tail_at, shape->tail_size);
        places[number] = base + ++pane->count;
    }
    return wadi__window_own_tails(self, pane->tails + first * shape->tail_size, shape->tail_size,
                                  pane->count - first, &pane->strings) &&
           reduce_into_pane(self, rows, self->at, merged);
}

typedef struct reading { /* a sink for partial aggregates */
    wadi__sink sink;
    wadi__window_apply *self;
    wadi__key_hashes hashes;
} reading;
static void reading_push(wadi__sink *sink, const wadi__slice *in) {
    reading *from = (reading *)sink;
    wadi__window_apply *self = from->self;
    const size_t size = self->shape->row_size;
    const uint64_t *hashes = NULL;
    if (in->count == 0 || wadi__window_apply_is_over(self)) return;
    if (self->shape->is_keyed && (hashes = wadi__key_hashes_of(&from->hashes, in)) == NULL) return;
    for (uint32_t done = 0; done < in->count && !wadi__window_apply_is_over(self);
         done += WADI__WINDOW_BATCH) {
        size_t left = in->count - done;
        wadi__dictionary_rows rows = {
            .rows = in->selected != NULL ? in->rows : (const char *)in->rows + done * size,
            .row_size = size,
            .selected = in->selected != NULL ? in->selected + done : NULL,
            .hashes = hashes != NULL ? hashes + done : NULL,
            .count = left < WADI__WINDOW_BATCH ? left : WADI__WINDOW_BATCH};
        rows.ahead = left - rows.count;
        if (!number_rows(self, &rows) || !add_to_pane(self, rows.rows, rows.selected, rows.count))
            return;
    }
}
/* The open pane, if there is one, has all its entries. */
static bool end_pane(wadi__window_apply *self) {
    if (self->open == NULL) return true;
    if (!self->is_listed) {
        self->part->listed = self->open->count;
        return true;
    }
    const bool ended = wadi__window_end_list(self);
    self->open = NULL; /* it has no places */
    return ended;
}
/* The pane that ends then becomes the open one. */
static bool open_pane_at(wadi__window_apply *self, int64_t end_ms) {
    wadi__window_pane *last = self->made.count > 0 ? self->made.items[self->made.count - 1] : NULL;
    if (last != NULL && last->end_ms == end_ms) return true; /* it is open */
    if (!end_pane(self)) return false;
    wadi__window_pane *pane = wadi__window_pane_new(end_ms);
    if (pane == NULL || !wadi__vec_push(&self->made, pane)) {
        wadi__window_pane_free(pane, self->shape);
        return wadi__window_no_memory(self);
    }
    wadi__window_open_pane(self, pane);
    wadi__window_begin_list(self);
    if (self->part->stacks.is_dense) return true;
    size_t before = self->part->panes.count; /* it will be about as large as the one before */
    uint32_t expected = before > 0 ? self->part->panes.items[before - 1]->count : 0;
    expected += expected / 16;
    return wadi__window_pane_reserve(pane, self->shape, expected) || wadi__window_no_memory(self);
}
/* Columns that are larger than the cache had better be gone through from one end to the other. */
static bool is_to_be_ordered(const wadi__window_apply *self, const wadi__window_pane *pane) {
    enum { ENTRIES_MIN = 1 << 10, KEYS_MIN = 1 << 15 };
    return wadi__window_drifts(self) ||
           (self->lanes == NULL && pane->count >= ENTRIES_MIN &&
            wadi__window_part_end(self->part, self->shape) >= KEYS_MIN);
}
bool wadi__window_read(wadi__window_apply *self, const wadi__window_input *inputs, size_t count) {
    const wadi__window_task *by = self->by;
    for (size_t i = 0; i < count; i++) {
        int64_t end_ms = wadi__window_pane_end(by->spec, self->time_ms, inputs[i].time_ms);
        if (!by->spec->is_inverse && wadi__window_has_left(self, end_ms)) continue;
        if (!open_pane_at(self, end_ms)) return false;
        reading from = {.sink = {.push = reading_push, .wants_hashes = self->shape->is_keyed},
                        .self = self};
        from.hashes = wadi__key_hashes_for(by->rdd, inputs[i].parent, false, self->task);
        wadi__input_drain(by->rdd, inputs[i].parent, by->partition, self->task, &from.sink);
        if (wadi__window_apply_is_over(self)) return false;
    }
    if (!end_pane(self)) return false;
    for (size_t i = 0; i < self->made.count; i++)
        if (is_to_be_ordered(self, self->made.items[i]) &&
            !wadi__window_order(self, self->made.items[i]))
            return false;
    return true;
}

/* ---- Whole records of a pane's entries ---- */

void wadi__window_expand(wadi__window_apply *self, const wadi__window_pane *pane, uint32_t from,
                         size_t count) {
    const wadi__window_shape *shape = self->shape;
    const wadi__window_part *part = self->part;
    for (size_t i = 0; i < count; i++) {
        if (i + WADI__WINDOW_AHEAD < count) {
            uint32_t later = pane->numbers[from + i + WADI__WINDOW_AHEAD];
            __builtin_prefetch(part->tails + later * shape->tail_size, 1);
            if (shape->is_keyed) __builtin_prefetch(wadi__dictionary_key(&part->keys, later));
        }
        wadi__window_whole(self, self->rows + i * shape->row_size, pane->numbers[from + i],
                           pane->tails + (from + i) * shape->tail_size);
    }
}
bool wadi__window_unite(wadi__window_apply *self, wadi__window_pane *const *panes, size_t count,
                        wadi__window_pane **united, wadi__window_pane **own) {
    *united = count == 1 ? panes[0] : NULL;
    if (count <= 1) return true;
    if ((*own = wadi__window_pane_new(panes[count - 1]->end_ms)) == NULL)
        return wadi__window_no_memory(self);
    wadi__window_open_pane(self, *united = *own);
    for (size_t p = 0; p < count; p++)
        for (uint32_t from = 0; from < panes[p]->count; from += WADI__WINDOW_BATCH) {
            size_t n = wadi__window_entries(panes[p], from);
            wadi__window_expand(self, panes[p], from, n);
            memcpy(self->numbers, panes[p]->numbers + from, n * sizeof *self->numbers);
            if (!add_to_pane(self, self->rows, NULL, n)) return false;
        }
    wadi__window_close_pane(self);
    return true;
}
