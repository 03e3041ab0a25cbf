/* SPDX-License-Identifier: Apache-2.0 */
/* http.h: asking a program's pages, by HTTP/1.0, in the clear or over TLS. */
#ifndef WADI_CLI_HTTP_H
#define WADI_CLI_HTTP_H
#include "cli/url.h"

typedef struct wadi__cli_response {
    char *text; /* head and body, with a zero behind; to be freed. NULL: there is none .. */
    const char *body;
    size_t body_size;
    int status;
    char why[320];     /* .. since .. */
    const char *to_do; /* .. and what helps; NULL: nothing special */
} wadi__cli_response;

/* False: there is no whole answer of HTTP. */
bool wadi__cli_http_get(const wadi__cli_url *url, const char *path, wadi__cli_response *response);
#endif
