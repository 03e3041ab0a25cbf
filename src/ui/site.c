/* SPDX-License-Identifier: Apache-2.0 */
/* site.c: from a request to its answer. */
#include "ui/site.h"

#include "ui/pages.h"
#include "ui/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Answers ---- */

void wadi__respond(wadi__http_response *response, int status, const char *type, wadi__text *text) {
    if (text->failed) {
        wadi__text_fini(text);
        *response = (wadi__http_response){
            .status = 500, .type = WADI__TYPE_TEXT, .body = "no memory\n", .body_size = 10};
        return;
    }
    *response = (wadi__http_response){.status = status,
                                      .type = type,
                                      .body = "",
                                      .own_body = text->bytes,
                                      .body_size = text->size};
    *text = (wadi__text){0};
}
void wadi__respond_doc(wadi__http_response *response, wadi__doc *doc) {
    wadi__respond(response, 200, WADI__TYPE_JSON, &doc->text);
}
void wadi__respond_line(wadi__http_response *response, int status, const char *fmt, ...) {
    char line[1000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    wadi__text text = {0};
    wadi__text_put(&text, line);
    wadi__respond(response, status, WADI__TYPE_TEXT, &text);
}

size_t wadi__site_states(const wadi__site *site, wadi__state_shown **rows) {
    bool is_whole = site->store->stream.start_ms >= 0; /* the graph */
    size_t told = site->store->states.count;
    *rows = wadi__calloc(WADI__STATES_SHOWN_MAX, sizeof **rows);
    if (*rows == NULL || !is_whole) return 0;
    if (site->states != NULL) return site->states(site->arg, *rows);
    if (told > 0) memcpy(*rows, site->store->states.items, told * sizeof **rows);
    return told;
}

/* ---- Who asks, and for what ---- */

static bool is_open(const wadi__site *site) {
    return site->password == NULL && site->token == NULL;
}
static void answer_health(const wadi__site *site, wadi__http_response *response) {
    char room[600];
    const char *problem = site->health != NULL ? site->health(site->arg, room) : NULL;
    if (problem != NULL)
        wadi__respond_line(response, 503, "%s\n", problem);
    else
        wadi__respond_line(response, 200, "ok\n");
}
static void answer_readiness(const wadi__site *site, wadi__http_response *response) {
    char room[600];
    const char *problem = site->health != NULL ? site->health(site->arg, room) : NULL;
    wadi__status_lock(site->store);
    const wadi__stream_part *stream = &site->store->stream;
    bool is_starting = stream->is_there && stream->start_ms < 0;
    wadi__status_unlock(site->store);
    if (problem == NULL && is_starting) problem = "the stream program has not started yet";
    if (problem != NULL)
        wadi__respond_line(response, 503, "%s\n", problem);
    else
        wadi__respond_line(response, 200, "ready\n");
}
static void answer_stop(const wadi__site *site, const wadi__http_request *request,
                        wadi__http_response *response) {
    if (!site->may_stop || site->stop == NULL)
        wadi__respond_line(response, 403, "stopping by HTTP is off (wadi.ui.stop_enabled)\n");
    else if (is_open(site))
        wadi__respond_line(response, 403, "stopping by HTTP needs a password or a token\n");
    else if (request->asked_by == NULL) /* no form of another place can set it */
        wadi__respond_line(response, 403, "the header X-Wadi-Request is missing\n");
    else {
        site->stop(site->arg);
        wadi__respond_line(response, 202, "stopping\n");
    }
}
static void answer_get(const wadi__site *site, const wadi__asked *asked,
                       const wadi__http_request *request, wadi__http_response *response) {
    const char *first = wadi__asked_part(asked, 0);
    if (strcmp(first, "api") == 0 && strcmp(wadi__asked_part(asked, 1), "v1") == 0)
        wadi__rest_answer(site, asked, response);
    else if (asked->count == 2 && strcmp(first, "metrics") == 0 &&
             strcmp(asked->parts[1], "prometheus") == 0)
        wadi__prometheus_answer(site, response);
    else if (asked->count == 1 && strcmp(first, "readyz") == 0)
        answer_readiness(site, response);
    else if (asked->count == 1 && strcmp(first, "events") == 0)
        *response =
            (wadi__http_response){.status = 200, .type = "text/event-stream", .is_events = true};
    else
        wadi__pages_answer(site, asked, request, response);
}
void wadi__site_answer(void *arg, const wadi__http_request *request,
                       wadi__http_response *response) {
    const wadi__site *site = arg;
    char room[1024];
    wadi__asked asked = {.query = request->query};
    asked.count = wadi__path_split(request->path, room, asked.parts, WADI__SITE_PARTS_MAX);
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (asked.count > WADI__SITE_PARTS_MAX) {
        wadi__respond_line(response, 404, "not found\n");
    } else if (reads && strcmp(request->path, "/healthz") == 0) { /* it tells nothing else */
        answer_health(site, response);
    } else if (!is_open(site) && !wadi__is_authorized(request->authorization, site->user,
                                                      site->password, site->token)) {
        wadi__respond_line(response, 401, "not authorized\n");
        response->asks_for_basic = site->password != NULL;
    } else if (reads) {
        answer_get(site, &asked, request, response);
    } else if (strcmp(request->method, "POST") == 0 && strcmp(request->path, "/stop") == 0) {
        answer_stop(site, request, response);
    } else {
        wadi__respond_line(response, 405, "method not allowed\n");
    }
}
static uint64_t changes(void *arg) {
    const wadi__site *site = arg;
    return atomic_load_explicit(&site->store->changes, memory_order_relaxed);
}
const wadi__http_options wadi__http_limits = {
    .connections_max = 64,
    .connections_per_peer_max = 48,
    .head_bytes_max = 16 * 1024,
    .headers_max = 64,
    .request_ms_max = 10000,
};
static void *alloc(size_t size) { return wadi__calloc(1, size); }
wadi__http_callbacks wadi__site_callbacks(wadi__site *site) {
    return (wadi__http_callbacks){wadi__site_answer, alloc, wadi__free, changes, site};
}
