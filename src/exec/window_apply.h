/* SPDX-License-Identifier: Apache-2.0 */
/* window_apply.h: a step while it is applied to a window's partition: what enters as panes, the log
 * of changed records, and room for a batch of records. On the stack of window_apply.c; its parts
 * are
 *
 *     window_panes.c    panes of what enters; several panes as one
 *     window_collect.c  panes of ready-made functions, by blocks of numbers
 *     window_update.c   with an inverse: the records from those of the window before
 *     window_rebuild.c  the same for floating point, which would drift
 *     window_stacks.c   without one: the records from two stacks of panes
 *     window_lanes.c    both for ready-made functions of whole numbers: columns, which cannot fail
 *     window_dense.c    the stacks of these, while most keys are in most panes
 *
 * Each function that can fail fails the task, and then returns false. */
#ifndef WADI_EXEC_WINDOW_APPLY_H
#define WADI_EXEC_WINDOW_APPLY_H
#include "data/chunk.h"
#include "exec/window_part.h"
#include "rdd/ready/lanes.h"

#include <string.h>

enum {
    WADI__WINDOW_BATCH = WADI__DICTIONARY_BATCH,
    WADI__WINDOW_AHEAD = 16, /* entries whose keys and records are fetched meanwhile */
};

typedef struct wadi__window_logged {
    uint32_t number;
    uint8_t flags; /* that it had; with a record, the log has its tail too */
} wadi__window_logged;
typedef struct wadi__window_log_of_step { /* from the pool: as large as the last one, most often */
    uint32_t count, room;
    wadi__window_logged *items;
    char *tails; /* one for each */
} wadi__window_log_of_step;

typedef struct wadi__window_apply {
    wadi__window_part *part;
    const wadi__window_task *by;
    const wadi__window_shape *shape;
    wadi__task *task;
    int64_t time_ms;
    wadi__call_site fn, inverse, filter;
    const wadi__lanes *lanes;   /* what `fn` does to tails; NULL: only it knows */
    uint32_t lane_count;        /* of a tail */
    bool is_plain;              /* the records are added to and subtracted from, when all is done */
    wadi__window_panes made;    /* of this step, in order of time */
    wadi__window_pane *entered; /* what enters as one pane; NULL: nothing does */
    wadi__window_pane *entered_own; /* the same, if it was made for that alone */
    wadi__window_pane *open;        /* whose numbers have places; NULL: none */
    bool is_listed;  /* .. or none has: what comes is listed, numbers again and again .. */
    uint32_t listed; /* .. so much so far .. */
    uint32_t united; /* .. of which the first ones are in order of numbers, each once */
    WADI__VEC(uint32_t) added;   /* numbers given in this step */
    WADI__VEC(uint32_t) dropped; /* by the filter */
    wadi__window_log_of_step log;
    size_t staged_bytes;
    char *staged; /* window_stacks.c: tails of `entered`, with what is at the back already */
    /* For up to WADI__WINDOW_BATCH records: */
    char *rows, *accs_room;
    void **accs;
    uint32_t *numbers, *selected, *at;
    bool *is_new;
} wadi__window_apply;

static inline bool wadi__window_apply_is_over(const wadi__window_apply *self) {
    return wadi__task_is_over(self->task);
}
/* Fails the task; false. */
bool wadi__window_no_memory(const wadi__window_apply *self);
/* Whether a pane that ends then has left the window. */
static inline bool wadi__window_has_left(const wadi__window_apply *self, int64_t end_ms) {
    return end_ms <= self->time_ms - self->by->spec->window_ms;
}
/* How many panes, the first ones, have left. */
size_t wadi__window_leaving(const wadi__window_apply *self, const wadi__window_panes *panes);

/* ---- window_panes.c ---- */

/* Makes panes of what enters. */
bool wadi__window_read(wadi__window_apply *self, const wadi__window_input *inputs, size_t count);
/* Gives a pane's numbers their places, unless they have them, and takes those of another away. */
void wadi__window_open_pane(wadi__window_apply *self, wadi__window_pane *pane);
void wadi__window_close_pane(wadi__window_apply *self);
/* Some panes as one; NULL of none. *own is set when it had to be made. */
bool wadi__window_unite(wadi__window_apply *self, wadi__window_pane *const *panes, size_t count,
                        wadi__window_pane **united, wadi__window_pane **own);
/* How many entries from number `from` on make a batch. */
static inline size_t wadi__window_entries(const wadi__window_pane *pane, uint32_t from) {
    return pane->count - from < WADI__WINDOW_BATCH ? pane->count - from : WADI__WINDOW_BATCH;
}
static inline void wadi__window_whole(const wadi__window_apply *self, char *row, uint32_t number,
                                      const char *tail) {
    wadi__window_put_whole(self->part, self->shape, row, number, tail);
}
/* Whole records of a batch of entries, in self->rows; fetches what the column has of their numbers.
 */
void wadi__window_expand(wadi__window_apply *self, const wadi__window_pane *pane, uint32_t from,
                         size_t count);
/* Moves what tails point at, which lie `stride` apart, into the arena. */
bool wadi__window_own_tails(wadi__window_apply *self, char *tails, size_t stride, size_t count,
                            wadi__arena *arena);

/* ---- window_collect.c ---- */

/* A pane is opened; sets self->is_listed. */
void wadi__window_begin_list(wadi__window_apply *self);
/* Lists records with self->numbers. */
bool wadi__window_list_rows(wadi__window_apply *self, const char *rows, const uint32_t *picked,
                            size_t count);
/* What is listed becomes the open pane. */
bool wadi__window_end_list(wadi__window_apply *self);

/* ---- The records ---- */

static inline char *wadi__window_tail(const wadi__window_apply *self, uint32_t number) {
    return self->part->tails + number * self->shape->tail_size;
}
static inline bool wadi__window_has(const wadi__window_apply *self, uint32_t number) {
    return (self->part->flags[number] & WADI__WINDOW_HAS) != 0;
}
/* Room for so many more numbers in the log. */
bool wadi__window_log_reserve(wadi__window_apply *self, uint32_t more);
/* Logs what a number has before it changes; once in a step. */
static inline bool wadi__window_log(wadi__window_apply *self, uint32_t number) {
    wadi__window_log_of_step *log = &self->log;
    uint8_t *flags = &self->part->flags[number];
    const size_t size = self->shape->tail_size;
    if ((*flags & WADI__WINDOW_LOGGED) != 0) return true;
    if (log->count == log->room && !wadi__window_log_reserve(self, 1)) return false;
    log->items[log->count] = (wadi__window_logged){number, *flags};
    if ((*flags & WADI__WINDOW_HAS) != 0)
        wadi__row_copy(log->tails + log->count * size, wadi__window_tail(self, number), size);
    log->count++;
    *flags |= WADI__WINDOW_LOGGED;
    return true;
}
/* Puts a tail into the column, which then owns what it points at. */
bool wadi__window_put_tail(wadi__window_apply *self, uint32_t number, const char *tail);
/* Calls a function for the column's records of numbers self->at[i], each of which comes once, and
 * records self->rows[self->selected[i]] with the same keys. */
bool wadi__window_change(wadi__window_apply *self, wadi__call_site *site, size_t count);

/* ---- window_rebuild.c ---- */

/* Whether records would drift from what their panes make together. */
static inline bool wadi__window_drifts(const wadi__window_apply *self) {
    const wadi__window_spec *spec = self->by->spec;
    return spec->is_inverse && self->shape->has_floats && spec->slide_ms <= spec->window_ms;
}
/* Puts a pane's entries in order of blocks of numbers. */
bool wadi__window_order(wadi__window_apply *self, wadi__window_pane *pane);
/* Makes a share of the records anew from their panes. */
bool wadi__window_rebuild(wadi__window_apply *self);
/* Puts 0 in place of NaN and of infinite numbers, which taken from themselves leave NaN. */
void wadi__window_make_finite(const wadi__window_shape *shape, char *tail);

/* Whether it matters how many panes have a number. */
static inline bool wadi__window_counts_panes(const wadi__window_apply *self) {
    const wadi__window_spec *spec = self->by->spec;
    return spec->is_inverse ? spec->filter != NULL || self->shape->has_floats
                            : !self->part->stacks.is_dense;
}
/* The records of the window that ends at time_ms, after the panes have been made. */
bool wadi__window_update(wadi__window_apply *self);
bool wadi__window_restack(wadi__window_apply *self);
/* After all that can fail, before panes go and come: what enters lies at the back, what leaves is
 * at the front no more. */
void wadi__window_commit_stacks(wadi__window_apply *self);

/* ---- window_lanes.c ---- */

/* Finds out what functions do to tails. */
void wadi__window_find_lanes(wadi__window_apply *self);
/* Where the lanes of an array of tails begin. */
static inline uint64_t *wadi__window_lanes(char *tails) { return (uint64_t *)(void *)tails; }
/* Numbers that are new have a record, which nothing has been put in yet. */
void wadi__window_begin_records(wadi__window_apply *self);
/* is_plain: what leaves is taken out of the records, what enters put in. Before panes go and come.
 */
void wadi__window_commit_plain(wadi__window_apply *self);

/* ---- window_dense.c ---- */

/* Which form the stacks are to have from this step on. */
bool wadi__window_choose_form(wadi__window_apply *self);
/* Room for all numbers, with undefined contents. False: no memory. */
bool wadi__window_column_room(const wadi__window_apply *self, wadi__window_column *column);
bool wadi__window_widen_sums(wadi__window_apply *self);
/* Turns a pane of the middle; `later` is the one behind it in the lot, NULL: none is. */
bool wadi__window_turn_dense(wadi__window_apply *self, wadi__window_pane *pane,
                             const wadi__window_pane *later);
/* After a shift: nothing is at the back. */
void wadi__window_clear_back(wadi__window_apply *self);
/* Makes sure that the front's oldest pane that stays has all numbers. */
bool wadi__window_widen_front(wadi__window_apply *self, uint64_t leaving);
void wadi__window_commit_dense(wadi__window_apply *self, uint64_t leaving);

/* ---- window_stacks.c, for window_dense.c ---- */

/* The pane of a sequence that is in the window. */
static inline wadi__window_pane *wadi__window_pane_at(const wadi__window_part *part,
                                                      uint64_t sequence) {
    return part->panes.items[sequence - part->panes.items[0]->sequence];
}
static inline wadi__window_cell *wadi__window_cell_of(const wadi__window_apply *self,
                                                      uint32_t number) {
    return (wadi__window_cell *)(void *)(self->part->stacks.cells +
                                         number * self->shape->cell_size);
}
/* A link to an entry of a list: not 0. */
enum { WADI__WINDOW_INDEX_BITS = 28 };
static inline uint64_t wadi__window_link_to(const wadi__window_pane *pane, uint32_t index) {
    return pane->sequence << WADI__WINDOW_INDEX_BITS | index;
}
/* Turns about `count` entries of the middle. */
bool wadi__window_turn(wadi__window_apply *self, uint64_t count);
#endif
