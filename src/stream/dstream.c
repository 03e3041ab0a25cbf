/* SPDX-License-Identifier: Apache-2.0 */
/* dstream.c: nodes of the stream graph, and the RDDs that they have made. */
#include "stream/dstream.h"

#include "stream/interval.h"
#include "stream/stream_context.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SLICE_BATCHES_MAX = 1000000 }; /* that one wadi_slice() makes: they keep the generator's thread */

/* ---- Building ---- */

void wadi__dstream_mistake(wadi_dstream *self, wadi_status status, const char *fmt, ...) {
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    self->is_broken = true;
    wadi__stream_context_mistake(self->ssc, &self->where, self->ops->name, status, message);
}
wadi_dstream *wadi__dstream_new(wadi_stream_context *ssc, const wadi__dstream_ops *ops,
                                wadi_dstream *const *parents, uint32_t parent_count, const wadi_where *where) {
    if (!wadi__stream_context_check_open(ssc, where, ops->name)) return ssc->broken_node;
    wadi_dstream *self = wadi__calloc(1, sizeof *self + ops->state_size);
    wadi_dstream **links = wadi__calloc(parent_count, sizeof *links);
    if (self == NULL || links == NULL || !wadi__stream_context_add(ssc, self)) {
        wadi__free(self);
        wadi__free(links);
        return wadi__stream_context_broken_node(ssc, ops, where);
    }
    self->ssc = ssc;
    self->ops = ops;
    self->parents = links;
    self->parent_count = parent_count;
    self->input_id = -1;
    self->zero_ms = self->saved_ms = INT64_MIN;
    self->replay_ms = INT64_MAX;
    self->slide_ms = ssc->batch_ms;
    self->type = wadi__type_int64();
    if (where != NULL) self->where = *where;
    for (uint32_t i = 0; i < parent_count; i++) {
        links[i] = parents[i];
        self->is_broken |= parents[i]->is_broken;
        if (parents[i]->ssc != ssc && !parents[i]->ssc->takes_nothing)
            wadi__dstream_mistake(self, WADI_E_INVALID, "the streams belong to different stream contexts");
    }
    if (parent_count > 0) {
        self->type = parents[0]->type;
        self->slide_ms = parents[0]->slide_ms;
    }
    return self;
}
bool wadi__dstream_is_spare(const wadi_dstream *self) { return self == self->ssc->broken_node; }
wadi_dstream *wadi__dstream_new_input(wadi_stream_context *ssc, const wadi__dstream_ops *ops,
                                      const wadi__type *type, const wadi_where *where, const char *name) {
    wadi_dstream *self = wadi__dstream_new(ssc, ops, NULL, 0, where);
    if (wadi__dstream_is_spare(self)) return self;
    self->type = type;
    self->input_id = ssc->input_count++;
    if (name != NULL && (self->name = wadi__strdup(name)) == NULL)
        wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for a name");
    return self;
}
static bool bind(wadi_dstream *self, wadi__bound_fn **to, wadi__fn_arg f, wadi_fn_kind kind,
                 const wadi__type *in, const wadi__type *other) {
    if (self->is_broken) return false;
    wadi_error err = WADI_ERROR_INIT;
    *to = wadi__bound_fn_new(f.fn, kind, f.env, in, other, &err);
    if (*to == NULL) wadi__dstream_mistake(self, err.status, "%s", err.message);
    else if ((*to)->out == NULL) /* filled in by hand */
        wadi__dstream_mistake(self, WADI_E_TYPE, "'%s' does not say which records it gives", f.fn->name);
    return !self->is_broken;
}
bool wadi__dstream_bind(wadi_dstream *self, wadi__fn_arg f, wadi_fn_kind kind, const wadi__type *in,
                        const wadi__type *other) {
    return bind(self, &self->fn, f, kind, in, other);
}
bool wadi__dstream_bind_merge(wadi_dstream *self, wadi__fn_arg f, const wadi__type *in) {
    return bind(self, &self->merge, f, WADI_FN_REDUCE, in, NULL);
}
void wadi__dstream_check_keys(wadi_dstream *self) {
    for (uint32_t i = 0; i < self->parent_count && !self->is_broken; i++) {
        const wadi__type *type = self->parents[i]->type;
        char text[128];
        if (wadi__type_plain(type)->pub.kind == WADI_KIND_RECORD) continue;
        wadi__dstream_mistake(self, WADI_E_TYPE, "a stream of %s has no key, which is the first field of a record",
                              wadi__type_text(type, text, sizeof text));
    }
}
void wadi__dstream_set_options(wadi_dstream *self, const wadi_op_options *options) {
    if (wadi__dstream_is_spare(self)) return;
    self->options = *options;
    self->options.name = NULL; /* RDDs go by their stream's name */
    if (options->name != NULL && self->name == NULL && (self->name = wadi__strdup(options->name)) == NULL)
        wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for a name");
}
void wadi__dstream_forget_all(wadi_dstream *self) {
    for (size_t i = 0; i < self->generated.count; i++) wadi_rdd_unref(&self->generated.items[i].rdd);
    wadi__vec_fini(&self->generated);
}
void wadi__dstream_free(wadi_dstream *self) {
    wadi__dstream_forget_all(self);
    if (self->ops->destroy != NULL) self->ops->destroy(self);
    wadi__bound_fn_unref(self->fn);
    wadi__bound_fn_unref(self->merge);
    wadi__free(self->parents);
    wadi__free(self->name);
    wadi__free(self->saved_name);
    wadi__free(self);
}

/* ---- RDDs by time ---- */

bool wadi__dstream_is_valid_time(const wadi_dstream *self, int64_t time_ms) {
    return wadi__interval_on_slide(time_ms, self->zero_ms, self->slide_ms);
}
static wadi__generated *find(wadi_dstream *self, int64_t time_ms) {
    for (size_t i = self->generated.count; i > 0; i--)
        if (self->generated.items[i - 1].time_ms == time_ms) return &self->generated.items[i - 1];
    return NULL;
}
/* Takes a reference to `rdd`, which may be NULL. */
static bool remember(wadi_dstream *self, int64_t time_ms, wadi_rdd *rdd) {
    if (!wadi__vec_push(&self->generated, (wadi__generated){time_ms, rdd})) return false;
    if (rdd != NULL) wadi_rdd_ref(rdd);
    for (size_t i = self->generated.count - 1; i > 0 && self->generated.items[i - 1].time_ms > time_ms; i--) {
        self->generated.items[i] = self->generated.items[i - 1];
        self->generated.items[i - 1] = (wadi__generated){time_ms, rdd};
    }
    return true;
}
wadi_status wadi__dstream_rdd_at(wadi_dstream *self, int64_t time_ms, wadi_rdd **out, wadi_error *err) {
    *out = NULL;
    if (!wadi__dstream_is_valid_time(self, time_ms)) return WADI_OK;
    const wadi__generated *known = find(self, time_ms);
    if (known != NULL) {
        *out = known->rdd;
        return WADI_OK;
    }
    wadi_status status = self->ops->compute(self, time_ms, out, err);
    if (status != WADI_OK) {
        *out = NULL;
        /* Of a chain of operators only the one that failed is told, or no room is left for the batch. */
        bool is_told = err != NULL && strstr(err->message, "; in operator ") != NULL;
        if (is_told) return status;
        return wadi_error_context(err, status, "in operator %s at %s:%d", self->ops->name,
                                  self->where.file != NULL ? self->where.file : "?", self->where.line);
    }
    /* Marked, not stored: the first job that needs it stores it. */
    if (*out != NULL && self->level != WADI_STORAGE_DEFAULT) atomic_store(&(*out)->level, (int)self->level);
    if (remember(self, time_ms, *out)) return WADI_OK;
    *out = NULL;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory to remember a dataset");
}
wadi_status wadi__dstream_parent_rdd_needed(wadi_dstream *self, uint32_t i, int64_t time_ms,
                                            wadi_rdd **out, wadi_error *err) {
    wadi_status status = wadi__dstream_rdd_at(self->parents[i], time_ms, out, err);
    if (status != WADI_OK || *out != NULL) return status;
    return wadi_error_context(err, WADI_E_STATE, "Couldn't generate RDD from parent at time %" PRId64 " ms", time_ms);
}
wadi_status wadi__dstream_made(const wadi_rdd *rdd, wadi_rdd **out, wadi_error *err) {
    if (wadi__rdd_is_broken(rdd)) return wadi_error_context(err, rdd->err->status, "%s", rdd->err->message);
    *out = (wadi_rdd *)(uintptr_t)rdd;
    return WADI_OK;
}
wadi_status wadi__dstream_slice(wadi_dstream *self, int64_t from_ms, int64_t to_ms, wadi__rdd_list *rdds,
                                wadi_error *err) {
    if (self->zero_ms == INT64_MIN)
        return wadi_error_context(err, WADI_E_STATE, "the stream of %s has not been initialized", self->ops->name);
    int64_t first = self->zero_ms + self->slide_ms;
    if (to_ms < first) return WADI_OK;
    int64_t to = wadi__interval_floor(to_ms, self->slide_ms, self->zero_ms);
    int64_t from = from_ms < first ? first : wadi__interval_floor(from_ms, self->slide_ms, self->zero_ms);
    if (from > to) return WADI_OK;
    int64_t batches = (to - from) / self->slide_ms + 1;
    if (batches > SLICE_BATCHES_MAX)
        return wadi_error_context(err, WADI_E_INVALID, "a slice of %" PRId64 " batches; %d is the most", batches, SLICE_BATCHES_MAX);
    for (int64_t i = 0; i < batches; i++) {
        int64_t at = from + i * self->slide_ms;
        wadi_rdd *rdd = NULL;
        wadi_status status = wadi__dstream_rdd_at(self, at, &rdd, err);
        if (status != WADI_OK) return status;
        if (rdd != NULL && !wadi__vec_push(rdds, rdd)) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a slice");
    }
    return WADI_OK;
}

/* ---- How long they are kept ---- */

void wadi__dstream_initialize(wadi_dstream *self, int64_t zero_ms) {
    if (self->zero_ms != INT64_MIN) return;
    self->zero_ms = self->saved_ms = zero_ms;
    self->is_reached = true;
    if (self->remember_ms < self->slide_ms) self->remember_ms = self->slide_ms;
    if (self->ops->loses_batches != NULL) self->loses_batches = self->ops->loses_batches(self);
    for (uint32_t i = 0; i < self->parent_count; i++) {
        wadi__dstream_initialize(self->parents[i], zero_ms);
        self->loses_batches |= self->parents[i]->loses_batches;
    }
}
void wadi__dstream_remember(wadi_dstream *self, int64_t remember_ms) {
    if (remember_ms > self->remember_ms) self->remember_ms = remember_ms;
    else if (self->is_visited) return; /* nothing new for the parents */
    self->is_visited = true;
    int64_t of_parents = self->ops->parent_remember_ms != NULL
                             ? self->ops->parent_remember_ms(self, self->remember_ms)
                             : self->remember_ms;
    for (uint32_t i = 0; i < self->parent_count; i++) wadi__dstream_remember(self->parents[i], of_parents);
}
void wadi__dstream_clear(wadi_dstream *self, int64_t time_ms, bool is_tight) {
    bool is_eager = is_tight && self->remember_ms <= self->slide_ms;
    int64_t until = is_eager ? time_ms : time_ms - self->remember_ms;
    size_t old = 0;
    while (old < self->generated.count && self->generated.items[old].time_ms <= until) {
        wadi_rdd *rdd = self->generated.items[old].rdd;
        if (rdd != NULL && self->level != WADI_STORAGE_DEFAULT && self->ssc->unpersists) wadi_unpersist(rdd);
        wadi_rdd_unref(&self->generated.items[old++].rdd);
    }
    self->generated.count -= old;
    if (old > 0 && self->generated.count > 0)
        memmove(self->generated.items, self->generated.items + old, self->generated.count * sizeof(wadi__generated));
    bool keeps_by_time = self->ops->save != NULL && self->ops->trim == NULL && self->input_id >= 0;
    bool is_replayed = keeps_by_time && self->replay_ms <= until;
    if (self->ops->forget != NULL) self->ops->forget(self, is_replayed ? self->replay_ms - 1 : until);
}
