/* SPDX-License-Identifier: Apache-2.0 */
/* log_parts.h: what the files of the log share. Where nothing else is said, the log's lock is
 * held. */
#ifndef WADI_BASE_LOG_PARTS_H
#define WADI_BASE_LOG_PARTS_H
#include "base/log.h"

enum { WADI__LOG_TEXT_BYTES = 1200, WADI__LOG_LINE_BYTES = 3000 };

typedef struct wadi__log_line {
    wadi__log_level level;
    const char *module, *text; /* escaped */
    int64_t wall_ms;
    const wadi__log_field *fields;
    size_t field_count;
} wadi__log_line;

extern const char *const wadi__log_level_names[];

/* ---- log_level.c; no lock ---- */
/* Whether lines of the module and level are written. */
bool wadi__log_is_wanted(wadi__log_level level, const char *module);

/* ---- log_form.c; no lock ---- */
/* The line with its end in `out`, of WADI__LOG_LINE_BYTES. Returns its length. */
size_t wadi__log_form(wadi__log_format format, const wadi__log_line *line, char *out);

/* ---- log_repeat.c ---- */
/* Whether a line is to be written, or was only counted. */
bool wadi__log_repeat_passes(const wadi__log_line *line);
/* What was counted, and is due to be told at that time (force: at once): `text`, of
 * WADI__LOG_TEXT_BYTES, is the next such line. False: there is none. */
bool wadi__log_repeat_next(int64_t wall_ms, bool force, wadi__log_line *line, char *text);

/* ---- log_status.c ---- */
/* Before and after a line is written to stderr. */
void wadi__log_status_hide(void);
void wadi__log_status_show(void);

/* The lock itself, for log_status.c. */
void wadi__log_lock(void);
void wadi__log_unlock(void);
#endif
