/* SPDX-License-Identifier: Apache-2.0 */
/* group_test.c: groupByKey and cogroup of two and three sides against plain arrays, in order. */
#include "exec/memory.h"
#include "testing/keyed.h"

typedef struct group_case {
    const char *name;
    uint32_t counts[3], keys, in_partitions, partitions;
} group_case;
static const group_case cases[] = {
    {"nothing", {0, 0, 0}, 1, 2, 3},
    {"one record each", {1, 1, 1}, 1, 1, 1},
    {"one side alone", {50, 0, 0}, 8, 3, 2},
    {"the other side alone", {0, 50, 0}, 8, 3, 2},
    {"one key", {300, 20, 3}, 1, 4, 3},
    {"many keys", {900, 700, 400}, 3000, 3, 1},
    {"many keys, three partitions", {900, 700, 400}, 300, 3, 3},
    {"64 partitions", {900, 700, 400}, 300, 3, 64},
    {"65 partitions", {900, 700, 400}, 300, 3, 65},
    {"1000 partitions", {400, 300, 200}, 300, 3, 1000},
};

static wadi_context *sc;
static int start(void **state) {
    (void)state;
    sc = wadi_context_new("local[3]", "group");
    return 0;
}
static int stop(void **state) {
    (void)state;
    return wadi_finish(sc);
}

/* Values are number * TEST_STRIDE + index, so a list tells its key; it must have all of the key's
 * values, in the order of their indices. */
static void check_list(const test_rows *in, uint32_t number, const int64_t *values, size_t count) {
    size_t n = 0;
    for (uint32_t i = 0; i < in->count; i++) {
        if (in->numbers[i] != number) continue;
        assert_true(n < count);
        assert_int_equal(values[n++], test_value(in, i));
    }
    assert_int_equal(n, count);
    if (count == 0) assert_null(values);
}
static size_t key_count(const test_rows *sides, size_t side_count) {
    bool *seen = calloc(1 << 16, 1);
    size_t count = 0;
    for (size_t s = 0; s < side_count; s++)
        for (uint32_t i = 0; i < sides[s].count; i++) {
            count += !seen[sides[s].numbers[i]];
            seen[sides[s].numbers[i]] = true;
        }
    free(seen);
    return count;
}
/* The values of a list of values, or of records. */
static int64_t *values_at(const char *row, const wadi_type *type, uint32_t field,
                          const wadi_type *pair, size_t *count) {
    const wadi_int64_list *list =
        (const wadi_int64_list *)(const void *)(row + type->fields[field].offset);
    *count = list->count;
    if (list->count == 0) return (int64_t *)(uintptr_t)list->items;
    bool is_records = type->fields[field].type->element->kind == WADI_KIND_RECORD;
    int64_t *values = malloc(list->count * sizeof *values);
    for (size_t i = 0; i < list->count; i++)
        values[i] = is_records
                        ? *(const int64_t *)(const void *)((const char *)list->items +
                                                           i * pair->size + pair->fields[1].offset)
                        : list->items[i];
    return values;
}
/* Records of `type`: the key, and a list for each side. */
static void check_grouped(const test_rows *sides, size_t side_count, wadi_rdd *grouped,
                          const wadi_type *type) {
    const test_kind *kind = sides[0].kind;
    size_t n;
    const char *rows = wadi__collect(grouped, type, &n);
    assert_int_equal(n, key_count(sides, side_count));
    for (size_t i = 0; i < n; i++) {
        const char *row = rows + i * type->size;
        int64_t *values[3];
        size_t counts[3];
        uint32_t number = UINT32_MAX;
        for (size_t s = 0; s < side_count; s++) {
            values[s] = values_at(row, type, (uint32_t)s + 1, kind->pair, &counts[s]);
            if (counts[s] > 0) number = (uint32_t)(values[s][0] / TEST_STRIDE);
        }
        assert_true(number != UINT32_MAX && test_has_key(kind, row, number));
        for (size_t s = 0; s < side_count; s++) {
            check_list(&sides[s], number, values[s], counts[s]);
            if (counts[s] > 0) free(values[s]);
        }
    }
}
static void test_case(void **state) {
    const group_case *row = *state;
    uint64_t seed = 29;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        const test_kind *kind = &test_kinds[k];
        test_rows sides[3];
        wadi_rdd *rdds[3];
        test_batch batch;
        test_batch_begin(&batch);
        for (size_t s = 0; s < 3; s++) {
            sides[s] = test_rows_make(kind, row->counts[s], row->keys, &seed);
            rdds[s] = test_rdd(sc, &sides[s], row->in_partitions);
        }
        wadi_op_options options = {.size = sizeof options, .partitions = row->partitions};
        wadi_rdd *one = wadi_rdd_group_by_key(rdds[0], wadi__list_into(kind->values), &options);
        wadi_rdd *two = wadi_rdd_cogroup(rdds[0], rdds[1], wadi__lists_into(kind->two), &options);
        wadi_rdd *three = wadi_rdd_cogroup_all(kind->three, rdds[0], rdds + 1, 2, &options);
        check_grouped(sides, 1, one, kind->values);
        check_grouped(sides, 2, two, kind->two);
        check_grouped(sides, 3, three, kind->three);
        assert_int_equal(wadi_rdd_partition_count(three), row->partitions);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
        for (size_t s = 0; s < 3; s++) test_rows_free(&sides[s]);
    }
}

/* ---- Sides whose keys lie in the right places are read where they are ---- */

static void test_without_shuffle(void **state) {
    (void)state;
    uint64_t seed = 31;
    test_rows sides[2] = {test_rows_make(&test_kinds[4], 900, 300, &seed),
                          test_rows_make(&test_kinds[4], 900, 300, &seed)};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_op_options options = {.size = sizeof options, .partitions = 4};
    wadi_rdd *lists[2];
    for (size_t s = 0; s < 2; s++)
        lists[s] = wadi_reduce_by_key(test_rdd(sc, &sides[s], 3), wadi_max, .partitions = 4);
    wadi_rdd *both =
        wadi_rdd_cogroup(lists[0], lists[1], wadi__lists_into(WADI_TYPE(str_two)), &options);
    assert_false(both->parents[0].is_wide || both->parents[1].is_wide);
    size_t n;
    const str_two *rows = wadi_collect(both, str_two, &n);
    assert_int_equal(n, key_count(sides, 2));
    for (size_t i = 0; i < n; i++) assert_true(rows[i].left.count <= 1 && rows[i].right.count <= 1);
    assert_int_equal(both->partitioner.kind, WADI__PARTITION_HASH);
    test_batch_end(&batch);
    for (size_t s = 0; s < 2; s++) test_rows_free(&sides[s]);
}

/* ---- Users' functions ---- */

WADI_RECORD(extent, (wadi_str, key), (int64_t, n), (int64_t, least));
WADI_GROUP(measure, str_pair, extent) {
    int64_t least = in[0].value;
    for (size_t i = 1; i < n; i++)
        if (in[i].value < least) least = in[i].value;
    if (!wadi_str_equal(*key, in[n - 1].key)) wadi_fail(task, "not the records of the key");
    for (int twice = 0; twice < 2; twice++) wadi_emit(out, (extent){*key, (int64_t)n, least});
}
WADI_COGROUP(differences, str_pair, long_pair, int64_t) {
    (void)key, (void)left, (void)right;
    wadi_emit(out, (int64_t)left_n - (int64_t)right_n);
}
static void test_functions(void **state) {
    (void)state;
    uint64_t seed = 37;
    test_rows in = test_rows_make(&test_kinds[4], 900, 300, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = test_rdd(sc, &in, 3),
             *measured = wadi_group_by_key(rdd, measure, .partitions = 5);
    size_t n, taken;
    const extent *rows = wadi_collect(measured, extent, &n);
    assert_int_equal(n, 2 * key_count(&in, 1));
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += rows[i].n;
    assert_int_equal(sum, 2 * 900);
    assert_int_equal(measured->partitioner.kind,
                     WADI__PARTITION_NONE); /* they might emit other keys */
    wadi_take(measured, extent, 3, &taken);
    assert_int_equal(taken, 3);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    rdd = test_rdd(sc, &in, 3);
    test_says(
        test_error_of(wadi_cogroup(rdd, wadi_parallelize(sc, long_pair, NULL, 0), differences)),
        "the left side has the key wadi_str, the right one has int64_t");
    test_batch_end(&batch);
    test_rows_free(&in);
}
WADI_GROUP(fails_on_three, long_pair, int64_t) {
    (void)in;
    if (n == 3) wadi_fail(task, "three of a kind");
    wadi_emit(out, *key);
}
WADI_COGROUP(fails_on_none, long_pair, long_pair, int64_t) {
    (void)left, (void)right, (void)left_n;
    if (right_n == 0) wadi_fail(task, "nobody there");
    wadi_emit(out, *key);
}
static void test_failing_functions(void **state) {
    (void)state;
    long_pair rows[] = {{1, 1}, {2, 2}, {1, 3}, {9, 4}, {9, 5}, {9, 6}};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_parallelize(sc, long_pair, rows, 6);
    wadi_count(wadi_group_by_key(rdd, fails_on_three));
    test_says(test_batch_error(&batch),
              "three of a kind; in group_by_key of 'fails_on_three'; at key: 9");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    rdd = wadi_parallelize(sc, long_pair, rows, 6);
    wadi_count(wadi_cogroup(rdd, wadi_parallelize(sc, long_pair, rows, 5), fails_on_none));
    assert_string_equal(test_batch_error(&batch), "");
    wadi_count(wadi_cogroup(rdd, wadi_parallelize(sc, long_pair, rows, 1), fails_on_none,
                            .partitions = 1));
    test_says(test_batch_error(&batch), "nobody there; in cogroup of 'fails_on_none'; at key: 2");
    test_batch_end(&batch);
}
static void test_mistakes(void **state) {
    (void)state;
    static const struct {
        const wadi_type *out;
        const char *words;
    } rows[] = {
        {WADI_TYPE(int64_t), "int64_t must have the key, int64_t, and 1 sequence"},
        {WADI_TYPE(long_two), "long_two must have the key, int64_t, and 1 sequence"},
        {WADI_TYPE(str_values), "str_values must have the key, int64_t, and 1 sequence"},
        {WADI_TYPE(long_pair),
         "field 'value' of long_pair is neither a sequence of long_pair nor of its values"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *rdd = wadi_parallelize(sc, long_pair, NULL, 0);
        test_says(test_error_of(wadi_group_by_key(rdd, wadi__list_into(rows[i].out))),
                  rows[i].words);
        test_batch_end(&batch);
    }
}
static uint64_t group_some(void *arg) {
    wadi_rdd *in = test_rdd(sc, arg, 2);
    wadi_op_options options = {.size = sizeof options, .partitions = 3};
    return test_digest(wadi_group_by_key(in, measure, .partitions = 3), false) +
           test_digest(wadi_rdd_cogroup(in, in, wadi__lists_into(WADI_TYPE(str_two)), &options),
                       false);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 41;
    test_rows in = test_rows_make(&test_kinds[4], 300, 200, &seed);
    test_sweep(group_some, &in);
    test_rows_free(&in);
}

int main(void) {
    enum { CASES = sizeof cases / sizeof cases[0] };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_without_shuffle), cmocka_unit_test(test_functions),
        cmocka_unit_test(test_failing_functions), cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_no_memory)};
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[CASES + OTHERS];
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    memcpy(tests + CASES, others, sizeof others);
    int failed = cmocka_run_group_tests_name("group", tests, start, stop);
    wadi__memory_share_most = TEST_SHARE; /* the same by parts on disk */
    struct CMUnitTest again[CASES];
    memcpy(again, tests, sizeof again);
    return failed + cmocka_run_group_tests_name("group, by parts", again, start, stop);
}
