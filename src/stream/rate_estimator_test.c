/* SPDX-License-Identifier: Apache-2.0 */
/* rate_estimator_test.c: estimators by name: Spark's, those of the program, and what is none. */
#include "stream/rate_estimator.h"

#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <math.h>

WADI_RECORD(seen_batches, (int64_t, count), (double, sum));
WADI_RATE_ESTIMATOR(mean_of_records, seen_batches) {
    state->count++;
    state->sum += (double)batch->record_count;
    return state->sum / (double)state->count;
}
WADI_RECORD(nothing, (bool, unused));
WADI_RATE_ESTIMATOR(as_told, nothing) { /* what a batch tells, as its number of records says */
    const double told[] = {(double)batch->stream_id,
                           (double)batch->batch_ms,
                           (double)batch->end_ms,
                           (double)batch->interval_ms,
                           (double)batch->processing_delay_ms,
                           (double)batch->scheduling_delay_ms,
                           NAN,
                           -1,
                           0};
    return told[batch->record_count];
}
WADI_MAP(no_estimator, int64_t, int64_t) { *out = *in; }

/* ---- Names ---- */

typedef struct name_case {
    const char *name, *found, *words; /* found NULL: pid, or there is none */
    wadi_status status;
} name_case;
static const name_case names[] = {
    {"pid", NULL, "", WADI_OK},
    {"mean_of_records", "mean_of_records", "", WADI_OK},
    {"mean_of_record", NULL, "there is no rate estimator 'mean_of_record'; there are: pid, ",
     WADI_E_INVALID},
    {"PID", NULL, "mean_of_records", WADI_E_INVALID},
    {"", NULL, "(WADI_RATE_ESTIMATOR declares one)", WADI_E_INVALID},
    {"no_estimator", NULL,
     "spark.streaming.backpressure.rateEstimator: 'no_estimator' is declared with WADI_MAP, and "
     "WADI_RATE_ESTIMATOR is wanted",
     WADI_E_TYPE},
};
static void test_name(void **state) {
    const name_case *row = *state;
    const char *found = "not looked at";
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__rate_estimator_find(row->name, &found, &err), row->status);
    assert_non_null(strstr(err.message, row->words));
    if (row->found != NULL)
        assert_string_equal(found, row->found);
    else
        assert_null(found);
}

/* ---- Estimates ---- */

static void init(wadi__rate_estimator *self, const char *name) {
    wadi__conf *conf = wadi__conf_new();
    wadi_error err = WADI_ERROR_INIT;
    assert_non_null(conf);
    wadi__conf_set(conf, "spark.streaming.backpressure.rateEstimator", name, WADI__CONF_FROM_CODE,
                   "test");
    if (wadi__rate_estimator_init(self, conf, 1000, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__conf_free(conf);
}
static void test_each_has_a_state(void **state) {
    (void)state;
    wadi__rate_estimator a, b;
    init(&a, "mean_of_records");
    init(&b, "mean_of_records");
    double rate = 0;
    assert_false(a.has_rate);
    assert_true(wadi__rate_estimator_update(&a, &(wadi_rate_batch){.record_count = 100}, &rate));
    assert_true(wadi__rate_estimator_update(&a, &(wadi_rate_batch){.record_count = 300}, &rate));
    assert_true(a.has_rate);
    assert_int_equal((int64_t)rate, 200);
    assert_true(wadi__rate_estimator_update(&b, &(wadi_rate_batch){.record_count = 50}, &rate));
    assert_int_equal((int64_t)rate, 50);
    wadi__rate_estimator_fini(&a);
    wadi__rate_estimator_fini(&b);
}
static void test_what_is_told(void **state) {
    (void)state;
    wadi__rate_estimator self;
    init(&self, "as_told");
    for (int64_t i = 0; i < 9; i++) {
        double rate = -7;
        const wadi_rate_batch batch = {1, 2, 3, 4, i, 5, 6};
        assert_int_equal(wadi__rate_estimator_update(&self, &batch, &rate), i < 6);
        assert_int_equal((int64_t)rate, i < 6 ? i + 1 : -7);
    }
    wadi__rate_estimator_fini(&self);
}
static void test_pid(void **state) {
    (void)state;
    wadi__rate_estimator self;
    init(&self, "pid");
    double rate = 0;
    wadi_rate_batch batch = {.end_ms = 1000, .record_count = 500, .processing_delay_ms = 500};
    assert_false(wadi__rate_estimator_update(&self, &batch, &rate));
    assert_false(self.has_rate);
    assert_int_equal((int64_t)wadi__rate_estimator_speed(&self), 1000);
    batch.end_ms = 2000;
    batch.scheduling_delay_ms = 1000; /* as many records wait, of which a fifth goes off */
    assert_true(wadi__rate_estimator_update(&self, &batch, &rate));
    assert_int_equal((int64_t)rate, 800);
    wadi__rate_estimator_fini(&self);
}

/* ---- A program ---- */

static void test_refused_at_start(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        wadi__rig rig = wadi__rig_new(&(wadi__rig_options){
            .settings = {{"spark.streaming.backpressure.enabled", on ? "true" : "false"},
                         {"spark.streaming.backpressure.rateEstimator", "no_estimator"}}});
        wadi_error err = WADI_ERROR_INIT;
        wadi_print(wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc)));
        assert_int_equal(wadi_start(rig.ssc, &err), WADI_E_TYPE);
        assert_non_null(strstr(err.message, "WADI_RATE_ESTIMATOR is wanted"));
        wadi__rig_free(&rig);
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_name, names);
    wadi__unit_add(&unit, test_each_has_a_state);
    wadi__unit_add(&unit, test_what_is_told);
    wadi__unit_add(&unit, test_pid);
    wadi__unit_add(&unit, test_refused_at_start);
    return wadi__unit_run(&unit, "rate_estimator");
}
