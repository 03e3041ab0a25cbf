/* SPDX-License-Identifier: Apache-2.0 */
/* window_lanes.c: windows of sums and extremes of whole numbers: loops over columns of tails.
 *
 * These loops cannot fail and know no order, so with an inverse panes are added to the records and
 * subtracted from them as they come and go, when nothing else can fail: without a log. */
#include "exec/window_apply.h"

void wadi__window_find_lanes(wadi__window_apply *self) {
    const wadi__window_shape *shape = self->shape;
    const wadi__window_spec *spec = self->by->spec;
    const wadi__bound_fn *inverse = self->by->rdd->merge;
    self->lanes = wadi__lanes_of(self->by->rdd->fn, shape->tail_at, shape->tail_size);
    if (self->lanes == NULL) return;
    self->lane_count = (uint32_t)(shape->tail_size / sizeof(uint64_t));
    const wadi__lanes *undo =
        inverse != NULL ? wadi__lanes_of(inverse, shape->tail_at, shape->tail_size) : NULL;
    self->is_plain = spec->is_inverse && spec->filter == NULL &&
                     spec->slide_ms <= spec->window_ms && !self->part->has_gaps && undo != NULL &&
                     undo == self->lanes->undo;
}
static void begin_record(wadi__window_apply *self, uint32_t number) {
    if (wadi__window_has(self, number)) return;
    uint64_t *record = wadi__window_lanes(wadi__window_tail(self, number));
    for (uint32_t k = 0; k < self->lane_count; k++) record[k] = self->lanes->none;
    self->part->flags[number] |= WADI__WINDOW_HAS;
}
void wadi__window_begin_records(wadi__window_apply *self) {
    for (size_t i = 0; i < self->added.count; i++) begin_record(self, self->added.items[i]);
    for (size_t i = 0; !self->shape->is_keyed && i < self->made.count; i++)
        if (self->made.items[i]->count > 0) begin_record(self, 0);
}
static void change(const wadi__window_apply *self, const wadi__lanes *lanes,
                   const wadi__window_pane *pane) {
    wadi__window_part *part = self->part;
    lanes->scatter(wadi__window_lanes(part->tails), pane->numbers, wadi__window_lanes(pane->tails),
                   pane->count, self->lane_count);
    for (uint32_t i = 0; part->is_captured && i < pane->count; i++)
        part->flags[pane->numbers[i]] |= WADI__WINDOW_DIRTY;
}
void wadi__window_commit_plain(wadi__window_apply *self) {
    const wadi__window_panes *old = &self->part->panes, *made = &self->made;
    wadi__window_begin_records(self);
    for (size_t i = 0; i < made->count; i++) change(self, self->lanes, made->items[i]);
    for (size_t i = 0, n = wadi__window_leaving(self, old); i < n; i++)
        change(self, self->lanes->undo, old->items[i]);
}
