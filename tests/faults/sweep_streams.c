/* SPDX-License-Identifier: Apache-2.0 */
/* sweep_streams.c: stream programs: every operator and output of streams, for three batches. */
#include "fake_postgres.h"
#include "sweep.h"
#include "sweep_records.h"

#include "sink/postgres_pool.h"
#include "testing/sim_disk.h"

#include <wadi/postgres.h>

WADI_MAP(doubles, pair, pair) { *out = (pair){in->word, in->count * 2}; }
WADI_FILTER(uneven, pair) { return in->count % 2 == 1; }
WADI_FLAT_MAP(there_and_back, pair, pair) {
    wadi_emit(out, *in);
    wadi_emit(out, (pair){wadi_str_upper(task, in->word), -in->count});
}
WADI_MAP_PARTITION(add_up_parts, pair, int64_t) {
    int64_t sum = 0;
    while ((in = wadi_next(it))) sum += in->count;
    wadi_emit(out, sum);
}
WADI_REDUCE(add_counts, pair) { acc->count += in->count; }
WADI_COMBINE(add_into, pair, pair) {
    if (is_new) acc->word = in->word;
    acc->count += in->count;
}
WADI_PARTITIONER(by_word_length, pair) { return in->word.len % partition_count; }
WADI_FOREACH(look, pair) { (void)in; }
WADI_FOREACH_PARTITION(look_at_once, pair) {
    while ((in = wadi_next(it))) continue;
}
WADI_FOREACH_RDD(count_again, pair) {
    (void)batch_ms;
    if (wadi_count(rdd) > 1000) wadi_rdd_fail(rdd, "too many");
}
WADI_TRANSFORM(doubled, pair, pair) {
    return wadi_count(rdd) < 100 ? wadi_map(rdd, doubles) : NULL;
}
WADI_TRANSFORM_WITH(put_together, pair, pair, pair) { return wadi_union(rdd, other); }
WADI_TRANSFORM_ALL(put_all_together, pair) { return wadi_union_all(rdds, n); }

static wadi_dstream *pairs_of(sweep_world *world) {
    return wadi__rig_input(&world->rig, WADI_TYPE(pair),
                           "a:1 a_word_of_many_bytes:2 b:3; ; a:4 another_of_even_more_bytes:5 a:6",
                           2);
}
static wadi_dstream *others_of(sweep_world *world) {
    return wadi__rig_input(&world->rig, WADI_TYPE(pair),
                           "a:10; b:20; a:30 another_of_even_more_bytes:40", 1);
}
static void finish(sweep_report *r, sweep_world *world) {
    if (sweep_start(r, world)) wadi__rig_batches(&world->rig, 3);
    sweep_world_fini(r, world, SWEEP_BATCHES);
}

static void hear(const wadi_batch_info *batch, void *user) { *(int64_t *)user += batch->batch_ms; }
static void narrow(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    static int64_t heard_ms;
    wadi_add_listener(world.rig.ssc, .on_batch_completed = hear, .user = &heard_ms);
    wadi_dstream *in = pairs_of(&world);
    sweep_collect(&world, "map", wadi_map(in, doubles));
    sweep_collect(&world, "filter", wadi_filter(in, uneven));
    sweep_collect(&world, "flat_map", wadi_flat_map(in, there_and_back));
    sweep_collect(&world, "map_partitions", wadi_map_partitions(in, add_up_parts));
    sweep_collect(&world, "map_values", wadi_map_values(in, doubles));
    sweep_collect(&world, "flat_map_values", wadi_flat_map_values(in, there_and_back));
    sweep_collect(&world, "glom", wadi_glom(in));
    sweep_collect(&world, "union", wadi_union(in, others_of(&world)));
    finish(r, &world);
}
static void wide(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    sweep_collect(&world, "repartition", wadi_repartition(in, 3));
    sweep_collect(&world, "reduce", wadi_reduce(in, add_counts));
    sweep_collect(&world, "count", wadi_count(in));
    sweep_collect(&world, "count_by_value", wadi_count_by_value(in));
    sweep_collect(&world, "partition_by", wadi_partition_by(in, by_word_length));
    finish(r, &world);
}
static void by_key(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = wadi_persist(pairs_of(&world), WADI_MEMORY_ONLY);
    pair zero = {{0}, 100};
    sweep_collect(&world, "reduce_by_key", wadi_cache(wadi_reduce_by_key(in, add_counts)));
    sweep_collect(&world, "group_by_key", wadi_group_by_key(in, wadi_list_into(listed)));
    sweep_collect(&world, "combine_by_key", wadi_combine_by_key(in, add_into, add_counts));
    sweep_collect(&world, "aggregate_by_key",
                  wadi_aggregate_by_key(in, add_into, add_counts, .zero = &zero));
    finish(r, &world);
}
static void two_sides(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *left = pairs_of(&world), *right = others_of(&world);
    sweep_collect(&world, "join", wadi_join(left, right, wadi_fields_into(both)));
    sweep_collect(&world, "left", wadi_left_outer_join(left, right, wadi_fields_into(left_one)));
    sweep_collect(&world, "right", wadi_right_outer_join(left, right, wadi_fields_into(right_one)));
    sweep_collect(&world, "full", wadi_full_outer_join(left, right, wadi_fields_into(maybe_both)));
    sweep_collect(&world, "cogroup", wadi_cogroup(left, right, wadi_lists_into(lists)));
    sweep_collect(&world, "cogroup_all", wadi_cogroup_all(lists, left, right));
    finish(r, &world);
}
static void of_datasets(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world), *other = others_of(&world);
    wadi_dstream *all[] = {in, other, in};
    sweep_collect(&world, "transform", wadi_transform(in, doubled));
    sweep_collect(&world, "transform_with", wadi_transform_with(in, other, put_together));
    sweep_collect(&world, "transform_all", wadi_transform_all(all, 3, put_all_together));
    finish(r, &world);
}
static void windows(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    wadi_remember(world.rig.ssc, 5000);
    wadi_dstream *window = wadi_window(in, 2000);
    sweep_collect(&world, "window", wadi_reduce_by_key(window, add_counts));
    if (sweep_start(r, &world)) {
        wadi__rig_batches(&world.rig, 3);
        size_t n = 0;
        wadi_rdd *const *slice = wadi_slice(window, 1000, 3000, &n);
        sweep_say(r, "slice of %zu\n", n);
        for (size_t i = 0; i < n; i++) sweep_say_rows(r, "slice", slice[i]);
    }
    sweep_world_fini(r, &world, SWEEP_BATCHES);
}
static void counted_windows(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    wadi_checkpoint(world.rig.ssc, "/saved");
    sweep_collect(&world, "count_by_window", wadi_count_by_window(in, 2000));
    sweep_collect(&world, "count_by_value", wadi_count_by_value_and_window(in, 2000));
    sweep_collect(&world, "reduce_by_window", wadi_reduce_by_window(in, add_counts, 2000));
    finish(r, &world);
}
static void keyed_windows(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    wadi_checkpoint(world.rig.ssc, "/saved");
    sweep_collect(&world, "reduce", wadi_reduce_by_key_and_window(in, wadi_add, 2000));
    sweep_collect(&world, "with inverse",
                  wadi_reduce_by_key_and_window(in, wadi_add, 2000, .inverse = wadi_subtract));
    sweep_collect(&world, "group", wadi_group_by_key_and_window(in, wadi_list_into(listed), 2000));
    finish(r, &world);
}
WADI_UPDATE_STATE(sum_up, pair, pair) {
    state->word = *key;
    for (size_t i = 0; i < n; i++) state->count += in[i].count;
    return state->count < 10;
}
WADI_MAP_WITH_STATE(running, pair, pair, pair) {
    pair sum = {*key, 0};
    if (in == NULL) return;
    if (wadi_state_exists(state)) sum.count = wadi_state_get(state)->count;
    sum.count += in->count;
    if (sum.count < 9)
        wadi_state_update(state, sum);
    else if (wadi_state_exists(state))
        wadi_state_remove(state);
    wadi_emit(out, sum);
}
static void stateful(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    (wadi_stream_context_checkpoint)(world.rig.ssc, "/saved");
    sweep_collect(&world, "update_state_by_key", wadi_update_state_by_key(in, sum_up));
    wadi_dstream *mapped = wadi_map_with_state(in, running, .timeout_ms = 2000);
    sweep_collect(&world, "map_with_state", mapped);
    sweep_collect(&world, "state_snapshots", wadi_state_snapshots(mapped));
    finish(r, &world);
}
static void outputs(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    wadi_foreach_rdd(in, count_again);
    wadi_foreach(in, look);
    wadi_foreach_partition(in, look_at_once);
    wadi_print(in, 1);
    wadi_save_as_text_files(in, "/out/text", "txt");
    wadi_save_as_object_files(in, "/out/objects");
    if (sweep_start(r, &world)) wadi__rig_batches(&world.rig, 3);
    size_t size;
    char *saved = wadi__sim_disk_get(world.disk, "/out/text-1000.txt/part-00000", &size);
    sweep_say(r, "saved: %s\n", saved != NULL ? saved : "nothing");
    free(saved);
    sweep_world_fini(r, &world, SWEEP_BATCHES);
}
static void database(sweep_report *r) {
    sweep_world world;
    wadi__postgres_use(&fake_postgres);
    sweep_world_init(&world);
    wadi_save_to_postgres(pairs_of(&world), "dbname=none", "counts", .name = "of the sweep");
    if (sweep_start(r, &world)) wadi__rig_batches(&world.rig, 3);
    sweep_say(r, "moved: %d\n", fake_postgres_moved());
    sweep_world_fini(r, &world, SWEEP_BATCHES);
    wadi__postgres_use(NULL);
}
/* What is not there yet is a mistake, told by start. */
static void mistakes(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_dstream *in = pairs_of(&world);
    wadi_error err = WADI_ERROR_INIT; /* of any status */
    wadi_save_as_hadoop_files(in, "/out/hadoop", "text");
    wadi_checkpoint(in, 10000);
    wadi_dstream_checkpoint(in, 10000); /* as bindings call it */
    wadi_checkpoint(world.rig.ssc, "/saved");
    sweep_say(r, "started %d\n", wadi_start(world.rig.ssc, &err) == WADI_OK);
    sweep_world_free(&world);
}

const sweep_scene sweep_streams[] = {
    {"narrow operators of streams", narrow},
    {"shuffles of streams", wide},
    {"streams by key", by_key},
    {"streams of two sides", two_sides},
    {"functions of datasets", of_datasets},
    {"windows and slices", windows},
    {"windows that are counted", counted_windows},
    {"windows by key", keyed_windows},
    {"streams with state", stateful},
    {"outputs", outputs},
    {"a database", database},
    {"mistakes of a graph", mistakes},
};
const size_t sweep_streams_count = sizeof sweep_streams / sizeof sweep_streams[0];
