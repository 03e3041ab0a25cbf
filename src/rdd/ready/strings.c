/* SPDX-License-Identifier: Apache-2.0 */
/* strings.c: wadi_split_by, wadi_containing: strings by the vector code of data/scan.c. */
#include "data/scan.h"
#include "rdd/ready/ready.h"

#include <pthread.h>

/* Their argument: text that the caller's string is copied to, since the handle outlives the call. One
 * entry for each different argument of the process. */
typedef struct argument {
    struct argument *next;
    size_t size;
    char bytes[];
} argument;

static const argument *argument_of(const char *text) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static argument *all; /* guarded by lock */
    static const argument none = {NULL, 0, {0}};
    size_t size = text != NULL ? strlen(text) : 0;
    if (size == 0) return &none;
    pthread_mutex_lock(&lock);
    argument *at = all;
    while (at != NULL && (at->size != size || memcmp(at->bytes, text, size) != 0)) at = at->next;
    if (at == NULL && (at = wadi__malloc(sizeof *at + size + 1)) != NULL) {
        at->size = size;
        memcpy(at->bytes, text, size + 1);
        at->next = all;
        all = at;
    }
    pthread_mutex_unlock(&lock);
    return at != NULL ? at : &none;
}
static bool fit(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    const argument *given = env;
    if (given == NULL || given->size == 0) {
        wadi_error_context(err, WADI_E_INVALID, "'%s' needs at least one byte to look for", f->name);
        return false;
    }
    argument *copy = wadi__arena_alloc(arena, sizeof *copy + given->size + 1);
    if (copy == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", f->name);
        return false;
    }
    copy->next = NULL;
    copy->size = given->size;
    memcpy(copy->bytes, given->bytes, given->size + 1);
    f->env = copy;
    f->env_size = sizeof *copy + given->size + 1;
    return true;
}

/* ---- wadi_split_by ---- */

typedef struct pieces_out {
    wadi_str *at, *end;
    wadi_emitter *to;
} pieces_out;

static void split_by_text(const wadi_str *in, const argument *separator, pieces_out *out) {
    const char *at = wadi_str_data(in), *end = at + in->len;
    for (;;) {
        const char *stop = wadi__scan_find(at, (size_t)(end - at), separator->bytes, separator->size);
        wadi_emit(out, wadi_str_view(at, (size_t)((stop != NULL ? stop : end) - at)));
        if (stop == NULL) return;
        at = stop + separator->size;
    }
}
static void split_run(wadi_call *call) {
    const argument *separator = call->env;
    pieces_out emitted = {call->emitter->at, call->emitter->end, call->emitter}, *out = &emitted;
    for (size_t i = 0; i < call->count; i++) {
        const wadi_str *in = (const wadi_str *)call->in + (call->rows != NULL ? call->rows[i] : i);
        if (separator->size != 1) {
            split_by_text(in, separator, out);
            continue;
        }
        wadi_split pieces = wadi_split_on(in, separator->bytes[0]);
        while (wadi_split_next(&pieces)) wadi_emit(out, pieces.piece);
    }
    call->emitter->at = emitted.at;
}
WADI__READY_FN(wadi_split_by, FLAT_MAP, &wadi_type_of_wadi_str, &wadi_type_of_wadi_str, split_run)
wadi_flat_map_fn wadi_split_by(const char *separator) {
    return (wadi_flat_map_fn){&wadi_split_by__fn, argument_of(separator)};
}

/* ---- wadi_containing ---- */

static void containing_run(wadi_call *call) {
    const argument *part = call->env;
    call->selected_count = wadi__scan_containing(call->in, call->rows, call->count, part->bytes, part->size,
                                                 call->selected);
}
static size_t containing_cut(const void *env, const char *text, size_t size, wadi_str *rows,
                             size_t rows_max, size_t *used) {
    const argument *part = env;
    return wadi__scan_lines_containing(text, size, part->bytes, part->size, rows, rows_max, used);
}
WADI__READY_FN(wadi_containing, FILTER, &wadi_type_of_wadi_str, NULL, containing_run)
wadi_filter_fn wadi_containing(const char *part) {
    return (wadi_filter_fn){&wadi_containing__fn, argument_of(part)};
}

const wadi__ready_ops wadi__ready_strings[] = {
    {.fn = &wadi_split_by__fn, .fit = fit}, {.fn = &wadi_containing__fn, .fit = fit, .cut = containing_cut}, {.fn = NULL}};
