/* SPDX-License-Identifier: Apache-2.0 */
/* event_line.c: events as lines of JSON. */
#include "ui/event_line.h"

#include "base/conf.h"

#include <string.h>

/* ---- Writing ---- */

static wadi__doc begin(const char *event) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '{');
    wadi__doc_string(&doc, "event", event);
    return doc;
}
/* A line that there is no memory for is left out whole. */
static void end(wadi__text *to, wadi__doc *doc) {
    wadi__doc_close(doc, '}');
    wadi__text_put(&doc->text, "\n");
    if (!doc->text.failed) wadi__text_add(to, doc->text.bytes, doc->text.size);
    wadi__text_fini(&doc->text);
}
static void put_setting(const char *name, const char *value, wadi__conf_origin origin,
                        const char *place, void *arg) {
    wadi__doc *doc = ((void **)arg)[0];
    const wadi__conf *conf = ((void **)arg)[1];
    (void)place;
    if (value == NULL || origin == WADI__CONF_FROM_DEFAULT) return;
    wadi__doc_open(doc, NULL, '[');
    wadi__doc_string(doc, NULL, name);
    wadi__doc_string(doc, NULL,
                     wadi__conf_is_secret(conf, name, value) ? "*********(redacted)" : value);
    wadi__doc_close(doc, ']');
}
void wadi__event_line_application(wadi__text *to, const char *name, int64_t start_ms,
                                  const wadi__conf *conf) {
    wadi__doc doc = begin("ApplicationStart");
    void *both[] = {&doc, (void *)(uintptr_t)conf};
    wadi__doc_string(&doc, "name", name);
    wadi__doc_int(&doc, "time", start_ms);
    wadi__doc_open(&doc, "settings", '[');
    if (conf != NULL) wadi__conf_each(conf, put_setting, both);
    wadi__doc_close(&doc, ']');
    end(to, &doc);
}
void wadi__event_line_ended(wadi__text *to, int64_t time_ms) {
    wadi__doc doc = begin("ApplicationEnd");
    wadi__doc_int(&doc, "time", time_ms);
    end(to, &doc);
}
void wadi__event_line_stream(wadi__text *to, int64_t batch_ms, const wadi__told_input *inputs,
                             size_t count) {
    wadi__doc doc = begin("StreamBegin");
    wadi__doc_int(&doc, "batchDuration", batch_ms);
    wadi__doc_open(&doc, "inputs", '[');
    for (size_t i = 0; i < count; i++) {
        wadi__doc_open(&doc, NULL, '{');
        wadi__doc_int(&doc, "id", inputs[i].stream_id);
        wadi__doc_some_string(&doc, "name", inputs[i].name);
        wadi__doc_close(&doc, '}');
    }
    wadi__doc_close(&doc, ']');
    end(to, &doc);
}
void wadi__event_line_started(wadi__text *to, int64_t time_ms) {
    wadi__doc doc = begin("StreamingStarted");
    wadi__doc_int(&doc, "time", time_ms);
    end(to, &doc);
}
static void put_output(wadi__doc *doc, const wadi_output_info *info) {
    wadi__doc_int(doc, "batch", info->batch_ms);
    wadi__doc_int(doc, "id", info->id);
    wadi__doc_some_string(doc, "name", info->name);
    wadi__doc_some_string(doc, "description", info->description);
    wadi__doc_some_int(doc, "start", info->start_ms);
    wadi__doc_some_int(doc, "end", info->end_ms);
    wadi__doc_some_string(doc, "failure", info->failure_reason);
}
void wadi__event_line_batch(wadi__text *to, const char *event, const wadi_batch_info *info) {
    wadi__doc doc = begin(event);
    wadi__doc_int(&doc, "batch", info->batch_ms);
    wadi__doc_some_int(&doc, "submission", info->submission_ms);
    wadi__doc_some_int(&doc, "start", info->processing_start_ms);
    wadi__doc_some_int(&doc, "end", info->processing_end_ms);
    wadi__doc_int(&doc, "records", info->record_count);
    wadi__doc_open(&doc, "inputs", '[');
    for (size_t i = 0; i < info->input_count; i++) {
        wadi__doc_open(&doc, NULL, '{');
        wadi__doc_int(&doc, "id", info->inputs[i].stream_id);
        wadi__doc_int(&doc, "records", info->inputs[i].record_count);
        wadi__doc_some_string(&doc, "description", info->inputs[i].description);
        wadi__doc_close(&doc, '}');
    }
    wadi__doc_close(&doc, ']');
    wadi__doc_open(&doc, "outputs", '[');
    for (size_t i = 0; i < info->output_count; i++) {
        wadi__doc_open(&doc, NULL, '{');
        put_output(&doc, &info->outputs[i]);
        wadi__doc_close(&doc, '}');
    }
    wadi__doc_close(&doc, ']');
    end(to, &doc);
}
void wadi__event_line_output(wadi__text *to, const char *event, const wadi_output_info *info) {
    wadi__doc doc = begin(event);
    put_output(&doc, info);
    end(to, &doc);
}
void wadi__event_line_receiver(wadi__text *to, const char *event, const wadi_receiver_info *info) {
    wadi__doc doc = begin(event);
    wadi__doc_int(&doc, "id", info->stream_id);
    wadi__doc_some_string(&doc, "name", info->name);
    wadi__doc_bool(&doc, "active", info->active);
    wadi__doc_some_string(&doc, "host", info->host);
    wadi__doc_some_string(&doc, "executor", info->executor_id);
    wadi__doc_some_string(&doc, "lastErrorMessage", info->last_error_message);
    wadi__doc_some_string(&doc, "lastError", info->last_error);
    wadi__doc_some_int(&doc, "lastErrorTime", info->last_error_ms);
    end(to, &doc);
}
void wadi__event_line_job(wadi__text *to, const char *event, const wadi_job_info *info) {
    wadi__doc doc = begin(event);
    wadi__doc_int(&doc, "id", info->id);
    wadi__doc_string(&doc, "name", info->name);
    wadi__doc_int(&doc, "batch", info->batch_ms);
    wadi__doc_int(&doc, "output", info->output_id);
    wadi__doc_int(&doc, "submission", info->submission_ms);
    wadi__doc_some_int(&doc, "completion", info->completion_ms);
    wadi__doc_some_string(&doc, "failure", info->failure_reason);
    end(to, &doc);
}
void wadi__event_line_stage(wadi__text *to, const char *event, const wadi_stage_info *info) {
    wadi__doc doc = begin(event);
    wadi__doc_int(&doc, "id", info->id);
    wadi__doc_int(&doc, "job", info->job_id);
    wadi__doc_string(&doc, "name", info->name);
    wadi__doc_int(&doc, "tasks", info->task_count);
    wadi__doc_int(&doc, "submission", info->submission_ms);
    wadi__doc_some_int(&doc, "completion", info->completion_ms);
    wadi__doc_some_int(&doc, "run", info->run_ms);
    wadi__doc_int(&doc, "failedTasks", info->failed_task_count);
    wadi__doc_some_string(&doc, "failure", info->failure_reason);
    wadi__doc_open(&doc, "operators", '[');
    for (size_t i = 0; i < info->operator_count; i++) {
        const wadi_operator_info *op = &info->operators[i];
        wadi__doc_open(&doc, NULL, '{');
        wadi__doc_int(&doc, "rdd", (int64_t)op->rdd_id);
        wadi__doc_string(&doc, "name", op->name);
        wadi__doc_bool(&doc, "stored", op->is_stored);
        wadi__doc_open(&doc, "parents", '[');
        for (size_t k = 0; k < op->parent_count; k++)
            wadi__doc_int(&doc, NULL, (int64_t)op->parents[k]);
        wadi__doc_close(&doc, ']');
        wadi__doc_close(&doc, '}');
    }
    wadi__doc_close(&doc, ']');
    end(to, &doc);
}
void wadi__event_line_task(wadi__text *to, const wadi_task_info *info) {
    wadi__doc doc = begin("TaskEnded");
    wadi__doc_int(&doc, "stage", info->stage_id);
    wadi__doc_int(&doc, "job", info->job_id);
    wadi__doc_int(&doc, "index", info->index);
    wadi__doc_int(&doc, "partition", info->partition_index);
    wadi__doc_int(&doc, "attempt", info->attempt);
    wadi__doc_int(&doc, "start", info->start_ms);
    wadi__doc_int(&doc, "run", info->run_ms);
    wadi__doc_some_int(&doc, "in", info->records_in);
    wadi__doc_some_int(&doc, "out", info->records_out);
    wadi__doc_some_string(&doc, "failure", info->failure_reason);
    end(to, &doc);
}
void wadi__event_line_stored(wadi__text *to, const char *event, const wadi_stored_info *info) {
    wadi__doc doc = begin(event);
    wadi__doc_int(&doc, "rdd", (int64_t)info->rdd_id);
    wadi__doc_some_string(&doc, "name", info->name);
    wadi__doc_int(&doc, "partition", info->partition_index);
    wadi__doc_int(&doc, "partitions", info->partition_count);
    wadi__doc_int(&doc, "bytes", info->size_bytes);
    wadi__doc_bool(&doc, "onDisk", info->is_on_disk);
    end(to, &doc);
}
void wadi__event_line_unpersisted(wadi__text *to, uint64_t rdd_id) {
    wadi__doc doc = begin("Unpersisted");
    wadi__doc_int(&doc, "rdd", (int64_t)rdd_id);
    end(to, &doc);
}
void wadi__event_line_executor(wadi__text *to, const wadi_executor_info *info) {
    wadi__doc doc = begin("ExecutorAdded");
    wadi__doc_string(&doc, "id", info->id);
    wadi__doc_string(&doc, "host", info->host);
    wadi__doc_int(&doc, "slots", info->slots);
    end(to, &doc);
}
void wadi__event_line_states(wadi__text *to, const wadi__state_shown *rows, size_t count) {
    wadi__doc doc = begin("States");
    wadi__doc_open(&doc, "states", '[');
    for (size_t i = 0; i < count; i++) {
        const wadi__state_facts *facts = &rows[i].facts;
        wadi__doc_open(&doc, NULL, '{');
        wadi__doc_string(&doc, "name", rows[i].name);
        wadi__doc_int(&doc, "keys", facts->keys);
        wadi__doc_some_int(&doc, "bytes", facts->bytes);
        wadi__doc_int(&doc, "partitions", facts->partition_count);
        wadi__doc_int(&doc, "interval", rows[i].checkpoint_ms);
        wadi__doc_some_int(&doc, "snapshotBatch", facts->snapshot.batch_ms);
        wadi__doc_some_int(&doc, "snapshotBytes", facts->snapshot.size_bytes);
        wadi__doc_some_int(&doc, "snapshotTook", facts->snapshot.took_ms);
        wadi__doc_close(&doc, '}');
    }
    wadi__doc_close(&doc, ']');
    end(to, &doc);
}
