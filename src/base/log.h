/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: lines on stderr for whoever runs the program. One call is one line; any thread.
 *
 * A warning or error that comes again and again is written a few times, and then counted: one line
 * says how often it came (log_repeat.h). On a terminal a status line may stand under the others
 * (log_status.c). The last lines are kept, for the report of a crash. */
#ifndef WADI_BASE_LOG_H
#define WADI_BASE_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wadi/macro.h>

typedef enum wadi__log_level {
    WADI__LOG_DEBUG,
    WADI__LOG_INFO,
    WADI__LOG_WARN,
    WADI__LOG_ERROR,
    WADI__LOG_OFF, /* as the least level: nothing is written */
} wadi__log_level;
typedef enum wadi__log_format {
    WADI__LOG_TEXT,
    WADI__LOG_JSON,   /* an object a line; times in UTC */
    WADI__LOG_LOGFMT, /* name=value pairs; times in UTC */
} wadi__log_format;

/* module: "stream", "source", ..: the folder that logs. Time, level and module are put before the
 * text, which is cut after 1,000 bytes; control characters in it are spelt out (\n, \x1b). */
void wadi__log(wadi__log_level level, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define wadi__log_info(module, ...) wadi__log(WADI__LOG_INFO, module, __VA_ARGS__)
#define wadi__log_warn(module, ...) wadi__log(WADI__LOG_WARN, module, __VA_ARGS__)
#define wadi__log_error(module, ...) wadi__log(WADI__LOG_ERROR, module, __VA_ARGS__)

/* The same with numbers that JSON and logfmt have besides; the text says them anyway. */
typedef struct wadi__log_field {
    const char *name; /* "processing_ms" */
    int64_t value;
} wadi__log_field;
void wadi__log_with(wadi__log_level level, const char *module, const wadi__log_field *fields,
                    size_t field_count, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* ---- What is written ---- */

/* Lines below this level are dropped, of all modules. Default: warn; WADI_LOG=info,stream=debug in
 * the environment. */
void wadi__log_set_level(wadi__log_level level);
/* "info", "stream=debug", "warn,stream=debug,source=off": the level of all modules, and of some.
 * What is not named stays as it is, but a level without a module forgets all modules' own. False:
 * nothing has changed; `why` says what is wrong. */
bool wadi__log_set_levels(const char *levels, char *why, size_t why_size);
/* The levels in force, in that form. */
void wadi__log_levels(char *text, size_t size);
enum { WADI__LOG_MODULES_MAX = 32, WADI__LOG_MODULE_BYTES = 24 };

void wadi__log_set_format(wadi__log_format format);
/* How often a warning or error is written in ten seconds before it is only counted; 0: always. */
void wadi__log_set_repeats(unsigned lines_max);
/* Tells what was counted so far: at the end of a program. */
void wadi__log_tell_repeats(void);

/* ---- On a terminal ---- */

/* Text under the lines, which moves down as they are written; NULL: none. Without a terminal on
 * stderr: nothing. */
void wadi__log_status(const char *text);
bool wadi__log_has_terminal(void);
/* Around what goes to standard output, so that it does not mix with that text. */
void wadi__log_output_begins(void);
void wadi__log_output_ends(void);

/* ---- For tests, and for crashes ---- */

/* No line at all until it is taken back: for libwadi-testing, whose machines lose their power. */
WADI_API void wadi__log_hush(bool is_hushed);
/* For tests: all lines, also those below the level, go here instead of to stderr. `line` runs under
 * the log's lock, so it must not log. NULL: to stderr again. */
void wadi__log_capture(void (*line)(wadi__log_level level, const char *module, const char *text,
                                    void *arg),
                       void *arg);
enum { WADI__LOG_RECENT = 32, WADI__LOG_RECENT_BYTES = 320 };
/* Line number `age` before the last one (0: the last), at info or above, whether it was written or
 * not; NULL: there were not so many. Takes no lock, so it may be cut when others log meanwhile. */
const char *wadi__log_recent(unsigned age);
#endif
