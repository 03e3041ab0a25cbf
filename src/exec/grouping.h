/* SPDX-License-Identifier: Apache-2.0 */
/* grouping.h: the records of a partition, those of each key side by side.
 *
 * Two passes: the keys are numbered by a hash table, in the order of their first record, left side
 * first, and every record is then copied to its key's place. Records of a key stay in the order in
 * which they came: map task, then row. Results may point at them, so they live with the task's
 * keep. */
#ifndef WADI_EXEC_GROUPING_H
#define WADI_EXEC_GROUPING_H
#include "exec/input.h"

typedef struct wadi__grouped_side {
    char *rows; /* by key number */
    size_t row_size;
    size_t *ends; /* where the records of a key number end, in records */
} wadi__grouped_side;
typedef struct wadi__grouping {
    uint32_t side_count, key_count;
    wadi__grouped_side *sides;
} wadi__grouping;

/* Groups what the inputs hold, the first parents of `rdd`, by its key. False: the task has failed. */
bool wadi__grouping_build(wadi__grouping *self, wadi__held_input *inputs, uint32_t side_count,
                          const wadi_rdd *rdd, wadi__task *task);
/* The records of key number k of a side; NULL and 0 where it has none. */
static inline const char *wadi__grouping_rows(const wadi__grouping *self, uint32_t side, uint32_t k,
                                              size_t *count) {
    const wadi__grouped_side *at = &self->sides[side];
    size_t from = k > 0 ? at->ends[k - 1] : 0;
    *count = at->ends[k] - from;
    return *count > 0 ? at->rows + from * at->row_size : NULL;
}
#endif
