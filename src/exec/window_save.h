/* SPDX-License-Identifier: Apache-2.0 */
/* window_save.h: a window's partition on its way to files, and back. Whoever calls has it alone. */
#ifndef WADI_EXEC_WINDOW_SAVE_H
#define WADI_EXEC_WINDOW_SAVE_H
#include "exec/window_part.h"

/* Notes that the record of a number is about to go, if it has been saved. */
void wadi__window_note_removed(wadi__window_part *self, uint32_t number);
/* Copies the newest `count` panes, to be captured; forgets copies of those up to gone_ms. */
void wadi__window_capture_panes(wadi__window_part *self, const wadi__window_shape *shape,
                                size_t count, int64_t gone_ms);
/* Captures what has changed since the last time, or all. False: it could not, and nothing has
 * changed; self->has_lost: only all will do. */
bool wadi__window_part_capture(wadi__window_part *self, const wadi__window_shape *shape, bool all,
                               wadi__capture *to);

/* Puts what was captured once where it belongs. */
wadi_status wadi__window_parts_load(const wadi__window_shape *shape, wadi__window_part **parts,
                                    uint32_t count, const wadi__section *section, wadi_error *err);
/* All of the window that ends at time_ms has been loaded. is_ordered: panes lie in order of
 * blocks. False: no memory. */
bool wadi__window_part_loaded(wadi__window_part *self, const wadi__window_shape *shape,
                              bool is_ordered, int64_t time_ms);
#endif
