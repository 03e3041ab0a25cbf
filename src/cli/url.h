/* SPDX-License-Identifier: Apache-2.0 */
/* url.h: where a program's pages are, and as whom they are asked. */
#ifndef WADI_CLI_URL_H
#define WADI_CLI_URL_H
#include "cli/command.h"

enum { WADI__CLI_SECRET_MAX = 512, WADI__CLI_URL_SHOWN = 300 };

typedef struct wadi__cli_url {
    char host[256];
    int port;
    bool is_secure;      /* https */
    bool trusts_anybody; /* whoever answers */
    const char *ca_file; /* who may have signed its certificate; NULL: the system says */
    char user[WADI__CLI_SECRET_MAX];     /* of a password .. */
    char password[WADI__CLI_SECRET_MAX]; /* "": none .. */
    char token[WADI__CLI_SECRET_MAX];    /* .. or one of these; "": none */
} wadi__cli_url;

/* "http://host:4040", "https://[::1]:4040/", "http://user:password@host". False: it is none; why
 * says so. */
bool wadi__cli_url_read(const char *text, wadi__cli_url *url, const char **why);
/* The same of a command line, with its options --user, --password-file, --token-file, --ca and
 * --insecure, which a NULL text must come without. `shown` has no password in it. WADI__CLI_OK;
 * else it was told what is wrong. */
int wadi__cli_url_take(const wadi__cli_args *args, const char *text, wadi__cli_url *url,
                       char shown[WADI__CLI_URL_SHOWN]);
/* The value of the header Authorization; "": none. False: it does not fit. */
bool wadi__cli_authorization(const wadi__cli_url *url, char *text, size_t size);
#endif
