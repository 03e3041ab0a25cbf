/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c: intervals of checkpoints, as streams are given them and as start checks them. */
#include "stream/checkpoint.h"

#include "base/conf.h"
#include "exec/shared_vars.h"
#include "stream/nowhere.h"
#include "stream/saved_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void mistake(wadi_dstream *stream, wadi_status status, const char *message) {
    wadi__stream_context_mistake(stream->ssc, &stream->where, stream->ops->name, status, message);
}
void wadi__dstream_checkpoint(wadi_dstream *stream, int64_t interval_ms, const wadi_where *where) {
    stream = wadi__some_stream(stream, where, "checkpoint");
    if (where == NULL) where = &stream->where;
    if (!wadi__stream_context_check_open(stream->ssc, where, "checkpoint")) return;
    if (wadi__dstream_is_spare(stream)) return;
    if (interval_ms <= 0) {
        wadi__stream_context_mistake(stream->ssc, where, "checkpoint", WADI_E_INVALID,
                                     "the checkpoint interval must be 1 ms or more");
        return;
    }
    stream->checkpoint_ms = interval_ms;
    if (stream->ops->keeps_itself) return;
    if (stream->level == WADI_STORAGE_DEFAULT) stream->level = WADI_MEMORY_ONLY_SER;
    if (stream->remember_ms < 2 * interval_ms) stream->remember_ms = 2 * interval_ms;
}
void(wadi_dstream_checkpoint)(wadi_dstream *stream, int64_t interval_ms) {
    wadi__dstream_checkpoint(stream, interval_ms, NULL);
}

static void check_interval(wadi_dstream *stream) {
    char message[200];
    int64_t interval_ms = stream->checkpoint_ms, slide_ms = stream->slide_ms;
    if (interval_ms < slide_ms)
        snprintf(message, sizeof message,
                 "the checkpoint interval of %" PRId64
                 " ms is lower than the stream's slide time of %" PRId64 " ms",
                 interval_ms, slide_ms);
    else if (interval_ms % slide_ms != 0)
        snprintf(message, sizeof message,
                 "the checkpoint interval of %" PRId64
                 " ms is not a multiple of the stream's slide time of %" PRId64 " ms",
                 interval_ms, slide_ms);
    else
        return;
    mistake(stream, WADI_E_INVALID, message);
}
static void take_setting(wadi_stream_context *ssc) {
    const wadi__conf *conf = ssc->sc->conf;
    const char *dir =
        conf != NULL ? wadi__conf_string(conf, WADI__CONF_CHECKPOINT_DIRECTORY) : NULL;
    if (ssc->checkpoint_dir == NULL && dir != NULL) (wadi_stream_context_checkpoint)(ssc, dir);
}
/* A checkpoint tells accumulators by their names. */
static void check_accumulators(wadi_stream_context *ssc) {
    wadi_where where = {NULL, 0};
    const char *twice =
        ssc->checkpoint_dir != NULL ? wadi__accumulators_want_unique_names(ssc->sc, &where) : NULL;
    if (twice == NULL) return;
    char message[300];
    snprintf(
        message, sizeof message,
        "two accumulators are named '%s', and a checkpoint tells them by name: give each its own",
        twice);
    wadi__stream_context_mistake(ssc, &where, "accumulator_new", WADI_E_INVALID, message);
}
bool wadi__dstream_is_state(const wadi_dstream *stream) {
    return stream->ops->keeps_itself && stream->ops->checkpoint_ms != NULL &&
           stream->checkpoint_ms > 0;
}
/* What two streams keep must not change places when the program changes. Windows are told apart by
 * their lengths besides. */
static void check_names(wadi_stream_context *ssc, wadi_dstream *stream) {
    char message[400];
    for (size_t i = 0; ssc->nodes.items[i] != stream; i++) {
        wadi_dstream *other = ssc->nodes.items[i];
        if (!other->is_reached || !wadi__dstream_is_state(other) ||
            other->window_ms != stream->window_ms || !wadi__saved_names_clash(other, stream))
            continue;
        const char *name = wadi__dstream_saved_name(other);
        snprintf(
            message, sizeof message,
            "a checkpoint could not tell two streams apart that keep a state, both are '%.*s'; "
            "give one of them a .name: the other is at %s:%d",
            (int)strcspn(name, "#"), name, other->where.file != NULL ? other->where.file : "?",
            other->where.line);
        mistake(stream, WADI_E_INVALID, message);
        return;
    }
}
void wadi__checkpoint_validate(wadi_stream_context *ssc) {
    take_setting(ssc);
    check_accumulators(ssc);
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        wadi_dstream *stream = ssc->nodes.items[i];
        if (stream->is_reached && stream->checkpoint_ms == 0 && stream->ops->checkpoint_ms != NULL)
            stream->checkpoint_ms = stream->ops->checkpoint_ms(stream);
        if (!stream->is_reached || stream->checkpoint_ms == 0) continue;
        if (ssc->checkpoint_dir == NULL)
            mistake(stream, WADI_E_STATE,
                    "the stream is to be checkpointed, but the checkpoint directory has not been "
                    "set: wadi_checkpoint(ssc, dir)");
        check_interval(stream);
        if (wadi__dstream_is_state(stream)) check_names(ssc, stream);
    }
}
