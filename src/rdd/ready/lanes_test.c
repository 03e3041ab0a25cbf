/* SPDX-License-Identifier: Apache-2.0 */
/* lanes_test.c: reductions over arrays make what the functions make of records. */
#include "rdd/ready/lanes.h"

#include "rdd/ready/ready.h"
#include "testing/keyed.h"
#include "testing/unit.h"

WADI_RECORD(signed_lane, (wadi_str, key), (int64_t, n));
WADI_RECORD(unsigned_lanes, (wadi_str, key), (uint64_t, n), (uint64_t, more, 2));
WADI_RECORD(mixed_signs, (wadi_str, key), (int64_t, n), (uint64_t, m));
WADI_RECORD(narrow, (wadi_str, key), (int32_t, n), (int32_t, m));
WADI_RECORD(real, (wadi_str, key), (double, x));
WADI_RECORD(padded, (int32_t, key), (int64_t, n));
WADI_REDUCE(add_lane, signed_lane) { acc->n += in->n; }

typedef struct lanes_case {
    const char *name;
    const wadi_reduce_fn *fn;
    const wadi_type *type;
    uint32_t lanes; /* 0: none */
} lanes_case;
static lanes_case cases[] = {
    {"sums of signed numbers", &wadi_add, WADI_TYPE(signed_lane), 1},
    {"differences", &wadi_subtract, WADI_TYPE(signed_lane), 1},
    {"the least signed", &wadi_min, WADI_TYPE(signed_lane), 1},
    {"the largest signed", &wadi_max, WADI_TYPE(signed_lane), 1},
    {"three lanes: sums", &wadi_add, WADI_TYPE(unsigned_lanes), 3},
    {"three lanes: differences", &wadi_subtract, WADI_TYPE(unsigned_lanes), 3},
    {"three lanes: the least unsigned", &wadi_min, WADI_TYPE(unsigned_lanes), 3},
    {"three lanes: the largest unsigned", &wadi_max, WADI_TYPE(unsigned_lanes), 3},
    {"a short key", &wadi_add, WADI_TYPE(padded), 1},
    {"no key", &wadi_max, WADI_TYPE(int64_t), 1},
    {"two kinds", &wadi_add, WADI_TYPE(mixed_signs), 0},
    {"four bytes each", &wadi_add, WADI_TYPE(narrow), 0},
    {"floating point", &wadi_add, WADI_TYPE(real), 0},
    {"a function of the user's", NULL, WADI_TYPE(signed_lane), 0},
};

enum { ROWS = 64, NUMBERS = 16, LANES_MAX = 3, ROW_MAX = 64 };

static size_t tail_at(const wadi_type *type) {
    return type->kind == WADI_KIND_RECORD ? type->fields[1].offset : 0;
}
/* Extremes, too: signed and unsigned differ there. */
static uint64_t number_of(uint64_t *seed) {
    uint64_t random = test_random(seed);
    return random % 4 == 0 ? random % 3 - 1 : random;
}
/* As the function makes it of two records. */
static void reduce(const wadi__bound_fn *f, const lanes_case *row, uint64_t *acc,
                   const uint64_t *in) {
    _Alignas(16) char rows[2][ROW_MAX] = {{0}};
    const size_t at = tail_at(row->type), size = row->lanes * sizeof(uint64_t);
    void *accs[1] = {rows[0]};
    memcpy(rows[0] + at, acc, size);
    memcpy(rows[1] + at, in, size);
    wadi_call call = {.count = 1, .in = rows[1], .accs = accs, .env = f->env, .fn = row->fn->fn};
    row->fn->fn->run(&call);
    memcpy(acc, rows[0] + at, size);
}
static void check_loops(const wadi__bound_fn *f, const wadi__lanes *lanes, const lanes_case *row) {
    uint64_t seed = 1, from[3][ROWS * LANES_MAX], made[NUMBERS * LANES_MAX],
             wanted[NUMBERS * LANES_MAX];
    uint32_t numbers[ROWS];
    for (size_t i = 0; i < ROWS * row->lanes; i++)
        for (size_t k = 0; k < 3; k++) from[k][i] = number_of(&seed);
    for (size_t i = 0; i < ROWS; i++) numbers[i] = (uint32_t)(test_random(&seed) % NUMBERS);
    for (size_t i = 0; i < NUMBERS * row->lanes; i++) made[i] = wanted[i] = lanes->none;
    lanes->scatter(made, numbers, from[0], ROWS, row->lanes);
    for (size_t i = 0; i < ROWS; i++)
        reduce(f, row, wanted + numbers[i] * row->lanes, from[0] + i * row->lanes);
    assert_memory_equal(made, wanted, NUMBERS * row->lanes * sizeof made[0]);

    uint64_t mixed[ROWS * LANES_MAX], sums[ROWS * LANES_MAX], first[ROWS * LANES_MAX];
    memcpy(first, from[0], sizeof first);
    for (size_t c = 1; c <= 2; c++) {
        lanes->mix(mixed, from[0], from[1], c == 2 ? from[2] : NULL, ROWS * row->lanes);
        memcpy(sums, from[0], sizeof sums);
        for (size_t i = 0; i < ROWS * row->lanes; i += row->lanes)
            for (size_t k = 1; k <= c; k++) reduce(f, row, sums + i, from[k] + i);
        assert_memory_equal(mixed, sums, ROWS * row->lanes * sizeof mixed[0]);
        if (c == 2) continue;
        lanes->merge(from[0], from[1], ROWS * row->lanes);
        assert_memory_equal(from[0], sums, ROWS * row->lanes * sizeof mixed[0]);
        memcpy(from[0], first, sizeof first);
    }
}
static void test_lanes(void **state) {
    const lanes_case *row = *state;
    const wadi_fn *fn = row->fn != NULL ? row->fn->fn : add_lane.fn;
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(row->type, NULL);
    wadi__bound_fn *f = wadi__bound_fn_new(fn, WADI_FN_REDUCE, NULL, type, NULL, &err);
    assert_non_null(f);
    const size_t at = tail_at(row->type), size = row->type->size - at;
    const wadi__lanes *lanes = wadi__lanes_of(f, at, size);
    assert_int_equal(lanes != NULL, row->lanes > 0);
    if (lanes != NULL) {
        assert_int_equal(size, row->lanes * sizeof(uint64_t));
        check_loops(f, lanes, row);
        assert_null(wadi__lanes_of(f, at, size + sizeof(uint64_t)));
        assert_null(wadi__lanes_of(f, at + 4, size));
        assert_int_equal(lanes->is_commutative, row->fn != &wadi_subtract);
        assert_int_equal(lanes->undo != NULL, row->fn == &wadi_add);
    }
    wadi__bound_fn_unref(f);
}
int main(void) {
    struct CMUnitTest tests[sizeof cases / sizeof cases[0]];
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, test_lanes, NULL, NULL, &cases[i]};
    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
