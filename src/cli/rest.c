/* SPDX-License-Identifier: Apache-2.0 */
/* rest.c: asking by HTTP/1.0, and from JSON to lines. */
#include "cli/rest.h"

#include "base/env.h"
#include "cli/json.h"
#include "cli/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 8 << 20, TIMEOUT_MS = 5000, PORT = 4040 };

bool wadi__cli_url_read(const char *text, wadi__cli_url *url, const char **why) {
    *why = "it is not http://HOST:PORT";
    if (strncmp(text, "https://", 8) == 0)
        *why = "https is not spoken here; ask on the program's machine";
    if (strncmp(text, "http://", 7) != 0) return false;
    const char *at = text + 7, *end = at + strcspn(at, "/");
    if (strcspn(end, "/") != 0 || (*end != 0 && end[1] != 0)) return false;
    const char *name_end =
        at[0] == '[' ? memchr(at, ']', (size_t)(end - at)) : memchr(at, ':', (size_t)(end - at));
    if (at[0] == '[' && name_end == NULL) return false;
    if (name_end == NULL) name_end = end;
    const char *name = at[0] == '[' ? at + 1 : at, *port = at[0] == '[' ? name_end + 1 : name_end;
    size_t size = (size_t)(name_end - name);
    if (size == 0 || size >= sizeof url->host || memchr(name, '@', size) != NULL) return false;
    memcpy(url->host, name, size);
    url->host[size] = 0;
    url->port = PORT;
    if (port == end) return true;
    char *port_end = NULL;
    long number =
        port[0] == ':' && port[1] >= '0' && port[1] <= '9' ? strtol(port + 1, &port_end, 10) : 0;
    url->port = (int)number;
    return port_end == end && number >= 1 && number <= 65535;
}

/* ---- HTTP ---- */

static bool fail(wadi__cli_answer *answer, const char *why) {
    snprintf(answer->error, sizeof answer->error, "%s", why);
    return false;
}
static char *receive(wadi__env *env, int socket, int64_t deadline_ns, size_t *size) {
    char *bytes = wadi__cli_must(wadi__malloc(BODY_BYTES_MAX + 1));
    ssize_t got = 1;
    for (*size = 0; got > 0 && *size<BODY_BYTES_MAX; *size += got> 0 ? (size_t)got : 0)
        got = env->socket_recv(env, socket, bytes + *size, BODY_BYTES_MAX - *size, deadline_ns);
    bytes[*size] = 0;
    if (got == 0) return bytes;
    wadi__free(bytes);
    return NULL;
}
/* The whole response, to be freed; NULL: there is none. */
static char *get(const wadi__cli_url *url, const char *path, size_t *size,
                 wadi__cli_answer *answer) {
    wadi__env *env = wadi__env_current();
    int64_t deadline_ns = wadi__env_deadline(env, TIMEOUT_MS);
    int socket = env->socket_connect(env, url->host, url->port, deadline_ns, NULL, NULL);
    if (socket < 0) {
        fail(answer, socket == -6 ? "no host has this name" : strerror(-socket));
        return NULL;
    }
    char *request = wadi__cli_must(
        wadi__format("GET %s HTTP/1.0\r\nHost: %s:%d\r\n\r\n", path, url->host, url->port));
    size_t length = strlen(request);
    bool is_sent = env->socket_send(env, socket, request, length, deadline_ns) == (ssize_t)length;
    char *response = is_sent ? receive(env, socket, deadline_ns, size) : NULL;
    env->socket_close(env, socket);
    wadi__free(request);
    if (response == NULL) fail(answer, "it does not answer");
    return response;
}
/* The body as JSON, in a response that is kept in *text. */
static wadi__json get_json(const wadi__cli_url *url, const char *path, char **text,
                           wadi__cli_answer *answer) {
    size_t size = 0;
    *text = get(url, path, &size, answer);
    if (*text == NULL) return (wadi__json){NULL, 0};
    const char *body = strstr(*text, "\r\n\r\n");
    bool is_http = strncmp(*text, "HTTP/1.", 7) == 0 && (*text)[7] != 0 && body != NULL;
    long status = is_http ? strtol(*text + 8, NULL, 10) : 0;
    if (!is_http) {
        fail(answer, "it does not speak HTTP");
    } else if (status != 200) {
        fail(answer, status == 401 ? "it wants a password; ask on the program's machine"
                                   : "it has no pages of a stream program");
    } else {
        wadi__json found = wadi__json_of(body + 4, size - (size_t)(body + 4 - *text));
        if (found.size > 0) return found;
        fail(answer, "what it says is no JSON");
    }
    return (wadi__json){NULL, 0};
}

/* ---- From JSON to lines ---- */

static void say_int(wadi__text *out, const char *name, wadi__json value) {
    wadi__cli_format(out, "%s %" PRId64 "\n", name, wadi__json_int(value, -1));
}
static void say_statistics(wadi__text *out, wadi__json found) {
    wadi__cli_format(out, "state active\nmaster -\nprocess -\nfailed -\n");
    say_int(out, "interval", wadi__json_member(found, "batchDuration"));
    say_int(out, "completed", wadi__json_member(found, "numTotalCompletedBatches"));
    say_int(out, "waiting", wadi__json_member(found, "numActiveBatches"));
    say_int(out, "records", wadi__json_member(found, "numProcessedRecords"));
}
static void say_receivers(wadi__text *out, wadi__json list) {
    wadi__json at;
    for (size_t i = 0; (at = wadi__json_item(list, i)).size > 0; i++) {
        char name[200], error[300];
        wadi__json active = wadi__json_member(at, "isActive");
        int64_t id = wadi__json_int(wadi__json_member(at, "streamId"), -1);
        wadi__json_text(wadi__json_member(at, "streamName"), name, sizeof name);
        wadi__json_text(wadi__json_member(at, "lastErrorMessage"), error, sizeof error);
        if (active.size > 0)
            wadi__cli_format(out, "receiver %" PRId64 " %s 0 0 %s\n", id,
                             wadi__json_is_true(active) ? "active" : "ended", name);
        if (error[0] != 0) wadi__cli_format(out, "receiver-error %" PRId64 " %s\n", id, error);
    }
}
/* Newest first there, oldest first here. */
static void say_batches(wadi__text *out, wadi__json list, size_t count) {
    size_t there = 0;
    while (there < count && wadi__json_item(list, there).size > 0) there++;
    for (size_t i = there; i > 0; i--) {
        wadi__json at = wadi__json_item(list, i - 1);
        int64_t failed = wadi__json_int(wadi__json_member(at, "numFailedOutputOps"), 0);
        wadi__cli_format(out,
                         "batch %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
                         wadi__json_int(wadi__json_member(at, "batchId"), -1),
                         wadi__json_int(wadi__json_member(at, "inputSize"), -1),
                         wadi__json_int(wadi__json_member(at, "schedulingDelay"), -1),
                         wadi__json_int(wadi__json_member(at, "processingTime"), -1),
                         wadi__json_int(wadi__json_member(at, "totalDelay"), -1),
                         failed > 0 ? "failed" : "completed");
    }
}
static bool say_one(const wadi__cli_url *url, const char *app, const char *what, size_t batches,
                    wadi__text *out, wadi__cli_answer *answer) {
    char *path = wadi__cli_must(wadi__format("/api/v1/applications/%s/streaming/%s", app, what)),
         *text = NULL;
    wadi__json found = get_json(url, path, &text, answer);
    if (found.size > 0 && what[0] == 's') say_statistics(out, found);
    if (found.size > 0 && what[0] == 'r') say_receivers(out, found);
    if (found.size > 0 && what[0] == 'b') say_batches(out, found, batches);
    wadi__free(text);
    wadi__free(path);
    return found.size > 0;
}
/* Its id goes into paths: nothing but what ids are made of. */
static bool read_application(const wadi__cli_url *url, char app[100], wadi__text *out,
                             wadi__cli_answer *answer) {
    char *text = NULL, name[200];
    wadi__json list = get_json(url, "/api/v1/applications", &text, answer),
               first = wadi__json_item(list, 0);
    wadi__json_text(wadi__json_member(first, "id"), app, 100);
    wadi__json_text(wadi__json_member(first, "name"), name, sizeof name);
    wadi__json attempt = wadi__json_item(wadi__json_member(first, "attempts"), 0);
    bool is_id = app[0] != 0 &&
                 strspn(app, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
                     strlen(app);
    wadi__cli_format(out, "ok\nname %s\n", name);
    say_int(out, "started", wadi__json_member(attempt, "startTimeEpoch"));
    wadi__free(text);
    return list.size == 0 ? false : is_id ? true : fail(answer, "it has no application");
}
bool wadi__cli_rest_ask(const wadi__cli_url *url, size_t batches, wadi__cli_answer *answer) {
    wadi__text out = {0};
    char app[100];
    *answer = (wadi__cli_answer){0};
    bool is_told = read_application(url, app, &out, answer) &&
                   say_one(url, app, "statistics", 0, &out, answer) &&
                   say_one(url, app, "receivers", 0, &out, answer) &&
                   say_one(url, app, "batches?status=COMPLETED", batches, &out, answer);
    wadi__text_add(&out, "", 1);
    if (out.failed) wadi__cli_must(NULL);
    if (!is_told) {
        wadi__text_fini(&out);
        return false;
    }
    answer->text = out.bytes; /* from the same allocator */
    return wadi__cli_answer_read(answer);
}
