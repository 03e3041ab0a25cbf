/* SPDX-License-Identifier: Apache-2.0 */
/* stateful.c: building operators that keep a state, and their steps. */
#include "stream/ops/stateful.h"

#include "stream/nowhere.h"
#include "stream/options.h"

#include <inttypes.h>

static const wadi__stateful_kind *kind_of(const wadi_dstream *self) {
    return (const wadi__stateful_kind *)self->ops;
}
int64_t wadi__stateful_checkpoint_ms(const wadi_dstream *self) {
    int64_t slides = kind_of(self)->checkpoint_slides, min_ms = kind_of(self)->checkpoint_min_ms;
    if (slides == 0) slides = (min_ms + self->slide_ms - 1) / self->slide_ms;
    return slides * self->slide_ms;
}
bool wadi__stateful_facts(const wadi_dstream *self, wadi__state_facts *facts) {
    const wadi__stateful *stateful = wadi__stateful_of(self);
    uint64_t keys, bytes;
    facts->partition_count = stateful->kept->partition_count;
    wadi__state_size(stateful->kept, &keys, &bytes);
    facts->keys = (int64_t)keys;
    facts->bytes = (int64_t)bytes;
    if (stateful->files != NULL) facts->snapshot = wadi__state_files_facts(stateful->files);
    return true;
}
void wadi__stateful_destroy(wadi_dstream *self) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    wadi_rdd_unref(&stateful->initial);
    wadi__bound_fn_unref(stateful->by);
    wadi__state_close(stateful->kept);
    wadi__state_files_unref(stateful->files);
}

/* ---- Checkpoints ---- */

static wadi_status open_files(wadi_dstream *self, wadi_error *err) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    wadi__snapshots_spec spec = {.type = stateful->kept->type,
                                 .is_keyed = true,
                                 .partition_count = stateful->kept->partition_count};
    wadi_status status = wadi__snapshots_open(self, &spec, &stateful->files, err);
    if (status != WADI_OK || stateful->files == NULL) return status;
    wadi__capture_sink saver = wadi__state_files_sink(stateful->files);
    wadi__state_follow(stateful->kept, &saver);
    return WADI_OK;
}
wadi_status wadi__stateful_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err) {
    (void)zero_ms;
    return wadi__stateful_of(self)->files == NULL ? open_files(self, err) : WADI_OK;
}
wadi_status wadi__stateful_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                                wadi_error *err) {
    const wadi__stateful *stateful = wadi__stateful_of(self);
    return wadi__snapshots_save(self, stateful->files, time_ms, stateful->begun_ms, out, err);
}
void wadi__stateful_trim(wadi_dstream *self, int64_t time_ms) {
    if (wadi__stateful_of(self)->files != NULL)
        wadi__state_files_trim(wadi__stateful_of(self)->files, time_ms);
}
static wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    return wadi__state_expect(wadi__stateful_of(arg)->kept, rows, err);
}
static wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
    const wadi__stateful *stateful = wadi__stateful_of(arg);
    return wadi__state_load(stateful->kept, stateful->by, section, err);
}
/* States to begin with have been used; the steps since are added when the first RDD is asked for.
 */
wadi_status wadi__stateful_restore(wadi_dstream *self, const void *bytes, size_t size,
                                   wadi_error *err) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    wadi__state_visitor visitor = {expect, visit, self};
    wadi_status status = open_files(self, err);
    if (status == WADI_OK)
        status = wadi__state_files_restore(stateful->files, bytes, size, &visitor,
                                           &stateful->last_ms, &stateful->begun_ms, err);
    if (status != WADI_OK) return status;
    wadi__state_go_on_from(stateful->kept, stateful->last_ms);
    self->saved_ms = stateful->restored_ms = stateful->last_ms;
    stateful->has_started = true;
    wadi_rdd_unref(&stateful->initial);
    return WADI_OK;
}

/* ---- Steps ---- */

/* Whether keys that are idle time out in this batch: where it would be checkpointed, as in Spark.
 */
static bool ends_idle(const wadi_dstream *self, int64_t time_ms) {
    bool has_started = self->zero_ms != INT64_MIN; /* and has an interval */
    return wadi__stateful_of(self)->kept->timeout_ms > 0 && has_started &&
           (time_ms - self->zero_ms) % self->checkpoint_ms == 0;
}
static bool is_captured(const wadi_dstream *self, int64_t time_ms) {
    return wadi__stateful_of(self)->files != NULL &&
           (time_ms - self->zero_ms) % self->checkpoint_ms == 0;
}
static wadi_rdd *make_update(const wadi_dstream *self, int64_t time_ms, wadi_rdd *in,
                             wadi_rdd *initial) {
    const wadi__stateful *stateful = wadi__stateful_of(self);
    const wadi__state *kept = stateful->kept;
    wadi__state_node node = {
        .ops = kind_of(self)->node_ops,
        .state = &stateful->kept->counted,
        .time_ms = time_ms,
        .has_initial = initial != NULL,
        .has_data = in != NULL,
        .ends_idle = ends_idle(self, time_ms),
        .is_captured = is_captured(self, time_ms),
    };
    wadi__state_step_args update = {.op = kind_of(self)->op,
                                    .fn = WADI__FN_BOUND(self->fn),
                                    .in = in,
                                    .initial = initial,
                                    .key = kept->type->key,
                                    .options = &self->options};
    return wadi__rdd_make_state_update(self->ssc->sc, &node, &update);
}
/* mapWithState has nothing to do without records, unless it begins, is saved, or looks for idle
 * keys. */
static bool is_idle(const wadi_dstream *self, int64_t time_ms, const wadi_rdd *in) {
    const wadi__stateful *stateful = wadi__stateful_of(self);
    return kind_of(self)->is_mapped && in == NULL && stateful->initial == NULL &&
           !ends_idle(self, time_ms) && !is_captured(self, time_ms);
}
static wadi_status step(wadi_dstream *self, int64_t time_ms, wadi_error *err) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    wadi_rdd *in = NULL, *update = NULL;
    bool has_begun = stateful->begun_ms != INT64_MAX;
    wadi_status status = wadi__dstream_parent_rdd(self, 0, time_ms, &in, err);
    if (status == WADI_OK && !has_begun && in == NULL && !kind_of(self)->is_mapped)
        return WADI_OK; /* as Spark: updateStateByKey begins with the first dataset */
    if (status == WADI_OK && !is_idle(self, time_ms, in))
        status =
            wadi__dstream_made(make_update(self, time_ms, in, stateful->initial), &update, err);
    if (status == WADI_OK && !wadi__state_add_step(stateful->kept, time_ms, update))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a batch of a state");
    if (status != WADI_OK) return status;
    wadi_rdd_unref(&stateful->initial); /* the update holds it */
    if (!has_begun) stateful->begun_ms = time_ms;
    return WADI_OK;
}
/* A window that is new, or longer, may ask. A snapshot has states, and no outputs of its batch. */
static bool is_before_snapshot(const wadi_dstream *self, int64_t time_ms) {
    int64_t snapshot_ms = wadi__stateful_of(self)->restored_ms;
    return kind_of(self)->is_mapped ? time_ms <= snapshot_ms : time_ms < snapshot_ms;
}
wadi_status wadi__stateful_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                   wadi_error *err) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    const wadi__stateful_kind *kind = kind_of(self);
    if (!stateful->has_started) stateful->last_ms = self->saved_ms;
    stateful->has_started = true;
    while (stateful->last_ms <
           time_ms - self->slide_ms) { /* the batches before, to be remembered too */
        wadi_rdd *before = NULL;
        wadi_status status =
            wadi__dstream_rdd_at(self, stateful->last_ms + self->slide_ms, &before, err);
        if (status != WADI_OK) return status;
    }
    if (stateful->last_ms < time_ms) {
        wadi_status status = step(self, time_ms, err);
        if (status != WADI_OK) return status;
        stateful->last_ms = time_ms;
    }
    if (time_ms < stateful->begun_ms || is_before_snapshot(self, time_ms)) return WADI_OK;
    wadi__partitioner partitioner = wadi__partitioner_hash(stateful->kept->partition_count);
    if (stateful->by != NULL) {
        partitioner.kind = WADI__PARTITION_USER;
        partitioner.fn = stateful->by;
    }
    bool is_known = !kind->is_mapped && !stateful->forgets_partitioner;
    return wadi__state_read(stateful->kept, time_ms,
                            kind->is_mapped ? WADI__STATE_OUTPUTS : WADI__STATE_STATES,
                            is_known ? &partitioner : NULL, &self->where, out, err);
}

/* ---- Building ---- */

static void check_options(wadi_dstream *self, const wadi_state_options *options, bool known) {
    bool is_mapped = kind_of(self)->is_mapped;
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    if (options->timeout_ms < 0)
        wadi__dstream_mistake(self, WADI_E_INVALID,
                              ".timeout_ms is %" PRId64 "; it must be 1 or more",
                              options->timeout_ms);
    if (options->timeout_ms != 0 && !is_mapped)
        wadi__dstream_mistake(self, WADI_E_INVALID, ".timeout_ms means nothing here");
    if (options->forget_partitioner && is_mapped)
        wadi__dstream_mistake(self, WADI_E_INVALID, ".forget_partitioner means nothing here");
}
static void check_type(wadi_dstream *self, const wadi__type *in) {
    const wadi__type *state = self->fn->state;
    char a[128], b[128], c[128];
    if (state == NULL) { /* filled in by hand */
        wadi__dstream_mistake(self, WADI_E_TYPE, "'%s' does not say what its state is",
                              self->fn->name);
        return;
    }
    if (wadi__type_plain(state)->pub.kind == WADI_KIND_RECORD &&
        wadi__type_matches(state->key, in->key))
        return;
    wadi__dstream_mistake(
        self, WADI_E_TYPE,
        "the state of '%s', %s, must begin with the key of the records: it begins with %s, "
        "the key is %s",
        self->fn->name, wadi__type_text(state, a, sizeof a),
        wadi__type_text(state->key, b, sizeof b), wadi__type_text(in->key, c, sizeof c));
}
static bool take_fn(wadi_dstream *self, wadi__fn_arg f) {
    const wadi__type *in = self->parents[0]->type;
    char text[128];
    if (self->is_broken) return false;
    if (wadi__type_plain(in)->pub.kind != WADI_KIND_RECORD)
        wadi__dstream_mistake(self, WADI_E_TYPE,
                              "a stream of %s has no key, which is the first field of a record",
                              wadi__type_text(in, text, sizeof text));
    else if (wadi__dstream_bind(self, f, kind_of(self)->fn_kind, in, NULL))
        check_type(self, in);
    return !self->is_broken;
}
static bool take_initial(wadi_dstream *self, wadi_rdd *initial) {
    char a[128], b[128];
    if (initial == NULL) return true;
    if (initial->sc != self->ssc->sc)
        wadi__dstream_mistake(self, WADI_E_INVALID, ".initial belongs to another context");
    else if (!wadi__type_matches(initial->type, self->fn->state))
        wadi__dstream_mistake(self, WADI_E_TYPE,
                              ".initial has records of %s, the state of '%s' is %s",
                              wadi__type_text(initial->type, a, sizeof a), self->fn->name,
                              wadi__type_text(self->fn->state, b, sizeof b));
    else
        wadi__stateful_of(self)->initial = wadi_rdd_ref(initial);
    return !self->is_broken;
}
static bool take_state(wadi_dstream *self, const wadi_state_options *options) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    if (self->options.partitions == 0)
        self->options.partitions = self->ssc->sc->default_parallelism;
    stateful->kept = wadi__state_new(self->ssc->sc, self->fn, self->options.partitions,
                                     kind_of(self)->is_mapped, options->timeout_ms);
    if (stateful->kept == NULL) wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for a state");
    return stateful->kept != NULL;
}
/* What an update's constructor finds wrong, with an empty dataset, is a mistake of the graph. */
static void try_out(wadi_dstream *self) {
    wadi__stateful *stateful = wadi__stateful_of(self);
    wadi__scope scope;
    wadi__scope_init(&scope, 0);
    wadi__scope *before = wadi__scope_enter(&scope);
    wadi_rdd *in = wadi__rdd_make_empty(self->ssc->sc, self->parents[0]->type);
    const wadi_rdd *trial = make_update(self, 0, in, stateful->initial);
    if (wadi__rdd_is_broken(trial)) {
        wadi__dstream_mistake(self, trial->err->status, "%s", trial->err->message);
    } else if (trial->by != NULL) {
        stateful->by = trial->by;
        wadi__counted_ref(&stateful->by->counted);
        self->options.partitioner.env = stateful->by->env;
    }
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
}
wadi_dstream *wadi__stateful_new(const wadi__stateful_kind *kind, wadi_dstream *in, wadi__fn_arg f,
                                 const wadi_state_options *given) {
    wadi_state_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    in = wadi__some_stream(in, &options.where, kind->ops.name);
    wadi_dstream *self = wadi__dstream_new(in->ssc, &kind->ops, &in, 1, &options.where);
    if (wadi__dstream_is_spare(self)) return self;
    wadi_op_options own = {.size = sizeof own,
                           .where = options.where,
                           .name = options.name,
                           .partitions = options.partitions,
                           .partitioner = options.partitioner};
    wadi__dstream_set_options(self, &own);
    wadi__stateful *stateful = wadi__stateful_of(self);
    stateful->begun_ms = INT64_MAX;
    stateful->restored_ms = INT64_MIN;
    stateful->forgets_partitioner = options.forget_partitioner;
    check_options(self, &options, known);
    if (!take_fn(self, f)) return self;
    self->type = kind->is_mapped ? self->fn->out : self->fn->state;
    if (take_initial(self, options.initial) && take_state(self, &options)) try_out(self);
    return self;
}
