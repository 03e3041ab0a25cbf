/* SPDX-License-Identifier: Apache-2.0 */
/* call_site.c: running a user's loop over a chunk, and finding the record at which it failed.
 *
 * Loops do not stop at a failure, so that they need no test per record. When a call fails, the
 * chunk is gone through again one record, pair or group at a time until it fails again: bodies
 * depend on nothing but that, so that is the one. What they emit meanwhile is thrown away. Reducing
 * bodies see their sum as well; they work on a copy of it, as it was left, and may not fail again.
 */
#include "data/print.h"
#include "rdd/check.h"
#include "rdd/rdd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool wadi__call_site_init(wadi__call_site *site, const wadi_rdd *rdd, const wadi__bound_fn *fn,
                          wadi__task *task) {
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(fn->name, &entry)) {
        wadi__task_fail(task, WADI_E_STATE,
                        "function '%s' is not there any more: was its plugin closed?", fn->name);
        return false;
    }
    *site = (wadi__call_site){.rdd = rdd, .fn = fn, .code = entry.fn, .task = task};
    return wadi__task_keep(task, &fn->keep->counted);
}

enum { SHOWN_MAX = 200 }; /* bytes of a record in a message */

/* Adds the text of a value behind `what`. */
static void add_value(wadi_error *err, const char *what, const wadi__type *type,
                      const void *value) {
    wadi__text text = {0};
    wadi__print_value(&text, type, value);
    int shown = (int)(text.size < SHOWN_MAX ? text.size : SHOWN_MAX);
    wadi_error_context(err, WADI_E_USER, "%s: %.*s%s", what, shown,
                       text.bytes != NULL ? text.bytes : "", text.size > SHOWN_MAX ? ".." : "");
    wadi__text_fini(&text);
}
static bool is_reducing(wadi_fn_kind kind) {
    return kind == WADI_FN_REDUCE || kind == WADI_FN_COMBINE;
}
static bool is_one_by_one(wadi_fn_kind kind) {
    return kind == WADI_FN_MAP || kind == WADI_FN_FLAT_MAP || kind == WADI_FN_FILTER ||
           kind == WADI_FN_PARTITIONER || kind == WADI_FN_JOIN || kind == WADI_FN_GROUP ||
           kind == WADI_FN_COGROUP || is_reducing(kind);
}
static const char *row_at(const wadi__call_site *site, const wadi_call *call, size_t i) {
    size_t row = call->rows != NULL ? call->rows[i] : i;
    return (const char *)call->in + row * site->fn->in->pub.size;
}
/* The same call for number i alone. `acc` has room for an accumulator. */
static wadi_call call_for_one(const wadi__call_site *site, const wadi_call *all, size_t i,
                              void *acc) {
    wadi_call call = *all;
    call.count = 1;
    call.rows = NULL;
    if (all->in != NULL) call.in = row_at(site, all, i);
    if (all->left != NULL) call.left = all->left + i;
    if (all->right != NULL) call.right = all->right + i;
    if (all->groups != NULL) call.groups = all->groups + i;
    if (all->is_new != NULL) call.is_new = all->is_new + i;
    if (acc == NULL) return call;
    memcpy(acc, all->acc != NULL ? all->acc : all->accs[i], site->fn->out->pub.size);
    call.acc = acc;
    return call;
}
/* Runs one after another until one fails. Returns its index, or count. */
static size_t find_failed(wadi__call_site *site, const wadi_call *failed_call) {
    wadi__emit_op *emit = (wadi__emit_op *)(void *)failed_call->emitter;
    void *acc = NULL;
    if (is_reducing(site->fn->kind) &&
        (acc = wadi__arena_alloc(&site->task->scratch, site->fn->out->pub.size)) == NULL)
        return failed_call->count;
    wadi_emitter before = {NULL, NULL};
    if (emit != NULL) before = emit->base, emit->is_probing = true;
    wadi_error err = site->task->err;
    size_t i = 0;
    for (; i < failed_call->count; i++) {
        uint32_t one = 0, partition;
        wadi_call call = call_for_one(site, failed_call, i, acc);
        if (call.selected != NULL) call.selected = &one;
        if (call.partitions != NULL) call.partitions = &partition;
        site->task->user.failed = false;
        site->code->run(&call);
        if (site->task->user.failed) break;
    }
    if (emit != NULL) emit->base = before, emit->is_probing = false;
    site->task->user.failed = true;
    site->task->err = err;
    return i;
}
static void add_side(wadi_error *err, const char *side, const wadi__type *type,
                     const void *record) {
    if (record != NULL)
        add_value(err, side, type, record);
    else
        wadi_error_context(err, WADI_E_USER, "%s: none", side);
}
/* Says what number i of the call was. */
static void show(wadi__call_site *site, const wadi_call *call, size_t i) {
    wadi_error *err = &site->task->err;
    char what[80];
    switch (site->fn->kind) {
    case WADI_FN_JOIN:
        add_side(err, "left", site->fn->in, call->left[i]);
        add_side(err, "right", site->fn->other, call->right[i]);
        return;
    case WADI_FN_GROUP:
    case WADI_FN_COGROUP:
    case WADI_FN_UPDATE_STATE:
        if (call->groups != NULL) add_value(err, "at key", site->fn->in->key, call->groups[i].key);
        return;
    case WADI_FN_REDUCE:
    case WADI_FN_COMBINE:
        add_value(err, "at the record", site->fn->in, row_at(site, call, i));
        return;
    case WADI_FN_MAP_WITH_STATE:
        if (call->in != NULL) add_value(err, "at the record", site->fn->in, row_at(site, call, i));
        else add_value(err, "at the time-out of key", site->fn->in->key, call->slots[i].key);
        return;
    default:
        snprintf(what, sizeof what, "at record %" PRIu64 " of the partition",
                 site->rows_before + i);
        add_value(err, what, site->fn->in, row_at(site, call, i));
    }
}
static void explain(wadi__call_site *site, wadi_call *call) {
    wadi__task *task = site->task;
    if (task->err.status != WADI_E_USER) return; /* the library's own failure */
    wadi_error_context(&task->err, WADI_E_USER, "in %s of '%s'",
                       site->action_name != NULL ? site->action_name : wadi__rdd_op_name(site->rdd),
                       site->fn->name);
    size_t i = call->count;
    if (site->fn->kind == WADI_FN_FOREACH)
        i = call->stopped_at;
    else if (site->fn->kind == WADI_FN_UPDATE_STATE || site->fn->kind == WADI_FN_MAP_WITH_STATE)
        i = call->count == 1 ? 0 : call->count; /* told when it is tried again, one at a time */
    else if (is_one_by_one(site->fn->kind) && (call->groups == NULL || site->fn->ready == NULL))
        i = find_failed(site, call);
    if (i < call->count) show(site, call, i);
}
void wadi__call_site_run(wadi__call_site *site, wadi_call *call) {
    wadi__task *task = site->task;
    call->fn = site->code;
    call->env = site->fn->env;
    call->task = &task->user;
    task->at = site;
    if (task->is_checked) wadi__check_before(site, call);
    site->code->run(call);
    if (task->is_checked && !task->user.failed) wadi__check_after(site, call);
    if (__builtin_expect(task->user.failed, 0)) explain(site, call);
    site->rows_before += call->count;
}
