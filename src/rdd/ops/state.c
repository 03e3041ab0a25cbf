/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: updateStateByKey, mapWithState and their states, as nodes of the graph. An update gets
 * the records of each key in one place, as groupByKey does; what runs is exec/state.c. */
#include "rdd/ops/state.h"

#include "rdd/ops/ops.h"

static wadi__cursor *state_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                wadi__sink *sink) {
    return wadi__state_node_of(rdd)->ops->open(rdd, partition, task, sink);
}
static wadi_status state_make_ready(const wadi_rdd *rdd, wadi_error *err) {
    return wadi__state_node_of(rdd)->ops->make_ready(rdd, err);
}
static void state_destroy(void *p) {
    wadi__state_node *node = p;
    if (node->ops != NULL && node->ops->release != NULL)
        node->ops->release(node->state, node->time_ms);
    wadi__counted_unref(node->state);
}
const wadi__rdd_ops wadi__rdd_state_ops = {
    .name = "state",
    .state_size = sizeof(wadi__state_node),
    .open = state_open,
    .make_ready = state_make_ready,
    .destroy = state_destroy,
};
const wadi__rdd_ops wadi__rdd_update_state_by_key_ops = {
    .name = "update_state_by_key",
    .state_size = sizeof(wadi__state_node),
    .destroy = state_destroy,
};
const wadi__rdd_ops wadi__rdd_map_with_state_ops = {
    .name = "map_with_state",
    .state_size = sizeof(wadi__state_node),
    .destroy = state_destroy,
};

static void take_node(wadi_rdd *rdd, const wadi__state_node *node) {
    if (wadi__rdd_is_broken(rdd)) return;
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status =
        node->ops->hold != NULL ? node->ops->hold(node->state, node->time_ms, &err) : WADI_OK;
    if (status != WADI_OK) {
        wadi__rdd_set_error(rdd, status, "%s", err.message);
        return;
    }
    wadi__counted_ref(node->state);
    *(wadi__state_node *)rdd->state = *node;
}
wadi_rdd *wadi__rdd_make_state(wadi_context *sc, const wadi__state_node *node,
                               const wadi__type *type, uint32_t partition_count,
                               const wadi__partitioner *partitioner, const wadi_where *where) {
    static const wadi_op_options none = {.size = sizeof none};
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_STATE, NULL, where);
    take_node(rdd, node);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, &none);
    wadi__rdd_retype(rdd, type);
    rdd->partition_count = partition_count;
    if (partitioner != NULL) {
        rdd->partitioner = *partitioner;
        rdd->by = partitioner->fn; /* held for as long as the node says how its keys lie */
        if (rdd->by != NULL) wadi__counted_ref(&rdd->by->counted);
    }
    return wadi__rdd_done(rdd, &none);
}
wadi_rdd *wadi__rdd_make_state_update(wadi_context *sc, const wadi__state_node *node,
                                      const wadi__state_step_args *update) {
    wadi_rdd *rdd = wadi__rdd_new(sc, update->op, update->in, &update->options->where);
    wadi__partitioner partitioner;
    take_node(rdd, node);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, update->options);
    if (update->initial != NULL) wadi__rdd_add_parent(rdd, update->initial);
    rdd->key = update->key;
    if (rdd->type == NULL) rdd->type = update->key; /* it has no records */
    rdd->wide = WADI__WIDE_STATE;
    rdd->batch_ms = node->time_ms;
    rdd->partition_count = wadi__rdd_partitions(sc, update->options);
    if (wadi__rdd_bind(rdd, update->fn, WADI_FN_UPDATE_STATE, NULL, NULL) &&
        rdd->parent_count > 0 && wadi__rdd_same_keys(rdd) &&
        wadi__rdd_choose_partitioner(rdd, update->options, &partitioner)) {
        for (uint32_t i = 0; i < rdd->parent_count; i++)
            wadi__rdd_partition(rdd, rdd->parents[i].rdd, i, &partitioner);
    }
    return wadi__rdd_done(rdd, update->options);
}
