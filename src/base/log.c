/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: one write per line, so that lines of several threads never mix. */
#include "base/log_parts.h"

#include "base/env.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_bool is_quiet;
static atomic_int format; /* of wadi__log_format */
static atomic_bool is_captured;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void (*capture)(wadi__log_level, const char *, const char *,
                       void *); /* guarded by lock .. */
static void *capture_arg;

static char recent[WADI__LOG_RECENT]
                  [WADI__LOG_RECENT_BYTES]; /* .. and these are written under it */
static atomic_uint recent_count;

void wadi__log_lock(void) { pthread_mutex_lock(&lock); }
void wadi__log_unlock(void) { pthread_mutex_unlock(&lock); }
__attribute__((constructor)) static void watch_forks(void) { /* a child may log as well */
    pthread_atfork(wadi__log_lock, wadi__log_unlock, wadi__log_unlock);
}

void wadi__log_hush(bool is_hushed) { atomic_store(&is_quiet, is_hushed); }
void wadi__log_set_format(wadi__log_format wanted) { atomic_store(&format, (int)wanted); }
void wadi__log_capture(void (*line)(wadi__log_level, const char *, const char *, void *),
                       void *arg) {
    wadi__log_lock();
    capture = line;
    capture_arg = arg;
    atomic_store(&is_captured, line != NULL);
    wadi__log_unlock();
}
static void escape(char *to, size_t size, const char *text) {
    const char *end = to + size - 5;
    for (; *text != 0 && to < end; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 32 && c != 127)
            *to++ = (char)c;
        else if (c == '\n' || c == '\t' || c == '\r')
            to += snprintf(to, 5, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
        else
            to += snprintf(to, 5, "\\x%02x", c);
    }
    *to = 0;
}

/* ---- Under the lock ---- */

static void keep(const char *line, size_t size) { /* with its end */
    unsigned count = atomic_load(&recent_count);
    char *to = recent[count % WADI__LOG_RECENT];
    if (size > WADI__LOG_RECENT_BYTES - 1) size = WADI__LOG_RECENT_BYTES - 1;
    memcpy(to, line, size);
    to[size] = 0;
    atomic_store(&recent_count, count + 1);
}
const char *wadi__log_recent(unsigned age) {
    unsigned count = atomic_load(&recent_count);
    if (age >= count || age >= WADI__LOG_RECENT) return NULL;
    return recent[(count - 1 - age) % WADI__LOG_RECENT];
}
static void write_line(const wadi__log_line *line) {
    char out[WADI__LOG_LINE_BYTES];
    size_t size = wadi__log_form((wadi__log_format)atomic_load(&format), line, out);
    wadi__log_status_hide();
    ssize_t written = write(STDERR_FILENO, out, size);
    (void)written; /* nobody is left to tell */
    wadi__log_status_show();
}
static void tell_repeats(int64_t wall_ms, bool force) {
    char text[WADI__LOG_TEXT_BYTES];
    wadi__log_line line;
    while (wadi__log_repeat_next(wall_ms, force, &line, text)) write_line(&line);
}
static void take(const wadi__log_line *line, bool is_wanted) {
    if (line->level >= WADI__LOG_INFO) {
        char out[WADI__LOG_LINE_BYTES];
        keep(out, wadi__log_form(WADI__LOG_TEXT, line, out));
    }
    if (atomic_load(&is_quiet)) return;
    tell_repeats(line->wall_ms, false);
    if (is_wanted && wadi__log_repeat_passes(line)) write_line(line);
}
/* The time is asked for before, as no env call is made under a lock. */
static void log_line(wadi__log_level level, const char *module, const wadi__log_field *fields,
                     size_t field_count, const char *fmt, va_list args) {
    bool is_wanted = wadi__log_is_wanted(level, module);
    if (!is_wanted && level < WADI__LOG_INFO && !atomic_load(&is_captured)) return;
    char raw[1024], text[WADI__LOG_TEXT_BYTES];
    vsnprintf(raw, sizeof raw, fmt, args);
    escape(text, sizeof text, raw);
    wadi__env *env = wadi__env_current();
    wadi__log_line line = {level, module, text, env->wall_ms(env), fields, field_count};
    wadi__log_lock();
    if (capture != NULL)
        capture(level, module, text, capture_arg);
    else
        take(&line, is_wanted);
    wadi__log_unlock();
}
void wadi__log(wadi__log_level level, const char *module, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_line(level, module, NULL, 0, fmt, args);
    va_end(args);
}
void wadi__log_with(wadi__log_level level, const char *module, const wadi__log_field *fields,
                    size_t field_count, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_line(level, module, fields, field_count, fmt, args);
    va_end(args);
}
void wadi__log_tell_repeats(void) {
    wadi__env *env = wadi__env_current();
    int64_t wall_ms = env->wall_ms(env);
    wadi__log_lock();
    if (!atomic_load(&is_quiet)) tell_repeats(wall_ms, true);
    wadi__log_unlock();
}
