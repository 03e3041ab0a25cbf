/* SPDX-License-Identifier: Apache-2.0 */
/* ops_test.c: operators of one stream, and union, batch by batch. */
#include "stream/ops/cases.h"

WADI_RECORD(text_pair, (wadi_str, key), (wadi_str, value));
WADI_RECORD(pair_list, (wadi_str, key), (wadi_int64_list, values));
WADI_RECORD(mean, (wadi_str, key), (int64_t, sum), (int64_t, count));

WADI_MAP(twice, int64_t, int64_t) { *out = *in * 2; }
WADI_FLAT_MAP(up_to, int64_t, int64_t) {
    for (int64_t i = 0; i < *in; i++) wadi_emit(out, i);
}
WADI_FILTER(even, int64_t) { return *in % 2 == 0; }
WADI_MAP_PARTITION(sum_partition, int64_t, int64_t) {
    int64_t sum = 0;
    while ((in = wadi_next(it))) sum += *in;
    wadi_emit(out, sum);
}
WADI_REDUCE(sum, int64_t) { *acc += *in; }
WADI_REDUCE(sum_pairs, pair) { acc->value += in->value; }
WADI_MAP(shout, pair, text_pair) { /* leaves the key to map_values */
    out->value = wadi_str_printf(task, "%lld!", (long long)in->value);
}
WADI_FLAT_MAP(repeat, pair, pair) {
    for (int64_t i = 0; i < in->value; i++) wadi_emit(out, *in);
}
WADI_COMBINE(add_to_mean, pair, mean) {
    acc->sum += in->value;
    acc->count++;
}
WADI_REDUCE(merge_means, mean) {
    acc->sum += in->sum;
    acc->count += in->count;
}
WADI_GROUP(join_texts, pair, text_pair) {
    wadi_str all = {0};
    for (size_t i = 0; i < n; i++)
        all = wadi_str_printf(task, "%.*s%lld", WADI_STR_ARG(all), (long long)in[i].value);
    wadi_emit(out, (text_pair){*key, all});
}
WADI_PARTITIONER(by_length, wadi_str) { return in->len % partition_count; }

BUILD(build_map, return wadi_map(in[0], twice);)
BUILD(build_flat_map, return wadi_flat_map(in[0], up_to);)
BUILD(build_filter, return wadi_filter(in[0], even);)
BUILD(build_map_partitions, return wadi_map_partitions(in[0], sum_partition);)
BUILD(build_glom, return wadi_glom(in[0]);)
BUILD(build_repartition, return wadi_repartition(in[0], 3);)
BUILD(build_union, return wadi_union(in[0], in[1], in[2]);)
BUILD(build_reduce, return wadi_reduce(in[0], sum);)
BUILD(build_count, return wadi_count(in[0]);)
BUILD(build_count_by_value, return wadi_count_by_value(in[0]);)
BUILD(build_reduce_by_key, return wadi_reduce_by_key(in[0], sum_pairs);)
BUILD(build_map_values, return wadi_map_values(wadi_reduce_by_key(in[0], sum_pairs, 3), shout);)
BUILD(build_flat_map_values, return wadi_flat_map_values(in[0], repeat);)
BUILD(build_combine, return wadi_combine_by_key(in[0], add_to_mean, merge_means);)
BUILD(build_aggregate, {
    mean zero = {.count = 100};
    return wadi_aggregate_by_key(in[0], add_to_mean, merge_means, .zero = &zero);
})
BUILD(build_partition_by, return wadi_partition_by(in[0], by_length, .partitions = 3);)
BUILD(build_union_by_key, {
    wadi_dstream *sums = wadi_reduce_by_key(in[0], sum_pairs, .partitions = 3);
    return wadi_union(sums, wadi_reduce_by_key(in[1], sum_pairs, .partitions = 3));
})
BUILD(build_group_by_key, return wadi_group_by_key(in[0], join_texts);)
BUILD(build_list_into, return wadi_group_by_key(in[0], wadi_list_into(pair_list));)

static wadi__stream_case cases[] = {
    {"map",
     {INTS("1 2 3; ; 4")},
     build_map,
     .expected = "1000: 2 | 4 6; 2000: |; 3000: | 8",
     .form = WADI__COLLECTED_PARTITIONS},
    {"map: no RDD gives none", {INTS("1; none; 2")}, build_map, .expected = "1000: 2; 3000: 4"},
    {"flat_map", {INTS("1 0 3; 0")}, build_flat_map, .expected = "1000: 0 0 1 2; 2000:"},
    {"filter",
     {INTS("1 2 3 4; 5")},
     build_filter,
     .expected = "1000: 2 | 4; 2000: |",
     .form = WADI__COLLECTED_PARTITIONS},
    {"map_partitions: runs on empty partitions",
     {INTS("1 2 3; ; none; 4")},
     build_map_partitions,
     .expected = "1000: 1 | 5; 2000: 0 | 0; 4000: 0 | 4",
     .form = WADI__COLLECTED_PARTITIONS},
    {"glom: a list for each partition",
     {INTS("1 2 3; ; none")},
     build_glom,
     .expected = "1000: [1] | [2, 3]; 2000: [] | []",
     .form = WADI__COLLECTED_PARTITIONS},
    {"reduce: nothing out of nothing",
     {INTS("1 2 3; ; none; 7")},
     build_reduce,
     .expected = "1000: 6; 2000:; 4000: 7",
     .form = WADI__COLLECTED_PARTITIONS},
    {"count: an empty batch counts 0",
     {INTS("1 2 3; ; 5 6")},
     build_count,
     .expected = "1000: 3; 2000: 0; 3000: 2"},
    {"count: a batch without an RDD fails",
     {INTS("1; none")},
     build_count,
     .expected = "1000: 1",
     .error = "Couldn't generate RDD from parent at time 2000 ms"},
    {"repartition: an empty batch too",
     {INTS("1 2 3; ")},
     build_repartition,
     .expected = "1000: 1 2 3; 2000:",
     .form = WADI__COLLECTED_SORTED},
    {"repartition: a batch without an RDD fails",
     {INTS("none")},
     build_repartition,
     .expected = "",
     .error = "Couldn't generate RDD from parent at time 1000 ms"},
    {"count_by_value",
     {WORDS("a b a; ; b")},
     build_count_by_value,
     .expected = "1000: (a,2) (b,1); 2000:; 3000: (b,1)",
     .form = WADI__COLLECTED_SORTED},
    {"reduce_by_key",
     {PAIRS("a:1 b:2 a:3; ; none; c:1")},
     build_reduce_by_key,
     .expected = "1000: (a,4) (b,2); 2000:; 4000: (c,1)",
     .form = WADI__COLLECTED_SORTED},
    {"map_values",
     {PAIRS("a:1 b:2 a:3; ")},
     build_map_values,
     .expected = "1000: (a,4!) (b,2!); 2000:",
     .form = WADI__COLLECTED_SORTED},
    {"flat_map_values",
     {PAIRS("a:1 b:0 c:2")},
     build_flat_map_values,
     .expected = "1000: (a,1) (c,2) (c,2)"},
    {"combine_by_key",
     {PAIRS("a:1 b:5 a:3; ")},
     build_combine,
     .expected = "1000: (a,4,2) (b,5,1); 2000:",
     .form = WADI__COLLECTED_SORTED},
    {"aggregate_by_key: .zero is copied",
     {PAIRS("a:1 a:2; b:1")},
     build_aggregate,
     .expected = "1000: (a,3,102); 2000: (b,1,101)",
     .form = WADI__COLLECTED_SORTED,
     .partitions = 1},
    {"partition_by",
     {WORDS("aaa b cc d; ")},
     build_partition_by,
     .expected = "1000: aaa | b d | cc; 2000: | |",
     .form = WADI__COLLECTED_PARTITIONS},
    {"union: partitions in the order of the streams",
     {INTS("1 2"), INTS("3"), INTS("4 5")},
     build_union,
     .expected = "1000: 1 | 2 | | 3 | 4 | 5",
     .form = WADI__COLLECTED_PARTITIONS},
    {"union: a batch without an RDD fails",
     {INTS("1"), INTS("none"), INTS("2")},
     build_union,
     .expected = "",
     .error = "Could not generate RDD from a parent for unifying at time 1000 ms"},
    {"union: equal partitioners merge partitions",
     {PAIRS("a:1 a:2"), PAIRS("a:5")},
     build_union_by_key,
     .expected = "1000: (a,3) (a,5)"},
    {"group_by_key",
     {PAIRS("a:1 b:2 a:3; ; none; b:4")},
     build_group_by_key,
     .expected = "1000: (a,13) (b,2); 2000:; 4000: (b,4)",
     .form = WADI__COLLECTED_SORTED},
    {"group_by_key: ready-made",
     {PAIRS("a:1 b:2 a:3")},
     build_list_into,
     .expected = "1000: (a,[1, 3]) (b,[2])",
     .form = WADI__COLLECTED_SORTED},
};
RUN_CASES("stream operators")
