/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: steps in their order, and reading what is kept. */
#include "exec/window.h"

#include "base/conf.h"
#include "base/log.h"
#include "exec/engine.h"
#include "exec/wide.h"
#include "exec/window_save.h"
#include "rdd/block_cursor.h"
#include "rdd/ops/ops.h"

#include <inttypes.h>
#include <string.h>

/* What the stream makes of one of its times. */
typedef struct window_step {
    wadi__counted counted;
    int64_t time_ms;
    _Atomic uint64_t rdd_id;  /* of the RDD that is its window */
    atomic_uint applied;      /* partitions that it has been applied to */
    atomic_bool is_forgotten; /* nobody can ask for its window any more */
    size_t count;
    wadi__window_batch batches[]; /* one reference to each partial */
} window_step;

typedef struct window_slot { /* a partition */
    wadi__window_part part;
    window_step
        *current;     /* whose window the part has, one reference; of who has is_busy. NULL: none */
    uint32_t readers; /* tasks that read it; guarded by the part's lock */
} window_slot;

struct wadi__window {
    wadi__counted counted;
    wadi_context *sc;
    wadi__env *env;
    wadi__window_spec spec;
    wadi__window_shape shape;
    WADI__VEC(window_step *) steps; /* not applied everywhere yet, in order. Generator thread */
    _Atomic int64_t stores_until_ms;
    uint64_t keys_warn;
    atomic_bool has_warned;
    wadi__capture_sink saver;     /* takes what changes; one reference. NULL: nobody does */
    int64_t zero_ms, interval_ms; /* when it does */
    uint32_t part_count;
    window_slot *slots;
};

/* ---- Steps ---- */

static void step_destroy(wadi__counted *counted) {
    window_step *step = (window_step *)counted;
    for (size_t i = 0; i < step->count; i++) wadi_rdd_unref(&step->batches[i].partial);
    wadi__free(step);
}
static void step_unref(window_step *step) {
    if (step != NULL) wadi__counted_unref(&step->counted);
}
static window_step *step_new(int64_t time_ms, const wadi__window_batch *batches, size_t count) {
    window_step *step = wadi__calloc(1, sizeof *step + count * sizeof step->batches[0]);
    if (step == NULL) return NULL;
    wadi__counted_init(&step->counted, step_destroy);
    step->time_ms = time_ms;
    step->count = count;
    for (size_t i = 0; i < count; i++)
        step->batches[i] =
            (wadi__window_batch){batches[i].time_ms, wadi_rdd_ref(batches[i].partial)};
    return step;
}

/* ---- Life ---- */

static void window_destroy(wadi__counted *counted) {
    wadi__window *self = (wadi__window *)counted;
    for (size_t i = 0; i < self->steps.count; i++) step_unref(self->steps.items[i]);
    wadi__vec_fini(&self->steps);
    for (uint32_t p = 0; self->slots != NULL && p < self->part_count; p++) {
        wadi__window_part_fini(&self->slots[p].part, &self->shape);
        step_unref(self->slots[p].current);
    }
    wadi__free(self->slots);
    wadi__bound_fn_unref(self->spec.filter);
    wadi__counted_unref(self->saver.self);
    wadi__free(self);
}
wadi__window *wadi__window_new(wadi_context *sc, const wadi__window_spec *spec) {
    wadi__window *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    wadi__counted_init(&self->counted, window_destroy);
    self->sc = sc;
    self->env = sc->env;
    self->spec = *spec;
    atomic_store(&self->stores_until_ms, INT64_MIN);
    if (spec->filter != NULL) wadi__counted_ref(&spec->filter->counted);
    self->shape = wadi__window_shape_of(spec);
    self->keys_warn = (uint64_t)wadi__conf_int(sc->conf, WADI__CONF_WINDOW_KEYS_WARN);
    self->slots = wadi__calloc(spec->partition_count, sizeof *self->slots);
    bool made = self->slots != NULL;
    for (uint32_t p = 0; made && p < spec->partition_count; p++) {
        made = wadi__window_part_init(&self->slots[p].part, &self->shape);
        self->part_count++;
    }
    if (made) return self;
    window_destroy(&self->counted);
    return NULL;
}
void wadi__window_unref(wadi__window *window) {
    if (window != NULL) wadi__counted_unref(&window->counted);
}
void wadi__window_store_until(wadi__window *window, int64_t time_ms) {
    atomic_store(&window->stores_until_ms, time_ms);
}
uint64_t wadi__window_key_count(wadi__window *window) {
    uint64_t count = 0;
    for (uint32_t p = 0; p < window->part_count; p++)
        count += atomic_load_explicit(&window->slots[p].part.key_count, memory_order_relaxed);
    return count;
}

/* ---- Saving and loading ---- */

void wadi__window_follow(wadi__window *self, const wadi__capture_sink *saver, int64_t zero_ms,
                         int64_t interval_ms) {
    self->saver = *saver;
    wadi__counted_ref(saver->self);
    self->zero_ms = zero_ms;
    self->interval_ms = interval_ms;
    for (uint32_t p = 0; p < self->part_count; p++) self->slots[p].part.is_captured = true;
}
static bool is_captured(const wadi__window *self, int64_t time_ms) {
    return self->saver.self != NULL && (time_ms - self->zero_ms) % self->interval_ms == 0;
}
/* The caller has is_busy. */
static void capture(const wadi__window *self, wadi__window_part *part) {
    const wadi__capture_sink *saver = &self->saver;
    wadi__capture made = {0};
    wadi__capture_wish wish = saver->wish(saver->self, part->time_ms);
    if (wish == WADI__CAPTURE_NOTHING) return;
    bool all = wish == WADI__CAPTURE_ALL;
    bool is_made = wadi__window_part_capture(part, &self->shape, all, &made);
    saver->take(saver->self, part->time_ms, is_made ? &made : NULL, part->has_lost);
}
static wadi_status no_memory_to_load(wadi_error *err) {
    return wadi_error_context(err, WADI_E_NOMEM, "no memory to read a window");
}
wadi_status wadi__window_load(wadi__window *self, const wadi__section *section, wadi_error *err) {
    wadi__window_part **parts = wadi__calloc(self->part_count, sizeof *parts);
    if (parts == NULL) return no_memory_to_load(err);
    for (uint32_t p = 0; p < self->part_count; p++) parts[p] = &self->slots[p].part;
    wadi_status status =
        wadi__window_parts_load(&self->shape, parts, self->part_count, section, err);
    wadi__free(parts);
    return status;
}
wadi_status wadi__window_go_on_from(wadi__window *self, int64_t time_ms, wadi_error *err) {
    bool is_ordered = self->shape.has_floats && self->spec.slide_ms <= self->spec.window_ms;
    for (uint32_t p = 0; p < self->part_count; p++)
        if (!wadi__window_part_loaded(&self->slots[p].part, &self->shape, is_ordered, time_ms))
            return no_memory_to_load(err);
    return WADI_OK;
}

/* ---- Plans: what a window's RDD holds ---- */

typedef struct planned_step {
    window_step *step;   /* one reference */
    size_t first, count; /* of the inputs */
} planned_step;
typedef struct window_plan {
    wadi__counted counted;
    wadi__window *window;       /* one reference */
    wadi__window_input *inputs; /* of all steps */
    atomic_bool is_being_made;  /* by a job for that alone */
    size_t step_count;
    planned_step steps[]; /* in order; the last one is the RDD's own */
} window_plan;

static window_step *own_step(const window_plan *plan) {
    return plan->steps[plan->step_count - 1].step;
}
static const window_plan *plan_of(const wadi_rdd *rdd) {
    return (const window_plan *)(const void *)wadi__rdd_window_plan(rdd);
}
static void plan_destroy(wadi__counted *counted) {
    window_plan *plan = (window_plan *)counted;
    window_step *own = own_step(plan);
    atomic_store(&own->is_forgotten, true);
    uint64_t rdd_id = atomic_load(&own->rdd_id);
    if (rdd_id != 0 && plan->window->sc->engine != NULL)
        wadi__engine_used->unpersist(plan->window->sc, rdd_id);
    for (size_t s = 0; s < plan->step_count; s++) step_unref(plan->steps[s].step);
    wadi__window_unref(plan->window);
    wadi__free(plan->inputs);
    wadi__free(plan);
}
static void forget_applied_steps(wadi__window *self) {
    size_t kept = 0;
    for (size_t i = 0; i < self->steps.count; i++) {
        window_step *step = self->steps.items[i];
        if (atomic_load(&step->applied) == self->part_count)
            step_unref(step);
        else
            self->steps.items[kept++] = step;
    }
    self->steps.count = kept;
}
/* Whether a batch of an older step still matters to the window that ends at time_ms. */
static bool is_wanted(const wadi__window *self, const window_step *step, int64_t batch_ms,
                      int64_t time_ms) {
    return self->spec.is_inverse || !atomic_load(&step->is_forgotten) ||
           wadi__window_pane_end(&self->spec, time_ms, batch_ms) > time_ms - self->spec.window_ms;
}
static void plan_step(window_plan *plan, window_step *step, int64_t time_ms, wadi_rdd **partials,
                      size_t *count) {
    planned_step *planned = &plan->steps[plan->step_count++];
    wadi__counted_ref(&step->counted);
    *planned = (planned_step){step, *count, 0};
    for (size_t i = 0; i < step->count; i++) {
        if (!is_wanted(plan->window, step, step->batches[i].time_ms, time_ms)) continue;
        plan->inputs[*count] = (wadi__window_input){step->batches[i].time_ms, (uint32_t)*count};
        partials[(*count)++] = step->batches[i].partial;
        planned->count++;
    }
}
/* Of all steps that wait, and a new one. *partials, from wadi__malloc, are *count RDDs. NULL: no
 * memory. */
static window_plan *plan_new(wadi__window *self, window_step *own, wadi_rdd ***partials,
                             size_t *count) {
    size_t most = own->count;
    for (size_t i = 0; i < self->steps.count; i++) most += self->steps.items[i]->count;
    window_plan *plan =
        wadi__calloc(1, sizeof *plan + (self->steps.count + 1) * sizeof plan->steps[0]);
    wadi__window_input *inputs = wadi__calloc(most, sizeof *inputs);
    *partials = wadi__calloc(most, sizeof **partials);
    if (plan == NULL || inputs == NULL || *partials == NULL) {
        wadi__free(plan);
        wadi__free(inputs);
        return NULL;
    }
    wadi__counted_init(&plan->counted, plan_destroy);
    wadi__counted_ref(&self->counted);
    plan->window = self;
    plan->inputs = inputs;
    *count = 0;
    for (size_t i = 0; i < self->steps.count; i++)
        plan_step(plan, self->steps.items[i], own->time_ms, *partials, count);
    plan_step(plan, own, own->time_ms, *partials, count);
    return plan;
}
static wadi_rdd *broken_rdd(const wadi__window *self, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(self->sc, WADI__OP_WINDOWED, NULL, &options->where);
    if (rdd->op == WADI__OP_WINDOWED) rdd->type = self->spec.type;
    wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for a window");
    return wadi__rdd_done(rdd, options);
}

/* ---- Windows that are saved are made in all partitions, also where a job reads only some ---- */

static bool each_done(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition, (void)result, (void)arg;
    return true;
}
static wadi_status make_all(const wadi__window *self, const wadi_rdd *rdd, wadi_error *err) {
    static const wadi__action compute = {.kind = WADI__ACTION_COMPUTE};
    uint32_t *partitions = wadi__malloc(self->part_count * sizeof *partitions);
    if (partitions == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to make a window");
    for (uint32_t p = 0; p < self->part_count; p++) partitions[p] = p;
    wadi_status status =
        wadi__engine_used->run_job(self->sc, (wadi_rdd *)(uintptr_t)rdd, partitions,
                                   self->part_count, &compute, each_done, NULL, err);
    wadi__free(partitions);
    return status;
}
static wadi_status make_ready(const wadi_rdd *rdd, wadi_error *err) {
    window_plan *plan = (window_plan *)(void *)wadi__rdd_window_plan(rdd);
    if (!is_captured(plan->window, own_step(plan)->time_ms) ||
        atomic_exchange(&plan->is_being_made, true))
        return WADI_OK;
    wadi_status status = make_all(plan->window, rdd, err);
    atomic_store(&plan->is_being_made, false);
    return status;
}

wadi_rdd *wadi__window_rdd(wadi__window *self, int64_t time_ms, const wadi__window_batch *batches,
                           size_t count, wadi__bound_fn *fn, wadi__bound_fn *inverse,
                           const wadi_op_options *options) {
    wadi__window_rdd_args args = {.type = self->spec.type,
                                  .is_keyed = self->spec.is_keyed,
                                  .partitions = self->part_count,
                                  .fn = fn,
                                  .inverse = inverse,
                                  .make_ready = make_ready};
    forget_applied_steps(self);
    window_step *own = step_new(time_ms, batches, count);
    wadi_rdd **partials = NULL;
    window_plan *plan = own != NULL && wadi__vec_reserve(&self->steps, 1)
                            ? plan_new(self, own, &partials, &args.partial_count)
                            : NULL;
    wadi_rdd *rdd;
    if (plan != NULL) {
        args.plan = &plan->counted;
        args.partials = partials;
        rdd = wadi__rdd_make_windowed(self->sc, &args, options);
    } else {
        rdd = broken_rdd(self, options);
    }
    wadi__free(partials);
    if (own == NULL) return rdd;
    if (wadi__rdd_is_broken(rdd)) {
        step_unref(own);
        return rdd;
    }
    atomic_store(&own->rdd_id, rdd->id);
    self->steps.items[self->steps.count++] = own;
    return rdd;
}

/* ---- Applying steps ---- */

typedef struct window_op {
    wadi__cursor cursor;
    const wadi_rdd *rdd;
    const window_plan *plan;
    wadi__window *window;
    window_slot *slot;
    wadi__window_part *part; /* the slot's */
    uint32_t partition;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    wadi__at_close at_close;
    bool is_reading;      /* it is among the slot's readers */
    wadi__cursor *stored; /* of the block that it is read from; NULL: from the columns */
    uint32_t next;        /* number to be read */
    bool is_ready;
} window_op;

/* holds nothing */
static void claim(window_op *op) {
    pthread_mutex_lock(&op->part->lock);
    while (op->part->is_busy)
        wadi__event_wait(&op->part->changed, &op->part->lock, op->window->env, WADI__DEADLINE_NONE);
}
static void let_go(window_op *op) {
    pthread_mutex_lock(&op->part->lock);
    op->part->is_busy = false;
    pthread_mutex_unlock(&op->part->lock);
    wadi__event_wake_all(&op->part->changed, op->window->env);
}
/* Copies `count` values that lie one after the other to places `stride` apart. */
static void spread(char *to, size_t stride, const char *from, size_t size, uint32_t count) {
#define SPREAD(n) \
    for (size_t i = 0; i < count; i++) memcpy(to + i * stride, from + i * (n), n)
    switch (size) {
    case 8: SPREAD(8); return;
    case 16: SPREAD(16); return;
    default: SPREAD(size);
    }
#undef SPREAD
}
/* Puts whole records of `count` numbers from n on one after the other. */
static void copy_run(const wadi__window_part *part, const wadi__window_shape *shape, char *rows,
                     uint32_t n, uint32_t count) {
    const char *tails = part->tails + n * shape->tail_size;
    const char *keys = shape->is_keyed ? wadi__dictionary_key(&part->keys, n) : NULL;
    if (keys != NULL && shape->key_size == 16 && shape->tail_at == 16 && shape->tail_size == 8) {
        for (size_t i = 0; i < count; i++, rows += 24) { /* strings and a number: the commonest */
            memcpy(rows, keys + i * 16, 16);
            memcpy(rows + 16, tails + i * 8, 8);
        }
        return;
    }
    if (keys != NULL) spread(rows, shape->row_size, keys, shape->key_size, count);
    spread(rows + shape->tail_at, shape->row_size, tails, shape->tail_size, count);
}
/* How many numbers from n on, all below `end`, have a record. */
static uint32_t run_of_records(const wadi__window_part *part, uint32_t n, uint32_t end) {
    const uint64_t all = WADI__WINDOW_HAS * (UINT64_MAX / UINT8_MAX); /* in each of eight flags */
    uint32_t at = n;
    for (uint64_t eight; end - at >= sizeof eight; at += (uint32_t)sizeof eight) {
        memcpy(&eight, part->flags + at, sizeof eight);
        if ((eight & all) != all) break;
    }
    while (at < end && (part->flags[at] & WADI__WINDOW_HAS) != 0) at++;
    return at - n;
}
/* Copies the records from number *at on, at most rows_max, with their hashes. */
static void copy_rows(const window_op *op, uint32_t *at, wadi__chunk *out, uint32_t rows_max) {
    const wadi__window_part *part = op->part;
    const wadi__window_shape *shape = &op->window->shape;
    uint32_t n = *at, end = wadi__window_part_end(part, shape);
    while (n < end && out->count < rows_max) {
        const uint32_t left = rows_max - out->count,
                       run = run_of_records(part, n, end - n < left ? end : n + left);
        if (run > 0) copy_run(part, shape, out->rows + out->count * shape->row_size, n, run);
        if (out->hashes != NULL && run > 0)
            memcpy(out->hashes + out->count, part->keys.hashes + n, run * sizeof *out->hashes);
        out->count += run;
        n += run + (run < left && n + run < end); /* one that has none is passed over */
    }
    *at = n;
}
static bool no_memory(const window_op *op) {
    wadi__task_fail(op->task, WADI_E_NOMEM, "no memory to store a window");
    return false;
}
/* Stores the current window, which is about to be left behind. The caller has is_busy. */
static bool store_current(window_op *op) {
    wadi__engine *engine = op->window->sc->engine;
    const wadi__type *type = op->window->shape.type;
    const window_step *step = op->slot->current;
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = keep != NULL ? wadi__block_new(type, keep) : NULL;
    bool stored = block != NULL;
    for (uint32_t at = 0; stored && at < wadi__window_part_end(op->part, &op->window->shape);) {
        uint32_t rows_max = wadi__chunk_rows_max(type->pub.size);
        wadi__chunk *chunk = wadi__chunk_new(type->pub.size, rows_max, false);
        if (chunk != NULL) copy_rows(op, &at, chunk, rows_max);
        stored = chunk != NULL && wadi__block_add(block, chunk);
        wadi__chunk_unref(chunk);
    }
    uint64_t id = atomic_load(&step->rdd_id);
    stored = stored && wadi__block_own(block) &&
             wadi__block_store_put(&engine->blocks, id, WADI_MEMORY_AND_DISK, op->partition,
                                   op->window->part_count, (wadi__stored){block, NULL});
    wadi__block_unref(block);
    wadi__keep_unref(keep);
    if (atomic_load(&step->is_forgotten)) wadi__block_store_drop(&engine->blocks, id);
    return stored || no_memory(op);
}
/* Whether somebody may still ask for the current window. `passes`: the same task has just made it
 * on its way to a later one. */
static bool may_be_asked(window_op *op, bool passes) {
    window_step *step = op->slot->current;
    if (step == NULL || atomic_load(&step->is_forgotten)) return false;
    pthread_mutex_lock(&op->part->lock);
    bool may_be = passes || op->window->spec.stores_past || op->slot->readers > 0 ||
                  step->time_ms <= atomic_load(&op->window->stores_until_ms);
    pthread_mutex_unlock(&op->part->lock);
    if (!may_be) return false;
    wadi__stored stored = wadi__block_store_get(&op->window->sc->engine->blocks,
                                                atomic_load(&step->rdd_id), op->partition);
    wadi__stored_unref(stored);
    return !wadi__stored_is_there(stored);
}
static void warn_of_keys(wadi__window *self) {
    uint64_t count = wadi__window_key_count(self);
    bool stays = self->spec.is_inverse && self->spec.is_keyed && self->spec.filter == NULL;
    if (!stays || count <= self->keys_warn || atomic_exchange(&self->has_warned, true)) return;
    wadi__log_warn(
        "stream",
        "a window with an inverse and without a filter keeps every key: %" PRIu64
        " by now (wadi.window.keys_warn); .filter drops those whose value is as good as none",
        count);
}
/* The part has the window of step `last` now, which took those from `first` on. */
static void move_on(window_op *op, size_t first, size_t last) {
    window_step *step = op->plan->steps[last].step;
    step_unref(op->slot->current);
    wadi__counted_ref(&step->counted);
    op->slot->current = step;
    op->part->time_ms = step->time_ms;
    atomic_store_explicit(&op->part->key_count, op->part->keys.count, memory_order_relaxed);
    for (size_t s = first; s <= last; s++) atomic_fetch_add(&op->plan->steps[s].step->applied, 1);
    warn_of_keys(op->window);
}
/* Applies the inputs of steps first..last, of which only the last window is made. *passes: that is
 * done here, by this call or one before. */
static bool apply(window_op *op, size_t first, size_t last, bool *passes) {
    const window_plan *plan = op->plan;
    wadi__window_part *part = op->part;
    const window_step *step = plan->steps[last].step;
    wadi__window_task by = {&op->window->spec, &op->window->shape, op->rdd, op->partition,
                            op->task};
    claim(op);
    bool is_done = part->time_ms >= step->time_ms;
    part->is_busy = !is_done;
    pthread_mutex_unlock(&part->lock);
    if (is_done) return true;
    while (plan->steps[first].step->time_ms <= part->time_ms) first++;
    size_t from = plan->steps[first].first,
           until = plan->steps[last].first + plan->steps[last].count;
    is_done = (!may_be_asked(op, *passes) || store_current(op)) &&
              wadi__window_part_apply(part, &by, step->time_ms, plan->inputs + from, until - from);
    if (is_done) move_on(op, first, last);
    if (is_done && is_captured(op->window, step->time_ms)) capture(op->window, part);
    *passes |= is_done;
    let_go(op);
    return is_done;
}
/* All steps up to the node's own. Without an inverse a window that nobody asks for need not be made
 * on the way. */
static bool apply_all(window_op *op) {
    const window_plan *plan = op->plan;
    size_t first = 0;
    bool passes = false;
    for (size_t s = 0; s < plan->step_count; s++) {
        bool is_own = s + 1 == plan->step_count;
        bool is_needed = is_own || op->window->spec.is_inverse ||
                         !atomic_load(&plan->steps[s].step->is_forgotten);
        if (!is_needed) continue;
        if (!apply(op, first, s, &passes)) return false;
        first = s + 1;
    }
    return true;
}

/* ---- Reading ---- */

static bool left_behind(window_op *op, int64_t newer_ms) {
    wadi__task_fail(op->task, WADI_E_STATE,
                    "the window of %" PRId64 " ms has been left behind by that of %" PRId64
                    " ms: wadi_persist() or wadi_remember() keeps it",
                    own_step(op->plan)->time_ms, newer_ms);
    return false;
}
static void stop_reading(window_op *op) {
    if (!op->is_reading) return;
    pthread_mutex_lock(&op->part->lock);
    op->slot->readers--;
    pthread_mutex_unlock(&op->part->lock);
    op->is_reading = false;
}
static void window_close(wadi__at_close *at_close) {
    stop_reading((window_op *)(void *)((char *)at_close - offsetof(window_op, at_close)));
}
/* Whether the columns have this window; else the block is opened that has it. */
static bool get_ready(window_op *op) {
    if (!apply_all(op)) return false;
    op->is_ready = true;
    claim(op);
    int64_t time_ms = op->part->time_ms;
    bool is_current = time_ms == own_step(op->plan)->time_ms;
    op->slot->readers += is_current;
    op->is_reading = is_current;
    bool is_kept =
        !is_current ||
        ((op->part->strings == NULL || wadi__task_keep(op->task, &op->part->strings->counted)) &&
         (op->part->keys.strings == NULL ||
          wadi__task_keep(op->task, &op->part->keys.strings->counted)));
    pthread_mutex_unlock(&op->part->lock);
    if (is_current || !is_kept) return is_kept;
    wadi__stored stored =
        wadi__block_store_get(&op->window->sc->engine->blocks, op->rdd->id, op->partition);
    if (!wadi__stored_is_there(stored)) return left_behind(op, time_ms);
    op->stored = wadi__stored_open(stored, op->task, op->sink);
    wadi__stored_unref(stored); /* the task has one */
    return op->stored != NULL;
}
static bool window_step_cursor(wadi__cursor *cursor) {
    window_op *op = (window_op *)cursor;
    const wadi__window_shape *shape = &op->window->shape;
    if (!op->is_ready && !get_ready(op)) return false;
    if (op->stored != NULL) return wadi__cursor_step(op->stored, op->task);
    uint32_t rows_max = wadi__chunk_rows_max(shape->row_size);
    const bool with_hashes = shape->is_keyed && op->sink->wants_hashes;
    wadi__chunk *out =
        wadi__output_chunk(&op->output, op->task, shape->row_size, rows_max, with_hashes);
    if (out == NULL) return false;
    claim(op);
    int64_t time_ms = op->part->time_ms;
    bool is_current = time_ms == own_step(op->plan)->time_ms;
    if (is_current) copy_rows(op, &op->next, out, rows_max);
    pthread_mutex_unlock(&op->part->lock);
    if (!is_current) return left_behind(op, time_ms); /* it is stored: the next try finds it */
    if (out->count == 0) {
        stop_reading(op);
        return false;
    }
    wadi__slice slice = {out->rows, out->count, NULL, with_hashes ? out->hashes : NULL, out};
    wadi__push(op->sink, &slice);
    return true;
}
static wadi__cursor *window_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    window_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    const window_plan *plan = plan_of(rdd);
    window_slot *slot = &plan->window->slots[partition];
    *op = (window_op){.cursor.step = window_step_cursor,
                      .rdd = rdd,
                      .plan = plan,
                      .window = plan->window,
                      .slot = slot,
                      .part = &slot->part,
                      .partition = partition,
                      .task = task,
                      .sink = sink};
    op->at_close.close = window_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
static bool window_is_made(const wadi_rdd *rdd) {
    const window_plan *plan = plan_of(rdd);
    return atomic_load(&own_step(plan)->applied) == plan->window->part_count;
}
const wadi__wide_ops wadi__wide_window_ops = {.open = window_open, .is_made = window_is_made};
