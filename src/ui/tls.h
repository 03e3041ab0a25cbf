/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h: the client's side of TLS, for `wadi top https://..`: what the module wadi-ui.so does by
 * GnuTLS, which libmicrohttpd needs anyway. */
#ifndef WADI_UI_TLS_H
#define WADI_UI_TLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WADI__TLS_OPS_VERSION = 1, WADI__TLS_WHY_BYTES = 300 };

/* The connection below: as env's socket_send and socket_recv; a negative errno. */
typedef struct wadi__tls_below {
    ssize_t (*send)(void *arg, const void *bytes, size_t size);
    ssize_t (*recv)(void *arg, void *bytes, size_t size);
    void *(*alloc)(size_t size); /* zeroed; NULL: no memory */
    void (*release)(void *p);
    void *arg;
} wadi__tls_below;

typedef struct wadi__tls_peer {
    const char *host;    /* name or address that the certificate must be of */
    const char *ca_file; /* PEM: who may have signed it; NULL: whom the system trusts */
    bool is_anybody;     /* whoever it is */
} wadi__tls_peer;

typedef struct wadi__tls_ops { /* what the module exports as wadi__tls_module */
    uint32_t version;
    /* Shakes hands. NULL: why says so; *is_untrusted: the certificate is not as it should be. */
    void *(*open)(const wadi__tls_peer *peer, const wadi__tls_below *below, bool *is_untrusted,
                  char why[WADI__TLS_WHY_BYTES]);
    /* All of it, or -1. */
    ssize_t (*send)(void *tls, const void *bytes, size_t size);
    /* 0: the end, as it was told; -1: the connection broke. */
    ssize_t (*recv)(void *tls, void *bytes, size_t size);
    void (*close)(void *tls); /* leaves the connection below as it is */
} wadi__tls_ops;
#endif
