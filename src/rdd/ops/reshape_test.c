/* SPDX-License-Identifier: Apache-2.0 */
/* reshape_test.c: keys, values, keyBy, groupBy. */
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

WADI_RECORD(visit, (wadi_str, user), (int32_t, seconds), (bool, is_new), (double, paid, 2));
WADI_RECORD(visit_rest, (int32_t, seconds), (bool, is_new), (double, paid, 2));
WADI_RECORD(by_length, (int64_t, length), (wadi_str, user), (int32_t, seconds), (bool, is_new),
            (double, paid, 2));
WADI_RECORD(whole_by_length, (int64_t, length), (visit, visit));
WADI_RECORD(text_by_length, (int64_t, length), (wadi_str, text));
WADI_MAP(length_of, visit, int64_t) { *out = in->user.len; }
WADI_MAP(length_of_text, wadi_str, int64_t) { *out = in->len; }
WADI_FILTER(is_long, visit) { return in->seconds >= 1000; }

enum { COUNT = 9000 };
static visit *make_visits(void) {
    visit *visits = calloc(COUNT, sizeof *visits);
    for (int32_t i = 0; i < COUNT; i++) {
        make_str((uint32_t)i, &visits[i].user);
        visits[i].seconds = i;
        visits[i].is_new = i % 2 == 0;
        visits[i].paid[0] = i / 2.0;
        visits[i].paid[1] = -i;
    }
    return visits;
}
static void test_shapes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    visit *visits = make_visits();
    wadi_rdd *in = wadi_parallelize(sc, visit, visits, COUNT, .partitions = 2),
             *some = wadi_filter(in, is_long);
    size_t n;
    const wadi_str *keys = wadi_collect(wadi_keys(in), wadi_str, &n);
    assert_int_equal(n, COUNT);
    for (size_t i = 0; i < n; i++) assert_true(wadi_str_equal(keys[i], visits[i].user));
    const visit_rest *rests = wadi_collect(wadi_values(some, visit_rest), visit_rest, &n);
    assert_int_equal(n, COUNT - 1000);
    for (size_t i = 0; i < n; i++) {
        const visit *v = &visits[i + 1000];
        assert_true(rests[i].seconds == v->seconds && rests[i].is_new == v->is_new &&
                    rests[i].paid[0] == v->paid[0] && rests[i].paid[1] == v->paid[1]);
    }
    const int32_t *seconds =
        wadi_collect(wadi_values(in, int32_t), int32_t, &n); /* the second field */
    for (size_t i = 0; i < n; i++) assert_int_equal(seconds[i], i);
    const by_length *keyed = wadi_collect(wadi_key_by(some, by_length, length_of), by_length, &n);
    assert_int_equal(n, COUNT - 1000);
    for (size_t i = 0; i < n; i++) {
        const visit *v = &visits[i + 1000];
        assert_true(keyed[i].length == v->user.len && wadi_str_equal(keyed[i].user, v->user) &&
                    keyed[i].seconds == v->seconds && keyed[i].is_new == v->is_new &&
                    keyed[i].paid[1] == v->paid[1]);
    }
    const whole_by_length *wholes =
        wadi_collect(wadi_key_by(in, whole_by_length, length_of), whole_by_length, &n);
    for (size_t i = 0; i < n; i++)
        assert_true(wholes[i].length == visits[i].user.len &&
                    wholes[i].visit.seconds == (int32_t)i);
    const text_by_length *texts = wadi_collect(
        wadi_key_by(wadi_keys(in), text_by_length, length_of_text), text_by_length, &n);
    for (size_t i = 0; i < n; i++)
        assert_true(texts[i].length == visits[i].user.len &&
                    wadi_str_equal(texts[i].text, visits[i].user));
    const wadi_str *again =
        wadi_collect(wadi_keys(wadi_keys(in)), wadi_str, &n); /* of values: themselves */
    for (size_t i = 0; i < n; i++) assert_true(wadi_str_equal(again[i], visits[i].user));
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    free(visits);
}
WADI_RECORD(length_count, (int64_t, length), (int64_t, count));
WADI_GROUP(count_group, whole_by_length, length_count) {
    (void)in;
    wadi_emit(out, (length_count){*key, (int64_t)n});
}
static void test_group_by(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    visit *visits = make_visits();
    wadi_rdd *in = wadi_parallelize(sc, visit, visits, COUNT);
    size_t n;
    const length_count *counts =
        wadi_collect(wadi_group_by(in, whole_by_length, length_of, count_group, .partitions = 3),
                     length_count, &n);
    int64_t expected[64] = {0};
    for (size_t i = 0; i < COUNT; i++) expected[visits[i].user.len]++;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(counts[i].count, expected[counts[i].length]);
        expected[counts[i].length] = 0;
    }
    for (size_t i = 0; i < 64; i++) assert_int_equal(expected[i], 0);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    free(visits);
}
static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_parallelize(sc, visit, NULL, 0);
    test_says(
        test_error_of(wadi_values(in, double)),
        "double is neither the second field of visit nor a record of all fields after its key");
    test_says(test_error_of(wadi_values(wadi_range(sc, 0, 1), double)), "double is neither");
    test_says(test_error_of(wadi_key_by(in, visit, length_of)),
              "'length_of' returns int64_t, which is not the first field of visit");
    test_says(
        test_error_of(wadi_key_by(in, text_by_length, length_of)),
        "after its first field text_by_length has neither visit as one field nor the fields of it");
    test_says(test_error_of(wadi_key_by(in, text_by_length, length_of_text)),
              "'length_of_text' takes wadi_str");
    test_batch_end(&batch);
}
WADI_MAP(fails_on_ten, visit, int64_t) {
    if (in->seconds == 10) wadi_fail(task, "ten");
    *out = in->seconds;
}
static void test_failing(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    visit *visits = make_visits();
    wadi_count(wadi_key_by(wadi_parallelize(sc, visit, visits, 20, .partitions = 1),
                           whole_by_length, fails_on_ten));
    test_says(test_batch_error(&batch),
              "ten; in key_by of 'fails_on_ten'; at record 10 of the partition: (");
    test_batch_end(&batch);
    free(visits);
}

int main(void) {
    sc = wadi_context_new("local[2]", "reshape");
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_shapes);
    wadi__unit_add(&unit, test_group_by);
    wadi__unit_add(&unit, test_mistakes);
    wadi__unit_add(&unit, test_failing);
    int failed = wadi__unit_run(&unit, "reshape");
    return wadi_finish(sc) + failed;
}
