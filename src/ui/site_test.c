/* SPDX-License-Identifier: Apache-2.0 */
/* site_test.c: requests and their answers, without a socket; tests with the name of a behaviour in
 * tests/conformance/behaviours.json show it. */
#include "base/version.h"
#include "ui/site.h"
#include "ui/status_told.h"

#define APP "/api/v1/applications/local-1000"

typedef struct rig {
    wadi__status_store store;
    wadi__site site;
    int stops;
    const char *problem;
} rig;

static const char *health(void *arg, char *room) {
    (void)room;
    return ((rig *)arg)->problem;
}
static void stop(void *arg) { ((rig *)arg)->stops++; }
static void dropped(void *arg, uint64_t *engine, uint64_t *stream) {
    (void)arg;
    *engine = 7;
    *stream = 9;
}
static rig *rig_new(void) {
    rig *self = calloc(1, sizeof *self);
    assert_true(wadi__status_init(&self->store, "a <program>", 1000));
    self->site = (wadi__site){
        .store = &self->store, .stop = stop, .health = health, .dropped = dropped, .arg = self};
    return self;
}
static void rig_free(rig *self) {
    wadi__status_fini(&self->store);
    free(self);
}
/* Three batches are done, one runs, one waits. */
static rig *rig_with_batches(void) {
    rig *self = rig_new();
    wadi_listener listener = wadi__status_listener(&self->store);
    wadi__status_stream_begins(&self->store, 2000, 1000);
    wadi__status_add_input(&self->store, 0, "queue_stream");
    wadi_receiver_info info = {1, "threes", true, "localhost", "driver", "oh", "oh no", 5000};
    listener.on_receiver_error(&info, listener.user);
    listener.on_streaming_started(1500, listener.user);
    for (int64_t t = 1; t <= 3; t++) {
        tell_whole_batch(&self->store, 2000 * t);
        wadi__status_batch_job(&self->store, 2000 * t, 1, t);
    }
    tell_batch(&self->store, 8000, 1);
    tell_batch(&self->store, 10000, 0);
    return self;
}
static char *text_of(wadi__http_response *response) {
    static char text[20000];
    const char *body = response->own_body != NULL ? response->own_body : response->body;
    assert_true(response->body_size < sizeof text);
    memcpy(text, body, response->body_size);
    text[response->body_size] = 0;
    wadi__free(response->own_body);
    return text;
}
static int ask(rig *self, wadi__http_request request, char **text) {
    wadi__http_response response = {0};
    wadi__site_answer(&self->site, &request, &response);
    *text = text_of(&response);
    return response.status;
}
static void expect_get(rig *self, const char *path, const char *query, int status,
                       const char *expected) {
    char *text;
    assert_int_equal(
        ask(self, (wadi__http_request){.method = "GET", .path = path, .query = query}, &text),
        status);
    assert_string_equal(text, expected);
}

/* ---- REST of a stream program ---- */

static void test_rest_statistics(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    expect_get(
        self, APP "/streaming/statistics", NULL, 200,
        "{\"startTime\":\"1970-01-01T00:00:01.500GMT\",\"batchDuration\":2000,\"numReceivers\":1,"
        "\"numActiveReceivers\":1,\"numInactiveReceivers\":0,\"numTotalCompletedBatches\":3,"
        "\"numRetainedCompletedBatches\":3,\"numActiveBatches\":2,\"numProcessedRecords\":1800,"
        "\"numReceivedRecords\":2400,\"avgInputRate\":300.0,\"avgSchedulingDelay\":20,"
        "\"avgProcessingTime\":30,\"avgTotalDelay\":50}");
    wadi__status_stream_begins(&self->store, 2000, 1000); /* another one: no batch yet */
    expect_get(self, APP "/streaming/statistics", NULL, 200,
               "{\"batchDuration\":2000,\"numReceivers\":0,\"numActiveReceivers\":0,"
               "\"numInactiveReceivers\":0,\"numTotalCompletedBatches\":0,"
               "\"numRetainedCompletedBatches\":0,\"numActiveBatches\":0,\"numProcessedRecords\":0,"
               "\"numReceivedRecords\":0}");
    rig_free(self);
}
#define DONE(ms, time)                                                                          \
    "{\"batchId\":" ms ",\"batchTime\":\"1970-01-01T00:00:" time ".000GMT\","                   \
    "\"status\":\"COMPLETED\",\"batchDuration\":2000,\"inputSize\":600,\"schedulingDelay\":20," \
    "\"processingTime\":30,\"totalDelay\":50,\"numActiveOutputOps\":0,"                         \
    "\"numCompletedOutputOps\":2,\"numFailedOutputOps\":0,\"numTotalOutputOps\":2}"
#define RUNS                                                                                    \
    "{\"batchId\":8000,\"batchTime\":\"1970-01-01T00:00:08.000GMT\",\"status\":\"PROCESSING\"," \
    "\"batchDuration\":2000,\"inputSize\":600,\"schedulingDelay\":20,\"numActiveOutputOps\":0," \
    "\"numCompletedOutputOps\":0,\"numFailedOutputOps\":0,\"numTotalOutputOps\":2}"
#define WAITS                                                                                \
    "{\"batchId\":10000,\"batchTime\":\"1970-01-01T00:00:10.000GMT\",\"status\":\"QUEUED\"," \
    "\"batchDuration\":2000,\"inputSize\":600,\"numActiveOutputOps\":0,"                     \
    "\"numCompletedOutputOps\":0,\"numFailedOutputOps\":0,\"numTotalOutputOps\":2}"
static void test_rest_batches(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    const char *path = APP "/streaming/batches";
    expect_get(self, path, NULL, 200,
               "[" WAITS "," RUNS
               "," DONE("6000", "06") "," DONE("4000", "04") "," DONE("2000", "02") "]");
    expect_get(self, path, "status=COMPLETED", 200,
               "[" DONE("6000", "06") "," DONE("4000", "04") "," DONE("2000", "02") "]");
    expect_get(self, path, "status=queued&status=PROCESSING", 200, "[" WAITS "," RUNS "]");
    expect_get(self, path, "status=other", 400, "status is none of COMPLETED, QUEUED, PROCESSING");
    expect_get(self, APP "/streaming/batches/4000", NULL, 200, DONE("4000", "04"));
    batch_told told;
    batch_set(&told, 12000, 2);
    told.outputs[1].failure_reason = "it \"broke\"";
    wadi_listener listener = wadi__status_listener(&self->store);
    listener.on_batch_completed(&told.info, listener.user);
    char *text;
    ask(self, (wadi__http_request){.method = "GET", .path = APP "/streaming/batches/12000"}, &text);
    assert_non_null(strstr(text,
                           "\"numCompletedOutputOps\":1,\"numFailedOutputOps\":1,"
                           "\"numTotalOutputOps\":2,\"firstFailureReason\":\"it \\\"broke\\\"\"}"));
    rig_free(self);
}
static void test_rest_operations(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    const char *first =
        "{\"outputOpId\":0,\"name\":\"print at a.c:1\",\"description\":\"print at /x/a.c:1\","
        "\"startTime\":\"1970-01-01T00:00:04.030GMT\","
        "\"endTime\":\"1970-01-01T00:00:04.035GMT\",\"duration\":5,\"jobIds\":[]}";
    const char *second =
        "{\"outputOpId\":1,\"name\":\"foreach_rdd at a.c:2\",\"description\":\"foreach_rdd at "
        "/x/a.c:2\","
        "\"startTime\":\"1970-01-01T00:00:04.031GMT\","
        "\"endTime\":\"1970-01-01T00:00:04.036GMT\",\"duration\":5,\"jobIds\":[2]}";
    char both[1000];
    snprintf(both, sizeof both, "[%s,%s]", first, second);
    expect_get(self, APP "/streaming/batches/4000/operations", NULL, 200, both);
    expect_get(self, APP "/streaming/batches/4000/operations/1", NULL, 200, second);
    rig_free(self);
}
static void test_rest_receivers(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    const char *rates =
        "\"avgEventRate\":150.0,\"eventRates\":[[2000,150.0],[4000,150.0],[6000,150.0],"
        "[8000,150.0],[10000,150.0]]}";
    char first[400], second[600], both[1100];
    snprintf(first, sizeof first, "{\"streamId\":0,\"streamName\":\"queue_stream\",%s", rates);
    snprintf(
        second, sizeof second,
        "{\"streamId\":1,\"streamName\":\"threes\",\"isActive\":true,\"executorId\":\"driver\","
        "\"executorHost\":\"localhost\",\"lastErrorTime\":\"1970-01-01T00:00:05.000GMT\","
        "\"lastErrorMessage\":\"oh\",\"lastError\":\"oh no\",%s",
        rates);
    snprintf(both, sizeof both, "[%s,%s]", first, second);
    expect_get(self, APP "/streaming/receivers", NULL, 200, both);
    expect_get(self, APP "/streaming/receivers/0", NULL, 200, first);
    rig_free(self);
}
static void test_rest_not_found(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    expect_get(self, APP "/streaming/batches/77", NULL, 404, "unknown batch: 77");
    expect_get(self, APP "/streaming/batches/x", NULL, 404, "unknown batch: x");
    expect_get(self, APP "/streaming/batches/77/operations", NULL, 404, "unknown batch: 77");
    expect_get(self, APP "/streaming/receivers/77", NULL, 404, "unknown receiver: 77");
    expect_get(self, APP "/streaming/batches/4000/operations/9", NULL, 404,
               "unknown output operation: 9");
    expect_get(self, "/api/v1/applications/other/streaming/statistics", NULL, 404,
               "no such app: other");
    wadi__status_stream_ends(&self->store);
    expect_get(self, APP "/streaming/statistics", NULL, 404,
               "no streaming listener attached to a <program>");
    rig_free(self);
}
static void test_applications(void **state) {
    (void)state;
    rig *self = rig_new();
    const char *app =
        "{\"id\":\"local-1000\",\"name\":\"a <program>\",\"attempts\":[{\"startTime\":"
        "\"1970-01-01T00:00:01.000GMT\",\"startTimeEpoch\":1000,\"completed\":false}]}";
    char list[300];
    snprintf(list, sizeof list, "[%s]", app);
    expect_get(self, "/api/v1/applications", NULL, 200, list);
    expect_get(self, APP, NULL, 200, app);
    expect_get(self, APP "/", NULL, 200, app);
    expect_get(self, "/api/v1/version", NULL, 200, "{\"wadi\":\"" WADI__VERSION "\"}");
    rig_free(self);
}

/* ---- Metrics ---- */

static void expect_line(const char *text, const char *line) {
    const char *at = strstr(text, line);
    if (at == NULL) fail_msg("there is no line %s in\n%s", line, text);
    assert_true(at == text || at[-1] == '\n');
    assert_int_equal(at[strlen(line)], '\n');
}
static void test_metrics(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    char *text;
    wadi__http_request request = {.method = "GET", .path = "/metrics/prometheus"};
    assert_int_equal(ask(self, request, &text), 200);
    expect_line(text, "# TYPE wadi_streaming_completed_batches_total counter");
    expect_line(text, "wadi_streaming_completed_batches_total 3");
    expect_line(text, "wadi_listener_events_dropped_total{queue=\"engine\"} 7");
    expect_line(text, "wadi_listener_events_dropped_total{queue=\"stream\"} 9");
    expect_line(text, "wadi_streaming_batch_interval_seconds 2.000");
    expect_line(text, "wadi_streaming_last_batch_total_delay_seconds 0.050");
    expect_line(text, "wadi_streaming_input_records{stream_id=\"1\",name=\"threes\"} 300");
    expect_line(text,
                "wadi_build_info{version=\"" WADI__VERSION "\",application=\"a <program>\"} 1");
#define GAUGE "metrics_local_1000_driver_a__program__StreamingMetrics_streaming_"
    static const char *const gauges[] = {
        "receivers_Value{type=\"gauges\"} 1",
        "totalCompletedBatches_Value{type=\"gauges\"} 3",
        "totalReceivedRecords_Value{type=\"gauges\"} 2400",
        "totalProcessedRecords_Value{type=\"gauges\"} 1800",
        "unprocessedBatches_Value{type=\"gauges\"} 2",
        "waitingBatches_Value{type=\"gauges\"} 1",
        "runningBatches_Value{type=\"gauges\"} 1",
        "retainedCompletedBatches_Value{type=\"gauges\"} 3",
        "lastCompletedBatch_submissionTime_Value{type=\"gauges\"} 6010",
        "lastCompletedBatch_processingDelay_Value{type=\"gauges\"} 30",
        "lastReceivedBatch_processingEndTime_Value{type=\"gauges\"} 6060",
        "lastReceivedBatch_records_Value{type=\"gauges\"} 600"};
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, GAUGE "%s", gauges[i]);
        expect_line(text, line);
    }
    wadi__status_stream_begins(&self->store, 2000, 10); /* nothing is known yet */
    ask(self, request, &text);
    expect_line(text, GAUGE "lastCompletedBatch_totalDelay_Value{type=\"gauges\"} -1");
    assert_null(strstr(text, "wadi_streaming_last_batch"));
    wadi__status_stream_ends(&self->store);
    ask(self, request, &text);
    assert_null(strstr(text, "treaming"));
    rig_free(self);
}

/* ---- States ---- */

static size_t states(void *arg, wadi__state_shown *rows) {
    (void)arg;
    rows[0] = (wadi__state_shown){"sum at \"a\".c:1", 10000, {1234, 2048, 4, {5000, 3072, 12}}};
    rows[1] = (wadi__state_shown){"map at a.c:2", 0, {5, -1, 7, {-1, -1, -1}}};
    rows[2] = (wadi__state_shown){"restored", 1000, {8, 9, 1, {4000, -1, -1}}};
    return 3;
}
static void test_states(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    char *text;
    wadi__http_request request = {.method = "GET", .path = "/metrics/prometheus"};
    expect_get(self, APP "/streaming/state", NULL, 200, "[]");
    ask(self, request, &text);
    assert_null(strstr(text, "wadi_state"));
    self->site.states = states;
    expect_get(
        self, APP "/streaming/state", NULL, 200,
        "[{\"name\":\"sum at \\\"a\\\".c:1\",\"numKeys\":1234,\"memoryUsed\":2048,"
        "\"numPartitions\":4,\"checkpointInterval\":10000,\"lastSnapshot\":{\"batchId\":5000,"
        "\"size\":3072,\"duration\":12}},"
        "{\"name\":\"map at a.c:2\",\"numKeys\":5,\"numPartitions\":7},"
        "{\"name\":\"restored\",\"numKeys\":8,\"memoryUsed\":9,\"numPartitions\":1,"
        "\"checkpointInterval\":1000,\"lastSnapshot\":{\"batchId\":4000}}]");
    assert_int_equal(ask(self, request, &text), 200);
    expect_line(text, "# TYPE wadi_state_keys gauge");
    expect_line(text, "wadi_state_keys{stream=\"sum at \\\"a\\\".c:1\"} 1234");
    expect_line(text, "wadi_state_keys{stream=\"map at a.c:2\"} 5");
    expect_line(text, "wadi_state_memory_bytes{stream=\"restored\"} 9");
    expect_line(text, "wadi_state_snapshot_batch_time_seconds{stream=\"restored\"} 4.000");
    expect_line(text, "wadi_state_snapshot_bytes{stream=\"sum at \\\"a\\\".c:1\"} 3072");
    expect_line(text,
                "wadi_state_snapshot_duration_seconds{stream=\"sum at \\\"a\\\".c:1\"} 0.012");
    assert_null(strstr(text, "wadi_state_snapshot_bytes{stream=\"restored\"}"));
    wadi__status_stream_begins(&self->store, 2000, 10); /* the graph is not whole yet */
    expect_get(self, APP "/streaming/state", NULL, 200, "[]");
    rig_free(self);
}

/* ---- Paths that are not there, and whoever may not ask ---- */

static const char *const strange_paths[] = {
    "",
    "/api",
    "/api/v1",
    "/api/v1/applications/",
    "/api/v2/applications",
    "/../../etc/passwd",
    "//etc/passwd",
    "/api/v1/applications/local-1000/streaming/x",
    "/api/v1/applications/local-1000/streaming",
    "/a/b/c/d/e/f/g/h/i/j/k/l/m/n",
    "/api/v1/applications/local-1000/streaming/batches/1/2/3/4",
};
static void test_strange_paths(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    for (size_t i = 0; i < sizeof strange_paths / sizeof strange_paths[0]; i++) {
        char *text;
        int status =
            ask(self, (wadi__http_request){.method = "GET", .path = strange_paths[i]}, &text);
        bool is_list = strcmp(strange_paths[i], "/api/v1/applications/") == 0;
        assert_int_equal(status, is_list ? 200 : 404);
    }
    rig_free(self);
}
static void test_health(void **state) {
    (void)state;
    rig *self = rig_new();
    expect_get(self, "/healthz", NULL, 200, "ok\n");
    expect_get(self, "/readyz", NULL, 200, "ready\n"); /* a program without streams */
    wadi__status_stream_begins(&self->store, 1000, 10);
    expect_get(self, "/readyz", NULL, 503, "the stream program has not started yet\n");
    wadi_listener listener = wadi__status_listener(&self->store);
    listener.on_streaming_started(1000, listener.user);
    expect_get(self, "/readyz", NULL, 200, "ready\n");
    self->problem = "a batch failed";
    expect_get(self, "/healthz", NULL, 503, "a batch failed\n");
    expect_get(self, "/readyz", NULL, 503, "a batch failed\n");
    rig_free(self);
}
static void test_who_may_ask(void **state) {
    (void)state;
    rig *self = rig_new();
    char *text;
    wadi__http_request request = {.method = "GET", .path = "/api/v1/version"};
    self->site.user = "me";
    self->site.password = "pw";
    self->site.token = "abc";
    assert_int_equal(ask(self, request, &text), 401);
    request.authorization = "Basic bWU6cHc=";
    assert_int_equal(ask(self, request, &text), 200);
    request.authorization = "Bearer abc";
    assert_int_equal(ask(self, request, &text), 200);
    request.authorization = "Bearer abx";
    assert_int_equal(ask(self, request, &text), 401);
    request.path = "/events";
    assert_int_equal(ask(self, request, &text), 401);
    request.path = "/healthz"; /* for those who look after many programs */
    assert_int_equal(ask(self, request, &text), 200);
    wadi__http_response response = {0};
    request.path = "/api/v1/version";
    wadi__site_answer(&self->site, &request, &response);
    assert_true(response.asks_for_basic);
    text_of(&response);
    rig_free(self);
}
static void test_stopping(void **state) {
    (void)state;
    rig *self = rig_new();
    char *text;
    wadi__http_request request = {.method = "POST", .path = "/stop", .asked_by = "me"};
    assert_int_equal(ask(self, request, &text), 403); /* off */
    self->site.may_stop = true;
    assert_int_equal(ask(self, request, &text), 403); /* whoever it is */
    self->site.token = "abc";
    assert_int_equal(ask(self, request, &text), 401);
    request.authorization = "Bearer abc";
    request.asked_by = NULL; /* a form of another place */
    assert_int_equal(ask(self, request, &text), 403);
    assert_int_equal(self->stops, 0);
    request.asked_by = "me";
    request.method = "GET";
    assert_int_equal(ask(self, request, &text), 404);
    request.method = "PUT";
    assert_int_equal(ask(self, request, &text), 405);
    assert_int_equal(self->stops, 0);
    request.method = "POST";
    assert_int_equal(ask(self, request, &text), 202);
    assert_int_equal(self->stops, 1);
    rig_free(self);
}
static void test_without_memory(void **state) {
    (void)state;
    rig *self = rig_with_batches();
    static const char *const paths[] = {APP "/streaming/batches", APP "/streaming/receivers", APP,
                                        APP "/streaming/statistics", "/healthz"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        for (unsigned n = 1, status = 0; status != 200 && n < 100; n++) {
            char *text;
            wadi__mem_fail_at(n, true);
            status =
                (unsigned)ask(self, (wadi__http_request){.method = "GET", .path = paths[i]}, &text);
            wadi__mem_fail_at(0, false);
            assert_true(status == 200 || status == 500);
        }
    rig_free(self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_rest_statistics);
    wadi__unit_add(&unit, test_rest_batches);
    wadi__unit_add(&unit, test_rest_operations);
    wadi__unit_add(&unit, test_rest_receivers);
    wadi__unit_add(&unit, test_rest_not_found);
    wadi__unit_add(&unit, test_applications);
    wadi__unit_add(&unit, test_metrics);
    wadi__unit_add(&unit, test_states);
    wadi__unit_add(&unit, test_strange_paths);
    wadi__unit_add(&unit, test_health);
    wadi__unit_add(&unit, test_who_may_ask);
    wadi__unit_add(&unit, test_stopping);
    wadi__unit_add(&unit, test_without_memory);
    return wadi__unit_run(&unit, "site");
}
