/* SPDX-License-Identifier: Apache-2.0 */
/* conf.c: settings by name. All texts live in one arena until the conf goes, so what was given out
 * once stays valid. */
#include "base/conf.h"

#include "base/arena.h"
#include "base/conf_nearest.h"
#include "base/conf_own.h"
#include "base/conf_value.h"

#include <stdarg.h>
#include <string.h>

static const wadi__conf_entry entries[] = {
#define WADI__CONF(id, name, type, by_default, min, max, choices, unit, text) \
    {name, WADI__CONF_TYPE_##type, by_default, min, max, choices, unit, text},
#include "base/conf_table.h"
#undef WADI__CONF
};
const wadi__conf_entry *wadi__conf_entry_of(wadi__conf_id id) { return &entries[id]; }

/* Names that Spark had before, and still takes; the one of today wins where both are set. */
static const struct {
    const char *old_name;
    wadi__conf_id id;
} old_names[] = {
    {"spark.streaming.minRememberDuration", WADI__CONF_FILE_STREAM_MIN_REMEMBER},
};

static wadi__conf_id id_of(const char *name, bool *is_old) {
    *is_old = false;
    for (int id = 0; id < WADI__CONF_COUNT; id++)
        if (strcmp(entries[id].name, name) == 0) return (wadi__conf_id)id;
    *is_old = true;
    for (size_t i = 0; i < sizeof old_names / sizeof old_names[0]; i++)
        if (strcmp(old_names[i].old_name, name) == 0) return old_names[i].id;
    return WADI__CONF_COUNT;
}

/* Where a name of the program's own is, or would have to be. */
static bool find_own(const wadi__conf *conf, const char *name, size_t *at) {
    size_t low = 0, high = conf->own.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(conf->own.items[middle].name, name);
        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

wadi__conf *wadi__conf_new(void) {
    wadi__conf *conf = wadi__calloc(1, sizeof(wadi__conf));
    if (conf == NULL) return NULL;
    for (int id = 0; id < WADI__CONF_COUNT; id++) {
        wadi__conf_value *value = &conf->values[id];
        char why[300];
        *value = (wadi__conf_value){.name = entries[id].name, .place = ""};
        if (entries[id].by_default[0] == 0) continue;
        value->text = entries[id].by_default;
        bool is_valid =
            wadi__conf_value_parse(&entries[id], value->text, &value->number, why, sizeof why);
        WADI_ASSERT(is_valid); /* each default of the table is a value that its row takes */
    }
    return conf;
}
void wadi__conf_free(wadi__conf *conf) {
    if (conf == NULL) return;
    wadi__vec_fini(&conf->own);
    wadi__vec_fini(&conf->mistakes);
    wadi__arena_fini(&conf->texts);
    wadi__free(conf);
}

/* ---- Mistakes ---- */

static bool no_memory(wadi__conf *conf) {
    conf->is_out_of_memory = true;
    return false;
}
static char *keep(wadi__conf *conf, const char *text) {
    size_t size = strlen(text) + 1;
    char *kept = wadi__arena_alloc(&conf->texts, size);
    return kept != NULL ? memcpy(kept, text, size) : NULL;
}
bool wadi__conf_add_mistake(wadi__conf *conf, const char *place, const char *fmt, ...) {
    if (conf->mistakes.count == WADI__CONF_MISTAKES_MAX) {
        snprintf(conf->more, sizeof conf->more, "%zu more mistakes in the settings",
                 ++conf->more_count);
        return true;
    }
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof text, "%.500s: ", place);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + used, sizeof text - used, fmt, args);
    va_end(args);
    char *kept = keep(conf, text);
    return (kept != NULL && wadi__vec_push(&conf->mistakes, kept)) || no_memory(conf);
}
size_t wadi__conf_mistake_count(const wadi__conf *conf) {
    return conf->mistakes.count + (conf->more_count > 0) + conf->is_out_of_memory;
}
const char *wadi__conf_mistake(const wadi__conf *conf, size_t i) {
    if (i < conf->mistakes.count) return conf->mistakes.items[i];
    if (i == conf->mistakes.count && conf->more_count > 0) return conf->more;
    return "no memory to keep the settings";
}
bool wadi__conf_mistake_is_memory(const wadi__conf *conf, size_t i) {
    return conf->is_out_of_memory && i + 1 == wadi__conf_mistake_count(conf);
}

/* ---- Setting ---- */

/* Whether a name that is not in the table may be set; else that is a mistake. */
static bool is_own_name(wadi__conf *conf, const char *name, const char *place) {
    enum { MEANT_MAX = 2 }; /* edits up to which another name is taken for a slip */
    bool is_known_prefix = wadi__conf_is_own_name(name);
    bool is_counted_only = conf->mistakes.count == WADI__CONF_MISTAKES_MAX;
    const char *nearest =
        is_known_prefix && is_counted_only
            ? "" /* nobody will read it */
            : wadi__conf_nearest(name, is_known_prefix ? WADI__CONF_NAME_MAX : MEANT_MAX);
    if (nearest == NULL) return true;
    wadi__conf_add_mistake(conf, place, "there is no setting '%s'; did you mean '%s'?", name,
                           nearest);
    return false;
}
static wadi__conf_value *own_value(wadi__conf *conf, const char *name) {
    size_t at;
    if (find_own(conf, name, &at)) return &conf->own.items[at];
    if (conf->own.count == WADI__CONF_OWN_MAX || !wadi__vec_reserve(&conf->own, 1)) return NULL;
    char *kept = keep(conf, name);
    if (kept == NULL) return NULL;
    wadi__conf_value *value = &conf->own.items[at];
    memmove(value + 1, value, (conf->own.count - at) * sizeof *value);
    *value = (wadi__conf_value){.name = kept, .place = ""};
    conf->own.count++;
    return value;
}
static bool store(wadi__conf *conf, wadi__conf_value *value, const char *text,
                  wadi__conf_origin origin, const char *place) {
    char *kept_text = keep(conf, text), *kept_place = keep(conf, place);
    if (kept_text == NULL || kept_place == NULL) return no_memory(conf);
    value->text = kept_text;
    value->place = kept_place;
    value->origin = origin;
    return true;
}
static bool set_own(wadi__conf *conf, const char *name, const char *text, wadi__conf_origin origin,
                    const char *place) {
    if (!is_own_name(conf, name, place)) return !conf->is_out_of_memory;
    wadi__conf_value *value = own_value(conf, name);
    if (value == NULL && conf->own.count == WADI__CONF_OWN_MAX)
        return wadi__conf_add_mistake(conf, place,
                                      "%s is one name too many; the program may have %d of its own",
                                      name, WADI__CONF_OWN_MAX);
    if (value == NULL) return no_memory(conf);
    return value->origin > origin || store(conf, value, text, origin, place);
}
static bool set_row(wadi__conf *conf, wadi__conf_id id, bool by_old_name, const char *text,
                    wadi__conf_origin origin, const char *place) {
    const wadi__conf_entry *row = &entries[id];
    wadi__conf_number number;
    char why[400];
    bool is_valid = wadi__conf_value_parse(row, text, &number, why, sizeof why);
    if (is_valid && id == WADI__CONF_REDACTION_REGEX)
        is_valid = wadi__conf_regex_check(text, why, sizeof why);
    if (!is_valid) return wadi__conf_add_mistake(conf, place, "%s %s", row->name, why);
    wadi__conf_value *value = &conf->values[id];
    if (value->origin > origin) return true;
    if (value->origin == origin && by_old_name && !value->by_old_name) return true;
    if (!store(conf, value, text, origin, place)) return false;
    value->number = number;
    value->by_old_name = by_old_name;
    return true;
}
bool wadi__conf_set(wadi__conf *conf, const char *name, const char *text, wadi__conf_origin origin,
                    const char *place) {
    WADI_ASSERT(origin > WADI__CONF_FROM_DEFAULT && origin <= WADI__CONF_FROM_CODE);
    if (name == NULL || name[0] == 0)
        return wadi__conf_add_mistake(conf, place, "a setting without a name");
    if (strlen(name) > WADI__CONF_NAME_MAX)
        return wadi__conf_add_mistake(conf, place,
                                      "a name of %zu bytes, '%.40s..'; %d are the most",
                                      strlen(name), name, WADI__CONF_NAME_MAX);
    if (text == NULL) return wadi__conf_add_mistake(conf, place, "%s has no value", name);
    bool is_old;
    wadi__conf_id id = id_of(name, &is_old);
    if (id == WADI__CONF_COUNT) return set_own(conf, name, text, origin, place);
    return set_row(conf, id, is_old, text, origin, place);
}

/* ---- Reading ---- */

const char *wadi__conf_get(const wadi__conf *conf, const char *name) {
    bool is_old;
    wadi__conf_id id = id_of(name, &is_old);
    if (id != WADI__CONF_COUNT) return conf->values[id].text;
    size_t at;
    return find_own(conf, name, &at) ? conf->own.items[at].text : NULL;
}
bool wadi__conf_bool(const wadi__conf *conf, wadi__conf_id id) {
    WADI_ASSERT(entries[id].type == WADI__CONF_TYPE_BOOL);
    return conf->values[id].number.whole != 0;
}
int64_t wadi__conf_int(const wadi__conf *conf, wadi__conf_id id) {
    wadi__conf_type type = entries[id].type;
    WADI_ASSERT(type == WADI__CONF_TYPE_INT || type == WADI__CONF_TYPE_BYTES ||
                type == WADI__CONF_TYPE_MS || type == WADI__CONF_TYPE_SECONDS);
    return conf->values[id].number.whole;
}
double wadi__conf_double(const wadi__conf *conf, wadi__conf_id id) {
    wadi__conf_type type = entries[id].type;
    WADI_ASSERT(type != WADI__CONF_TYPE_STRING && type != WADI__CONF_TYPE_CHOICE &&
                type != WADI__CONF_TYPE_BOOL);
    return conf->values[id].number.real;
}
const char *wadi__conf_string(const wadi__conf *conf, wadi__conf_id id) {
    WADI_ASSERT(entries[id].type == WADI__CONF_TYPE_STRING ||
                entries[id].type == WADI__CONF_TYPE_CHOICE);
    return conf->values[id].text;
}
bool wadi__conf_is_set(const wadi__conf *conf, wadi__conf_id id) {
    return conf->values[id].origin != WADI__CONF_FROM_DEFAULT;
}
