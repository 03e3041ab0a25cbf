/* SPDX-License-Identifier: Apache-2.0 */
/* request.c: queries, paths and passwords. */
#include "ui/request.h"

#include <string.h>
#include <strings.h>

enum { PATH_MAX_BYTES = 1024 };

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f') return (c | 32) - 'a' + 10;
    return -1;
}
/* Decodes size bytes into `value`. */
static void decode(const char *text, size_t size, char *value) {
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '+') c = ' ';
        if (c == '%' && i + 2 < size && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        }
        if (c == 0 || used + 1 == WADI__REQUEST_VALUE_MAX) {
            value[0] = 0;
            return;
        }
        value[used++] = c;
    }
    value[used] = 0;
}
bool wadi__query_next(const char **at, const char *name, char value[WADI__REQUEST_VALUE_MAX]) {
    size_t name_size = strlen(name);
    while (*at != NULL && **at != 0) {
        const char *pair = *at;
        size_t size = strcspn(pair, "&");
        *at = pair + size + (pair[size] == '&');
        bool is_it = size >= name_size && memcmp(pair, name, name_size) == 0 &&
                     (size == name_size || pair[name_size] == '=');
        if (!is_it) continue;
        size_t skip = name_size < size ? name_size + 1 : size;
        decode(pair + skip, size - skip, value);
        return true;
    }
    return false;
}
size_t wadi__path_split(const char *path, char *room, char **parts, size_t most) {
    size_t size = strlen(path), count = 0;
    if (size >= PATH_MAX_BYTES) return most + 1;
    memcpy(room, path, size + 1);
    for (char *at = room; *at == '/' && at[1] != 0;) {
        if (count == most) return most + 1;
        *at++ = 0; /* the end of the part before */
        parts[count++] = at;
        at += strcspn(at, "/");
        if (at[0] == '/' && at[1] == 0) *at = 0;
    }
    return count;
}
bool wadi__parse_number(const char *text, int64_t *value) {
    uint64_t sum = 0;
    size_t size = strlen(text);
    if (size == 0 || size > 18) return false;
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') return false;
        sum = sum * 10 + (uint64_t)(*text - '0');
    }
    *value = (int64_t)sum;
    return true;
}

/* ---- Passwords ---- */

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}
/* Returns the size; SIZE_MAX: it is not base64, or does not fit. */
static size_t decode_base64(const char *text, char *out, size_t room) {
    uint32_t bits = 0;
    unsigned held = 0;
    size_t used = 0;
    for (; *text != 0 && *text != '='; text++) {
        int value = base64_value(*text);
        if (value < 0) return SIZE_MAX;
        bits = (bits << 6 | (uint32_t)value) & 0xffffff;
        if ((held += 6) < 8) continue;
        held -= 8;
        if (used == room) return SIZE_MAX;
        out[used++] = (char)(bits >> held & 0xff);
    }
    size_t padding = strspn(text, "=");
    return padding <= 2 && text[padding] == 0 ? used : SIZE_MAX;
}
/* In a time that depends on the size of what was given alone. */
static bool is_same(const char *given, size_t given_size, const char *wanted) {
    size_t wanted_size = strlen(wanted);
    unsigned differs = given_size != wanted_size;
    for (size_t i = 0; i < given_size; i++)
        differs |= (unsigned)(unsigned char)given[i] ^
                   (unsigned)(unsigned char)wanted[wanted_size > 0 ? i % wanted_size : 0];
    return differs == 0;
}
static const char *after_scheme(const char *header, const char *scheme) {
    size_t size = strlen(scheme);
    if (strncasecmp(header, scheme, size) != 0 || header[size] != ' ') return NULL;
    header += size;
    return header + strspn(header, " ");
}
bool wadi__is_authorized(const char *header, const char *user, const char *password,
                         const char *token) {
    if (header == NULL) return false;
    const char *bearer = after_scheme(header, "Bearer"), *basic = after_scheme(header, "Basic");
    if (bearer != NULL && token != NULL) return is_same(bearer, strlen(bearer), token);
    if (basic == NULL || user == NULL || password == NULL) return false;
    char pair[1024] = {0};
    size_t size = decode_base64(basic, pair, sizeof pair);
    const char *colon = size != SIZE_MAX ? memchr(pair, ':', size) : NULL;
    if (colon == NULL) return false;
    size_t name_size = (size_t)(colon - pair);
    bool is_user = is_same(pair, name_size, user);
    bool is_password = is_same(colon + 1, size - name_size - 1, password);
    return is_user && is_password;
}
