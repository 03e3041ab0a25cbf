/* SPDX-License-Identifier: Apache-2.0 */
/* window_part.h: one partition of a window: keys by number, what follows the key in the newest
 * window's records (their tails) in a column, and panes: the partial aggregates of a slide, or of
 * the share of it that leaves at once, as lists of numbers and tails.
 *
 * One task at a time applies a step (window.c sees to that). It changes the columns where they lie,
 * with a log of what was there; a try that fails puts that back. */
#ifndef WADI_EXEC_WINDOW_PART_H
#define WADI_EXEC_WINDOW_PART_H
#include "base/event.h"
#include "data/capture.h"
#include "data/chunk.h"
#include "exec/dictionary.h"
#include "exec/window.h"

typedef struct wadi__window_column { /* by number: values of a set of panes (window_dense.c) */
    uint32_t room;
    char *tails;   /* what changes nothing, where there is none */
    uint64_t *has; /* bits: numbers that there are */
} wadi__window_column;
static inline size_t wadi__window_words(uint32_t room) { return ((size_t)room + 63) / 64; }

typedef struct wadi__window_list { /* of entries */
    uint32_t room;
    uint32_t *numbers;
    char *tails;
} wadi__window_list;

typedef struct wadi__window_pane {
    int64_t end_ms;    /* no batch of it is later */
    uint64_t sequence; /* 1, 2, .. */
    uint32_t count, room; /* of entries, and of the list */
    uint32_t *numbers;    /* each once */
    char *tails;
    uint32_t *blocks; /* where the entries of each block of numbers begin, and the end; NULL: not in
                         order */
    uint32_t block_count;
    uint64_t *next; /* in a stack: the link of the next entry with the same number; NULL: in none */
    wadi__window_column column; /* of dense stacks, in place of a list: its values; when it has been
                                   turned, what it and the later ones of its lot make together .. */
    uint64_t *own;              /* .. and the numbers that are its own, as many; NULL: all are */
    wadi__arena strings;        /* that tails point at */
} wadi__window_pane;
typedef WADI__VEC(wadi__window_pane *) wadi__window_panes;

/* Without an inverse panes lie in three lots, oldest first: a front stack, from which they leave, a
 * middle, and a back to which they are added (window_stacks.c). */
typedef struct wadi__window_stacks {
    uint64_t front_end, middle_end; /* sequences of the last pane of either lot */
    uint64_t built_from;  /* of the middle, panes from this one on are in a stack already .. */
    uint32_t built_count; /* .. and so many entries of the one before it */
    uint32_t room; /* of the cells */
    uint32_t front, middle; /* which link of a cell is the front's, and which sum the middle's */
    char *cells; /* by number, `cell_size` apart */
    wadi__arena middle_strings, back_strings;
    bool is_dense;               /* columns in place of lists, links and cells (window_dense.c) */
    wadi__window_column sums[2]; /* dense: what all panes of the middle make, and of the back */
} wadi__window_stacks;
/* What the lots have of a number; side by side, since a slide looks at all of it. */
typedef struct wadi__window_cell {
    uint64_t links[2];  /* to the oldest entry of the front, and of what is built of the middle */
    uint64_t newest[2]; /* what all panes of the middle, and of the back, make together is .. */
    char tails[];       /* .. two tails, each valid if the newest pane with the number is of its lot */
} wadi__window_cell;

typedef struct wadi__window_part {
    pthread_mutex_t lock;
    wadi__event changed; /* is_busy */
    bool is_busy;    /* a task applies a step: it alone looks at what follows; guarded by lock */
    int64_t time_ms; /* of the newest window; INT64_MIN: none yet. Guarded by lock */

    atomic_uint key_count;    /* of `keys`, for any thread */
    wadi__dictionary keys;    /* not of a window without keys: it has number 0 alone */
    uint32_t room;            /* of the columns */
    char *tails;              /* by number: that of the window's record .. */
    uint8_t *flags;           /* .. if WADI__WINDOW_HAS is set */
    uint32_t *panes_with;     /* by number: how many panes have it; not of dense stacks */
    uint32_t *places;         /* by number: where the pane that is made now has it, plus .. */
    uint32_t places_base;     /* .. this and 1; what is not above it is of a pane before */
    wadi__keep *strings;      /* that the tails of records point at; NULL: they have none */
    size_t string_bytes;      /* that were in use when it was new */
    wadi__window_panes panes; /* oldest first */
    uint64_t sequence;        /* of the newest pane */
    uint32_t listed;          /* entries of the last pane before those of a number became one */
    wadi__window_list lists[2]; /* of the pane that is made (window_collect.c); kept for the next */
    wadi__window_stacks stacks; /* without an inverse */
    /* What is saved of it (window_save.h): */
    bool has_gaps;         /* a filter that was had dropped keys which loaded panes have */
    bool is_captured;      /* what changes is noted */
    bool has_lost;         /* .. and some of it could not be */
    wadi__block *removed;  /* keys that were saved and are gone since; NULL: none */
    wadi__capture entered; /* panes since the last capture */
} wadi__window_part;

enum {
    WADI__WINDOW_HAS = 1,    /* the number has a record */
    WADI__WINDOW_LOGGED = 2, /* what it had before the step is in the log */
    WADI__WINDOW_PARTIAL =
        4, /* the filter has dropped it while it was in panes: they make more than its record */
    WADI__WINDOW_DIRTY = 8,  /* its record has changed since the last capture */
    WADI__WINDOW_SAVED = 16, /* a capture has had its record */
};
enum { WADI__WINDOW_BLOCK = 1024 }; /* numbers that are rebuilt together (window_rebuild.c) */

/* A description of the records, worked out once. */
typedef struct wadi__window_shape {
    const wadi__type *type;
    bool is_keyed, has_strings, has_floats; /* in tails */
    size_t row_size, key_size, cell_size;
    size_t tail_at, tail_size; /* of a record: from the first field after the key to the end */
} wadi__window_shape;
wadi__window_shape wadi__window_shape_of(const wadi__window_spec *spec);
/* When the pane of a batch ends; time_ms is the end of any window not before it. Of a slide's
 * batches, those up to a cut leave one slide before the others, when the window's length is no
 * multiple of the slide. */
static inline int64_t wadi__window_pane_end(const wadi__window_spec *spec, int64_t time_ms,
                                            int64_t batch_ms) {
    int64_t end_ms = time_ms - (time_ms - batch_ms) / spec->slide_ms * spec->slide_ms;
    int64_t cut_ms = end_ms - spec->window_ms % spec->slide_ms;
    return batch_ms <= cut_ms ? cut_ms : end_ms;
}
/* A whole record out of a number and a tail. */
static inline void wadi__window_put_whole(const wadi__window_part *self,
                                          const wadi__window_shape *shape, char *row,
                                          uint32_t number, const char *tail) {
    if (shape->is_keyed)
        wadi__row_copy(row, wadi__dictionary_key(&self->keys, number), shape->key_size);
    wadi__row_copy(row + shape->tail_at, tail, shape->tail_size);
}
/* Whether the open pane has a number. */
static inline bool wadi__window_has_place(const wadi__window_part *self, uint32_t number) {
    return self->places[number] > self->places_base;
}
/* Moves what a tail points at into the arena. False: no memory. */
bool wadi__window_own_tail(const wadi__window_shape *shape, char *tail, wadi__arena *arena);

/* False: no memory. */
bool wadi__window_part_init(wadi__window_part *self, const wadi__window_shape *shape);
void wadi__window_part_fini(wadi__window_part *self, const wadi__window_shape *shape);
/* Makes the columns as long as the numbers given so far; those of the stacks as long as the part's.
 * False: no memory. */
bool wadi__window_part_widen(wadi__window_part *self, const wadi__window_shape *shape);
bool wadi__window_stacks_widen(wadi__window_part *self, const wadi__window_shape *shape);
/* Numbers below it may have a record. */
static inline uint32_t wadi__window_part_end(const wadi__window_part *self,
                                             const wadi__window_shape *shape) {
    return shape->is_keyed ? self->keys.end : 1;
}
/* After a step: copies strings to new places when most of the old are not in use any more. */
void wadi__window_part_tidy(wadi__window_part *self, const wadi__window_shape *shape);

wadi__window_pane *wadi__window_pane_new(int64_t end_ms); /* NULL: no memory */
void wadi__window_pane_free(wadi__window_pane *pane, const wadi__window_shape *shape);
/* Takes its list away, not its count. */
void wadi__window_pane_put_list(wadi__window_pane *pane, const wadi__window_shape *shape);
void wadi__window_column_free(wadi__window_column *column, const wadi__window_shape *shape);
/* Room for `more` further entries. False: no memory. */
bool wadi__window_pane_reserve(wadi__window_pane *pane, const wadi__window_shape *shape,
                               uint32_t more);

/* Gives back what is kept for the next pane (window_collect.c). */
void wadi__window_lists_free(wadi__window_part *part, const wadi__window_shape *shape);
/* Gives back the room that a pane's list does not need. */
void wadi__window_pane_fit(wadi__window_pane *pane, const wadi__window_shape *shape);

/* Puts a pane's entries in order of blocks of numbers (window_rebuild.c). False: no memory. */
bool wadi__window_pane_order(const wadi__window_part *self, const wadi__window_shape *shape,
                             wadi__window_pane *pane);

typedef struct wadi__window_input { /* a batch of a step */
    int64_t time_ms;
    uint32_t parent; /* the number of the node's parent that has its partial aggregates */
} wadi__window_input;
typedef struct wadi__window_task { /* what applies a step */
    const wadi__window_spec *spec;
    const wadi__window_shape *shape;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__task *task;
} wadi__window_task;
/* Applies a step to the window that ends at time_ms. The caller has is_busy, and sets time_ms
 * afterwards. False: the task has failed, and nothing has changed. */
bool wadi__window_part_apply(wadi__window_part *self, const wadi__window_task *by, int64_t time_ms,
                             const wadi__window_input *inputs, size_t count);
#endif
