/* SPDX-License-Identifier: Apache-2.0 */
/* conf_own.h: what the files of conf.h share: its fields, and how a mistake is added. */
#ifndef WADI_BASE_CONF_OWN_H
#define WADI_BASE_CONF_OWN_H
#include "base/arena.h"
#include "base/assert.h"
#include "base/conf.h"
#include "base/conf_value.h"

typedef struct wadi__conf_value {
    const char *name;
    const char *text; /* NULL: unset */
    const char *place;
    wadi__conf_origin origin;
    wadi__conf_number number; /* of the table's rows */
    bool by_old_name;
} wadi__conf_value;

struct wadi__conf {
    wadi__arena texts; /* names, values, places and mistakes; nothing in it is ever released */
    wadi__conf_value values[WADI__CONF_COUNT];
    WADI__VEC(wadi__conf_value) own; /* of names that the table does not have, sorted */
    WADI__VEC(char *) mistakes;
    size_t more_count; /* mistakes past the last one that is kept */
    char more[64];
    bool is_out_of_memory;
};

/* False: no memory. */
bool wadi__conf_add_mistake(wadi__conf *conf, const char *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a pattern of secrets is one; `why` as in wadi__conf_value_parse(). */
bool wadi__conf_regex_check(const char *pattern, char *why, size_t why_size);
#endif
