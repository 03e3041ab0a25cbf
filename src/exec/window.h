/* SPDX-License-Identifier: Apache-2.0 */
/* window.h: what a windowed stream keeps between batches, and the RDDs that are views of it.
 *
 * The stream's RDD of a time names the step to its window: the partial aggregates of the batches
 * that enter it. The first task that opens a partition of the RDD applies the step there, once,
 * before any later one; whoever opens it later reads what lies there. A step that fails leaves
 * nothing, and is applied by the next task that needs it. So what is kept is, for each partition
 * (window_part.h): its keys, the newest window's records, and the partial aggregates that will
 * leave it, by number.
 *
 * A window that is left behind is gone, unless somebody may still ask for it: when a later step
 * comes first, because a batch failed or a job wants several windows; when it is being read; or
 * when the spec says so. Then it is stored as blocks. */
#ifndef WADI_EXEC_WINDOW_H
#define WADI_EXEC_WINDOW_H
#include "data/capture.h"
#include "rdd/rdd.h"

typedef struct wadi__window_spec {
    const wadi__type *type; /* of its records, and of partial aggregates */
    bool is_keyed;          /* else all records go into one, in one partition */
    bool is_inverse;        /* updated from the window before, by the node's inverse function */
    int64_t window_ms, slide_ms;
    uint32_t partition_count;
    bool stores_past;       /* windows are asked for after later ones */
    wadi__bound_fn *filter; /* is_inverse: forgets the keys that it drops; NULL: none. Borrowed */
} wadi__window_spec;

typedef struct wadi__window wadi__window; /* counted */

/* NULL: no memory. */
wadi__window *wadi__window_new(wadi_context *sc, const wadi__window_spec *spec);
void wadi__window_unref(wadi__window *window); /* NULL is fine */
/* Windows up to this time are asked for after later ones, as in a recovery. Any thread. */
void wadi__window_store_until(wadi__window *window, int64_t time_ms);
/* Of the newest windows of all partitions. Any thread. */
uint64_t wadi__window_key_count(wadi__window *window);

/* ---- Saving and loading, before the first window; with an inverse ---- */

/* What changes is handed to the saver after the windows at zero_ms + k * interval_ms. Takes a
 * reference. */
void wadi__window_follow(wadi__window *window, const wadi__capture_sink *saver, int64_t zero_ms,
                         int64_t interval_ms);
/* Puts what a saver has taken once where its keys belong now. */
wadi_status wadi__window_load(wadi__window *window, const wadi__section *section, wadi_error *err);
/* What was loaded is the window of time_ms. */
wadi_status wadi__window_go_on_from(wadi__window *window, int64_t time_ms, wadi_error *err);

typedef struct wadi__window_batch { /* that enters a window */
    int64_t time_ms;
    wadi_rdd
        *partial; /* its partial aggregates: each key once, where the window's partitions have it */
} wadi__window_batch;

/* The RDD of the window that ends at time_ms, after all that were made before; it belongs to the
 * scope. `fn` and `inverse` are bound. Broken without memory. Generator thread. */
wadi_rdd *wadi__window_rdd(wadi__window *window, int64_t time_ms, const wadi__window_batch *batches,
                           size_t count, wadi__bound_fn *fn, wadi__bound_fn *inverse,
                           const wadi_op_options *options);
#endif
