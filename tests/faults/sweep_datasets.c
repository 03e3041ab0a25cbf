/* SPDX-License-Identifier: Apache-2.0 */
/* sweep_datasets.c: batch programs: every operator and action on datasets. */
#include "sweep.h"
#include "sweep_records.h"

#include "testing/temp_dir.h"

#include <stdio.h>

WADI_RECORD(keyed, (int64_t, key), (wadi_str, word), (int64_t, count));
WADI_RECORD(four, (wadi_str, word), (int64_t, count), (wadi_str, other_word), (int64_t, other));

WADI_MAP(twice, pair, pair) { *out = (pair){in->word, in->count * 2}; }
WADI_FILTER(odd, pair) { return in->count % 2 == 1; }
WADI_FLAT_MAP(both_ways, pair, pair) {
    wadi_emit(out, *in);
    wadi_emit(out, (pair){wadi_str_upper(task, in->word), -in->count});
}
WADI_MAP_PARTITION(sums, pair, int64_t) {
    int64_t sum = 0;
    while ((in = wadi_next(it))) sum += in->count;
    wadi_emit(out, sum);
}
WADI_MAP(count_mod, pair, int64_t) { *out = in->count % 3; }
WADI_REDUCE(add_pair, pair) { acc->count += in->count; }
WADI_COMBINE(add_to, pair, pair) {
    if (is_new) acc->word = in->word;
    acc->count += in->count;
}
WADI_COMBINE(add_up, pair, int64_t) { *acc += in->count; }
WADI_REDUCE(add_int, int64_t) { *acc += *in; }
WADI_PARTITIONER(by_length, pair) { return in->word.len % partition_count; }
static atomic_llong effect;
WADI_FOREACH(take_effect, pair) { atomic_fetch_add(&effect, in->count); }
WADI_FOREACH_PARTITION(take_effect_at_once, pair) {
    while ((in = wadi_next(it))) atomic_fetch_add(&effect, in->count);
}

static const char long_a[] = "a word of many bytes", long_b[] = "another of even more bytes";
static wadi_rdd *pairs_of(wadi_context *sc) {
    const pair rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of(long_a), 2},
                         {wadi_str_of("b"), 3}, {wadi_str_of(long_b), 4},
                         {wadi_str_of("a"), 5}, {wadi_str_of(long_a), 6}};
    return wadi_parallelize(sc, pair, rows, 6, .partitions = 2);
}
static wadi_rdd *others_of(wadi_context *sc) {
    const pair rows[] = {{wadi_str_of("a"), 10}, {wadi_str_of(long_b), 20}, {wadi_str_of("c"), 30}};
    return wadi_parallelize(sc, pair, rows, 3, .partitions = 2);
}
static wadi_context *context(void) {
    return wadi_context_new("local", "sweep", .settings = {{"spark.default.parallelism", "2"}});
}

static void narrow(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    sweep_say_rows(r, "map", wadi_map(in, twice));
    sweep_say_rows(r, "filter", wadi_filter(in, odd));
    sweep_say_rows(r, "flat_map", wadi_flat_map(in, both_ways));
    sweep_say_rows(r, "map_partitions", wadi_map_partitions(wadi_flat_map(in, both_ways), sums));
    sweep_say_rows(r, "map_values", wadi_map_values(in, twice));
    sweep_say_rows(r, "flat_map_values", wadi_flat_map_values(in, both_ways));
    sweep_say_rows(r, "glom", wadi_glom(in));
    sweep_say_rows(r, "union", wadi_union(in, others_of(sc), wadi_empty_rdd(sc, pair)));
    sweep_say_rows(r, "coalesce", wadi_coalesce(in, 1));
    sweep_say_rows(r, "keys", wadi_keys(in));
    sweep_say_rows(r, "values", wadi_values(in, int64_t));
    sweep_say_rows(r, "key_by", wadi_key_by(in, keyed, count_mod));
    sweep_say_rows(r, "sample", wadi_sample(wadi_range(sc, 0, 100), 0.1, 7));
    sweep_finish(r, sc);
}
static void side_by_side(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc), *others = others_of(sc);
    sweep_say_rows(r, "zip", wadi_zip(in, wadi_map(in, twice), wadi_fields_into(four)));
    sweep_say_rows(r, "zip_with_index", wadi_zip_with_index(in));
    sweep_say_rows(r, "cartesian", wadi_cartesian(in, others, wadi_fields_into(four)));
    sweep_finish(r, sc);
}
static void by_key(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    pair zero = {{0}, 100};
    sweep_say_rows(r, "reduce_by_key", wadi_reduce_by_key(in, add_pair));
    sweep_say_rows(r, "ready-made", wadi_reduce_by_key(in, wadi_add));
    sweep_say_rows(r, "group_by_key", wadi_group_by_key(in, wadi_list_into(listed)));
    sweep_say_rows(r, "combine_by_key", wadi_combine_by_key(in, add_to, add_pair));
    sweep_say_rows(r, "aggregate_by_key",
                   wadi_aggregate_by_key(in, add_to, add_pair, .zero = &zero));
    sweep_say_rows(r, "fold_by_key", wadi_fold_by_key(in, wadi_max, .zero = &zero));
    sweep_say_rows(r, "count_by_key", wadi_count_by_key(in));
    sweep_say_rows(r, "partition_by", wadi_partition_by(in, by_length, .partitions = 3));
    sweep_finish(r, sc);
}
static void shuffled(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc), *twofold = wadi_union(in, in), *others = others_of(sc);
    sweep_say_rows(r, "repartition", wadi_repartition(in, 3));
    sweep_say_rows(r, "distinct", wadi_distinct(twofold));
    sweep_say_rows(r, "count_by_value", wadi_count_by_value(twofold));
    sweep_say_rows(r, "intersection", wadi_intersection(twofold, in));
    sweep_say_rows(r, "subtract", wadi_subtract(twofold, others));
    sweep_say_rows(r, "subtract_by_key", wadi_subtract_by_key(in, others));
    sweep_say_rows(r, "sort_by_key", wadi_sort_by_key(in));
    sweep_say_rows(r, "sort_by", wadi_sort_by(in, "count", .descending = true));
    sweep_finish(r, sc);
}
static void one_record(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc), *numbers = wadi_range(sc, 1, 100);
    int64_t zero = 0;
    sweep_say_rows(r, "reduce", wadi_reduce(in, wadi_max));
    sweep_say_rows(r, "min", wadi_reduce(wadi_keys(in), wadi_min));
    sweep_say_rows(r, "concat", wadi_reduce(wadi_keys(in), wadi_concat));
    sweep_say_rows(r, "less", wadi_reduce_by_key(in, wadi_subtract));
    sweep_say_rows(r, "fold", wadi_fold(numbers, wadi_add, .zero = &zero));
    sweep_say_rows(r, "aggregate", wadi_aggregate(in, add_up, add_int));
    sweep_finish(r, sc);
}
static void two_sides(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *left = pairs_of(sc), *right = others_of(sc);
    sweep_say_rows(r, "join", wadi_join(left, right, wadi_fields_into(both)));
    sweep_say_rows(r, "left", wadi_left_outer_join(left, right, wadi_fields_into(left_one)));
    sweep_say_rows(r, "right", wadi_right_outer_join(left, right, wadi_fields_into(right_one)));
    sweep_say_rows(r, "full", wadi_full_outer_join(left, right, wadi_fields_into(maybe_both)));
    sweep_say_rows(r, "cogroup", wadi_cogroup(left, right, wadi_lists_into(lists)));
    sweep_say_rows(r, "cogroup_all", wadi_cogroup_all(lists, left, right));
    sweep_finish(r, sc);
}

/* ---- Actions ---- */

static void say_pairs(sweep_report *r, const char *name, const pair *rows, size_t n) {
    sweep_say(r, "%s:", name);
    for (size_t i = 0; rows != NULL && i < n; i++)
        sweep_say(r, " %.*s=%lld", WADI_STR_ARG(rows[i].word), (long long)rows[i].count);
    sweep_say(r, "\n");
}
static void rows(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    size_t n = 0;
    wadi_str key = wadi_str_of(long_a);
    const pair *some = wadi_collect(in, pair, &n);
    say_pairs(r, "collect", some, n);
    some = wadi_take(in, pair, 4, &n);
    say_pairs(r, "take", some, n);
    say_pairs(r, "first", wadi_first(in, pair), 1);
    some = wadi_top(in, pair, 2, "count", &n);
    say_pairs(r, "top", some, n);
    some = wadi_take_ordered(in, pair, 2, "word", &n);
    say_pairs(r, "take_ordered", some, n);
    some = wadi_take_sample(in, pair, 3, false, 5, &n);
    say_pairs(r, "take_sample", some, n);
    some = wadi_take_sample(in, pair, 3, true, 5, &n);
    say_pairs(r, "with replacement", some, n);
    say_pairs(r, "lookup", wadi_lookup(in, pair, &key), 1);
    some = wadi_lookup_all(in, pair, &key, &n);
    say_pairs(r, "lookup_all", some, n);
    sweep_finish(r, sc);
}
static void numbers(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    const double bounds[] = {0, 2, 4, 10};
    double even[4] = {0};
    int64_t counts[3] = {0};
    sweep_say(r, "count %lld, empty %d\n", (long long)wadi_count(in), wadi_is_empty(in));
    wadi_statistics stats = wadi_stats(in, "count");
    sweep_say(r, "stats %lld %g %g %g\n", (long long)stats.count, stats.sum, stats.min,
              stats.stdev);
    wadi_histogram(in, "count", bounds, 3, counts);
    sweep_say(r, "histogram %lld %lld\n", (long long)counts[0], (long long)counts[2]);
    wadi_histogram_even(in, "count", 3, even, counts);
    sweep_say(r, "even %g %lld\n", even[1], (long long)counts[1]);
    sweep_finish(r, sc);
}
static void effects(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    atomic_store(&effect, 0);
    wadi_foreach(in, take_effect);
    wadi_foreach_partition(in, take_effect_at_once);
    bool has_failed = wadi_rdd_failed(in, NULL);
    long long seen = atomic_load(&effect); /* a task may have run twice */
    sweep_say(r, "effect %s\n", !has_failed && seen >= 42 ? "taken" : "missing");
    wadi_print(in, 2);
    sweep_finish(r, sc);
}
static void kept(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *cached = wadi_cache(wadi_map(pairs_of(sc), twice));
    wadi_rdd *persisted = wadi_persist(wadi_range(sc, 0, 10), WADI_MEMORY_ONLY);
    wadi_rdd *held = wadi_rdd_ref(persisted);
    sweep_say(r, "%u partitions of %d\n", wadi_rdd_partition_count(cached),
              wadi_rdd_context(cached) == sc);
    for (int i = 0; i < 2; i++) {
        sweep_say_rows(r, "cached", cached);
        sweep_say_rows(r, "persisted", persisted);
    }
    wadi_unpersist(cached);
    wadi_unpersist(held);
    sweep_say_rows(r, "again", held);
    wadi_rdd_unref(&held);
    sweep_finish(r, sc);
}
static void failed(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    wadi_error err = WADI_ERROR_INIT;
    wadi_rdd_fail(in, "by ourselves");
    wadi_error_context(&err, WADI_E_USER, "%s", wadi_status_text(WADI_E_USER));
    sweep_say(r, "%s %d\n", err.message, wadi_finish(sc) != 0);
}
static void pipes(sweep_report *r) {
    wadi_context *sc = context();
    wadi_rdd *words = wadi_coalesce(wadi_keys(pairs_of(sc)), 1);
    sweep_say_rows(r, "pipe", wadi_pipe(words, "cat"));
    sweep_finish(r, sc);
}
static void files(sweep_report *r) {
    wadi__temp_dir dir = wadi__temp_dir_new();
    wadi__temp_text(&dir, "text", "one\ntwo\nthree and a little more\n");
    wadi__temp_text(&dir, "table", "a,1\nb,2\nno number,x\n");
    wadi_context *sc = context();
    wadi_rdd *in = pairs_of(sc);
    sweep_say_rows(r, "text_file", wadi_text_file(sc, wadi__temp_path(&dir, "text")));
    sweep_say_rows(r, "binary", wadi_binary_records(sc, wadi__temp_path(&dir, "text"), 4));
    sweep_say_rows(r, "text", wadi_text(sc, "x y\nz\n", 6, .partitions = 1));
    wadi_rdd *table = wadi_text_file(sc, wadi__temp_path(&dir, "table"));
    sweep_say_rows(r, "parse", wadi_flat_map(table, wadi_parse(pair, "csv")));
    wadi_save_as_text_file(in, wadi__temp_path(&dir, "out"));
    wadi_save_as_object_file(in, wadi__temp_path(&dir, "objects"));
    wadi_rdd *read = wadi_text_file(sc, wadi__temp_path(&dir, "out"));
    sweep_say_rows(r, "saved", read);
    sweep_say_rows(r, "objects", wadi_object_file(sc, pair, wadi__temp_path(&dir, "objects")));
    sweep_finish(r, sc);
    wadi__temp_dir_remove(&dir);
}
static void saved(sweep_report *r) {
    wadi__temp_dir dir = wadi__temp_dir_new();
    wadi_context *sc = wadi_context_new("local", "sweep",
                                        .settings = {{"spark.default.parallelism", "2"},
                                                     {"spark.streaming.checkpoint.directory",
                                                      wadi__temp_path(&dir, "checkpoints")}});
    wadi_rdd *in = wadi_map(pairs_of(sc), twice);
    wadi_rdd_checkpoint(in);
    for (int i = 0; i < 2; i++) sweep_say_rows(r, "saved", wadi_reduce_by_key(in, add_pair));
    sweep_finish(r, sc);
    wadi__temp_dir_remove(&dir);
}

const sweep_scene sweep_datasets[] = {
    {"operators of one dataset", narrow},
    {"datasets side by side", side_by_side},
    {"operators by key", by_key},
    {"shuffles", shuffled},
    {"datasets of one record", one_record},
    {"joins", two_sides},
    {"actions that give records", rows},
    {"actions that give numbers", numbers},
    {"actions for their effects", effects},
    {"datasets that are kept", kept},
    {"datasets that are saved", saved},
    {"a failure of the program's own", failed},
    {"pipes", pipes},
    {"files", files},
};
const size_t sweep_datasets_count = sizeof sweep_datasets / sizeof sweep_datasets[0];
