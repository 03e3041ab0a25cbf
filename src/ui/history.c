/* SPDX-License-Identifier: Apache-2.0 */
/* history.c: reads an event log into a status store, and serves that. */
#include "ui/history.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/module.h"
#include "fs/reader.h"
#include "ui/event_line.h"
#include "ui/request.h"
#include "ui/site.h"

#include <inttypes.h>
#include <string.h>

enum { RETAINED_MAX = 10000, PORT_TRIES = 17, LINE_MAX_BYTES = 16 << 20 };

struct wadi__history {
    wadi__env *env;
    wadi__status_store store;
    wadi__conf *conf;
    wadi__site site;
    char *url;
    const wadi__http_ops *http;
    void *server;
    wadi__thread *thread;
};

/* ---- Finding ---- */

static const char prefix[] = "eventlog_v2_";
static const char *id_of(const char *folder) {
    const char *slash = strrchr(folder, '/'), *name = slash != NULL ? slash + 1 : folder;
    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : NULL;
}
typedef struct newest {
    wadi__env *env;
    const char *dir;
    char *folder; /* the newest so far */
    int64_t modified_ms;
} newest;
static bool look_at(const char *name, void *arg) {
    newest *self = arg;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) return true;
    char *path = wadi__format("%s/%s", self->dir, name);
    wadi__file_stat stat;
    if (path != NULL && self->env->file_stat(self->env, path, &stat) == 0 &&
        stat.kind == WADI__FILE_DIR &&
        (self->folder == NULL || stat.modified_ms > self->modified_ms)) {
        wadi__free(self->folder);
        self->folder = path;
        self->modified_ms = stat.modified_ms;
        return true;
    }
    wadi__free(path);
    return true;
}
/* The folder of one program's log. NULL: there is none. */
static char *find_folder(wadi__env *env, const char *dir) {
    size_t size = strlen(dir);
    while (size > 1 && dir[size - 1] == '/') size--;
    char *own = wadi__memdup(dir, size);
    if (own == NULL || id_of(own) != NULL) return own;
    newest found = {.env = env, .dir = own};
    env->dir_list(env, own, look_at, &found);
    wadi__free(own);
    return found.folder;
}
typedef struct numbers {
    WADI__VEC(int64_t) all;
    bool has_no_memory;
} numbers;
static bool take_number(const char *name, void *arg) {
    numbers *self = arg;
    char digits[24];
    int64_t number;
    size_t size = strncmp(name, "events_", 7) == 0 ? strspn(name + 7, "0123456789") : 0;
    if (size == 0 || size >= sizeof digits || name[7 + size] != '_') return true;
    memcpy(digits, name + 7, size);
    digits[size] = 0;
    if (!wadi__parse_number(digits, &number)) return true;
    if (!wadi__vec_push(&self->all, number)) self->has_no_memory = true;
    for (size_t i = self->all.count; i-- > 1 && self->all.items[i] < self->all.items[i - 1];) {
        int64_t moved = self->all.items[i];
        self->all.items[i] = self->all.items[i - 1];
        self->all.items[i - 1] = moved;
    }
    return !self->has_no_memory;
}

/* ---- Reading ---- */

typedef struct lines {
    wadi__replay to;
    char *bytes; /* what has come of a line that is not whole yet .. */
    size_t size, room;
    uint64_t damaged;
} lines;
/* Takes whole lines off the bytes. False: no memory. */
static bool take(lines *self, const char *bytes, size_t size) {
    wadi__text text = {self->bytes, self->size, self->room, false};
    wadi__text_add(&text, bytes, size);
    self->bytes = text.bytes;
    self->size = text.size;
    self->room = text.room;
    if (text.failed) return false;
    size_t from = 0;
    for (const char *end; (end = memchr(self->bytes + from, '\n', self->size - from)) != NULL;) {
        size_t line = (size_t)(end - self->bytes) - from;
        if (!wadi__replay_line(&self->to, self->bytes + from, line)) self->damaged++;
        from += line + 1;
    }
    memmove(self->bytes, self->bytes + from, self->size - from);
    self->size -= from;
    if (self->size <= LINE_MAX_BYTES) return true;
    self->size = 0; /* no line of ours */
    self->damaged++;
    return true;
}
/* Up to where it can be read: the end of a program that was killed may be missing. */
static wadi_status read_file(wadi__env *env, const char *path, lines *to, wadi_error *err) {
    wadi__file_stat stat;
    wadi__reader reader = {0};
    if (env->file_stat(env, path, &stat) != 0)
        return wadi_error_context(err, WADI_E_IO, "%s is not there", path);
    wadi_status status = wadi__reader_open(&reader, env, path, stat.size_bytes, 0, err);
    char *room = wadi__malloc(WADI__READ_BYTES);
    if (room == NULL) status = WADI_E_NOMEM;
    for (size_t got = 1; status == WADI_OK && got > 0;) {
        wadi_error why = WADI_ERROR_INIT;
        status = wadi__reader_read(&reader, room, WADI__READ_BYTES, &got, &why);
        if (status == WADI_E_CORRUPT || status == WADI_E_IO) {
            wadi__log_warn("ui", "%s is read up to a damaged place: %s", path, why.message);
            status = WADI_OK;
            break;
        }
        if (status == WADI_OK && got > 0 && !take(to, room, got)) status = WADI_E_NOMEM;
    }
    wadi__free(room);
    wadi__reader_close(&reader);
    to->size = 0; /* half a line */
    return status;
}
static wadi_status read_files(wadi__history *self, const char *folder,
                              const wadi__json_tree_ops *ops, wadi_error *err) {
    numbers found = {0};
    lines to = {
        .to = {
            .ops = ops, .store = &self->store, .retained_max = RETAINED_MAX, .conf = self->conf}};
    self->env->dir_list(self->env, folder, take_number, &found);
    wadi_status status = found.has_no_memory ? WADI_E_NOMEM : WADI_OK;
    if (status == WADI_OK && found.all.count == 0)
        status = wadi_error_context(err, WADI_E_IO, "there is no event log in %s", folder);
    for (size_t i = 0; i < found.all.count && status == WADI_OK; i++) {
        wadi__file_stat stat;
        char *path =
            wadi__format("%s/events_%" PRId64 "_%s.zst", folder, found.all.items[i], id_of(folder));
        if (path != NULL && self->env->file_stat(self->env, path, &stat) != 0)
            path[strlen(path) - 4] = 0;
        status = path != NULL ? read_file(self->env, path, &to, err) : WADI_E_NOMEM;
        wadi__free(path);
    }
    if (to.damaged > 0)
        wadi__log_warn("ui", "%" PRIu64 " damaged lines of %s were left out", to.damaged, folder);
    self->site.ended_ms = to.to.ended_ms;
    wadi__free(to.bytes);
    wadi__vec_fini(&found.all);
    return status == WADI_E_NOMEM ? wadi_error_context(err, status, "no memory to read %s", folder)
                                  : status;
}
static wadi_status read_log(wadi__history *self, const char *folder, wadi_error *err) {
    const wadi__json_tree_ops *ops = wadi__module_open("ui", "wadi__json_tree_module", err);
    if (ops == NULL) return WADI_E_INVALID;
    if (ops->version != WADI__JSON_TREE_OPS_VERSION)
        return wadi_error_context(
            err, WADI_E_INVALID, "the module wadi-ui.so belongs to another version of the library");
    self->conf = wadi__conf_new();
    if (self->conf == NULL || !wadi__status_init(&self->store, "", 0))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to read an event log");
    self->site = (wadi__site){.store = &self->store, .conf = self->conf, .is_history = true};
    wadi_status status = read_files(self, folder, ops, err);
    const char *name = wadi__conf_get(self->conf, "spark.app.name");
    char *app_name = wadi__strdup(name != NULL ? name : id_of(folder)),
         *app_id = wadi__strdup(id_of(folder));
    if (app_name == NULL || app_id == NULL) {
        wadi__free(app_name);
        wadi__free(app_id);
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to read an event log");
    }
    wadi__free(self->store.app_name);
    wadi__free(self->store.app_id);
    self->store.app_name = app_name;
    self->store.app_id = app_id;
    return status;
}
wadi_status wadi__history_read(wadi__env *env, const char *dir, wadi__history **history,
                               wadi_error *err) {
    wadi__history *self = wadi__calloc(1, sizeof *self);
    char *folder = find_folder(env, dir);
    wadi_status status = WADI_OK;
    if (self != NULL) self->env = env;
    if (self == NULL)
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory to read an event log");
    else if (folder == NULL)
        status = wadi_error_context(err, WADI_E_IO, "there is no event log in %s", dir);
    else
        status = read_log(self, folder, err);
    wadi__free(folder);
    if (status == WADI_OK)
        *history = self;
    else
        wadi__history_close(self);
    return status;
}
wadi__site *wadi__history_site(wadi__history *self) { return &self->site; }

/* ---- Serving ---- */

static void *serve(void *arg) {
    wadi__history *self = arg;
    self->http->run(self->server);
    return NULL;
}
static wadi_status start(wadi__history *self, const wadi__history_options *options,
                         wadi_error *err) {
    const char *address = options->address != NULL ? options->address : "127.0.0.1";
    wadi__http_callbacks callbacks = wadi__site_callbacks(&self->site);
    char why[200] = "";
    bool is_taken = true;
    int port = 0;
    self->http = wadi__module_open("ui", "wadi__http_module", err);
    if (self->http == NULL) return WADI_E_INVALID;
    for (int i = 0; i < PORT_TRIES && self->server == NULL && is_taken && options->port + i < 65536;
         i++) {
        wadi__http_options to = wadi__http_limits;
        to.address = address;
        to.port = options->port == 0 ? 0 : options->port + i;
        self->server = self->http->open(&to, &callbacks, &port, &is_taken, why);
    }
    if (self->server == NULL) return wadi_error_context(err, WADI_E_IO, "%s", why);
    self->url = wadi__format(strchr(address, ':') != NULL ? "http://[%s]:%d" : "http://%s:%d",
                             address, port);
    if (self->url == NULL ||
        self->env->thread_start(self->env, "wadi-http", serve, self, &self->thread) != 0)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory or thread to serve an event log");
    return WADI_OK;
}
wadi_status wadi__history_open(const wadi__history_options *options, wadi__history **history,
                               wadi_error *err) {
    wadi__history *self = NULL;
    wadi_status status = wadi__history_read(&wadi__env_real, options->dir, &self, err);
    if (status != WADI_OK) return status;
    status = start(self, options, err);
    if (status == WADI_OK)
        *history = self;
    else
        wadi__history_close(self);
    return status;
}
const char *wadi__history_url(const wadi__history *self) { return self->url; }
void wadi__history_close(wadi__history *self) {
    if (self == NULL) return;
    if (self->thread != NULL) {
        self->http->stop(self->server);
        self->env->thread_join(self->env, self->thread);
    }
    if (self->server != NULL) self->http->close(self->server);
    if (self->store.app_id != NULL) wadi__status_fini(&self->store);
    if (self->conf != NULL) wadi__conf_free(self->conf);
    wadi__free(self->url);
    wadi__free(self);
}
