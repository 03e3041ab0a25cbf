/* SPDX-License-Identifier: Apache-2.0 */
/* ui.c: from a context's start to its end. */
#include "ui/ui.h"

#include "base/conf.h"
#include "base/event.h"
#include "base/log.h"
#include "base/module.h"
#include "base/pool.h"
#include "exec/engine.h"
#include "exec/engine_listener.h"
#include "exec/ui_ops.h"
#include "stream/listener.h"
#include "stream/stream_context.h"
#include "ui/event_line.h"
#include "ui/event_log.h"

#include <wadi/wadi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_BYTES_MAX = 256 * 1024 };

static const wadi__http_ops *instead; /* of the module; for tests */
void wadi__ui_use(const wadi__http_ops *ops) { instead = ops; }

static bool is_asked_for(const wadi_context *sc) {
    return wadi__conf_is_set(sc->conf, WADI__CONF_UI_ENABLED);
}
/* Asked for by that setting, they are served everywhere; else on the real machine, where nothing in
 * the environment says otherwise. */
static bool is_wanted(const wadi_context *sc) {
    if (!wadi__conf_bool(sc->conf, WADI__CONF_UI_ENABLED)) return false;
    const char *how = getenv("WADI_UI");
    return is_asked_for(sc) ||
           (sc->env == &wadi__env_real && (how == NULL || strcmp(how, "off") != 0));
}
static const wadi__http_ops *open_module(wadi_error *err) {
    if (instead != NULL) return instead;
    const wadi__http_ops *ops = wadi__module_open("ui", "wadi__http_module", err);
    if (ops == NULL || ops->version == WADI__HTTP_OPS_VERSION) return ops;
    wadi_error_context(err, WADI_E_INVALID,
                       "the module wadi-ui.so belongs to another version of the library");
    return NULL;
}

/* ---- What requests ask of the program ---- */

static const char *health(void *arg, char *room) {
    struct wadi__ui *self = arg;
    const char *problem = NULL;
    pthread_mutex_lock(&self->lock);
    wadi_stream_context *ssc = self->ssc;
    if (ssc != NULL) {
        pthread_mutex_lock(&ssc->lock);
        if (ssc->has_failed && ssc->stops_on_failure)
            problem = memcpy(room, ssc->err.message, sizeof ssc->err.message);
        pthread_mutex_unlock(&ssc->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return problem;
}
static size_t states(void *arg, wadi__state_shown *rows) {
    struct wadi__ui *self = arg;
    pthread_mutex_lock(&self->lock);
    size_t count = self->ssc != NULL ? wadi__states_shown(self->ssc, rows) : 0;
    pthread_mutex_unlock(&self->lock);
    return count;
}
static void memory(void *arg, wadi__memory_facts *facts) {
    const struct wadi__ui *self = arg;
    facts->used_bytes = (int64_t)wadi__pool_in_use();
    facts->max_bytes = (int64_t)wadi__pool_limit();
    facts->spilled_bytes = atomic_load(&self->sc->engine->spill->bytes);
}
static void dropped(void *arg, uint64_t *engine, uint64_t *stream) {
    struct wadi__ui *self = arg;
    *engine = wadi__engine_events_dropped(self->sc);
    pthread_mutex_lock(&self->lock);
    *stream = self->ssc != NULL ? wadi__listeners_dropped(self->ssc) : 0;
    pthread_mutex_unlock(&self->lock);
}
/* As a signal does. */
static void ask_to_stop(void *arg) {
    struct wadi__ui *self = arg;
    pthread_mutex_lock(&self->lock);
    wadi_stream_context *ssc = self->ssc;
    if (ssc != NULL) {
        atomic_store(&ssc->is_asked_to_stop, true);
        atomic_fetch_add(&ssc->changed.turns, 1);
        ssc->env->wake(ssc->env, &ssc->changed.turns, 1 << 30);
    }
    pthread_mutex_unlock(&self->lock);
}

/* ---- The server ---- */

static void *serve(void *arg) {
    struct wadi__ui *self = arg;
    self->http->run(self->server);
    return NULL;
}
static bool is_loopback(const char *address) {
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}
static void warn_of_openness(const struct wadi__ui *self, const char *address) {
    if (is_loopback(address)) return;
    if (self->site.password == NULL && self->site.token == NULL)
        wadi__log_warn("ui",
                       "the pages at %s can be read by whoever reaches them: set wadi.ui.password "
                       "or wadi.ui.token",
                       self->url);
    else if (self->certificate == NULL)
        wadi__log_warn("ui", "passwords go to %s in the clear: set wadi.ui.tls_certificate",
                       self->url);
}
/* Opens the server at the first free port. */
static bool listen_somewhere(struct wadi__ui *self, wadi_error *err) {
    const wadi__conf *conf = self->sc->conf;
    const char *address = wadi__conf_string(conf, WADI__CONF_UI_BIND);
    int first = (int)wadi__conf_int(conf, WADI__CONF_UI_PORT), port = first;
    int tries = first == 0 ? 1 : 1 + (int)wadi__conf_int(conf, WADI__CONF_PORT_RETRIES);
    wadi__http_callbacks callbacks = wadi__site_callbacks(&self->site);
    char why[200] = "";
    bool is_taken = true;
    for (int i = 0; i < tries && self->server == NULL && is_taken && first + i < 65536; i++) {
        wadi__http_options options = wadi__http_limits;
        options.address = address;
        options.port = first + i;
        options.certificate = self->certificate;
        options.key = self->key;
        self->server = self->http->open(&options, &callbacks, &port, &is_taken, why);
    }
    if (self->server == NULL) {
        wadi_error_context(err, WADI_E_IO, "%s", why);
        return false;
    }
    bool is_v6 = strchr(address, ':') != NULL;
    self->url = wadi__format("%s://%s%s%s:%d", self->certificate != NULL ? "https" : "http",
                             is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
    return self->url != NULL;
}
/* The whole of a small file as text. */
static char *read_text(wadi__env *env, const char *path, wadi_error *err) {
    char *text = wadi__malloc(PEM_BYTES_MAX + 1);
    int file = text != NULL ? env->file_open(env, path, WADI__OPEN_READ, 0) : -1;
    size_t size = 0;
    ssize_t more = file < 0 ? file : 1;
    while (file >= 0 && more > 0 && size < PEM_BYTES_MAX) {
        more = env->file_read(env, file, text + size, PEM_BYTES_MAX - size);
        if (more > 0) size += (size_t)more;
    }
    if (file >= 0) env->file_close(env, file);
    if (text != NULL && more == 0) {
        text[size] = 0;
        return text;
    }
    wadi__free(text);
    wadi_error_context(err, WADI_E_IO, "reading %.300s: %s", path,
                       more < 0 ? strerror((int)-more) : "it is too large");
    return NULL;
}
static bool read_certificate(struct wadi__ui *self, wadi_error *err) {
    const char *certificate = wadi__conf_string(self->sc->conf, WADI__CONF_UI_CERTIFICATE);
    const char *key = wadi__conf_string(self->sc->conf, WADI__CONF_UI_KEY);
    if (certificate == NULL && key == NULL) return true;
    if (certificate == NULL || key == NULL) {
        wadi_error_context(err, WADI_E_INVALID,
                           "wadi.ui.tls_certificate and wadi.ui.tls_key go together");
        return false;
    }
    self->certificate = read_text(self->sc->env, certificate, err);
    if (self->certificate != NULL) self->key = read_text(self->sc->env, key, err);
    return self->key != NULL;
}
static bool start_server(struct wadi__ui *self, wadi_error *err) {
    if ((self->http = open_module(err)) == NULL || !read_certificate(self, err) ||
        !listen_somewhere(self, err))
        return false;
    /* It waits for the network of the machine, also where the program lives in a test's env. */
    if (wadi__env_real.thread_start(&wadi__env_real, "wadi-http", serve, self, &self->thread) !=
        0) {
        wadi_error_context(err, WADI_E_NOMEM, "no thread for them");
        return false;
    }
    wadi__log_info("ui", "pages at %s", self->url);
    warn_of_openness(self, wadi__conf_string(self->sc->conf, WADI__CONF_UI_BIND));
    return true;
}
static void stop_server(struct wadi__ui *self) {
    if (self->thread != NULL) {
        self->http->stop(self->server);
        wadi__env_real.thread_join(&wadi__env_real, self->thread);
    }
    if (self->server != NULL) self->http->close(self->server);
    self->thread = NULL;
    self->server = NULL;
}

/* ---- Life ---- */

static void ui_free(struct wadi__ui *self) {
    stop_server(self);
    wadi__event_log_close(self->log);
    wadi__status_fini(&self->store);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self->certificate);
    wadi__free(self->key);
    wadi__free(self->url);
    wadi__free(self);
}
static void set_site(struct wadi__ui *self) {
    const wadi__conf *conf = self->sc->conf;
    const char *user = wadi__conf_string(conf, WADI__CONF_UI_USER);
    self->site = (wadi__site){
        .store = &self->store,
        .conf = conf,
        .memory = memory,
        .dropped = dropped,
        .states = states,
        .user = user != NULL ? user : "wadi",
        .password = wadi__conf_string(conf, WADI__CONF_UI_PASSWORD),
        .token = wadi__conf_string(conf, WADI__CONF_UI_TOKEN),
        .may_stop = wadi__conf_bool(conf, WADI__CONF_UI_STOP),
        .stop = ask_to_stop,
        .health = health,
        .arg = self,
    };
}
static void listen_to(wadi_context *sc, const wadi_engine_listener *listener) {
    if ((wadi_add_engine_listener)(sc, listener) != WADI_OK)
        wadi__log_warn("ui", "nothing is told of jobs: no memory");
}
static void open_pages(struct wadi__ui *self) {
    wadi_context *sc = self->sc;
    const wadi_engine_listener listener = wadi__status_engine_listener(&self->store);
    wadi_error err = WADI_ERROR_INIT;
    set_site(self);
    if (start_server(self, &err)) {
        listen_to(sc, &listener);
        return;
    }
    stop_server(self);
    wadi__log(is_asked_for(sc) ? WADI__LOG_WARN : WADI__LOG_INFO, "ui", "there are no pages: %s",
              err.message);
}
static void open_log(struct wadi__ui *self) {
    const wadi__conf *conf = self->sc->conf;
    const wadi__event_log_options options = {
        .dir = wadi__conf_string(conf, WADI__CONF_EVENT_LOG_DIR),
        .app_name = self->store.app_name,
        .app_id = self->store.app_id,
        .start_ms = self->store.start_ms,
        .is_compressed = wadi__conf_bool(conf, WADI__CONF_EVENT_LOG_COMPRESS),
        .file_bytes_max = wadi__conf_int(conf, WADI__CONF_EVENT_LOG_FILE_MAX),
        .bytes_max = wadi__conf_int(conf, WADI__CONF_EVENT_LOG_MAX),
        .conf = conf,
        .states = states,
        .arg = self,
    };
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__event_log_open(self->sc->env, &options, &self->log, &err) != WADI_OK) {
        wadi__log_warn("ui", "%s", err.message);
        return;
    }
    const wadi_engine_listener listener = wadi__event_log_engine_listener(self->log);
    listen_to(self->sc, &listener);
}
static void open_ui(wadi_context *sc) {
    bool has_log = sc->engine != NULL && wadi__conf_bool(sc->conf, WADI__CONF_EVENT_LOG_ENABLED);
    bool has_pages = sc->engine != NULL && is_wanted(sc);
    if (!has_log && !has_pages) return;
    struct wadi__ui *self = wadi__calloc(1, sizeof *self);
    if (self == NULL || !wadi__status_init(&self->store, sc->app_name, sc->env->wall_ms(sc->env))) {
        wadi__free(self);
        wadi__log_warn("ui", "there are neither pages nor an event log: no memory");
        return;
    }
    self->sc = sc;
    pthread_mutex_init(&self->lock, NULL);
    self->store.engine.jobs_max = (size_t)wadi__conf_int(sc->conf, WADI__CONF_RETAINED_JOBS);
    self->store.engine.stages_max = (size_t)wadi__conf_int(sc->conf, WADI__CONF_RETAINED_STAGES);
    self->store.engine.tasks_max = (size_t)wadi__conf_int(sc->conf, WADI__CONF_RETAINED_TASKS);
    if (has_pages) open_pages(self);
    if (has_log) open_log(self);
    if (self->server != NULL || self->log != NULL)
        sc->ui = self;
    else
        ui_free(self);
}
static void log_stream(struct wadi__ui *self, wadi_stream_context *ssc) {
    wadi__told_input inputs[64];
    size_t count = 0;
    for (size_t i = 0; i < ssc->nodes.count && count < sizeof inputs / sizeof inputs[0]; i++) {
        const wadi_dstream *node = ssc->nodes.items[i];
        if (node->input_id >= 0)
            inputs[count++] = (wadi__told_input){node->input_id,
                                                 node->name != NULL ? node->name : node->ops->name};
    }
    wadi__event_log_stream(self->log, ssc->batch_ms, inputs, count);
    const wadi_listener listener = wadi__event_log_listener(self->log);
    (wadi_add_listener)(ssc, &listener);
}
static void show_stream(struct wadi__ui *self, wadi_stream_context *ssc) {
    wadi__status_stream_begins(&self->store, ssc->batch_ms,
                               (size_t)wadi__conf_int(ssc->sc->conf, WADI__CONF_RETAINED_BATCHES));
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        const wadi_dstream *node = ssc->nodes.items[i];
        if (node->input_id < 0) continue;
        wadi__status_add_input(&self->store, node->input_id,
                               node->name != NULL ? node->name : node->ops->name);
    }
    const wadi_listener listener = wadi__status_listener(&self->store);
    (wadi_add_listener)(ssc, &listener);
}
static void stream_starts(wadi_stream_context *ssc) {
    struct wadi__ui *self = ssc->sc->ui;
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->ssc = ssc;
    pthread_mutex_unlock(&self->lock);
    if (self->server != NULL) show_stream(self, ssc);
    if (self->log != NULL) log_stream(self, ssc);
}
static void stream_ended(wadi_stream_context *ssc) {
    struct wadi__ui *self = ssc->sc->ui;
    if (self == NULL) return;
    pthread_mutex_lock(&self->lock);
    self->ssc = NULL;
    pthread_mutex_unlock(&self->lock);
    wadi__status_stream_ends(&self->store);
}
static void close_ui(wadi_context *sc, bool is_left) {
    struct wadi__ui *self = sc->ui;
    if (self == NULL) return;
    if (is_left) {
        stop_server(self);
        return;
    }
    sc->ui = NULL;
    ui_free(self);
}
const wadi__ui_ops wadi__ui_ops_table = {
    .open = open_ui,
    .stream_starts = stream_starts,
    .stream_ended = stream_ended,
    .close = close_ui,
};
const char *wadi_context_ui_url(const wadi_context *sc) {
    return sc->ui != NULL ? sc->ui->url : NULL;
}
