/* SPDX-License-Identifier: Apache-2.0 */
/* dstream.h: a node of the stream graph: a recipe for RDDs, one for each of its batch times. It belongs to
 * its stream context and lives as long. Built by the driver thread; from start on, only the job
 * generator's thread touches `generated` and the operators' states. */
#ifndef WADI_STREAM_DSTREAM_H
#define WADI_STREAM_DSTREAM_H
#include "rdd/ops/ops.h"
#include "stream/dstream_ops.h"

typedef struct wadi__generated { /* the RDD of a time; NULL: it was asked, and there is none */
    int64_t time_ms;
    wadi_rdd *rdd; /* one reference */
} wadi__generated;

struct wadi_dstream {
    wadi_stream_context *ssc;
    const wadi__dstream_ops *ops;
    const wadi__type *type;
    uint32_t parent_count;
    wadi_dstream **parents;
    wadi_where where;
    char *name;           /* the user's, or NULL */
    char *saved_name;     /* in checkpoints (saved_name.h); NULL until it was asked */
    int input_id;         /* inputs: 0, 1, ..; others: -1 */
    int64_t slide_ms;     /* between two RDDs */
    int64_t window_ms;    /* of windows: how long; others: 0 */
    int64_t zero_ms;      /* INT64_MIN: not initialized */
    int64_t remember_ms;
    int64_t checkpoint_ms; /* between two checkpoints of its RDDs; 0: none */
    int64_t replay_ms;    /* a recovery asks for no RDD of an earlier time; INT64_MAX: there will be none */
    int64_t saved_ms;     /* of the newest snapshot of its state that checkpoints name; zero_ms: none yet */
    wadi_storage_level level; /* of its RDDs; WADI_STORAGE_DEFAULT: not kept */
    bool is_persisted;    /* the user chose the level */
    wadi_op_options options; /* of the user's call, for the RDDs' constructors */
    wadi__bound_fn *fn, *merge; /* of the operator; NULL: none */
    WADI__VEC(wadi__generated) generated; /* ascending times */
    bool is_broken;       /* a mistake was made; told at start */
    bool is_reached;      /* by an output */
    bool loses_batches;   /* some source of it does: dstream_ops.h */
    bool is_visited;      /* of walks over the graph */
    _Alignas(16) char state[];
};

/* A node whose parents are given; its slide and type are the first parent's. Never NULL: without memory
 * it is the context's broken node. After start or stop the mistake is kept by the context. */
wadi_dstream *wadi__dstream_new(wadi_stream_context *ssc, const wadi__dstream_ops *ops,
                                wadi_dstream *const *parents, uint32_t parent_count, const wadi_where *where);
/* Whether a constructor got the context's broken node, which has no state of its own. */
bool wadi__dstream_is_spare(const wadi_dstream *self);
/* An input: no parents, slide of the batch interval. */
wadi_dstream *wadi__dstream_new_input(wadi_stream_context *ssc, const wadi__dstream_ops *ops,
                                      const wadi__type *type, const wadi_where *where, const char *name);
/* Takes a user's function into self->fn (or ->merge) and fits it to the inputs' types; a mistake is kept.
 * False: there is one. */
bool wadi__dstream_bind(wadi_dstream *self, wadi__fn_arg f, wadi_fn_kind kind, const wadi__type *in,
                        const wadi__type *other);
bool wadi__dstream_bind_merge(wadi_dstream *self, wadi__fn_arg f, const wadi__type *in);
/* The parents' records have a key: they are records. Else that is a mistake. */
void wadi__dstream_check_keys(wadi_dstream *self);
void wadi__dstream_set_options(wadi_dstream *self, const wadi_op_options *options);
/* Keeps a mistake with this node's place and operator. */
void wadi__dstream_mistake(wadi_dstream *self, wadi_status status, const char *fmt, ...) WADI_PRINTF(3, 4);

/* Whether there can be an RDD at this time: after zero, on the slide. */
bool wadi__dstream_is_valid_time(const wadi_dstream *self, int64_t time_ms);
/* The RDD of a time, made now if it is the first to be asked. *out stays NULL when there is none. It is
 * borrowed: it lives as long as the batch at least. Job generator thread. */
wadi_status wadi__dstream_rdd_at(wadi_dstream *self, int64_t time_ms, wadi_rdd **out, wadi_error *err);
/* The same of parent i. */
static inline wadi_status wadi__dstream_parent_rdd(wadi_dstream *self, uint32_t i, int64_t time_ms,
                                                   wadi_rdd **out, wadi_error *err) {
    return wadi__dstream_rdd_at(self->parents[i], time_ms, out, err);
}
/* The same, but no RDD is an error: for operators that Spark builds on transform. */
wadi_status wadi__dstream_parent_rdd_needed(wadi_dstream *self, uint32_t i, int64_t time_ms,
                                            wadi_rdd **out, wadi_error *err);
/* WADI_OK, or what kept the RDD from being made. */
wadi_status wadi__dstream_made(const wadi_rdd *rdd, wadi_rdd **out, wadi_error *err);

/* All RDDs with times in from..to, both included, oldest first; `rdds` gets borrowed references. */
typedef WADI__VEC(wadi_rdd *) wadi__rdd_list;
wadi_status wadi__dstream_slice(wadi_dstream *self, int64_t from_ms, int64_t to_ms, wadi__rdd_list *rdds,
                                wadi_error *err);

/* Before the first batch: gives the node and those it needs their zero time. */
void wadi__dstream_initialize(wadi_dstream *self, int64_t zero_ms);
/* Asks to remember RDDs for at least this long. */
void wadi__dstream_remember(wadi_dstream *self, int64_t remember_ms);
/* Forgets RDDs that no batch after the completed one at `time_ms` needs. When memory is tight, a stream that
 * nobody asked to remember more than its slide forgets the completed batch itself too. */
void wadi__dstream_clear(wadi_dstream *self, int64_t time_ms, bool is_tight);
/* Forgets all RDDs. */
void wadi__dstream_forget_all(wadi_dstream *self);
void wadi__dstream_free(wadi_dstream *self);
#endif
