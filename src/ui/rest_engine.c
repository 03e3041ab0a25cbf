/* SPDX-License-Identifier: Apache-2.0 */
/* rest_engine.c: jobs, stages, cached datasets, environment and executors. Source: Spark 3
 * status.api.v1. What Wadi does not measure is left out. */
#include "base/conf.h"
#include "base/version.h"
#include "ui/request.h"
#include "ui/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Jobs ---- */

static const char *job_status(const wadi__job_row *row) {
    if (row->completion_ms < 0) return "RUNNING";
    return row->failure != NULL ? "FAILED" : "SUCCEEDED";
}
static void put_job(const wadi__job_row *row, wadi__doc *doc) {
    char description[120];
    uint32_t active = row->stage_count - row->stages_done - row->stages_failed;
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_int(doc, "jobId", row->id);
    wadi__doc_string(doc, "name", row->name);
    if (row->batch_ms != 0 && row->output_id >= 0) {
        snprintf(description, sizeof description,
                 "Streaming job from [output operation %d, batch time %" PRId64 "]", row->output_id,
                 row->batch_ms);
        wadi__doc_string(doc, "description", description);
    }
    wadi__doc_time(doc, "submissionTime", row->submission_ms);
    wadi__doc_some_time(doc, "completionTime", row->completion_ms);
    wadi__doc_open(doc, "stageIds", '[');
    for (uint32_t i = 0; i < row->stage_count && i < WADI__STATUS_STAGES_OF_JOB_MAX; i++)
        wadi__doc_int(doc, NULL, row->stage_ids[i]);
    wadi__doc_close(doc, ']');
    wadi__doc_string(doc, "status", job_status(row));
    wadi__doc_int(doc, "numTasks", row->task_count);
    wadi__doc_int(doc, "numActiveTasks",
                  row->completion_ms < 0 ? row->task_count - row->tasks_done : 0);
    wadi__doc_int(doc, "numCompletedTasks", row->tasks_done);
    wadi__doc_int(doc, "numSkippedTasks", 0);
    wadi__doc_int(doc, "numFailedTasks", row->tasks_failed);
    wadi__doc_int(doc, "numKilledTasks", 0);
    wadi__doc_int(doc, "numCompletedIndices", row->tasks_done);
    wadi__doc_int(doc, "numActiveStages", active);
    wadi__doc_int(doc, "numCompletedStages", row->stages_done);
    wadi__doc_int(doc, "numSkippedStages", 0);
    wadi__doc_int(doc, "numFailedStages", row->stages_failed);
    wadi__doc_some_string(doc, "failureReason", row->failure);
    wadi__doc_close(doc, '}');
}
/* Whether a status is one of those that a query names; all are, where it names none. */
static bool is_wanted(const char *query, const char *status) {
    char value[WADI__REQUEST_VALUE_MAX];
    bool is_any = false;
    while (wadi__query_next(&query, "status", value)) {
        is_any = true;
        if (strcasecmp(value, status) == 0) return true;
    }
    return !is_any;
}
static void answer_jobs(const wadi__status_store *store, const char *query,
                        wadi__http_response *response) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    const wadi__engine_part *part = &store->engine;
    for (int64_t id = part->jobs_seen, n = 0; id-- > 0 && n < (int64_t)part->jobs_max; n++) {
        const wadi__job_row *row = wadi__status_job(store, id);
        if (row != NULL && is_wanted(query, job_status(row))) put_job(row, &doc);
    }
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}
static void answer_job(const wadi__status_store *store, const char *id,
                       wadi__http_response *response) {
    int64_t number;
    const wadi__job_row *row =
        wadi__parse_number(id, &number) ? wadi__status_job(store, number) : NULL;
    if (row == NULL) {
        wadi__respond_line(response, 404, "unknown job: %.100s", id);
        return;
    }
    wadi__doc doc = {0};
    put_job(row, &doc);
    wadi__respond_doc(response, &doc);
}

/* ---- Stages ---- */

static const char *stage_status(const wadi__stage_row *row) {
    if (row->completion_ms < 0) return "ACTIVE";
    return row->failure != NULL ? "FAILED" : "COMPLETE";
}
static void put_operators(const wadi__stage_row *row, wadi__doc *doc) {
    wadi__doc_open(doc, "rddIds", '[');
    for (size_t i = 0; i < row->operator_count; i++)
        wadi__doc_int(doc, NULL, (int64_t)row->operators[i].rdd_id);
    wadi__doc_close(doc, ']');
    wadi__doc_open(doc, "operators", '[');
    for (size_t i = 0; i < row->operator_count; i++) {
        const wadi__operator_row *op = &row->operators[i];
        wadi__doc_open(doc, NULL, '{');
        wadi__doc_int(doc, "rddId", (int64_t)op->rdd_id);
        wadi__doc_string(doc, "name", op->name);
        wadi__doc_bool(doc, "cached", op->is_stored);
        wadi__doc_open(doc, "parentIds", '[');
        for (size_t k = 0; k < op->parent_count; k++)
            wadi__doc_int(doc, NULL, (int64_t)op->parents[k]);
        wadi__doc_close(doc, ']');
        wadi__doc_close(doc, '}');
    }
    wadi__doc_close(doc, ']');
}
static void put_stage(const wadi__stage_row *row, wadi__doc *doc) {
    bool is_over = row->completion_ms >= 0, has_tasks = row->tasks.count > 0;
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_string(doc, "status", stage_status(row));
    wadi__doc_int(doc, "stageId", row->id);
    wadi__doc_int(doc, "attemptId", 0);
    wadi__doc_int(doc, "jobId", row->job_id);
    wadi__doc_int(doc, "numTasks", row->task_count);
    wadi__doc_int(doc, "numActiveTasks", is_over ? 0 : row->task_count - row->tasks_done);
    wadi__doc_int(doc, "numCompleteTasks", row->tasks_done);
    wadi__doc_int(doc, "numFailedTasks", row->failed_task_count);
    wadi__doc_int(doc, "numKilledTasks", 0);
    wadi__doc_time(doc, "submissionTime", row->submission_ms);
    wadi__doc_some_time(doc, "completionTime", row->completion_ms);
    wadi__doc_some_string(doc, "failureReason", row->failure);
    wadi__doc_some_int(doc, "executorRunTime", row->run_ms);
    if (has_tasks) wadi__doc_some_int(doc, "inputRecords", row->records_in);
    if (has_tasks) wadi__doc_some_int(doc, "outputRecords", row->records_out);
    wadi__doc_string(doc, "name", row->name);
    put_operators(row, doc);
    wadi__doc_close(doc, '}');
}
static void answer_stages(const wadi__status_store *store, const char *query,
                          wadi__http_response *response) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    const wadi__engine_part *part = &store->engine;
    for (int64_t id = part->stages_seen, n = 0; id-- > 0 && n < (int64_t)part->stages_max; n++) {
        const wadi__stage_row *row = wadi__status_stage(store, id);
        if (row != NULL && is_wanted(query, stage_status(row))) put_stage(row, &doc);
    }
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}
/* ---- Tasks of a stage ---- */

static const char *task_status(const wadi__task_row *row) {
    return row->failure != NULL ? "FAILED" : "SUCCESS";
}
static void put_records(const char *metrics, const char *name, int64_t value, wadi__doc *doc) {
    if (value < 0) return;
    wadi__doc_open(doc, metrics, '{');
    wadi__doc_int(doc, name, value);
    wadi__doc_close(doc, '}');
}
static void put_task(const wadi__task_row *row, wadi__doc *doc) {
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_int(doc, "taskId", row->id);
    wadi__doc_int(doc, "index", row->index);
    wadi__doc_int(doc, "attempt", row->attempt);
    wadi__doc_int(doc, "partitionId", row->partition_index);
    wadi__doc_time(doc, "launchTime", row->start_ms);
    wadi__doc_int(doc, "duration", row->run_ms);
    wadi__doc_string(doc, "executorId", "driver");
    wadi__doc_string(doc, "host", "localhost");
    wadi__doc_string(doc, "status", task_status(row));
    wadi__doc_some_string(doc, "errorMessage", row->failure);
    wadi__doc_open(doc, "taskMetrics", '{');
    wadi__doc_int(doc, "executorRunTime", row->run_ms);
    put_records("inputMetrics", "recordsRead", row->records_in, doc);
    put_records("outputMetrics", "recordsWritten", row->records_out, doc);
    wadi__doc_close(doc, '}');
    wadi__doc_close(doc, '}');
}
static int by_run_time(const void *a, const void *b) {
    const wadi__task_row *const *x = a, *const *y = b;
    if ((*x)->run_ms != (*y)->run_ms) return (*x)->run_ms < (*y)->run_ms ? -1 : 1;
    return (*x)->id < (*y)->id ? -1 : 1;
}
static int by_run_time_down(const void *a, const void *b) { return by_run_time(b, a); }
static int64_t query_number(const char *query, const char *name, int64_t otherwise) {
    char value[WADI__REQUEST_VALUE_MAX];
    int64_t number;
    return wadi__query_next(&query, name, value) && wadi__parse_number(value, &number) ? number
                                                                                       : otherwise;
}
/* As Spark: some of them, by id or by how long they took. */
static void answer_tasks(const wadi__stage_row *stage, const char *query,
                         wadi__http_response *response) {
    char order[WADI__REQUEST_VALUE_MAX] = "";
    const char *at = query;
    int64_t offset = query_number(query, "offset", 0), length = query_number(query, "length", 20);
    const wadi__task_row **rows = wadi__calloc(stage->tasks.count + 1, sizeof *rows);
    wadi__doc doc = {.text.failed = rows == NULL};
    size_t count = 0;
    (void)wadi__query_next(&at, "sortBy", order);
    for (size_t i = 0; rows != NULL && i < stage->tasks.count; i++)
        if (is_wanted(query, task_status(&stage->tasks.items[i])))
            rows[count++] = &stage->tasks.items[i];
    if (count > 0 && strcmp(order, "runtime") == 0) qsort(rows, count, sizeof rows[0], by_run_time);
    if (count > 0 && strcmp(order, "-runtime") == 0)
        qsort(rows, count, sizeof rows[0], by_run_time_down);
    wadi__doc_open(&doc, NULL, '[');
    for (size_t i = 0; i < count; i++)
        if ((int64_t)i >= offset && (int64_t)i - offset < length) put_task(rows[i], &doc);
    wadi__doc_close(&doc, ']');
    wadi__free(rows);
    wadi__respond_doc(response, &doc);
}
/* As Spark has it a list of its attempts; there is one. */
static void answer_stage(const wadi__status_store *store, const wadi__asked *asked,
                         wadi__http_response *response) {
    const char *id = asked->parts[5];
    int64_t number;
    const wadi__stage_row *row =
        wadi__parse_number(id, &number) ? wadi__status_stage(store, number) : NULL;
    bool is_attempt = asked->count >= 7, is_tasks = asked->count == 8;
    if (row == NULL || (is_attempt && strcmp(asked->parts[6], "0") != 0)) {
        wadi__respond_line(
            response, 404,
            row == NULL ? "unknown stage: %.100s" : "unknown attempt of stage %.100s", id);
        return;
    }
    if (is_tasks) {
        if (strcmp(asked->parts[7], "taskList") == 0)
            answer_tasks(row, asked->query, response);
        else
            wadi__respond_line(response, 404, "not found\n");
        return;
    }
    wadi__doc doc = {0};
    if (!is_attempt) wadi__doc_open(&doc, NULL, '[');
    put_stage(row, &doc);
    if (!is_attempt) wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}

/* ---- Cached datasets ---- */

static void put_place(const wadi__stored_row *row, size_t index, wadi__doc *doc) {
    const wadi__stored_place *place = &row->places.items[index];
    char name[64];
    bool is_in_memory = place->in == WADI__IN_MEMORY;
    if (place->in == WADI__IN_NOTHING) return;
    snprintf(name, sizeof name, "rdd_%" PRIu64 "_%zu", row->rdd_id, index);
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_string(doc, "blockName", name);
    wadi__doc_string(doc, "storageLevel",
                     is_in_memory ? "Memory Deserialized 1x Replicated"
                                  : "Disk Serialized 1x Replicated");
    wadi__doc_int(doc, "memoryUsed", is_in_memory ? place->size_bytes : 0);
    wadi__doc_int(doc, "diskUsed", is_in_memory ? 0 : place->size_bytes);
    wadi__doc_open(doc, "executors", '[');
    wadi__doc_string(doc, NULL, "driver");
    wadi__doc_close(doc, ']');
    wadi__doc_close(doc, '}');
}
/* As Spark has it, partitions are told one by one where one dataset is asked for. */
static void put_stored(const wadi__stored_row *row, bool is_one, wadi__doc *doc) {
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_int(doc, "id", (int64_t)row->rdd_id);
    wadi__doc_string(doc, "name", row->name);
    wadi__doc_int(doc, "numPartitions", row->partition_count);
    wadi__doc_int(doc, "numCachedPartitions", row->stored_count);
    wadi__doc_int(doc, "memoryUsed", row->memory_bytes);
    wadi__doc_int(doc, "diskUsed", row->disk_bytes);
    if (is_one) {
        wadi__doc_open(doc, "partitions", '[');
        for (size_t i = 0; i < row->places.count; i++) put_place(row, i, doc);
        wadi__doc_close(doc, ']');
    }
    wadi__doc_close(doc, '}');
}
static void answer_storage(const wadi__status_store *store, const wadi__asked *asked,
                           wadi__http_response *response) {
    wadi__doc doc = {0};
    int64_t number = -1;
    bool is_one = asked->count == 7;
    if (strcmp(wadi__asked_part(asked, 5), "rdd") != 0 ||
        (is_one && !wadi__parse_number(asked->parts[6], &number))) {
        wadi__respond_line(response, 404, "not found\n");
        return;
    }
    if (!is_one) wadi__doc_open(&doc, NULL, '[');
    for (size_t i = 0; i < store->engine.stored.count; i++) {
        const wadi__stored_row *row = &store->engine.stored.items[i];
        if (!is_one || row->rdd_id == (uint64_t)number) put_stored(row, is_one, &doc);
    }
    if (!is_one) wadi__doc_close(&doc, ']');
    if (doc.text.size > 0)
        wadi__respond_doc(response, &doc);
    else
        wadi__respond_line(response, 404, "unknown rdd: %.100s", asked->parts[6]);
}

/* ---- Environment and executors ---- */

static void put_setting(const char *name, const char *value, wadi__conf_origin origin,
                        const char *place, void *arg) {
    const wadi__site *site = ((void **)arg)[0];
    wadi__doc *doc = ((void **)arg)[1];
    (void)origin, (void)place;
    if (value == NULL) return;
    wadi__doc_open(doc, NULL, '[');
    wadi__doc_string(doc, NULL, name);
    wadi__doc_string(doc, NULL,
                     wadi__conf_is_secret(site->conf, name, value) ? "*********(redacted)" : value);
    wadi__doc_close(doc, ']');
}
static void answer_environment(const wadi__site *site, wadi__http_response *response) {
    wadi__doc doc = {0};
    void *both[] = {(void *)(uintptr_t)site, &doc};
    wadi__doc_open(&doc, NULL, '{');
    wadi__doc_open(&doc, "runtime", '{');
    wadi__doc_string(&doc, "wadiVersion", WADI__VERSION);
    wadi__doc_string(&doc, "compiler", __VERSION__);
    wadi__doc_close(&doc, '}');
    wadi__doc_open(&doc, "sparkProperties", '[');
    if (site->conf != NULL) wadi__conf_each(site->conf, put_setting, both);
    wadi__doc_close(&doc, ']');
    static const char *const empty[] = {"hadoopProperties", "systemProperties", "classpathEntries"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        wadi__doc_open(&doc, empty[i], '[');
        wadi__doc_close(&doc, ']');
    }
    wadi__doc_close(&doc, '}');
    wadi__respond_doc(response, &doc);
}
static void answer_executors(const wadi__site *site, wadi__http_response *response) {
    const wadi__engine_part *part = &site->store->engine;
    wadi__memory_facts memory = {0};
    if (site->memory != NULL) site->memory(site->arg, &memory);
    int64_t blocks = 0;
    for (size_t i = 0; i < part->stored.count; i++) blocks += part->stored.items[i].stored_count;
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    wadi__doc_open(&doc, NULL, '{');
    wadi__doc_string(&doc, "id", "driver");
    wadi__doc_string(&doc, "hostPort", "localhost");
    wadi__doc_bool(&doc, "isActive", true);
    wadi__doc_int(&doc, "rddBlocks", blocks);
    wadi__doc_int(&doc, "memoryUsed", memory.used_bytes);
    wadi__doc_int(&doc, "maxMemory", memory.max_bytes);
    wadi__doc_int(&doc, "diskUsed", memory.spilled_bytes);
    wadi__doc_int(&doc, "totalCores", part->slots);
    wadi__doc_int(&doc, "maxTasks", part->slots);
    wadi__doc_int(&doc, "failedTasks", part->tasks_failed);
    wadi__doc_int(&doc, "completedTasks", part->tasks_done);
    wadi__doc_int(&doc, "totalTasks", part->tasks_done + part->tasks_failed);
    wadi__doc_int(&doc, "totalDuration", part->run_ms);
    wadi__doc_time(&doc, "addTime", site->store->start_ms);
    wadi__doc_close(&doc, '}');
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}

/* ---- All of it ---- */

void wadi__rest_engine(const wadi__site *site, const wadi__asked *asked,
                       wadi__http_response *response) {
    wadi__status_store *store = site->store;
    const char *what = wadi__asked_part(asked, 4);
    size_t more = asked->count - 5;
    wadi__status_lock(store);
    if (strcmp(what, "jobs") == 0 && more == 0)
        answer_jobs(store, asked->query, response);
    else if (strcmp(what, "jobs") == 0 && more == 1)
        answer_job(store, asked->parts[5], response);
    else if (strcmp(what, "stages") == 0 && more == 0)
        answer_stages(store, asked->query, response);
    else if (strcmp(what, "stages") == 0 && more <= 3)
        answer_stage(store, asked, response);
    else if (strcmp(what, "storage") == 0 && (more == 1 || more == 2))
        answer_storage(store, asked, response);
    else if (strcmp(what, "environment") == 0 && more == 0)
        answer_environment(site, response);
    else if ((strcmp(what, "executors") == 0 || strcmp(what, "allexecutors") == 0) && more == 0)
        answer_executors(site, response);
    else
        wadi__respond_line(response, 404, "not found\n");
    wadi__status_unlock(store);
}
