/* SPDX-License-Identifier: Apache-2.0 */
/* log_level.c: which lines are wanted: a level for all, and levels of modules. They are read by
 * every call of the log, without a lock: a module is only ever added. */
#include "base/log_parts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const wadi__log_level_names[] = {"debug", "info", "warn", "error", "off"};

typedef struct own_level {
    char name[WADI__LOG_MODULE_BYTES]; /* set before it is counted, and never again */
    atomic_int level;                  /* -1: as all others */
} own_level;

static atomic_int least = -1; /* -1: the environment has not been asked yet */
static own_level modules[WADI__LOG_MODULES_MAX];
static atomic_uint module_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held while levels are set */

static void before_fork(void) { pthread_mutex_lock(&lock); }
static void after_fork(void) { pthread_mutex_unlock(&lock); }
__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork);
}

/* ---- Setting ---- */

typedef struct wanted {                  /* one part of "stream=debug,.." */
    char module[WADI__LOG_MODULE_BYTES]; /* "": all */
    int level;
} wanted;

static bool read_part(const char *part, size_t size, wanted *to, char *why, size_t why_size) {
    const char *equals = memchr(part, '=', size);
    size_t name_size = equals != NULL ? (size_t)(equals - part) : 0;
    const char *level = equals != NULL ? equals + 1 : part;
    size_t level_size = size - (size_t)(level - part);
    if (name_size >= sizeof to->module || (equals != NULL && name_size == 0)) {
        snprintf(why, why_size, "'%.*s' names no module", (int)(size < 60 ? size : 60), part);
        return false;
    }
    memset(to->module, 0, sizeof to->module);
    memcpy(to->module, part, name_size);
    for (to->level = WADI__LOG_DEBUG; to->level <= WADI__LOG_OFF; to->level++)
        if (strlen(wadi__log_level_names[to->level]) == level_size &&
            memcmp(wadi__log_level_names[to->level], level, level_size) == 0)
            return true;
    snprintf(why, why_size, "'%.*s' is no level: debug, info, warn, error, off",
             (int)(level_size < 60 ? level_size : 60), level);
    return false;
}
/* The module's entry, a new one if need be; NULL: there are too many. Lock held. */
static own_level *entry_of(const char *name) {
    unsigned count = atomic_load(&module_count);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(modules[i].name, name) == 0) return &modules[i];
    if (count == WADI__LOG_MODULES_MAX) return NULL;
    memcpy(modules[count].name, name, WADI__LOG_MODULE_BYTES);
    atomic_store(&modules[count].level, -1);
    atomic_store(&module_count, count + 1);
    return &modules[count];
}
/* Lock held. */
static bool apply(const wanted *part, char *why, size_t why_size) {
    if (part->module[0] == 0) {
        atomic_store(&least, part->level);
        for (unsigned i = 0; i < atomic_load(&module_count); i++)
            atomic_store(&modules[i].level, -1);
        return true;
    }
    own_level *own = entry_of(part->module);
    if (own != NULL) {
        atomic_store(&own->level, part->level);
        return true;
    }
    snprintf(why, why_size, "more than %d modules have a level of their own",
             WADI__LOG_MODULES_MAX);
    return false;
}
bool wadi__log_set_levels(const char *levels, char *why, size_t why_size) {
    wanted parts[WADI__LOG_MODULES_MAX];
    size_t count = 0;
    for (const char *at = levels;; at++) {
        size_t size = strcspn(at, ",");
        if (count == WADI__LOG_MODULES_MAX) {
            snprintf(why, why_size, "there are more than %d levels", WADI__LOG_MODULES_MAX);
            return false;
        }
        if (!read_part(at, size, &parts[count++], why, why_size)) return false;
        at += size;
        if (*at == 0) break;
    }
    bool is_set = true;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count && is_set; i++) is_set = apply(&parts[i], why, why_size);
    pthread_mutex_unlock(&lock);
    return is_set;
}
void wadi__log_set_level(wadi__log_level level) {
    pthread_mutex_lock(&lock);
    apply(&(wanted){"", (int)level}, NULL, 0);
    pthread_mutex_unlock(&lock);
}

/* ---- Asking ---- */

static int least_level(void) {
    int level = atomic_load_explicit(&least, memory_order_relaxed);
    if (level >= 0) return level;
    const char *given = getenv("WADI_LOG");
    char why[160];
    wadi__log_set_level(WADI__LOG_WARN);
    if (given != NULL) wadi__log_set_levels(given, why, sizeof why);
    return atomic_load(&least);
}
static int level_of(const char *name) {
    unsigned count = atomic_load_explicit(&module_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        int level = atomic_load_explicit(&modules[i].level, memory_order_relaxed);
        if (level >= 0 && strcmp(modules[i].name, name) == 0) return level;
    }
    return -1;
}
bool wadi__log_is_wanted(wadi__log_level level, const char *module) {
    int all = least_level(), own = level_of(module);
    return (int)level >= (own >= 0 ? own : all);
}
void wadi__log_levels(char *text, size_t size) {
    int used = snprintf(text, size, "%s", wadi__log_level_names[least_level()]);
    for (unsigned i = 0; i < atomic_load(&module_count); i++) {
        int level = atomic_load(&modules[i].level);
        if (level < 0 || used < 0 || (size_t)used >= size) continue;
        used += snprintf(text + used, size - (size_t)used, ",%s=%s", modules[i].name,
                         wadi__log_level_names[level]);
    }
}
