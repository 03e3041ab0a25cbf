/* SPDX-License-Identifier: Apache-2.0 */
/* derived.c: what operators made of one expression share. */
#include "stream/ops/derived.h"

#include "stream/nowhere.h"
#include "stream/options.h"

#include <inttypes.h>

enum { PARENTS_INLINE = 8 };

static const wadi__derived_kind *kind_of(const wadi_dstream *self) {
    return (const wadi__derived_kind *)self->ops;
}

/* ---- Each batch ---- */

/* The parents' RDDs. *all is false when one of them has none. */
static wadi_status gather(wadi_dstream *self, int64_t time_ms, wadi_rdd **in, bool *all,
                          wadi_error *err) {
    const char *missing = kind_of(self)->missing;
    *all = true;
    for (uint32_t i = 0; i < self->parent_count; i++) {
        wadi_status status = wadi__dstream_parent_rdd(self, i, time_ms, &in[i], err);
        if (status != WADI_OK) return status;
        if (in[i] != NULL) continue;
        *all = false;
        if (missing != NULL)
            return wadi_error_context(err, WADI_E_STATE, "%s at time %" PRId64 " ms", missing,
                                      time_ms);
    }
    return WADI_OK;
}
wadi_status wadi__derived_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                  wadi_error *err) {
    wadi_rdd *some[PARENTS_INLINE], **in = some;
    bool all;
    if (self->parent_count > PARENTS_INLINE)
        in = wadi__malloc(self->parent_count * sizeof(wadi_rdd *));
    if (in == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for %u datasets",
                                  self->parent_count);
    wadi_status status = gather(self, time_ms, in, &all, err);
    if (status == WADI_OK && all)
        status = wadi__dstream_made(kind_of(self)->make(self, in), out, err);
    if (in != some) wadi__free(in);
    return status;
}
void wadi__derived_destroy(wadi_dstream *self) {
    wadi__derived *derived = (wadi__derived *)self->state;
    wadi__bound_fn_unref(derived->by);
    wadi__keep_unref(derived->zero_keep);
}

/* ---- Building ---- */

/* Takes over what the trial's RDD has bound and copied: functions, and what options point at. */
static void adopt(wadi_dstream *self, const wadi_rdd *trial) {
    wadi__derived *derived = (wadi__derived *)self->state;
    self->type = trial->type;
    if (derived->fn.fn != NULL && trial->fn != NULL) {
        self->fn = trial->fn;
        wadi__counted_ref(&self->fn->counted);
        derived->fn = WADI__FN_BOUND(self->fn);
    }
    if (derived->merge.fn != NULL && trial->merge != NULL) {
        self->merge = trial->merge;
        wadi__counted_ref(&self->merge->counted);
        derived->merge = WADI__FN_BOUND(self->merge);
    }
    if (self->options.partitioner.fn != NULL && trial->by != NULL) {
        derived->by = trial->by;
        wadi__counted_ref(&derived->by->counted);
        self->options.partitioner.env = derived->by->env;
    }
    if (self->options.zero != NULL && trial->zero_keep != NULL) {
        derived->zero_keep = trial->zero_keep;
        wadi__counted_ref(&derived->zero_keep->counted);
        self->options.zero = trial->zero;
    }
}
static void try_out(wadi_dstream *self) {
    wadi_context *sc = self->ssc->sc;
    wadi_rdd **in = wadi__malloc(self->parent_count * sizeof(wadi_rdd *));
    if (in == NULL) {
        wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for a stream");
        return;
    }
    wadi__scope scope;
    wadi__scope_init(&scope, 0);
    wadi__scope *before = wadi__scope_enter(&scope);
    const wadi_rdd *trial = NULL;
    for (uint32_t i = 0; i < self->parent_count; i++) {
        in[i] = wadi__rdd_make_empty(sc, self->parents[i]->type);
        if (wadi__rdd_is_broken(in[i])) trial = in[i]; /* no memory: it is not of the parent's type */
    }
    if (trial == NULL) trial = kind_of(self)->make(self, in);
    if (wadi__rdd_is_broken(trial))
        wadi__dstream_mistake(self, trial->err->status, "%s", trial->err->message);
    else
        adopt(self, trial);
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
    wadi__free(in);
}
static void check_options(wadi_dstream *self, bool known) {
    const wadi__derived_kind *kind = kind_of(self);
    const wadi_op_options *given = &self->options;
    const char *unwanted = NULL;
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    if (given->partitions != 0 && !kind->takes_partitions) unwanted = ".partitions";
    if (given->partitioner.fn != NULL && !kind->takes_partitioner) unwanted = ".partitioner";
    if (given->zero != NULL && !kind->takes_zero) unwanted = ".zero";
    if (given->ascending || given->descending) unwanted = ".ascending or .descending";
    if (unwanted != NULL)
        wadi__dstream_mistake(self, WADI_E_INVALID, "%s means nothing here", unwanted);
}
static void check_slides(wadi_dstream *self) {
    for (uint32_t i = 1; i < self->parent_count; i++)
        if (self->parents[i]->slide_ms != self->slide_ms && !self->parents[i]->is_broken) {
            wadi__dstream_mistake(self, WADI_E_INVALID,
                                  "Some of the DStreams have different slide durations");
            return;
        }
}
/* That of the first stream that is one. */
static wadi_stream_context *context_of(wadi_dstream *const *parents, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!parents[i]->ssc->takes_nothing) return parents[i]->ssc;
    return parents[0]->ssc;
}
/* Descriptors may go with the shared object that has them; the table's entry stays. */
static void take_out(wadi_dstream *self, const wadi_type *out) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *entry = wadi__type_intern(out, &err);
    if (entry != NULL)
        ((wadi__derived *)self->state)->out = &entry->pub;
    else
        wadi__dstream_mistake(self, err.status, "%s", err.message);
}
static wadi_dstream *build(const wadi__derived_kind *kind, wadi_dstream *const *parents,
                           uint32_t count, const wadi__derived_args *args) {
    wadi_op_options options;
    bool known = wadi__options_take(&options, sizeof options, args->options);
    wadi_dstream *self =
        wadi__dstream_new(context_of(parents, count), &kind->ops, parents, count, &options.where);
    if (wadi__dstream_is_spare(self)) return self;
    wadi__dstream_set_options(self, &options);
    check_options(self, known);
    check_slides(self);
    wadi__derived *derived = (wadi__derived *)self->state;
    derived->fn = args->fn;
    derived->merge = args->merge;
    if (args->out != NULL) take_out(self, args->out);
    if (args->partitions != NULL) self->options.partitions = *args->partitions;
    if (!self->is_broken && kind->make != NULL) try_out(self);
    if (kind->goes_by_key) wadi__dstream_check_keys(self); /* a wrong function is told first */
    return self;
}
wadi_dstream *wadi__derived_new(const wadi__derived_kind *kind, const wadi__derived_args *args) {
    static const wadi_where unknown = {NULL, 0};
    const wadi_where *where = args->options != NULL ? &args->options->where : &unknown;
    const char *name = kind->ops.name;
    wadi_dstream *in = wadi__some_stream(args->in, where, name);
    size_t count = args->other_count + 1;
    if (count == 0 || count > UINT32_MAX || (count > 1 && args->others == NULL))
        return wadi__nowhere_node(where, name, "the list of streams");
    wadi_dstream *some[PARENTS_INLINE], **parents = some;
    if (count > PARENTS_INLINE) parents = wadi__malloc(count * sizeof(wadi_dstream *));
    if (parents == NULL) return wadi__stream_context_broken_node(in->ssc, &kind->ops, where);
    parents[0] = in;
    for (size_t i = 1; i < count; i++)
        parents[i] = wadi__some_stream(args->others[i - 1], where, name);
    wadi_dstream *self = build(kind, parents, (uint32_t)count, args);
    if (parents != some) wadi__free(parents);
    return self;
}
