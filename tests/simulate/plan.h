/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: a stream program by chance: nodes, each made of earlier ones. program.c builds it with
 * Wadi's streams, interpreter.c works it out plainly. */
#ifndef SIMULATE_PLAN_H
#define SIMULATE_PLAN_H
#include "testing/chance.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum plan_op {
    PLAN_INPUT,    /* an input of one's own, with a position */
    PLAN_FILES,    /* a stream of text files */
    PLAN_RECEIVER, /* a reliable one, with the log */
    /* One parent: */
    PLAN_MAP,
    PLAN_REKEY,
    PLAN_FILTER,
    PLAN_FLAT_MAP,
    PLAN_REPARTITION,
    PLAN_SUM_BY_KEY,
    PLAN_MAX_BY_KEY,
    PLAN_GROUP_BY_KEY, /* and count */
    PLAN_WINDOW,
    PLAN_SUM_WINDOW,
    PLAN_SUM_WINDOW_INVERSE,
    PLAN_MAX_WINDOW,
    PLAN_UPDATE_STATE,
    PLAN_MAP_WITH_STATE, /* of sums by key, so that a key has one record at most */
    PLAN_SNAPSHOTS,      /* of a PLAN_MAP_WITH_STATE */
    /* Two: */
    PLAN_UNION,
    PLAN_JOIN, /* of sums by key */
    PLAN_OP_COUNT,
} plan_op;

enum { PLAN_NODES = 12, PLAN_SOURCES = 3 };

typedef struct plan_node {
    plan_op op;
    int in[2];
    uint32_t slide;      /* between two RDDs; this and all that follows in batches */
    uint32_t window;     /* how long */
    uint32_t checkpoint; /* between two checkpoints; 0: the default */
    uint32_t timeout;    /* of states; 0: none */
    uint32_t partitions;
    int64_t a, b; /* of the function */
    bool is_output;
} plan_node;

typedef struct sim_plan {
    uint64_t seed;
    uint32_t batches; /* to be run */
    int count;
    plan_node nodes[PLAN_NODES];
} sim_plan;

sim_plan plan_new(uint64_t seed);
void plan_print(const sim_plan *self, FILE *to);
static inline bool plan_is_source(const plan_node *node) { return node->op <= PLAN_RECEIVER; }
static inline bool plan_is_pair(const plan_node *node) { return node->op >= PLAN_UNION; }

/* Record i of batch `batch` of source `node`, and how many it has. What a run reads, and what the
 * interpreter compares it with. */
uint32_t plan_source_count(const sim_plan *self, int node, uint32_t batch);
void plan_source_record(const sim_plan *self, int node, uint32_t batch, uint32_t i, int64_t *key,
                        int64_t *value);
#endif
