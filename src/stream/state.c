/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: steps, and who may touch a partition when. */
#include "stream/state.h"

#include "rdd/block_cursor.h"
#include "stream/dstream.h"
#include "stream/state_view.h"

#include <inttypes.h>
#include <string.h>

/* ---- Life ---- */

void wadi__state_close(wadi__state *state) {
    if (state == NULL) return;
    for (size_t i = 0; i < state->steps.count; i++) wadi_rdd_unref(&state->steps.items[i].update);
    wadi__vec_fini(&state->steps);
    wadi__counted_unref(&state->counted);
}
static void state_destroy(wadi__counted *counted) {
    wadi__state *state = (wadi__state *)counted;
    wadi__vec_fini(&state->held);
    for (uint32_t p = 0; state->partitions != NULL && p < state->partition_count; p++) {
        wadi__state_partition *partition = &state->partitions[p];
        for (size_t i = 0; i < partition->outputs.count; i++)
            wadi__block_unref(partition->outputs.items[i].block);
        wadi__vec_fini(&partition->outputs);
        wadi__state_store_fini(&partition->store);
    }
    wadi__free(state->partitions);
    wadi__counted_unref(state->saver.self);
    wadi__bound_fn_unref((wadi__bound_fn *)(uintptr_t)state->fn);
    pthread_mutex_destroy(&state->lock);
    wadi__free(state);
}
wadi__state *wadi__state_new(wadi_context *sc, wadi__bound_fn *fn, uint32_t partition_count,
                             bool is_mapped, int64_t timeout_ms) {
    wadi__state *state = wadi__calloc(1, sizeof *state);
    wadi__state_partition *partitions = wadi__calloc(partition_count, sizeof *partitions);
    if (state == NULL || partitions == NULL) {
        wadi__free(state);
        wadi__free(partitions);
        return NULL;
    }
    wadi__counted_init(&state->counted, state_destroy);
    wadi__counted_ref(&fn->counted);
    state->sc = sc;
    state->type = fn->state;
    state->fn = fn;
    state->timeout_ms = timeout_ms;
    state->is_mapped = is_mapped;
    state->partition_count = partition_count;
    state->partitions = partitions;
    state->applied_ms = state->forgotten_ms = INT64_MIN;
    pthread_mutex_init(&state->lock, NULL);
    for (uint32_t p = 0; p < partition_count; p++) {
        wadi__state_store_init(&partitions[p].store, state->type, timeout_ms > 0);
        partitions[p].batch_ms = INT64_MIN;
    }
    return state;
}

/* ---- Steps ---- */

bool wadi__state_add_step(wadi__state *state, int64_t batch_ms, wadi_rdd *update) {
    pthread_mutex_lock(&state->lock);
    bool added = wadi__vec_push(&state->steps, (wadi__state_step){batch_ms, update});
    if (added && update != NULL) wadi_rdd_ref(update);
    pthread_mutex_unlock(&state->lock);
    return added;
}
static bool each_done(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition, (void)result, (void)arg;
    return true;
}
static wadi_status run_step(const wadi__state *state, wadi_rdd *update, wadi_error *err) {
    static const wadi__action compute = {.kind = WADI__ACTION_COMPUTE};
    uint32_t *partitions = wadi__malloc(state->partition_count * sizeof *partitions);
    if (partitions == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to update a state");
    for (uint32_t p = 0; p < state->partition_count; p++) partitions[p] = p;
    wadi_status status = wadi__engine_used->run_job(
        state->sc, update, partitions, state->partition_count, &compute, each_done, NULL, err);
    wadi__free(partitions);
    return status;
}
/* Runs the oldest step. holds lock, and lets go of it meanwhile */
static wadi_status apply_one(wadi__state *state, wadi_error *err) {
    wadi__state_step step = state->steps.items[0];
    wadi_status status = WADI_OK;
    state->is_applying = true;
    if (step.update != NULL) {
        pthread_mutex_unlock(&state->lock);
        status = run_step(state, step.update, err);
        pthread_mutex_lock(&state->lock);
    }
    state->is_applying = false;
    if (status == WADI_OK) {
        state->applied_ms = step.batch_ms;
        memmove(state->steps.items, state->steps.items + 1,
                --state->steps.count * sizeof state->steps.items[0]);
    }
    pthread_mutex_unlock(&state->lock);
    wadi__event_wake_all(&state->changed, state->sc->env);
    if (status == WADI_OK)
        wadi_rdd_unref(&step.update); /* and with it what it was made of */
    else
        wadi_error_context(err, status, "while the state was brought up to batch %" PRId64 " ms",
                           step.batch_ms);
    pthread_mutex_lock(&state->lock);
    return status;
}
static wadi_status read_make_ready(const wadi_rdd *rdd, wadi_error *err) {
    const wadi__state_node *node = wadi__state_node_of(rdd);
    wadi__state *state = (wadi__state *)node->state;
    wadi_status status = WADI_OK;
    pthread_mutex_lock(&state->lock);
    while (status == WADI_OK && state->steps.count > 0 &&
           state->steps.items[0].batch_ms <= node->time_ms) {
        if (state->is_applying)
            wadi__event_wait(&state->changed, &state->lock, state->sc->env, WADI__DEADLINE_NONE);
        else
            status = apply_one(state, err);
    }
    pthread_mutex_unlock(&state->lock);
    return status;
}

/* ---- Which batches are held. holds lock ---- */

static wadi__state_held *find_held(wadi__state *state, int64_t batch_ms) {
    for (size_t i = 0; i < state->held.count; i++)
        if (state->held.items[i].batch_ms == batch_ms) return &state->held.items[i];
    return NULL;
}
static wadi_status hold(wadi__state *state, int64_t batch_ms, wadi_error *err) {
    wadi__state_held *held = find_held(state, batch_ms);
    if (batch_ms <= state->forgotten_ms)
        return wadi_error_context(err, WADI_E_STATE,
                                  "the state of batch %" PRId64
                                  " ms is not kept any more: ask for more by wadi_remember()",
                                  batch_ms);
    if (held != NULL)
        held->count++;
    else if (!wadi__vec_push(&state->held, (wadi__state_held){batch_ms, 1}))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to read a state");
    return WADI_OK;
}
static wadi_status read_hold(wadi__counted *counted, int64_t batch_ms, wadi_error *err) {
    wadi__state *state = (wadi__state *)counted;
    pthread_mutex_lock(&state->lock);
    wadi_status status = hold(state, batch_ms, err);
    pthread_mutex_unlock(&state->lock);
    return status;
}
static void read_release(wadi__counted *counted, int64_t batch_ms) {
    wadi__state *state = (wadi__state *)counted;
    pthread_mutex_lock(&state->lock);
    wadi__state_held *held = find_held(state, batch_ms);
    if (--held->count == 0) *held = state->held.items[--state->held.count];
    pthread_mutex_unlock(&state->lock);
}
/* The oldest batch that somebody may read once batch_ms is applied. */
static int64_t oldest_held(const wadi__state *state, int64_t batch_ms) {
    int64_t oldest = batch_ms;
    for (size_t i = 0; i < state->held.count; i++)
        if (state->held.items[i].batch_ms < oldest) oldest = state->held.items[i].batch_ms;
    return oldest;
}

/* ---- Writing ---- */

static void forget(wadi__state_partition *partition, int64_t oldest_ms) {
    wadi__state_store_forget(&partition->store, oldest_ms);
    size_t old = 0;
    while (old < partition->outputs.count && partition->outputs.items[old].batch_ms < oldest_ms)
        wadi__block_unref(partition->outputs.items[old++].block);
    partition->outputs.count -= old;
    if (old > 0 && partition->outputs.count > 0)
        memmove(partition->outputs.items, partition->outputs.items + old,
                partition->outputs.count * sizeof partition->outputs.items[0]);
}
/* The partition is the task's own until it ends, so what is captured is this batch's. */
static void capture(const wadi__state_writing *self) {
    const wadi__capture_sink *saver = &self->state->saver;
    wadi__capture made = {0};
    wadi__capture_wish wish = saver->wish(saver->self, self->batch_ms);
    if (wish == WADI__CAPTURE_NOTHING) return;
    bool is_made = wadi__state_store_capture(self->store, wish == WADI__CAPTURE_ALL, &made);
    saver->take(saver->self, self->batch_ms, is_made ? &made : NULL, self->store->has_lost);
    wadi__capture_fini(&made);
}
static void commit(wadi__state_writing *self) {
    wadi__state *state = self->state;
    wadi__state_store_commit(self->store, self->batch_ms);
    self->partition->batch_ms = self->batch_ms;
    if (self->is_captured) capture(self);
    if (self->output != NULL)
        (void)wadi__vec_push(&self->partition->outputs,
                             (wadi__state_output){self->batch_ms, self->output});
    self->output = NULL;
    pthread_mutex_lock(&state->lock);
    int64_t oldest_ms = oldest_held(state, self->batch_ms);
    if (oldest_ms - 1 > state->forgotten_ms) state->forgotten_ms = oldest_ms - 1;
    pthread_mutex_unlock(&state->lock);
    forget(self->partition, oldest_ms);
}
/* A task that found no memory, for whatever it did, says how large the state is that it is about.
 */
static void tell_size(const wadi__state_writing *self) {
    if (self->task->err.status == WADI_E_NOMEM)
        wadi_error_context(&self->task->err, WADI_E_NOMEM,
                           "partition %u of the state has %zu keys and %" PRIu64
                           " bytes; raise wadi.memory.max_bytes, or let keys go",
                           self->task->partition_index, self->store->count,
                           (uint64_t)wadi__state_store_bytes(self->store));
}
static void writing_close(wadi__at_close *at_close) {
    wadi__state_writing *self =
        (wadi__state_writing *)(void *)((char *)at_close - offsetof(wadi__state_writing, at_close));
    wadi__state *state = self->state;
    if (self->task->user.failed) tell_size(self);
    if (self->is_done && !self->task->user.failed)
        commit(self);
    else
        wadi__state_store_undo(self->store);
    wadi__block_unref(self->output);
    uint64_t bytes = wadi__state_store_bytes(self->store);
    pthread_mutex_lock(&state->lock);
    self->partition->is_written = false;
    self->partition->keys = self->store->count;
    self->partition->bytes = bytes;
    pthread_mutex_unlock(&state->lock);
    wadi__event_wake_all(&state->changed, state->sc->env);
}
void wadi__state_size(wadi__state *state, uint64_t *keys, uint64_t *bytes) {
    *keys = *bytes = 0;
    pthread_mutex_lock(&state->lock);
    for (uint32_t i = 0; i < state->partition_count; i++) {
        *keys += state->partitions[i].keys;
        *bytes += state->partitions[i].bytes;
    }
    pthread_mutex_unlock(&state->lock);
}
void wadi__state_no_memory(const wadi__state_writing *self) {
    wadi__task_fail(self->task, WADI_E_NOMEM, "no memory for the state");
}
bool wadi__state_write(wadi__state_writing *self, const wadi_rdd *rdd, uint32_t partition,
                       wadi__task *task, bool *has_batch) {
    const wadi__state_node *node = wadi__state_node_of(rdd);
    wadi__state *state = (wadi__state *)node->state;
    *self = (wadi__state_writing){.state = state,
                                  .partition = &state->partitions[partition],
                                  .store = &state->partitions[partition].store,
                                  .task = task,
                                  .batch_ms = node->time_ms,
                                  .is_captured = node->is_captured,
                                  .at_close = {.close = writing_close}};
    pthread_mutex_lock(&state->lock);
    while (self->partition->is_written || self->partition->readers > 0)
        wadi__event_wait(&state->changed, &state->lock, state->sc->env, WADI__DEADLINE_NONE);
    self->partition->is_written = true;
    pthread_mutex_unlock(&state->lock);
    wadi__task_on_close(task, &self->at_close);
    *has_batch = self->partition->batch_ms >= self->batch_ms;
    if (*has_batch) return true;
    if (wadi__vec_reserve(&self->partition->outputs, 1) && wadi__state_store_begin(self->store))
        return true;
    wadi__state_no_memory(self);
    return false;
}

/* ---- Reading ---- */

typedef struct reading {
    wadi__state *state;
    wadi__state_partition *partition;
    wadi__at_close at_close;
} reading;

static void reading_close(wadi__at_close *at_close) {
    reading *self = (reading *)(void *)((char *)at_close - offsetof(reading, at_close));
    pthread_mutex_lock(&self->state->lock);
    bool is_last = --self->partition->readers == 0;
    pthread_mutex_unlock(&self->state->lock);
    if (is_last) wadi__event_wake_all(&self->state->changed, self->state->sc->env);
}
/* Until the task ends. False: the task has failed. */
static bool start_reading(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    reading *self = wadi__task_scratch(task, sizeof *self);
    if (self == NULL) return false;
    self->state = (wadi__state *)wadi__state_node_of(rdd)->state;
    self->partition = &self->state->partitions[partition];
    self->at_close.close = reading_close;
    pthread_mutex_lock(&self->state->lock);
    while (self->partition->is_written)
        wadi__event_wait(&self->state->changed, &self->state->lock, self->state->sc->env,
                         WADI__DEADLINE_NONE);
    self->partition->readers++;
    pthread_mutex_unlock(&self->state->lock);
    wadi__task_on_close(task, &self->at_close);
    return true;
}
static wadi__cursor *states_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    const wadi__state_node *node = wadi__state_node_of(rdd);
    const wadi__state *state = (const wadi__state *)node->state;
    if (!start_reading(rdd, partition, task)) return NULL;
    return wadi__state_view_open(&state->partitions[partition].store, node->time_ms, task, sink);
}
static wadi__cursor *outputs_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                  wadi__sink *sink) {
    const wadi__state_node *node = wadi__state_node_of(rdd);
    const wadi__state *state = (const wadi__state *)node->state;
    if (!start_reading(rdd, partition, task)) return NULL;
    const wadi__state_partition *from = &state->partitions[partition];
    wadi__block *block = NULL;
    for (size_t i = from->outputs.count; i > 0 && block == NULL; i--)
        if (from->outputs.items[i - 1].batch_ms == node->time_ms)
            block = from->outputs.items[i - 1].block;
    return wadi__block_open(block, task, sink);
}
static const wadi__state_node_ops read_ops[] = {
    [WADI__STATE_OUTPUTS] = {outputs_open, read_make_ready, read_hold, read_release},
    [WADI__STATE_STATES] = {states_open, read_make_ready, read_hold, read_release},
};
wadi_status wadi__state_read(wadi__state *state, int64_t batch_ms, wadi__state_part part,
                             const wadi__partitioner *partitioner, const wadi_where *where,
                             wadi_rdd **out, wadi_error *err) {
    const wadi__type *type = part == WADI__STATE_OUTPUTS ? state->fn->out : state->type;
    wadi__state_node node = {.ops = &read_ops[part], .state = &state->counted, .time_ms = batch_ms};
    wadi_rdd *rdd =
        wadi__rdd_make_state(state->sc, &node, type, state->partition_count, partitioner, where);
    return wadi__dstream_made(rdd, out, err);
}
