/* SPDX-License-Identifier: Apache-2.0 */
/* input.h: what the reduce side of an operator gets from one of its parents: the pieces that a
 * shuffle has for its partition, or, when the parent has the keys in the right places, the parent's
 * own. */
#ifndef WADI_EXEC_INPUT_H
#define WADI_EXEC_INPUT_H
#include "exec/wide.h"

/* A cursor that pushes all records of parent i for a partition. NULL: the task has failed. */
wadi__cursor *wadi__input_open(const wadi_rdd *rdd, uint32_t parent, uint32_t partition,
                               wadi__task *task, wadi__sink *sink);
/* Pushes them all at once. Failure: the task has failed. */
void wadi__input_drain(const wadi_rdd *rdd, uint32_t parent, uint32_t partition, wadi__task *task,
                       wadi__sink *sink);
/* How many there are; UINT64_MAX: not known before they have come. */
uint64_t wadi__input_row_count(const wadi_rdd *rdd, uint32_t parent, uint32_t partition,
                               wadi__task *task);

/* The same for an estimate: 1 where it is not known. */
uint64_t wadi__input_rows_guess(const wadi_rdd *rdd, uint32_t parent, uint32_t partition,
                                wadi__task *task);

/* How many keys so many records may have: as many as there were the last time, and a half more; all
 * where nobody knows. */
uint64_t wadi__input_keys_guess(const wadi_rdd *rdd, uint64_t row_count, wadi__task *task);

/* All records of an input at once, where they are or copied, until the task ends. */
typedef struct wadi__run {
    const char *rows;
    const uint64_t *hashes; /* of their keys; NULL: not known */
    size_t count;
} wadi__run;
typedef struct wadi__held_input {
    WADI__VEC(wadi__run) runs;
    size_t row_size;
    uint64_t row_count;
    wadi__at_close at_close;
} wadi__held_input;
/* `self` starts zeroed and lives as long as the task's scratch. False: the task has failed. */
bool wadi__held_input_init(wadi__held_input *self, const wadi_rdd *rdd, uint32_t parent,
                           uint32_t partition, wadi__task *task);
/* Gives every run its hashes. False: the task has failed. */
bool wadi__held_input_hash(wadi__held_input *self, const wadi__type *key, wadi__task *task);
#endif
