// SPDX-License-Identifier: Apache-2.0
// kinds.cpp: every kind of function and record as C++17.
#include <wadi/wadi.h>

enum color { RED, GREEN };
WADI_ALIAS(color, int32_t);
WADI_RECORD(item, (wadi_str, name), (bool, sold), (color, paint), (double, at, 3));
WADI_SEQ(item_list, item);
WADI_OPTION(maybe_item, item);
WADI_RECORD(shelf, (wadi_str, name), (item_list, items), (maybe_item, best));
WADI_RECORD(total, (wadi_str, name), (int64_t, count));
WADI_RECORD(limit, (int64_t, min));
WADI_RECORD(shared, (wadi_broadcast, items), (wadi_accumulator, sold));

WADI_FILTER(is_sold, item, shared) {
    if (in->sold) wadi_accumulator_add(task, env->sold, 1);
    return wadi_broadcast_find(task, env->items, item, &in->name) != NULL;
}
WADI_MAP_PARTITION(count_all, item, int64_t) {
    int64_t n = 0;
    while ((in = wadi_next(it))) n++;
    wadi_emit(out, n);
}
WADI_COMBINE(count_item, item, total) { acc->count += is_new || in->sold; }
WADI_GROUP(to_shelf, item, shelf) { wadi_emit(out, (shelf{*key, {in, n}, WADI_SOME(in[0])})); }
WADI_JOIN(sum_up, total, total, total) { *out = {left->name, left->count + (right ? right->count : 0)}; }
WADI_COGROUP(sides, total, item, total) { wadi_emit(out, (total{*key, (int64_t)(left_n + right_n)})); }
WADI_UPDATE_STATE(running, item, total) { return (state->count += (int64_t)n) > 0; }
WADI_FOREACH(look, item) { (void)in; }
WADI_PARTITIONER(by_paint, item) { return (uint32_t)in->paint % partition_count; }
struct captured {
    wadi_rdd *items;
};
WADI_TRANSFORM(without, item, item, captured) { return wadi_subtract_by_key(rdd, env->items); }
WADI_TRANSFORM_WITH(both, item, item, item) { return wadi_union(rdd, other); }
WADI_TRANSFORM_ALL(all, item) { return wadi_union_all(rdds, n); }
WADI_FOREACH_RDD(collect, item) {
    size_t n;
    const item *items = wadi_collect(rdd, item, &n);
    if (n > 0 && items[0].sold && wadi_count(rdd) > batch_ms) wadi_rdd_fail(rdd, "too many");
}
WADI_RECEIVER(receive, wadi_str, limit) {
    wadi_str line;
    while (env->min > 0 && wadi_conn_read_line(conn, &line)) wadi_store(out, line);
    wadi_receiver_restart(receiver, "again");
}
WADI_INPUT(ticks, int64_t, limit) { return wadi_range(sc, state->min, batch_ms); }
WADI_RATE_ESTIMATOR(rate, limit) { return batch->record_count > 0 ? (double)++state->min : 0; }

int main() {
    wadi_context *sc = wadi_context_new("local[2]", "Kinds");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, WADI_SECONDS(1));
    wadi_checkpoint(ssc, "/tmp/kinds");
    item some[2] = {};
    wadi_rdd *items = wadi_parallelize(sc, item, some, 2);
    wadi_broadcast broadcast = wadi_broadcast_new(sc, item, some, 2);
    wadi_dstream *in = wadi_queue_stream(ssc, item, wadi_rdd_queue_new(sc));
    wadi_dstream *sold =
        wadi_filter(in, wadi_bind(is_sold, broadcast, wadi_accumulator_new(sc, "sold")));
    wadi_dstream *totals = wadi_combine_by_key(sold, count_item, wadi_add);
    wadi_print(wadi_map_partitions(in, count_all));
    wadi_print(wadi_group_by_key(in, to_shelf));
    wadi_print(wadi_left_outer_join(totals, totals, sum_up));
    wadi_print(wadi_cogroup(totals, in, sides));
    wadi_print(wadi_update_state_by_key(in, running));
    wadi_print(wadi_partition_by(in, by_paint));
    wadi_print(wadi_transform(in, wadi_bind(without, items)));
    wadi_print(wadi_transform_with(in, sold, both));
    wadi_dstream *streams[] = {in, sold};
    wadi_print(wadi_transform_all(streams, 2, all));
    wadi_foreach(in, look);
    wadi_foreach_rdd(in, collect);
    wadi_print(wadi_receiver_stream(ssc, wadi_bind(receive, 1)));
    wadi_print(wadi_input_stream(ssc, ticks));
    wadi_checkpoint(in, WADI_SECONDS(10));
    return wadi_run(ssc);
}
