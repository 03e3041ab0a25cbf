/* SPDX-License-Identifier: Apache-2.0 */
/* window_stacks.c: windows without an inverse, in a time that does not grow with window / slide.
 *
 * As a queue of two stacks (Tangwongsan, Hirzel, Schneider, "Low-latency sliding-window aggregation
 * in worst-case constant time", DEBS 2017: DABA), but for all keys at once and panes in place of
 * values. The panes lie in three lots, oldest first:
 *
 * - front: an entry holds what it makes with all later ones of its number in the lot, and a link to
 *   the next of these; a number's cell links to its oldest entry.
 * - middle: a cell has what all its panes make together. Meanwhile, newest pane first, its entries
 *   are turned into those of a front: a share in each step, so that it is one when the old front
 * has left.
 * - back: a cell has what all its panes make together; panes that enter are added to it.
 *
 * When the front has left, the middle becomes the front and the back the middle. So a pane's entry
 * is reduced once when it enters and once when it is turned, and a number's record is made anew, of
 * three values at most, when it enters or leaves.
 *
 * Links and values of earlier lots are not cleared: a link has the sequence of its pane, a value
 * that of the newest pane in it, and what is not of the lot is none. Turning entries changes no
 * window, so a step that fails leaves it as far as it came. */
#include "base/assert.h"
#include "base/pool.h"
#include "exec/window_apply.h"

/* ---- Links: 0 is none ---- */

static uint64_t sequence_of(uint64_t link) { return link >> WADI__WINDOW_INDEX_BITS; }
static const char *tail_at(const wadi__window_apply *self, uint64_t link) {
    size_t index = (size_t)(link & (((uint64_t)1 << WADI__WINDOW_INDEX_BITS) - 1));
    return wadi__window_pane_at(self->part, sequence_of(link))->tails +
           index * self->shape->tail_size;
}
static uint64_t next_of(const wadi__window_part *part, uint64_t link) {
    return wadi__window_pane_at(part, sequence_of(link))
        ->next[link & (((uint64_t)1 << WADI__WINDOW_INDEX_BITS) - 1)];
}
/* The sequence of the last pane that leaves; 0 or less than any: none does. */
static uint64_t last_leaving(const wadi__window_apply *self) {
    size_t leaving = wadi__window_leaving(self, &self->part->panes);
    return leaving > 0 ? self->part->panes.items[leaving - 1]->sequence : 0;
}

/* ---- Cells ---- */

static uint64_t *front_link(const wadi__window_apply *self, uint32_t number) {
    return &wadi__window_cell_of(self, number)->links[self->part->stacks.front];
}
static uint64_t *built_link(const wadi__window_apply *self, uint32_t number) {
    return &wadi__window_cell_of(self, number)->links[1 - self->part->stacks.front];
}
static char *tail_of(const wadi__window_apply *self, wadi__window_cell *cell, uint32_t sum) {
    return cell->tails + sum * self->shape->tail_size;
}
/* Fetches what a batch of numbers has: keys, cells, records. */
static void fetch(const wadi__window_apply *self, const uint32_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *cell = (const char *)wadi__window_cell_of(self, numbers[i]);
        __builtin_prefetch(cell, 1);
        __builtin_prefetch(cell + self->shape->cell_size - 1, 1);
        __builtin_prefetch(wadi__window_tail(self, numbers[i]), 1);
        if (self->shape->is_keyed)
            __builtin_prefetch(wadi__dictionary_key(&self->part->keys, numbers[i]));
    }
}
static void fetch_tail(const wadi__window_apply *self, uint64_t link) {
    const wadi__window_part *part = self->part;
    if (part->panes.count > 0 && sequence_of(link) >= part->panes.items[0]->sequence)
        __builtin_prefetch(tail_at(self, link));
}

/* ---- Turning the middle into a front ---- */

/* Turns entries from..from+count of a pane, whose later ones have been turned. */
static bool turn_batch(wadi__window_apply *self, wadi__window_pane *pane, uint32_t from,
                       size_t count) {
    const wadi__window_shape *shape = self->shape;
    wadi__window_stacks *stacks = &self->part->stacks;
    size_t merged = 0;
    if (count == 0) return true;
    fetch(self, pane->numbers + from, count);
    for (size_t i = 0; i < count; i++) fetch_tail(self, *built_link(self, pane->numbers[from + i]));
    for (size_t i = 0; i < count; i++) {
        uint32_t number = pane->numbers[from + i];
        uint64_t later = *built_link(self, number);
        if (sequence_of(later) < stacks->built_from || sequence_of(later) > stacks->middle_end)
            continue;
        char *acc = self->accs_room + merged * shape->row_size;
        wadi__window_whole(self, acc, number, pane->tails + (from + i) * shape->tail_size);
        wadi__window_whole(self, self->rows + merged * shape->row_size, number,
                           tail_at(self, later));
        self->accs[merged] = acc;
        self->at[merged++] = (uint32_t)i;
    }
    wadi_call call = {.count = merged, .in = self->rows, .accs = self->accs};
    if (merged > 0) wadi__call_site_run(&self->fn, &call);
    if (wadi__window_apply_is_over(self) ||
        !wadi__window_own_tails(self, self->accs_room + shape->tail_at, shape->row_size, merged,
                                &pane->strings))
        return false;
    for (size_t i = 0, m = 0; i < count; i++) {
        uint32_t number = pane->numbers[from + i];
        bool is_merged = m < merged && self->at[m] == i;
        uint64_t *built = built_link(self, number);
        pane->next[from + i] = is_merged ? *built : 0;
        if (is_merged)
            wadi__row_copy(pane->tails + (from + i) * shape->tail_size,
                           self->accs_room + m++ * shape->row_size + shape->tail_at,
                           shape->tail_size);
        *built = wadi__window_link_to(pane, from + (uint32_t)i);
    }
    return true;
}
static bool is_turned(const wadi__window_stacks *stacks) {
    return stacks->built_from == stacks->front_end + 1;
}
bool wadi__window_turn(wadi__window_apply *self, uint64_t count) {
    wadi__window_stacks *stacks = &self->part->stacks;
    while (count > 0 && !is_turned(stacks)) {
        wadi__window_pane *pane = wadi__window_pane_at(self->part, stacks->built_from - 1);
        if (stacks->is_dense) {
            bool is_last = stacks->built_from > stacks->middle_end;
            const wadi__window_pane *later =
                is_last ? NULL : wadi__window_pane_at(self->part, stacks->built_from);
            if (!wadi__window_turn_dense(self, pane, later)) return false;
            stacks->built_from--;
            count -= pane->count < count ? pane->count : count;
            continue;
        }
        size_t n = wadi__window_entries(pane, stacks->built_count);
        if (pane->count >> WADI__WINDOW_INDEX_BITS != 0) return wadi__window_no_memory(self);
        if (pane->next == NULL && pane->count > 0 &&
            (pane->next = wadi__pool_get(pane->count * sizeof *pane->next)) == NULL)
            return wadi__window_no_memory(self);
        if (!turn_batch(self, pane, stacks->built_count, n)) return false;
        stacks->built_count += (uint32_t)n;
        count -= n < count ? n : count;
        if (stacks->built_count < pane->count) continue;
        stacks->built_from--;
        stacks->built_count = 0;
    }
    return true;
}
/* The middle, which has been turned, becomes the front, and the back the middle. */
static void shift(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    wadi__window_stacks *stacks = &part->stacks, old = *stacks;
    stacks->front = 1 - old.front;
    stacks->middle = 1 - old.middle;
    wadi__arena_fini(&stacks->middle_strings);
    stacks->middle_strings = old.back_strings;
    stacks->back_strings = (wadi__arena){0};
    stacks->front_end = old.middle_end;
    stacks->middle_end = part->sequence;
    stacks->built_from = part->sequence + 1;
    stacks->built_count = 0;
    if (stacks->is_dense) wadi__window_clear_back(self);
}
/* How many entries of the middle to turn in this step, so that the last are when the front has
 * left. */
static uint64_t share(const wadi__window_apply *self) {
    const wadi__window_part *part = self->part;
    const wadi__window_stacks *stacks = &part->stacks;
    if (is_turned(stacks)) return 0;
    uint64_t left = 0;
    for (uint64_t s = stacks->front_end + 1; s < stacks->built_from; s++)
        left += wadi__window_pane_at(part, s)->count;
    left -= stacks->built_count;
    int64_t leaves_ms =
        wadi__window_pane_at(part, stacks->front_end + 1)->end_ms + self->by->spec->window_ms;
    int64_t steps = (leaves_ms - self->time_ms) / self->by->spec->slide_ms;
    return steps > 1 ? left / (uint64_t)steps + 1 : UINT64_MAX;
}
/* Makes sure that what leaves is at the front, and that there is a middle when there is enough for
 * one. */
static bool arrange(wadi__window_apply *self, uint64_t leaving) {
    wadi__window_part *part = self->part;
    wadi__window_stacks *stacks = &part->stacks;
    if (stacks->built_from == 0) stacks->built_from = 1;
    while (leaving > stacks->front_end) {
        if (!wadi__window_turn(self, UINT64_MAX)) return false;
        shift(self);
    }
    bool has_front = part->panes.count > 0 && stacks->front_end > leaving &&
                     stacks->front_end >= part->panes.items[0]->sequence;
    uint64_t most = (uint64_t)(self->by->spec->window_ms / self->by->spec->slide_ms);
    if (!has_front && stacks->middle_end == stacks->front_end &&
        (part->sequence - stacks->middle_end) * 2 >= most)
        shift(self);
    return wadi__window_turn(self, share(self));
}

/* ---- Records ---- */

/* What a number has in each lot; NULL: nothing. `leaving` and the panes before count no more. */
static uint64_t front_entry(const wadi__window_apply *self, uint32_t number, uint64_t leaving) {
    const wadi__window_part *part = self->part;
    uint64_t link = *front_link(self, number);
    if (part->panes.count == 0 || sequence_of(link) < part->panes.items[0]->sequence) return 0;
    while (link != 0 && sequence_of(link) <= leaving) link = next_of(part, link);
    return link;
}
static const char *front_of(const wadi__window_apply *self, uint32_t number, uint64_t leaving) {
    uint64_t link = front_entry(self, number, leaving);
    return link != 0 ? tail_at(self, link) : NULL;
}
static const char *middle_of(const wadi__window_apply *self, uint32_t number) {
    const wadi__window_stacks *stacks = &self->part->stacks;
    wadi__window_cell *cell = wadi__window_cell_of(self, number);
    return cell->newest[stacks->middle] > stacks->front_end ? tail_of(self, cell, stacks->middle)
                                                            : NULL;
}
static const char *back_of(const wadi__window_apply *self, uint32_t number) {
    const wadi__window_stacks *stacks = &self->part->stacks;
    wadi__window_cell *cell = wadi__window_cell_of(self, number);
    const uint32_t back = 1 - stacks->middle;
    return cell->newest[back] > stacks->middle_end ? tail_of(self, cell, back) : NULL;
}
/* Fetches what mix() reads of a batch of numbers. */
static void fetch_values(const wadi__window_apply *self, const uint32_t *numbers, size_t count,
                         uint64_t leaving) {
    fetch(self, numbers, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t link = front_entry(self, numbers[i], leaving);
        if (link != 0) __builtin_prefetch(tail_at(self, link));
    }
}

typedef struct mixture { /* records that are made of up to three values each */
    size_t count;
    uint32_t numbers[WADI__WINDOW_BATCH];
    const char *then[2][WADI__WINDOW_BATCH]; /* what follows the first; NULL: nothing */
} mixture;

/* Reduces then[k][i] into record i of self->accs_room. */
static bool follow(wadi__window_apply *self, const mixture *mixed, size_t k) {
    const size_t size = self->shape->row_size;
    size_t n = 0;
    for (size_t i = 0; i < mixed->count; i++) {
        if (mixed->then[k][i] == NULL) continue;
        wadi__window_whole(self, self->rows + n * size, mixed->numbers[i], mixed->then[k][i]);
        self->accs[n++] = self->accs_room + i * size;
    }
    wadi_call call = {.count = n, .in = self->rows, .accs = self->accs};
    if (n > 0) wadi__call_site_run(&self->fn, &call);
    return !wadi__window_apply_is_over(self);
}
/* Adds a number's record, whose values are those of the lots; `last` is that of the back. */
static void mix(wadi__window_apply *self, mixture *mixed, uint32_t number, uint64_t leaving,
                const char *last) {
    const char *values[] = {front_of(self, number, leaving), middle_of(self, number), last};
    size_t first = values[0] != NULL ? 0 : values[1] != NULL ? 1 : 2, i = mixed->count++;
    WADI_ASSERT(values[first] != NULL); /* or it would have been forgotten */
    mixed->numbers[i] = number;
    mixed->then[0][i] = first == 0 ? values[1] : NULL;
    mixed->then[1][i] = first < 2 ? values[2] : NULL;
    wadi__window_whole(self, self->accs_room + i * self->shape->row_size, number, values[first]);
}
/* Writes the records to the column. */
static bool write(wadi__window_apply *self, const mixture *mixed) {
    const wadi__window_shape *shape = self->shape;
    if (!follow(self, mixed, 0) || !follow(self, mixed, 1)) return false;
    for (size_t i = 0; i < mixed->count; i++) {
        if (!wadi__window_log(self, mixed->numbers[i])) return false;
        self->part->flags[mixed->numbers[i]] |= WADI__WINDOW_HAS;
        if (!wadi__window_put_tail(self, mixed->numbers[i],
                                   self->accs_room + i * shape->row_size + shape->tail_at))
            return false;
    }
    return true;
}
/* What the back has of a batch of numbers that enter, with what enters. */
static bool stage(wadi__window_apply *self, uint32_t from, mixture *mixed) {
    const wadi__window_shape *shape = self->shape;
    const wadi__window_pane *pane = self->entered;
    mixed->count = wadi__window_entries(pane, from);
    for (size_t i = 0; i < mixed->count; i++) {
        uint32_t number = mixed->numbers[i] = pane->numbers[from + i];
        const char *tail = pane->tails + (from + i) * shape->tail_size,
                   *back = back_of(self, number);
        mixed->then[0][i] = back != NULL ? tail : NULL;
        wadi__window_whole(self, self->accs_room + i * shape->row_size, number,
                           back != NULL ? back : tail);
    }
    char *tails = self->accs_room + shape->tail_at;
    if (!follow(self, mixed, 0) ||
        !wadi__window_own_tails(self, tails, shape->row_size, mixed->count,
                                &self->part->stacks.back_strings))
        return false;
    for (size_t i = 0; i < mixed->count; i++)
        wadi__row_copy(self->staged + (from + i) * shape->tail_size, tails + i * shape->row_size,
                       shape->tail_size);
    return true;
}
static bool write_entered(wadi__window_apply *self, uint64_t leaving) {
    const wadi__window_pane *pane = self->entered;
    mixture mixed;
    if (pane == NULL || pane->count == 0) return true;
    self->staged_bytes = pane->count * self->shape->tail_size;
    self->staged = wadi__pool_get(self->staged_bytes);
    if (self->staged == NULL) return wadi__window_no_memory(self);
    for (uint32_t from = 0; from < pane->count; from += WADI__WINDOW_BATCH) {
        fetch_values(self, pane->numbers + from, wadi__window_entries(pane, from), leaving);
        if (!stage(self, from, &mixed)) return false;
        mixed.count = 0;
        for (size_t i = 0, n = wadi__window_entries(pane, from); i < n; i++)
            mix(self, &mixed, pane->numbers[from + i], leaving,
                self->staged + (from + i) * self->shape->tail_size);
        if (!write(self, &mixed)) return false;
    }
    return true;
}
/* The number has nothing in the window any more. */
static bool forget(wadi__window_apply *self, uint32_t number) {
    if (!wadi__window_log(self, number)) return false;
    self->part->flags[number] &= (uint8_t)~WADI__WINDOW_HAS;
    return true;
}
static bool write_left(wadi__window_apply *self, const wadi__window_pane *pane, uint64_t leaving) {
    mixture mixed;
    for (uint32_t from = 0; from < pane->count; from += WADI__WINDOW_BATCH) {
        mixed.count = 0;
        fetch_values(self, pane->numbers + from, wadi__window_entries(pane, from), leaving);
        for (size_t i = 0, n = wadi__window_entries(pane, from); i < n; i++) {
            uint32_t number = pane->numbers[from + i];
            if (wadi__window_has_place(self->part, number)) continue; /* it enters too: done */
            const char *last = back_of(self, number);
            bool stays = last != NULL || middle_of(self, number) != NULL ||
                         front_of(self, number, leaving) != NULL;
            if (stays)
                mix(self, &mixed, number, leaving, last);
            else if (!forget(self, number))
                return false;
        }
        if (!write(self, &mixed)) return false;
    }
    return true;
}

/* ---- A step ---- */

bool wadi__window_restack(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    uint64_t leaving = last_leaving(self);
    if (part->stacks.is_dense)
        return wadi__window_widen_sums(self) && arrange(self, leaving) &&
               wadi__window_widen_front(self, leaving);
    if (!wadi__window_stacks_widen(part, self->shape)) return wadi__window_no_memory(self);
    if (!arrange(self, leaving)) return false;
    if (self->entered != NULL) wadi__window_open_pane(self, self->entered);
    if (!write_entered(self, leaving)) return false;
    for (size_t i = 0; i < part->panes.count && part->panes.items[i]->sequence <= leaving; i++)
        if (!write_left(self, part->panes.items[i], leaving)) return false;
    return true;
}
void wadi__window_commit_stacks(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    wadi__window_stacks *stacks = &part->stacks;
    const uint32_t back = 1 - stacks->middle;
    uint64_t leaving = last_leaving(self), newest = part->sequence + self->made.count;
    if (stacks->is_dense) {
        wadi__window_commit_dense(self, leaving);
        return;
    }
    for (size_t p = 0; p < part->panes.count && part->panes.items[p]->sequence <= leaving; p++) {
        const wadi__window_pane *pane = part->panes.items[p];
        for (uint32_t i = 0; i < pane->count; i++) {
            uint64_t *front = front_link(self, pane->numbers[i]);
            if (*front == wadi__window_link_to(pane, i)) *front = pane->next[i];
        }
    }
    for (uint32_t i = 0; self->entered != NULL && i < self->entered->count; i++) {
        uint32_t number = self->entered->numbers[i];
        wadi__window_cell *cell = wadi__window_cell_of(self, number);
        wadi__row_copy(tail_of(self, cell, back), self->staged + i * self->shape->tail_size,
                       self->shape->tail_size);
        cell->newest[back] = newest;
    }
}
