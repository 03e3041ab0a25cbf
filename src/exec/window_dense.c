/* SPDX-License-Identifier: Apache-2.0 */
/* window_dense.c: the stacks of window_stacks.c as columns by number, for ready-made functions of
 * whole numbers, while most keys are in most panes.
 *
 * The lots are the same. A pane is a column: of its own values, and, when it has been turned, of
 * what it and the later panes of its lot make together; the middle and the back have a column each.
 * A window's records are three columns made into one, from end to end, which the processor reads
 * ahead. Where a column has nothing of a number, it has what changes nothing; bits tell.
 *
 * When the panes have become few beside the keys, columns become lists, links and cells, and the
 * other way round. So a pane knows which numbers are its own, also when it has been turned. */
#include "base/pool.h"
#include "exec/window_apply.h"
#include "exec/window_save.h"

/* Dense when the panes have a quarter of the keys, on the average; then until it is an eighth. */
enum { BECOMES_DENSE = 4, STAYS_DENSE = 8, BLOCK_LANES = 2048 };

/* ---- Columns ---- */

static void fill(const wadi__window_apply *self, wadi__window_column *column, uint32_t from) {
    uint64_t *lanes = wadi__window_lanes(column->tails);
    const uint64_t none = self->lanes->none;
    const size_t end = (size_t)column->room * self->lane_count;
    for (size_t i = (size_t)from * self->lane_count; i < end; i++) lanes[i] = none;
}
/* Bits for `room` numbers begin as some others. */
static void begin_bits(uint64_t *bits, uint32_t room, const uint64_t *from, uint32_t from_room) {
    const size_t words = wadi__window_words(room), copied = wadi__window_words(from_room);
    if (copied > 0) memcpy(bits, from, copied * sizeof *bits);
    memset(bits + copied, 0, (words - copied) * sizeof *bits);
}
/* NULL: no memory. */
static uint64_t *bits_new(uint32_t room, const uint64_t *from, uint32_t from_room) {
    uint64_t *bits = wadi__pool_get(wadi__window_words(room) * sizeof *bits);
    if (bits != NULL) begin_bits(bits, room, from, from_room);
    return bits;
}
bool wadi__window_column_room(const wadi__window_apply *self, wadi__window_column *column) {
    wadi__window_column made = {.room = self->part->room};
    made.tails = wadi__pool_get(made.room * self->shape->tail_size);
    made.has = wadi__pool_get(wadi__window_words(made.room) * sizeof *made.has);
    if (made.tails == NULL || made.has == NULL) {
        wadi__window_column_free(&made, self->shape);
        return false;
    }
    *column = made;
    return true;
}
/* Of all numbers; begins as another one. False: no memory. */
static bool column_copy(const wadi__window_apply *self, wadi__window_column *column,
                        const wadi__window_column *from) {
    wadi__window_column made;
    if (!wadi__window_column_room(self, &made)) return false;
    if (from->room > 0) memcpy(made.tails, from->tails, from->room * self->shape->tail_size);
    fill(self, &made, from->room);
    begin_bits(made.has, made.room, from->has, from->room);
    *column = made;
    return true;
}
static bool column_new(const wadi__window_apply *self, wadi__window_column *column) {
    return column_copy(self, column, &(wadi__window_column){0});
}
static bool column_widen(const wadi__window_apply *self, wadi__window_column *column) {
    wadi__window_column wider;
    if (column->room == self->part->room) return true;
    if (!column_copy(self, &wider, column)) return false;
    wadi__window_column_free(column, self->shape);
    *column = wider;
    return true;
}
static void merge_bits(uint64_t *to, const uint64_t *from, uint32_t room) {
    for (size_t w = 0; w < wadi__window_words(room); w++) to[w] |= from[w];
}
/* A column's own room is not less than that of what is put into it. */
static void column_merge(const wadi__window_apply *self, const wadi__window_column *to,
                         const wadi__window_column *from) {
    self->lanes->merge(wadi__window_lanes(to->tails), wadi__window_lanes(from->tails),
                       (size_t)from->room * self->lane_count);
    merge_bits(to->has, from->has, from->room);
}
static uint64_t word_of(const wadi__window_column *column, size_t w) {
    return column != NULL && w < wadi__window_words(column->room) ? column->has[w] : 0;
}
static void set_bit(uint64_t *bits, uint32_t number) {
    bits[number / 64] |= (uint64_t)1 << number % 64;
}
/* The next number of a word, which it is taken out of. */
static uint32_t take_number(uint64_t *word, size_t w) {
    uint32_t number = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(*word);
    *word &= *word - 1;
    return number;
}

/* ---- From lists to columns ---- */

/* `later` has been turned, and so has the pane: an entry is what it and the later ones make. */
static bool list_to_column(const wadi__window_apply *self, wadi__window_pane *pane,
                           const wadi__window_pane *later, bool is_turned) {
    const size_t size = self->shape->tail_size;
    const uint32_t room = self->part->room;
    const bool made = later != NULL ? column_copy(self, &pane->column, &later->column)
                                    : column_new(self, &pane->column);
    if (!made || (is_turned && (pane->own = bits_new(room, NULL, 0)) == NULL)) return false;
    for (uint32_t i = 0; i < pane->count; i++) {
        const uint32_t number = pane->numbers[i];
        wadi__row_copy(pane->column.tails + number * size, pane->tails + i * size, size);
        set_bit(pane->column.has, number);
        if (is_turned) set_bit(pane->own, number);
    }
    return true;
}
static bool lists_to_columns(const wadi__window_apply *self, uint64_t from, uint64_t last,
                             bool are_turned) {
    const wadi__window_part *part = self->part;
    for (uint64_t s = last; s >= from && s > 0; s--) {
        const bool has_later = are_turned && s < last;
        if (!list_to_column(self, wadi__window_pane_at(part, s),
                            has_later ? wadi__window_pane_at(part, s + 1) : NULL, are_turned))
            return false;
    }
    return true;
}
/* What panes from..last make together. */
static void sum_up(const wadi__window_apply *self, uint32_t sum, uint64_t from, uint64_t last) {
    for (uint64_t s = from; s <= last; s++)
        column_merge(self, &self->part->stacks.sums[sum],
                     &wadi__window_pane_at(self->part, s)->column);
}
static void put_columns(const wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    for (size_t i = 0; i < 2; i++) wadi__window_column_free(&part->stacks.sums[i], self->shape);
    for (size_t i = 0; i < part->panes.count; i++) {
        wadi__window_pane *pane = part->panes.items[i];
        wadi__pool_put(pane->own, wadi__window_words(pane->column.room) * sizeof *pane->own);
        pane->own = NULL;
        wadi__window_column_free(&pane->column, self->shape);
    }
}
static bool make_columns(const wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    wadi__window_stacks *stacks = &part->stacks;
    return lists_to_columns(self, part->panes.items[0]->sequence, stacks->front_end, true) &&
           lists_to_columns(self, stacks->front_end + 1, stacks->built_from - 1, false) &&
           lists_to_columns(self, stacks->built_from, stacks->middle_end, true) &&
           lists_to_columns(self, stacks->middle_end + 1, part->sequence, false) &&
           column_new(self, &stacks->sums[0]) && column_new(self, &stacks->sums[1]);
}
/* Without memory for it, it stays as it is. */
static bool become_dense(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    wadi__window_stacks *stacks = &part->stacks;
    while (stacks->built_count != 0)
        if (!wadi__window_turn(self, 1)) return false;
    if (!make_columns(self)) {
        put_columns(self);
        return true;
    }
    const bool has_turned = stacks->built_from <= stacks->middle_end;
    sum_up(self, stacks->middle, stacks->front_end + 1, stacks->built_from - !has_turned);
    sum_up(self, 1 - stacks->middle, stacks->middle_end + 1, part->sequence);
    for (size_t i = 0; i < part->panes.count; i++)
        wadi__window_pane_put_list(part->panes.items[i], self->shape);
    wadi__pool_put(stacks->cells, stacks->room * self->shape->cell_size);
    stacks->cells = NULL;
    stacks->room = 0;
    stacks->is_dense = true;
    return true;
}

/* ---- From columns to lists ---- */

static bool has_room_for_lists(const wadi__window_apply *self) {
    const wadi__window_panes *panes = &self->part->panes;
    for (size_t i = 0; i < panes->count; i++) {
        wadi__window_pane *pane = panes->items[i];
        pane->room = pane->count;
        pane->numbers = wadi__pool_get(pane->count * sizeof *pane->numbers);
        pane->tails = wadi__pool_get(pane->count * self->shape->tail_size);
        if (pane->own != NULL) pane->next = wadi__pool_get(pane->count * sizeof *pane->next);
        if (pane->numbers == NULL || pane->tails == NULL ||
            pane->count >> WADI__WINDOW_INDEX_BITS != 0 ||
            (pane->own != NULL && pane->next == NULL))
            return false;
    }
    return true;
}
/* A turned pane's entries are linked to those of the later ones. */
static void column_to_list(const wadi__window_apply *self, wadi__window_pane *pane, uint32_t link) {
    wadi__window_part *part = self->part;
    const size_t size = self->shape->tail_size;
    const uint64_t *own = pane->own != NULL ? pane->own : pane->column.has;
    uint32_t count = 0;
    for (size_t w = 0; w < wadi__window_words(pane->column.room); w++)
        for (uint64_t word = own[w]; word != 0;) {
            const uint32_t number = take_number(&word, w);
            pane->numbers[count] = number;
            wadi__row_copy(pane->tails + count * size, pane->column.tails + number * size, size);
            part->panes_with[number]++;
            if (pane->own != NULL) {
                uint64_t *links = wadi__window_cell_of(self, number)->links;
                pane->next[count] = links[link];
                links[link] = wadi__window_link_to(pane, count);
            }
            count++;
        }
}
static void sum_to_cells(const wadi__window_apply *self, uint32_t sum, uint64_t newest) {
    const wadi__window_column *column = &self->part->stacks.sums[sum];
    const size_t size = self->shape->tail_size;
    for (size_t w = 0; w < wadi__window_words(column->room); w++)
        for (uint64_t word = column->has[w]; word != 0;) {
            const uint32_t number = take_number(&word, w);
            wadi__window_cell *cell = wadi__window_cell_of(self, number);
            wadi__row_copy(cell->tails + sum * size, column->tails + number * size, size);
            cell->newest[sum] = newest;
        }
}
/* Without memory for it, it stays as it is. */
static void become_sparse(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    wadi__window_stacks *stacks = &part->stacks;
    if (!has_room_for_lists(self) || !wadi__window_stacks_widen(part, self->shape)) {
        for (size_t i = 0; i < part->panes.count; i++)
            wadi__window_pane_put_list(part->panes.items[i], self->shape);
        return;
    }
    if (part->room > 0) memset(part->panes_with, 0, part->room * sizeof *part->panes_with);
    for (size_t i = part->panes.count; i-- > 0;) {
        wadi__window_pane *pane = part->panes.items[i];
        const bool is_front = pane->sequence <= stacks->front_end;
        column_to_list(self, pane, is_front ? stacks->front : 1 - stacks->front);
    }
    sum_to_cells(self, stacks->middle, stacks->middle_end);
    sum_to_cells(self, 1 - stacks->middle, part->sequence);
    put_columns(self);
    stacks->is_dense = false;
}
bool wadi__window_choose_form(wadi__window_apply *self) {
    const wadi__window_part *part = self->part;
    const uint64_t keys = wadi__window_part_end(part, self->shape);
    const wadi__window_stacks *stacks = &part->stacks;
    const bool is_fit = self->lanes != NULL && self->lanes->is_commutative &&
                        !self->by->spec->is_inverse && !part->is_captured;
    uint64_t entries = 0;
    if (!is_fit || part->panes.count == 0) return true;
    for (size_t i = 0; i < part->panes.count; i++) entries += part->panes.items[i]->count;
    if (!stacks->is_dense && entries * BECOMES_DENSE >= part->panes.count * keys)
        return become_dense(self);
    if (stacks->is_dense && entries * STAYS_DENSE < part->panes.count * keys) become_sparse(self);
    return true;
}

/* ---- A step ---- */

bool wadi__window_widen_sums(wadi__window_apply *self) {
    wadi__window_stacks *stacks = &self->part->stacks;
    return (column_widen(self, &stacks->sums[0]) && column_widen(self, &stacks->sums[1])) ||
           wadi__window_no_memory(self);
}
bool wadi__window_turn_dense(wadi__window_apply *self, wadi__window_pane *pane,
                             const wadi__window_pane *later) {
    uint64_t *own = NULL;
    if (!column_widen(self, &pane->column) ||
        (own = bits_new(pane->column.room, pane->column.has, pane->column.room)) == NULL)
        return wadi__window_no_memory(self);
    pane->own = own;
    if (later != NULL) column_merge(self, &pane->column, &later->column);
    return true;
}
void wadi__window_clear_back(wadi__window_apply *self) {
    wadi__window_column *back = &self->part->stacks.sums[1 - self->part->stacks.middle];
    fill(self, back, 0);
    memset(back->has, 0, wadi__window_words(back->room) * sizeof *back->has);
}
/* The front's oldest pane after this sequence; NULL: none is. */
static wadi__window_pane *front_after(const wadi__window_part *part, uint64_t sequence) {
    if (part->panes.count == 0) return NULL;
    const uint64_t first = part->panes.items[0]->sequence;
    const uint64_t oldest = sequence >= first ? sequence + 1 : first;
    return oldest <= part->stacks.front_end ? wadi__window_pane_at(part, oldest) : NULL;
}
bool wadi__window_widen_front(wadi__window_apply *self, uint64_t leaving) {
    wadi__window_pane *front = front_after(self->part, leaving);
    if (front == NULL || front->column.room == self->part->room) return true;
    uint64_t *own = bits_new(self->part->room, front->own, front->column.room);
    const size_t before = wadi__window_words(front->column.room) * sizeof *own;
    if (own == NULL || !column_widen(self, &front->column)) {
        wadi__pool_put(own, wadi__window_words(self->part->room) * sizeof *own);
        return wadi__window_no_memory(self);
    }
    wadi__pool_put(front->own, before);
    front->own = own;
    return true;
}
/* Nothing in the window has the number any more. */
static void forget(const wadi__window_apply *self, uint32_t number) {
    wadi__window_part *part = self->part;
    part->flags[number] = 0;
    if (self->shape->is_keyed) wadi__dictionary_remove(&part->keys, number);
}
/* Puts what enters into the back's bits; numbers that leave for good are forgotten. */
static void commit_bits(const wadi__window_apply *self, const wadi__window_column *front) {
    const wadi__window_panes *panes = &self->part->panes;
    const wadi__window_stacks *stacks = &self->part->stacks;
    const size_t leaving = wadi__window_leaving(self, panes);
    const wadi__window_column *middle = &stacks->sums[stacks->middle],
                              *back = &stacks->sums[1 - stacks->middle];
    for (size_t w = 0; w < wadi__window_words(back->room); w++) {
        uint64_t gone = 0;
        for (size_t i = 0; i < leaving; i++) gone |= word_of(&panes->items[i]->column, w);
        for (size_t i = 0; i < self->made.count; i++)
            back->has[w] |= word_of(&self->made.items[i]->column, w);
        gone &= ~(word_of(front, w) | middle->has[w] | back->has[w]);
        while (gone != 0) forget(self, take_number(&gone, w));
    }
}
/* The same for values, and the records, a block after the other while it is at hand. */
static void commit_values(const wadi__window_apply *self, const wadi__window_column *front) {
    wadi__window_part *part = self->part;
    const wadi__window_stacks *stacks = &part->stacks;
    uint64_t *back = wadi__window_lanes(stacks->sums[1 - stacks->middle].tails),
             *middle = wadi__window_lanes(stacks->sums[stacks->middle].tails),
             *first = front != NULL ? wadi__window_lanes(front->tails) : NULL;
    const size_t end = (size_t)wadi__window_part_end(part, self->shape) * self->lane_count;
    for (size_t at = 0, n; at < end; at += n) {
        n = end - at < BLOCK_LANES ? end - at : BLOCK_LANES;
        for (size_t i = 0; i < self->made.count; i++) {
            const wadi__window_column *column = &self->made.items[i]->column;
            const size_t room = (size_t)column->room * self->lane_count;
            if (room > at)
                self->lanes->merge(back + at, wadi__window_lanes(column->tails) + at,
                                   room - at < n ? room - at : n);
        }
        self->lanes->mix(wadi__window_lanes(part->tails) + at, middle + at, back + at,
                         first != NULL ? first + at : NULL, n);
    }
}
void wadi__window_commit_dense(wadi__window_apply *self, uint64_t leaving) {
    const wadi__window_pane *front = front_after(self->part, leaving);
    wadi__window_begin_records(self);
    commit_bits(self, front != NULL ? &front->column : NULL);
    commit_values(self, front != NULL ? &front->column : NULL);
}
