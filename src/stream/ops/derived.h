/* SPDX-License-Identifier: Apache-2.0 */
/* derived.h: streams whose RDD of a time follows from their parents' RDDs of that time alone:
 * nearly all operators. Such an operator is a table and one expression.
 *
 * The same expression is run once while the graph is built, on empty RDDs of the parents' types.
 * What the RDD's constructor finds wrong there is a mistake of the graph; else the stream takes its
 * record type from that RDD, and its function, bound to the types, which is then lent to each
 * batch. */
#ifndef WADI_STREAM_OPS_DERIVED_H
#define WADI_STREAM_OPS_DERIVED_H
#include "stream/dstream.h"

typedef struct wadi__derived_kind {
    wadi__dstream_ops ops; /* WADI__DERIVED("map") */
    /* The RDD out of those of the parents. Generator thread, in the batch's scope; once the
     * driver's. */
    wadi_rdd *(*make)(const wadi_dstream *self, wadi_rdd *const *in);
    bool goes_by_key; /* the parents' records have one: they are records */
    /* Options that it takes besides .name. */
    bool takes_partitions, takes_partitioner, takes_zero;
    /* What to say when a parent has no RDD; NULL: then there is none here either, silently. */
    const char *missing;
} wadi__derived_kind;

/* Spark builds these on transform, which fails without its parents' RDDs. */
#define WADI__MISSING_IN_TRANSFORM "Couldn't generate RDD from parent"

typedef struct wadi__derived { /* the state of such a stream */
    wadi__fn_arg fn, merge;    /* the user's while it is built, then bound */
    wadi__bound_fn *by;        /* holds what options.partitioner points at */
    wadi__keep *zero_keep;     /* holds what options.zero points at */
    const wadi_type *out;      /* of operators that are told their result's type */
} wadi__derived;
static inline const wadi__derived *wadi__derived_of(const wadi_dstream *self) {
    return (const wadi__derived *)self->state;
}

#define WADI__DERIVED(op_name)                                                                  \
    {                                                                                           \
        .name = op_name, .state_size = sizeof(wadi__derived), .compute = wadi__derived_compute, \
        .destroy = wadi__derived_destroy                                                        \
    }
wadi_status wadi__derived_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                  wadi_error *err);
void wadi__derived_destroy(wadi_dstream *self);

/* What a constructor was called with. What an operator does not have is left out. */
typedef struct wadi__derived_args {
    wadi_dstream *in;            /* the first parent .. */
    wadi_dstream *const *others; /* .. and the further ones */
    size_t other_count;
    wadi__fn_arg fn, merge;
    const wadi_type *out;
    const uint32_t *partitions; /* of operators that are told them as an argument; else NULL */
    const wadi_op_options *options;
} wadi__derived_args;
/* Never NULL. */
wadi_dstream *wadi__derived_new(const wadi__derived_kind *kind, const wadi__derived_args *args);
#endif
