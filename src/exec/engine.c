/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c: from a job to task sets.
 *
 * The lineage of the job's RDD is walked until what is stored. Every shuffle on the way whose outputs
 * are not there needs a map stage; those that do not depend on one another run together, in waves. Then the
 * result stage runs. Failed tasks are tried again, each alone. */
#include "exec/engine.h"

#include "base/conf.h"
#include "base/pool.h"
#include "exec/counting.h"
#include "exec/engine_listener.h"
#include "exec/memory.h"
#include "exec/part.h"
#include "exec/shuffle_sort.h"
#include "exec/wide.h"

#include <inttypes.h>
#include <string.h>

/* ---- Which shuffles are missing ---- */

typedef struct missing {
    const wadi_rdd *child;
    uint32_t parent, level;
} missing;
typedef struct visit {
    const wadi_rdd *rdd;
    uint32_t level; /* the first wave that it can be computed in */
} visit;
typedef struct plan {
    wadi__engine *engine;
    WADI__VEC(missing) missing;
    WADI__VEC(visit) visits; /* an open hash table of `visit_room` places once there are many */
    WADI__VEC(uint64_t) pinned; /* RDDs whose stored partitions it counts on */
    WADI__VEC(const wadi_rdd *) unready; /* to be made ready before the job begins */
    WADI__VEC(const wadi_rdd *) marked;  /* to be saved after it, parents first */
    size_t visit_count;
    int64_t batch_ms;
    const wadi__job_told *job; /* NULL: nobody listens */
    bool has_no_memory;
} plan;

static visit *visit_place(plan *p, const wadi_rdd *rdd) {
    size_t mask = p->visits.count - 1;
    size_t at = (size_t)((uintptr_t)rdd * 0x9E3779B97F4A7C15ull >> 20) & mask;
    while (p->visits.items[at].rdd != NULL && p->visits.items[at].rdd != rdd) at = (at + 1) & mask;
    return &p->visits.items[at];
}
static bool visits_grow(plan *p) {
    plan larger = *p;
    size_t count = p->visits.count == 0 ? 64 : p->visits.count * 2;
    larger.visits.items = wadi__calloc(count, sizeof(visit));
    larger.visits.count = larger.visits.room = count;
    if (larger.visits.items == NULL) return false;
    for (size_t i = 0; i < p->visits.count; i++)
        if (p->visits.items[i].rdd != NULL) *visit_place(&larger, p->visits.items[i].rdd) = p->visits.items[i];
    wadi__vec_fini(&p->visits);
    *p = larger;
    return true;
}
/* Whether nothing behind it is needed. What is stored stays so until the job ends. */
static bool is_stored(plan *p, const wadi_rdd *rdd) {
    if (wadi__rdd_saved(rdd) != NULL) return true;
    const wadi__wide_ops *wide = rdd->wide != WADI__WIDE_NONE ? wadi__wide_ops_of(rdd->wide) : NULL;
    if (wide != NULL && wide->is_made != NULL && wide->is_made(rdd)) return true;
    if (rdd->level == WADI_STORAGE_DEFAULT) return false;
    if (!wadi__vec_reserve(&p->pinned, 1)) {
        p->has_no_memory = true;
        return false;
    }
    bool is_pinned = wadi__block_store_pin(&p->engine->blocks, rdd->id);
    if (is_pinned) (void)wadi__vec_push(&p->pinned, rdd->id);
    return is_pinned;
}
static bool has_shuffle(wadi__engine *engine, uint64_t id) {
    wadi__shuffle_data *data = wadi__shuffle_store_get(&engine->shuffles, id);
    wadi__shuffle_data_unref(data);
    return data != NULL;
}
/* Returns the wave in which `rdd` can be computed. */
static uint32_t walk(plan *p, const wadi_rdd *rdd) {
    if (p->visit_count * 2 >= p->visits.count && !visits_grow(p)) {
        p->has_no_memory = true;
        return 0;
    }
    visit *seen = visit_place(p, rdd);
    if (seen->rdd != NULL) return seen->level;
    p->visit_count++;
    *seen = (visit){rdd, 0};
    uint32_t level = 0;
    bool stored = is_stored(p, rdd);
    bool is_unready = wadi__rdd_ops_of(rdd->op)->make_ready != NULL && !stored;
    if (is_unready && !wadi__vec_push(&p->unready, rdd)) p->has_no_memory = true;
    for (uint32_t i = 0; !stored && i < rdd->parent_count; i++) {
        const wadi__parent *parent = &rdd->parents[i];
        if (parent->is_wide && has_shuffle(p->engine, parent->shuffle.id)) continue;
        uint32_t below = walk(p, parent->rdd);
        if (parent->is_wide && !wadi__vec_push(&p->missing, (missing){rdd, i, below})) p->has_no_memory = true;
        below += parent->is_wide;
        if (below > level) level = below;
    }
    if (atomic_load_explicit(&rdd->checkpoint, memory_order_relaxed) == WADI__MARKED &&
        !wadi__vec_push(&p->marked, rdd))
        p->has_no_memory = true;
    if (!p->has_no_memory) visit_place(p, rdd)->level = level;
    return level;
}

/* ---- Running a task set, with retries ---- */

static wadi_status run_tasks(wadi__engine *engine, wadi__stage *stages, uint32_t stage_count, wadi_error *err) {
    uint64_t count = 0;
    for (uint32_t s = 0; s < stage_count; s++) count += stages[s].task_count;
    if (count > UINT32_MAX) return wadi_error_context(err, WADI_E_INVALID, "more than 4294967295 tasks");
    if (count == 0) return WADI_OK;
    wadi__scope *scope = wadi__context_scope(engine->sc);
    wadi__task_set set = {.sc = engine->sc, .stages = stages, .stage_count = stage_count, .err = WADI_ERROR_INIT,
                          .scope = scope, .task_count = (uint32_t)count};
    wadi__task_slot few[16];
    set.tasks = count <= 16 ? few : wadi__malloc(count * sizeof *set.tasks);
    if (set.tasks == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for %" PRIu64 " tasks", count);
    uint32_t t = 0;
    for (uint32_t s = 0; s < stage_count; s++)
        for (uint32_t i = 0; i < stages[s].task_count; i++)
            set.tasks[t++] = (wadi__task_slot){.stage = s, .index = i};
    wadi_status status = WADI_OK;
    for (t = 0;;) {
        engine->backend->ops->run(engine->backend, &set);
        if (atomic_load(&scope->is_cancelled)) {
            status = wadi_error_context(err, WADI_E_STATE, "the context has been stopped");
            break;
        }
        while (t < set.task_count && set.tasks[t].state != WADI__TASK_FAILED) t++;
        if (t == set.task_count) break;
        bool is_new_reason = set.tasks[t].had_no_memory && !set.tasks[t].is_short;
        set.tasks[t].is_short |= set.tasks[t].had_no_memory;
        if (set.tasks[t].had_no_memory) (void)wadi__memory_make_room(engine->sc, wadi__pool_limit() / 2);
        if (++set.tasks[t].attempt >= engine->failures_max && !is_new_reason) {
            if (err != NULL) *err = set.err;
            status = set.err.status;
            break;
        }
        set.tasks[t].state = WADI__TASK_WAITING; /* the others that failed stay so until it is their turn */
    }
    if (set.tasks != few) wadi__free(set.tasks);
    return status;
}

/* The same, and tells listeners. */
static wadi_status run_set(wadi__engine *engine, wadi__stage *stages, uint32_t stage_count, wadi_error *err) {
    wadi_error why = WADI_ERROR_INIT;
    for (uint32_t s = 0; s < stage_count; s++)
        if (stages[s].job != NULL && stages[s].task_count > 0) wadi__tell_stage_submitted(engine->sc, &stages[s]);
    wadi_status status = run_tasks(engine, stages, stage_count, &why);
    for (uint32_t s = 0; s < stage_count; s++)
        if (stages[s].job != NULL && stages[s].task_count > 0)
            wadi__tell_stage_completed(engine->sc, &stages[s], status == WADI_OK ? NULL : why.message);
    if (status != WADI_OK && err != NULL) *err = why;
    return status;
}

/* ---- Map stages ---- */

/* Whether a map stage is gone through twice: where a sort must know all records before it has its bounds. */
static bool has_second_pass(const wadi__stage *stage) {
    return wadi__wide_ops_of(stage->child->wide)->between != NULL && stage->shuffle->partition_count > 1;
}
static wadi_status run_again(wadi__engine *engine, const wadi__stage *stages, uint32_t count, wadi_error *err) {
    wadi_status status = WADI_OK;
    for (uint32_t s = 0; s < count && status == WADI_OK; s++) {
        if (!has_second_pass(&stages[s])) continue;
        wadi__stage again = stages[s];
        again.is_second_pass = true;
        if (!wadi__wide_ops_of(again.child->wide)->between(again.child, again.parent, again.shuffle))
            return wadi_error_context(err, WADI_E_NOMEM, "no memory between two passes over a shuffle");
        status = run_set(engine, &again, 1, err);
    }
    return status;
}
static wadi_status sort_loose(wadi__engine *engine, const wadi__stage *stages, uint32_t count, wadi_error *err) {
    wadi_status status = WADI_OK;
    for (uint32_t s = 0; s < count && status == WADI_OK; s++) {
        wadi__stage sorting = stages[s];
        sorting.is_sorting = true;
        wadi__shuffle_store_sort(&engine->shuffles, sorting.shuffle, engine->sc->env);
        if (!wadi__shuffle_sort_plan(sorting.shuffle))
            return wadi_error_context(err, WADI_E_NOMEM, "no memory to list what a shuffle is to sort");
        sorting.task_count = (uint32_t)sorting.shuffle->portions.count;
        status = run_set(engine, &sorting, 1, err);
    }
    return status;
}
/* About what those who read a shuffle take at once, once they run. */
static uint64_t reading_bytes(const wadi__engine *engine, const wadi__shuffle_data *data) {
    if (data->partition_count == 0) return 0;
    uint64_t rows = data->row_count / data->partition_count + 1;
    uint32_t tasks = data->partition_count < engine->slots ? data->partition_count : engine->slots;
    return rows * tasks * (2ull * data->type->pub.size + sizeof(uint64_t));
}
static wadi_status run_wave(wadi__engine *engine, const plan *p, uint32_t level, wadi_error *err) {
    uint32_t count = 0;
    for (size_t i = 0; i < p->missing.count; i++) count += p->missing.items[i].level == level;
    wadi__stage few[4], *stages = count <= 4 ? few : wadi__calloc(count, sizeof *stages);
    if (stages == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for %u stages", count);
    wadi_status status = WADI_OK;
    uint64_t reading = 0;
    uint32_t made = 0;
    for (size_t i = 0; i < p->missing.count && status == WADI_OK; i++) {
        const missing *m = &p->missing.items[i];
        if (m->level != level) continue;
        const wadi__parent *parent = &m->child->parents[m->parent];
        wadi__stage *stage = &stages[made];
        *stage = (wadi__stage){.id = wadi__context_next_id(), .rdd = parent->rdd, .child = m->child,
                               .parent = m->parent, .task_count = parent->rdd->partition_count,
                               .batch_ms = p->batch_ms, .job = p->job};
        stage->shuffle = wadi__shuffle_data_new(parent->shuffle.id, wadi__wide_carried(m->child, m->parent),
                                                stage->task_count, parent->shuffle.partitioner.count);
        if (stage->shuffle == NULL) status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a shuffle");
        else wadi__shuffle_store_begin(&engine->shuffles, stages[made++].shuffle);
    }
    if (status == WADI_OK) status = run_set(engine, stages, made, err);
    if (status == WADI_OK) status = run_again(engine, stages, made, err);
    (void)wadi__memory_make_room(engine->sc, wadi__pool_limit() / 8); /* for what is sorted */
    if (status == WADI_OK) status = sort_loose(engine, stages, made, err);
    for (uint32_t s = 0; s < made; s++) {
        wadi__shuffle_store_end(&engine->shuffles, stages[s].shuffle, engine->sc->env);
        if (status == WADI_OK && !wadi__shuffle_data_seal(stages[s].shuffle))
            status = wadi_error_context(err, WADI_E_NOMEM, "no memory for the index of a shuffle");
        if (status == WADI_OK) reading += reading_bytes(engine, stages[s].shuffle);
        if (status == WADI_OK) wadi__shuffle_store_put(&engine->shuffles, stages[s].shuffle);
        else wadi__shuffle_data_unref(stages[s].shuffle);
    }
    size_t most = wadi__pool_limit() / 2;
    (void)wadi__memory_make_room(engine->sc, reading < most ? reading : most);
    if (stages != few) wadi__free(stages);
    return status;
}

/* ---- Jobs ---- */

static int64_t batch_of(const wadi_rdd *rdd) {
    return rdd->batch_ms != 0 ? rdd->batch_ms : wadi__context_scope(rdd->sc)->batch_ms;
}
static void plan_fini(plan *p) {
    for (size_t i = 0; i < p->pinned.count; i++) wadi__block_store_unpin(&p->engine->blocks, p->pinned.items[i]);
    wadi__vec_fini(&p->pinned);
    wadi__vec_fini(&p->missing);
    wadi__vec_fini(&p->visits);
    wadi__vec_fini(&p->unready);
    wadi__vec_fini(&p->marked);
}
static wadi_status make_plan(plan *p, const wadi_rdd *rdd, uint32_t *level, wadi_error *err) {
    *level = walk(p, rdd);
    return p->has_no_memory ? wadi_error_context(err, WADI_E_NOMEM, "no memory to plan a job") : WADI_OK;
}
/* What leads to the result stage. */
static wadi_status run_stages_before(plan *p, const wadi_rdd *rdd, wadi_error *err) {
    uint32_t level;
    wadi_status status = make_plan(p, rdd, &level, err);
    bool is_unready = p->unready.count > 0;
    for (size_t i = 0; i < p->unready.count && status == WADI_OK; i++)
        status = wadi__rdd_ops_of(p->unready.items[i]->op)->make_ready(p->unready.items[i], err);
    if (is_unready && status == WADI_OK) { /* shuffles may have been made on the way */
        plan after = {.engine = p->engine, .batch_ms = p->batch_ms, .job = p->job};
        plan_fini(p);
        *p = after;
        status = make_plan(p, rdd, &level, err);
    }
    for (uint32_t wave = 0; wave < level && status == WADI_OK; wave++) status = run_wave(p->engine, p, wave, err);
    return status;
}
static wadi_status run_results(const plan *p, wadi_rdd *rdd, const uint32_t *partitions, size_t count,
                               const wadi__action *action, wadi__action_each *each, void *arg, wadi_error *err) {
    wadi__task_result few[4] = {{0}}, *results = count <= 4 ? few : wadi__calloc(count, sizeof *results);
    if (results == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for %zu results", count);
    wadi__stage stage = {.id = wadi__context_next_id(), .rdd = rdd, .action = action, .results = results,
                         .partitions = partitions, .task_count = (uint32_t)count, .batch_ms = p->batch_ms,
                         .job = p->job};
    wadi_status status = run_set(p->engine, &stage, 1, err);
    bool goes_on = status == WADI_OK;
    for (size_t i = 0; i < count; i++) {
        if (goes_on) goes_on = each(partitions[i], &results[i], arg);
        wadi__task_result_fini(&results[i]);
    }
    if (results != few) wadi__free(results);
    return status;
}

static wadi_status run_job(wadi_context *sc, wadi_rdd *rdd, const uint32_t *partitions, size_t count,
                           const wadi__action *action, wadi__action_each *each, void *arg, wadi_error *err) {
    if (wadi__task_running() != NULL) {
        wadi__task_fail(wadi__task_running(), WADI_E_USER, "a task cannot run an action; do that on the driver");
        return wadi_error_context(err, WADI_E_STATE, "a task cannot run an action; do that on the driver");
    }
    plan p = {.engine = sc->engine, .batch_ms = batch_of(rdd)};
    wadi__job_told job;
    wadi_error why = WADI_ERROR_INIT;
    if (wadi__engine_is_heard(sc)) {
        wadi__tell_job_started(sc, &job, rdd, action);
        p.job = &job;
    }
    uint32_t turn = wadi__saved_job_begins(&sc->engine->saved);
    wadi_status status = run_stages_before(&p, rdd, &why);
    if (status == WADI_OK && count > 0)
        status = run_results(&p, rdd, partitions, count, action, each, arg, &why);
    for (size_t i = 0; i < p.marked.count && status == WADI_OK; i++)
        status = wadi__saved_save(&sc->engine->saved, (wadi_rdd *)(uintptr_t)p.marked.items[i], &why);
    wadi__saved_job_ends(&sc->engine->saved, turn);
    plan_fini(&p);
    if (p.job != NULL) wadi__tell_job_ended(sc, &job, status == WADI_OK ? NULL : why.message);
    if (status != WADI_OK && err != NULL) *err = why;
    return status;
}

/* ---- What tasks ask for ---- */

wadi__shuffle_data *wadi__engine_shuffle(wadi__task *task, uint64_t id) {
    wadi__shuffle_data *data = wadi__shuffle_store_get(&task->sc->engine->shuffles, id);
    if (data == NULL) wadi__task_fail(task, WADI_E_STATE, "the outputs of shuffle %" PRIu64 " are gone", id);
    else if (!wadi__task_keep(task, &data->counted)) {
        wadi__shuffle_data_unref(data);
        return NULL;
    }
    wadi__shuffle_data_unref(data); /* the task's keep has one */
    return data;
}
wadi__cursor *wadi__engine_open_operator(const wadi_rdd *rdd, uint32_t partition, wadi__task *task, wadi__sink *sink) {
    const wadi_rdd *saved = wadi__rdd_saved(rdd);
    if (saved != NULL) rdd = saved;
    if (rdd->wide != WADI__WIDE_NONE) return wadi__part_open(rdd, partition, task, sink);
    if (rdd->parent_count == 0 && (sink = wadi__counting_in(task, sink)) == NULL) return NULL;
    return wadi__rdd_ops_of(rdd->op)->open(rdd, partition, task, sink);
}
static wadi__cursor *open_rdd(const wadi_rdd *rdd, uint32_t partition, wadi__task *task, wadi__sink *sink) {
    if (!task->has_opened) {
        task->has_opened = true;
        if ((sink = wadi__counting_out(task, sink)) == NULL) return NULL;
    }
    if (rdd->level == WADI_STORAGE_DEFAULT) return wadi__engine_open_operator(rdd, partition, task, sink);
    return wadi__persisted_open(rdd, partition, task, sink);
}
static void unpersist(wadi_context *sc, uint64_t rdd_id) {
    wadi__block_store_drop(&sc->engine->blocks, rdd_id);
    if (wadi__engine_tells_blocks(sc)) wadi__tell_unpersisted(sc, rdd_id);
}
static void drop_shuffle(wadi_context *sc, uint64_t id) { wadi__shuffle_store_drop(&sc->engine->shuffles, id); }

const wadi__engine_ops wadi__engine_ops_table = {
    .open = open_rdd,
    .run_job = run_job,
    .unpersist = unpersist,
    .drop_shuffle = drop_shuffle,
};

/* ---- Life ---- */

wadi__engine *wadi__engine_new(wadi_context *sc, uint32_t slots, uint32_t failures_max) {
    wadi__engine *engine = wadi__calloc(1, sizeof *engine);
    if (engine == NULL) return NULL;
    engine->spill = wadi__spill_new(sc->env, wadi__conf_string(sc->conf, WADI__CONF_LOCAL_DIR),
                                    wadi__conf_int(sc->conf, WADI__CONF_SPILL_MAX));
    if (engine->spill == NULL || (engine->backend = wadi__backend_local_new(sc->env, slots)) == NULL) {
        wadi__spill_close(engine->spill);
        wadi__free(engine);
        return NULL;
    }
    engine->sc = sc;
    engine->slots = slots;
    engine->failures_max = failures_max;
    wadi__shuffle_store_init(&engine->shuffles);
    wadi__block_store_init(&engine->blocks, engine->spill);
    wadi__saved_init(&engine->saved);
    return engine;
}
void wadi__engine_stop(wadi__engine *engine) { engine->backend->ops->stop(engine->backend); }
void wadi__engine_free(wadi__engine *engine) {
    engine->backend->ops->destroy(engine->backend);
    wadi__shuffle_store_fini(&engine->shuffles);
    wadi__block_store_fini(&engine->blocks);
    wadi__saved_fini(&engine->saved, engine->sc->env);
    wadi__spill_close(engine->spill);
    wadi__free(engine);
}
