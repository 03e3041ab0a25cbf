/* SPDX-License-Identifier: Apache-2.0 */
/* build_state.c: operators that keep a state, and marks of checkpoints. */
#include "stream/stream_context.h"
#include "testing/conformance/declared.h"
#include "testing/conformance/operator.h"
#include "testing/must.h"

static wadi_rdd *initial_of(wadi__case_builder *builder, const json_t *op) {
    const json_t *pairs = json_object_get(op, "initial");
    size_t count = json_array_size(pairs);
    if (pairs == NULL) return NULL;
    case_pair *rows = wadi__must_calloc(count, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        case_value value = wadi__case_from_json(builder->arena, json_array_get(pairs, i));
        wadi__case_to_pair(&value, &rows[i]);
    }
    wadi_rdd *initial = wadi_parallelize(builder->ssc->sc, case_pair, rows, count, .partitions = 2);
    free(rows);
    return initial;
}
wadi__case_stream wadi__case_build_update_state(wadi__case_builder *builder, wadi__case_stream in,
                                                const json_t *op) {
    case_named named = wadi__case_named_of(builder, json_object_get(op, "fn"));
    in = wadi__case_as_pairs(in);
    wadi_dstream *made = wadi_update_state_by_key(
        in.stream, wadi__case_update_state_fn(&named), .partitions = wadi__case_partitions_of(op),
        .initial = initial_of(builder, op), .name = wadi__case_state_name_of(builder).text,
        .forget_partitioner = json_is_false(json_object_get(op, "remember_partitioner")));
    return (wadi__case_stream){made, true};
}
wadi__case_stream wadi__case_build_map_with_state(wadi__case_builder *builder, wadi__case_stream in,
                                                  const json_t *op) {
    const json_t *fn = json_object_get(op, "fn");
    case_named named = wadi__case_named_of(builder, fn);
    bool to_pairs =
        wadi__case_makes_pairs(wadi__case_function_of(fn, WADI__CASE_MAP_WITH_STATE), true);
    int64_t checkpoint_ms = wadi__case_ms_of(op, "checkpoint_ms");
    in = wadi__case_as_pairs(in);
    wadi_dstream *made = wadi_map_with_state(
        in.stream, wadi__case_map_with_state_fn(to_pairs, &named),
        .partitions = wadi__case_partitions_of(op), .initial = initial_of(builder, op),
        .name = wadi__case_state_name_of(builder).text, .timeout_ms = wadi__case_ms_of(op, "timeout_ms"));
    if (checkpoint_ms != 0) wadi_checkpoint(made, checkpoint_ms);
    return (wadi__case_stream){made, to_pairs};
}
wadi__case_stream wadi__case_build_state_snapshots(wadi__case_builder *builder,
                                                   wadi__case_stream in, const json_t *op) {
    (void)builder, (void)op;
    return (wadi__case_stream){wadi_state_snapshots(in.stream), true};
}
wadi__case_stream wadi__case_build_checkpoint(wadi__case_builder *builder, wadi__case_stream in,
                                              const json_t *op) {
    (void)builder;
    wadi_checkpoint(in.stream, wadi__case_ms_of(op, "interval_ms"));
    return in;
}
