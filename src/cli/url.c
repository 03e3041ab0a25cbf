/* SPDX-License-Identifier: Apache-2.0 */
/* url.c: taking addresses apart (RFC 3986), and credentials of HTTP (RFC 7617, RFC 6750). */
#include "cli/url.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 4040 };

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}
/* A part of the user's, with what is spelt %xx. */
static bool take_secret(const char *text, size_t size, char out[WADI__CLI_SECRET_MAX]) {
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '%') {
            if (size - i < 3) return false;
            int high = hex(text[i + 1]), low = hex(text[i + 2]);
            if (high < 0 || low < 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == 0 || c == '\r' || c == '\n' || used + 1 == WADI__CLI_SECRET_MAX) return false;
        out[used++] = c;
    }
    out[used] = 0;
    return true;
}
static bool take_user(const char *at, size_t size, wadi__cli_url *url) {
    const char *colon = memchr(at, ':', size);
    size_t user = colon != NULL ? (size_t)(colon - at) : size;
    if (!take_secret(at, user, url->user)) return false;
    return colon == NULL || take_secret(colon + 1, size - user - 1, url->password);
}
static bool take_host(const char *at, const char *end, wadi__cli_url *url) {
    size_t whole = (size_t)(end - at);
    const char *name_end = memchr(at, at[0] == '[' ? ']' : ':', whole);
    if (at[0] == '[' && name_end == NULL) return false;
    if (name_end == NULL) name_end = end;
    const char *name = at[0] == '[' ? at + 1 : at, *port = at[0] == '[' ? name_end + 1 : name_end;
    size_t size = (size_t)(name_end - name);
    if (size == 0 || size >= sizeof url->host) return false;
    memcpy(url->host, name, size);
    url->port = PORT;
    if (port == end) return true;
    char *port_end = NULL;
    bool has_digit = port[0] == ':' && port[1] >= '0' && port[1] <= '9';
    long number = has_digit ? strtol(port + 1, &port_end, 10) : 0;
    url->port = (int)number;
    return port_end == end && number >= 1 && number <= 65535;
}
bool wadi__cli_url_read(const char *text, wadi__cli_url *url, const char **why) {
    *url = (wadi__cli_url){0};
    *why = "it is not http://HOST:PORT or https://HOST:PORT";
    url->is_secure = strncmp(text, "https://", 8) == 0;
    if (!url->is_secure && strncmp(text, "http://", 7) != 0) return false;
    const char *at = text + (url->is_secure ? 8 : 7), *end = at + strcspn(at, "/");
    if (*end != 0 && end[1] != 0) return false;
    const char *user_end = memrchr(at, '@', (size_t)(end - at));
    if (user_end != NULL) {
        *why = "the user and password before the @ cannot be read";
        if (!take_user(at, (size_t)(user_end - at), url)) return false;
        *why = "what follows the @ is not HOST:PORT";
        at = user_end + 1;
    }
    return take_host(at, end, url);
}
static void put_base64(const unsigned char *bytes, size_t size, char *out) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16 |
                        (i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (i + 2 < size ? bytes[i + 2] : 0);
        *out++ = letters[bits >> 18];
        *out++ = letters[bits >> 12 & 63];
        *out++ = '=';
        *out++ = '=';
        if (i + 1 < size) out[-2] = letters[bits >> 6 & 63];
        if (i + 2 < size) out[-1] = letters[bits & 63];
    }
    *out = 0;
}
bool wadi__cli_authorization(const wadi__cli_url *url, char *text, size_t size) {
    char pair[2 * WADI__CLI_SECRET_MAX + 2];
    text[0] = 0;
    if (url->token[0] != 0) return (size_t)snprintf(text, size, "Bearer %s", url->token) < size;
    if (url->password[0] == 0) return true;
    size_t length = (size_t)snprintf(pair, sizeof pair, "%s:%s",
                                     url->user[0] != 0 ? url->user : "wadi", url->password);
    if (6 + (length + 2) / 3 * 4 + 1 > size) return false;
    memcpy(text, "Basic ", 6);
    put_base64((const unsigned char *)pair, length, text + 6);
    return true;
}
