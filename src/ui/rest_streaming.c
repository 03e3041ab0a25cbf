/* SPDX-License-Identifier: Apache-2.0 */
/* rest_streaming.c: a stream program's statistics, receivers, batches and output operations.
 * Source: Spark 3 streaming status.api.v1, ApiStreamingRootResource. */
#include "ui/request.h"
#include "ui/site.h"

#include <string.h>

/* ---- Statistics ---- */

static void put_statistics(const wadi__status_store *store, wadi__doc *doc) {
    const wadi__stream_part *stream = &store->stream;
    int64_t receivers = 0, active = 0;
    for (size_t i = 0; i < stream->inputs.count; i++) {
        receivers += stream->inputs.items[i].has_receiver;
        active += stream->inputs.items[i].has_receiver && stream->inputs.items[i].is_active;
    }
    wadi__averages averages = wadi__status_averages(store);
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_some_time(doc, "startTime", stream->start_ms);
    wadi__doc_int(doc, "batchDuration", stream->batch_ms);
    wadi__doc_int(doc, "numReceivers", receivers);
    wadi__doc_int(doc, "numActiveReceivers", active);
    wadi__doc_int(doc, "numInactiveReceivers", receivers - active);
    wadi__doc_int(doc, "numTotalCompletedBatches", stream->completed_total);
    wadi__doc_int(doc, "numRetainedCompletedBatches", (int64_t)stream->done.count);
    wadi__doc_int(doc, "numActiveBatches", (int64_t)stream->active.count);
    wadi__doc_int(doc, "numProcessedRecords", stream->processed_total);
    wadi__doc_int(doc, "numReceivedRecords", stream->received_total);
    if (averages.batch_count > 0) wadi__doc_double(doc, "avgInputRate", averages.input_rate);
    wadi__doc_some_int(doc, "avgSchedulingDelay", averages.scheduling_delay);
    wadi__doc_some_int(doc, "avgProcessingTime", averages.processing_time);
    wadi__doc_some_int(doc, "avgTotalDelay", averages.total_delay);
    wadi__doc_close(doc, '}');
}

/* ---- Receivers ---- */

static void put_receiver(const wadi__status_store *store, const wadi__batch_rows *rows,
                         const wadi__input_row *input, wadi__doc *doc) {
    double sum = 0;
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_int(doc, "streamId", input->stream_id);
    wadi__doc_string(doc, "streamName", input->name);
    if (input->has_receiver) wadi__doc_bool(doc, "isActive", input->is_active);
    wadi__doc_some_string(doc, "executorId", input->executor_id);
    wadi__doc_some_string(doc, "executorHost", input->host);
    wadi__doc_some_time(doc, "lastErrorTime", input->last_error_ms);
    wadi__doc_some_string(doc, "lastErrorMessage", input->last_error_message);
    wadi__doc_some_string(doc, "lastError", input->last_error);
    for (size_t i = 0; i < rows->count; i++)
        sum += wadi__status_input_rate(store, rows->items[i], input->stream_id);
    if (rows->count > 0) wadi__doc_double(doc, "avgEventRate", sum / (double)rows->count);
    wadi__doc_open(doc, "eventRates", '[');
    for (size_t i = rows->count; i-- > 0;) {
        wadi__doc_open(doc, NULL, '[');
        wadi__doc_int(doc, NULL, rows->items[i]->batch_ms);
        wadi__doc_double(doc, NULL,
                         wadi__status_input_rate(store, rows->items[i], input->stream_id));
        wadi__doc_close(doc, ']');
    }
    wadi__doc_close(doc, ']');
    wadi__doc_close(doc, '}');
}
static void answer_receivers(const wadi__status_store *store, const wadi__batch_rows *rows,
                             wadi__http_response *response) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    for (size_t i = 0; i < store->stream.inputs.count; i++)
        put_receiver(store, rows, &store->stream.inputs.items[i], &doc);
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}
static void answer_receiver(const wadi__status_store *store, const wadi__batch_rows *rows,
                            const char *id, wadi__http_response *response) {
    int64_t number;
    bool is_number = wadi__parse_number(id, &number);
    for (size_t i = 0; is_number && i < store->stream.inputs.count; i++) {
        if (store->stream.inputs.items[i].stream_id != number) continue;
        wadi__doc doc = {0};
        put_receiver(store, rows, &store->stream.inputs.items[i], &doc);
        wadi__respond_doc(response, &doc);
        return;
    }
    wadi__respond_line(response, 404, "unknown receiver: %.100s", id);
}

/* ---- Batches ---- */

static void put_batch(const wadi__status_store *store, const wadi__batch_row *row, wadi__doc *doc) {
    wadi__output_counts outputs = wadi__row_outputs(row);
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_int(doc, "batchId", row->batch_ms);
    wadi__doc_time(doc, "batchTime", row->batch_ms);
    wadi__doc_string(doc, "status", wadi__row_status(row));
    wadi__doc_int(doc, "batchDuration", store->stream.batch_ms);
    wadi__doc_int(doc, "inputSize", row->record_count);
    wadi__doc_some_int(doc, "schedulingDelay", wadi__row_scheduling_delay(row));
    wadi__doc_some_int(doc, "processingTime", wadi__row_processing_delay(row));
    wadi__doc_some_int(doc, "totalDelay", wadi__row_total_delay(row));
    wadi__doc_int(doc, "numActiveOutputOps", outputs.active);
    wadi__doc_int(doc, "numCompletedOutputOps", outputs.completed);
    wadi__doc_int(doc, "numFailedOutputOps", outputs.failed);
    wadi__doc_int(doc, "numTotalOutputOps", outputs.total);
    wadi__doc_some_string(doc, "firstFailureReason", outputs.first_failure);
    wadi__doc_close(doc, '}');
}
/* Which statuses are asked for, as bits; 0: one that there is none of. */
static unsigned wanted_statuses(const char *query) {
    static const char *const names[] = {"COMPLETED", "QUEUED", "PROCESSING"};
    char value[WADI__REQUEST_VALUE_MAX];
    unsigned wanted = 0, all = 7;
    bool is_any = false;
    while (wadi__query_next(&query, "status", value)) {
        unsigned bit = 0;
        for (unsigned i = 0; i < 3; i++)
            if (strcasecmp(value, names[i]) == 0) bit = 1u << i;
        if (bit == 0) return 0;
        wanted |= bit;
        is_any = true;
    }
    return is_any ? wanted : all;
}
static unsigned status_bit(const wadi__batch_row *row) {
    if (row->end_ms >= 0) return 1;
    return row->start_ms >= 0 ? 4 : 2;
}
static void answer_batches(const wadi__status_store *store, const wadi__batch_rows *rows,
                           const char *query, wadi__http_response *response) {
    unsigned wanted = wanted_statuses(query);
    if (wanted == 0) {
        wadi__respond_line(response, 400, "status is none of COMPLETED, QUEUED, PROCESSING");
        return;
    }
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    for (size_t i = 0; i < rows->count; i++)
        if ((status_bit(rows->items[i]) & wanted) != 0) put_batch(store, rows->items[i], &doc);
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}

/* ---- Output operations ---- */

static void put_output(const wadi__status_store *store, const wadi__batch_row *row,
                       const wadi__row_output *output, wadi__doc *doc) {
    const wadi__output_name *name =
        output->id >= 0 && (size_t)output->id < store->stream.outputs.count
            ? &store->stream.outputs.items[output->id]
            : NULL;
    const wadi__batch_jobs *jobs = wadi__status_jobs_of(store, row->batch_ms);
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_int(doc, "outputOpId", output->id);
    wadi__doc_string(doc, "name", name != NULL && name->name != NULL ? name->name : "");
    wadi__doc_string(doc, "description",
                     name != NULL && name->description != NULL ? name->description : "");
    wadi__doc_some_time(doc, "startTime", output->start_ms);
    wadi__doc_some_time(doc, "endTime", output->end_ms);
    if (output->start_ms >= 0 && output->end_ms >= 0)
        wadi__doc_int(doc, "duration", output->end_ms - output->start_ms);
    wadi__doc_some_string(doc, "failureReason", output->failure);
    wadi__doc_open(doc, "jobIds", '[');
    for (size_t i = 0; jobs != NULL && i < jobs->jobs.count; i++)
        if (jobs->jobs.items[i].output_id == output->id)
            wadi__doc_int(doc, NULL, jobs->jobs.items[i].job_id);
    wadi__doc_close(doc, ']');
    wadi__doc_close(doc, '}');
}
static void answer_outputs(const wadi__status_store *store, const wadi__batch_row *row,
                           wadi__http_response *response) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    for (size_t i = 0; i < row->output_count; i++) put_output(store, row, &row->outputs[i], &doc);
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}
static void answer_output(const wadi__status_store *store, const wadi__batch_row *row,
                          const char *id, wadi__http_response *response) {
    int64_t number;
    bool is_number = wadi__parse_number(id, &number);
    for (size_t i = 0; is_number && i < row->output_count; i++) {
        if (row->outputs[i].id != number) continue;
        wadi__doc doc = {0};
        put_output(store, row, &row->outputs[i], &doc);
        wadi__respond_doc(response, &doc);
        return;
    }
    wadi__respond_line(response, 404, "unknown output operation: %.100s", id);
}
static void answer_batch(const wadi__status_store *store, const wadi__asked *asked,
                         wadi__http_response *response) {
    int64_t id;
    const wadi__batch_row *row = NULL;
    if (wadi__parse_number(asked->parts[6], &id)) row = wadi__status_batch(store, id);
    bool is_outputs = strcmp(wadi__asked_part(asked, 7), "operations") == 0;
    if (row == NULL) {
        wadi__respond_line(response, 404, "unknown batch: %.100s", asked->parts[6]);
    } else if (asked->count == 7) {
        wadi__doc doc = {0};
        put_batch(store, row, &doc);
        wadi__respond_doc(response, &doc);
    } else if (is_outputs && asked->count == 8) {
        answer_outputs(store, row, response);
    } else if (is_outputs && asked->count == 9) {
        answer_output(store, row, asked->parts[8], response);
    } else {
        wadi__respond_line(response, 404, "not found\n");
    }
}

/* ---- States; Spark has no such path ---- */

static void put_state(const wadi__state_shown *row, wadi__doc *doc) {
    const wadi__state_facts *facts = &row->facts;
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_string(doc, "name", row->name);
    wadi__doc_int(doc, "numKeys", facts->keys);
    wadi__doc_some_int(doc, "memoryUsed", facts->bytes);
    wadi__doc_int(doc, "numPartitions", facts->partition_count);
    if (row->checkpoint_ms > 0) wadi__doc_int(doc, "checkpointInterval", row->checkpoint_ms);
    if (facts->snapshot.batch_ms >= 0) {
        wadi__doc_open(doc, "lastSnapshot", '{');
        wadi__doc_int(doc, "batchId", facts->snapshot.batch_ms);
        wadi__doc_some_int(doc, "size", facts->snapshot.size_bytes);
        wadi__doc_some_int(doc, "duration", facts->snapshot.took_ms);
        wadi__doc_close(doc, '}');
    }
    wadi__doc_close(doc, '}');
}
static void answer_states(const wadi__site *site, wadi__http_response *response) {
    wadi__state_shown *rows;
    wadi__doc doc = {0};
    size_t count = wadi__site_states(site, &rows);
    wadi__doc_open(&doc, NULL, '[');
    for (size_t i = 0; i < count; i++) put_state(&rows[i], &doc);
    wadi__doc_close(&doc, ']');
    doc.text.failed |= rows == NULL;
    wadi__free(rows);
    wadi__respond_doc(response, &doc);
}

/* ---- All of it ---- */

/* holds lock */
static void answer(const wadi__status_store *store, const wadi__asked *asked,
                   const wadi__batch_rows *rows, wadi__http_response *response) {
    const char *what = wadi__asked_part(asked, 5);
    size_t more = asked->count - 5;
    if (more == 1 && strcmp(what, "receivers") == 0)
        answer_receivers(store, rows, response);
    else if (more == 2 && strcmp(what, "receivers") == 0)
        answer_receiver(store, rows, asked->parts[6], response);
    else if (more == 1 && strcmp(what, "batches") == 0)
        answer_batches(store, rows, asked->query, response);
    else if (more >= 2 && strcmp(what, "batches") == 0)
        answer_batch(store, asked, response);
    else
        wadi__respond_line(response, 404, "not found\n");
}
void wadi__rest_streaming(const wadi__site *site, const wadi__asked *asked,
                          wadi__http_response *response) {
    wadi__status_store *store = site->store;
    wadi__batch_rows rows = {0};
    wadi__status_lock(store);
    bool is_statistics = asked->count == 6 && strcmp(asked->parts[5], "statistics") == 0;
    if (!store->stream.is_there) {
        wadi__respond_line(response, 404, "no streaming listener attached to %s", store->app_name);
    } else if (is_statistics) {
        wadi__doc doc = {0};
        put_statistics(store, &doc);
        wadi__respond_doc(response, &doc);
    } else if (asked->count == 6 && strcmp(asked->parts[5], "state") == 0) {
        answer_states(site, response);
    } else if (!wadi__status_list(store, &rows)) {
        wadi__respond_line(response, 500, "no memory\n");
    } else {
        answer(store, asked, &rows, response);
    }
    wadi__status_unlock(store);
    wadi__vec_fini(&rows);
}
