/* SPDX-License-Identifier: Apache-2.0 */
/* registry_test.c: functions by name: declared ones, those filled in by hand, names that two have,
 * and what operators make of them. */
#include "rdd/registry.h"

#include "rdd/bound_fn.h"
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_MAP(twice, int64_t, int64_t) { *out = *in * 2; }
WADI_RECORD(limit, (int64_t, min), (wadi_str, word));
WADI_FILTER(at_least, int64_t, limit) { return *in >= env->min && env->word.len > 20; }
WADI_MAP(word_length, wadi_str, int64_t) { *out = in->len; }
static void thrice_run(wadi_call *call) {
    for (size_t i = 0; i < call->count; i++)
        ((int64_t *)call->out)[i] =
            ((const int64_t *)call->in)[call->rows != NULL ? call->rows[i] : i] * 3;
}
static void other_run(wadi_call *call) { thrice_run(call); }
/* As a language binding fills it in. */
static wadi_fn made(const char *name) {
    return (wadi_fn){.name = name,
                     .kind = WADI_FN_MAP,
                     .size = sizeof(wadi_fn),
                     .in = WADI_TYPE(int64_t),
                     .out = WADI_TYPE(int64_t),
                     .run = thrice_run};
}
static wadi_map_fn handle(const wadi_fn *fn) { return (wadi_map_fn){fn, NULL}; }
static const char *why_not(const wadi_fn *fn, wadi_fn_kind kind, const void *env) {
    static wadi_error err;
    wadi__fn_entry entry;
    err = (wadi_error)WADI_ERROR_INIT;
    return wadi__fn_resolve(fn, kind, env, &entry, &err) ? "" : err.message;
}

static void test_declared(void **state) {
    (void)state;
    const wadi_fn *fn = wadi_fn_find("twice");
    assert_non_null(fn);
    assert_string_equal(fn->name, "twice");
    assert_int_equal(fn->kind, WADI_FN_MAP);
    assert_null(wadi_fn_find("no such function"));
    wadi__fn_entry entry;
    assert_true(wadi__fn_lookup("twice", &entry));
    assert_ptr_equal(entry.fn, fn);
    assert_ptr_equal(entry.in, wadi__type_int64());
    assert_ptr_equal(entry.out, wadi__type_int64());
    assert_null(entry.env);
    assert_false(entry.is_ambiguous);
    assert_false(wadi__fn_lookup("no such function", &entry));
}
static void test_by_hand(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    char name[] = "made_by_hand"; /* nothing of it is kept */
    wadi_fn fn = made(name);
    wadi_rdd *rdd = wadi_map(wadi_range(sc, 0, 5), handle(&fn));
    memset(name, 'x', sizeof name - 1);
    memset(&fn, 0xee, sizeof fn);
    size_t n;
    const int64_t *rows = wadi_collect(rdd, int64_t, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i], i * 3);
    assert_string_equal(wadi_fn_find("made_by_hand")->name, "made_by_hand");
    wadi_fn again = made("made_by_hand"); /* the same one once more */
    assert_int_equal(wadi_count(wadi_map(wadi_range(sc, 0, 5), handle(&again))), 5);
    assert_int_equal(
        wadi_count(wadi_map(wadi_range(sc, 0, 5), handle(wadi_fn_find("made_by_hand")))), 5);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}

/* ---- Mistakes ---- */

static void test_two_by_hand(void **state) {
    (void)state;
    wadi_fn first = made("made_twice"), second = made("made_twice"), third = made("made_twice");
    second.run = other_run;
    third.binding = &third;
    assert_string_equal(why_not(&first, WADI_FN_MAP, NULL), "");
    assert_string_equal(why_not(&second, WADI_FN_MAP, NULL),
                        "two functions filled in by hand are named 'made_twice'");
    assert_string_equal(why_not(&third, WADI_FN_MAP, NULL),
                        "two functions filled in by hand are named 'made_twice'");
    assert_string_equal(why_not(&first, WADI_FN_MAP, NULL), "");
}
/* Two declared functions of one name, as two shared objects may have them. */
static void test_two_declared(void **state) {
    (void)state;
    wadi_fn first = made("declared_twice"), second = made("declared_twice");
    wadi_fn_node nodes[] = {{&first, NULL}, {&second, NULL}};
    wadi__fn_enter(&nodes[0]);
    assert_string_equal(why_not(&first, WADI_FN_MAP, NULL), "");
    wadi__fn_enter(&nodes[1]);
    static const char *const words =
        "two functions are named 'declared_twice'; give one of them another name";
    assert_string_equal(why_not(&first, WADI_FN_MAP, NULL), words);
    assert_string_equal(why_not(&second, WADI_FN_MAP, NULL), words);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_map(wadi_range(sc, 0, 5), handle(&first));
    test_says(test_batch_error(&batch), words);
    test_batch_end(&batch);
    wadi__fn_leave(&nodes[0]); /* its shared object is closed */
    assert_string_equal(why_not(&second, WADI_FN_MAP, NULL), "");
    assert_ptr_equal(wadi_fn_find("declared_twice"), &second);
    wadi__fn_leave(&nodes[1]);
    assert_null(wadi_fn_find("declared_twice"));
    wadi__fn_entry entry;
    assert_false(wadi__fn_lookup("declared_twice", &entry));
}
/* The function of the same name that comes later may have other types. */
static void test_another_shape_of_one_name(void **state) {
    (void)state;
    wadi_fn numbers = made("of_two_shapes"), words = made("of_two_shapes");
    words.in = WADI_TYPE(wadi_str);
    wadi_fn_node nodes[] = {{&numbers, NULL}, {&words, NULL}};
    wadi__fn_entry entry;
    wadi__fn_enter(&nodes[0]);
    assert_true(wadi__fn_lookup("of_two_shapes", &entry));
    assert_ptr_equal(entry.in, wadi__type_int64());
    wadi__fn_leave(&nodes[0]);
    wadi__fn_enter(&nodes[1]);
    assert_true(wadi__fn_lookup("of_two_shapes", &entry));
    assert_ptr_equal(entry.in, wadi__type_str());
    wadi__fn_leave(&nodes[1]);
}
/* A record of one name and another shape is another type: the graph says which are meant. */
static void test_another_record_of_one_name(void **state) {
    (void)state;
    static const wadi_field fields[] = {{"min", &wadi_type_of_int64_t, 0, 1}};
    static const wadi_type other_limit = {"limit", WADI_KIND_RECORD, 8, 8, 1, fields, NULL};
    wadi_fn fn = made("takes_other_limit");
    fn.in = &other_limit;
    test_batch batch;
    test_batch_begin(&batch);
    limit row = {1, wadi_str_of("x")};
    wadi_map(wadi_parallelize(sc, limit, &row, 1), handle(&fn));
    test_says(test_batch_error(&batch),
              "'takes_other_limit' takes limit, the stream carries limit");
    test_batch_end(&batch);
}
static void test_closed_plugin(void **state) {
    (void)state;
    wadi_fn fn = made("goes_away");
    wadi_fn_node node = {&fn, NULL};
    wadi__fn_enter(&node);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_map(wadi_range(sc, 0, 5), handle(&fn));
    wadi__fn_leave(&node);
    assert_int_equal(wadi_count(rdd), 0);
    test_says(test_batch_error(&batch),
              "function 'goes_away' is not there any more: was its plugin closed?");
    test_batch_end(&batch);
}
static void test_insane(void **state) {
    (void)state;
    static const wadi_type odd = {"odd", WADI_KIND_INT, 3, 1, 0, NULL, NULL};
    wadi_fn no_name = made(NULL), no_code = made("x"), short_one = made("x"), kind = made("x"),
            needs = made("needs_values"), odd_in = made("takes_odd");
    no_code.run = NULL;
    short_one.size = 10;
    needs.env_size = 8;
    odd_in.in = &odd;
    assert_string_equal(why_not(NULL, WADI_FN_MAP, NULL), "no function is given");
    assert_string_equal(why_not(&no_name, WADI_FN_MAP, NULL),
                        "a function filled in by hand has no name");
    assert_string_equal(why_not(&no_code, WADI_FN_MAP, NULL),
                        "a function filled in by hand has nothing to run");
    assert_string_equal(why_not(&short_one, WADI_FN_MAP, NULL),
                        "a function filled in by hand has a wrong size");
    assert_string_equal(why_not(&kind, WADI_FN_FILTER, NULL),
                        "'x' is declared with WADI_MAP, and WADI_FILTER is wanted");
    kind.kind = (wadi_fn_kind)77;
    assert_string_equal(why_not(&kind, WADI_FN_MAP, NULL),
                        "'x' is declared with an unknown kind, and WADI_MAP is wanted");
    assert_string_equal(why_not(&needs, WADI_FN_MAP, NULL),
                        "'needs_values' needs captured values: wadi_bind(needs_values, ..)");
    assert_string_equal(
        why_not(&odd_in, WADI_FN_MAP, NULL),
        "the descriptor of odd has an integer of a strange size; in function 'takes_odd'");
}

/* ---- Bound functions ---- */

static void test_captured_values_are_copied(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    char text[] = "a text of more than twenty bytes";
    limit values = {5, wadi_str_of(text)};
    wadi_rdd *rdd = wadi_filter(wadi_range(sc, 0, 10),
                                wadi_bind(at_least, .min = values.min, .word = values.word));
    const limit *kept = rdd->fn->env;
    memset(text, 0, sizeof text);
    assert_int_equal(kept->min, 5);
    assert_memory_equal(wadi_str_data(&kept->word), "a text of more than twenty bytes", 32);
    assert_int_equal(rdd->fn->env_size, sizeof(limit));
    assert_int_equal(wadi_count(rdd), 5);
    test_batch_end(&batch);
}
static void test_wrong_sides(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_map(wadi_range(sc, 0, 5), word_length);
    test_says(test_batch_error(&batch), "'word_length' takes wadi_str, the stream carries int64_t");
    test_batch_end(&batch);
}
static bool bind_once(void *arg) {
    (void)arg;
    static const limit values = {5, {.len = 0}};
    static char text[100000];
    memset(text, 'x', sizeof text);
    limit long_one = values;
    long_one.word = wadi_str_view(text, sizeof text);
    wadi_error err = WADI_ERROR_INIT;
    wadi__bound_fn *f = wadi__bound_fn_new(wadi_fn_find("at_least"), WADI_FN_FILTER, &long_one,
                                           wadi__type_int64(), NULL, &err);
    if (f == NULL) assert_int_equal(err.status, WADI_E_NOMEM);
    wadi__bound_fn_unref(f);
    return f != NULL;
}
static void test_no_memory(void **state) {
    (void)state;
    bind_once(NULL);
    assert_true(wadi__unit_refuse_each(bind_once, NULL, false) >= 3);
    wadi_error err = WADI_ERROR_INIT;
    wadi__fn_entry entry;
    wadi_fn fn = made("never_seen_before");
    wadi__mem_fail_at(1, false);
    assert_false(wadi__fn_resolve(&fn, WADI_FN_MAP, NULL, &entry, &err));
    wadi__mem_fail_at(0, false);
    assert_int_equal(err.status, WADI_E_NOMEM);
    test_says(err.message, "no memory for function 'never_seen_before'");
    assert_string_equal(why_not(&fn, WADI_FN_MAP, NULL), "");
}

int main(void) {
    sc = wadi_context_new("local", "registry");
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_declared);
    wadi__unit_add(&unit, test_by_hand);
    wadi__unit_add(&unit, test_two_by_hand);
    wadi__unit_add(&unit, test_two_declared);
    wadi__unit_add(&unit, test_another_shape_of_one_name);
    wadi__unit_add(&unit, test_another_record_of_one_name);
    wadi__unit_add(&unit, test_closed_plugin);
    wadi__unit_add(&unit, test_insane);
    wadi__unit_add(&unit, test_captured_values_are_copied);
    wadi__unit_add(&unit, test_wrong_sides);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "registry");
    return wadi_finish(sc) + failed;
}
