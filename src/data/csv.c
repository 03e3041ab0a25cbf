/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c: cutting a line into cells, and each cell into its field. */
#include "data/csv.h"

#include "data/number.h"

#include <wadi/str.h>

#include <limits.h>
#include <strings.h>

/* ---- The plan ---- */

/* Counts, and when `to` is not NULL writes, the cells of a type that lies at `offset`. False: it
 * has none. */
static bool flatten(const wadi__type *type, uint32_t offset, const char *name, wadi__csv_cell *to,
                    uint32_t *count, const char **odd) {
    type = wadi__type_plain(type);
    int32_t set_offset = -1;
    if (type->pub.kind == WADI_KIND_OPTION) {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        set_offset = (int32_t)(offset + element->pub.size);
        type = wadi__type_plain(element);
        if (type->pub.kind == WADI_KIND_RECORD || type->pub.kind == WADI_KIND_OPTION) {
            *odd = name;
            return false;
        }
    }
    switch (type->pub.kind) {
    case WADI_KIND_BOOL:
    case WADI_KIND_INT:
    case WADI_KIND_UINT:
    case WADI_KIND_FLOAT:
    case WADI_KIND_STR:
        if (to != NULL)
            to[*count] = (wadi__csv_cell){offset, (uint16_t)type->pub.kind,
                                          (uint16_t)type->pub.size, set_offset, name};
        ++*count;
        return true;
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            for (uint32_t k = 0; k < field->count; k++)
                if (!flatten(wadi__type_inner(field->type),
                             offset + field->offset + k * field->type->size, field->name, to, count,
                             odd))
                    return false;
        }
        return true;
    default: *odd = name; return false;
    }
}
wadi__csv_plan *wadi__csv_plan_new(const wadi__type *type, wadi__arena *arena, wadi_error *err) {
    uint32_t count = 0;
    const char *odd = NULL;
    char text[128];
    wadi__type_text(type, text, sizeof text);
    if (!flatten(type, 0, text, NULL, &count, &odd)) {
        wadi_error_context(
            err, WADI_E_TYPE,
            "csv has no form for '%s' of %s: numbers, bools, strings and options of these will do",
            odd, text);
        return NULL;
    }
    wadi__csv_plan *plan = wadi__arena_zalloc(arena, sizeof *plan + count * sizeof plan->cells[0]);
    if (plan == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory to read csv");
        return NULL;
    }
    plan->record_size = type->pub.size;
    flatten(type, 0, "the value", plan->cells, &plan->cell_count, &odd);
    return plan;
}

/* ---- Cells ---- */

typedef struct parse {
    wadi__text_alloc *alloc;
    void *alloc_arg;
    const char *why;
} parse;

static bool no(parse *p, const char *why) {
    p->why = why;
    return false;
}
static bool put_int(parse *p, const wadi__csv_cell *cell, const char *text, size_t size, char *to) {
    int64_t v;
    if (!wadi__number_int64(text, size, &v)) return no(p, "no whole number");
    int64_t most = cell->size == 8 ? INT64_MAX : ((int64_t)1 << (8 * cell->size - 1)) - 1;
    if (v > most || v < -most - 1) return no(p, "a number too large for its field");
    memcpy(to, &v, cell->size);
    return true;
}
static bool put_uint(parse *p, const wadi__csv_cell *cell, const char *text, size_t size,
                     char *to) {
    uint64_t v;
    if (!wadi__number_uint64(text, size, &v)) return no(p, "no whole number from 0 on");
    if (cell->size < 8 && v >> (8 * cell->size) != 0)
        return no(p, "a number too large for its field");
    memcpy(to, &v, cell->size);
    return true;
}
static bool put_float(parse *p, const wadi__csv_cell *cell, const char *text, size_t size,
                      char *to) {
    double v;
    if (!wadi__number_double(text, size, &v)) return no(p, "no number");
    float narrow = (float)v;
    memcpy(to, cell->size == 4 ? (const void *)&narrow : (const void *)&v, cell->size);
    return true;
}
static bool put_bool(parse *p, const char *text, size_t size, char *to) {
    bool is_true =
        (size == 4 && strncasecmp(text, "true", 4) == 0) || (size == 1 && text[0] == '1');
    if (!is_true && !(size == 5 && strncasecmp(text, "false", 5) == 0) &&
        !(size == 1 && text[0] == '0'))
        return no(p, "neither true nor false");
    *to = is_true ? 1 : 0;
    return true;
}
static bool put(parse *p, const wadi__csv_cell *cell, const char *text, size_t size, bool is_quoted,
                char *record) {
    char *to = record + cell->offset;
    if (cell->set_offset >= 0) {
        if (size == 0 && !is_quoted) return true; /* none */
        record[cell->set_offset] = 1;
    }
    switch (cell->kind) {
    case WADI_KIND_BOOL: return put_bool(p, text, size, to);
    case WADI_KIND_INT: return put_int(p, cell, text, size, to);
    case WADI_KIND_UINT: return put_uint(p, cell, text, size, to);
    case WADI_KIND_FLOAT: return put_float(p, cell, text, size, to);
    default: {
        wadi_str s = wadi_str_view(text, size);
        memcpy(to, &s, sizeof s);
        return true;
    }
    }
}
/* Without its doubled quotes, of which there are `doubled`. */
static const char *unquote(parse *p, const char *from, const char *end, size_t doubled,
                           size_t *size) {
    *size = (size_t)(end - from) - doubled;
    char *made = p->alloc(p->alloc_arg, *size);
    if (made == NULL) return NULL;
    for (char *to = made; from < end; from++) {
        *to++ = *from;
        if (*from == '"') from++;
    }
    return made;
}
/* The cell in quotes that begins behind `at`. Sets *next behind its comma, or NULL at the line's
 * end. */
static bool quoted_cell(parse *p, const wadi__csv_cell *cell, const char *at, const char *end,
                        const char **next, char *record) {
    const char *from = at, *stop;
    size_t doubled = 0, size;
    for (;; at = stop + 2, doubled++) {
        stop = memchr(at, '"', (size_t)(end - at));
        if (stop == NULL) return no(p, "a quote is not closed");
        if (stop + 1 == end || stop[1] != '"') break;
    }
    if (stop + 1 < end && stop[1] != ',') return no(p, "text behind a closing quote");
    *next = stop + 1 < end ? stop + 2 : NULL;
    size = (size_t)(stop - from);
    if (doubled > 0 && (from = unquote(p, from, stop, doubled, &size)) == NULL) return false;
    return put(p, cell, from, size, true, record);
}
bool wadi__csv_parse(const wadi__csv_plan *plan, const char *line, size_t size, void *record,
                     wadi__text_alloc *alloc, void *alloc_arg, const char **why, uint32_t *cell) {
    parse p = {alloc, alloc_arg, NULL};
    const char *at = line, *end = line + size;
    bool done = true;
    memset(record, 0, plan->record_size);
    for (*cell = 0; *cell < plan->cell_count && done && at != NULL; ++*cell) {
        const char *next = NULL;
        if (at < end && *at == '"') {
            done = quoted_cell(&p, &plan->cells[*cell], at + 1, end, &next, record);
        } else {
            const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
            next = comma != NULL ? comma + 1 : NULL;
            done = put(&p, &plan->cells[*cell], at, (size_t)((comma != NULL ? comma : end) - at),
                       false, record);
        }
        at = next;
    }
    if (done && *cell < plan->cell_count) {
        ++*cell;
        done = no(&p, "cells are missing");
    } else if (done && at != NULL) {
        ++*cell;
        done = no(&p, "too many cells");
    }
    *why = p.why;
    return done;
}
