/* SPDX-License-Identifier: Apache-2.0 */
/* collecting_sink.c: records of batches, kept with the blocks that they came in. */
#include "testing/collecting_sink.h"

#include "data/print.h"
#include "rdd/action/job.h"
#include "stream/output.h"
#include "stream/stream_context.h"
#include "testing/must.h"

#include <inttypes.h>

typedef struct run {
    wadi__collected seen;
    size_t *starts;
    char *rows;
    wadi__block **blocks; /* of the partitions: they keep what the rows point at */
} run;

struct wadi__collector {
    const wadi__type *type;
    pthread_mutex_t lock; /* for programs with several job threads */
    run **runs;
    size_t count;
};

typedef struct collecting {
    wadi__collector *collector;
} collecting;

static void run_free(run *self) {
    for (uint32_t i = 0; i < self->seen.partition_count; i++) wadi__block_unref(self->blocks[i]);
    free(self->blocks);
    free(self->starts);
    free(self->rows);
    free(self);
}

/* ---- Collecting: job thread ---- */

static bool take_block(uint32_t partition, wadi__task_result *result, void *arg) {
    run *self = arg;
    if (result->rows == NULL) return true;
    wadi__block_ref(result->rows);
    self->blocks[partition] = result->rows;
    return true;
}
/* Puts the records of all partitions side by side. */
static void join_rows(run *self, size_t size) {
    self->starts = wadi__must_calloc(self->seen.partition_count + 1, sizeof *self->starts);
    size_t total = 0;
    for (uint32_t i = 0; i < self->seen.partition_count; i++) {
        if (self->blocks[i] != NULL) total += (size_t)self->blocks[i]->row_count;
        self->starts[i + 1] = total;
    }
    self->rows = wadi__must_calloc(total, size);
    char *to = self->rows;
    for (uint32_t i = 0; i < self->seen.partition_count; i++)
        for (size_t c = 0; self->blocks[i] != NULL && c < self->blocks[i]->chunks.count; c++) {
            const wadi__chunk *chunk = self->blocks[i]->chunks.items[c];
            memcpy(to, chunk->rows, chunk->count * size);
            to += chunk->count * size;
        }
    self->seen.starts = self->starts;
    self->seen.rows = self->rows;
    self->seen.row_count = total;
}
static void collect_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    wadi__collector *collector = ((const collecting *)output->state)->collector;
    run *self = wadi__must_calloc(1, sizeof *self);
    self->seen.time_ms = batch_ms;
    self->seen.partition_count = rdd->partition_count;
    self->blocks = wadi__must_calloc(rdd->partition_count, sizeof *self->blocks);
    wadi__action action = {.kind = WADI__ACTION_COLLECT};
    if (!wadi__job_run(rdd, &action, take_block, self)) {
        run_free(self);
        return;
    }
    join_rows(self, rdd->type->pub.size);
    pthread_mutex_lock(&collector->lock);
    collector->runs =
        wadi__must_realloc(collector->runs, (collector->count + 1) * sizeof *collector->runs);
    collector->runs[collector->count++] = self;
    pthread_mutex_unlock(&collector->lock);
}
static const wadi__output_ops collect_ops = {.name = "collect", .run = collect_run};

wadi__collector *wadi__collector_new(wadi_dstream *stream) {
    wadi__collector *self = wadi__must_calloc(1, sizeof *self);
    self->type = stream->type;
    pthread_mutex_init(&self->lock, NULL);
    static const wadi_where nowhere = {NULL, 0};
    wadi__output_op *output = wadi__output_new(stream, &collect_ops, sizeof(collecting), &nowhere);
    if (output != NULL) ((collecting *)output->state)->collector = self;
    return self;
}
void wadi__collector_free(wadi__collector *self) {
    if (self == NULL) return;
    for (size_t i = 0; i < self->count; i++) run_free(self->runs[i]);
    free(self->runs);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
const wadi__collected *wadi__collector_run(const wadi__collector *self, size_t i) {
    return i < self->count ? &self->runs[i]->seen : NULL;
}

/* ---- As text ---- */

static void add(wadi__text *text, const char *s) { wadi__text_add(text, s, strlen(s)); }

static char *text_of(const wadi__type *type, const void *row) {
    wadi__text text = {0};
    wadi__print_value(&text, type, row);
    wadi__text_add(&text, "", 1);
    char *copy = wadi__must_strdup(text.failed ? "?" : text.bytes);
    wadi__text_fini(&text);
    return copy;
}
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static void add_run(wadi__text *text, const wadi__collector *self, const wadi__collected *seen,
                    wadi__collector_form form) {
    char **rows = wadi__must_calloc(seen->row_count, sizeof *rows);
    for (size_t i = 0; i < seen->row_count; i++)
        rows[i] = text_of(self->type, (const char *)seen->rows + i * self->type->pub.size);
    if (form == WADI__COLLECTED_SORTED) qsort(rows, seen->row_count, sizeof *rows, by_text);
    if (seen->partition_count == 0) add(text, " none");
    for (uint32_t p = 0; p < seen->partition_count; p++) {
        if (p > 0 && form == WADI__COLLECTED_PARTITIONS) add(text, " |");
        for (size_t i = seen->starts[p]; i < seen->starts[p + 1]; i++) {
            add(text, " ");
            add(text, rows[i]);
            free(rows[i]);
        }
    }
    free(rows);
}
char *wadi__collector_text(const wadi__collector *self, wadi__collector_form form) {
    wadi__text text = {0};
    for (size_t i = 0; i < self->count; i++) {
        char time[40];
        const wadi__collected *seen = &self->runs[i]->seen;
        snprintf(time, sizeof time, "%s%" PRId64 ":", i > 0 ? "; " : "", seen->time_ms);
        add(&text, time);
        add_run(&text, self, seen, form);
    }
    wadi__text_add(&text, "", 1);
    char *copy = wadi__must_strdup(text.bytes);
    wadi__text_fini(&text);
    return copy;
}
