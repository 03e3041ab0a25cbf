/* SPDX-License-Identifier: Apache-2.0 */
/* mem_test.c: counting, refusing and the arithmetic of sizes. */
#include "base/mem.h"

#include "testing/unit.h"

#include <pthread.h>

static void test_counts_bytes(void **state) {
    (void)state;
    int64_t before = wadi__mem_in_use();
    char *p = wadi__malloc(100);
    assert_true(wadi__mem_in_use() >= before + 100);
    p = wadi__realloc(p, 100, 10);
    assert_true(wadi__mem_in_use() >= before + 1000);
    wadi__free(p);
    wadi__free(NULL);
    assert_int_equal(wadi__mem_in_use(), before);
}
static void *free_it(void *p) {
    wadi__free(p);
    return NULL;
}
static void test_another_thread_may_free(void **state) {
    (void)state;
    int64_t before = wadi__mem_in_use();
    pthread_t threads[20];
    for (int i = 0; i < 20; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, free_it, wadi__malloc(1000)), 0);
    for (int i = 0; i < 20; i++) pthread_join(threads[i], NULL);
    assert_int_equal(wadi__mem_in_use(), before);
}
static void test_nothing_is_something(void **state) {
    (void)state;
    void *a = wadi__malloc(0), *b = wadi__calloc(0, 8), *c = wadi__calloc(8, 0);
    void *d = wadi__realloc(NULL, 0, 4);
    char *e = wadi__memdup("", 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_non_null(d);
    assert_string_equal(e, "");
    wadi__free(a);
    wadi__free(b);
    wadi__free(c);
    wadi__free(d);
    wadi__free(e);
}
static void test_products_that_overflow(void **state) {
    (void)state;
    int64_t before = wadi__mem_in_use();
    /* through a variable, so that no compiler warns */
    volatile size_t huge = SIZE_MAX;
    assert_null(wadi__calloc(huge / 2, 3));
    assert_null(wadi__realloc(NULL, huge / 2, 3));
    assert_null(wadi__memdup("", huge));
    assert_int_equal(wadi__mem_in_use(), before);
}
static void test_realloc_that_fails_keeps_the_old(void **state) {
    (void)state;
    char *p = wadi__strdup("kept");
    wadi__mem_fail_at(1, false);
    assert_null(wadi__realloc(p, 100, 1));
    assert_string_equal(p, "kept");
    wadi__free(p);
}
static void test_copies(void **state) {
    (void)state;
    char *text = wadi__strdup("word"), *bytes = wadi__memdup("a\0b", 3);
    char *formatted = wadi__format("%s %d", "batch", 1000);
    assert_string_equal(text, "word");
    assert_memory_equal(bytes, "a\0b", 4);
    assert_string_equal(formatted, "batch 1000");
    wadi__free(text);
    wadi__free(bytes);
    wadi__free(formatted);
}

typedef struct fail_case {
    const char *name;
    uint64_t at;
    bool for_good;
    const char *expected; /* of five requests: . given, x refused */
} fail_case;
static const fail_case fail_cases[] = {
    {"off", 0, false, "....."},
    {"off for good", 0, true, "....."},
    {"the first", 1, false, "x...."},
    {"the third", 3, false, "..x.."},
    {"from the third on", 3, true, "..xxx"},
    {"one past the last", 6, true, "....."},
};
static void test_fail_at(void **state) {
    const fail_case *row = *state;
    uint64_t before = wadi__mem_requests();
    wadi__mem_fail_at(row->at, row->for_good);
    void *got[5];
    got[0] = wadi__malloc(1);
    got[1] = wadi__calloc(1, 1);
    got[2] = wadi__realloc(NULL, 1, 1);
    got[3] = wadi__strdup("");
    got[4] = wadi__format("x");
    wadi__mem_fail_at(0, false);
    assert_int_equal(wadi__mem_requests(), before + 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(got[i] == NULL, row->expected[i] == 'x');
        wadi__free(got[i]);
    }
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_counts_bytes);
    wadi__unit_add(&unit, test_another_thread_may_free);
    wadi__unit_add(&unit, test_nothing_is_something);
    wadi__unit_add(&unit, test_products_that_overflow);
    wadi__unit_add(&unit, test_realloc_that_fails_keeps_the_old);
    wadi__unit_add(&unit, test_copies);
    wadi__unit_rows(&unit, test_fail_at, fail_cases);
    return wadi__unit_run(&unit, "mem");
}
