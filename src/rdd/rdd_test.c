/* SPDX-License-Identifier: Apache-2.0 */
/* rdd_test.c: nodes of the graph: names, places, errors that stick, storage levels, what a stopped
 * context refuses. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_MAP(twice, int64_t, int64_t) { *out = *in * 2; }
WADI_FILTER(fails, int64_t) {
    (void)in;
    wadi_fail(task, "never");
    return true;
}
WADI_MAP(word_length, wadi_str, int64_t) { *out = in->len; }

/* ---- Names ---- */

static void test_operators_have_the_names_of_c(void **state) {
    (void)state;
    for (int op = 0; op < WADI__OP_COUNT; op++) {
        const char *name = wadi__rdd_ops_of((wadi__op)op)->name;
        assert_non_null(name);
        assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name));
    }
}
static void test_actions_have_the_names_of_c(void **state) {
    (void)state;
    for (int kind = 0; kind < WADI__ACTION_KIND_COUNT; kind++) {
        const char *name = wadi__action_ops_of((wadi__action_kind)kind)->name;
        assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name));
    }
}
static void test_place(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    char text[200], wanted[200];
    wadi_rdd *rdd = wadi_map(wadi_range(sc, 0, 3), twice);
    snprintf(wanted, sizeof wanted, "%s:%d: map", __FILE__, __LINE__ - 1);
    assert_string_equal(wadi__rdd_place(rdd, text, sizeof text), wanted);
    wadi_op_options none = {.size = sizeof none}; /* a binding's, say */
    rdd = (wadi_range)(sc, 0, 3, &none);
    assert_string_equal(wadi__rdd_place(rdd, text, sizeof text), "range");
    test_batch_end(&batch);
}

/* ---- Errors ---- */

static void test_a_mistake_goes_to_the_children_and_is_told_once(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *wrong = wadi_map(wadi_range(sc, 0, 3), word_length);
    int line = __LINE__ - 1;
    char wanted[300];
    snprintf(wanted, sizeof wanted,
             "%s:%d: map: 'word_length' takes wadi_str, the stream carries int64_t", __FILE__,
             line);
    assert_string_equal(test_batch_error(&batch), wanted);
    batch.scope.has_failed = false;
    wadi_rdd *child = wadi_filter(wadi_map(wrong, twice), fails);
    assert_string_equal(test_batch_error(&batch), "");
    assert_true(wadi_rdd_failed(child, NULL));
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi_rdd_failed(child, &err));
    assert_int_equal(err.status, WADI_E_TYPE);
    assert_int_equal(wadi_count(child), 0);
    test_batch_end(&batch);
}
static void test_fail_in_a_batch(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_range(sc, 0, 3), *other = wadi_range(sc, 0, 3);
    assert_false(wadi_rdd_failed(rdd, NULL));
    wadi_rdd_fail(rdd, "the server said %d", 503);
    wadi_rdd_fail(rdd, "too late to count");
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi_rdd_failed(other, &err)); /* the batch has failed, and all in it */
    assert_int_equal(err.status, WADI_E_USER);
    assert_string_equal(err.message, "the server said 503");
    assert_int_equal(wadi_count(other), 0);
    test_batch_end(&batch);
}
/* Outside a batch a failure sticks to its dataset and what is derived from it, and to the exit
 * status. */
static void test_failure_outside_a_batch(void **state) {
    (void)state;
    wadi_context *own = wadi_context_new("local", "outside");
    wadi_rdd *failing = wadi_filter(wadi_range(own, 0, 3), fails), *sound = wadi_range(own, 0, 3);
    assert_false(wadi_rdd_failed(failing, NULL));
    assert_int_equal(wadi_count(failing), 0);
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi_rdd_failed(failing, &err));
    test_says(err.message, "never; in filter of 'fails'");
    test_says(err.message, "in count of ");
    assert_true(wadi_rdd_failed(wadi_map(failing, twice), NULL));
    assert_int_equal(wadi_count(sound), 3);
    assert_false(wadi_rdd_failed(sound, NULL));
    assert_int_equal(wadi_finish(own), 1);
}
/* Threads may share a dataset: one of their failures sticks. */
static void *count_it(void *arg) {
    wadi_count((wadi_rdd *)arg);
    return NULL;
}
static void test_failures_of_several_threads(void **state) {
    (void)state;
    wadi_context *own = wadi_context_new("local[2]", "threads");
    for (int round = 0; round < 20; round++) {
        wadi_rdd *failing = wadi_filter(wadi_range(own, 0, 3), fails);
        pthread_t threads[4];
        for (size_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, count_it, failing);
        for (size_t i = 0; i < 4; i++) pthread_join(threads[i], NULL);
        assert_true(wadi_rdd_failed(failing, NULL));
    }
    assert_int_equal(wadi_finish(own), 1);
}
static void test_stopped_context(void **state) {
    (void)state;
    wadi_context *own = wadi_context_new("local", "stopped");
    wadi_rdd *made_before = wadi_range(own, 0, 3);
    wadi__context_stop(own);
    wadi__context_stop(own); /* a second time does nothing */
    assert_int_equal(wadi_count(made_before), 0);
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi_rdd_failed(made_before, &err));
    test_says(err.message, "the context has been stopped; in count of " __FILE__ ":");
    assert_true(wadi_rdd_failed(wadi_range(own, 0, 3), &err));
    assert_int_equal(err.status, WADI_E_STATE);
    assert_int_equal(wadi_finish(own), 1);
}

/* ---- Storage levels, references ---- */

static void test_another_storage_level(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_cache(wadi_range(sc, 0, 3));
    assert_ptr_equal(wadi_persist(rdd, WADI_MEMORY_ONLY), rdd);
    assert_string_equal(test_batch_error(&batch), "");
    int line = __LINE__ + 1;
    wadi_persist(rdd, WADI_MEMORY_AND_DISK);
    char wanted[200];
    snprintf(wanted, sizeof wanted,
             "%s:%d: persist: this dataset has another storage level already", __FILE__, line);
    assert_string_equal(test_batch_error(&batch), wanted);
    wadi_unpersist(rdd);
    wadi_unpersist(rdd);
    wadi_persist(rdd, WADI_MEMORY_AND_DISK); /* free to be chosen again */
    assert_int_equal(rdd->level, WADI_MEMORY_AND_DISK);
    test_batch_end(&batch);
    test_batch_begin(&batch);
    rdd = wadi_range(sc, 0, 3);
    wadi_persist(rdd, (wadi_storage_level)77);
    test_says(test_batch_error(&batch), "persist: there is no such storage level");
    assert_int_equal(rdd->level, WADI_STORAGE_DEFAULT);
    test_batch_end(&batch);
}
static void test_text_at_null(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_text(sc, NULL, 0)), 0);
    assert_string_equal(test_batch_error(&batch), "");
    wadi_text(sc, NULL, 5);
    test_says(test_batch_error(&batch), "text: 5 bytes of text at NULL");
    test_batch_end(&batch);
}
static void test_context_without_options(void **state) {
    (void)state;
    wadi_context *own = (wadi_context_new)("local[2]", "bare", NULL);
    assert_int_equal(wadi_count(wadi_range(own, 0, 3)), 3);
    assert_int_equal(wadi_finish(own), 0);
}
static void test_a_reference_outlives_its_batch(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *rdd = wadi_rdd_ref(wadi_map(wadi_range(sc, 0, 100), twice));
    assert_ptr_equal(wadi_rdd_context(rdd), sc);
    assert_int_equal(wadi_rdd_partition_count(rdd), 2);
    test_batch_end(&batch);
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(rdd), 100);
    test_batch_end(&batch);
    wadi_rdd_unref(&rdd);
    assert_null(rdd);
    wadi_rdd_unref(&rdd); /* nothing is left to be given back */
}

/* Every maker and operator that has no options of its own tells the caller's place. */
typedef struct caller_case {
    const char *name;
    wadi_rdd *(*make)(wadi_context *of, wadi_rdd *in);
    int line;
} caller_case;
#define CALLER(id, ...)                                                           \
    static wadi_rdd *id(wadi_context *of WADI_UNUSED, wadi_rdd *in WADI_UNUSED) { \
        return __VA_ARGS__;                                                       \
    }                                                                             \
    enum { line_of_##id = __LINE__ };
CALLER(range, wadi_range(of, 0, 1))
CALLER(sample, wadi_sample(in, 0.5, 1))
CALLER(zip_with_index, wadi_zip_with_index(in))
CALLER(keys, wadi_keys(in))
CALLER(values, wadi_values(in, int64_t))
CALLER(object_file, wadi_object_file(of, int64_t, "/x"))
CALLER(parallelize, wadi_empty_rdd(of, int64_t))
#define CALLER_ROW(id) \
    { #id, id, line_of_##id }
static caller_case callers[] = {
    CALLER_ROW(range),  CALLER_ROW(sample),      CALLER_ROW(zip_with_index), CALLER_ROW(keys),
    CALLER_ROW(values), CALLER_ROW(object_file), CALLER_ROW(parallelize),
};
static void test_callers_place(void **state) {
    const caller_case *row = *state;
    wadi_context *own = wadi_context_new("local", "callers");
    wadi_rdd *in = wadi_range(own, 0, 3);
    wadi__context_stop(own); /* whatever is made now has a mistake */
    wadi_rdd *made = row->make(own, in);
    assert_non_null(made->err);
    char wanted[300];
    snprintf(wanted, sizeof wanted, "%s:%d: %s: the context has been stopped", __FILE__, row->line,
             row->name);
    const char *message = NULL;
    for (size_t i = 0; wadi__scope_error(&own->scope, i) != NULL; i++)
        message = wadi__scope_error(&own->scope, i)->message;
    assert_string_equal(message, wanted);
    wadi_finish(own);
}
static void test_range_in_partitions(void **state) {
    (void)state;
    wadi_rdd *numbers = wadi_range(sc, 0, 10, .partitions = 7, .name = "ten");
    assert_int_equal(wadi_rdd_partition_count(numbers), 7);
    assert_int_equal(wadi_count(numbers), 10);
}

int main(void) {
    sc = wadi_context_new("local[2]", "rdd");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_callers_place, callers);
    wadi__unit_add(&unit, test_range_in_partitions);
    wadi__unit_add(&unit, test_operators_have_the_names_of_c);
    wadi__unit_add(&unit, test_actions_have_the_names_of_c);
    wadi__unit_add(&unit, test_place);
    wadi__unit_add(&unit, test_a_mistake_goes_to_the_children_and_is_told_once);
    wadi__unit_add(&unit, test_fail_in_a_batch);
    wadi__unit_add(&unit, test_failure_outside_a_batch);
    wadi__unit_add(&unit, test_failures_of_several_threads);
    wadi__unit_add(&unit, test_stopped_context);
    wadi__unit_add(&unit, test_another_storage_level);
    wadi__unit_add(&unit, test_text_at_null);
    wadi__unit_add(&unit, test_context_without_options);
    wadi__unit_add(&unit, test_a_reference_outlives_its_batch);
    int failed = wadi__unit_run(&unit, "rdd");
    return wadi_finish(sc) + failed;
}
