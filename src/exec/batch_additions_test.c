/* SPDX-License-Identifier: Apache-2.0 */
/* batch_additions_test.c: what a batch adds to accumulators counts when it has ended, in order. */
#include "exec/shared_vars.h"
#include "testing/keyed.h"
#include "testing/unit.h"

#include <stdio.h>

static wadi_context *sc;

WADI_RECORD(lists, (wadi_accumulator, sum), (wadi_accumulator, words));
WADI_REDUCE(in_a_row, wadi_str) { /* shows the order; long ones need memory of the task */
    if (in->len == 0) return;
    *acc = acc->len == 0
               ? *in
               : wadi_str_printf(task, "%.*s, %.*s", WADI_STR_ARG(*acc), WADI_STR_ARG(*in));
}
WADI_MAP(add_both, int64_t, int64_t, lists) {
    *out = *in;
    wadi_accumulator_add(task, env->sum, *in);
    wadi_str words = wadi_str_printf(task, "the number %d", (int)*in);
    wadi__accumulator_merge(task, env->words, WADI_TYPE(wadi_str), &words);
}
static lists make_lists(wadi_context *own) {
    return (lists){wadi_accumulator_new(own, "sum"),
                   wadi_accumulator_of(own, wadi_str, "words", in_a_row, NULL)};
}

/* A batch by hand: a scope whose tasks' additions are held. */
typedef struct held_batch {
    wadi__scope scope;
    wadi__batch_additions *additions;
} held_batch;
static void begin(held_batch *batch, wadi_context *own, int64_t batch_ms) {
    wadi__scope_init(&batch->scope, batch_ms);
    batch->additions = batch->scope.additions = wadi__batch_additions_begin(own, batch_ms);
    assert_non_null(batch->additions);
}
/* Adds the number in a job of the batch; the words are then what the batch sees. */
static const char *add(held_batch *batch, wadi_context *own, const lists *env, int64_t number) {
    static char seen[200];
    wadi__scope *before = wadi__scope_enter(&batch->scope);
    wadi_count(wadi_map(wadi_parallelize(own, int64_t, &number, 1),
                        wadi_bind(add_both, env->sum, env->words)));
    const wadi_str *words = wadi_accumulator_record(own, wadi_str, env->words);
    snprintf(seen, sizeof seen, "%lld: %.*s", (long long)wadi_accumulator_value(own, env->sum),
             words != NULL ? (int)words->len : 0, words != NULL ? wadi_str_data(words) : "");
    wadi__scope_enter(before);
    return seen;
}
static wadi_status end(held_batch *batch, bool counts, wadi_error *err) {
    wadi_status status = wadi__batch_additions_end(&batch->additions, counts, err);
    assert_null(batch->additions);
    wadi__scope_fini(&batch->scope);
    return status;
}
static void sees(wadi_context *own, const lists *env, int64_t sum, const char *words) {
    assert_int_equal(wadi_accumulator_value(own, env->sum), sum);
    const wadi_str *record = wadi_accumulator_record(own, wadi_str, env->words);
    char text[200];
    snprintf(text, sizeof text, "%.*s", WADI_STR_ARG(*record));
    assert_string_equal(text, words);
}

/* Three batches of which the second ends first. */
typedef struct order_case {
    const char *name;
    bool counts[3];
    int64_t sum[3]; /* after the end of the second, the first, the third */
    const char *words;
} order_case;
static order_case orders[] = {
    {"all count", {true, true, true}, {0, 3, 7}, "the number 1, the number 2, the number 4"},
    {"the first is dropped", {false, true, true}, {0, 2, 6}, "the number 2, the number 4"},
    {"the second is dropped", {true, false, true}, {0, 1, 5}, "the number 1, the number 4"},
    {"all are dropped", {false, false, false}, {0, 0, 0}, ""},
};
static void test_order(void **state) {
    const order_case *row = *state;
    lists env = make_lists(sc);
    held_batch batches[3];
    for (int i = 0; i < 3; i++) begin(&batches[i], sc, INT64_C(1000) * (i + 1));
    assert_string_equal(add(&batches[1], sc, &env, 2), "2: the number 2");
    assert_string_equal(add(&batches[0], sc, &env, 1), "1: the number 1");
    assert_string_equal(add(&batches[2], sc, &env, 4), "4: the number 4");
    static const int ends[] = {1, 0, 2};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(end(&batches[ends[i]], row->counts[ends[i]], NULL), WADI_OK);
        assert_int_equal(wadi_accumulator_value(sc, env.sum), row->sum[i]);
    }
    sees(sc, &env, row->sum[2], row->words);
}
/* A reader in the batch sees what was there and its own; others do not see that yet. */
static void test_who_sees_what(void **state) {
    (void)state;
    lists env = make_lists(sc);
    test_batch plain; /* not one of a stream: it counts at once */
    test_batch_begin(&plain);
    wadi_count(wadi_map(wadi_range(sc, 5, 6), wadi_bind(add_both, env.sum, env.words)));
    test_batch_end(&plain);
    held_batch one, two;
    begin(&one, sc, 1000);
    begin(&two, sc, 2000);
    assert_string_equal(add(&one, sc, &env, 10), "15: the number 5, the number 10");
    assert_string_equal(add(&one, sc, &env, 20), "35: the number 5, the number 10, the number 20");
    sees(sc, &env, 5, "the number 5");
    assert_string_equal(add(&two, sc, &env, 1), "6: the number 5, the number 1");
    assert_int_equal(end(&one, true, NULL), WADI_OK);
    assert_string_equal(
        add(&two, sc, &env, 2),
        "38: the number 5, the number 10, the number 20, the number 1, the number 2");
    assert_int_equal(end(&two, true, NULL), WADI_OK);
    sees(sc, &env, 38, "the number 5, the number 10, the number 20, the number 1, the number 2");
}
/* Accumulators of an engine context that is not the batch's count at once. */
static void test_another_context(void **state) {
    (void)state;
    wadi_context *other = wadi_context_new("local", "other");
    lists env = make_lists(other);
    held_batch batch;
    begin(&batch, sc, 1000);
    assert_string_equal(add(&batch, other, &env, 3), "3: the number 3");
    sees(other, &env, 3, "the number 3");
    assert_int_equal(end(&batch, false, NULL), WADI_OK);
    sees(other, &env, 3, "the number 3");
    wadi_finish(other);
}

/* ---- Merging that fails ---- */

WADI_REDUCE(at_most_ten, int64_t) {
    if (*acc + *in > 10) wadi_fail(task, "%d is too many", (int)(*acc + *in));
    *acc += *in;
}
WADI_MAP(add_limited, int64_t, int64_t, lists) {
    *out = *in;
    wadi_accumulator_merge(task, env->sum, int64_t, *in);
    wadi_accumulator_add(task, env->words, 1);
}
static void test_merge_fails(void **state) {
    (void)state;
    lists env = {wadi_accumulator_of(sc, int64_t, "limited", at_most_ten, NULL),
                 wadi_accumulator_new(sc, "count")};
    held_batch batches[3];
    static const int64_t numbers[] = {6, 7, 4};
    for (int i = 0; i < 3; i++) {
        begin(&batches[i], sc, INT64_C(1000) * (i + 1));
        wadi__scope *before = wadi__scope_enter(&batches[i].scope);
        assert_int_equal(wadi_count(wadi_map(wadi_parallelize(sc, int64_t, &numbers[i], 1),
                                             wadi_bind(add_limited, env.sum, env.words))),
                         1);
        wadi__scope_enter(before);
    }
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(end(&batches[0], true, &err), WADI_OK);
    wadi__scope *before = wadi__scope_enter(&batches[1].scope);
    assert_int_equal(wadi_accumulator_value(sc, env.sum), 0);
    wadi__scope_enter(before);
    test_says(batches[1].scope.err.message, "an accumulator cannot be read: 13 is too many");
    assert_int_equal(end(&batches[1], true, &err), WADI_E_USER);
    test_says(err.message,
              "13 is too many; in merging into accumulator 'limited'; what batch 2000 ms "
              "added to accumulators does not count");
    assert_int_equal(end(&batches[2], true, NULL), WADI_OK);
    assert_int_equal(wadi_accumulator_value(sc, env.sum), 10);
    assert_int_equal(wadi_accumulator_value(sc, env.words), 2); /* nothing of the second */
}

/* ---- Memory, threads ---- */

/* Whichever request for memory is refused: what the batch then says it added is what counts. */
static bool refuse_in_batch(uint64_t n, unsigned *failed) {
    wadi_context *own = wadi_context_new("local", "memory");
    lists env = make_lists(own);
    held_batch batch = {.additions = NULL};
    uint64_t requests = wadi__mem_requests();
    wadi__mem_fail_at(n, false);
    batch.additions = wadi__batch_additions_begin(own, 1000);
    wadi__scope_init(&batch.scope, 1000);
    batch.scope.additions = batch.additions;
    bool is_whole = batch.additions != NULL;
    if (is_whole) is_whole = strcmp(add(&batch, own, &env, 7), "7: the number 7") == 0;
    assert_true(is_whole || batch.additions == NULL || batch.scope.has_failed);
    bool is_added = batch.additions != NULL && !batch.scope.has_failed;
    wadi_status status = end(&batch, true, NULL);
    wadi__mem_fail_at(0, false);
    bool is_reached = wadi__mem_requests() - requests >= n;
    assert_true(status == WADI_OK || status == WADI_E_NOMEM);
    if (is_added)
        sees(own, &env, status == WADI_OK ? 7 : 0, status == WADI_OK ? "the number 7" : "");
    *failed += !is_whole || status != WADI_OK;
    wadi_finish(own);
    return is_reached;
}
static void test_without_memory(void **state) {
    (void)state;
    unsigned failed = 0;
    uint64_t n = 1;
    while (refuse_in_batch(n, &failed)) n++;
    assert_true(n > 20 && failed > 5 && failed < n);
}
enum { BATCHES = 40 };
static lists shared;
static void *end_batch(void *arg) {
    assert_int_equal(wadi__batch_additions_end(&((held_batch *)arg)->additions, true, NULL),
                     WADI_OK);
    return NULL;
}
static void test_ended_at_once(void **state) {
    (void)state;
    static held_batch batches[BATCHES];
    pthread_t threads[BATCHES];
    shared = make_lists(sc);
    char expected[1000] = "";
    for (int i = 0; i < BATCHES; i++) {
        begin(&batches[i], sc, INT64_C(1000) * (i + 1));
        (void)add(&batches[i], sc, &shared, i);
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%sthe number %d",
                 i > 0 ? ", " : "", i);
    }
    for (int i = 0; i < BATCHES; i++) pthread_create(&threads[i], NULL, end_batch, &batches[i]);
    for (int i = 0; i < BATCHES; i++) pthread_join(threads[i], NULL);
    const wadi_str *words = wadi_accumulator_record(sc, wadi_str, shared.words);
    assert_int_equal(words->len, strlen(expected));
    assert_memory_equal(wadi_str_data(words), expected, words->len);
    assert_int_equal(wadi_accumulator_value(sc, shared.sum), BATCHES * (BATCHES - 1) / 2);
    for (int i = 0; i < BATCHES; i++) wadi__scope_fini(&batches[i].scope);
}

int main(void) {
    sc = wadi_context_new("local[2]", "batch_additions");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_order, orders);
    wadi__unit_add(&unit, test_who_sees_what);
    wadi__unit_add(&unit, test_another_context);
    wadi__unit_add(&unit, test_merge_fails);
    wadi__unit_add(&unit, test_without_memory);
    wadi__unit_add(&unit, test_ended_at_once);
    int failed = wadi__unit_run(&unit, "batch_additions");
    return wadi_finish(sc) + failed;
}
