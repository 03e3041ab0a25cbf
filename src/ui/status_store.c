/* SPDX-License-Identifier: Apache-2.0 */
/* status_store.c: batches, receivers and their counters, as listeners hear of them. */
#include "ui/status_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Rows ---- */

const char *wadi__row_status(const wadi__batch_row *row) {
    if (row->end_ms >= 0) return "COMPLETED";
    return row->start_ms >= 0 ? "PROCESSING" : "QUEUED";
}
wadi__output_counts wadi__row_outputs(const wadi__batch_row *row) {
    wadi__output_counts counts = {.total = (int64_t)row->output_count};
    for (size_t i = 0; i < row->output_count; i++) {
        const wadi__row_output *output = &row->outputs[i];
        if (output->failure != NULL)
            counts.failed++;
        else if (output->end_ms >= 0)
            counts.completed++;
        else if (output->start_ms >= 0)
            counts.active++;
        if (counts.first_failure == NULL) counts.first_failure = output->failure;
    }
    return counts;
}
static void row_free(wadi__batch_row *row) {
    if (row == NULL) return;
    for (size_t i = 0; i < row->input_count; i++) wadi__free(row->inputs[i].description);
    for (size_t i = 0; i < row->output_count; i++) wadi__free(row->outputs[i].failure);
    wadi__free(row);
}
/* A copy of text that may be long. NULL: there is none, or no memory. */
static char *some_text(wadi__status_store *store, const char *text) {
    if (text == NULL) return NULL;
    char *copy = wadi__memdup(text, strnlen(text, WADI__STATUS_TEXT_MAX));
    if (copy == NULL) store->lost++;
    return copy;
}
/* NULL: no memory. holds lock */
static wadi__batch_row *row_new(wadi__status_store *store, const wadi_batch_info *info) {
    size_t inputs = info->input_count * sizeof(wadi__row_input);
    size_t outputs = info->output_count * sizeof(wadi__row_output);
    wadi__batch_row *row = wadi__calloc(1, sizeof *row + inputs + outputs);
    if (row == NULL) {
        store->lost++;
        return NULL;
    }
    row->batch_ms = info->batch_ms;
    row->submission_ms = info->submission_ms;
    row->start_ms = info->processing_start_ms;
    row->end_ms = info->processing_end_ms;
    row->record_count = info->record_count;
    row->input_count = info->input_count;
    row->output_count = info->output_count;
    row->inputs = (wadi__row_input *)(row + 1);
    row->outputs = (wadi__row_output *)(row->inputs + info->input_count);
    for (size_t i = 0; i < info->input_count; i++)
        row->inputs[i] = (wadi__row_input){info->inputs[i].stream_id, info->inputs[i].record_count,
                                           some_text(store, info->inputs[i].description)};
    for (size_t i = 0; i < info->output_count; i++)
        row->outputs[i] = (wadi__row_output){info->outputs[i].id, info->outputs[i].start_ms,
                                             info->outputs[i].end_ms,
                                             some_text(store, info->outputs[i].failure_reason)};
    return row;
}

/* ---- The store ---- */

bool wadi__status_init(wadi__status_store *store, const char *app_name, int64_t start_ms) {
    *store =
        (wadi__status_store){.start_ms = start_ms,
                             .engine = {.jobs_max = 1000, .stages_max = 1000, .tasks_max = 100000}};
    pthread_mutex_init(&store->lock, NULL);
    store->app_name = wadi__strdup(app_name);
    store->app_id = wadi__format("local-%" PRId64, start_ms);
    if (store->app_name != NULL && store->app_id != NULL) return true;
    wadi__status_fini(store);
    return false;
}
static void stream_fini(wadi__stream_part *self) {
    for (size_t i = 0; i < self->active.count; i++) row_free(self->active.items[i]);
    for (size_t i = 0; i < self->done.count; i++) row_free(self->done.items[i]);
    row_free(self->last_received);
    for (size_t i = 0; i < self->outputs.count; i++) {
        wadi__free(self->outputs.items[i].name);
        wadi__free(self->outputs.items[i].description);
    }
    for (size_t i = 0; i < self->inputs.count; i++) {
        wadi__input_row *input = &self->inputs.items[i];
        wadi__free(input->name);
        wadi__free(input->host);
        wadi__free(input->executor_id);
        wadi__free(input->last_error_message);
        wadi__free(input->last_error);
    }
    for (size_t i = 0; i < self->jobs.count; i++) wadi__vec_fini(&self->jobs.items[i].jobs);
    wadi__vec_fini(&self->active);
    wadi__vec_fini(&self->done);
    wadi__vec_fini(&self->outputs);
    wadi__vec_fini(&self->inputs);
    wadi__vec_fini(&self->jobs);
    *self = (wadi__stream_part){0};
}
void wadi__status_fini(wadi__status_store *store) {
    stream_fini(&store->stream);
    wadi__engine_part_fini(&store->engine);
    wadi__vec_fini(&store->states);
    wadi__free(store->app_name);
    wadi__free(store->app_id);
    pthread_mutex_destroy(&store->lock);
}
void wadi__status_lock(wadi__status_store *store) { pthread_mutex_lock(&store->lock); }
void wadi__status_unlock(wadi__status_store *store) { pthread_mutex_unlock(&store->lock); }
static void changed(wadi__status_store *store) {
    atomic_fetch_add_explicit(&store->changes, 1, memory_order_relaxed);
}

/* ---- The program ---- */

void wadi__status_stream_begins(wadi__status_store *store, int64_t batch_ms, size_t retained_max) {
    wadi__status_lock(store);
    stream_fini(&store->stream);
    store->stream = (wadi__stream_part){
        .is_there = true, .start_ms = -1, .batch_ms = batch_ms, .retained_max = retained_max};
    wadi__status_unlock(store);
}
void wadi__status_stream_ends(wadi__status_store *store) {
    wadi__status_lock(store);
    stream_fini(&store->stream);
    wadi__status_unlock(store);
    changed(store);
}
static wadi__input_row *input_of(wadi__status_store *store, int stream_id) {
    for (size_t i = 0; i < store->stream.inputs.count; i++)
        if (store->stream.inputs.items[i].stream_id == stream_id)
            return &store->stream.inputs.items[i];
    return NULL;
}
static wadi__input_row *make_input(wadi__status_store *store, int stream_id, const char *name) {
    wadi__input_row *input = input_of(store, stream_id);
    if (input != NULL || store->stream.inputs.count >= WADI__STATUS_OUTPUTS_MAX) return input;
    char *copy = name != NULL ? wadi__strdup(name) : wadi__format("Stream-%d", stream_id);
    wadi__input_row made = {.stream_id = stream_id, .name = copy, .last_error_ms = -1};
    if (copy == NULL || !wadi__vec_push(&store->stream.inputs, made)) {
        wadi__free(copy);
        store->lost++;
        return NULL;
    }
    return &store->stream.inputs.items[store->stream.inputs.count - 1];
}
void wadi__status_add_input(wadi__status_store *store, int stream_id, const char *name) {
    wadi__status_lock(store);
    make_input(store, stream_id, name);
    wadi__status_unlock(store);
}

/* ---- Listening: the program ---- */

static void on_started(int64_t time_ms, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    store->stream.start_ms = time_ms;
    wadi__status_unlock(store);
    changed(store);
}
static void replace(wadi__status_store *store, char **at, const char *text) {
    wadi__free(*at);
    *at = some_text(store, text);
}
static void on_receiver(const wadi_receiver_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    wadi__input_row *input = make_input(store, info->stream_id, info->name);
    if (input != NULL) {
        input->has_receiver = true;
        input->is_active = info->active;
        replace(store, &input->name, info->name);
        replace(store, &input->host, info->host);
        replace(store, &input->executor_id, info->executor_id);
        replace(store, &input->last_error_message, info->last_error_message);
        replace(store, &input->last_error, info->last_error);
        input->last_error_ms = info->last_error_ms;
    }
    wadi__status_unlock(store);
    changed(store);
}

/* ---- Listening: batches ---- */

static void name_output(wadi__status_store *store, const wadi_output_info *info) {
    wadi__stream_part *self = &store->stream;
    if (info->id < 0 || info->id >= WADI__STATUS_OUTPUTS_MAX) return;
    while (self->outputs.count <= (size_t)info->id)
        if (!wadi__vec_push(&self->outputs, (wadi__output_name){NULL, NULL})) return;
    wadi__output_name *output = &self->outputs.items[info->id];
    if (output->name == NULL) output->name = some_text(store, info->name);
    if (output->description == NULL) output->description = some_text(store, info->description);
}
static wadi__batch_row **active_of(wadi__stream_part *self, int64_t batch_ms) {
    for (size_t i = 0; i < self->active.count; i++)
        if (self->active.items[i]->batch_ms == batch_ms) return &self->active.items[i];
    return NULL;
}
static void take_out(wadi__stream_part *self, wadi__batch_row **at) {
    size_t i = (size_t)(at - self->active.items);
    memmove(at, at + 1, (self->active.count - i - 1) * sizeof *at);
    self->active.count--;
}
static wadi__batch_row **done_at(wadi__stream_part *self, size_t i) {
    return &self->done.items[(self->done_first + i) % self->done.count];
}
/* The newest place has a batch that may be older than those before: several run at once. */
static void sort_last(wadi__stream_part *self) {
    for (size_t i = self->done.count - 1; i > 0; i--) {
        wadi__batch_row **at = done_at(self, i), **before = done_at(self, i - 1), *row = *at;
        if ((*before)->batch_ms <= row->batch_ms) return;
        *at = *before;
        *before = row;
    }
}
/* Takes the row over. */
static void keep_done(wadi__status_store *store, wadi__batch_row *row) {
    wadi__stream_part *self = &store->stream;
    if (self->retained_max == 0) {
        row_free(row);
    } else if (self->done.count < self->retained_max) {
        if (wadi__vec_push(&self->done, row)) {
            sort_last(self);
        } else {
            store->lost++;
            row_free(row);
        }
    } else {
        row_free(self->done.items[self->done_first]);
        self->done.items[self->done_first] = row;
        self->done_first = (self->done_first + 1) % self->done.count;
        sort_last(self);
    }
}
/* A batch as it is now. holds lock */
static void update(wadi__status_store *store, const wadi_batch_info *info) {
    wadi__stream_part *self = &store->stream;
    for (size_t i = 0; i < info->output_count; i++) name_output(store, &info->outputs[i]);
    wadi__batch_row **at = active_of(self, info->batch_ms), *row = row_new(store, info);
    if (at != NULL && (row == NULL || row->end_ms >= 0)) {
        row_free(*at);
        take_out(self, at);
    } else if (at != NULL) {
        row_free(*at);
        *at = row;
        return;
    }
    if (row != NULL && row->end_ms >= 0) {
        keep_done(store, row);
    } else if (row != NULL && !wadi__vec_push(&self->active, row)) {
        store->lost++;
        row_free(row);
    }
}
static void on_submitted(const wadi_batch_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    update(store, info);
    wadi__status_unlock(store);
    changed(store);
}
static void on_batch_started(const wadi_batch_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    update(store, info);
    store->stream.received_total += info->record_count;
    wadi__batch_row *copy = row_new(store, info);
    if (copy != NULL) {
        row_free(store->stream.last_received);
        store->stream.last_received = copy;
    }
    wadi__status_unlock(store);
    changed(store);
}
static void on_completed(const wadi_batch_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    update(store, info);
    store->stream.completed_total++;
    store->stream.processed_total += info->record_count;
    wadi__status_unlock(store);
    changed(store);
}
static void on_output(const wadi_output_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    name_output(store, info);
    wadi__batch_row **at = active_of(&store->stream, info->batch_ms);
    for (size_t i = 0; at != NULL && i < (*at)->output_count; i++) {
        wadi__row_output *output = &(*at)->outputs[i];
        if (output->id != info->id) continue;
        output->start_ms = info->start_ms;
        output->end_ms = info->end_ms;
        replace(store, &output->failure, info->failure_reason);
    }
    wadi__status_unlock(store);
}
wadi_listener wadi__status_listener(wadi__status_store *store) {
    return (wadi_listener){
        .size = sizeof(wadi_listener),
        .on_streaming_started = on_started,
        .on_receiver_started = on_receiver,
        .on_receiver_error = on_receiver,
        .on_receiver_stopped = on_receiver,
        .on_batch_submitted = on_submitted,
        .on_batch_started = on_batch_started,
        .on_batch_completed = on_completed,
        .on_output_started = on_output,
        .on_output_completed = on_output,
        .user = store,
    };
}

/* ---- Jobs of batches ---- */

static wadi__batch_jobs *jobs_at(const wadi__stream_part *self, size_t newest_first) {
    size_t i = self->jobs.count - 1 - newest_first;
    return &self->jobs.items[(self->jobs_first + i) % self->jobs.count];
}
const wadi__batch_jobs *wadi__status_jobs_of(const wadi__status_store *store, int64_t batch_ms) {
    for (size_t i = 0; i < store->stream.jobs.count; i++) {
        const wadi__batch_jobs *each = jobs_at(&store->stream, i);
        if (each->batch_ms == batch_ms) return each;
    }
    return NULL;
}
/* A place for a batch that has none yet; the oldest one goes when there are many. NULL: no memory.
 */
static wadi__batch_jobs *new_jobs(wadi__stream_part *self, int64_t batch_ms) {
    size_t most = self->retained_max + self->active.count + 10;
    wadi__batch_jobs made = {.batch_ms = batch_ms};
    if (self->jobs.count < most && self->jobs_first == 0) {
        if (!wadi__vec_push(&self->jobs, made)) return NULL;
        return &self->jobs.items[self->jobs.count - 1];
    }
    wadi__batch_jobs *oldest = &self->jobs.items[self->jobs_first];
    self->jobs_first = (self->jobs_first + 1) % self->jobs.count;
    made.jobs = oldest->jobs; /* their room is of use again */
    made.jobs.count = 0;
    *oldest = made;
    return oldest;
}
void wadi__status_batch_job(wadi__status_store *store, int64_t batch_ms, int output_id,
                            int64_t job_id) {
    wadi__status_lock(store);
    if (store->stream.is_there) {
        wadi__batch_jobs *of = (wadi__batch_jobs *)(uintptr_t)wadi__status_jobs_of(store, batch_ms);
        if (of == NULL) of = new_jobs(&store->stream, batch_ms);
        struct wadi__output_job job = {output_id, job_id};
        if (of != NULL && of->jobs.count >= WADI__STATUS_JOBS_OF_BATCH_MAX) of = NULL;
        if (of == NULL || !wadi__vec_push(&of->jobs, job)) store->lost++;
    }
    wadi__status_unlock(store);
}

/* ---- Reading ---- */

const wadi__batch_row *wadi__status_done(const wadi__status_store *store, size_t i) {
    const wadi__stream_part *self = &store->stream;
    return self->done.items[(self->done_first + i) % self->done.count];
}
const wadi__batch_row *wadi__status_newest(const wadi__status_store *store, size_t i) {
    const wadi__stream_part *self = &store->stream;
    if (i < self->active.count) return self->active.items[self->active.count - 1 - i];
    i -= self->active.count;
    return i < self->done.count ? wadi__status_done(store, self->done.count - 1 - i) : NULL;
}
const wadi__batch_row *wadi__status_batch(const wadi__status_store *store, int64_t batch_ms) {
    const wadi__batch_row *row;
    for (size_t i = 0; (row = wadi__status_newest(store, i)) != NULL; i++)
        if (row->batch_ms == batch_ms) return row;
    return NULL;
}
bool wadi__status_list(const wadi__status_store *store, wadi__batch_rows *rows) {
    const wadi__batch_row *row;
    *rows = (wadi__batch_rows){0};
    for (size_t i = 0; (row = wadi__status_newest(store, i)) != NULL; i++) {
        if (!wadi__vec_push(rows, (wadi__batch_row *)(uintptr_t)row)) return false;
        for (size_t at = i; at > 0 && rows->items[at - 1]->batch_ms < row->batch_ms; at--) {
            rows->items[at] = rows->items[at - 1];
            rows->items[at - 1] = (wadi__batch_row *)(uintptr_t)row;
        }
    }
    return true;
}
size_t wadi__status_running(const wadi__status_store *store) {
    size_t running = 0;
    for (size_t i = 0; i < store->stream.active.count; i++)
        running += store->stream.active.items[i]->start_ms >= 0;
    return running;
}
size_t wadi__status_waiting(const wadi__status_store *store) {
    return store->stream.active.count - wadi__status_running(store);
}
static double per_second(const wadi__status_store *store, int64_t records) {
    return (double)records * 1000.0 / (double)store->stream.batch_ms;
}
double wadi__status_rate(const wadi__status_store *store, const wadi__batch_row *row) {
    return per_second(store, row->record_count);
}
double wadi__status_input_rate(const wadi__status_store *store, const wadi__batch_row *row,
                               int stream_id) {
    for (size_t i = 0; i < row->input_count; i++)
        if (row->inputs[i].stream_id == stream_id)
            return per_second(store, row->inputs[i].record_count);
    return 0;
}
typedef struct mean {
    int64_t sum, count;
} mean;
static void add_to(mean *self, int64_t value) {
    if (value < 0) return;
    self->sum += value;
    self->count++;
}
static int64_t mean_of(mean self) { return self.count > 0 ? self.sum / self.count : -1; }
wadi__averages wadi__status_averages(const wadi__status_store *store) {
    mean waited = {0}, took = {0}, total = {0};
    double rates = 0;
    const wadi__batch_row *row;
    size_t count = 0;
    for (; (row = wadi__status_newest(store, count)) != NULL; count++) {
        rates += wadi__status_rate(store, row);
        add_to(&waited, wadi__row_scheduling_delay(row));
        add_to(&took, wadi__row_processing_delay(row));
        add_to(&total, wadi__row_total_delay(row));
    }
    return (wadi__averages){.input_rate = count > 0 ? rates / (double)count : 0,
                            .scheduling_delay = mean_of(waited),
                            .processing_time = mean_of(took),
                            .total_delay = mean_of(total),
                            .batch_count = count};
}
