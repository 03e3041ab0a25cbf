/* SPDX-License-Identifier: Apache-2.0 */
/* site.h: what a request gets: which page or value, and whether whoever asks may have it. Knows
 * nothing of sockets. */
#ifndef WADI_UI_SITE_H
#define WADI_UI_SITE_H
#include "stream/state_facts.h"
#include "ui/doc.h"
#include "ui/http.h"
#include "ui/status_store.h"

typedef struct wadi__conf wadi__conf;
typedef struct wadi__memory_facts {
    int64_t used_bytes, max_bytes, spilled_bytes;
} wadi__memory_facts;

typedef struct wadi__site {
    wadi__status_store *store;
    const wadi__conf *conf;              /* settings to be shown; NULL: none */
    const char *user, *password, *token; /* who may ask; NULL: not asked for */
    bool is_history;                     /* of a program that has ended, at .. */
    int64_t ended_ms;                    /* .. this time */
    bool may_stop;                       /* by POST /stop */
    void (*stop)(void *arg);
    /* Whether the program does well: NULL, or what is wrong, in `room` of 600 bytes. */
    const char *(*health)(void *arg, char *room);
    void (*memory)(void *arg, wadi__memory_facts *facts); /* NULL: not known */
    /* Events that listeners of the engine, and of the stream, were too slow for; NULL: not known.
     */
    void (*dropped)(void *arg, uint64_t *engine, uint64_t *stream);
    /* The states of the program, at most WADI__STATES_SHOWN_MAX, and how many; NULL: there are
     * none.
     */
    size_t (*states)(void *arg, wadi__state_shown *rows);
    void *arg; /* of the functions */
} wadi__site;

/* The callbacks of the server; arg: the site. */
void wadi__site_answer(void *arg, const wadi__http_request *request, wadi__http_response *response);
wadi__http_callbacks wadi__site_callbacks(wadi__site *site);

/* ---- For those who make answers ---- */

enum { WADI__SITE_PARTS_MAX = 10 };
typedef struct wadi__asked {           /* a GET, taken apart */
    char *parts[WADI__SITE_PARTS_MAX]; /* of the path */
    size_t count;
    const char *query; /* or NULL */
} wadi__asked;
/* Part i, or "". */
static inline const char *wadi__asked_part(const wadi__asked *asked, size_t i) {
    return i < asked->count ? asked->parts[i] : "";
}

/* The states of the program, and how many; the list is to be freed, NULL: no memory. holds the
 * store's lock */
size_t wadi__site_states(const wadi__site *site, wadi__state_shown **rows);
/* Hands text over as the answer; 500 if some of it is missing. */
void wadi__respond(wadi__http_response *response, int status, const char *type, wadi__text *text);
void wadi__respond_doc(wadi__http_response *response, wadi__doc *doc);
/* A line of plain text. */
void wadi__respond_line(wadi__http_response *response, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define WADI__TYPE_JSON "application/json"
#define WADI__TYPE_HTML "text/html; charset=utf-8"
#define WADI__TYPE_TEXT "text/plain; charset=utf-8"

/* Paths below /api/v1; parts 0 and 1 are these. */
void wadi__rest_answer(const wadi__site *site, const wadi__asked *asked,
                       wadi__http_response *response);
/* Below /api/v1/applications/ID/streaming: parts from 5 on. */
void wadi__rest_streaming(const wadi__site *site, const wadi__asked *asked,
                          wadi__http_response *response);
/* Below /api/v1/applications/ID; parts from 4 on. */
void wadi__rest_engine(const wadi__site *site, const wadi__asked *asked,
                       wadi__http_response *response);
/* /metrics/prometheus */
void wadi__prometheus_answer(const wadi__site *site, wadi__http_response *response);
#endif
