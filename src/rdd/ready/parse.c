/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c: wadi_parse: lines of CSV or JSON into records. Damaged lines are passed by and counted.
 */
#include "rdd/ready/parse.h"

#include "base/log.h"
#include "data/csv.h"
#include "data/json.h"
#include "rdd/pipeline.h"
#include "rdd/ready/ready.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

/* ---- The argument: what wadi_parse(T, format) was given. One entry for each pair of the process.
 * ---- */

typedef struct argument {
    struct argument *next;
    const wadi__type *type; /* NULL: `err` says why */
    wadi_error err;
    char format[16];
} argument;

static const argument *argument_of(const wadi_type *pub, const char *format) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static argument *all; /* guarded by lock */
    argument wanted = {.err = WADI_ERROR_INIT};
    wanted.type = wadi__type_intern(pub, &wanted.err);
    snprintf(wanted.format, sizeof wanted.format, "%s", format != NULL ? format : "NULL");
    pthread_mutex_lock(&lock);
    argument *at = all;
    while (at != NULL &&
           (at->type == NULL || at->type != wanted.type || strcmp(at->format, wanted.format) != 0))
        at = at->next;
    if (at == NULL && (at = wadi__malloc(sizeof *at)) != NULL) {
        *at = wanted;
        at->next = all;
        all = at;
    }
    pthread_mutex_unlock(&lock);
    return at;
}

/* ---- Captured values ---- */

typedef struct parse_env {
    const wadi__type *type;
    const wadi__csv_plan *csv; /* NULL: JSON */
    char format[8];
} parse_env;

static bool can_be_json(const wadi__type *type) {
    if (type->pub.kind == WADI_KIND_BROADCAST || type->pub.kind == WADI_KIND_ACCUMULATOR)
        return false;
    if (type->pub.element != NULL && !can_be_json(wadi__type_inner(type->pub.element)))
        return false;
    for (uint32_t i = 0; i < type->pub.field_count; i++)
        if (!can_be_json(wadi__type_inner(type->pub.fields[i].type))) return false;
    return true;
}
static bool fit(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    const argument *given = env;
    parse_env *made = given != NULL ? wadi__arena_zalloc(arena, sizeof *made) : NULL;
    if (made == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", f->name);
        return false;
    }
    if (given->type == NULL) {
        *err = given->err;
        return false;
    }
    made->type = given->type;
    snprintf(made->format, sizeof made->format, "%.7s", given->format);
    if (strcmp(given->format, "csv") == 0) {
        made->csv = wadi__csv_plan_new(given->type, arena, err);
        if (made->csv == NULL) return false;
    } else if (strcmp(given->format, "json") == 0) {
        char text[128];
        if (!can_be_json(given->type)) {
            wadi_error_context(err, WADI_E_TYPE, "json has no form for some of %s",
                               wadi__type_text(given->type, text, sizeof text));
            return false;
        }
        if (wadi__json_open(err) == NULL) return false;
    } else {
        wadi_error_context(err, WADI_E_INVALID, "wadi_parse: '%s' is none of the formats csv, json",
                           given->format);
        return false;
    }
    f->env = made;
    f->env_size = sizeof *made;
    f->out = given->type;
    return true;
}

/* ---- In a task ---- */

typedef struct parse_site { /* in the task's scratch memory; found by its place in the task's list
                             */
    wadi__at_close at_close;
    wadi__task *task;
    const parse_env *env;
    wadi__json json;
    uint64_t line_count, damaged_count;
    char first[160]; /* what is wrong with the first damaged line */
} parse_site;

static _Atomic uint64_t damaged_count;
uint64_t wadi__parse_damaged_count(void) { return damaged_count; }

static void parse_close(wadi__at_close *at_close) {
    parse_site *site = (parse_site *)at_close;
    wadi__json_fini(&site->json);
    if (site->damaged_count == 0 || site->task->user.failed) return;
    damaged_count += site->damaged_count;
    wadi__log_warn(
        "rdd", "%" PRIu64 " of %" PRIu64 " lines of partition %u are no %s of %s; %s",
        site->damaged_count, site->line_count, site->task->partition_index, site->env->format,
        site->env->type->pub.name != NULL ? site->env->type->pub.name : "the record", site->first);
}
static bool open_json(parse_site *site, wadi__task *task) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__json_ops *ops = wadi__json_open(&err);
    if (ops == NULL)
        wadi__task_fail_err(task, &err);
    else if (!wadi__json_init(&site->json, ops))
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to parse JSON");
    return !task->user.failed;
}
static parse_site *site_of(wadi__task *task, const parse_env *env) {
    for (wadi__at_close *at = task->closes; at != NULL; at = at->next)
        if (at->close == parse_close && ((parse_site *)at)->env == env) return (parse_site *)at;
    parse_site *site = wadi__task_scratch(task, sizeof *site);
    if (site == NULL) return NULL;
    site->task = task;
    site->env = env;
    if (env->csv == NULL && !open_json(site, task)) return NULL;
    site->at_close.close = parse_close;
    wadi__task_on_close(task, &site->at_close);
    return site;
}
static void count_damaged(parse_site *site, const wadi_str *line, const char *why, uint32_t cell) {
    if (site->damaged_count++ > 0) return;
    char sample[64];
    size_t n = line->len < sizeof sample - 1 ? line->len : sizeof sample - 1;
    memcpy(sample, wadi_str_data(line), n);
    for (size_t i = 0; i < n; i++)
        if (sample[i] < ' ' || sample[i] == 0x7f) sample[i] = '?';
    if (cell > 0)
        snprintf(site->first, sizeof site->first,
                 "the first is line %" PRIu64 ", cell %u, %s: %.*s%s", site->line_count, cell, why,
                 (int)n, sample, line->len > n ? ".." : "");
    else
        snprintf(site->first, sizeof site->first, "the first is line %" PRIu64 ", %s: %.*s%s",
                 site->line_count, why, (int)n, sample, line->len > n ? ".." : "");
}
static void *alloc_text(void *arg, size_t size) { return wadi_alloc(arg, size); }

static bool parse_line(parse_site *site, const wadi_str *line, void *record, wadi_task *task,
                       const char **why, uint32_t *cell) {
    const parse_env *env = site->env;
    *cell = 0;
    if (env->csv != NULL)
        return wadi__csv_parse(env->csv, wadi_str_data(line), line->len, record, alloc_text, task,
                               why, cell);
    return wadi__json_parse(&site->json, &env->type->pub, wadi_str_data(line), line->len, record,
                            alloc_text, task, why);
}
/* Nothing, or spaces: no line of either format. */
static bool is_blank(const wadi_str *line, const parse_env *env) {
    if (line->len == 0) return env->csv == NULL || env->csv->cell_count > 1;
    return env->csv == NULL && wadi_str_trim(*line).len == 0;
}
static void parse_run(wadi_call *call) {
    const parse_env *env = call->env;
    wadi_emitter *out = call->emitter;
    parse_site *site = site_of((wadi__task *)(void *)call->task, env);
    if (site == NULL) return;
    for (size_t i = 0; i < call->count && !call->task->failed; i++) {
        const wadi_str *line =
            (const wadi_str *)call->in + (call->rows != NULL ? call->rows[i] : i);
        const char *why = NULL;
        uint32_t cell;
        site->line_count++;
        if (is_blank(line, env)) continue;
        if (out->at == out->end) wadi__emit_more(out);
        if (parse_line(site, line, out->at, call->task, &why, &cell))
            out->at = (char *)out->at + env->type->pub.size;
        else if (why != NULL)
            count_damaged(site, line, why, cell);
        else
            wadi__task_fail(site->task, WADI_E_NOMEM, "no memory to parse a line of %u bytes",
                            line->len);
    }
}
WADI__READY_FN(wadi_parse, FLAT_MAP, &wadi_type_of_wadi_str, NULL, parse_run)

wadi_flat_map_fn wadi__parse(const wadi_type *type, const char *format) {
    return (wadi_flat_map_fn){&wadi_parse__fn, argument_of(type, format)};
}
const wadi__ready_ops wadi__ready_parse[] = {{.fn = &wadi_parse__fn, .fit = fit}, {.fn = NULL}};
