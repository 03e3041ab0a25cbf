/* SPDX-License-Identifier: Apache-2.0 */
/* input_stream.c: a function of the user's on the driver makes the RDD of each batch, and keeps in
 * a record how far the input has come.
 *
 * The record is a value: each batch works on a copy, so that the one that it began with stays as
 * long as the batch is remembered, and a batch that is made again begins with the same. */
#include "base/log.h"
#include "data/frame_rows.h"
#include "data/value.h"
#include "stream/driver_fn.h"
#include "stream/nowhere.h"
#include "stream/options.h"

#include <wadi/source.h>

#include <inttypes.h>

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
    int64_t restored_ms;        /* the newest of the run before; 0: there was none */
    bool was_other;             /* .. whose record had other fields */
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
/* Where the next batch began, when this one is made again. NULL: it is the newest that is known. */
static const beginning *after_of(const input_state *state, int64_t time_ms) {
    const beginning *next = NULL;
    for (size_t i = 0; i < state->begun.count; i++)
        if (state->begun.items[i].time_ms > time_ms &&
            (next == NULL || state->begun.items[i].time_ms < next->time_ms))
            next = &state->begun.items[i];
    return next;
}
static void look_at_end(const wadi_dstream *self, int64_t time_ms, const void *end) {
    const beginning *next = after_of(state_of(self), time_ms);
    if (next == NULL || wadi__value_equal(self->fn->state, next->before.record, end)) return;
    if (state_of(self)->was_other && next->time_ms <= state_of(self)->restored_ms) return;
    wadi__log_warn("source",
                   "'%s' has made batch %" PRId64
                   " ms again and come to another end than before: records are missing or double; "
                   "let them depend on its state and the batch's time alone",
                   self->fn->name, time_ms);
}
/* A batch that could not be made has not begun: its records are those of the next one. */
static void take_back(input_state *state, int64_t time_ms) {
    size_t last = state->begun.count - 1;
    if (time_ms < state->newest_ms || state->begun.items[last].time_ms != time_ms) return;
    position_fini(&state->begun.items[last].before);
    state->begun.count = last;
}
static wadi_status input_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                 wadi_error *err) {
    const wadi__type *type = self->fn->state;
    input_state *state = state_of(self);
    if (type == NULL) return run(self, time_ms, NULL, out, err);
    if (time_ms <= state->restored_ms && find(state, time_ms) == NULL) { /* nobody remembers it */
        *out = wadi__rdd_make_empty(self->ssc->sc, self->type);
        return *out != NULL ? wadi__dstream_made(*out, out, err) : WADI_E_NOMEM;
    }
    bool is_first = find(state, time_ms) == NULL;
    const beginning *from = begin(self, time_ms);
    void *record = from != NULL ? wadi__memdup(from->before.record, type->pub.size) : NULL;
    position after;
    wadi_status status = record != NULL ? run(self, time_ms, record, out, err) : WADI_E_NOMEM;
    if (status == WADI_OK && !position_copy(type, record, &after)) status = WADI_E_NOMEM;
    if (status == WADI_OK) look_at_end(self, time_ms, record);
    wadi__free(record);
    if (status == WADI_OK && time_ms >= state->newest_ms) {
        position_fini(&state->now);
        state->now = after;
        state->newest_ms = time_ms;
    } else if (status == WADI_OK) {
        position_fini(&after); /* an older batch, made again */
    }
    if (status == WADI_OK) return status;
    if (from != NULL && is_first) take_back(state, time_ms);
    *out = NULL;
    if (status == WADI_E_NOMEM && (err == NULL || err->status == WADI_OK))
        return wadi_error_context(err, status, "no memory for the state of '%s'", self->fn->name);
    return status;
}
static void input_forget(wadi_dstream *self, int64_t time_ms) {
    input_state *state = state_of(self);
    size_t kept = 0;
    for (size_t i = 0; i < state->begun.count; i++) {
        int64_t begun_ms = state->begun.items[i].time_ms;
        if (begun_ms > time_ms || begun_ms >= self->replay_ms)
            state->begun.items[kept++] = state->begun.items[i];
        else
            position_fini(&state->begun.items[i].before);
    }
    state->begun.count = kept;
}

/* ---- Over the end of the process: the number of the newest batch; the state after it, and before
 * each remembered one; their times ---- */

WADI_RECORD(saved_input, (int64_t, newest_ms));

/* What is written: the states before batches that may be asked for again, and after the newest. */
typedef struct saved_states {
    wadi__row_run *runs;
    int64_t *times;
    size_t count; /* of times; there is one more run */
} saved_states;
static bool gather_states(const wadi_dstream *self, saved_states *to) {
    const input_state *state = state_of(self);
    size_t room = state->begun.count + 1, size = self->fn->state->pub.size;
    to->runs = wadi__calloc(room, sizeof *to->runs);
    to->times = wadi__calloc(room, sizeof *to->times);
    if (to->runs == NULL || to->times == NULL) return false;
    for (size_t i = 0; i < state->begun.count; i++) {
        const beginning *begun = &state->begun.items[i];
        if (begun->time_ms < self->replay_ms) continue;
        to->runs[to->count] = (wadi__row_run){begun->before.record, size, 1};
        to->times[to->count++] = begun->time_ms;
    }
    to->runs[to->count] = (wadi__row_run){state->now.record, size, 1};
    return true;
}
static wadi_status input_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                              wadi_error *err) {
    (void)time_ms;
    if (self->fn->state == NULL) return WADI_OK;
    saved_input input = {state_of(self)->newest_ms};
    saved_states states = {NULL, NULL, 0};
    wadi_status status = WADI_OK;
    if (!gather_states(self, &states))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory to save states");
    if (status == WADI_OK)
        status = wadi__frame_rows_put(out, WADI_TYPE(saved_input), &input, 1, err);
    if (status == WADI_OK)
        status = wadi__frame_write(out, self->fn->state, states.runs, states.count + 1,
                                   WADI__FRAME_PLAIN, err);
    if (status == WADI_OK)
        status = wadi__frame_rows_put(out, WADI_TYPE(int64_t), states.times, states.count, err);
    wadi__free(states.runs);
    wadi__free(states.times);
    return status;
}
static wadi_status no_memory(wadi_error *err, const wadi_dstream *self) {
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for the state of '%s'", self->fn->name);
}
static wadi_status damaged(wadi_error *err, const wadi_dstream *self) {
    return wadi_error_context(err, WADI_E_CORRUPT, "the saved state of '%s' is damaged",
                              self->fn->name);
}
static wadi_status take_newest(wadi_dstream *self, wadi__frame_rows *frames, wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_rows_take(frames, WADI_TYPE(saved_input), &block, err);
    if (status != WADI_OK) return status;
    WADI__EACH_RECORD (block, saved_input, row)
        state_of(self)->newest_ms = state_of(self)->restored_ms = row->newest_ms;
    if (block->row_count != 1) status = damaged(err, self);
    wadi__block_unref(block);
    return status;
}
static wadi_status read_states(wadi_dstream *self, wadi__frame_rows *frames, wadi__block **block,
                               wadi_error *err) {
    wadi_error own = WADI_ERROR_INIT;
    const wadi__type *saved = NULL;
    wadi_status status = wadi__frame_type(frames->at, frames->left_bytes, &saved, &own);
    if (status == WADI_OK)
        status = wadi__frame_rows_take_renamed(frames, &self->fn->state->pub, block, &own);
    state_of(self)->was_other = saved != NULL && saved->shape != self->fn->state->shape;
    if (status == WADI_OK) return WADI_OK;
    wadi_error_context(err, status, "%s", own.message);
    if (status != WADI_E_TYPE) return status;
    return wadi_error_context(
        err, status,
        "the state of '%s' was saved by another version of it; let the fields "
        "of %s keep their kinds, or begin anew under another .name",
        self->fn->name, self->fn->state->pub.name);
}
/* The states before each batch, with their times, and after the newest. */
static wadi_status take_states(wadi_dstream *self, const wadi__block *states,
                               const wadi__block *times, wadi_error *err) {
    input_state *state = state_of(self);
    const wadi__type *type = self->fn->state;
    if (states == NULL || times == NULL || states->row_count != times->row_count + 1)
        return damaged(err, self);
    size_t next = 0;
    if (!wadi__vec_reserve(&state->begun, times->row_count)) return no_memory(err, self);
    WADI__EACH_RECORD (times, int64_t, time_ms)
        state->begun.items[next++] = (beginning){.time_ms = *time_ms};
    for (size_t c = 0; c < states->chunks.count; c++) {
        const wadi__chunk *chunk = states->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count; i++) {
            position read;
            if (!position_copy(type, chunk->rows + (size_t)i * type->pub.size, &read))
                return no_memory(err, self);
            if (state->begun.count < next) {
                state->begun.items[state->begun.count++].before = read;
            } else {
                position_fini(&state->now);
                state->now = read;
            }
        }
    }
    return WADI_OK;
}
static wadi_status input_restore(wadi_dstream *self, const void *bytes, size_t size,
                                 wadi_error *err) {
    if (self->fn->state == NULL) return WADI_OK;
    wadi__frame_rows frames = {bytes, size};
    wadi__block *states = NULL, *times = NULL;
    wadi_status status = take_newest(self, &frames, err);
    if (status == WADI_OK) status = read_states(self, &frames, &states, err);
    if (status == WADI_OK) status = wadi__frame_rows_take(&frames, WADI_TYPE(int64_t), &times, err);
    if (status == WADI_OK) status = take_states(self, states, times, err);
    wadi__block_unref(states);
    wadi__block_unref(times);
    return status;
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
    .save = input_save,
    .restore = input_restore,
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
