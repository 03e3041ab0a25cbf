/* SPDX-License-Identifier: Apache-2.0 */
/* ui_test.c: pages come and go with their context and its program; tests with the name of a
 * behaviour in tests/conformance/behaviours.json show it. */
#include "ui/ui.h"

#include "stream/stream_context.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

/* A server that only notes what is done with it. */
static struct fake {
    int opens, runs, stops, closes;
    int taken; /* that many ports are */
    bool is_broken;
    wadi__http_callbacks callbacks;
    wadi__http_options options;
} fake;
static void *fake_open(const wadi__http_options *options, const wadi__http_callbacks *callbacks,
                       int *port, bool *is_taken, char *why) {
    fake.opens++;
    fake.callbacks = *callbacks;
    fake.options = *options;
    *port = options->port != 0 ? options->port : 5555;
    *is_taken = fake.opens <= fake.taken;
    strcpy(why, "no luck");
    return *is_taken || fake.is_broken ? NULL : &fake;
}
static void fake_run(void *server) { (void)server, fake.runs++; }
static void fake_stop(void *server) { (void)server, fake.stops++; }
static void fake_close(void *server) { (void)server, fake.closes++; }
static const wadi__http_ops fake_ops = {WADI__HTTP_OPS_VERSION, fake_open, fake_run, fake_stop,
                                        fake_close};

static int set_up(void **state) {
    (void)state;
    fake = (struct fake){0};
    wadi__ui_use(&fake_ops);
    return 0;
}
static int status_of(const char *path) {
    wadi__http_request request = {.method = "GET", .path = path};
    wadi__http_response response = {0};
    fake.callbacks.answer(fake.callbacks.arg, &request, &response);
    fake.callbacks.release(response.own_body);
    return response.status;
}
static int streaming_status(const wadi__rig *rig) {
    char path[200];
    snprintf(path, sizeof path, "/api/v1/applications/%s/streaming/statistics",
             rig->sc->ui->store.app_id);
    return status_of(path);
}
WADI_FOREACH_RDD(pass, int64_t) { (void)batch_ms, (void)rdd; }

static void test_off_by_default_under_test(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(NULL);
    assert_null(wadi_context_ui_url(rig.sc));
    wadi__rig_free(&rig);
    assert_int_equal(fake.opens, 0);
}
static void test_off_when_set_so(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.ui.enabled", "false"}, {"spark.ui.port", "0"}}});
    assert_null(wadi_context_ui_url(rig.sc));
    wadi__rig_free(&rig);
    assert_int_equal(fake.opens, 0);
}
static void test_progress_listener_and_tab_follow_lifecycle(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"}}});
    assert_string_equal(wadi_context_ui_url(rig.sc), "http://127.0.0.1:4040");
    wadi_foreach_rdd(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1), pass);
    assert_int_equal(streaming_status(&rig), 404);
    assert_int_equal(status_of("/readyz"), 200);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    assert_int_equal(streaming_status(&rig), 200);
    assert_non_null(rig.ssc->listeners);
    wadi_stop(rig.ssc, .keep_context = true);
    assert_int_equal(streaming_status(&rig), 404);
    assert_int_equal(rig.sc->ui->store.stream.done.count, 0);
    assert_int_equal(fake.stops, 0);
    wadi__rig_free(&rig);
    assert_int_equal(fake.opens, 1);
    assert_int_equal(fake.runs, 1);
    assert_int_equal(fake.stops, 1);
    assert_int_equal(fake.closes, 1);
}
static bool has_stream_metrics(void) {
    wadi__http_request request = {.method = "GET", .path = "/metrics/prometheus"};
    wadi__http_response response = {0};
    fake.callbacks.answer(fake.callbacks.arg, &request, &response);
    bool has = memmem(response.own_body, response.body_size, "streaming_totalCompletedBatches",
                      31) != NULL;
    fake.callbacks.release(response.own_body);
    return has;
}
static void test_metrics_source_follows_lifecycle(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"}}});
    wadi_foreach_rdd(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1), pass);
    assert_false(has_stream_metrics());
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    assert_true(has_stream_metrics());
    wadi_stop(rig.ssc, .keep_context = true);
    assert_false(has_stream_metrics());
    wadi__rig_free(&rig);
}
/* Jobs of a batch are told with it. */
WADI_FOREACH_RDD(count_it, int64_t) { (void)batch_ms, (void)wadi_count(rdd); }
static void test_jobs_of_batches(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"}}});
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1);
    wadi_foreach_rdd(in, pass);
    wadi_foreach_rdd(in, count_it);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    struct wadi__ui *ui = rig.sc->ui;
    wadi__status_lock(&ui->store);
    const wadi__batch_jobs *jobs = wadi__status_jobs_of(&ui->store, 2000);
    assert_non_null(jobs);
    assert_int_equal(jobs->jobs.count, 1);
    assert_int_equal(jobs->jobs.items[0].output_id, 1);
    const wadi__job_row *job = wadi__status_job(&ui->store, jobs->jobs.items[0].job_id);
    assert_int_equal(job->batch_ms, 2000);
    wadi__status_unlock(&ui->store);
    wadi__rig_free(&rig);
}
WADI_RECORD(counted, (int64_t, key), (int64_t, count));
WADI_MAP(with_one, int64_t, counted) { *out = (counted){*in, 1}; }
WADI_UPDATE_STATE(add_up, counted, counted) {
    (void)is_new, (void)key;
    for (size_t i = 0; i < n; i++) state->count += in[i].count;
    return true;
}
WADI_FOREACH_RDD(count_states, counted) { (void)batch_ms, (void)wadi_count(rdd); }
static void test_states_of_a_program(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.has_disk = true, .settings = {{"spark.ui.enabled", "true"}}});
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2 3; 2 4", 1);
    wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
    wadi_dstream *pairs = wadi_map(in, with_one);
    wadi_foreach_rdd(wadi_update_state_by_key(pairs, add_up, .name = "sums"), count_states);
    wadi_foreach_rdd(wadi_reduce_by_key_and_window(pairs, wadi_add, 2000, .name = "plain"),
                     count_states); /* its parents have it all */
    wadi_foreach_rdd(wadi_reduce_by_key_and_window(pairs, wadi_add, 2000, .inverse = wadi_subtract,
                                                   .name = "window"),
                     count_states);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    wadi__state_shown rows[WADI__STATES_SHOWN_MAX];
    struct wadi__ui *ui = rig.sc->ui;
    assert_int_equal(ui->site.states(ui->site.arg, rows), 2);
    assert_true(strncmp(rows[1].name, "window at ui_test.c:", 20) == 0);
    assert_int_equal(rows[1].facts.keys, 4);
    assert_int_equal(rows[1].facts.bytes, -1);
    assert_int_equal(rows[1].checkpoint_ms, 10000);
    assert_true(strncmp(rows[0].name, "sums at ui_test.c:", 18) == 0);
    assert_int_equal(rows[0].facts.keys, 4);
    assert_true(rows[0].facts.bytes > 0);
    assert_true(rows[0].checkpoint_ms > 0);
    wadi__rig_free(&rig);
}
static void test_an_event_log_without_pages(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){
        .has_disk = true,
        .settings = {{"spark.eventLog.enabled", "true"}, {"spark.eventLog.dir", "/logs"}}});
    assert_null(wadi_context_ui_url(rig.sc));
    wadi_foreach_rdd(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1; 2", 1), count_it);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_batches(&rig, 2);
    char path[200];
    snprintf(path, sizeof path, "/logs/eventlog_v2_%s/events_1_%s", rig.sc->ui->store.app_id,
             rig.sc->ui->store.app_id);
    wadi__file_stat plain, packed = {0};
    char packed_path[210];
    snprintf(packed_path, sizeof packed_path, "%s.zst", path);
    bool has_packed = rig.sc->env->file_stat(rig.sc->env, packed_path, &packed) == 0;
    assert_true(has_packed || rig.sc->env->file_stat(rig.sc->env, path, &plain) == 0);
    wadi__rig_free(&rig);
    assert_int_equal(fake.opens, 0);
}
static void test_next_free_port(void **state) {
    set_up(state);
    fake.taken = 2;
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"}, {"spark.ui.port", "70"}}});
    assert_string_equal(wadi_context_ui_url(rig.sc), "http://127.0.0.1:72");
    wadi__rig_free(&rig);
    set_up(state);
    fake.taken = 3;
    rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"},
                                                          {"spark.ui.port", "70"},
                                                          {"spark.port.maxRetries", "2"}}});
    assert_null(wadi_context_ui_url(rig.sc));
    assert_int_equal(fake.opens, 3);
    wadi__rig_free(&rig);
    set_up(state);
    fake.is_broken = true; /* for another reason: no further port is tried */
    rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"}, {"spark.ui.port", "70"}}});
    assert_null(wadi_context_ui_url(rig.sc));
    assert_int_equal(fake.opens, 1);
    wadi__rig_free(&rig);
}
static void test_options_of_the_server(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"},
                                                                    {"spark.ui.port", "0"},
                                                                    {"wadi.ui.bind_address", "::1"},
                                                                    {"wadi.ui.password", "pw"}}});
    assert_string_equal(wadi_context_ui_url(rig.sc), "http://[::1]:5555");
    assert_string_equal(fake.options.address, "::1");
    assert_null(fake.options.certificate);
    assert_int_equal(status_of("/readyz"), 401);
    assert_int_equal(status_of("/healthz"), 200);
    wadi__rig_free(&rig);
}
static void test_a_certificate_that_is_not_there(void **state) {
    set_up(state);
    wadi__rig rig =
        wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"},
                                                        {"spark.ui.port", "0"},
                                                        {"wadi.ui.tls_certificate", "/none"},
                                                        {"wadi.ui.tls_key", "/none"}}});
    assert_null(wadi_context_ui_url(rig.sc)); /* rather none than in the clear */
    wadi__rig_free(&rig);
    rig = wadi__rig_new(&(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"},
                                                          {"spark.ui.port", "0"},
                                                          {"wadi.ui.tls_certificate", "/none"}}});
    assert_null(wadi_context_ui_url(rig.sc));
    wadi__rig_free(&rig);
    assert_int_equal(fake.opens, 0);
}
WADI_FOREACH_RDD(break_down, int64_t) {
    (void)batch_ms;
    wadi_rdd_fail(rdd, "it broke");
}
static void test_a_failed_program_is_not_well(void **state) {
    set_up(state);
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.settings = {{"spark.ui.enabled", "true"}, {"spark.ui.port", "0"}}});
    wadi_foreach_rdd(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1), break_down);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    assert_int_equal(status_of("/healthz"), 200);
    wadi__rig_advance(&rig, 1000);
    wadi_await_termination(rig.ssc, NULL);
    assert_int_equal(status_of("/healthz"), 503);
    wadi__rig_free(&rig);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_off_by_default_under_test);
    wadi__unit_add(&unit, test_off_when_set_so);
    wadi__unit_add(&unit, test_progress_listener_and_tab_follow_lifecycle);
    wadi__unit_add(&unit, test_metrics_source_follows_lifecycle);
    wadi__unit_add(&unit, test_jobs_of_batches);
    wadi__unit_add(&unit, test_states_of_a_program);
    wadi__unit_add(&unit, test_an_event_log_without_pages);
    wadi__unit_add(&unit, test_next_free_port);
    wadi__unit_add(&unit, test_options_of_the_server);
    wadi__unit_add(&unit, test_a_certificate_that_is_not_there);
    wadi__unit_add(&unit, test_a_failed_program_is_not_well);
    return wadi__unit_run(&unit, "ui");
}
