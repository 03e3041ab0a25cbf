/* SPDX-License-Identifier: Apache-2.0 */
/* conf_properties.c: the properties form, one setting at a time. */
#include "base/conf_properties.h"

#include "base/mem.h"

#include <string.h>

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
static bool is_line_end(char c) { return c == '\n' || c == '\r'; }

bool wadi__properties_open(wadi__properties *reader, const char *bytes, size_t size) {
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes += 3, size -= 3; /* some editors' mark */
    *reader = (wadi__properties){.at = bytes, .end = bytes + size, .next_line = 1};
    reader->buffer =
        wadi__malloc(size + 2); /* unescaping only shrinks; a zero after name and value */
    return reader->buffer != NULL;
}
void wadi__properties_close(wadi__properties *reader) {
    wadi__free(reader->buffer);
    reader->buffer = NULL;
}

/* ---- Moving over the input ---- */

static bool at_end(const wadi__properties *in) { return in->at == in->end; }
static void skip_line_end(wadi__properties *in) {
    if (at_end(in)) return;
    bool is_pair = in->at[0] == '\r' && in->end - in->at > 1 && in->at[1] == '\n';
    in->at += is_pair ? 2 : 1;
    in->next_line++;
}
static void skip_blanks(wadi__properties *in) {
    while (!at_end(in) && is_blank(*in->at)) in->at++;
}
static void skip_to_line_end(wadi__properties *in) {
    while (!at_end(in) && !is_line_end(*in->at)) in->at++;
}
/* To the first setting's first character. False: there is none. */
static bool skip_to_setting(wadi__properties *in) {
    for (;;) {
        skip_blanks(in);
        if (at_end(in)) return false;
        if (*in->at == '#' || *in->at == '!') skip_to_line_end(in);
        if (at_end(in)) return false;
        if (!is_line_end(*in->at)) return true;
        skip_line_end(in);
    }
}
/* Over every \ at the end of a line, with the blanks that begin the next one. */
static void skip_joins(wadi__properties *in) {
    while (in->end - in->at >= 2 && in->at[0] == '\\' && is_line_end(in->at[1])) {
        in->at++;
        skip_line_end(in);
        skip_blanks(in);
    }
}

/* ---- Characters ---- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
/* The four digits of \uXXXX. -1: they are not that. */
static long take_hex(wadi__properties *in) {
    long unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = i < in->end - in->at ? hex_digit(in->at[i]) : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    in->at += 4;
    return unit;
}
static char *put_utf8(char *to, long c) {
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(heads[more] | (c >> (6 * more)));
    while (more-- > 0) *to++ = (char)(0x80 | ((c >> (6 * more)) & 0x3F));
    return to;
}
/* After \u: one UTF-16 unit, or two that are one character. */
static char *take_unicode(wadi__properties *in, char *to) {
    long c = take_hex(in);
    if (c >= 0xD800 && c < 0xDC00 && in->end - in->at >= 6 && in->at[0] == '\\' &&
        in->at[1] == 'u') {
        in->at += 2;
        long low = take_hex(in);
        c = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : -1;
    }
    if (c <= 0 || (c >= 0xD800 && c < 0xE000)) {
        in->mistake = c == 0 ? "\\u0000 is no character of a setting"
                             : "\\u without the four digits of a character";
        return to;
    }
    return put_utf8(to, c);
}
static char *take_escaped(wadi__properties *in, char *to) {
    in->at++;
    if (at_end(in)) return to; /* a \ as the last byte of all */
    char c = *in->at++;
    switch (c) {
    case 't': *to++ = '\t'; return to;
    case 'n': *to++ = '\n'; return to;
    case 'r': *to++ = '\r'; return to;
    case 'f': *to++ = '\f'; return to;
    case 'u': return take_unicode(in, to);
    default: *to++ = c; return to;
    }
}
/* Copies up to the end of the line, or of the name. */
static char *take_text(wadi__properties *in, char *to, bool is_name) {
    for (;;) {
        skip_joins(in);
        if (at_end(in) || is_line_end(*in->at)) return to;
        if (is_name && (is_blank(*in->at) || *in->at == '=' || *in->at == ':')) return to;
        if (*in->at == 0) in->mistake = "a byte of zero";
        if (*in->at == '\\')
            to = take_escaped(in, to);
        else
            *to++ = *in->at++;
    }
}
static void skip_separator(wadi__properties *in) {
    skip_joins(in);
    skip_blanks(in);
    skip_joins(in);
    if (at_end(in) || (*in->at != '=' && *in->at != ':')) return;
    in->at++;
    skip_joins(in);
    skip_blanks(in);
}

bool wadi__properties_next(wadi__properties *in) {
    if (!skip_to_setting(in)) return false;
    in->line = in->next_line;
    in->mistake = NULL;
    in->name = in->buffer;
    char *to = take_text(in, in->buffer, true);
    *to++ = 0;
    skip_separator(in);
    in->value = to;
    to = take_text(in, to, false);
    *to = 0;
    if (in->mistake != NULL) in->name = in->value = NULL;
    return true;
}
