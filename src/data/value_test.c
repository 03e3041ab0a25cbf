/* SPDX-License-Identifier: Apache-2.0 */
/* value_test.c: hash, equality, order and copies of values of every type. */
#include "data/value.h"

#include "data/test_random.h"
#include "testing/unit.h"

#include <math.h>

/* ---- Values of random types ---- */

enum { VALUES = 24, VALUE_BYTES_MAX = 1 << 16 };

/* The same values twice, each with its own bytes outside. */
typedef struct values {
    const wadi__type *type;
    test_random first, second;
    char *rows[2];
} values;
static bool make_values(values *made, uint64_t seed) {
    made->first = made->second = (test_random){seed, {0}};
    made->type = wadi__type_intern(test_random_type(&made->first, 3), NULL);
    test_random_type(&made->second, 3); /* goes through the same numbers */
    size_t size = made->type->pub.size;
    if (size * VALUES > VALUE_BYTES_MAX) return false;
    for (int side = 0; side < 2; side++) {
        made->rows[side] = calloc(VALUES, size);
        for (size_t i = 0; i < VALUES; i++)
            test_random_value(side == 0 ? &made->first : &made->second, &made->type->pub,
                              made->rows[side] + i * size);
    }
    return true;
}
static void free_values(values *made) {
    wadi__arena_fini(&made->first.arena);
    wadi__arena_fini(&made->second.arena);
    free(made->rows[0]);
    free(made->rows[1]);
}
static const char *at(const values *made, int side, size_t i) {
    return made->rows[side] + i * made->type->pub.size;
}
static void check_pair(const values *made, size_t i, size_t k) {
    const wadi__type *type = made->type;
    const char *a = at(made, 0, i), *b = at(made, 1, k);
    int order = wadi__value_compare(type, a, b);
    assert_int_equal(wadi__value_compare(type, b, a), -order);
    assert_int_equal(wadi__value_equal(type, a, b), order == 0);
    if (order == 0) assert_int_equal(wadi__value_hash(type, a), wadi__value_hash(type, b));
    if (i == k) assert_int_equal(order, 0);
    for (size_t c = 0; c < 4; c++) { /* a <= b and b <= c: a <= c */
        int next = wadi__value_compare(type, b, at(made, 0, c));
        if (order <= 0 && next <= 0) assert_true(wadi__value_compare(type, a, at(made, 0, c)) <= 0);
    }
}
static void check_hashes(const values *made) {
    size_t size = made->type->pub.size;
    uint64_t hashes[VALUES];
    wadi__value_hash_rows(made->type, made->rows[0], size, NULL, VALUES, hashes);
    for (size_t i = 0; i < VALUES; i++) {
        assert_int_equal(hashes[i], wadi__value_hash(made->type, at(made, 1, i)));
        assert_int_not_equal(hashes[i], 0);
    }
    uint32_t selected[] = {5, 0, 5, 23};
    wadi__value_hash_rows(made->type, made->rows[0], size, selected, 4, hashes);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(hashes[i], wadi__value_hash(made->type, at(made, 0, selected[i])));
}
/* Copies refer to nothing of what they were copied from. */
static void check_own(values *made) {
    size_t size = made->type->pub.size;
    wadi__arena arena = {0};
    for (size_t i = 0; i < VALUES; i++) {
        size_t outside = wadi__value_outside_bytes(made->type, at(made, 0, i));
        assert_true(outside > 0 ? made->type->has_outside : true);
        assert_true(wadi__value_own(made->type, made->rows[0] + i * size, &arena));
        assert_int_equal(wadi__value_outside_bytes(made->type, at(made, 0, i)), outside);
    }
    wadi__arena_fini(&made->first.arena);
    for (size_t i = 0; i < VALUES; i++)
        assert_true(wadi__value_equal(made->type, at(made, 0, i), at(made, 1, i)));
    wadi__arena_fini(&arena);
}
static void test_random_values(void **state) {
    (void)state;
    uint64_t seed = test_random_seed(7);
    for (uint64_t round = 0; round < 500; round++) {
        values made;
        if (!make_values(&made, seed + round)) continue;
        for (size_t i = 0; i < VALUES; i++)
            for (size_t k = 0; k < VALUES; k++) check_pair(&made, i, k);
        check_hashes(&made);
        check_own(&made);
        free_values(&made);
    }
}

/* ---- Order, by kind ---- */

WADI_OPTION(maybe_int, int32_t);
WADI_OPTION(maybe_str, wadi_str);
WADI_SEQ(str_option_list, maybe_str);
typedef uint64_t user_id;
WADI_ALIAS(user_id, uint64_t);
WADI_RECORD(pair, (wadi_str, word), (int8_t, count));
WADI_RECORD(three, (int16_t, at, 3));

static double of_nan(uint64_t payload) {
    uint64_t bits = 0x7ff0000000000000ull | payload;
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
/* Checks that rows are in strictly ascending order. */
static void check_ascending(const wadi_type *pub, const void *rows, size_t count) {
    const wadi__type *type = wadi__type_intern(pub, NULL);
    const char *bytes = rows;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            int order = wadi__value_compare(type, bytes + i * pub->size, bytes + k * pub->size);
            if ((order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("%s: %zu and %zu compare as %d", pub->name != NULL ? pub->name : "?", i, k,
                         order);
            assert_int_equal(wadi__value_equal(type, bytes + i * pub->size, bytes + k * pub->size),
                             i == k);
        }
}
#define ASCENDING(T, ...)                                                     \
    do {                                                                      \
        T rows_[] = {__VA_ARGS__};                                            \
        check_ascending(WADI_TYPE(T), rows_, sizeof rows_ / sizeof rows_[0]); \
    } while (0)
static void test_order(void **state) {
    (void)state;
    ASCENDING(bool, false, true);
    ASCENDING(int8_t, -128, -1, 0, 1, 127);
    ASCENDING(int16_t, INT16_MIN, -1, 0, 1, INT16_MAX);
    ASCENDING(int32_t, INT32_MIN, -1, 0, 1, INT32_MAX);
    ASCENDING(int64_t, INT64_MIN, -1, 0, 1, INT64_MAX);
    ASCENDING(uint8_t, 0, 1, 127, 128, 255);
    ASCENDING(uint16_t, 0, 1, 32768, 65535);
    ASCENDING(uint32_t, 0, 1, 1u << 31, UINT32_MAX);
    ASCENDING(uint64_t, 0, 1, 1ull << 63, UINT64_MAX);
    ASCENDING(user_id, 0, 1, 1ull << 63, UINT64_MAX);
    ASCENDING(double, -INFINITY, -1e300, -1, -1e-320, 0, 1e-320, 1, 1e300, INFINITY, NAN);
    ASCENDING(float, -INFINITY, -1e30f, -1, 0, 1e-45f, 1, 1e30f, INFINITY, NAN);
    ASCENDING(maybe_int, {.value = 0, .is_set = false}, {INT32_MIN, true}, {0, true}, {5, true});
}
static void test_order_of_strings(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } texts[] = {{"", 0},
                 {"\0", 1},
                 {"\0\0", 2},
                 {"\0a", 2},
                 {"a", 1},
                 {"a\0", 2},
                 {"aaaaaaaaaaaa", 12},
                 {"aaaaaaaaaaaaa", 13},
                 {"aaaaaaaaaaaab", 13},
                 {"aaaaaaaaaaab", 12},
                 {"aaaaz", 5},
                 {"aaab", 4},
                 {"b", 1},
                 {"\x7f", 1},
                 {"\x80", 1},
                 {"\xff", 1},
                 {"\xff\xff", 2}};
    enum { COUNT = sizeof texts / sizeof texts[0] };
    wadi_str rows[COUNT];
    pair pairs[COUNT];
    memset(pairs, 0, sizeof pairs);
    for (size_t i = 0; i < COUNT; i++) {
        rows[i] = wadi_str_view(texts[i].bytes, texts[i].len);
        pairs[i].word = rows[i];
        pairs[i].count = (int8_t) - (int)i; /* counts for less */
    }
    check_ascending(WADI_TYPE(wadi_str), rows, COUNT);
    check_ascending(WADI_TYPE(pair), pairs, COUNT);
}
static void test_order_of_compounds(void **state) {
    (void)state;
    static const int64_t numbers[] = {1, 2, 3, 1, 3};
    ASCENDING(wadi_int64_list, {NULL, 0}, {numbers, 1}, {numbers, 2}, {numbers, 3},
              {numbers + 3, 2}, {numbers + 1, 1});
    ASCENDING(three, {{1, 2, 3}}, {{1, 3, 2}}, {{2, 0, 0}});
    maybe_str inner[] = {{.is_set = false}, {wadi_str_of("a string of twenty.."), true}};
    ASCENDING(str_option_list, {NULL, 0}, {inner, 1}, {inner, 2}, {inner + 1, 1});
    pair pairs[3] = {{wadi_str_of("a"), -1}, {wadi_str_of("a"), 1}, {wadi_str_of("b"), -5}};
    check_ascending(WADI_TYPE(pair), pairs, 3);
}

/* ---- What makes no difference ---- */

static void check_same(const wadi_type *pub, const void *a, const void *b) {
    const wadi__type *type = wadi__type_intern(pub, NULL);
    assert_true(wadi__value_equal(type, a, b));
    assert_int_equal(wadi__value_compare(type, a, b), 0);
    assert_int_equal(wadi__value_hash(type, a), wadi__value_hash(type, b));
}
WADI_RECORD(padded, (int8_t, a), (int64_t, b), (float, c));
static void test_same(void **state) {
    (void)state;
    double zero = 0, minus_zero = -0.0, nans[] = {NAN, -NAN, of_nan(1), of_nan(0xfffffffffffffull)};
    check_same(WADI_TYPE(double), &zero, &minus_zero);
    for (size_t i = 1; i < 4; i++) check_same(WADI_TYPE(double), &nans[0], &nans[i]);
    float small_zero = 0, small_minus = -0.0f, small_nan = NAN, other_nan = -NAN;
    check_same(WADI_TYPE(float), &small_zero, &small_minus);
    check_same(WADI_TYPE(float), &small_nan, &other_nan);
    padded a, b; /* bytes between fields are nothing */
    memset(&a, 0x11, sizeof a);
    memset(&b, 0xee, sizeof b);
    a.a = b.a = 1, a.b = b.b = 2, a.c = b.c = 3;
    check_same(WADI_TYPE(padded), &a, &b);
    maybe_str none, other; /* nor is the value that an option has not */
    memset(&none, 0x11, sizeof none);
    memset(&other, 0xee, sizeof other);
    none.is_set = other.is_set = false;
    check_same(WADI_TYPE(maybe_str), &none, &other);
    wadi__arena arena = {0};
    const wadi__type *type = wadi__type_intern(WADI_TYPE(maybe_str), NULL);
    assert_true(wadi__value_own(type, &none, &arena)); /* and nobody looks at it */
    assert_int_equal(wadi__value_outside_bytes(type, &none), 0);
    assert_int_equal(arena.size_bytes, 0);
    wadi_int64_list empty = {NULL, 0}, pointing = {(const int64_t *)&a, 0};
    check_same(WADI_TYPE(wadi_int64_list), &empty, &pointing);
    char one[] = "the same text in two places", two[] = "the same text in two places";
    wadi_str s = wadi_str_of(one), t = wadi_str_of(two);
    check_same(WADI_TYPE(wadi_str), &s, &t);
}
/* Hashes of what differs differ, and spread over their low and their high bits. */
static void test_spread(void **state) {
    (void)state;
    enum { COUNT = 4096 };
    const wadi__type *types[] = {wadi__type_int64(), wadi__type_intern(WADI_TYPE(double), NULL),
                                 wadi__type_intern(WADI_TYPE(pair), NULL),
                                 wadi__type_intern(WADI_TYPE(wadi_int64_list), NULL)};
    for (size_t t = 0; t < 4; t++) {
        unsigned low[64] = {0}, high[64] = {0};
        for (int64_t i = 0; i < COUNT; i++) {
            char text[32];
            snprintf(text, sizeof text, "%d", (int)i);
            double real = (double)i;
            pair record = {wadi_str_of(text), (int8_t)(i % 2)};
            wadi_int64_list list = {&i, 1};
            const void *samples[] = {&i, &real, &record, &list};
            uint64_t h = wadi__value_hash(types[t], samples[t]);
            low[h >> 1 & 63]++;
            high[h >> 58]++;
        }
        for (size_t i = 0; i < 64; i++) {
            assert_in_range(low[i], 24, 120); /* of 64 that are expected */
            assert_in_range(high[i], 24, 120);
        }
    }
}

/* ---- Memory ---- */

static bool own_once(void *arg) {
    (void)arg;
    static char text[5000];
    memset(text, 'x', sizeof text);
    maybe_str items[] = {{wadi_str_view(text, 5000), true}, {wadi_str_view(text, 4000), true}};
    str_option_list list = {items, 2};
    wadi__arena arena = {0};
    bool is_own =
        wadi__value_own(wadi__type_intern(WADI_TYPE(str_option_list), NULL), &list, &arena);
    if (!is_own) assert_int_equal(list.count, 2);
    wadi__arena_fini(&arena);
    return is_own;
}
static void test_no_memory(void **state) {
    (void)state;
    own_once(NULL); /* the pool's own lists stay */
    assert_true(wadi__unit_refuse_each(own_once, NULL, false) >= 2);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_random_values);
    wadi__unit_add(&unit, test_order);
    wadi__unit_add(&unit, test_order_of_strings);
    wadi__unit_add(&unit, test_order_of_compounds);
    wadi__unit_add(&unit, test_same);
    wadi__unit_add(&unit, test_spread);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "value");
}
