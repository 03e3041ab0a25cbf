/* SPDX-License-Identifier: Apache-2.0 */
/* transform.c: a function of the user's on the driver makes each batch's RDD out of those of the
 * parents: transform, transformWith, and the context's transform of any number of streams.
 *
 * The function runs on the generator's thread, in the scope of the batch, and may run jobs there.
 * An action of it that fails, fails the batch. */
#include "stream/driver_fn.h"
#include "stream/ops/derived.h"
#include "stream/stream_context.h"

static wadi_status transform_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                     wadi_error *err) {
    wadi_rdd **in = wadi__malloc(self->parent_count * sizeof(wadi_rdd *));
    if (in == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for %u datasets",
                                  self->parent_count);
    wadi_status status = WADI_OK;
    for (uint32_t i = 0; i < self->parent_count && status == WADI_OK; i++)
        status = wadi__dstream_parent_rdd_needed(self, i, time_ms, &in[i], err);
    wadi_call call = {.rdds = in, .rdd_count = self->parent_count, .batch_ms = time_ms};
    if (status == WADI_OK) status = wadi__driver_fn_run(self->ssc->sc, self->fn, &call, err);
    if (status == WADI_OK) status = wadi__driver_fn_check(self->fn, "transform", call.result, err);
    if (status == WADI_OK) status = wadi__dstream_made(call.result, out, err);
    wadi__free(in);
    return status;
}

/* The three kinds differ in name alone, and in whose types the function names. */
#define TRANSFORM_KIND(op_name)                  \
    {                                            \
        .ops = {                                 \
            .name = op_name,                     \
            .state_size = sizeof(wadi__derived), \
            .compute = transform_compute,        \
            .destroy = wadi__derived_destroy     \
        }                                        \
    }
static const wadi__derived_kind transform_kind = TRANSFORM_KIND("transform");
static const wadi__derived_kind transform_with_kind = TRANSFORM_KIND("transform_with");
static const wadi__derived_kind transform_all_kind = TRANSFORM_KIND("transform_all");

static wadi_dstream *take_fn(wadi_dstream *self, wadi__fn_arg f, wadi_fn_kind kind) {
    const wadi__type *in = self->parent_count > 0 ? self->parents[0]->type : NULL;
    const wadi__type *other =
        kind == WADI_FN_TRANSFORM_WITH && self->parent_count > 1 ? self->parents[1]->type : NULL;
    if (kind == WADI_FN_TRANSFORM_ALL) in = NULL; /* any */
    if (!wadi__dstream_is_spare(self) && wadi__dstream_bind(self, f, kind, in, other))
        self->type = self->fn->out;
    return self;
}
wadi_dstream *(wadi_transform)(wadi_dstream *in, wadi_transform_fn f,
                               const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .options = options};
    return take_fn(wadi__derived_new(&transform_kind, &args), WADI__FN_ARG(f), WADI_FN_TRANSFORM);
}
wadi_dstream *(wadi_transform_with)(wadi_dstream *in, wadi_dstream *other, wadi_transform_with_fn f,
                                    const wadi_op_options *options) {
    wadi__derived_args args = {.in = in, .others = &other, .other_count = 1, .options = options};
    return take_fn(wadi__derived_new(&transform_with_kind, &args), WADI__FN_ARG(f),
                   WADI_FN_TRANSFORM_WITH);
}
wadi_dstream *(wadi_transform_all)(wadi_dstream *const *streams, size_t n, wadi_transform_all_fn f,
                                   const wadi_op_options *options) {
    bool is_some = streams != NULL && n > 0;
    wadi__derived_args args = {.in = is_some ? streams[0] : NULL,
                               .others = is_some ? streams + 1 : NULL,
                               .other_count = is_some ? n - 1 : 0,
                               .options = options};
    return take_fn(wadi__derived_new(&transform_all_kind, &args), WADI__FN_ARG(f),
                   WADI_FN_TRANSFORM_ALL);
}
