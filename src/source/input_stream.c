/* SPDX-License-Identifier: Apache-2.0 */
/* input_stream.c: a function of the user's on the driver makes the RDD of each batch, and keeps in
 * a record how far the input has come.
 *
 * The record is a value: each batch works on a copy, so that the one that it began with stays as
 * long as the batch is remembered, and a batch that is made again begins with the same. */
#include "data/value.h"
#include "stream/driver_fn.h"
#include "stream/nowhere.h"
#include "stream/options.h"

#include <wadi/source.h>

typedef struct position { /* the user's record */
    void *record;
    wadi__keep *keep; /* that it points into; NULL: it points at nothing */
} position;
typedef struct beginning { /* what the batch of a time began with */
    int64_t time_ms;
    position before;
} beginning;
typedef struct input_state {
    position now;               /* after the newest batch, */
    int64_t newest_ms;          /* which is this */
    WADI__VEC(beginning) begun; /* of remembered batches */
} input_state;

static input_state *state_of(const wadi_dstream *self) {
    return (input_state *)(uintptr_t)self->state;
}
static void position_fini(position *at) {
    wadi__free(at->record);
    wadi__keep_unref(at->keep);
    *at = (position){NULL, NULL};
}
/* False: no memory. */
static bool position_copy(const wadi__type *type, const void *record, position *to) {
    *to = (position){wadi__memdup(record, type->pub.size), NULL};
    if (to->record != NULL &&
        (!type->has_outside || ((to->keep = wadi__keep_new()) != NULL &&
                                wadi__value_own(type, to->record, &to->keep->arena))))
        return true;
    position_fini(to);
    return false;
}

/* ---- Each batch ---- */

static const beginning *find(const input_state *state, int64_t time_ms) {
    for (size_t i = state->begun.count; i > 0; i--)
        if (state->begun.items[i - 1].time_ms == time_ms) return &state->begun.items[i - 1];
    return NULL;
}
/* What this batch begins with: as the first time, or what the last one left. NULL: no memory. */
static const beginning *begin(const wadi_dstream *self, int64_t time_ms) {
    input_state *state = state_of(self);
    const beginning *known = find(state, time_ms);
    if (known != NULL) return known;
    beginning made = {.time_ms = time_ms};
    if (!wadi__vec_reserve(&state->begun, 1) ||
        !position_copy(self->fn->state, state->now.record, &made.before))
        return NULL;
    state->begun.items[state->begun.count++] = made;
    return &state->begun.items[state->begun.count - 1];
}
static wadi_status run(wadi_dstream *self, int64_t time_ms, void *record, wadi_rdd **out,
                       wadi_error *err) {
    wadi_call call = {.batch_ms = time_ms, .state = record};
    wadi_status status = wadi__driver_fn_run(self->ssc->sc, self->fn, &call, err);
    if (status != WADI_OK || call.result == NULL) return status; /* NULL: no RDD in this batch */
    status = wadi__driver_fn_check(self->fn, "input", call.result, err);
    return status == WADI_OK ? wadi__dstream_made(call.result, out, err) : status;
}
static wadi_status input_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                 wadi_error *err) {
    const wadi__type *type = self->fn->state;
    input_state *state = state_of(self);
    if (type == NULL) return run(self, time_ms, NULL, out, err);
    const beginning *from = begin(self, time_ms);
    void *record = from != NULL ? wadi__memdup(from->before.record, type->pub.size) : NULL;
    position after;
    wadi_status status = record != NULL ? run(self, time_ms, record, out, err) : WADI_E_NOMEM;
    if (status == WADI_OK && !position_copy(type, record, &after)) status = WADI_E_NOMEM;
    wadi__free(record);
    if (status == WADI_OK && time_ms >= state->newest_ms) {
        position_fini(&state->now);
        state->now = after;
        state->newest_ms = time_ms;
    } else if (status == WADI_OK) {
        position_fini(&after); /* an older batch, made again */
    }
    if (status == WADI_OK) return status;
    *out = NULL;
    if (status == WADI_E_NOMEM && (err == NULL || err->status == WADI_OK))
        return wadi_error_context(err, status, "no memory for the state of '%s'", self->fn->name);
    return status;
}
static void input_forget(wadi_dstream *self, int64_t time_ms) {
    input_state *state = state_of(self);
    size_t kept = 0;
    for (size_t i = 0; i < state->begun.count; i++) {
        if (state->begun.items[i].time_ms > time_ms)
            state->begun.items[kept++] = state->begun.items[i];
        else
            position_fini(&state->begun.items[i].before);
    }
    state->begun.count = kept;
}
static void input_destroy(wadi_dstream *self) {
    input_state *state = state_of(self);
    position_fini(&state->now);
    for (size_t i = 0; i < state->begun.count; i++) position_fini(&state->begun.items[i].before);
    wadi__vec_fini(&state->begun);
}
static const wadi__dstream_ops input_ops = {
    .name = "input_stream",
    .state_size = sizeof(input_state),
    .compute = input_compute,
    .forget = input_forget,
    .destroy = input_destroy,
};

wadi_dstream *(wadi_input_stream)(wadi_stream_context *ssc, wadi_input_fn f,
                                  const wadi_source_options *given) {
    wadi_source_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    wadi_dstream *self =
        wadi__dstream_new_input(wadi__some_context(ssc, &options.where, input_ops.name), &input_ops,
                                wadi__type_int64(), &options.where, options.name);
    if (wadi__dstream_is_spare(self)) return self;
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    if (!wadi__dstream_bind(self, WADI__FN_ARG(f), WADI_FN_INPUT, NULL, NULL)) return self;
    self->type = self->fn->out;
    const wadi__type *type = self->fn->state;
    if (type != NULL && (state_of(self)->now.record = wadi__calloc(1, type->pub.size)) == NULL)
        wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for the state of '%s'", f.fn->name);
    return self;
}
