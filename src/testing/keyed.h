/* SPDX-License-Identifier: Apache-2.0 */
/* keyed.h: records with keys of all kinds, at random under a seed, for the tests of operators
 * by key.
 *
 * A key has a small number, of which it is made, and each record's value tells the number too: so a
 * test can compare what an operator gives with plain arrays of numbers. */
#ifndef WADI_TESTING_KEYED_H
#define WADI_TESTING_KEYED_H
#include "base/mem.h"
#include "base/pool.h"
#include "data/value.h"
#include "rdd/context.h"
#include "rdd/rdd.h"

#include <wadi/wadi.h>

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Kinds of keys ---- */

#define TEST_KIND(K, k)                                                                       \
    WADI_RECORD(k##_pair, (K, key), (int64_t, value));                                        \
    WADI_SEQ(k##_pair_list, k##_pair);                                                        \
    WADI_RECORD(k##_joined, (K, key), (wadi_int64_option, left), (wadi_int64_option, right)); \
    WADI_RECORD(k##_values, (K, key), (wadi_int64_list, values));                             \
    WADI_RECORD(k##_two, (K, key), (wadi_int64_list, left), (k##_pair_list, right));          \
    WADI_RECORD(k##_three, (K, key), (wadi_int64_list, a), (wadi_int64_list, b),              \
                (wadi_int64_list, c))
WADI_RECORD(place, (wadi_str, city), (int32_t, number));
TEST_KIND(int64_t, long);
TEST_KIND(int32_t, int);
TEST_KIND(int8_t, byte);
TEST_KIND(double, real);
TEST_KIND(wadi_str, str);
TEST_KIND(place, place);

typedef struct test_kind {
    const char *name;
    const wadi_type *key, *pair, *joined, *values, *two, *three;
    void (*make)(uint32_t number, void *key);
} test_kind;

static void make_long(uint32_t number, void *key) {
    *(int64_t *)key = (int64_t)(number * 0x9E3779B97F4A7C15ull);
}
static void make_int(uint32_t number, void *key) {
    *(int32_t *)key = (int32_t)(number * 0x9E3779B9u);
}
static void make_byte(uint32_t number, void *key) { *(int8_t *)key = (int8_t)number; }
static void make_real(uint32_t number, void *key) {
    *(double *)key = number == 0       ? -0.0
                     : number == 1     ? (double)NAN
                     : number % 2 == 0 ? number / 3.0
                                       : -1e300 / number;
}
/* Of all lengths up to 40 bytes: in place, just beyond, and with long beginnings in common. */
static void make_str(uint32_t number, void *key) {
    static char *texts[1 << 16];
    uint32_t at = number & 0xffff;
    if (texts[at] == NULL) {
        char text[64];
        int n = snprintf(text, sizeof text, "%.*s%u", (int)(at * 7 % 31),
                         "the same beginning of many a key", at);
        texts[at] = at == 0 ? strdup("") : strndup(text, (size_t)n);
    }
    *(wadi_str *)key = wadi_str_of(texts[at]);
}
static void make_place(uint32_t number, void *key) {
    place *made = key;
    memset(made, 0, sizeof *made);
    make_str(number / 3, &made->city);
    made->number = (int32_t)(number % 3);
}
#define TEST_KIND_ROW(K, k)                                                                  \
    {                                                                                        \
#k, WADI_TYPE(K), WADI_TYPE(k##_pair), WADI_TYPE(k##_joined), WADI_TYPE(k##_values), \
            WADI_TYPE(k##_two), WADI_TYPE(k##_three), make_##k                               \
    }
static const test_kind test_kinds[] = {TEST_KIND_ROW(int64_t, long), TEST_KIND_ROW(int32_t, int),
                                       TEST_KIND_ROW(int8_t, byte),  TEST_KIND_ROW(double, real),
                                       TEST_KIND_ROW(wadi_str, str), TEST_KIND_ROW(place, place)};
enum { TEST_SHARE = 30000 }; /* bytes of a task, with which operators work by parts */
enum { TEST_KIND_COUNT = sizeof test_kinds / sizeof test_kinds[0], TEST_STRIDE = 1000000 };

/* ---- Chance ---- */

static inline uint64_t test_random(uint64_t *state) { /* splitmix64 */
    uint64_t z = *state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

/* ---- Records ---- */

/* `count` records with keys among key_count: record i has number n[i] and value n[i] * TEST_STRIDE
 * + i. */
typedef struct test_rows {
    const test_kind *kind;
    uint32_t count;
    uint32_t *numbers;
    char *rows; /* of kind->pair */
} test_rows;

static inline test_rows test_rows_make(const test_kind *kind, uint32_t count, uint32_t key_count,
                                       uint64_t *seed) {
    test_rows made = {kind, count, calloc(count + 1, sizeof(uint32_t)),
                      calloc(count + 1, kind->pair->size)};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)(test_random(seed) % key_count);
        if (kind->key->size == 1) number %= 128;
        char *row = made.rows + i * kind->pair->size;
        kind->make(number, row);
        *(int64_t *)(void *)(row + kind->pair->fields[1].offset) =
            (int64_t)number * TEST_STRIDE + i;
        made.numbers[i] = number;
    }
    return made;
}
static inline void test_rows_free(test_rows *rows) {
    free(rows->numbers);
    free(rows->rows);
}
static inline int64_t test_value(const test_rows *rows, uint32_t i) {
    return (int64_t)rows->numbers[i] * TEST_STRIDE + i;
}
static inline wadi_rdd *test_rdd(wadi_context *sc, const test_rows *rows, uint32_t partitions) {
    wadi_op_options options = {.size = sizeof options, .partitions = partitions};
    return wadi__parallelize(sc, rows->kind->pair, rows->rows, rows->count, &options);
}
/* Whether a record begins with the key of this number. */
static inline bool test_has_key(const test_kind *kind, const void *row, uint32_t number) {
    _Alignas(8) char key[64] = {0};
    kind->make(number, key);
    return wadi__value_equal(wadi__type_intern(kind->key, NULL), row, key);
}

/* ---- Batches ---- */

typedef struct test_batch {
    wadi__scope scope, *before;
} test_batch;
static inline void test_batch_begin(test_batch *batch) {
    wadi__scope_init(&batch->scope, 1000);
    batch->before = wadi__scope_enter(&batch->scope);
}
/* The batch's error message, or "". */
static inline const char *test_batch_error(const test_batch *batch) {
    return batch->scope.has_failed ? batch->scope.err.message : "";
}
static inline void test_batch_end(test_batch *batch) {
    wadi__scope_enter(batch->before);
    wadi__scope_fini(&batch->scope);
}

/* Fails unless the message has these words. */
#define test_says(message, words)                                   \
    do {                                                            \
        if (strstr((message), (words)) == NULL)                     \
            fail_msg("'%s' does not say '%s'", (message), (words)); \
    } while (0)
/* What is wrong with an RDD; "": nothing. */
static inline const char *test_error_of(const wadi_rdd *rdd) {
    return rdd->err != NULL ? rdd->err->message : "";
}

/* A number that tells which records there are; is_ordered: and in which order. 0: it failed. */
static inline uint64_t test_digest(wadi_rdd *rdd, bool is_ordered) {
    size_t n;
    const char *rows = wadi__collect(rdd, &rdd->type->pub, &n);
    uint64_t digest = n;
    for (size_t i = 0; i < n; i++)
        digest +=
            wadi__value_hash(rdd->type, rows + i * rdd->type->pub.size) * (is_ordered ? i + 1 : 1);
    return digest;
}
/* Runs it in a batch of its own while request number n for memory is refused, and those after it
 * too if for_good: a failure must be WADI_E_NOMEM, without one the digest must be as always, and
 * nothing may be left behind. Returns whether it failed. */
static inline bool test_refuse(uint64_t (*run)(void *arg), void *arg, uint64_t digest, uint64_t n,
                               bool for_good) {
    test_batch batch;
    wadi__pool_trim(); /* whose own lists count as memory */
    size_t pool_before = wadi__pool_in_use();
    int64_t mem_before = wadi__mem_in_use();
    test_batch_begin(&batch);
    wadi__mem_fail_at(n, for_good);
    uint64_t got = run(arg);
    wadi__mem_fail_at(0, false);
    bool failed = batch.scope.has_failed;
    if (failed)
        assert_int_equal(batch.scope.err.status, WADI_E_NOMEM);
    else
        assert_int_equal(got, digest);
    test_batch_end(&batch);
    wadi__pool_trim();
    int64_t left = wadi__mem_in_use() - mem_before;
    bool is_moved = left == 16 || left == -16; /* what stays, as an accumulator's value, has another place */
    if (wadi__pool_in_use() != pool_before || (left != 0 && !is_moved))
        fail_msg("request %" PRIu64 ": %zu bytes of the pool and %" PRId64 " others are left", n,
                 wadi__pool_in_use() - pool_before, left);
    return failed;
}
/* Lets every request for memory of `run`, which returns a digest, fail in turn: first with all
 * after it, until it succeeds; then alone, so that tasks are tried again and mostly succeed. */
static inline void test_sweep(uint64_t (*run)(void *arg), void *arg) {
    uint64_t requests = 0, digest = 0, failed = 0;
    for (int round = 0; round < 2; round++) { /* the first one fills caches */
        test_batch batch;
        test_batch_begin(&batch);
        requests = wadi__mem_requests();
        digest = run(arg);
        requests = wadi__mem_requests() - requests;
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
    }
    for (uint64_t n = 1; test_refuse(run, arg, digest, n, true); n++)
        assert_true(n < 100 * requests);
    for (uint64_t n = 1; n <= requests; n++) failed += test_refuse(run, arg, digest, n, false);
    assert_true(failed < requests);
}
#endif
