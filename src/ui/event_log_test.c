/* SPDX-License-Identifier: Apache-2.0 */
/* event_log_test.c: a program's event log, and what is read from it: the same answers as from the
 * program's own store; whatever becomes of the files. */
#include "ui/event_log.h"

#include "base/conf.h"
#include "base/module.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "ui/event_line.h"
#include "ui/history.h"
#include "ui/site.h"
#include "ui/status_told.h"

#include <stdio.h>

typedef struct rig {
    wadi__env *clock, *disk;
    wadi__event_log *log;
    wadi__status_store store; /* hears the same */
    wadi__conf *conf;
} rig;
static size_t states_of(void *arg, wadi__state_shown *rows) {
    (void)arg;
    rows[0] = (wadi__state_shown){"sum at \"a\".c:1", 10000, {1234, 2048, 4, {5000, 3072, 12}}};
    rows[1] = (wadi__state_shown){"map at a.c:2", 0, {5, -1, 7, {-1, -1, -1}}};
    return 2;
}
static wadi_status open_log(rig *self, bool is_compressed, int64_t file_max, int64_t max,
                            wadi_error *err) {
    const wadi__event_log_options options = {.dir = "file:///logs",
                                             .app_name = "a \"program\"",
                                             .app_id = "local-1000",
                                             .start_ms = 1000,
                                             .is_compressed = is_compressed,
                                             .file_bytes_max = file_max,
                                             .bytes_max = max,
                                             .conf = self->conf,
                                             .states = states_of};
    return wadi__event_log_open(self->disk, &options, &self->log, err);
}
static void rig_init(rig *self, bool is_compressed, int64_t file_max, int64_t max) {
    *self = (rig){.clock = wadi__manual_clock_new(&wadi__env_real, 1000)};
    self->disk = wadi__sim_disk_new(self->clock, 1);
    self->conf = wadi__conf_new();
    wadi__conf_set(self->conf, "spark.app.name", "a \"program\"", WADI__CONF_FROM_CODE, "a.c:1");
    wadi__conf_set(self->conf, "wadi.ui.password", "guess-me", WADI__CONF_FROM_CODE, "a.c:2");
    assert_true(wadi__status_init(&self->store, "a \"program\"", 1000));
    wadi_error err = WADI_ERROR_INIT;
    if (open_log(self, is_compressed, file_max, max, &err) != WADI_OK) fail_msg("%s", err.message);
}
static void rig_fini(rig *self) {
    wadi__event_log_close(self->log);
    wadi__status_fini(&self->store);
    wadi__conf_free(self->conf);
    wadi__sim_disk_free(self->disk);
    wadi__manual_clock_free(self->clock);
}
static void begin_stream(rig *self) {
    const wadi__told_input inputs[] = {{0, "queue_stream"}, {1, NULL}};
    wadi__event_log_stream(self->log, 1000, inputs, 2);
    wadi__status_stream_begins(&self->store, 1000, 10000);
    wadi__status_add_input(&self->store, 0, "queue_stream");
    wadi__status_add_input(&self->store, 1, NULL);
}
/* Tells both listeners of everything that there is. */
static void tell_all(wadi_listener to, wadi_engine_listener engine) {
    wadi_receiver_info receiver = {1,        "threes", true,       "localhost",
                                   "driver", "oh",     "oh \n no", 5000};
    batch_told told;
    to.on_streaming_started(1500, to.user);
    to.on_receiver_started(&receiver, to.user);
    to.on_receiver_error(&receiver, to.user);
    receiver.active = false;
    to.on_receiver_stopped(&receiver, to.user);
    for (int64_t t = 1000; t <= 4000; t += 1000) {
        batch_set(&told, t, 0);
        to.on_batch_submitted(&told.info, to.user);
        if (t == 4000) break;
        batch_set(&told, t, 1);
        to.on_batch_started(&told.info, to.user);
        batch_set(&told, t, 2);
        to.on_output_started(&told.outputs[0], to.user);
        if (t == 2000) told.outputs[1].failure_reason = "it \"broke\"";
        to.on_output_completed(&told.outputs[1], to.user);
        if (t < 3000) to.on_batch_completed(&told.info, to.user);
    }
    const uint64_t parents[] = {7, 6};
    const wadi_operator_info operators[] = {{8, "map at a.c:2", true, parents, 2},
                                            {7, "range at a.c:1", false, NULL, 0}};
    wadi_executor_info executor = {"driver", "localhost", 4};
    engine.on_executor_added(&executor, engine.user);
    for (int64_t id = 0; id < 3; id++) {
        wadi_job_info job = {id, "count at a.c:1", 1000 * id, id == 0 ? -1 : 1, 2000, -1, NULL};
        wadi_stage_info stage = {.id = id,
                                 .job_id = id,
                                 .name = "map at a.c:2",
                                 .task_count = 3,
                                 .submission_ms = 2100,
                                 .completion_ms = -1,
                                 .run_ms = -1,
                                 .operators = operators,
                                 .operator_count = 2};
        engine.on_job_started(&job, engine.user);
        engine.on_stage_submitted(&stage, engine.user);
        if (id == 2) break;
        wadi_task_info task = {.stage_id = id,
                               .job_id = id,
                               .partition_index = 5,
                               .attempt = 1,
                               .start_ms = 2150,
                               .run_ms = 33,
                               .failure_reason = "it \"broke\"",
                               .index = 2,
                               .records_in = 10,
                               .records_out = -1};
        engine.on_task_ended(&task, engine.user);
        task.failure_reason = NULL;
        engine.on_task_ended(&task, engine.user);
        stage.operator_count = 0;
        stage.completion_ms = 2200;
        stage.run_ms = 77;
        stage.failed_task_count = 1;
        stage.failure_reason = id == 1 ? "no" : NULL;
        engine.on_stage_completed(&stage, engine.user);
        job.completion_ms = 2300;
        job.failure_reason = id == 1 ? "no" : NULL;
        engine.on_job_ended(&job, engine.user);
    }
    wadi_stored_info stored = {8, "map at a.c:2", 0, 2, 100, false};
    engine.on_block_stored(&stored, engine.user);
    stored.is_on_disk = true;
    engine.on_block_stored(&stored, engine.user);
    stored.partition_index = 1;
    engine.on_block_stored(&stored, engine.user);
    stored.name = NULL;
    stored.size_bytes = 0;
    stored.is_on_disk = false;
    engine.on_block_evicted(&stored, engine.user);
    stored.rdd_id = 9;
    stored.name = "map at a.c:2";
    engine.on_block_stored(&stored, engine.user);
    engine.on_rdd_unpersisted(9, engine.user);
}
static char *get(wadi__site *site, const char *path) {
    wadi__http_request request = {.method = "GET", .path = path};
    wadi__http_response response = {0};
    wadi__site_answer(site, &request, &response);
    assert_int_equal(response.status, 200);
    char *text = wadi__memdup(response.own_body, response.body_size);
    wadi__free(response.own_body);
    return text;
}
static wadi__history *read_back(rig *self) {
    wadi__history *history = NULL;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__history_read(self->disk, "/logs", &history, &err) != WADI_OK)
        fail_msg("%s", err.message);
    return history;
}
#define APP "/api/v1/applications/local-1000"
static void expect_same(rig *self) {
    static const char *const paths[] = {APP "/streaming/statistics",
                                        APP "/streaming/receivers",
                                        APP "/streaming/state",
                                        APP "/streaming/batches",
                                        APP "/streaming/batches/2000/operations",
                                        APP "/streaming/batches/3000/operations",
                                        APP "/jobs",
                                        APP "/stages",
                                        APP "/stages/1/0/taskList",
                                        APP "/storage/rdd",
                                        APP "/storage/rdd/8"};
    wadi__history *history = read_back(self);
    wadi__site own = {.store = &self->store, .states = states_of};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *was = get(&own, paths[i]), *is = get(wadi__history_site(history), paths[i]);
        assert_string_equal(is, was);
        wadi__free(was);
        wadi__free(is);
    }
    char *settings = get(wadi__history_site(history), APP "/environment");
    assert_null(strstr(settings, "guess-me"));
    assert_non_null(strstr(settings, "[\"wadi.ui.password\",\"*********(redacted)\"]"));
    wadi__free(settings);
    char *page = get(wadi__history_site(history), "/streaming/");
    assert_non_null(strstr(page, "data-live=no"));
    char *app = get(wadi__history_site(history), "/api/v1/applications");
    assert_non_null(strstr(app, "\"completed\":true"));
    assert_non_null(strstr(app, "\"endTimeEpoch\":"));
    wadi__free(app);
    wadi__free(page);
    wadi__history_close(history);
}
static void write_all(rig *self) {
    begin_stream(self);
    tell_all(wadi__event_log_listener(self->log), wadi__event_log_engine_listener(self->log));
    tell_all(wadi__status_listener(&self->store), wadi__status_engine_listener(&self->store));
}
static bool has_module(void) {
    wadi_error err = WADI_ERROR_INIT;
    return wadi__module_open("ui", "wadi__json_tree_module", &err) != NULL;
}

static void test_what_is_read_is_what_was_told(void **state) {
    (void)state;
    for (int is_compressed = 0; is_compressed < 2 && has_module(); is_compressed++) {
        rig self;
        rig_init(&self, is_compressed, 1 << 30, INT64_MAX / 2);
        write_all(&self);
        wadi__event_log_close(self.log);
        self.log = NULL;
        expect_same(&self);
        rig_fini(&self);
    }
}
/* Written at the latest a second later, while events come. */
static void test_a_program_that_was_killed(void **state) {
    (void)state;
    if (!has_module()) return;
    rig self;
    rig_init(&self, true, 1 << 30, INT64_MAX / 2);
    write_all(&self);
    wadi__manual_clock_advance_ms(self.clock, 1000);
    wadi_engine_listener to = wadi__event_log_engine_listener(self.log);
    to.on_rdd_unpersisted(99, to.user);
    expect_same(&self); /* it is not closed */
    rig_fini(&self);
}
static bool is_there(rig *self, const char *path) {
    wadi__file_stat stat;
    return self->disk->file_stat(self->disk, path, &stat) == 0;
}
static void test_files_follow_one_another(void **state) {
    (void)state;
    rig self;
    rig_init(&self, false, 100000, 500000);
    wadi_engine_listener to = wadi__event_log_engine_listener(self.log);
    wadi_stored_info stored = {8, "map at a.c:2", 0, 2, 100, false};
    for (int i = 0; i < 20000; i++) {
        stored.partition_index = (uint32_t)i;
        to.on_block_stored(&stored, to.user);
        if (i % 500 == 0) wadi__manual_clock_advance_ms(self.clock, 1000);
    }
    assert_false(is_there(&self, "/logs/eventlog_v2_local-1000/events_1_local-1000"));
    uint64_t found = 0;
    int64_t bytes = 0;
    for (int i = 1; i < 100; i++) {
        char path[100];
        snprintf(path, sizeof path, "/logs/eventlog_v2_local-1000/events_%d_local-1000", i);
        wadi__file_stat stat = {0};
        found += self.disk->file_stat(self.disk, path, &stat) == 0;
        bytes += stat.size_bytes;
    }
    assert_true(found >= 3);
    assert_true(bytes > 200000 && bytes <= 500000);
    if (has_module()) wadi__history_close(read_back(&self)); /* the rest is of use */
    rig_fini(&self);
}
/* The oldest files are gone; who reads the others knows what program it was all the same. */
static void test_history_of_the_newest_files(void **state) {
    (void)state;
    for (int is_compressed = 0; is_compressed < 2 && has_module(); is_compressed++) {
        rig self;
        rig_init(&self, is_compressed, 20000, 60000);
        begin_stream(&self);
        wadi_listener to = wadi__event_log_listener(self.log);
        wadi_engine_listener engine = wadi__event_log_engine_listener(self.log);
        wadi_executor_info executor = {"driver", "localhost", 4};
        wadi_receiver_info receiver = {1, "threes", true, "localhost", "driver", NULL, NULL, -1};
        engine.on_executor_added(&executor, engine.user);
        to.on_streaming_started(1500, to.user);
        to.on_receiver_started(&receiver, to.user);
        receiver.last_error_message = "oh";
        to.on_receiver_error(&receiver, to.user);
        for (int64_t t = 1; t <= 5000; t++) {
            batch_told told;
            batch_set(&told, t * 1000, 2);
            to.on_batch_completed(&told.info, to.user);
            if (t % 10 == 0) wadi__manual_clock_advance_ms(self.clock, 1000);
        }
        wadi__event_log_close(self.log);
        self.log = NULL;
        char first[100];
        snprintf(first, sizeof first, "/logs/eventlog_v2_local-1000/events_1_local-1000%s",
                 is_compressed != 0 ? ".zst" : "");
        assert_false(is_there(&self, first));
        wadi__history *history = read_back(&self);
        wadi__site *site = wadi__history_site(history);
        assert_string_equal(site->store->app_name, "a \"program\"");
        assert_int_equal(site->store->start_ms, 1000);
        assert_int_equal(site->store->stream.start_ms, 1500);
        assert_int_equal(site->store->engine.slots, 4);
        assert_int_equal(site->store->states.count, 2);
        assert_true(site->store->stream.done.count > 20); /* of several files */
        char *text = get(site, APP "/streaming/receivers/1");
        assert_non_null(strstr(text, "\"streamName\":\"threes\",\"isActive\":true"));
        assert_non_null(strstr(text, "\"lastErrorMessage\":\"oh\""));
        wadi__free(text);
        wadi__history_close(history);
        rig_fini(&self);
    }
}
/* Whatever is in the files. */
static const char *const damaged[] = {
    "",
    "\n\n\n",
    "{",
    "[]",
    "{\"event\":7}",
    "{\"event\":\"BatchCompleted\"}",
    "{\"event\":\"JobStarted\",\"id\":-5}",
    "{\"event\":\"StreamBegin\",\"batchDuration\":0}",
    "{\"event\":\"StreamBegin\",\"batchDuration\":\"x\"}",
    "{\"event\":\"StageSubmitted\",\"id\":9223372036854775807,\"operators\":[1,null,{\"parents\":["
    "\"x\",{}]}]}",
    "{\"event\":\"StageSubmitted\",\"id\":1,\"job\":-1,\"operators\":{}}",
    "{\"event\":\"ReceiverStarted\",\"id\":99999999999}",
    "{\"event\":\"ApplicationStart\",\"settings\":[[],[1,2],[\"a\"],7]}",
    "{\"event\":\"BatchCompleted\",\"batch\":1,\"inputs\":[null,7],\"outputs\":[{\"id\":-1},[]],"
    "\"end\":-7}",
    "{\"event\":\"BatchStarted\",\"batch\":9223372036854775807}",
    "{\"event\":\"SomethingNew\",\"x\":1}",
    "{\"event\":\"OutputCompleted\",\"batch\":1,\"id\":99999}",
    "\xff\xfe{\"event\"",
    "{\"event\":\"Unpersisted\"}",
    "{\"event\":\"BlockStored\",\"rdd\":1,\"partition\":4294967295,\"bytes\":9223372036854775807}",
    "{\"event\":\"TaskEnded\"}",
    "{\"event\":\"States\"}",
    "{\"event\":\"States\",\"states\":[null,7,{\"name\":7,\"keys\":-1}]}",
    "{\"event\":\"TaskEnded\",\"stage\":1,\"in\":9223372036854775807,\"out\":-7,\"run\":\"x\"}",
    "{\"event\":\"BlockEvicted\",\"rdd\":1,\"partition\":-1}",
};
static void test_damaged_lines(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    const wadi__json_tree_ops *ops = wadi__module_open("ui", "wadi__json_tree_module", &err);
    if (ops == NULL) return;
    for (int with_stream = 0; with_stream < 2; with_stream++) {
        wadi__status_store store;
        assert_true(wadi__status_init(&store, "", 0));
        wadi__replay to = {
            .ops = ops, .store = &store, .retained_max = 10, .conf = wadi__conf_new()};
        if (with_stream == 1) wadi__status_stream_begins(&store, 1000, 10);
        for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++)
            wadi__replay_line(&to, damaged[i], strlen(damaged[i]));
        assert_false(wadi__replay_line(&to, "{", 1));
        assert_true(wadi__replay_line(&to, "{\"event\":\"SomethingNew\"}", 24));
        wadi__site site = {.store = &store};
        wadi__free(get(&site, "/stages/"));
        wadi__free(get(&site, "/jobs/"));
        wadi__conf_free(to.conf);
        wadi__status_fini(&store);
    }
}
static void test_a_disk_that_is_full(void **state) {
    (void)state;
    rig self;
    rig_init(&self, false, 1 << 30, INT64_MAX / 2);
    wadi__sim_disk_set_capacity(self.disk, 100);
    write_all(&self);
    wadi__manual_clock_advance_ms(self.clock, 5000);
    wadi_engine_listener to = wadi__event_log_engine_listener(self.log);
    for (uint64_t i = 0; i < 100000; i++) to.on_rdd_unpersisted(i, to.user); /* nothing piles up */
    rig_fini(&self);
}
static void test_no_log(void **state) {
    (void)state;
    rig self;
    wadi_error err = WADI_ERROR_INIT;
    wadi__history *history = NULL;
    rig_init(&self, false, 1 << 30, INT64_MAX / 2);
    assert_int_equal(wadi__history_read(self.disk, "/nowhere", &history, &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "there is no event log in /nowhere"));
    rig_fini(&self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_what_is_read_is_what_was_told);
    wadi__unit_add(&unit, test_a_program_that_was_killed);
    wadi__unit_add(&unit, test_files_follow_one_another);
    wadi__unit_add(&unit, test_history_of_the_newest_files);
    wadi__unit_add(&unit, test_damaged_lines);
    wadi__unit_add(&unit, test_a_disk_that_is_full);
    wadi__unit_add(&unit, test_no_log);
    return wadi__unit_run(&unit, "event_log");
}
