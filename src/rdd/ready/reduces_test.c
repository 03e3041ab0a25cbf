/* SPDX-License-Identifier: Apache-2.0 */
/* reduces_test.c: the ready-made functions that reduce, on every kind of field, and those of
 * strings. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(inner, (int64_t, a), (double, b));
WADI_RECORD(numbers, (wadi_str, key), (int8_t, i8), (int16_t, i16), (int32_t, i32), (int64_t, i64),
            (uint8_t, u8), (uint16_t, u16), (uint32_t, u32), (uint64_t, u64), (float, f32),
            (double, f64), (inner, record), (int32_t, array, 3));
static numbers number_row(int64_t v) {
    return (numbers){wadi_str_of("k"),
                     (int8_t)v,
                     (int16_t)v,
                     (int32_t)v,
                     v,
                     (uint8_t)v,
                     (uint16_t)v,
                     (uint32_t)v,
                     (uint64_t)v,
                     (float)v,
                     (double)v,
                     {v, (double)v / 2},
                     {(int32_t)v, 1, (int32_t)-v}};
}
typedef struct reduce_case {
    const char *name;
    const wadi_reduce_fn *fn;
    int64_t expected; /* of the fields, of rows 3, 7 and 5 */
    int32_t array[3];
} reduce_case;
static reduce_case cases[] = {
    {"add", &wadi_add, 15, {15, 3, -15}},
    {"min", &wadi_min, 3, {3, 1, -7}},
    {"max", &wadi_max, 7, {7, 1, -3}},
};
static void test_numbers(void **state) {
    const reduce_case *row = *state;
    numbers rows[] = {number_row(3), number_row(7), number_row(5)};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, numbers, rows, 3, .partitions = 2);
    const numbers *got = wadi_first(wadi_reduce_by_key(in, *row->fn), numbers);
    assert_string_equal(test_batch_error(&batch), "");
    numbers wanted = number_row(row->expected);
    memcpy(wanted.array, row->array, sizeof wanted.array);
    if (strcmp(row->name, "add") != 0) wanted.record = got->record; /* compared below */
    assert_true(wadi__value_equal(wadi__type_intern(WADI_TYPE(numbers), NULL), got, &wanted));
    assert_int_equal(got->record.a, row->expected);
    test_batch_end(&batch);
}

/* ---- One field of eight bytes, for which there are loops of their own ---- */

WADI_RECORD(one_signed, (wadi_str, key), (int64_t, n));
WADI_RECORD(one_unsigned, (wadi_str, key), (uint64_t, n));
typedef struct wide_case {
    const char *name;
    const wadi_reduce_fn *fn;
    uint64_t first, second, as_signed, as_unsigned; /* two's complement */
} wide_case;
static wide_case wide_cases[] = {
    {"the sum wraps around", &wadi_add, INT64_MAX, 3, (uint64_t)INT64_MAX + 3,
     (uint64_t)INT64_MAX + 3},
    {"the difference wraps around", &wadi_subtract, 1, 3, UINT64_MAX - 1, UINT64_MAX - 1},
    {"the least, a sign bit first", &wadi_min, UINT64_MAX, 1, UINT64_MAX, 1},
    {"the least, a sign bit second", &wadi_min, 1, UINT64_MAX, UINT64_MAX, 1},
    {"the largest, a sign bit first", &wadi_max, UINT64_MAX, 1, 1, UINT64_MAX},
    {"the largest, a sign bit second", &wadi_max, 1, UINT64_MAX, 1, UINT64_MAX},
};
static void test_wide(void **state) {
    const wide_case *row = *state;
    one_signed with_sign[] = {{wadi_str_of("k"), (int64_t)row->first},
                              {wadi_str_of("k"), (int64_t)row->second}};
    one_unsigned without[] = {{wadi_str_of("k"), row->first}, {wadi_str_of("k"), row->second}};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *a = wadi_parallelize(sc, one_signed, with_sign, 2, .partitions = 1),
             *b = wadi_parallelize(sc, one_unsigned, without, 2, .partitions = 1);
    const one_signed *got = wadi_first(wadi_reduce_by_key(a, *row->fn), one_signed);
    const one_unsigned *got_too = wadi_first(wadi_reduce_by_key(b, *row->fn), one_unsigned);
    assert_string_equal(test_batch_error(&batch), "");
    assert_true((uint64_t)got->n == row->as_signed);
    assert_true(got_too->n == row->as_unsigned);
    test_batch_end(&batch);
}
static void test_of_records_without_a_key(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_range(sc, 0, 10000);
    assert_int_equal(*wadi_first(wadi_reduce(in, wadi_add), int64_t), 49995000);
    assert_int_equal(*wadi_first(wadi_reduce(in, wadi_max), int64_t), 9999);
    assert_int_equal(*wadi_first(wadi_reduce(in, wadi_min), int64_t), 0);
    test_batch_end(&batch);
}
WADI_RECORD(texts, (int64_t, key), (wadi_str, text), (wadi_int64_list, list));
static void test_concat(void **state) {
    (void)state;
    static const int64_t items[] = {1, 2, 3, 4};
    texts rows[] = {{1, wadi_str_of("ab"), {items, 2}},
                    {1, wadi_str_of(""), {NULL, 0}},
                    {1, wadi_str_of("c, and more than twelve bytes"), {items + 2, 2}}};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, texts, rows, 3, .partitions = 1);
    const texts *got = wadi_first(wadi_reduce_by_key(in, wadi_concat), texts);
    assert_string_equal(test_batch_error(&batch), "");
    assert_true(wadi_str_equal(got->text, wadi_str_of("abc, and more than twelve bytes")));
    assert_int_equal(got->list.count, 4);
    assert_memory_equal(got->list.items, items, sizeof items);
    test_batch_end(&batch);
}
static void test_max_of_strings(void **state) {
    (void)state;
    wadi_str rows[] = {wadi_str_of("b"), wadi_str_of("bb and more than twelve"), wadi_str_of("a")};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, wadi_str, rows, 3, .partitions = 2);
    assert_true(wadi_str_equal(*wadi_first(wadi_reduce(in, wadi_max), wadi_str), rows[1]));
    assert_true(wadi_str_equal(*wadi_first(wadi_reduce(in, wadi_min), wadi_str), rows[2]));
    test_batch_end(&batch);
}
static void test_wrong_fields(void **state) {
    (void)state;
    static const texts row = {.key = 1};
    static const wadi_reduce_fn *const fns[] = {&wadi_add, &wadi_concat};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, texts, &row, 1);
    test_says(test_error_of(wadi_reduce_by_key(in, *fns[0])), "'wadi_add' ");
    test_says(test_error_of(wadi_reduce(wadi_range(sc, 0, 3), *fns[1])), "'wadi_concat' ");
    test_batch_end(&batch);
}

/* ---- Strings ---- */

typedef struct split_case {
    const char *name, *separator, *text, *pieces;
} split_case;
static split_case splits[] = {
    {"one byte", ",", "a,b,,c", "[a][b][][c]"},
    {"several bytes", ", ", "a, b,c, ", "[a][b,c][]"},
    {"not there", "--", "a-b", "[a-b]"},
    {"the whole", "ab", "ab", "[][]"},
    {"of nothing", "ab", "", "[]"},
    {"overlapping", "aa", "aaa", "[][a]"},
};
static void test_split(void **state) {
    const split_case *row = *state;
    wadi_str text = wadi_str_of(row->text);
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const wadi_str *pieces = wadi_collect(
        wadi_flat_map(wadi_parallelize(sc, wadi_str, &text, 1), wadi_split_by(row->separator)),
        wadi_str, &n);
    char got[200] = "";
    for (size_t i = 0; i < n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s]", WADI_STR_ARG(pieces[i]));
    assert_string_equal(got, row->pieces);
    test_batch_end(&batch);
}
WADI_FILTER(not_empty, wadi_str) { return in->len > 0; }
static void test_containing(void **state) {
    (void)state;
    wadi_str rows[] = {wadi_str_of("spam"), wadi_str_of(""),
                       wadi_str_of("no such word in this line"),
                       wadi_str_of("a longer line with spam in it")};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, wadi_str, rows, 4, .partitions = 1);
    assert_int_equal(wadi_count(wadi_filter(in, wadi_containing("spam"))), 2);
    assert_int_equal(wadi_count(wadi_filter(wadi_filter(in, not_empty), wadi_containing("o"))), 2);
    test_says(test_error_of(wadi_filter(in, wadi_containing(""))),
              "needs at least one byte to look for");
    test_says(test_error_of(wadi_flat_map(in, wadi_split_by(""))),
              "needs at least one byte to look for");
    test_batch_end(&batch);
}

int main(void) {
    sc = wadi_context_new("local[2]", "ready");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_numbers, cases);
    wadi__unit_rows(&unit, test_wide, wide_cases);
    wadi__unit_add(&unit, test_of_records_without_a_key);
    wadi__unit_add(&unit, test_concat);
    wadi__unit_add(&unit, test_max_of_strings);
    wadi__unit_add(&unit, test_wrong_fields);
    wadi__unit_rows(&unit, test_split, splits);
    wadi__unit_add(&unit, test_containing);
    int failed = wadi__unit_run(&unit, "ready");
    return wadi_finish(sc) + failed;
}
