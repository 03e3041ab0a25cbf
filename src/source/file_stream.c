/* SPDX-License-Identifier: Apache-2.0 */
/* file_stream.c: each batch lists a directory and takes the files that are new (Spark's
 * FileInputDStream).
 *
 * The directory may be missing, or not be readable: then the batch is empty, and a warning says so
 * when that begins. Files that were taken are remembered as long as they could be taken again. */
#include "source/file_stream.h"

#include "base/conf.h"
#include "base/log.h"
#include "data/print.h"
#include "fs/glob.h"
#include "source/file_filter.h"
#include "source/file_listing.h"
#include "source/file_saved.h"
#include "stream/nowhere.h"
#include "stream/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DRIFT_MIN_MS = 1000 }; /* less is the clocks' grain */

struct wadi__file_watch {
    const wadi__file_format *format;
    char *dir;
    size_t record_bytes;
    wadi__file_selection selection;
    wadi__saved_files saved;
    int64_t anchor_wall_ms, anchor_ns; /* one moment on both clocks: the start */
    char problem[300];                 /* that was warned of and is still there; empty: none */
};
static wadi__file_watch *state_of(const wadi_dstream *self) {
    return (wadi__file_watch *)(uintptr_t)self->state;
}
size_t wadi__file_stream_record_bytes(const wadi_dstream *self) {
    return state_of(self)->record_bytes;
}

/* ---- Each batch ---- */

/* How far the wall clock is from where it would be, had nobody set it since the start. */
static int64_t drift_ms(const wadi_dstream *self) {
    const wadi__file_watch *state = state_of(self);
    wadi__env *env = self->ssc->env;
    int64_t since_ms = (env->monotonic_ns(env) - state->anchor_ns) / 1000000;
    int64_t drift = env->wall_ms(env) - state->anchor_wall_ms - since_ms;
    int64_t change = drift - state->selection.drift_ms;
    return change > DRIFT_MIN_MS || change < -DRIFT_MIN_MS ? drift : state->selection.drift_ms;
}
/* Warns of a problem when it is not the one of the batch before. NULL: there is none. */
static void note_problem(wadi_dstream *self, const char *problem) {
    wadi__file_watch *state = state_of(self);
    if (problem != NULL && strcmp(state->problem, problem) != 0)
        wadi__log_warn("source", "%s of %s: %s; batches are empty until that is mended",
                       self->ops->name, state->dir, problem);
    snprintf(state->problem, sizeof state->problem, "%s", problem != NULL ? problem : "");
}
/* A directory that cannot be listed has no files, says a warning; without memory the batch fails.
 */
static wadi_status list(wadi_dstream *self, wadi__file_listing *listing, wadi_error *err) {
    wadi__file_watch *state = state_of(self);
    wadi_error own = WADI_ERROR_INIT;
    wadi_status status = wadi__file_listing_make(listing, self->ssc->env, state->dir, &own);
    if (status == WADI_E_NOMEM) return wadi_error_context(err, status, "%s", own.message);
    if (status != WADI_OK) {
        wadi__file_listing_fini(listing); /* a part of it would be files out of turn */
        note_problem(self, own.message);
    } else {
        note_problem(self, listing->has_directory ? NULL : "there is no such directory");
    }
    return WADI_OK;
}
static wadi_status select_new(wadi_dstream *self, int64_t time_ms, wadi__file_listing *listing,
                              wadi_error *err) {
    wadi__file_watch *state = state_of(self);
    int64_t drift = drift_ms(self);
    size_t count = listing->files.count;
    wadi__file_selection_ask(&state->selection, time_ms, drift, listing->files.items, count);
    wadi_status status = wadi__file_filter(self, time_ms, listing->files.items, count, err);
    if (status == WADI_OK &&
        !wadi__file_selection_take(&state->selection, time_ms, drift, listing->files.items, count))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory to remember %zu files", count);
    return status;
}
static wadi_status look(wadi_dstream *self, int64_t time_ms, wadi_error *err) {
    wadi__file_listing listing = {0};
    wadi_status status = list(self, &listing, err);
    if (status == WADI_OK) status = select_new(self, time_ms, &listing, err);
    wadi__file_listing_fini(&listing);
    return status;
}
/* Which files a batch has; of their records nobody knows the number yet. */
static void report(wadi_dstream *self, int64_t time_ms, const wadi__inputs *files) {
    wadi__text names = {0};
    for (size_t i = 0; i < files->count; i++) {
        if (i > 0) wadi__text_add(&names, "\n", 1);
        wadi__text_add(&names, files->items[i].path, strlen(files->items[i].path));
    }
    wadi__text_add(&names, "", 1);
    wadi__input_info_report(&self->ssc->input_info, time_ms, self->input_id, 0,
                            names.bytes != NULL ? names.bytes : "");
    wadi__text_fini(&names);
}
/* A batch that is made again has the files that it had. */
static wadi_status file_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                wadi_error *err) {
    const wadi__file_watch *state = state_of(self);
    const wadi__taken *batch;
    if (!wadi__file_selection_find(&state->selection, time_ms, &batch) &&
        time_ms >= state->selection.from_ms) {
        wadi_status status = look(self, time_ms, err);
        if (status != WADI_OK) return status;
        wadi__file_selection_find(&state->selection, time_ms, &batch);
    }
    wadi__inputs files = batch != NULL ? batch->files : (wadi__inputs){0};
    report(self, time_ms, &files);
    return wadi__dstream_made(state->format->make(self, files.items, files.count), out, err);
}
static wadi_status file_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err) {
    wadi__env *env = self->ssc->env;
    (void)zero_ms, (void)err;
    state_of(self)->anchor_ns = env->monotonic_ns(env);
    state_of(self)->anchor_wall_ms = env->wall_ms(env);
    return WADI_OK;
}
static void file_forget(wadi_dstream *self, int64_t time_ms) {
    if (time_ms > self->replay_ms) time_ms = self->replay_ms;
    wadi__file_selection_forget(&state_of(self)->selection, time_ms);
}
static wadi_status file_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                             wadi_error *err) {
    (void)time_ms;
    return wadi__file_selection_save(&state_of(self)->selection, self->replay_ms,
                                     &state_of(self)->saved, out, err);
}
static wadi_status file_restore(wadi_dstream *self, const void *bytes, size_t size,
                                wadi_error *err) {
    return wadi__file_selection_restore(&state_of(self)->selection, bytes, size, err);
}
static void file_destroy(wadi_dstream *self) {
    wadi__file_selection_fini(&state_of(self)->selection);
    wadi__saved_files_fini(&state_of(self)->saved);
    wadi__free(state_of(self)->dir);
}

/* ---- Building: the constructors differ in name alone ---- */

#define FILE_OPS(op_name)                                                                       \
    {                                                                                           \
        .name = op_name, .state_size = sizeof(wadi__file_watch), .compute = file_compute,       \
        .start = file_start, .forget = file_forget, .save = file_save, .restore = file_restore, \
        .destroy = file_destroy,                                                                \
    }
static const wadi__dstream_ops file_ops[] = {
    FILE_OPS("text_file_stream"),
    FILE_OPS("file_stream"),
    FILE_OPS("binary_records_stream"),
};
static const wadi__dstream_ops *ops_of(const char *op) {
    for (size_t i = 0; i < sizeof file_ops / sizeof file_ops[0]; i++)
        if (strcmp(file_ops[i].name, op) == 0) return &file_ops[i];
    return &file_ops[1];
}
static void set_rule(wadi_dstream *self, bool existing_files) {
    wadi__file_selection *selection = &state_of(self)->selection;
    wadi_stream_context *ssc = self->ssc;
    int64_t least_ms = 60000;
    if (ssc->sc->conf != NULL)
        least_ms = wadi__conf_int(ssc->sc->conf, WADI__CONF_FILE_STREAM_MIN_REMEMBER) * 1000;
    selection->start_ms = existing_files ? 0 : ssc->env->wall_ms(ssc->env);
    selection->slide_ms = ssc->batch_ms;
    selection->remember_ms = wadi__file_remember_batches(ssc->batch_ms, least_ms) * ssc->batch_ms;
    self->remember_ms = selection->remember_ms;
}
static void check_dir(wadi_dstream *self, const char *dir) {
    wadi__names dirs = {0};
    wadi_error err = WADI_ERROR_INIT;
    if (dir == NULL || dir[0] == 0)
        wadi__dstream_mistake(self, WADI_E_INVALID, "no directory is given");
    else if ((state_of(self)->dir = wadi__strdup(dir)) == NULL)
        wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for the name of a directory");
    else if (wadi__glob(self->ssc->env, dir, &dirs, &err) == WADI_E_INVALID) /* a wrong pattern */
        wadi__dstream_mistake(self, err.status, "%s", err.message);
    wadi__names_fini(&dirs);
}
/* Makes a batch without files, for what it finds wrong. */
static void try_out(wadi_dstream *self) {
    wadi__scope scope;
    wadi__scope_init(&scope, 0);
    wadi__scope *before = wadi__scope_enter(&scope);
    const wadi_rdd *trial = state_of(self)->format->make(self, NULL, 0);
    if (wadi__rdd_is_broken(trial))
        wadi__dstream_mistake(self, trial->err->status, "%s", trial->err->message);
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
}
wadi_dstream *wadi__file_stream_new(wadi_stream_context *ssc, const char *op,
                                    const wadi__file_source *source) {
    wadi_file_options options;
    wadi_error err = WADI_ERROR_INIT;
    bool known = wadi__options_take(&options, sizeof options, source->options);
    const wadi__type *type = wadi__type_intern(source->type, &err);
    wadi_dstream *self = wadi__dstream_new_input(
        wadi__some_context(ssc, &options.where, op), ops_of(op),
        type != NULL ? type : wadi__type_int64(), &options.where, options.name);
    if (wadi__dstream_is_spare(self)) return self;
    state_of(self)->format = source->format;
    state_of(self)->record_bytes = source->record_bytes;
    if (type == NULL) wadi__dstream_mistake(self, err.status, "%s", err.message);
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    set_rule(self, options.existing_files);
    check_dir(self, source->dir);
    if (options.filter.fn != NULL)
        wadi__dstream_bind(self, WADI__FN_ARG(options.filter), WADI_FN_FILTER, wadi__type_str(),
                           NULL);
    if (!self->is_broken && source->format != NULL) try_out(self);
    return self;
}
