/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c: a hash table of names over the intrusive list that constructors fill.
 *
 * Constructors run before main, some of them perhaps before this file's own data would be set up by
 * code; so the table starts as zeros and needs none. */
#include "rdd/registry.h"

#include "base/mem.h"

#include <pthread.h>
#include <string.h>

typedef struct named { /* one name */
    struct named *next;
    wadi__fn_entry entry;
    bool has_types;   /* entry's types are filled in */
    bool is_made;     /* by hand: `node` below is ours */
    uint32_t fn_count; /* declared functions of this name */
    wadi_fn_node node;
    wadi_fn copy;
    char name[];
} named;

enum { BUCKETS = 512 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static wadi_fn_node *declared; /* all nodes; guarded by lock */
static named *buckets[BUCKETS];

static named **bucket_of(const char *name) {
    uint32_t h = 2166136261u;
    for (; *name != 0; name++) h = (h ^ (unsigned char)*name) * 16777619u;
    return &buckets[h % BUCKETS];
}
static named *find_locked(const char *name) {
    for (named *at = *bucket_of(name); at != NULL; at = at->next)
        if (strcmp(at->name, name) == 0) return at;
    return NULL;
}

void wadi__fn_enter(wadi_fn_node *node) {
    pthread_mutex_lock(&lock);
    node->next = declared;
    declared = node;
    named *known = find_locked(node->fn->name);
    if (known != NULL) known->has_types = false; /* looked up anew */
    pthread_mutex_unlock(&lock);
}
void wadi__fn_leave(wadi_fn_node *node) {
    pthread_mutex_lock(&lock);
    for (wadi_fn_node **at = &declared; *at != NULL; at = &(*at)->next)
        if (*at == node) {
            *at = node->next;
            break;
        }
    named *known = find_locked(node->fn->name);
    if (known != NULL) known->has_types = false;
    pthread_mutex_unlock(&lock);
}
/* holds lock */
static const wadi_fn *find_declared_locked(const char *name) {
    for (const wadi_fn_node *at = declared; at != NULL; at = at->next)
        if (strcmp(at->fn->name, name) == 0) return at->fn;
    return NULL;
}
const wadi_fn *wadi_fn_find(const char *name) {
    pthread_mutex_lock(&lock);
    const wadi_fn *found = find_declared_locked(name);
    if (found == NULL) {
        named *known = find_locked(name);
        if (known != NULL && known->is_made) found = &known->copy;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* ---- Entries ---- */

static bool intern_types(wadi__fn_entry *entry, wadi_error *err) {
    const struct {
        const wadi_type *type;
        const wadi__type **to;
    } all[] = {{entry->fn->in, &entry->in},       {entry->fn->other, &entry->other},
               {entry->fn->out, &entry->out},     {entry->fn->state, &entry->state},
               {entry->fn->env, &entry->env}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        *all[i].to = NULL;
        if (all[i].type != NULL && (*all[i].to = wadi__type_intern(all[i].type, err)) == NULL) return false;
    }
    return true;
}
/* holds lock */
static named *name_locked(const char *name) {
    named *known = find_locked(name);
    if (known != NULL) return known;
    size_t size = strlen(name) + 1;
    known = wadi__calloc(1, sizeof *known + size);
    if (known == NULL) return NULL;
    memcpy(known->name, name, size);
    known->entry.name = known->name;
    named **bucket = bucket_of(name);
    known->next = *bucket;
    *bucket = known;
    return known;
}
/* Looks the name up among the declared functions. holds lock */
static void refresh_locked(named *known) {
    known->entry.fn = known->is_made ? &known->copy : NULL;
    known->fn_count = known->is_made;
    for (wadi_fn_node *at = declared; at != NULL; at = at->next) {
        if (strcmp(at->fn->name, known->name) != 0) continue;
        known->entry.fn = at->fn;
        known->fn_count++;
    }
    known->entry.is_ambiguous = known->fn_count > 1;
}
static bool is_sane(const wadi_fn *fn, wadi_error *err) {
    const char *why = fn->name == NULL                                ? "has no name"
                      : fn->run == NULL                               ? "has nothing to run"
                      : fn->size != 0 && fn->size < sizeof(wadi_fn) - sizeof(wadi_where) ? "has a wrong size"
                                                                      : NULL;
    if (why == NULL) return true;
    wadi_error_context(err, WADI_E_INVALID, "a function filled in by hand %s", why);
    return false;
}
static bool is_declared_locked(const wadi_fn *fn) {
    for (const wadi_fn_node *at = declared; at != NULL; at = at->next)
        if (at->fn == fn) return true;
    return false;
}
/* Enters a function that was filled in by hand, as a copy. holds lock */
static bool enter_made_locked(named *known, const wadi_fn *fn, wadi_error *err) {
    if (known->is_made && known->copy.run == fn->run && known->copy.binding == fn->binding &&
        known->copy.kind == fn->kind)
        return true;
    if (known->is_made) {
        wadi_error_context(err, WADI_E_INVALID, "two functions filled in by hand are named '%s'", fn->name);
        return false;
    }
    known->copy = *fn;
    known->copy.name = known->name;
    known->is_made = true;
    known->has_types = false;
    return true;
}
/* holds lock */
static bool fill_locked(named *known, wadi_error *err) {
    if (known->has_types) return true;
    refresh_locked(known);
    if (known->entry.fn == NULL || !intern_types(&known->entry, err)) return false;
    known->has_types = true;
    return true;
}
/* holds lock */
static bool resolve_locked(const wadi_fn *fn, wadi__fn_entry *entry, wadi_error *err) {
    named *known = find_locked(fn->name);
    if (known == NULL || !known->has_types || known->entry.fn != fn) {
        known = name_locked(fn->name);
        if (known == NULL) {
            wadi_error_context(err, WADI_E_NOMEM, "no memory for function '%s'", fn->name);
            return false;
        }
        if (!is_declared_locked(fn) && fn != &known->copy && !enter_made_locked(known, fn, err)) return false;
        if (!fill_locked(known, err)) {
            wadi_error_context(err, WADI_E_TYPE, "in function '%s'", fn->name);
            return false;
        }
    }
    *entry = known->entry;
    if (!entry->is_ambiguous) return true;
    wadi_error_context(err, WADI_E_INVALID, "two functions are named '%s'; give one of them another name",
                       fn->name);
    return false;
}
bool wadi__fn_resolve(const wadi_fn *fn, wadi_fn_kind kind, const void *env, wadi__fn_entry *entry,
                      wadi_error *err) {
    if (fn == NULL) {
        wadi_error_context(err, WADI_E_INVALID, "no function is given");
        return false;
    }
    if (!is_sane(fn, err)) return false;
    if (fn->kind != kind) {
        wadi_error_context(err, WADI_E_TYPE, "'%s' is declared with %s, and %s is wanted", fn->name,
                           wadi__fn_kind_text(fn->kind), wadi__fn_kind_text(kind));
        return false;
    }
    if (fn->env_size > 0 && env == NULL) {
        wadi_error_context(err, WADI_E_INVALID, "'%s' needs captured values: wadi_bind(%s, ..)", fn->name,
                           fn->name);
        return false;
    }
    pthread_mutex_lock(&lock);
    bool resolved = resolve_locked(fn, entry, err);
    pthread_mutex_unlock(&lock);
    return resolved;
}
bool wadi__fn_lookup(const char *name, wadi__fn_entry *entry) {
    pthread_mutex_lock(&lock);
    named *known = find_locked(name);
    /* The graph may come from another process: no operator of this one has taken the function yet. */
    if (known == NULL && find_declared_locked(name) != NULL) known = name_locked(name);
    bool found = known != NULL && fill_locked(known, NULL);
    if (found) *entry = known->entry;
    pthread_mutex_unlock(&lock);
    return found;
}

void wadi__fn_list(wadi_fn_kind kind, void (*each)(const char *name, void *arg), void *arg) {
    pthread_mutex_lock(&lock);
    for (const wadi_fn_node *at = declared; at != NULL; at = at->next)
        if (at->fn->kind == kind) each(at->fn->name, arg);
    pthread_mutex_unlock(&lock);
}

const char *wadi__fn_kind_text(wadi_fn_kind kind) {
    static const char *const texts[] = {
        [WADI_FN_MAP] = "WADI_MAP",
        [WADI_FN_FLAT_MAP] = "WADI_FLAT_MAP",
        [WADI_FN_FILTER] = "WADI_FILTER",
        [WADI_FN_MAP_PARTITION] = "WADI_MAP_PARTITION",
        [WADI_FN_REDUCE] = "WADI_REDUCE",
        [WADI_FN_COMBINE] = "WADI_COMBINE",
        [WADI_FN_GROUP] = "WADI_GROUP",
        [WADI_FN_JOIN] = "WADI_JOIN",
        [WADI_FN_COGROUP] = "WADI_COGROUP",
        [WADI_FN_UPDATE_STATE] = "WADI_UPDATE_STATE",
        [WADI_FN_MAP_WITH_STATE] = "WADI_MAP_WITH_STATE",
        [WADI_FN_FOREACH] = "WADI_FOREACH",
        [WADI_FN_FOREACH_PARTITION] = "WADI_FOREACH_PARTITION",
        [WADI_FN_PARTITIONER] = "WADI_PARTITIONER",
        [WADI_FN_TRANSFORM] = "WADI_TRANSFORM",
        [WADI_FN_TRANSFORM_WITH] = "WADI_TRANSFORM_WITH",
        [WADI_FN_TRANSFORM_ALL] = "WADI_TRANSFORM_ALL",
        [WADI_FN_FOREACH_RDD] = "WADI_FOREACH_RDD",
        [WADI_FN_RECEIVER] = "WADI_RECEIVER",
        [WADI_FN_INPUT] = "WADI_INPUT",
        [WADI_FN_RATE_ESTIMATOR] = "WADI_RATE_ESTIMATOR",
    };
    return (unsigned)kind < sizeof texts / sizeof texts[0] ? texts[kind] : "an unknown kind";
}
