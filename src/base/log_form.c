/* SPDX-License-Identifier: Apache-2.0 */
/* log_form.c: a line as text, as JSON, or as logfmt. */
#include "base/log_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct out { /* room is left for the line's end */
    char *bytes;
    size_t used;
} out;

static void add(out *to, const char *text, size_t size) {
    size_t room = WADI__LOG_LINE_BYTES - 8 - to->used;
    if (size > room) size = room;
    memcpy(to->bytes + to->used, text, size);
    to->used += size;
}
__attribute__((format(printf, 2, 3))) static void format(out *to, const char *fmt, ...) {
    char text[200];
    va_list args;
    va_start(args, fmt);
    int size = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (size > 0) add(to, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}
static void add_time(out *to, int64_t wall_ms, bool in_utc) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm at;
    char text[40];
    if (in_utc)
        gmtime_r(&seconds, &at);
    else
        localtime_r(&seconds, &at);
    strftime(text, sizeof text, in_utc ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &at);
    format(to, "%s.%03d%s", text, (int)(wall_ms % 1000), in_utc ? "Z" : "");
}
/* Between quotes, as JSON and logfmt have strings alike; no control character is left in the
 * text. */
static void add_quoted(out *to, const char *text) {
    add(to, "\"", 1);
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\') add(to, "\\", 1);
        add(to, text, 1);
    }
    add(to, "\"", 1);
}
static void form_text(out *to, const wadi__log_line *line) {
    add_time(to, line->wall_ms, false);
    format(to, " %-5s %.40s: ", wadi__log_level_names[line->level], line->module);
    add(to, line->text, strlen(line->text));
}
static void form_json(out *to, const wadi__log_line *line) {
    format(to, "{\"time\":\"");
    add_time(to, line->wall_ms, true);
    format(to, "\",\"level\":\"%s\",\"module\":\"%.40s\",\"message\":",
           wadi__log_level_names[line->level], line->module);
    add_quoted(to, line->text);
    for (size_t i = 0; i < line->field_count; i++)
        format(to, ",\"%.40s\":%" PRId64, line->fields[i].name, line->fields[i].value);
    add(to, "}", 1);
}
static void form_logfmt(out *to, const wadi__log_line *line) {
    format(to, "time=");
    add_time(to, line->wall_ms, true);
    format(to, " level=%s module=%.40s msg=", wadi__log_level_names[line->level], line->module);
    add_quoted(to, line->text);
    for (size_t i = 0; i < line->field_count; i++)
        format(to, " %.40s=%" PRId64, line->fields[i].name, line->fields[i].value);
}
size_t wadi__log_form(wadi__log_format format, const wadi__log_line *line, char *bytes) {
    out to = {bytes, 0};
    switch (format) {
    case WADI__LOG_TEXT: form_text(&to, line); break;
    case WADI__LOG_JSON: form_json(&to, line); break;
    case WADI__LOG_LOGFMT: form_logfmt(&to, line); break;
    }
    bytes[to.used++] = '\n';
    bytes[to.used] = 0;
    return to.used;
}
