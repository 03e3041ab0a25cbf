/* SPDX-License-Identifier: Apache-2.0 */
/* pool_test.c: pieces, their splitting and joining, the bound, and what is kept. */
#include "base/pool.h"

#include "testing/chance.h"
#include "testing/unit.h"

#include <pthread.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define SPAN ((size_t)WADI__POOL_SPAN_BYTES)

/* Each test begins with an empty pool. */
static void start_empty(void) {
    wadi__pool_set_limit(0);
    wadi__pool_trim();
    wadi__pool_counts counts = wadi__pool_count();
    assert_int_equal(counts.in_use_bytes, 0);
    assert_int_equal(counts.mapped_bytes, 0);
}

typedef struct round_case {
    const char *name;
    size_t asked, expected;
} round_case;
static const round_case round_cases[] = {
    {"nothing", 0, 4 * KIB},
    {"one byte", 1, 4 * KIB},
    {"a page", 4 * KIB, 4 * KIB},
    {"a page and a byte", 4 * KIB + 1, 8 * KIB},
    {"a span", SPAN, SPAN},
    {"a span less a byte", SPAN - 1, SPAN},
    {"a span and a byte", SPAN + 1, 2 * SPAN},
    {"large ones in steps of a span", 9 * MIB, 10 * MIB},
    {"very large ones in steps of an eighth", 513 * MIB, 576 * MIB},
    {"a power of two stays", 512 * MIB, 512 * MIB},
};
static void test_round(void **state) {
    const round_case *row = *state;
    assert_int_equal(wadi__pool_round(row->asked), row->expected);
    assert_int_equal(wadi__pool_round(row->expected), row->expected);
}

static void test_splits_and_joins(void **state) {
    (void)state;
    start_empty();
    enum { PIECES = SPAN / (4 * KIB) };
    char *pieces[PIECES];
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = wadi__pool_get(4 * KIB);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % (4 * KIB), 0);
        memset(pieces[i], i, 4 * KIB);
    }
    assert_int_equal(wadi__pool_count().mapped_bytes, SPAN); /* all from one span */
    for (int i = 0; i < PIECES; i++) assert_int_equal(pieces[i][4 * KIB - 1], (char)i);
    for (int i = 0; i < PIECES; i += 2) wadi__pool_put(pieces[i], 4 * KIB);
    void *two = wadi__pool_get(8 * KIB); /* no two free ones lie together, so it is another span */
    assert_int_equal(wadi__pool_count().mapped_bytes, 2 * SPAN);
    wadi__pool_put(two, 8 * KIB);
    for (int i = 1; i < PIECES; i += 2) wadi__pool_put(pieces[i], 4 * KIB);
    void *whole = wadi__pool_get(SPAN), *other = wadi__pool_get(SPAN);
    assert_int_equal(wadi__pool_count().mapped_bytes, 2 * SPAN); /* both were joined again */
    wadi__pool_put(whole, SPAN);
    wadi__pool_put(other, SPAN);
}

static void test_sizes_are_aligned_by_themselves(void **state) {
    (void)state;
    start_empty();
    for (size_t size = 4 * KIB; size <= 8 * MIB; size *= 2) {
        char *piece = wadi__pool_get(size);
        size_t align = size < SPAN ? size : SPAN;
        assert_int_equal((uintptr_t)piece % align, 0);
        piece[0] = piece[size - 1] = 1;
        assert_true(wadi__pool_has(piece));
        assert_true(wadi__pool_has(piece + size - 1));
        wadi__pool_put(piece, size);
    }
    int local;
    assert_false(wadi__pool_has(&local));
}

static void test_counts(void **state) {
    (void)state;
    start_empty();
    void *small = wadi__pool_get(5000), *large = wadi__pool_get(3 * MIB);
    wadi__pool_counts counts = wadi__pool_count();
    assert_int_equal(counts.in_use_bytes, 8 * KIB + 4 * MIB);
    assert_int_equal(counts.in_use_bytes, wadi__pool_in_use());
    assert_int_equal(counts.mapped_bytes, 6 * MIB);
    assert_true(counts.peak_bytes >= counts.in_use_bytes);
    wadi__pool_put(small, 8 * KIB); /* as it was rounded */
    wadi__pool_put(large, 3 * MIB); /* as it was asked for */
    wadi__pool_put(NULL, 100);
    assert_int_equal(wadi__pool_in_use(), 0);
}

static void test_large_mappings_come_back(void **state) {
    (void)state;
    start_empty();
    char *piece = wadi__pool_get(5 * MIB);
    memset(piece, 1, 5 * MIB);
    wadi__pool_put(piece, 5 * MIB);
    assert_int_equal(wadi__pool_count().mapped_bytes, 6 * MIB); /* kept for the next batch */
    char *again = wadi__pool_get(6 * MIB);
    assert_ptr_equal(again, piece);
    char *other = wadi__pool_get(7 * MIB); /* another size */
    assert_int_equal(wadi__pool_count().mapped_bytes, 14 * MIB);
    wadi__pool_put(again, 6 * MIB);
    wadi__pool_put(other, 7 * MIB);
}

static void test_bound_refuses_and_counts(void **state) {
    (void)state;
    start_empty();
    wadi__pool_set_limit(1 * MIB);
    assert_int_equal(wadi__pool_limit(), 1 * MIB);
    uint64_t refused = wadi__pool_count().refused;
    void *half = wadi__pool_get(512 * KIB), *rest = wadi__pool_get(512 * KIB);
    assert_non_null(half);
    assert_non_null(rest); /* up to the bound itself */
    assert_null(wadi__pool_get(1));
    assert_null(wadi__pool_get(100 * MIB));
    assert_int_equal(wadi__pool_count().refused, refused + 2);
    assert_int_equal(wadi__pool_in_use(), 1 * MIB); /* what was refused is not counted */
    wadi__pool_set_limit(256 * KIB);                /* passed already: what is taken stays */
    memset(half, 1, 512 * KIB);
    wadi__pool_put(rest, 512 * KIB);
    assert_null(wadi__pool_get(1));
    wadi__pool_put(half, 512 * KIB);
    half = wadi__pool_get(256 * KIB);
    assert_non_null(half);
    wadi__pool_put(half, 256 * KIB);
    wadi__pool_set_limit(0);
}

/* Free memory of other sizes must not lead the process past the bound. */
static void test_bound_holds_for_what_is_mapped(void **state) {
    (void)state;
    start_empty();
    wadi__pool_set_limit(64 * MIB);
    for (int turn = 0; turn < 3; turn++) {
        void *small[28], *first = wadi__pool_get(40 * MIB);
        wadi__pool_put(first, 40 * MIB);
        for (int i = 0; i < 28; i++) assert_non_null(small[i] = wadi__pool_get(SPAN));
        assert_true(wadi__pool_count().mapped_bytes <= 64 * MIB);
        for (int i = 0; i < 28; i++) wadi__pool_put(small[i], SPAN);
        void *large = wadi__pool_get(40 * MIB);
        assert_non_null(large);
        assert_true(wadi__pool_count().mapped_bytes <= 64 * MIB);
        wadi__pool_put(large, 40 * MIB);
        void *other = wadi__pool_get(48 * MIB);
        assert_non_null(other);
        assert_true(wadi__pool_count().mapped_bytes <= 64 * MIB);
        wadi__pool_put(other, 48 * MIB);
        wadi__pool_trim();
    }
    wadi__pool_set_limit(0);
}

static void test_sizes_past_all_memory(void **state) {
    (void)state;
    start_empty();
    assert_null(wadi__pool_get(SIZE_MAX));
    assert_null(wadi__pool_get(SIZE_MAX / 2));
    assert_null(wadi__pool_get((size_t)1 << 60));
    assert_int_equal(wadi__pool_in_use(), 0);
}

static void test_trim_gives_back(void **state) {
    (void)state;
    start_empty();
    void *kept = wadi__pool_get(4 * KIB), *spans[8], *large = wadi__pool_get(8 * MIB);
    for (int i = 0; i < 8; i++) spans[i] = wadi__pool_get(SPAN);
    for (int i = 0; i < 8; i++) wadi__pool_put(spans[i], SPAN);
    wadi__pool_put(large, 8 * MIB);
    assert_int_equal(wadi__pool_count().mapped_bytes, 26 * MIB);
    int64_t before = wadi__mem_in_use();
    wadi__pool_trim();
    assert_int_equal(wadi__pool_count().mapped_bytes, SPAN); /* that of the piece in use */
    assert_true(wadi__mem_in_use() < before);
    wadi__pool_put(kept, 4 * KIB);
}

/* What is kept free follows the use: after a peak it fades while work goes on. */
static void test_peak_fades(void **state) {
    (void)state;
    start_empty();
    void *large = wadi__pool_get(64 * MIB);
    wadi__pool_put(large, 64 * MIB);
    assert_true(wadi__pool_count().mapped_bytes >= 64 * MIB);
    for (int i = 0; i < 8000; i++) wadi__pool_put(wadi__pool_get(4 * KIB), 4 * KIB);
    assert_true(wadi__pool_count().mapped_bytes >= 64 * MIB); /* a job of many tasks is no fading */
    for (int i = 0; i < 100000; i++) wadi__pool_put(wadi__pool_get(64 * KIB), 64 * KIB);
    assert_true(wadi__pool_count().mapped_bytes <= 6 * MIB);
}

typedef struct worker {
    pthread_t thread;
    uint64_t seed;
} worker;
static void *work(void *arg) {
    wadi__chance chance = {((worker *)arg)->seed};
    struct {
        unsigned char *piece;
        size_t size;
    } held[32] = {0};
    for (int turn = 0; turn < 2000; turn++) {
        size_t at = (size_t)wadi__chance_below(&chance, 32);
        unsigned char mark = (unsigned char)(at + ((worker *)arg)->seed * 32);
        if (held[at].piece != NULL) {
            assert_int_equal(held[at].piece[0], mark);
            assert_int_equal(held[at].piece[held[at].size - 1], mark);
            wadi__pool_put(held[at].piece, held[at].size);
        }
        held[at].size = (size_t)1 << wadi__chance_below(&chance, 23);
        held[at].piece = wadi__pool_get(held[at].size);
        if (held[at].piece != NULL) held[at].piece[0] = held[at].piece[held[at].size - 1] = mark;
    }
    for (size_t i = 0; i < 32; i++) wadi__pool_put(held[i].piece, held[i].size);
    return NULL;
}
static void test_many_threads(void **state) {
    (void)state;
    start_empty();
    wadi__pool_set_limit(64 * MIB); /* now and then in the way */
    worker workers[8];
    for (uint64_t i = 0; i < 8; i++) {
        workers[i].seed = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 8; i++) pthread_join(workers[i].thread, NULL);
    assert_true(wadi__pool_count().mapped_bytes <= 70 * MIB);
    start_empty();
}

/* Slips of the library's own end the process at once, where they can be seen. */
static void put_twice(void) {
    char *a = wadi__pool_get(4 * KIB);
    wadi__pool_put(a, 4 * KIB);
    wadi__pool_put(a, 4 * KIB);
}
static void put_with_another_size(void) { wadi__pool_put(wadi__pool_get(4 * KIB), 8 * KIB); }
static void put_the_middle(void) {
    wadi__pool_put((char *)wadi__pool_get(8 * KIB) + 4 * KIB, 4 * KIB);
}
static void put_a_stranger(void) {
    static char stranger[4 * KIB];
    wadi__pool_put(stranger, sizeof stranger);
}
static void put_a_large_one_twice(void) {
    void *a = wadi__pool_get(4 * MIB);
    wadi__pool_put(a, 4 * MIB);
    wadi__pool_put(a, 4 * MIB);
}
static void test_slips_end_the_process(void **state) {
    (void)state;
    assert_true(wadi__unit_aborts(put_twice));
    assert_true(wadi__unit_aborts(put_with_another_size));
    assert_true(wadi__unit_aborts(put_the_middle));
    assert_true(wadi__unit_aborts(put_a_stranger));
    assert_true(wadi__unit_aborts(put_a_large_one_twice));
}

static bool get_and_put(void *arg) {
    size_t size = *(size_t *)arg;
    void *piece = wadi__pool_get(size);
    if (piece == NULL) return false;
    wadi__pool_put(piece, size);
    wadi__pool_trim();
    return true;
}
static void test_no_memory_at_every_request(void **state) {
    (void)state;
    start_empty();
    size_t small = 4 * KIB, large = 4 * MIB;
    assert_int_equal(wadi__unit_refuse_each(get_and_put, &small, false), 2);
    assert_int_equal(wadi__unit_refuse_each(get_and_put, &large, false), 2);
    assert_int_equal(wadi__pool_count().mapped_bytes, 0);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_round, round_cases);
    wadi__unit_add(&unit, test_splits_and_joins);
    wadi__unit_add(&unit, test_sizes_are_aligned_by_themselves);
    wadi__unit_add(&unit, test_counts);
    wadi__unit_add(&unit, test_large_mappings_come_back);
    wadi__unit_add(&unit, test_bound_refuses_and_counts);
    wadi__unit_add(&unit, test_bound_holds_for_what_is_mapped);
    wadi__unit_add(&unit, test_sizes_past_all_memory);
    wadi__unit_add(&unit, test_trim_gives_back);
    wadi__unit_add(&unit, test_peak_fades);
    wadi__unit_add(&unit, test_many_threads);
    wadi__unit_add(&unit, test_slips_end_the_process);
    wadi__unit_add(&unit, test_no_memory_at_every_request);
    return wadi__unit_run(&unit, "pool");
}
