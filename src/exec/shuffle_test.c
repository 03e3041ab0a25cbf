/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle_test.c: the index of a shuffle, and the store, in which a shuffle is once. */
#include "exec/shuffle.h"
#include "testing/keyed.h"
#include "testing/unit.h"

/* ---- The index ---- */

/* Adds a piece of `count` records, each the number `value`. */
static bool add_piece(wadi__map_output *output, uint32_t partition, int64_t value, uint32_t count) {
    wadi__chunk *chunk = wadi__chunk_new(sizeof value, count, false);
    if (chunk == NULL) return false;
    for (uint32_t i = 0; i < count; i++)
        memcpy(chunk->rows + i * sizeof value, &value, sizeof value);
    chunk->count = count;
    bool added = wadi__map_output_add(output, (wadi__piece){chunk, 0, count, partition, false, NULL});
    wadi__chunk_unref(chunk); /* the output has one */
    return added;
}
/* Three map tasks of which the second has nothing, into four partitions of which one stays empty.
 * NULL: no memory. */
static wadi__shuffle_data *make(uint64_t id) {
    static const struct {
        uint32_t map, partition;
        int64_t value;
    } pieces[] = {{0, 3, 1}, {0, 1, 2}, {0, 3, 3}, {2, 0, 4}, {2, 3, 5}, {2, 1, 6}};
    wadi__shuffle_data *data = wadi__shuffle_data_new(id, wadi__type_int64(), 3, 4);
    bool is_whole = data != NULL;
    for (size_t i = 0; is_whole && i < sizeof pieces / sizeof pieces[0]; i++)
        is_whole = add_piece(&data->outputs[pieces[i].map], pieces[i].partition, pieces[i].value,
                             (uint32_t)i + 1);
    if (is_whole) data->outputs[0].key_count = 7, data->outputs[2].key_count = 9;
    if (is_whole && wadi__shuffle_data_seal(data)) return data;
    wadi__shuffle_data_unref(data);
    return NULL;
}
static void test_index(void **state) {
    (void)state;
    wadi__shuffle_data *data = make(1);
    static const int64_t expected[] = {4, 2, 6, 1, 3, 5}; /* by partition, then map task */
    static const size_t first[] = {0, 1, 3, 3, 6};
    assert_true(data->is_sealed);
    assert_memory_equal(data->first, first, sizeof first);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(*(int64_t *)(void *)data->by_partition[i]->chunk->rows, expected[i]);
    assert_int_equal(data->row_count, 21);
    assert_int_equal(data->key_count, 9);
    wadi__shuffle_data_unref(data);
}
static void test_no_pieces(void **state) {
    (void)state;
    wadi__shuffle_data *data = wadi__shuffle_data_new(1, wadi__type_int64(), 0, 3);
    assert_true(wadi__shuffle_data_seal(data));
    for (size_t p = 0; p <= 3; p++) assert_int_equal(data->first[p], 0);
    wadi__shuffle_data_unref(data);
}
static bool make_once(void *arg) {
    (void)arg;
    wadi__shuffle_data *data = make(1);
    wadi__shuffle_data_unref(data);
    return data != NULL;
}
static void test_no_memory(void **state) {
    (void)state;
    wadi__pool_trim();
    assert_true(wadi__unit_refuse_each(make_once, NULL, false) > 5);
}

/* ---- The store ---- */

static void test_the_first_stays(void **state) {
    (void)state;
    int64_t mem_before = wadi__mem_in_use();
    size_t pool_before = wadi__pool_in_use();
    wadi__shuffle_store store;
    wadi__shuffle_store_init(&store);
    wadi__shuffle_data *first = make(5);
    wadi__shuffle_store_put(&store, first);
    int64_t mem_of_one = wadi__mem_in_use();
    wadi__shuffle_store_put(&store, make(5)); /* of another job; it goes at once */
    assert_int_equal(wadi__mem_in_use(), mem_of_one);
    wadi__shuffle_data *got = wadi__shuffle_store_get(&store, 5);
    assert_ptr_equal(got, first);
    wadi__shuffle_data_unref(got);
    wadi__shuffle_store_drop(&store, 5);
    assert_null(wadi__shuffle_store_get(&store, 5)); /* there was no second one behind it */
    wadi__shuffle_store_drop(&store, 5);
    wadi__shuffle_store_fini(&store);
    assert_int_equal(wadi__mem_in_use(), mem_before);
    assert_int_equal(wadi__pool_in_use(), pool_before);
}
static void test_many(void **state) {
    (void)state;
    wadi__shuffle_store store;
    wadi__shuffle_store_init(&store);
    for (uint64_t id = 1; id <= 300; id++) wadi__shuffle_store_put(&store, make(id));
    for (uint64_t id = 3; id <= 300; id += 3) wadi__shuffle_store_drop(&store, id);
    for (uint64_t id = 1; id <= 300; id++) {
        wadi__shuffle_data *got = wadi__shuffle_store_get(&store, id);
        assert_int_equal(got != NULL, id % 3 != 0);
        if (got != NULL) assert_int_equal(got->id, id);
        wadi__shuffle_data_unref(got);
    }
    wadi__shuffle_store_fini(&store);
}
/* What a reader holds outlives its being dropped. */
static void test_dropped_while_read(void **state) {
    (void)state;
    wadi__shuffle_store store;
    wadi__shuffle_store_init(&store);
    wadi__shuffle_store_put(&store, make(1));
    wadi__shuffle_data *got = wadi__shuffle_store_get(&store, 1);
    wadi__shuffle_store_drop(&store, 1);
    assert_int_equal(*(int64_t *)(void *)got->by_partition[0]->chunk->rows, 4);
    wadi__shuffle_data_unref(got);
    wadi__shuffle_store_fini(&store);
}

/* ---- Jobs over one shuffle at once ---- */

static wadi_context *sc;
typedef struct shared {
    wadi_rdd *counts;
    pthread_barrier_t together;
} shared;
static void *count_them(void *arg) {
    shared *at = arg;
    test_batch batch;
    test_batch_begin(&batch);
    pthread_barrier_wait(&at->together);
    assert_int_equal(wadi_count(at->counts), 1000);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    return NULL;
}
static void test_jobs_at_once(void **state) {
    (void)state;
    enum { THREADS = 4 };
    size_t pool_before = wadi__pool_in_use();
    for (int round = 0; round < 20; round++) {
        test_batch batch;
        test_batch_begin(&batch);
        shared at = {.counts = wadi_count_by_value(wadi_range(sc, 0, 1000), .partitions = 3)};
        pthread_barrier_init(&at.together, NULL, THREADS);
        pthread_t threads[THREADS];
        for (size_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, count_them, &at);
        for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        pthread_barrier_destroy(&at.together);
        assert_int_equal(wadi_count(at.counts), 1000);
        test_batch_end(&batch);
        assert_int_equal(wadi__pool_in_use(), pool_before);
    }
}

int main(void) {
    sc = wadi_context_new("local[3]", "shuffle");
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_index);
    wadi__unit_add(&unit, test_no_pieces);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_the_first_stays);
    wadi__unit_add(&unit, test_many);
    wadi__unit_add(&unit, test_dropped_while_read);
    wadi__unit_add(&unit, test_jobs_at_once);
    int failed = wadi__unit_run(&unit, "shuffle");
    return wadi_finish(sc) + failed;
}
