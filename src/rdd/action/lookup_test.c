/* SPDX-License-Identifier: Apache-2.0 */
/* lookup_test.c: records by key, over all partitions or the one where the key's hash lies. */
#include "rdd/action/test_actions.h"

WADI_RECORD(entry, (wadi_str, key), (int64_t, value));
WADI_RECORD(seen, (int64_t, n));

static _Atomic int64_t touched;
WADI_FILTER(touch, entry) {
    (void)in;
    touched++;
    return true;
}
static entry entries[3000];
static char keys[1000][40];
static wadi_rdd *make(void) {
    for (size_t i = 0; i < 3000; i++) {
        int len = snprintf(keys[i % 1000], sizeof keys[0],
                           i % 2 ? "key%d" : "a longer key, number %d", (int)(i % 1000));
        entries[i] = (entry){wadi_str_view(keys[i % 1000], (size_t)len), (int64_t)i};
    }
    return wadi_parallelize(sc, entry, entries, 3000, .partitions = 6);
}
static void test_lookup(void **state) {
    (void)state;
    wadi_rdd *rdd = make();
    size_t n;
    wadi_str key = wadi_str_of("key7"), longer = wadi_str_of("a longer key, number 998"),
             none = wadi_str_of("none");
    assert_int_equal(wadi_lookup(rdd, entry, &key)->value, 7);
    const entry *rows = wadi_lookup_all(rdd, entry, &longer, &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows[i].value, 998 + 1000 * (int64_t)i);
        assert_true(wadi_str_equal(rows[i].key, longer));
    }
    assert_null(wadi_lookup(rdd, entry, &none));
    assert_null(wadi_lookup_all(rdd, entry, &none, &n));
    assert_int_equal(n, 0);
    assert_string_equal(error_of(rdd), "");
}
static void test_one_partition_where_the_hash_is_known(void **state) {
    (void)state;
    wadi_rdd *reduced = wadi_filter(wadi_reduce_by_key(make(), wadi_add, .partitions = 8), touch);
    for (size_t i = 0; i < 1000; i += 37) {
        wadi_str key = wadi_str_of(keys[i]);
        const entry *row = wadi_lookup(reduced, entry, &key);
        assert_non_null(row);
        assert_int_equal(row->value, 3 * (int64_t)i + 3000);
    }
    touched = 0;
    size_t n;
    wadi_str key = wadi_str_of("key501");
    wadi_lookup_all(reduced, entry, &key, &n);
    assert_int_equal(n, 1);
    assert_true(touched < 400); /* of 1000 */
}
static void test_numbers_as_keys(void **state) {
    (void)state;
    int64_t key = 41, other = 1000;
    wadi_rdd *rdd = wadi_range(sc, 0, 100);
    assert_int_equal(*wadi_lookup(rdd, int64_t, &key), 41);
    assert_null(wadi_lookup(rdd, int64_t, &other));
    assert_null(wadi_lookup(rdd, int64_t, NULL));
    assert_non_null(strstr(error_of(rdd), "no key is given; in lookup of " __FILE__ ":"));
}
static bool run_lookup(wadi_context *own, wadi_rdd **used) {
    wadi_str key = wadi_str_of("a longer key, number 998");
    make();
    *used = wadi_parallelize(own, entry, entries, 3000, .partitions = 6);
    return wadi_lookup(*used, entry, &key) != NULL;
}
static void test_without_memory(void **state) {
    (void)state;
    test_every_allocation(run_lookup);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_lookup),
        CASE(test_one_partition_where_the_hash_is_known),
        CASE(test_numbers_as_keys),
        CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
