/* SPDX-License-Identifier: Apache-2.0 */
/* partition_writer_test.c: records find their partitions, in the order of map tasks and rows. */
#include "exec/engine.h"
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

typedef struct spread_case {
    const char *name;
    uint32_t count, maps, partitions;
} spread_case;
static spread_case cases[] = {
    {"nothing", 0, 3, 5},
    {"one partition", 30000, 3, 1},
    {"two partitions", 30000, 3, 2},
    {"31 partitions", 30000, 3, 31},
    {"32 partitions of few records", 30000, 3, 32},
    {"64 partitions of few records", 30000, 3, 64},
    {"64 partitions, past where it goes direct", 400000, 3, 64},
    {"64 partitions, up to where it goes direct", 196607, 3, 64},
    {"65 partitions", 30000, 3, 65},
    {"256 partitions", 30000, 3, 256},
    {"257 partitions", 30000, 3, 257},
    {"65536 partitions", 3000, 1, 65536},
    {"65537 partitions", 3000, 1, 65537},
    {"several sorted runs", 700000, 1, 70},
    {"map tasks of few records", 5000, 2000, 64},
    {"map tasks of few records, many partitions", 5000, 1000, 1000},
};
WADI_RECORD(placed, (uint32_t, partition), (int64_t, value));
WADI_MAP_PARTITION(tell_partition, int64_t, placed) {
    while ((in = wadi_next(it))) wadi_emit(out, (placed){wadi_task_partition_index(task), *in});
}
WADI_PARTITIONER(by_remainder, int64_t) { return (uint32_t)(*in % 1000003) % partition_count; }
WADI_FILTER(is_no_multiple, int64_t) { return *in % 3 != 0; }
/* Values ascend in the order of the records, so they must in each partition. */
static size_t check_order(wadi_rdd *parts, bool by_user, uint32_t partitions) {
    size_t n;
    const placed *rows = wadi_collect(wadi_map_partitions(parts, tell_partition), placed, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i].partition < partitions);
        if (by_user) assert_int_equal(rows[i].partition, rows[i].value % 1000003 % partitions);
        bool is_first = i == 0 || rows[i - 1].partition != rows[i].partition;
        assert_true(is_first || rows[i - 1].value < rows[i].value);
    }
    return n;
}
static void test_case(void **state) {
    const spread_case *row = *state;
    int64_t *values = malloc((row->count + 1) * sizeof *values);
    for (uint32_t i = 0; i < row->count; i++) values[i] = (int64_t)i * 7919;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, int64_t, values, row->count, .partitions = row->maps);
    assert_int_equal(check_order(wadi_partition_by(in, by_remainder, .partitions = row->partitions),
                                 true, row->partitions),
                     row->count);
    assert_int_equal(check_order(wadi_repartition(in, row->partitions), false, row->partitions),
                     row->count);
    size_t some = 0; /* rows of a chunk that do not all count */
    for (uint32_t i = 0; i < row->count; i++) some += values[i] % 3 != 0;
    wadi_rdd *filtered = wadi_filter(in, is_no_multiple);
    assert_int_equal(
        check_order(wadi_partition_by(filtered, by_remainder, .partitions = row->partitions), true,
                    row->partitions),
        some);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    free(values);
}

/* Map tasks with pieces between such as left records loose: the order of map tasks stays. */
static void test_unequal_tasks(void **state) {
    (void)state;
    static const uint32_t counts[] = {10, 100000, 0, 20, 30, 90000, 40};
    wadi_rdd *parts[7];
    int64_t from = 0;
    test_batch batch;
    test_batch_begin(&batch);
    for (size_t i = 0; i < 7; from += counts[i++])
        parts[i] = wadi_coalesce(wadi_range(sc, from, from + counts[i]), 1);
    wadi_rdd *in = parts[0];
    for (size_t i = 1; i < 7; i++) in = wadi_union(in, parts[i]);
    assert_int_equal(check_order(wadi_partition_by(in, by_remainder, .partitions = 40), true, 40),
                     from);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}

/* An even spread: partitions differ by at most one record for each map task, and each has its
 * records in order. */
typedef struct even_case {
    const char *name;
    int64_t rows;
    uint32_t maps, partitions;
} even_case;
static even_case even_cases[] = {
    {"even, straight to the partitions", 1000, 3, 7},
    {"even, sorted afterwards", 1000, 3, 40},
    {"even, sorted in several portions", 100000, 3, 64},
    {"even, too many to sort, then straight", 150000, 1, 64},
    {"even, fewer records than partitions", 100, 3, 500},
};
static void test_spread_is_even(void **state) {
    const even_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_range(sc, 0, row->rows, .partitions = row->maps);
    size_t n, total = 0;
    const wadi_int64_list *lists =
        wadi_collect(wadi_glom(wadi_repartition(in, row->partitions)), wadi_int64_list, &n);
    assert_int_equal(n, row->partitions);
    char *seen = calloc((size_t)row->rows, 1);
    for (size_t i = 0; i < n; i++) {
        int64_t count = (int64_t)lists[i].count;
        assert_true(count + row->maps >= row->rows / row->partitions &&
                    count <= row->rows / row->partitions + row->maps);
        for (size_t k = 0; k < lists[i].count; k++) {
            assert_true(k == 0 || lists[i].items[k] > lists[i].items[k - 1]);
            seen[lists[i].items[k]]++;
        }
        total += lists[i].count;
    }
    assert_int_equal(total, row->rows);
    for (int64_t i = 0; i < row->rows; i++) assert_int_equal(seen[i], 1);
    free(seen);
    test_batch_end(&batch);
}

/* ---- Records larger than what travels at once ---- */

WADI_RECORD(large, (int64_t, key), (uint8_t, bytes, 300000));
WADI_PARTITIONER(by_large_key, large) { return (uint32_t)in->key % partition_count; }
static void test_large_records(void **state) {
    (void)state;
    enum { COUNT = 9 };
    large *rows = calloc(COUNT, sizeof *rows);
    for (int i = 0; i < COUNT; i++) {
        rows[i].key = i;
        memset(rows[i].bytes, i, sizeof rows[i].bytes);
    }
    for (uint32_t partitions = 1; partitions < 100; partitions += 70) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *in = wadi_parallelize(sc, large, rows, COUNT, .partitions = 2);
        size_t n;
        const large *out = wadi_collect(
            wadi_sort_by_key(wadi_partition_by(in, by_large_key, .partitions = partitions),
                             .partitions = 1),
            large, &n);
        assert_int_equal(n, COUNT);
        for (int i = 0; i < COUNT; i++) assert_memory_equal(&out[i], &rows[i], sizeof rows[i]);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
    }
    free(rows);
}

/* ---- Memory follows the data ---- */

static void test_memory(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_range(sc, 0, 20000);
    wadi_rdd *many = wadi_repartition(in, 2000);
    assert_int_equal(wadi_count(many), 20000);
    size_t before = wadi__pool_in_use();
    assert_int_equal(wadi_count(wadi_repartition(many, 2000)),
                     20000); /* four million pieces, if they were */
    assert_true(wadi__pool_in_use() - before < 24u << 20);
    before = wadi__pool_in_use();
    assert_int_equal(wadi_count(wadi_repartition(many, 64)), 20000);
    assert_true(wadi__pool_in_use() - before < 24u << 20);
    test_batch_end(&batch);
}

/* ---- Where memory is short ---- */

WADI_RECORD(wide, (int64_t, value), (uint8_t, bytes, 120));
WADI_RECORD(in_order, (uint64_t, count), (uint64_t, sum), (bool, ascends));
WADI_MAP(widen, int64_t, wide) { *out = (wide){*in, {0}}; }
WADI_PARTITIONER(wide_by_remainder, wide) { return (uint32_t)(in->value % partition_count); }
WADI_MAP_PARTITION(tell_order, wide, in_order) {
    in_order told = {0, 0, true};
    int64_t last = INT64_MIN;
    while ((in = wadi_next(it))) {
        told.ascends = told.ascends && in->value > last;
        told.count++;
        told.sum += (uint64_t)in->value;
        last = in->value;
    }
    wadi_emit(out, told);
    (void)task;
}
typedef struct bound_case {
    const char *name;
    uint32_t count, maps, partitions;
    size_t room_bytes;
} bound_case;
static bound_case bounds[] = {
    {"direct", 500000, 6, 20, 32 << 20},
    {"loose first, then direct", 500000, 6, 64, 48 << 20},
    {"written when it goes direct", 120000, 1, 64, 20 << 20},
    {"written before it goes direct, and later", 330000, 3, 64, 24 << 20},
    {"loose", 500000, 3, 100, 48 << 20},
};
/* Less room than records of 128 bytes: what a map task has so far goes to disk, at any point of its
 * way. */
static void test_bound(void **state) {
    const bound_case *row = *state;
    const wadi__spill *spill = sc->engine->spill;
    uint64_t spilled = spill->bytes_so_far, count = 0, sum = 0;
    size_t limit = wadi__pool_limit(), n;
    test_batch batch;
    test_batch_begin(&batch);
    wadi__pool_trim();
    wadi__pool_set_limit(wadi__pool_in_use() + row->room_bytes);
    wadi_rdd *in = wadi_map(wadi_coalesce(wadi_range(sc, 0, row->count), row->maps), widen);
    wadi_rdd *parts = wadi_partition_by(in, wide_by_remainder, .partitions = row->partitions);
    const in_order *told = wadi_collect(wadi_map_partitions(parts, tell_order), in_order, &n);
    wadi__pool_set_limit(limit);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, row->partitions);
    for (size_t i = 0; i < n; i++) {
        assert_true(told[i].ascends);
        count += told[i].count;
        sum += told[i].sum;
    }
    assert_int_equal(count, row->count);
    assert_int_equal(sum, (uint64_t)row->count * (row->count - 1) / 2);
    assert_true(spill->bytes_so_far > spilled);
    test_batch_end(&batch);
}

/* ---- Mistakes and failures ---- */

WADI_PARTITIONER(too_far, int64_t) { return *in == 5 ? partition_count : 0; }
WADI_PARTITIONER(fails_on_five, int64_t) {
    if (*in == 5) wadi_fail(task, "five");
    return partition_count - 1;
}
static void test_failing_partitioners(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_partition_by(wadi_range(sc, 0, 9), too_far, .partitions = 3));
    test_says(test_batch_error(&batch), "partitioner 'too_far' returned 3; there are 3 partitions");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_count(wadi_partition_by(wadi_range(sc, 0, 9), fails_on_five, .partitions = 100));
    test_says(test_batch_error(&batch),
              "five; in partition_by of 'fails_on_five'; at record 2 of the partition: 5");
    test_batch_end(&batch);
}
static uint64_t spread_some(void *arg) {
    wadi_rdd *in = test_rdd(sc, arg, 3);
    return test_digest(wadi_repartition(in, 3), true) +
           test_digest(wadi_repartition(in, 40), true) +
           test_digest(wadi_repartition(in, 90), true);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 500, 300, &seed);
    test_sweep(spread_some, &in);
    test_rows_free(&in);
}

int main(void) {
    sc = wadi_context_new("local[3]", "partitions");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_unequal_tasks);
    wadi__unit_rows(&unit, test_spread_is_even, even_cases);
    wadi__unit_add(&unit, test_large_records);
    wadi__unit_add(&unit, test_memory);
    wadi__unit_rows(&unit, test_bound, bounds);
    wadi__unit_add(&unit, test_failing_partitioners);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "partition_writer");
    return wadi_finish(sc) + failed;
}
