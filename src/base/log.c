/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: one write per line, so that lines of several threads never mix. */
#include "base/log.h"

#include "base/env.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static atomic_int least = -1; /* -1: the environment has not been asked yet */

static atomic_bool is_quiet;

static pthread_mutex_t capture_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*capture)(wadi__log_level, const char *, const char *,
                       void *); /* guarded by capture_lock */
static void *capture_arg;
static void before_fork(void) { pthread_mutex_lock(&capture_lock); }
static void after_fork(void) { pthread_mutex_unlock(&capture_lock); }
__attribute__((constructor)) static void watch_forks(void) { /* a child may log as well */
    pthread_atfork(before_fork, after_fork, after_fork);
}

void wadi__log_set_level(wadi__log_level level) { atomic_store(&least, (int)level); }
void wadi__log_hush(bool is_hushed) { atomic_store(&is_quiet, is_hushed); }
void wadi__log_capture(void (*line)(wadi__log_level, const char *, const char *, void *),
                       void *arg) {
    pthread_mutex_lock(&capture_lock);
    capture = line;
    capture_arg = arg;
    pthread_mutex_unlock(&capture_lock);
}
static int least_level(void) {
    int level = atomic_load_explicit(&least, memory_order_relaxed);
    if (level >= 0) return level;
    const char *wanted = getenv("WADI_LOG");
    level = WADI__LOG_WARN;
    for (int i = 0; wanted != NULL && i <= WADI__LOG_ERROR; i++)
        if (strcmp(wanted, level_names[i]) == 0) level = i;
    atomic_store(&least, level);
    return level;
}
/* One line stays one: control characters, which may come from a user's record, are spelt out. */
static void escape(char *to, size_t size, const char *text) {
    char *end = to + size - 5;
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
static void write_line(wadi__log_level level, const char *module, const char *text) {
    char line[1400], when[32];
    wadi__env *env = wadi__env_current();
    int64_t now_ms = env->wall_ms(env);
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm at;
    localtime_r(&seconds, &at);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &at);
    int n = snprintf(line, sizeof line, "%s.%03d %-5s %.40s: %s\n", when, (int)(now_ms % 1000),
                     level_names[level], module, text);
    ssize_t written = n > 0 ? write(STDERR_FILENO, line, (size_t)n) : 0;
    (void)written; /* nobody is left to tell */
}
void wadi__log(wadi__log_level level, const char *module, const char *fmt, ...) {
    char raw[1024], text[1200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    escape(text, sizeof text, raw);
    pthread_mutex_lock(&capture_lock);
    bool captured = capture != NULL;
    if (captured) capture(level, module, text, capture_arg);
    pthread_mutex_unlock(&capture_lock);
    if (!captured && !atomic_load_explicit(&is_quiet, memory_order_relaxed) && (int)level >= least_level()) write_line(level, module, text);
}
