/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_test.c: one record per key: reduceByKey, foldByKey, combineByKey, aggregateByKey,
 * distinct. */
#include "exec/memory.h"
#include "testing/keyed.h"

typedef struct reduce_case {
    const char *name;
    uint32_t count, keys, in_partitions, partitions;
} reduce_case;
static const reduce_case cases[] = {
    {"nothing", 0, 1, 3, 2},
    {"one record", 1, 1, 1, 1},
    {"one key", 500, 1, 3, 4},
    {"few keys, one partition", 900, 20, 1, 1},
    {"few keys", 900, 20, 4, 3},
    {"keys that do not repeat", 60000, 65536, 2, 3},
    {"64 partitions", 3000, 900, 5, 64},
    {"65 partitions", 3000, 900, 5, 65},
    {"1000 partitions", 500, 300, 4, 1000},
    {"many map tasks of a record each", 300, 40, 300, 3},
};

static wadi_context *sc;
static int start(void **state) {
    (void)state;
    sc = wadi_context_new("local[3]", "reduce");
    return 0;
}
static int stop(void **state) {
    (void)state;
    return wadi_finish(sc);
}

/* The sum of the values of each key number, and how many there are. */
typedef struct sums {
    int64_t *sums;
    uint32_t *counts;
    size_t key_count;
} sums;
enum { NUMBERS = 65536 };
static sums expected_sums(const test_rows *in) {
    sums made = {calloc(NUMBERS, sizeof(int64_t)), calloc(NUMBERS, sizeof(uint32_t)), 0};
    for (uint32_t i = 0; i < in->count; i++) {
        uint32_t number = in->numbers[i];
        made.key_count += made.counts[number]++ == 0;
        made.sums[number] += test_value(in, i);
    }
    return made;
}
static void sums_free(sums *made) {
    free(made->sums);
    free(made->counts);
}
/* Records of `type`: a key and the sum of its values, plus `zero` for each of up to `zeros_max`.
 * Which key it is is found by hash, as the library would. */
static void check_sums(const test_rows *in, wadi_rdd *reduced, int64_t zero, uint32_t zeros_max) {
    const test_kind *kind = in->kind;
    const wadi__type *key = wadi__type_intern(kind->key, NULL);
    sums expected = expected_sums(in);
    uint32_t *number_at = malloc(2 * NUMBERS * sizeof *number_at); /* open addressing by hash */
    memset(number_at, 0xff, 2 * NUMBERS * sizeof *number_at);
    for (uint32_t number = 0; number < NUMBERS; number++) {
        if (expected.counts[number] == 0) continue;
        _Alignas(8) char made[64] = {0};
        kind->make(number, made);
        size_t at = wadi__value_hash(key, made) % (2 * NUMBERS);
        while (number_at[at] != UINT32_MAX) at = (at + 1) % (2 * NUMBERS);
        number_at[at] = number;
    }
    size_t n;
    const char *rows = wadi__collect(reduced, kind->pair, &n);
    assert_int_equal(n, expected.key_count);
    for (size_t i = 0; i < n; i++) {
        const char *row = rows + i * kind->pair->size;
        size_t at = wadi__value_hash(key, row) % (2 * NUMBERS);
        while (number_at[at] != UINT32_MAX && !test_has_key(kind, row, number_at[at]))
            at = (at + 1) % (2 * NUMBERS);
        uint32_t number = number_at[at];
        assert_true(number < NUMBERS);
        int64_t sum = *(const int64_t *)(const void *)(row + kind->pair->fields[1].offset) -
                      expected.sums[number];
        assert_true(expected.counts[number] > 0); /* each key comes once */
        expected.counts[number] = 0;
        assert_true(zero == 0 ? sum == 0
                              : sum % zero == 0 && sum >= zero && sum <= zero * (int64_t)zeros_max);
    }
    free(number_at);
    sums_free(&expected);
}
static void test_case(void **state) {
    const reduce_case *row = *state;
    uint64_t seed = 11;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        test_rows in = test_rows_make(&test_kinds[k], row->count, row->keys, &seed);
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *rdd = test_rdd(sc, &in, row->in_partitions);
        wadi_rdd *reduced = wadi_reduce_by_key(rdd, wadi_add, .partitions = row->partitions);
        assert_int_equal(wadi_rdd_partition_count(reduced), row->partitions);
        check_sums(&in, reduced, 0, 0);
        _Alignas(8) char zero[64] = {0};
        *(int64_t *)(void *)(zero + in.kind->pair->fields[1].offset) = INT64_C(1) << 40;
        wadi_rdd *folded =
            wadi_fold_by_key(rdd, wadi_add, .zero = zero, .partitions = row->partitions);
        check_sums(&in, folded, INT64_C(1) << 40, 65536);
        /* Once more over partitions that have the keys already. */
        check_sums(&in, wadi_reduce_by_key(reduced, wadi_add, .partitions = row->partitions), 0, 0);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
        test_rows_free(&in);
    }
}

/* ---- Accumulators of another type ---- */

WADI_RECORD(statistic, (wadi_str, key), (int64_t, count), (int64_t, sum), (int64_t, news),
            (wadi_str, note));
WADI_COMBINE(into_statistic, str_pair, statistic) {
    if (is_new && (acc->count != 0 || acc->sum != 0))
        wadi_fail(task, "a new accumulator is not zero");
    acc->count++;
    acc->sum += in->value;
    acc->news += is_new;
}
WADI_COMBINE(into_begun, str_pair, statistic) {
    if (is_new && (acc->count != 1000 ||
                   !wadi_str_equal(acc->note, wadi_str_of("a note of more than twelve bytes"))))
        wadi_fail(task, "a new accumulator does not begin as zero");
    acc->count++;
    acc->sum += in->value;
    acc->news += is_new;
}
WADI_REDUCE(merge_statistics, statistic) {
    acc->count += in->count;
    acc->sum += in->sum;
    acc->news += in->news;
}
/* key_max times as many accumulators as there are keys have been begun at most; at least one a key.
 */
static void check_statistics(const test_rows *in, wadi_rdd *combined, int64_t begun) {
    sums expected = expected_sums(in);
    size_t n;
    const statistic *rows = wadi_collect(combined, statistic, &n);
    assert_int_equal(n, expected.key_count);
    int64_t count = 0, sum = 0, expected_sum = 0;
    for (uint32_t i = 0; i < in->count; i++) expected_sum += test_value(in, i);
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i].news >= 1);
        count += rows[i].count - begun * rows[i].news;
        sum += rows[i].sum;
        bool is_noted =
            wadi_str_equal(rows[i].note, wadi_str_of("a note of more than twelve bytes"));
        assert_true(is_noted == (begun != 0));
    }
    assert_int_equal(count, in->count);
    assert_int_equal(sum, expected_sum);
    sums_free(&expected);
}
WADI_PARTITIONER(by_record, str_pair) {
    return (uint32_t)(in->value / TEST_STRIDE) % partition_count;
}
WADI_PARTITIONER(by_key_alone, wadi_str) { return in->len % partition_count; }
static void test_combine(void **state) {
    (void)state;
    static const reduce_case *const some[] = {&cases[0], &cases[1], &cases[2], &cases[4],
                                              &cases[5], &cases[7], &cases[9]};
    uint64_t seed = 13;
    for (size_t c = 0; c < sizeof some / sizeof some[0]; c++) {
        test_rows in = test_rows_make(&test_kinds[4], some[c]->count, some[c]->keys, &seed);
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *rdd = test_rdd(sc, &in, some[c]->in_partitions);
        uint32_t partitions = some[c]->partitions;
        check_statistics(
            &in,
            wadi_combine_by_key(rdd, into_statistic, merge_statistics, .partitions = partitions),
            0);
        wadi_rdd *begun;
        { /* *.zero goes away before the job runs */
            char note[] = "a note of more than twelve bytes";
            statistic zero = {.count = 1000, .note = wadi_str_view(note, strlen(note))};
            begun = wadi_aggregate_by_key(rdd, into_begun, merge_statistics, .zero = &zero,
                                          .partitions = partitions);
            memset(note, 'x', sizeof note);
        }
        check_statistics(&in, begun, 1000);
        /* Where the partitioner wants the record, nothing is combined before the shuffle. */
        check_statistics(&in,
                         wadi_combine_by_key(rdd, into_statistic, merge_statistics,
                                             .partitioner = by_record, .partitions = partitions),
                         0);
        check_statistics(&in,
                         wadi_combine_by_key(rdd, into_statistic, merge_statistics,
                                             .partitioner = by_key_alone, .partitions = partitions),
                         0);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
        test_rows_free(&in);
    }
}
WADI_MAP_PARTITION(check_partition, str_pair, int64_t) {
    while ((in = wadi_next(it)))
        if (in->key.len % 5 != wadi_task_partition_index(task))
            wadi_fail(task, "a key of %u bytes", in->key.len);
    wadi_emit(out, 1);
}
static void test_user_partitioner(void **state) {
    (void)state;
    uint64_t seed = 17;
    test_rows in = test_rows_make(&test_kinds[4], 800, 200, &seed);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *reduced = wadi_reduce_by_key(test_rdd(sc, &in, 3), wadi_add,
                                           .partitioner = by_key_alone, .partitions = 5);
    assert_int_equal(wadi_count(wadi_map_partitions(reduced, check_partition)), 5);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    test_rows_free(&in);
}

/* ---- distinct ---- */

/* Also of records whose hashes came from an operator by key, beside others. */
static void test_distinct(void **state) {
    (void)state;
    uint64_t seed = 19;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++)
        for (uint32_t partitions = 1; partitions <= 169; partitions *= 13) {
            test_rows in = test_rows_make(&test_kinds[k], 700, 90, &seed);
            test_batch batch;
            test_batch_begin(&batch);
            wadi_rdd *rdd = test_rdd(sc, &in, 3);
            wadi_rdd *reduced = wadi_reduce_by_key(rdd, wadi_add, .partitions = 4);
            int64_t keys = wadi_count(reduced),
                    once = 0; /* keys of one record, which stays as it is */
            sums expected = expected_sums(&in);
            for (uint32_t number = 0; number < NUMBERS; number++)
                once += expected.counts[number] == 1;
            sums_free(&expected);
            wadi_rdd *again = wadi_repartition(reduced, 3);
            assert_int_equal(wadi_count(wadi_distinct(wadi_union(reduced, again, rdd, rdd),
                                                      .partitions = partitions)),
                             keys - once + 700);
            wadi_rdd *distinct = wadi_distinct(reduced, .partitions = 1);
            assert_int_equal(
                wadi_count(wadi_reduce_by_key(wadi_union(distinct, distinct), wadi_add)), keys);
            assert_int_equal(wadi_rdd_partition_count(wadi_distinct(rdd)), 3);
            assert_int_equal(wadi_count(wadi_distinct(wadi_keys(distinct))), keys);
            assert_string_equal(test_batch_error(&batch), "");
            test_batch_end(&batch);
            test_rows_free(&in);
        }
}

/* ---- Failures ---- */

WADI_REDUCE(fails_on_seven, long_pair) {
    if (in->value % 100 == 7) wadi_fail(task, "a seven");
    acc->value += in->value;
}
WADI_COMBINE(fails_on_new, long_pair, long_pair) {
    if (in->key == 3) wadi_fail(task, "key three");
    acc->value += in->value;
    (void)is_new;
}
static void test_failing_functions(void **state) {
    (void)state;
    long_pair rows[] = {{1, 1}, {2, 2}, {1, 107}, {3, 4}};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_parallelize(sc, long_pair, rows, 4, .partitions = 1);
    wadi_count(wadi_reduce_by_key(rdd, fails_on_seven));
    test_says(test_batch_error(&batch),
              "a seven; in reduce_by_key of 'fails_on_seven'; at the record: (1,107)");
    test_says(test_batch_error(&batch), "(try 4)");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    rdd = wadi_parallelize(sc, long_pair, rows, 4, .partitions = 1);
    wadi_count(wadi_combine_by_key(rdd, fails_on_new, wadi_add));
    test_says(test_batch_error(&batch),
              "key three; in combine_by_key of 'fails_on_new'; at the record: (3,4)");
    test_batch_end(&batch);
}
static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    long_pair rows[] = {{1, 1}};
    wadi_rdd *rdd = wadi_parallelize(sc, long_pair, rows, 1);
    test_says(test_error_of(wadi_combine_by_key(rdd, into_statistic, merge_statistics)),
              "'into_statistic' takes str_pair, the stream carries long_pair");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    str_pair text[] = {{wadi_str_of("a"), 1}};
    wadi_rdd *strs = wadi_parallelize(sc, str_pair, text, 1);
    test_says(test_error_of(wadi_combine_by_key(strs, into_statistic, fails_on_seven)),
              "'fails_on_seven' takes long_pair, the stream carries statistic");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    strs = wadi_parallelize(sc, str_pair, text, 1);
    statistic zero = {0};
    test_says(
        test_error_of(wadi_combine_by_key(strs, into_statistic, merge_statistics, .zero = &zero)),
        ".zero");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    rdd = wadi_parallelize(sc, long_pair, rows, 1);
    test_says(test_error_of(wadi_reduce_by_key(rdd, wadi_add, .partitioner = by_record)),
              "the partitioner 'by_record' takes str_pair, neither the records, long_pair, nor "
              "their key, int64_t");
    test_batch_end(&batch);
}
static uint64_t reduce_some(void *arg) {
    return test_digest(wadi_reduce_by_key(test_rdd(sc, arg, 2), wadi_add, .partitions = 3), false);
}
WADI_COMBINE(into_statistic_too, str_pair, statistic) { acc->sum += in->value + is_new; }
static uint64_t combine_some(void *arg) {
    statistic zero = {.count = 1, .note = wadi_str_of("a note of more than twelve bytes")};
    wadi_rdd *plain = wadi_aggregate_by_key(test_rdd(sc, arg, 2), into_statistic, merge_statistics,
                                            .partitions = 70);
    wadi_rdd *begun = wadi_aggregate_by_key(test_rdd(sc, arg, 2), into_statistic_too,
                                            merge_statistics, .zero = &zero);
    return test_digest(plain, false) + test_digest(begun, false);
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 400, 300, &seed);
    test_sweep(reduce_some, &in);
    test_sweep(combine_some, &in);
    test_rows_free(&in);
}

/* A task is tried again, and what its first tries added does not count. */
WADI_RECORD(counting, (wadi_accumulator, seen));
WADI_FILTER(fails_twice, long_pair, counting) {
    wadi_accumulator_add(task, env->seen, 1);
    if (in->key == 5 && wadi_task_attempt(task) < 2) wadi_fail(task, "not yet");
    return true;
}
static void test_retries(void **state) {
    (void)state;
    uint64_t seed = 23;
    test_rows in = test_rows_make(&test_kinds[0], 900, 50, &seed);
    long_pair *rows = (long_pair *)(void *)in.rows;
    for (uint32_t i = 0; i < in.count; i++) rows[i].key = in.numbers[i];
    wadi_accumulator seen = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *filtered = wadi_filter(test_rdd(sc, &in, 4), wadi_bind(fails_twice, .seen = seen));
    size_t n;
    const long_pair *reduced =
        wadi_collect(wadi_reduce_by_key(filtered, wadi_add, .partitions = 3), long_pair, &n);
    int64_t sum = 0, expected = 0;
    for (size_t i = 0; i < n; i++) sum += reduced[i].value;
    for (uint32_t i = 0; i < in.count; i++) expected += test_value(&in, i);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(sum, expected);
    test_batch_end(&batch);
    assert_int_equal(wadi_accumulator_value(sc, seen), 900);
    test_rows_free(&in);
}

int main(void) {
    enum { CASES = sizeof cases / sizeof cases[0] };
    const struct CMUnitTest others[] = {cmocka_unit_test(test_combine),
                                        cmocka_unit_test(test_user_partitioner),
                                        cmocka_unit_test(test_distinct),
                                        cmocka_unit_test(test_mistakes),
                                        cmocka_unit_test(test_failing_functions),
                                        cmocka_unit_test(test_no_memory),
                                        cmocka_unit_test(test_retries)};
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[CASES + OTHERS];
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].name, test_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    memcpy(tests + CASES, others, sizeof others);
    int failed = cmocka_run_group_tests_name("reduce", tests, start, stop);
    wadi__memory_share_most = TEST_SHARE; /* the same by parts on disk */
    struct CMUnitTest again[CASES];
    memcpy(again, tests, sizeof again);
    return failed + cmocka_run_group_tests_name("reduce, by parts", again, start, stop);
}
