/* SPDX-License-Identifier: Apache-2.0 */
/* vec_test.c: a growing array keeps what it has, whatever happens. */
#include "base/vec.h"

#include "testing/unit.h"

static void test_pushes(void **state) {
    (void)state;
    WADI__VEC(int) numbers = {0};
    for (int i = 0; i < 1000; i++) assert_true(wadi__vec_push(&numbers, i * i));
    assert_int_equal(numbers.count, 1000);
    for (int i = 0; i < 1000; i++) assert_int_equal(numbers.items[i], i * i);
    wadi__vec_fini(&numbers);
    assert_null(numbers.items);
    assert_int_equal(numbers.count + numbers.room, 0);
}
static void test_pushes_structs(void **state) {
    (void)state;
    typedef struct pair {
        int a, b;
    } pair;
    WADI__VEC(pair) pairs = {0};
    assert_true(wadi__vec_push(&pairs, (pair){1, 2}));
    assert_int_equal(pairs.items[0].b, 2);
    wadi__vec_fini(&pairs);
}
static void test_growth_doubles(void **state) {
    (void)state;
    WADI__VEC(char) bytes = {0};
    size_t growths = 0;
    for (size_t i = 0, room = 0; i < 100000; i++) {
        assert_true(wadi__vec_push(&bytes, 'x'));
        growths += bytes.room != room;
        room = bytes.room;
    }
    assert_true(growths < 20);
    wadi__vec_fini(&bytes);
}
static void test_reserve(void **state) {
    (void)state;
    WADI__VEC(long) numbers = {0};
    assert_true(wadi__vec_reserve(&numbers, 100));
    assert_true(numbers.room >= 100);
    long *before = numbers.items;
    for (long i = 0; i < 100; i++) assert_true(wadi__vec_push(&numbers, i));
    assert_ptr_equal(numbers.items, before);
    wadi__vec_fini(&numbers);
}
static void test_no_memory_changes_nothing(void **state) {
    (void)state;
    WADI__VEC(int) numbers = {0};
    assert_true(wadi__vec_push(&numbers, 7));
    while (numbers.count < numbers.room) assert_true(wadi__vec_push(&numbers, 7));
    size_t count = numbers.count;
    wadi__mem_fail_at(1, false);
    assert_false(wadi__vec_push(&numbers, 8));
    assert_int_equal(numbers.count, count);
    assert_true(wadi__vec_push(&numbers, 8));
    assert_int_equal(numbers.items[count], 8);
    wadi__vec_fini(&numbers);
}
static void test_sums_that_overflow(void **state) {
    (void)state;
    WADI__VEC(int) numbers = {0};
    assert_true(wadi__vec_push(&numbers, 7));
    assert_false(wadi__vec_reserve(&numbers, SIZE_MAX));
    assert_false(wadi__vec_reserve(&numbers, SIZE_MAX / 2));
    assert_int_equal(numbers.items[0], 7);
    wadi__vec_fini(&numbers);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_pushes);
    wadi__unit_add(&unit, test_pushes_structs);
    wadi__unit_add(&unit, test_growth_doubles);
    wadi__unit_add(&unit, test_reserve);
    wadi__unit_add(&unit, test_no_memory_changes_nothing);
    wadi__unit_add(&unit, test_sums_that_overflow);
    return wadi__unit_run(&unit, "vec");
}
