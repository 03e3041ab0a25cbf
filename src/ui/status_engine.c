/* SPDX-License-Identifier: Apache-2.0 */
/* status_engine.c: jobs and stages in rings by their ids, as an engine listener hears of them. */
#include "ui/status_engine.h"

#include "ui/status_store.h"

#include <string.h>

/* ---- Rows ---- */

static void job_free(wadi__job_row *row) {
    if (row != NULL) wadi__free(row->failure);
    wadi__free(row);
}
static void drop_tasks(wadi__engine_part *part, wadi__stage_row *row) {
    for (size_t i = 0; i < row->tasks.count; i++) wadi__free(row->tasks.items[i].failure);
    part->task_count -= row->tasks.count;
    row->has_lost_tasks |= row->tasks.count > 0;
    wadi__vec_fini(&row->tasks);
}
static void stage_free(wadi__engine_part *part, wadi__stage_row *row) {
    if (row == NULL) return;
    drop_tasks(part, row);
    wadi__free(row->failure);
    wadi__free(row);
}
static void stored_fini(wadi__stored_row *row) {
    wadi__free(row->name);
    wadi__vec_fini(&row->places);
}
void wadi__engine_part_fini(wadi__engine_part *part) {
    for (size_t i = 0; part->jobs != NULL && i < part->jobs_max; i++) job_free(part->jobs[i]);
    for (size_t i = 0; part->stages != NULL && i < part->stages_max; i++)
        stage_free(part, part->stages[i]);
    for (size_t i = 0; i < part->stored.count; i++) stored_fini(&part->stored.items[i]);
    wadi__free(part->jobs);
    wadi__free(part->stages);
    wadi__vec_fini(&part->stored);
}
static wadi__job_row *job_of(const wadi__engine_part *part, int64_t id) {
    if (part->jobs == NULL || id < 0) return NULL;
    wadi__job_row *row = part->jobs[(size_t)id % part->jobs_max];
    return row != NULL && row->id == id ? row : NULL;
}
static wadi__stage_row *stage_of(const wadi__engine_part *part, int64_t id) {
    if (part->stages == NULL || id < 0) return NULL;
    wadi__stage_row *row = part->stages[(size_t)id % part->stages_max];
    return row != NULL && row->id == id ? row : NULL;
}
const wadi__job_row *wadi__status_job(const wadi__status_store *store, int64_t id) {
    return job_of(&store->engine, id);
}
const wadi__stage_row *wadi__status_stage(const wadi__status_store *store, int64_t id) {
    return stage_of(&store->engine, id);
}
static char *some_text(wadi__status_store *store, const char *text) {
    if (text == NULL) return NULL;
    char *copy = wadi__memdup(text, strnlen(text, WADI__STATUS_TEXT_MAX));
    if (copy == NULL) store->lost++;
    return copy;
}
/* The stage's name and operators behind the row. NULL: no memory. */
static wadi__stage_row *stage_new(const wadi_stage_info *info) {
    size_t parents = 0, text = strlen(info->name) + 1;
    for (size_t i = 0; i < info->operator_count; i++) {
        parents += info->operators[i].parent_count;
        text += strlen(info->operators[i].name) + 1;
    }
    wadi__stage_row *row =
        wadi__calloc(1, sizeof *row + info->operator_count * sizeof(wadi__operator_row) +
                            parents * sizeof(uint64_t) + text);
    if (row == NULL) return NULL;
    row->operators = (wadi__operator_row *)(row + 1);
    uint64_t *parent = (uint64_t *)(row->operators + info->operator_count);
    char *at = (char *)(parent + parents);
    row->name = at;
    at = stpcpy(at, info->name) + 1;
    row->operator_count = info->operator_count;
    for (size_t i = 0; i < info->operator_count; i++) {
        const wadi_operator_info *from = &info->operators[i];
        row->operators[i] =
            (wadi__operator_row){from->rdd_id, at, from->is_stored, from->parent_count, parent};
        at = stpcpy(at, from->name) + 1;
        for (size_t k = 0; k < from->parent_count; k++) *parent++ = from->parents[k];
    }
    return row;
}

/* ---- Listening ---- */

static void on_job_started(const wadi_job_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__engine_part *part = &store->engine;
    size_t name_size = strlen(info->name) + 1;
    wadi__status_lock(store);
    if (part->jobs == NULL) part->jobs = wadi__calloc(part->jobs_max, sizeof(wadi__job_row *));
    wadi__job_row *row = part->jobs != NULL ? wadi__calloc(1, sizeof *row + name_size) : NULL;
    part->jobs_active++;
    if (info->id >= part->jobs_seen) part->jobs_seen = info->id + 1;
    if (row != NULL) {
        row->id = info->id;
        row->batch_ms = info->batch_ms;
        row->output_id = info->output_id;
        row->submission_ms = info->submission_ms;
        row->completion_ms = -1;
        memcpy(row->name, info->name, name_size);
        wadi__job_row **at = &part->jobs[(size_t)info->id % part->jobs_max];
        job_free(*at);
        *at = row;
    } else {
        store->lost++;
    }
    wadi__status_unlock(store);
    if (info->batch_ms != 0 && info->output_id >= 0)
        wadi__status_batch_job(store, info->batch_ms, info->output_id, info->id);
}
static void on_job_ended(const wadi_job_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__engine_part *part = &store->engine;
    wadi__status_lock(store);
    wadi__job_row *row = job_of(part, info->id);
    part->jobs_active--;
    if (info->failure_reason != NULL)
        part->jobs_failed++;
    else
        part->jobs_done++;
    if (row != NULL) {
        row->completion_ms = info->completion_ms;
        row->failure = some_text(store, info->failure_reason);
    }
    wadi__status_unlock(store);
    atomic_fetch_add_explicit(&store->changes, 1, memory_order_relaxed);
}
static void on_stage_submitted(const wadi_stage_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__engine_part *part = &store->engine;
    wadi__status_lock(store);
    if (part->stages == NULL)
        part->stages = wadi__calloc(part->stages_max, sizeof(wadi__stage_row *));
    wadi__stage_row *row = part->stages != NULL ? stage_new(info) : NULL;
    part->stages_active++;
    if (info->id >= part->stages_seen) part->stages_seen = info->id + 1;
    wadi__job_row *job = job_of(part, info->job_id);
    if (job != NULL) {
        if (job->stage_count < WADI__STATUS_STAGES_OF_JOB_MAX)
            job->stage_ids[job->stage_count] = info->id;
        job->stage_count++;
        job->task_count += info->task_count;
    }
    if (row != NULL) {
        row->id = info->id;
        row->job_id = info->job_id;
        row->submission_ms = info->submission_ms;
        row->completion_ms = row->run_ms = -1;
        row->task_count = info->task_count;
        wadi__stage_row **at = &part->stages[(size_t)info->id % part->stages_max];
        stage_free(part, *at);
        *at = row;
    } else {
        store->lost++;
    }
    wadi__status_unlock(store);
}
/* Makes room for one more: those of the oldest stages go. False: there is none to be had. */
static bool make_task_room(wadi__engine_part *part) {
    int64_t oldest_id = part->stages_seen - (int64_t)part->stages_max;
    if (part->tasks_from < oldest_id) part->tasks_from = oldest_id;
    while (part->task_count >= part->tasks_max && part->tasks_from < part->stages_seen) {
        wadi__stage_row *oldest = stage_of(part, part->tasks_from);
        if (oldest != NULL) drop_tasks(part, oldest);
        part->tasks_from++;
    }
    return part->task_count < part->tasks_max;
}
static void add_records(int64_t *sum, int64_t more) {
    if (*sum < 0 || more < 0 || __builtin_add_overflow(*sum, more, sum)) *sum = -1;
}
static void add_task(wadi__status_store *store, wadi__stage_row *stage,
                     const wadi_task_info *info) {
    wadi__engine_part *part = &store->engine;
    wadi__task_row row = {.id = part->tasks_seen,
                          .start_ms = info->start_ms,
                          .run_ms = info->run_ms,
                          .records_in = info->records_in,
                          .records_out = info->records_out,
                          .index = info->index,
                          .partition_index = info->partition_index,
                          .attempt = info->attempt,
                          .failure = some_text(store, info->failure_reason)};
    if (make_task_room(part) && wadi__vec_push(&stage->tasks, row)) {
        part->task_count++;
        if (stage->id < part->tasks_from) part->tasks_from = stage->id;
        return;
    }
    wadi__free(row.failure);
    stage->has_lost_tasks = true;
}
static void on_task_ended(const wadi_task_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__engine_part *part = &store->engine;
    bool has_failed = info->failure_reason != NULL;
    wadi__status_lock(store);
    wadi__stage_row *stage = stage_of(part, info->stage_id);
    wadi__job_row *job = job_of(part, info->job_id);
    if (stage != NULL && stage->completion_ms < 0) {
        add_task(store, stage, info);
        if (!has_failed && stage->tasks_done < stage->task_count) {
            stage->tasks_done++;
            part->tasks_done++;
            if (job != NULL) job->tasks_done++;
            add_records(&stage->records_in, info->records_in);
            add_records(&stage->records_out, info->records_out);
        }
    }
    part->tasks_seen++;
    wadi__status_unlock(store);
    atomic_fetch_add_explicit(&store->changes, 1, memory_order_relaxed);
}
static void on_stage_completed(const wadi_stage_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__engine_part *part = &store->engine;
    bool has_failed = info->failure_reason != NULL;
    wadi__status_lock(store);
    wadi__stage_row *row = stage_of(part, info->id);
    uint32_t told = row != NULL ? row->tasks_done : 0; /* of some it may not have been told */
    uint32_t done = has_failed || told > info->task_count ? 0 : info->task_count - told;
    part->stages_active--;
    part->stages_done += !has_failed;
    part->stages_failed += has_failed;
    part->tasks_done += done;
    part->tasks_failed += info->failed_task_count;
    part->run_ms += info->run_ms;
    wadi__job_row *job = job_of(part, info->job_id);
    if (job != NULL) {
        job->stages_done += !has_failed;
        job->stages_failed += has_failed;
        job->tasks_done += done;
        job->tasks_failed += info->failed_task_count;
    }
    if (row != NULL) {
        row->tasks_done += done;
        row->completion_ms = info->completion_ms;
        row->run_ms = info->run_ms;
        row->failed_task_count = info->failed_task_count;
        row->failure = some_text(store, info->failure_reason);
    }
    wadi__status_unlock(store);
}
static wadi__stored_row *stored_of(wadi__engine_part *part, uint64_t rdd_id) {
    for (size_t i = part->stored.count; i-- > 0;)
        if (part->stored.items[i].rdd_id == rdd_id) return &part->stored.items[i];
    return NULL;
}
static void forget_stored(wadi__engine_part *part, wadi__stored_row *row) {
    part->place_count -= row->places.count;
    stored_fini(row);
    size_t i = (size_t)(row - part->stored.items);
    memmove(row, row + 1, (part->stored.count - i - 1) * sizeof *row);
    part->stored.count--;
}
/* The row of a dataset, made where it is told of for the first time. NULL: no memory. */
static wadi__stored_row *some_stored(wadi__status_store *store, const wadi_stored_info *info) {
    wadi__engine_part *part = &store->engine;
    wadi__stored_row *row = stored_of(part, info->rdd_id);
    if (row != NULL) return row;
    if (part->stored.count == WADI__STATUS_STORED_MAX) forget_stored(part, part->stored.items);
    wadi__stored_row made = {.rdd_id = info->rdd_id,
                             .name = some_text(store, info->name),
                             .partition_count = info->partition_count};
    if (made.name != NULL && wadi__vec_push(&part->stored, made))
        return &part->stored.items[part->stored.count - 1];
    wadi__free(made.name);
    return NULL;
}
/* Room for the place of a partition. False: no memory, or there are too many. */
static bool make_places(wadi__engine_part *part, wadi__stored_row *row, uint32_t index) {
    size_t more = index < row->places.count ? 0 : (size_t)index + 1 - row->places.count;
    if (more > WADI__STATUS_PLACES_MAX - part->place_count) return false;
    if (!wadi__vec_reserve(&row->places, more)) return false;
    for (size_t i = 0; i < more; i++)
        row->places.items[row->places.count++] = (wadi__stored_place){0};
    part->place_count += more;
    return true;
}
static void count_place(wadi__stored_row *row, wadi__stored_place place, int by) {
    row->stored_count += (uint32_t)((place.in != WADI__IN_NOTHING) * by);
    if (place.in == WADI__IN_MEMORY) row->memory_bytes += by * place.size_bytes;
    if (place.in == WADI__ON_DISK) row->disk_bytes += by * place.size_bytes;
}
/* However often, and in whichever place, a partition was told of before. */
static void set_place(wadi__status_store *store, wadi__stored_row *row,
                      const wadi_stored_info *info, wadi__stored_in in) {
    if (row == NULL || !make_places(&store->engine, row, info->partition_index)) {
        store->lost++;
        return;
    }
    wadi__stored_place *place = &row->places.items[info->partition_index];
    count_place(row, *place, -1);
    *place = (wadi__stored_place){info->size_bytes, in};
    count_place(row, *place, 1);
}
static void on_block_stored(const wadi_stored_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    set_place(store, some_stored(store, info), info,
              info->is_on_disk ? WADI__ON_DISK : WADI__IN_MEMORY);
    wadi__status_unlock(store);
}
static void on_block_evicted(const wadi_stored_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    wadi__stored_row *row = stored_of(&store->engine, info->rdd_id);
    if (row != NULL) /* else it has been forgotten */
        set_place(store, row, info, info->is_on_disk ? WADI__ON_DISK : WADI__IN_NOTHING);
    wadi__status_unlock(store);
}
static void on_unpersisted(uint64_t rdd_id, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    wadi__stored_row *row = stored_of(&store->engine, rdd_id);
    if (row != NULL) forget_stored(&store->engine, row);
    wadi__status_unlock(store);
}
static void on_executor(const wadi_executor_info *info, void *user) {
    wadi__status_store *store = user;
    wadi__status_lock(store);
    store->engine.slots = info->slots;
    wadi__status_unlock(store);
}
wadi_engine_listener wadi__status_engine_listener(wadi__status_store *store) {
    return (wadi_engine_listener){
        .size = sizeof(wadi_engine_listener),
        .on_job_started = on_job_started,
        .on_job_ended = on_job_ended,
        .on_stage_submitted = on_stage_submitted,
        .on_stage_completed = on_stage_completed,
        .on_task_ended = on_task_ended,
        .on_block_stored = on_block_stored,
        .on_block_evicted = on_block_evicted,
        .on_rdd_unpersisted = on_unpersisted,
        .on_executor_added = on_executor,
        .user = store,
    };
}
