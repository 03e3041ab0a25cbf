/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_restore.c: who takes what of a checkpoint. */
#include "stream/checkpoint_restore.h"

#include "base/log.h"
#include "exec/shared_vars.h"
#include "stream/checkpoint.h"
#include "stream/interval.h"
#include "stream/saved_name.h"

#include <inttypes.h>
#include <string.h>

wadi_status wadi__checkpoint_fits(const wadi_stream_context *ssc,
                                  const wadi__checkpoint *checkpoint, wadi_error *err) {
    if (checkpoint->head.batch_ms != ssc->batch_ms)
        return wadi_error_context(err, WADI_E_STATE,
                                  "the checkpoint in %s has batches of %" PRId64
                                  " ms, the program of %" PRId64
                                  " ms; give the program that interval, or name another directory",
                                  ssc->checkpoint_dir, checkpoint->head.batch_ms, ssc->batch_ms);
    return WADI_OK;
}

/* ---- Streams ---- */

static wadi_dstream *find(wadi_stream_context *ssc, const wadi_str *name) {
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        const char *own = node->is_reached ? wadi__dstream_saved_name(node) : NULL;
        if (own != NULL && wadi_str_equal(wadi_str_of(own), *name)) return node;
    }
    return NULL;
}
/* What was saved and what the program has, for whoever must decide how to go on. */
static wadi_status does_not_fit(const wadi_dstream *node, const checkpoint_stream *saved,
                                wadi_status status, wadi_error *err) {
    char records[128];
    return wadi_error_context(
        err, status,
        "the checkpoint has '%.*s' as %.*s of %.*s, the program as %s of %s at %s:%d; to keep what "
        "was saved go "
        "back to the old form, or give the new stream another .name and .drop_unused_state",
        WADI_STR_ARG(saved->name), WADI_STR_ARG(saved->op), WADI_STR_ARG(saved->records),
        node->ops->name, wadi__type_text(node->type, records, sizeof records),
        node->where.file != NULL ? node->where.file : "?", node->where.line);
}
static const char *times(char *text, size_t size, int64_t window_ms, int64_t slide_ms) {
    if (window_ms == 0)
        snprintf(text, size, "every %" PRId64 " ms", slide_ms);
    else
        snprintf(text, size, "with a window of %" PRId64 " ms every %" PRId64 " ms", window_ms,
                 slide_ms);
    return text;
}
static wadi_status has_other_times(const wadi_dstream *node, const checkpoint_stream *saved,
                                   wadi_error *err) {
    char was[80], is[80];
    return wadi_error_context(
        err, WADI_E_STATE,
        "'%.*s' was saved %s, the program has it %s at %s:%d; give it these times, or another "
        ".name and .drop_unused_state",
        WADI_STR_ARG(saved->name), times(was, sizeof was, saved->window_ms, saved->slide_ms),
        times(is, sizeof is, node->window_ms, node->slide_ms),
        node->where.file != NULL ? node->where.file : "?", node->where.line);
}
static wadi_status give(wadi_dstream *node, const checkpoint_stream *saved, wadi_error *err) {
    bool is_same_op = wadi_str_equal(wadi_str_of(node->ops->name), saved->op);
    if (saved->is_state != wadi__dstream_is_state(node) || (saved->is_state && !is_same_op))
        return does_not_fit(node, saved, WADI_E_TYPE, err);
    bool is_as_long = saved->slide_ms == node->slide_ms && saved->window_ms == node->window_ms;
    if (saved->is_state && !is_as_long) return has_other_times(node, saved, err);
    if (saved->kept.len == 0 || node->ops->restore == NULL) return WADI_OK;
    wadi_status status =
        node->ops->restore(node, wadi_str_data(&saved->kept), saved->kept.len, err);
    if (status == WADI_OK) return status;
    return wadi_error_context(err, status, "restoring '%.*s' (%s at %s:%d)",
                              WADI_STR_ARG(saved->name), node->ops->name,
                              node->where.file != NULL ? node->where.file : "?", node->where.line);
}
/* State that nobody takes is not lost in silence. */
static wadi_status leave(const wadi_stream_context *ssc, const checkpoint_stream *saved,
                         wadi_error *err) {
    if (!saved->is_state || ssc->drops_unused_state) {
        wadi__log_warn("stream",
                       "'%.*s' (%.*s) of the checkpoint is dropped: the program has no such stream",
                       WADI_STR_ARG(saved->name), WADI_STR_ARG(saved->op));
        return WADI_OK;
    }
    return wadi_error_context(
        err, WADI_E_STATE,
        "the checkpoint has the state '%.*s' (%.*s of %.*s), which no stream of the program takes; "
        "give its stream .name = \"%.*s\" to keep it, or .drop_unused_state to drop it",
        WADI_STR_ARG(saved->name), WADI_STR_ARG(saved->op), WADI_STR_ARG(saved->records),
        WADI_STR_ARG(saved->name));
}
/* States without a past begin as if nothing had come before. */
static void begin_new_states(wadi_stream_context *ssc, const wadi__checkpoint *checkpoint) {
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        bool is_known = false;
        if (!node->is_reached || !wadi__dstream_is_state(node)) continue;
        wadi_str name = wadi_str_of(wadi__dstream_saved_name(node));
        for (size_t s = 0; s < checkpoint->streams.count && !is_known; s++)
            is_known = wadi_str_equal(checkpoint->streams.items[s].name, name);
        if (is_known) continue;
        node->saved_ms =
            wadi__interval_floor(checkpoint->head.rerun_ms - 1, node->slide_ms, node->zero_ms);
        wadi__log_info("stream", "'%s' is not in the checkpoint: it begins empty",
                       wadi__dstream_saved_name(node));
    }
}
static wadi_status expect_all_can(const wadi_stream_context *ssc, wadi_error *err) {
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        const wadi_dstream *node = ssc->nodes.items[i];
        if (node->is_reached && node->ops->cannot_recover != NULL)
            return wadi_error_context(err, WADI_E_STATE, "%s:%d: %s: %s",
                                      node->where.file != NULL ? node->where.file : "?",
                                      node->where.line, node->ops->name, node->ops->cannot_recover);
    }
    return WADI_OK;
}
static wadi_status restore_accumulators(const wadi_stream_context *ssc,
                                        const wadi__checkpoint *checkpoint, wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t i = 0; i < checkpoint->accumulators.count && status == WADI_OK; i++) {
        const checkpoint_accumulator *saved = &checkpoint->accumulators.items[i];
        char *name = wadi__memdup(wadi_str_data(&saved->name), saved->name.len);
        if (name == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for names");
        status = wadi__accumulator_restore(ssc->sc, name, wadi_str_data(&saved->value),
                                           saved->value.len, err);
        wadi__free(name);
    }
    return status;
}
wadi_status wadi__checkpoint_restore(wadi_stream_context *ssc, const wadi__checkpoint *checkpoint,
                                     wadi_error *err) {
    wadi_status status = expect_all_can(ssc, err);
    if (status != WADI_OK) return status;
    if (!wadi__saved_names_make(ssc))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for names");
    begin_new_states(ssc, checkpoint);
    for (size_t i = 0; i < checkpoint->streams.count && status == WADI_OK; i++) {
        const checkpoint_stream *saved = &checkpoint->streams.items[i];
        wadi_dstream *node = find(ssc, &saved->name);
        status = node != NULL ? give(node, saved, err) : leave(ssc, saved, err);
    }
    return status == WADI_OK ? restore_accumulators(ssc, checkpoint, err) : status;
}
