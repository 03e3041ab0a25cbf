/* SPDX-License-Identifier: Apache-2.0 */
/* scripted_source.c: batches from an array. */
#include "testing/scripted_source.h"

#include "stream/dstream.h"
#include "stream/stream_context.h"

typedef struct scripted_state {
    wadi__script script;
    WADI__VEC(int64_t) asked_ms;
} scripted_state;

static wadi_status scripted_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                    wadi_error *err) {
    scripted_state *state = (scripted_state *)self->state;
    size_t k = (size_t)((time_ms - self->zero_ms) / self->slide_ms);
    wadi__script_batch batch = {0};
    if (k <= state->script.count) batch = state->script.batches[k - 1];
    if (!wadi__vec_push(&state->asked_ms, time_ms))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a time");
    if (batch.is_missing) return WADI_OK;
    wadi_op_options options = {.size = sizeof options, .partitions = state->script.partitions};
    wadi_rdd *made =
        wadi__parallelize(self->ssc->sc, &self->type->pub, batch.rows, batch.count, &options);
    return wadi__dstream_made(made, out, err);
}
static void scripted_destroy(wadi_dstream *self) {
    wadi__vec_fini(&((scripted_state *)self->state)->asked_ms);
}
static const wadi__dstream_ops scripted_ops = {
    .name = "scripted_stream",
    .state_size = sizeof(scripted_state),
    .compute = scripted_compute,
    .destroy = scripted_destroy,
};

wadi_dstream *wadi__scripted_stream(wadi_stream_context *ssc, const wadi_type *pub,
                                    const wadi__script *script) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    wadi_dstream *self = wadi__dstream_new_input(
        ssc, &scripted_ops, type != NULL ? type : wadi__type_int64(), NULL, NULL);
    if (wadi__dstream_is_spare(self)) return self;
    if (type == NULL) wadi__dstream_mistake(self, err.status, "%s", err.message);
    ((scripted_state *)self->state)->script = *script;
    return self;
}
const int64_t *wadi__scripted_asked(const wadi_dstream *stream, size_t *count) {
    const scripted_state *state = (const scripted_state *)stream->state;
    *count = state->asked_ms.count;
    return state->asked_ms.items;
}
