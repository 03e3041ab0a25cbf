/* SPDX-License-Identifier: Apache-2.0 */
/* build_key.c: operators with a shuffle of one stream. */
#include "testing/conformance/declared.h"
#include "testing/conformance/operator.h"

wadi__case_stream wadi__case_build_reduce(wadi__case_builder *builder, wadi__case_stream in,
                                          const json_t *op) {
    case_named named = wadi__case_named_of(builder, json_object_get(op, "fn"));
    in = wadi__case_as_values(in);
    wadi_reduce_fn f = wadi__case_reduce_fn(false, &named);
    return (wadi__case_stream){wadi_reduce(in.stream, f), false};
}
wadi__case_stream wadi__case_build_count(wadi__case_builder *builder, wadi__case_stream in,
                                         const json_t *op) {
    (void)builder, (void)op;
    wadi_dstream *counts = wadi_count(in.stream);
    return (wadi__case_stream){wadi_map(counts, wadi__case_of_count_fn()), false};
}
wadi__case_stream wadi__case_build_count_by_value(wadi__case_builder *builder, wadi__case_stream in,
                                                  const json_t *op) {
    (void)builder;
    in = wadi__case_as_values(in);
    wadi_dstream *counts =
        wadi_count_by_value(in.stream, .partitions = wadi__case_partitions_of(op));
    return (wadi__case_stream){wadi_map_values(counts, wadi__case_of_count_pair_fn()), true};
}
wadi__case_stream wadi__case_build_group_by_key(wadi__case_builder *builder, wadi__case_stream in,
                                                const json_t *op) {
    (void)builder;
    in = wadi__case_as_pairs(in);
    wadi_dstream *groups = wadi_group_by_key(in.stream, wadi__case_group_fn(),
                                             .partitions = wadi__case_partitions_of(op));
    return (wadi__case_stream){wadi_map_values(groups, wadi__case_of_group_fn()), true};
}
wadi__case_stream wadi__case_build_reduce_by_key(wadi__case_builder *builder, wadi__case_stream in,
                                                 const json_t *op) {
    case_named named = wadi__case_named_of(builder, json_object_get(op, "fn"));
    in = wadi__case_as_pairs(in);
    wadi_dstream *made = wadi_reduce_by_key(in.stream, wadi__case_reduce_fn(true, &named),
                                            .partitions = wadi__case_partitions_of(op));
    return (wadi__case_stream){made, true};
}
wadi__case_stream wadi__case_build_combine_by_key(wadi__case_builder *builder, wadi__case_stream in,
                                                  const json_t *op) {
    case_combining combining = {
        wadi__case_named_of(builder, json_object_get(op, "create")),
        wadi__case_named_of(builder, json_object_get(op, "merge_value")),
    };
    case_named merge = wadi__case_named_of(builder, json_object_get(op, "merge_combiners"));
    in = wadi__case_as_pairs(in);
    wadi_dstream *made = wadi_combine_by_key(in.stream, wadi__case_combine_fn(&combining),
                                             wadi__case_reduce_fn(true, &merge),
                                             .partitions = wadi__case_partitions_of(op));
    return (wadi__case_stream){made, true};
}
