/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: the engine context: settings, engine, and what belongs to neither a batch nor a stream. */
#include "base/conf.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/pool.h"
#include "data/value.h"
#include "exec/console_progress.h"
#include "exec/engine.h"
#include "exec/engine_listener.h"
#include "exec/shared_vars.h"
#include "exec/ui_ops.h"
#include "fs/fs.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t contexts_lock = PTHREAD_MUTEX_INITIALIZER;
static wadi_context *contexts; /* all of the process; guarded by contexts_lock */
static wadi_context *left;     /* finished ones that a user's function still uses; guarded by contexts_lock */
static bool has_seed;          /* guarded by contexts_lock */

/* What wadi_context_new() returns when there is no memory at all. */
static wadi_context no_memory_context = {
    .is_broken = true,
    .default_parallelism = 1,
    .scope = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_failed = true, .err = {WADI_E_NOMEM, true, "no memory for a context"}},
};

/* A forked child has the memory of its parent, and none of its threads: jobs would wait for ever. */
static void before_fork(void) { pthread_mutex_lock(&contexts_lock); }
static void after_fork(void) { pthread_mutex_unlock(&contexts_lock); }
static void after_fork_in_child(void) {
    for (wadi_context *sc = contexts; sc != NULL; sc = sc->next) {
        sc->is_forked = true;
        atomic_store(&sc->is_stopped, true);
        pthread_mutex_init(&sc->scope.lock, NULL); /* whoever held it is not here */
    }
    pthread_mutex_unlock(&contexts_lock);
}
__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

uint32_t wadi__master_slots(const char *master) {
    if (strcmp(master, "local") == 0) return 1;
    if (strncmp(master, "local[", 6) != 0) return 0;
    if (strcmp(master, "local[*]") == 0) return wadi__machine_cores();
    char *end;
    bool is_digit = master[6] >= '0' && master[6] <= '9';
    unsigned long n = strtoul(master + 6, &end, 10);
    return is_digit && strcmp(end, "]") == 0 && n > 0 && n <= 1024 ? (uint32_t)n : 0;
}
static _Thread_local const wadi__inherited *inherited;
const wadi__inherited *wadi__context_inherit(const wadi__inherited *from) {
    const wadi__inherited *before = inherited;
    inherited = from;
    return before;
}
/* Settings of another run; what this version of the library does not take is left out. */
static void take_inherited(wadi_context *sc) {
    if (inherited == NULL) return;
    wadi__conf *trial = wadi__conf_new();
    for (size_t i = 0; i < inherited->setting_count && trial != NULL; i++) {
        const wadi_setting *setting = &inherited->settings[i];
        size_t mistakes = wadi__conf_mistake_count(trial);
        wadi__conf_set(trial, setting->name, setting->value, WADI__CONF_FROM_CHECKPOINT, inherited->from);
        if (wadi__conf_mistake_count(trial) == mistakes)
            wadi__conf_set(sc->conf, setting->name, setting->value, WADI__CONF_FROM_CHECKPOINT, inherited->from);
        else
            wadi__log_warn("context", "left out: %s", wadi__conf_mistake(trial, mistakes));
    }
    wadi__conf_free(trial);
}
/* What cannot be taken, for want of memory too, is a mistake of the settings: start() reports them. */
static void take_settings(wadi_context *sc, const char *master, const char *app_name,
                          const wadi_context_options *options) {
    char place[300];
    snprintf(place, sizeof place, "%s:%d", options->where.file != NULL ? options->where.file : "?", options->where.line);
    for (size_t i = 0; i < sizeof options->settings / sizeof options->settings[0]; i++)
        if (options->settings[i].name != NULL || options->settings[i].value != NULL)
            wadi__conf_set(sc->conf, options->settings[i].name, options->settings[i].value, WADI__CONF_FROM_CODE, place);
    if (app_name != NULL) wadi__conf_set(sc->conf, "spark.app.name", app_name, WADI__CONF_FROM_CODE, place);
    if (master != NULL) wadi__conf_set(sc->conf, "spark.master", master, WADI__CONF_FROM_CODE, place);
    if (options->settings_file != NULL) wadi__conf_set_file(sc->conf, options->settings_file, place);
    const char *lines = getenv("WADI_CONF"), *env_master = getenv("WADI_MASTER");
    if (lines != NULL) wadi__conf_set_lines(sc->conf, lines, WADI__CONF_FROM_ENVIRONMENT, "WADI_CONF");
    if (env_master != NULL) wadi__conf_set(sc->conf, "spark.master", env_master, WADI__CONF_FROM_ENVIRONMENT, "WADI_MASTER");
}
static void fail(wadi_context *sc, wadi_status status, const char *message) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, status, "%s", message);
    wadi__scope_fail(&sc->scope, &err);
}
static void seed_hashes(wadi__env *env) {
    pthread_mutex_lock(&contexts_lock);
    const uint64_t *seed = inherited != NULL ? inherited->hash_seed : NULL;
    if (has_seed && seed != NULL && memcmp(seed, wadi__hash_seed, sizeof wadi__hash_seed) != 0)
        wadi__log_warn("context", "keys may go to other partitions than in the run before: this process has hashed some already");
    if (!has_seed && seed != NULL) {
        memcpy(wadi__hash_seed, seed, sizeof wadi__hash_seed);
        has_seed = true;
    }
    if (!has_seed) {
        env->random(env, wadi__hash_seed, sizeof wadi__hash_seed);
        wadi__hash_seed[1] |= 1;
        has_seed = true;
    }
    pthread_mutex_unlock(&contexts_lock);
}
static void bound_memory(const wadi_context *sc) {
    size_t bound = wadi__conf_is_set(sc->conf, WADI__CONF_MEMORY_MAX)
                       ? (size_t)wadi__conf_int(sc->conf, WADI__CONF_MEMORY_MAX)
                       : (size_t)(wadi__machine_memory_bytes() / 10 * 6);
    wadi__pool_set_limit(bound);
}
/* Those of the process: the last context that sets them counts. */
static void set_up_log(wadi_context *sc) {
    char why[200];
    const char *levels = wadi__conf_string(sc->conf, WADI__CONF_LOG_LEVEL);
    const char *format = wadi__conf_string(sc->conf, WADI__CONF_LOG_FORMAT);
    if (levels != NULL && levels[0] != 0 && !wadi__log_set_levels(levels, why, sizeof why)) {
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_INVALID, "wadi.logging.level: %s", why);
        wadi__scope_fail(&sc->scope, &err);
    }
    if (wadi__conf_is_set(sc->conf, WADI__CONF_LOG_FORMAT))
        wadi__log_set_format(strcmp(format, "json") == 0 ? WADI__LOG_JSON : strcmp(format, "logfmt") == 0 ? WADI__LOG_LOGFMT : WADI__LOG_TEXT);
    if (wadi__conf_is_set(sc->conf, WADI__CONF_LOG_REPEATS))
        wadi__log_set_repeats((unsigned)wadi__conf_int(sc->conf, WADI__CONF_LOG_REPEATS));
}
static void start(wadi_context *sc) {
    for (size_t i = 0; i < wadi__conf_mistake_count(sc->conf); i++)
        fail(sc, wadi__conf_mistake_is_memory(sc->conf, i) ? WADI_E_NOMEM : WADI_E_INVALID, wadi__conf_mistake(sc->conf, i));
    const char *master = wadi__conf_string(sc->conf, WADI__CONF_MASTER);
    if (master == NULL) master = "local[*]";
    sc->master = wadi__strdup(master);
    sc->app_name = wadi__strdup(wadi__conf_string(sc->conf, WADI__CONF_APP_NAME) != NULL ? wadi__conf_string(sc->conf, WADI__CONF_APP_NAME) : "wadi");
    uint32_t slots = wadi__master_slots(master);
    if (slots == 0) {
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_INVALID, "master '%s' is none of local, local[n] (n from 1 to 1024), local[*]", master);
        wadi__scope_fail(&sc->scope, &err);
        slots = 1;
    }
    sc->default_parallelism = wadi__conf_is_set(sc->conf, WADI__CONF_DEFAULT_PARALLELISM)
                                  ? (uint32_t)wadi__conf_int(sc->conf, WADI__CONF_DEFAULT_PARALLELISM)
                                  : slots;
    const char *check = getenv("WADI_CHECK");
    sc->is_checked = check != NULL && strcmp(check, "1") == 0;
    set_up_log(sc);
    seed_hashes(sc->env);
    bound_memory(sc);
    if (!wadi__fs_hdfs_set_root(wadi__conf_string(sc->conf, WADI__CONF_HDFS_ROOT)))
        fail(sc, WADI_E_INVALID, "the folder that wadi.fs.hdfs.root names is longer than a path can be");
    sc->shared_vars = wadi__shared_vars_new(sc);
    if (sc->shared_vars != NULL) /* tasks take it to be there */
        sc->engine = wadi__engine_new(sc, slots, (uint32_t)wadi__conf_int(sc->conf, WADI__CONF_TASK_MAX_FAILURES));
    if (sc->engine == NULL || sc->shared_vars == NULL || sc->master == NULL || sc->app_name == NULL)
        fail(sc, WADI_E_NOMEM, "no memory for a context");
}
wadi_context *(wadi_context_new)(const char *master, const char *app_name, const wadi_context_options *options) {
    static const wadi_context_options none = {.size = sizeof none};
    if (options == NULL) options = &none;
    wadi__engine_used = &wadi__engine_ops_table;
    wadi_context *sc = wadi__calloc(1, sizeof *sc);
    if (sc == NULL || (sc->conf = wadi__conf_new()) == NULL) {
        wadi__free(sc);
        no_memory_context.env = wadi__env_current();
        return &no_memory_context;
    }
    wadi__scope_init(&sc->scope, 0);
    sc->env = wadi__env_current();
    take_settings(sc, master, app_name, options);
    take_inherited(sc);
    start(sc);
    pthread_mutex_lock(&contexts_lock);
    sc->next = contexts;
    contexts = sc;
    pthread_mutex_unlock(&contexts_lock);
    wadi__ui_ops_table.open(sc);
    if (sc->engine != NULL) sc->console = wadi__console_progress_start(sc);
    return sc;
}
const char *wadi_context_setting(const wadi_context *sc, const char *name) {
    return sc->conf != NULL ? wadi__conf_get(sc->conf, name) : NULL;
}
void wadi_context_print_settings(const wadi_context *sc, FILE *to) {
    if (sc->conf != NULL) wadi__conf_print(sc->conf, to);
}
wadi_status wadi_set_log_levels(const char *levels, wadi_error *err) {
    char why[200];
    if (levels == NULL) return wadi_error_context(err, WADI_E_INVALID, "no levels are given");
    if (wadi__log_set_levels(levels, why, sizeof why)) return WADI_OK;
    return wadi_error_context(err, WADI_E_INVALID, "log levels: %s", why);
}
wadi_status wadi_load_plugin(wadi_context *sc, const char *path, wadi_error *err) {
    (void)sc;
    if (path == NULL) return wadi_error_context(err, WADI_E_INVALID, "a plugin without a path");
    if (dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL) return WADI_OK;
    return wadi_error_context(err, WADI_E_IO, "plugin %s cannot be loaded: %s", path, dlerror());
}
static void unlist(wadi_context *sc) {
    pthread_mutex_lock(&contexts_lock);
    for (wadi_context **at = &contexts; *at != NULL; at = &(*at)->next)
        if (*at == sc) {
            *at = sc->next;
            break;
        }
    pthread_mutex_unlock(&contexts_lock);
}
static void leave(wadi_context *sc) {
    pthread_mutex_lock(&contexts_lock);
    sc->next = left;
    left = sc;
    pthread_mutex_unlock(&contexts_lock);
}
void wadi__context_stop(wadi_context *sc) {
    if (atomic_exchange(&sc->is_stopped, true) || sc->engine == NULL) return;
    wadi__engine_stop(sc->engine);
}
/* Prints what nobody was told yet. Whether there was anything. */
static bool print_errors(const wadi_context *sc) {
    const char *name = sc->app_name != NULL ? sc->app_name : "wadi";
    const wadi_error *err;
    for (size_t i = 0; (err = wadi__scope_error(&sc->scope, i)) != NULL; i++)
        fprintf(stderr, "%s: %s\n", name, err->message);
    if (sc->action_err.status != WADI_OK) fprintf(stderr, "%s: %s\n", name, sc->action_err.message);
    return sc->scope.has_failed || sc->action_err.status != WADI_OK;
}
/* The newest first, of those that others use or of those that none does. */
static void finish_each(wadi_context *sc, bool is_used) {
    for (wadi__on_finish **at = &sc->on_finish; *at != NULL;) {
        wadi__on_finish *each = *at;
        if (each->is_used != is_used) {
            at = &each->next;
            continue;
        }
        *at = each->next;
        each->finish(each);
    }
}
int wadi_finish(wadi_context *sc) {
    if (sc->is_forked) {
        fprintf(stderr, "%s: %s\n", sc->app_name != NULL ? sc->app_name : "wadi", wadi__context_refusal(sc));
        return 1;
    }
    wadi__log_tell_repeats();
    bool failed = print_errors(sc);
    if (sc->is_broken) {
        wadi__scope_clear(&sc->scope);
        return 1;
    }
    unlist(sc);
    finish_each(sc, false);
    if (!sc->is_left) finish_each(sc, true);
    wadi__context_stop(sc);
    wadi__console_progress_stop(sc->console);
    if (!wadi__engine_listeners_stop(sc)) sc->is_left = true;
    wadi__ui_ops_table.close(sc, sc->is_left);
    if (sc->is_left) {
        leave(sc);
        return failed ? 1 : 0;
    }
    wadi__scope_fini(&sc->scope);
    if (sc->engine != NULL) wadi__engine_free(sc->engine);
    wadi__engine_listeners_free(sc);
    wadi__console_progress_free(sc->console);
    wadi__shared_vars_free(sc->shared_vars);
    wadi__conf_free(sc->conf);
    wadi__free(sc->master);
    wadi__free(sc->app_name);
    wadi__free(sc->checkpoint_dir);
    wadi__free(sc);
    return failed ? 1 : 0;
}
