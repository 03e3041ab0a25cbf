/* SPDX-License-Identifier: Apache-2.0 */
/* join_test.c: all kinds of joins against nested loops over plain arrays. */
#include "exec/memory.h"
#include "testing/keyed.h"

typedef struct join_case {
    const char *name;
    uint32_t left, right, keys, in_partitions, partitions;
} join_case;
static const join_case cases[] = {
    {"both sides empty", 0, 0, 1, 2, 3},
    {"left side empty", 0, 50, 10, 2, 3},
    {"right side empty", 50, 0, 10, 2, 3},
    {"one record each", 1, 1, 1, 1, 1},
    {"more partitions than records", 5, 4, 3, 9, 70},
    {"every key often", 120, 200, 4, 3, 3},
    {"one partition", 700, 600, 400, 1, 1},
    {"keys seldom meet", 900, 800, 60000, 4, 8},
    {"smaller left side", 30, 1500, 200, 2, 2},
    {"smaller right side", 1500, 30, 200, 2, 2},
    {"65 partitions", 800, 900, 500, 5, 65},
    {"1000 partitions", 300, 400, 90, 3, 1000},
    {"one key, a smaller left side", 40, 1500, 1, 3, 2},
    {"one key, a smaller right side", 1500, 40, 1, 3, 2},
    {"one key, without a right side", 1500, 0, 1, 2, 2},
    {"one key, without a left side", 0, 1500, 1, 2, 2},
};

static wadi_context *sc;
static int start(void **state) {
    (void)state;
    sc = wadi_context_new("local[3]", "join");
    return 0;
}
static int stop(void **state) {
    (void)state;
    return wadi_finish(sc);
}

/* A pair as numbers; -1: no partner. */
typedef struct couple {
    int64_t left, right;
} couple;
static int compare_couples(const void *a, const void *b) {
    const couple *x = a, *y = b;
    if (x->left != y->left) return x->left < y->left ? -1 : 1;
    return x->right == y->right ? 0 : x->right < y->right ? -1 : 1;
}
static couple *expected_couples(const test_rows *left, const test_rows *right,
                                wadi__join_sides sides, size_t *count) {
    size_t n = 0;
    bool *met = calloc(right->count + 1, 1);
    couple *couples = malloc(((size_t)left->count * right->count + left->count + right->count + 1) *
                             sizeof *couples);
    for (uint32_t i = 0; i < left->count; i++) {
        bool is_lonely = true;
        for (uint32_t k = 0; k < right->count; k++) {
            if (left->numbers[i] != right->numbers[k]) continue;
            couples[n++] = (couple){test_value(left, i), test_value(right, k)};
            is_lonely = false;
            met[k] = true;
        }
        if (is_lonely && (sides == WADI__JOIN_LEFT || sides == WADI__JOIN_FULL))
            couples[n++] = (couple){test_value(left, i), -1};
    }
    for (uint32_t k = 0; k < right->count; k++)
        if (!met[k] && (sides == WADI__JOIN_RIGHT || sides == WADI__JOIN_FULL))
            couples[n++] = (couple){-1, test_value(right, k)};
    free(met);
    qsort(couples, n, sizeof *couples, compare_couples);
    *count = n;
    return couples;
}
static wadi_rdd *join(wadi_rdd *left, wadi_rdd *right, wadi_join_fn f, wadi__join_sides sides,
                      uint32_t partitions) {
    switch (sides) {
    case WADI__JOIN_INNER: return wadi_join(left, right, f, .partitions = partitions);
    case WADI__JOIN_LEFT: return wadi_left_outer_join(left, right, f, .partitions = partitions);
    case WADI__JOIN_RIGHT: return wadi_right_outer_join(left, right, f, .partitions = partitions);
    case WADI__JOIN_FULL: return wadi_full_outer_join(left, right, f, .partitions = partitions);
    }
    return NULL;
}
static int64_t option_at(const char *row, const wadi_type *type, uint32_t field) {
    const wadi_int64_option *option =
        (const wadi_int64_option *)(const void *)(row + type->fields[field].offset);
    return option->is_set ? option->value : -1;
}
static void check_joined(const test_kind *kind, wadi_rdd *joined, const couple *expected,
                         size_t expected_count) {
    size_t n;
    const char *rows = wadi__collect(joined, kind->joined, &n);
    assert_int_equal(n, expected_count);
    couple *actual = malloc((n + 1) * sizeof *actual);
    for (size_t i = 0; i < n; i++) {
        const char *row = rows + i * kind->joined->size;
        actual[i] = (couple){option_at(row, kind->joined, 1), option_at(row, kind->joined, 2)};
        int64_t any = actual[i].left >= 0 ? actual[i].left : actual[i].right;
        assert_true(test_has_key(kind, row, (uint32_t)(any / TEST_STRIDE)));
    }
    qsort(actual, n, sizeof *actual, compare_couples);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(actual[i].left, expected[i].left);
        assert_int_equal(actual[i].right, expected[i].right);
    }
    free(actual);
}
static void test_case(void **state) {
    const join_case *row = *state;
    uint64_t seed = 42;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        test_rows left = test_rows_make(&test_kinds[k], row->left, row->keys, &seed);
        test_rows right = test_rows_make(&test_kinds[k], row->right, row->keys, &seed);
        for (wadi__join_sides sides = WADI__JOIN_INNER; sides <= WADI__JOIN_FULL; sides++) {
            test_batch batch;
            test_batch_begin(&batch);
            size_t expected_count;
            couple *expected = expected_couples(&left, &right, sides, &expected_count);
            wadi_rdd *joined =
                join(test_rdd(sc, &left, row->in_partitions),
                     test_rdd(sc, &right, row->in_partitions + 1),
                     wadi__fields_into(test_kinds[k].joined), sides, row->partitions);
            assert_int_equal(wadi_rdd_partition_count(joined), row->partitions);
            check_joined(&test_kinds[k], joined, expected, expected_count);
            assert_string_equal(test_batch_error(&batch), "");
            free(expected);
            test_batch_end(&batch);
        }
        test_rows_free(&left);
        test_rows_free(&right);
    }
}

/* Enough records for several radix parts; each of the left side has one partner. */
WADI_RECORD(sum, (int64_t, key), (int64_t, left), (int64_t, right));
WADI_JOIN(add_up, long_pair, long_pair, sum) { *out = (sum){left->key, left->value, right->value}; }
static void test_radix(void **state) {
    (void)state;
    enum { COUNT = 200000 };
    long_pair *rows = malloc(COUNT * sizeof *rows);
    for (int64_t i = 0; i < COUNT; i++) rows[i] = (long_pair){i * 7919 % COUNT, i};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_parallelize(sc, long_pair, rows, COUNT, .partitions = 2);
    for (uint32_t partitions = 1; partitions <= 4; partitions += 3) {
        size_t n;
        const sum *sums =
            wadi_collect(wadi_join(left, left, add_up, .partitions = partitions), sum, &n);
        assert_int_equal(n, COUNT);
        bool *seen = calloc(COUNT, 1);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(sums[i].left, sums[i].right);
            assert_int_equal(sums[i].key, sums[i].left * 7919 % COUNT);
            assert_false(seen[sums[i].key]);
            seen[sums[i].key] = true;
        }
        free(seen);
    }
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    free(rows);
}

/* ---- Sides that share a partitioner are not moved ---- */

WADI_RECORD(joined_twice, (wadi_str, key), (wadi_int64_option, left), (wadi_int64_option, right),
            (int64_t, more));
static void test_without_shuffle(void **state) {
    (void)state;
    uint64_t seed = 43;
    test_rows rows = test_rows_make(&test_kinds[4], 900, 300, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_reduce_by_key(test_rdd(sc, &rows, 3), wadi_max, .partitions = 5);
    wadi_rdd *right = wadi_reduce_by_key(test_rdd(sc, &rows, 2), wadi_min, .partitions = 5);
    wadi_rdd *joined =
        wadi_full_outer_join(left, right, wadi_fields_into(str_joined), .partitions = 5);
    assert_false(joined->parents[0].is_wide || joined->parents[1].is_wide);
    assert_int_equal(joined->partitioner.kind, WADI__PARTITION_HASH);
    size_t n, keys = (size_t)wadi_count(left);
    const str_joined *pairs = wadi_collect(joined, str_joined, &n);
    assert_int_equal(n, keys);
    for (size_t i = 0; i < n; i++)
        assert_true(pairs[i].left.is_set && pairs[i].right.is_set &&
                    pairs[i].left.value >= pairs[i].right.value);
    /* Once more on top of that. */
    wadi_rdd *again = wadi_join(joined, left, wadi_fields_into(joined_twice), .partitions = 5);
    assert_false(again->parents[0].is_wide || again->parents[1].is_wide);
    assert_int_equal(wadi_count(again), keys);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    test_rows_free(&rows);
}

/* ---- Users' partitioners, of records or of keys ---- */

WADI_PARTITIONER(by_length, wadi_str) { return in->len % partition_count; }
WADI_PARTITIONER(by_pair, str_pair) { return in->key.len % partition_count; }
WADI_RECORD(noted, (wadi_str, key), (double, note), (bool, is_true));
WADI_RECORD(noted_pair, (wadi_str, key), (int64_t, value), (double, note), (bool, is_true));
WADI_MAP(take_note, str_pair, noted) {
    *out = (noted){in->key, (double)in->value, in->value % 2 == 0};
}
static void test_user_partitioners(void **state) {
    (void)state;
    uint64_t seed = 53;
    test_rows rows = test_rows_make(&test_kinds[4], 900, 300, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *pairs = test_rdd(sc, &rows, 3),
             *notes = wadi_map(wadi_reduce_by_key(pairs, wadi_max), take_note);
    wadi_rdd *placed = wadi_partition_by(pairs, by_length, .partitions = 7);
    wadi_rdd *joined = wadi_join(placed, notes, wadi_fields_into(noted_pair),
                                 .partitioner = by_length, .partitions = 7);
    assert_false(joined->parents[0].is_wide);
    assert_true(joined->parents[1].is_wide);
    assert_int_equal(wadi_count(joined), 900);
    joined = wadi_join(pairs, pairs, wadi_fields_into(str_joined), .partitioner = by_pair,
                       .partitions = 66);
    assert_int_equal(wadi_count(joined),
                     wadi_count(wadi_join(pairs, pairs, wadi_fields_into(str_joined))));
    assert_string_equal(test_batch_error(&batch), "");
    test_says(test_error_of(
                  wadi_join(pairs, notes, wadi_fields_into(noted_pair), .partitioner = by_pair)),
              "the partitioner 'by_pair' takes str_pair, neither the records, noted, nor their "
              "key, wadi_str");
    test_batch_end(&batch);
    test_rows_free(&rows);
}

/* ---- take() ends a join early, however many pairs a key has ---- */

static void test_take(void **state) {
    (void)state;
    enum { COUNT = 30000 };
    long_pair *rows = calloc(COUNT, sizeof *rows); /* of one key: 900 million pairs */
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *side = wadi_parallelize(sc, long_pair, rows, COUNT, .partitions = 2);
    size_t n;
    wadi_take(wadi_join(side, side, add_up, .partitions = 1), sum, 5, &n);
    assert_int_equal(n, 5);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    free(rows);
}

/* ---- Mistakes and failures ---- */

WADI_JOIN(fails_on_four, long_pair, long_pair, int64_t) {
    if (left != NULL && left->value == 4) wadi_fail(task, "a four");
    *out = right != NULL ? right->value : -1;
}
static void test_failing_function(void **state) {
    (void)state;
    long_pair rows[] = {{1, 1}, {2, 2}, {3, 4}};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_parallelize(sc, long_pair, rows, 3),
             *right = wadi_parallelize(sc, long_pair, rows, 2);
    assert_int_equal(wadi_count(wadi_join(left, right, fails_on_four)), 2);
    wadi_count(wadi_left_outer_join(left, right, fails_on_four));
    test_says(test_batch_error(&batch),
              "a four; in left_outer_join of 'fails_on_four'; left: (3,4); right: none");
    test_batch_end(&batch);
}
WADI_RECORD(too_short, (int64_t, key), (int64_t, left));
WADI_RECORD(too_long, (int64_t, key), (int64_t, left), (int64_t, right), (int64_t, more),
            (int64_t, still_more));
WADI_RECORD(wrong, (int64_t, key), (int64_t, left), (double, right));
WADI_RECORD(wrong_key, (wadi_str, key), (int64_t, left), (int64_t, right));
WADI_RECORD(key_twice, (int64_t, key), (int64_t, left), (int64_t, other_key), (int64_t, right));
WADI_RECORD(bare, (int64_t, key), (int64_t, left), (int64_t, right));
static void test_mistakes(void **state) {
    (void)state;
    static const struct {
        const wadi_type *out;
        wadi__join_sides sides;
        const char *words;
    } rows[] = {
        {WADI_TYPE(int64_t), WADI__JOIN_INNER, "do not go into its 1 fields"},
        {WADI_TYPE(too_short), WADI__JOIN_INNER,
         "wadi_fields_into(too_short): the key, 1 fields of the left side and 1 of the right side "
         "do not go into its 2 fields"},
        {WADI_TYPE(too_long), WADI__JOIN_INNER, "do not go into its 5 fields"},
        {WADI_TYPE(wrong), WADI__JOIN_INNER,
         "field 'right' of wrong is double, 'value' of the right side is int64_t"},
        {WADI_TYPE(wrong_key), WADI__JOIN_INNER,
         "field 'key' of wrong_key is wadi_str, 'key' of the left side is int64_t"},
        {WADI_TYPE(key_twice), WADI__JOIN_INNER,
         "wadi_fields_into(key_twice): it has a field too many: the key comes once"},
        {WADI_TYPE(bare), WADI__JOIN_LEFT,
         "the right side may lack, so 'right' must be a WADI_OPTION"},
        {WADI_TYPE(bare), WADI__JOIN_RIGHT,
         "the left side may lack, so 'left' must be a WADI_OPTION"},
        {WADI_TYPE(bare), WADI__JOIN_FULL,
         "the left side may lack, so 'left' must be a WADI_OPTION"},
        {WADI_TYPE(bare), WADI__JOIN_INNER, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *side = wadi_parallelize(sc, long_pair, NULL, 0);
        test_says(test_error_of(join(side, side, wadi__fields_into(rows[i].out), rows[i].sides, 2)),
                  rows[i].words);
        test_batch_end(&batch);
    }
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *left = wadi_parallelize(sc, long_pair, NULL, 0),
             *right = wadi_parallelize(sc, str_pair, NULL, 0);
    test_says(test_error_of(wadi_join(left, right, add_up)),
              "the left side has the key int64_t, the right one has wadi_str");
    test_batch_end(&batch);
}
static uint64_t join_some(void *arg) {
    wadi_rdd *left = test_rdd(sc, arg, 2), *right = test_rdd(sc, (const test_rows *)arg + 1, 3);
    return test_digest(
        wadi_full_outer_join(left, right, wadi_fields_into(str_joined), .partitions = 3), false);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 47;
    test_rows sides[] = {test_rows_make(&test_kinds[4], 400, 200, &seed),
                         test_rows_make(&test_kinds[4], 300, 200, &seed)};
    test_sweep(join_some, sides);
    for (size_t s = 0; s < 2; s++) test_rows_free(&sides[s]);
}

int main(void) {
    enum { CASES = sizeof cases / sizeof cases[0] };
    const struct CMUnitTest others[] = {cmocka_unit_test(test_radix),
                                        cmocka_unit_test(test_without_shuffle),
                                        cmocka_unit_test(test_take),
                                        cmocka_unit_test(test_user_partitioners),
                                        cmocka_unit_test(test_failing_function),
                                        cmocka_unit_test(test_mistakes),
                                        cmocka_unit_test(test_no_memory)};
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[CASES + OTHERS];
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    memcpy(tests + CASES, others, sizeof others);
    int failed = cmocka_run_group_tests_name("join", tests, start, stop);
    wadi__memory_share_most = TEST_SHARE; /* the same by parts on disk */
    struct CMUnitTest again[CASES];
    memcpy(again, tests, sizeof again);
    return failed + cmocka_run_group_tests_name("join, by parts", again, start, stop);
}
