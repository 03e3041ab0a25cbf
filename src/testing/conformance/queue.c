/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c: queue streams of cases. */
#include "testing/conformance/queue.h"

#include "testing/conformance/input.h"

/* Whether every RDD that the case names carries pairs. */
static bool carries_pairs(const json_t *json) {
    const json_t *pushed = json_object_get(json, "enqueue_before_batch");
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(pushed); i++)
        json_array_extend(all, json_array_get(pushed, i));
    const json_t *default_rdd = json_object_get(json, "default_rdd");
    if (json_is_array(default_rdd)) json_array_append(all, (json_t *)default_rdd);
    bool is_pairs = wadi__case_batches_are_pairs(all);
    json_decref(all);
    return is_pairs;
}
static wadi_rdd *make_rdd(wadi__case_queue *self, const json_t *batch) {
    wadi__script_batch rows = wadi__case_batch_of(&self->stage->arena, batch, self->is_pairs);
    wadi_op_options options = {.size = sizeof options, .partitions = self->partitions};
    return wadi__parallelize(self->stage->sc, wadi__case_type_of(self->is_pairs), rows.rows,
                             rows.count, &options);
}
wadi__case_stream wadi__case_queue_open(wadi__case_queue *self, wadi__case_stage *stage,
                                        const json_t *json) {
    const json_t *default_rdd = json_object_get(json, "default_rdd");
    *self = (wadi__case_queue){
        .stage = stage,
        .queue = wadi_rdd_queue_new(stage->sc),
        .pushed = json_object_get(json, "enqueue_before_batch"),
        .is_pairs = carries_pairs(json),
        .partitions = (uint32_t)json_integer_value(json_object_get(json, "partitions_per_batch")),
    };
    wadi_queue_options options = {
        .size = sizeof options,
        .all_at_once = json_is_false(json_object_get(json, "one_at_a_time")),
        .default_rdd = json_is_array(default_rdd) ? make_rdd(self, default_rdd) : NULL,
    };
    wadi_dstream *stream =
        wadi__queue_stream(stage->ssc, wadi__case_type_of(self->is_pairs), self->queue, &options);
    return (wadi__case_stream){stream, self->is_pairs};
}
void wadi__case_queue_push(wadi__case_queue *self, size_t i) {
    const json_t *rdds = json_array_get(self->pushed, i);
    for (size_t k = 0; k < json_array_size(rdds); k++)
        wadi_rdd_queue_push(self->queue, make_rdd(self, json_array_get(rdds, k)));
}
