/* SPDX-License-Identifier: Apache-2.0 */
/* recovery.c: stream contexts that may go on where another run of the program ended.
 *
 * The program builds its graph on every start. When there is a checkpoint it gets, while it does
 * so, the settings, the default parallelism and the seed of hashes of the run before; wadi_start()
 * then gives the streams their past, once nobody else can write. */
#include "base/log.h"
#include "stream/replay_once.h"
#include "stream/checkpoint_dir.h"
#include "stream/nowhere.h"
#include "stream/options.h"
#include "stream/saved_settings.h"

#include <stdio.h>
#include <string.h>

typedef struct lookup { /* what was found before the graph was built */
    wadi__checkpoint checkpoint;
    bool found;
    wadi_error err; /* why there may be one that cannot be read */
} lookup;

static lookup look_into(wadi__env *env, const char *dir) {
    lookup found = {.err = WADI_ERROR_INIT};
    if (dir != NULL)
        wadi__checkpoint_dir_read(env, dir, &found.checkpoint, &found.found, &found.err);
    return found;
}

/* ---- What the engine context inherits ---- */

typedef struct inheritance {
    wadi__inherited given;
    WADI__VEC(wadi_setting) settings;
    WADI__VEC(char *) texts;
} inheritance;

static const char *keep_text(inheritance *self, const char *bytes, size_t size) {
    char *copy = wadi__memdup(bytes, size);
    if (copy != NULL && wadi__vec_push(&self->texts, copy)) return copy;
    wadi__free(copy);
    return NULL;
}
static void add_setting(inheritance *self, wadi_str name, wadi_str value) {
    wadi_setting setting = {keep_text(self, wadi_str_data(&name), name.len),
                            keep_text(self, wadi_str_data(&value), value.len)};
    if (setting.name == NULL || setting.value == NULL) return; /* the default will do */
    if (!wadi__setting_is_local(setting.name)) wadi__vec_push(&self->settings, setting);
}
static void inherit(inheritance *self, const wadi__checkpoint *from) {
    char parallelism[16];
    snprintf(parallelism, sizeof parallelism, "%u", from->head.parallelism);
    add_setting(self, wadi_str_of("spark.default.parallelism"), wadi_str_of(parallelism));
    for (size_t i = 0; i < from->settings.count; i++)
        add_setting(self, from->settings.items[i].name, from->settings.items[i].value);
    self->given = (wadi__inherited){.settings = self->settings.items,
                                    .setting_count = self->settings.count,
                                    .hash_seed = from->head.hash_seed,
                                    .from = "checkpoint"};
}
static void inheritance_fini(inheritance *self) {
    for (size_t i = 0; i < self->texts.count; i++) wadi__free(self->texts.items[i]);
    wadi__vec_fini(&self->texts);
    wadi__vec_fini(&self->settings);
}
static wadi_stream_context *build(wadi_stream_context *(*create)(void *arg), void *arg,
                                  const lookup *found) {
    inheritance inherited = {0};
    if (!found->found) return create(arg);
    inherit(&inherited, &found->checkpoint);
    const wadi__inherited *before = wadi__context_inherit(&inherited.given);
    wadi_stream_context *ssc = create(arg);
    wadi__context_inherit(before);
    inheritance_fini(&inherited);
    return ssc;
}

/* ---- What the stream context is told ---- */

static void go_on(wadi_stream_context *ssc, const char *dir, const wadi_recovery_options *options) {
    ssc->is_recovered = true;
    ssc->drops_unused_state = options->drop_unused_state;
    if (ssc->checkpoint_dir == NULL) {
        (wadi_stream_context_checkpoint)(ssc, dir);
    } else if (strcmp(ssc->checkpoint_dir, dir) != 0) {
        char message[400];
        snprintf(message, sizeof message,
                 "the checkpoint is in %s, but the program writes its own to %s", dir,
                 ssc->checkpoint_dir);
        wadi__stream_context_mistake(ssc, &options->where, "get_or_create", WADI_E_INVALID,
                                     message);
    }
}
static void tell(wadi_stream_context *ssc, const char *dir, lookup *found,
                 const wadi_recovery_options *options) {
    bool may_want_settings = found->err.status == WADI_E_INVALID || found->err.status == WADI_E_IO;
    if (may_want_settings) /* those of the program tell where its file systems are */
        *found = look_into(ssc->env, dir);
    if (found->err.status == WADI_OK) {
        if (found->found) go_on(ssc, dir, options);
    } else if (options->create_on_error) {
        wadi__log_warn("stream", "starting afresh: %s", found->err.message);
    } else {
        wadi__stream_context_mistake(ssc, &options->where, "get_or_create", found->err.status,
                                     found->err.message);
    }
}
wadi_stream_context *(wadi_stream_context_get_or_create)(const char *dir,
                                                         wadi_stream_context *(*create)(void *arg),
                                                         void *arg,
                                                         const wadi_recovery_options *given) {
    wadi_recovery_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    dir = wadi__replay_once_dir(dir);
    lookup found = look_into(wadi__env_current(), dir);
    wadi_stream_context *ssc =
        create != NULL ? build(create, arg, &found)
                       : wadi__nowhere_context(&options.where, "get_or_create", "the function");
    ssc = wadi__some_context(ssc, &options.where, "get_or_create");
    if (!known)
        wadi__stream_context_mistake(ssc, &options.where, "get_or_create", WADI_E_INVALID,
                                     WADI__OPTION_UNKNOWN);
    if (dir != NULL && !ssc->takes_nothing) tell(ssc, dir, &found, &options);
    wadi__checkpoint_fini(&found.checkpoint);
    return ssc;
}
wadi_stream_context *(
    wadi_stream_context_get_active_or_create)(const char *dir,
                                              wadi_stream_context *(*create)(void *arg), void *arg,
                                              const wadi_recovery_options *options) {
    wadi_stream_context *active = wadi_stream_context_get_active();
    return active != NULL ? active : (wadi_stream_context_get_or_create)(dir, create, arg, options);
}
bool wadi_stream_context_is_recovered(const wadi_stream_context *ssc) { return ssc->is_recovered; }
