/* SPDX-License-Identifier: Apache-2.0 */
/* rdd.h: a node of the lineage graph: how to compute a dataset's partitions from those of its parents.
 *
 * Nodes are plain data: an operator by number, functions by name, parameters. They know nothing of
 * threads or of how tasks are run; src/exec cuts the graph into stages and hands parts of it to
 * tasks. A node is immutable once its constructor has returned, except for its error and its storage
 * level, and is counted: a child holds its parents, the scope in which it was made holds it. */
#ifndef WADI_RDD_RDD_H
#define WADI_RDD_RDD_H
#include "rdd/bound_fn.h"
#include "rdd/context.h"
#include "rdd/partitioner.h"
#include "rdd/pipeline.h"

typedef enum wadi__op { /* the numbers of operators; ops_list.h names them */
#define WADI__OP(id, name) WADI__OP_##id,
#include "rdd/ops_list.h"
#undef WADI__OP
    WADI__OP_COUNT
} wadi__op;

/* How the reduce side of a shuffle puts records together; src/exec has a file for each. */
typedef enum wadi__wide {
    WADI__WIDE_NONE,      /* narrow: the operator opens its partitions itself */
    WADI__WIDE_READ,      /* as they come: repartition, partitionBy */
    WADI__WIDE_REDUCE,    /* one record per key, by a reduce function */
    WADI__WIDE_COMBINE,   /* one accumulator per key, by a combine and a merge function */
    WADI__WIDE_GROUP,     /* all records of a key at once, of one or more sides */
    WADI__WIDE_JOIN,      /* pairs of equal keys of two sides */
    WADI__WIDE_SORT,      /* in the order of a field */
    WADI__WIDE_FOLD,      /* all records into one, in partition 0 */
    WADI__WIDE_SET,       /* records whose key the other side has, or has not */
    WADI__WIDE_INDEX,     /* records with their number, after a count of those before */
    WADI__WIDE_STATE,     /* a stream's state is brought up to date with them */
    WADI__WIDE_WINDOW,    /* what a windowed stream keeps, after its parents have entered it */
} wadi__wide;

typedef enum wadi__join_sides { WADI__JOIN_INNER, WADI__JOIN_LEFT, WADI__JOIN_RIGHT, WADI__JOIN_FULL } wadi__join_sides;

typedef struct wadi__shuffle { /* what a node asks of a parent whose partitions it does not follow */
    uint64_t id;
    wadi__partitioner partitioner;
} wadi__shuffle;

typedef struct wadi__parent {
    wadi_rdd *rdd;
    bool is_wide; /* read through `shuffle`; else partition by partition */
    wadi__shuffle shuffle;
} wadi__parent;

struct wadi_rdd {
    wadi__counted counted;
    uint64_t id;
    wadi__op op;
    wadi__wide wide;
    wadi_context *sc;
    const wadi__type *type;  /* of its records */
    uint32_t partition_count;
    wadi__partitioner partitioner; /* how keys lie in partitions; kind NONE: unknown */
    uint32_t parent_count;
    wadi__parent *parents;
    wadi__bound_fn *fn, *merge; /* of the operator; NULL: none */
    wadi__bound_fn *by;      /* the user's partitioner; NULL: none */
    const wadi__type *acc;   /* what a shuffle carries, when combined on the map side; NULL: records */
    const void *zero;        /* what a new accumulator is, by key all but its key; NULL: zeros */
    wadi__keep *zero_keep;   /* that it lies in; of a fold: NULL means that it begins with its first record */
    wadi__join_sides sides;
    const wadi__type *key;   /* that a shuffle or aggregation goes by: the first field, or the record */
    bool is_map_side;        /* combine before the shuffle where keys repeat */
    bool is_first_only;      /* reduce without a function, WIDE_SET: the first record of a key stays */
    bool is_negated;         /* WIDE_SET: keys that the other side does not have */
    const wadi_field *sort_field; /* WIDE_SORT; NULL: the whole record */
    bool is_descending;
    bool is_once;            /* a window or state behind it goes on: later it gives something else, or nothing */
    int64_t batch_ms;        /* that tasks of a job for it are told; 0: that of the job's scope */
    wadi_where where;
    char *name;              /* the user's, or NULL */
    _Atomic int checkpoint;  /* whether it is to be saved: checkpoint.h */
    _Atomic(wadi_rdd *) saved; /* it is read from this one, a reference; NULL: it is computed */
    char *saved_dir;         /* whose files are these, and go with it */
    _Atomic int level;       /* wadi_storage_level; WADI_STORAGE_DEFAULT: not kept */
    _Atomic(wadi_error *) err; /* why it can never be computed; NULL: it can. Set once, by any thread */
    _Alignas(16) char state[]; /* the operator's parameters */
};

/* An operator. Narrow ones open their own partitions. */
typedef struct wadi__rdd_ops {
    const char *name;  /* of its constructor: shown in messages and pages */
    size_t state_size; /* of its parameters */
    /* Joins the operator to `sink` for one partition and returns the cursor that drives it, usually the
     * parent's. NULL: the task has failed. Task thread. NULL entry: a wide operator. */
    wadi__cursor *(*open)(const wadi_rdd *rdd, uint32_t partition, wadi__task *task, wadi__sink *sink);
    /* Called on a driver thread before each job that reads it, unless all that it would give is stored.
     * May run jobs. NULL: there is nothing to do. */
    wadi_status (*make_ready)(const wadi_rdd *rdd, wadi_error *err);
    /* Releases what the parameters hold; must do with zeros. NULL: nothing. */
    void (*destroy)(void *state);
} wadi__rdd_ops;
const wadi__rdd_ops *wadi__rdd_ops_of(wadi__op op);

/* ---- Making nodes: each operator's constructor does
 *
 *     wadi_rdd *rdd = wadi__rdd_new(WADI__OP_MAP, in, where);
 *     if (wadi__rdd_bind(rdd, f.fn, f.env, WADI_FN_MAP, ..)) rdd->type = ..;
 *     return wadi__rdd_done(rdd, options);
 *
 * and never returns NULL: without memory it gets the context's broken node. A node whose parents
 * cannot be computed, or that has an error, can neither. ---- */

/* A node with one parent, or none (in NULL), of the parent's type and partitions. */
wadi_rdd *wadi__rdd_new(wadi_context *sc, wadi__op op, wadi_rdd *in, const wadi_where *where);
/* Adds a parent. */
void wadi__rdd_add_parent(wadi_rdd *rdd, wadi_rdd *parent);
/* Makes parent i be read through a shuffle. */
void wadi__rdd_shuffle(wadi_rdd *rdd, uint32_t i, const wadi__partitioner *partitioner);
/* A function given to a constructor: by the user, or bound already by a stream's operator, which lends
 * it to the RDD of every batch. */
typedef struct wadi__fn_arg {
    const wadi_fn *fn;
    const void *env;
    wadi__bound_fn *bound; /* NULL: not bound yet */
} wadi__fn_arg;
#define WADI__FN_ARG(f) ((wadi__fn_arg){(f).fn, (f).env, NULL})
#define WADI__FN_BOUND(f) ((wadi__fn_arg){NULL, NULL, (f)})
/* Takes the node's function. False: the node has an error (now). */
bool wadi__rdd_bind(wadi_rdd *rdd, wadi__fn_arg f, wadi_fn_kind kind, const wadi__type *in,
                    const wadi__type *other);
/* The same for the function that merges what partitions give. */
bool wadi__rdd_bind_merge(wadi_rdd *rdd, wadi__fn_arg f, const wadi__type *in);
/* Gives the node its error, once. */
void wadi__rdd_set_error(wadi_rdd *rdd, wadi_status status, const char *fmt, ...) WADI_PRINTF(3, 4);
bool wadi__rdd_is_broken(const wadi_rdd *rdd);
/* Ends construction: reports the node's error to the scope, which takes the node over. */
wadi_rdd *wadi__rdd_done(wadi_rdd *rdd, const wadi_op_options *options);

/* The operator's name for messages. */
const char *wadi__rdd_op_name(const wadi_rdd *rdd);
/* "wordcount.c:22: reduce_by_key" */
const char *wadi__rdd_place(const wadi_rdd *rdd, char *text, size_t size);
#endif
