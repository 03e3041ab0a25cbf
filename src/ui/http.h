/* SPDX-License-Identifier: Apache-2.0 */
/* http.h: the server of the pages: what the module wadi-ui.so does for them by libmicrohttpd, so
 * that the library itself needs none of it. It takes requests apart and puts limits on them; what
 * is answered is decided here, by a callback. */
#ifndef WADI_UI_HTTP_H
#define WADI_UI_HTTP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__HTTP_OPS_VERSION = 1 };

/* A request whose head is there; NULL: it has no such thing. Texts are as they were sent. */
typedef struct wadi__http_request {
    const char *method, *path;
    const char *query; /* what stood behind the ?, still encoded */
    const char *host, *origin, *authorization, *if_none_match;
    const char *asked_by; /* X-Wadi-Request, which only scripts of the same place can send */
    size_t body_size;
} wadi__http_request;

typedef struct wadi__http_response {
    int status;
    const char *type;     /* of its content; static */
    const char *location; /* of a redirect; static. NULL: none */
    const char *etag;     /* static; NULL: it is not to be kept by who asked */
    bool asks_for_basic;  /* 401: how one may say who one is */
    bool is_events;       /* no body: server-sent events, as long as the client stays */
    const char *body;     /* static, or .. */
    char *own_body;       /* .. given to `release` */
    size_t body_size;
} wadi__http_response;

typedef struct wadi__http_callbacks {
    void (*answer)(void *arg, const wadi__http_request *request, wadi__http_response *response);
    void *(*alloc)(size_t size);    /* zeroed; NULL: no memory */
    void (*release)(void *p);       /* what came from `alloc`, and bodies; NULL is fine */
    uint64_t (*changes)(void *arg); /* another number when there is something new to see */
    void *arg;
} wadi__http_callbacks;

typedef struct wadi__http_options {
    const char *address;           /* IPv4 or IPv6, in numbers */
    int port;                      /* 0: any */
    const char *certificate, *key; /* PEM texts; NULL: no TLS */
    int connections_max, connections_per_peer_max;
    int head_bytes_max, headers_max;
    int request_ms_max; /* from a connection, or the answer before, to a whole head; and for an
                           answer to be taken */
} wadi__http_options;

/* The limits; the rest is zero. ui/site.c */
extern const wadi__http_options wadi__http_limits;

typedef struct wadi__http_ops { /* what the module exports as wadi__http_module */
    uint32_t version;
    /* Listens. NULL: why, 200 bytes, says so; *is_taken: somebody else has the port. */
    void *(*open)(const wadi__http_options *options, const wadi__http_callbacks *callbacks,
                  int *port, bool *is_taken, char *why);
    void (*run)(void *server);   /* serves until stop(); the thread's whole life */
    void (*stop)(void *server);  /* any thread */
    void (*close)(void *server); /* after run() has returned */
} wadi__http_ops;
#endif
