/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.c: metrics as Prometheus reads them: seconds, bytes and totals under Wadi's names, and
 * the gauges of a stream program under the names that Spark's Prometheus servlet gives them.
 * Source: Spark 3 StreamingSource, PrometheusServlet. */
#include "base/version.h"
#include "ui/site.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- Wadi's names ---- */

static void head(wadi__text *text, const char *name, const char *type, const char *help) {
    wadi__text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}
static void put_int(wadi__text *text, const char *name, const char *type, const char *help,
                    int64_t value) {
    head(text, name, type, help);
    wadi__text_printf(text, "%s %" PRId64 "\n", name, value);
}
/* Of milliseconds; left out where they are not known. */
static void put_seconds(wadi__text *text, const char *name, const char *help, int64_t ms) {
    if (ms < 0) return;
    head(text, name, "gauge", help);
    wadi__text_printf(text, "%s %" PRId64 ".%03d\n", name, ms / 1000, (int)(ms % 1000));
}
/* The value of a label: \ " and line ends are escaped. */
static void put_label(wadi__text *text, const char *value) {
    for (; *value != 0; value++) {
        if (*value == '\n')
            wadi__text_put(text, "\\n");
        else if (*value == '"' || *value == '\\')
            wadi__text_printf(text, "\\%c", *value);
        else
            wadi__text_add(text, value, 1);
    }
}
static const wadi__batch_row *last_done(const wadi__status_store *store) {
    size_t count = store->stream.done.count;
    return count > 0 ? wadi__status_done(store, count - 1) : NULL;
}
static void count_receivers(const wadi__status_store *store, int64_t *receivers, int64_t *active) {
    *receivers = *active = 0;
    for (size_t i = 0; i < store->stream.inputs.count; i++) {
        const wadi__input_row *input = &store->stream.inputs.items[i];
        *receivers += input->has_receiver;
        *active += input->has_receiver && input->is_active;
    }
}
static void put_stream(wadi__text *text, const wadi__status_store *store) {
    const wadi__stream_part *stream = &store->stream;
    const wadi__batch_row *last = last_done(store);
    int64_t receivers, active;
    count_receivers(store, &receivers, &active);
    put_seconds(text, "wadi_streaming_batch_interval_seconds", "The batch interval.",
                stream->batch_ms);
    put_int(text, "wadi_streaming_receivers", "gauge", "Receivers.", receivers);
    put_int(text, "wadi_streaming_active_receivers", "gauge", "Receivers that run.", active);
    put_int(text, "wadi_streaming_completed_batches_total", "counter",
            "Batches that are completed.", stream->completed_total);
    put_int(text, "wadi_streaming_received_records_total", "counter",
            "Records of all batches that have begun.", stream->received_total);
    put_int(text, "wadi_streaming_processed_records_total", "counter",
            "Records of all batches that are completed.", stream->processed_total);
    put_int(text, "wadi_streaming_waiting_batches", "gauge", "Batches that wait.",
            (int64_t)wadi__status_waiting(store));
    put_int(text, "wadi_streaming_running_batches", "gauge", "Batches that are being processed.",
            (int64_t)wadi__status_running(store));
    if (last == NULL) return;
    put_seconds(text, "wadi_streaming_last_batch_scheduling_delay_seconds",
                "How long the last completed batch waited.", wadi__row_scheduling_delay(last));
    put_seconds(text, "wadi_streaming_last_batch_processing_seconds",
                "How long the last completed batch was processed.",
                wadi__row_processing_delay(last));
    put_seconds(text, "wadi_streaming_last_batch_total_delay_seconds",
                "From the submission of the last completed batch to its end.",
                wadi__row_total_delay(last));
    put_seconds(text, "wadi_streaming_last_batch_time_seconds",
                "The time of the last completed batch, since the epoch.", last->batch_ms);
}
static void put_inputs(wadi__text *text, const wadi__status_store *store) {
    const wadi__stream_part *stream = &store->stream;
    const wadi__batch_row *row = stream->last_received;
    if (row == NULL || stream->inputs.count == 0) return;
    head(text, "wadi_streaming_input_records", "gauge",
         "Records of each input in the last batch that has begun.");
    for (size_t i = 0; i < stream->inputs.count; i++) {
        const wadi__input_row *input = &stream->inputs.items[i];
        int64_t records = 0;
        for (size_t k = 0; k < row->input_count; k++)
            if (row->inputs[k].stream_id == input->stream_id) records = row->inputs[k].record_count;
        wadi__text_printf(text, "wadi_streaming_input_records{stream_id=\"%d\",name=\"",
                          input->stream_id);
        put_label(text, input->name != NULL ? input->name : "");
        wadi__text_printf(text, "\"} %" PRId64 "\n", records);
    }
}
typedef struct state_metric {
    const char *name, *help;
    int64_t (*value)(const wadi__state_facts *facts); /* negative: not known */
    bool is_ms;
} state_metric;
static int64_t keys_of(const wadi__state_facts *facts) { return facts->keys; }
static int64_t bytes_of(const wadi__state_facts *facts) { return facts->bytes; }
static int64_t batch_of(const wadi__state_facts *facts) { return facts->snapshot.batch_ms; }
static int64_t size_of(const wadi__state_facts *facts) { return facts->snapshot.size_bytes; }
static int64_t took_of(const wadi__state_facts *facts) { return facts->snapshot.took_ms; }
static const state_metric state_metrics[] = {
    {"wadi_state_keys", "Keys that a stream keeps.", keys_of, false},
    {"wadi_state_memory_bytes", "Memory that they take.", bytes_of, false},
    {"wadi_state_snapshot_batch_time_seconds",
     "The batch of the newest snapshot that is safe, since the epoch.", batch_of, true},
    {"wadi_state_snapshot_bytes", "What was written for it.", size_of, false},
    {"wadi_state_snapshot_duration_seconds", "How long that took.", took_of, true},
};
static void put_state_metric(wadi__text *text, const state_metric *metric,
                             const wadi__state_shown *rows, size_t count) {
    head(text, metric->name, "gauge", metric->help);
    for (size_t i = 0; i < count; i++) {
        int64_t value = metric->value(&rows[i].facts);
        if (value < 0) continue;
        wadi__text_printf(text, "%s{stream=\"", metric->name);
        put_label(text, rows[i].name);
        if (metric->is_ms)
            wadi__text_printf(text, "\"} %" PRId64 ".%03d\n", value / 1000, (int)(value % 1000));
        else
            wadi__text_printf(text, "\"} %" PRId64 "\n", value);
    }
}
static void put_states(wadi__text *text, const wadi__site *site) {
    wadi__state_shown *rows;
    size_t count = wadi__site_states(site, &rows);
    for (size_t m = 0; m < sizeof state_metrics / sizeof state_metrics[0] && count > 0; m++)
        put_state_metric(text, &state_metrics[m], rows, count);
    text->failed |= rows == NULL;
    wadi__free(rows);
}
static void put_engine(wadi__text *text, const wadi__site *site) {
    const wadi__engine_part *part = &site->store->engine;
    wadi__memory_facts memory = {0};
    if (site->memory != NULL) site->memory(site->arg, &memory);
    head(text, "wadi_build_info", "gauge", "The library's version.");
    wadi__text_put(text, "wadi_build_info{version=\"" WADI__VERSION "\",application=\"");
    put_label(text, site->store->app_name);
    wadi__text_put(text, "\"} 1\n");
    put_seconds(text, "wadi_start_time_seconds", "When the program started, since the epoch.",
                site->store->start_ms);
    put_int(text, "wadi_jobs_active", "gauge", "Jobs that run.", part->jobs_active);
    put_int(text, "wadi_jobs_completed_total", "counter", "Jobs that succeeded.", part->jobs_done);
    put_int(text, "wadi_jobs_failed_total", "counter", "Jobs that failed.", part->jobs_failed);
    put_int(text, "wadi_stages_completed_total", "counter", "Stages that succeeded.",
            part->stages_done);
    put_int(text, "wadi_stages_failed_total", "counter", "Stages that failed.",
            part->stages_failed);
    put_int(text, "wadi_tasks_completed_total", "counter", "Tasks of stages that succeeded.",
            part->tasks_done);
    put_int(text, "wadi_tasks_failed_total", "counter", "Tries of tasks that failed.",
            part->tasks_failed);
    head(text, "wadi_tasks_run_seconds_total", "counter", "Time of all tries of tasks together.");
    wadi__text_printf(text, "wadi_tasks_run_seconds_total %" PRId64 ".%03d\n", part->run_ms / 1000,
                      (int)(part->run_ms % 1000));
    put_int(text, "wadi_memory_used_bytes", "gauge", "Memory for records in use.",
            memory.used_bytes);
    put_int(text, "wadi_memory_max_bytes", "gauge", "The bound on it.", memory.max_bytes);
    put_int(text, "wadi_spill_bytes", "gauge", "On disk because it does not fit into memory.",
            memory.spilled_bytes);
    if (site->dropped != NULL) {
        uint64_t engine, stream;
        site->dropped(site->arg, &engine, &stream);
        head(text, "wadi_listener_events_dropped_total", "counter",
             "Events that found the queue to their listeners full.");
        wadi__text_printf(text,
                          "wadi_listener_events_dropped_total{queue=\"engine\"} %" PRIu64
                          "\nwadi_listener_events_dropped_total{queue=\"stream\"} %" PRIu64 "\n",
                          engine, stream);
    }
    put_int(text, "wadi_listener_events_lost_total", "counter",
            "Events that there was no memory to keep.", (int64_t)site->store->lost);
}

/* ---- Spark's names ---- */

typedef struct gauges {
    wadi__text *text;
    const wadi__status_store *store;
} gauges;
/* Letters and digits; all else is an underline, as Spark has it. */
static void put_plain(wadi__text *text, const char *name) {
    for (; *name != 0; name++) wadi__text_add(text, isalnum((unsigned char)*name) ? name : "_", 1);
}
static void gauge(const gauges *self, const char *name, int64_t value) {
    wadi__text *text = self->text;
    wadi__text_put(text, "metrics_");
    put_plain(text, self->store->app_id);
    wadi__text_put(text, "_driver_");
    put_plain(text, self->store->app_name);
    wadi__text_printf(text, "_StreamingMetrics_streaming_%s_Value{type=\"gauges\"} %" PRId64 "\n",
                      name, value);
}
static void put_spark(wadi__text *text, const wadi__status_store *store) {
    const wadi__stream_part *stream = &store->stream;
    const wadi__batch_row *last = last_done(store), *received = stream->last_received;
    const gauges to = {text, store};
    int64_t receivers, active;
    count_receivers(store, &receivers, &active);
    gauge(&to, "receivers", receivers);
    gauge(&to, "totalCompletedBatches", stream->completed_total);
    gauge(&to, "totalReceivedRecords", stream->received_total);
    gauge(&to, "totalProcessedRecords", stream->processed_total);
    gauge(&to, "unprocessedBatches", (int64_t)stream->active.count);
    gauge(&to, "waitingBatches", (int64_t)wadi__status_waiting(store));
    gauge(&to, "runningBatches", (int64_t)wadi__status_running(store));
    gauge(&to, "retainedCompletedBatches", (int64_t)stream->done.count);
    gauge(&to, "lastCompletedBatch_submissionTime", last != NULL ? last->submission_ms : -1);
    gauge(&to, "lastCompletedBatch_processingStartTime", last != NULL ? last->start_ms : -1);
    gauge(&to, "lastCompletedBatch_processingEndTime", last != NULL ? last->end_ms : -1);
    gauge(&to, "lastCompletedBatch_processingDelay",
          last != NULL ? wadi__row_processing_delay(last) : -1);
    gauge(&to, "lastCompletedBatch_schedulingDelay",
          last != NULL ? wadi__row_scheduling_delay(last) : -1);
    gauge(&to, "lastCompletedBatch_totalDelay", last != NULL ? wadi__row_total_delay(last) : -1);
    /* In Spark too these three are of the last completed batch. */
    gauge(&to, "lastReceivedBatch_submissionTime", last != NULL ? last->submission_ms : -1);
    gauge(&to, "lastReceivedBatch_processingStartTime", last != NULL ? last->start_ms : -1);
    gauge(&to, "lastReceivedBatch_processingEndTime", last != NULL ? last->end_ms : -1);
    gauge(&to, "lastReceivedBatch_records", received != NULL ? received->record_count : 0);
}
void wadi__prometheus_answer(const wadi__site *site, wadi__http_response *response) {
    wadi__text text = {0};
    wadi__status_lock(site->store);
    put_engine(&text, site);
    if (site->store->stream.is_there) {
        put_stream(&text, site->store);
        put_inputs(&text, site->store);
        put_states(&text, site);
        put_spark(&text, site->store);
    }
    wadi__status_unlock(site->store);
    wadi__respond(response, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
}
