/* SPDX-License-Identifier: Apache-2.0 */
/* build_each.c: operators that make an RDD of each RDD of one stream without a shuffle. */
#include "testing/conformance/declared.h"
#include "testing/conformance/operator.h"

wadi__case_stream wadi__case_build_map(wadi__case_builder *builder, wadi__case_stream in,
                                       const json_t *op) {
    const json_t *fn = json_object_get(op, "fn");
    case_named named = wadi__case_named_of(builder, fn);
    bool to_pairs = wadi__case_makes_pairs(wadi__case_function_of(fn, WADI__CASE_MAP), in.is_pairs);
    wadi_map_fn f = wadi__case_map_fn(in.is_pairs, to_pairs, &named);
    return (wadi__case_stream){wadi_map(in.stream, f), to_pairs};
}
wadi__case_stream wadi__case_build_flat_map(wadi__case_builder *builder, wadi__case_stream in,
                                            const json_t *op) {
    const json_t *fn = json_object_get(op, "fn");
    case_named named = wadi__case_named_of(builder, fn);
    bool to_pairs =
        wadi__case_makes_pairs(wadi__case_function_of(fn, WADI__CASE_FLAT_MAP), in.is_pairs);
    wadi_flat_map_fn f = wadi__case_flat_map_fn(in.is_pairs, to_pairs, &named);
    return (wadi__case_stream){wadi_flat_map(in.stream, f), to_pairs};
}
wadi__case_stream wadi__case_build_filter(wadi__case_builder *builder, wadi__case_stream in,
                                          const json_t *op) {
    case_named named = wadi__case_named_of(builder, json_object_get(op, "fn"));
    wadi_filter_fn f = wadi__case_filter_fn(in.is_pairs, &named);
    return (wadi__case_stream){wadi_filter(in.stream, f), in.is_pairs};
}
wadi__case_stream wadi__case_build_map_partitions(wadi__case_builder *builder, wadi__case_stream in,
                                                  const json_t *op) {
    const json_t *fn = json_object_get(op, "fn");
    case_named named = wadi__case_named_of(builder, fn);
    bool to_pairs =
        wadi__case_makes_pairs(wadi__case_function_of(fn, WADI__CASE_MAP_PARTITIONS), in.is_pairs);
    wadi_map_partition_fn f = wadi__case_map_partition_fn(in.is_pairs, to_pairs, &named);
    return (wadi__case_stream){wadi_map_partitions(in.stream, f), to_pairs};
}
wadi__case_stream wadi__case_build_map_values(wadi__case_builder *builder, wadi__case_stream in,
                                              const json_t *op) {
    case_named named = wadi__case_named_of(builder, json_object_get(op, "fn"));
    in = wadi__case_as_pairs(in);
    wadi_map_fn f = wadi__case_map_values_fn(&named);
    return (wadi__case_stream){wadi_map_values(in.stream, f), true};
}
wadi__case_stream wadi__case_build_flat_map_values(wadi__case_builder *builder,
                                                   wadi__case_stream in, const json_t *op) {
    case_named named = wadi__case_named_of(builder, json_object_get(op, "fn"));
    in = wadi__case_as_pairs(in);
    wadi_flat_map_fn f = wadi__case_flat_map_values_fn(&named);
    return (wadi__case_stream){wadi_flat_map_values(in.stream, f), true};
}
wadi__case_stream wadi__case_build_glom(wadi__case_builder *builder, wadi__case_stream in,
                                        const json_t *op) {
    (void)builder, (void)op;
    wadi_dstream *lists = wadi_glom(in.stream);
    return (wadi__case_stream){wadi_map(lists, wadi__case_of_glom_fn(in.is_pairs)), false};
}
wadi__case_stream wadi__case_build_repartition(wadi__case_builder *builder, wadi__case_stream in,
                                               const json_t *op) {
    (void)builder;
    uint32_t partitions = wadi__case_partitions_of(op);
    return (wadi__case_stream){wadi_repartition(in.stream, partitions), in.is_pairs};
}
wadi__case_stream wadi__case_build_persist(wadi__case_builder *builder, wadi__case_stream in,
                                           const json_t *op) {
    (void)builder, (void)op;
    return (wadi__case_stream){wadi_persist(in.stream, WADI_STORAGE_DEFAULT), in.is_pairs};
}
