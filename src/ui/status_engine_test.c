/* SPDX-License-Identifier: Apache-2.0 */
/* status_engine_test.c: what is kept of jobs and stages, and how REST tells it. */
#include "ui/site.h"
#include "ui/status_told.h"

#include "base/conf.h"

#include <stdio.h>

#define APP "/api/v1/applications/local-1000"

typedef struct rig {
    wadi__status_store store;
    wadi__site site;
    wadi_engine_listener to;
} rig;
static void rig_init(rig *self, size_t kept_max) {
    assert_true(wadi__status_init(&self->store, "a program", 1000));
    self->store.engine.jobs_max = self->store.engine.stages_max = kept_max;
    self->site = (wadi__site){.store = &self->store};
    self->to = wadi__status_engine_listener(&self->store);
}
static int get(rig *self, const char *path, const char *query, char text[20000]) {
    wadi__http_request request = {.method = "GET", .path = path, .query = query};
    wadi__http_response response = {0};
    wadi__site_answer(&self->site, &request, &response);
    assert_true(response.body_size < 20000);
    memcpy(text, response.own_body, response.body_size);
    text[response.body_size] = 0;
    wadi__free(response.own_body);
    return response.status;
}
static void expect_get(rig *self, const char *path, const char *query, int status,
                       const char *expected) {
    char text[20000];
    assert_int_equal(get(self, path, query, text), status);
    assert_string_equal(text, expected);
}
static const char *failure(bool has_failed) { return has_failed ? "it broke" : NULL; }
static void job_starts(rig *self, int64_t id, int64_t batch_ms, int output_id) {
    wadi_job_info info = {id, "count at a.c:1", batch_ms, output_id, 2000, -1, NULL};
    self->to.on_job_started(&info, self->to.user);
}
static void job_ends(rig *self, int64_t id, bool has_failed) {
    wadi_job_info info = {id, "count at a.c:1", 0, -1, 2000, 2500, failure(has_failed)};
    self->to.on_job_ended(&info, self->to.user);
}
static void stage_starts(rig *self, int64_t id, int64_t job_id) {
    const uint64_t parents[] = {7};
    const wadi_operator_info operators[] = {{8, "map at a.c:2", true, parents, 1},
                                            {7, "range at a.c:1", false, NULL, 0}};
    wadi_stage_info info = {.id = id,
                            .job_id = job_id,
                            .name = "map at a.c:2",
                            .task_count = 3,
                            .submission_ms = 2100,
                            .completion_ms = -1,
                            .run_ms = -1,
                            .operators = operators,
                            .operator_count = 2};
    self->to.on_stage_submitted(&info, self->to.user);
}
static void stage_ends(rig *self, int64_t id, int64_t job_id, bool has_failed) {
    wadi_stage_info info = {.id = id,
                            .job_id = job_id,
                            .name = "map at a.c:2",
                            .task_count = 3,
                            .submission_ms = 2100,
                            .completion_ms = 2300,
                            .run_ms = 55,
                            .failed_task_count = has_failed,
                            .failure_reason = failure(has_failed)};
    self->to.on_stage_completed(&info, self->to.user);
}

static void test_rest_jobs(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 10);
    job_starts(&self, 0, 4000, 1);
    stage_starts(&self, 0, 0);
    stage_ends(&self, 0, 0, false);
    stage_starts(&self, 1, 0);
    job_starts(&self, 1, 0, -1);
    stage_starts(&self, 2, 1);
    stage_ends(&self, 2, 1, true);
    job_ends(&self, 1, true);
    const char *first = "{\"jobId\":0,\"name\":\"count at a.c:1\",\"description\":\"Streaming job "
                        "from [output operation 1, batch time "
                        "4000]\",\"submissionTime\":\"1970-01-01T00:00:02.000GMT\",\"stageIds\":[0,"
                        "1],\"status\":\"RUNNING\","
                        "\"numTasks\":6,\"numActiveTasks\":3,\"numCompletedTasks\":3,"
                        "\"numSkippedTasks\":0,\"numFailedTasks\":0,"
                        "\"numKilledTasks\":0,\"numCompletedIndices\":3,\"numActiveStages\":1,"
                        "\"numCompletedStages\":1,"
                        "\"numSkippedStages\":0,\"numFailedStages\":0}";
    const char *second = "{\"jobId\":1,\"name\":\"count at "
                         "a.c:1\",\"submissionTime\":\"1970-01-01T00:00:02.000GMT\","
                         "\"completionTime\":\"1970-01-01T00:00:02.500GMT\",\"stageIds\":[2],"
                         "\"status\":\"FAILED\",\"numTasks\":3,"
                         "\"numActiveTasks\":0,\"numCompletedTasks\":0,\"numSkippedTasks\":0,"
                         "\"numFailedTasks\":1,\"numKilledTasks\":0,"
                         "\"numCompletedIndices\":0,\"numActiveStages\":0,\"numCompletedStages\":0,"
                         "\"numSkippedStages\":0,"
                         "\"numFailedStages\":1,\"failureReason\":\"it broke\"}";
    char both[2000], one[1000];
    snprintf(both, sizeof both, "[%s,%s]", second, first);
    snprintf(one, sizeof one, "[%s]", second);
    expect_get(&self, APP "/jobs", NULL, 200, both);
    expect_get(&self, APP "/jobs", "status=failed", 200, one);
    expect_get(&self, APP "/jobs/0", NULL, 200, first);
    expect_get(&self, APP "/jobs/9", NULL, 404, "unknown job: 9");
    expect_get(&self, APP "/jobs/x", NULL, 404, "unknown job: x");
    wadi__status_fini(&self.store);
}
static void test_rest_stages(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 10);
    stage_starts(&self, 0, 0);
    stage_ends(&self, 0, 0, false);
    stage_starts(&self, 1, 0);
    const char *operators =
        "\"name\":\"map at a.c:2\",\"rddIds\":[8,7],\"operators\":[{\"rddId\":8,\"name\":\"map at "
        "a.c:2\",\"cached\":true,"
        "\"parentIds\":[7]},{\"rddId\":7,\"name\":\"range at "
        "a.c:1\",\"cached\":false,\"parentIds\":[]}]}";
    char done[900], active[900], both[2000];
    snprintf(done, sizeof done,
             "{\"status\":\"COMPLETE\",\"stageId\":0,\"attemptId\":0,\"jobId\":0,\"numTasks\":3,"
             "\"numActiveTasks\":0,"
             "\"numCompleteTasks\":3,\"numFailedTasks\":0,\"numKilledTasks\":0,"
             "\"submissionTime\":\"1970-01-01T00:00:02.100GMT\",\"completionTime\":\"1970-01-01T00:"
             "00:02.300GMT\","
             "\"executorRunTime\":55,%s",
             operators);
    snprintf(active, sizeof active,
             "{\"status\":\"ACTIVE\",\"stageId\":1,\"attemptId\":0,\"jobId\":0,\"numTasks\":3,"
             "\"numActiveTasks\":3,"
             "\"numCompleteTasks\":0,\"numFailedTasks\":0,\"numKilledTasks\":0,"
             "\"submissionTime\":\"1970-01-01T00:00:02.100GMT\",%s",
             operators);
    snprintf(both, sizeof both, "[%s,%s]", active, done);
    expect_get(&self, APP "/stages", NULL, 200, both);
    snprintf(both, sizeof both, "[%s]", done);
    expect_get(&self, APP "/stages", "status=COMPLETE", 200, both);
    expect_get(&self, APP "/stages/0", NULL, 200, both);
    expect_get(&self, APP "/stages/0/0", NULL, 200, done);
    expect_get(&self, APP "/stages/0/1", NULL, 404, "unknown attempt of stage 0");
    expect_get(&self, APP "/stages/7", NULL, 404, "unknown stage: 7");
    wadi__status_fini(&self.store);
}
static void task_ends(rig *self, int64_t stage_id, uint32_t index, uint32_t attempt, int64_t run_ms,
                      int64_t records, const char *failure_reason) {
    wadi_task_info info = {.stage_id = stage_id,
                           .job_id = 0,
                           .partition_index = index + 10,
                           .attempt = attempt,
                           .start_ms = 2150,
                           .run_ms = run_ms,
                           .failure_reason = failure_reason,
                           .index = index,
                           .records_in = records,
                           .records_out = records < 0 ? -1 : records / 2};
    self->to.on_task_ended(&info, self->to.user);
}
#define TASK(id, index, attempt, partition, ms, status, error, records)                 \
    "{\"taskId\":" #id ",\"index\":" #index ",\"attempt\":" #attempt                    \
    ",\"partitionId\":" #partition                                                      \
    ",\"launchTime\":\"1970-01-01T00:00:02.150GMT\",\"duration\":" #ms                  \
    ",\"executorId\":\"driver\",\"host\":\"localhost\",\"status\":\"" status "\"" error \
    ",\"taskMetrics\":{\"executorRunTime\":" #ms records "}}"
#define RECORDS(in, out) \
    ",\"inputMetrics\":{\"recordsRead\":" #in "},\"outputMetrics\":{\"recordsWritten\":" #out "}"
static void test_rest_tasks(void **state) {
    (void)state;
    rig self;
    char text[20000];
    rig_init(&self, 10);
    job_starts(&self, 0, 0, -1);
    stage_starts(&self, 0, 0);
    expect_get(&self, APP "/stages/0/0/taskList", NULL, 200, "[]");
    task_ends(&self, 0, 1, 0, 30, 8, NULL);
    task_ends(&self, 0, 0, 0, 20, 0, "it \"broke\"");
    task_ends(&self, 0, 0, 1, 25, -1, NULL);
    const char *first = TASK(0, 1, 0, 11, 30, "SUCCESS", "", RECORDS(8, 4)),
               *second = TASK(1, 0, 0, 10, 20, "FAILED", ",\"errorMessage\":\"it \\\"broke\\\"\"",
                              RECORDS(0, 0)),
               *third = TASK(2, 0, 1, 10, 25, "SUCCESS", "", "");
    static const char *const queries[] = {
        NULL,       "sortBy=runtime", "sortBy=-runtime",   "status=failed",
        "offset=2", "length=1",       "offset=1&length=1", "offset=9"};
    const char *const expected[][4] = {{first, second, third},
                                       {second, third, first},
                                       {first, third, second},
                                       {second},
                                       {third},
                                       {first},
                                       {second},
                                       {NULL}};
    for (size_t i = 0; i < 8; i++) {
        char list[3000] = "[";
        for (size_t k = 0; expected[i][k] != NULL; k++) {
            if (k > 0) strcat(list, ",");
            strcat(list, expected[i][k]);
        }
        strcat(list, "]");
        expect_get(&self, APP "/stages/0/0/taskList", queries[i], 200, list);
    }
    get(&self, APP "/stages/0", NULL, text);
    assert_non_null(strstr(text, "\"numActiveTasks\":1,\"numCompleteTasks\":2,"));
    assert_null(strstr(text, "inputRecords")); /* of one it is not known */
    get(&self, APP "/jobs/0", NULL, text);
    assert_non_null(strstr(text, "\"numActiveTasks\":1,\"numCompletedTasks\":2,"));
    stage_ends(&self, 0, 0, false); /* of one it was not told */
    get(&self, APP "/jobs/0", NULL, text);
    assert_non_null(strstr(text, "\"numCompletedTasks\":3,"));
    assert_int_equal(self.store.engine.tasks_done, 3);
    stage_starts(&self, 1, 0);
    task_ends(&self, 1, 0, 0, 1, 6, NULL);
    task_ends(&self, 1, 1, 0, 1, 8, NULL);
    get(&self, APP "/stages/1", NULL, text);
    assert_non_null(strstr(text, "\"inputRecords\":14,\"outputRecords\":7,"));
    expect_get(&self, APP "/stages/0/0/x", NULL, 404, "not found\n");
    expect_get(&self, APP "/stages/7/0/taskList", NULL, 404, "unknown stage: 7");
    expect_get(&self, APP "/stages/0/1/taskList", NULL, 404, "unknown attempt of stage 0");
    expect_get(&self, APP "/stages/0/0/taskList/x", NULL, 404, "not found\n");
    wadi__status_fini(&self.store);
}
static size_t tasks_of(const rig *self, int64_t id) {
    const wadi__stage_row *row = wadi__status_stage(&self->store, id);
    return row != NULL ? row->tasks.count : 0;
}
static void test_tasks_of_old_stages_go(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 5);
    self.store.engine.tasks_max = 7;
    for (int64_t id = 0; id < 9; id++) {
        stage_starts(&self, id, 0);
        for (uint32_t i = 0; i < 3; i++) task_ends(&self, id, i, 0, 1, 1, i == 1 ? "no" : NULL);
        assert_true(self.store.engine.task_count <= 7);
    }
    assert_int_equal(tasks_of(&self, 8), 3);
    assert_int_equal(tasks_of(&self, 7), 3);
    assert_int_equal(tasks_of(&self, 6), 0);
    assert_true(wadi__status_stage(&self.store, 6)->has_lost_tasks);
    stage_starts(&self, (int64_t)1 << 60, 0); /* of a file that was changed */
    for (uint32_t i = 0; i < 20; i++) task_ends(&self, (int64_t)1 << 60, i, 0, 1, 1, NULL);
    assert_true(self.store.engine.task_count <= 7);
    wadi__status_fini(&self.store);
}
static void test_the_newest_are_kept(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 3);
    for (int64_t i = 0; i < 10; i++) {
        job_starts(&self, i, 0, -1);
        stage_starts(&self, i, i);
        stage_ends(&self, i, i, i % 2 == 0);
        job_ends(&self, i, i % 2 == 0);
    }
    assert_null(wadi__status_job(&self.store, 6));
    assert_null(wadi__status_stage(&self.store, 6));
    assert_non_null(wadi__status_job(&self.store, 7));
    assert_non_null(wadi__status_stage(&self.store, 9));
    assert_null(wadi__status_job(&self.store, -1));
    assert_int_equal(self.store.engine.jobs_done, 5);
    assert_int_equal(self.store.engine.jobs_failed, 5);
    assert_int_equal(self.store.engine.jobs_active, 0);
    assert_int_equal(self.store.engine.tasks_done, 15);
    wadi__status_fini(&self.store);
}
static void test_rest_storage(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 3);
    expect_get(&self, APP "/storage/rdd", NULL, 200, "[]");
    wadi_stored_info info = {8, "map at a.c:2", 0, 2, 100, false};
    self.to.on_block_stored(&info, self.to.user);
    info = (wadi_stored_info){8, "map at a.c:2", 1, 2, 50, true};
    self.to.on_block_stored(&info, self.to.user);
    const char *row =
        "{\"id\":8,\"name\":\"map at a.c:2\",\"numPartitions\":2,\"numCachedPartitions\":2,"
        "\"memoryUsed\":100,\"diskUsed\":50}";
    char list[300];
    snprintf(list, sizeof list, "[%s]", row);
    expect_get(&self, APP "/storage/rdd", NULL, 200, list);
    const char *places =
        ",\"partitions\":[{\"blockName\":\"rdd_8_0\",\"storageLevel\":\"Memory Deserialized 1x "
        "Replicated\",\"memoryUsed\":100,\"diskUsed\":0,\"executors\":[\"driver\"]},"
        "{\"blockName\":\"rdd_8_1\",\"storageLevel\":\"Disk Serialized 1x Replicated\","
        "\"memoryUsed\":0,\"diskUsed\":50,\"executors\":[\"driver\"]}]}";
    char whole[600];
    snprintf(whole, sizeof whole, "%.*s%s", (int)strlen(row) - 1, row, places);
    expect_get(&self, APP "/storage/rdd/8", NULL, 200, whole);
    expect_get(&self, APP "/storage/rdd/9", NULL, 404, "unknown rdd: 9");
    for (uint64_t id = 100; id < 100 + 2 * WADI__STATUS_STORED_MAX; id++) {
        info.rdd_id = id;
        self.to.on_block_stored(&info, self.to.user);
    }
    assert_int_equal(self.store.engine.stored.count, WADI__STATUS_STORED_MAX);
    self.to.on_rdd_unpersisted(100 + 2 * WADI__STATUS_STORED_MAX - 1, self.to.user);
    assert_int_equal(self.store.engine.stored.count, WADI__STATUS_STORED_MAX - 1);
    wadi__status_fini(&self.store);
}
/* Counted is what is there now, wherever it was before, and however often it was told. */
typedef struct place_case {
    const char *name;
    struct {
        bool is_evicted, is_on_disk;
        uint32_t partition_index;
        int64_t size_bytes;
    } told[6];
    size_t count;
    uint32_t stored_count;
    int64_t memory_bytes, disk_bytes;
} place_case;
static place_case place_cases[] = {
    {"stored twice", {{false, false, 0, 100}, {false, false, 0, 90}}, 2, 1, 90, 0},
    {"evicted for good",
     {{false, false, 0, 100}, {false, false, 1, 70}, {true, false, 0, 0}},
     3,
     1,
     70,
     0},
    {"evicted to disk", {{false, false, 0, 100}, {true, true, 0, 40}}, 2, 1, 0, 40},
    {"evicted, and computed again",
     {{false, false, 0, 100}, {true, false, 0, 0}, {false, false, 0, 100}},
     3,
     1,
     100,
     0},
    {"evicted, and computed again on disk",
     {{false, false, 1, 100}, {true, false, 1, 0}, {false, true, 1, 30}},
     3,
     1,
     0,
     30},
    {"all evicted",
     {{false, false, 0, 9}, {false, false, 1, 9}, {true, false, 1, 0}, {true, false, 0, 0}},
     4,
     0,
     0,
     0},
    {"too many partitions",
     {{false, false, 0, 9},
      {false, false, UINT32_MAX, 9},
      {false, false, WADI__STATUS_PLACES_MAX, 9}},
     3,
     1,
     9,
     0},
};
static void test_places(void **state) {
    const place_case *row = *state;
    rig self;
    rig_init(&self, 3);
    for (size_t i = 0; i < row->count; i++) {
        bool is_evicted = row->told[i].is_evicted;
        wadi_stored_info info = {8, is_evicted ? NULL : "a", row->told[i].partition_index,
                                 2, row->told[i].size_bytes, row->told[i].is_on_disk};
        (is_evicted ? self.to.on_block_evicted : self.to.on_block_stored)(&info, self.to.user);
    }
    const wadi__stored_row *stored = &self.store.engine.stored.items[0];
    assert_int_equal(stored->stored_count, row->stored_count);
    assert_int_equal(stored->memory_bytes, row->memory_bytes);
    assert_int_equal(stored->disk_bytes, row->disk_bytes);
    self.to.on_rdd_unpersisted(8, self.to.user);
    assert_int_equal(self.store.engine.place_count, 0);
    wadi_stored_info late = {8, NULL, 0, 2, 0, false};
    self.to.on_block_evicted(&late, self.to.user);
    assert_int_equal(self.store.engine.stored.count, 0);
    wadi__status_fini(&self.store);
}
static void memory(void *arg, wadi__memory_facts *facts) {
    (void)arg;
    *facts = (wadi__memory_facts){5, 10, 3};
}
static void test_rest_executors(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 3);
    wadi_executor_info info = {"driver", "localhost", 4};
    self.to.on_executor_added(&info, self.to.user);
    self.site.memory = memory;
    stage_starts(&self, 0, 0);
    stage_ends(&self, 0, 0, false);
    expect_get(&self, APP "/executors", NULL, 200,
               "[{\"id\":\"driver\",\"hostPort\":\"localhost\",\"isActive\":true,\"rddBlocks\":0,"
               "\"memoryUsed\":5,"
               "\"maxMemory\":10,\"diskUsed\":3,\"totalCores\":4,\"maxTasks\":4,\"failedTasks\":0,"
               "\"completedTasks\":3,\"totalTasks\":3,\"totalDuration\":55,"
               "\"addTime\":\"1970-01-01T00:00:01.000GMT\"}]");
    wadi__status_fini(&self.store);
}
static void test_secrets_are_hidden(void **state) {
    (void)state;
    rig self;
    rig_init(&self, 3);
    wadi__conf *conf = wadi__conf_new();
    wadi__conf_set(conf, "wadi.ui.password", "guess-me", WADI__CONF_FROM_CODE, "a.c:1");
    wadi__conf_set(conf, "my.setting", "plain", WADI__CONF_FROM_CODE, "a.c:2");
    self.site.conf = conf;
    char text[20000];
    assert_int_equal(get(&self, APP "/environment", NULL, text), 200);
    assert_null(strstr(text, "guess-me"));
    assert_non_null(strstr(text, "[\"wadi.ui.password\",\"*********(redacted)\"]"));
    assert_non_null(strstr(text, "[\"my.setting\",\"plain\"]"));
    assert_non_null(strstr(text, "[\"spark.ui.port\",\"4040\"]"));
    wadi__conf_free(conf);
    wadi__status_fini(&self.store);
}
static void tell_some(void) {
    rig self;
    if (!wadi__status_init(&self.store, "a program", 1000)) return;
    self.to = wadi__status_engine_listener(&self.store);
    wadi__status_stream_begins(&self.store, 1000, 10);
    for (int64_t i = 0; i < 3; i++) {
        job_starts(&self, i, 4000, 1);
        stage_starts(&self, i, i);
        task_ends(&self, i, 0, 0, 1, 1, "no");
        stage_ends(&self, i, i, true);
        job_ends(&self, i, true);
    }
    wadi_stored_info info = {8, "map at a.c:2", 0, 2, 100, false};
    self.to.on_block_stored(&info, self.to.user);
    self.to.on_block_evicted(&info, self.to.user);
    self.to.on_rdd_unpersisted(8, self.to.user);
    wadi__status_fini(&self.store);
}
static void test_without_memory(void **state) {
    (void)state;
    for (unsigned n = 1; n < 60; n++)
        for (int for_good = 0; for_good < 2; for_good++) {
            int64_t before = wadi__mem_in_use();
            wadi__mem_fail_at(n, for_good == 1);
            tell_some();
            wadi__mem_fail_at(0, false);
            assert_int_equal(wadi__mem_in_use(), before);
        }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_rest_jobs);
    wadi__unit_add(&unit, test_rest_stages);
    wadi__unit_add(&unit, test_rest_tasks);
    wadi__unit_add(&unit, test_tasks_of_old_stages_go);
    wadi__unit_add(&unit, test_the_newest_are_kept);
    wadi__unit_add(&unit, test_rest_storage);
    wadi__unit_rows(&unit, test_places, place_cases);
    wadi__unit_add(&unit, test_rest_executors);
    wadi__unit_add(&unit, test_secrets_are_hidden);
    wadi__unit_add(&unit, test_without_memory);
    return wadi__unit_run(&unit, "status_engine");
}
