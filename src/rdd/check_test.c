/* SPDX-License-Identifier: Apache-2.0 */
/* check_test.c: WADI_CHECK=1: pointers that will not stay, output that was not filled in. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

/* Where a body's text may lie. */
typedef enum text_place {
    ON_STACK,
    IN_MALLOC,
    IN_TASK,
    IN_LITERAL,
    IN_STATIC,
    IN_INPUT,
    IN_VALUES,
    SHORT
} text_place;
static char static_text[] = "a static text of many bytes";
WADI_RECORD(where, (int64_t, place), (wadi_str, captured));
WADI_OPTION(maybe_str, wadi_str);
WADI_RECORD(nested, (int64_t, number), (wadi_str_list, list), (maybe_str, option),
            (wadi_str, array, 2));
WADI_SEQ(nested_list, nested);
WADI_RECORD(deep, (int64_t, key), (nested_list, all));

/* malloc'ed bytes, freed when the test ends. */
static char *malloced;
static inline wadi_str text_at(text_place spot, char *stack, wadi_task *task, const wadi_str *in,
                               const wadi_str *captured) {
    switch (spot) {
    case ON_STACK: return wadi_str_view(stack, 30);
    case IN_MALLOC: return wadi_str_view(malloced, 30);
    case IN_TASK: return wadi_str_copy(task, stack, 30);
    case IN_LITERAL: return wadi_str_of("a literal of many more than twelve bytes");
    case IN_STATIC: return wadi_str_of(static_text);
    case IN_INPUT: return wadi_str_view(wadi_str_data(in) + 1, in->len - 1);
    case IN_VALUES: return *captured;
    default: return wadi_str_view(stack, 12);
    }
}
#define STACK_TEXT                    \
    char stack[40];                   \
    memset(stack, 'x', sizeof stack); \
    __asm__ volatile("" : : "r"(stack) : "memory")
WADI_MAP(map_text, wadi_str, wadi_str, where) {
    STACK_TEXT;
    *out = text_at((text_place)env->place, stack, task, in, &env->captured);
}
WADI_FLAT_MAP(emit_text, wadi_str, wadi_str, where) {
    STACK_TEXT;
    wadi_emit(out, *in);
    wadi_emit(out, text_at((text_place)env->place, stack, task, in, &env->captured));
}
WADI_MAP_PARTITION(emit_text_of_all, wadi_str, wadi_str, where) {
    STACK_TEXT;
    while ((in = wadi_next(it)))
        wadi_emit(out, text_at((text_place)env->place, stack, task, in, &env->captured));
}
WADI_REDUCE(reduce_text, wadi_str, where) {
    STACK_TEXT;
    *acc = text_at((text_place)env->place, stack, task, in, &env->captured);
}
WADI_MAP(map_list, wadi_str, nested, where) {
    STACK_TEXT;
    wadi_str *items = wadi_alloc(task, sizeof *items);
    *items = text_at((text_place)env->place, stack, task, in, &env->captured);
    *out = (nested){.list = {items, 1}};
}
WADI_MAP(map_option, wadi_str, nested, where) {
    STACK_TEXT;
    *out = (nested){
        .option = {text_at((text_place)env->place, stack, task, in, &env->captured), true}};
}
WADI_MAP(map_array, wadi_str, nested, where) {
    STACK_TEXT;
    *out = (nested){.number = 0};
    out->array[1] = text_at((text_place)env->place, stack, task, in, &env->captured);
}
WADI_MAP(map_deep, wadi_str, deep, where) {
    STACK_TEXT;
    nested *items = wadi_alloc(task, sizeof *items);
    *items = (nested){
        .option = {text_at((text_place)env->place, stack, task, in, &env->captured), true}};
    *out = (deep){.all = {items, 1}};
}

typedef struct place_case {
    const char *name;
    text_place place;
    bool is_wrong;
} place_case;
static place_case places[] = {
    {"a local array", ON_STACK, true},     {"malloc", IN_MALLOC, true},
    {"the task's memory", IN_TASK, false}, {"a literal", IN_LITERAL, false},
    {"a static array", IN_STATIC, false},  {"the input", IN_INPUT, false},
    {"captured values", IN_VALUES, false}, {"up to twelve bytes", SHORT, false},
};
typedef struct way {
    const char *fn, *words;
    wadi_rdd *(*make)(wadi_rdd *in, int64_t spot);
} way;
#define WAY(op, f)                                                                        \
    static wadi_rdd *make_##f(wadi_rdd *in, int64_t spot) {                               \
        return op(in, wadi_bind(f, .place = spot,                                         \
                                .captured = wadi_str_of("captured text of many bytes"))); \
    }
WAY(wadi_map, map_text)
WAY(wadi_flat_map, emit_text)
WAY(wadi_map_partitions, emit_text_of_all)
WAY(wadi_reduce, reduce_text)
WAY(wadi_map, map_list)
WAY(wadi_map, map_option)
WAY(wadi_map, map_array)
WAY(wadi_map, map_deep)
#define ROW(f) \
    { #f, "points at memory that will not stay", make_##f }
static const way ways[] = {ROW(map_text), ROW(emit_text),  ROW(emit_text_of_all), ROW(reduce_text),
                           ROW(map_list), ROW(map_option), ROW(map_array),        ROW(map_deep)};
static wadi_rdd *texts(void) {
    static wadi_str rows[100];
    for (size_t i = 0; i < 100; i++) rows[i] = wadi_str_of("an input of more than twelve bytes");
    return wadi_parallelize(sc, wadi_str, rows, 100, .partitions = 2);
}
static void test_places(void **state) {
    const place_case *row = *state;
    malloced = malloc(100);
    memset(malloced, 'm', 100);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        int64_t count = wadi_count(ways[i].make(texts(), row->place));
        if (row->is_wrong) {
            test_says(test_batch_error(&batch), "WADI_CHECK: '");
            test_says(test_batch_error(&batch), ways[i].fn);
            test_says(test_batch_error(&batch), ways[i].words);
            assert_int_equal(batch.scope.err.status, WADI_E_USER);
        } else {
            assert_string_equal(test_batch_error(&batch), "");
            assert_true(count > 0);
        }
        test_batch_end(&batch);
    }
    free(malloced);
}
/* Without it nobody looks. */
static void test_unchecked(void **state) {
    (void)state;
    setenv("WADI_CHECK", "0", 1);
    wadi_context *checked = sc;
    sc = wadi_context_new("local", "unchecked");
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(make_map_text(texts(), ON_STACK)), 100);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    wadi_finish(sc);
    sc = checked;
    setenv("WADI_CHECK", "1", 1);
}
/* What a body leaves out is junk, not what happens to be there. */
WADI_RECORD(two_fields, (int64_t, a), (int64_t, b));
WADI_MAP(fills_in_half, int64_t, two_fields) { out->a = *in; }
static void test_junk(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const two_fields *rows =
        wadi_collect(wadi_map(wadi_range(sc, 0, 100), fills_in_half), two_fields, &n);
    assert_int_equal(n, 100);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rows[i].a, i);
        assert_int_equal(rows[i].b, (int64_t)0xA5A5A5A5A5A5A5A5ull);
    }
    test_batch_end(&batch);
}

int main(void) {
    setenv("WADI_CHECK", "1", 1);
    sc = wadi_context_new("local[2]", "check");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_places, places);
    wadi__unit_add(&unit, test_unchecked);
    wadi__unit_add(&unit, test_junk);
    int failed = wadi__unit_run(&unit, "check");
    return wadi_finish(sc) + failed;
}
