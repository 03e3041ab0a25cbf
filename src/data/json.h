/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: lines of JSON into records, by the names of fields. The work is done by simdjson, in the
 * module wadi-json.so, so that the library itself needs no C++.
 *
 * A record is an object, a sequence or small array an array, an option its value or null. Unknown
 * names are passed by, missing ones and null are zero. Strings without escapes point into the line.
 */
#ifndef WADI_DATA_JSON_H
#define WADI_DATA_JSON_H
#include <wadi/record.h>

#ifdef __cplusplus
extern "C" {
#endif
enum { WADI__JSON_OPS_VERSION = 1 };
typedef struct wadi__json_ops { /* what the module exports as wadi__json_module */
    uint32_t version;
    uint32_t padding; /* readable bytes that must follow a line */
    /* One for each thread. NULL: no memory. */
    void *(*open)(void);
    void (*close)(void *parser);
    /* Fills in a record of a type that is sound. `line` may be a copy of what lies at `original`,
     * which strings are to point at. False: the line is damaged or there is no memory; *why, static
     * text or the parser's, says so. */
    bool (*parse)(void *parser, const wadi_type *type, const char *line, size_t size,
                  const char *original, void *record, void *(*alloc)(void *arg, size_t size),
                  void *alloc_arg, const char **why);
} wadi__json_ops;
#ifdef __cplusplus
}
#else

/* Loads the module. NULL: err says what is missing. Any thread. */
const wadi__json_ops *wadi__json_open(wadi_error *err);

/* A parser with room for copies of lines that nothing readable follows. */
typedef struct wadi__json {
    const wadi__json_ops *ops;
    void *parser;
    char *copy;
    size_t room;
} wadi__json;
/* False: no memory. */
bool wadi__json_init(wadi__json *json, const wadi__json_ops *ops);
void wadi__json_fini(wadi__json *json);
/* As the module's parse; strings that had escapes come from `alloc`. */
bool wadi__json_parse(wadi__json *json, const wadi_type *type, const char *line, size_t size,
                      void *record, void *(*alloc)(void *arg, size_t size), void *alloc_arg,
                      const char **why);
#endif
#endif
