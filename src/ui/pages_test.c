/* SPDX-License-Identifier: Apache-2.0 */
/* pages_test.c: what stands on pages; tests with the name of a behaviour in
 * tests/conformance/behaviours.json show it. */
#include "base/conf.h"
#include "ui/assets.h"
#include "ui/site.h"
#include "ui/status_told.h"

#include <stdio.h>

typedef struct rig {
    wadi__status_store store;
    wadi__site site;
    char *text; /* of the last page */
} rig;
static rig rig_of(const char *app_name) {
    rig self = {0};
    assert_true(wadi__status_init(&self.store, app_name, 1000));
    return self;
}
static void rig_fini(rig *self) {
    wadi__free(self->text);
    wadi__status_fini(&self->store);
}
static wadi__http_response response_of(rig *self, const char *path, const char *query,
                                       const char *etag) {
    self->site.store = &self->store;
    wadi__http_request request = {
        .method = "GET", .path = path, .query = query, .if_none_match = etag};
    wadi__http_response response = {0};
    wadi__site_answer(&self->site, &request, &response);
    return response;
}
static int get(rig *self, const char *path, const char *query) {
    wadi__http_response response = response_of(self, path, query, NULL);
    wadi__free(self->text);
    self->text = wadi__memdup(response.own_body != NULL ? response.own_body : response.body,
                              response.body_size);
    wadi__free(response.own_body);
    return response.status;
}
static void expect(const rig *self, const char *part) {
    if (strstr(self->text, part) == NULL) fail_msg("%s is not in\n%s", part, self->text);
}
static void expect_none(const rig *self, const char *part) {
    if (strstr(self->text, part) != NULL) fail_msg("%s is in\n%s", part, self->text);
}
static void begin_stream(rig *self) {
    wadi__status_stream_begins(&self->store, 1000, 1000);
    wadi_listener listener = wadi__status_listener(&self->store);
    listener.on_streaming_started(1500, listener.user);
    wadi__status_add_input(&self->store, 0, "queue_stream");
}

static void test_streaming_tab(void **state) {
    (void)state;
    rig self = rig_of("a program");
    assert_int_equal(get(&self, "/jobs/", NULL), 200);
    expect_none(&self, "/streaming/");
    assert_int_equal(get(&self, "/streaming/", NULL), 404);
    assert_string_equal(response_of(&self, "/", NULL, NULL).location, "/jobs/");
    begin_stream(&self);
    assert_string_equal(response_of(&self, "/", NULL, NULL).location, "/streaming/");
    for (int64_t t = 1; t <= 3; t++) tell_whole_batch(&self.store, t * 1000);
    tell_batch(&self.store, 4000, 1);
    tell_batch(&self.store, 5000, 0);
    assert_int_equal(get(&self, "/streaming", NULL), 200);
    expect(&self, "<a href=\"/streaming/\" aria-current=page>Streaming</a>");
    expect(&self, "<h1>Streaming Statistics</h1>");
    expect(&self, "Running batches of <strong>1 second</strong>");
    expect(&self, "(<strong>3</strong> completed batches, <strong>1800</strong> records)");
    expect(&self, "<table id=stat-table");
    expect(&self, "Timelines (Last 5 batches, 2 active, 3 completed)");
    expect(&self, "<th>Histograms</th>");
    static const char *const rows[] = {"Input Rate", "Scheduling Delay", "Processing Time",
                                       "Total Delay"};
    for (size_t i = 0; i < 4; i++) expect(&self, rows[i]);
    expect(&self, "Running Batches (1)");
    expect(&self, "Waiting Batches (1)");
    expect(&self, "Completed Batches (last 3 out of 3)");
    expect(&self, "<th>Status</th>");
    expect(&self, "processing</td>");
    expect(&self, "queued</td>");
    expect(&self, "2/2</td>");
    expect_none(&self, "<th>Error</th>");
    batch_told told;
    batch_set(&told, 6000, 2);
    told.outputs[1].failure_reason = "it <broke>";
    wadi_listener listener = wadi__status_listener(&self.store);
    listener.on_batch_completed(&told.info, listener.user);
    get(&self, "/streaming/", NULL);
    expect(&self, "<th>Error</th>");
    expect(&self, "it &lt;broke&gt;");
    expect(&self, "(1 failed)");
    rig_fini(&self);
}
static void test_batch_page_bad_ids(void **state) {
    (void)state;
    rig self = rig_of("a program");
    begin_stream(&self);
    assert_int_equal(get(&self, "/streaming/batch/", NULL), 400);
    expect(&self, "Missing id parameter");
    assert_int_equal(get(&self, "/streaming/batch/", "id=12345"), 404);
    expect(&self, "Batch 12345 does not exist");
    assert_int_equal(get(&self, "/streaming/batch/", "id=<script>"), 400);
    expect(&self, "Missing id parameter");
    expect_none(&self, "<script>");
    rig_fini(&self);
}
static void test_batch_page(void **state) {
    (void)state;
    rig self = rig_of("a program");
    begin_stream(&self);
    tell_whole_batch(&self.store, 1000);
    wadi__status_batch_job(&self.store, 1000, 1, 17);
    assert_int_equal(get(&self, "/streaming/batch/", "id=1000"), 200);
    expect(&self, "Details of batch at 1970/01/01");
    expect(&self, "<dt>Input data size</dt><dd>600 records</dd>");
    expect(&self, "<dt>Scheduling delay</dt><dd>20 ms</dd>");
    expect(&self, "<dt>Total delay</dt><dd>50 ms</dd>");
    expect(&self, "file:/a\nfile:/b");
    expect(&self, "foreach_rdd at /x/a.c:2");
    expect(&self, "<a href=\"/jobs/#job-17\">17</a>");
    rig_fini(&self);
}
static void test_lists_are_paged_and_sorted(void **state) {
    (void)state;
    rig self = rig_of("a program");
    begin_stream(&self);
    for (int64_t t = 1; t <= 250; t++) {
        batch_told told;
        batch_set(&told, t * 1000, 2);
        told.info.record_count = t % 100;
        wadi_listener listener = wadi__status_listener(&self.store);
        listener.on_batch_completed(&told.info, listener.user);
    }
    get(&self, "/streaming/", NULL);
    expect(&self, "Page 1 of 3");
    expect(&self, "id=batch-250000");
    expect(&self, "id=batch-151000");
    expect_none(&self, "id=batch-150000");
    get(&self, "/streaming/", "page=3");
    expect(&self, "id=batch-1000>");
    expect_none(&self, "id=batch-51000");
    get(&self, "/streaming/", "page=99");
    expect(&self, "Page 3 of 3");
    get(&self, "/streaming/", "sort=1");
    const char *most = strstr(self.text, "<td class=number>99</td>"),
               *fewer = strstr(self.text, "<td class=number>98</td>");
    assert_true(most != NULL && fewer != NULL && most < fewer);
    expect_none(&self, "<td class=number>3</td><td");
    rig_fini(&self);
}
/* Whatever a program is called, or says, is text. */
static void test_text_is_escaped(void **state) {
    (void)state;
    rig self = rig_of("<script>alert('x')</script>");
    begin_stream(&self);
    wadi_listener listener = wadi__status_listener(&self.store);
    wadi_receiver_info info = {1, "<b>r", true, "h<b>", "e<b>", "m<b>", "l<b>", 5};
    listener.on_receiver_error(&info, listener.user);
    batch_told told;
    batch_set(&told, 1000, 2);
    told.inputs[0].description = "</script><b>";
    told.outputs[0].failure_reason = "\"><b>";
    told.outputs[1].description = "d<b>";
    listener.on_batch_completed(&told.info, listener.user);
    wadi_engine_listener to = wadi__status_engine_listener(&self.store);
    const wadi_operator_info operators[] = {{8, "o<b>", true, NULL, 0}};
    wadi_stage_info stage = {.id = 0, .name = "s<b>", .operators = operators, .operator_count = 1};
    wadi_job_info job = {0, "j<b>", 1000, 0, 5, -1, NULL};
    to.on_job_started(&job, to.user);
    to.on_stage_submitted(&stage, to.user);
    stage.failure_reason = job.failure_reason = "f<b>";
    to.on_stage_completed(&stage, to.user);
    to.on_job_ended(&job, to.user);
    wadi_stored_info stored = {8, "c<b>", 0, 1, 10, false};
    to.on_block_stored(&stored, to.user);
    wadi__conf *conf = wadi__conf_new();
    wadi__conf_set(conf, "my.setting", "v<b>", WADI__CONF_FROM_CODE, "p<b>");
    wadi__conf_set(conf, "my.password", "guess-me", WADI__CONF_FROM_CODE, "p");
    self.site.conf = conf;
    static const char *const paths[] = {"/streaming/", "/jobs/",        "/stages/",
                                        "/storage/",   "/environment/", "/executors/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(get(&self, paths[i], NULL), 200);
        expect_none(&self, "<b>");
        expect_none(&self, "<script>");
        expect_none(&self, "guess-me");
        expect(&self, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    }
    static const char *const escaped[][3] = {{"/streaming/batch/", "id=1000", "d&lt;b&gt;"},
                                             {"/stages/stage/", "id=0", "o&lt;b&gt;"}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(get(&self, escaped[i][0], escaped[i][1]), 200);
        expect_none(&self, "<b>");
        expect(&self, escaped[i][2]);
    }
    wadi__conf_free(conf);
    rig_fini(&self);
}
static size_t states(void *arg, wadi__state_shown *rows) {
    (void)arg;
    rows[0] = (wadi__state_shown){"update<b> at a.c:1", 10000, {1234, 2048, 4, {5000, 3072, 12}}};
    rows[1] = (wadi__state_shown){"map at a.c:2", 0, {5, -1, 7, {-1, -1, -1}}};
    return 2;
}
static void test_state_page(void **state) {
    (void)state;
    rig self = rig_of("a program");
    self.site.states = states;
    assert_int_equal(get(&self, "/state/", NULL), 404);
    begin_stream(&self);
    assert_int_equal(get(&self, "/state/", NULL), 200);
    expect(&self, "<tr><td>update&lt;b&gt; at a.c:1</td><td class=number>1234</td><td "
                  "class=number>2.0 KiB</td>"
                  "<td class=number>4</td><td class=number>10 s</td><td>1970/01/01 ");
    expect(&self, ":05</td><td class=number>3.0 KiB</td><td class=number>12 ms</td></tr>");
    expect(&self, "<td class=number>7</td><td class=number>-</td><td>-</td><td "
                  "class=number>-</td><td class=number>-</td></tr>");
    rig_fini(&self);
}
static void test_drawing(void **state) {
    (void)state;
    rig self = rig_of("a program");
    wadi_engine_listener to = wadi__status_engine_listener(&self.store);
    wadi_job_info job = {0, "count", 0, -1, 5, -1, NULL};
    to.on_job_started(&job, to.user);
    const uint64_t seven[] = {7}, eight_twice[] = {8, 8}, itself[] = {10};
    const wadi_operator_info first[] = {{8, "map", false, seven, 1}, {7, "range", false, NULL, 0}};
    wadi_stage_info stage = {.id = 0, .name = "map", .operators = first, .operator_count = 2};
    to.on_stage_submitted(&stage, to.user);
    const wadi_operator_info second[] = {
        {9, "join of many words and more of them", true, eight_twice, 2},
        {10, "knot", false, itself, 1}};
    stage = (wadi_stage_info){.id = 1, .name = "join", .operators = second, .operator_count = 2};
    to.on_stage_submitted(&stage, to.user);
    assert_int_equal(get(&self, "/stages/stage/", "id=1"), 200);
    expect(&self, ">Stage 0</text>");
    expect(&self, ">Stage 1</text>");
    expect(&self, "<title>join of many words and more of them</title><rect");
    expect(&self, "join of many words and mor..</text>");
    expect(&self, "class=\"stored\"");
    size_t lines = 0;
    for (const char *at = self.text; (at = strstr(at, "marker-end")) != NULL; at++) lines++;
    assert_int_equal(lines, 3); /* range to map; map to join, twice */
    assert_int_equal(get(&self, "/stages/stage/", "id=9"), 404);
    assert_int_equal(get(&self, "/stages/stage/", NULL), 400);
    rig_fini(&self);
}
static void test_tasks(void **state) {
    (void)state;
    rig self = rig_of("a program");
    wadi_engine_listener to = wadi__status_engine_listener(&self.store);
    wadi_stage_info stage = {.id = 5, .name = "map", .task_count = 300};
    to.on_stage_submitted(&stage, to.user);
    for (uint32_t i = 0; i < 250; i++) {
        wadi_task_info task = {.stage_id = 5,
                               .partition_index = i + 7,
                               .attempt = i % 2,
                               .start_ms = 5000,
                               .run_ms = 12,
                               .index = i,
                               .records_in = i == 0 ? -1 : 100 + (int64_t)i,
                               .records_out = i == 0 ? -1 : 1,
                               .failure_reason = i == 249 ? "f<b>" : NULL};
        to.on_task_ended(&task, to.user);
    }
    assert_int_equal(get(&self, "/stages/stage/", "id=5"), 200);
    expect(&self, "<p>249 of 300 have succeeded</p>");
    expect(&self, "<tr><td class=number>249</td><td class=number>256</td><td class=number>1</td>"
                  "<td class=bad>failed</td><td>1970/01/01 ");
    expect(&self,
           "<td class=number>349</td><td class=number>1</td><td class=failure>f&lt;b&gt;</td>");
    expect_none(&self, "<b>");
    expect(&self, "<a id=older href=\"?id=5&amp;page=2\">");
    expect_none(&self, "<tr><td class=number>149</td>");
    assert_int_equal(get(&self, "/stages/stage/", "id=5&page=3"), 200);
    expect(&self, "<tr><td class=number>0</td><td class=number>7</td><td class=number>0</td>"
                  "<td class=good>succeeded</td>");
    expect(&self, "<td class=number>12 ms</td><td class=number>-</td><td class=number>-</td><td "
                  "class=failure>-</td></tr>");
    rig_fini(&self);
}
/* Every operator reads the one before twice: drawn in no more time than there are operators. */
static void test_drawing_of_diamonds(void **state) {
    (void)state;
    rig self = rig_of("a program");
    wadi_engine_listener to = wadi__status_engine_listener(&self.store);
    uint64_t parents[64][2];
    wadi_operator_info operators[64];
    for (size_t i = 0; i < 64; i++) {
        parents[i][0] = parents[i][1] = 64 - i - 1;
        operators[i] = (wadi_operator_info){64 - i, "union", false, parents[i], 2};
    }
    wadi_stage_info stage = {
        .id = 0, .name = "union", .operators = operators, .operator_count = 64};
    to.on_stage_submitted(&stage, to.user);
    assert_int_equal(get(&self, "/stages/stage/", "id=0"), 200);
    rig_fini(&self);
}
static void test_assets(void **state) {
    (void)state;
    rig self = rig_of("a program");
    wadi__http_response style = response_of(&self, "/static/style.css", NULL, NULL);
    assert_int_equal(style.status, 200);
    assert_string_equal(style.type, "text/css; charset=utf-8");
    assert_true(style.body_size > 1000);
    wadi__http_response again = response_of(&self, "/static/style.css", NULL, style.etag);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.body_size, 0);
    static const char *const none[] = {"/static/", "/static/../style.css", "/static/x",
                                       "/static/style.css/x"};
    for (size_t i = 0; i < 4; i++) assert_int_equal(get(&self, none[i], NULL), 404);
    for (size_t i = 0; i < wadi__asset_count; i++) { /* nothing comes from elsewhere */
        const wadi__asset *asset = &wadi__assets[i];
        if (strcmp(asset->name, "app.js") != 0 && strcmp(asset->name, "style.css") != 0) continue;
        assert_null(memmem(asset->bytes, asset->size, "http:", 5));
        assert_null(memmem(asset->bytes, asset->size, "https:", 6));
    }
    rig_fini(&self);
}
static void test_without_memory(void **state) {
    (void)state;
    rig self = rig_of("a program");
    begin_stream(&self);
    for (int64_t t = 1; t <= 3; t++) tell_whole_batch(&self.store, t * 1000);
    static const char *const paths[][2] = {
        {"/streaming/", NULL}, {"/streaming/batch/", "id=1000"}, {"/jobs/", NULL}};
    for (size_t i = 0; i < 3; i++)
        for (unsigned n = 1, status = 0; status != 200 && n < 200; n++) {
            wadi__mem_fail_at(n, true);
            wadi__http_response response = response_of(&self, paths[i][0], paths[i][1], NULL);
            wadi__mem_fail_at(0, false);
            status = (unsigned)response.status;
            assert_true(status == 200 || status == 500);
            wadi__free(response.own_body);
        }
    rig_fini(&self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_streaming_tab);
    wadi__unit_add(&unit, test_batch_page_bad_ids);
    wadi__unit_add(&unit, test_batch_page);
    wadi__unit_add(&unit, test_lists_are_paged_and_sorted);
    wadi__unit_add(&unit, test_text_is_escaped);
    wadi__unit_add(&unit, test_state_page);
    wadi__unit_add(&unit, test_drawing);
    wadi__unit_add(&unit, test_drawing_of_diamonds);
    wadi__unit_add(&unit, test_tasks);
    wadi__unit_add(&unit, test_assets);
    wadi__unit_add(&unit, test_without_memory);
    return wadi__unit_run(&unit, "pages");
}
