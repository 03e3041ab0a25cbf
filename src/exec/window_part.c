/* SPDX-License-Identifier: Apache-2.0 */
/* window_part.c: the memory of a window's partition: columns, panes, strings. */
#include "exec/window_part.h"

#include "base/pool.h"
#include "data/value.h"

#include <string.h>

enum { WASTE_MIN = 256 << 10 };

/* ---- Shape ---- */

static const wadi_type *record_of(const wadi__window_shape *shape) {
    return &wadi__type_plain(shape->type)->pub;
}
wadi__window_shape wadi__window_shape_of(const wadi__window_spec *spec) {
    wadi__window_shape shape = {.type = spec->type, .is_keyed = spec->is_keyed};
    shape.row_size = spec->type->pub.size;
    shape.has_strings = spec->type->has_outside;
    shape.has_floats = spec->type->has_float;
    if (spec->is_keyed) {
        const wadi_type *record = record_of(&shape);
        shape.key_size = spec->type->key->pub.size;
        shape.has_strings = shape.has_floats = false;
        shape.tail_at = record->field_count > 1 ? record->fields[1].offset : shape.row_size;
        for (uint32_t i = 1; i < record->field_count; i++) {
            const wadi__type *field = wadi__type_inner(record->fields[i].type);
            shape.has_strings |= field->has_outside;
            shape.has_floats |= field->has_float;
        }
    }
    shape.tail_size = shape.row_size - shape.tail_at;
    const size_t align = _Alignof(wadi__window_cell);
    shape.cell_size = (sizeof(wadi__window_cell) + 2 * shape.tail_size + align - 1) & ~(align - 1);
    return shape;
}
bool wadi__window_own_tail(const wadi__window_shape *shape, char *tail, wadi__arena *arena) {
    if (!shape->is_keyed) return wadi__value_own(shape->type, tail, arena);
    const wadi_type *record = record_of(shape);
    for (uint32_t i = 1; i < record->field_count; i++) {
        const wadi_field *field = &record->fields[i];
        char *at = tail + (field->offset - shape->tail_at);
        for (uint32_t k = 0; k < field->count; k++, at += field->type->size)
            if (!wadi__value_own(wadi__type_inner(field->type), at, arena)) return false;
    }
    return true;
}

/* ---- Panes ---- */

wadi__window_pane *wadi__window_pane_new(int64_t end_ms) {
    wadi__window_pane *pane = wadi__calloc(1, sizeof *pane);
    if (pane != NULL) pane->end_ms = end_ms;
    return pane;
}
static void put_entries(const wadi__window_pane *pane, const wadi__window_shape *shape) {
    wadi__pool_put(pane->numbers, pane->room * sizeof *pane->numbers);
    wadi__pool_put(pane->tails, pane->room * shape->tail_size);
}
void wadi__window_pane_put_list(wadi__window_pane *pane, const wadi__window_shape *shape) {
    put_entries(pane, shape);
    wadi__pool_put(pane->next, pane->count * sizeof *pane->next);
    pane->numbers = NULL;
    pane->tails = NULL;
    pane->next = NULL;
    pane->room = 0;
}
void wadi__window_pane_free(wadi__window_pane *pane, const wadi__window_shape *shape) {
    if (pane == NULL) return;
    wadi__window_pane_put_list(pane, shape);
    wadi__pool_put(pane->own, wadi__window_words(pane->column.room) * sizeof *pane->own);
    wadi__window_column_free(&pane->column, shape);
    wadi__free(pane->blocks);
    wadi__arena_fini(&pane->strings);
    wadi__free(pane);
}
void wadi__window_column_free(wadi__window_column *column, const wadi__window_shape *shape) {
    wadi__pool_put(column->tails, column->room * shape->tail_size);
    wadi__pool_put(column->has, wadi__window_words(column->room) * sizeof *column->has);
    *column = (wadi__window_column){0};
}
/* Moves a pane's list to another place. False: no memory. */
static bool move_list(wadi__window_pane *pane, const wadi__window_shape *shape, uint32_t room) {
    wadi__window_pane moved = *pane;
    moved.room = room;
    moved.numbers = wadi__pool_get(room * sizeof *moved.numbers);
    moved.tails = wadi__pool_get(room * shape->tail_size);
    if (moved.numbers == NULL || moved.tails == NULL) {
        put_entries(&moved, shape);
        return false;
    }
    if (pane->count > 0) {
        memcpy(moved.numbers, pane->numbers, pane->count * sizeof *pane->numbers);
        memcpy(moved.tails, pane->tails, pane->count * shape->tail_size);
    }
    put_entries(pane, shape);
    *pane = moved;
    return true;
}
bool wadi__window_pane_reserve(wadi__window_pane *pane, const wadi__window_shape *shape,
                               uint32_t more) {
    if (pane->room - pane->count >= more) return true;
    if (pane->count > UINT32_MAX / 4 - more) return false;
    const uint32_t needed = pane->count + more;
    return move_list(pane, shape, pane->room * 2 > needed ? pane->room * 2 : needed);
}
void wadi__window_pane_fit(wadi__window_pane *pane, const wadi__window_shape *shape) {
    const size_t size = shape->tail_size;
    if (wadi__pool_round(pane->count * size) < wadi__pool_round(pane->room * size))
        move_list(pane, shape, pane->count); /* without memory for it, it stays as it is */
}

/* ---- Columns ---- */

static void put_columns(const wadi__window_part *self, const wadi__window_shape *shape) {
    wadi__pool_put(self->tails, self->room * shape->tail_size);
    wadi__pool_put(self->flags, self->room * sizeof *self->flags);
    wadi__pool_put(self->panes_with, self->room * sizeof *self->panes_with);
    wadi__pool_put(self->places, self->room * sizeof *self->places);
}
/* Copies a column of `before` entries and sets the rest of its `room` to zero. */
static void move_column(void *to, const void *from, size_t before, size_t room, size_t size) {
    if (before > 0) memcpy(to, from, before * size);
    memset((char *)to + before * size, 0, (room - before) * size);
}
static bool widen_to(wadi__window_part *self, const wadi__window_shape *shape, uint32_t room) {
    wadi__window_part wider = {.room = room};
    wider.tails = wadi__pool_get(room * shape->tail_size);
    wider.flags = wadi__pool_get(room * sizeof *wider.flags);
    wider.panes_with = wadi__pool_get(room * sizeof *wider.panes_with);
    wider.places = wadi__pool_get(room * sizeof *wider.places);
    if (wider.tails == NULL || wider.flags == NULL || wider.panes_with == NULL ||
        wider.places == NULL) {
        put_columns(&wider, shape);
        return false;
    }
    uint32_t before = self->room;
    if (before > 0) memcpy(wider.tails, self->tails, before * shape->tail_size);
    move_column(wider.flags, self->flags, before, room, sizeof *wider.flags);
    move_column(wider.panes_with, self->panes_with, before, room, sizeof *wider.panes_with);
    move_column(wider.places, self->places, before, room, sizeof *wider.places);
    put_columns(self, shape);
    self->tails = wider.tails;
    self->flags = wider.flags;
    self->panes_with = wider.panes_with;
    self->places = wider.places;
    self->room = room;
    return true;
}
bool wadi__window_part_widen(wadi__window_part *self, const wadi__window_shape *shape) {
    return self->keys.room <= self->room || widen_to(self, shape, self->keys.room);
}

bool wadi__window_stacks_widen(wadi__window_part *part, const wadi__window_shape *shape) {
    wadi__window_stacks *self = &part->stacks;
    if (self->room == part->room) return true;
    char *cells = wadi__pool_get(part->room * shape->cell_size);
    if (cells == NULL) return false;
    move_column(cells, self->cells, self->room, part->room, shape->cell_size);
    wadi__pool_put(self->cells, self->room * shape->cell_size);
    self->cells = cells;
    self->room = part->room;
    return true;
}

/* ---- Strings ---- */

/* The records change only when all of it has succeeded. */
static void renew_strings(wadi__window_part *self, const wadi__window_shape *shape) {
    uint32_t end = wadi__window_part_end(self, shape);
    char *tails = wadi__pool_get(self->room * shape->tail_size);
    wadi__keep *strings = wadi__keep_new();
    bool copied = tails != NULL && strings != NULL;
    if (copied) memcpy(tails, self->tails, end * shape->tail_size);
    for (uint32_t n = 0; copied && n < end; n++)
        if ((self->flags[n] & WADI__WINDOW_HAS) != 0)
            copied = wadi__window_own_tail(shape, tails + n * shape->tail_size, &strings->arena);
    if (copied) {
        wadi__pool_put(self->tails, self->room * shape->tail_size);
        wadi__keep_unref(self->strings);
        self->tails = tails;
        self->strings = strings;
        self->string_bytes = strings->arena.size_bytes;
        return;
    }
    wadi__pool_put(tails, self->room * shape->tail_size);
    wadi__keep_unref(strings);
}
void wadi__window_part_tidy(wadi__window_part *self, const wadi__window_shape *shape) {
    if (shape->is_keyed && wadi__dictionary_is_wasteful(&self->keys))
        wadi__dictionary_compact(&self->keys);
    if (self->strings != NULL &&
        self->strings->arena.size_bytes > self->string_bytes * 2 + WASTE_MIN)
        renew_strings(self, shape);
}

/* ---- Life ---- */

bool wadi__window_part_init(wadi__window_part *self, const wadi__window_shape *shape) {
    *self = (wadi__window_part){.time_ms = INT64_MIN};
    pthread_mutex_init(&self->lock, NULL);
    if (shape->has_strings && (self->strings = wadi__keep_new()) == NULL) return false;
    return shape->is_keyed ? wadi__dictionary_init(&self->keys, shape->type->key)
                           : widen_to(self, shape, 1);
}
void wadi__window_part_fini(wadi__window_part *self, const wadi__window_shape *shape) {
    for (size_t i = 0; i < self->panes.count; i++)
        wadi__window_pane_free(self->panes.items[i], shape);
    wadi__vec_fini(&self->panes);
    put_columns(self, shape);
    wadi__window_lists_free(self, shape);
    wadi__pool_put(self->stacks.cells, self->stacks.room * shape->cell_size);
    for (size_t i = 0; i < 2; i++) wadi__window_column_free(&self->stacks.sums[i], shape);
    wadi__arena_fini(&self->stacks.middle_strings);
    wadi__arena_fini(&self->stacks.back_strings);
    if (shape->is_keyed) wadi__dictionary_fini(&self->keys);
    wadi__keep_unref(self->strings);
    wadi__block_unref(self->removed);
    wadi__capture_fini(&self->entered);
    pthread_mutex_destroy(&self->lock);
}
