/* SPDX-License-Identifier: Apache-2.0 */
/* arena_test.c: pieces of an arena do not overlap, and all go at once. */
#include "base/arena.h"

#include "testing/chance.h"
#include "testing/unit.h"

static void test_zeroed_is_empty(void **state) {
    (void)state;
    wadi__arena arena = {0};
    assert_false(wadi__arena_has(&arena, &arena));
    wadi__arena_fini(&arena);
    wadi__arena_fini(&arena);
}
static void test_pieces_are_apart(void **state) {
    (void)state;
    wadi__arena arena = {0};
    wadi__chance chance = {1};
    enum { PIECES = 3000 };
    static struct {
        unsigned char *at;
        size_t size;
    } pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        size_t most = i % 100 == 99 ? 1 << 20 : 300;
        pieces[i].size = (size_t)wadi__chance_below(&chance, most);
        pieces[i].at = wadi__arena_alloc(&arena, pieces[i].size);
        assert_non_null(pieces[i].at);
        assert_int_equal((uintptr_t)pieces[i].at % 16, 0);
        assert_true(wadi__arena_has(&arena, pieces[i].at));
        memset(pieces[i].at, (int)i, pieces[i].size);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < pieces[i].size; j++)
            if (pieces[i].at[j] != (unsigned char)i) fail_msg("piece %zu was written over", i);
    wadi__arena_fini(&arena);
    assert_int_equal(arena.size_bytes, 0);
    assert_int_equal(wadi__pool_in_use(), 0);
}
static void test_padding_is_readable(void **state) {
    (void)state;
    /* AddressSanitizer would tell: a piece at the end of its block, and a large one. */
    static const size_t sizes[] = {1, 4096 - 64 - WADI__ARENA_PADDING, 300000, (1 << 20) - 64};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        wadi__arena arena = {0};
        volatile unsigned char *first = wadi__arena_alloc(&arena, 16),
                               *piece = wadi__arena_alloc(&arena, sizes[i]);
        unsigned sum = first[0];
        for (size_t j = 0; j < WADI__ARENA_PADDING; j++) sum += piece[sizes[i] + j];
        (void)sum;
        wadi__arena_fini(&arena);
    }
}
static void test_large_ones_leave_the_block_in_use(void **state) {
    (void)state;
    wadi__arena arena = {0};
    char *a = wadi__arena_alloc(&arena, 16);
    assert_non_null(wadi__arena_alloc(&arena, 1 << 20));
    char *b = wadi__arena_alloc(&arena, 16);
    assert_ptr_equal(b, a + 16);
    wadi__arena_fini(&arena);
}
static void test_zalloc(void **state) {
    (void)state;
    wadi__arena arena = {0};
    memset(wadi__arena_alloc(&arena, 2000), 0xAA, 2000);
    wadi__arena_fini(&arena);
    unsigned char *zeroed = wadi__arena_zalloc(&arena, 2000); /* the same memory again */
    for (int i = 0; i < 2000; i++) assert_int_equal(zeroed[i], 0);
    wadi__arena_fini(&arena);
}
static void test_sizes_past_all_memory(void **state) {
    (void)state;
    wadi__arena arena = {0};
    assert_null(wadi__arena_alloc(&arena, SIZE_MAX));
    assert_null(wadi__arena_alloc(&arena, SIZE_MAX - 15));
    assert_null(wadi__arena_alloc(&arena, SIZE_MAX / 2));
    assert_null(wadi__arena_zalloc(&arena, SIZE_MAX / 2));
    assert_non_null(wadi__arena_alloc(&arena, 8)); /* it still works */
    wadi__arena_fini(&arena);
}
static bool fill(void *arg) {
    (void)arg;
    wadi__arena arena = {0};
    bool has_all = true;
    for (size_t i = 0; i < 100 && has_all; i++) has_all = wadi__arena_alloc(&arena, 1000) != NULL;
    has_all = has_all && wadi__arena_zalloc(&arena, 1 << 20) != NULL;
    wadi__arena_fini(&arena);
    wadi__pool_trim();
    return has_all;
}
static void test_no_memory_at_every_request(void **state) {
    (void)state;
    wadi__pool_trim();
    assert_true(wadi__unit_refuse_each(fill, NULL, false) > 5);
    wadi__unit_refuse_each(fill, NULL, true);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_zeroed_is_empty);
    wadi__unit_add(&unit, test_pieces_are_apart);
    wadi__unit_add(&unit, test_padding_is_readable);
    wadi__unit_add(&unit, test_large_ones_leave_the_block_in_use);
    wadi__unit_add(&unit, test_zalloc);
    wadi__unit_add(&unit, test_sizes_past_all_memory);
    wadi__unit_add(&unit, test_no_memory_at_every_request);
    return wadi__unit_run(&unit, "arena");
}
