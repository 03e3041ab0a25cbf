/* SPDX-License-Identifier: Apache-2.0 */
/* build_sides.c: operators over several streams. */
#include "testing/conformance/declared.h"
#include "testing/conformance/operator.h"
#include "testing/must.h"

/* stream.union(other), once for each other one. */
wadi__case_stream wadi__case_build_union(wadi__case_builder *builder, wadi__case_stream in,
                                         const json_t *op) {
    size_t count;
    wadi__case_stream *sides = wadi__case_sides(builder, in, op, &count);
    wadi__case_stream made = sides[0];
    for (size_t i = 1; i < count; i++) {
        wadi__case_stream both[] = {made, sides[i]};
        wadi__case_as_alike(both, 2);
        made = (wadi__case_stream){wadi_union(both[0].stream, both[1].stream), both[0].is_pairs};
    }
    return made;
}
/* context.union(streams) */
wadi__case_stream wadi__case_build_context_union(wadi__case_builder *builder, wadi__case_stream in,
                                                 const json_t *op) {
    size_t count;
    wadi__case_stream *sides = wadi__case_sides(builder, in, op, &count);
    wadi__case_as_alike(sides, count);
    wadi_dstream **streams = wadi__must_calloc(count, sizeof *streams);
    for (size_t i = 0; i < count; i++) streams[i] = sides[i].stream;
    wadi_dstream *made = wadi_union_all(streams, count);
    free(streams);
    return (wadi__case_stream){made, sides[0].is_pairs};
}

typedef struct two_sides {
    wadi_dstream *left, *right;
    uint32_t partitions;
} two_sides;
static two_sides pairs_of_both(wadi__case_builder *builder, wadi__case_stream in,
                               const json_t *op) {
    size_t count;
    wadi__case_stream *sides = wadi__case_sides(builder, in, op, &count);
    return (two_sides){wadi__case_as_pairs(sides[0]).stream, wadi__case_as_pairs(sides[1]).stream,
                       wadi__case_partitions_of(op)};
}
wadi__case_stream wadi__case_build_cogroup(wadi__case_builder *builder, wadi__case_stream in,
                                           const json_t *op) {
    two_sides both = pairs_of_both(builder, in, op);
    wadi_dstream *groups =
        wadi_cogroup(both.left, both.right, wadi__case_cogroup_fn(), .partitions = both.partitions);
    return (wadi__case_stream){wadi_map_values(groups, wadi__case_of_cogroup_fn()), true};
}
wadi__case_stream wadi__case_build_join(wadi__case_builder *builder, wadi__case_stream in,
                                        const json_t *op) {
    two_sides both = pairs_of_both(builder, in, op);
    wadi_dstream *joined = wadi_join(both.left, both.right, wadi__case_join_fn(WADI__CASE_JOIN),
                                     .partitions = both.partitions);
    return (wadi__case_stream){wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_JOIN)),
                               true};
}
wadi__case_stream wadi__case_build_left_outer_join(wadi__case_builder *builder,
                                                   wadi__case_stream in, const json_t *op) {
    two_sides both = pairs_of_both(builder, in, op);
    wadi_dstream *joined =
        wadi_left_outer_join(both.left, both.right, wadi__case_join_fn(WADI__CASE_LEFT_JOIN),
                             .partitions = both.partitions);
    return (wadi__case_stream){wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_LEFT_JOIN)),
                               true};
}
wadi__case_stream wadi__case_build_right_outer_join(wadi__case_builder *builder,
                                                    wadi__case_stream in, const json_t *op) {
    two_sides both = pairs_of_both(builder, in, op);
    wadi_dstream *joined =
        wadi_right_outer_join(both.left, both.right, wadi__case_join_fn(WADI__CASE_RIGHT_JOIN),
                              .partitions = both.partitions);
    return (wadi__case_stream){
        wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_RIGHT_JOIN)), true};
}
wadi__case_stream wadi__case_build_full_outer_join(wadi__case_builder *builder,
                                                   wadi__case_stream in, const json_t *op) {
    two_sides both = pairs_of_both(builder, in, op);
    wadi_dstream *joined =
        wadi_full_outer_join(both.left, both.right, wadi__case_join_fn(WADI__CASE_FULL_JOIN),
                             .partitions = both.partitions);
    return (wadi__case_stream){wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_FULL_JOIN)),
                               true};
}
