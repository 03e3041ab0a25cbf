/* SPDX-License-Identifier: Apache-2.0 */
/* windowed.h: windows that keep partial aggregates of their batches instead of records. What is
 * kept, and how windows are made of it, is src/exec/window.c; here the batches are gathered that
 * enter each window. Such a stream keeps nothing of its parent's RDDs beyond the slide in which
 * they enter. */
#ifndef WADI_STREAM_OPS_WINDOWED_H
#define WADI_STREAM_OPS_WINDOWED_H
#include "exec/window.h"
#include "stream/snapshots.h"

typedef struct wadi__windowed_kind {
    wadi__dstream_ops ops; /* WADI__WINDOWED("count_by_window") */
    /* The partial aggregates of a batch: each key once, in the window's partitions. Generator
     * thread, in the batch's scope. */
    wadi_rdd *(*partial)(const wadi_dstream *self, wadi_rdd *in);
    bool is_keyed;  /* by the first field; else all goes into one record */
    unsigned takes; /* options: WADI__WINDOW_TAKES_.. */
} wadi__windowed_kind;
#define WADI__WINDOWED(op_name)                                                                    \
    {                                                                                              \
        .name = op_name, .state_size = sizeof(wadi__windowed), .keeps_itself = true,               \
        .compute = wadi__windowed_compute, .checkpoint_ms = wadi__windowed_checkpoint_ms,          \
        .parent_remember_ms = wadi__windowed_parent_remember_ms, .start = wadi__windowed_start,    \
        .save = wadi__windowed_save, .restore = wadi__windowed_restore,                            \
        .trim = wadi__windowed_trim, .state_facts = wadi__windowed_facts,                          \
        .destroy = wadi__windowed_destroy                                                          \
    }
typedef struct wadi__windowed { /* the state of such a stream */
    wadi__bound_fn *filter;     /* NULL: none */
    wadi__window *window;       /* made with the first RDD */
    int64_t last_ms;            /* of the newest RDD made; INT64_MIN: none */
    int64_t restored_ms;        /* of the snapshot that it goes on from: there are no RDDs up to then;
                                   INT64_MIN: it has none */
    wadi__state_files *files;   /* where it is saved; NULL: nowhere */
} wadi__windowed;
wadi_status wadi__windowed_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                   wadi_error *err);
int64_t wadi__windowed_checkpoint_ms(const wadi_dstream *self);
int64_t wadi__windowed_parent_remember_ms(const wadi_dstream *self, int64_t remember_ms);
wadi_status wadi__windowed_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err);
wadi_status wadi__windowed_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                                wadi_error *err);
wadi_status wadi__windowed_restore(wadi_dstream *self, const void *bytes, size_t size,
                                   wadi_error *err);
void wadi__windowed_trim(wadi_dstream *self, int64_t time_ms);
bool wadi__windowed_facts(const wadi_dstream *self, wadi__state_facts *facts);
void wadi__windowed_destroy(wadi_dstream *self);

typedef struct wadi__windowed_args { /* what a constructor was called with, and what it means */
    wadi_dstream *in;
    int64_t window_ms;
    const wadi_window_options *options;
    wadi_reduce_fn fn, inverse; /* inverse.fn NULL: none */
    wadi_filter_fn filter;      /* .fn NULL: none */
    bool counts; /* records are (record of the parent, count), or counts where there is no key */
} wadi__windowed_args;
/* Never NULL. */
wadi_dstream *wadi__windowed_new(const wadi__windowed_kind *kind, const wadi__windowed_args *args);
#endif
