/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle_sort_test.c: what map tasks left loose comes in order of partition, map task and record,
 * in pieces that are not many. */
#include "exec/shuffle_sort.h"
#include "testing/unit.h"

typedef enum told { BY_HASH, BY_NUMBER, SPREAD } told; /* how the partition of a record is told */

typedef struct sort_case {
    const char *name;
    uint32_t maps, rows; /* of each map task that has any */
    uint32_t every;      /* so many-th map task has some */
    uint32_t partitions;
    told told;
    uint32_t portions;
} sort_case;
static sort_case cases[] = {
    {"nothing", 3, 0, 1, 100, BY_HASH, 0},
    {"no map tasks", 0, 0, 1, 100, BY_HASH, 0},
    {"one record", 1, 1, 1, 65, BY_NUMBER, 1},
    {"few records of many tasks, numbered", 500, 3, 1, 70, BY_NUMBER, 1},
    {"few records of many tasks, by hash", 500, 3, 1, 70, BY_HASH, 1},
    {"tasks without records between", 300, 5, 7, 1000, BY_HASH, 1},
    {"several portions", 20, 10000, 1, 100, BY_HASH, 6},
    {"portions that end within a task", 2, 100000, 1, 65, BY_NUMBER, 4},
    {"more partitions than records", 10, 20, 1, 5000, BY_NUMBER, 1},
    {"portions that grow with the partitions", 10, 20000, 1, 1000, BY_HASH, 3},
    {"few records of many tasks, spread", 500, 3, 1, 70, SPREAD, 1},
    {"several portions, spread", 20, 10000, 1, 100, SPREAD, 6},
    {"portions that end within a task, spread", 2, 100000, 1, 33, SPREAD, 6},
    {"more partitions than records, spread", 10, 20, 1, 5000, SPREAD, 1},
};

/* A number that tells map task and record, and the partition that it goes to. */
static int64_t value_of(uint32_t map, uint32_t row) { return (int64_t)map << 32 | row; }
static uint64_t hash_of(int64_t value) { return ((uint64_t)value + 1) * 0x9E3779B97F4A7C15ull; }
static uint32_t partition_of(const sort_case *row, int64_t value) {
    if (row->told == SPREAD) return (uint32_t)((value >> 32) + (uint32_t)value) % row->partitions;
    return wadi__partition_of(hash_of(value), row->partitions);
}
/* Adds the records in three lots: two that lie one after another, one with records before it. */
static bool add_lot(wadi__map_output *output, const sort_case *row, uint32_t map, uint32_t from,
                    uint32_t until, uint32_t unused) {
    if (from == until) return true;
    uint32_t count = until - from + unused;
    wadi__chunk *chunk = wadi__chunk_new(sizeof(int64_t), count, row->told == BY_HASH);
    wadi__chunk *numbers =
        row->told == BY_NUMBER ? wadi__chunk_new(sizeof(uint32_t), count, false) : NULL;
    bool is_whole = chunk != NULL && (row->told != BY_NUMBER || numbers != NULL);
    for (uint32_t i = 0; is_whole && i < until - from; i++) {
        int64_t value = value_of(map, from + i);
        ((int64_t *)(void *)chunk->rows)[unused + i] = value;
        if (row->told == BY_HASH) chunk->hashes[unused + i] = hash_of(value);
        if (row->told == BY_NUMBER)
            ((uint32_t *)(void *)numbers->rows)[i] = partition_of(row, value);
    }
    is_whole =
        is_whole &&
        wadi__map_output_add_loose(
            output,
            (wadi__loose){.chunk = chunk,
                          .from = unused,
                          .count = until - from,
                          .numbers = numbers,
                          .spread_from = row->told == SPREAD ? (map + from) % row->partitions : 0,
                          .is_spread = row->told == SPREAD,
                          .with_hashes = row->told == BY_HASH});
    wadi__chunk_unref(chunk);
    wadi__chunk_unref(numbers);
    return is_whole;
}
/* NULL: no memory. */
static wadi__shuffle_data *make(const sort_case *row) {
    wadi__shuffle_data *data =
        wadi__shuffle_data_new(1, wadi__type_int64(), row->maps, row->partitions);
    bool is_whole = data != NULL;
    for (uint32_t m = 0; is_whole && m < row->maps; m += row->every)
        is_whole = add_lot(&data->outputs[m], row, m, 0, row->rows / 3, 0) &&
                   add_lot(&data->outputs[m], row, m, row->rows / 3, row->rows / 2, 0) &&
                   add_lot(&data->outputs[m], row, m, row->rows / 2, row->rows, 5);
    is_whole = is_whole && wadi__shuffle_sort_plan(data);
    wadi__task task = {.err = WADI_ERROR_INIT};
    for (uint32_t i = data != NULL ? (uint32_t)data->portions.count : 0; is_whole && i > 0; i--) {
        wadi__map_output made = {0}; /* in no order, as tasks end */
        wadi__shuffle_sort_run(data, i - 1, &task, &made);
        is_whole = !task.user.failed;
        if (is_whole)
            wadi__shuffle_sort_take(data, i - 1, &made);
        else
            wadi__map_output_fini(&made);
    }
    if (!is_whole && task.user.failed) assert_int_equal(task.err.status, WADI_E_NOMEM);
    if (is_whole && wadi__shuffle_data_seal(data)) return data;
    wadi__shuffle_data_unref(data);
    return NULL;
}
static void test_case(void **state) {
    const sort_case *row = *state;
    size_t pool_before = wadi__pool_in_use();
    wadi__shuffle_data *data = make(row);
    uint64_t rows = 0;
    for (uint32_t p = 0; p < row->partitions; p++) {
        int64_t last = -1;
        assert_true(data->first[p + 1] - data->first[p] <= row->portions);
        for (size_t i = data->first[p]; i < data->first[p + 1]; i++) {
            const wadi__piece *piece = data->by_partition[i];
            assert_int_equal(piece->with_hashes, row->told == BY_HASH);
            for (uint32_t r = piece->from; r < piece->from + piece->count; r++, rows++) {
                int64_t value = ((int64_t *)(void *)piece->chunk->rows)[r];
                assert_int_equal(partition_of(row, value), p);
                assert_true(value > last);
                if (row->told == BY_HASH) assert_int_equal(piece->chunk->hashes[r], hash_of(value));
                last = value;
            }
        }
    }
    uint32_t maps = (row->maps + row->every - 1) / row->every;
    assert_int_equal(rows, (uint64_t)maps * row->rows);
    assert_int_equal(data->row_count, rows);
    for (uint32_t m = 0; m < row->maps; m++) assert_int_equal(data->outputs[m].loose.count, 0);
    wadi__shuffle_data_unref(data);
    assert_int_equal(wadi__pool_in_use(), pool_before);
}
/* The records of a map task stay behind those of the one before, and behind pieces of its own,
 * which it wrote to disk. */
static void test_portions_stop_at_pieces(void **state) {
    (void)state;
    static const struct {
        bool has_piece, has_loose;
    } maps[] = {{false, true}, {true, true},   {false, true},
                {true, false}, {false, false}, {false, true}};
    static const struct {
        uint32_t map;
        size_t loose;
    } wanted[] = {{0, 1}, {1, 2}, {5, 1}};
    sort_case row = {"", 6, 1, 1, 80, BY_NUMBER, 0};
    wadi__shuffle_data *data = wadi__shuffle_data_new(1, wadi__type_int64(), 6, 80);
    for (uint32_t m = 0; m < 6; m++) {
        wadi__piece on_disk = {NULL, 0, 7, 3, false, NULL};
        if (maps[m].has_piece) {
            assert_true(wadi__vec_push(&data->outputs[m].pieces, on_disk));
            data->outputs[m].row_count += on_disk.count;
        }
        assert_true(!maps[m].has_loose || add_lot(&data->outputs[m], &row, m, 0, 1, 0));
    }
    assert_true(wadi__shuffle_sort_plan(data));
    assert_int_equal(data->portions.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const wadi__portion *portion = &data->portions.items[i];
        assert_int_equal(portion->map, wanted[i].map);
        assert_int_equal(portion->end - portion->first, wanted[i].loose);
    }
    wadi__shuffle_data_unref(data);
}
static bool make_once(void *arg) {
    wadi__shuffle_data *data = make(arg);
    wadi__shuffle_data_unref(data);
    return data != NULL;
}
static void test_no_memory(void **state) {
    (void)state;
    for (told each = BY_HASH; each <= SPREAD; each++) {
        sort_case few = {"", 3, 30, 1, 80, each, 1};
        assert_true(make_once(&few)); /* so that the pool has its memory */
        assert_true(wadi__unit_refuse_each(make_once, &few, false) > 10);
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_portions_stop_at_pieces);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "shuffle_sort");
}
