/* SPDX-License-Identifier: Apache-2.0 */
/* pages_engine.c: jobs, stages with a drawing of their operators, cached datasets, settings,
 * executors. */
#include "base/conf.h"
#include "base/version.h"
#include "ui/pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Jobs ---- */

static void put_state(wadi__page *page, int64_t completion_ms, const char *failure) {
    wadi__text_put(&page->text, completion_ms < 0 ? "<td class=busy>running</td>"
                                : failure != NULL ? "<td class=bad>failed</td>"
                                                  : "<td class=good>succeeded</td>");
}
static void put_failure(wadi__page *page, const char *failure) {
    wadi__text_put(&page->text, "<td class=failure>");
    wadi__text_escape(&page->text, failure != NULL ? failure : "-");
    wadi__text_put(&page->text, "</td></tr>\n");
}
static void put_job(wadi__page *page, const wadi__job_row *row) {
    wadi__text *text = &page->text;
    wadi__text_printf(text, "<tr id=job-%" PRId64 "><td class=number>%" PRId64 "</td><td>", row->id,
                      row->id);
    if (row->batch_ms != 0 && row->output_id >= 0)
        wadi__text_printf(text,
                          "Streaming job from <a href=\"/streaming/batch/?id=%" PRId64
                          "\">[output operation %d, batch time %" PRId64 "]</a><br>",
                          row->batch_ms, row->output_id, row->batch_ms);
    wadi__text_escape(text, row->name);
    wadi__text_put(text, "</td><td>");
    wadi__page_time(page, row->submission_ms, 1);
    wadi__text_put(text, "</td>");
    wadi__page_cell_ms(page,
                       row->completion_ms >= 0 ? row->completion_ms - row->submission_ms : -1);
    wadi__text_put(text, "<td>");
    for (uint32_t i = 0; i < row->stage_count && i < WADI__STATUS_STAGES_OF_JOB_MAX; i++)
        wadi__text_printf(text, "<a href=\"/stages/stage/?id=%" PRId64 "\">%" PRId64 "</a> ",
                          row->stage_ids[i], row->stage_ids[i]);
    wadi__text_printf(text, "</td><td class=number>%u/%u%s</td>", row->tasks_done, row->task_count,
                      row->tasks_failed > 0 ? " <span class=bad>(some failed)</span>" : "");
    put_state(page, row->completion_ms, row->failure);
    put_failure(page, row->failure);
}
void wadi__page_jobs(wadi__page *page) {
    const wadi__engine_part *part = &page->site->store->engine;
    size_t count =
        (size_t)part->jobs_seen < part->jobs_max ? (size_t)part->jobs_seen : part->jobs_max;
    wadi__text_put(&page->text, "<h1>Jobs</h1>\n");
    wadi__text_printf(&page->text,
                      "<p>%" PRId64 " active, %" PRId64 " completed, %" PRId64 " failed</p>\n",
                      part->jobs_active, part->jobs_done, part->jobs_failed);
    wadi__page_links(page, count);
    wadi__page_table(
        page, "jobs-table",
        "#Job Id|Description|Submitted|#Duration|Stages|#Tasks: Succeeded/Total|Status|Error");
    wadi__page_part shown = wadi__page_part_of(page, count);
    for (size_t i = shown.first; i < shown.end; i++) {
        const wadi__job_row *row =
            wadi__status_job(page->site->store, part->jobs_seen - 1 - (int64_t)i);
        if (row != NULL) put_job(page, row);
    }
    wadi__page_table_end(page);
}

/* ---- Stages ---- */

static void put_stage(wadi__page *page, const wadi__stage_row *row) {
    wadi__text_printf(&page->text,
                      "<tr><td class=number><a id=stage-%" PRId64
                      " href=\"/stages/stage/?id=%" PRId64 "\">%" PRId64 "</a></td>",
                      row->id, row->id, row->id);
    wadi__page_cell(page, row->name);
    wadi__text_printf(
        &page->text, "<td class=number><a href=\"/jobs/#job-%" PRId64 "\">%" PRId64 "</a></td><td>",
        row->job_id, row->job_id);
    wadi__page_time(page, row->submission_ms, 1);
    wadi__text_put(&page->text, "</td>");
    wadi__page_cell_ms(page,
                       row->completion_ms >= 0 ? row->completion_ms - row->submission_ms : -1);
    wadi__page_cell_ms(page, row->run_ms);
    wadi__text_printf(&page->text, "<td class=number>%u", row->task_count);
    if (row->failed_task_count > 0)
        wadi__text_printf(&page->text, " <span class=bad>(%u failed)</span>",
                          row->failed_task_count);
    wadi__text_put(&page->text, "</td>");
    put_state(page, row->completion_ms, row->failure);
    put_failure(page, row->failure);
}
#define STAGE_HEADS "#Stage Id|Description|#Job|Submitted|#Duration|#Task Time|#Tasks|Status|Error"
void wadi__page_stages(wadi__page *page) {
    const wadi__engine_part *part = &page->site->store->engine;
    size_t count =
        (size_t)part->stages_seen < part->stages_max ? (size_t)part->stages_seen : part->stages_max;
    wadi__text_put(&page->text, "<h1>Stages</h1>\n");
    wadi__text_printf(&page->text,
                      "<p>%" PRId64 " active, %" PRId64 " completed, %" PRId64 " failed</p>\n",
                      part->stages_active, part->stages_done, part->stages_failed);
    wadi__page_links(page, count);
    wadi__page_table(page, "stages-table", STAGE_HEADS);
    wadi__page_part shown = wadi__page_part_of(page, count);
    for (size_t i = shown.first; i < shown.end; i++) {
        const wadi__stage_row *row =
            wadi__status_stage(page->site->store, part->stages_seen - 1 - (int64_t)i);
        if (row != NULL) put_stage(page, row);
    }
    wadi__page_table_end(page);
}

/* ---- The drawing: stages of a job one below another, operators side by side, what is read first
 * at the left ---- */

enum {
    BOX_WIDTH = 190,
    BOX_HEIGHT = 44,
    GAP_X = 46,
    GAP_Y = 18,
    HEAD = 26,
    LETTERS_MAX = 26,
    OPERATORS_MAX = 64
};

typedef struct drawn {
    uint64_t rdd_id;
    int x, y;
} drawn;
typedef struct drawing {
    wadi__text boxes, lines;
    drawn boxes_at[WADI__STATUS_STAGES_OF_JOB_MAX * OPERATORS_MAX];
    size_t count;
    int width, height;
} drawing;

static const drawn *drawn_of(const drawing *self, uint64_t rdd_id) {
    for (size_t i = self->count; i-- > 0;)
        if (self->boxes_at[i].rdd_id == rdd_id) return &self->boxes_at[i];
    return NULL;
}
static size_t place_of(const wadi__stage_row *row, uint64_t rdd_id) {
    size_t i = 0;
    while (i < row->operator_count && row->operators[i].rdd_id != rdd_id) i++;
    return i;
}
/* How many operators of the stage lie behind each: all are gone through until nothing grows. */
static void find_depths(const wadi__stage_row *row, size_t count, int *depths) {
    bool has_grown = true;
    for (size_t turn = 0; turn < count && has_grown; turn++) {
        has_grown = false;
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < row->operators[i].parent_count; k++) {
                size_t parent = place_of(row, row->operators[i].parents[k]);
                if (parent >= count || parent == i || depths[parent] < depths[i]) continue;
                if (depths[i] >= OPERATORS_MAX) continue;
                depths[i] = depths[parent] + 1;
                has_grown = true;
            }
    }
}
/* So many letters of a text. */
static void put_letters(wadi__text *text, const char *from, size_t whole) {
    char part[LETTERS_MAX * 4 + 4];
    size_t size = 0, letters = 0;
    for (bool is_good; size < whole && letters < LETTERS_MAX; letters++)
        size += wadi__utf8_step(from + size, whole - size, &is_good);
    memcpy(part, from, size);
    memcpy(part + size, size < whole ? ".." : "\0\0", 3);
    wadi__text_escape(text, part);
}
/* The operator, and below it its place in the program. */
static void draw_box(drawing *self, const wadi__operator_row *op, int x, int y) {
    wadi__text *text = &self->boxes;
    const char *place = strstr(op->name, " at ");
    size_t size = place != NULL ? (size_t)(place - op->name) : strlen(op->name);
    wadi__text_put(text, "<g><title>");
    wadi__text_escape(text, op->name);
    wadi__text_printf(text,
                      "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"%s/>"
                      "<text x=%d y=%d>",
                      x, y, BOX_WIDTH, BOX_HEIGHT, op->is_stored ? " class=\"stored\"" : "", x + 9,
                      y + (place != NULL ? 19 : 27));
    put_letters(text, op->name, size);
    if (place != NULL) {
        wadi__text_printf(text, "</text><text class=place x=%d y=%d>", x + 9, y + 36);
        put_letters(text, place + 4, strlen(place + 4));
    }
    wadi__text_put(text, "</text></g>\n");
}
static void draw_line(drawing *self, const drawn *from, int x, int y) {
    int from_x = from->x + BOX_WIDTH, from_y = from->y + BOX_HEIGHT / 2, to_y = y + BOX_HEIGHT / 2;
    int bend = from_x < x ? (x - from_x) / 2 : 30;
    wadi__text_printf(&self->lines,
                      "<path d=\"M%d %d C%d %d %d %d %d %d\" marker-end=\"url(#end)\"/>\n", from_x,
                      from_y, from_x + bend, from_y, x - bend, to_y, x, to_y);
}
/* Right of all that the stage reads of others. */
static int first_column(const drawing *self, const wadi__stage_row *row, size_t count) {
    int column = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < row->operators[i].parent_count; k++) {
            const drawn *from = drawn_of(self, row->operators[i].parents[k]);
            int right = from != NULL ? (from->x - 4) / (BOX_WIDTH + GAP_X) + 1 : 0;
            if (right > column) column = right;
        }
    return column;
}
static void draw_stage(drawing *self, const wadi__stage_row *row) {
    int rows_of[OPERATORS_MAX + 1] = {0}, depths[OPERATORS_MAX] = {0}, top = self->height + HEAD,
                                most = 0;
    size_t count = row->operator_count < OPERATORS_MAX ? row->operator_count : OPERATORS_MAX;
    find_depths(row, count, depths);
    int first = first_column(self, row, count);
    wadi__text_printf(&self->boxes, "<text x=%d y=%d>Stage %" PRId64 "</text>\n",
                      4 + first * (BOX_WIDTH + GAP_X), self->height + 18, row->id);
    for (size_t i = count; i-- > 0;) {
        const wadi__operator_row *op = &row->operators[i];
        int depth = depths[i] <= OPERATORS_MAX ? depths[i] : OPERATORS_MAX;
        int x = 4 + (first + depth) * (BOX_WIDTH + GAP_X),
            y = top + rows_of[depth]++ * (BOX_HEIGHT + GAP_Y);
        if (rows_of[depth] > most) most = rows_of[depth];
        if (x + BOX_WIDTH + 4 > self->width) self->width = x + BOX_WIDTH + 4;
        draw_box(self, op, x, y);
        if (self->count < sizeof self->boxes_at / sizeof self->boxes_at[0])
            self->boxes_at[self->count++] = (drawn){op->rdd_id, x, y};
    }
    self->height = top + most * (BOX_HEIGHT + GAP_Y);
    for (size_t i = 0; i < count; i++) {
        const drawn *to = drawn_of(self, row->operators[i].rdd_id);
        for (size_t k = 0; k < row->operators[i].parent_count && to != NULL; k++) {
            const drawn *from = drawn_of(self, row->operators[i].parents[k]);
            if (from != NULL && from != to) draw_line(self, from, to->x, to->y);
        }
    }
}
static void put_drawing(wadi__page *page, const wadi__job_row *job, const wadi__stage_row *only) {
    drawing *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) {
        page->text.failed = true;
        return;
    }
    uint32_t count = job == NULL ? 0 : job->stage_count;
    if (count > WADI__STATUS_STAGES_OF_JOB_MAX) count = WADI__STATUS_STAGES_OF_JOB_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const wadi__stage_row *row = wadi__status_stage(page->site->store, job->stage_ids[i]);
        if (row != NULL) draw_stage(self, row);
    }
    if (self->count == 0) draw_stage(self, only);
    wadi__text_printf(
        &page->text,
        "<div class=scroll><svg class=graph role=img aria-label=\"Operators and stages of the "
        "job\" "
        "width=%d height=%d viewBox=\"0 0 %d %d\"><defs><marker id=end viewBox=\"0 0 8 8\" refX=8 "
        "refY=4 "
        "markerWidth=8 markerHeight=8 orient=auto><path d=\"M0 0 L8 4 L0 8\"/></marker></defs>\n",
        self->width, self->height, self->width, self->height);
    wadi__text_add(&page->text, self->lines.bytes, self->lines.size);
    wadi__text_add(&page->text, self->boxes.bytes, self->boxes.size);
    wadi__text_put(&page->text, "</svg></div>\n");
    page->text.failed |= self->lines.failed || self->boxes.failed;
    wadi__text_fini(&self->lines);
    wadi__text_fini(&self->boxes);
    wadi__free(self);
}
static void put_task(wadi__page *page, const wadi__task_row *row) {
    wadi__text_printf(&page->text, "<tr><td class=number>%u</td><td class=number>%u</td>",
                      row->index, row->partition_index);
    wadi__page_cell_int(page, row->attempt);
    put_state(page, 0, row->failure);
    wadi__text_put(&page->text, "<td>");
    wadi__page_time(page, row->start_ms, 1);
    wadi__text_put(&page->text, "</td>");
    wadi__page_cell_ms(page, row->run_ms);
    wadi__page_cell_int(page, row->records_in);
    wadi__page_cell_int(page, row->records_out);
    put_failure(page, row->failure);
}
/* The newest first. */
static void put_tasks(wadi__page *page, const wadi__stage_row *stage) {
    char query[40];
    size_t count = stage->tasks.count;
    wadi__text_printf(&page->text, "<h2>Tasks</h2>\n<p>%u of %u have succeeded%s</p>\n",
                      stage->tasks_done, stage->task_count,
                      stage->has_lost_tasks ? "; not all are kept" : "");
    snprintf(query, sizeof query, "id=%" PRId64 "&amp;", stage->id);
    wadi__page_links_of(page, count, query);
    wadi__page_table(page, "tasks-table",
                     "#Index|#Partition|#Attempt|Status|Start|#Duration|#Records In|#Records "
                     "Out|Error");
    wadi__page_part shown = wadi__page_part_of(page, count);
    for (size_t i = shown.first; i < shown.end; i++)
        put_task(page, &stage->tasks.items[count - 1 - i]);
    wadi__page_table_end(page);
}
void wadi__page_stage(wadi__page *page) {
    int64_t id = wadi__page_number(page, "id", -1);
    const wadi__stage_row *row = id >= 0 ? wadi__status_stage(page->site->store, id) : NULL;
    if (row == NULL) {
        page->status = id < 0 ? 400 : 404;
        if (id < 0)
            wadi__text_put(&page->text, "<h1>Stage</h1><p>Missing id parameter</p>");
        else
            wadi__text_printf(&page->text, "<h1>Stage</h1><p>Stage %" PRId64 " does not exist</p>",
                              id);
        return;
    }
    wadi__text_printf(&page->text, "<h1>Stage %" PRId64 "</h1>\n", row->id);
    wadi__page_table(page, "stage-table", STAGE_HEADS);
    put_stage(page, row);
    wadi__page_table_end(page);
    wadi__text_printf(&page->text, "<h2>Operators and stages of job %" PRId64 "</h2>\n",
                      row->job_id);
    put_drawing(page, wadi__status_job(page->site->store, row->job_id), row);
    put_tasks(page, row);
}

/* ---- Cached datasets, settings, executors ---- */

void wadi__page_storage(wadi__page *page) {
    const wadi__engine_part *part = &page->site->store->engine;
    wadi__text_put(&page->text, "<h1>Storage</h1>\n");
    wadi__page_table(page, "storage-by-rdd-table",
                     "#ID|RDD Name|#Cached Partitions|#Size in Memory|#Size on Disk");
    wadi__page_part shown = wadi__page_part_of(page, part->stored.count);
    for (size_t i = shown.first; i < shown.end; i++) {
        const wadi__stored_row *row = &part->stored.items[part->stored.count - 1 - i];
        wadi__text_put(&page->text, "<tr>");
        wadi__page_cell_int(page, (int64_t)row->rdd_id);
        wadi__page_cell(page, row->name);
        wadi__text_printf(&page->text, "<td class=number>%u/%u</td>", row->stored_count,
                          row->partition_count);
        wadi__page_cell_bytes(page, row->memory_bytes);
        wadi__page_cell_bytes(page, row->disk_bytes);
        wadi__text_put(&page->text, "</tr>\n");
    }
    wadi__page_table_end(page);
    if (part->stored.count == 0) wadi__text_put(&page->text, "<p>Nothing is cached.</p>\n");
    wadi__page_links(page, part->stored.count);
}
static void put_setting(const char *name, const char *value, wadi__conf_origin origin,
                        const char *place, void *arg) {
    wadi__page *page = arg;
    if (value == NULL) return;
    wadi__text_put(&page->text, "<tr>");
    wadi__page_cell(page, name);
    wadi__page_cell(
        page, wadi__conf_is_secret(page->site->conf, name, value) ? "*********(redacted)" : value);
    wadi__page_cell(page, wadi__conf_origin_name(origin));
    wadi__page_cell(page, place);
    wadi__text_put(&page->text, "</tr>\n");
}
void wadi__page_environment(wadi__page *page) {
    wadi__text_put(&page->text, "<h1>Environment</h1>\n<dl><dt>Wadi</dt><dd>" WADI__VERSION
                                "</dd><dt>Application</dt><dd>");
    wadi__text_escape(&page->text, page->site->store->app_id);
    wadi__text_put(&page->text, "</dd><dt>Compiler</dt><dd>" __VERSION__ "</dd></dl>\n");
    wadi__page_table(page, "settings-table", "Name|Value|From|Place");
    if (page->site->conf != NULL) wadi__conf_each(page->site->conf, put_setting, page);
    wadi__page_table_end(page);
}
void wadi__page_executors(wadi__page *page) {
    const wadi__engine_part *part = &page->site->store->engine;
    wadi__memory_facts memory = {0};
    if (page->site->memory != NULL) page->site->memory(page->site->arg, &memory);
    wadi__text_put(&page->text, "<h1>Executors</h1>\n");
    wadi__page_table(page, "executors-table",
                     "Executor ID|Host|#Cores|#Completed Tasks|#Failed Tasks|#Task Time|#Memory "
                     "Used|#Memory Bound|#On Disk");
    wadi__text_put(&page->text, "<tr><td>driver</td><td>localhost</td>");
    wadi__page_cell_int(page, part->slots);
    wadi__page_cell_int(page, part->tasks_done);
    wadi__page_cell_int(page, part->tasks_failed);
    wadi__page_cell_ms(page, part->run_ms);
    wadi__page_cell_bytes(page, memory.used_bytes);
    wadi__page_cell_bytes(page, memory.max_bytes);
    wadi__page_cell_bytes(page, memory.spilled_bytes);
    wadi__text_put(&page->text, "</tr>\n");
    wadi__page_table_end(page);
}
