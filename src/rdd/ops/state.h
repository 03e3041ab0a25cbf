/* SPDX-License-Identifier: Apache-2.0 */
/* state.h: RDDs of what a stream keeps from batch to batch. The graph knows no more of it than that
 * there is something that can be read, as of a batch, and brought up to date by an RDD made for
 * that; stream/state.c is that something. */
#ifndef WADI_RDD_OPS_STATE_H
#define WADI_RDD_OPS_STATE_H
#include "rdd/rdd.h"

typedef struct wadi__state_node_ops {
    /* As wadi__rdd_ops.open; of an update it pushes nothing. */
    wadi__cursor *(*open)(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                          wadi__sink *sink);
    /* Reading: before a job that reads `rdd` begins. May run jobs, and wait. Driver threads. */
    wadi_status (*make_ready)(const wadi_rdd *rdd, wadi_error *err);
    /* Reading: as long as the node lives, what it reads must stay. NULL entries: nothing to do. */
    wadi_status (*hold)(wadi__counted *state, int64_t time_ms, wadi_error *err);
    void (*release)(wadi__counted *state, int64_t time_ms);
} wadi__state_node_ops;

typedef struct wadi__state_node { /* the parameters of such a node */
    const wadi__state_node_ops *ops;
    wadi__counted *state; /* one reference */
    int64_t time_ms;      /* of the batch */
    bool has_initial;     /* update: the last parent has states to begin with .. */
    bool has_data;        /* .. and the first one has records */
    bool ends_idle;       /* update: keys that have been idle for too long time out now */
    bool is_captured;     /* update: what has changed is saved afterwards */
} wadi__state_node;
static inline const wadi__state_node *wadi__state_node_of(const wadi_rdd *rdd) {
    return (const wadi__state_node *)rdd->state;
}

/* A node that reads, with records of `type`; its keys lie where `partitioner` puts them, NULL:
 * unknown. */
wadi_rdd *wadi__rdd_make_state(wadi_context *sc, const wadi__state_node *node,
                               const wadi__type *type, uint32_t partition_count,
                               const wadi__partitioner *partitioner, const wadi_where *where);

typedef struct wadi__state_step_args {
    wadi__op op; /* WADI__OP_UPDATE_STATE_BY_KEY, WADI__OP_MAP_WITH_STATE */
    wadi__fn_arg fn;
    wadi_rdd *in, *initial; /* NULL: none */
    const wadi__type *key;
    const wadi_op_options *options; /* .where, .partitions, .partitioner */
} wadi__state_step_args;
/* A node that brings a state up to date. */
wadi_rdd *wadi__rdd_make_state_update(wadi_context *sc, const wadi__state_node *node,
                                      const wadi__state_step_args *update);
#endif
