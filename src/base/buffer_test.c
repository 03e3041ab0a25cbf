/* SPDX-License-Identifier: Apache-2.0 */
/* buffer_test.c: buffers live as long as someone holds them. */
#include "base/buffer.h"

#include "testing/unit.h"

#include <pthread.h>

static void test_new(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 4000, 4096, 256 << 10, 3 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        wadi__buffer *buffer = wadi__buffer_new(sizes[i]);
        assert_non_null(buffer);
        assert_true(buffer->capacity_bytes >= sizes[i]);
        assert_int_equal((uintptr_t)buffer->bytes % 64, 0);
        memset(buffer->bytes, 1, buffer->capacity_bytes);
        for (size_t j = 0; j < WADI__BUFFER_PADDING; j++)
            assert_int_equal(buffer->bytes[buffer->capacity_bytes + j], 0);
        wadi__buffer_unref(buffer);
    }
    assert_int_equal(wadi__pool_in_use(), 0);
}
static void test_references(void **state) {
    (void)state;
    wadi__buffer *buffer = wadi__buffer_new(100);
    assert_true(wadi__counted_is_unique(&buffer->counted));
    wadi__buffer_ref(buffer);
    assert_false(wadi__counted_is_unique(&buffer->counted));
    wadi__buffer_unref(buffer);
    assert_true(wadi__counted_is_unique(&buffer->counted));
    assert_true(wadi__pool_in_use() > 0);
    wadi__buffer_unref(buffer);
    assert_int_equal(wadi__pool_in_use(), 0);
    wadi__buffer_unref(NULL);
    wadi__counted_unref(NULL);
}
static void *use(void *arg) {
    wadi__buffer *buffer = arg;
    for (int i = 0; i < 10000; i++) {
        wadi__buffer_ref(buffer);
        wadi__buffer_unref(buffer);
    }
    wadi__buffer_unref(buffer);
    return NULL;
}
static void test_many_threads_hold_it(void **state) {
    (void)state;
    wadi__buffer *buffer = wadi__buffer_new(100);
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        wadi__buffer_ref(buffer);
        assert_int_equal(pthread_create(&threads[i], NULL, use, buffer), 0);
    }
    wadi__buffer_unref(buffer);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    assert_int_equal(wadi__pool_in_use(), 0);
}
static void test_no_memory(void **state) {
    (void)state;
    assert_null(wadi__buffer_new(SIZE_MAX));
    assert_null(wadi__buffer_new(SIZE_MAX / 2));
    wadi__mem_fail_at(1, false);
    assert_null(wadi__buffer_new(100));
    wadi__pool_set_limit(4096);
    assert_null(wadi__buffer_new(5000));
    wadi__pool_set_limit(0);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_new);
    wadi__unit_add(&unit, test_references);
    wadi__unit_add(&unit, test_many_threads_hold_it);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "buffer");
}
