/* SPDX-License-Identifier: Apache-2.0 */
/* block_store_test.c: stored partitions, and datasets that are persisted. */
#include "exec/block_store.h"
#include "exec/engine.h"
#include "testing/keyed.h"
#include "testing/unit.h"

/* ---- The store ---- */

static wadi__block *block_of(int64_t value) {
    wadi__block *block = wadi__block_new(wadi__type_int64(), NULL);
    assert_true(wadi__block_append(block, &value, 1));
    return block;
}
/* Hands the reference over. */
static void put(wadi__block_store *store, uint64_t id, uint32_t partition, int64_t value) {
    wadi__block *block = block_of(value);
    assert_true(wadi__block_store_put(store, id, WADI_MEMORY_ONLY, partition, 3,
                                      (wadi__stored){block, NULL}));
    wadi__block_unref(block);
}
static int64_t value_at(wadi__block_store *store, uint64_t id, uint32_t partition) {
    wadi__block *block = wadi__block_store_get(store, id, partition).block;
    if (block == NULL) return -1;
    int64_t value = *(int64_t *)(void *)block->chunks.items[0]->rows;
    wadi__block_unref(block);
    return value;
}
static void test_store(void **state) {
    (void)state;
    wadi__block_store store;
    wadi__block_store_init(&store, NULL);
    assert_int_equal(value_at(&store, 1, 0), -1);
    assert_false(wadi__block_store_has_all(&store, 1));
    put(&store, 1, 2, 12);
    put(&store, 65, 0, 650); /* in the same bucket */
    put(&store, 1, 0, 10);
    assert_false(wadi__block_store_has_all(&store, 1));
    put(&store, 1, 0, 99); /* of another try: the first one stays */
    assert_false(wadi__block_store_has_all(&store, 1));
    put(&store, 1, 1, 11);
    assert_true(wadi__block_store_has_all(&store, 1));
    for (uint32_t p = 0; p < 3; p++) assert_int_equal(value_at(&store, 1, p), 10 + p);
    wadi__block *held = wadi__block_store_get(&store, 1, 1).block;
    wadi__block_store_drop(&store, 1);
    wadi__block_store_drop(&store, 1);
    assert_int_equal(*(int64_t *)(void *)held->chunks.items[0]->rows, 11);
    wadi__block_unref(held);
    assert_int_equal(value_at(&store, 1, 0), -1);
    assert_int_equal(value_at(&store, 65, 0), 650);
    wadi__block_store_fini(&store); /* with what is in it */
}
static bool put_once(void *arg) {
    (void)arg;
    wadi__block_store store;
    wadi__block_store_init(&store, NULL);
    wadi__block *block = wadi__block_new(wadi__type_int64(), NULL);
    bool is_put = block != NULL && wadi__block_store_put(&store, 1, WADI_MEMORY_ONLY, 0, 3,
                                                         (wadi__stored){block, NULL});
    wadi__block_unref(block);
    wadi__block_store_fini(&store);
    return is_put;
}
static void test_no_memory(void **state) {
    (void)state;
    assert_int_equal(wadi__unit_refuse_each(put_once, NULL, false), 2);
}

/* ---- Datasets ---- */

static wadi_context *sc;
WADI_RECORD(counting, (wadi_accumulator, calls), (int64_t, failing));
WADI_MAP(make_text, int64_t, wadi_str, counting) {
    wadi_accumulator_add(task, env->calls, 1);
    if (*in == env->failing) wadi_fail(task, "this one");
    *out = wadi_str_printf(task, "the number %d in many more bytes than twelve", (int)*in);
}
WADI_RECORD(numbered, (int64_t, key), (int64_t, value));
WADI_RECORD(counter, (wadi_accumulator, calls));
WADI_MAP(twice, int64_t, numbered, counter) {
    wadi_accumulator_add(task, env->calls, 1);
    *out = (numbered){*in, 2 * *in};
}
typedef struct level_case {
    const char *name;
    wadi_storage_level level;
    enum { LOST, ON_DISK } without_memory; /* when it is short */
} level_case;
static level_case levels[] = {
    {"memory", WADI_MEMORY_ONLY, LOST},
    {"memory, serialised", WADI_MEMORY_ONLY_SER, LOST},
    {"memory and disk", WADI_MEMORY_AND_DISK, ON_DISK},
    {"memory and disk, serialised", WADI_MEMORY_AND_DISK_SER, ON_DISK},
    {"disk", WADI_DISK_ONLY, ON_DISK},
    {"two copies", WADI_MEMORY_ONLY_2, LOST},
    {"two copies in memory and on disk", WADI_MEMORY_AND_DISK_2, ON_DISK},
    {"what is usual", WADI_STORAGE_DEFAULT, LOST},
};
/* Computed once, then read, whatever the level; again once it is dropped. */
static void test_levels(void **state) {
    const level_case *row = *state;
    wadi_accumulator calls = wadi_accumulator_new(sc, NULL);
    size_t before = wadi__pool_in_use();
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *kept = wadi_persist(
        wadi_map(wadi_range(sc, 0, 5000), wadi_bind(make_text, calls, -1)), row->level);
    size_t n;
    uint64_t first = test_digest(kept, true);
    assert_int_equal(wadi_accumulator_value(sc, calls), 5000);
    assert_int_equal(test_digest(kept, true), first);
    const wadi_str *rows = wadi_take(kept, wadi_str, 3, &n);
    assert_true(
        wadi_str_equal(rows[2], wadi_str_of("the number 2 in many more bytes than twelve")));
    assert_int_equal(wadi_count(wadi_distinct(kept)), 5000);
    assert_int_equal(wadi_accumulator_value(sc, calls), 5000);
    assert_true(wadi__block_store_has_all(&sc->engine->blocks, kept->id));
    wadi_unpersist(kept);
    assert_false(wadi__block_store_has_all(&sc->engine->blocks, kept->id));
    assert_int_equal(test_digest(kept, true), first);
    assert_int_equal(wadi_accumulator_value(sc, calls), 10000);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    assert_true(wadi__pool_in_use() <= before + (64 << 10)); /* the accumulator's */
}
/* In a batch of its own, so that its rows are gone. */
static uint64_t digest_once(wadi_rdd *rdd) {
    test_batch batch;
    test_batch_begin(&batch);
    uint64_t digest = test_digest(rdd, true);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    return digest;
}
/* What nobody uses leaves memory when room is asked for, as its level says; reading it gives the
 * same. */
static void test_leaving(void **state) {
    const level_case *row = *state;
    wadi_accumulator calls = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *kept = wadi_persist(
        wadi_map(wadi_range(sc, 0, 5000), wadi_bind(make_text, calls, -1)), row->level);
    uint64_t first = digest_once(kept);
    wadi__evicted left = {.freed_bytes = 1};
    unsigned count = 0;
    assert_true(
        wadi__block_store_pin(&sc->engine->blocks, kept->id)); /* as a job that counts on it */
    wadi_error err = WADI_ERROR_INIT;
    for (; left.freed_bytes > 0; count += left.freed_bytes > 0)
        assert_int_equal(wadi__block_store_evict(&sc->engine->blocks, &left, &err), WADI_OK);
    assert_true(wadi__block_store_has_all(&sc->engine->blocks, kept->id));
    wadi__block_store_unpin(&sc->engine->blocks, kept->id);
    for (left.freed_bytes = 1; left.freed_bytes > 0; count += left.freed_bytes > 0)
        assert_int_equal(wadi__block_store_evict(&sc->engine->blocks, &left, &err), WADI_OK);
    assert_int_equal(count, row->level == WADI_DISK_ONLY ? 0 : 2);
    assert_true(wadi__block_store_has_all(&sc->engine->blocks, kept->id) ==
                (row->without_memory == ON_DISK));
    assert_true((sc->engine->spill->bytes > 0) == (row->without_memory == ON_DISK));
    assert_int_equal(digest_once(kept), first);
    assert_int_equal(wadi_accumulator_value(sc, calls),
                     row->without_memory == ON_DISK ? 5000 : 10000);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    assert_int_equal(sc->engine->spill->bytes, 0);
}
/* The one that was not asked for longest goes first. */
static void test_least_recently_used(void **state) {
    (void)state;
    wadi__block_store store;
    wadi__block_store_init(&store, NULL);
    for (uint32_t p = 0; p < 3; p++) put(&store, 1, p, p);
    assert_int_equal(value_at(&store, 1, 0), 0);
    wadi__evicted left;
    assert_int_equal(wadi__block_store_evict(&store, &left, NULL), WADI_OK);
    assert_true(left.freed_bytes > 0 && left.rdd_id == 1 && left.partition_index == 1);
    assert_true(left.partition_count == 3 && !left.is_on_disk && left.disk_bytes == 0);
    assert_int_equal(value_at(&store, 1, 1), -1);
    assert_int_equal(value_at(&store, 1, 2), 2);
    wadi__stored held = wadi__block_store_get(&store, 1, 0); /* somebody reads it */
    assert_int_equal(wadi__block_store_evict(&store, &left, NULL), WADI_OK);
    assert_int_equal(wadi__block_store_evict(&store, &left, NULL), WADI_OK);
    assert_int_equal(left.freed_bytes, 0);
    assert_int_equal(value_at(&store, 1, 2), -1);
    assert_int_equal(value_at(&store, 1, 0), 0);
    wadi__stored_unref(held);
    wadi__block_store_fini(&store);
}
/* Larger than memory: kept on disk, or not kept, and right in any case. */
static void test_larger_than_memory(void **state) {
    const level_case *row = *state;
    wadi_accumulator calls = wadi_accumulator_new(sc, NULL);
    size_t limit = wadi__pool_limit();
    test_batch batch;
    test_batch_begin(&batch);
    wadi__pool_trim();
    wadi__pool_set_limit(wadi__pool_in_use() + (6 << 20));
    wadi_rdd *kept =
        wadi_persist(wadi_map(wadi_range(sc, 0, 1000000), wadi_bind(twice, calls)), row->level);
    for (int i = 0; i < 2; i++) {
        wadi_statistics all = wadi_stats(kept, "value");
        assert_string_equal(test_batch_error(&batch), "");
        assert_int_equal(all.count, 1000000);
        assert_true(all.sum == 999999e6);
    }
    wadi__pool_set_limit(limit);
    int64_t made = wadi_accumulator_value(sc, calls);
    if (row->without_memory == ON_DISK) assert_int_equal(made, 1000000);
    test_batch_end(&batch);
}
/* Only what was asked for is stored; the rest is computed when it is. */
static void test_some_partitions(void **state) {
    (void)state;
    wadi_accumulator calls = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *kept = wadi_cache(wadi_map(wadi_range(sc, 0, 100), wadi_bind(make_text, calls, -1)));
    assert_non_null(wadi_first(kept, wadi_str));
    assert_int_equal(wadi_accumulator_value(sc, calls), 50); /* a partition is stored whole */
    assert_false(wadi__block_store_has_all(&sc->engine->blocks, kept->id));
    assert_int_equal(wadi_count(kept), 100);
    assert_int_equal(wadi_accumulator_value(sc, calls), 100);
    test_batch_end(&batch);
    test_batch_begin(&batch); /* it went with its batch */
    wadi_rdd *failing =
        wadi_cache(wadi_map(wadi_range(sc, 0, 100), wadi_bind(make_text, calls, 70)));
    assert_int_equal(wadi_count(failing), 0);
    assert_false(wadi__stored_is_there(wadi__block_store_get(&sc->engine->blocks, failing->id, 1)));
    test_says(test_batch_error(&batch), "this one; in map of 'make_text'");
    test_batch_end(&batch);
}
/* A stored dataset ends the lineage: nothing behind it is computed, shuffles too. */
static void test_ends_the_lineage(void **state) {
    (void)state;
    wadi_accumulator calls = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *texts = wadi_map(wadi_range(sc, 0, 100), wadi_bind(make_text, calls, -1));
    wadi_rdd *counts = wadi_count_by_value(texts, .partitions = 3);
    wadi_rdd *kept = wadi_cache(counts);
    assert_int_equal(wadi_count(kept), 100);
    wadi__engine_used->drop_shuffle(sc, kept->parents[0].shuffle.id);
    assert_int_equal(wadi_count(kept), 100);
    assert_int_equal(wadi_accumulator_value(sc, calls), 100);
    wadi_unpersist(kept);
    assert_int_equal(wadi_count(kept), 100);
    assert_int_equal(wadi_accumulator_value(sc, calls), 200);
    test_batch_end(&batch);
}
static uint64_t digest_of_kept(void *arg) {
    wadi_rdd *kept = wadi_cache(
        wadi_map(wadi_range(sc, 0, 50), wadi_bind(make_text, *(wadi_accumulator *)arg, -1)));
    return test_digest(kept, true) + test_digest(kept, true);
}
static void test_sweep_of_kept(void **state) {
    (void)state;
    wadi_accumulator calls = wadi_accumulator_new(sc, NULL);
    test_sweep(digest_of_kept, &calls);
}

int main(void) {
    sc = wadi_context_new("local[2]", "blocks");
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_store);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_least_recently_used);
    wadi__unit_rows(&unit, test_levels, levels);
    wadi__unit_rows(&unit, test_leaving, levels);
    wadi__unit_rows(&unit, test_larger_than_memory, levels);
    wadi__unit_add(&unit, test_some_partitions);
    wadi__unit_add(&unit, test_ends_the_lineage);
    wadi__unit_add(&unit, test_sweep_of_kept);
    int failed = wadi__unit_run(&unit, "block_store");
    return wadi_finish(sc) + failed;
}
