/* SPDX-License-Identifier: Apache-2.0 */
/* windowed.c: which batches enter a window. */
#include "stream/ops/windowed.h"

#include "base/conf.h"
#include "stream/nowhere.h"
#include "stream/ops/window_check.h"
#include "stream/options.h"

#include <inttypes.h>

static const wadi__windowed_kind *kind_of(const wadi_dstream *self) {
    return (const wadi__windowed_kind *)self->ops;
}
static bool is_inverse(const wadi_dstream *self) { return self->merge != NULL; }

/* ---- Each slide ---- */

typedef WADI__VEC(wadi__window_batch) batch_list;

/* The partial aggregates of the parent's batches after from_ms, up to time_ms. */
static wadi_status gather(wadi_dstream *self, int64_t from_ms, int64_t time_ms, batch_list *batches,
                          wadi_error *err) {
    wadi_dstream *parent = self->parents[0];
    for (int64_t at = from_ms + parent->slide_ms; at <= time_ms; at += parent->slide_ms) {
        wadi_rdd *in = NULL, *partial = NULL;
        wadi_status status = wadi__dstream_rdd_at(parent, at, &in, err);
        if (status == WADI_OK && in != NULL)
            status = wadi__dstream_made(kind_of(self)->partial(self, in), &partial, err);
        if (status != WADI_OK) return status;
        if (partial != NULL && !wadi__vec_push(batches, (wadi__window_batch){at, partial}))
            return wadi_error_context(err, WADI_E_NOMEM, "no memory for the batches of a window");
    }
    return WADI_OK;
}
/* Whether a window may be asked for when a later one has been made: by windows of windows, or by
 * jobs side by side. */
static bool may_ask_again(const wadi_dstream *self) {
    return self->remember_ms > self->slide_ms ||
           wadi__conf_int(self->ssc->sc->conf, WADI__CONF_CONCURRENT_JOBS) > 1;
}
static bool make_window(wadi_dstream *self) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    wadi__window_spec spec = {.type = self->type,
                              .is_keyed = kind_of(self)->is_keyed,
                              .is_inverse = is_inverse(self),
                              .window_ms = self->window_ms,
                              .slide_ms = self->slide_ms,
                              .partition_count = self->options.partitions,
                              .stores_past = may_ask_again(self),
                              .filter = state->filter};
    if (state->window == NULL) state->window = wadi__window_new(self->ssc->sc, &spec);
    return state->window != NULL;
}
/* After all windows that were made before. */
static wadi_status make_next(wadi_dstream *self, int64_t time_ms, wadi_rdd **out, wadi_error *err) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    batch_list batches = {0};
    int64_t from_ms = time_ms - (is_inverse(self) ? self->slide_ms : self->window_ms);
    if (!is_inverse(self) && state->last_ms > from_ms) from_ms = state->last_ms;
    wadi_status status = gather(self, from_ms, time_ms, &batches, err);
    if (status == WADI_OK && !make_window(self))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a window");
    if (status == WADI_OK) {
        wadi__window_store_until(state->window, self->ssc->replayed_until_ms);
        status = wadi__dstream_made(wadi__window_rdd(state->window, time_ms, batches.items,
                                                     batches.count, self->fn, self->merge,
                                                     &self->options),
                                    out, err);
    }
    if (status == WADI_OK) state->last_ms = time_ms;
    wadi__vec_fini(&batches);
    return status;
}
/* Of the past, when it was not asked for then: made of all its batches. */
static wadi_status make_alone(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                              wadi_error *err) {
    batch_list batches = {0};
    wadi__rdd_list partials = {0};
    wadi_status status = gather(self, time_ms - self->window_ms, time_ms, &batches, err);
    bool listed = true;
    for (size_t i = 0; i < batches.count; i++)
        listed = listed && wadi__vec_push(&partials, batches.items[i].partial);
    if (status == WADI_OK && !listed)
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a window");
    if (status == WADI_OK) {
        wadi_rdd *all = partials.count == 0 ? wadi__rdd_make_empty(self->ssc->sc, self->type)
                                            : wadi_rdd_union(partials.items[0], partials.items + 1,
                                                             partials.count - 1, &self->options);
        status = wadi__dstream_made(kind_of(self)->partial(self, all), out, err);
    }
    wadi__vec_fini(&partials);
    wadi__vec_fini(&batches);
    return status;
}
wadi_status wadi__windowed_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                   wadi_error *err) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    if (time_ms <= state->last_ms) {
        if (!is_inverse(self)) return make_alone(self, time_ms, out, err);
        if (time_ms <= state->restored_ms) return WADI_OK; /* a window that is new may ask */
        return wadi_error_context(err, WADI_E_STATE,
                                  "the window of %" PRId64
                                  " ms has been left behind by that of %" PRId64
                                  " ms: wadi_remember() keeps it",
                                  time_ms, state->last_ms);
    }
    /* With an inverse each window follows from the one before. */
    int64_t first_ms =
        (state->last_ms != INT64_MIN ? state->last_ms : self->saved_ms) + self->slide_ms;
    for (int64_t at = first_ms; is_inverse(self) && at < time_ms; at += self->slide_ms) {
        wadi_rdd *before;
        wadi_status status = wadi__dstream_rdd_at(self, at, &before, err);
        if (status != WADI_OK) return status;
    }
    return make_next(self, time_ms, out, err);
}

/* ---- How long the parent's RDDs are needed ---- */

/* Whether some window of the graph leaves batches out, so that streams above it are not asked in
 * every slide of theirs. */
static bool has_gaps(const wadi_stream_context *ssc) {
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        const wadi_dstream *node = ssc->nodes.items[i];
        if (node->window_ms != 0 && node->slide_ms > node->window_ms) return true;
    }
    return false;
}
int64_t wadi__windowed_parent_remember_ms(const wadi_dstream *self, int64_t remember_ms) {
    return remember_ms + (has_gaps(self->ssc) ? self->window_ms + self->slide_ms : self->slide_ms);
}
/* Each window made of the one before must be checkpointed, as in Spark: at least every 10 s. */
int64_t wadi__windowed_checkpoint_ms(const wadi_dstream *self) {
    int64_t slide_ms = self->slide_ms;
    return is_inverse(self) ? (10000 + slide_ms - 1) / slide_ms * slide_ms : 0;
}
/* With an inverse it is made when the program starts, and holds what no parent could give again. */
bool wadi__windowed_facts(const wadi_dstream *self, wadi__state_facts *facts) {
    const wadi__windowed *state = (const wadi__windowed *)self->state;
    if (!is_inverse(self) || state->window == NULL) return false;
    facts->keys = (int64_t)wadi__window_key_count(state->window);
    facts->bytes = -1;
    facts->partition_count = self->options.partitions;
    if (state->files != NULL) facts->snapshot = wadi__state_files_facts(state->files);
    return true;
}
void wadi__windowed_destroy(wadi_dstream *self) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    wadi__window_unref(state->window);
    wadi__bound_fn_unref(state->filter);
    wadi__state_files_unref(state->files);
}

/* ---- Checkpoints: with an inverse, each window follows from the one before ---- */

static wadi_status open_files(wadi_dstream *self, wadi_error *err) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    wadi__snapshots_spec spec = {.type = self->type,
                                 .is_keyed = kind_of(self)->is_keyed,
                                 .window_ms = self->window_ms,
                                 .slide_ms = self->slide_ms,
                                 .partition_count = self->options.partitions};
    if (!make_window(self)) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a window");
    wadi_status status = wadi__snapshots_open(self, &spec, &state->files, err);
    if (status != WADI_OK || state->files == NULL) return status;
    wadi__capture_sink saver = wadi__state_files_sink(state->files);
    wadi__window_follow(state->window, &saver, self->zero_ms, self->checkpoint_ms);
    return WADI_OK;
}
wadi_status wadi__windowed_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err) {
    const wadi__windowed *state = (wadi__windowed *)self->state;
    (void)zero_ms;
    return is_inverse(self) && state->files == NULL ? open_files(self, err) : WADI_OK;
}
wadi_status wadi__windowed_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                                wadi_error *err) {
    const wadi__windowed *state = (wadi__windowed *)self->state;
    return wadi__snapshots_save(self, state->files, time_ms, self->zero_ms, out, err);
}
void wadi__windowed_trim(wadi_dstream *self, int64_t time_ms) {
    const wadi__windowed *state = (wadi__windowed *)self->state;
    if (state->files != NULL) wadi__state_files_trim(state->files, time_ms);
}
static wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    (void)arg, (void)rows, (void)err;
    return WADI_OK;
}
static wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
    return wadi__window_load(((wadi__windowed *)arg)->window, section, err);
}
wadi_status wadi__windowed_restore(wadi_dstream *self, const void *bytes, size_t size,
                                   wadi_error *err) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    wadi__state_visitor visitor = {expect, visit, state};
    int64_t begun_ms;
    wadi_status status = open_files(self, err);
    if (status == WADI_OK)
        status = wadi__state_files_restore(state->files, bytes, size, &visitor, &state->last_ms,
                                           &begun_ms, err);
    if (status == WADI_OK) status = wadi__window_go_on_from(state->window, state->last_ms, err);
    if (status == WADI_OK) self->saved_ms = state->restored_ms = state->last_ms;
    return status;
}

/* ---- Building ---- */

static void take_type(wadi_dstream *self, bool counts, bool is_keyed) {
    wadi_error err = WADI_ERROR_INIT;
    if (!counts) return;
    const wadi__type *type =
        is_keyed ? wadi__type_make_count_pair(self->type, &err) : wadi__type_int64();
    if (type != NULL)
        self->type = type;
    else
        wadi__dstream_mistake(self, WADI_E_NOMEM, "%s", err.message);
}
static void take_functions(wadi_dstream *self, const wadi__windowed_args *args) {
    wadi__windowed *state = (wadi__windowed *)self->state;
    if (!wadi__dstream_bind(self, WADI__FN_ARG(args->fn), WADI_FN_REDUCE, self->type, NULL)) return;
    if (args->inverse.fn != NULL &&
        !wadi__dstream_bind_merge(self, WADI__FN_ARG(args->inverse), self->type))
        return;
    if (args->filter.fn == NULL) return;
    wadi_error err = WADI_ERROR_INIT;
    state->filter = wadi__bound_fn_new(args->filter.fn, WADI_FN_FILTER, args->filter.env,
                                       self->type, NULL, &err);
    if (state->filter == NULL) wadi__dstream_mistake(self, err.status, "%s", err.message);
}
static void take_options(wadi_dstream *self, const wadi__windowed_kind *kind,
                         const wadi_window_options *options) {
    wadi_op_options own = {.size = sizeof own, .where = options->where, .name = options->name};
    wadi__dstream_set_options(self, &own);
    uint32_t wanted =
        options->partitions != 0 ? options->partitions : self->ssc->sc->default_parallelism;
    self->options.partitions = kind->is_keyed ? wanted : 1;
}
wadi_dstream *wadi__windowed_new(const wadi__windowed_kind *kind, const wadi__windowed_args *args) {
    wadi_window_options options;
    bool known = wadi__options_take(&options, sizeof options, args->options);
    wadi_dstream *in = wadi__some_stream(args->in, &options.where, kind->ops.name);
    wadi_dstream *self = wadi__dstream_new(in->ssc, &kind->ops, &in, 1, &options.where);
    if (wadi__dstream_is_spare(self)) return self;
    wadi__windowed *state = (wadi__windowed *)self->state;
    state->last_ms = state->restored_ms = INT64_MIN;
    take_options(self, kind, &options);
    self->window_ms = args->window_ms;
    int64_t slide_ms = options.slide_ms != 0 ? options.slide_ms : in->slide_ms;
    if (args->inverse.fn != NULL)
        wadi__window_check_durations(self, "ReducedWindowedDStream", "multiple", slide_ms);
    else
        wadi__window_check_durations(self, "windowed DStream", "a multiple", slide_ms);
    wadi__window_check_options(self, &options, known, kind->takes);
    if (!self->is_broken) take_type(self, args->counts, kind->is_keyed);
    if (!self->is_broken) take_functions(self, args);
    if (kind->is_keyed && !args->counts)
        wadi__dstream_check_keys(self); /* a wrong function is told first */
    if (self->is_broken) return self;
    self->slide_ms = slide_ms;
    return self;
}
