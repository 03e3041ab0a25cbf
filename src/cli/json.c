/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: a scanner of JSON. No byte is trusted until the whole was scanned once. */
#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

typedef struct scan {
    const char *at, *end;
} scan;

static void blanks(scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}
static bool take(scan *s, char c) {
    if (s->at >= s->end || *s->at != c) return false;
    s->at++;
    return true;
}
static bool take_word(scan *s, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(s->end - s->at) < size || memcmp(s->at, word, size) != 0) return false;
    s->at += size;
    return true;
}
static bool is_digit(const scan *s) { return s->at < s->end && *s->at >= '0' && *s->at <= '9'; }
static bool digits(scan *s) {
    if (!is_digit(s)) return false;
    while (is_digit(s)) s->at++;
    return true;
}
static bool number(scan *s) {
    take(s, '-');
    if (!take(s, '0') && !digits(s)) return false;
    if (take(s, '.') && !digits(s)) return false;
    if (!take(s, 'e') && !take(s, 'E')) return true;
    if (!take(s, '+')) take(s, '-');
    return digits(s);
}
static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}
static bool string(scan *s) {
    if (!take(s, '"')) return false;
    while (s->at < s->end) {
        unsigned char c = (unsigned char)*s->at++;
        if (c == '"') return true;
        if (c < 32) return false;
        if (c != '\\') continue;
        if (s->at >= s->end) return false;
        c = (unsigned char)*s->at++;
        if (c == 'u') {
            for (int i = 0; i < 4; i++)
                if (s->at >= s->end || hex_digit(*s->at++) < 0) return false;
        } else if (c == 0 || strchr("\"\\/bfnrt", c) == NULL) {
            return false;
        }
    }
    return false;
}
static bool value(scan *s, int depth);
/* What lies between `open` and its end: values, with names before them in objects. */
static bool list(scan *s, char end, bool has_names, int depth) {
    blanks(s);
    if (take(s, end)) return true;
    for (;;) {
        blanks(s);
        if (has_names) {
            if (!string(s)) return false;
            blanks(s);
            if (!take(s, ':')) return false;
        }
        if (!value(s, depth + 1)) return false;
        blanks(s);
        if (take(s, end)) return true;
        if (!take(s, ',')) return false;
    }
}
static bool value(scan *s, int depth) {
    if (depth > WADI__JSON_DEPTH_MAX) return false;
    blanks(s);
    if (s->at >= s->end) return false;
    switch (*s->at) {
    case '{': s->at++; return list(s, '}', true, depth);
    case '[': s->at++; return list(s, ']', false, depth);
    case '"': return string(s);
    case 't': return take_word(s, "true");
    case 'f': return take_word(s, "false");
    case 'n': return take_word(s, "null");
    default: return number(s);
    }
}
/* The next value as a piece; the scanner stands behind it. */
static wadi__json piece(scan *s) {
    blanks(s);
    const char *begin = s->at;
    bool is_whole = value(s, 0);
    return is_whole ? (wadi__json){begin, (size_t)(s->at - begin)} : (wadi__json){NULL, 0};
}
wadi__json wadi__json_of(const char *text, size_t size) {
    scan s = {text, text + size};
    wadi__json whole = piece(&s);
    blanks(&s);
    return s.at == s.end ? whole : (wadi__json){NULL, 0};
}

/* ---- Looking up, in text that was scanned ---- */

wadi__json wadi__json_member(wadi__json object, const char *name) {
    if (object.size == 0) return (wadi__json){NULL, 0};
    scan s = {object.at, object.at + object.size};
    size_t size = strlen(name);
    if (!take(&s, '{')) return (wadi__json){NULL, 0};
    for (;;) {
        blanks(&s);
        const char *begin = s.at + 1;
        if (!string(&s)) return (wadi__json){NULL, 0};
        bool is_it = (size_t)(s.at - 1 - begin) == size && memcmp(begin, name, size) == 0;
        blanks(&s);
        if (!take(&s, ':')) return (wadi__json){NULL, 0};
        wadi__json found = piece(&s);
        if (is_it) return found;
        blanks(&s);
        if (!take(&s, ',')) return (wadi__json){NULL, 0};
    }
}
wadi__json wadi__json_item(wadi__json array, size_t i) {
    if (array.size == 0) return (wadi__json){NULL, 0};
    scan s = {array.at, array.at + array.size};
    if (!take(&s, '[')) return (wadi__json){NULL, 0};
    blanks(&s);
    if (take(&s, ']')) return (wadi__json){NULL, 0};
    for (;; i--) {
        wadi__json found = piece(&s);
        if (i == 0) return found;
        blanks(&s);
        if (!take(&s, ',')) return (wadi__json){NULL, 0};
    }
}
int64_t wadi__json_int(wadi__json number_text, int64_t otherwise) {
    char text[24];
    size_t size = number_text.size;
    if (size == 0 || size >= sizeof text - 1) return otherwise;
    memcpy(text, number_text.at, size);
    text[size] = 0;
    char *end = NULL;
    long long read = strtoll(text, &end, 10);
    return *end == 0 && end != text ? read : otherwise;
}
bool wadi__json_is_true(wadi__json flag) {
    return flag.size == 4 && memcmp(flag.at, "true", 4) == 0;
}

static size_t put_utf8(unsigned code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)(code < 32 ? ' ' : code);
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}
/* Behind a backslash. Halves of surrogate pairs are "?": two for what lies beyond the first plane.
 */
static size_t unescape(scan *s, char out[4]) {
    char c = *s->at++;
    if (c != 'u') {
        if (strchr("bfnrt", c) != NULL) c = ' ';
        out[0] = c;
        return 1;
    }
    unsigned code = 0;
    for (int i = 0; i < 4; i++) code = code << 4 | (unsigned)hex_digit(*s->at++);
    return put_utf8(code >= 0xD800 && code < 0xE000 ? '?' : code, out);
}
void wadi__json_text(wadi__json text, char *out, size_t size) {
    size_t used = 0;
    if (text.size >= 2 && text.at[0] == '"') {
        scan s = {text.at + 1, text.at + text.size - 1};
        while (s.at < s.end) {
            char made[4];
            size_t length = 1;
            if (*s.at == '\\') {
                s.at++;
                length = unescape(&s, made);
            } else {
                made[0] = *s.at++;
            }
            if (used + length >= size) break;
            memcpy(out + used, made, length);
            used += length;
        }
    }
    out[used] = 0;
}
