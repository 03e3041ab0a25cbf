/* SPDX-License-Identifier: Apache-2.0 */
/* ui.h: the pages of a context: the store that its listeners fill, and the server that shows it.
 * The server needs the module wadi-ui.so; without it a line of the log says so, and nothing is
 * kept. */
#ifndef WADI_UI_UI_H
#define WADI_UI_UI_H
#include "ui/site.h"

#include <wadi/context.h>

struct wadi__ui { /* sc->ui */
    wadi_context *sc;
    wadi__status_store store;
    wadi__site site;
    char *url;               /* "http://127.0.0.1:4040" */
    char *certificate, *key; /* PEM; NULL: no TLS */
    const wadi__http_ops *http;
    void *server;
    wadi__thread *thread;
    struct wadi__event_log *log; /* NULL: none is written */
    pthread_mutex_t lock;        /* guards what follows */
    wadi_stream_context *ssc;    /* that runs; NULL: none */
};

/* For tests: this table instead of the module's. NULL: the module's. */
void wadi__ui_use(const wadi__http_ops *ops);
#endif
