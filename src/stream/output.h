/* SPDX-License-Identifier: Apache-2.0 */
/* output.h: an output operation: what is done with the RDD of each batch. Made by the files of src/sink
 * and src/stream; owned by the stream context. */
#ifndef WADI_STREAM_OUTPUT_H
#define WADI_STREAM_OUTPUT_H
#include "rdd/rdd.h"

typedef struct wadi__output_op wadi__output_op;

typedef struct wadi__output_ops {
    const char *name; /* "print", "foreach_rdd", .. */
    /* Does it, by actions on `rdd`, whose errors stick to the batch's scope. Job thread, inside that
     * scope; also for empty RDDs. */
    void (*run)(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms);
    /* Releases what `state` holds; must do with zeros. NULL: nothing. */
    void (*destroy)(wadi__output_op *output);
} wadi__output_ops;

struct wadi__output_op {
    const wadi__output_ops *ops;
    wadi_dstream *stream;
    int id; /* 0, 1, .. in order of registration */
    wadi_where where;
    wadi__bound_fn *fn; /* the user's; NULL: none */
    _Alignas(16) char state[];
};

/* An output of `stream` with zeroed state of this size, already registered. NULL: the mistake is kept. */
wadi__output_op *wadi__output_new(wadi_dstream *stream, const wadi__output_ops *ops, size_t state_size,
                               const wadi_where *where);
/* The same for a constructor that got options: what it knows of `given`, which may be NULL, is copied to
 * `options`. A NULL stream, and an option that is not known here, are mistakes. */
wadi__output_op *wadi__output_new_with(wadi_dstream *stream, const wadi__output_ops *ops, size_t state_size,
                                       const void *given, void *options, size_t options_size);
/* Fits a user's function to the stream's records. A mistake is kept. */
void wadi__output_bind(wadi__output_op *output, wadi__fn_arg f, wadi_fn_kind kind);
void wadi__output_free(wadi__output_op *output);
#endif
