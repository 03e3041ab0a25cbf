/* SPDX-License-Identifier: Apache-2.0 */
/* window_save.c: what a window hands over to be saved, and takes back after a restart.
 *
 * A step's panes are copied when they are made, each once; the records that have changed, when the
 * step says so. So what is saved follows what was touched, and after a restart nothing of the
 * parent is asked for again. */
#include "exec/window_save.h"

#include "data/value.h"
#include "exec/window_part.h"
#include "rdd/partitioner.h"

#include <string.h>

enum {
    NOTE_PARTIAL = 1,       /* of a record: WADI__WINDOW_PARTIAL */
    REMOVED_MIN = 64 << 10, /* keys that went are noted up to this, or as many as there are keys */
};

/* ---- Keys that went ---- */

static void lose(wadi__window_part *self) {
    wadi__block_unref(self->removed);
    self->removed = NULL;
    self->has_lost = true;
}
static bool add_removed(wadi__window_part *self, uint32_t number) {
    const wadi__type *type = self->keys.key;
    wadi__keep *keep = self->removed == NULL ? wadi__keep_new() : NULL;
    if (keep != NULL) self->removed = wadi__block_new(type, keep);
    wadi__keep_unref(keep);
    if (self->removed == NULL || self->removed->row_count > REMOVED_MIN + self->keys.count)
        return false;
    char few[64], *key = type->pub.size <= sizeof few ? few : wadi__malloc(type->pub.size);
    bool added = key != NULL;
    if (added) {
        memcpy(key, wadi__dictionary_key(&self->keys, number), type->pub.size);
        added = wadi__value_own(type, key, &self->removed->keep->arena) &&
                wadi__block_append(self->removed, key, 1);
    }
    if (key != few) wadi__free(key);
    return added;
}
void wadi__window_note_removed(wadi__window_part *self, uint32_t number) {
    if ((self->flags[number] & WADI__WINDOW_SAVED) == 0) return;
    self->flags[number] &= (uint8_t)~WADI__WINDOW_SAVED;
    if (!self->has_lost && !add_removed(self, number)) lose(self);
}

/* ---- Copies ---- */

/* Holds what the records of the part point at. */
static wadi__keep *keep_of(const wadi__window_part *self) {
    wadi__keep *keep = wadi__keep_new();
    if (keep != NULL && (self->strings == NULL || wadi__keep_add(keep, &self->strings->counted)) &&
        (self->keys.strings == NULL || wadi__keep_add(keep, &self->keys.strings->counted)))
        return keep;
    wadi__keep_unref(keep);
    return NULL;
}
static bool copy_pane(const wadi__window_part *self, const wadi__window_shape *shape,
                      const wadi__window_pane *pane, wadi__capture *to) {
    enum { AHEAD = 16 };
    wadi__row_copies copies = {0};
    wadi__keep *keep = keep_of(self);
    bool copied = keep != NULL && wadi__row_copies_begin(&copies, shape->type, keep, false);
    for (uint32_t i = 0; copied && i < pane->count; i++) {
        if (shape->is_keyed && i + AHEAD < pane->count)
            __builtin_prefetch(wadi__dictionary_key(&self->keys, pane->numbers[i + AHEAD]));
        char *row = wadi__row_copies_next(&copies, 0);
        copied = row != NULL;
        if (!copied) break;
        wadi__window_put_whole(self, shape, row, pane->numbers[i],
                               pane->tails + i * shape->tail_size);
        if (shape->has_strings) /* which go with the pane */
            copied = wadi__window_own_tail(shape, row + shape->tail_at, &keep->arena);
    }
    wadi__keep_unref(keep);
    return wadi__row_copies_end(&copies, copied, to, WADI__SECTION_PANE, pane->end_ms);
}
static bool copy_rows(const wadi__window_part *self, const wadi__window_shape *shape, bool all,
                      wadi__capture *to) {
    uint8_t wanted = WADI__WINDOW_HAS | (all ? 0 : WADI__WINDOW_DIRTY);
    uint32_t end = wadi__window_part_end(self, shape);
    bool has_notes = false;
    for (uint32_t n = 0; n < end; n++)
        has_notes |=
            (self->flags[n] & (wanted | WADI__WINDOW_PARTIAL)) == (wanted | WADI__WINDOW_PARTIAL);
    wadi__row_copies copies = {0};
    wadi__keep *keep = keep_of(self);
    bool copied = keep != NULL && wadi__row_copies_begin(&copies, shape->type, keep, has_notes);
    wadi__keep_unref(keep);
    for (uint32_t n = 0; copied && n < end; n++) {
        if ((self->flags[n] & wanted) != wanted) continue;
        bool is_partial = (self->flags[n] & WADI__WINDOW_PARTIAL) != 0;
        char *row = wadi__row_copies_next(&copies, is_partial ? NOTE_PARTIAL : 0);
        copied = row != NULL;
        if (copied)
            wadi__window_put_whole(self, shape, row, n, self->tails + n * shape->tail_size);
    }
    return wadi__row_copies_end(&copies, copied, to, WADI__SECTION_ROWS, 0);
}

/* ---- Capturing ---- */

void wadi__window_capture_panes(wadi__window_part *self, const wadi__window_shape *shape,
                                size_t count, int64_t gone_ms) {
    size_t old = 0;
    wadi__capture *entered = &self->entered;
    while (old < entered->sections.count && entered->sections.items[old].time_ms <= gone_ms) old++;
    wadi__capture_skip(entered, old);
    for (size_t i = self->panes.count - count; i < self->panes.count && !self->has_lost; i++)
        if (!copy_pane(self, shape, self->panes.items[i], entered)) lose(self);
}
/* Keys whose record the filter has dropped while panes have them. */
static void note_dropped(wadi__window_part *self, const wadi__window_shape *shape) {
    uint8_t looked_at = WADI__WINDOW_DIRTY | WADI__WINDOW_SAVED | WADI__WINDOW_HAS;
    for (uint32_t n = 0; shape->is_keyed && n < self->keys.end; n++)
        if ((self->flags[n] & looked_at) == (WADI__WINDOW_DIRTY | WADI__WINDOW_SAVED))
            wadi__window_note_removed(self, n);
}
static bool move_sections(wadi__capture *from, wadi__capture *to) {
    if (!wadi__vec_reserve(&to->sections, from->sections.count)) return false;
    for (size_t i = 0; i < from->sections.count; i++)
        to->sections.items[to->sections.count++] = from->sections.items[i];
    from->sections.count = 0;
    return true;
}
static bool capture_changes(wadi__window_part *self, const wadi__window_shape *shape,
                            wadi__capture *to) {
    note_dropped(self, shape);
    if (self->has_lost || !wadi__vec_reserve(&to->sections, 2 + self->entered.sections.count))
        return false;
    if (!copy_rows(self, shape, false, to)) return false;
    if (self->removed != NULL && self->removed->row_count > 0) { /* comes first */
        wadi__capture_put_first(to, (wadi__section){WADI__SECTION_REMOVED, 0, self->removed, NULL});
        self->removed = NULL;
    }
    return move_sections(&self->entered, to); /* for which there is room */
}
static bool capture_all(wadi__window_part *self, const wadi__window_shape *shape,
                        wadi__capture *to) {
    bool copied = copy_rows(self, shape, true, to);
    for (size_t i = 0; copied && i < self->panes.count; i++)
        copied = copy_pane(self, shape, self->panes.items[i], to);
    return copied;
}
bool wadi__window_part_capture(wadi__window_part *self, const wadi__window_shape *shape, bool all,
                               wadi__capture *to) {
    bool is_made = all ? capture_all(self, shape, to) : capture_changes(self, shape, to);
    if (!is_made) {
        wadi__capture_fini(to);
        return false;
    }
    wadi__capture_fini(&self->entered);
    wadi__block_unref(self->removed);
    self->removed = NULL;
    self->has_lost = false;
    for (uint32_t n = 0; n < wadi__window_part_end(self, shape); n++) {
        bool has = (self->flags[n] & WADI__WINDOW_HAS) != 0;
        self->flags[n] &= (uint8_t) ~(WADI__WINDOW_DIRTY | WADI__WINDOW_SAVED);
        if (has) self->flags[n] |= WADI__WINDOW_SAVED;
    }
    return true;
}

/* ---- Loading ---- */

typedef struct loading { /* some records of one partition */
    wadi__window_part *part;
    const wadi__window_shape *shape;
    const char *rows;
    size_t row_size;
    const int64_t *notes; /* of row i; NULL: none */
    const uint32_t *selected;
    const uint64_t *hashes; /* of record i, not of row selected[i] */
    size_t count;
    uint32_t numbers[WADI__DICTIONARY_BATCH];
    bool is_new[WADI__DICTIONARY_BATCH];
} loading;

static const char *row_at(const loading *self, size_t i) {
    return self->rows + self->selected[i] * self->row_size;
}
static bool number(loading *self) {
    if (!self->shape->is_keyed) {
        memset(self->numbers, 0, sizeof self->numbers);
        return true;
    }
    wadi__dictionary_rows rows = {.rows = self->rows,
                                  .row_size = self->row_size,
                                  .selected = self->selected,
                                  .hashes = self->hashes,
                                  .count = self->count};
    return wadi__dictionary_number(&self->part->keys, &rows, self->numbers, self->is_new) &&
           wadi__window_part_widen(self->part, self->shape);
}
static bool load_rows(loading *self) {
    wadi__window_part *part = self->part;
    const wadi__window_shape *shape = self->shape;
    for (size_t i = 0; i < self->count; i++) {
        uint32_t n = self->numbers[i];
        char *to = part->tails + n * shape->tail_size;
        wadi__row_copy(to, row_at(self, i) + shape->tail_at, shape->tail_size);
        if (shape->has_strings && !wadi__window_own_tail(shape, to, &part->strings->arena))
            return false;
        bool is_partial = self->notes != NULL && self->notes[self->selected[i]] == NOTE_PARTIAL;
        part->flags[n] = WADI__WINDOW_HAS | (is_partial ? WADI__WINDOW_PARTIAL : 0);
    }
    return true;
}
static bool load_removed(loading *self) {
    for (size_t i = 0; i < self->count; i++) {
        uint32_t n = self->numbers[i];
        self->part->flags[n] = 0;
        if (self->part->panes_with[n] == 0 && wadi__dictionary_has(&self->part->keys, n))
            wadi__dictionary_remove(&self->part->keys, n);
    }
    return true;
}
static wadi__window_pane *pane_at(wadi__window_part *part, int64_t end_ms) {
    wadi__window_pane *last =
        part->panes.count > 0 ? part->panes.items[part->panes.count - 1] : NULL;
    if (last != NULL && last->end_ms == end_ms) return last;
    wadi__window_pane *pane = wadi__window_pane_new(end_ms);
    if (pane == NULL || !wadi__vec_push(&part->panes, pane)) {
        wadi__free(pane);
        return NULL;
    }
    pane->sequence = ++part->sequence;
    return pane;
}
static bool load_pane(loading *self, int64_t end_ms) {
    wadi__window_part *part = self->part;
    const wadi__window_shape *shape = self->shape;
    wadi__window_pane *pane = pane_at(part, end_ms);
    if (pane == NULL || !wadi__window_pane_reserve(pane, shape, (uint32_t)self->count))
        return false;
    for (size_t i = 0; i < self->count; i++) {
        char *to = pane->tails + pane->count * shape->tail_size;
        wadi__row_copy(to, row_at(self, i) + shape->tail_at, shape->tail_size);
        if (shape->has_strings && !wadi__window_own_tail(shape, to, &pane->strings)) return false;
        pane->numbers[pane->count++] = self->numbers[i];
        part->panes_with[self->numbers[i]]++;
    }
    return true;
}
static wadi_status load_some(loading *self, const wadi__section *section, wadi_error *err) {
    bool loaded = number(self);
    if (loaded && section->kind == WADI__SECTION_REMOVED) loaded = load_removed(self);
    if (loaded && section->kind == WADI__SECTION_ROWS) loaded = load_rows(self);
    if (loaded && section->kind == WADI__SECTION_PANE) loaded = load_pane(self, section->time_ms);
    if (loaded) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM,
                              "no memory for a window that was saved; raise wadi.memory.max_bytes");
}

typedef struct spreading {
    loading some;
    uint64_t hashes[WADI__CHUNK_ROWS], ordered[WADI__CHUNK_ROWS];
    uint32_t order[WADI__CHUNK_ROWS];
    int64_t notes[WADI__CHUNK_ROWS];
    uint32_t ends[]; /* by partition: where its rows end in `order` */
} spreading;

/* Rows of a chunk in order of their partitions. */
static void spread(spreading *self, const wadi__chunk *chunk, const wadi__type *key,
                   uint32_t count) {
    memset(self->ends, 0, (count + 1) * sizeof *self->ends);
    if (key != NULL)
        wadi__value_hash_rows(key, chunk->rows, chunk->record_size, NULL, chunk->count,
                              self->hashes);
    else
        memset(self->hashes, 0, sizeof self->hashes);
    for (uint32_t i = 0; i < chunk->count; i++)
        self->ends[wadi__partition_of(self->hashes[i], count) + 1]++;
    for (uint32_t p = 0; p < count; p++) self->ends[p + 1] += self->ends[p];
    for (uint32_t i = 0; i < chunk->count; i++) {
        uint32_t to = self->ends[wadi__partition_of(self->hashes[i], count)]++;
        self->order[to] = i;
        self->ordered[to] = self->hashes[i];
    }
}
static wadi_status load_chunk(spreading *self, const wadi__chunk *chunk, wadi__window_part *part,
                              uint32_t from, uint32_t end, const wadi__section *section,
                              wadi_error *err) {
    wadi_status status = WADI_OK;
    loading *some = &self->some;
    some->part = part;
    some->rows = chunk->rows;
    some->row_size = chunk->record_size;
    some->notes = section->notes != NULL ? self->notes : NULL;
    for (; status == WADI_OK && from < end; from += (uint32_t)some->count) {
        some->selected = self->order + from;
        some->hashes = self->ordered + from;
        some->count =
            end - from < WADI__DICTIONARY_BATCH ? end - from : (size_t)WADI__DICTIONARY_BATCH;
        status = load_some(some, section, err);
    }
    return status;
}
wadi_status wadi__window_parts_load(const wadi__window_shape *shape, wadi__window_part **parts,
                                    uint32_t count, const wadi__section *section, wadi_error *err) {
    spreading *self = wadi__malloc(sizeof *self + (count + 1) * sizeof self->ends[0]);
    if (self == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory to read a window");
    const wadi__type *key = shape->is_keyed ? shape->type->key : NULL;
    wadi__note_place note = {0};
    wadi_status status = WADI_OK;
    self->some.shape = shape;
    for (size_t c = 0; status == WADI_OK && c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        spread(self, chunk, key, count);
        if (section->notes != NULL)
            wadi__notes_read(section->notes, &note, self->notes, chunk->count);
        for (uint32_t p = 0, from = 0; status == WADI_OK && p < count; p++) {
            status = load_chunk(self, chunk, parts[p], from, self->ends[p], section, err);
            from = self->ends[p];
        }
    }
    wadi__free(self);
    return status;
}
bool wadi__window_part_loaded(wadi__window_part *self, const wadi__window_shape *shape,
                              bool is_ordered, int64_t time_ms) {
    for (uint32_t n = 0; n < wadi__window_part_end(self, shape); n++) {
        uint8_t *flags = &self->flags[n];
        if ((*flags & WADI__WINDOW_HAS) != 0)
            *flags |= WADI__WINDOW_SAVED;
        else if (self->panes_with[n] > 0) /* the filter has dropped it */
            *flags = WADI__WINDOW_PARTIAL;
        self->has_gaps |= (*flags & WADI__WINDOW_PARTIAL) != 0;
    }
    self->time_ms = time_ms;
    atomic_store_explicit(&self->key_count, self->keys.count, memory_order_relaxed);
    for (size_t i = 0; is_ordered && i < self->panes.count; i++)
        if (!wadi__window_pane_order(self, shape, self->panes.items[i])) return false;
    return true;
}
