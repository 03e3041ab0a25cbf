/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: lines on stderr for whoever runs the program. One call is one line; any thread. */
#ifndef WADI_BASE_LOG_H
#define WADI_BASE_LOG_H
#include <stdbool.h>
#include <wadi/macro.h>

typedef enum wadi__log_level {
    WADI__LOG_DEBUG,
    WADI__LOG_INFO,
    WADI__LOG_WARN,
    WADI__LOG_ERROR
} wadi__log_level;

/* module: "stream", "source", ..: the folder that logs. Time, level and module are put before the
 * text, which is cut after 1,000 bytes; control characters in it are spelt out (\n, \x1b). */
void wadi__log(wadi__log_level level, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define wadi__log_info(module, ...) wadi__log(WADI__LOG_INFO, module, __VA_ARGS__)
#define wadi__log_warn(module, ...) wadi__log(WADI__LOG_WARN, module, __VA_ARGS__)
#define wadi__log_error(module, ...) wadi__log(WADI__LOG_ERROR, module, __VA_ARGS__)

/* Lines below this level are dropped. Default: warn; WADI_LOG=info in the environment. */
void wadi__log_set_level(wadi__log_level level);
/* No line at all until it is taken back: for libwadi-testing, whose machines lose their power. */
WADI_API void wadi__log_hush(bool is_hushed);
/* For tests: all lines, also those below the level, go here instead of to stderr. `line` runs under
 * the log's lock, so it must not log. NULL: to stderr again. */
void wadi__log_capture(void (*line)(wadi__log_level level, const char *module, const char *text,
                                    void *arg),
                       void *arg);
#endif
