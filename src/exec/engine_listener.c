/* SPDX-License-Identifier: Apache-2.0 */
/* engine_listener.c: events of jobs, stages, tasks and blocks, each a copy of its own. */
#include "exec/engine_listener.h"

#include "base/conf.h"
#include "base/listener_bus.h"
#include "base/log.h"
#include "exec/engine.h"

#include <stdio.h>
#include <string.h>

enum {
    OPERATORS_MAX = 64, /* of a stage that are told */
    PARENTS_MAX = 8,    /* of an operator */
    STOP_MS = 2000,
};

typedef struct node {
    struct node *next;
    wadi_engine_listener listener;
} node;
struct wadi__engine_listeners {
    wadi__listener_bus *bus;
    pthread_mutex_t lock;
    node *first; /* guarded by lock; nodes never go */
    atomic_bool wants_tasks, wants_blocks;
    atomic_llong next_stage, next_job;
};

typedef enum event_kind {
    JOB_STARTED,
    JOB_ENDED,
    STAGE_SUBMITTED,
    STAGE_COMPLETED,
    TASK_ENDED,
    BLOCK_STORED,
    BLOCK_EVICTED,
    RDD_UNPERSISTED,
    EXECUTOR_ADDED,
} event_kind;

typedef struct operator_told {
    char name[160];
    uint64_t parents[PARENTS_MAX];
} operator_told;
typedef struct engine_event {
    wadi__bus_event head;
    event_kind kind;
    const node *only; /* NULL: for all */
    union {
        wadi_job_info job;
        wadi_stage_info stage;
        wadi_task_info task;
        wadi_stored_info stored;
        wadi_executor_info executor;
        uint64_t rdd_id;
    } of;
    char *failure;
    wadi_operator_info *operators; /* of a stage .. */
    operator_told *told;           /* .. and their texts */
    char name[200];
} engine_event;

/* ---- Making events ---- */

static wadi__engine_listeners *listeners_of(const wadi_context *sc) {
    return atomic_load_explicit(&sc->listeners, memory_order_acquire);
}
bool wadi__engine_tells_tasks(const wadi_context *sc) {
    wadi__engine_listeners *self = listeners_of(sc);
    return self != NULL && atomic_load_explicit(&self->wants_tasks, memory_order_relaxed);
}
bool wadi__engine_tells_blocks(const wadi_context *sc) {
    wadi__engine_listeners *self = listeners_of(sc);
    return self != NULL && atomic_load_explicit(&self->wants_blocks, memory_order_relaxed);
}
static void event_free(wadi__bus_event *head) {
    engine_event *self = (engine_event *)head;
    wadi__free(self->failure);
    wadi__free(self->operators);
    wadi__free(self->told);
    wadi__free(self);
}
/* NULL: no memory. */
static engine_event *event_new(event_kind kind, const char *name, const char *failure) {
    engine_event *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->kind = kind;
    snprintf(self->name, sizeof self->name, "%s", name != NULL ? name : "");
    if (failure == NULL || (self->failure = wadi__strdup(failure)) != NULL) return self;
    event_free(&self->head);
    return NULL;
}
static void put(const wadi_context *sc, engine_event *event) {
    wadi__listener_bus *bus = listeners_of(sc)->bus;
    wadi__listener_bus_put(bus, event != NULL ? &event->head : NULL);
    wadi__listener_bus_wake(bus);
}
/* "map at word_count.c:12", or the user's name for it. */
static void name_rdd(const wadi_rdd *rdd, const char *op, char *name, size_t size) {
    const char *file = rdd->where.file, *slash = file != NULL ? strrchr(file, '/') : NULL;
    if (file == NULL)
        snprintf(name, size, "%s", op);
    else
        snprintf(name, size, "%s at %s:%d", op, slash != NULL ? slash + 1 : file, rdd->where.line);
}

/* ---- Jobs ---- */

static void tell_job(wadi_context *sc, event_kind kind, const wadi__job_told *job,
                     const char *failure) {
    engine_event *event = event_new(kind, job->name, failure);
    if (event != NULL)
        event->of.job =
            (wadi_job_info){.id = job->id,
                            .name = event->name,
                            .batch_ms = job->batch_ms,
                            .output_id = job->output_id,
                            .submission_ms = job->submission_ms,
                            .completion_ms = kind == JOB_ENDED ? sc->env->wall_ms(sc->env) : -1,
                            .failure_reason = event->failure};
    put(sc, event);
}
void wadi__tell_job_started(wadi_context *sc, wadi__job_told *job, const wadi_rdd *rdd,
                            const wadi__action *action) {
    const wadi__scope *scope = wadi__context_scope(sc);
    *job = (wadi__job_told){.id = atomic_fetch_add(&listeners_of(sc)->next_job, 1),
                            .batch_ms = scope->batch_ms,
                            .output_id = scope->output_id,
                            .submission_ms = sc->env->wall_ms(sc->env)};
    name_rdd(rdd, wadi__action_ops_of(action->kind)->name, job->name, sizeof job->name);
    tell_job(sc, JOB_STARTED, job, NULL);
}
void wadi__tell_job_ended(wadi_context *sc, const wadi__job_told *job, const char *failure) {
    tell_job(sc, JOB_ENDED, job, failure);
}

/* ---- Stages ---- */

/* The datasets that the stage's tasks compute, from the last one up to where others' outputs are
 * read. */
static size_t list_operators(const wadi_rdd *last, const wadi_rdd **found) {
    size_t count = 0;
    found[count++] = last;
    for (size_t at = 0; at < count; at++)
        for (uint32_t i = 0; i < found[at]->parent_count && count < OPERATORS_MAX; i++) {
            const wadi__parent *parent = &found[at]->parents[i];
            bool is_known = parent->is_wide || wadi__rdd_saved(found[at]) != NULL;
            for (size_t k = 0; k < count && !is_known; k++) is_known = found[k] == parent->rdd;
            if (!is_known) found[count++] = parent->rdd;
        }
    return count;
}
/* False: no memory. */
static bool add_operators(engine_event *event, const wadi_rdd *last) {
    const wadi_rdd *found[OPERATORS_MAX];
    size_t count = list_operators(last, found);
    event->operators = wadi__calloc(count, sizeof *event->operators);
    event->told = wadi__calloc(count, sizeof *event->told);
    if (event->operators == NULL || event->told == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        const wadi_rdd *rdd = found[i];
        operator_told *told = &event->told[i];
        size_t parents = rdd->parent_count < PARENTS_MAX ? rdd->parent_count : PARENTS_MAX;
        for (size_t k = 0; k < parents; k++) told->parents[k] = rdd->parents[k].rdd->id;
        name_rdd(rdd, rdd->name != NULL ? rdd->name : wadi__rdd_op_name(rdd), told->name,
                 sizeof told->name);
        event->operators[i] = (wadi_operator_info){.rdd_id = rdd->id,
                                                   .name = told->name,
                                                   .is_stored = rdd->level != WADI_STORAGE_DEFAULT,
                                                   .parents = told->parents,
                                                   .parent_count = parents};
    }
    event->of.stage.operators = event->operators;
    event->of.stage.operator_count = count;
    return true;
}
static engine_event *stage_event(event_kind kind, const wadi__stage *stage, const char *failure) {
    char name[200];
    const wadi_rdd *rdd = stage->rdd;
    name_rdd(rdd, wadi__rdd_op_name(rdd), name, sizeof name);
    if (stage->is_second_pass || stage->is_sorting)
        snprintf(name + strlen(name), sizeof name - strlen(name), " (%s)",
                 stage->is_sorting ? "sorting its output" : "second pass");
    engine_event *event = event_new(kind, name, failure);
    if (event == NULL) return NULL;
    event->of.stage = (wadi_stage_info){.id = stage->number,
                                        .job_id = stage->job->id,
                                        .name = event->name,
                                        .task_count = stage->task_count,
                                        .submission_ms = stage->submission_ms,
                                        .completion_ms = -1,
                                        .run_ms = -1,
                                        .failure_reason = event->failure};
    return event;
}
void wadi__tell_stage_submitted(wadi_context *sc, wadi__stage *stage) {
    stage->number = atomic_fetch_add(&listeners_of(sc)->next_stage, 1);
    stage->submission_ms = sc->env->wall_ms(sc->env);
    atomic_store(&stage->run_ns, 0);
    atomic_store(&stage->failed_count, 0);
    engine_event *event = stage_event(STAGE_SUBMITTED, stage, NULL);
    if (event != NULL && !add_operators(event, stage->rdd)) {
        event_free(&event->head);
        event = NULL;
    }
    put(sc, event);
}
void wadi__tell_stage_completed(wadi_context *sc, const wadi__stage *stage, const char *failure) {
    engine_event *event = stage_event(STAGE_COMPLETED, stage, failure);
    if (event != NULL) {
        event->of.stage.completion_ms = sc->env->wall_ms(sc->env);
        event->of.stage.run_ms = atomic_load(&stage->run_ns) / 1000000;
        event->of.stage.failed_task_count = atomic_load(&stage->failed_count);
    }
    put(sc, event);
}
void wadi__tell_task_ended(wadi_context *sc, const wadi_task_info *task) {
    engine_event *event = event_new(TASK_ENDED, NULL, task->failure_reason);
    if (event != NULL) {
        event->of.task = *task;
        event->of.task.failure_reason = event->failure;
    }
    put(sc, event);
}

/* ---- Blocks and executors ---- */

void wadi__tell_block_stored(const wadi_rdd *rdd, uint32_t partition_index, int64_t size_bytes,
                             bool is_on_disk) {
    char name[200];
    name_rdd(rdd, rdd->name != NULL ? rdd->name : wadi__rdd_op_name(rdd), name, sizeof name);
    engine_event *event = event_new(BLOCK_STORED, name, NULL);
    if (event != NULL)
        event->of.stored = (wadi_stored_info){.rdd_id = rdd->id,
                                              .name = event->name,
                                              .partition_index = partition_index,
                                              .partition_count = rdd->partition_count,
                                              .size_bytes = size_bytes,
                                              .is_on_disk = is_on_disk};
    put(rdd->sc, event);
}
void wadi__tell_block_evicted(wadi_context *sc, const wadi__evicted *left) {
    engine_event *event = event_new(BLOCK_EVICTED, NULL, NULL);
    if (event != NULL)
        event->of.stored = (wadi_stored_info){.rdd_id = left->rdd_id,
                                              .partition_index = left->partition_index,
                                              .partition_count = left->partition_count,
                                              .size_bytes = left->disk_bytes,
                                              .is_on_disk = left->is_on_disk};
    put(sc, event);
}
void wadi__tell_unpersisted(wadi_context *sc, uint64_t rdd_id) {
    engine_event *event = event_new(RDD_UNPERSISTED, NULL, NULL);
    if (event != NULL) event->of.rdd_id = rdd_id;
    put(sc, event);
}
static void tell_executor(wadi_context *sc, const node *only) {
    engine_event *event = event_new(EXECUTOR_ADDED, NULL, NULL);
    if (event != NULL) {
        event->only = only;
        event->of.executor =
            (wadi_executor_info){.id = "driver", .host = "localhost", .slots = sc->engine->slots};
    }
    put(sc, event);
}

/* ---- Delivering: the bus's thread ---- */

#define CALL(callback, argument) \
    if (to->callback != NULL) to->callback(argument, to->user)

static void deliver_to(const engine_event *event, const wadi_engine_listener *to) {
    switch (event->kind) {
    case JOB_STARTED: CALL(on_job_started, &event->of.job); break;
    case JOB_ENDED: CALL(on_job_ended, &event->of.job); break;
    case STAGE_SUBMITTED: CALL(on_stage_submitted, &event->of.stage); break;
    case STAGE_COMPLETED: CALL(on_stage_completed, &event->of.stage); break;
    case TASK_ENDED: CALL(on_task_ended, &event->of.task); break;
    case BLOCK_STORED: CALL(on_block_stored, &event->of.stored); break;
    case BLOCK_EVICTED: CALL(on_block_evicted, &event->of.stored); break;
    case RDD_UNPERSISTED: CALL(on_rdd_unpersisted, event->of.rdd_id); break;
    case EXECUTOR_ADDED: CALL(on_executor_added, &event->of.executor); break;
    }
}
static void deliver(wadi__bus_event *head, void *arg) {
    wadi__engine_listeners *self = arg;
    const engine_event *event = (const engine_event *)head;
    pthread_mutex_lock(&self->lock);
    const node *at = self->first;
    pthread_mutex_unlock(&self->lock);
    while (at != NULL) {
        if (event->only == NULL || event->only == at) deliver_to(event, &at->listener);
        pthread_mutex_lock(&self->lock);
        at = at->next;
        pthread_mutex_unlock(&self->lock);
    }
}
static const wadi__listener_bus_ops bus_ops = {"exec", deliver, event_free};

/* ---- Life ---- */

static wadi__engine_listeners *listeners_new(wadi_context *sc) {
    wadi__engine_listeners *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    pthread_mutex_init(&self->lock, NULL);
    size_t capacity = (size_t)wadi__conf_int(sc->conf, WADI__CONF_LISTENER_QUEUE);
    self->bus = wadi__listener_bus_new(sc->env, capacity, &bus_ops, self);
    if (self->bus != NULL) return self;
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
    return NULL;
}
/* Those of the context, made by the first who asks. NULL: no memory, or no thread. */
static wadi__engine_listeners *some_listeners(wadi_context *sc) {
    static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
    wadi__engine_listeners *self = listeners_of(sc);
    if (self != NULL) return self;
    wadi__engine_listeners *made = listeners_new(sc);
    pthread_mutex_lock(&making);
    self = listeners_of(sc);
    if (self == NULL) {
        atomic_store_explicit(&sc->listeners, made, memory_order_release);
        self = made;
        made = NULL;
    }
    pthread_mutex_unlock(&making);
    if (made != NULL) { /* another was faster */
        wadi__listener_bus_stop(made->bus, WADI__DEADLINE_NONE);
        wadi__listener_bus_free(made->bus);
        pthread_mutex_destroy(&made->lock);
        wadi__free(made);
    }
    return self;
}
wadi_status(wadi_add_engine_listener)(wadi_context *sc, const wadi_engine_listener *listener) {
    if (sc->engine == NULL || atomic_load(&sc->is_stopped)) return WADI_E_STATE;
    if (listener->size > sizeof *listener) return WADI_E_INVALID;
    node *made = wadi__calloc(1, sizeof *made);
    wadi__engine_listeners *self = made != NULL ? some_listeners(sc) : NULL;
    if (self == NULL) {
        wadi__free(made);
        return WADI_E_NOMEM;
    }
    memcpy(&made->listener, listener, listener->size);
    pthread_mutex_lock(&self->lock);
    node **last = &self->first;
    while (*last != NULL) last = &(*last)->next;
    *last = made;
    pthread_mutex_unlock(&self->lock);
    if (made->listener.on_task_ended != NULL) atomic_store(&self->wants_tasks, true);
    if (made->listener.on_block_stored != NULL || made->listener.on_block_evicted != NULL ||
        made->listener.on_rdd_unpersisted != NULL)
        atomic_store(&self->wants_blocks, true);
    tell_executor(sc, made);
    return WADI_OK;
}
uint64_t wadi__engine_events_dropped(const wadi_context *sc) {
    wadi__engine_listeners *self = listeners_of(sc);
    return self != NULL ? wadi__listener_bus_dropped(self->bus) : 0;
}
bool wadi__engine_listeners_stop(wadi_context *sc) {
    wadi__engine_listeners *self = listeners_of(sc);
    if (self == NULL || wadi__listener_bus_stop(self->bus, wadi__env_deadline(sc->env, STOP_MS)))
        return true;
    wadi__log_error("exec", "a listener did not return within %d s; the process goes on without it",
                    STOP_MS / 1000);
    return false;
}
void wadi__engine_listeners_free(wadi_context *sc) {
    wadi__engine_listeners *self = listeners_of(sc);
    if (self == NULL) return;
    wadi__listener_bus_free(self->bus);
    for (node *at = self->first, *next; at != NULL; at = next) {
        next = at->next;
        wadi__free(at);
    }
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
