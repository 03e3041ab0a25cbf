/* SPDX-License-Identifier: Apache-2.0 */
/* bound_fn.h: a function as an operator holds it: its name, its types, and a copy of its captured values.
 * Counted, so that a stream's operator lends it to the RDD of every batch. Plain data: it names
 * code and never points at it. */
#ifndef WADI_RDD_BOUND_FN_H
#define WADI_RDD_BOUND_FN_H
#include "data/keep.h"
#include "rdd/registry.h"

typedef struct wadi__bound_fn {
    wadi__counted counted;
    const char *name; /* lives as long as the process */
    wadi_fn_kind kind;
    const void *env; /* captured values; in `keep`'s arena, with what they point at */
    size_t env_size;
    const wadi__type *in, *other, *out, *state; /* NULL: any, or none */
    const struct wadi__ready_ops *ready;        /* NULL: not ready-made */
    wadi__keep *keep;
} wadi__bound_fn;

/* Checks the function against the records that it will get and copies its captured values. `in` and
 * `other` are the types of the operator's inputs, NULL where it has none or any will do. Ready-made
 * functions are fitted to these types. NULL: err says why. */
wadi__bound_fn *wadi__bound_fn_new(const wadi_fn *fn, wadi_fn_kind kind, const void *env,
                                   const wadi__type *in, const wadi__type *other, wadi_error *err);
static inline void wadi__bound_fn_unref(wadi__bound_fn *f) {
    if (f != NULL) wadi__counted_unref(&f->counted);
}

/* A ready-made function works on records of any shape. Given the types, it makes the captured values
 * that its loop needs, in the arena, and says what it returns. False: they do not suit it. */
typedef struct wadi__ready_ops {
    const wadi_fn *fn;
    bool (*fit)(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err);
    /* Of a filter: cuts the lines that it keeps out of text, as wadi__scan_lines_containing(). NULL: cannot. */
    size_t (*cut)(const void *env, const char *text, size_t size, wadi_str *rows, size_t rows_max,
                  size_t *used);
} wadi__ready_ops;
/* NULL: the function is not ready-made. */
const wadi__ready_ops *wadi__ready_find(const wadi_fn *fn);
#endif
