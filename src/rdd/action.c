/* SPDX-License-Identifier: Apache-2.0 */
/* action.c: actions by number, and driving a partition into a sink. */
#include "rdd/action.h"

#include "rdd/rdd.h"

extern const wadi__action_ops wadi__action_collect_ops, wadi__action_count_ops, wadi__action_take_ops,
    wadi__action_compute_ops, wadi__action_foreach_ops, wadi__action_foreach_partition_ops, wadi__action_top_ops,
    wadi__action_sample_ops, wadi__action_lookup_ops, wadi__action_stats_ops, wadi__action_histogram_ops,
    wadi__action_save_text_ops, wadi__action_save_object_ops;

const wadi__action_ops *wadi__action_ops_of(wadi__action_kind kind) {
    static const wadi__action_ops *const all[WADI__ACTION_KIND_COUNT] = {
        [WADI__ACTION_COLLECT] = &wadi__action_collect_ops,
        [WADI__ACTION_COUNT] = &wadi__action_count_ops,
        [WADI__ACTION_TAKE] = &wadi__action_take_ops,
        [WADI__ACTION_TOP] = &wadi__action_top_ops,
        [WADI__ACTION_SAMPLE] = &wadi__action_sample_ops,
        [WADI__ACTION_LOOKUP] = &wadi__action_lookup_ops,
        [WADI__ACTION_STATS] = &wadi__action_stats_ops,
        [WADI__ACTION_HISTOGRAM] = &wadi__action_histogram_ops,
        [WADI__ACTION_SAVE_TEXT] = &wadi__action_save_text_ops,
        [WADI__ACTION_SAVE_OBJECT] = &wadi__action_save_object_ops,
        [WADI__ACTION_COMPUTE] = &wadi__action_compute_ops,
        [WADI__ACTION_FOREACH] = &wadi__action_foreach_ops,
        [WADI__ACTION_FOREACH_PARTITION] = &wadi__action_foreach_partition_ops,
    };
    return all[kind];
}
void wadi__action_drive(const wadi_rdd *rdd, wadi__task *task, wadi__sink *sink, const bool *is_enough) {
    wadi__cursor *cursor = wadi__engine_used->open(rdd, task->partition_index, task, sink);
    while (cursor != NULL && wadi__cursor_step(cursor, task))
        if (is_enough != NULL && *is_enough) break;
}
void wadi__task_result_fini(wadi__task_result *result) {
    wadi__block_unref(result->rows);
    wadi__free(result->counts);
    result->rows = NULL;
    result->counts = NULL;
}
