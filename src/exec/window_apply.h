/* SPDX-License-Identifier: Apache-2.0 */
/* window_apply.h: a step while it is applied to a window's partition: what enters as panes, the log
 * of changed records, and room for a batch of records. On the stack of window_apply.c; its parts
 * are
 *
 *     window_panes.c    panes of what enters; several panes as one
 *     window_update.c   with an inverse: the records from those of the window before
 *     window_rebuild.c  the same for floating point, which would drift
 *     window_stacks.c   without one: the records from two stacks of panes
 *
 * Each function that can fail fails the task, and then returns false. */
#ifndef WADI_EXEC_WINDOW_APPLY_H
#define WADI_EXEC_WINDOW_APPLY_H
#include "data/chunk.h"
#include "exec/window_part.h"

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
    wadi__window_panes made;        /* of this step, in order of time */
    wadi__window_pane *entered;     /* what enters as one pane; NULL: nothing does */
    wadi__window_pane *entered_own; /* the same, if it was made for that alone */
    wadi__window_pane *open;        /* whose numbers have places; NULL: none */
    WADI__VEC(uint32_t) added;      /* numbers given in this step */
    WADI__VEC(uint32_t) dropped;    /* by the filter */
    wadi__window_log_of_step log;
    size_t staged_bytes;
    char *staged; /* window_stacks.c: tails of `entered`, with what is at the back already */
    /* For up to WADI__WINDOW_BATCH records: */
    char *rows, *accs_room;
    void **accs;
    uint32_t *numbers, *selected, *passed, *at;
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
/* A number's key: as its record has it, which is at hand more often. */
static inline const char *wadi__window_key(const wadi__window_apply *self, uint32_t number) {
    const wadi__window_part *part = self->part;
    return (part->flags[number] & WADI__WINDOW_HAS) != 0
               ? part->rows + number * self->shape->row_size
               : wadi__dictionary_key(&part->keys, number);
}
/* A whole record out of a number and a tail. */
static inline void wadi__window_whole(const wadi__window_apply *self, char *row, uint32_t number,
                                      const char *tail) {
    const wadi__window_shape *shape = self->shape;
    if (shape->is_keyed)
        wadi__row_copy(row, wadi__window_key(self, number), shape->key_size);
    wadi__row_copy(row + shape->key_size, tail, shape->tail_size);
}
/* Whole records of a batch of entries, in self->rows; fetches what the column has of their numbers.
 */
void wadi__window_expand(wadi__window_apply *self, const wadi__window_pane *pane, uint32_t from,
                         size_t count);
/* Moves what tails point at, which lie `stride` apart, into the arena. */
bool wadi__window_own_tails(wadi__window_apply *self, char *tails, size_t stride, size_t count,
                            wadi__arena *arena);

/* ---- The records ---- */

static inline char *wadi__window_row(const wadi__window_apply *self, uint32_t number) {
    return self->part->rows + number * self->shape->row_size;
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
        wadi__row_copy(log->tails + log->count * size,
                       wadi__window_row(self, number) + self->shape->key_size, size);
    log->count++;
    *flags |= WADI__WINDOW_LOGGED;
    return true;
}
/* Calls a function for records self->rows[self->selected[i]] and those at self->accs[i], which are
 * records of the column. */
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

/* The records of the window that ends at time_ms, after the panes have been made. */
bool wadi__window_update(wadi__window_apply *self);
bool wadi__window_restack(wadi__window_apply *self);
/* After all that can fail, before panes go and come: what enters lies at the back, what leaves is
 * at the front no more. */
void wadi__window_commit_stacks(wadi__window_apply *self);
#endif
