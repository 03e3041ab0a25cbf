/* SPDX-License-Identifier: Apache-2.0 */
/* window_rebuild.c: records of floating-point numbers, made anew from their panes now and then.
 *
 * Taking out what was put in leaves rounding errors, which would gather for ever. So in each step a
 * share of the records is reduced from the panes of the window, each once in a window's length. For
 * that, entries of a pane lie in order of blocks of numbers. Which share it is follows from the
 * time, so a step that is tried again, or run again after a restart, does what it did. */
#include "base/pool.h"
#include "exec/window_apply.h"

#include <math.h>

static uint32_t block_of(uint32_t number) { return number / WADI__WINDOW_BLOCK; }

bool wadi__window_pane_order(const wadi__window_part *self, const wadi__window_shape *shape,
                             wadi__window_pane *pane) {
    uint32_t blocks = block_of(wadi__window_part_end(self, shape)) + 1;
    if (pane->count == 0) return true;
    uint32_t *begins = wadi__calloc(blocks + 2, sizeof *begins);
    uint32_t *numbers = wadi__pool_get(pane->room * sizeof *numbers);
    char *tails = wadi__pool_get(pane->room * shape->tail_size);
    if (begins == NULL || numbers == NULL || tails == NULL) {
        wadi__free(begins);
        wadi__pool_put(numbers, pane->room * sizeof *numbers);
        wadi__pool_put(tails, pane->room * shape->tail_size);
        return false;
    }
    for (uint32_t i = 0; i < pane->count; i++) begins[block_of(pane->numbers[i]) + 2]++;
    for (uint32_t b = 0; b < blocks; b++) begins[b + 2] += begins[b + 1];
    for (uint32_t i = 0; i < pane->count;
         i++) { /* begins[b + 1] moves from the begin of b to its end */
        uint32_t to = begins[block_of(pane->numbers[i]) + 1]++;
        numbers[to] = pane->numbers[i];
        wadi__row_copy(tails + to * shape->tail_size, pane->tails + i * shape->tail_size,
                       shape->tail_size);
    }
    wadi__pool_put(pane->numbers, pane->room * sizeof *numbers);
    wadi__pool_put(pane->tails, pane->room * shape->tail_size);
    pane->numbers = numbers;
    pane->tails = tails;
    pane->blocks = begins;
    pane->block_count = blocks;
    return true;
}
bool wadi__window_order(wadi__window_apply *self, wadi__window_pane *pane) {
    if (self->open == pane) wadi__window_close_pane(self);
    return wadi__window_pane_order(self->part, self->shape, pane) || wadi__window_no_memory(self);
}

/* Whether a record is what its panes make together. */
static bool is_whole(const wadi__window_apply *self, uint32_t number) {
    uint8_t flags = self->part->flags[number];
    return (flags & WADI__WINDOW_HAS) != 0 && (flags & WADI__WINDOW_PARTIAL) == 0;
}
/* Adds some entries to the records of their numbers, or begins these with them. */
static bool add_some(wadi__window_apply *self, const wadi__window_pane *pane, uint32_t from,
                     size_t count, bool *has_begun) {
    size_t changed = 0;
    wadi__window_expand(self, pane, from, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = pane->numbers[from + i];
        bool *begun = &has_begun[number % WADI__WINDOW_BLOCK];
        if (!is_whole(self, number)) continue;
        if (!wadi__window_log(self, number)) return false;
        if (*begun) {
            self->at[changed] = number;
            self->selected[changed++] = (uint32_t)i;
            continue;
        }
        *begun = true;
        if (!wadi__window_put_tail(self, number, pane->tails + (from + i) * self->shape->tail_size))
            return false;
    }
    return wadi__window_change(self, &self->fn, changed);
}
static bool add_block(wadi__window_apply *self, const wadi__window_pane *pane, uint32_t block,
                      bool *has_begun) {
    if (block >= pane->block_count) return true;
    uint32_t from = pane->blocks[block], end = pane->blocks[block + 1];
    while (from < end) {
        size_t n = end - from < WADI__WINDOW_BATCH ? end - from : WADI__WINDOW_BATCH;
        if (!add_some(self, pane, from, n, has_begun)) return false;
        from += (uint32_t)n;
    }
    return true;
}
static bool rebuild_block(wadi__window_apply *self, uint32_t block) {
    const wadi__window_panes *old = &self->part->panes, *made = &self->made;
    bool has_begun[WADI__WINDOW_BLOCK] = {false};
    for (size_t i = wadi__window_leaving(self, old); i < old->count; i++)
        if (!add_block(self, old->items[i], block, has_begun)) return false;
    for (size_t i = wadi__window_leaving(self, made); i < made->count; i++)
        if (!add_block(self, made->items[i], block, has_begun)) return false;
    return true;
}
bool wadi__window_rebuild(wadi__window_apply *self) {
    const wadi__window_spec *spec = self->by->spec;
    const uint64_t blocks = block_of(wadi__window_part_end(self->part, self->shape)) + 1;
    const uint64_t slides = (uint64_t)(spec->window_ms / spec->slide_ms);
    const uint64_t slide = (uint64_t)(self->time_ms / spec->slide_ms) % slides;
    for (uint64_t b = slide * blocks / slides; b < (slide + 1) * blocks / slides; b++)
        if (!rebuild_block(self, (uint32_t)b)) return false;
    return true;
}

static void make_finite(const wadi__type *type, char *value);
static void make_fields_finite(const wadi_type *record, uint32_t first, char *values) {
    const uint32_t base = first < record->field_count ? record->fields[first].offset : 0;
    for (uint32_t i = first; i < record->field_count; i++) {
        const wadi_field *field = &record->fields[i];
        char *at = values + (field->offset - base);
        for (uint32_t k = 0; k < field->count; k++, at += field->type->size)
            make_finite(wadi__type_inner(field->type), at);
    }
}
static void make_finite(const wadi__type *type, char *value) {
    if (!type->has_float) return;
    const wadi__type *plain = wadi__type_plain(type);
    const wadi_type *pub = &plain->pub;
    if (pub->kind == WADI_KIND_FLOAT && !isfinite(wadi__type_to_double(plain, value)))
        memset(value, 0, pub->size);
    if (pub->kind == WADI_KIND_RECORD) make_fields_finite(pub, 0, value);
    if (pub->kind == WADI_KIND_OPTION) make_finite(wadi__type_inner(pub->element), value);
}
void wadi__window_make_finite(const wadi__window_shape *shape, char *tail) {
    if (shape->is_keyed)
        make_fields_finite(&wadi__type_plain(shape->type)->pub, 1, tail);
    else
        make_finite(shape->type, tail);
}
