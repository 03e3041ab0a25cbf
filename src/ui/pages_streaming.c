/* SPDX-License-Identifier: Apache-2.0 */
/* pages_streaming.c: how a stream program does: rates and delays over time, and its batches.
 * Source: Spark 3 StreamingPage, AllBatchesTable. */
#include "ui/format.h"
#include "ui/pages.h"

#include <inttypes.h>
#include <string.h>

/* ---- Values of charts ---- */

enum { BUCKETS = 10 };
typedef double value_of(const wadi__status_store *store, const wadi__batch_row *row, int stream_id);
static double rate(const wadi__status_store *store, const wadi__batch_row *row, int stream_id) {
    (void)stream_id;
    return wadi__status_rate(store, row);
}
static double scheduling(const wadi__status_store *store, const wadi__batch_row *row,
                         int stream_id) {
    (void)store, (void)stream_id;
    return (double)wadi__row_scheduling_delay(row);
}
static double processing(const wadi__status_store *store, const wadi__batch_row *row,
                         int stream_id) {
    (void)store, (void)stream_id;
    return (double)wadi__row_processing_delay(row);
}
static double total(const wadi__status_store *store, const wadi__batch_row *row, int stream_id) {
    (void)store, (void)stream_id;
    return (double)wadi__row_total_delay(row);
}
typedef struct series {
    const wadi__status_store *store;
    const wadi__batch_rows *rows; /* newest first */
    value_of *value;
    int stream_id;
} series;
/* Negative: it has none. */
static double at(const series *self, size_t i) {
    return self->value(self->store, self->rows->items[i], self->stream_id);
}
static double largest(const series *self) {
    double most = 0;
    for (size_t i = 0; i < self->rows->count; i++)
        if (at(self, i) > most) most = at(self, i);
    return most;
}
static void put_histogram(wadi__doc *doc, const series *self) {
    double most = largest(self), width = most > 0 ? most / BUCKETS : 1;
    int64_t counts[BUCKETS] = {0}, highest = 0;
    for (size_t i = 0; i < self->rows->count; i++) {
        double value = at(self, i);
        if (value < 0) continue;
        size_t bucket = (size_t)(value / width);
        if (bucket >= BUCKETS) bucket = BUCKETS - 1;
        if (++counts[bucket] > highest) highest = counts[bucket];
    }
    wadi__doc_open(doc, "bounds", '[');
    for (size_t i = 0; i < BUCKETS; i++) wadi__doc_double(doc, NULL, width * ((double)i + 0.5));
    wadi__doc_close(doc, ']');
    wadi__doc_open(doc, "counts", '[');
    for (size_t i = 0; i < BUCKETS; i++) wadi__doc_int(doc, NULL, counts[i]);
    wadi__doc_close(doc, ']');
    wadi__doc_int(doc, "most", highest);
}
/* top: of the axis, so that several share one. */
static void put_chart(wadi__doc *doc, const char *name, const char *unit, const series *self,
                      double top) {
    wadi__doc_open(doc, name, '{');
    wadi__doc_string(doc, "unit", unit);
    wadi__doc_double(doc, "top", top);
    if (self->value == processing)
        wadi__doc_double(doc, "line", (double)self->store->stream.batch_ms);
    wadi__doc_open(doc, "values", '[');
    for (size_t i = self->rows->count; i-- > 0;) {
        double value = at(self, i);
        if (value < 0)
            wadi__doc_null(doc, NULL);
        else
            wadi__doc_double(doc, NULL, value);
    }
    wadi__doc_close(doc, ']');
    put_histogram(doc, self);
    wadi__doc_close(doc, '}');
}
static void put_charts(wadi__page *page, const wadi__batch_rows *rows) {
    const wadi__status_store *store = page->site->store;
    wadi__doc doc = {0};
    series all = {store, rows, rate, -1};
    wadi__doc_open(&doc, NULL, '{');
    wadi__doc_open(&doc, "times", '[');
    for (size_t i = rows->count; i-- > 0;)
        wadi__doc_double(&doc, NULL, (double)rows->items[i]->batch_ms / 1000);
    wadi__doc_close(&doc, ']');
    wadi__doc_open(&doc, "charts", '{');
    put_chart(&doc, "rate", "records/sec", &all, largest(&all));
    series delays[] = {
        {store, rows, scheduling, -1}, {store, rows, processing, -1}, {store, rows, total, -1}};
    double top = 0;
    for (size_t i = 0; i < 3; i++)
        if (largest(&delays[i]) > top) top = largest(&delays[i]);
    put_chart(&doc, "scheduling", "ms", &delays[0], top);
    put_chart(&doc, "processing", "ms", &delays[1], top);
    put_chart(&doc, "total", "ms", &delays[2], top);
    wadi__doc_close(&doc, '}');
    wadi__doc_close(&doc, '}');
    page->text.failed |= doc.text.failed;
    wadi__text_put(
        &page->text,
        "<script type=\"application/json\" id=charts>"); /* numbers and fixed words alone */
    wadi__text_add(&page->text, doc.text.bytes, doc.text.size);
    wadi__text_put(&page->text, "</script>\n");
    wadi__text_fini(&doc.text);
}

/* ---- The table of charts ---- */

static void put_inputs(wadi__page *page, const wadi__batch_rows *rows) {
    const wadi__stream_part *stream = &page->site->store->stream;
    if (stream->inputs.count == 0) return;
    wadi__text_put(&page->text, "<details id=inputs><summary>Inputs</summary>");
    wadi__page_table(
        page, "inputs-table",
        "Input|Status|#Avg records/sec|Executor ID / Host|Last Error Time|Last Error Message");
    for (size_t i = 0; i < stream->inputs.count; i++) {
        const wadi__input_row *input = &stream->inputs.items[i];
        double sum = 0;
        for (size_t k = 0; k < rows->count; k++)
            sum += wadi__status_input_rate(page->site->store, rows->items[k], input->stream_id);
        const char *status = !input->has_receiver ? "-" : input->is_active ? "ACTIVE" : "INACTIVE";
        wadi__text_put(&page->text, "<tr>");
        wadi__page_cell(page, input->name != NULL ? input->name : "");
        wadi__page_cell(page, status);
        wadi__text_printf(&page->text, "<td class=number>%.2f</td>",
                          rows->count > 0 ? sum / (double)rows->count : 0);
        wadi__text_put(&page->text, "<td>");
        wadi__text_escape(&page->text, input->executor_id != NULL ? input->executor_id : "-");
        wadi__text_put(&page->text, " / ");
        wadi__text_escape(&page->text, input->host != NULL ? input->host : "-");
        wadi__text_put(&page->text, "</td><td>");
        wadi__page_time(page, input->last_error_ms, 1000);
        wadi__text_put(&page->text, "</td>");
        wadi__page_cell(page, input->last_error_message != NULL ? input->last_error_message : "-");
        wadi__text_put(&page->text, "</tr>\n");
    }
    wadi__page_table_end(page);
    wadi__text_put(&page->text, "</details>");
}
static void put_stat_row(wadi__page *page, const char *name, const char *title, int64_t average) {
    wadi__text_printf(&page->text, "<tr id=%s><td><strong>%s</strong><br>Avg: <span class=average>",
                      name, title);
    wadi__page_duration(page, average);
    wadi__text_printf(&page->text,
                      "</span></td><td><div class=chart id=%s-timeline role=img aria-label=\"%s "
                      "over time\"></div></td>"
                      "<td><div class=histogram id=%s-histogram role=img aria-label=\"How often %s "
                      "was how long\"></div>"
                      "</td></tr>\n",
                      name, title, name, title);
}
static void put_stat_table(wadi__page *page, const wadi__batch_rows *rows) {
    const wadi__status_store *store = page->site->store;
    const wadi__stream_part *stream = &store->stream;
    wadi__averages averages = wadi__status_averages(store);
    int64_t receivers = 0, active = 0;
    for (size_t i = 0; i < stream->inputs.count; i++) {
        receivers += stream->inputs.items[i].has_receiver;
        active += stream->inputs.items[i].has_receiver && stream->inputs.items[i].is_active;
    }
    wadi__text_printf(&page->text,
                      "<div class=scroll><table id=stat-table class=stat-table><thead><tr><th></th>"
                      "<th>Timelines (Last %zu batches, %zu active, %zu "
                      "completed)</th><th>Histograms</th></tr></thead>"
                      "<tbody>\n<tr id=rate><td><strong>Input Rate</strong><br>Receivers: %" PRId64
                      " / %" PRId64
                      " active<br>Avg: <span class=average>%.2f</span> records/sec</td>"
                      "<td><div class=chart id=rate-timeline role=img aria-label=\"Input rate over "
                      "time\"></div></td>"
                      "<td><div class=histogram id=rate-histogram role=img aria-label=\"How often "
                      "the rate was how "
                      "high\"></div></td></tr>\n",
                      rows->count, stream->active.count, stream->done.count, active, receivers,
                      averages.input_rate);
    put_stat_row(page, "scheduling", "Scheduling Delay", averages.scheduling_delay);
    put_stat_row(page, "processing", "Processing Time", averages.processing_time);
    put_stat_row(page, "total", "Total Delay", averages.total_delay);
    wadi__page_table_end(page);
    put_inputs(page, rows);
}

/* ---- Lists of batches ---- */

static void put_batch_cells(wadi__page *page, const wadi__batch_row *row) {
    wadi__text_printf(&page->text,
                      "<tr id=batch-%" PRId64 "><td><a id=to-%" PRId64
                      " href=\"/streaming/batch/?id=%" PRId64 "\">",
                      row->batch_ms, row->batch_ms, row->batch_ms);
    wadi__page_time(page, row->batch_ms, page->batch_ms);
    wadi__text_put(&page->text, "</a></td>");
    wadi__page_cell_int(page, row->record_count);
    wadi__page_cell_ms(page, wadi__row_scheduling_delay(row));
    wadi__page_cell_ms(page, wadi__row_processing_delay(row));
}
static void put_outputs_cell(wadi__page *page, const wadi__output_counts *outputs) {
    wadi__text_printf(&page->text, "<td class=number>%" PRId64 "/%" PRId64, outputs->completed,
                      outputs->total);
    if (outputs->failed > 0)
        wadi__text_printf(&page->text, " <span class=bad>(%" PRId64 " failed)</span>",
                          outputs->failed);
    wadi__text_put(&page->text, "</td>");
}
static void put_active(wadi__page *page, const wadi__batch_rows *rows, bool is_running) {
    const char *what = is_running ? "Running" : "Waiting";
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        count += rows->items[i]->end_ms < 0 && (rows->items[i]->start_ms >= 0) == is_running;
    if (count == 0) return;
    wadi__text_printf(&page->text, "<h2 id=%s>%s Batches (%zu)</h2>",
                      is_running ? "running" : "waiting", what, count);
    wadi__page_table(page, is_running ? "runningBatches-table" : "waitingBatches-table",
                     "Batch Time|#Records|#Scheduling Delay|#Processing Time|#Output Ops: "
                     "Succeeded/Total|Status");
    for (size_t i = 0; i < rows->count; i++) {
        const wadi__batch_row *row = rows->items[i];
        if (row->end_ms >= 0 || (row->start_ms >= 0) != is_running) continue;
        wadi__output_counts outputs = wadi__row_outputs(row);
        put_batch_cells(page, row);
        put_outputs_cell(page, &outputs);
        wadi__text_printf(&page->text, "<td class=busy>%s</td></tr>\n",
                          is_running ? "processing" : "queued");
    }
    wadi__page_table_end(page);
}
/* What the completed ones are sorted by: a column of the query's, else their time. */
static int64_t sort_value(const wadi__batch_row *row, int64_t column) {
    switch (column) {
    case 1: return row->record_count;
    case 2: return wadi__row_scheduling_delay(row);
    case 3: return wadi__row_processing_delay(row);
    case 4: return wadi__row_total_delay(row);
    default: return row->batch_ms;
    }
}
/* A heap sort: of what may be many, in no order at all, without memory. */
static void sift(wadi__batch_row **rows, size_t count, size_t from, int64_t column) {
    for (size_t child; (child = 2 * from + 1) < count; from = child) {
        if (child + 1 < count &&
            sort_value(rows[child + 1], column) < sort_value(rows[child], column))
            child++;
        if (sort_value(rows[from], column) <= sort_value(rows[child], column)) return;
        wadi__batch_row *moved = rows[from];
        rows[from] = rows[child];
        rows[child] = moved;
    }
}
static void sort_rows(wadi__batch_row **rows, size_t count, int64_t column) {
    for (size_t i = count / 2; i-- > 0;) sift(rows, count, i, column);
    for (size_t left = count; left > 1; left--) { /* the smallest goes to the end */
        wadi__batch_row *least = rows[0];
        rows[0] = rows[left - 1];
        rows[left - 1] = least;
        sift(rows, left - 1, 0, column);
    }
}
static void put_completed(wadi__page *page, wadi__batch_rows *rows) {
    const wadi__stream_part *stream = &page->site->store->stream;
    bool has_errors = false;
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i]->end_ms < 0) continue;
        has_errors |= wadi__row_outputs(rows->items[i]).first_failure != NULL;
        rows->items[count++] = rows->items[i];
    }
    if (count == 0) return;
    int64_t column = wadi__page_number(page, "sort", 0);
    if (column > 0) sort_rows(rows->items, count, column);
    wadi__text_printf(&page->text,
                      "<h2 id=completed>Completed Batches (last %zu out of %" PRId64 ")</h2>",
                      count, stream->completed_total);
    wadi__page_links(page, count);
    wadi__page_table(
        page, "completedBatches-table",
        has_errors
            ? "<a href=\"?sort=0\">Batch Time</a>|#<a href=\"?sort=1\">Records</a>|#<a "
              "href=\"?sort=2\">Scheduling Delay</a>|#<a href=\"?sort=3\">Processing Time</a>|#<a "
              "href=\"?sort=4\">Total Delay</a>|#Output Ops: Succeeded/Total|Error"
            : "<a href=\"?sort=0\">Batch Time</a>|#<a href=\"?sort=1\">Records</a>|#<a "
              "href=\"?sort=2\">Scheduling Delay</a>|#<a href=\"?sort=3\">Processing Time</a>|#<a "
              "href=\"?sort=4\">Total Delay</a>|#Output Ops: Succeeded/Total");
    wadi__page_part part = wadi__page_part_of(page, count);
    for (size_t i = part.first; i < part.end; i++) {
        const wadi__batch_row *row = rows->items[i];
        wadi__output_counts outputs = wadi__row_outputs(row);
        put_batch_cells(page, row);
        wadi__page_cell_ms(page, wadi__row_total_delay(row));
        put_outputs_cell(page, &outputs);
        if (has_errors) {
            wadi__text_put(&page->text, "<td class=failure>");
            wadi__text_escape(&page->text,
                              outputs.first_failure != NULL ? outputs.first_failure : "-");
            wadi__text_put(&page->text, "</td>");
        }
        wadi__text_put(&page->text, "</tr>\n");
    }
    wadi__page_table_end(page);
}

/* ---- The pages ---- */

static void put_summary(wadi__page *page) {
    const wadi__stream_part *stream = &page->site->store->stream;
    char interval[100], since[100];
    int64_t end_ms = page->site->is_history ? page->site->ended_ms : page->now_ms;
    wadi__format_long_duration(interval, sizeof interval, stream->batch_ms);
    wadi__format_long_duration(since, sizeof since,
                               stream->start_ms >= 0 ? end_ms - stream->start_ms : 0);
    wadi__text_printf(
        &page->text,
        "<p>Running batches of <strong>%s</strong> for <strong>%s</strong> since <strong>",
        interval, since);
    wadi__page_time(page, stream->start_ms, 1000);
    wadi__text_printf(&page->text,
                      "</strong> (<strong>%" PRId64 "</strong> completed batches, <strong>%" PRId64
                      "</strong> records)</p>\n",
                      stream->completed_total, stream->processed_total);
}
void wadi__page_streaming(wadi__page *page) {
    wadi__batch_rows rows;
    wadi__text_put(&page->text, "<h1>Streaming Statistics</h1>\n");
    page->text.failed |= !wadi__status_list(page->site->store, &rows);
    put_summary(page);
    put_charts(page, &rows);
    put_stat_table(page, &rows);
    put_active(page, &rows, true);
    put_active(page, &rows, false);
    put_completed(page, &rows);
    wadi__vec_fini(&rows);
}
static void put_item(wadi__page *page, const char *name, int64_t ms) {
    wadi__text_printf(&page->text, "<dt>%s</dt><dd>", name);
    wadi__page_duration(page, ms);
    wadi__text_put(&page->text, "</dd>");
}
static void put_batch_summary(wadi__page *page, const wadi__batch_row *row) {
    wadi__text_put(&page->text, "<dl>");
    put_item(page, "Batch Duration", page->batch_ms);
    wadi__text_printf(&page->text, "<dt>Input data size</dt><dd>%" PRId64 " records</dd>",
                      row->record_count);
    put_item(page, "Scheduling delay", wadi__row_scheduling_delay(row));
    put_item(page, "Processing time", wadi__row_processing_delay(row));
    put_item(page, "Total delay", wadi__row_total_delay(row));
    for (size_t i = 0; i < row->input_count; i++) {
        if (row->inputs[i].description == NULL) continue;
        wadi__text_printf(&page->text, "<dt>Input metadata of %d</dt><dd class=failure>",
                          row->inputs[i].stream_id);
        wadi__text_escape(&page->text, row->inputs[i].description);
        wadi__text_put(&page->text, "</dd>");
    }
    wadi__text_put(&page->text, "</dl>\n");
}
static void put_output_jobs(wadi__page *page, const wadi__batch_row *row, int output_id) {
    const wadi__batch_jobs *jobs = wadi__status_jobs_of(page->site->store, row->batch_ms);
    bool is_any = false;
    wadi__text_put(&page->text, "<td>");
    for (size_t i = 0; jobs != NULL && i < jobs->jobs.count; i++) {
        if (jobs->jobs.items[i].output_id != output_id) continue;
        const wadi__job_row *job = wadi__status_job(page->site->store, jobs->jobs.items[i].job_id);
        const char *style = job != NULL && job->failure != NULL ? " class=bad" : "";
        wadi__text_printf(&page->text, "%s<a%s href=\"/jobs/#job-%" PRId64 "\">%" PRId64 "</a>",
                          is_any ? " " : "", style, jobs->jobs.items[i].job_id,
                          jobs->jobs.items[i].job_id);
        is_any = true;
    }
    wadi__text_put(&page->text, is_any ? "</td>" : "-</td>");
}
void wadi__page_batch(wadi__page *page) {
    const wadi__status_store *store = page->site->store;
    int64_t id = wadi__page_number(page, "id", -1);
    const wadi__batch_row *row = id >= 0 ? wadi__status_batch(store, id) : NULL;
    if (row == NULL) {
        page->status = id < 0 ? 400 : 404;
        if (id < 0)
            wadi__text_put(&page->text, "<h1>Batch</h1><p>Missing id parameter</p>");
        else
            wadi__text_printf(&page->text, "<h1>Batch</h1><p>Batch %" PRId64 " does not exist</p>",
                              id);
        return;
    }
    wadi__text_put(&page->text, "<h1>Details of batch at ");
    wadi__page_time(page, row->batch_ms, page->batch_ms);
    wadi__text_put(&page->text, "</h1>\n");
    put_batch_summary(page, row);
    wadi__page_table(page, "batch-job-table",
                     "Output Op Id|Description|#Duration|Status|Job Ids|Error");
    for (size_t i = 0; i < row->output_count; i++) {
        const wadi__row_output *output = &row->outputs[i];
        const wadi__output_name *name =
            output->id >= 0 && (size_t)output->id < store->stream.outputs.count
                ? &store->stream.outputs.items[output->id]
                : NULL;
        bool is_over = output->end_ms >= 0;
        wadi__text_put(&page->text, "<tr>");
        wadi__page_cell_int(page, output->id);
        wadi__page_cell(page, name != NULL && name->description != NULL ? name->description : "");
        wadi__page_cell_ms(
            page, is_over && output->start_ms >= 0 ? output->end_ms - output->start_ms : -1);
        wadi__text_put(&page->text, output->failure != NULL ? "<td class=bad>Failed</td>"
                                    : is_over               ? "<td class=good>Succeeded</td>"
                                                            : "<td class=busy>-</td>");
        put_output_jobs(page, row, output->id);
        wadi__text_put(&page->text, "<td class=failure>");
        wadi__text_escape(&page->text, output->failure != NULL ? output->failure : "-");
        wadi__text_put(&page->text, "</td></tr>\n");
    }
    wadi__page_table_end(page);
}
static void put_snapshot(wadi__page *page, const wadi__snapshot_facts *snapshot) {
    wadi__text_put(&page->text, "<td>");
    wadi__page_time(page, snapshot->batch_ms, page->batch_ms);
    wadi__text_put(&page->text, "</td>");
    wadi__page_cell_bytes(page, snapshot->size_bytes);
    wadi__page_cell_ms(page, snapshot->took_ms);
}
void wadi__page_state(wadi__page *page) {
    wadi__state_shown *rows;
    size_t count = wadi__site_states(page->site, &rows);
    if (rows == NULL) page->text.failed = true;
    wadi__text_put(&page->text,
                   "<h1>State</h1>\n<p>What streams keep from batch to batch, as of their last "
                   "one, and the newest snapshot of it that is safe.</p>\n");
    wadi__page_table(page, "state-table",
                     "Stream|#Keys|#Size in Memory|#Partitions|#Checkpoint Interval|Last Snapshot: "
                     "Batch|#Written|#Took");
    for (size_t i = 0; rows != NULL && i < count; i++) {
        const wadi__state_facts *facts = &rows[i].facts;
        wadi__text_put(&page->text, "<tr>");
        wadi__page_cell(page, rows[i].name);
        wadi__page_cell_int(page, facts->keys);
        wadi__page_cell_bytes(page, facts->bytes);
        wadi__page_cell_int(page, facts->partition_count);
        wadi__page_cell_ms(page, rows[i].checkpoint_ms > 0 ? rows[i].checkpoint_ms : -1);
        put_snapshot(page, &facts->snapshot);
        wadi__text_put(&page->text, "</tr>\n");
    }
    wadi__page_table_end(page);
    if (count == 0) wadi__text_put(&page->text, "<p>No stream keeps anything.</p>\n");
    wadi__free(rows);
}
