/* SPDX-License-Identifier: Apache-2.0 */
/* block_test.c: chunks, the blocks that hold them, and keeps. */
#include "data/block.h"

#include "base/buffer.h"
#include "data/value.h"
#include "testing/unit.h"

#include <wadi/str.h>

#include <stdio.h>

static int64_t number_at(const wadi__block *block, uint64_t i) {
    for (size_t c = 0;; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        if (i < chunk->count) return ((const int64_t *)(const void *)chunk->rows)[i];
        i -= chunk->count;
    }
}
/* Sizes are those of the chunks. */
static void check_sums(const wadi__block *block) {
    uint64_t rows = 0;
    size_t bytes = 0;
    for (size_t c = 0; c < block->chunks.count; c++) {
        rows += block->chunks.items[c]->count;
        bytes += block->chunks.items[c]->piece_bytes;
    }
    assert_int_equal(block->row_count, rows);
    assert_int_equal(block->size_bytes, bytes);
}

/* ---- Chunks ---- */

static void test_chunk(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 3, 8, 16, 24, 40, 1000, 5 << 20};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int with_hashes = 0; with_hashes < 2; with_hashes++) {
            uint32_t rows_max = wadi__chunk_rows_max(sizes[s]);
            assert_true(rows_max >= 1 && rows_max <= WADI__CHUNK_ROWS);
            assert_true(rows_max == 1 || rows_max * sizes[s] <= WADI__CHUNK_BYTES);
            wadi__chunk *chunk = wadi__chunk_new(sizes[s], rows_max, with_hashes);
            assert_non_null(chunk);
            assert_true(chunk->capacity >= rows_max);
            assert_int_equal(chunk->count, 0);
            assert_int_equal((uintptr_t)chunk->rows % 64, 0);
            memset(chunk->rows, 1, chunk->capacity * sizes[s]); /* neither reaches into the other */
            if (with_hashes) {
                assert_int_equal((uintptr_t)chunk->hashes % 8, 0);
                assert_true((char *)chunk->hashes >= chunk->rows + chunk->capacity * sizes[s]);
                memset(chunk->hashes, 2, chunk->capacity * sizeof(uint64_t));
                assert_true((char *)(chunk->hashes + chunk->capacity) <=
                            (char *)chunk + chunk->piece_bytes);
                assert_int_equal(chunk->rows[chunk->capacity * sizes[s] - 1], 1);
            } else {
                assert_null(chunk->hashes);
            }
            wadi__chunk_unref(chunk);
        }
    assert_null(wadi__chunk_new(SIZE_MAX / 8, 8, false));
    assert_null(wadi__chunk_new(1, (size_t)UINT32_MAX + 1, false));
    wadi__chunk_unref(NULL);
}
static void test_row_copy(void **state) {
    (void)state;
    char from[64], to[64];
    for (size_t i = 0; i < sizeof from; i++) from[i] = (char)(i + 1);
    for (size_t size = 1; size <= 64; size++) {
        memset(to, 0, sizeof to);
        wadi__row_copy(to, from, size);
        assert_memory_equal(to, from, size);
        if (size < 64) assert_int_equal(to[size], 0);
    }
}

/* ---- Blocks ---- */

static void test_append(void **state) {
    (void)state;
    wadi__block *block = wadi__block_new(wadi__type_int64(), NULL);
    int64_t next = 0, rows[3000];
    static const size_t counts[] = {0, 1, 63, 1, 3000, 2, 3000, 3000, 1, 3000, 3000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (size_t k = 0; k < counts[i]; k++) rows[k] = next++;
        assert_true(wadi__block_append(block, rows, counts[i]));
        check_sums(block);
    }
    assert_int_equal(block->row_count, next);
    for (int64_t i = 0; i < next; i += 7) assert_int_equal(number_at(block, (uint64_t)i), i);
    assert_true(block->chunks.count < 12); /* they grow */
    wadi__block_unref(block);
    wadi__block_unref(NULL);
}
/* A chunk that somebody else has too is not written to. */
static void test_shared_chunk(void **state) {
    (void)state;
    wadi__block *block = wadi__block_new(wadi__type_int64(), NULL);
    wadi__chunk *chunk = wadi__chunk_new(sizeof(int64_t), 100, false);
    int64_t one = 1, two = 2;
    memcpy(chunk->rows, &one, sizeof one);
    chunk->count = 1;
    assert_true(wadi__block_add(block, chunk));
    assert_true(wadi__block_append(block, &two, 1));
    assert_int_equal(chunk->count, 1);
    assert_int_equal(block->chunks.count, 2);
    assert_int_equal(number_at(block, 1), 2);
    check_sums(block);
    wadi__block_unref(block);
    assert_true(wadi__counted_is_unique(&chunk->counted));
    wadi__chunk_unref(chunk);
}
/* Records of staggered chunks begin in different cache lines, and the promised number of them and
 * of their hashes fits. */
static void test_staggered_chunks(void **state) {
    (void)state;
    static const size_t capacities[] = {1, 60, 400, 3000, 20000};
    for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++)
        for (uint32_t number = 0; number < 130; number++) {
            wadi__chunk *chunk = wadi__chunk_new(24, capacities[c], number % 2 == 0);
            char *end = (char *)chunk + chunk->piece_bytes, *begin = chunk->rows;
            wadi__chunk_stagger(chunk, number, capacities[c] / 2);
            size_t shift = (size_t)(chunk->rows - begin);
            assert_true(chunk->capacity >= capacities[c] / 2 && shift % 64 == 0);
            assert_true(shift <= chunk->piece_bytes / 16 && shift < 4096);
            if (capacities[c] == 20000) assert_int_equal(shift, number % 64 * 64);
            memset(chunk->rows, 1, chunk->capacity * (size_t)24);
            assert_int_equal(chunk->hashes != NULL, number % 2 == 0);
            if (chunk->hashes == NULL) {
                assert_true(chunk->rows + chunk->capacity * (size_t)24 <= end);
            } else {
                assert_true(chunk->rows + chunk->capacity * (size_t)24 <= (char *)chunk->hashes);
                assert_true((char *)(chunk->hashes + chunk->capacity) <= end);
                memset(chunk->hashes, 2, chunk->capacity * sizeof(uint64_t));
            }
            wadi__chunk_unref(chunk);
        }
    wadi__chunk *full = wadi__chunk_new(8, 400, false); /* no room to give up */
    const char *rows = full->rows;
    wadi__chunk_stagger(full, 1, full->capacity);
    assert_ptr_equal(full->rows, rows);
    wadi__chunk_unref(full);
}
typedef struct truncate_case {
    const char *name;
    uint64_t rows, left;
} truncate_case;
static truncate_case truncations[] = {
    {"nothing of nothing", 0, 0},
    {"nothing", 500, 500},
    {"more than there is", 500, 900},
    {"one", 500, 499},
    {"all", 500, 0},
    {"several chunks", 20000, 100},
    {"to a chunk's end", 500, 496},
    {"all but one", 20000, 1},
};
static void test_truncate(void **state) {
    const truncate_case *row = *state;
    wadi__block *block = wadi__block_new(wadi__type_int64(), NULL);
    for (int64_t i = 0; i < (int64_t)row->rows; i++) assert_true(wadi__block_append(block, &i, 1));
    wadi__block_truncate(block, row->left);
    uint64_t left = row->left < row->rows ? row->left : row->rows;
    assert_int_equal(block->row_count, left);
    check_sums(block);
    for (uint64_t i = 0; i < left; i++) assert_int_equal(number_at(block, i), i);
    int64_t more = -1; /* it goes on where it was cut */
    assert_true(wadi__block_append(block, &more, 1));
    assert_int_equal(number_at(block, left), -1);
    wadi__block_unref(block);
}

/* ---- Copies ---- */

WADI_RECORD(word_lists, (wadi_str, word), (wadi_str_list, others));
/* Records whose bytes lie in `text`. */
static wadi__block *block_over(char *text, size_t count) {
    wadi__block *block = wadi__block_new(wadi__type_intern(WADI_TYPE(word_lists), NULL), NULL);
    static wadi_str others[2];
    others[0] = wadi_str_view(text + 20, 30);
    others[1] = wadi_str_view(text + 3, 5);
    for (size_t i = 0; block != NULL && i < count; i++) {
        word_lists row = {wadi_str_view(text + i % 10, 5 + i % 40), {others, i % 3}};
        if (wadi__block_append(block, &row, 1)) continue;
        wadi__block_unref(block);
        return NULL;
    }
    return block;
}
static void test_copy(void **state) {
    (void)state;
    enum { COUNT = 10000 };
    char text[100], same[100];
    for (size_t i = 0; i < sizeof text; i++) text[i] = same[i] = (char)('a' + i % 26);
    wadi__block *block = block_over(text, COUNT), *copy = wadi__block_copy(block);
    wadi__block *expected = block_over(same, COUNT);
    wadi__block_unref(block);
    memset(text, '#', sizeof text);
    assert_int_equal(copy->row_count, COUNT);
    check_sums(copy);
    size_t c = 0, row = 0;
    for (size_t i = 0; i < COUNT; i++, row++) {
        if (row == copy->chunks.items[c]->count) c++, row = 0;
        size_t e = 0, at = i;
        while (at >= expected->chunks.items[e]->count) at -= expected->chunks.items[e++]->count;
        assert_true(wadi__value_equal(copy->type,
                                      copy->chunks.items[c]->rows + row * sizeof(word_lists),
                                      expected->chunks.items[e]->rows + at * sizeof(word_lists)));
    }
    wadi__block_unref(expected);
    wadi__block_unref(copy);
}
static bool copy_once(void *arg) {
    char *text = arg;
    wadi__block *block = block_over(text, 300);
    wadi__block *copy = block != NULL ? wadi__block_copy(block) : NULL;
    wadi__block_unref(block);
    wadi__block_unref(copy);
    return copy != NULL;
}
static void test_no_memory(void **state) {
    (void)state;
    static char text[100];
    copy_once(text);
    assert_true(wadi__unit_refuse_each(copy_once, text, false) > 8);
}

/* ---- Keeps ---- */

static void test_keep(void **state) {
    (void)state;
    wadi__keep *keep = wadi__keep_new(), *inner = wadi__keep_new();
    wadi__buffer *buffer = wadi__buffer_new(1000);
    size_t bytes = buffer->piece_bytes;
    assert_true(wadi__keep_add(keep, NULL));
    for (int i = 0; i < 100; i++)
        assert_true(wadi__keep_add(keep, &buffer->counted)); /* held once */
    assert_int_equal(keep->held.count, 1);
    assert_true(wadi__keep_add(keep, &inner->counted));
    assert_int_equal(wadi__keep_buffer_bytes(keep), bytes);
    assert_int_equal(wadi__keep_buffer_bytes(NULL), 0);
    wadi__keep_unref(inner); /* the outer one has one more of each */
    wadi__buffer_unref(buffer);
    memset(buffer->bytes, 1, 1000);
    assert_non_null(wadi__arena_alloc(&inner->arena, 100));
    wadi__keep_unref(keep);
    wadi__keep_unref(NULL);
}
static bool keep_once(void *arg) {
    (void)arg;
    wadi__keep *keep = wadi__keep_new(), *inner = wadi__keep_new();
    bool is_kept = keep != NULL && inner != NULL && wadi__keep_add(keep, &inner->counted);
    wadi__keep_unref(inner);
    wadi__keep_unref(keep);
    return is_kept;
}
static void test_keep_without_memory(void **state) {
    (void)state;
    assert_int_equal(wadi__unit_refuse_each(keep_once, NULL, false), 3);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_chunk);
    wadi__unit_add(&unit, test_row_copy);
    wadi__unit_add(&unit, test_append);
    wadi__unit_add(&unit, test_shared_chunk);
    wadi__unit_add(&unit, test_staggered_chunks);
    wadi__unit_rows(&unit, test_truncate, truncations);
    wadi__unit_add(&unit, test_copy);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_keep);
    wadi__unit_add(&unit, test_keep_without_memory);
    return wadi__unit_run(&unit, "block");
}
