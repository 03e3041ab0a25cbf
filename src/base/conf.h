/* SPDX-License-Identifier: Apache-2.0 */
/* conf.h: settings. conf_table.h lists all that the library knows; further names are carried for
 * the program's own use, and so that every settings file of Spark stays valid. Values come, in the
 * order of force, from code, from the environment (WADI_CONF), from a file in Spark's properties
 * form, from the checkpoint that a program goes on from, else from the table. Mistakes are gathered, all of them, with the place they came from and
 * the nearest valid name or value. One thread while values are set, then any. */
#ifndef WADI_BASE_CONF_H
#define WADI_BASE_CONF_H
#include "base/vec.h"

#include <wadi/error.h>

#include <stdio.h>

typedef struct wadi__conf wadi__conf;

typedef enum wadi__conf_type {
    WADI__CONF_TYPE_BOOL, /* true, false */
    WADI__CONF_TYPE_INT,
    WADI__CONF_TYPE_DOUBLE,
    WADI__CONF_TYPE_BYTES,   /* 64k, 256m, 1g; plain: bytes */
    WADI__CONF_TYPE_MS,      /* 200ms, 5s, 1m, 2h; plain: milliseconds */
    WADI__CONF_TYPE_SECONDS, /* the same; plain: seconds */
    WADI__CONF_TYPE_STRING,
    WADI__CONF_TYPE_CHOICE, /* one of the words in `choices` */
} wadi__conf_type;

typedef enum wadi__conf_id {
#define WADI__CONF(id, ...) WADI__CONF_##id,
#include "base/conf_table.h"
#undef WADI__CONF
    WADI__CONF_COUNT
} wadi__conf_id;

typedef struct wadi__conf_entry { /* a row of the table */
    const char *name;
    wadi__conf_type type;
    const char *by_default; /* as text; "": unset */
    double min, max;        /* of numbers, in the type's own unit (ms, bytes, seconds) */
    const char *choices;    /* CHOICE: words with | between; else NULL */
    const char *unit;       /* "ms", "bytes", "" */
    const char *text;       /* what it does, one line */
} wadi__conf_entry;
const wadi__conf_entry *wadi__conf_entry_of(wadi__conf_id id);

/* NULL: no memory. */
wadi__conf *wadi__conf_new(void);
void wadi__conf_free(wadi__conf *conf);

typedef enum wadi__conf_origin {
    WADI__CONF_FROM_DEFAULT,
    WADI__CONF_FROM_CHECKPOINT, /* of the run that this one goes on from */
    WADI__CONF_FROM_FILE,
    WADI__CONF_FROM_ENVIRONMENT,
    WADI__CONF_FROM_CODE,
} wadi__conf_origin;
/* Sets a value unless one of more force is there; of two with the same force the later one counts.
 * `place` is shown with mistakes: "wordcount.c:12", "wadi.conf:3", "WADI_CONF:1". A mistake is
 * kept, and the value not taken. These are mistakes:
 *   - a value that the table's row does not take;
 *   - a name under wadi. or spark.streaming. that is not in the table;
 *   - any other name that is so near to one of the table's that it is meant to be that one;
 *   - no name, one of more than WADI__CONF_NAME_MAX bytes, or no value (a NULL).
 * False: no memory. That sticks, and is the last mistake, so the result need not be looked at. */
bool wadi__conf_set(wadi__conf *conf, const char *name, const char *value, wadi__conf_origin origin,
                    const char *place);
enum {
    WADI__CONF_NAME_MAX = 255,
    WADI__CONF_FILE_MAX = 1 << 20,
    WADI__CONF_MISTAKES_MAX = 100,
    WADI__CONF_OWN_MAX = 1000
};
/* name=value lines, as WADI_CONF has them; `source` names them in mistakes. */
bool wadi__conf_set_lines(wadi__conf *conf, const char *text, wadi__conf_origin origin,
                          const char *source);
/* A file in Spark's properties form: "name value", "name=value", "name: value", # comments, \ at
 * the end of a line goes on. A file that cannot be read, or of more than WADI__CONF_FILE_MAX bytes,
 * is a mistake. */
bool wadi__conf_set_file(wadi__conf *conf, const char *path, const char *place);
/* The same from bytes in memory, with any content. */
bool wadi__conf_set_properties(wadi__conf *conf, const char *bytes, size_t size,
                               wadi__conf_origin origin, const char *source);

/* The mistakes so far. Past WADI__CONF_MISTAKES_MAX they are only counted, by the last one. */
size_t wadi__conf_mistake_count(const wadi__conf *conf);
const char *wadi__conf_mistake(const wadi__conf *conf, size_t i);
/* Whether mistake number i is that there was no memory. */
bool wadi__conf_mistake_is_memory(const wadi__conf *conf, size_t i);

/* The value in force, as text; NULL: unset, or no such name. Valid as long as the conf. */
const char *wadi__conf_get(const wadi__conf *conf, const char *name);
/* Of the table's rows, typed; the row must have the type. Unset strings are NULL, unset numbers 0.
 */
bool wadi__conf_bool(const wadi__conf *conf, wadi__conf_id id);
int64_t wadi__conf_int(const wadi__conf *conf,
                       wadi__conf_id id); /* also BYTES, MS and SECONDS, in that unit */
double wadi__conf_double(const wadi__conf *conf, wadi__conf_id id);      /* of any number */
const char *wadi__conf_string(const wadi__conf *conf, wadi__conf_id id); /* also CHOICE */
bool wadi__conf_is_set(const wadi__conf *conf, wadi__conf_id id); /* by anything but the default */

/* Calls `each` for every setting, sorted by name: the table's rows and the program's own. value
 * NULL: unset. place: "" for defaults. */
typedef void wadi__conf_each_fn(const char *name, const char *value, wadi__conf_origin origin,
                                const char *place, void *arg);
void wadi__conf_each(const wadi__conf *conf, wadi__conf_each_fn *each, void *arg);
/* "default", "checkpoint", "file", "environment", "code". */
const char *wadi__conf_origin_name(wadi__conf_origin origin);
/* Whether spark.redaction.regex says that a value is not to be shown, by its name or by itself. */
bool wadi__conf_is_secret(const wadi__conf *conf, const char *name, const char *value);

/* "name = value  # origin place", sorted, the table's rows and the program's own; secrets are
 * hidden. */
void wadi__conf_print(const wadi__conf *conf, FILE *to);
#endif
