/* SPDX-License-Identifier: Apache-2.0 */
/* state_calls.h: calling a function over states: it works on copies, so that what it does counts
 * only when it has returned. */
#ifndef WADI_STREAM_STATE_CALLS_H
#define WADI_STREAM_STATE_CALLS_H
#include "stream/state.h"

typedef struct wadi__state_calls {
    wadi__state_writing writing;
    wadi__call_site site;
    size_t state_size;
    size_t slots_max; /* in a call: one at a time when a task is tried again, to tell which one
                         fails */
    wadi_state_slot *slots;
    wadi__state_row *rows; /* of the slots */
    char *values;          /* room for a copy of each state */
} wadi__state_calls;

/* Opens a partition to be updated, by calls of at most `slots` slots. *has_batch: there is nothing
 * to do. False: the task has failed. */
bool wadi__state_calls_init(wadi__state_calls *self, const wadi_rdd *rdd, uint32_t partition,
                            wadi__task *task, size_t slots, bool *has_batch);
static inline char *wadi__state_calls_value(const wadi__state_calls *self, size_t i) {
    return self->values + i * self->state_size;
}
/* Gives a row, which is there already, a state. False: the task has failed. */
bool wadi__state_calls_keep(wadi__state_calls *self, wadi__state_row row, const char *value);
/* Gives the rows of some slots the values of these. */
bool wadi__state_calls_keep_some(wadi__state_calls *self, size_t from, size_t count);
bool wadi__state_calls_drop(wadi__state_calls *self, wadi__state_row row);
/* The row of a key, made if there is none. NO_ROW: the task has failed. */
wadi__state_row wadi__state_calls_row(wadi__state_calls *self, const void *key, uint64_t hash,
                                      bool *is_new);
/* Puts the states to begin with into the store: those of the last parent, where it has them. Of two
 * of one key the last one stays, or, is_first, the first. False: the task has failed. */
bool wadi__state_calls_begin_with(wadi__state_calls *self, const wadi_rdd *rdd, uint32_t partition,
                                  bool is_first);
#endif
