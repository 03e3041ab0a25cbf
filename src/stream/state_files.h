/* SPDX-License-Identifier: Apache-2.0 */
/* state_files.h: what a stream keeps, in files: a base and the deltas that follow it.
 *
 * At times of its choice the stream's partitions hand over captures of what changed
 * (wadi__capture_sink). When all have, a thread of its own writes them as one file, and there is a
 * snapshot: the chain of files up to then. Checkpoints name a snapshot by its files; so a file goes
 * only when no checkpoint that is kept names it. While one set of captures waits to be written no
 * other is made: the next has the changes of both intervals. So a disk that is slow or full costs
 * no memory, and what cannot be written is tried again at the next interval.
 *
 * Chains that grow long, or longer than their base, are merged beside all this (state_merge.c).
 *
 * Counted: the stream, what it keeps, and the thread that writes hold it. */
#ifndef WADI_STREAM_STATE_FILES_H
#define WADI_STREAM_STATE_FILES_H
#include "stream/state_facts.h"
#include "stream/state_file.h"
#include "stream/state_merge.h"

#include <wadi/str.h>

typedef struct wadi__state_files wadi__state_files;

typedef struct wadi__state_files_spec {
    wadi__env *env;
    const char *checkpoint_dir, *stream, *op; /* copied */
    const wadi__type *type;                   /* of rows */
    bool is_keyed;                            /* by the first field; else there is one row in all */
    int64_t window_ms; /* panes that ended so long before a snapshot are not needed; 0: no panes */
    int64_t slide_ms;  /* of a window, which cannot change; else 0 */
    uint64_t epoch;
    uint32_t partition_count;
    size_t chain_max; /* files of a chain */
    /* The files have something to do: wadi__state_files_work(). Any thread; it must not block. */
    void (*wake)(void *arg, wadi__state_files *files);
    void *wake_arg;
} wadi__state_files_spec;

/* NULL: no memory. */
wadi__state_files *wadi__state_files_new(const wadi__state_files_spec *spec);
static inline void wadi__state_files_unref(wadi__state_files *self) {
    wadi__counted_unref((wadi__counted *)self);
}
wadi__capture_sink wadi__state_files_sink(wadi__state_files *self);

/* ---- Checkpoints ---- */

/* Appends what the newest snapshot from before limit_ms consists of, for the checkpoint of time_ms;
 * nothing, if there is none. *saved_ms becomes its time. Generator thread. */
wadi_status wadi__state_files_save(wadi__state_files *self, int64_t limit_ms, int64_t time_ms,
                                   int64_t begun_ms, wadi__text *out, int64_t *saved_ms,
                                   wadi_error *err);
/* No checkpoint from before time_ms is kept. Any thread. */
void wadi__state_files_trim(wadi__state_files *self, int64_t time_ms);

typedef struct wadi__state_visitor {
    /* Rows are about to come, so many at most. */
    wadi_status (*expect)(void *arg, uint64_t rows, wadi_error *err);
    /* Applies a section, in the order of the files. */
    wadi_status (*visit)(void *arg, const wadi__section *section, wadi_error *err);
    void *arg;
} wadi__state_visitor;
/* Reads the snapshot that save() appended, and goes on from it. Before the first capture. */
wadi_status wadi__state_files_restore(wadi__state_files *self, const void *bytes, size_t size,
                                      const wadi__state_visitor *visitor, int64_t *time_ms,
                                      int64_t *begun_ms, wadi_error *err);

/* Whether the files of a snapshot that save() appended are there and whole. Nothing is read of
 * them.
 */
wadi_status wadi__state_files_check(wadi__env *env, const char *checkpoint_dir, wadi_str stream,
                                    wadi_str snapshot, wadi_error *err);

/* ---- The thread that writes ---- */

/* Writes, merges and removes what is due. is_ending: no merging. */
void wadi__state_files_work(wadi__state_files *self, const atomic_bool *is_ending);
/* The newest snapshot; INT64_MIN: there is none. Any thread. */
int64_t wadi__state_files_newest_ms(wadi__state_files *self);
wadi__snapshot_facts wadi__state_files_facts(
    wadi__state_files *self); /* the same, and more of it */
#endif
