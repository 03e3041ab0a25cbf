/* SPDX-License-Identifier: Apache-2.0 */
/* file_selection.h: which files are new in a batch. A function of times and names alone: it reads
 * no disk and no clock.
 *
 * The batch at T takes a file whose modification time is above the start threshold and T minus the
 * remember window, and not above T, unless a remembered batch has taken it (Spark's
 * FileInputDStream). Batch times count from the start of the program, while modification times are
 * the wall clock's. When that clock was set meanwhile the two differ by a drift, and what is
 * compared is the modification time less the drift.
 *
 * What each batch took is remembered, so that a batch that is made again takes just that. */
#ifndef WADI_SOURCE_FILE_SELECTION_H
#define WADI_SOURCE_FILE_SELECTION_H
#include "fs/glob.h"

typedef struct wadi__taken { /* files of one time; one at least */
    int64_t time_ms;
    bool is_batch;      /* else they only count as taken */
    wadi__inputs files; /* sorted by path */
} wadi__taken;

typedef struct wadi__empty_batches { /* from first to last, slide_ms apart */
    int64_t first_ms, last_ms;
} wadi__empty_batches;

typedef struct wadi__file_selection {
    int64_t start_ms;    /* files modified up to then are not taken; 0: existing ones are */
    int64_t remember_ms; /* how far before its batch a file may have been modified */
    int64_t slide_ms;    /* between two batches */
    int64_t drift_ms;    /* of the wall clock, at the last batch */
    int64_t from_ms;     /* what batches before it took is not known any more, after a recovery */
    uint64_t changes;    /* of `taken` so far */
    WADI__VEC(wadi__taken) taken;         /* ascending times */
    WADI__VEC(wadi__empty_batches) empty; /* ascending: batches that took nothing */
} wadi__file_selection;

/* The remember window: so many batches. */
int64_t wadi__file_remember_batches(int64_t batch_ms, int64_t min_remember_ms);

typedef struct wadi__candidate {
    char *path;
    int64_t size_bytes, modified_ms;
    bool is_new; /* the answer */
} wadi__candidate;
/* Says of each candidate whether the batch at time_ms would take it. */
void wadi__file_selection_ask(const wadi__file_selection *selection, int64_t time_ms,
                              int64_t drift_ms, wadi__candidate *candidates, size_t count);
/* Ends a batch: the candidates that are new are taken, and the drift was this. When the wall clock
 * has gone back, files dated after it are from before, and count as taken until they are too old.
 * False: no memory, and the same files will be new in the next batch. */
bool wadi__file_selection_take(wadi__file_selection *selection, int64_t time_ms, int64_t drift_ms,
                               const wadi__candidate *candidates, size_t count);
/* Whether the batch of a time is remembered, and which files it took: NULL, none. They stay until
 * anything is taken or forgotten. */
bool wadi__file_selection_find(const wadi__file_selection *selection, int64_t time_ms,
                               const wadi__taken **batch);
/* Forgets what batches before time_ms took. */
void wadi__file_selection_forget(wadi__file_selection *selection, int64_t time_ms);
void wadi__file_selection_fini(wadi__file_selection *selection);

/* What a checkpoint gives back, in any order. False: no memory, and nothing has changed. */
bool wadi__file_selection_add_file(wadi__file_selection *selection, int64_t time_ms, bool is_batch,
                                   const wadi__input *file);
bool wadi__file_selection_add_empty(wadi__file_selection *selection, int64_t time_ms);
#endif
