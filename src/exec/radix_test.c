/* SPDX-License-Identifier: Apache-2.0 */
/* radix_test.c: every record lies in the part of its hash, in the order of the input. */
#include "exec/radix.h"

#include "testing/unit.h"

enum { ROWS = 5000, RUNS = 3 };

typedef struct radix_case {
    const char *name;
    size_t row_size, count;
    unsigned bits;
} radix_case;
static radix_case cases[] = {
    {"nothing", 16, 0, 4},
    {"one record", 8, 1, 1},
    {"8 bytes, one part", 8, ROWS, 0},
    {"8 bytes", 8, ROWS, 3},
    {"16 bytes", 16, ROWS, 6},
    {"24 bytes", 24, ROWS, 5},
    {"32 bytes", 32, ROWS, 7},
    {"of a size without a loop of its own", 44, ROWS, 4},
    {"the most parts", 16, ROWS, WADI__RADIX_BITS_MAX},
};
static uint64_t hash_of(size_t i) { return (i + 1) * 0x9E3779B97F4A7C15ull; }

typedef struct input {
    char rows[ROWS * 44];
    uint64_t hashes[ROWS];
    wadi__run runs[RUNS + 1];
    wadi__held_input held;
} input;

/* Records that begin with their number, in runs of different lengths, one of them empty. */
static void make(input *self, size_t row_size, size_t count) {
    memset(self, 0, sizeof *self);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)i;
        memset(self->rows + i * row_size, (int)(i & 0xff), row_size);
        memcpy(self->rows + i * row_size, &number, sizeof number);
        self->hashes[i] = hash_of(i);
    }
    const size_t ends[RUNS + 1] = {count / 5, count / 5, count / 2, count};
    for (size_t r = 0, begin = 0; r <= RUNS; begin = ends[r++])
        self->runs[r] =
            (wadi__run){self->rows + begin * row_size, self->hashes + begin, ends[r] - begin};
    self->held.runs.items = self->runs;
    self->held.runs.count = RUNS + 1;
    self->held.row_size = row_size;
    self->held.row_count = count;
}
static void test_parts(void **state) {
    const radix_case *row = *state;
    static input in;
    wadi__radix radix;
    make(&in, row->row_size, row->count);
    assert_true(wadi__radix_init(&radix, &in.held, row->bits));
    size_t parts = (size_t)1 << row->bits;
    assert_int_equal(radix.begins[0], 0);
    assert_int_equal(radix.begins[parts], row->count);
    for (size_t p = 0; p < parts; p++) {
        int64_t before = -1;
        for (size_t i = radix.begins[p]; i < radix.begins[p + 1]; i++) {
            uint32_t number;
            memcpy(&number, wadi__radix_row(&radix, i), sizeof number);
            assert_true((int64_t)number > before);
            before = number;
            assert_memory_equal(wadi__radix_row(&radix, i), in.rows + number * row->row_size,
                                row->row_size);
            assert_int_equal(wadi__radix_hash(&radix, i), hash_of(number));
            assert_int_equal(wadi__radix_part(hash_of(number), row->bits), p);
        }
    }
    wadi__radix_fini(&radix);
}
/* Parts are spread by bits that neither choose the partition nor the slot. */
static void test_parts_are_even(void **state) {
    (void)state;
    static input in;
    wadi__radix radix;
    make(&in, 8, ROWS);
    assert_true(wadi__radix_init(&radix, &in.held, 3));
    for (size_t p = 0; p < 8; p++)
        assert_in_range(radix.begins[p + 1] - radix.begins[p], ROWS / 16, ROWS / 4);
    wadi__radix_fini(&radix);
}
static bool make_one(void *arg) {
    wadi__radix radix;
    if (!wadi__radix_init(&radix, arg, 4)) return false;
    wadi__radix_fini(&radix);
    return true;
}
static void test_no_memory(void **state) {
    (void)state;
    static input in;
    make(&in, 16, ROWS);
    assert_true(wadi__unit_refuse_each(make_one, &in.held, false) >= 1);
    wadi__radix radix;
    in.held.row_count = SIZE_MAX / 8; /* more than can be asked for */
    assert_false(wadi__radix_init(&radix, &in.held, 4));
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_parts, cases);
    wadi__unit_add(&unit, test_parts_are_even);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "radix");
}
