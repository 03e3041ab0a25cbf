/* SPDX-License-Identifier: Apache-2.0 */
/* accumulator_test.c: when additions of a stream's batches count, and who sees them before. */
#include "stream/stream_context.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

WADI_RECORD(counter, (wadi_accumulator, sum), (int64_t, at));

typedef struct seen_sums { /* what outputs saw, and the main thread after each batch */
    char text[500];
    bool is_failing;
} seen_sums;
static void note(seen_sums *seen, char who, int64_t sum) {
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%s%c%lld", used > 0 ? " " : "", who,
             (long long)sum);
}
WADI_MAP(add_each, int64_t, int64_t, counter) {
    *out = *in;
    wadi_accumulator_add(task, env->sum, *in);
}
WADI_FOREACH(fail_at_three, int64_t) {
    if (*in == 3) wadi_fail(task, "three is not wanted");
}
/* Runs an action, then asks: its own batch's additions are there, as in a Spark program. */
WADI_FOREACH_RDD(count_and_ask, int64_t, counter) {
    wadi_count(wadi_map(rdd, wadi_bind(add_each, env->sum, env->at)));
    note((seen_sums *)(uintptr_t)env->at, 'a',
         wadi_accumulator_value(wadi_rdd_context(rdd), env->sum));
}
WADI_FOREACH_RDD(ask, int64_t, counter) {
    note((seen_sums *)(uintptr_t)env->at, 'b',
         wadi_accumulator_value(wadi_rdd_context(rdd), env->sum));
}

/* A rig whose files lie on a simulated disk. */
static wadi__rig rig_with_disk(wadi__rig_options *options) {
    options->clock = wadi__manual_clock_new(&wadi__env_real, 0);
    options->env = wadi__sim_disk_new(options->clock, 1);
    return wadi__rig_new(options);
}
static void rig_free(wadi__rig *rig, wadi__rig_options *options) {
    wadi__rig_free(rig);
    wadi__sim_disk_free(options->env);
    wadi__manual_clock_free(options->clock);
}

typedef struct sum_case {
    const char *name;
    const char *on_failure; /* wadi.batch.on_failure */
    bool has_checkpoint, fails;
    const char *seen; /* a: the output that adds, b: the next, m: the main thread after a batch */
    int64_t sum;      /* after the end */
} sum_case;
static sum_case sums[] = {
    {"each batch sees its own", "stop", false, false, "a1 b1 m1 a3 b3 m3 a6 b6 m6 a10 b10 m10", 10},
    {"with a checkpoint too", "stop", true, false, "a1 b1 m1 a3 b3 m3 a6 b6 m6 a10 b10 m10", 10},
    {"what succeeded in a failed batch counts", "continue", false, true,
     "a1 b1 m1 a3 b3 m3 a6 b6 m6 a10 b10 m10", 10},
    {"a batch to be run again does not", "continue", true, true,
     "a1 b1 m1 a3 b3 m3 a6 b6 m3 a7 b7 m7", 7},
    {"nor when it ends the program", "stop", true, true, "a1 b1 m1 a3 b3 m3 a6 b6 m3 m3", 3},
    {"it counts where nothing runs again", "stop", false, true, "a1 b1 m1 a3 b3 m3 a6 b6 m6 m6", 6},
};
static void test_sum(void **state) {
    const sum_case *row = *state;
    wadi__rig_options options = {.settings = {{"wadi.batch.on_failure", row->on_failure}}};
    wadi__rig rig = rig_with_disk(&options);
    if (row->has_checkpoint) wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
    seen_sums seen = {.text = ""};
    counter env = {wadi_accumulator_new(rig.sc, "sum"), (int64_t)(uintptr_t)&seen};
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2; 3; 4", 2);
    wadi_foreach_rdd(in, wadi_bind(count_and_ask, env.sum, env.at));
    wadi_foreach_rdd(in, wadi_bind(ask, env.sum, env.at));
    if (row->fails) wadi_foreach(in, fail_at_three);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    for (int i = 0; i < 4; i++) {
        wadi__rig_batches(&rig, 1);
        note(&seen, 'm', wadi_accumulator_value(rig.sc, env.sum));
    }
    assert_string_equal(seen.text, row->seen);
    wadi_stop(rig.ssc, .keep_context = true);
    assert_int_equal(wadi_accumulator_value(rig.sc, env.sum), row->sum);
    rig_free(&rig, &options);
}
/* A transform's own jobs, on the generator's thread, add to their batch as well. */
WADI_TRANSFORM(count_in_transform, int64_t, int64_t, counter) {
    wadi_count(wadi_map(rdd, wadi_bind(add_each, env->sum, env->at)));
    note((seen_sums *)(uintptr_t)env->at, 't',
         wadi_accumulator_value(wadi_rdd_context(rdd), env->sum));
    return rdd;
}
static void test_transform(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    seen_sums seen = {.text = ""};
    counter env = {wadi_accumulator_new(rig.sc, NULL), (int64_t)(uintptr_t)&seen};
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1);
    wadi_dstream *counted = wadi_transform(in, wadi_bind(count_in_transform, env.sum, env.at));
    wadi_foreach_rdd(counted, wadi_bind(count_and_ask, env.sum, env.at));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    assert_string_equal(seen.text, "t1 a2 t4 a6");
    wadi__rig_free(&rig);
}
/* An addition that cannot be merged fails its batch. */
WADI_FOREACH(ignore, int64_t) { (void)in; }
WADI_REDUCE(below_four, int64_t) {
    if (*acc + *in >= 4) wadi_fail(task, "%d is too many", (int)(*acc + *in));
    *acc += *in;
}
WADI_MAP(merge_each, int64_t, int64_t, counter) {
    *out = *in;
    wadi_accumulator_merge(task, env->sum, int64_t, *in);
}
static void test_merge_fails_the_batch(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_accumulator sum = wadi_accumulator_of(rig.sc, int64_t, "limited", below_four, NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 3; 1", 1);
    wadi_foreach(wadi_map(in, wadi_bind(merge_each, sum, 0)), ignore);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    assert_int_equal(wadi_await_termination(rig.ssc, &err), WADI_E_USER);
    assert_non_null(strstr(err.message,
                           "4 is too many; in merging into accumulator 'limited'; what "
                           "batch 2000 ms added to accumulators does not count"));
    assert_int_equal(wadi_accumulator_value(rig.sc, sum), 1);
    wadi__rig_free(&rig);
}
static void test_two_of_one_name(void **state) {
    (void)state;
    for (int has_checkpoint = 0; has_checkpoint < 2; has_checkpoint++) {
        wadi__rig_options options = {.settings = {{NULL, NULL}}};
        wadi__rig rig = rig_with_disk(&options);
        if (has_checkpoint) wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
        wadi_accumulator_new(rig.sc, "sum");
        wadi_accumulator_new(rig.sc, "other");
        int line = __LINE__ + 1;
        wadi_accumulator_new(rig.sc, "sum");
        char place[100];
        snprintf(place, sizeof place, "%s:%d: accumulator_new: two accumulators are named 'sum', ",
                 __FILE__, line);
        wadi_foreach(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), fail_at_three);
        wadi_error err = WADI_ERROR_INIT;
        wadi_status status = wadi_start(rig.ssc, &err);
        assert_int_equal(status, has_checkpoint ? WADI_E_INVALID : WADI_OK);
        if (has_checkpoint) assert_ptr_equal(strstr(err.message, place), err.message);
        rig_free(&rig, &options);
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_sum, sums);
    wadi__unit_add(&unit, test_transform);
    wadi__unit_add(&unit, test_merge_fails_the_batch);
    wadi__unit_add(&unit, test_two_of_one_name);
    return wadi__unit_run(&unit, "accumulators of streams");
}
