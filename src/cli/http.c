/* SPDX-License-Identifier: Apache-2.0 */
/* http.c: one request on a connection of its own. */
#include "cli/http.h"

#include "base/env.h"
#include "base/mem.h"
#include "base/module.h"
#include "cli/command.h"
#include "ui/tls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 8 << 20, TIMEOUT_MS = 5000 };

typedef struct link {
    wadi__env *env;
    int socket;
    int64_t deadline_ns;
    const wadi__tls_ops *ops; /* NULL: in the clear */
    void *tls;
} link;

__attribute__((format(printf, 3, 4))) static bool fail(wadi__cli_response *response,
                                                       const char *to_do, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(response->why, sizeof response->why, fmt, args);
    va_end(args);
    response->to_do = to_do;
    return false;
}

/* ---- The connection ---- */

static ssize_t send_plain(void *arg, const void *bytes, size_t size) {
    link *self = arg;
    return self->env->socket_send(self->env, self->socket, bytes, size, self->deadline_ns);
}
static ssize_t recv_plain(void *arg, void *bytes, size_t size) {
    link *self = arg;
    return self->env->socket_recv(self->env, self->socket, bytes, size, self->deadline_ns);
}
static void *alloc(size_t size) { return wadi__calloc(1, size); }
static ssize_t send_some(link *self, const void *bytes, size_t size) {
    return self->tls != NULL ? self->ops->send(self->tls, bytes, size)
                             : send_plain(self, bytes, size);
}
static ssize_t recv_some(link *self, void *bytes, size_t size) {
    return self->tls != NULL ? self->ops->recv(self->tls, bytes, size)
                             : recv_plain(self, bytes, size);
}
static bool secure(link *self, const wadi__cli_url *url, wadi__cli_response *response) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__tls_peer peer = {url->host, url->ca_file, url->trusts_anybody};
    const wadi__tls_below below = {send_plain, recv_plain, alloc, wadi__free, self};
    char why[WADI__TLS_WHY_BYTES] = "";
    bool is_untrusted = false;
    self->ops = wadi__module_open("ui", "wadi__tls_module", &err);
    if (self->ops == NULL || self->ops->version != WADI__TLS_OPS_VERSION)
        return fail(response,
                    "install the module wadi-ui.so with TLS, or ask on the program's machine",
                    "https is not spoken here: %.200s",
                    self->ops == NULL ? err.message : "the module is of another version");
    self->tls = self->ops->open(&peer, &below, &is_untrusted, why);
    if (self->tls != NULL) return true;
    return fail(
        response,
        is_untrusted
            ? "give the certificate of who signed it with --ca FILE; --insecure asks whoever "
              "answers"
            : NULL,
        "%s", why);
}
static bool open_link(link *self, const wadi__cli_url *url, wadi__cli_response *response) {
    self->socket =
        self->env->socket_connect(self->env, url->host, url->port, self->deadline_ns, NULL, NULL);
    if (self->socket < 0)
        return fail(response, NULL, "%s",
                    self->socket == -ENXIO ? "no host has this name" : strerror(-self->socket));
    return !url->is_secure || secure(self, url, response);
}
static void close_link(link *self) {
    if (self->tls != NULL) self->ops->close(self->tls);
    if (self->socket >= 0) self->env->socket_close(self->env, self->socket);
}

/* ---- The request ---- */

static bool send_request(link *self, const wadi__cli_url *url, const char *path,
                         wadi__cli_response *response) {
    char who[4 * WADI__CLI_SECRET_MAX];
    if (!wadi__cli_authorization(url, who, sizeof who))
        return fail(response, NULL, "the password is too long");
    bool is_v6 = strchr(url->host, ':') != NULL;
    char *request = wadi__cli_must(wadi__format("GET %s HTTP/1.0\r\nHost: %s%s%s:%d\r\n%s%s%s\r\n",
                                                path, is_v6 ? "[" : "", url->host, is_v6 ? "]" : "",
                                                url->port, who[0] != 0 ? "Authorization: " : "",
                                                who, who[0] != 0 ? "\r\n" : ""));
    size_t length = strlen(request);
    bool is_sent = send_some(self, request, length) == (ssize_t)length;
    wadi__free(request);
    return is_sent || fail(response, NULL, "it does not take the request");
}
/* Whether all of the body is there that the head tells of. */
static bool is_whole(const wadi__cli_response *response) {
    const char *length = strcasestr(response->text, "\r\nContent-Length:");
    if (length == NULL || length > response->body) return true;
    return response->body_size >= strtoull(length + 17, NULL, 10);
}
static bool receive(link *self, wadi__cli_response *response) {
    char *bytes = wadi__cli_must(wadi__malloc(BODY_BYTES_MAX + 1));
    size_t size = 0;
    ssize_t got = 1;
    while (got > 0 && size < BODY_BYTES_MAX) {
        got = recv_some(self, bytes + size, BODY_BYTES_MAX - size);
        if (got > 0) size += (size_t)got;
    }
    bytes[size] = 0;
    response->text = bytes;
    const char *body = strstr(bytes, "\r\n\r\n");
    bool is_http = strncmp(bytes, "HTTP/1.", 7) == 0 && bytes[7] != 0 && body != NULL;
    if (size == 0) return fail(response, NULL, "it does not answer");
    if (!is_http)
        return fail(response, "look whether the address wants https://", "it does not speak HTTP");
    if (got > 0) return fail(response, NULL, "it answers with more than %d bytes", BODY_BYTES_MAX);
    response->status = (int)strtol(bytes + 8, NULL, 10);
    response->body = body + 4;
    response->body_size = size - (size_t)(body + 4 - bytes);
    return is_whole(response) || fail(response, NULL, "its answer ends early");
}
bool wadi__cli_http_get(const wadi__cli_url *url, const char *path, wadi__cli_response *response) {
    wadi__env *env = wadi__env_current();
    link self = {.env = env, .socket = -1, .deadline_ns = wadi__env_deadline(env, TIMEOUT_MS)};
    *response = (wadi__cli_response){0};
    bool is_good = open_link(&self, url, response) && send_request(&self, url, path, response) &&
                   receive(&self, response);
    close_link(&self);
    if (is_good) return true;
    wadi__free(response->text);
    response->text = NULL;
    return false;
}
