/* SPDX-License-Identifier: Apache-2.0 */
/* snapshots.c: a stream's files, and the thread that writes them. */
#include "stream/snapshots.h"

#include "base/conf.h"
#include "stream/saved_name.h"
#include "stream/state_writer.h"
#include "stream/stream_context.h"

wadi_status wadi__snapshots_open(wadi_dstream *self, const wadi__snapshots_spec *spec,
                                 wadi__state_files **files, wadi_error *err) {
    wadi_stream_context *ssc = self->ssc;
    if (ssc->checkpoint_dir == NULL) return WADI_OK;
    const char *name = wadi__dstream_saved_name(self);
    if (ssc->state_writer == NULL) ssc->state_writer = wadi__state_writer_new(ssc->env);
    if (name == NULL || ssc->state_writer == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory or thread to save a state");
    wadi__state_files_spec own = {
        .env = ssc->env,
        .checkpoint_dir = ssc->checkpoint_dir,
        .stream = name,
        .op = self->ops->name,
        .type = spec->type,
        .is_keyed = spec->is_keyed,
        .window_ms = spec->window_ms,
        .slide_ms = spec->slide_ms,
        .epoch = ssc->epoch,
        .partition_count = spec->partition_count,
        .chain_max = (size_t)wadi__conf_int(ssc->sc->conf, WADI__CONF_DELTA_CHAIN_THRESHOLD),
        .wake = wadi__state_writer_wake,
        .wake_arg = ssc->state_writer};
    *files = wadi__state_files_new(&own);
    return *files != NULL ? WADI_OK
                          : wadi_error_context(err, WADI_E_NOMEM, "no memory to save a state");
}
wadi_status wadi__snapshots_save(wadi_dstream *self, wadi__state_files *files, int64_t time_ms,
                                 int64_t begun_ms, wadi__text *out, wadi_error *err) {
    if (files == NULL) return WADI_OK;
    int64_t limit_ms = self->ssc->rerun_ms;
    if (self->replay_ms < limit_ms && !self->loses_batches) limit_ms = self->replay_ms;
    return wadi__state_files_save(files, limit_ms, time_ms, begun_ms, out, &self->saved_ms, err);
}
