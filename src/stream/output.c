/* SPDX-License-Identifier: Apache-2.0 */
/* output.c: making output operations. */
#include "stream/output.h"

#include "stream/nowhere.h"
#include "stream/options.h"
#include "stream/stream_context.h"

wadi__output_op *wadi__output_new(wadi_dstream *stream, const wadi__output_ops *ops, size_t state_size,
                               const wadi_where *where) {
    wadi_stream_context *ssc = stream->ssc;
    if (!wadi__stream_context_check_open(ssc, where, ops->name)) return NULL;
    wadi__output_op *output = wadi__calloc(1, sizeof *output + state_size);
    if (output == NULL || !wadi__vec_reserve(&ssc->outputs, 1)) {
        wadi__free(output);
        wadi__stream_context_mistake(ssc, where, ops->name, WADI_E_NOMEM, "no memory for an output operation");
        return NULL;
    }
    output->ops = ops;
    output->stream = stream;
    output->where = *where;
    output->id = (int)ssc->outputs.count;
    ssc->outputs.items[ssc->outputs.count++] = output;
    return output;
}
wadi__output_op *wadi__output_new_with(wadi_dstream *stream, const wadi__output_ops *ops, size_t state_size,
                                       const void *given, void *options, size_t options_size) {
    bool known = wadi__options_take(options, options_size, given);
    const wadi_where *where = &((const wadi__options_head *)options)->where;
    stream = wadi__some_stream(stream, where, ops->name);
    wadi__output_op *output = wadi__output_new(stream, ops, state_size, where);
    if (output != NULL && !known)
        wadi__stream_context_mistake(stream->ssc, where, ops->name, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    return output;
}
void wadi__output_bind(wadi__output_op *output, wadi__fn_arg f, wadi_fn_kind kind) {
    wadi_error err = WADI_ERROR_INIT;
    if (output->stream->is_broken) return;
    output->fn = wadi__bound_fn_new(f.fn, kind, f.env, output->stream->type, NULL, &err);
    if (output->fn == NULL)
        wadi__stream_context_mistake(output->stream->ssc, &output->where, output->ops->name, err.status, err.message);
}
void wadi__output_free(wadi__output_op *output) {
    if (output->ops->destroy != NULL) output->ops->destroy(output);
    wadi__bound_fn_unref(output->fn);
    wadi__free(output);
}
