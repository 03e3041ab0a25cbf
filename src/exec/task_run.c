/* SPDX-License-Identifier: Apache-2.0 */
/* task_run.c: one try of one task, on the thread that claimed it. */
#include "exec/engine.h"
#include "exec/engine_listener.h"
#include "exec/shared_vars.h"
#include "exec/shuffle_sort.h"
#include "exec/wide.h"

#include <inttypes.h>

static _Thread_local wadi__task *running;
wadi__task *wadi__task_running(void) { return running; }

void wadi__task_end_scope(wadi__task *task) {
    for (wadi__at_close *at = task->closes, *next; at != NULL; at = next) {
        next = at->next;
        at->close(at);
    }
    for (size_t i = 0; i < task->chunks.count; i++) wadi__chunk_unref(task->chunks.items[i]);
    wadi__vec_fini(&task->chunks);
    wadi__arena_fini(&task->scratch);
    wadi__keep_unref(task->keep);
}

/* ---- What a try gives: put where it belongs only when it has succeeded ---- */

typedef struct outcome {
    wadi__map_output map;
    wadi__task_result result;
} outcome;

static void compute(wadi__task *task, const wadi__stage *stage, uint32_t index, outcome *made) {
    if (stage->shuffle == NULL) {
        wadi__action_ops_of(stage->action->kind)->run(stage->action, stage->rdd, task, &made->result);
    } else if (stage->is_sorting) {
        wadi__shuffle_sort_run(stage->shuffle, index, task, &made->map);
    } else if (!stage->is_second_pass) {
        wadi__map_side_run(stage->child, stage->parent, task, &made->map);
        made->map.key_count = task->keys_seen;
    } else {
        wadi__map_output *first = &stage->shuffle->outputs[index];
        wadi__shuffle_store_pin(&task->sc->engine->shuffles, first, task->env);
        if (first->keep != NULL && !wadi__task_keep(task, &first->keep->counted)) return; /* strings */
        wadi__wide_ops_of(stage->child->wide)
            ->again(stage->child, stage->parent, stage->shuffle, task, first, &made->map);
    }
}
static void hand_over(wadi_context *sc, const wadi__stage *stage, uint32_t index, outcome *made) {
    if (stage->shuffle == NULL) {
        stage->results[index] = made->result;
        return;
    }
    if (stage->is_sorting) {
        wadi__shuffle_sort_take(stage->shuffle, index, &made->map);
        return;
    }
    wadi__shuffle_store_hand_over(&sc->engine->shuffles, &stage->shuffle->outputs[index], &made->map);
}
static void drop(wadi_context *sc, const wadi__stage *stage, uint32_t index, outcome *made) {
    if (stage->is_second_pass)
        wadi__shuffle_store_unpin(&sc->engine->shuffles, &stage->shuffle->outputs[index]);
    wadi__map_output_fini(&made->map);
    wadi__task_result_fini(&made->result);
}

/* ---- How large tables get ---- */

static uint64_t place_of(const wadi_rdd *rdd) {
    uint64_t h = (uintptr_t)rdd->where.file + (uint64_t)rdd->where.line * 31 + (uint64_t)rdd->op * 7919;
    return h * 0x9E3779B97F4A7C15ull;
}
static atomic_ullong *slot_of(wadi_context *sc, bool is_map_side, uint64_t place) {
    return &sc->engine->keys_seen[is_map_side][place >> 56];
}
size_t wadi__engine_expected_keys(wadi_context *sc, const wadi_rdd *rdd, bool is_map_side) {
    uint64_t place = place_of(rdd);
    uint64_t seen = atomic_load_explicit(slot_of(sc, is_map_side, place), memory_order_relaxed);
    return seen >> 32 == (place & UINT32_MAX) ? (size_t)(seen & UINT32_MAX) : 0;
}
/* The newest task's count, so that a smaller batch makes smaller tables again. */
static void remember_keys(const wadi__task *task, const wadi__stage *stage) {
    if (task->keys_seen == 0 || task->keys_at == NULL) return;
    bool is_map_side = stage->shuffle != NULL && stage->child == task->keys_at;
    uint64_t keys = task->keys_seen > UINT32_MAX ? UINT32_MAX : task->keys_seen, place = place_of(task->keys_at);
    atomic_store_explicit(slot_of(task->sc, is_map_side, place), place << 32 | keys, memory_order_relaxed);
}

/* ---- One try ---- */

static int64_t known(wadi__row_count count) { return count.is_unknown ? -1 : (int64_t)count.rows; }
/* A map task gives what it puts into its shuffle; one that goes over that again has read as much. */
static void tell_rows(const wadi__task *task, const wadi__stage *stage, const outcome *made, wadi_task_info *told) {
    bool is_map = stage->shuffle != NULL;
    told->records_out = is_map ? (int64_t)made->map.row_count : known(task->rows_out);
    told->records_in = stage->is_second_pass || stage->is_sorting ? told->records_out : known(task->rows_in);
}

/* told: gets what it read and gave; NULL: nobody wants to know. */
static wadi_status run_one(wadi__task_set *set, wadi__task_slot *slot, wadi_task_info *told, wadi_error *err) {
    const wadi__stage *stage = &set->stages[slot->stage];
    wadi__task task = {.sc = set->sc, .env = set->sc->env, .stage_id = stage->id, .attempt = slot->attempt,
                       .batch_ms = stage->batch_ms, .is_checked = set->sc->is_checked, .is_short = slot->is_short,
                       .is_cancelled = &set->scope->is_cancelled, .additions = set->scope->additions, .err = WADI_ERROR_INIT};
    task.partition_index = stage->partitions != NULL ? stage->partitions[slot->index] : slot->index;
    task.is_counted = told != NULL;
    task.keep = wadi__keep_new();
    wadi__scope *before = wadi__scope_enter(set->scope);
    running = &task;
    outcome made = {0};
    if (task.keep == NULL) wadi__task_fail(&task, WADI_E_NOMEM, "no memory for a task");
    else compute(&task, stage, slot->index, &made);
    running = NULL;
    wadi__scope_enter(before);
    if (!task.user.failed && atomic_load_explicit(task.is_cancelled, memory_order_relaxed))
        wadi__task_fail(&task, WADI_E_STATE, "cancelled");
    if (!task.user.failed) wadi__shared_vars_commit(&task);
    wadi__shared_vars_forget(&task);
    if (told != NULL) tell_rows(&task, stage, &made, told);
    if (task.user.failed) drop(set->sc, stage, slot->index, &made);
    else hand_over(set->sc, stage, slot->index, &made);
    remember_keys(&task, stage);
    wadi__task_end_scope(&task);
    wadi__arena_fini(&task.lasting);
    if (!task.user.failed) return WADI_OK;
    char place[200];
    slot->had_no_memory = task.err.status == WADI_E_NOMEM;
    *err = task.err;
    return wadi_error_context(err, task.err.status, "in task %u (try %u) of stage %" PRIu64 ", %s",
                              task.partition_index, slot->attempt + 1, stage->id,
                              wadi__rdd_place(stage->rdd, place, sizeof place));
}

/* ---- Listeners ---- */

wadi_status wadi__task_run(wadi__task_set *set, wadi__task_slot *slot, wadi_error *err) {
    wadi__stage *stage = &set->stages[slot->stage];
    if (stage->job == NULL) return run_one(set, slot, NULL, err);
    wadi_context *sc = set->sc;
    wadi_task_info told = {.stage_id = stage->number, .job_id = stage->job->id, .attempt = slot->attempt, .index = slot->index,
                           .partition_index = stage->partitions != NULL ? stage->partitions[slot->index] : slot->index};
    bool is_told = wadi__engine_tells_tasks(sc);
    if (is_told) told.start_ms = sc->env->wall_ms(sc->env);
    int64_t start_ns = sc->env->monotonic_ns(sc->env);
    wadi_status status = run_one(set, slot, is_told ? &told : NULL, err);
    int64_t run_ns = sc->env->monotonic_ns(sc->env) - start_ns;
    atomic_fetch_add_explicit(&stage->run_ns, run_ns, memory_order_relaxed);
    if (status != WADI_OK) atomic_fetch_add_explicit(&stage->failed_count, 1, memory_order_relaxed);
    told.run_ms = run_ns / 1000000;
    told.failure_reason = status == WADI_OK ? NULL : err->message;
    if (is_told) wadi__tell_task_ended(sc, &told);
    return status;
}
