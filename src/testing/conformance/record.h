/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: what the streams of a case carry: case_value, any value that a case may name, and
 * case_pair, a key and a value, where a case works by key.
 *
 * A value is a kind and its content, so keys of one batch may mix integers and strings. What is
 * nested lies in its bytes, each part as kind, number, size and bytes again: equal bytes are equal
 * values, and a part of a value is cut out of it without a copy. */
#ifndef WADI_TESTING_CONFORMANCE_RECORD_H
#define WADI_TESTING_CONFORMANCE_RECORD_H
#include "base/arena.h"

#include <jansson.h>
#include <wadi/function.h>

typedef enum wadi__case_kind {
    WADI__CASE_INT,    /* number */
    WADI__CASE_STRING, /* bytes */
    WADI__CASE_PAIR,   /* bytes: two parts */
    WADI__CASE_LIST,   /* bytes: `number` parts */
    WADI__CASE_SOME,   /* bytes: one part */
    WADI__CASE_NONE,
} wadi__case_kind;

WADI_RECORD(case_value, (int64_t, kind), (int64_t, number), (wadi_str, bytes));
WADI_RECORD(case_pair, (case_value, key), (case_value, value));
WADI_SEQ(case_value_list, case_value);
WADI_SEQ(case_pair_list, case_pair);

/* Where the bytes of new values lie: a task's memory, else an arena's. */
typedef struct wadi__case_memory {
    wadi_task *task;
    wadi__arena *arena;
} wadi__case_memory;

static inline case_value wadi__case_int(int64_t number) {
    return (case_value){.kind = WADI__CASE_INT, .number = number};
}
static inline case_value wadi__case_string(wadi_str bytes) {
    return (case_value){.kind = WADI__CASE_STRING, .bytes = bytes};
}
static inline case_value wadi__case_none(void) { return (case_value){.kind = WADI__CASE_NONE}; }
case_value wadi__case_some(wadi__case_memory memory, const case_value *value);
case_value wadi__case_list(wadi__case_memory memory, const case_value *items, size_t count);
case_value wadi__case_of_pair(wadi__case_memory memory, const case_value *key,
                              const case_value *value);
static inline case_value wadi__case_of_record(wadi__case_memory memory, const case_pair *pair) {
    return wadi__case_of_pair(memory, &pair->key, &pair->value);
}

/* Parts of a value, in order: case_value part; while (wadi__case_next(&parts, &part)) .. */
typedef struct wadi__case_parts {
    const char *at, *end;
} wadi__case_parts;
wadi__case_parts wadi__case_parts_of(const case_value *value);
bool wadi__case_next(wadi__case_parts *parts, case_value *part);

/* False: the value is no pair. */
bool wadi__case_to_pair(const case_value *value, case_pair *pair);

/* A value that the form checks let through (form.h); its bytes lie in the arena. */
case_value wadi__case_from_json(wadi__arena *arena, const json_t *json);
/* A new reference. Strings that are no UTF-8 stay as they are. */
json_t *wadi__case_to_json(const case_value *value);
json_t *wadi__case_pair_to_json(const case_pair *pair);
#endif
