/* SPDX-License-Identifier: Apache-2.0 */
/* union.c: the partitions of several RDDs, one after another; or, when all of them have keys in the same
 * places, merged partition by partition (Spark's PartitionerAwareUnionRDD). RDDs without partitions, such as
 * windows over nothing, have no say in that. */
#include "rdd/ops/ops.h"

typedef struct union_op {
    wadi__cursor cursor;
    const wadi_rdd *rdd;
    uint32_t partition, next; /* parent to be opened */
    wadi__task *task;
    wadi__sink *sink;
    wadi__cursor *current;
} union_op;

/* Parents that share a partitioner: all of them, in order. */
static bool merged_step(wadi__cursor *cursor) {
    union_op *op = (union_op *)cursor;
    if (op->current == NULL) {
        while (op->next < op->rdd->parent_count && op->rdd->parents[op->next].rdd->partition_count == 0) op->next++;
        if (op->next == op->rdd->parent_count) return false;
        op->current = wadi__engine_used->open(op->rdd->parents[op->next++].rdd, op->partition, op->task, op->sink);
        if (op->current == NULL) return false;
    }
    if (!wadi__cursor_step(op->current, op->task)) op->current = NULL;
    return true;
}
static wadi__cursor *union_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                wadi__sink *sink) {
    if (rdd->partitioner.kind == WADI__PARTITION_NONE) {
        uint32_t i = 0;
        for (; partition >= rdd->parents[i].rdd->partition_count; i++)
            partition -= rdd->parents[i].rdd->partition_count;
        return wadi__engine_used->open(rdd->parents[i].rdd, partition, task, sink);
    }
    union_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    *op = (union_op){{merged_step, NULL, NULL}, rdd, partition, 0, task, sink, NULL};
    return &op->cursor;
}
const wadi__rdd_ops wadi__rdd_union_ops = {.name = "union", .open = union_open};

/* The parent whose partitioner all have that have partitions, or NULL: they differ. */
static const wadi_rdd *common_parent(const wadi_rdd *rdd) {
    const wadi_rdd *common = NULL;
    for (uint32_t i = 0; i < rdd->parent_count; i++) {
        const wadi_rdd *parent = rdd->parents[i].rdd;
        if (parent->partition_count == 0) continue;
        if (parent->partitioner.kind == WADI__PARTITION_NONE) return NULL;
        if (common != NULL && !wadi__partitioner_same(&common->partitioner, &parent->partitioner)) return NULL;
        common = parent;
    }
    return common;
}
wadi_rdd *wadi_rdd_union(wadi_rdd *in, wadi_rdd *const *others, size_t n, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_UNION, in, &options->where);
    uint64_t partitions = in->partition_count;
    for (size_t i = 0; i < n; i++) {
        char a[128], b[128];
        if (!wadi__type_matches(in->type, others[i]->type))
            wadi__rdd_set_error(rdd, WADI_E_TYPE, "records of %s cannot be united with %s",
                                wadi__type_text(in->type, a, sizeof a),
                                wadi__type_text(others[i]->type, b, sizeof b));
        wadi__rdd_add_parent(rdd, others[i]);
        partitions += others[i]->partition_count;
    }
    if (partitions > UINT32_MAX) wadi__rdd_set_error(rdd, WADI_E_INVALID, "too many partitions");
    if (!wadi__rdd_is_broken(rdd)) {
        const wadi_rdd *common = common_parent(rdd);
        rdd->partitioner = common != NULL ? common->partitioner : (wadi__partitioner){0};
        rdd->partition_count = common != NULL ? common->partition_count : (uint32_t)partitions;
    }
    return wadi__rdd_done(rdd, options);
}
